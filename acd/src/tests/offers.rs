//! Offers: the lease, its ends, and what they cost.

use super::floor::{agent, agent_id, contact, floor_of, not_ready, queue, ready_floor};
use crate::api::{Command, Effect, Fact, Reason};
use core::time::Duration;
use domain::{AgentState, OfferId, OfferResult};

fn ended(effects: &[Effect]) -> Vec<OfferResult> {
    let result = |effect: &Effect| match effect {
        Effect::OfferEnded { result, .. } => Some(*result),
        _ => None,
    };
    effects.iter().filter_map(result).collect()
}

#[test]
fn an_offer_reserves_the_agent_until_its_deadline() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    let offer = floor.rings_at("li").unwrap();
    assert_eq!(offer, OfferId::new(1));
    assert!(floor.engine.is_current(offer));
    assert_eq!(floor.engine.deadline(), Some((floor.now + Duration::from_secs(20), Reason::Offer)));
}

#[test]
fn an_answer_makes_the_agent_busy() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.answer("li");
    assert_eq!(floor.state("li"), AgentState::Busy);
    assert_eq!(ended(&floor.effects), [OfferResult::Answered]);
    assert_eq!(floor.engine.queue_of(contact(1).contact), None);
}

#[test]
fn no_answer_makes_the_agent_not_ready_and_the_contact_keeps_its_place() {
    let mut floor = ready_floor(&["li", "mo"]);
    floor.arrive(1);
    floor.arrive(2);
    floor.arrive(3);
    floor.answer("mo");
    floor.wait(20);
    assert_eq!(floor.state("li"), not_ready("rona"));
    assert_eq!(ended(&floor.effects), [OfferResult::Answered, OfferResult::NoAnswer]);
    assert_eq!(floor.engine.position(contact(1).contact), Some(1));
    floor.wish(Command::Ready(agent_id("li")));
    assert_eq!(floor.offers()[2], (1, "li".to_owned()));
}

#[test]
fn no_answer_may_cost_a_cool_down_instead() {
    let mut mild = queue("sales");
    mild.cool_downs.no_answer_limit = 0;
    let mut floor = floor_of(vec![mild], &[agent("li", &[])]);
    floor.make_ready("li");
    floor.arrive(1);
    floor.wait(20);
    assert_eq!(floor.state("li"), AgentState::Ready);
    floor.wait(12);
    assert_eq!(floor.offers().len(), 1);
    floor.wait(1);
    assert_eq!(floor.offers().len(), 2);
}

#[test]
fn each_failure_has_its_own_cool_down() {
    for (result, seconds) in [(OfferResult::Declined, 10), (OfferResult::Busy, 11), (OfferResult::Unreachable, 12)] {
        let mut floor = ready_floor(&["li"]);
        floor.arrive(1);
        let offer = floor.rings_at("li").unwrap();
        floor.end(offer, result);
        assert_eq!(floor.state("li"), AgentState::Ready);
        assert_eq!(floor.engine.deadline().unwrap().1, Reason::CoolDown);
        floor.wait(seconds - 1);
        assert_eq!(floor.offers().len(), 1, "{result:?}");
        floor.wait(1);
        assert_eq!(floor.offers().len(), 2, "{result:?}");
    }
}

#[test]
fn a_declined_contact_goes_to_the_next_agent_at_once() {
    let mut floor = ready_floor(&["li", "mo"]);
    floor.arrive(1);
    let offer = floor.rings_at("li").unwrap();
    floor.end(offer, OfferResult::Declined);
    assert_eq!(floor.offers()[1], (1, "mo".to_owned()));
}

#[test]
fn a_late_answer_to_a_dead_offer_is_ignored() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    let offer = floor.rings_at("li").unwrap();
    floor.wait(20);
    assert!(!floor.engine.is_current(offer));
    floor.effects.clear();
    floor.end(offer, OfferResult::Answered);
    assert_eq!(floor.effects, []);
    assert_eq!(floor.state("li"), not_ready("rona"));
}

#[test]
fn an_answer_is_good_until_the_engine_has_said_that_the_offer_is_over() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    let offer = floor.rings_at("li").unwrap();
    floor.now = floor.now + Duration::from_secs(21);
    assert!(floor.engine.is_current(offer));
    floor.end(offer, OfferResult::Answered);
    assert_eq!(floor.state("li"), AgentState::Busy);
}

#[test]
fn a_customer_who_leaves_while_it_rings_frees_the_agent_without_a_cool_down() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.fact(Fact::Left { contact: contact(1).contact, result: OfferResult::CustomerLeft });
    assert_eq!(ended(&floor.effects), [OfferResult::CustomerLeft]);
    assert_eq!((floor.state("li"), floor.counts("sales").abandoned), (AgentState::Ready, 1));
    floor.arrive(2);
    assert_eq!(floor.offers().len(), 2);
}

#[test]
fn leaving_twice_counts_once() {
    let mut floor = ready_floor(&[]);
    floor.arrive(1);
    for _ in 0..2 {
        floor.fact(Fact::Left { contact: contact(1).contact, result: OfferResult::CustomerLeft });
    }
    assert_eq!(floor.counts("sales").abandoned, 1);
}

#[test]
fn not_ready_while_it_rings_declines() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.wish(Command::NotReady(agent_id("li"), "lunch".parse().unwrap()));
    assert_eq!(ended(&floor.effects), [OfferResult::Declined]);
    assert_eq!(floor.state("li"), not_ready("lunch"));
}

#[test]
fn signing_out_while_it_rings_withdraws_the_offer() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.wish(Command::SignOut(agent_id("li")));
    assert_eq!(ended(&floor.effects), [OfferResult::Withdrawn]);
    assert_eq!(floor.state("li"), AgentState::LoggedOut);
    assert!(floor.engine.queue_of(contact(1).contact).is_some());
}

#[test]
fn a_contact_moved_while_it_rings_is_offered_anew_under_another_id() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    let before = floor.rings_at("li").unwrap();
    floor.arrive(1);
    let after = floor.rings_at("li").unwrap();
    assert_ne!(before, after);
    assert_eq!(ended(&floor.effects), [OfferResult::Withdrawn]);
    assert_eq!(floor.counts("sales").offered, 1);
}
