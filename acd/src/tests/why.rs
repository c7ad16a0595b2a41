//! Why a contact waits and why it went where it went.

use super::floor::{agent, agent_id, contact, floor, not_ready, reason, rings};
use crate::api::{Arrival, Command, Exclusion, Fact};
use core::time::Duration;
use domain::{AgentState, Channel, OfferResult};

#[test]
fn an_explanation_names_the_first_rule_that_excludes_each_agent() {
    let ids = ["away", "busy", "cool", "free", "out", "ring", "weak"];
    let skills = |id: &&str| if *id == "weak" { agent(id, &[("x", 2)]) } else { agent(id, &[("x", 5)]) };
    let mut floor = floor(&ids.iter().map(skills).collect::<Vec<_>>());
    let wanting = |number| Arrival { requirement: Some(rings(&[(0, &[("x", 5)])])), ..contact(number) };
    for (number, id) in [(1, "busy"), (2, "cool"), (3, "ring")] {
        floor.make_ready(id);
        floor.fact(Fact::Arrived(wanting(number)));
        match id {
            "busy" => floor.answer("busy"),
            "cool" => {
                let offer = floor.rings_at("cool").unwrap();
                floor.end(offer, OfferResult::Declined);
                floor.fact(Fact::Left { contact: contact(2).contact, result: OfferResult::CustomerLeft });
            }
            _ => {}
        }
    }
    floor.wish(Command::SignIn(agent_id("away"), reason("lunch")));
    floor.make_ready("weak");
    floor.fact(Fact::Arrived(wanting(4)));
    let told = floor.engine.explain(contact(4).contact).unwrap();
    let AgentState::Reserved(offer) = floor.state("ring") else { panic!("it rings") };
    let verdict = |id: &str| told.agents.iter().find(|verdict| verdict.agent == agent_id(id)).unwrap().verdict;
    assert_eq!(verdict("away"), Err(Exclusion::NotReady(reason("lunch"))));
    assert_eq!(verdict("busy"), Err(Exclusion::NoCapacity));
    assert_eq!(verdict("cool"), Err(Exclusion::CoolingDown(floor.now + Duration::from_secs(10))));
    assert_eq!(verdict("free"), Err(Exclusion::LoggedOut));
    assert_eq!(verdict("ring"), Err(Exclusion::Reserved(offer)));
    assert_eq!(verdict("weak"), Err(Exclusion::Skill("x".parse().unwrap(), 2, 5)));
    assert_eq!((told.position, told.ring, told.next_change), (2, 0, None));
}

#[test]
fn an_explanation_says_who_is_waited_for_and_until_when() {
    let mut floor = floor(&[agent("li", &[]), agent("mo", &[])]);
    floor.make_ready("li");
    floor.arrive(1);
    floor.answer("li");
    floor.make_ready("mo");
    floor.fact(Fact::Arrived(Arrival { sticky: Some(agent_id("li")), ..contact(2) }));
    let told = floor.engine.explain(contact(2).contact).unwrap();
    let until = floor.now + Duration::from_secs(30);
    assert_eq!(told.next_change, Some(until));
    assert_eq!(told.agents[0].verdict, Err(Exclusion::NoCapacity));
    assert_eq!(told.agents[1].verdict, Err(Exclusion::StickyWindow(until)));
}

#[test]
fn who_is_not_in_line_is_not_explained() {
    let floor = floor(&[]);
    assert_eq!(floor.engine.explain(contact(1).contact), None);
}

#[test]
fn a_decision_names_those_idle_longer_who_were_passed_over() {
    let mut floor = floor(&[agent("li", &[]), agent("mo", &[("x", 5)])]);
    floor.make_ready("li");
    floor.wait(1);
    floor.make_ready("mo");
    let requirement = Some(rings(&[(0, &[("x", 1)])]));
    for explain in [false, true] {
        floor.engine.explain_decisions(explain);
        floor.fact(Fact::Arrived(Arrival { requirement: requirement.clone(), ..contact(1) }));
        let skill = Exclusion::Skill("x".parse().unwrap(), 0, 1);
        let expected = if explain { vec![(agent_id("li"), skill)] } else { Vec::new() };
        assert_eq!(floor.last_why().passed_over, expected);
    }
}

#[test]
fn a_quiet_engine_tells_no_states_and_knows_them() {
    let mut floor = floor(&[agent("li", &[])]);
    floor.engine.accept_at_once();
    floor.engine.quiet();
    floor.make_ready("li");
    floor.fact(Fact::Arrived(Arrival { channel: Channel::Voice, ..contact(1) }));
    assert_eq!((floor.effects.len(), floor.state("li")), (1, AgentState::Busy));
    floor.wish(Command::NotReady(agent_id("li"), reason("lunch")));
    floor.finish("li", 1);
    floor.wait(30);
    assert_eq!(floor.state("li"), not_ready("lunch"));
}
