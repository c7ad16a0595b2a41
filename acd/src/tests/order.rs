//! Who goes first, and to whom.

use super::floor::{agent, agent_id, contact, floor, floor_of, queue, ready_floor, rings};
use crate::api::{AgentRule, Arrival, Command, Effect, Fact, Why};
use core::time::Duration;
use domain::{AgentId, Channel, Instant, OfferResult, Priority};

fn first(offers: &[(u128, String)]) -> (u128, &str) {
    (offers[0].0, &offers[0].1)
}

fn last_why(effects: &[Effect]) -> Why {
    let why = |effect: &Effect| match effect {
        Effect::Offer { why, .. } => Some(why.clone()),
        _ => None,
    };
    effects.iter().rev().find_map(why).unwrap()
}

#[test]
fn at_equal_priority_the_oldest_goes_first() {
    let mut floor = floor(&[agent("li", &[])]);
    for number in [5, 3, 9] {
        floor.arrive(number);
        floor.wait(1);
    }
    floor.make_ready("li");
    assert_eq!(floor.offers(), [(5, "li".to_owned())]);
}

#[test]
fn a_point_of_priority_is_worth_a_second_of_waiting() {
    for (points, goes_first) in [(9, 1), (10, 1), (11, 2)] {
        let mut floor = floor(&[agent("li", &[])]);
        floor.arrive(1);
        floor.wait(10);
        floor.fact(Fact::Arrived(Arrival { priority: Priority(points), ..contact(2) }));
        floor.make_ready("li");
        assert_eq!(floor.offers()[0].0, goes_first, "{points} points");
    }
}

#[test]
fn queues_of_different_ageing_are_compared_at_the_moment_of_the_match() {
    let mut fast = queue("support");
    fast.age_per_s = 50;
    let mut floor = floor_of(vec![queue("sales"), fast], &[agent("li", &[])]);
    floor.fact(Fact::Arrived(Arrival { priority: Priority(100), ..contact(1) }));
    floor.fact(Fact::Arrived(Arrival { queue: "support".parse().unwrap(), ..contact(2) }));
    floor.wait(3);
    floor.make_ready("li");
    assert_eq!(last_why(&floor.effects).score, 150_000);
    assert_eq!(floor.offers()[0].0, 2);
}

#[test]
fn the_base_priority_of_the_queue_counts() {
    let mut support = queue("support");
    support.base_priority = Priority(5);
    let mut floor = floor_of(vec![queue("sales"), support], &[agent("li", &[])]);
    floor.arrive(1);
    floor.wait(4);
    floor.fact(Fact::Arrived(Arrival { queue: "support".parse().unwrap(), ..contact(2) }));
    floor.make_ready("li");
    assert_eq!(floor.offers()[0].0, 2);
}

#[test]
fn a_ring_relaxes_the_requirement_at_its_time() {
    let mut floor = floor(&[agent("li", &[("german", 3)])]);
    floor.make_ready("li");
    let requirement = Some(rings(&[(0, &[("german", 5)]), (20, &[("german", 3)])]));
    floor.fact(Fact::Arrived(Arrival { requirement, ..contact(1) }));
    floor.wait(19);
    assert_eq!(floor.offers(), []);
    floor.wait(1);
    assert_eq!(floor.offers(), [(1, "li".to_owned())]);
    assert_eq!(last_why(&floor.effects).ring, 1);
}

#[test]
fn without_a_requirement_of_its_own_a_contact_has_the_queues() {
    let mut skilled = queue("sales");
    skilled.requirement = rings(&[(0, &[("german", 5)])]);
    let mut floor = floor_of(vec![skilled], &[agent("li", &[]), agent("mo", &[("german", 5)])]);
    floor.make_ready("li");
    floor.make_ready("mo");
    floor.arrive(1);
    assert_eq!(floor.offers(), [(1, "mo".to_owned())]);
}

#[test]
fn during_the_sticky_window_only_the_preferred_agent_is_eligible() {
    let mut floor = ready_floor(&["li", "mo"]);
    floor.arrive(1);
    floor.answer("li");
    floor.fact(Fact::Arrived(Arrival { sticky: Some(agent_id("li")), ..contact(2) }));
    floor.wait(29);
    assert_eq!(floor.offers().len(), 1);
    floor.wait(1);
    assert_eq!(floor.offers()[1], (2, "mo".to_owned()));
}

