//! Why things ended.

/// Why a leg ended. `sip/src/cause.rs` maps it to and from SIP status codes and Q.850 causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A party hung up.
    Normal,
    /// The callee was busy.
    Busy,
    /// The callee did not answer in time.
    NoAnswer,
    /// The callee declined.
    Declined,
    /// The callee could not be reached or is not registered.
    Unreachable,
    /// The number or address does not exist.
    NotFound,
    /// The caller gave up before the answer.
    Cancelled,
    /// Answered elsewhere: another leg took the call.
    AnsweredElsewhere,
    /// No common codec or unusable media description.
    NoCodec,
    /// Media stopped arriving.
    MediaTimeout,
    /// The session timer ran out.
    SessionExpired,
    /// The peer may not do this.
    Forbidden,
    /// The engine or the peer is overloaded or draining.
    Overload,
    /// The peer failed.
    PeerError,
    /// The engine failed.
    InternalError,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 15] = [
        Self::Normal,
        Self::Busy,
        Self::NoAnswer,
        Self::Declined,
        Self::Unreachable,
        Self::NotFound,
        Self::Cancelled,
        Self::AnsweredElsewhere,
        Self::NoCodec,
        Self::MediaTimeout,
        Self::SessionExpired,
        Self::Forbidden,
        Self::Overload,
        Self::PeerError,
        Self::InternalError,
    ];

    /// The cause's word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Declined => "declined",
            Self::Unreachable => "unreachable",
            Self::NotFound => "not_found",
            Self::Cancelled => "cancelled",
            Self::AnsweredElsewhere => "answered_elsewhere",
            Self::NoCodec => "no_codec",
            Self::MediaTimeout => "media_timeout",
            Self::SessionExpired => "session_expired",
            Self::Forbidden => "forbidden",
            Self::Overload => "overload",
            Self::PeerError => "peer_error",
            Self::InternalError => "internal_error",
        }
    }
}

/// Who ended a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndedBy {
    /// The customer.
    Customer,
    /// The agent.
    Agent,
    /// The flow.
    Flow,
    /// The engine: a failure, a time-out, a restart.
    System,
}

impl EndedBy {
    /// The word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
            Self::Flow => "flow",
            Self::System => "system",
        }
    }
}

/// How a contact ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// An agent talked with the customer.
    Answered,
    /// The customer left while waiting for an agent.
    Abandoned,
    /// The contact ended in the flow, before any queue.
    SelfServed,
    /// The contact was refused at the door.
    Rejected,
    /// A queue sent it away unserved, and it ended in its flow.
    FlowedOut,
    /// The customer left the line for a call back.
    Callback,
    /// The caller left a message instead of waiting.
    Voicemail,
    /// A call back that was not made: the customer was reached otherwise, or somebody took it back; or a message in
    /// which nobody said anything; or a call whose caller hung up before the flow began.
    Cancelled,
    /// Nobody answered the call that an agent dialled, or no attempt to call back.
    Unanswered,
    /// A crash or failure of the engine cut it off.
    System,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 10] = [
        Self::Answered,
        Self::Abandoned,
        Self::SelfServed,
        Self::Rejected,
        Self::FlowedOut,
        Self::Callback,
        Self::Voicemail,
        Self::Cancelled,
        Self::Unanswered,
        Self::System,
    ];

    /// The word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned => "abandoned",
            Self::SelfServed => "self_served",
            Self::Rejected => "rejected",
            Self::FlowedOut => "flowed_out",
            Self::Callback => "callback",
            Self::Voicemail => "voicemail",
            Self::Cancelled => "cancelled",
            Self::Unanswered => "unanswered",
            Self::System => "system",
        }
    }
}

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfferResult {
    /// The agent answered.
    Answered,
    /// The agent declined.
    Declined,
    /// The agent's phone was busy.
    Busy,
    /// The deadline passed: redirect on no answer.
    NoAnswer,
    /// The agent's phone could not be reached.
    Unreachable,
    /// The customer left first.
    CustomerLeft,
    /// The engine took the offer back (the agent signed out, the contact moved on).
    Withdrawn,
}

impl OfferResult {
    /// The word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Unreachable => "unreachable",
            Self::CustomerLeft => "customer_left",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Why a contact left a queue unserved, or was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitReason {
    /// Too many contacts wait.
    Full,
    /// It has waited as long as it may.
    LongestWait,
    /// No agent is signed in.
    NoAgents,
    /// The queue is closed.
    Closed,
    /// It has waited so long that it moves on to another queue.
    Overflow,
    /// The caller chose another way by a key.
    Chosen,
}

impl ExitReason {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::Full, Self::LongestWait, Self::NoAgents, Self::Closed, Self::Overflow, Self::Chosen];

    /// The word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::LongestWait => "longest_wait",
            Self::NoAgents => "no_agents",
            Self::Closed => "closed",
            Self::Overflow => "overflow",
            Self::Chosen => "chosen",
        }
    }
}
