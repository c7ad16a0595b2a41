//! Snapshots: what goes on from one goes on alike.

use super::floor::{agent, contact, floor_of, need, queue, reason, rings};
use crate::api::{
    AgentRule, AgentSetup, Arrival, Command, ContactRule, Effect, Fact, Limits, Overflow, QueueSetup, Setup,
};
use crate::snapshot::reseal;
use crate::{Engine, SnapshotError};
use core::time::Duration;
use domain::{AgentId, AgentState, Channel, ContactId, Instant, OfferResult, Priority, QueueId};
use proptest::prelude::*;

const RULES: [AgentRule; 7] = [
    AgentRule::LongestIdle,
    AgentRule::LeastOccupied,
    AgentRule::BestLevel,
    AgentRule::FewestContacts,
    AgentRule::RingOrder,
    AgentRule::WeightedRandom,
    AgentRule::RingAll(2),
];

fn agent_id(number: u64) -> AgentId {
    format!("a{}", number % 6).parse().unwrap()
}

fn queue_id(number: u64) -> QueueId {
    ["sales", "support", "late"][number as usize % 3].parse().unwrap()
}

/// A setup of six agents and three queues with a bit of every rule, drawn from a number.
fn setup(drawn: u64) -> Setup {
    let a_queue = |number: u64| QueueSetup {
        agent_rule: RULES[((drawn >> (8 * number)) % 7) as usize],
        age_per_s: (drawn >> number) as u32 % 3,
        wrap_up: Duration::from_secs(drawn % 2 * 3),
        requirement: rings(&[(0, &[("x", 2)]), (4, &[])]),
        limits: Limits {
            most_waiting: (drawn.is_multiple_of(3)).then_some(6),
            longest_wait: (drawn.is_multiple_of(5)).then_some(Duration::from_secs(9)),
            most_in_service: (drawn.is_multiple_of(7)).then_some(2),
            needs_agents: drawn.is_multiple_of(11),
            overflow: (number < 2 && drawn.is_multiple_of(2))
                .then(|| Overflow { to: queue_id(number + 1), after: Duration::from_secs(7) }),
        },
        ..queue(queue_id(number).as_str())
    };
    let an_agent = |number: u64| AgentSetup {
        skills: need(&[("x", 1 + (number % 4) as u8)]),
        queues: (0..3)
            .map(|n| crate::api::Membership {
                delay: Duration::from_secs((number + n) % 3 * 2),
                preference: (number % 2) as u8,
                order: number as u16,
                weight: n as u16,
                queue: queue_id(n),
            })
            .collect(),
        capacity: vec![(Channel::Voice, 1), (Channel::Chat, 2)],
        ..agent(agent_id(number).as_str(), &[])
    };
    Setup {
        queues: (0..3).map(a_queue).collect(),
        agents: (0..6).map(an_agent).collect(),
        sticky: Duration::from_secs(5),
        contact_rule: [ContactRule::Score, ContactRule::LongestQueueFirst, ContactRule::AgentLevelFirst]
            [drawn as usize % 3],
        interrupts: Vec::new(),
        seed: drawn,
    }
}

/// One input, drawn from two numbers.
fn input(engine: &mut Engine, now: Instant, kind: u64, which: u64) -> Vec<Effect> {
    let mut effects = Vec::new();
    let agent = agent_id(which);
    let someone = ContactId::new(u128::from(which % 12));
    let in_hand = engine.in_hand(agent).next();
    let ringing = match engine.agent_state(agent) {
        Some(AgentState::Reserved(offer)) => Some(offer),
        _ => None,
    };
    let results = [OfferResult::Answered, OfferResult::Declined, OfferResult::NoAnswer, OfferResult::Busy];
    let fact = match (kind % 12, ringing, in_hand) {
        (0, ..) => return command(engine, now, Command::SignIn(agent, reason("login"))),
        (1 | 2, ..) => return command(engine, now, Command::Ready(agent)),
        (3, ..) => return command(engine, now, Command::NotReady(agent, reason("lunch"))),
        (4, ..) if which.is_multiple_of(4) => return command(engine, now, Command::SignOut(agent)),
        (5, Some(offer), _) => Fact::OfferEnded { offer, result: results[which as usize / 7 % 4] },
        (6, Some(offer), _) => Fact::OfferEnded { offer, result: OfferResult::Answered },
        (7, _, Some(contact)) => Fact::Finished { contact, agent },
        (8, ..) => Fact::Left { contact: someone, result: OfferResult::CustomerLeft },
        (9, ..) if which.is_multiple_of(9) => Fact::Reconfigured(Box::new(setup(which))),
        (9, ..) if which % 9 == 1 => Fact::Opened { queue: queue_id(which), open: which.is_multiple_of(2) },
        (9, ..) => Fact::Reprioritised { contact: someone, priority: Some(Priority(3)), age_per_s: Some(2) },
        _ => Fact::Arrived(Arrival {
            queue: queue_id(which),
            channel: [Channel::Voice, Channel::Chat][which as usize % 2],
            sticky: (which.is_multiple_of(3)).then_some(agent),
            requirement: (which.is_multiple_of(5)).then(|| rings(&[(0, &[("x", 3)]), (2, &[("x", 1)])])),
            ..Arrival::new(someone, queue_id(which))
        }),
    };
    engine.handle(now, fact, &mut effects);
    effects
}

