//! Calls back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A customer is to be called back.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallbackWish {
    /// The number, as it is dialled; spaces, dashes, dots, slashes and brackets are left out.
    pub number: String,
    /// Whose agents call back.
    pub queue: String,
    /// Not before this time; left out: as soon as it is its turn.
    #[serde(default)]
    pub due_at: Option<i64>,
    /// Who is to call; others do when this agent is not free for a while. Left out: anybody.
    #[serde(default)]
    pub agent: Option<String>,
    /// The language of what the customer is told, such as `zh-CN`; left out: the customer's own where it is known, else the
    /// centre's.
    #[serde(default)]
    pub language: Option<String>,
    /// Points on top of the queue's, −1,000,000 to 1,000,000.
    #[serde(default)]
    pub priority: Option<i32>,
}

/// Calls back that are not over, the next first, at most 200.
#[derive(Clone, Serialize, ToSchema)]
pub struct Callbacks {
    /// They.
    pub items: Vec<Callback>,
}

/// A call back that is not over.
#[derive(Clone, Serialize, ToSchema)]
pub struct Callback {
    /// The contact.
    pub contact: String,
    /// Whose agents call back.
    pub queue: super::NamedQueue,
    /// The number to call.
    pub number: String,
    /// The name of the customer, if known.
    pub customer: Option<String>,
    /// `scheduled`, `suspended` (the customer is on the line elsewhere), `in_line`, `trying` or `talking`.
    pub state: String,
    /// How often the customer was called.
    pub attempts: u8,
    /// When it asks, or asked, for an agent.
    pub due_at: i64,
    /// Its age in the line counts from here.
    pub since_at: i64,
    /// The agent who is to call, or who does.
    pub agent: Option<String>,
}
