//! The vocabulary of a call: what happens to it, what is wished of it, what it wants done.

pub use crate::effects::{LegEffect, LineEffect, MediaEffect, ToFlow};
pub use crate::facts::{FinishedRecording, LegFact, MediaFact};
pub use crate::opening::{
    Asked, CallbackFact, CallbackMode, CallbackRules, CallbackStart, Consultation, Dial, Incoming, MessageFact,
    MessageStart, Outgoing, Restored, SecondCall, Speaker, Watcher,
};
pub use crate::treatment::{Message, PLACE_PROMPTS, Place, Treatment};
use core::time::Duration;
use domain::{
    AgentId, Cause, ContactEvent, ContactId, Customer, Decision, DeskBody, DispositionCode, ExitReason, FlowId,
    Instant, InteractionId, Language, LegId, LegQuality, NodeId, OfferId, OfferResult, PlayId, Priority, PromptId,
    QuestionId, QueueId, RecordingId, Redacted, Requirement, Spoken, TrunkId,
};
use std::sync::Arc;

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The INVITE is here; media and the history are being opened.
    Arriving,
    /// A call back that waits for its time.
    Pending,
    /// A flow serves the caller.
    InFlow,
    /// The caller is in line.
    Queued,
    /// In line, and an agent's phone is being rung.
    Offering,
    /// Joined with an agent or with a number.
    Connected,
    /// The customer is gone; wrap-up may go on.
    Ending,
}

/// How a party can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phone {
    /// The bindings of a registered user.
    Registered(String),
    /// A fixed SIP URI.
    Uri(String),
    /// A number by a trunk.
    Trunk(TrunkId, String),
}

/// What the call needs to know of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRules {
    /// The queue.
    pub id: QueueId,
    /// The music.
    pub music: PromptId,
    /// What those who wait are told besides.
    pub treatment: Arc<Treatment>,
    /// Calls are recorded.
    pub record: bool,
    /// Taken when the wrap-up runs out.
    pub default_disposition: Option<DispositionCode>,
    /// A disposition must be chosen before the wrap-up is finished by hand.
    pub disposition_required: bool,
    /// The flow that asks the customer how it was when the agent has ended the talk.
    pub survey: Option<FlowId>,
    /// The flow to which an agent may lend the customer, who keys there what the agent is not to hear.
    pub secure_entry: Option<FlowId>,
}

/// One piece of audio, as the flow names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// A prompt.
    Prompt(PromptId),
    /// Digits, spoken one by one.
    Digits(String),
    /// A number, as a place in line is said.
    Number(u32),
    /// An expected wait: "about five minutes".
    Wait(Duration),
    /// A text, by a voice.
    Spoken(Spoken),
    /// Ringback or another tone: hertz and milliseconds, then as much silence.
    Tone(u16, u32),
}

/// What the flow wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowFact {
    /// The caller reached a node.
    Entered(NodeId),
    /// Digits were taken at a node.
    Collected(NodeId, Redacted),
    /// Play this.
    Play {
        /// Names the playing.
        play: PlayId,
        /// What.
        items: Vec<Say>,
        /// In which language.
        language: Language,
    },
    /// Stop playing.
    StopPlay,
    /// Hand the caller to a queue.
    Enqueue {
        /// The queue's rules.
        queue: QueueRules,
        /// Added to the queue's base.
        priority: Priority,
        /// `None`: the queue's own.
        requirement: Option<Requirement>,
        /// Played before the music, once.
        announce: Vec<Say>,
        /// The caller's language.
        language: Language,
    },
    /// From here on the caller keys what nobody is to hear or see, or does so no more.
    Mask(bool),
    /// The caller speaks at a node.
    Comment {
        /// The node.
        node: NodeId,
        /// What is said is recorded under this id.
        recording: RecordingId,
        /// The caller is listened to for silence of this length.
        silence: Option<Duration>,
    },
    /// The caller has spoken.
    CommentEnd,
    /// The caller answered a question of a survey with this digit.
    Answered(QuestionId, u8),
    /// A waiting caller's digit leads to this node; the place in line is kept.
    Key(char, NodeId),
    /// The caller goes on waiting at the place that was kept.
    Resume,
    /// Send the caller to a number.
    Transfer {
        /// The new leg.
        leg: LegId,
        /// Whom to call.
        phone: Phone,
        /// As it stands in the history.
        to: String,
    },
    /// The flow of a lent customer has come to its `return`.
    Returned,
    /// End the call.
    HangUp,
}

