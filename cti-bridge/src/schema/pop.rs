//! The screen pop: the customer's record and the call's story.

use schemars::JsonSchema;
use serde::Serialize;

/// A queue with its name.
#[derive(Clone, Serialize, JsonSchema)]
pub struct NamedQueue {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// The customer's record and the call's story, as shown before the phone rings.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Pop {
    /// The contact.
    pub contact: String,
    /// The calling number; empty when withheld.
    pub ani: String,
    /// The caller's name as signalled.
    pub caller_name: String,
    /// The called number.
    pub dnis: String,
    /// `voice`, `callback` or `voicemail`.
    pub channel: String,
    /// The queue, if it came through one.
    pub queue: Option<NamedQueue>,
    /// The customer, if recognised.
    pub customer: Option<CustomerCard>,
    /// The nodes that the caller went through, in order.
    pub path: Vec<String>,
    /// The digits keyed, in order.
    pub digits: Vec<KeyedDigits>,
    /// When the contact arrived.
    pub started_at: i64,
    /// When it entered the line, if it did.
    pub queued_at: Option<i64>,
    /// Time in line up to the moment when this was sent.
    pub waited_ms: u64,
    /// True for a call that the agent dialled.
    pub outgoing: bool,
    /// The number that was dialled first, if the call was diverted.
    pub diverted_from: Option<String>,
    /// Why it was diverted, such as `no-answer`; empty if nobody says.
    pub diversion_reason: String,
    /// Whether the network verified the calling number; `null`: nobody tried.
    pub verified: Option<bool>,
    /// What the caller's network or system sends along: User-to-User and the header fields that the trunk lets pass.
    pub signalled: Vec<SignalledField>,
    /// The message to be heard, in a voicemail: `GET /api/v1/recordings/{id}`.
    pub message: Option<Message>,
}

/// A message that a caller left.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Message {
    /// The recording.
    pub recording: String,
    /// Its length.
    pub duration_ms: u64,
    /// When it was left.
    pub left_at: i64,
}

/// A header field of the caller's INVITE.
#[derive(Clone, Serialize, JsonSchema)]
pub struct SignalledField {
    /// The name.
    pub name: String,
    /// The value, as written.
    pub value: String,
}

/// Digits keyed at a node of the flow.
#[derive(Clone, Serialize, JsonSchema)]
pub struct KeyedDigits {
    /// The node.
    pub node: String,
    /// The digits.
    pub digits: String,
}

/// The customer.
#[derive(Clone, Serialize, JsonSchema)]
pub struct CustomerCard {
    /// The id.
    pub id: String,
    /// The name of the person.
    pub name: String,
    /// The company, or empty.
    pub company: String,
    /// The tier, such as `gold`, or empty.
    pub tier: String,
    /// The account number, or empty.
    pub account: String,
    /// The preferred language, such as `en` or `zh`.
    pub language: Option<String>,
    /// Free notes.
    pub notes: String,
    /// Where the customer can be reached.
    pub contact_points: Vec<Point>,
    /// The newest contacts first, at most three.
    pub last_contacts: Vec<PastContact>,
    /// Contacts within the last seven days.
    pub contacts_7d: u32,
    /// All contacts so far.
    pub contacts_total: u32,
}

/// An address under which a customer can be reached.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Point {
    /// `phone` or `email`.
    pub kind: String,
    /// The value as it was entered.
    pub raw: String,
    /// The normal form: E.164 for a phone, lower case for an e-mail.
    pub normal: String,
    /// A label such as `mobile`.
    pub label: String,
}

/// One earlier contact.
#[derive(Clone, Serialize, JsonSchema)]
pub struct PastContact {
    /// When it started.
    pub started_at: i64,
    /// Its channel's word.
    pub channel: String,
    /// The queue's name, if it reached one.
    pub queue: Option<String>,
    /// The agent's name, if one answered.
    pub agent: Option<String>,
    /// The disposition's label, if one was set.
    pub disposition: Option<String>,
    /// The first line of the notes.
    pub note: Option<String>,
    /// Talk time.
    pub talk_ms: u64,
}
