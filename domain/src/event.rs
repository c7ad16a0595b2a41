//! The stream of contact events: the truth of what happened. History, consoles, metrics and reports
//! are folds of it.

use crate::{
    AgentId, Ani, CallbackCancel, CallbackOrder, Cause, Channel, ConsultResult, ContactId, CustomerId, Decision,
    DispositionCode, Dnis, EndedBy, EntryPointId, ExitReason, FlowId, Instant, InteractionId, Language, LegQuality,
    Monitor, NodeId, OfferId, OfferResult, Outcome, Priority, QuestionId, QueueId, RecordingId, Redacted, TrunkId,
    VoicemailOrder,
};

/// One thing that happened to a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactEvent {
    /// The contact.
    pub contact: ContactId,
    /// 1 for the first event of the contact, then one more for each.
    pub seq: u32,
    /// When.
    pub at: Instant,
    /// What.
    pub kind: ContactEventKind,
}

/// Who chose a disposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DispositionBy {
    /// The agent.
    Agent,
    /// The wrap-up timer ran out and the queue's default was taken.
    Timeout,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactEventKind {
    /// The contact arrived. Always the first event.
    Started {
        /// The channel.
        channel: Channel,
        /// The calling number.
        ani: Ani,
        /// The caller's name as signalled.
        caller_name: Redacted,
        /// The called number.
        dnis: Dnis,
        /// The entry point, if the number has one.
        entry_point: Option<EntryPointId>,
        /// The trunk, if it came by one.
        trunk: Option<TrunkId>,
        /// An agent's own outgoing call names the agent.
        dialled_by: Option<AgentId>,
    },
    /// The customer was recognised.
    CustomerIdentified {
        /// The customer.
        customer: CustomerId,
    },
    /// The flow began.
    FlowStarted {
        /// The flow.
        flow: FlowId,
        /// The language at the start.
        language: Language,
    },
    /// The flow reached a node.
    NodeEntered {
        /// The node.
        node: NodeId,
    },
    /// The caller keyed digits at a node.
    DigitsCollected {
        /// The node.
        node: NodeId,
        /// The digits.
        digits: Redacted,
    },
    /// The contact entered a queue.
    Queued {
        /// The queue.
        queue: QueueId,
        /// The priority at entry.
        priority: Priority,
    },
    /// The customer asked to be called back, keeps the place in line, and leaves it to the callback.
    CallbackBooked {
        /// The contact that calls back.
        callback: ContactId,
        /// The queue whose agents call back.
        queue: QueueId,
    },
    /// The caller leaves a message, and the line for it.
    VoicemailLeft {
        /// The contact that waits with the message.
        voicemail: ContactId,
        /// The queue whose agents hear it.
        queue: QueueId,
    },
    /// Where this message came from and whose agents hear it. Always the second event of a voicemail.
    VoicemailRequested(Box<VoicemailOrder>),
    /// What this call back is to do. Always the second event of a callback.
    CallbackRequested(Box<CallbackOrder>),
    /// The customer is being called back.
    CallbackDialled {
        /// 1 for the first attempt.
        attempt: u8,
    },
    /// The customer was not reached.
    CallbackMissed {
        /// The attempt.
        attempt: u8,
        /// Why.
        cause: Cause,
        /// When it is tried again, in milliseconds from now; `None`: it is not.
        again_ms: Option<u64>,
    },
    /// The customer is on the line in another contact: nobody calls meanwhile.
    CallbackSuspended,
    /// It is not made any more.
    CallbackCancelled {
        /// Why.
        why: CallbackCancel,
    },
    /// The engine was started anew: the contact goes on, whatever was under way is over.
    Restored,
    /// An agent was reserved and is being rung.
    Offered {
        /// The offer.
        offer: OfferId,
        /// The agent's part in the contact.
        interaction: InteractionId,
        /// The agent.
        agent: AgentId,
        /// The queue.
        queue: QueueId,
        /// Why this agent, in one line.
        why: String,
        /// Why this agent; `None`: an older version wrote the event.
        decision: Option<Box<Decision>>,
    },
    /// The contact moved on to another queue unserved, its age kept.
    Overflowed {
        /// The queue that it left, or that did not let it in.
        from: QueueId,
        /// The queue where it waits.
        to: QueueId,
        /// Why.
        reason: ExitReason,
    },
    /// The contact left the line unserved and goes on in its flow.
    QueueLeft {
        /// The queue.
        queue: QueueId,
        /// Why.
        reason: ExitReason,
    },
    /// The waiting caller was told the place in line, the expected wait, or both.
    Announced {
        /// The place, from 1; `None`: not told.
        position: Option<u32>,
        /// The wait that was forecast and told, rounded, in seconds; `None`: not told.
        wait_s: Option<u32>,
    },
    /// The waiting caller keyed a digit to which the queue gives a meaning. The place in line is kept.
    QueueKey {
        /// The digit.
        digit: char,
        /// Where the flow goes on.
        node: NodeId,
    },
    /// The caller came back from a key to waiting, at the same place.
    QueueResumed {
        /// The queue.
        queue: QueueId,
    },
    /// A supervisor gave the waiting contact other points.
    Reprioritised {
        /// The points on top of the queue's; `None`: as before.
        priority: Option<Priority>,
        /// Points per second of age; `None`: as before.
        age_per_s: Option<u32>,
    },
    /// The agent's phone rings.
    Ringing {
        /// The offer.
        offer: OfferId,
        /// The agent.
        agent: AgentId,
    },
    /// The offer ended.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// The agent.
        agent: AgentId,
        /// How.
        result: OfferResult,
    },
    /// Customer and agent are joined.
    Connected {
        /// The agent's part.
        interaction: InteractionId,
        /// The agent.
        agent: AgentId,
    },
    /// The customer was put on hold.
    Held {
        /// The agent's part.
        interaction: InteractionId,
    },
    /// The customer was taken back.
    Resumed {
        /// The agent's part.
        interaction: InteractionId,
    },
    /// The contact was given away.
    Transferred {
        /// The agent's part that gave it away.
        interaction: InteractionId,
        /// To whom: `queue:support`, `agent:li.wei` or `number`.
        to: String,
    },
    /// The agent asks for help while the customer is on hold.
    ConsultStarted {
        /// The part of the agent who consults.
        interaction: InteractionId,
        /// Who is asked: `queue:support`, `agent:li.wei` or `number`.
        to: String,
    },
    /// An agent is rung for a consult. `OfferEnded` tells what came of it.
    ConsultOffered {
        /// The offer.
        offer: OfferId,
        /// The part of the agent who is asked.
        interaction: InteractionId,
        /// The agent who is asked.
        agent: AgentId,
        /// The queue whose rules hold for the part.
        queue: Option<QueueId>,
        /// The agent who consults.
        by: AgentId,
    },
    /// An agent answered a consult and talks with the one who consults.
    ConsultAnswered {
        /// The part of the agent who was asked.
        interaction: InteractionId,
        /// The agent who was asked.
        agent: AgentId,
    },
    /// Customer, agent and the one consulted talk with each other.
    ConferenceStarted {
        /// The part of the agent who consults.
        interaction: InteractionId,
    },
    /// The consult is over.
    ConsultEnded {
        /// The part of the agent who consulted.
        interaction: InteractionId,
        /// How.
        result: ConsultResult,
    },
    /// A supervisor is on the line, or is on it in another way.
    Monitored {
        /// The supervisor.
        agent: AgentId,
        /// How.
        mode: Monitor,
    },
    /// A supervisor left the line.
    MonitorEnded {
        /// The supervisor.
        agent: AgentId,
    },
    /// The recording began.
    RecordingStarted {
        /// The recording.
        recording: RecordingId,
    },
    /// The recording was paused: silence on both channels.
    RecordingPaused {
        /// The recording.
        recording: RecordingId,
        /// By whom.
        agent: AgentId,
    },
    /// The recording goes on.
    RecordingResumed {
        /// The recording.
        recording: RecordingId,
        /// By whom.
        agent: AgentId,
    },
    /// The customer keys what nobody is to hear or see: the customer's leg is passed on to nobody, and the recording is
    /// silent on both channels.
    MaskingStarted {
        /// The recording, if one is being made.
        recording: Option<RecordingId>,
    },
    /// The customer is heard again.
    MaskingEnded {
        /// The recording, if one is being made.
        recording: Option<RecordingId>,
    },
    /// The agent lent the customer to a flow, in which the customer keys what the agent is not to hear.
    SecureEntryStarted {
        /// The flow.
        flow: FlowId,
        /// The agent's part.
        interaction: InteractionId,
    },
    /// The agent has the customer again, or the customer is gone.
    SecureEntryEnded {
        /// The agent's part.
        interaction: InteractionId,
        /// The flow came to its `return`.
        done: bool,
    },
    /// The caller speaks at a node of the flow: a comment, which is a recording of its own beside that of the talks.
    CommentStarted {
        /// The node.
        node: NodeId,
        /// The recording.
        recording: RecordingId,
    },
    /// The recording is closed and stands on disk.
    RecordingFinished {
        /// The recording.
        recording: RecordingId,
        /// Path below the recordings directory.
        path: String,
        /// Length in milliseconds.
        duration_ms: u64,
        /// SHA-256 of the file, in hex.
        sha256: String,
        /// Milliseconds missing because the disk was too slow.
        gap_ms: u64,
    },
    /// The customer is gone.
    CustomerLeft {
        /// Who ended it.
        by: EndedBy,
        /// Why.
        cause: Cause,
    },
    /// The agent's part is over; after-contact work begins.
    InteractionEnded {
        /// The agent's part.
        interaction: InteractionId,
        /// The agent.
        agent: AgentId,
    },
    /// The agent ended the talk, and the customer is asked how it was.
    SurveyStarted {
        /// The flow that asks.
        flow: FlowId,
        /// The agent's part that the survey is about.
        interaction: InteractionId,
        /// The queue by which that agent got the contact; `None`: by none, or an older version wrote the event.
        queue: Option<QueueId>,
    },
    /// The customer answered a question of a survey.
    SurveyAnswered {
        /// The question.
        question: QuestionId,
        /// The digit, 0 to 9.
        answer: u8,
        /// The agent whom it is about; `None`: no agent had talked with the customer.
        agent: Option<AgentId>,
        /// The queue by which that agent got the contact.
        queue: Option<QueueId>,
    },
    /// The agent's notes, whole.
    NotesSaved {
        /// The agent's part.
        interaction: InteractionId,
        /// The text.
        text: Redacted,
    },
    /// The disposition was chosen.
    DispositionSet {
        /// The agent's part.
        interaction: InteractionId,
        /// The code.
        code: DispositionCode,
        /// By whom.
        by: DispositionBy,
    },
    /// After-contact work is over.
    WrapUpEnded {
        /// The agent's part.
        interaction: InteractionId,
        /// The agent.
        agent: AgentId,
    },
    /// A leg is over, and this is how it sounded.
    LegQuality(LegQuality),
    /// The contact is final. Always the last event but for `RecordingFinished` and `LegQuality`.
    Closed {
        /// How it ended.
        outcome: Outcome,
        /// Who ended it.
        by: EndedBy,
    },
}

