//! Words for calls with three people: consult, conference, supervisors on the line.

use crate::{AgentId, Instant, TransferTarget};

/// How a supervisor is on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Monitor {
    /// Hears all, is heard by nobody.
    Listen,
    /// Hears all, is heard by the agent alone.
    Whisper,
    /// Hears all, is heard by all.
    Barge,
}

impl Monitor {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Listen, Self::Whisper, Self::Barge];

    /// The word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Barge => "barge",
        }
    }
}

/// How a consult ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsultResult {
    /// The customer was handed on to the one consulted.
    Completed,
    /// The agent gave it up or went back to the customer.
    Cancelled,
    /// The one asked declined.
    Declined,
    /// The one asked was busy.
    Busy,
    /// The one asked did not answer in time.
    NoAnswer,
    /// The one asked could not be reached, or the queue does not serve the contact.
    Unreachable,
    /// The one consulted hung up.
    Left,
    /// The customer hung up.
    CustomerLeft,
}

impl ConsultResult {
    /// Every result.
    pub const ALL: [Self; 8] = [
        Self::Completed,
        Self::Cancelled,
        Self::Declined,
        Self::Busy,
        Self::NoAnswer,
        Self::Unreachable,
        Self::Left,
        Self::CustomerLeft,
    ];

    /// The word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Unreachable => "unreachable",
            Self::Left => "left",
            Self::CustomerLeft => "customer_left",
        }
    }
}

/// Where a consult stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsultStage {
    /// Nobody has answered yet; the customer hears music.
    Asking,
    /// The agent talks with the one consulted; the customer hears music.
    Consulting,
    /// The agent talks with the customer; the one consulted hears music.
    Customer,
    /// All talk with each other.
    Conference,
}

impl ConsultStage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Asking, Self::Consulting, Self::Customer, Self::Conference];

    /// The word in APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Consulting => "consulting",
            Self::Customer => "customer",
            Self::Conference => "conference",
        }
    }
}

/// A consult, as one of its two agents sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsultView {
    /// True for the agent who consults, false for the one consulted.
    pub asks: bool,
    /// Who was asked.
    pub target: TransferTarget,
    /// The other agent; `None` while nobody has answered for a queue, and for a number.
    pub agent: Option<AgentId>,
    /// Where it stands.
    pub stage: ConsultStage,
    /// Since when.
    pub since: Instant,
}

/// A supervisor on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonitorView {
    /// The supervisor.
    pub agent: AgentId,
    /// How.
    pub mode: Monitor,
    /// True once the supervisor's phone has answered.
    pub joined: bool,
}
