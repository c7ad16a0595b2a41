//! Every message of the CTI WebSocket, subprotocol `switchroom.cti.v1`. The JSON Schema, the AsyncAPI document and
//! the console's types are generated from this file and its neighbours.
//!
//! Rules of the wire: one JSON object per text frame, tagged by `type`. Ids are strings. Fields that end in `_at`, and
//! `server_time_ms`, are wall-clock milliseconds since 1970-01-01T00:00:00Z; fields that end in `_ms` are otherwise
//! durations. Readers ignore fields and event types that they do not know: that is how version 1 grows.

mod client;
mod floor;
mod pop;
mod why;

pub use client::{AskBody, AskMessage, ClientMessage, Hello, MonitorWord, Ping, TransferTo, WishBody, WishMessage};
pub use floor::{
    CallbackCounts, ExpectedWait, Floor, FloorAgent, FloorCallback, FloorLeg, FloorMonitor, FloorQueue, Goal,
    MessageCounts, QuestionScore, QueueAgents, QueueCounts, ServiceLevel, SurveyCounts, WaitingContact,
};
pub use pop::{CustomerCard, KeyedDigits, Message, NamedQueue, PastContact, Point, Pop, SignalledField};
pub use why::{
    AgentVerdict, Candidate, Chances, Excluded, NeededSkill, PassedOver, PastOffer, Reasons, ToldWait, WhyStory,
};

use schemars::JsonSchema;
use serde::Serialize;

/// The version of the protocol. A change that an old client cannot live with raises it.
pub const PROTOCOL_VERSION: u32 = 1;

/// What the server sends.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answers `hello`. Followed by the missed events if `resumed`, otherwise by one `snapshot`.
    Welcome(Welcome),
    /// How things stand at `seq`. Replaces all that the client knew.
    Snapshot(Box<Snapshot>),
    /// One thing that happened.
    Event(Box<EventMessage>),
    /// The answer to one wish.
    Reply(Reply),
    /// The answer to one `ask`.
    Answer(AnswerMessage),
    /// The answer to `ping`.
    Pong(Pong),
    /// Something is wrong with the connection or with a message that had no id.
    Error(Problem),
}

/// The answer to `hello`.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Welcome {
    /// Names the sequence of events: it changes when the engine starts anew. Send it back as `last_session`.
    pub session: String,
    /// The newest sequence number at this moment.
    pub seq: u64,
    /// The version of this protocol.
    pub version: u32,
    /// The version of the server.
    pub server: String,
    /// The server's clock in milliseconds since 1970, so that the console's timers tick with it.
    pub server_time_ms: i64,
    /// Who is signed in.
    pub user: UserCard,
    /// The agent that this user is, if any.
    pub agent: Option<AgentCard>,
    /// True: the missed events follow. False: a snapshot follows.
    pub resumed: bool,
}

/// A signed-in user.
#[derive(Clone, Serialize, JsonSchema)]
pub struct UserCard {
    /// The login name.
    pub login: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: RoleWord,
}

/// What a user may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleWord {
    /// Handles contacts.
    Agent,
    /// Watches and steers queues and agents.
    Supervisor,
    /// Changes everything.
    Admin,
}

/// An agent's id and name.
#[derive(Clone, Serialize, JsonSchema)]
pub struct AgentCard {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// How things stand.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Snapshot {
    /// The last event that this includes.
    pub seq: u64,
    /// When.
    pub at: i64,
    /// The user's own desk; `null` when the user is no agent.
    pub desk: Option<Desk>,
    /// The floor; `null` for agents, and until the first figures are there.
    pub floor: Option<Floor>,
}

/// An agent's desk.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Desk {
    /// The agent.
    pub agent: String,
    /// The state.
    pub state: StateChange,
    /// The phone can be rung.
    pub reachable: bool,
    /// The contact that is being offered.
    pub offer: Option<OfferCard>,
    /// The contact in hand.
    pub interaction: Option<InteractionCard>,
}

/// One thing that happened.
#[derive(Clone, Serialize, JsonSchema)]
pub struct EventMessage {
    /// The number of the event. Numbers rise; some are missing, because not every event is for everybody.
    pub seq: u64,
    /// When.
    pub at: i64,
    /// The agent whose desk it concerns; `null` for the floor.
    pub agent: Option<String>,
    /// What.
    pub event: EventBody,
}

/// What happened.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// The agent's state changed.
    AgentState(StateChange),
    /// The agent's phone became usable or unusable.
    Phone(PhoneChange),
    /// A contact is offered. Sent before the phone rings.
    Offered(Box<OfferCard>),
    /// The pop has more to show: a late customer record.
    PopChanged(Box<PopChange>),
    /// The offer is over.
    OfferEnded(OfferEnd),
    /// The agent's part in a contact moved on. Phase `ended` empties the desk.
    Interaction(Box<InteractionCard>),
    /// New figures. Supervisors only. Only the newest is kept for a resume.
    Floor(Box<Floor>),
}

/// An agent's state.
#[derive(Clone, Serialize, JsonSchema)]
pub struct StateChange {
    /// The state.
    pub state: StateWord,
    /// Why, when not ready.
    pub reason: Option<String>,
    /// The offer, when reserved.
    pub offer: Option<String>,
    /// Since when.
    pub since_at: i64,
    /// What was asked to follow.
    pub next: Option<NextCard>,
    /// Why the system chose the state, if it did: `rona`, `connection`, …
    pub note: Option<String>,
}

/// The one state of an agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateWord {
    /// Not signed in.
    LoggedOut,
    /// Signed in, taking no new work, for a reason.
    NotReady,
    /// Waiting for work.
    Ready,
    /// Held for one contact that is being offered.
    Reserved,
    /// Serving a contact.
    Busy,
    /// Finishing a contact whose customer has left.
    AfterContactWork,
}

