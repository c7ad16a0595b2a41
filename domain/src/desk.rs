//! What crosses between the engine and a person's desk: events down, wishes up.

use crate::{
    AgentId, AgentState, Ani, ConsultView, ContactId, Customer, DispositionCode, Dnis, Instant, InteractionId, Monitor,
    NextState, NodeId, OfferId, OfferResult, Priority, PromptId, QueueId, ReasonCode, RecordingId, Redacted,
    ScheduleId,
};

/// Who receives a desk event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// One agent, at every place where this agent is connected. Supervisors may see it too.
    Agent(AgentId),
}

/// One event for a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskEvent {
    /// When it was decided.
    pub at: Instant,
    /// For whom.
    pub to: Audience,
    /// What.
    pub body: DeskBody,
}

/// What a desk is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskBody {
    /// The agent's state changed.
    AgentState {
        /// The state.
        state: AgentState,
        /// Since when.
        since: Instant,
        /// What was asked to follow.
        next: Option<NextState>,
        /// Why the system chose the state, if it did: `rona`, `connection` …
        note: Option<ReasonCode>,
    },
    /// The agent's phone became usable or unusable.
    Phone {
        /// A registered address or a fixed one exists.
        reachable: bool,
    },
    /// A contact is offered. Sent before the phone rings.
    Offered(Box<Offer>),
    /// The pop has more to show: a late customer record.
    PopChanged(Box<ScreenPop>),
    /// The offer is over.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// The contact.
        contact: ContactId,
        /// How.
        result: OfferResult,
    },
    /// The agent's part in a contact moved on.
    Interaction(Box<InteractionView>),
}

/// A contact offered to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The offer.
    pub offer: OfferId,
    /// The agent's part in the contact.
    pub interaction: InteractionId,
    /// When it ends unanswered.
    pub deadline: Instant,
    /// Why this agent, in one line; empty if the agent was asked for by name.
    pub why: String,
    /// The customer's record and the call's story.
    pub pop: ScreenPop,
    /// The agent who wants to consult; `None`: the customer is to be served.
    pub consulted_by: Option<AgentId>,
}

/// The customer's record and the call's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenPop {
    /// The contact.
    pub contact: ContactId,
    /// The calling number; empty when withheld.
    pub ani: Ani,
    /// The caller's name as signalled.
    pub caller_name: Redacted,
    /// The called number.
    pub dnis: Dnis,
    /// The channel.
    pub channel: crate::Channel,
    /// The queue, if it came through one.
    pub queue: Option<QueueId>,
    /// The customer, if recognised.
    pub customer: Option<Customer>,
    /// The nodes that the caller went through.
    pub path: Vec<NodeId>,
    /// The digits keyed, with the node where they were keyed.
    pub digits: Vec<(NodeId, Redacted)>,
    /// When the contact arrived.
    pub started: Instant,
    /// When it entered the line, if it did.
    pub queued: Option<Instant>,
    /// True for a call that the agent dialled.
    pub outgoing: bool,
    /// What the caller's network says beside number and name.
    pub signalled: Signalled,
    /// The message to be heard, in a voicemail.
    pub message: Option<crate::MessageView>,
}

/// What a caller's network says beside number and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signalled {
    /// The number that was dialled first, if the call was diverted (RFC 5806, RFC 7044).
    pub diverted_from: Option<Redacted>,
    /// Why it was diverted, such as `no-answer`; empty if nobody says.
    pub diversion_reason: String,
    /// Whether the calling number was verified (STIR, RFC 8224); `None`: nobody tried.
    pub verified: Option<bool>,
    /// What the caller's side wants known (User-to-User, RFC 7433), as written.
    pub user_to_user: Vec<Redacted>,
    /// The private header fields that the trunk lets pass: name and value.
    pub headers: Vec<(String, Redacted)>,
}

/// Where an agent's part in a contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InteractionPhase {
    /// The agent's phone is being rung or is connecting.
    Connecting,
    /// Customer and agent talk.
    Talking,
    /// The customer hears music.
    Held,
    /// A consult: the customer hears music.
    Consulting,
    /// Customer, agent and the one consulted talk.
    Conference,
    /// The customer has left; after-contact work.
    WrapUp,
    /// Over.
    Ended,
}

impl InteractionPhase {
    /// The word in APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Talking => "talking",
            Self::Held => "held",
            Self::Consulting => "consulting",
            Self::Conference => "conference",
            Self::WrapUp => "wrap_up",
            Self::Ended => "ended",
        }
    }
}

/// How far the secure entry is: the customer keys in a flow what the agent is not to hear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SecureEntry {
    /// The agent may ask for it.
    #[default]
    Ready,
    /// The customer is keying.
    Running,
    /// The agent has the customer again, and the flow came to its `return`.
    Done,
    /// The agent has the customer again, and it came to nothing.
    Failed,
}

