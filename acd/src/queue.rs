//! A queue: its setup, who serves it, who stands in it, and what it has counted.

use crate::api::QueueSetup;
use crate::line::Line;
use core::time::Duration;
use domain::{ContactId, Counts, Instant};
use std::collections::BTreeMap;

/// A queue's place in the index.
#[derive(Debug, Default)]
pub(crate) struct QueueIndex {
    /// Agents of this queue, in order.
    pub(crate) members: Vec<u32>,
    /// Members' delays in order, each once, without zero: a contact's tier is the number of those it has reached.
    pub(crate) tiers: Vec<Duration>,
    /// The interned needs of the rings of the queue's own requirement.
    pub(crate) needs: Vec<u32>,
    /// Classes of this queue.
    pub(crate) classes: Vec<u32>,
    /// Members who are signed in.
    pub(crate) signed_in: u32,
    /// Contacts in line that are not being offered.
    pub(crate) unoffered: u32,
    /// Contacts offered or served, with the number of agents who hold each. Kept only where there is a cap.
    pub(crate) in_service: BTreeMap<ContactId, u32>,
}

/// A queue.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) setup: QueueSetup,
    /// In the setup. A queue that is not is closed and there only for those in it.
    pub(crate) known: bool,
    pub(crate) open: bool,
    /// New contacts are let in.
    pub(crate) admits: bool,
    pub(crate) counts: Counts,
    pub(crate) line: Line,
    pub(crate) index: QueueIndex,
}

impl Queue {
    pub(crate) fn new(setup: QueueSetup) -> Self {
        Self {
            setup,
            known: true,
            open: true,
            admits: true,
            counts: Counts::default(),
            line: Line::default(),
            index: QueueIndex::default(),
        }
    }

    #[inline]
    pub(crate) fn count_answered(&mut self, wait_ms: u64) {
        self.counts.answered += 1;
        self.counts.wait_answered_ms += wait_ms;
        self.counts.answered_within += u64::from(wait_ms <= self.setup.goal.within_ms);
    }

    pub(crate) fn count_abandoned(&mut self, wait_ms: u64) {
        self.counts.abandoned += 1;
        self.counts.short_abandons += u64::from(wait_ms <= self.setup.goal.short_abandon_ms);
    }

    /// As many contacts are in service as may be.
    #[inline]
    pub(crate) fn is_capped(&self) -> bool {
        self.setup.limits.most_in_service.is_some_and(|most| self.index.in_service.len() >= most as usize)
    }

    /// An agent holds a contact of this queue.
    #[inline]
    pub(crate) fn begin_service(&mut self, contact: ContactId) {
        if self.setup.limits.most_in_service.is_some() {
            *self.index.in_service.entry(contact).or_default() += 1;
        }
    }

    /// An agent holds it no more; true: the queue was at its cap and is below it now.
    #[inline]
    pub(crate) fn end_service(&mut self, contact: ContactId) -> bool {
        if self.setup.limits.most_in_service.is_none() {
            return false;
        }
        let was_capped = self.is_capped();
        if let Some(agents) = self.index.in_service.get_mut(&contact) {
            *agents -= 1;
            if *agents == 0 {
                self.index.in_service.remove(&contact);
            }
        }
        was_capped && !self.is_capped()
    }
}

/// Whole milliseconds from the entry to the exit.
#[inline]
pub(crate) fn wait_ms(now: Instant, entered: Instant) -> u64 {
    now.as_micros().saturating_sub(entered.as_micros()) / 1_000
}
