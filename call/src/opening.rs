//! What a call is built from.

use crate::api::Phone;
use domain::{
    AgentId, Ani, ContactId, Dnis, EntryPointId, FlowId, InteractionId, Language, LegId, RecordingId, Redacted,
    Signalled, TrunkId,
};

/// What a call is built from when somebody calls in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The contact.
    pub contact: ContactId,
    /// The customer's leg.
    pub leg: LegId,
    /// The leg is a browser.
    pub browser: bool,
    /// The customer's SDP offer.
    pub sdp: Option<String>,
    /// The id that the recording gets if there is one.
    pub recording: RecordingId,
    /// Base of the ids of what is played.
    pub first_play: u64,
    /// The calling number.
    pub ani: Ani,
    /// The caller's name as signalled.
    pub caller_name: Redacted,
    /// The called number.
    pub dnis: Dnis,
    /// The entry point.
    pub entry_point: EntryPointId,
    /// The trunk.
    pub trunk: Option<TrunkId>,
    /// The flow that the entry point starts.
    pub flow: FlowId,
    /// The language at the start.
    pub language: Language,
    /// What the caller's network says beside number and name.
    pub signalled: Signalled,
    /// Header fields of the caller's INVITE that go on to those who are called for it; private ones (`X-`) to agents
    /// alone.
    pub carried: Vec<(String, String)>,
}

/// What a call is built from when an agent dials out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The contact.
    pub contact: ContactId,
    /// The agent's part.
    pub interaction: InteractionId,
    /// The agent.
    pub agent: AgentId,
    /// The agent's leg, rung first.
    pub agent_leg: LegId,
    /// How the agent is rung.
    pub agent_phone: Phone,
    /// The agent's phone is a browser.
    pub agent_browser: bool,
    /// The customer's leg.
    pub leg: LegId,
    /// How the customer is called.
    pub phone: Phone,
    /// The id that the recording gets.
    pub recording: RecordingId,
    /// Base of the ids of what is played.
    pub first_play: u64,
    /// The number dialled.
    pub dnis: Dnis,
}
