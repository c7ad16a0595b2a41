//! A thousand calls through relays that lose, repeat and reorder a tenth of all SIP messages each way.

use crate::support::relay::Relay;
use crate::support::{Bench, PATIENCE, Plan, phone};
use domain::{AgentState, Cause};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchroom::phone::{Order, Phone, Report};
use tokio::sync::Semaphore;

const CALLS: u64 = 1_000;
const AGENTS: u64 = 40;
/// Callers at a time.
const AT_ONCE: usize = 60;
/// How long one waits who is told that the engine is busy (Retry-After).
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Of all calls so many may fail: one in a thousand.
const FAILED_MAX: u64 = 1;

/// Answers every call and ends it as soon as it is joined.
async fn agent(mut phone: Phone) {
    while let Some(report) = phone.report().await {
        match report {
            Report::Rings { .. } => phone.order(Order::Answer).await,
            Report::Talking => phone.order(Order::HangUp).await,
            _ => {}
        }
    }
}

/// How a caller fared.
enum Fared {
    SetUp,
    /// The engine said that it was too busy: nothing that a network does.
    TooBusy,
    Failed(Cause),
}

/// A caller who waits until the agent has ended the call.
async fn caller(bench_sip: SocketAddr, number: u64) -> Fared {
    let (mut phone, mut relay) = (phone().await, Relay::bind().await);
    relay.carry(phone.address, bench_sip, number);
    let uri = format!("sip:8001@{}", relay.inside);
    phone.order(Order::Call { uri, from: format!("+4930{number:07}"), name: String::new() }).await;
    let mut is_set_up = false;
    let over = async {
        while let Some(report) = phone.report().await {
            is_set_up |= report == Report::Talking;
            if let Report::Over(cause) = report {
                return cause;
            }
        }
        Cause::InternalError
    };
    let cause = tokio::time::timeout(2 * PATIENCE, over).await.expect("a call does not end");
    match (is_set_up, cause) {
        (true, _) => Fared::SetUp,
        (false, Cause::Overload) => Fared::TooBusy,
        (false, cause) => Fared::Failed(cause),
    }
}

/// How often somebody calls before the call counts as failed.
const TRIES_MAX: u64 = 5;

/// One who is told that the engine is busy calls again, as the answer asks for. How often that was.
async fn patient_caller(bench_sip: SocketAddr, number: u64) -> (Result<(), Cause>, u64) {
    for again in 0..TRIES_MAX {
        match caller(bench_sip, number + again * CALLS).await {
            Fared::SetUp => return (Ok(()), again),
            Fared::Failed(cause) => return (Err(cause), again),
            Fared::TooBusy => tokio::time::sleep(RETRY_AFTER).await,
        }
    }
    (Err(Cause::Overload), TRIES_MAX)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_are_set_up_over_a_network_that_loses_repeats_and_reorders() {
    let plan = Plan { wrap_up_s: 0, record: false, tireless: true, ..Plan::default() };
    let (mut seats, mut lines) = (Vec::new(), Vec::new());
    for number in 0..AGENTS {
        let (phone, relay) = (phone().await, Relay::bind().await);
        seats.push((format!("a{number}"), format!("sip:a{number}@{}", relay.outside)));
        lines.push((phone, relay));
    }
    let bench = Bench::start(&plan, &seats).await;
    let (mut relays, mut agents) = (Vec::new(), Vec::new());
    for (number, (phone, mut relay)) in (0..).zip(lines) {
        relay.carry(phone.address, bench.daemon.sip, 1_000_000 + number);
        relays.push(relay);
        agents.push(tokio::spawn(agent(phone)));
    }

    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut callers = Vec::new();
    for number in 0..CALLS {
        let turn = room.clone().acquire_owned().await.unwrap();
        let sip = bench.daemon.sip;
        callers.push(tokio::spawn(async move {
            let fared = patient_caller(sip, number).await;
            drop(turn);
            fared
        }));
    }
    let open = bench.figure("switchroom_media_ports{state=\"open\"}").await;
    let (mut failed, mut refused) = (Vec::new(), 0);
    for caller in callers {
        let (fared, again) = caller.await.unwrap();
        failed.extend(fared.err());
        refused += again;
    }

    let over = Instant::now();
    bench.quiet().await;
    for (id, _) in &seats {
        bench.agent(id, |state| state == AgentState::Ready).await;
    }
    let rows = bench.all_closed().await;
    let answered = rows.iter().filter(|row| row.outcome.as_deref() == Some("answered")).count() as u64;
    println!(
        "{CALLS} calls, {} not set up, {refused} made again as the machine was too busy, {} contacts, {answered} \
         answered, {open} ports at a time",
        failed.len(),
        rows.len()
    );
    assert!(failed.len() as u64 <= FAILED_MAX, "calls were not set up: {failed:?}");
    assert!(answered + FAILED_MAX >= CALLS, "only {answered} calls reached an agent");
    assert!(rows.len() as u64 <= CALLS, "a message that came twice made a second contact");
    assert!(open > 0.0, "the ports are counted");
    bench.nothing_left().await;
    println!("no leg, transaction or port is left after {} s", over.elapsed().as_secs());
    bench.stop().await;
}
