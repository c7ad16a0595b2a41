//! The cost of one match: an agent is freed while contacts wait, until the offer is made.
//!
//! Prints `name value unit` lines. Run with `cargo bench --profile release -p acd`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use acd::Engine;
use acd::api::{AgentSetup, Arrival, Command, CoolDowns, Effect, Fact, QueueSetup, Setup};
use core::time::Duration;
use domain::{
    AgentId, Channel, ContactId, Instant, OfferId, OfferResult, Priority, Proficiency, QueueId, Requirement, Ring,
    ServiceLevelGoal, SkillId,
};

const WAITING: u128 = 1_000;
const AGENTS: u64 = 200;
const QUEUES: u64 = 8;
const SKILLS: u64 = 16;
const ROUNDS: usize = 20_000;

/// A small generator (Knuth's MMIX constants), so that each run measures the same floor.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn skill(&mut self) -> SkillId {
        format!("skill-{}", self.below(SKILLS)).parse().expect("a slug")
    }

    fn level(&mut self, most: u64) -> Proficiency {
        Proficiency::new(1 + self.below(most) as u8).expect("at most ten")
    }

    fn queue(&mut self) -> QueueId {
        queue_id(self.below(QUEUES))
    }

    fn arrival(&mut self, contact: u128) -> Arrival {
        let need = vec![(self.skill(), self.level(4))];
        let relaxed = Ring { after: Duration::from_secs(3_600), need: Vec::new() };
        let rings = vec![Ring { after: Duration::ZERO, need }, relaxed];
        Arrival {
            contact: ContactId::new(contact),
            queue: self.queue(),
            channel: Channel::Voice,
            priority: Priority(self.below(5) as i32),
            requirement: Some(Requirement::new(rings)),
            since: None,
            sticky: None,
        }
    }

    fn agent(&mut self, number: u64) -> AgentSetup {
        AgentSetup {
            id: format!("agent-{number}").parse().expect("a slug"),
            name: String::new(),
            skills: (0..6).map(|_| (self.skill(), self.level(10))).collect(),
            queues: (0..QUEUES).filter(|_| self.below(2) == 0).map(queue_id).collect(),
            capacity: vec![(Channel::Voice, 1)],
        }
    }
}

fn queue_id(number: u64) -> QueueId {
    format!("queue-{number}").parse().expect("a slug")
}

fn queue(number: u64) -> QueueSetup {
    let none = Duration::ZERO;
    QueueSetup {
        id: queue_id(number),
        name: String::new(),
        goal: ServiceLevelGoal { share_percent: 80, within_ms: 20_000, short_abandon_ms: 5_000 },
        base_priority: Priority(0),
        age_per_s: 1,
        agent_rule: acd::api::AgentRule::LongestIdle,
        offer_timeout: Duration::from_secs(20),
        wrap_up: none,
        wrap_up_extension: none,
        cool_downs: CoolDowns {
            declined: none,
            busy: none,
            unreachable: none,
            no_answer: none,
            no_answer_not_ready: true,
        },
        requirement: Requirement::default(),
    }
}

/// Offers among the effects.
fn offers(effects: &[Effect]) -> Vec<(OfferId, ContactId, AgentId)> {
    let offer = |effect: &Effect| match effect {
        Effect::Offer { offer, contact, agent, .. } => Some((*offer, *contact, *agent)),
        _ => None,
    };
    effects.iter().filter_map(offer).collect()
}

fn main() {
    let mut numbers = Numbers(7);
    let agents: Vec<AgentSetup> = (0..AGENTS).map(|n| numbers.agent(n)).collect();
    let ids: Vec<AgentId> = agents.iter().map(|agent| agent.id).collect();
    let mut engine = Engine::new(Setup { queues: (0..QUEUES).map(queue).collect(), agents, sticky: Duration::ZERO }, 1);
    let (mut now, mut effects, mut contacts) = (Instant::ZERO, Vec::new(), 0);
    while contacts < WAITING + u128::from(AGENTS) {
        engine.handle(now, Fact::Arrived(numbers.arrival(contacts)), &mut effects);
        contacts += 1;
    }
    for agent in ids {
        let reason = "login".parse().expect("a slug");
        engine.command(now, Command::SignIn(agent, reason), &mut effects).expect("it exists");
        engine.command(now, Command::Ready(agent), &mut effects).expect("it is signed in");
    }
    let mut serving = offers(&effects);
    for (offer, ..) in &serving {
        engine.handle(now, Fact::OfferEnded { offer: *offer, result: OfferResult::Answered }, &mut effects);
    }
    let mut costs: Vec<u64> = Vec::with_capacity(ROUNDS);
    while costs.len() < ROUNDS {
        now = now + Duration::from_millis(7);
        let (_, contact, agent) = serving.swap_remove(numbers.below(serving.len() as u64) as usize);
        effects.clear();
        let begun = std::time::Instant::now();
        engine.handle(now, Fact::Finished { contact, agent }, &mut effects);
        let cost = begun.elapsed();
        for made in offers(&effects) {
            costs.push(cost.as_nanos() as u64);
            engine.handle(now, Fact::OfferEnded { offer: made.0, result: OfferResult::Answered }, &mut effects);
            serving.push(made);
            engine.handle(now, Fact::Arrived(numbers.arrival(contacts)), &mut effects);
            contacts += 1;
        }
    }
    costs.sort_unstable();
    let mean = costs.iter().sum::<u64>() as f64 / costs.len() as f64 / 1_000.0;
    println!("acd_match_us {mean:.3} us");
    println!("acd_match_p99_us {:.3} us", costs[costs.len() * 99 / 100] as f64 / 1_000.0);
}
