//! Headless Chromium: the agent's console, the web caller's page, the demo's start page.

use crate::support::desk::Desk;
use crate::support::{Bench, PATIENCE, Plan, answer, config_text, hears, phone, report, until};
use domain::AgentState;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use switchroom::phone::{Order, Report};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, Lines};
use tokio::process::{ChildStdin, ChildStdout};

pub(crate) const CALLER_HZ: u32 = 620;
pub(crate) const MICROPHONE_HZ: u32 = 1_040;
const HELPER_HZ: u32 = 1_400;
/// The browser has a patience of its own for each step and tells what went wrong; this is for a browser that hangs.
const BROWSER_PATIENCE: Duration = Duration::from_secs(100);

/// A story that a browser plays, told step by step.
pub(crate) struct Story {
    child: tokio::process::Child,
    words: ChildStdin,
    steps: Lines<tokio::io::BufReader<ChildStdout>>,
}

impl Story {
    pub(crate) fn start(script: &str, options: &Value) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/browser").join(script);
        let mut child = tokio::process::Command::new("node")
            .arg(file)
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Node is needed: apt-get install nodejs npm");
        let steps = tokio::io::BufReader::new(child.stdout.take().unwrap()).lines();
        Self { words: child.stdin.take().unwrap(), steps, child }
    }

    /// The facts of the next step, which must be this one.
    pub(crate) async fn step(&mut self, name: &str) -> Value {
        let line = tokio::time::timeout(BROWSER_PATIENCE, self.steps.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("the browser never came to `{name}`")).unwrap();
        let facts: Value = serde_json::from_str(&line.unwrap_or_else(|| panic!("no browser at `{name}`"))).unwrap();
        assert_eq!(facts["step"], name, "{facts:#}");
        facts
    }

    /// Lets the browser go on.
    pub(crate) async fn say(&mut self, word: &str) {
        self.words.write_all(format!("{word}\n").as_bytes()).await.unwrap();
    }

    pub(crate) async fn over(mut self) {
        self.step("over").await;
        assert!(self.child.wait().await.unwrap().success());
    }
}

/// A microphone that says a tone in bursts: a browser takes a tone without pauses for noise and removes it.
pub(crate) fn microphone(dir: &TempDir) -> PathBuf {
    let file = dir.path().join("microphone.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(&file, spec).unwrap();
    for n in 0..20 * 48_000_u32 {
        let speaks = n % 24_000 < 16_000;
        let angle = f64::from(n) / 48_000.0 * f64::from(MICROPHONE_HZ) * std::f64::consts::TAU;
        let sample = if speaks { angle.sin() * 12_000.0 } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "below 12 001")]
        wav.write_sample(sample as i16).unwrap();
    }
    wav.finalize().unwrap();
    file
}

/// An agent whose phone is the browser, not signed in yet.
fn browser_agent() -> [(String, String); 1] {
    [("anna".to_owned(), "registered".to_owned())]
}

