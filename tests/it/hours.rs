//! Opening hours and the switch that closes at once.

use crate::support::{Bench, Plan, Rest, until};
use serde_json::json;
use switchroom::phone::Order;

/// Calls the number that goes by the hours; the nodes that the caller went through once at the last of these.
async fn calls(bench: &Bench, last: &str) -> Vec<String> {
    let caller = bench.call_answered("8003").await;
    let story = bench.story(|story| story.row.path.last().is_some_and(|node| node == last)).await;
    caller.order(Order::HangUp).await;
    bench.closed_story().await;
    story.row.path
}

async fn rest(bench: &Bench) -> Rest {
    Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await
}

/// Waits until the schedule is shown so.
async fn shown(rest: &Rest, why: Option<&str>) -> serde_json::Value {
    until("the schedule's state", async || {
        let office = rest.get("/schedules").await["items"][0].clone();
        (office["why"].as_str() == why && office["id"] == "always").then_some(office)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_is_closed_at_once_stays_closed_over_a_restart() {
    let (bench, _phones) = Bench::with_phones(&Plan::default(), &["anna"]).await;
    let api = rest(&bench).await;
    let office = shown(&api, None).await;
    assert_eq!(office["openings"].as_array().map(Vec::len), Some(1), "one long opening of two weeks: {office}");
    assert_eq!(calls(&bench, "line").await, ["hours", "line"]);
    api.post("/schedules/always/emergency", json!({ "closed": true, "prompt": "goodbye" })).await;
    assert_eq!(shown(&api, Some("emergency")).await["emergency_prompt"], "goodbye");
    assert_eq!(calls(&bench, "storm").await, ["hours", "storm"]);
    let kept = bench.dir.path().join("data/closed-schedules");
    until("the file", async || std::fs::read_to_string(&kept).ok().filter(|text| text.starts_with("always "))).await;

    let Bench { daemon, dir } = bench;
    daemon.stop(std::time::Duration::ZERO).await;
    let bench = Bench::open(dir).await;
    let api = rest(&bench).await;
    shown(&api, Some("emergency")).await;
    assert_eq!(calls(&bench, "storm").await, ["hours", "storm"]);
    api.post("/schedules/always/emergency", json!({ "closed": false })).await;
    shown(&api, None).await;
    assert_eq!(calls(&bench, "line").await, ["hours", "line"]);
    bench.stop().await;
}
