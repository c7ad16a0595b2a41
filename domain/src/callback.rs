//! Calling customers back: what is asked for, and how it ends without a talk.

use crate::{AgentId, ContactId, Dnis, Language, Priority, QueueId, Requirement, WallTime};

/// What a call back was asked for with: enough to make it again after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackOrder {
    /// Whose agents call back.
    pub queue: QueueId,
    /// The number to call.
    pub number: Dnis,
    /// The call in which the customer asked for it; `None`: a person or a program asked.
    pub from: Option<ContactId>,
    /// How long the customer had waited for an agent by then, in milliseconds: the age in the line.
    pub age_ms: u64,
    /// Points on top of the queue's.
    pub priority: Priority,
    /// `None`: the queue's own.
    pub requirement: Option<Requirement>,
    /// The language in which it was asked for; `None`: the customer's own where it is known, else the centre's.
    pub language: Option<Language>,
    /// Not before this time; `None`: as soon as it is its turn.
    pub at: Option<WallTime>,
    /// The agent who is to call; others do when this one is not free for a while.
    pub agent: Option<AgentId>,
}

/// Why a call back is not made any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallbackCancel {
    /// The customer talked with an agent in another contact.
    Reached,
    /// A person took it back.
    Withdrawn,
    /// Another request for the same number takes its place.
    Replaced,
}

impl CallbackCancel {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Reached, Self::Withdrawn, Self::Replaced];

    /// The word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Withdrawn => "withdrawn",
            Self::Replaced => "replaced",
        }
    }
}

/// Why a queue does not offer to call back at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallbackRefusal {
    /// Nobody knows that the wait is long enough to be worth it.
    ShortWait,
    /// No agent is there.
    NoAgents,
    /// Too many are open.
    ManyOpen,
    /// Live callers need the agents' time.
    Load,
    /// Those that are open keep the agents busy for too long.
    Backlog,
}

impl CallbackRefusal {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::ShortWait, Self::NoAgents, Self::ManyOpen, Self::Load, Self::Backlog];

    /// The word in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ShortWait => "short_wait",
            Self::NoAgents => "no_agents",
            Self::ManyOpen => "many_open",
            Self::Load => "load",
            Self::Backlog => "backlog",
        }
    }
}

/// How far a call back is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallbackState {
    /// It waits for its time: a later attempt, or the time that was agreed.
    Scheduled,
    /// The customer is on the line in another contact.
    Suspended,
    /// In line for an agent.
    InLine,
    /// An agent is rung, or the customer is called.
    Trying,
    /// The customer is on the line.
    Talking,
}

impl CallbackState {
    /// The word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Suspended => "suspended",
            Self::InLine => "in_line",
            Self::Trying => "trying",
            Self::Talking => "talking",
        }
    }
}
