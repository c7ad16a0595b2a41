//! A queue: its setup, who serves it, who stands in it, and what it has counted.

use crate::api::QueueSetup;
use domain::{ContactId, Counts, Instant, Requirement};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A queue.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) setup: QueueSetup,
    /// The setup's requirement, shared with the contacts that bring none of their own.
    pub(crate) requirement: Arc<Requirement>,
    /// Agents of this queue, in order.
    pub(crate) members: Vec<u32>,
    /// Contacts in line, those being offered too, by time of entry.
    pub(crate) line: BTreeSet<(Instant, ContactId)>,
    pub(crate) counts: Counts,
}

impl Queue {
    pub(crate) fn new(setup: QueueSetup) -> Self {
        let requirement = Arc::new(setup.requirement.clone());
        Self { setup, requirement, members: Vec::new(), line: BTreeSet::new(), counts: Counts::default() }
    }

    pub(crate) fn count_answered(&mut self, wait_ms: u64) {
        self.counts.answered += 1;
        self.counts.wait_answered_ms += wait_ms;
        self.counts.answered_within += u64::from(wait_ms <= self.setup.goal.within_ms);
    }

    pub(crate) fn count_abandoned(&mut self, wait_ms: u64) {
        self.counts.abandoned += 1;
        self.counts.short_abandons += u64::from(wait_ms <= self.setup.goal.short_abandon_ms);
    }
}
