//! A thousand calls through relays that lose, repeat and reorder a tenth of all SIP messages each way.

use crate::support::relay::Relay;
use crate::support::{Bench, PATIENCE, Plan, phone};
use domain::{AgentState, Answer, ContactFilter, ContactRow, Query};
use std::sync::Arc;
use switchroom::phone::{Order, Phone, Report};
use tokio::sync::Semaphore;

const CALLS: u64 = 1_000;
const AGENTS: u64 = 40;
/// Callers at a time.
const AT_ONCE: usize = 60;
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

/// A caller who waits until the agent has ended the call. True: the call was set up.
async fn caller(bench_sip: std::net::SocketAddr, number: u64) -> bool {
    let (mut phone, mut relay) = (phone().await, Relay::bind().await);
    relay.carry(phone.address, bench_sip, number);
    let uri = format!("sip:8001@{}", relay.inside);
    phone.order(Order::Call { uri, from: format!("+4930{number:07}"), name: String::new() }).await;
    let mut is_set_up = false;
    let over = async {
        while let Some(report) = phone.report().await {
            is_set_up |= report == Report::Talking;
            if matches!(report, Report::Over(_)) {
                return;
            }
        }
    };
    tokio::time::timeout(2 * PATIENCE, over).await.expect("a call does not end");
    is_set_up
}

async fn all_rows(bench: &Bench) -> Vec<ContactRow> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let query = Query::Contacts { filter: ContactFilter::default(), cursor, limit: 200 };
        let Answer::Contacts(page) = bench.daemon.store.answer(query).await.unwrap() else { panic!("no page") };
        rows.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return rows;
        }
    }
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
            let is_set_up = caller(sip, number).await;
            drop(turn);
            is_set_up
        }));
    }
    let mut failed = 0;
    for caller in callers {
        failed += u64::from(!caller.await.unwrap());
    }

    bench.quiet().await;
    for (id, _) in &seats {
        bench.agent(id, |state| state == AgentState::Ready).await;
    }
    let rows = crate::support::until("all contacts are closed", async || {
        let rows = all_rows(&bench).await;
        rows.iter().all(|row| row.closed.is_some()).then_some(rows)
    })
    .await;
    let answered = rows.iter().filter(|row| row.outcome.as_deref() == Some("answered")).count() as u64;
    println!("{CALLS} calls, {failed} not set up, {} contacts, {answered} answered", rows.len());
    assert!(failed <= FAILED_MAX, "{failed} calls were not set up");
    assert!(answered + FAILED_MAX >= CALLS, "only {answered} calls reached an agent");
    assert!(rows.len() as u64 <= CALLS, "a message that came twice made a second contact");
    bench.stop().await;
}
