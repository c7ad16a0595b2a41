//! The way into the history: events are handed in without waiting and gathered into batches.

use domain::{ContactEvent, ContactEventKind, ContactId};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// An event is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The contact.
    pub contact: ContactId,
    /// Position of the event in the contact's story.
    pub seq: u32,
}

/// How the writer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalHealth {
    /// Events that are not on disk yet.
    pub backlog: usize,
    /// Events in the spool that the database has not taken when it was asked; 0 while it takes them.
    pub spooled: usize,
    /// Neither the database nor the spool takes events: nothing new is acknowledged.
    pub failing: bool,
}

/// Takes events. Clones share one queue.
#[derive(Clone, Debug)]
pub struct Journal(pub(crate) Arc<Shared>);

/// What the journal, the thread that keeps events on disk and the task that files them share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Events handed in since the start.
    handed_in: AtomicU64,
    /// Events that the database has taken since the start.
    filed: watch::Sender<u64>,
    /// Somebody waits until the database has taken so many.
    awaited: AtomicU64,
    /// Somebody has begun to wait.
    pub(crate) hurry: Notify,
    /// There are events in the spool, and nobody has planned to file them, or somebody waits for them, or there are many.
    pub(crate) kept: Notify,
    /// Somebody has planned to file what is in the spool: he need not be told of every event more.
    pub(crate) is_planned: AtomicBool,
    /// Events taken from the queue that are not on disk.
    pub(crate) unsaved: AtomicUsize,
    /// Events in the spool.
    pub(crate) spooled: AtomicUsize,
    /// The database does not take events.
    pub(crate) is_behind: AtomicBool,
    /// Nothing takes events.
    pub(crate) failing: AtomicBool,
}

/// How the writer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// What was handed in is kept first.
    Orderly,
    /// At once, as a crash would.
    Crash,
}

#[derive(Debug, Default)]
struct Queue {
    events: Vec<ContactEvent>,
    urgent: bool,
    /// When the first of the events came.
    since: Option<Instant>,
    /// The writer waits without an end: it must be told of any event.
    is_idle: bool,
    end: Option<End>,
}

impl Journal {
    /// Hands in an event. Never waits and never drops: whoever begins contacts looks at
    /// [`JournalHealth::backlog`] and refuses new ones when it grows.
    pub fn append(&self, event: ContactEvent) {
        self.0.push(event);
    }

    /// How the writer is doing.
    #[must_use]
    pub fn health(&self) -> JournalHealth {
        let is_behind = self.0.is_behind.load(Ordering::Relaxed);
        JournalHealth {
            backlog: self.0.waiting() + self.0.unsaved.load(Ordering::Relaxed),
            spooled: if is_behind { self.0.spooled.load(Ordering::Relaxed) } else { 0 },
            failing: self.0.failing.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, event: ContactEvent) {
        let mut queue = self.lock();
        // A contact's id is shown to nobody before its first event is stored, so that one does not wait.
        let was_urgent = queue.urgent;
        queue.urgent |= matches!(event.kind, ContactEventKind::Started { .. }) || queue.events.len() + 1 >= BATCH;
        queue.events.push(event);
        queue.since.get_or_insert_with(Instant::now);
        // Else the writer looks by itself soon enough.
        let is_news = queue.urgent != was_urgent || std::mem::take(&mut queue.is_idle);
        drop(queue);
        self.handed_in.fetch_add(1, Ordering::Relaxed);
        if is_news {
            self.wake.notify_one();
        }
    }

    /// Events in the queue.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().events.len()
    }

    /// Waits for events: until one is urgent, there are enough, the oldest has waited for `patience`, there has been
    /// nothing for `at_most`, or the writer is to stop, and how.
    pub(crate) fn gather(&self, patience: Duration, at_most: Option<Duration>) -> (Vec<ContactEvent>, Option<End>) {
        let begun = Instant::now();
        let mut has_rested = false;
        let mut queue = self.lock();
        loop {
            let gathered = queue.since.map(|since| patience.saturating_sub(since.elapsed()));
            let left = gathered.into_iter().chain(at_most.map(|most| most.saturating_sub(begun.elapsed()))).min();
            if queue.urgent || queue.end.is_some() || left.is_some_and(|left| left.is_zero()) {
                (queue.urgent, queue.since) = (false, None);
                return (std::mem::take(&mut queue.events), queue.end);
            }
            // An event that comes while we rest has waited for less than it may when we look; under calls that spares a
            // wake-up for each that is not urgent.
            let rest = left.or_else(|| (!has_rested).then_some(patience));
            has_rested = true;
            queue.is_idle = rest.is_none();
            queue = match rest {
                Some(rest) => self.wake.wait_timeout(queue, rest).unwrap_or_else(PoisonError::into_inner).0,
                None => self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner),
            };
            queue.is_idle = false;
        }
    }

    /// Tells the writer to end.
    pub(crate) fn close(&self, end: End) {
        self.lock().end.get_or_insert(end);
        self.wake.notify_one();
    }

    /// Somebody waits for events that the database does not have yet.
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited.load(Ordering::Relaxed) > *self.filed.borrow()
    }

    /// The database has taken so many events more.
    pub(crate) fn filed(&self, count: usize) {
        self.filed.send_modify(|filed| *filed += count as u64);
    }

    /// Waits until the database has every event that was handed in before; not while it takes none, and not for ever.
    pub(crate) async fn settled(&self) {
        let target = self.handed_in.load(Ordering::Relaxed);
        let mut filed = self.filed.subscribe();
        self.awaited.fetch_max(target, Ordering::Relaxed);
        self.gather_no_more();
        self.hurry.notify_one();
        let settled = async {
            while *filed.borrow_and_update() < target && !self.is_behind.load(Ordering::Relaxed) {
                if filed.changed().await.is_err() {
                    return;
                }
            }
        };
        // Then the answer is a little old.
        drop(tokio::time::timeout(SETTLE_WITHIN, settled).await);
    }

    fn gather_no_more(&self) {
        let mut queue = self.lock();
        if !queue.events.is_empty() && !queue.urgent {
            queue.urgent = true;
            self.wake.notify_one();
        }
    }
}

/// Most events that go to disk together.
pub(crate) const BATCH: usize = 200;
/// Longest time that an answer waits for events that are not in the database yet.
const SETTLE_WITHIN: Duration = Duration::from_secs(1);
