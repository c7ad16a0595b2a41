//! The rules that choose agents, the rules that choose contacts, delays, preferences and interrupts.

use super::floor::{Floor, agent, agent_id, contact, floor, floor_of, floor_with, need, queue, ready_floor, rings};
use crate::api::{
    AgentRule, AgentSetup, Arrival, ContactRule, Effect, Fact, Interrupt, Membership, QueueSetup, Reason, Setup,
};
use core::time::Duration;
use domain::{AgentState, Channel, OfferResult, Priority, QueueId};

fn ruled(rule: AgentRule) -> QueueSetup {
    QueueSetup { agent_rule: rule, wrap_up: Duration::ZERO, ..queue("sales") }
}

/// An agent of `sales` alone, with this part in it.
fn member(id: &str, part: impl FnOnce(&mut Membership)) -> AgentSetup {
    let mut membership: Membership = "sales".parse::<QueueId>().unwrap().into();
    part(&mut membership);
    AgentSetup { queues: vec![membership], ..agent(id, &[]) }
}

/// All ready, a second one after the other.
fn ready(setups: Vec<QueueSetup>, agents: &[AgentSetup]) -> Floor {
    let mut floor = floor_of(setups, agents);
    for agent in agents {
        floor.make_ready(agent.id.as_str());
        floor.wait(1);
    }
    floor
}

fn best(floor: &Floor) -> Vec<(String, i64)> {
    floor.last_why().candidates.into_iter().flatten().map(|(id, figure)| (id.to_string(), figure)).collect()
}

fn chat(number: u128) -> Fact {
    Fact::Arrived(Arrival { channel: Channel::Chat, ..contact(number) })
}

#[test]
fn an_agent_helps_only_those_who_have_waited_as_long_as_the_delay() {
    let helper = member("li", |part| part.delay = Duration::from_secs(60));
    let mut floor = ready(vec![queue("sales")], &[helper]);
    floor.arrive(1);
    assert_eq!(floor.engine.deadline().unwrap().1, Reason::Delay);
    floor.wait(59);
    assert_eq!(floor.offers(), []);
    floor.wait(1);
    assert_eq!(floor.offers(), [(1, "li".to_owned())]);
}

#[test]
fn members_of_a_lower_preference_go_before_those_who_are_idle_longer() {
    let agents = [member("li", |part| part.preference = 2), member("mo", |part| part.preference = 1)];
    let mut floor = ready(vec![queue("sales")], &agents);
    floor.arrive(1);
    assert_eq!(best(&floor), [("mo".to_owned(), 1_000), ("li".to_owned(), 2_000)]);
}

#[test]
fn fewest_contacts_counts_answers_and_no_break_changes_that() {
    let mut floor = ready(vec![ruled(AgentRule::FewestContacts)], &[agent("li", &[]), agent("mo", &[])]);
    floor.arrive(1);
    floor.answer("li");
    floor.finish("li", 1);
    floor.wish(crate::api::Command::NotReady(agent_id("mo"), "lunch".parse().unwrap()));
    floor.wait(60);
    floor.make_ready("mo");
    floor.arrive(2);
    assert_eq!(best(&floor), [("mo".to_owned(), 0), ("li".to_owned(), 1)]);
}

#[test]
fn fewest_contacts_begins_anew_with_the_counters() {
    let mut floor = ready(vec![ruled(AgentRule::FewestContacts)], &[agent("li", &[]), agent("mo", &[])]);
    floor.arrive(1);
    floor.answer("li");
    floor.finish("li", 1);
    floor.wait(1);
    floor.wish(crate::api::Command::NotReady(agent_id("mo"), "lunch".parse().unwrap()));
    floor.wait(1);
    floor.make_ready("mo");
    floor.engine.restart_counts();
    floor.arrive(2);
    assert_eq!(best(&floor), [("li".to_owned(), 0), ("mo".to_owned(), 0)]);
}

