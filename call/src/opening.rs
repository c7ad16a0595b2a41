//! What a call is built from, and what is brought to it later: those who are consulted, those who watch.

use crate::api::{Phone, QueueRules, Reserved};
use core::time::Duration;
use domain::{
    AgentId, Ani, CallbackCancel, CallbackOrder, ContactId, Dnis, EndedBy, EntryPointId, FlowId, Instant,
    InteractionId, Language, LegId, MessageView, Monitor, OfferId, RecordingId, Redacted, Signalled, TransferTarget,
    TrunkId, VoicemailOrder,
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

/// Whose telephone rings first when a customer is called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CallbackMode {
    /// The agent's; the customer is called when the agent is on the line.
    #[default]
    AgentFirst,
    /// The customer's, while the agent is kept free; the agent is rung when the customer has answered.
    CustomerFirst,
}

/// How a queue's customers are called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackRules {
    /// Whose telephone rings first.
    pub mode: CallbackMode,
    /// How often the customer is called at most, at least once.
    pub attempts: u8,
    /// Time between two attempts.
    pub pause: Duration,
    /// How long the customer's telephone rings.
    pub ring: Duration,
}

impl Default for CallbackRules {
    fn default() -> Self {
        Self {
            mode: CallbackMode::AgentFirst,
            attempts: 3,
            pause: Duration::from_secs(900),
            ring: Duration::from_secs(30),
        }
    }
}

/// How a customer is called back this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// The customer's leg.
    pub leg: LegId,
    /// How the customer is called.
    pub phone: Phone,
    /// The id that the recording gets if there is one.
    pub recording: RecordingId,
}

/// What the history says of a call back that is taken up again after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The number of its last event.
    pub events: u32,
    /// How often the customer was called.
    pub attempts: u8,
    /// When it was asked for.
    pub started: Instant,
}

/// What a call back is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackStart {
    /// The contact.
    pub contact: ContactId,
    /// Stands for the customer until there is a leg.
    pub leg: LegId,
    /// Stands for a recording until there is one.
    pub recording: RecordingId,
    /// Base of the ids of what is played.
    pub first_play: u64,
    /// What was asked for.
    pub order: CallbackOrder,
    /// The language of a customer of whom none is known.
    pub default_language: Language,
    /// How.
    pub rules: CallbackRules,
    /// The queue.
    pub queue: QueueRules,
    /// Not before.
    pub due: Instant,
    /// Its age in the line counts from here.
    pub since: Instant,
    /// It was asked for before a restart.
    pub restored: Option<Restored>,
}

/// What happens to a call back from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackFact {
    /// The customer is on the line elsewhere.
    Suspended,
    /// And is not any more.
    Resumed,
    /// The customer cannot be dialled now.
    NoWay,
    /// It is not to be made.
    Cancelled(CallbackCancel, EndedBy),
}

/// Who leaves a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The calling number.
    pub ani: Ani,
    /// The caller's name as signalled.
    pub name: Redacted,
    /// The called number.
    pub dnis: Dnis,
}

/// What a message is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageStart {
    /// The contact.
    pub contact: ContactId,
    /// The leg of the caller who speaks.
    pub leg: LegId,
    /// The recording.
    pub recording: RecordingId,
    /// Base of the ids of what is played.
    pub first_play: u64,
    /// What was left, and for whom.
    pub order: VoicemailOrder,
    /// The queue.
    pub queue: QueueRules,
    /// By whom.
    pub caller: Speaker,
    /// Its age in the line counts from here.
    pub since: Instant,
    /// Silence of this length after something was said is its end; `None`: it is not.
    pub silence: Option<Duration>,
    /// Spoken before a restart: the number of its last event, and what there is to hear.
    pub restored: Option<(u32, MessageView)>,
}

/// What happens to a message from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageFact {
    /// The caller has spoken.
    Spoken,
    /// The agent takes it.
    Accepted(OfferId),
}

/// Who is to be consulted, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consultation {
    /// As the agent named it.
    pub target: TransferTarget,
    /// How.
    pub ask: Asked,
    /// The second call of the agent's phone that asks; `None`: the console does, and the agent talks on the first.
    pub second: Option<SecondCall>,
}

/// A call that comes in from the phone of an agent who has a call already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondCall {
    /// Its leg.
    pub leg: LegId,
    /// The phone is a browser.
    pub browser: bool,
    /// The phone's offer; `None`: we make it.
    pub offer: Option<String>,
}

/// How somebody is asked for a consult.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// By the ACD, which rings agents of this queue.
    Queue(QueueRules),
    /// By ringing this agent.
    Agent(Box<Reserved>),
    /// By calling a number.
    Number(LegId, Phone),
}

/// A supervisor who comes to monitor a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// The supervisor.
    pub agent: AgentId,
    /// The supervisor's leg.
    pub leg: LegId,
    /// How the supervisor is rung.
    pub phone: Phone,
    /// The phone is a browser.
    pub browser: bool,
    /// How.
    pub mode: Monitor,
}
