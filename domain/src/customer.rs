//! Who is calling.

use crate::{CustomerId, Language, WallTime};

/// An address under which a customer can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPoint {
    /// `phone` or `email`.
    pub kind: String,
    /// The value as it was entered.
    pub raw: crate::Redacted,
    /// The normal form: E.164 for a phone, lower case for an e-mail.
    pub normal: crate::Redacted,
    /// A label such as `mobile`.
    pub label: String,
}

/// One earlier contact, as the screen pop shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastContact {
    /// When it started.
    pub at: WallTime,
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
    /// Talk time in milliseconds.
    pub talk_ms: u64,
}

/// The person or company behind contact points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The id.
    pub id: CustomerId,
    /// The name of the person.
    pub name: crate::Redacted,
    /// The company, or empty.
    pub company: String,
    /// The tier, such as `gold`, or empty.
    pub tier: String,
    /// The account number, or empty.
    pub account: String,
    /// The preferred language.
    pub language: Option<Language>,
    /// Free notes.
    pub notes: String,
    /// Where the customer can be reached.
    pub contact_points: Vec<ContactPoint>,
    /// The newest contacts first, at most three.
    pub last_contacts: Vec<LastContact>,
    /// Contacts within the last seven days.
    pub contacts_7d: u32,
    /// All contacts so far.
    pub contacts_total: u32,
}
