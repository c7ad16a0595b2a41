//! Agents: presence, work after the contact, and what follows.

use super::floor::{agent, agent_id, contact, floor, floor_of, not_ready, queue, ready_floor, reason};
use crate::api::{Arrival, Command, Effect, Fact};
use core::time::Duration;
use domain::{AgentState, Channel, CommandError, NextState};

fn wrapped_up(effects: &[Effect]) -> Vec<bool> {
    let ended = |effect: &Effect| match effect {
        Effect::WrapUpEnded { timed_out, .. } => Some(*timed_out),
        _ => None,
    };
    effects.iter().filter_map(ended).collect()
}

#[test]
fn signing_in_does_not_make_ready() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.arrive(1);
    floor.wish(Command::SignIn(agent_id("li"), reason("login")));
    assert_eq!(floor.state("li"), not_ready("login"));
    assert_eq!(floor.offers(), []);
    floor.wish(Command::Ready(agent_id("li")));
    assert_eq!(floor.offers().len(), 1);
}

#[test]
fn wishes_of_those_who_are_not_there_are_refused() {
    let mut floor = floor(&[agent("li", &[])]);
    assert_eq!(floor.command(Command::Ready(agent_id("ghost"))), Err(CommandError::UnknownAgent));
    assert_eq!(floor.command(Command::Ready(agent_id("li"))), Err(CommandError::NotSignedIn));
    assert_eq!(floor.command(Command::SignOut(agent_id("li"))), Err(CommandError::NotSignedIn));
    floor.make_ready("li");
    assert_eq!(floor.command(Command::ExtendWrapUp(agent_id("li"))), Err(CommandError::WrongState));
    assert_eq!(floor.command(Command::FinishWrapUp(agent_id("li"))), Err(CommandError::WrongState));
}

#[test]
fn an_agent_whose_phone_is_gone_is_offered_nothing_and_keeps_the_state() {
    let mut floor = ready_floor(&["li"]);
    floor.fact(Fact::Routable { agent: agent_id("li"), routable: false });
    floor.arrive(1);
    assert_eq!((floor.offers().len(), floor.state("li")), (0, AgentState::Ready));
    floor.fact(Fact::Routable { agent: agent_id("li"), routable: true });
    assert_eq!(floor.offers().len(), 1);
}

#[test]
fn wrap_up_ends_by_itself() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.answer("li");
    floor.wait(59);
    floor.finish("li", 1);
    assert_eq!(floor.told("li"), (AgentState::AfterContactWork, None, Some(90)));
    floor.wait(30);
    assert_eq!(floor.told("li"), (AgentState::Ready, None, None));
    assert_eq!(wrapped_up(&floor.effects), [true]);
    let (_, agents, _) = floor.engine.floor(floor.now);
    assert_eq!((agents[0].handled, agents[0].handle_ms), (1, 89_000));
}

#[test]
fn wrap_up_can_be_extended_and_finished() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.answer("li");
    floor.finish("li", 1);
    floor.wish(Command::ExtendWrapUp(agent_id("li")));
    floor.wait(44);
    assert_eq!(floor.state("li"), AgentState::AfterContactWork);
    floor.wish(Command::FinishWrapUp(agent_id("li")));
    assert_eq!(floor.state("li"), AgentState::Ready);
    assert_eq!(wrapped_up(&floor.effects), [false]);
    assert_eq!(floor.engine.deadline(), None);
}

#[test]
fn ready_in_wrap_up_ends_it() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.answer("li");
    floor.finish("li", 1);
    floor.arrive(2);
    assert_eq!(floor.offers().len(), 1, "wrap-up is not idleness");
    floor.wish(Command::Ready(agent_id("li")));
    assert_eq!(floor.offers().len(), 2);
}

#[test]
fn without_wrap_up_the_agent_is_ready_at_once() {
    let mut quick = queue("sales");
    quick.wrap_up = Duration::ZERO;
    let mut floor = floor_of(vec![quick], &[agent("li", &[])]);
    floor.make_ready("li");
    floor.arrive(1);
    floor.answer("li");
    floor.finish("li", 1);
    assert_eq!((floor.state("li"), wrapped_up(&floor.effects).len()), (AgentState::Ready, 0));
}

