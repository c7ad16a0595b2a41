//! Changing the floor while calls go on: queues that close, several agents rung at once, a configuration read anew.

use crate::support::{Bench, PATIENCE, Plan, Rest, report};
use domain::AgentState;
use serde_json::{Value, json};
use std::time::Duration;
use switchroom::phone::{Order, Report};

async fn supervisor(bench: &Bench) -> Rest {
    Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await
}

/// Writes the configuration anew with some words changed, and lets the daemon read it.
async fn change(bench: &Bench, rest: &Rest, old: &str, new: &str) -> Value {
    let file = bench.dir.path().join("switchroom.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(old), "{old}");
    std::fs::write(&file, text.replace(old, new)).unwrap();
    rest.post("/config/reload", json!({})).await
}

/// A caller waits in line; the contact's id.
async fn waiting(bench: &Bench) -> String {
    let story = bench.story(|story| story.events.iter().any(|event| event.kind == "queued")).await;
    story.row.id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_floor_on_which_nothing_happens_stays_fresh() {
    let bench = Bench::start(&Plan::default(), &[]).await;
    bench.floor_of_queues().await;
    let mut floor = bench.daemon.floor();
    let first = floor.borrow().at;
    let three_more = floor.wait_for(|floor| floor.at.since(first) > Duration::from_secs(5));
    tokio::time::timeout(PATIENCE, three_more).await.expect("the floor is never published again").unwrap();
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_sees_why_a_caller_waits() {
    let bench = Bench::start(&Plan::default(), &[("anna".to_owned(), "registered".to_owned())]).await;
    let rest = supervisor(&bench).await;
    let _caller = bench.call_answered("8001").await;
    let contact = waiting(&bench).await;
    let why = rest.get(&format!("/contacts/{contact}/why")).await;
    assert_eq!((&why["waiting"]["position"], &why["decisions"]), (&json!(1), &json!([])));
    let verdict = &why["waiting"]["agents"][0];
    assert_eq!((&verdict["agent"]["id"], &verdict["excluded"]["code"]), (&json!("anna"), &json!("logged_out")));
    rest.post(&format!("/contacts/{contact}/priority"), json!({ "priority": 40 })).await;
    let why = rest.get(&format!("/contacts/{contact}/why")).await;
    assert!(why["waiting"]["score"].as_i64().unwrap() >= 40_000, "{why}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_closes_sends_its_callers_on_in_their_flow() {
    let bench = Bench::start(&Plan::default(), &[("anna".to_owned(), "registered".to_owned())]).await;
    let rest = supervisor(&bench).await;
    let mut caller = bench.call_answered("8001").await;
    waiting(&bench).await;
    rest.post("/queues/help/open", json!({ "open": false })).await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    let story = bench.closed_story().await;
    assert_eq!(story.row.outcome.as_deref(), Some("flowed_out"));
    let left = story.events.iter().find(|event| event.kind == "queue_left").expect("it left the queue");
    assert!(left.fields_json.contains("closed"), "{}", left.fields_json);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_agents_who_are_rung_together_one_gets_the_call_and_the_others_are_free_again() {
    let (bench, mut phones) = Bench::with_phones(&Plan::default(), &["anna", "bert"]).await;
    let rest = supervisor(&bench).await;
    let done = change(&bench, &rest, "name = \"Help\"\nskills", "agent_rule = \"ring_all\"\nskills").await;
    assert_eq!(done["changed"], json!(["queue help"]));
    let _caller = bench.call_answered("8001").await;
    for phone in &mut phones {
        report(phone, |report| matches!(report, Report::Rings { .. })).await;
    }
    phones[1].order(Order::Answer).await;
    report(&mut phones[1], |report| *report == Report::Talking).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    bench.agent("anna", |state| state == AgentState::Ready).await;
    let story = bench.story(|story| story.row.agent.is_some()).await;
    assert_eq!(story.row.agent.unwrap().to_string(), "bert");
    let connected = story.events.iter().filter(|event| event.kind == "connected").count();
    assert_eq!(connected, 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_configuration_changes_nothing_and_says_what_is_wrong_with_it() {
    let (bench, _phones) = Bench::with_phones(&Plan::default(), &["anna"]).await;
    let file = bench.dir.path().join("switchroom.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, good.replace("queues = [\"help\"]", "queues = [\"hilp\"]")).unwrap();
    let Err(http_api::ReloadError::Faulty(flaws)) = bench.daemon.reload().await else { panic!("accepted") };
    assert_eq!(flaws[0].code, "unknown_queue");
    assert!(flaws[0].line > 1 && flaws[0].hint.as_deref() == Some("did you mean `help`?"), "{flaws:?}");
    bench.agent("anna", |state| state == AgentState::Ready).await;
    std::fs::write(&file, good.replace("listen = \"127.0.0.1:0\"", "listen = \"127.0.0.1:5099\"")).unwrap();
    let done = bench.daemon.reload().await.expect("it is in order");
    assert_eq!(done.changed, [] as [String; 0]);
    assert!(done.restart.contains(&"sip.listen".to_owned()), "{done:?}");
    bench.stop().await;
}
