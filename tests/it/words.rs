//! What callers in line are told, known by its sound.

use crate::support::words::{Words, prompts};
use crate::support::{Bench, Plan, answer, back, config_text, phone, report, write_config};
use domain::AgentState;
use switchroom::phone::{Order, Phone, Report};

/// The line of 8002, in Chinese.
const CHINESE: &str = "[[entry]]\nid = \"chinese\"\ndnis = \"8022\"\nflow = \"waiting\"\nlanguage = \"zh\"\n";

const GREETING: [&str; 2] = ["recording-notice", "please-hold"];

/// The place in line that is told, with what comes before it and after it.
fn place(digit: &'static str) -> [&'static str; 3] {
    ["queue-position", digit, "queue-position-end"]
}

async fn open() -> (Bench, Phone) {
    let anna = phone().await;
    let treatment = "treatment = { position = true, wait = true, repeat_s = 10 }";
    let plan = Plan { treatment, wrap_up_s: 0, record: false, ..Plan::default() };
    let dir = tempfile::tempdir().unwrap();
    let text = config_text(&plan, &[("anna".to_owned(), format!("sip:anna@{}", anna.address))]);
    write_config(dir.path(), &format!("{text}\n{CHINESE}"));
    (Bench::open(dir).await, anna)
}

async fn calls(bench: &Bench, dialled: &str, number: &str) -> Phone {
    let mut caller = back::call(bench.daemon.sip, dialled, number).await;
    report(&mut caller, |report| *report == Report::Talking).await;
    caller
}

async fn served(bench: &Bench, anna: &mut Phone, caller: &Phone) {
    caller.order(Order::HangUp).await;
    report(anna, |report| matches!(report, Report::Over(_))).await;
    bench.agent("anna", |state| state != AgentState::Busy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn place_and_wait_are_said_in_the_callers_language_once_and_again_when_they_are_better() {
    let (bench, mut anna) = open().await;
    let [english, chinese] = ["en", "zh"].map(Words::of);
    // The first talk teaches how long one takes.
    let first = calls(&bench, "8001", "+493010000001").await;
    answer(&mut anna).await;
    served(&bench, &mut anna, &first).await;
    let talks = calls(&bench, "8001", "+493010000002").await;
    answer(&mut anna).await;

    let next = calls(&bench, "8002", "+493010000003").await;
    back::waits(&bench, "+493010000003").await;
    let last = calls(&bench, "8022", "+493010000004").await;
    let told = async |words: &Words, caller: &Phone, digit| {
        let said = words.heard(caller, |said| said.iter().any(|said| said.prompt == "queue-wait")).await;
        let expected: Vec<&str> = GREETING.into_iter().chain(place(digit)).chain(["queue-wait"]).collect();
        assert_eq!(prompts(&said), expected);
    };
    tokio::join!(told(&english, &next, "digit-1"), told(&chinese, &last, "digit-2"));

    // One goes on: the other is told the better place, and no wait that is no better.
    last.ear().clear();
    talks.order(Order::HangUp).await;
    report(&mut anna, |report| matches!(report, Report::Over(_))).await;
    answer(&mut anna).await;
    let said = chinese.heard(&last, |said| said.iter().any(|said| said.prompt == "queue-position-end")).await;
    let better: Vec<&str> = prompts(&said).into_iter().skip_while(|prompt| *prompt != "queue-position").collect();
    assert_eq!(better, place("digit-1"));
    served(&bench, &mut anna, &next).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_stops_when_the_agent_answers() {
    let (bench, mut anna) = open().await;
    let talks = calls(&bench, "8001", "+493010000001").await;
    answer(&mut anna).await;
    let next = calls(&bench, "8002", "+493010000002").await;
    let english = Words::of("en");
    english.heard(&next, |said| !said.is_empty()).await;
    talks.order(Order::HangUp).await;
    report(&mut anna, |report| matches!(report, Report::Over(_))).await;
    answer(&mut anna).await;
    anna.order(Order::Tone(1_040)).await;
    next.ear().clear();
    crate::support::hears(&next, 1_040).await;
    let said = english.heard(&next, |_| true).await;
    assert_eq!(said, [], "after the agent answered");
    served(&bench, &mut anna, &next).await;
    bench.stop().await;
}