#[test]
fn ring_order_takes_the_lowest_order() {
    let agents = [member("li", |part| part.order = 7), member("mo", |part| part.order = 3)];
    let mut floor = ready(vec![ruled(AgentRule::RingOrder)], &agents);
    floor.arrive(1);
    assert_eq!(best(&floor), [("mo".to_owned(), 3), ("li".to_owned(), 7)]);
}

#[test]
fn weighted_random_draws_by_weight_and_alike_each_time() {
    let drawn = |seed| {
        let agents = vec![member("li", |part| part.weight = 1), member("mo", |part| part.weight = 9)];
        let queues = vec![ruled(AgentRule::WeightedRandom)];
        let mut floor = floor_with(Setup { queues, agents, seed, ..Setup::default() });
        floor.make_ready("li");
        floor.make_ready("mo");
        for number in 0..200 {
            floor.arrive(number);
            let (_, chosen) = floor.offers().pop().unwrap();
            floor.answer(&chosen);
            floor.finish(&chosen, number);
        }
        floor.offers().iter().filter(|(_, agent)| agent == "li").count()
    };
    assert_eq!(drawn(5), drawn(5));
    let shares: Vec<usize> = (0..10).map(drawn).collect();
    assert!(shares.iter().all(|of_200| (5..40).contains(of_200)), "about 20 of 200 each: {shares:?}");
}

#[test]
fn ring_all_offers_to_several_and_the_first_to_answer_wins() {
    let agents = [agent("li", &[]), agent("mo", &[]), agent("no", &[])];
    let mut floor = ready(vec![ruled(AgentRule::RingAll(2))], &agents);
    floor.arrive(1);
    assert_eq!(floor.offers(), [(1, "li".to_owned()), (1, "mo".to_owned())]);
    assert_eq!(best(&floor), [("mo".to_owned(), 2_000), ("li".to_owned(), 3_000), ("no".to_owned(), 1_000)]);
    floor.effects.clear();
    floor.answer("mo");
    assert_eq!((floor.state("li"), floor.state("mo")), (AgentState::Ready, AgentState::Busy));
    let ended = |effect: &Effect| match effect {
        Effect::OfferEnded { agent, result, .. } => Some((agent.to_string(), *result)),
        _ => None,
    };
    let ended: Vec<_> = floor.effects.iter().filter_map(ended).collect();
    assert_eq!(ended, [("mo".to_owned(), OfferResult::Answered), ("li".to_owned(), OfferResult::Withdrawn)]);
}

#[test]
fn a_contact_that_rings_at_several_is_in_line_again_when_the_last_offer_has_failed() {
    let agents = [agent("li", &[]), agent("mo", &[]), agent("no", &[])];
    let mut floor = ready(vec![ruled(AgentRule::RingAll(2))], &agents);
    floor.arrive(1);
    let (li, mo) = (floor.rings_at("li").unwrap(), floor.rings_at("mo").unwrap());
    floor.end(li, OfferResult::Declined);
    assert_eq!(floor.offers().len(), 2, "nobody else is rung meanwhile");
    floor.end(mo, OfferResult::Declined);
    assert_eq!(floor.offers()[2..], [(1, "no".to_owned())]);
}

#[test]
fn longest_queue_first_serves_the_queue_where_most_wait() {
    let setup = Setup {
        queues: vec![queue("sales"), queue("support")],
        agents: vec![agent("li", &[])],
        contact_rule: ContactRule::LongestQueueFirst,
        ..Setup::default()
    };
    let mut floor = floor_with(setup);
    floor.arrive(1);
    floor.wait(60);
    floor.arrive_at("support", 2);
    floor.arrive_at("support", 3);
    floor.make_ready("li");
    assert_eq!(floor.offers(), [(2, "li".to_owned())]);
}

#[test]
fn agent_level_first_serves_what_the_agent_is_best_at() {
    let setup = Setup {
        queues: vec![queue("sales")],
        agents: vec![agent("li", &[("a", 3), ("b", 8)])],
        contact_rule: ContactRule::AgentLevelFirst,
        ..Setup::default()
    };
    let mut floor = floor_with(setup);
    for (number, skill) in [(1, "a"), (2, "b")] {
        floor.fact(Fact::Arrived(Arrival { requirement: Some(rings(&[(0, &[(skill, 1)])])), ..contact(number) }));
        floor.wait(10);
    }
    floor.make_ready("li");
    assert_eq!(floor.offers(), [(2, "li".to_owned())]);
}

