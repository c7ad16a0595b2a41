//! The writer: batches of events into the database, or into the spool while the database does not take them.

use crate::journal::{BATCH, Journal, Shared, Stored};
use crate::persist::{Committer, Entry};
use crate::spool::Spool;
use domain::WallTime;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// First pause before the database is tried again.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// Longest pause before the database is tried again.
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// How the writer works.
#[derive(Clone, Copy, Debug)]
pub struct WriterOptions {
    /// The wall time at the start of the engine's clock.
    pub wall_at_start: WallTime,
    /// Longest time that an event waits for others to share its commit.
    pub patience: Duration,
    /// A commit that takes longer counts as failed; its events go to the spool.
    pub commit_within: Duration,
}

impl WriterOptions {
    /// The usual limits: 50 ms for gathering, 2 s for a commit.
    #[must_use]
    pub const fn new(wall_at_start: WallTime) -> Self {
        Self { wall_at_start, patience: Duration::from_millis(50), commit_within: Duration::from_secs(2) }
    }
}

/// The running writer.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Writer {
    /// Stores everything that was handed in, then ends. With the database away, that is in the spool.
    pub async fn stop(self) {
        self.shared.close();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the history writer failed");
        }
    }

    /// Ends at once, as a crash would: what is not on disk is lost. For tests of exactly that.
    pub async fn crash(self) {
        self.task.abort();
        drop(self.task.await);
    }
}

/// The spool as tasks share it.
pub(crate) type SharedSpool = Arc<Mutex<Spool>>;

/// Runs `work` on the spool on a thread that may block.
pub(crate) async fn on_spool<T: Send + 'static>(
    spool: &SharedSpool,
    work: impl FnOnce(&mut Spool) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let spool = Arc::clone(spool);
    let task = tokio::task::spawn_blocking(move || work(&mut spool.lock().unwrap_or_else(PoisonError::into_inner)));
    task.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Brings the oldest spooled events into the database; how many stay behind.
pub(crate) async fn replay(
    committer: &mut Committer,
    spool: &SharedSpool,
) -> Result<usize, crate::persist::CommitError> {
    let oldest = on_spool(spool, |spool| spool.oldest(BATCH)).await?;
    committer.commit(&oldest.entries).await?;
    let (count, next) = (oldest.entries.len(), oldest.next());
    let left = on_spool(spool, move |spool| spool.done(count, next).map(|()| spool.depth())).await?;
    Ok(left)
}

/// Starts the writer's task.
pub(crate) fn start(
    options: WriterOptions,
    committer: Committer,
    spool: SharedSpool,
    stored: mpsc::Sender<Stored>,
) -> (Journal, Writer) {
    let shared = Arc::new(Shared::default());
    let loop_ = WriterLoop {
        options,
        committer,
        spool,
        stored,
        shared: Arc::clone(&shared),
        unsaved: Vec::new(),
        retry: None,
        backoff: BACKOFF_MIN,
    };
    let task = tokio::spawn(loop_.run());
    (Journal(Arc::clone(&shared)), Writer { shared, task })
}

struct WriterLoop {
    options: WriterOptions,
    committer: Committer,
    spool: SharedSpool,
    stored: mpsc::Sender<Stored>,
    shared: Arc<Shared>,
    /// Events that are nowhere on disk, in order.
    unsaved: Vec<Entry>,
    /// When to try again what failed; `None`: nothing is behind.
    retry: Option<Instant>,
    backoff: Duration,
}

impl WriterLoop {
    async fn run(mut self) {
        let spooled = self.spool_depth();
        self.shared.spooled.store(spooled, Ordering::Relaxed);
        self.retry = (spooled > 0).then(Instant::now);
        loop {
            let retry = self.retry;
            let events = tokio::select! {
                events = self.shared.gather(self.options.patience) => events,
                () = tokio::time::sleep_until(retry.unwrap_or_else(Instant::now)), if retry.is_some() => Vec::new(),
            };
            self.unsaved.extend(events.iter().map(|event| Entry::of(event, self.options.wall_at_start)));
            self.save().await;
            self.catch_up().await;
            if self.shared.closing.is_set() && self.shared.waiting() == 0 {
                break;
            }
        }
        if !self.unsaved.is_empty() {
            tracing::error!(events = self.unsaved.len(), "stopped with events that nothing would take: they are lost");
        }
    }

    /// Puts every unsaved event on disk, in order, in the database or in the spool.
    async fn save(&mut self) {
        while !self.unsaved.is_empty() {
            let rest = self.unsaved.split_off(self.unsaved.len().min(BATCH));
            let batch = std::mem::replace(&mut self.unsaved, rest);
            if self.save_batch(&batch).await {
                self.acknowledge(&batch).await;
            } else {
                let later = std::mem::replace(&mut self.unsaved, batch);
                self.unsaved.extend(later);
                break;
            }
        }
        self.shared.unsaved.store(self.unsaved.len(), Ordering::Relaxed);
        self.shared.failing.store(!self.unsaved.is_empty(), Ordering::Relaxed);
    }

    async fn save_batch(&mut self, batch: &[Entry]) -> bool {
        // While older events are in the spool, newer ones queue up behind them.
        if self.spool_depth() == 0 {
            match self.committer.commit(batch).await {
                Ok(()) => return true,
                Err(error) => self.back_off(&error),
            }
        }
        let entries = batch.to_vec();
        let appended = on_spool(&self.spool, move |spool| spool.append(&entries).map(|()| spool.depth())).await;
        match appended {
            Ok(depth) => {
                self.shared.spooled.store(depth, Ordering::Relaxed);
                true
            }
            Err(error) => {
                tracing::error!(%error, "the spool cannot be written: new events are on no disk");
                self.retry.get_or_insert_with(|| Instant::now() + BACKOFF_MIN);
                false
            }
        }
    }

    /// Brings one batch from the spool into the database, if it is time to try.
    async fn catch_up(&mut self) {
        if self.retry.is_none_or(|retry| Instant::now() < retry) {
            return;
        }
        if self.spool_depth() == 0 {
            self.retry = if self.unsaved.is_empty() { None } else { Some(Instant::now() + self.backoff) };
            return;
        }
        match replay(&mut self.committer, &self.spool).await {
            Ok(left) => {
                self.backoff = BACKOFF_MIN;
                self.retry = (left > 0 || !self.unsaved.is_empty()).then(Instant::now);
                self.shared.spooled.store(left, Ordering::Relaxed);
                if left == 0 {
                    tracing::info!("the database takes events again; the spool is empty");
                }
            }
            Err(error) => self.back_off(&error),
        }
    }

    fn back_off(&mut self, error: &dyn std::fmt::Display) {
        if self.backoff == BACKOFF_MIN {
            tracing::warn!(%error, "the database does not take events: they go to the spool");
        }
        self.retry = Some(Instant::now() + self.backoff);
        self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
    }

    async fn acknowledge(&self, batch: &[Entry]) {
        for entry in batch {
            let stored = Stored { contact: entry.contact, seq: entry.seq };
            // At the end nobody may read any more: the events are safe either way.
            tokio::select! {
                _ = self.stored.send(stored) => {}
                () = self.shared.closing.wait() => drop(self.stored.try_send(stored)),
            }
        }
    }

    fn spool_depth(&self) -> usize {
        self.spool.lock().unwrap_or_else(PoisonError::into_inner).depth()
    }
}