/// An agent was reserved for this call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// The offer.
    pub offer: OfferId,
    /// The agent's part.
    pub interaction: InteractionId,
    /// The agent.
    pub agent: AgentId,
    /// The agent's leg.
    pub leg: LegId,
    /// How the agent is rung.
    pub phone: Phone,
    /// The phone is a browser.
    pub browser: bool,
    /// The queue whose rules hold for the part, if any.
    pub queue: Option<QueueId>,
    /// How long after the desk the phone is told, so that the record is on the screen before the phone rings.
    pub lead: Duration,
    /// When the offer ends unanswered.
    pub deadline: Instant,
    /// Why this agent; `None`: an agent asked for this one by name, and the ACD knows nothing of the offer.
    pub why: Option<Box<Decision>>,
    /// How the customer is called, where a customer is to be called back.
    pub dial: Option<Box<Dial>>,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The contact's first event is durable.
    Stored,
    /// Something happened to a leg's signalling.
    Leg(LegId, LegFact),
    /// Something happened to a leg's media.
    Media(LegId, MediaFact),
    /// The flow wants something.
    Flow(FlowFact),
    /// The customer was recognised.
    Customer(Box<Customer>),
    /// Out of the line unserved: the flow goes on.
    QueueLeft {
        /// The queue.
        queue: QueueId,
        /// Why.
        reason: ExitReason,
    },
    /// Moved on to another queue, the age kept.
    Overflowed {
        /// The queue that it left, or that did not let it in.
        from: QueueId,
        /// The queue where it waits.
        to: Box<QueueRules>,
        /// Why.
        reason: ExitReason,
    },
    /// Where the call stands in line, as [`LineEffect::AskPlace`] asked.
    Place(Place),
    /// A supervisor gave the waiting call other points; `None`: as before.
    Reprioritised {
        /// Points on top of the queue's.
        priority: Option<Priority>,
        /// Points per second of age.
        age_per_s: Option<u32>,
    },
    /// An agent is reserved: ring. Several may be at once; the first to answer is joined.
    Reserved(Box<Reserved>),
    /// The offer is over, as the ACD says.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// How.
        result: OfferResult,
    },
    /// The ACD says when an agent's wrap-up ends by itself.
    WrapUpStarted {
        /// The agent.
        agent: AgentId,
        /// When it ends by itself; `None`: it does not.
        deadline: Option<Instant>,
    },
    /// An agent's wrap-up is over.
    WrapUpEnded {
        /// The agent.
        agent: AgentId,
        /// By its deadline.
        timed_out: bool,
    },
    /// The recording stands on disk; `None`: it failed.
    RecordingFinished(Option<FinishedRecording>),
    /// A comment stands on disk; `None`: it failed.
    CommentKept(RecordingId, Option<FinishedRecording>),
    /// The caller may not call: the contact counts as rejected, whatever the flow says to it.
    Blocked {
        /// Without a word.
        decline: bool,
    },
    /// The customer is to be called back by this contact, and leaves the line for it.
    Booked {
        /// The contact that calls back.
        callback: ContactId,
        /// The queue whose agents call back.
        queue: QueueId,
    },
    /// The customer leaves a message, and the line for it.
    LeftMessage {
        /// The contact that waits with the message.
        voicemail: ContactId,
        /// The queue whose agents hear it.
        queue: QueueId,
    },
    /// Something happened to a message from outside.
    Message(MessageFact),
    /// Something happened to a call back from outside.
    Callback(CallbackFact),
    /// The survey that [`ToFlow::Survey`] asked for begins; `None`: it cannot be made, and the call ends.
    Survey(Option<FlowId>),
    /// The flow that [`ToFlow::Lent`] asked for cannot be made.
    NotLent,
    /// A leg is over, and this is how it sounded.
    Measured(Box<LegQuality>),
    /// A deadline of `Call::deadline` has come.
    Tick,
    /// The engine stops or gives up on this call.
    Abort(Cause),
}

/// A wish of the agent who has the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Put the customer on hold.
    Hold,
    /// Take the customer back.
    Resume,
    /// Stop or restart passing on the agent's voice.
    Mute(bool),
    /// Send digits to the customer's side.
    SendDigits(String),
    /// Give the call to a queue; with an agent: that one first.
    TransferToQueue(QueueRules, Option<AgentId>),
    /// Give the call to a number.
    TransferToNumber {
        /// The new leg.
        leg: LegId,
        /// Whom to call.
        phone: Phone,
        /// As it stands in the history.
        to: String,
    },
    /// Ask somebody for help.
    Consult(Box<Consultation>),
    /// Talk with the other of the two: customer and the one consulted.
    Swap,
    /// Talk with both.
    Conference,
    /// Hand the customer on to the one consulted.
    CompleteTransfer,
    /// Let the one consulted go, and take the customer back.
    CancelConsult,
    /// Pause the recording, or go on with it.
    PauseRecording(bool),
    /// Lend the customer to the queue's flow for secure entry.
    SecureEntry,
    /// Call the customer again later: a machine answered a call back, or it was the wrong moment.
    TryAgain,
    /// End the call.
    HangUp,
    /// Keep the notes.
    SaveNotes(Redacted),
    /// Choose the disposition.
    SetDisposition(DispositionCode),
    /// May the wrap-up be finished? (The ACD finishes it.)
    FinishWrapUp,
}

/// What the call wants done or tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It happened.
    Event(ContactEvent),
    /// Signalling.
    Leg(LegId, LegEffect),
    /// Media.
    Media(LegId, MediaEffect),
    /// To the ACD.
    Line(LineEffect),
    /// To the flow.
    Flow(ToFlow),
    /// To the agent's desk.
    Desk(AgentId, DeskBody),
}

/// Why `Call::deadline` asks to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Media or history did not open in time.
    Arriving,
    /// The number that was called does not answer.
    NumberRings,
    /// The waiting caller is to hear something.
    Treatment,
    /// The phone of one who is consulted, or of a supervisor, rings too long.
    OthersRing,
    /// The screen pop has had its time: the agent's phone is rung.
    Lead,
    /// A message asks for an agent.
    Message,
    /// A call back is due, or the customer's telephone rings too long.
    Callback,
    /// A masked entry was over a while ago: the customer is to be heard again.
    Masked,
}
