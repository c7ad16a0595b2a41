//! Agents who hang up, decline, do not answer, or cannot be reached.

use crate::support::{Bench, Plan, answer, report};
use domain::{AgentState, Cause};
use switchroom::phone::{Order, Report};

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_hangs_up_ends_the_call_for_both() {
    let (bench, mut phones) = Bench::with_phones(&Plan::default(), &["anna"]).await;
    let mut caller = bench.call_answered("8001").await;
    answer(&mut phones[0]).await;
    phones[0].order(Order::HangUp).await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    bench.agent("anna", |state| state == AgentState::AfterContactWork).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_call_goes_to_the_next_agent_with_its_age_kept() {
    let (bench, mut phones) = Bench::with_phones(&Plan::default(), &["anna", "bert"]).await;
    let _caller = bench.call_answered("8001").await;
    report(&mut phones[0], |report| matches!(report, Report::Rings { .. })).await;
    phones[0].order(Order::Refuse(Cause::Declined)).await;
    answer(&mut phones[1]).await;
    let story = bench.story(|story| story.row.agent.is_some()).await;
    assert_eq!(story.row.agent.unwrap().to_string(), "bert");
    let results: Vec<_> = story.interactions.iter().map(|part| part.result.clone()).collect();
    assert_eq!(results, [Some("declined".to_owned()), Some("answered".to_owned())]);
    let queued = story.events.iter().filter(|event| event.kind == "queued").count();
    assert_eq!(queued, 1, "the contact stayed in line: it did not enter anew");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_does_not_answer_becomes_not_ready_and_the_next_one_rings() {
    let plan = Plan { offer_timeout_s: 1, ..Plan::default() };
    let (bench, mut phones) = Bench::with_phones(&plan, &["anna", "bert"]).await;
    let _caller = bench.call_answered("8001").await;
    report(&mut phones[0], |report| matches!(report, Report::Rings { .. })).await;
    answer(&mut phones[1]).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    bench.agent("anna", |state| matches!(state, AgentState::NotReady(reason) if reason.as_str() == "rona")).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_phone_is_gone_is_passed_over() {
    let (bench, mut phones) = Bench::with_phones(&Plan::default(), &["anna", "bert"]).await;
    drop(phones.remove(0));
    let _caller = bench.call_answered("8001").await;
    answer(&mut phones[0]).await;
    bench.agent("bert", |state| state == AgentState::Busy).await;
    bench.stop().await;
}
