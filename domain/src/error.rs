//! Why a person's wish was refused. Each variant has a stable code, listed in `docs/problems.md`.

/// A refused wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CommandError {
    /// The agent does not exist.
    #[error("there is no such agent")]
    UnknownAgent,
    /// The agent is not signed in.
    #[error("the agent is not signed in")]
    NotSignedIn,
    /// The agent's state does not allow this.
    #[error("the agent's state does not allow this now")]
    WrongState,
    /// The offer is over.
    #[error("this offer is over")]
    StaleOffer,
    /// There is no such contact, or it is over.
    #[error("there is no such live contact")]
    UnknownContact,
    /// The contact belongs to another agent.
    #[error("this contact is with another agent")]
    NotYourContact,
    /// There is no such queue.
    #[error("there is no such queue")]
    UnknownQueue,
    /// There is no such schedule.
    #[error("there is no such schedule")]
    UnknownSchedule,
    /// There is no such reason code.
    #[error("there is no such reason code")]
    UnknownReason,
    /// There is no such disposition.
    #[error("there is no such disposition for this queue")]
    UnknownDisposition,
    /// A disposition is needed first.
    #[error("choose a disposition first")]
    DispositionMissing,
    /// The agent's phone is not registered.
    #[error("the agent's phone is not registered or has no address")]
    NoPhone,
    /// A desk phone must be answered by hand.
    #[error("answer on the phone itself: it cannot be answered from here")]
    AnswerOnPhone,
    /// The agent who is asked takes no call now.
    #[error("this agent takes no call now")]
    AgentUnavailable,
    /// The number cannot be dialled.
    #[error("this number cannot be dialled")]
    BadNumber,
    /// The number is being called at this moment.
    #[error("this number is being called at this moment")]
    NumberInUse,
    /// There is no trunk for outgoing calls.
    #[error("no trunk is set up for outgoing calls")]
    NoTrunk,
    /// The engine is shutting down.
    #[error("the engine is shutting down")]
    Draining,
}

impl CommandError {
    /// Every refusal.
    pub const ALL: [Self; 18] = [
        Self::UnknownAgent,
        Self::NotSignedIn,
        Self::WrongState,
        Self::StaleOffer,
        Self::UnknownContact,
        Self::NotYourContact,
        Self::UnknownQueue,
        Self::UnknownSchedule,
        Self::UnknownReason,
        Self::UnknownDisposition,
        Self::DispositionMissing,
        Self::NoPhone,
        Self::AnswerOnPhone,
        Self::AgentUnavailable,
        Self::BadNumber,
        Self::NumberInUse,
        Self::NoTrunk,
        Self::Draining,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownAgent => "unknown_agent",
            Self::NotSignedIn => "not_signed_in",
            Self::WrongState => "wrong_state",
            Self::StaleOffer => "stale_offer",
            Self::UnknownContact => "unknown_contact",
            Self::NotYourContact => "not_your_contact",
            Self::UnknownQueue => "unknown_queue",
            Self::UnknownSchedule => "unknown_schedule",
            Self::UnknownReason => "unknown_reason",
            Self::UnknownDisposition => "unknown_disposition",
            Self::DispositionMissing => "disposition_missing",
            Self::NoPhone => "no_phone",
            Self::AnswerOnPhone => "answer_on_phone",
            Self::AgentUnavailable => "agent_unavailable",
            Self::BadNumber => "bad_number",
            Self::NumberInUse => "number_in_use",
            Self::NoTrunk => "no_trunk",
            Self::Draining => "draining",
        }
    }
}