/// What follows after the work in hand.
#[derive(Clone, Serialize, JsonSchema)]
pub struct NextCard {
    /// `ready`, `not_ready` or `logged_out`.
    pub state: StateWord,
    /// Why, for `not_ready`.
    pub reason: Option<String>,
}

/// Whether the phone can be rung.
#[derive(Clone, Serialize, JsonSchema)]
pub struct PhoneChange {
    /// A registered address or a fixed one exists.
    pub reachable: bool,
}

/// A contact offered to an agent.
#[derive(Clone, Serialize, JsonSchema)]
pub struct OfferCard {
    /// The offer.
    pub offer: String,
    /// The agent's part in the contact.
    pub interaction: String,
    /// The contact.
    pub contact: String,
    /// When the offer was made.
    pub offered_at: i64,
    /// When it ends unanswered.
    pub deadline_at: i64,
    /// Why this agent, in one line; empty if the agent was asked for by name.
    pub why: String,
    /// The agent who wants to consult; `null`: the customer is to be served.
    pub consulted_by: Option<AgentCard>,
    /// The customer's record and the call's story.
    pub pop: Pop,
}

/// A pop with more to show.
#[derive(Clone, Serialize, JsonSchema)]
pub struct PopChange {
    /// The whole pop. It replaces the one shown for the same contact.
    pub pop: Pop,
}

/// The end of an offer.
#[derive(Clone, Serialize, JsonSchema)]
pub struct OfferEnd {
    /// The offer.
    pub offer: String,
    /// The contact.
    pub contact: String,
    /// How it ended.
    pub result: OfferResultWord,
}

/// How an offer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferResultWord {
    /// The agent answered.
    Answered,
    /// The agent declined.
    Declined,
    /// The phone was busy.
    Busy,
    /// The phone rang until the deadline.
    NoAnswer,
    /// The phone could not be reached.
    Unreachable,
    /// The customer left first.
    CustomerLeft,
    /// The engine took it back.
    Withdrawn,
}

/// Where an agent's part in a contact stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhaseWord {
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

/// How far the secure entry is: the customer keys in a flow what the agent is not to hear.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecureEntryWord {
    /// The agent may ask for it.
    Ready,
    /// The customer is keying.
    Running,
    /// The agent has the customer again, and the flow came to its `return`.
    Done,
    /// The agent has the customer again, and it came to nothing.
    Failed,
}

/// An agent's part in a contact.
#[derive(Clone, Serialize, JsonSchema)]
pub struct InteractionCard {
    /// The agent's part.
    pub interaction: String,
    /// The contact.
    pub contact: String,
    /// The queue, if it came through one.
    pub queue: Option<NamedQueue>,
    /// The phase.
    pub phase: PhaseWord,
    /// Since when.
    pub since_at: i64,
    /// When customer and agent were first joined.
    pub connected_at: Option<i64>,
    /// Total time on hold so far, without a hold that still runs.
    pub held_ms: u64,
    /// The agent's microphone is not passed on.
    pub muted: bool,
    /// The recording that runs.
    pub recording: Option<String>,
    /// The agent who paused the recording, while it is paused.
    pub paused_by: Option<AgentCard>,
    /// When wrap-up ends by itself.
    pub wrap_up_deadline_at: Option<i64>,
    /// The disposition chosen so far.
    pub disposition: Option<String>,
    /// The notes so far.
    pub notes: String,
    /// The consult that this part has a part in.
    pub consult: Option<ConsultCard>,
    /// The secure entry; null: the queue has no flow for it.
    pub secure_entry: Option<SecureEntryWord>,
    /// The customer's record and the call's story.
    pub pop: Pop,
}

/// A consult, as one of its two agents sees it.
#[derive(Clone, Serialize, JsonSchema)]
pub struct ConsultCard {
    /// True for the agent who consults, false for the one consulted.
    pub asks: bool,
    /// Where it stands.
    pub stage: ConsultStageWord,
    /// Since when.
    pub since_at: i64,
    /// The other agent, once known.
    pub agent: Option<AgentCard>,
    /// The queue that was asked.
    pub queue: Option<NamedQueue>,
    /// The number that was asked.
    pub number: Option<String>,
}

/// Where a consult stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsultStageWord {
    /// Nobody has answered yet; the customer hears music.
    Asking,
    /// The agent talks with the one consulted; the customer hears music.
    Consulting,
    /// The agent talks with the customer; the one consulted hears music.
    Customer,
    /// All talk with each other.
    Conference,
}

/// The answer to one wish.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Reply {
    /// The wish's id.
    pub id: String,
    /// True when it was done or will be done.
    pub ok: bool,
    /// Why not, when `ok` is false.
    pub error: Option<Problem>,
}

/// The answer to one question.
#[derive(Clone, Serialize, JsonSchema)]
pub struct AnswerMessage {
    /// The question's id.
    pub id: String,
    /// True when there is an answer.
    pub ok: bool,
    /// The answer.
    pub answer: Option<AnswerBody>,
    /// Why there is none, when `ok` is false.
    pub error: Option<Problem>,
}

/// What was asked for.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AnswerBody {
    /// Why a contact waits, and why it went where it went.
    Why(Box<WhyStory>),
}

/// The server's clock.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Pong {
    /// The ping's id.
    pub id: Option<String>,
    /// Milliseconds since 1970.
    pub server_time_ms: i64,
}

/// What went wrong.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Problem {
    /// The stable code, listed in `docs/problems.md`.
    pub code: crate::ErrorCode,
    /// A sentence for a person.
    pub message: String,
}
