//! Limits of queues: who is turned away, who is sent on, and where to.

use super::floor::{Floor, agent, agent_id, contact, floor_of, queue, reason};
use crate::api::{Command, ExitReason, Fact, Limits, Overflow, QueueSetup, Reason};
use core::time::Duration;
use domain::{OfferResult, QueueId};

fn limited(limits: Limits) -> QueueSetup {
    QueueSetup { limits, ..queue("sales") }
}

fn to_support(after_s: u64) -> Option<Overflow> {
    Some(Overflow { to: "support".parse().unwrap(), after: Duration::from_secs(after_s) })
}

fn floor(limits: Limits) -> Floor {
    floor_of(vec![limited(limits), queue("support")], &[agent("li", &[])])
}

fn out(number: u128, queue: &str, reason: ExitReason) -> (u128, String, Option<String>, ExitReason) {
    (number, queue.to_owned(), None, reason)
}

fn on(number: u128, reason: ExitReason) -> (u128, String, Option<String>, ExitReason) {
    (number, "sales".to_owned(), Some("support".to_owned()), reason)
}

fn open(floor: &mut Floor, queue: &str, open: bool) {
    floor.fact(Fact::Opened { queue: queue.parse().unwrap(), open });
}

#[test]
fn a_full_queue_turns_contacts_away() {
    let mut floor = floor(Limits { most_waiting: Some(1), ..Limits::default() });
    floor.arrive(1);
    floor.arrive(2);
    assert_eq!(floor.sent_on(), [out(2, "sales", ExitReason::Full)]);
    let counts = floor.counts("sales");
    assert_eq!((counts.offered, counts.flowed_out), (2, 1));
}

#[test]
fn a_contact_that_is_turned_away_goes_to_the_overflow_queue() {
    let mut floor = floor(Limits { most_waiting: Some(0), overflow: to_support(0), ..Limits::default() });
    floor.arrive(1);
    assert_eq!(floor.sent_on(), [on(1, ExitReason::Full)]);
    assert_eq!(floor.engine.queue_of(contact(1).contact), Some("support".parse::<QueueId>().unwrap()));
    assert_eq!((floor.counts("support").offered, floor.counts("sales").flowed_out), (1, 1));
}

#[test]
fn who_waits_too_long_leaves_the_line() {
    let mut floor = floor(Limits { longest_wait: Some(Duration::from_secs(30)), ..Limits::default() });
    floor.arrive(1);
    assert_eq!(floor.engine.deadline().unwrap().1, Reason::Limit);
    floor.wait(29);
    assert_eq!(floor.sent_on(), []);
    floor.wait(1);
    assert_eq!(floor.sent_on(), [out(1, "sales", ExitReason::LongestWait)]);
    assert_eq!(floor.engine.queue_of(contact(1).contact), None);
}

#[test]
fn an_overflow_keeps_the_age_and_begins_the_limit_anew() {
    let both = Limits { longest_wait: Some(Duration::from_secs(20)), ..Limits::default() };
    let sales = limited(Limits { overflow: to_support(20), ..both });
    let mut floor = floor_of(vec![sales, QueueSetup { limits: both, ..queue("support") }], &[agent("li", &[])]);
    floor.arrive(1);
    floor.wait(20);
    assert_eq!(floor.sent_on(), [on(1, ExitReason::Overflow)], "at a tie the overflow");
    floor.wait(10);
    floor.make_ready("li");
    assert_eq!(floor.last_why().score, 30_000);
}

#[test]
fn a_contact_being_offered_leaves_only_when_the_offer_fails() {
    let mut floor = floor(Limits { longest_wait: Some(Duration::from_secs(10)), ..Limits::default() });
    floor.make_ready("li");
    floor.arrive(1);
    floor.wait(15);
    assert_eq!(floor.sent_on(), []);
    let offer = floor.rings_at("li").unwrap();
    floor.end(offer, OfferResult::Declined);
    assert_eq!(floor.sent_on(), [out(1, "sales", ExitReason::LongestWait)]);
}

