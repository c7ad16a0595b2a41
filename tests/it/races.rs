//! Answers that cross with leaving.

use crate::support::{Bench, Plan, report};
use domain::AgentState;
use std::time::Duration;
use switchroom::phone::{Order, Report};

/// How often the race is run.
const ROUNDS: u64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_as_the_agent_answers_leaves_no_leg_and_no_agent_behind() {
    let plan = Plan { wrap_up_s: 0, record: false, ..Plan::default() };
    let (bench, mut phones) = Bench::with_phones(&plan, &["anna"]).await;
    let agent = &mut phones[0];
    for round in 0..ROUNDS {
        let caller = bench.call("8001").await;
        report(agent, |report| matches!(report, Report::Rings { .. })).await;
        // The caller leaves up to 20 ms before or after the agent answers.
        let lead = Duration::from_micros((round % 41) * 500);
        if round % 2 == 0 {
            agent.order(Order::Answer).await;
            tokio::time::sleep(lead).await;
            caller.order(Order::HangUp).await;
        } else {
            caller.order(Order::HangUp).await;
            tokio::time::sleep(lead).await;
            agent.order(Order::Answer).await;
        }
        report(agent, |report| matches!(report, Report::Over(_))).await;
        bench.agent("anna", |state| state == AgentState::Ready).await;
    }
    bench.quiet().await;
    let closed = crate::support::until("all contacts are closed", async || {
        let rows = bench.contacts().await;
        rows.iter().all(|row| row.closed.is_some()).then_some(rows.len())
    })
    .await;
    assert_eq!(closed, 200, "a page of closed contacts");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_cancel_crosses_the_answer_leaves_nothing_behind() {
    let plan = Plan { wrap_up_s: 0, record: false, ..Plan::default() };
    let bench = Bench::start(&plan, &[]).await;
    for round in 0..ROUNDS {
        let mut caller = bench.call("8000").await;
        // From well before the engine's 200 to a little after it.
        tokio::time::sleep(Duration::from_micros((round % 23) * 200)).await;
        caller.order(Order::HangUp).await;
        report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    }
    bench.quiet().await;
    let closed = crate::support::until("all contacts are closed", async || {
        let rows = bench.contacts().await;
        rows.iter().all(|row| row.closed.is_some()).then_some(rows.len())
    })
    .await;
    assert!(closed > 0, "calls that came that far are in the history");
    bench.stop().await;
}
