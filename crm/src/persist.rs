//! Events into the database: in one transaction the events themselves and every row folded from them.

use crate::codec;
use crate::db::{Db, Row, Tx, refuses_values, vals};
use crate::fold::{Fold, Part, recompute};
use crate::spool;
use domain::{ContactEvent, ContactEventKind, ContactId, EventRow, RecordingRow, WallTime};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// One event in the form in which it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The contact.
    pub contact: ContactId,
    /// Position in the contact's story.
    pub seq: u32,
    /// When.
    pub at: WallTime,
    /// The event's word.
    pub kind: String,
    /// Its fields as a JSON object.
    pub fields: String,
}

impl Entry {
    /// The event as it is stored, if the engine's clock began at `start`.
    pub(crate) fn of(event: &ContactEvent, start: WallTime) -> Self {
        Self::new(event.contact, event.seq, start.at(event.at), &event.kind)
    }

    /// The event with these parts.
    pub(crate) fn new(contact: ContactId, seq: u32, at: WallTime, kind: &ContactEventKind) -> Self {
        Self { contact, seq, at, kind: kind.as_str().to_owned(), fields: codec::encode(kind) }
    }
}

/// Why events are not in the database.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    /// The commit took too long. It may have happened; doing it again is harmless.
    #[error("the database is too slow")]
    TooSlow,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// An event that the database refuses could not be put aside.
    #[error("a refused event cannot be put aside: {0}")]
    Rejected(#[from] std::io::Error),
}

/// Commits batches of events; keeps the folds of live contacts between batches.
#[derive(Debug)]
pub(crate) struct Committer {
    db: Db,
    folds: BTreeMap<ContactId, Fold>,
    rejected: PathBuf,
    within: Duration,
}

impl Committer {
    /// A committer whose transactions take at most `within`. Events that the database will never take go to
    /// the file `rejected`.
    pub(crate) fn new(db: Db, rejected: PathBuf, within: Duration) -> Self {
        Self { db, folds: BTreeMap::new(), rejected, within }
    }

    /// Makes the events durable in one transaction. Events that are there already are left as they are.
    pub(crate) async fn commit(&mut self, entries: &[Entry]) -> Result<(), CommitError> {
        match self.commit_together(entries).await {
            Err(CommitError::Database(error)) if refuses_values(&error) => self.commit_singly(entries).await,
            other => other,
        }
    }

    async fn commit_together(&mut self, entries: &[Entry]) -> Result<(), CommitError> {
        let work = async {
            let mut tx = self.db.begin().await?;
            let touched = write(&mut tx, &self.folds, entries).await?;
            tx.commit().await?;
            Ok::<_, sqlx::Error>(touched)
        };
        match tokio::time::timeout(self.within, work).await {
            Ok(Ok(touched)) => {
                self.folds.extend(touched);
                self.folds.retain(|_, fold| fold.row.closed.is_none());
                Ok(())
            }
            failed => {
                // What the database holds is unknown now: it will be read again.
                self.folds.clear();
                Err(failed.map_or(CommitError::TooSlow, |result| match result {
                    Err(error) => CommitError::Database(error),
                    Ok(_) => CommitError::TooSlow,
                }))
            }
        }
    }

    async fn commit_singly(&mut self, entries: &[Entry]) -> Result<(), CommitError> {
        for entry in entries {
            match self.commit_together(std::slice::from_ref(entry)).await {
                Err(CommitError::Database(error)) if refuses_values(&error) => {
                    tracing::error!(contact = %entry.contact, seq = entry.seq, %error, file = %self.rejected.display(),
                        "the database refuses this event; it is kept in a file");
                    spool::put_aside(&self.rejected, entry)?;
                }
                other => other?,
            }
        }
        Ok(())
    }
}

const INSERT_EVENT: &str = "INSERT INTO contact_events (contact, seq, at, kind, fields) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (contact, seq) DO NOTHING";

/// Writes events that are not there yet and the rows folded from them; the folds that it touched.
pub(crate) async fn write(
    tx: &mut Tx,
    known: &BTreeMap<ContactId, Fold>,
    entries: &[Entry],
) -> Result<BTreeMap<ContactId, Fold>, sqlx::Error> {
    let mut touched: BTreeMap<ContactId, Fold> = BTreeMap::new();
    for entry in entries {
        let mut fold = match touched.remove(&entry.contact).or_else(|| known.get(&entry.contact).cloned()) {
            Some(fold) => fold,
            None => load(tx, entry.contact).await?,
        };
        let values = vals![entry.contact, entry.seq, entry.at, entry.kind.clone(), entry.fields.clone()];
        let is_new = tx.execute(INSERT_EVENT, values).await? == 1;
        if is_new && let Err(error) = fold.apply_stored(entry.seq, entry.at, &entry.kind, &entry.fields) {
            tracing::warn!(contact = %entry.contact, seq = entry.seq, %error, "event kept, but not understood");
        }
        touched.insert(entry.contact, fold);
    }
    for fold in touched.values() {
        save_fold(tx, fold).await?;
    }
    Ok(touched)
}

