//! The contact history.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of contacts, newest first.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactPage {
    /// The contacts.
    pub items: Vec<Contact>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// One row of the contact history.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// The contact.
    pub id: String,
    /// The channel's word.
    pub channel: String,
    /// The calling number.
    pub ani: String,
    /// The called number.
    pub dnis: String,
    /// The customer, if recognised.
    pub customer: Option<String>,
    /// The customer's name.
    pub customer_name: Option<String>,
    /// The last queue.
    pub queue: Option<String>,
    /// The last agent who answered.
    pub agent: Option<String>,
    /// `answered`, `abandoned`, `self_served`, `rejected`, `flowed_out`, `unanswered`, `system`; `null` while it lives.
    pub outcome: Option<String>,
    /// Who ended it, or the talk where a survey followed: `customer`, `agent`, `flow`, `system`.
    pub ended_by: Option<String>,
    /// Nodes of the flow, in order.
    pub path: Vec<String>,
    /// The disposition.
    pub disposition: Option<String>,
    /// The notes.
    pub notes: String,
    /// The recording.
    pub recording: Option<String>,
    /// Number of events folded into the row.
    pub events: u32,
    /// Its times.
    #[serde(flatten)]
    pub times: ContactTimes,
}

/// The times of a contact.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactTimes {
    /// When it arrived.
    pub started_at: i64,
    /// When it ended for the customer.
    pub ended_at: Option<i64>,
    /// When the row became final.
    pub closed_at: Option<i64>,
    /// Time in line.
    pub wait_ms: u64,
    /// Time from the last offer to the answer.
    pub ring_ms: u64,
    /// Talk time without hold.
    pub talk_ms: u64,
    /// Hold time.
    pub hold_ms: u64,
    /// After-contact work.
    pub wrap_up_ms: u64,
}

/// A contact with its whole story.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactDetail {
    /// The row.
    pub contact: Contact,
    /// The events in order.
    pub events: Vec<ContactEvent>,
    /// The agents' parts in order.
    pub interactions: Vec<Interaction>,
    /// The recordings.
    pub recordings: Vec<Recording>,
    /// How its legs sounded, in the order in which they ended.
    #[serde(default)]
    pub legs: Vec<LegQuality>,
    /// What the customer answered in a survey after the call, in order.
    #[serde(default)]
    pub survey: Vec<SurveyAnswer>,
}

/// An answer to a question of a survey.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SurveyAnswer {
    /// The question.
    pub question: String,
    /// The digit, 0 to 9.
    pub answer: u8,
    /// The agent whom it is about.
    pub agent: Option<String>,
    /// The queue by which that agent got the contact.
    pub queue: Option<String>,
    /// When.
    pub at: i64,
}

/// How the audio was that came on a leg.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct LegQuality {
    /// Who was on it: `customer`, `agent`, `number`, `supervisor`.
    pub role: String,
    /// The agent or supervisor.
    pub agent: Option<String>,
    /// The codec's name in SDP.
    pub codec: String,
    /// Packets received.
    pub received: u64,
    /// Packets that the peer sent, as far as we know.
    pub expected: u64,
    /// Packets lost on the way to us.
    pub lost: u64,
    /// The same in thousandths of those expected.
    pub lost_permille: u16,
    /// Packets lost on the way to the peer, as it told.
    pub peer_lost: u32,
    /// Mean jitter in microseconds.
    pub jitter_mean_us: u32,
    /// Greatest jitter in microseconds.
    pub jitter_max_us: u32,
    /// Time to the peer and back in microseconds; `null`: the peer never told.
    pub round_trip_us: Option<u32>,
    /// Mean opinion score in hundredths by the E-model (ITU-T G.107): 100 (bad) to 450; `null`: nothing was heard.
    pub mos_hundredths: Option<u16>,
}

/// The events of a contact.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactEvents {
    /// The events in order.
    pub items: Vec<ContactEvent>,
}

/// One thing that happened to a contact.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactEvent {
    /// Position in the contact's story, from 1.
    pub seq: u32,
    /// When.
    pub at: i64,
    /// The event's word: `started`, `queued`, `connected`, …
    pub kind: String,
    /// Its fields.
    #[schema(value_type = Object)]
    pub fields: serde_json::Value,
}

/// One agent's part in a contact.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Interaction {
    /// The id.
    pub id: String,
    /// The agent.
    pub agent: String,
    /// The queue.
    pub queue: Option<String>,
    /// When it was offered.
    pub offered_at: i64,
    /// When it was answered.
    pub answered_at: Option<i64>,
    /// When the talk ended.
    pub ended_at: Option<i64>,
    /// When wrap-up ended.
    pub wrapped_up_at: Option<i64>,
    /// How the offer ended.
    pub result: Option<String>,
    /// The disposition.
    pub disposition: Option<String>,
}

/// A recording. `GET /recordings/{id}` gives the WAV file.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Recording {
    /// The id.
    pub id: String,
    /// The contact.
    pub contact: String,
    /// Length.
    pub duration_ms: u64,
    /// Channels: 2, customer left, agent right.
    pub channels: u16,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Time missing because the disk was too slow.
    pub gap_ms: u64,
    /// `complete`, or `recovered` after a crash.
    pub state: String,
}
