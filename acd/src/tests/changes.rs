//! Changes while contacts wait: points, queues, agents, rules.

use super::floor::{agent, agent_id, contact, floor, floor_of, not_ready, queue, reason, rings};
use crate::api::{AgentSetup, Arrival, Command, Effect, ExitReason, Fact, QueueSetup, Setup};
use domain::{AgentState, CommandError, OfferResult, Priority};

fn setup(queues: Vec<QueueSetup>, agents: Vec<AgentSetup>) -> Fact {
    Fact::Reconfigured(Box::new(Setup { queues, agents, ..Setup::default() }))
}

#[test]
fn new_points_are_in_force_at_once() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.arrive(1);
    floor.wait(5);
    floor.arrive(2);
    let contact = contact(2).contact;
    floor.fact(Fact::Reprioritised { contact, priority: Some(Priority(6)), age_per_s: None });
    assert_eq!(floor.engine.position(contact), Some(1));
    floor.make_ready("li");
    assert_eq!(floor.offers(), [(2, "li".to_owned())]);
}

#[test]
fn a_new_ageing_counts_for_the_whole_age() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.fact(Fact::Arrived(Arrival { priority: Priority(100), ..contact(1) }));
    floor.arrive(2);
    floor.wait(10);
    floor.fact(Fact::Reprioritised { contact: contact(2).contact, priority: None, age_per_s: Some(20) });
    floor.make_ready("li");
    assert_eq!((floor.offers()[0].0, floor.last_why().score), (2, 200_000));
}

#[test]
fn a_new_skill_serves_those_who_wait_already() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.make_ready("li");
    floor.fact(Fact::Arrived(Arrival { requirement: Some(rings(&[(0, &[("x", 3)])])), ..contact(1) }));
    assert_eq!(floor.offers(), []);
    floor.fact(setup(vec![queue("sales"), queue("support")], vec![agent("li", &[("x", 3)])]));
    assert_eq!(floor.offers(), [(1, "li".to_owned())]);
}

#[test]
fn a_new_requirement_of_the_queue_holds_for_those_who_brought_none() {
    let strict = QueueSetup { requirement: rings(&[(0, &[("x", 3)])]), ..queue("sales") };
    let mut floor = floor_of(vec![strict], &[agent("li", &[])]);
    floor.make_ready("li");
    floor.arrive(1);
    assert_eq!(floor.offers(), []);
    floor.fact(setup(vec![queue("sales")], vec![agent("li", &[])]));
    assert_eq!(floor.offers().len(), 1);
}

#[test]
fn offers_hands_and_idle_times_stay() {
    let agents = [agent("li", &[]), agent("mo", &[]), agent("no", &[])];
    let mut floor = floor(&agents);
    agents.iter().for_each(|agent| floor.make_ready(agent.id.as_str()));
    floor.arrive(1);
    floor.answer("li");
    floor.arrive(2);
    let offer = floor.rings_at("mo").unwrap();
    floor.wait(5);
    floor.effects.clear();
    let more = [agent("a", &[]), agents[0].clone(), agents[1].clone(), agents[2].clone()];
    floor.fact(setup(vec![queue("b"), queue("sales"), queue("support")], more.to_vec()));
    assert_eq!(floor.effects, []);
    assert!(floor.engine.is_current(offer));
    floor.end(offer, OfferResult::Answered);
    assert_eq!((floor.state("li"), floor.state("mo")), (AgentState::Busy, AgentState::Busy));
    floor.arrive(3);
    assert_eq!(floor.last_why().candidates[0], Some((agent_id("no"), 5_000)));
    assert_eq!(floor.counts("sales").answered, 2);
}

#[test]
fn those_who_wait_in_a_removed_queue_leave_but_not_while_they_are_offered() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.make_ready("li");
    floor.arrive(1);
    floor.arrive(2);
    floor.fact(setup(vec![queue("support")], vec![agent("li", &[])]));
    assert_eq!(floor.sent_on(), [(2, "sales".to_owned(), None, ExitReason::Closed)]);
    let offer = floor.rings_at("li").unwrap();
    floor.end(offer, OfferResult::Declined);
    assert_eq!(floor.sent_on()[1], (1, "sales".to_owned(), None, ExitReason::Closed));
}

#[test]
fn a_removed_agent_is_signed_out_when_nothing_is_in_hand() {
    let mut floor = floor(&[agent("li", &[]), agent("mo", &[])]);
    floor.make_ready("li");
    floor.make_ready("mo");
    floor.arrive(1);
    floor.answer("li");
    floor.fact(setup(vec![queue("sales"), queue("support")], vec![]));
    assert_eq!(floor.told("mo").0, AgentState::LoggedOut);
    assert_eq!(floor.engine.agent_state(agent_id("mo")), None);
    assert_eq!(floor.state("li"), AgentState::Busy);
    assert_eq!(floor.command(Command::Ready(agent_id("li"))), Err(CommandError::UnknownAgent));
    floor.finish("li", 1);
    floor.wait(30);
    assert_eq!(floor.told("li").0, AgentState::LoggedOut);
}

#[test]
fn a_removed_agent_who_does_not_answer_is_signed_out_too() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.make_ready("li");
    floor.arrive(1);
    floor.fact(setup(vec![queue("sales")], vec![]));
    floor.wait(20);
    assert_eq!(floor.told("li").0, AgentState::LoggedOut);
    floor.fact(setup(vec![queue("sales")], vec![agent("li", &[])]));
    floor.wish(Command::SignIn(agent_id("li"), reason("login")));
    assert_eq!(floor.state("li"), not_ready("login"));
}

#[test]
fn the_wrap_up_of_a_removed_queue_goes_on() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.make_ready("li");
    floor.arrive(1);
    floor.answer("li");
    floor.fact(setup(vec![queue("support")], vec![agent("li", &[])]));
    floor.finish("li", 1);
    assert_eq!(floor.state("li"), AgentState::AfterContactWork);
    floor.wait(30);
    assert!(floor.effects.iter().any(|effect| matches!(effect, Effect::WrapUpEnded { timed_out: true, .. })));
}
