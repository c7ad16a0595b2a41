//! What supervisors and admins change while calls go on.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Other points for a waiting contact. One of the two at least.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriorityWish {
    /// Points on top of the queue's; left out: as before.
    #[serde(default)]
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub priority: Option<i32>,
    /// Points per second of age; left out: as before.
    #[serde(default)]
    #[schema(maximum = 1_000)]
    pub age_per_s: Option<u32>,
}

/// A supervisor comes to a contact.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitorWish {
    /// How.
    pub mode: MonitorMode,
}

/// How a supervisor is on a contact.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MonitorMode {
    /// Hears all, is heard by nobody.
    Listen,
    /// Hears all, is heard by the agent alone.
    Whisper,
    /// Hears all, is heard by all.
    Barge,
}

/// Opens or closes a queue.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenWish {
    /// True to open, false to close: it lets nobody in and sends those who wait on.
    pub open: bool,
}

/// What a reload of the configuration did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// What changed at once, such as `queue billing`.
    pub changed: Vec<String>,
    /// What is other than in the running process and holds after a restart only, such as `sip.listen`.
    pub restart: Vec<String>,
}

/// One problem of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigFlaw {
    /// How bad it is.
    pub level: FlawLevel,
    /// The stable code.
    pub code: String,
    /// The rule for flows that is broken, such as `FL01`; null: it is about something else.
    pub rule: Option<String>,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The key, such as `queue[0].goal.within_s`.
    pub path: String,
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub hint: Option<String>,
}

/// How bad a problem of the configuration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlawLevel {
    /// The configuration cannot be used.
    Error,
    /// It can be used, but something is likely not meant.
    Warning,
}
