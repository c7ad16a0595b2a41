//! What those who wait are told of their wait.

use super::floor::{Floor, agent, agent_id, contact, floor, floor_of, queue, ready_floor, reason, rings};
use crate::api::{Arrival, Command, Fact, Setup};
use core::time::Duration;
use domain::{ContactId, OfferResult, Priority, QueueId};
use proptest::prelude::*;

fn sales() -> QueueId {
    "sales".parse().unwrap()
}

fn id(number: u128) -> ContactId {
    contact(number).contact
}

impl Floor {
    /// Seconds from now that a contact in line is told.
    fn expected_s(&self, number: u128) -> Option<u64> {
        let expected = self.watch.expected(self.now, id(number))?;
        Some(expected.now?.mean_s.round() as u64)
    }

    /// An agent serves a contact for so long, wrap-up of 30 s included.
    fn serve(&mut self, agent: &str, number: u128, seconds: u64) {
        self.arrive(number);
        self.answer(agent);
        self.wait(seconds - 30);
        self.finish(agent, number);
        self.wait(30);
    }

    fn leave(&mut self, number: u128, result: OfferResult) {
        self.fact(Fact::Left { contact: id(number), result });
    }
}

/// One agent, who has learned that a contact takes 100 s, is busy with contact 1.
fn busy_floor() -> Floor {
    let mut floor = ready_floor(&["li"]);
    floor.serve("li", 100, 100);
    floor.arrive(1);
    floor.answer("li");
    floor
}

#[test]
fn nobody_is_told_anything_before_a_contact_has_been_served() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.arrive(2);
    assert_eq!(floor.expected_s(2), None);
    assert_eq!(floor.watch.expected_in(floor.now, &floor.engine, sales()), None);
}

#[test]
fn those_who_wait_are_told_of_those_ahead() {
    let mut floor = busy_floor();
    floor.arrive(2);
    floor.arrive(3);
    let (second, third) = (floor.expected_s(2).unwrap(), floor.expected_s(3).unwrap());
    assert!((90..=110).contains(&second), "{second}");
    assert!((180..=220).contains(&third), "{third}");
    let next = floor.watch.expected_in(floor.now, &floor.engine, sales()).unwrap();
    assert!((270.0..330.0).contains(&next.mean_s), "{next:?}");
    assert!(next.p90_s > next.mean_s);
}

#[test]
fn who_comes_now_is_told_of_now_however_long_ago_the_engine_was_last_told_something() {
    let mut floor = busy_floor();
    floor.arrive(2);
    floor.fact(Fact::Reprioritised { contact: id(2), priority: Some(Priority(-30)), age_per_s: None });
    let told = |floor: &Floor| floor.watch.expected_in(floor.now, &floor.engine, sales()).unwrap().mean_s;
    assert!(told(&floor) < 110.0, "the other one goes after: {}", told(&floor));
    floor.now = floor.now + Duration::from_secs(60);
    let silent = told(&floor);
    assert!(silent > 180.0, "the other one has waited for a minute and goes before: {silent}");
    floor.fact(Fact::Tick);
    assert!((silent - told(&floor)).abs() < 1e-9);
}

#[test]
fn who_rings_at_an_agent_at_once_is_told_nothing() {
    let mut floor = busy_floor();
    floor.finish("li", 1);
    floor.wait(30);
    floor.arrive(2);
    assert_eq!(floor.watch.expected(floor.now, id(2)), None);
    let offer = floor.rings_at("li").unwrap();
    floor.end(offer, OfferResult::Declined);
    assert!(floor.watch.expected(floor.now, id(2)).is_some(), "now it waits");
}

#[test]
fn what_was_told_is_kept_and_measured_against_the_wait() {
    let mut floor = busy_floor();
    floor.arrive(2);
    let told = floor.watch.expected(floor.now, id(2)).unwrap().told.unwrap();
    assert_eq!(told.0, floor.now);
    floor.wait(20);
    floor.finish("li", 1);
    floor.wait(30);
    assert_eq!(floor.watch.expected(floor.now, id(2)).unwrap().told, Some(told));
    floor.answer("li");
    let honesty = floor.watch.honesty(sales());
    assert_eq!((honesty.contacts, honesty.wait_s, honesty.covered), (1, 50.0, 1));
    assert!((honesty.error_s - (told.1.mean_s - 50.0)).abs() < 1e-9);
    assert_eq!(floor.watch.honesty("support".parse().unwrap()).contacts, 0);
}

#[test]
fn who_gives_up_is_measured_by_the_wait_that_would_have_been() {
    let mut floor = busy_floor();
    floor.arrive(2);
    floor.wait(10);
    floor.leave(2, OfferResult::CustomerLeft);
    assert_eq!(floor.watch.honesty(sales()).contacts, 0);
    floor.wait(60);
    floor.finish("li", 1);
    floor.wait(30);
    let honesty = floor.watch.honesty(sales());
    assert_eq!((honesty.contacts, honesty.wait_s), (1, 100.0), "the agent is free and would have taken it");
}

