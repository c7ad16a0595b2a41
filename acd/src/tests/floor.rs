//! A small floor to write sentences about.

use crate::Engine;
use crate::api::{
    AgentRule, AgentSetup, Arrival, Command, CoolDowns, Effect, ExitReason, Fact, Limits, QueueSetup, Setup, Why,
};
use crate::forecast::{Noted, Watch};
use core::time::Duration;
use domain::{
    AgentId, AgentState, Channel, CommandError, ContactId, Instant, NextState, OfferId, OfferResult, Priority,
    Proficiency, QueueId, ReasonCode, Requirement, Ring, ServiceLevelGoal, SkillId,
};

pub(super) fn agent_id(id: &str) -> AgentId {
    id.parse().unwrap()
}

pub(super) fn reason(code: &str) -> ReasonCode {
    code.parse().unwrap()
}

pub(super) fn not_ready(code: &str) -> AgentState {
    AgentState::NotReady(reason(code))
}

pub(super) fn need(skills: &[(&str, u8)]) -> Vec<(SkillId, Proficiency)> {
    skills.iter().map(|(skill, level)| (skill.parse().unwrap(), Proficiency::new(*level).unwrap())).collect()
}

pub(super) fn rings(rings: &[(u64, &[(&str, u8)])]) -> Requirement {
    let ring = |(after, skills): &(u64, &[(&str, u8)])| Ring { after: Duration::from_secs(*after), need: need(skills) };
    Requirement::new(rings.iter().map(ring).collect())
}

pub(super) fn queue(id: &str) -> QueueSetup {
    QueueSetup {
        id: id.parse().unwrap(),
        name: id.to_uppercase(),
        goal: ServiceLevelGoal { share_percent: 80, within_ms: 20_000, short_abandon_ms: 5_000 },
        base_priority: Priority(0),
        age_per_s: 1,
        agent_rule: AgentRule::LongestIdle,
        offer_timeout: Duration::from_secs(20),
        wrap_up: Duration::from_secs(30),
        wrap_up_extension: Duration::from_secs(15),
        cool_downs: CoolDowns {
            declined: Duration::from_secs(10),
            busy: Duration::from_secs(11),
            unreachable: Duration::from_secs(12),
            no_answer: Duration::from_secs(13),
            no_answer_limit: 1,
        },
        requirement: Requirement::default(),
        limits: Limits::default(),
    }
}

pub(super) fn agent(id: &str, skills: &[(&str, u8)]) -> AgentSetup {
    AgentSetup {
        id: agent_id(id),
        name: id.to_uppercase(),
        skills: need(skills),
        queues: ["sales", "support"].map(|queue| queue.parse::<QueueId>().unwrap().into()).to_vec(),
        capacity: vec![(Channel::Voice, 1), (Channel::Chat, 2)],
    }
}

/// An engine, the time, and what it told.
pub(super) struct Floor {
    pub(super) engine: Engine,
    pub(super) now: Instant,
    pub(super) effects: Vec<Effect>,
    pub(super) watch: Watch,
}

/// A floor with the queues `sales` and `support`, and these agents.
pub(super) fn floor(agents: &[AgentSetup]) -> Floor {
    floor_of(vec![queue("sales"), queue("support")], agents)
}

pub(super) fn floor_of(queues: Vec<QueueSetup>, agents: &[AgentSetup]) -> Floor {
    floor_with(Setup { queues, agents: agents.to_vec(), sticky: Duration::from_secs(30), ..Setup::default() })
}

pub(super) fn floor_with(setup: Setup) -> Floor {
    Floor { engine: Engine::new(setup, 1), now: Instant::ZERO, effects: Vec::new(), watch: Watch::new() }
}

/// A floor with agents who have no skills and are ready, each a second after the other.
pub(super) fn ready_floor(agents: &[&str]) -> Floor {
    let setups: Vec<AgentSetup> = agents.iter().map(|id| agent(id, &[])).collect();
    let mut floor = floor(&setups);
    for id in agents {
        floor.make_ready(id);
        floor.wait(1);
    }
    floor
}

pub(super) fn contact(number: u128) -> Arrival {
    Arrival {
        contact: ContactId::new(number),
        queue: "sales".parse().unwrap(),
        channel: Channel::Voice,
        priority: Priority(0),
        age_per_s: None,
        requirement: None,
        since: None,
        sticky: None,
    }
}

