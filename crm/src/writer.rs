//! The writer: a thread that puts every event on disk at once, and a task that brings them into the database in large
//! batches, where a call's events cost a fraction of what they cost one by one.

use crate::journal::{BATCH, End, Journal, Shared, Stored};
use crate::persist::{CommitError, Committer, Entry};
use crate::spool::Spool;
use domain::WallTime;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// First pause before the database is tried again, and before the spool is.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// Longest pause before the database is tried again.
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// Most events in one transaction; so many are brought there without further delay.
const FILED_TOGETHER: usize = 1_000;

/// How the writer works.
#[derive(Clone, Copy, Debug)]
pub struct WriterOptions {
    /// The wall time at the start of the engine's clock.
    pub wall_at_start: WallTime,
    /// Longest time that an event waits for others to go to disk with it.
    pub patience: Duration,
    /// How long events stay in the spool until they share a commit of the database. A question about contacts does not
    /// wait for it.
    pub settle: Duration,
    /// A commit that takes longer counts as failed; its events stay in the spool.
    pub commit_within: Duration,
}

impl WriterOptions {
    /// The usual limits: 50 ms for gathering, 500 ms until the database has it, 2 s for a commit.
    #[must_use]
    pub const fn new(wall_at_start: WallTime) -> Self {
        Self {
            wall_at_start,
            patience: Duration::from_millis(50),
            settle: Duration::from_millis(500),
            commit_within: Duration::from_secs(2),
        }
    }
}

/// The running writer.
///
/// Dropped, it ends as a crash would.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    /// Ends when the keeper's thread does.
    keeper: Option<oneshot::Receiver<()>>,
    filer: Option<JoinHandle<()>>,
}

impl Writer {
    /// Stores everything that was handed in, then ends. With the database away, that is in the spool.
    pub async fn stop(mut self) {
        self.shared.close(End::Orderly);
        self.ended().await;
    }

    /// Ends at once, as a crash would: what is not on disk is lost. For tests of exactly that.
    pub async fn crash(mut self) {
        self.shared.close(End::Crash);
        self.filer.iter().for_each(JoinHandle::abort);
        self.ended().await;
    }

    async fn ended(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            // An error is the thread's end, too.
            let _ = keeper.await;
        }
        if let Some(filer) = self.filer.take()
            && let Err(error) = filer.await
            && !error.is_cancelled()
        {
            tracing::error!(%error, "the history writer failed");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.close(End::Crash);
        self.filer.iter().for_each(JoinHandle::abort);
    }
}

/// The spool as tasks share it.
pub(crate) type SharedSpool = Arc<Mutex<Spool>>;

fn lock(spool: &SharedSpool) -> MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `work` on the spool on a thread that may block.
async fn on_spool<T: Send + 'static>(
    spool: &SharedSpool,
    work: impl FnOnce(&mut Spool) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let spool = Arc::clone(spool);
    let task = tokio::task::spawn_blocking(move || work(&mut lock(&spool)));
    task.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// What a replay has done.
pub(crate) struct Replayed {
    /// Events that are in the database now.
    pub count: usize,
    /// Events that stay behind.
    pub left: usize,
}

/// Brings the oldest spooled events into the database.
pub(crate) async fn replay(committer: &mut Committer, spool: &SharedSpool) -> Result<Replayed, CommitError> {
    let oldest = on_spool(spool, |spool| spool.oldest(FILED_TOGETHER)).await?;
    committer.commit(&oldest.entries).await?;
    let (count, next) = (oldest.entries.len(), oldest.next());
    let done = move |spool: &mut Spool| {
        spool.done(count, next);
        Ok(spool.depth())
    };
    let left = on_spool(spool, done).await?;
    Ok(Replayed { count, left })
}

/// Events that the spool does not take, and where to say whether the database did.
type Rescue = (Vec<Entry>, oneshot::Sender<bool>);

/// Starts the writer. `stored` is called on its thread, and may block it.
pub(crate) fn start(
    options: WriterOptions,
    committer: Committer,
    spool: SharedSpool,
    stored: impl FnMut(Stored) + Send + 'static,
) -> io::Result<(Arc<Shared>, Journal, Writer)> {
    let shared = Arc::new(Shared::default());
    let (rescue, rescues) = mpsc::channel(1);
    let keeper =
        Keeper { options, spool: Arc::clone(&spool), stored, shared: Arc::clone(&shared), unsaved: Vec::new(), rescue };
    let filer =
        Filer { options, committer, spool, shared: Arc::clone(&shared), rescues, due: None, backoff: BACKOFF_MIN };
    let (ended, keeper_end) = oneshot::channel();
    let run = move || {
        keeper.run();
        drop(ended);
    };
    std::thread::Builder::new().name("history".to_owned()).spawn(run)?;
    let filer = Some(tokio::spawn(filer.run()));
    let writer = Writer { shared: Arc::clone(&shared), keeper: Some(keeper_end), filer };
    Ok((Arc::clone(&shared), Journal(shared), writer))
}

/// Puts events on disk and says so.
struct Keeper<F> {
    options: WriterOptions,
    spool: SharedSpool,
    stored: F,
    shared: Arc<Shared>,
    /// Events that are nowhere on disk, in order.
    unsaved: Vec<Entry>,
    rescue: mpsc::Sender<Rescue>,
}

impl<F: FnMut(Stored)> Keeper<F> {
    fn run(mut self) {
        loop {
            let again = (!self.unsaved.is_empty()).then_some(BACKOFF_MIN);
            let (events, end) = self.shared.gather(self.options.patience, again);
            if end == Some(End::Crash) {
                return;
            }
            self.unsaved.extend(events.iter().map(|event| Entry::of(event, self.options.wall_at_start)));
            self.save();
            if end.is_some() && self.shared.waiting() == 0 {
                break;
            }
        }
        if !self.unsaved.is_empty() {
            tracing::error!(events = self.unsaved.len(), "stopped with events that nothing would take: they are lost");
        }
    }