impl ContactEventKind {
    /// The event's word in tables and APIs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::CustomerIdentified { .. } => "customer_identified",
            Self::FlowStarted { .. } => "flow_started",
            Self::NodeEntered { .. } => "node_entered",
            Self::DigitsCollected { .. } => "digits_collected",
            Self::Queued { .. } => "queued",
            Self::CallbackBooked { .. } => "callback_booked",
            Self::VoicemailLeft { .. } => "voicemail_left",
            Self::VoicemailRequested(_) => "voicemail_requested",
            Self::CallbackRequested(_) => "callback_requested",
            Self::CallbackDialled { .. } => "callback_dialled",
            Self::CallbackMissed { .. } => "callback_missed",
            Self::CallbackSuspended => "callback_suspended",
            Self::CallbackCancelled { .. } => "callback_cancelled",
            Self::Restored => "restored",
            Self::Offered { .. } => "offered",
            Self::Overflowed { .. } => "overflowed",
            Self::QueueLeft { .. } => "queue_left",
            Self::Announced { .. } => "announced",
            Self::QueueKey { .. } => "queue_key",
            Self::QueueResumed { .. } => "queue_resumed",
            Self::Reprioritised { .. } => "reprioritised",
            Self::Ringing { .. } => "ringing",
            Self::OfferEnded { .. } => "offer_ended",
            Self::Connected { .. } => "connected",
            Self::Held { .. } => "held",
            Self::Resumed { .. } => "resumed",
            Self::Transferred { .. } => "transferred",
            Self::ConsultStarted { .. } => "consult_started",
            Self::ConsultOffered { .. } => "consult_offered",
            Self::ConsultAnswered { .. } => "consult_answered",
            Self::ConferenceStarted { .. } => "conference_started",
            Self::ConsultEnded { .. } => "consult_ended",
            Self::Monitored { .. } => "monitored",
            Self::MonitorEnded { .. } => "monitor_ended",
            Self::RecordingStarted { .. } => "recording_started",
            Self::RecordingPaused { .. } => "recording_paused",
            Self::RecordingResumed { .. } => "recording_resumed",
            Self::MaskingStarted { .. } => "masking_started",
            Self::MaskingEnded { .. } => "masking_ended",
            Self::SecureEntryStarted { .. } => "secure_entry_started",
            Self::SecureEntryEnded { .. } => "secure_entry_ended",
            Self::CommentStarted { .. } => "comment_started",
            Self::RecordingFinished { .. } => "recording_finished",
            Self::CustomerLeft { .. } => "customer_left",
            Self::InteractionEnded { .. } => "interaction_ended",
            Self::SurveyStarted { .. } => "survey_started",
            Self::SurveyAnswered { .. } => "survey_answered",
            Self::NotesSaved { .. } => "notes_saved",
            Self::DispositionSet { .. } => "disposition_set",
            Self::WrapUpEnded { .. } => "wrap_up_ended",
            Self::LegQuality(_) => "leg_quality",
            Self::Closed { .. } => "closed",
        }
    }
}
