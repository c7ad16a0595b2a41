//! Random setups.

use super::{agent_id, queue_id, seconds};
use acd::api::{
    AgentRule, AgentSetup, ContactRule, CoolDowns, Interrupt, Limits, Membership, Overflow, QueueSetup, Setup,
};
use core::time::Duration;
use domain::{Channel, Priority, Proficiency, Requirement, Ring, ServiceLevelGoal, SkillId};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Agents that a setup may have.
pub const AGENTS: u8 = 6;

/// Queues that a setup may have.
pub const QUEUES: usize = 3;

fn skill(number: u8) -> SkillId {
    format!("s{number}").parse().unwrap()
}

fn levels(levels: BTreeMap<u8, u8>) -> Vec<(SkillId, Proficiency)> {
    levels.into_iter().map(|(number, level)| (skill(number), Proficiency::new(level).unwrap())).collect()
}

/// What a contact may need.
pub fn requirement() -> BoxedStrategy<Requirement> {
    let need = prop::collection::btree_map(0..3u8, 1..5u8, 0..3);
    prop::collection::vec((0..5u64, need), 0..4)
        .prop_map(|rings| {
            let ring = |(after, need)| Ring { after: Duration::from_secs(after * 2), need: levels(need) };
            Requirement::new(rings.into_iter().map(ring).collect())
        })
        .boxed()
}

fn agent_rule() -> BoxedStrategy<AgentRule> {
    prop_oneof![
        Just(AgentRule::LongestIdle),
        Just(AgentRule::LeastOccupied),
        Just(AgentRule::BestLevel),
        Just(AgentRule::FewestContacts),
        Just(AgentRule::RingOrder),
        Just(AgentRule::WeightedRandom),
        (0..4u8).prop_map(AgentRule::RingAll),
    ]
    .boxed()
}

fn limits() -> BoxedStrategy<Limits> {
    let rarely = |some: BoxedStrategy<u32>| prop_oneof![2 => Just(None), 1 => some.prop_map(Some)];
    let wait =
        prop_oneof![2 => Just(None), 1 => prop_oneof![Just(2), Just(5)].prop_map(|s| Some(Duration::from_secs(s)))];
    let overflow = (0..QUEUES + 1, seconds()).prop_map(|(to, after)| Overflow { to: queue_id(to), after });
    let overflow = prop_oneof![1 => Just(None), 1 => overflow.prop_map(Some)];
    (rarely((0..6u32).boxed()), wait, rarely((0..4u32).boxed()), prop::bool::weighted(0.3), overflow)
        .prop_map(|(most_waiting, longest_wait, most_in_service, needs_agents, overflow)| Limits {
            most_waiting,
            longest_wait,
            most_in_service,
            needs_agents,
            overflow,
        })
        .boxed()
}

fn cool_downs() -> BoxedStrategy<CoolDowns> {
    (seconds(), seconds(), seconds(), seconds(), 0..4u8)
        .prop_map(|(declined, busy, unreachable, no_answer, no_answer_limit)| CoolDowns {
            declined,
            busy,
            unreachable,
            no_answer,
            no_answer_limit,
        })
        .boxed()
}

fn queue(number: usize) -> BoxedStrategy<QueueSetup> {
    let age = prop_oneof![2 => Just(1u32), 1 => Just(0), 1 => Just(50)];
    let limits = prop_oneof![1 => Just(Limits::default()), 2 => limits()];
    let ring = prop_oneof![Just(3), Just(8)].prop_map(Duration::from_secs);
    ((0..3i32, age), agent_rule(), (ring, seconds()), cool_downs(), requirement(), limits)
        .prop_map(move |((base, age_per_s), agent_rule, (offer_timeout, wrap_up), cool_downs, requirement, limits)| {
            QueueSetup {
                id: queue_id(number),
                name: String::new(),
                goal: ServiceLevelGoal { share_percent: 80, within_ms: 6_000, short_abandon_ms: 2_000 },
                base_priority: Priority(base),
                age_per_s,
                agent_rule,
                offer_timeout,
                wrap_up,
                wrap_up_extension: Duration::from_secs(3),
                cool_downs,
                requirement,
                limits,
            }
        })
        .boxed()
}

fn membership(number: usize) -> BoxedStrategy<Membership> {
    let delay = prop_oneof![3 => Just(0), 1 => Just(2), 1 => Just(4)].prop_map(Duration::from_secs);
    (delay, 1..3u8, 0..3u16, 0..4u16)
        .prop_map(move |(delay, preference, order, weight)| Membership {
            queue: queue_id(number),
            delay,
            preference,
            order,
            weight,
        })
        .boxed()
}

fn capacity() -> BoxedStrategy<Vec<(Channel, u8)>> {
    let voice = prop_oneof![1 => Just(0u8), 4 => Just(1), 1 => Just(2)];
    let named = (voice, 0..4u8, 0..3u8, any::<bool>()).prop_map(|(voice, chats, emails, callbacks)| {
        let mut capacity = vec![(Channel::Voice, voice), (Channel::Chat, chats), (Channel::Email, emails)];
        if callbacks {
            capacity.push((Channel::Callback, 1));
        }
        capacity
    });
    prop_oneof![1 => Just(Vec::new()), 5 => named].boxed()
}

fn agent(number: u8) -> BoxedStrategy<AgentSetup> {
    let skills = prop::collection::btree_map(0..3u8, 1..8u8, 1..4);
    let parts: Vec<_> = (0..QUEUES).map(membership).collect();
    (skills, parts, prop::collection::vec(prop::bool::weighted(0.75), QUEUES), capacity())
        .prop_map(move |(skills, parts, serves, capacity)| AgentSetup {
            id: agent_id(number),
            name: String::new(),
            skills: levels(skills),
            queues: parts.into_iter().zip(serves).filter(|(_, serves)| *serves).map(|(part, _)| part).collect(),
            capacity,
        })
        .boxed()
}

fn interrupts() -> BoxedStrategy<Vec<Interrupt>> {
    let channel =
        || prop_oneof![Just(Channel::Voice), Just(Channel::Chat), Just(Channel::Email), Just(Channel::Callback)];
    let rule = (channel(), channel()).prop_map(|(by, over)| Interrupt { by, over });
    prop_oneof![1 => Just(Vec::new()), 1 => prop::collection::vec(rule, 1..4)].boxed()
}

fn some<T: Clone>(all: Vec<T>, kept: &[bool]) -> Vec<T> {
    all.into_iter().zip(kept).filter(|(_, kept)| **kept).map(|(one, _)| one).collect()
}

/// Any setup, in which some queues and agents are missing.
pub fn setup() -> BoxedStrategy<Setup> {
    let queues: Vec<_> = (0..QUEUES).map(queue).collect();
    let agents: Vec<_> = (0..AGENTS).map(agent).collect();
    let kept = prop::collection::vec(prop::bool::weighted(0.93), QUEUES + usize::from(AGENTS));
    let contact_rule = prop_oneof![
        2 => Just(ContactRule::Score),
        1 => Just(ContactRule::LongestQueueFirst),
        1 => Just(ContactRule::AgentLevelFirst),
    ];
    (queues, agents, kept, seconds(), contact_rule, interrupts(), 0..4u64)
        .prop_map(|(queues, agents, kept, sticky, contact_rule, interrupts, seed)| Setup {
            queues: some(queues, &kept[..QUEUES]),
            agents: some(agents, &kept[QUEUES..]),
            sticky,
            contact_rule,
            interrupts,
            seed,
        })
        .boxed()
}
