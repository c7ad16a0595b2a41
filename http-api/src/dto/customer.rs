//! The customer base.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of customers.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerPage {
    /// The customers.
    pub items: Vec<Customer>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// The person or company behind contact points.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Customer {
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
    /// The preferred language.
    pub language: Option<String>,
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

/// An address under which a customer can be reached.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactPoint {
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
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct LastContact {
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

/// A customer to be written. Fields that are left out become empty.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerWrite {
    /// The name; must not be empty.
    pub name: String,
    /// The company.
    #[serde(default)]
    pub company: String,
    /// The tier.
    #[serde(default)]
    pub tier: String,
    /// The account number.
    #[serde(default)]
    pub account: String,
    /// The language.
    #[serde(default)]
    pub language: Option<String>,
    /// Notes.
    #[serde(default)]
    pub notes: String,
    /// Phone numbers as typed.
    #[serde(default)]
    pub phones: Vec<String>,
    /// E-mail addresses.
    #[serde(default)]
    pub emails: Vec<String>,
}

/// What an import did, or with `?dry_run=true` would do.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Import {
    /// Nothing was written.
    pub dry_run: bool,
    /// Rows added.
    pub added: u64,
    /// Rows that changed a customer with the same account.
    pub changed: u64,
    /// Rows left out, with the reason.
    pub errors: Vec<ImportError>,
}

/// A row that could not be imported.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ImportError {
    /// Line in the file, from 1.
    pub line: u64,
    /// The column.
    pub column: String,
    /// What is wrong and how to mend it.
    pub why: String,
}
