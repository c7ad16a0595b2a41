//! Messages that callers leave.

use crate::{ContactId, Instant, Language, Priority, QueueId, RecordingId};

/// What a message was left with: enough to route it again after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoicemailOrder {
    /// Whose agents hear it.
    pub queue: QueueId,
    /// The call in which it was left.
    pub from: ContactId,
    /// Points on top of the queue's.
    pub priority: Priority,
    /// The caller's language.
    pub language: Language,
}

/// A message, as the agent who hears it needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// The recording.
    pub recording: RecordingId,
    /// Its length in milliseconds.
    pub duration_ms: u64,
    /// When it was left.
    pub left: Instant,
}