#[test]
fn a_closed_queue_lets_nobody_in_and_sends_everybody_on_in_order_of_entry() {
    let mut floor = floor(Limits::default());
    for number in [3, 1, 2] {
        floor.arrive(number);
    }
    floor.wait(1);
    floor.arrive(0);
    open(&mut floor, "sales", false);
    let left: Vec<u128> = floor.sent_on().iter().map(|(number, ..)| *number).collect();
    assert_eq!(left, [1, 2, 3, 0]);
    floor.arrive(9);
    assert_eq!(floor.sent_on()[4], out(9, "sales", ExitReason::Closed));
    open(&mut floor, "sales", true);
    floor.arrive(10);
    assert!(floor.engine.queue_of(contact(10).contact).is_some());
}

#[test]
fn where_agents_are_needed_nobody_waits_without_one() {
    let mut floor = floor(Limits { needs_agents: true, ..Limits::default() });
    floor.arrive(1);
    assert_eq!(floor.sent_on(), [out(1, "sales", ExitReason::NoAgents)]);
    floor.wish(Command::SignIn(agent_id("li"), reason("login")));
    floor.arrive(2);
    floor.wish(Command::SignOut(agent_id("li")));
    assert_eq!(floor.sent_on()[1], out(2, "sales", ExitReason::NoAgents));
}

#[test]
fn a_contact_for_a_queue_that_there_is_not_leaves_at_once() {
    let mut floor = floor(Limits::default());
    floor.arrive_at("nowhere", 1);
    assert_eq!(floor.sent_on(), [out(1, "nowhere", ExitReason::Closed)]);
}

#[test]
fn a_queue_already_tried_is_not_tried_again() {
    let full = |overflow: &str| Limits {
        most_waiting: Some(0),
        overflow: Some(Overflow { to: overflow.parse().unwrap(), after: Duration::ZERO }),
        ..Limits::default()
    };
    let support = QueueSetup { limits: full("sales"), ..queue("support") };
    let mut floor = floor_of(vec![limited(full("support")), support], &[]);
    floor.arrive(1);
    assert_eq!(floor.sent_on(), [out(1, "support", ExitReason::Full)]);
}

#[test]
fn limits_without_a_length_do_not_send_a_contact_round_for_ever() {
    let round = |overflow: &str| Limits {
        longest_wait: Some(Duration::ZERO),
        overflow: Some(Overflow { to: overflow.parse().unwrap(), after: Duration::ZERO }),
        ..Limits::default()
    };
    let support = QueueSetup { limits: round("sales"), ..queue("support") };
    let mut floor = floor_of(vec![limited(round("support")), support], &[]);
    floor.arrive(1);
    let expected = [on(1, ExitReason::LongestWait), out(1, "support", ExitReason::LongestWait)];
    assert_eq!(floor.sent_on(), expected);
}

#[test]
fn above_the_cap_contacts_wait_although_agents_are_ready() {
    let mut capped = limited(Limits { most_in_service: Some(1), ..Limits::default() });
    capped.wrap_up = Duration::from_secs(30);
    let mut floor = floor_of(vec![capped], &[agent("li", &[]), agent("mo", &[])]);
    floor.make_ready("li");
    floor.make_ready("mo");
    floor.arrive(1);
    floor.arrive(2);
    assert_eq!(floor.offers().len(), 1);
    floor.answer("li");
    floor.wait(5);
    assert_eq!(floor.offers().len(), 1);
    floor.finish("li", 1);
    assert_eq!(floor.offers()[1], (2, "mo".to_owned()), "wrap-up does not count");
}

#[test]
fn a_queue_whose_hours_are_over_turns_new_contacts_away_and_serves_those_in_line() {
    let mut floor = floor(Limits::default());
    floor.arrive(1);
    floor.fact(Fact::Admits { queue: "sales".parse().unwrap(), admits: false });
    floor.arrive(2);
    assert_eq!(floor.sent_on(), [out(2, "sales", ExitReason::Closed)]);
    assert_eq!(floor.engine.queue_of(contact(1).contact), Some("sales".parse::<QueueId>().unwrap()));
    floor.fact(Fact::Admits { queue: "sales".parse().unwrap(), admits: true });
    floor.arrive(3);
    assert!(floor.engine.queue_of(contact(3).contact).is_some());
}
