//! Flows that are published, and rolled back, while callers are in them.

use crate::support::{Bench, Plan, Rest, config_text, phone, report, until, write_config};
use domain::{Cause, ContactRow};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use switchroom::phone::{Order, Phone, Report};
use tokio::task::JoinHandle;

const NUMBER: &str = "8009";
const FILE: &str = "flows/front.toml";
/// Callers who stay in the menu of the first version while all others are published.
const PATIENT: u32 = 20;
/// Callers between two publications, and the time between two of them.
const BETWEEN: u32 = 20;
const GAP: Duration = Duration::from_millis(30);

/// A menu, and another flow that is called by key: each node tells the version.
fn text(version: u32) -> String {
    format!(
        r#"
[flow.front]
start = "menu-v{version}"

[flow.front.node.menu-v{version}]
type = "menu"
prompts = ["main-menu"]
digits = {{ 1 = "ask-v{version}" }}
timeout_s = 100
exhausted = "bye-v{version}"

[flow.front.node.ask-v{version}]
type = "call"
flow = "behind"
next = "bye-v{version}"

[flow.front.node.bye-v{version}]
type = "hangup"

[flow.behind]
start = "deep-v{version}"

[flow.behind.node.deep-v{version}]
type = "menu"
prompts = ["main-menu"]
digits = {{ 2 = "back-v{version}" }}
timeout_s = 100
exhausted = "back-v{version}"

[flow.behind.node.back-v{version}]
type = "return"
"#
    )
}

/// The nodes of a whole call through this version.
fn whole(version: u32) -> Vec<String> {
    ["menu", "ask", "deep", "back", "bye"].iter().map(|node| format!("{node}-v{version}")).collect()
}

fn write(dir: &Path, version: u32) {
    let config = config_text(&Plan::default(), &[]).replace("[\"flow.toml\"]", &format!("[\"flow.toml\", \"{FILE}\"]"));
    let entry = format!("[[entry]]\nid = \"front\"\ndnis = \"{NUMBER}\"\nflow = \"front\"\nlanguage = \"en\"\n");
    write_config(dir, &format!("{config}\n{entry}"));
    std::fs::create_dir_all(dir.join("flows")).unwrap();
    std::fs::write(dir.join(FILE), text(version)).unwrap();
}

async fn open() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 1);
    Bench::open(dir).await
}

/// The desk of one who writes flows.
struct Writer {
    rest: Rest,
    base: String,
}

impl Writer {
    async fn of(bench: &Bench) -> Self {
        let base = format!("http://{}", bench.daemon.http);
        Self { rest: Rest::sign_in(&base, "admin", "admin-secret").await, base }
    }

    async fn file(&self) -> Value {
        self.rest.get(&format!("/flows/file?name={FILE}")).await
    }

    async fn base(&self) -> String {
        self.file().await["sha256"].as_str().unwrap().to_owned()
    }

