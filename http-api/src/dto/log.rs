//! The contact log, one object a line, as `switchroom stats` reads it.

use domain::QueueVisit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A contact's visit to a queue. A contact that went through several queues has a line for each.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactLogLine {
    /// Number of the line, from 0.
    pub id: u64,
    /// The contact.
    pub contact: String,
    /// The queue.
    pub queue: String,
    /// When the contact entered its first queue, in milliseconds since 1970.
    pub enter: i64,
    /// When it left this queue, in milliseconds since 1970.
    pub exit: i64,
    /// `answered`, `abandoned` or `flowout`.
    pub outcome: String,
    /// Talk time without hold, in milliseconds.
    pub talk: u64,
    /// Hold time, in milliseconds.
    pub hold: u64,
    /// After-contact work, in milliseconds.
    pub acw: u64,
}

impl ContactLogLine {
    pub(crate) fn new(id: u64, visited: &QueueVisit) -> Self {
        let visit = &visited.visit;
        Self {
            id,
            contact: visited.contact.to_string(),
            queue: visited.queue.to_string(),
            enter: visit.enter_ms,
            exit: visit.exit_ms,
            outcome: visit.exit.as_str().to_owned(),
            talk: visit.talk_ms,
            hold: visit.hold_ms,
            acw: visit.acw_ms,
        }
    }
}
