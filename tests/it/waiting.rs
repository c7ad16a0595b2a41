//! Callers who wait: what they are told, the keys that keep their place, and agents who wait for none of it.

use crate::support::{Bench, Plan, answer, report};
use domain::{AgentState, ContactDetail};
use switchroom::phone::{Order, Phone, Report};

const TOLD: &str = "treatment = { position = true, wait = true, repeat_s = 10 }";

fn plan() -> Plan {
    Plan { treatment: TOLD, wrap_up_s: 0, ..Plan::default() }
}

fn kinds(story: &ContactDetail) -> Vec<&str> {
    story.events.iter().map(|event| event.kind.as_str()).collect()
}

/// The story of the newest contact once this has happened to it so often.
async fn happened(bench: &Bench, kind: &str, times: usize) -> ContactDetail {
    bench.story(|story| kinds(story).iter().filter(|known| **known == kind).count() == times).await
}

/// Anna talks with a first caller, and a second one waits.
async fn busy(plan: &Plan) -> (Bench, Vec<Phone>, Phone, Phone) {
    let (bench, mut phones) = Bench::with_phones(plan, &["anna"]).await;
    let first = bench.call_answered("8001").await;
    answer(&mut phones[0]).await;
    bench.agent("anna", |state| state == AgentState::Busy).await;
    let second = bench.call_answered("8002").await;
    (bench, phones, first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_waits_is_told_the_place_and_put_through_in_the_middle_of_it() {
    let (bench, mut phones, first, _second) = busy(&plan()).await;
    let story = happened(&bench, "announced", 1).await;
    let told = story.events.iter().find(|event| event.kind == "announced").unwrap();
    assert!(told.fields_json.contains("\"position\":1"), "{}", told.fields_json);
    // The announcement takes several seconds: the agent is rung and joined while it plays.
    first.order(Order::HangUp).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    answer(&mut phones[0]).await;
    bench.agent("anna", |state| state == AgentState::Busy).await;
    let story = happened(&bench, "connected", 1).await;
    assert_eq!(kinds(&story).iter().filter(|kind| **kind == "announced").count(), 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_keeps_the_place_and_resume_goes_back_to_it() {
    let (bench, mut phones, first, second) = busy(&plan()).await;
    happened(&bench, "queued", 1).await;
    second.order(Order::Digits("1".to_owned())).await;
    happened(&bench, "queue_key", 1).await;
    second.order(Order::Digits("1".to_owned())).await;
    happened(&bench, "queue_resumed", 1).await;
    first.order(Order::HangUp).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    answer(&mut phones[0]).await;
    let story = happened(&bench, "connected", 1).await;
    assert_eq!(kinds(&story).iter().filter(|kind| **kind == "queued").count(), 1, "one place, never left");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_answers_takes_a_caller_out_of_the_menu() {
    let (bench, mut phones, first, second) = busy(&plan()).await;
    happened(&bench, "queued", 1).await;
    second.order(Order::Digits("1".to_owned())).await;
    happened(&bench, "queue_key", 1).await;
    first.order(Order::HangUp).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    answer(&mut phones[0]).await;
    let story = happened(&bench, "connected", 1).await;
    assert!(!kinds(&story).contains(&"queue_resumed"));
    second.order(Order::HangUp).await;
    assert_eq!(bench.closed_story().await.row.outcome.as_deref(), Some("answered"));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_out_of_the_line_gives_the_place_up() {
    let (bench, _phones, _first, second) = busy(&plan()).await;
    happened(&bench, "queued", 1).await;
    second.order(Order::Digits("1".to_owned())).await;
    happened(&bench, "queue_key", 1).await;
    second.order(Order::Digits("2".to_owned())).await;
    let story = bench.closed_story().await;
    assert_eq!(story.row.outcome.as_deref(), Some("flowed_out"));
    let left = story.events.iter().find(|event| event.kind == "queue_left").unwrap();
    assert!(left.fields_json.contains("chosen"), "{}", left.fields_json);
    bench.stop().await;
}
