//! What a client sends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a client sends.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Must be the first message, within 5 seconds.
    Hello(Hello),
    /// Something that a person wants. Answered by one `reply` with the same id.
    Wish(WishMessage),
    /// A question of a supervisor. Answered by one `answer` with the same id.
    Ask(AskMessage),
    /// Answered by a `pong`.
    Ping(Ping),
}

/// The first message.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
pub struct Hello {
    /// The session token from `POST /api/v1/sessions`.
    pub token: String,
    /// The last sequence number that this client has seen, to be told what it missed.
    #[serde(default)]
    pub resume_from: Option<u64>,
    /// The `session` of the `welcome` that the number belongs to.
    #[serde(default)]
    pub last_session: Option<String>,
}

/// A wish with its number.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
pub struct WishMessage {
    /// Chosen by the client; comes back in the reply. At most 64 characters.
    pub id: String,
    /// Supervisors only: act on this agent's behalf.
    #[serde(default)]
    pub agent: Option<String>,
    /// What is wanted.
    pub wish: WishBody,
}

/// What a person may want.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WishBody {
    /// Start the shift; the agent is not ready until it says so.
    SignIn,
    /// End the shift; while busy: afterwards.
    SignOut,
    /// Take contacts; while busy or wrapping up: afterwards.
    Ready,
    /// Take no contacts; while busy: afterwards.
    NotReady {
        /// A reason code of `GET /api/v1/reasons`.
        reason: String,
    },
    /// Answer the offer, on phones that can be told to answer. A browser phone answers by SIP instead.
    Answer {
        /// The offer.
        offer: String,
    },
    /// Decline the offer.
    Decline {
        /// The offer.
        offer: String,
    },
    /// Put the customer on hold.
    Hold {
        /// The contact.
        contact: String,
    },
    /// Take the customer back.
    Resume {
        /// The contact.
        contact: String,
    },
    /// Stop or restart passing on the agent's voice.
    Mute {
        /// The contact.
        contact: String,
        /// True to stop, false to restart.
        on: bool,
    },
    /// Send digits to the customer's side.
    SendDigits {
        /// The contact.
        contact: String,
        /// `0–9 * # A–D`.
        digits: String,
    },
    /// Give the contact away.
    Transfer {
        /// The contact.
        contact: String,
        /// To whom.
        to: TransferTo,
    },
    /// Ask somebody for help while the customer hears music.
    Consult {
        /// The contact.
        contact: String,
        /// Whom.
        to: TransferTo,
    },
    /// In a consult: talk with the other of the two, the customer and the one consulted.
    Swap {
        /// The contact.
        contact: String,
    },
    /// In a consult: talk with both.
    Conference {
        /// The contact.
        contact: String,
    },
    /// In a consult: hand the customer on to the one consulted.
    CompleteTransfer {
        /// The contact.
        contact: String,
    },
    /// In a consult: let the one consulted go and take the customer back.
    CancelConsult {
        /// The contact.
        contact: String,
    },
    /// Pause the recording, or go on with it.
    PauseRecording {
        /// The contact.
        contact: String,
        /// True to pause.
        on: bool,
    },
    /// Supervisors only: ring the supervisor's own phone and join a contact; for one who is there already, another way
    /// of being there.
    Monitor {
        /// The contact.
        contact: String,
        /// How.
        mode: MonitorWord,
    },
    /// Supervisors only: leave a contact that is monitored.
    StopMonitoring {
        /// The contact.
        contact: String,
    },
    /// End the contact for both parties. In a consult: hand the customer on to the one consulted, or back to the line
    /// if nobody has answered.
    HangUp {
        /// The contact.
        contact: String,
    },
    /// Call a number.
    Dial {
        /// The number.
        number: String,
    },
    /// Keep the notes, whole.
    SaveNotes {
        /// The contact.
        contact: String,
        /// The text, at most 10,000 characters.
        text: String,
    },
    /// Choose how the contact ended.
    SetDisposition {
        /// The contact.
        contact: String,
        /// A code of `GET /api/v1/dispositions`.
        code: String,
    },
    /// Add time to the wrap-up.
    ExtendWrapUp {
        /// The contact.
        contact: String,
    },
    /// End the wrap-up.
    FinishWrapUp {
        /// The contact.
        contact: String,
    },
    /// Lend the customer to the queue's flow for secure entry. `resume` takes the customer back early.
    SecureEntry {
        /// The contact.
        contact: String,
    },
    /// Call the customer of a call back again later: a machine answered, or it was the wrong moment.
    CallAgainLater {
        /// The contact.
        contact: String,
    },
    /// Ask for a customer to be called back. A number that is to be called already keeps its place, unless a time or an
    /// agent is named: then that takes its place.
    RequestCallback {
        /// The number.
        number: String,
        /// Whose agents call back.
        queue: String,
        /// Not before this time; left out: as soon as it is its turn.
        #[serde(default)]
        due_at: Option<i64>,
        /// Who is to call; others do when this agent is not free for a while. Left out: anybody.
        #[serde(default)]
        agent: Option<String>,
        /// The language of what the customer is told; left out: the customer's own where it is known, else the centre's.
        #[serde(default)]
        language: Option<String>,
    },
    /// Supervisors only: take a call back away.
    CancelCallback {
        /// The contact.
        contact: String,
    },
    /// Supervisors only: give a waiting contact other points. One of the two at least.
    Reprioritise {
        /// The contact.
        contact: String,
        /// Points on top of the queue's, −1,000,000 to 1,000,000; left out: as before.
        #[serde(default)]
        priority: Option<i32>,
        /// Points per second of age, at most 1,000; left out: as before.
        #[serde(default)]
        age_per_s: Option<u32>,
    },
    /// Supervisors only: open or close a queue. A closed queue lets nobody in and sends those who wait on.
    OpenQueue {
        /// The queue.
        queue: String,
        /// True to open, false to close.
        open: bool,
    },
}

/// How a supervisor is on a contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MonitorWord {
    /// Hears all, is heard by nobody.
    Listen,
    /// Hears all, is heard by the agent alone.
    Whisper,
    /// Hears all, is heard by all.
    Barge,
}

/// Where a contact is sent, or who is asked.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransferTo {
    /// A queue.
    Queue {
        /// The queue's id.
        id: String,
    },
    /// An agent.
    Agent {
        /// The agent's id.
        id: String,
    },
    /// A number, by a trunk.
    Number {
        /// The number.
        number: String,
    },
}

/// A question with its number.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
pub struct AskMessage {
    /// Chosen by the client; comes back in the answer. At most 64 characters.
    pub id: String,
    /// What is asked.
    pub ask: AskBody,
}

/// What a supervisor may ask.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AskBody {
    /// Why does the contact wait, who would get it now, and why did it go where it went?
    Why {
        /// The contact.
        contact: String,
    },
}

/// Asks for a pong.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
pub struct Ping {
    /// Comes back in the pong.
    #[serde(default)]
    pub id: Option<String>,
}