pub(crate) fn base(bench: &Bench) -> String {
    format!("http://{}", bench.daemon.http)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_in_the_browser_gets_the_pop_talks_holds_resumes_and_wraps_up() {
    let bench = Bench::start(&Plan { wrap_up_s: 120, ..Plan::default() }, &browser_agent()).await;
    let base = base(&bench);
    an_agent_works(bench, &base).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_console_came_by_https_registers_by_wss_and_works_alike() {
    let bench = Bench::start(&Plan { wrap_up_s: 120, tls: true, ..Plan::default() }, &browser_agent()).await;
    let base = format!("https://{}", bench.daemon.https.unwrap());
    an_agent_works(bench, &base).await;
}

async fn an_agent_works(bench: Bench, base: &str) {
    let options = json!({
        "base": base, "login": "anna", "password": "secret-anna", "callerHz": CALLER_HZ,
        "disposition": "call-back", "microphone": microphone(&bench.dir),
    });
    let mut browser = Story::start("agent.mjs", &options);
    browser.step("ready").await;

    let mut caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    let talking = browser.step("talking").await;
    assert_eq!(talking["name"], "Marta", "{talking}");
    assert_eq!(talking["number"], "+49 30 23125 042", "{talking}");
    assert_eq!(talking["order"], json!(["pop", "ring"]), "the pop comes before the ring");
    hears(&caller, MICROPHONE_HZ).await;

    browser.say("hold").await;
    browser.step("held").await;
    caller.ear().clear();
    until("music", async || (caller.ear().samples() > 12_000).then_some(())).await;
    assert_ne!(caller.ear().tone(crate::support::TONES), Some(MICROPHONE_HZ), "music, not the agent");
    browser.say("resume").await;
    browser.step("resumed").await;
    hears(&caller, MICROPHONE_HZ).await;

    browser.say("hang up").await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    assert_eq!(browser.step("ready again").await["refused"], json!([]), "nothing was refused on the way");
    browser.over().await;
    let row = bench.closed_story().await.row;
    assert_eq!(row.disposition.map(|code| code.to_string()).as_deref(), Some("call-back"));
    assert_eq!(row.agent.map(|agent| agent.to_string()).as_deref(), Some("anna"));
    assert_eq!((row.outcome.as_deref(), row.ended_by.as_deref()), (Some("answered"), Some("agent")));
    assert!(row.hold_ms > 0, "the hold is in the history");
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sip_js_registers_over_wss_takes_a_call_holds_it_sends_it_on_and_keys_digits() {
    a_library_is_a_phone("sipjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jssip_registers_over_wss_takes_a_call_holds_it_sends_it_on_and_keys_digits() {
    a_library_is_a_phone("jssip").await;
}

/// A library over WSS, as an agent's phone and as a caller.
async fn a_library_is_a_phone(library: &str) {
    let mut ben = phone().await;
    let agents = [("anna".to_owned(), "desk".to_owned()), ("ben".to_owned(), format!("sip:ben@{}", ben.address))];
    let bench = Bench::start(&Plan { wrap_up_s: 0, tls: true, ..Plan::default() }, &agents).await;
    // Ben talks, so that the next call is for Anna.
    let first = bench.call_answered("8001").await;
    answer(&mut ben).await;
    let https = bench.daemon.https.unwrap();
    let account = |name: &str, password: &str| {
        json!({ "server": format!("wss://{https}/sip"), "aor": format!("sip:{name}@{}", https.ip()), "name": name,
                "password": password })
    };
    let options = json!({
        "base": format!("https://{https}"), "library": library, "agent": account("anna", "phone-secret"), "callerHz": CALLER_HZ,
        "caller": account("6001", "softphone-secret"), "agentHz": 1_400, "microphone": microphone(&bench.dir),
        "to": format!("sip:ben@{}", https.ip()), "number": format!("sip:8000@{}", https.ip()),
    });
    let mut browser = Story::start("library-phone.mjs", &options);
    browser.step("registered").await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    browser.step("talking").await;
    hears(&caller, MICROPHONE_HZ).await;

    browser.say("hold").await;
    browser.step("held").await;
    caller.ear().clear();
    until("music", async || (caller.ear().samples() > 12_000).then_some(())).await;
    assert_ne!(caller.ear().tone(crate::support::TONES), Some(MICROPHONE_HZ), "music, not the agent");
    browser.say("resume").await;
    browser.step("resumed").await;
    hears(&caller, MICROPHONE_HZ).await;

    first.order(Order::HangUp).await;
    bench.agent("ben", |state| state == AgentState::Ready).await;
    browser.say("transfer").await;
    answer(&mut ben).await;
    ben.order(Order::Tone(1_400)).await;
    hears(&caller, 1_400).await;
    hears(&ben, CALLER_HZ).await;
    browser.step("transferred").await;
    caller.order(Order::HangUp).await;
    bench.agent("ben", |state| state == AgentState::Ready).await;

    browser.say("call").await;
    answer(&mut ben).await;
    browser.step("connected").await;
    hears(&ben, MICROPHONE_HZ).await;
    browser.say("heard").await;
    browser.over().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sip_js_holds_its_call_asks_a_second_one_and_connects_the_two() {
    a_library_connects_two_calls("sipjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jssip_holds_its_call_asks_a_second_one_and_connects_the_two() {
    a_library_connects_two_calls("jssip").await;
}

/// A library over WSS makes an attended transfer as desk phones do.
async fn a_library_connects_two_calls(library: &str) {
    let mut ben = phone().await;
    let agents = [("anna".to_owned(), "desk".to_owned()), ("ben".to_owned(), format!("sip:ben@{}", ben.address))];
    let bench = Bench::start(&Plan { wrap_up_s: 0, tls: true, ..Plan::default() }, &agents).await;
    let mut desk = Desk::sign_in(bench.daemon.http, "ben", "secret-ben").await;
    assert_eq!(desk.wish(json!({ "type": "not_ready", "reason": "break" })).await, Ok(()), "the call is for Anna");
    let https = bench.daemon.https.unwrap();
    let account = json!({ "server": format!("wss://{https}/sip"), "aor": format!("sip:anna@{}", https.ip()),
                          "name": "anna", "password": "phone-secret" });
    let options = json!({
        "base": format!("https://{https}"), "library": library, "agent": account, "callerHz": CALLER_HZ, "helperHz": HELPER_HZ,
        "microphone": microphone(&bench.dir), "to": format!("sip:ben@{}", https.ip()),
    });
    let mut browser = Story::start("library-phone-attended.mjs", &options);
    browser.step("registered").await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    browser.step("talking").await;
    hears(&caller, MICROPHONE_HZ).await;

    browser.say("ask").await;
    answer(&mut ben).await;
    ben.order(Order::Tone(HELPER_HZ)).await;
    browser.step("asked").await;
    hears(&ben, MICROPHONE_HZ).await;
    caller.ear().clear();
    until("music", async || (caller.ear().samples() > 12_000).then_some(())).await;
    assert_ne!(caller.ear().tone(crate::support::TONES), Some(MICROPHONE_HZ), "music, not the agent");
    browser.say("connect").await;
    assert_eq!(browser.step("connected").await["status"], "200");
    hears(&caller, HELPER_HZ).await;
    hears(&ben, CALLER_HZ).await;
    browser.over().await;
    caller.order(Order::HangUp).await;
    let story = bench.closed_story().await;
    let told = ["consult_started", "consult_answered", "transferred", "consult_ended"];
    let mut kinds = story.events.iter().map(|event| event.kind.as_str());
    assert!(told.iter().all(|kind| kinds.any(|is| is == *kind)), "{:?}", story.events);
    assert_eq!((bench.contacts().await.len(), story.recordings.len()), (1, 1), "one contact, one recording");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_caller_keys_a_digit_reaches_the_agent_and_both_talk() {
    let bench = Bench::start(&Plan { wrap_up_s: 120, ..Plan::default() }, &browser_agent()).await;
    let options = json!({
        "base": base(&bench), "login": "anna", "password": "secret-anna", "hz": MICROPHONE_HZ,
        "supervisor": { "login": "admin", "password": "admin-secret" }, "microphone": microphone(&bench.dir),
    });
    let mut browser = Story::start("web-call.mjs", &options);
    let talking = browser.step("talking").await;
    assert_eq!(talking["name"], "Marta", "{talking}");
    for who in ["agentHeard", "callerHeard"] {
        assert!(talking[who]["energy"].as_f64().unwrap() > 0.0, "{talking}");
    }
    browser.step("ready again").await;
    browser.over().await;
    let row = bench.closed_story().await.row;
    assert_eq!(row.path, ["menu", "line"]);
    assert_eq!((row.outcome.as_deref(), row.ended_by.as_deref()), (Some("answered"), Some("customer")));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_when_the_console_is_closed_and_is_there_at_the_next_sign_in() {
    let (bench, mut phones) = Bench::with_phones(&Plan { wrap_up_s: 120, ..Plan::default() }, &["anna"]).await;
    let options = json!({ "base": base(&bench), "login": "anna", "password": "secret-anna" });
    let mut browser = Story::start("closed-tab.mjs", &options);
    browser.step("ready").await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    phones[0].order(Order::Tone(MICROPHONE_HZ)).await;
    answer(&mut phones[0]).await;
    browser.step("closed").await;
    hears(&caller, MICROPHONE_HZ).await;
    hears(&phones[0], CALLER_HZ).await;
    browser.say("come back").await;
    assert_eq!(browser.step("back").await["name"], "Marta");
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    browser.step("wrap-up").await;
    browser.over().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_in_one_clear_sentence() {
    let bench = Bench::start(&Plan::default(), &browser_agent()).await;
    let mut browser = Story::start("wrong-password.mjs", &json!({ "base": base(&bench), "login": "anna" }));
    let refused = browser.step("refused").await;
    assert_eq!(refused["words"], "Login or password is wrong.");
    assert_eq!(refused["path"], "/");
    browser.over().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_sees_why_a_caller_waits_and_how_long_and_moves_the_caller_up() {
    let (bench, mut phones) = Bench::with_phones(&Plan { wrap_up_s: 0, ..Plan::default() }, &["anna"]).await;
    let served = bench.call_answered("8001").await;
    answer(&mut phones[0]).await;
    served.order(Order::HangUp).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    let _talks = bench.call_answered("8001").await;
    answer(&mut phones[0]).await;
    let _waits = [bench.call_answered("8001").await, bench.call_answered("8001").await];

    let options = json!({ "base": base(&bench), "login": "admin", "password": "admin-secret" });
    let mut browser = Story::start("why.mjs", &options);
    let second = browser.step("second").await;
    assert_eq!((&second["place"], &second["need"]), (&json!("2 of 2"), &json!("Help ≥ 1\nas first asked")), "{second}");
    assert_eq!(second["excluded"], json!(["no_capacity"]), "anna talks");
    assert!(second["eligible"].as_str().unwrap().contains("Nobody"), "{second}");
    assert!(second["expected"].as_str().unwrap().contains("9 in 10 within"), "{second}");
    assert_eq!(second["told"], 1, "what could be told on entry stands beside it");
    assert_ne!(second["newcomer"], "–", "the tile tells what one who came now would wait");
    let first = browser.step("first").await;
    assert!(first["score"].as_str().unwrap().starts_with("5"), "50 and the age: {first}");
    browser.over().await;
    bench.stop().await;
}

/// A colleague with a desk phone who is not ready, so that no queue rings him.
async fn on_a_break(bench: &Bench, login: &str, password: &str) {
    let mut desk = Desk::sign_in(bench.daemon.http, login, password).await;
    assert_eq!(desk.wish(json!({ "type": "not_ready", "reason": "break" })).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_in_the_browser_asks_a_colleague_first_and_hands_the_customer_over() {
    let mut bert = phone().await;
    let agents =
        [("anna".to_owned(), "registered".to_owned()), ("bert".to_owned(), format!("sip:bert@{}", bert.address))];
    let bench = Bench::start(&Plan { wrap_up_s: 120, ..Plan::default() }, &agents).await;
    on_a_break(&bench, "bert", "secret-bert").await;
    let options = json!({
        "base": base(&bench), "login": "anna", "password": "secret-anna", "callerHz": CALLER_HZ, "helperHz": HELPER_HZ,
        "microphone": microphone(&bench.dir),
    });
    let mut browser = Story::start("consult.mjs", &options);
    browser.step("ready").await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    bert.order(Order::Tone(HELPER_HZ)).await;
    browser.step("talking").await;
    browser.step("paused").await;
    browser.step("asking").await;
    answer(&mut bert).await;
    browser.step("consulting").await;
    browser.step("swapped").await;
    browser.step("conference").await;
    hears(&bert, CALLER_HZ).await;
    browser.say("hand over").await;
    assert_eq!(browser.step("handed over").await["refused"], json!([]), "nothing was refused on the way");
    hears(&caller, HELPER_HZ).await;
    browser.over().await;
    caller.order(Order::HangUp).await;
    let story = bench.story(|story| story.recordings.iter().any(|tape| tape.state == "complete")).await;
    let kinds: Vec<&str> = story.events.iter().map(|event| event.kind.as_str()).collect();
    let told = ["recording_paused", "recording_resumed", "consult_started", "conference_started", "transferred"];
    let mut rest = kinds.iter();
    assert!(told.iter().all(|kind| rest.any(|is| is == kind)), "{kinds:?}");
    assert_eq!(story.row.agent.map(|agent| agent.to_string()).as_deref(), Some("bert"));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_listens_from_the_floor_barges_in_and_leaves() {
    let (mut anna, mut boss) = (phone().await, phone().await);
    let seats = [("anna", &anna), ("boss", &boss)];
    let seats = seats.map(|(id, phone)| (id.to_owned(), format!("sip:{id}@{}", phone.address)));
    let supervisor =
        "[[user]]\nlogin = \"mei\"\nrole = \"supervisor\"\npassword = \"secret-mei\"\nagent = \"boss\"\n\n";
    let text = config_text(&Plan::default(), &seats);
    let bench = Bench::with_text(&text.replacen("[[disposition]]", &format!("{supervisor}[[disposition]]"), 1)).await;
    on_a_break(&bench, "boss", "secret-boss").await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    boss.order(Order::Tone(HELPER_HZ)).await;
    answer(&mut anna).await;
    let options = json!({ "base": base(&bench), "login": "mei", "password": "secret-mei" });
    let mut browser = Story::start("monitor.mjs", &options);
    browser.step("rings").await;
    answer(&mut boss).await;
    browser.step("listens").await;
    hears(&boss, CALLER_HZ).await;
    browser.step("barges in").await;
    hears(&caller, HELPER_HZ).await;
    report(&mut boss, |report| matches!(report, Report::Over(_))).await;
    assert_eq!(browser.step("left").await["refused"], json!([]), "nothing was refused on the way");
    browser.over().await;
    bench.stop().await;
}

struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the built program's demo; its first line says where it is.
fn demo() -> (Demo, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_switchroom"))
        .args(["demo", "--json", "--http", "0", "--sip", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let facts = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
    (Demo(child), facts)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_without_a_phone_hears_a_call_from_the_start_page() {
    let (demo, facts) = tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(demo)).await.unwrap().unwrap();
    let mut browser = Story::start("start.mjs", &json!({ "startUrl": facts["start_url"] }));
    assert!(browser.step("heard").await["energy"].as_f64().unwrap() > 0.0);
    browser.over().await;
    drop(demo);
}