    /// Puts every unsaved event on disk, in order.
    fn save(&mut self) {
        while !self.unsaved.is_empty() {
            let rest = self.unsaved.split_off(self.unsaved.len().min(BATCH));
            let batch = std::mem::replace(&mut self.unsaved, rest);
            if !self.save_batch(&batch) {
                let later = std::mem::replace(&mut self.unsaved, batch);
                self.unsaved.extend(later);
                break;
            }
            batch.iter().for_each(|entry| (self.stored)(Stored { contact: entry.contact, seq: entry.seq }));
        }
        self.shared.unsaved.store(self.unsaved.len(), Ordering::Relaxed);
        let is_failing = !self.unsaved.is_empty();
        if self.shared.failing.swap(is_failing, Ordering::Relaxed) != is_failing && !is_failing {
            tracing::info!("events are kept again");
        }
    }

    /// In the spool, or where that cannot be written, in the database.
    fn save_batch(&self, batch: &[Entry]) -> bool {
        let appended = {
            let mut spool = lock(&self.spool);
            spool.append(batch).map(|()| spool.depth())
        };
        match appended {
            Ok(depth) => {
                self.shared.spooled.store(depth, Ordering::Relaxed);
                let is_planned = self.shared.is_planned.load(Ordering::Relaxed) && !self.shared.is_awaited();
                if depth >= FILED_TOGETHER || !is_planned {
                    self.shared.kept.notify_one();
                }
                true
            }
            Err(error) => {
                if !self.shared.failing.load(Ordering::Relaxed) {
                    tracing::error!(%error, "the spool cannot be written: is the disk full?");
                }
                let (reply, answer) = oneshot::channel();
                self.rescue.blocking_send((batch.to_vec(), reply)).is_ok() && answer.blocking_recv().unwrap_or(false)
            }
        }
    }
}

/// Brings events from the spool into the database.
struct Filer {
    options: WriterOptions,
    committer: Committer,
    spool: SharedSpool,
    shared: Arc<Shared>,
    rescues: mpsc::Receiver<Rescue>,
    /// When to bring what is in the spool; `None`: nothing is there.
    due: Option<Instant>,
    backoff: Duration,
}

impl Filer {
    async fn run(mut self) {
        let due = (self.depth() > 0).then(Instant::now);
        self.set_due(due);
        loop {
            let due = self.due;
            tokio::select! {
                rescue = self.rescues.recv() => match rescue {
                    Some((entries, reply)) => {
                        // The keeper waits for it.
                        let _ = reply.send(self.rescue(&entries).await);
                    }
                    None => break,
                },
                () = self.shared.kept.notified() => self.plan(),
                () = self.shared.hurry.notified() => self.plan(),
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.file().await,
            }
        }
        // The keeper has ended: all that it has kept is brought in, if the database takes it.
        while self.depth() > 0 {
            self.file().await;
            if self.is_behind() {
                return;
            }
        }
    }

    fn plan(&mut self) {
        let depth = self.depth();
        if self.due.is_none() || !self.is_behind() {
            let soonest = self.next(depth);
            self.set_due(self.due.into_iter().chain(soonest).min());
        }
    }

    /// Plans the next batch; none when the spool is empty.
    fn set_due(&mut self, due: Option<Instant>) {
        self.due = due;
        // The spool's lock orders this and the keeper's look at it: either he sees that nothing is planned, or we see what
        // he has put there.
        self.shared.is_planned.store(due.is_some(), Ordering::Relaxed);
        if due.is_none() && self.depth() > 0 {
            self.plan();
        }
    }

    /// Brings one batch into the database and plans the next.
    async fn file(&mut self) {
        match replay(&mut self.committer, &self.spool).await {
            Ok(replayed) => {
                self.backoff = BACKOFF_MIN;
                if self.shared.is_behind.load(Ordering::Relaxed) && replayed.left == 0 {
                    self.shared.is_behind.store(false, Ordering::Relaxed);
                    tracing::info!("the database takes events again; the spool is empty");
                }
                self.shared.spooled.store(replayed.left, Ordering::Relaxed);
                self.shared.filed(replayed.count);
                self.set_due(self.next(replayed.left));
            }
            Err(error) => self.back_off(&error),
        }
    }

    /// When the events that are left are brought in.
    fn next(&self, left: usize) -> Option<Instant> {
        match left {
            0 => None,
            _ if left >= FILED_TOGETHER || self.is_behind() || self.shared.is_awaited() => Some(Instant::now()),
            _ => Some(Instant::now() + self.options.settle),
        }
    }

    /// Brings events into the database that the spool did not take, behind those that are there.
    async fn rescue(&mut self, entries: &[Entry]) -> bool {
        while self.depth() > 0 {
            self.file().await;
            if self.is_behind() {
                return false;
            }
        }
        match self.committer.commit(entries).await {
            Ok(()) => {
                self.shared.is_behind.store(false, Ordering::Relaxed);
                self.shared.filed(entries.len());
                true
            }
            Err(error) => {
                self.back_off(&error);
                false
            }
        }
    }

    fn back_off(&mut self, error: &dyn std::fmt::Display) {
        if !self.shared.is_behind.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "the database does not take events: they stay in the spool");
        }
        // Whoever waits for the database is to wait no more.
        self.shared.filed(0);
        self.set_due(Some(Instant::now() + self.backoff));
        self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
    }

    fn is_behind(&self) -> bool {
        self.shared.is_behind.load(Ordering::Relaxed)
    }

    fn depth(&self) -> usize {
        lock(&self.spool).depth()
    }
}