#[test]
fn what_is_wished_while_busy_follows_afterwards() {
    let lunch = NextState::NotReady(reason("lunch"));
    for (wish, next, state) in [
        (Command::NotReady(agent_id("li"), reason("lunch")), lunch, not_ready("lunch")),
        (Command::SignOut(agent_id("li")), NextState::LoggedOut, AgentState::LoggedOut),
        (Command::Ready(agent_id("li")), NextState::Ready, AgentState::Ready),
    ] {
        let mut floor = ready_floor(&["li"]);
        floor.arrive(1);
        floor.answer("li");
        floor.wish(wish);
        assert_eq!(floor.told("li"), (AgentState::Busy, Some(next), None));
        floor.finish("li", 1);
        assert_eq!(floor.state("li"), AgentState::AfterContactWork);
        floor.wait(30);
        assert_eq!(floor.told("li"), (state, None, None));
    }
}

#[test]
fn a_later_wish_replaces_an_earlier_one() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.answer("li");
    floor.wish(Command::SignOut(agent_id("li")));
    floor.wish(Command::SignIn(agent_id("li"), reason("login")));
    floor.finish("li", 1);
    floor.wait(30);
    assert_eq!(floor.state("li"), AgentState::Ready);
}

#[test]
fn an_agent_who_dials_is_busy_and_returns_to_the_state_before() {
    let mut floor = ready_floor(&["li"]);
    floor.wish(Command::NotReady(agent_id("li"), reason("lunch")));
    let sales = Some("sales".parse().unwrap());
    floor.fact(Fact::Occupied { agent: agent_id("li"), contact: contact(9).contact, queue: sales });
    floor.arrive(1);
    assert_eq!(floor.told("li").0, AgentState::Busy);
    floor.finish("li", 9);
    floor.wait(30);
    assert_eq!((floor.state("li"), floor.offers().len()), (not_ready("lunch"), 0));
}

#[test]
fn an_agent_who_helps_wraps_up_by_the_queue_named_last() {
    let mut floor = ready_floor(&["li"]);
    let (agent, contact) = (agent_id("li"), contact(9).contact);
    floor.fact(Fact::Occupied { agent, contact, queue: None });
    floor.fact(Fact::Occupied { agent, contact, queue: Some("sales".parse().unwrap()) });
    floor.finish("li", 9);
    assert_eq!(floor.state("li"), AgentState::AfterContactWork);
}

#[test]
fn an_agent_who_dials_while_it_rings_loses_the_offer() {
    let mut floor = ready_floor(&["li"]);
    floor.arrive(1);
    floor.fact(Fact::Occupied { agent: agent_id("li"), contact: contact(9).contact, queue: None });
    assert_eq!(floor.state("li"), AgentState::Busy);
    assert!(floor.engine.queue_of(contact(1).contact).is_some());
    floor.finish("li", 9);
    assert_eq!(floor.offers().len(), 2, "no queue, no wrap-up");
}

#[test]
fn a_chat_in_wrap_up_holds_its_unit_while_the_other_goes_on() {
    let mut floor = ready_floor(&["li"]);
    for number in [1, 2] {
        floor.fact(Fact::Arrived(Arrival { channel: Channel::Chat, ..contact(number) }));
        floor.answer("li");
    }
    floor.finish("li", 1);
    floor.fact(Fact::Arrived(Arrival { channel: Channel::Chat, ..contact(3) }));
    assert_eq!((floor.state("li"), floor.offers().len()), (AgentState::Busy, 2));
    floor.wait(30);
    assert_eq!(floor.offers().len(), 3);
}

#[test]
fn states_are_told_only_when_they_change() {
    let mut floor = ready_floor(&["li"]);
    floor.effects.clear();
    floor.wish(Command::Ready(agent_id("li")));
    floor.fact(Fact::Routable { agent: agent_id("li"), routable: true });
    floor.fact(Fact::Tick);
    assert_eq!(floor.effects, []);
}
