//! Events into the database: in one transaction the events themselves and every row folded from them.

use crate::bulk::{Bulk, Known, Table};
use crate::codec;
use crate::db::{Db, Row, Tx, refuses_values, vals};
use crate::fold::{Fold, Part, recompute};
use crate::spool;
use domain::{ContactEvent, ContactEventKind, ContactId, EventRow, RecordingRow, WallTime};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;
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

/// The sequence number of a contact's first event.
const FIRST: u32 = 1;

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
                // Those that this batch closed stay for one more: figures and recordings follow the end closely.
                self.folds.retain(|_, fold| fold.row.closed.is_none());
                self.folds.extend(touched);
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

static EVENTS: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::into(&Table {
        name: "contact_events",
        texts: &["contact", "kind", "fields"],
        numbers: &["seq", "at"],
        key: &["contact", "seq"],
        known: Known::Stay,
    })
});

/// Writes events that are not there yet and the rows folded from them; the folds that it touched.
pub(crate) async fn write(
    tx: &mut Tx,
    known: &BTreeMap<ContactId, Fold>,
    entries: &[Entry],
) -> Result<BTreeMap<ContactId, Fold>, sqlx::Error> {
    let row =
        |entry: &Entry| json!([entry.contact.to_string(), entry.kind, entry.fields, entry.seq, entry.at.as_micros()]);
    let put = EVENTS.put(tx, entries.iter().map(row).collect()).await?;
    // Some are there already after a crash, or when a commit was too slow to be heard of: then what is there decides.
    let all_new = put == entries.len() as u64;
    let mut touched: BTreeMap<ContactId, Fold> = BTreeMap::new();
    let mut loaded = BTreeSet::new();
    for entry in entries {
        let known = touched.remove(&entry.contact).or_else(|| known.get(&entry.contact).filter(|_| all_new).cloned());
        let mut fold = match known {
            Some(fold) => fold,
            None if all_new && entry.seq == FIRST => Fold::new(entry.contact),
            None => {
                loaded.insert(entry.contact);
                load(tx, entry.contact).await?
            }
        };
        // What was loaded holds what was just written too.
        if !loaded.contains(&entry.contact)
            && let Err(error) = fold.apply_stored(entry.seq, entry.at, &entry.kind, &entry.fields)
        {
            tracing::warn!(contact = %entry.contact, seq = entry.seq, %error, "event kept, but not understood");
        }
        touched.insert(entry.contact, fold);
    }
    save_folds(tx, &touched).await?;
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

static CONTACTS: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::into(&Table {
        name: "contacts",
        texts: &[
            "id",
            "channel",
            "ani",
            "dnis",
            "customer",
            "queue",
            "agent",
            "outcome",
            "ended_by",
            "path",
            "disposition",
            "notes",
            "recording",
        ],
        numbers: &["started", "ended", "closed", "wait_ms", "ring_ms", "talk_ms", "hold_ms", "wrap_up_ms", "events"],
        key: &["id"],
        known: Known::Change(""),
    })
});

static QUEUES: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = &["contact", "queue"];
    Bulk::into(&Table { name: "contact_queues", texts: columns, numbers: &[], key: columns, known: Known::Stay })
});

static INTERACTIONS: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::into(&Table {
        name: "interactions",
        texts: &["id", "contact", "agent", "queue", "result", "disposition"],
        numbers: &["offered", "answered", "ended", "wrapped_up"],
        key: &["id"],
        known: Known::Change(""),
    })
});

static RECORDINGS: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::into(&Table {
        name: "recordings",
        texts: &["id", "contact", "path", "sha256", "state"],
        numbers: &["duration_ms", "channels", "gap_ms"],
        key: &["id"],
        known: Known::Change("recordings.state <> 'recovered'"),
    })
});

static LEGS: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::into(&Table {
        name: "contact_legs",
        texts: &["contact", "role", "agent", "codec"],
        numbers: &[
            "seq",
            "received",
            "lost",
            "peer_lost",
            "jitter_mean_us",
            "jitter_max_us",
            "round_trip_us",
            "mos_hundredths",
        ],
        key: &["contact", "seq"],
        known: Known::Stay,
    })
});

static SURVEY: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::into(&Table {
        name: "survey_answers",
        texts: &["contact", "question", "agent", "queue"],
        numbers: &["seq", "answer", "at"],
        key: &["contact", "seq"],
        known: Known::Stay,
    })
});

async fn save_folds(tx: &mut Tx, folds: &BTreeMap<ContactId, Fold>) -> Result<(), sqlx::Error> {
    CONTACTS.put(tx, folds.values().map(contact_row).collect()).await?;
    let queue = |fold: &Fold| {
        let id = fold.row.id.to_string();
        fold.queues.iter().map(move |queue| json!([id, queue.as_str()])).collect::<Vec<_>>()
    };
    QUEUES.put(tx, folds.values().flat_map(queue).collect()).await?;
    INTERACTIONS.put(tx, folds.values().flat_map(|fold| &fold.parts).map(part_row).collect()).await?;
    RECORDINGS.put(tx, folds.values().flat_map(|fold| &fold.recordings).map(recording_row).collect()).await?;
    LEGS.put(tx, folds.values().flat_map(leg_rows).collect()).await?;
    SURVEY.put(tx, folds.values().flat_map(answer_rows).collect()).await?;
    Ok(())
}

fn text(id: Option<impl ToString>) -> Option<String> {
    id.map(|id| id.to_string())
}

fn micros(at: Option<WallTime>) -> Option<i64> {
    at.map(WallTime::as_micros)
}

fn contact_row(fold: &Fold) -> Value {
    let row = &fold.row;
    let path = Value::from(row.path.clone()).to_string();
    json!([
        row.id.to_string(),
        row.channel,
        row.ani.0,
        row.dnis,
        text(row.customer),
        text(row.queue),
        text(row.agent),
        row.outcome,
        row.ended_by,
        path,
        text(row.disposition),
        row.notes.0,
        text(row.recording),
        row.started.as_micros(),
        micros(row.ended),
        micros(row.closed),
        row.wait_ms,
        row.ring_ms,
        row.talk_ms,
        row.hold_ms,
        row.wrap_up_ms,
        row.events,
    ])
}

fn part_row(part: &Part) -> Value {
    let row = &part.row;
    json!([
        row.id.to_string(),
        row.contact.to_string(),
        row.agent.to_string(),
        text(row.queue),
        row.result,
        text(row.disposition),
        row.offered.as_micros(),
        micros(row.answered),
        micros(row.ended),
        micros(row.wrapped_up),
    ])
}

fn recording_row(row: &RecordingRow) -> Value {
    json!([
        row.id.to_string(),
        row.contact.to_string(),
        row.path,
        row.sha256,
        row.state,
        row.duration_ms,
        row.channels,
        row.gap_ms,
    ])
}

fn leg_rows(fold: &Fold) -> impl Iterator<Item = Value> {
    fold.legs.iter().map(|(seq, leg)| {
        json!([
            fold.row.id.to_string(),
            leg.role.as_str(),
            text(leg.agent),
            leg.codec,
            seq,
            leg.received,
            leg.lost,
            leg.peer_lost,
            leg.jitter_mean_us,
            leg.jitter_max_us,
            leg.round_trip_us,
            leg.mos_hundredths,
        ])
    })
}

fn answer_rows(fold: &Fold) -> impl Iterator<Item = Value> {
    fold.survey.iter().map(|(seq, given)| {
        json!([
            fold.row.id.to_string(),
            given.question.as_str(),
            text(given.agent),
            text(given.queue),
            seq,
            given.answer,
            given.at.as_micros(),
        ])
    })
}
