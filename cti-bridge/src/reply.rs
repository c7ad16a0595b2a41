//! Where a refused wish, an unanswered question or a bad message becomes a CTI error. Total matches: a new cause does
//! not compile until it has a code here.

use crate::schema::{Problem, Reply};
use domain::{CommandError, QueryError};
use schemars::JsonSchema;
use serde::Serialize;

/// The stable codes of the CTI WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The agent does not exist.
    UnknownAgent,
    /// The agent is not signed in.
    NotSignedIn,
    /// The agent's state does not allow this.
    WrongState,
    /// The offer is over.
    StaleOffer,
    /// There is no such contact, or it is over.
    UnknownContact,
    /// The contact belongs to another agent.
    NotYourContact,
    /// There is no such queue.
    UnknownQueue,
    /// There is no such schedule.
    UnknownSchedule,
    /// There is no such reason code.
    UnknownReason,
    /// There is no such disposition.
    UnknownDisposition,
    /// A disposition is needed first.
    DispositionMissing,
    /// The agent's phone is not registered.
    NoPhone,
    /// A desk phone must be answered by hand.
    AnswerOnPhone,
    /// The agent who is asked takes no call now.
    AgentUnavailable,
    /// The number cannot be dialled.
    BadNumber,
    /// The number is being called at this moment.
    NumberInUse,
    /// There is no trunk for outgoing calls.
    NoTrunk,
    /// The engine is shutting down.
    Draining,
    /// The first message was not `hello`, or came too late.
    HelloExpected,
    /// The token is unknown or its session is over.
    Unauthenticated,
    /// The user's role does not allow this.
    Forbidden,
    /// The message is not one of this protocol.
    BadMessage,
    /// A field of the message has a value that cannot be.
    BadField,
    /// The store or the engine does not answer.
    Unavailable,
    /// There is no such record.
    NotFound,
    /// The client reads too slowly and has been cut off; it may resume.
    SlowReader,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 26] = [
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
        Self::HelloExpected,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::BadMessage,
        Self::BadField,
        Self::Unavailable,
        Self::NotFound,
        Self::SlowReader,
    ];
}

/// The code of a refusal.
#[must_use]
pub const fn command_code(error: CommandError) -> ErrorCode {
    match error {
        CommandError::UnknownAgent => ErrorCode::UnknownAgent,
        CommandError::NotSignedIn => ErrorCode::NotSignedIn,
        CommandError::WrongState => ErrorCode::WrongState,
        CommandError::StaleOffer => ErrorCode::StaleOffer,
        CommandError::UnknownContact => ErrorCode::UnknownContact,
        CommandError::NotYourContact => ErrorCode::NotYourContact,
        CommandError::UnknownQueue => ErrorCode::UnknownQueue,
        CommandError::UnknownSchedule => ErrorCode::UnknownSchedule,
        CommandError::UnknownReason => ErrorCode::UnknownReason,
        CommandError::UnknownDisposition => ErrorCode::UnknownDisposition,
        CommandError::DispositionMissing => ErrorCode::DispositionMissing,
        CommandError::NoPhone => ErrorCode::NoPhone,
        CommandError::AnswerOnPhone => ErrorCode::AnswerOnPhone,
        CommandError::AgentUnavailable => ErrorCode::AgentUnavailable,
        CommandError::BadNumber => ErrorCode::BadNumber,
        CommandError::NumberInUse => ErrorCode::NumberInUse,
        CommandError::NoTrunk => ErrorCode::NoTrunk,
        CommandError::Draining => ErrorCode::Draining,
    }
}

/// The code of a question that the store did not answer.
#[must_use]
pub const fn query_code(error: &QueryError) -> ErrorCode {
    match error {
        QueryError::BadCursor | QueryError::BadField { .. } => ErrorCode::BadField,
        QueryError::NotFound => ErrorCode::NotFound,
        QueryError::Unavailable => ErrorCode::Unavailable,
    }
}

impl Problem {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(ErrorCode::Unauthenticated, "the session is unknown or over; sign in again")
    }

    pub(crate) fn hello_expected() -> Self {
        Self::new(ErrorCode::HelloExpected, "send `hello` with a session token within 5 seconds")
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(ErrorCode::Unavailable, "the engine does not answer at the moment; try again")
    }

    pub(crate) fn slow_reader() -> Self {
        Self::new(ErrorCode::SlowReader, "this client reads too slowly; connect again and resume")
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        Self::new(command_code(error), error.to_string())
    }
}

impl From<&QueryError> for Problem {
    fn from(error: &QueryError) -> Self {
        Self::new(query_code(error), error.to_string())
    }
}

impl Reply {
    pub(crate) fn new(id: String, result: Result<(), Problem>) -> Self {
        Self { id, ok: result.is_ok(), error: result.err() }
    }
}
