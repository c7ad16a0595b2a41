//! The vocabulary of the ACD engine: what it is told, what it is asked, what it wants done.

use core::time::Duration;
use domain::{
    AgentId, AgentState, Channel, ContactId, Instant, NextState, OfferId, OfferResult, Priority, Proficiency, QueueId,
    ReasonCode, Requirement, ServiceLevelGoal, SkillId,
};

/// How a queue chooses among eligible agents (`docs/routing.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum AgentRule {
    /// The agent who has been idle longest.
    #[default]
    LongestIdle,
    /// The agent with the smallest share of busy time; then longest idle.
    LeastOccupied,
    /// The agent with the largest sum of levels over the needed skills; then longest idle.
    BestLevel,
}

/// What an agent does after an offer that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoolDowns {
    /// After the agent declined.
    pub declined: Duration,
    /// After the agent's phone was busy.
    pub busy: Duration,
    /// After the agent's phone could not be reached.
    pub unreachable: Duration,
    /// After no answer. With `no_answer_not_ready` it does not matter.
    pub no_answer: Duration,
    /// No answer makes the agent `NotReady(rona)`.
    pub no_answer_not_ready: bool,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSetup {
    /// The id.
    pub id: QueueId,
    /// The name.
    pub name: String,
    /// The goal.
    pub goal: ServiceLevelGoal,
    /// Added to each contact's priority.
    pub base_priority: Priority,
    /// Points that a waiting contact gains per second.
    pub age_per_s: u32,
    /// How an agent is chosen.
    pub agent_rule: AgentRule,
    /// How long an offer rings.
    pub offer_timeout: Duration,
    /// After-contact work: its length; zero: none.
    pub wrap_up: Duration,
    /// What `ExtendWrapUp` adds.
    pub wrap_up_extension: Duration,
    /// After a failed offer.
    pub cool_downs: CoolDowns,
    /// Needed of every contact of this queue, when the flow says nothing else.
    pub requirement: Requirement,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSetup {
    /// The id.
    pub id: AgentId,
    /// The name.
    pub name: String,
    /// Skills with levels.
    pub skills: Vec<(SkillId, Proficiency)>,
    /// Queues served.
    pub queues: Vec<QueueId>,
    /// Contacts of each channel at once; voice is exclusive. A channel not named: none; nothing named: one voice
    /// contact. Callbacks are calls: where they are not named, voice's figure holds.
    pub capacity: Vec<(Channel, u8)>,
}

/// What an engine is built from. A checked configuration makes it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Setup {
    /// Queues.
    pub queues: Vec<QueueSetup>,
    /// Agents.
    pub agents: Vec<AgentSetup>,
    /// Sticky window: only the preferred agent for so long (`docs/routing.md` 2.3); zero: no stickiness.
    pub sticky: Duration,
}

/// A contact that asks for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The contact.
    pub contact: ContactId,
    /// The queue.
    pub queue: QueueId,
    /// The channel.
    pub channel: Channel,
    /// Points on top of the queue's.
    pub priority: Priority,
    /// `None`: the queue's.
    pub requirement: Option<Requirement>,
    /// When it first asked for an agent: its age counts from here. `None`: now.
    pub since: Option<Instant>,
    /// The preferred agent.
    pub sticky: Option<AgentId>,
}

/// A fact. Facts cannot be refused; those that no longer matter are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A contact asks for an agent. A contact already in line is moved to the queue named, age kept.
    Arrived(Arrival),
    /// The contact is gone or is served elsewhere: out of the line, its offer withdrawn with this result
    /// (`CustomerLeft` counts as an abandon, anything else as flowed out).
    Left {
        /// The contact.
        contact: ContactId,
        /// Why.
        result: OfferResult,
    },
    /// The offer ended: the agent answered, declined, was busy or unreachable. Stale ids are ignored
    /// (`Engine::is_current` tells beforehand). Deadlines are the engine's own.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// How.
        result: OfferResult,
    },
    /// The talk of an agent with a contact ended: after-contact work begins (or the next state, without wrap-up).
    Finished {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentId,
    },
    /// The agent is busy with a contact that no queue brought (a dialled call, a direct transfer).
    Occupied {
        /// The agent.
        agent: AgentId,
        /// The contact.
        contact: ContactId,
        /// Whose wrap-up rule holds afterwards.
        queue: Option<QueueId>,
    },
    /// The agent's phone, socket or media became usable or unusable for offers. Unusable agents keep their state but
    /// are offered nothing.
    Routable {
        /// The agent.
        agent: AgentId,
        /// Usable.
        routable: bool,
    },
    /// A deadline of `Engine::deadline` has come.
    Tick,
}

/// A wish of a person or of the system on an agent's behalf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sign in; the agent is not ready (`reason` given by the switchboard) until `Ready`.
    SignIn(AgentId, ReasonCode),
    /// Sign out; while busy or wrapping up: afterwards. An offer is withdrawn.
    SignOut(AgentId),
    /// Ready; while busy: afterwards; in wrap-up: ends it.
    Ready(AgentId),
    /// Not ready; while busy or wrapping up: afterwards. While reserved: declines the offer first.
    NotReady(AgentId, ReasonCode),
    /// More time for wrap-up.
    ExtendWrapUp(AgentId),
    /// Wrap-up is over.
    FinishWrapUp(AgentId),
}

/// The three best candidates and the rule, in words, for "why this agent?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The contact's score.
    pub score: i64,
    /// The ring in force, from 0.
    pub ring: u16,
    /// The rule that chose.
    pub rule: AgentRule,
    /// The best candidates, at most three, the chosen one first, each with the rule's figure (idle ms, occupancy
    /// 2^20ths, level sum).
    pub candidates: Vec<(AgentId, i64)>,
}

/// What the engine wants done or tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Reserve done: ring this agent for this contact.
    Offer {
        /// The offer.
        offer: OfferId,
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentId,
        /// The queue.
        queue: QueueId,
        /// When it ends unanswered.
        deadline: Instant,
        /// Why.
        why: Why,
    },
    /// The offer is over (told for every end, also for those reported by `Fact::OfferEnded`).
    /// After anything but `Answered`, `CustomerLeft` and `Withdrawn`-by-leaving the contact is in line again.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentId,
        /// How.
        result: OfferResult,
    },
    /// The agent's state changed, or what is to follow it.
    AgentState {
        /// The agent.
        agent: AgentId,
        /// The state.
        state: AgentState,
        /// Since when.
        since: Instant,
        /// What follows.
        next: Option<NextState>,
        /// When wrap-up ends by itself.
        wrap_up_deadline: Option<Instant>,
    },
    /// After-contact work for this contact is over (deadline or wish).
    WrapUpEnded {
        /// The agent.
        agent: AgentId,
        /// The contact.
        contact: ContactId,
        /// True: the deadline passed.
        timed_out: bool,
    },
}

/// Figures of a queue at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QueueFigures {
    /// Contacts in line, those being offered too.
    pub waiting: u32,
    /// Agents of the queue who are ready.
    pub ready: u32,
    /// How long the contact longest in line has waited, in milliseconds; 0 when nobody waits.
    pub longest_wait_ms: u64,
}

/// Why [`crate::Engine::deadline`] asks to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An offer's deadline.
    Offer,
    /// A wrap-up's deadline.
    WrapUp,
    /// A cool-down ends.
    CoolDown,
    /// A contact's requirement relaxes.
    Ring,
    /// A sticky window closes.
    Sticky,
}
