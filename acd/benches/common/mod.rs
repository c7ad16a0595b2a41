//! A small generator and the setups of the benches, so that each run measures the same floor.
#![allow(dead_code, reason = "each bench uses its part")]

use acd::api::{AgentSetup, Arrival, Effect, QueueSetup};
use core::time::Duration;
use domain::{
    AgentId, Channel, ContactId, OfferId, Priority, Proficiency, QueueId, Requirement, Ring, ServiceLevelGoal, SkillId,
};
use std::time::Instant as Stopwatch;

/// A small generator (Knuth's MMIX constants).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

pub fn queue_id(number: u64) -> QueueId {
    format!("queue-{number}").parse().expect("a slug")
}

pub fn agent_id(number: u64) -> AgentId {
    format!("agent-{number}").parse().expect("a slug")
}

pub fn skill_id(number: u64) -> SkillId {
    format!("skill-{number}").parse().expect("a slug")
}

pub fn level(level: u64) -> Proficiency {
    Proficiency::new(level as u8).expect("at most ten")
}

pub fn queue(number: u64) -> QueueSetup {
    let goal = ServiceLevelGoal { share_percent: 80, within_ms: 20_000, short_abandon_ms: 5_000 };
    QueueSetup { goal, ..QueueSetup::new(queue_id(number)) }
}

/// Offers among the effects.
pub fn offers(effects: &[Effect]) -> Vec<(OfferId, ContactId, AgentId)> {
    let offer = |effect: &Effect| match effect {
        Effect::Offer { offer, contact, agent, .. } => Some((*offer, *contact, *agent)),
        _ => None,
    };
    effects.iter().filter_map(offer).collect()
}

/// The costs of events of one kind, in nanoseconds.
#[derive(Default)]
pub struct Costs(Vec<u64>);

impl Costs {
    /// Times one event.
    pub fn time<T>(&mut self, event: impl FnOnce() -> T) -> T {
        let begun = Stopwatch::now();
        let done = event();
        self.0.push(begun.elapsed().as_nanos() as u64);
        done
    }

    pub fn join(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        self
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn mean_us(&self) -> f64 {
        self.0.iter().sum::<u64>() as f64 / self.0.len().max(1) as f64 / 1_000.0
    }

    /// The cost that this many in a thousand events do not exceed.
    pub fn permille_us(&mut self, permille: usize) -> f64 {
        self.0.sort_unstable();
        self.0.get(self.0.len() * permille / 1_000).map_or(0.0, |ns| *ns as f64 / 1_000.0)
    }
}

/// The requirements of the large floor: 64 skills at 4 levels, and 256 pairs of skills.
pub const SKILLS: u64 = 64;
pub const LEVELS: u64 = 4;
pub const PAIRS: u64 = 256;
pub const QUEUES: u64 = 4;

fn need(form: u64) -> Vec<(SkillId, Proficiency)> {
    if form < SKILLS * LEVELS {
        return vec![(skill_id(form / LEVELS), level(1 + form % LEVELS))];
    }
    let pair = Numbers(form).below(SKILLS * (SKILLS - 1));
    let (one, step) = (pair % SKILLS, 1 + pair / SKILLS);
    vec![(skill_id(one), level(1)), (skill_id((one + step) % SKILLS), level(1))]
}

/// What a single skill widens to: the lowest level; a pair: its first skill.
fn wider(form: u64) -> Vec<(SkillId, Proficiency)> {
    let mut need = need(form);
    need.truncate(1);
    need[0].1 = level(1);
    need
}

/// All requirements, made once: what a flow would hold ready.
pub fn requirements(widens_after: Duration) -> Vec<Requirement> {
    let rings =
        |form| vec![Ring { after: Duration::ZERO, need: need(form) }, Ring { after: widens_after, need: wider(form) }];
    (0..SKILLS * LEVELS + PAIRS).map(|form| Requirement::new(rings(form))).collect()
}

/// A call with one of these requirements.
pub fn arrival(numbers: &mut Numbers, requirements: &[Requirement], contact: u128) -> Arrival {
    let form = numbers.below(requirements.len() as u64);
    Arrival {
        priority: Priority(numbers.below(5) as i32),
        requirement: Some(requirements[form as usize].clone()),
        ..Arrival::new(ContactId::new(contact), queue_id(form % QUEUES))
    }
}

/// An agent with eight skills, member of all queues.
pub fn agent(numbers: &mut Numbers, number: u64) -> AgentSetup {
    AgentSetup {
        id: agent_id(number),
        name: String::new(),
        skills: (0..8).map(|_| (skill_id(numbers.below(SKILLS)), level(1 + numbers.below(LEVELS)))).collect(),
        queues: (0..QUEUES).map(|n| queue_id(n).into()).collect(),
        capacity: vec![(Channel::Voice, 1)],
    }
}