#[test]
fn nobody_is_told_a_wait_for_agents_who_are_away_or_cannot_be_rung() {
    let mut floor = busy_floor();
    floor.arrive(2);
    assert!(floor.expected_s(2).is_some());
    floor.fact(Fact::Routable { agent: agent_id("li"), routable: false });
    assert_eq!(floor.expected_s(2), None);
    floor.fact(Fact::Routable { agent: agent_id("li"), routable: true });
    assert!(floor.expected_s(2).is_some());
    floor.wish(Command::NotReady(agent_id("li"), reason("lunch")));
    assert_eq!(floor.expected_s(2), None, "li takes nobody after this one");
}

#[test]
fn agents_of_a_later_ring_count() {
    let mut floor = floor(&[agent("li", &[("fr", 2)]), agent("mo", &[])]);
    floor.make_ready("li");
    floor.serve("li", 100, 100);
    floor.wish(Command::NotReady(agent_id("li"), reason("lunch")));
    floor.make_ready("mo");
    floor.arrive(1);
    floor.answer("mo");
    floor.fact(Fact::Arrived(Arrival {
        requirement: Some(rings(&[(0, &[("fr", 5)]), (60, &[("fr", 1)])])),
        ..contact(2)
    }));
    assert_eq!(floor.expected_s(2), None, "mo will never do");
    floor.wish(Command::Ready(agent_id("li")));
    floor.arrive(3);
    floor.answer("li");
    assert!(floor.expected_s(2).is_some(), "li will do after a minute");
}

#[test]
fn a_better_place_is_told_anew() {
    let mut floor = busy_floor();
    for number in 2..6 {
        floor.arrive(number);
    }
    let before = floor.expected_s(5).unwrap();
    let priority = Some(Priority(1_000));
    floor.fact(Fact::Reprioritised { contact: id(5), priority, age_per_s: None });
    let after = floor.expected_s(5).unwrap();
    assert!(after * 3 < before, "{after} {before}");
}

#[test]
fn a_new_skill_is_counted_with_the_new_setup() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.make_ready("li");
    floor.serve("li", 100, 100);
    floor.arrive(1);
    floor.answer("li");
    floor.fact(Fact::Arrived(Arrival { requirement: Some(rings(&[(0, &[("fr", 1)])])), ..contact(2) }));
    assert_eq!(floor.expected_s(2), None);
    let agents = vec![agent("li", &[("fr", 3)])];
    let setup = Setup { queues: vec![queue("sales"), queue("support")], agents, ..Setup::default() };
    floor.fact(Fact::Reconfigured(Box::new(setup)));
    assert!(floor.expected_s(2).is_some());
}

fn quick_floor() -> Floor {
    let mut quick = queue("sales");
    quick.wrap_up = Duration::from_secs(1);
    quick.limits.overflow =
        Some(crate::api::Overflow { to: "support".parse().unwrap(), after: Duration::from_secs(40) });
    let mut floor = floor_of(vec![quick, queue("support")], &["a", "b", "c"].map(|id| agent(id, &[])));
    ["a", "b", "c"].iter().for_each(|id| floor.make_ready(id));
    floor
}

proptest! {
    /// Whatever happens, the watch knows those in line and nobody else.
    #[test]
    fn the_watch_knows_those_in_line_and_nobody_else(steps in prop::collection::vec((0u8..9, 0usize..3, 1u64..20), 1..120)) {
        let mut floor = quick_floor();
        for (number, (what, who, seconds)) in (1u128..).zip(steps) {
            let name = ["a", "b", "c"][who];
            let held = floor.engine.in_hand(agent_id(name)).next();
            let line: Vec<ContactId> = floor.engine.floor(floor.now).2.iter().map(|waiting| waiting.contact).collect();
            match what {
                0..=3 => floor.arrive(number),
                4 => if let Some(offer) = floor.rings_at(name) { floor.end(offer, OfferResult::Answered) },
                5 => if let Some(held) = held {
                    floor.fact(Fact::Finished { contact: held, agent: agent_id(name) });
                },
                6 => if let Some(gone) = line.get(who) {
                    floor.fact(Fact::Left { contact: *gone, result: OfferResult::CustomerLeft });
                },
                7 => if let Some(offer) = floor.rings_at(name) { floor.end(offer, OfferResult::Declined) },
                _ => _ = floor.command(Command::Ready(agent_id(name))),
            }
            floor.wait(seconds);
            let mut line: Vec<ContactId> =
                floor.engine.floor(floor.now).2.iter().map(|waiting| waiting.contact).collect();
            line.sort_unstable();
            prop_assert_eq!(floor.watch.knows(), line);
        }
    }
}
