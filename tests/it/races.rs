//! Answers that cross with leaving.

use crate::support::{Bench, Plan, report};
use domain::{AgentState, ContactRow};
use std::collections::BTreeMap;
use std::time::Duration;
use switchroom::phone::{Order, Report};

/// How often the race is run.
const ROUNDS: u64 = 1_000;

/// How many contacts ended in which way.
fn count(rows: &[ContactRow]) -> BTreeMap<&str, u64> {
    rows.iter().fold(BTreeMap::new(), |mut counts, row| {
        *counts.entry(row.outcome.as_deref().unwrap_or("none")).or_default() += 1;
        counts
    })
}

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
    let closed = bench.all_closed().await;
    let outcomes = count(&closed);
    println!("{ROUNDS} callers left up to 20 ms before or after the answer: {outcomes:?}");
    assert_eq!(closed.len() as u64, ROUNDS, "one contact for each call");
    assert_eq!(outcomes.keys().copied().collect::<Vec<_>>(), ["abandoned", "answered"], "the race goes either way");
    bench.nothing_left().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_cancel_crosses_the_answer_leaves_nothing_behind() {
    let plan = Plan { wrap_up_s: 0, record: false, ..Plan::default() };
    let bench = Bench::start(&plan, &[]).await;
    let mut answered = 0;
    for round in 0..ROUNDS {
        let mut caller = bench.call("8000").await;
        // From well before the engine's 200 to a little after it.
        tokio::time::sleep(Duration::from_micros((round % 23) * 200)).await;
        caller.order(Order::HangUp).await;
        let over = |report: &Report| matches!(report, Report::Talking | Report::Over(_));
        if report(&mut caller, over).await == Report::Talking {
            answered += 1;
            report(&mut caller, |report| matches!(report, Report::Over(_))).await;
        }
    }
    bench.quiet().await;
    let closed = bench.all_closed().await;
    println!(
        "{ROUNDS} callers left about when they were answered: {answered} were, {} are in the history",
        closed.len()
    );
    assert!((1..ROUNDS).contains(&answered), "the race goes either way");
    assert!(closed.len() as u64 >= answered, "calls that came that far are in the history");
    bench.nothing_left().await;
    bench.stop().await;
}
