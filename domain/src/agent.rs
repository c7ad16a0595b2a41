//! Words of the floor: channels, agents and their states, levels and points.

use crate::{OfferId, ParseIdError, ReasonCode};
use core::fmt;
use core::str::FromStr;

/// The kind of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// A telephone or web call.
    Voice,
    /// A call back to a customer who kept a place in line.
    Callback,
    /// A recorded message.
    Voicemail,
    /// A text conversation.
    Chat,
    /// An e-mail.
    Email,
    /// A short message.
    Sms,
    /// Any other work.
    Task,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 7] =
        [Self::Voice, Self::Callback, Self::Voicemail, Self::Chat, Self::Email, Self::Sms, Self::Task];

    /// The channel's word in configurations, tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Callback => "callback",
            Self::Voicemail => "voicemail",
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Task => "task",
        }
    }
}

impl FromStr for Channel {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        Self::ALL.into_iter().find(|c| c.as_str() == text).ok_or(ParseIdError::BadCharacter)
    }
}

/// The one state of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AgentState {
    /// Not signed in.
    LoggedOut,
    /// Signed in, taking no new work, for a reason.
    NotReady(ReasonCode),
    /// Waiting for work.
    Ready,
    /// Held for one contact that is being offered.
    Reserved(OfferId),
    /// Serving a contact.
    Busy,
    /// Finishing a contact whose customer has left.
    AfterContactWork,
}

impl AgentState {
    /// The state's word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::NotReady(_) => "not_ready",
            Self::Ready => "ready",
            Self::Reserved(_) => "reserved",
            Self::Busy => "busy",
            Self::AfterContactWork => "after_contact_work",
        }
    }
}

/// The state asked for while busy, entered afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextState {
    /// Ready for the next contact.
    Ready,
    /// Not ready, for a reason.
    NotReady(ReasonCode),
    /// Signed out.
    LoggedOut,
}

/// How well an agent masters a skill: 1 (a little) to 10 (best).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Proficiency(u8);

impl Proficiency {
    /// The level, if it is 1 to 10.
    #[must_use]
    pub const fn new(level: u8) -> Option<Self> {
        if level >= 1 && level <= 10 { Some(Self(level)) } else { None }
    }

    /// The level, 1 to 10.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.0
    }
}

/// Points. One point is worth one second of waiting at the default ageing rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Priority(pub i32);

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Handles contacts.
    Agent,
    /// Watches and steers queues and agents.
    Supervisor,
    /// Changes everything.
    Admin,
}

impl Role {
    /// The role's word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        [Self::Agent, Self::Supervisor, Self::Admin]
            .into_iter()
            .find(|r| r.as_str() == text)
            .ok_or(ParseIdError::BadCharacter)
    }
}
