//! The caller leaves: in the flow, in line, while an agent rings, while talking.

use crate::support::{Bench, Plan, answer, report};
use domain::AgentState;
use switchroom::phone::{Order, Report};

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_in_the_flow_served_himself() {
    let bench = Bench::start(&Plan::default(), &[]).await;
    let caller = bench.call_answered("8000").await;
    caller.order(Order::HangUp).await;
    let story = bench.closed_story().await;
    assert_eq!(story.row.outcome.as_deref(), Some("self_served"));
    assert_eq!(story.row.path, ["menu"]);
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_in_line_abandoned() {
    let bench = Bench::start(&Plan::default(), &[]).await;
    let caller = bench.call_answered("8001").await;
    bench.story(|story| story.row.queue.is_some()).await;
    caller.order(Order::HangUp).await;
    let story = bench.closed_story().await;
    assert_eq!(story.row.outcome.as_deref(), Some("abandoned"));
    assert_eq!(story.row.ended_by.as_deref(), Some("customer"));
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_while_an_agent_rings_ends_the_ringing() {
    let (bench, mut phones) = Bench::with_phones(&Plan::default(), &["anna"]).await;
    let caller = bench.call_answered("8001").await;
    report(&mut phones[0], |report| matches!(report, Report::Rings { .. })).await;
    caller.order(Order::HangUp).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    bench.agent("anna", |state| state == AgentState::Ready).await;
    assert_eq!(bench.closed_story().await.row.outcome.as_deref(), Some("abandoned"));
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_while_talking_frees_the_agent_after_wrap_up() {
    let plan = Plan { wrap_up_s: 1, ..Plan::default() };
    let (bench, mut phones) = Bench::with_phones(&plan, &["anna"]).await;
    let caller = bench.call_answered("8001").await;
    answer(&mut phones[0]).await;
    bench.agent("anna", |state| state == AgentState::Busy).await;
    caller.order(Order::HangUp).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    bench.agent("anna", |state| state == AgentState::Ready).await;
    let story = bench.closed_story().await;
    assert_eq!(story.row.outcome.as_deref(), Some("answered"));
    assert_eq!(story.row.disposition.map(|code| code.to_string()).as_deref(), Some("done"));
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_gives_up_before_the_answer_leaves_nothing_behind() {
    let bench = Bench::start(&Plan::default(), &[]).await;
    let caller = bench.call("8000").await;
    caller.order(Order::HangUp).await;
    bench.closed_story().await;
    bench.quiet().await;
    bench.stop().await;
}
