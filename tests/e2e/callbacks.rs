//! Calls back outlive `kill -9`: the same customers, at the same ages, called in the same order.

use crate::crash::{Served, serve};
use crate::support::back::{self, AT_ONCE};
use crate::support::desk::Desk;
use crate::support::{Rest, answer, phone, report, until};
use serde_json::{Value, json};
use switchroom::phone::{Order, Phone, Report};

const CUSTOMERS: [&str; 3] = ["+493010000001", "+493010000002", "+493010000003"];

/// An age is told in whole milliseconds, and each process reads the clock of the wall at its own start.
const ROUNDED_MS: i64 = 100;

/// The calls back that are in line, the oldest first: number, and since when they wait.
async fn in_line(api: &Rest) -> Vec<(String, i64)> {
    let listed = api.get("/callbacks").await;
    let items = listed["items"].as_array().unwrap().iter();
    let mut waiting: Vec<(String, i64)> = items
        .filter(|item| item["state"] == "in_line")
        .map(|item| (item["number"].as_str().unwrap().to_owned(), item["since_at"].as_i64().unwrap()))
        .collect();
    waiting.sort_by_key(|(_, since)| *since);
    waiting
}

/// Waits until so many calls back are in line.
async fn all_in_line(api: &Rest, count: usize) -> Vec<(String, i64)> {
    until("calls back in line", async || Some(in_line(api).await).filter(|waiting| waiting.len() == count)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_back_keep_their_ages_over_kill_9_and_are_made_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let [mut anna, mut carrier] = [phone().await, phone().await];
    // Nobody is ready before the test says so.
    let text = back::text(anna.address, carrier.address).replacen("signed_in = true", "signed_in = false", 1);
    let config = back::write(dir.path(), &text);
    let served = serve(&config);
    let api = Rest::sign_in(&served.http, "admin", "admin-secret").await;
    let desk = ready(&served.http).await;

    let _first = all_book(&served, &api, &mut anna).await;
    let before = all_in_line(&api, CUSTOMERS.len()).await;
    assert_eq!(before.iter().map(|(number, _)| number.as_str()).collect::<Vec<_>>(), CUSTOMERS);
    drop((served, desk));

    let again = serve(&config);
    let api = Rest::sign_in(&again.http, "admin", "admin-secret").await;
    let after = all_in_line(&api, CUSTOMERS.len()).await;
    for ((number, since), (now, now_since)) in before.iter().zip(&after) {
        assert_eq!(number, now);
        assert!((since - now_since).abs() <= ROUNDED_MS, "{number} waited since {since}, now since {now_since}");
    }
    let _desk = ready(&again.http).await;
    assert_eq!(all_called(&mut anna, &mut carrier).await, CUSTOMERS);
    let answered = async || {
        let contacts = api.get("/contacts").await;
        let items = contacts["items"].as_array()?.iter();
        let made = items.filter(|item| item["channel"] == "callback" && item["outcome"] == "answered").count();
        (made == CUSTOMERS.len()).then_some(())
    };
    until("all are answered", answered).await;
    until("nobody is left", async || in_line(&api).await.is_empty().then_some(())).await;
}

/// Anna talks with a first caller while all customers book, one after the other.
async fn all_book(served: &Served, api: &Rest, anna: &mut Phone) -> Phone {
    let mut first = back::call(served.sip, "8001", "+493099999999").await;
    answer(anna).await;
    report(&mut first, |report| *report == Report::Talking).await;
    for (n, number) in CUSTOMERS.iter().enumerate() {
        let mut caller = back::call(served.sip, AT_ONCE, number).await;
        report(&mut caller, |report| *report == Report::Talking).await;
        let is_known = |item: &Value| item["number"] == *number;
        until("the call back", async || {
            api.get("/callbacks").await["items"].as_array()?.iter().any(is_known).then_some(())
        })
        .await;
        caller.order(Order::HangUp).await;
        all_in_line(api, n + 1).await;
    }
    first
}

/// Anna and the customers answer; who was called, in order.
async fn all_called(anna: &mut Phone, carrier: &mut Phone) -> Vec<String> {
    let mut called = Vec::new();
    for _ in CUSTOMERS {
        let rings = report(anna, |report| matches!(report, Report::Rings { .. })).await;
        let Report::Rings { from, .. } = rings else { unreachable!("it rings") };
        called.push(from);
        anna.order(Order::Answer).await;
        answer(carrier).await;
        carrier.order(Order::HangUp).await;
        report(anna, |report| matches!(report, Report::Over(_))).await;
    }
    called
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_is_ready_at_a_start_is_given_the_oldest_call_back_first() {
    let dir = tempfile::tempdir().unwrap();
    let [mut anna, mut carrier] = [phone().await, phone().await];
    let config = back::write(dir.path(), &back::text(anna.address, carrier.address));
    let served = serve(&config);
    let api = Rest::sign_in(&served.http, "admin", "admin-secret").await;
    let _first = all_book(&served, &api, &mut anna).await;
    drop(served);
    let _again = serve(&config);
    assert_eq!(all_called(&mut anna, &mut carrier).await, CUSTOMERS);
}

/// Anna starts the shift at a console and takes contacts.
async fn ready(http: &str) -> Desk {
    let address = http.trim_start_matches("http://").parse().unwrap();
    let mut desk = Desk::sign_in(address, "anna", "secret-anna").await;
    for wish in ["sign_in", "ready"] {
        assert_eq!(desk.wish(json!({ "type": wish })).await, Ok(()), "{wish}");
    }
    desk
}