#[test]
fn a_preferred_agent_who_goes_away_is_waited_for_no_longer() {
    let mut floor = ready_floor(&["li", "mo"]);
    floor.arrive(1);
    floor.answer("li");
    floor.fact(Fact::Arrived(Arrival { sticky: Some(agent_id("li")), ..contact(2) }));
    floor.wish(Command::SignOut(agent_id("li")));
    assert_eq!(floor.offers()[1], (2, "mo".to_owned()));
}

#[test]
fn an_unknown_preferred_agent_is_nobody() {
    let mut floor = ready_floor(&["li"]);
    floor.fact(Fact::Arrived(Arrival { sticky: Some(agent_id("ghost")), ..contact(1) }));
    assert_eq!(floor.offers(), [(1, "li".to_owned())]);
}

#[test]
fn the_agent_idle_longest_comes_first() {
    let mut floor = ready_floor(&["mo", "li"]);
    floor.arrive(1);
    assert_eq!(first(&floor.offers()), (1, "mo"));
    assert_eq!(best(&floor.effects), [(agent_id("mo"), 2_000), (agent_id("li"), 1_000)]);
}

#[test]
fn at_equal_idleness_the_lower_id_comes_first() {
    let mut floor = floor(&[agent("mo", &[]), agent("li", &[])]);
    floor.make_ready("mo");
    floor.make_ready("li");
    floor.arrive(1);
    assert_eq!(first(&floor.offers()), (1, "li"));
}

#[test]
fn ready_while_ready_does_not_cost_the_place_among_the_idle() {
    let mut floor = ready_floor(&["mo", "li"]);
    floor.wish(Command::Ready(agent_id("mo")));
    floor.arrive(1);
    assert_eq!(first(&floor.offers()), (1, "mo"));
}

#[test]
fn an_agent_with_work_in_hand_ranks_after_those_with_none() {
    let mut floor = ready_floor(&["mo", "li"]);
    floor.fact(Fact::Arrived(Arrival { channel: Channel::Chat, ..contact(1) }));
    floor.answer("mo");
    floor.wait(5);
    for number in [2, 3] {
        floor.fact(Fact::Arrived(Arrival { channel: Channel::Chat, ..contact(number) }));
    }
    let expected = [(1, "mo"), (2, "li"), (3, "mo")].map(|(number, agent)| (number, agent.to_owned()));
    assert_eq!(floor.offers(), expected);
}

#[test]
fn best_level_takes_the_largest_sum_over_the_needed_skills() {
    let mut sales = queue("sales");
    sales.agent_rule = AgentRule::BestLevel;
    let agents = [agent("li", &[("a", 5), ("b", 5), ("c", 10)]), agent("mo", &[("a", 9), ("b", 2)])];
    let mut floor = floor_of(vec![sales], &agents);
    floor.make_ready("li");
    floor.wait(1);
    floor.make_ready("mo");
    floor.fact(Fact::Arrived(Arrival { requirement: Some(rings(&[(0, &[("a", 2), ("b", 2)])])), ..contact(1) }));
    assert_eq!(first(&floor.offers()), (1, "mo"));
    assert_eq!(best(&floor.effects), [(agent_id("mo"), 11), (agent_id("li"), 10)]);
}

#[test]
fn least_occupied_takes_the_smallest_share_of_busy_time() {
    let mut least = queue("sales");
    (least.agent_rule, least.wrap_up) = (AgentRule::LeastOccupied, Duration::ZERO);
    let mut floor = floor_of(vec![least], &[agent("li", &[]), agent("mo", &[])]);
    floor.make_ready("li");
    floor.arrive(1);
    floor.answer("li");
    floor.wait(10);
    floor.finish("li", 1);
    floor.wait(30);
    floor.make_ready("mo");
    floor.wait(10);
    floor.arrive(2);
    assert_eq!(floor.offers()[1], (2, "mo".to_owned()));
    let quarter = |part: i64, of: i64| (part << 20) / of;
    assert_eq!(best(&floor.effects), [(agent_id("mo"), 0), (agent_id("li"), quarter(10, 50))]);
}

