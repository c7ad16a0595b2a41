//! SIPp as caller and as agent: 200 calls at 20 calls/s through menu and queue to 20 agents; PRACK, UPDATE and session
//! timers with every field checked by the scenario.

use crate::support::ports::free_port;
use crate::support::sipp::{must_succeed, sipp, wait};
use crate::support::{Bench, Plan};

const CALLS: usize = 200;
const CALLS_PER_S: usize = 20;
const AGENTS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_calls_reach_twenty_agents_without_a_failure() {
    let phone_port = free_port();
    let agents: Vec<(String, String)> =
        (1..=AGENTS).map(|n| (format!("a{n:04}"), format!("sip:a{n:04}@127.0.0.1:{phone_port}"))).collect();
    let plan = Plan { wrap_up_s: 0, ..Plan::default() };
    let bench = Bench::start(&plan, &agents).await;
    let (callers_dir, agents_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());

    let calls = CALLS.to_string();
    let phones = sipp("agent.xml", agents_dir.path())
        .args(["-p", &phone_port.to_string(), "-m", &calls])
        .spawn()
        .expect("SIPp is needed: apt-get install sip-tester");
    let callers = sipp("caller.xml", callers_dir.path())
        .arg(bench.daemon.sip.to_string())
        .args(["-m", &calls, "-r", &CALLS_PER_S.to_string(), "-l", &calls, "-timeout", "120"])
        .spawn()
        .unwrap();
    let callers = tokio::task::spawn_blocking(move || callers.wait_with_output().unwrap()).await.unwrap();
    must_succeed("callers", &callers, callers_dir.path());
    let phones = tokio::task::spawn_blocking(move || phones.wait_with_output().unwrap()).await.unwrap();
    must_succeed("agents", &phones, agents_dir.path());

    bench.quiet().await;
    let rows = crate::support::until("all contacts are closed", async || {
        let rows = bench.contacts().await;
        rows.iter().all(|row| row.closed.is_some()).then_some(rows)
    })
    .await;
    assert_eq!(rows.len(), CALLS);
    let bad: Vec<_> = rows.iter().filter(|row| row.outcome.as_deref() != Some("answered")).collect();
    assert!(bad.is_empty(), "{} contacts were not answered: {:?}", bad.len(), bad.first());
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_rings_reliably_gets_its_prack_and_its_update_is_answered() {
    an_agent_talks("agent_prack.xml").await;
}

/// A caller with session timers, whose scenario checks every field, at an engine with nobody to answer: the caller waits.
async fn a_caller_waits(scenario: &str) {
    let plan = Plan { silence_s: 300, ..Plan::default() };
    let bench = Bench::start(&plan, &[]).await;
    let dir = tempfile::tempdir().unwrap();
    let server = bench.daemon.sip.to_string();
    let arguments = [server.as_str(), "-m", "1", "-timeout", "180"];
    let caller = sipp(scenario, dir.path()).args(arguments).spawn().unwrap();
    wait("caller", caller, dir.path()).await;
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_with_session_timers_is_told_the_least_and_refreshed_at_half_time() {
    a_caller_waits("caller_timer.xml").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_refreshes_by_himself_is_granted_it_each_time_and_ended_when_he_stops() {
    a_caller_waits("caller_refreshes.xml").await;
}

/// An agent's phone with session timers, whose scenario checks every field, takes one call and ends it.
async fn an_agent_talks(scenario: &str) {
    let port = free_port();
    let plan = Plan { silence_s: 300, wrap_up_s: 0, ..Plan::default() };
    let bench = Bench::start(&plan, &[("anna".to_owned(), format!("sip:anna@127.0.0.1:{port}"))]).await;
    let dir = tempfile::tempdir().unwrap();
    let arguments = ["-p", &port.to_string(), "-m", "1", "-timeout", "180"];
    let agent = sipp(scenario, dir.path()).args(arguments).spawn().unwrap();
    let mut caller = bench.call_answered("8001").await;
    wait("agent", agent, dir.path()).await;
    crate::support::report(&mut caller, |report| matches!(report, switchroom::phone::Report::Over(_))).await;
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_finds_the_session_interval_too_short_is_asked_anew_and_refreshes_by_both_ways() {
    an_agent_talks("agent_refreshes.xml").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_update_is_refreshed_by_an_invite_at_half_time() {
    an_agent_talks("agent_refreshed.xml").await;
}
