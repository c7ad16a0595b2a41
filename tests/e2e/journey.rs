//! Headless Chromium: calls back, messages and opening hours as agents and supervisors see them.

use crate::browser::{CALLER_HZ, MICROPHONE_HZ, Story, base, microphone};
use crate::support::{Bench, FLOW, Plan, answer, config_text, hears, phone, report, write_config};
use serde_json::{Value, json};
use switchroom::phone::{Order, Report};

const SUPERVISOR: &str =
    "[[user]]\nlogin = \"mei\"\nname = \"Mei\"\nrole = \"supervisor\"\npassword = \"secret-mei\"\n\n";

/// A number that is to be called back, as a supervisor types it, and a customer's.
const NUMBER: &str = "+493023125042";

/// A caller leaves a message.
const BOX: &str = r#"
[flow.box]
start = "speak"

[flow.box.node.speak]
type = "voicemail"
queue = "help"
prompts = ["beep"]
next = "bye"

[flow.box.node.bye]
type = "hangup"
"#;

/// Anna's phone is the browser; whoever is dialled is the phone of the test.
async fn open(carrier: &switchroom::phone::Phone) -> Bench {
    let callback = "callback = { attempts = 3, pause_s = 600, min_wait_s = 0, most_load_percent = 1000 }";
    let plan = Plan { wrap_up_s: 120, treatment: callback, ..Plan::default() };
    let text = config_text(&plan, &[("anna".to_owned(), "registered".to_owned())]);
    let peer = format!("id = \"loopback\"\npeer = \"udp:{}\"", carrier.address);
    let text = text.replacen("id = \"loopback\"", &peer, 1);
    let entry = "[[entry]]\nid = \"box\"\ndnis = \"8012\"\nflow = \"box\"\nlanguage = \"en\"\n\n";
    let dir = tempfile::tempdir().unwrap();
    write_config(dir.path(), &format!("{text}\n{SUPERVISOR}{entry}"));
    std::fs::write(dir.path().join("flow.toml"), format!("{FLOW}{BOX}")).unwrap();
    Bench::open(dir).await
}

fn options(bench: &Bench) -> Value {
    json!({
        "base": base(bench), "login": "anna", "password": "secret-anna", "microphone": microphone(&bench.dir),
        "supervisor": { "login": "mei", "password": "secret-mei" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_has_a_customer_called_back_the_agent_tries_later_and_it_is_cancelled() {
    let mut carrier = phone().await;
    carrier.order(Order::Tone(CALLER_HZ)).await;
    let bench = open(&carrier).await;
    let mut options = options(&bench);
    options["number"] = json!(NUMBER);
    options["queue"] = json!("help");
    options["customerHz"] = json!(CALLER_HZ);
    let mut browser = Story::start("callback.mjs", &options);
    browser.step("requested").await;
    browser.step("calling").await;
    answer(&mut carrier).await;
    browser.step("talking").await;
    hears(&carrier, MICROPHONE_HZ).await;
    browser.say("try later").await;
    report(&mut carrier, |report| matches!(report, Report::Over(_))).await;
    browser.step("later").await;
    browser.step("scheduled").await;
    assert_eq!(browser.step("cancelled").await["refused"], json!([]), "nothing was refused on the way");
    browser.over().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_accepts_a_message_hears_it_and_has_the_caller_called_back() {
    let carrier = phone().await;
    let bench = open(&carrier).await;
    let caller = bench.call_answered("8012").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    let dir = switchroom::boot::recordings_dir(&bench.dir.path().join("data"));
    crate::support::more_recorded(&dir, 2).await;
    caller.order(Order::HangUp).await;
    let mut browser = Story::start("voicemail.mjs", &options(&bench));
    browser.step("waiting").await;
    let playing = browser.step("playing").await;
    assert!(playing["length"].as_u64() >= Some(2_000), "{playing}");
    assert_eq!(playing["absent"], 0, "a message has no hold and no mute: {playing}");
    browser.say("call back").await;
    let called = browser.step("called back").await;
    assert_eq!(called["again"], playing["length"], "the page plays the same");
    assert_eq!(called["refused"], json!([]), "nothing was refused on the way");
    browser.over().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_closes_a_schedule_at_once_and_lets_it_go_by_its_hours_again() {
    let bench = open(&phone().await).await;
    let mut options = options(&bench);
    options["schedule"] = json!("always");
    options["prompt"] = json!("closed");
    let mut browser = Story::start("schedules.mjs", &options);
    browser.step("open").await;
    browser.step("closed").await;
    let caller = bench.call_answered("8003").await;
    let story = bench.story(|story| story.row.path.len() == 2).await;
    assert_eq!(story.row.path, ["hours", "storm"]);
    drop(caller);
    browser.say("open again").await;
    assert_eq!(browser.step("open again").await["refused"], json!([]), "nothing was refused on the way");
    browser.over().await;
    bench.stop().await;
}