    /// Asks for something; the status, and the answer or the problem.
    async fn ask(&self, way: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/api/v1/flows/file/{way}?name={FILE}", self.base);
        let bearer = format!("Bearer {}", self.rest.token());
        let asked = move || {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let request = if way_is_put(&url) { agent.put(&url) } else { agent.post(&url) };
            let mut answer = request.header("Authorization", bearer).send_json(body).unwrap();
            let text = answer.body_mut().read_to_string().unwrap();
            (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
        };
        tokio::task::spawn_blocking(asked).await.unwrap()
    }

    async fn publish(&self, version: u32) -> Value {
        let body = json!({ "text": text(version), "base": self.base().await, "note": format!("as of {version}") });
        let (status, done) = self.ask("publish", body).await;
        assert_eq!(status, 200, "{done}");
        done
    }
}

fn way_is_put(url: &str) -> bool {
    url.contains("/draft?")
}

/// A call that has been answered.
async fn call(uri: String, from: String) -> Phone {
    let mut caller = phone().await;
    caller.order(Order::Call { uri, from, name: String::new() }).await;
    report(&mut caller, |report| *report == Report::Talking).await;
    caller
}

/// Keys through to the end; how the call ended.
async fn go_through(mut caller: Phone, pause: Duration) -> Cause {
    for key in ["1", "2"] {
        tokio::time::sleep(pause).await;
        caller.order(Order::Digits(key.to_owned())).await;
    }
    match report(&mut caller, |report| matches!(report, Report::Over(_))).await {
        Report::Over(cause) => cause,
        other => unreachable!("{other:?}"),
    }
}

async fn row(bench: &Bench, from: &str, fits: impl Fn(&ContactRow) -> bool) -> ContactRow {
    until(&format!("the call of {from}"), async || {
        bench.contacts().await.into_iter().find(|row| row.ani.0 == from && fits(row))
    })
    .await
}

/// A caller who came to a menu of this version before anything else happens.
async fn stands_in(bench: &Bench, from: &str, version: u32) -> Phone {
    let caller = call(bench.number(NUMBER), from.to_owned()).await;
    let row = row(bench, from, |row| !row.path.is_empty()).await;
    assert_eq!(row.path, [format!("menu-v{version}")]);
    caller
}

fn number(group: u32, n: u32) -> String {
    format!("+49301{group:03}{n:03}")
}

/// Callers who come while the next version is published.
async fn stream(bench: &Bench, group: u32) -> Vec<JoinHandle<Cause>> {
    let (mut pace, mut calls) = (tokio::time::interval(GAP), Vec::new());
    for n in 0..BETWEEN {
        pace.tick().await;
        let (uri, from) = (bench.number(NUMBER), number(group, n));
        let pause = Duration::from_millis(u64::from(n % 7) * 150);
        calls.push(tokio::spawn(async move { go_through(call(uri, from).await, pause).await }));
    }
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn five_publications_and_a_roll_back_under_calls_lose_none_and_each_call_ends_on_its_version() {
    let bench = open().await;
    let writer = Writer::of(&bench).await;
    let mut patient = Vec::new();
    for n in 0..PATIENT {
        patient.push(stands_in(&bench, &number(900, n), 1).await);
    }
    let (mut calls, mut sure) = (Vec::new(), Vec::new());
    // Version 7 is the roll back: the text of version 2 once more.
    for (version, told) in [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 2)] {
        let from = number(800 + version, 0);
        sure.push((from.clone(), told, stands_in(&bench, &from, told).await));
        calls.extend(stream(&bench, version).await);
        let next = version + 1;
        match version {
            1..6 => assert_eq!(writer.publish(next).await["version"], next),
            6 => {
                let wish = json!({ "version": 2, "base": writer.base().await });
                let (status, done) = writer.ask("roll-back", wish).await;
                assert_eq!((status, &done["version"]), (200, &json!(7)), "{done}");
                let mut changed: Vec<&str> =
                    done["changed"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
                changed.sort_unstable();
                assert_eq!(changed, ["flow behind", "flow front"]);
            }
            _ => {}
        }
    }
    for (from, told, caller) in sure {
        assert_eq!(go_through(caller, Duration::ZERO).await, Cause::Normal);
        let row = row(&bench, &from, |row| row.closed.is_some()).await;
        assert_eq!(row.path, whole(told), "{from}");
    }
    for (n, caller) in (0..).zip(patient) {
        assert_eq!(go_through(caller, Duration::ZERO).await, Cause::Normal);
        let row = row(&bench, &number(900, n), |row| row.closed.is_some()).await;
        assert_eq!(row.path, whole(1), "a caller who waited through all versions");
    }
    for call in calls {
        assert_eq!(call.await.unwrap(), Cause::Normal, "every call ends by its flow");
    }
    bench.quiet().await;
    let expected = (PATIENT + 7 + 7 * BETWEEN) as usize;
    let rows = until("all contacts are closed", async || {
        let rows = bench.contacts().await;
        rows.iter().all(|row| row.closed.is_some()).then_some(rows)
    })
    .await;
    assert_eq!(rows.len(), expected, "no call was lost");
    let mixed = rows.iter().filter(|row| !(1..=6).any(|version| row.path == whole(version)));
    assert_eq!(mixed.map(|row| &row.path).collect::<Vec<_>>(), [] as [&Vec<String>; 0]);
    let versions = writer.file().await["versions"].clone();
    let notes: Vec<&str> =
        versions.as_array().unwrap().iter().map(|version| version["note"].as_str().unwrap()).collect();
    assert_eq!(notes, ["back to 2", "as of 6", "as of 5", "as of 4", "as of 3", "as of 2", "first seen"]);
    println!("calls {expected}, publications 6, lost 0");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_text_and_a_writer_who_comes_late_change_nothing() {
    let bench = open().await;
    let writer = Writer::of(&bench).await;
    let base = writer.base().await;
    let on_disk = || std::fs::read_to_string(bench.dir.path().join(FILE)).unwrap();
    let faulty = text(2).replace("next = \"bye-v2\"", "next = \"by-v2\"");
    let (status, problem) = writer.ask("publish", json!({ "text": faulty, "base": base })).await;
    assert_eq!((status, &problem["code"]), (422, &json!("bad_flow")), "{problem}");
    let flaw = &problem["problems"][0];
    assert_eq!((&flaw["rule"], &flaw["file"], &flaw["line"]), (&json!("FL02"), &json!(FILE), &json!(15)), "{flaw}");
    assert_eq!((flaw["level"].as_str(), on_disk()), (Some("error"), text(1)));
    // Something else in the configuration is broken: the flow is in order, and is not published all the same.
    let main = bench.dir.path().join("switchroom.toml");
    let sound = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, format!("{sound}\nnonsense = 1\n")).unwrap();
    let (status, problem) = writer.ask("publish", json!({ "text": text(2), "base": base })).await;
    assert_eq!((status, on_disk()), (422, text(1)), "{problem}");
    std::fs::write(&main, sound).unwrap();
    drop(stands_in(&bench, &number(1, 1), 1).await);

    writer.publish(2).await;
    let (status, problem) = writer.ask("publish", json!({ "text": text(3), "base": base })).await;
    assert_eq!((status, &problem["code"]), (409, &json!("flow_changed")), "{problem}");
    assert_eq!(problem["detail"], "version 2 was published by admin meanwhile");
    let (status, _) = writer.ask("roll-back", json!({ "version": 1, "base": base })).await;
    assert_eq!((status, on_disk()), (409, text(2)));
    let (status, problem) = writer.ask("roll-back", json!({ "version": 9, "base": writer.base().await })).await;
    assert_eq!((status, &problem["code"]), (404, &json!("unknown_flow_version")));
    // The same text once more is no new version.
    let same = writer.publish(2).await;
    assert_eq!((&same["version"], &same["changed"]), (&json!(2), &json!([])));
    drop(stands_in(&bench, &number(1, 2), 2).await);
    assert_eq!(std::fs::read_dir(bench.dir.path().join("flows")).unwrap().count(), 1, "nothing is left behind");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_on_the_disk_is_a_version_and_what_is_published_outlives_a_restart() {
    let bench = open().await;
    let writer = Writer::of(&bench).await;
    let base = writer.base().await;
    std::fs::write(bench.dir.path().join(FILE), text(2)).unwrap();
    let (status, problem) = writer.ask("publish", json!({ "text": text(3), "base": base })).await;
    assert_eq!((status, &problem["detail"]), (409, &json!("version 2 was written to the disk meanwhile")));
    // It is seen, and not in force before somebody says so.
    drop(stands_in(&bench, &number(2, 1), 1).await);
    bench.daemon.reload().await.unwrap();
    drop(stands_in(&bench, &number(2, 2), 2).await);
    writer.publish(3).await;
    let (status, _) = writer.ask("draft", json!({ "text": "half", "base": writer.base().await })).await;
    assert_eq!(status, 204);

    let bench = bench.restart().await;
    let writer = Writer::of(&bench).await;
    drop(stands_in(&bench, &number(2, 3), 3).await);
    let file = writer.file().await;
    let of = |version: &Value| json!([version["version"], version["by"], version["note"], version["current"]]);
    let versions: Vec<Value> = file["versions"].as_array().unwrap().iter().map(of).collect();
    let expected =
        json!([[3, "admin", "as of 3", true], [2, null, "changed on disk", false], [1, null, "first seen", false],]);
    assert_eq!(Value::from(versions), expected);
    assert_eq!((&file["draft"]["text"], &file["draft"]["by"]), (&json!("half"), &json!("admin")));
    let old = writer.rest.get(&format!("/flows/file/versions/1?name={FILE}")).await;
    assert_eq!((old["text"].as_str(), &old["current"]), (Some(text(1).as_str()), &json!(false)));
    let files = writer.rest.get("/flows").await["files"].clone();
    let names: Vec<&str> = files.as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!(names, ["flow.toml", FILE]);
    assert_eq!(files[1]["flows"][0], json!({ "id": "front", "nodes": 3, "entry_points": ["front"] }));
    assert_eq!((&files[1]["writable"], &files[1]["draft"]["by"]), (&json!(true), &json!("admin")));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_checked_drawn_and_walked_through_before_it_is_published() {
    let bench = open().await;
    let writer = Writer::of(&bench).await;
    let (_, checked) = writer.ask("check", json!({ "text": text(2) })).await;
    let here: Vec<&Value> =
        checked["problems"].as_array().unwrap().iter().filter(|flaw| flaw["file"] == FILE).collect();
    assert!(here.is_empty(), "{here:?}");
    let flows: Vec<&str> = checked["graphs"].as_array().unwrap().iter().map(|g| g["flow"].as_str().unwrap()).collect();
    assert_eq!(flows, ["front", "behind"]);
    assert!(checked["graphs"][0]["svg"].as_str().unwrap().contains("menu-v2"));
    let (_, checked) = writer.ask("check", json!({ "text": text(2).replace("\"menu\"", "\"menue\"") })).await;
    let flaws = checked["problems"].as_array().unwrap();
    assert!(flaws.iter().any(|flaw| flaw["file"] == FILE && flaw["level"] == "error"), "{flaws:?}");

    let walk = async |steps: Value| {
        let (status, told) = writer.ask("simulate", json!({ "text": text(2), "flow": "front", "steps": steps })).await;
        assert_eq!(status, 200, "{told}");
        told
    };
    let told = walk(json!([])).await;
    assert_eq!((&told["waits_for"], &told["said"][0]["node"]), (&json!("digit"), &json!("menu-v2")));
    let spoken: Vec<&Value> = told["said"].as_array().unwrap().iter().filter(|said| said["kind"] == "speech").collect();
    assert!(spoken.len() == 1 && spoken[0]["who"] == "engine", "{told}");
    let told = walk(json!(["1"])).await;
    assert_eq!(told["waits_for"], "digit");
    assert_eq!(told["said"].as_array().unwrap().last().unwrap()["node"], "deep-v2");
    let told = walk(json!(["1", "silence", "silence", "silence"])).await;
    assert_eq!(
        (&told["waits_for"], told["said"].as_array().unwrap().last().unwrap()["node"].as_str()),
        (&json!("over"), Some("bye-v2"))
    );
    let told = walk(json!(["hangup"])).await;
    assert_eq!((&told["waits_for"], &told["hint"]), (&json!("over"), &json!("")));
    let body = json!({ "text": text(2), "flow": "nowhere", "steps": [] });
    let (status, problem) = writer.ask("simulate", body).await;
    assert_eq!((status, &problem["pointer"]), (422, &json!("#/flow")), "{problem}");
    assert_eq!(writer.file().await["version"], 1, "nothing was published");
    bench.stop().await;
}

/// What the menu of a version promises.
fn tests(version: u32) -> String {
    format!(
        "flow = \"front\"\n\n[[test]]\nname = \"one leads on\"\nsteps = [\n  {{ expect_node = \"menu-v{version}\" }},\n]\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_which_the_tests_beside_the_file_fail_is_published_by_force_only() {
    let bench = open().await;
    let writer = Writer::of(&bench).await;
    let beside = bench.dir.path().join("flows/front.test.toml");
    let on_disk = || std::fs::read_to_string(bench.dir.path().join(FILE)).unwrap();
    std::fs::write(&beside, tests(1)).unwrap();
    let wish = json!({ "text": text(2), "base": writer.base().await });
    let (status, problem) = writer.ask("publish", wish.clone()).await;
    assert_eq!((status, &problem["code"]), (422, &json!("flow_tests_failed")), "{problem}");
    let flaw = &problem["problems"][0];
    assert_eq!((&flaw["file"], &flaw["line"]), (&json!("flows/front.test.toml"), &json!(6)), "{flaw}");
    let why = "front · one leads on, step 1: expected node menu-v1, got: the flow waits for a key at node menu-v2";
    assert_eq!((flaw["why"].as_str(), on_disk()), (Some(why), text(1)));
    assert_eq!(writer.file().await["version"], 1);
    drop(stands_in(&bench, &number(3, 1), 1).await);

    // A file of tests that is none is as good as one that fails.
    std::fs::write(&beside, "nonsense").unwrap();
    let (status, problem) = writer.ask("publish", wish.clone()).await;
    assert_eq!((status, &problem["problems"][0]["line"]), (422, &json!(1)), "{problem}");

    std::fs::write(&beside, tests(1)).unwrap();
    let mut forced = wish;
    forced["force"] = json!(true);
    let (status, done) = writer.ask("publish", forced).await;
    assert_eq!((status, &done["version"]), (200, &json!(2)), "{done}");
    drop(stands_in(&bench, &number(3, 2), 2).await);
    std::fs::write(&beside, tests(3)).unwrap();
    assert_eq!(writer.publish(3).await["version"], 3, "with which they come true");
    bench.stop().await;
}
