//! The contact log: visits to queues, folded from the stored events by the code of the live figures.

use crate::codec::decode;
use crate::cursor;
use crate::db::{Db, Row, vals};
use crate::error::Failure;
use domain::{AsideStep, CallbackStep, ContactEventKind, ContactId, Page, QueueId, QueueVisit, WallTime};

/// Contacts of one page.
const PAGE: usize = 500;
/// A visit is looked for among contacts that began at most so many microseconds before the time asked for.
const LONGEST_CONTACT: i64 = 7 * 86_400_000_000;

const EVENTS: &str = "SELECT c.id, c.started, e.at, e.kind, e.fields FROM (SELECT id, started FROM contacts \
    WHERE started >= $1 AND started < $2 AND (started > $1 OR id > $3) AND (closed IS NULL OR closed >= $4) \
    AND EXISTS (SELECT 1 FROM contact_queues q WHERE q.contact = contacts.id AND ($5 IS NULL OR q.queue = $5)) \
    ORDER BY started, id LIMIT $6) c JOIN contact_events e ON e.contact = c.id ORDER BY c.started, c.id, e.seq";

const CALLBACKS: &str = "SELECT c.id, c.started, e.at, e.kind, e.fields FROM (SELECT id, started FROM contacts \
    WHERE started >= $1 AND started < $2 AND (started > $1 OR id > $3) AND (closed IS NULL OR closed >= $4) \
    AND channel = 'callback' ORDER BY started, id LIMIT $5) c \
    JOIN contact_events e ON e.contact = c.id ORDER BY c.started, c.id, e.seq";

const ASIDES: &str = "SELECT c.id, c.started, e.at, e.kind, e.fields FROM (SELECT id, started FROM contacts \
    WHERE started >= $1 AND started < $2 AND (started > $1 OR id > $3) AND (closed IS NULL OR closed >= $4) \
    AND (channel = 'voicemail' OR EXISTS (SELECT 1 FROM contact_events s WHERE s.contact = contacts.id \
    AND s.kind = 'survey_started')) ORDER BY started, id LIMIT $5) c \
    JOIN contact_events e ON e.contact = c.id ORDER BY c.started, c.id, e.seq";

/// A contact's events as read.
struct Told {
    contact: ContactId,
    started: WallTime,
    events: Vec<(WallTime, ContactEventKind)>,
}

/// One page of visits that ended at or after `from` and before `to`. Pages go by contacts: one may be empty.
pub(crate) async fn page(
    db: &Db,
    (from, to): (WallTime, WallTime),
    queue: Option<QueueId>,
    after: Option<String>,
) -> Result<Page<QueueVisit>, Failure> {
    let (started, id) = begin(from, after)?;
    let rows = db.fetch(EVENTS, vals![started, to, id, from, queue, PAGE as u64]).await?;
    let contacts = told(&rows)?;
    let next = next(&contacts);
    let asked = |visited: &QueueVisit| {
        let (from_ms, to_ms) = (millis(from), millis(to));
        (from_ms..to_ms).contains(&visited.visit.exit_ms) && queue.is_none_or(|queue| queue == visited.queue)
    };
    let visits = |told: &Told| stats::visits(told.contact, told.events.iter().map(|(at, kind)| (*at, kind)));
    let items = contacts.iter().flat_map(visits).filter(asked).collect();
    Ok(Page { items, next })
}

/// One page of the steps of calls back that were not closed before `from` and began before `to`, from their first on.
pub(crate) async fn callbacks(
    db: &Db,
    (from, to): (WallTime, WallTime),
    after: Option<String>,
) -> Result<Page<CallbackStep>, Failure> {
    let (started, id) = begin(from, after)?;
    let rows = db.fetch(CALLBACKS, vals![started, to, id, from, PAGE as u64]).await?;
    let contacts = told(&rows)?;
    let steps = |told: &Told| stats::callback_steps(told.contact, told.events.iter().map(|(at, kind)| (*at, kind)));
    Ok(Page { items: contacts.iter().flat_map(steps).collect(), next: next(&contacts) })
}

/// One page of the steps of messages and surveys of contacts that were not closed before `from` and began before `to`.
pub(crate) async fn asides(
    db: &Db,
    (from, to): (WallTime, WallTime),
    after: Option<String>,
) -> Result<Page<AsideStep>, Failure> {
    let (started, id) = begin(from, after)?;
    let rows = db.fetch(ASIDES, vals![started, to, id, from, PAGE as u64]).await?;
    let contacts = told(&rows)?;
    let steps = |told: &Told| stats::aside_steps(told.contact, told.events.iter().map(|(at, kind)| (*at, kind)));
    Ok(Page { items: contacts.iter().flat_map(steps).collect(), next: next(&contacts) })
}

/// Where a page begins: after this contact.
fn begin(from: WallTime, after: Option<String>) -> Result<(WallTime, ContactId), Failure> {
    let earliest = WallTime::from_micros(from.as_micros().saturating_sub(LONGEST_CONTACT));
    after.map_or(Ok((earliest, ContactId::new(0))), |after| Ok(cursor::read_contact(&after)?))
}

/// Where the next page begins, if there is one.
fn next(contacts: &[Told]) -> Option<String> {
    contacts.last().filter(|_| contacts.len() >= PAGE).map(|last| cursor::contact(last.started, last.contact))
}

fn told(rows: &[Row]) -> Result<Vec<Told>, sqlx::Error> {
    let mut contacts: Vec<Told> = Vec::new();
    for row in rows {
        let contact: ContactId = row.id(0)?;
        if contacts.last().is_none_or(|last| last.contact != contact) {
            contacts.push(Told { contact, started: row.time(1)?, events: Vec::new() });
        }
        let Some(last) = contacts.last_mut() else { continue };
        // An event that this version does not know moves no contact between queues.
        if let Ok(kind) = decode(&row.text(3)?, &row.text(4)?) {
            last.events.push((row.time(2)?, kind));
        }
    }
    Ok(contacts)
}

fn millis(at: WallTime) -> i64 {
    at.as_micros().div_euclid(1_000)
}