#[test]
fn a_contact_may_age_faster_than_its_queue() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.fact(Fact::Arrived(Arrival { priority: Priority(30), ..contact(1) }));
    floor.fact(Fact::Arrived(Arrival { age_per_s: Some(10), ..contact(2) }));
    floor.wait(4);
    floor.make_ready("li");
    assert_eq!(floor.offers(), [(2, "li".to_owned())]);
    assert_eq!(floor.last_why().score, 40_000);
}

#[test]
fn a_call_may_interrupt_a_chat_where_the_rules_say_so() {
    let rule = Interrupt { by: Channel::Voice, over: Channel::Chat };
    for (interrupts, offers) in [(vec![], 1), (vec![rule], 2)] {
        let (queues, agents) = (vec![queue("sales")], vec![agent("li", &[])]);
        let mut floor = floor_with(Setup { queues, agents, interrupts, ..Setup::default() });
        floor.make_ready("li");
        floor.fact(chat(1));
        floor.answer("li");
        floor.arrive(2);
        assert_eq!(floor.offers().len(), offers);
    }
}

#[test]
fn work_in_wrap_up_is_never_interrupted() {
    let interrupts = vec![Interrupt { by: Channel::Voice, over: Channel::Chat }];
    let (queues, agents) = (vec![queue("sales")], vec![agent("li", &[])]);
    let mut floor = floor_with(Setup { queues, agents, interrupts, ..Setup::default() });
    floor.make_ready("li");
    for number in [1, 2] {
        floor.fact(chat(number));
        floor.answer("li");
    }
    floor.finish("li", 1);
    floor.arrive(3);
    assert_eq!(floor.offers().len(), 2);
    floor.wait(30);
    assert_eq!(floor.offers()[2], (3, "li".to_owned()));
}

#[test]
fn no_answer_makes_not_ready_only_after_so_many_in_a_row() {
    let mut patient = queue("sales");
    patient.cool_downs.no_answer_limit = 2;
    let mut floor = ready(vec![patient], &[agent("li", &[])]);
    floor.arrive(1);
    floor.wait(20);
    assert_eq!(floor.state("li"), AgentState::Ready);
    floor.wait(13);
    floor.answer("li");
    floor.finish("li", 1);
    floor.wait(30);
    floor.arrive(2);
    floor.wait(20);
    assert_eq!(floor.state("li"), AgentState::Ready, "the answer began the row anew");
    floor.wait(13 + 20);
    assert_eq!(floor.state("li"), super::floor::not_ready("rona"));
}

#[test]
fn among_many_freed_at_once_the_rules_hold() {
    let agents: Vec<AgentSetup> = (0..30).map(|n| agent(&format!("a{n}"), &[("x", 1 + n % 10)])).collect();
    let mut floor = floor_of(vec![queue("sales")], &agents);
    for number in 0..30 {
        let requirement = Some(rings(&[(0, &[("x", 5)])]));
        floor.fact(Fact::Arrived(Arrival { requirement, ..contact(number) }));
    }
    agents.iter().for_each(|agent| floor.make_ready(agent.id.as_str()));
    let skilled = agents.iter().filter(|agent| agent.skills[0].1 >= need(&[("x", 5)])[0].1).count();
    assert_eq!(floor.offers().len(), skilled);
    let order: Vec<u128> = floor.offers().iter().map(|(number, _)| *number).collect();
    assert!(order.is_sorted(), "the oldest go first");
}

#[test]
fn an_agent_idle_again_and_again_stands_once_among_the_idle() {
    let mut floor = ready_floor(&["li", "mo"]);
    for _ in 0..200 {
        for routable in [false, true] {
            floor.fact(Fact::Routable { agent: agent_id("li"), routable });
        }
    }
    floor.arrive(1);
    assert_eq!(best(&floor), [("li".to_owned(), 2_000), ("mo".to_owned(), 1_000)]);
}
