//! The vocabulary of the ACD engine: what it is told, what it is asked, what it wants done. The words of its
//! construction stand in `setup.rs`, those of its reasons in `why.rs`.

pub use crate::setup::{
    AgentRule, AgentSetup, ContactRule, CoolDowns, Interrupt, Limits, Membership, Overflow, QueueSetup, Setup,
};
pub use crate::why::{CANDIDATES, Exclusion, Explanation, PASSED_OVER, Verdict, Why};
use domain::{
    AgentId, AgentState, Channel, ContactId, Instant, NextState, OfferId, OfferResult, Priority, QueueId, ReasonCode,
    Requirement,
};

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
    /// Points per second of age; `None`: the queue's.
    pub age_per_s: Option<u32>,
    /// `None`: the queue's.
    pub requirement: Option<Requirement>,
    /// When it first asked for an agent: its age counts from here. `None`: now.
    pub since: Option<Instant>,
    /// The preferred agent.
    pub sticky: Option<AgentId>,
}

impl Arrival {
    /// A call for this queue, as plain as can be.
    #[must_use]
    pub const fn new(contact: ContactId, queue: QueueId) -> Self {
        Self {
            contact,
            queue,
            channel: Channel::Voice,
            priority: Priority(0),
            age_per_s: None,
            requirement: None,
            since: None,
            sticky: None,
        }
    }
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
    /// The offer ends later than it would: the customer's telephone rings first. Stale ids are ignored.
    Extended {
        /// The offer.
        offer: OfferId,
        /// When it ends unanswered; an earlier time than that of the offer changes nothing.
        deadline: Instant,
    },
    /// The talk of an agent with a contact ended: after-contact work begins (or the next state, without wrap-up).
    Finished {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentId,
    },
    /// The agent is busy with a contact that no queue brought (a dialled call, a consult). Told again, it changes the
    /// queue.
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
    /// The queue opened or closed. A closed queue turns new contacts away and sends those waiting on, but for those
    /// being offered. Queues are open until told otherwise.
    Opened {
        /// The queue.
        queue: QueueId,
        /// Open.
        open: bool,
    },
    /// The queue lets new contacts in or turns them away as closed; those in line stay. Queues let in until told otherwise.
    Admits {
        /// The queue.
        queue: QueueId,
        /// Lets in.
        admits: bool,
    },
    /// New points for a contact in line, at once in force; `None` keeps what it has.
    Reprioritised {
        /// The contact.
        contact: ContactId,
        /// Points on top of the queue's.
        priority: Option<Priority>,
        /// Points per second of age.
        age_per_s: Option<u32>,
    },
    /// Queues, agents and rules are these from now on, also for those already waiting, ringing and working.
    /// Contacts keep their place, requirement of their own and age; offers, contacts in hand, states, idle times and
    /// counters stay. A removed queue is a closed one for those who wait in it; a removed agent is offered nothing and
    /// signed out when nothing is in hand. The seed keeps its place in the draw.
    Reconfigured(Box<Setup>),
    /// A deadline of `Engine::deadline` has come.
    Tick,
}

/// Why a contact left a line, or was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitReason {
    /// [`Limits::most_waiting`].
    Full,
    /// [`Limits::longest_wait`].
    LongestWait,
    /// [`Limits::needs_agents`].
    NoAgents,
    /// The queue is closed or is no more.
    Closed,
    /// [`Overflow::after`].
    Overflow,
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
    /// The contact left the line unserved and goes on outside of it.
    Exit {
        /// The contact.
        contact: ContactId,
        /// The queue that it left.
        queue: QueueId,
        /// Why.
        reason: ExitReason,
    },
    /// The contact moved to another queue, age kept.
    Overflowed {
        /// The contact.
        contact: ContactId,
        /// The queue that it left or that turned it away.
        from: QueueId,
        /// The queue where it waits.
        to: QueueId,
        /// Why.
        reason: ExitReason,
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
    /// Agents of the queue who are signed in and not away.
    pub staffed: u32,
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
    /// A contact has waited as long as a member's delay.
    Delay,
    /// A contact has waited as long as its queue allows.
    Limit,
}
