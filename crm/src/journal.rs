//! The way into the history: events are handed in without waiting and gathered into batches.

use domain::{ContactEvent, ContactEventKind, ContactId};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

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
    /// Events that are in the spool and not in the database.
    pub spooled: usize,
    /// Neither the database nor the spool takes events: nothing new is acknowledged.
    pub failing: bool,
}

/// Takes events. Clones share one queue.
#[derive(Clone, Debug)]
pub struct Journal(pub(crate) Arc<Shared>);

/// What the journal and the writer share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    queue: Mutex<Queue>,
    wake: Notify,
    /// The writer has been told to stop.
    pub(crate) closing: closing::Closing,
    /// Events taken from the queue that are not on disk.
    pub(crate) unsaved: AtomicUsize,
    /// Events in the spool.
    pub(crate) spooled: AtomicUsize,
    /// Nothing takes events.
    pub(crate) failing: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    events: Vec<ContactEvent>,
    urgent: bool,
    /// When the first of the events came.
    since: Option<Instant>,
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
        JournalHealth {
            backlog: self.0.waiting() + self.0.unsaved.load(Ordering::Relaxed),
            spooled: self.0.spooled.load(Ordering::Relaxed),
            failing: self.0.failing.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn push(&self, event: ContactEvent) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        // A contact's id is shown to nobody before its first event is stored, so that one does not wait.
        queue.urgent |= matches!(event.kind, ContactEventKind::Started { .. }) || queue.events.len() + 1 >= BATCH;
        queue.events.push(event);
        queue.since.get_or_insert_with(Instant::now);
        if queue.urgent || queue.events.len() == 1 {
            self.wake.notify_one();
        }
    }

    /// Events in the queue.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).events.len()
    }

    /// Waits for events: until one is urgent, there are enough, the oldest has waited for `patience`, or the
    /// writer is to stop. Dropping the future loses nothing.
    pub(crate) async fn gather(&self, patience: Duration) -> Vec<ContactEvent> {
        loop {
            let deadline = {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                let deadline = queue.since.map(|since| since + patience);
                let due = deadline.is_some_and(|deadline| Instant::now() >= deadline);
                if queue.urgent || due || self.closing.is_set() {
                    return std::mem::take(&mut *queue).events;
                }
                deadline
            };
            match deadline {
                Some(deadline) => drop(tokio::time::timeout_at(deadline, self.wake.notified()).await),
                None => self.wake.notified().await,
            }
        }
    }

    /// Tells the writer to store what it has and to end.
    pub(crate) fn close(&self) {
        self.closing.set();
        self.wake.notify_one();
    }
}

/// Most events in one transaction.
pub(crate) const BATCH: usize = 200;

/// A flag that can be awaited.
mod closing {
    use tokio::sync::watch;

    /// Set once.
    #[derive(Debug)]
    pub(crate) struct Closing(watch::Sender<bool>);

    impl Default for Closing {
        fn default() -> Self {
            Self(watch::Sender::new(false))
        }
    }

    impl Closing {
        pub(crate) fn set(&self) {
            self.0.send_replace(true);
        }

        pub(crate) fn is_set(&self) -> bool {
            *self.0.borrow()
        }

        /// Waits until it is set.
        pub(crate) async fn wait(&self) {
            // An error means that the sender is gone, which it cannot be while `self` lives.
            drop(self.0.subscribe().wait_for(|set| *set).await);
        }
    }
}