fn command(engine: &mut Engine, now: Instant, command: Command) -> Vec<Effect> {
    let mut effects = Vec::new();
    // A refused wish is an input as good as any.
    let _ = engine.command(now, command, &mut effects);
    effects
}

/// The engine after these inputs, and what the last of them (from this one on) made.
fn run(engine: &mut Engine, now: &mut Instant, script: &[(u64, u64, u64)]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (kind, which, ms) in script {
        *now = *now + Duration::from_millis(*ms);
        while let Some((at, _)) = engine.deadline().filter(|(at, _)| at <= now) {
            engine.handle(at, Fact::Tick, &mut effects);
        }
        effects.extend(input(engine, *now, *kind, *which));
    }
    effects
}

fn script(length: usize) -> impl Strategy<Value = Vec<(u64, u64, u64)>> {
    let ms = prop_oneof![Just(0), Just(500), Just(1_000), Just(2_000)];
    prop::collection::vec((any::<u64>(), any::<u64>(), ms), 0..length)
}

proptest! {
    #[test]
    fn what_follows_a_snapshot_is_what_follows_without_it(
        drawn in any::<u64>(), at_once in any::<bool>(), before in script(120), after in script(120),
    ) {
        let (mut engine, mut now) = (Engine::new(setup(drawn), 1), Instant::ZERO);
        if at_once {
            engine.accept_at_once();
        }
        run(&mut engine, &mut now, &before);
        let bytes = engine.snapshot();
        let mut restored = Engine::restore(&bytes).unwrap();
        prop_assert_eq!(&restored.snapshot(), &bytes);
        prop_assert_eq!(restored.deadline().map(|(at, _)| at), engine.deadline().map(|(at, _)| at));
        prop_assert_eq!(restored.floor(now), engine.floor(now));
        let mut later = now;
        let theirs = run(&mut restored, &mut later, &after);
        prop_assert_eq!(theirs, run(&mut engine, &mut now, &after));
        prop_assert_eq!(restored.snapshot(), engine.snapshot());
    }

    #[test]
    fn damaged_bytes_are_refused(
        drawn in any::<u64>(), before in script(60), at in any::<prop::sample::Index>(), by in 1..=255_u8,
        cut in any::<bool>(),
    ) {
        let (mut engine, mut now) = (Engine::new(setup(drawn), 1), Instant::ZERO);
        run(&mut engine, &mut now, &before);
        let mut bytes = engine.snapshot();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= by;
        }
        prop_assert!(Engine::restore(&bytes).is_err());
    }

    #[test]
    fn bytes_made_up_to_look_right_do_no_harm(
        drawn in any::<u64>(), before in script(60), after in script(20), at in any::<prop::sample::Index>(),
        by in 1..=255_u8,
    ) {
        let (mut engine, mut now) = (Engine::new(setup(drawn), 1), Instant::ZERO);
        run(&mut engine, &mut now, &before);
        let mut bytes = engine.snapshot();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        reseal(&mut bytes);
        if let Ok(mut odd) = Engine::restore(&bytes) {
            run(&mut odd, &mut now, &after);
        }
    }
}

#[test]
fn a_snapshot_says_what_it_is() {
    let bytes = floor_of(vec![queue("sales")], &[]).engine.snapshot();
    assert_eq!(Engine::restore(b"hello").unwrap_err(), SnapshotError::NotASnapshot);
    assert_eq!(Engine::restore(&[]).unwrap_err(), SnapshotError::NotASnapshot);
    let mut other = bytes.clone();
    other[4] = 9;
    assert_eq!(Engine::restore(&other).unwrap_err(), SnapshotError::OtherVersion(9));
    assert_eq!(Engine::restore(&bytes[..bytes.len() - 1]).unwrap_err(), SnapshotError::Damaged);
    assert!(Engine::restore(&bytes).is_ok());
}

#[test]
fn an_offer_stands_across_a_snapshot() {
    let mut floor = floor_of(vec![queue("sales")], &[agent("li", &[])]);
    floor.make_ready("li");
    floor.arrive(1);
    floor.engine = Engine::restore(&floor.engine.snapshot()).unwrap();
    floor.answer("li");
    assert_eq!(floor.engine.in_hand("li".parse().unwrap()).collect::<Vec<_>>(), [contact(1).contact]);
}