#[test]
fn a_voice_contact_needs_an_agent_with_nothing_in_hand() {
    let mut floor = ready_floor(&["li"]);
    floor.fact(Fact::Arrived(Arrival { channel: Channel::Chat, ..contact(1) }));
    floor.answer("li");
    floor.arrive(2);
    assert_eq!(floor.offers().len(), 1);
    floor.fact(Fact::Arrived(Arrival { channel: Channel::Chat, ..contact(3) }));
    assert_eq!(floor.offers()[1].0, 3);
}

#[test]
fn capacity_limits_the_contacts_of_each_channel() {
    let mut floor = ready_floor(&["li"]);
    for number in 1..=3 {
        floor.fact(Fact::Arrived(Arrival { channel: Channel::Chat, ..contact(number) }));
        if floor.rings_at("li").is_some() {
            floor.answer("li");
        }
    }
    floor.fact(Fact::Arrived(Arrival { channel: Channel::Email, ..contact(4) }));
    assert_eq!(floor.offers().len(), 2, "two chats, and no e-mails at all");
}

#[test]
fn a_contact_moved_to_another_queue_keeps_its_age() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.arrive(1);
    floor.wait(10);
    floor.arrive(2);
    floor.fact(Fact::Arrived(Arrival { queue: "support".parse().unwrap(), ..contact(1) }));
    assert_eq!(floor.engine.queue_of(contact(1).contact), Some("support".parse().unwrap()));
    floor.make_ready("li");
    assert_eq!(floor.offers(), [(1, "li".to_owned())]);
    assert_eq!(floor.counts("sales").flowed_out, 1);
    assert_eq!(floor.counts("support").offered, 1);
}

#[test]
fn the_age_may_begin_before_the_line() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.wait(60);
    floor.arrive(1);
    floor.fact(Fact::Arrived(Arrival { since: Some(Instant::from_millis(5_000)), ..contact(2) }));
    assert_eq!(floor.engine.position(contact(2).contact), Some(1));
    floor.make_ready("li");
    assert_eq!(floor.offers(), [(2, "li".to_owned())]);
}

#[test]
fn counters_tell_what_became_of_the_contacts() {
    let mut floor = floor(&[agent("li", &[])]);
    (1..=4).for_each(|number| floor.arrive(number));
    floor.wait(3);
    let left = |number, result| Fact::Left { contact: contact(number).contact, result };
    floor.fact(left(1, OfferResult::CustomerLeft));
    floor.wait(10);
    floor.fact(left(2, OfferResult::CustomerLeft));
    floor.fact(left(3, OfferResult::Withdrawn));
    floor.make_ready("li");
    floor.wait(5);
    floor.answer("li");
    let counts = floor.counts("sales");
    assert_eq!((counts.offered, counts.answered, counts.abandoned, counts.flowed_out), (4, 1, 2, 1));
    assert_eq!((counts.short_abandons, counts.answered_within, counts.wait_answered_ms), (1, 1, 18_000));
}

#[test]
fn the_figures_of_a_queue_are_those_of_its_line_and_agents() {
    let mut floor = ready_floor(&["li", "mo"]);
    floor.arrive(1);
    floor.wait(2);
    let figures = floor.engine.queue_state("sales".parse().unwrap()).unwrap();
    assert_eq!((figures.waiting, figures.ready), (1, 1));
    assert_eq!(floor.engine.queue_state("nowhere".parse().unwrap()), None);
    let (queues, agents, waiting) = floor.engine.floor(floor.now);
    assert_eq!((queues[0].agents_signed_in, queues[0].agents_reserved, queues[0].agents_ready), (2, 1, 1));
    assert_eq!(agents[0].contact, Some(contact(1).contact));
    assert!(waiting[0].offered);
}

/// The candidates of the last decision.
fn best(effects: &[Effect]) -> Vec<(AgentId, i64)> {
    last_why(effects).candidates.into_iter().flatten().collect()
}