/// Appends one event at the end of a contact's story.
pub(crate) async fn append(
    tx: &mut Tx,
    contact: ContactId,
    at: WallTime,
    kind: &ContactEventKind,
) -> Result<(), sqlx::Error> {
    let fold = load(tx, contact).await?;
    let entry = Entry::new(contact, fold.seq.saturating_add(1), at, kind);
    write(tx, &BTreeMap::from([(contact, fold)]), std::slice::from_ref(&entry)).await.map(|_| ())
}

/// A contact's stored events.
pub(crate) const SELECT_EVENTS: &str =
    "SELECT seq, at, kind, fields FROM contact_events WHERE contact = $1 ORDER BY seq";

/// Reads a row of [`SELECT_EVENTS`].
pub(crate) fn event_row(row: &Row) -> Result<EventRow, sqlx::Error> {
    Ok(EventRow {
        seq: u32::try_from(row.int(0)?).unwrap_or(u32::MAX),
        at: row.time(1)?,
        kind: row.text(2)?,
        fields_json: row.text(3)?,
    })
}

async fn load(tx: &mut Tx, contact: ContactId) -> Result<Fold, sqlx::Error> {
    let rows = tx.fetch(SELECT_EVENTS, vals![contact]).await?;
    let events = rows.iter().map(event_row).collect::<Result<Vec<_>, _>>()?;
    Ok(recompute(contact, &events))
}

const SAVE_CONTACT: &str = "INSERT INTO contacts (id, channel, started, ended, closed, ani, dnis, customer, queue, \
    agent, outcome, ended_by, path, wait_ms, ring_ms, talk_ms, hold_ms, wrap_up_ms, disposition, notes, recording, \
    events) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
    $22) ON CONFLICT (id) DO UPDATE SET channel = excluded.channel, started = excluded.started, \
    ended = excluded.ended, closed = excluded.closed, ani = excluded.ani, dnis = excluded.dnis, \
    customer = excluded.customer, queue = excluded.queue, agent = excluded.agent, outcome = excluded.outcome, \
    ended_by = excluded.ended_by, path = excluded.path, wait_ms = excluded.wait_ms, ring_ms = excluded.ring_ms, \
    talk_ms = excluded.talk_ms, hold_ms = excluded.hold_ms, wrap_up_ms = excluded.wrap_up_ms, \
    disposition = excluded.disposition, notes = excluded.notes, recording = excluded.recording, \
    events = excluded.events";

const SAVE_QUEUE: &str =
    "INSERT INTO contact_queues (contact, queue) VALUES ($1, $2) ON CONFLICT (contact, queue) DO NOTHING";

async fn save_fold(tx: &mut Tx, fold: &Fold) -> Result<(), sqlx::Error> {
    let row = &fold.row;
    let path = serde_json::Value::from(row.path.clone()).to_string();
    let values = vals![
        row.id,
        row.channel.clone(),
        row.started,
        row.ended,
        row.closed,
        row.ani.0.clone(),
        row.dnis.clone(),
        row.customer,
        row.queue,
        row.agent,
        row.outcome.clone(),
        row.ended_by.clone(),
        path,
        row.wait_ms,
        row.ring_ms,
        row.talk_ms,
        row.hold_ms,
        row.wrap_up_ms,
        row.disposition,
        row.notes.0.clone(),
        row.recording,
        row.events,
    ];
    tx.execute(SAVE_CONTACT, values).await?;
    for queue in &fold.queues {
        tx.execute(SAVE_QUEUE, vals![row.id, *queue]).await?;
    }
    for part in &fold.parts {
        save_part(tx, part).await?;
    }
    for recording in &fold.recordings {
        save_recording(tx, recording).await?;
    }
    Ok(())
}

const SAVE_INTERACTION: &str = "INSERT INTO interactions (id, contact, agent, queue, offered, answered, ended, \
    wrapped_up, result, disposition) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE \
    SET agent = excluded.agent, queue = excluded.queue, offered = excluded.offered, answered = excluded.answered, \
    ended = excluded.ended, wrapped_up = excluded.wrapped_up, result = excluded.result, \
    disposition = excluded.disposition";

async fn save_part(tx: &mut Tx, part: &Part) -> Result<(), sqlx::Error> {
    let row = &part.row;
    let values = vals![
        row.id,
        row.contact,
        row.agent,
        row.queue,
        row.offered,
        row.answered,
        row.ended,
        row.wrapped_up,
        row.result.clone(),
        row.disposition,
    ];
    tx.execute(SAVE_INTERACTION, values).await.map(|_| ())
}

const SAVE_RECORDING: &str = "INSERT INTO recordings (id, contact, path, duration_ms, channels, sha256, gap_ms, \
    state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET path = excluded.path, \
    duration_ms = excluded.duration_ms, channels = excluded.channels, sha256 = excluded.sha256, \
    gap_ms = excluded.gap_ms, state = excluded.state WHERE recordings.state <> 'recovered'";

async fn save_recording(tx: &mut Tx, row: &RecordingRow) -> Result<(), sqlx::Error> {
    let values = vals![
        row.id,
        row.contact,
        row.path.clone(),
        row.duration_ms,
        u32::from(row.channels),
        row.sha256.clone(),
        row.gap_ms,
        row.state.clone(),
    ];
    tx.execute(SAVE_RECORDING, values).await.map(|_| ())
}