impl SecureEntry {
    /// The word in APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// An agent's part in a contact, as the agent sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionView {
    /// The agent's part.
    pub interaction: InteractionId,
    /// The contact.
    pub contact: ContactId,
    /// The queue, if it came through one.
    pub queue: Option<QueueId>,
    /// The phase.
    pub phase: InteractionPhase,
    /// Since when.
    pub since: Instant,
    /// When customer and agent were first joined.
    pub connected: Option<Instant>,
    /// Total time on hold so far, without a hold that still runs, in milliseconds.
    pub held_ms: u64,
    /// The agent's microphone is not passed on.
    pub muted: bool,
    /// The recording that runs.
    pub recording: Option<RecordingId>,
    /// The agent who paused the recording, while it is paused.
    pub paused_by: Option<AgentId>,
    /// When wrap-up ends by itself.
    pub wrap_up_deadline: Option<Instant>,
    /// The disposition chosen so far.
    pub disposition: Option<DispositionCode>,
    /// The notes so far.
    pub notes: Redacted,
    /// The consult that this part has a part in.
    pub consult: Option<ConsultView>,
    /// The secure entry; `None`: the queue has no flow for it.
    pub secure_entry: Option<SecureEntry>,
    /// The customer's record and the call's story.
    pub pop: ScreenPop,
}

/// Where a contact may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferTarget {
    /// A queue.
    Queue(QueueId),
    /// An agent.
    Agent(AgentId),
    /// A number, by a trunk.
    Number(Dnis),
}

/// What a person asks for. Carried out on behalf of one agent, but for those that steer the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Start the shift; the agent is not ready until it says so.
    SignIn,
    /// End the shift; while busy: afterwards.
    SignOut,
    /// Take contacts; while busy or wrapping up: afterwards.
    Ready,
    /// Take none, for a reason; while busy: afterwards.
    NotReady(ReasonCode),
    /// Answer the offer (only phones that can be told to answer).
    Answer(OfferId),
    /// Decline the offer.
    Decline(OfferId),
    /// Put the customer on hold.
    Hold(ContactId),
    /// Take the customer back.
    Resume(ContactId),
    /// Stop or restart passing on the agent's voice.
    Mute(ContactId, bool),
    /// Send digits to the customer's side.
    SendDigits(ContactId, Redacted),
    /// Give the contact away.
    Transfer(ContactId, TransferTarget),
    /// Ask somebody for help while the customer hears music.
    Consult(ContactId, TransferTarget),
    /// Talk with the other of the two: customer and the one consulted.
    Swap(ContactId),
    /// Talk with both.
    Conference(ContactId),
    /// Hand the customer on to the one consulted.
    CompleteTransfer(ContactId),
    /// Let the one consulted go, and take the customer back.
    CancelConsult(ContactId),
    /// Pause the recording, or go on with it.
    PauseRecording(ContactId, bool),
    /// Listen to an agent's contact, whisper to the agent or barge in; on behalf of the supervisor whose phone is rung.
    Monitor(ContactId, Monitor),
    /// Leave a contact that is monitored.
    StopMonitoring(ContactId),
    /// End the contact for both parties. While a consult runs: hand the customer on to the one consulted, or back to
    /// the line if nobody has answered.
    HangUp(ContactId),
    /// Call the customer of a call back again later: a machine answered, or it was the wrong moment.
    CallAgainLater(ContactId),
    /// Lend the customer to the queue's flow for secure entry, and get the customer back when it is done.
    SecureEntry(ContactId),
    /// Call a number.
    Dial(Dnis),
    /// Keep the notes.
    SaveNotes(ContactId, Redacted),
    /// Choose how the contact ended.
    SetDisposition(ContactId, DispositionCode),
    /// Add time to the wrap-up.
    ExtendWrapUp(ContactId),
    /// End the wrap-up.
    FinishWrapUp(ContactId),
    /// Give a waiting contact other points; steers the floor.
    Reprioritise {
        /// The contact.
        contact: ContactId,
        /// Points on top of the queue's; `None`: as before.
        priority: Option<Priority>,
        /// Points per second of age; `None`: as before.
        age_per_s: Option<u32>,
    },
    /// Close a schedule at once, or let it go by its hours again; steers the floor.
    CloseSchedule {
        /// The schedule.
        schedule: ScheduleId,
        /// Closed.
        closed: bool,
        /// Said to callers.
        prompt: Option<PromptId>,
    },
    /// Open or close a queue; steers the floor.
    OpenQueue {
        /// The queue.
        queue: QueueId,
        /// Open.
        open: bool,
    },
    /// Call a customer back; steers the floor.
    RequestCallback(Box<crate::CallbackOrder>),
    /// Take a call back away; steers the floor.
    CancelCallback(ContactId),
}

impl Wish {
    /// True for wishes that steer the floor: supervisors make them, and no agent stands behind them.
    #[must_use]
    pub const fn steers(&self) -> bool {
        matches!(
            self,
            Self::Reprioritise { .. }
                | Self::OpenQueue { .. }
                | Self::CloseSchedule { .. }
                | Self::RequestCallback(_)
                | Self::CancelCallback(_)
        )
    }

    /// True for wishes that supervisors make with a phone of their own.
    #[must_use]
    pub const fn monitors(&self) -> bool {
        matches!(self, Self::Monitor(..) | Self::StopMonitoring(_))
    }
}