impl Floor {
    pub(super) fn fact(&mut self, fact: Fact) {
        let (noted, told) = (Noted::from(&fact), self.effects.len());
        self.engine.handle(self.now, fact, &mut self.effects);
        self.watch.after(&self.engine, noted, &self.effects[told..]);
    }

    pub(super) fn command(&mut self, command: Command) -> Result<(), CommandError> {
        let told = self.effects.len();
        let result = self.engine.command(self.now, command, &mut self.effects);
        self.watch.after(&self.engine, Noted::Nothing, &self.effects[told..]);
        result
    }

    pub(super) fn wish(&mut self, command: Command) {
        self.command(command).unwrap();
    }

    pub(super) fn make_ready(&mut self, agent: &str) {
        self.wish(Command::SignIn(agent_id(agent), reason("login")));
        self.wish(Command::Ready(agent_id(agent)));
    }

    /// Seconds pass, and the engine is called whenever it asks to be.
    pub(super) fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some((at, _)) = self.engine.deadline().filter(|(at, _)| *at <= until) {
            self.now = at;
            self.fact(Fact::Tick);
        }
        self.now = until;
    }

    pub(super) fn arrive(&mut self, number: u128) {
        self.fact(Fact::Arrived(contact(number)));
    }

    pub(super) fn arrive_at(&mut self, queue: &str, number: u128) {
        self.fact(Fact::Arrived(Arrival { queue: queue.parse().unwrap(), ..contact(number) }));
    }

    /// What became of contacts by limits: the contact, the queue left, where to, why.
    pub(super) fn sent_on(&self) -> Vec<(u128, String, Option<String>, ExitReason)> {
        let sent = |effect: &Effect| match effect {
            Effect::Exit { contact, queue, reason } => Some((contact.number(), queue.to_string(), None, *reason)),
            Effect::Overflowed { contact, from, to, reason } => {
                Some((contact.number(), from.to_string(), Some(to.to_string()), *reason))
            }
            _ => None,
        };
        self.effects.iter().filter_map(sent).collect()
    }

    /// The reasons of the last decision.
    pub(super) fn last_why(&self) -> Why {
        let why = |effect: &Effect| match effect {
            Effect::Offer { why, .. } => Some(why.clone()),
            _ => None,
        };
        self.effects.iter().rev().find_map(why).unwrap()
    }

    pub(super) fn end(&mut self, offer: OfferId, result: OfferResult) {
        self.fact(Fact::OfferEnded { offer, result });
    }

    /// The agent answers whatever rings.
    pub(super) fn answer(&mut self, agent: &str) {
        let offer = self.rings_at(agent).expect("it rings");
        self.end(offer, OfferResult::Answered);
    }

    pub(super) fn finish(&mut self, agent: &str, number: u128) {
        self.fact(Fact::Finished { contact: ContactId::new(number), agent: agent_id(agent) });
    }

    pub(super) fn state(&self, agent: &str) -> AgentState {
        self.engine.agent_state(agent_id(agent)).unwrap()
    }

    pub(super) fn rings_at(&self, agent: &str) -> Option<OfferId> {
        match self.state(agent) {
            AgentState::Reserved(offer) => Some(offer),
            _ => None,
        }
    }

    /// All offers so far: contact and agent.
    pub(super) fn offers(&self) -> Vec<(u128, String)> {
        let offer = |effect: &Effect| match effect {
            Effect::Offer { contact, agent, .. } => Some((contact.number(), agent.to_string())),
            _ => None,
        };
        self.effects.iter().filter_map(offer).collect()
    }

    /// What was last told about an agent: state, next and the wrap-up's deadline in seconds.
    pub(super) fn told(&self, agent: &str) -> (AgentState, Option<NextState>, Option<u64>) {
        let told = |effect: &Effect| match effect {
            Effect::AgentState { agent: id, state, next, wrap_up_deadline, .. } if *id == agent_id(agent) => {
                Some((*state, *next, wrap_up_deadline.map(|at| at.as_millis() / 1_000)))
            }
            _ => None,
        };
        self.effects.iter().rev().find_map(told).unwrap()
    }

    pub(super) fn counts(&self, queue: &str) -> domain::Counts {
        self.engine.counts(queue.parse().unwrap()).unwrap()
    }
}
