//! The contact history, read.

use crate::cursor;
use crate::db::{Db, Row, vals};
use crate::error::Failure;
use crate::persist::{SELECT_EVENTS, event_row};
use crate::surveys;
use domain::{
    ContactDetail, ContactFilter, ContactId, ContactRow, InteractionRow, LegQuality, LegRole, Page, QueueId,
    RecordingId, RecordingRow, Redacted, WallTime,
};

/// Most rows of one page.
const PAGE_MAX: u32 = 200;

macro_rules! contact_rows {
    ($($rest:literal),*) => {
        concat!(
            "SELECT c.id, c.channel, c.started, c.ended, c.closed, c.ani, c.dnis, c.customer, k.name, c.queue, \
             c.agent, c.outcome, c.ended_by, c.path, c.wait_ms, c.ring_ms, c.talk_ms, c.hold_ms, c.wrap_up_ms, \
             c.disposition, c.notes, c.recording, c.events \
             FROM contacts c LEFT JOIN customers k ON k.id = c.customer ",
            $($rest),*
        )
    };
}

macro_rules! recording_rows {
    ($rest:literal) => {
        concat!("SELECT id, contact, path, duration_ms, channels, sha256, gap_ms, state FROM recordings WHERE ", $rest)
    };
}
/// The first condition is the one that an index serves.
macro_rules! contact_page {
    ($first:literal) => {
        contact_rows!(
            "WHERE ",
            $first,
            " AND c.started <= $1 AND (c.started < $1 OR c.id < $2) AND c.started >= $3 AND c.started < $4 \
             AND ($5 IS NULL OR EXISTS (SELECT 1 FROM interactions i WHERE i.contact = c.id AND i.agent = $5 \
             AND i.answered IS NOT NULL) OR (c.channel = 'voicemail' AND c.closed IS NULL AND c.agent IS NULL \
             AND c.queue IS NOT NULL AND replace($12, ',' || c.queue || ',', '') <> $12)) \
             AND ($11 IS NULL OR c.channel = $11) \
             AND ($6 IS NULL OR EXISTS (SELECT 1 FROM contact_queues q WHERE q.contact = c.id AND q.queue = $6)) \
             AND ($7 IS NULL OR c.outcome = $7) AND ($8 IS NULL OR c.ani LIKE $8 ESCAPE '!') \
             ORDER BY c.started DESC, c.id DESC LIMIT $9"
        )
    };
}

const CONTACTS: &str = contact_page!("$10 IS NULL");
const CONTACTS_OF_CUSTOMER: &str = contact_page!("c.customer = $10");

/// A pattern's own signs lose their meaning.
pub(crate) fn like_escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_").replace('\0', "\u{fffd}")
}

/// Ids between commas, which none of them has.
fn list(queues: &[QueueId]) -> String {
    let names: String = queues.iter().map(|queue| format!("{queue},")).collect();
    format!(",{names}")
}

/// Rows of a page that may be asked for, 1 to 200.
pub(crate) fn page_size(limit: u32) -> usize {
    limit.clamp(1, PAGE_MAX) as usize
}

/// One page of contacts, newest first.
pub(crate) async fn page(
    db: &Db,
    filter: ContactFilter,
    cursor: Option<String>,
    limit: u32,
) -> Result<Page<ContactRow>, Failure> {
    let newest = WallTime::from_micros(i64::MAX);
    let (before, before_id) = match cursor {
        Some(cursor) => cursor::read_contact(&cursor)?,
        None => (newest, ContactId::new(u128::MAX)),
    };
    let size = page_size(limit);
    let number = filter.number.map(|digits| format!("%{}", like_escaped(&digits)));
    let values = vals![
        before,
        before_id,
        filter.from.unwrap_or(WallTime::from_micros(i64::MIN)),
        filter.to.unwrap_or(newest),
        filter.agent,
        filter.queue,
        filter.outcome.map(|word| word.replace('\0', "\u{fffd}")),
        number,
        size as u64 + 1,
        filter.customer,
        filter.channel.map(|channel| channel.as_str().to_owned()),
        list(&filter.waiting_in),
    ];
    let sql = if filter.customer.is_some() { CONTACTS_OF_CUSTOMER } else { CONTACTS };
    let rows = db.fetch(sql, values).await?;
    let items = rows.iter().take(size).map(contact_row).collect::<Result<Vec<_>, _>>()?;
    let next = if rows.len() > size { items.last().map(|row| cursor::contact(row.started, row.id)) } else { None };
    Ok(Page { items, next })
}

/// One contact with its events, interactions and recordings.
pub(crate) async fn detail(db: &Db, id: ContactId) -> Result<Option<ContactDetail>, Failure> {
    let rows = db.fetch(contact_rows!("WHERE c.id = $1"), vals![id]).await?;
    let Some(row) = rows.first().map(contact_row).transpose()? else { return Ok(None) };
    let events = db.fetch(SELECT_EVENTS, vals![id]).await?;
    let sql = "SELECT id, contact, agent, queue, offered, answered, ended, wrapped_up, result, disposition \
        FROM interactions WHERE contact = $1 ORDER BY offered, id";
    let interactions = db.fetch(sql, vals![id]).await?;
    let recordings = db.fetch(recording_rows!("contact = $1 ORDER BY id"), vals![id]).await?;
    let sql = "SELECT role, agent, codec, received, lost, peer_lost, jitter_mean_us, jitter_max_us, round_trip_us, \
        mos_hundredths FROM contact_legs WHERE contact = $1 ORDER BY seq";
    let legs = db.fetch(sql, vals![id]).await?;
    let sql = "SELECT question, answer, agent, queue, at FROM survey_answers WHERE contact = $1 ORDER BY seq";
    let survey = db.fetch(sql, vals![id]).await?;
    Ok(Some(ContactDetail {
        row,
        events: events.iter().map(event_row).collect::<Result<_, _>>()?,
        interactions: interactions.iter().map(interaction_row).collect::<Result<_, _>>()?,
        recordings: recordings.iter().map(recording_row).collect::<Result<_, _>>()?,
        legs: legs.iter().map(leg_row).collect::<Result<_, _>>()?,
        survey: survey.iter().map(surveys::answer_row).collect::<Result<_, _>>()?,
    }))
}

fn leg_row(row: &Row) -> Result<LegQuality, sqlx::Error> {
    let small = |n| row.unsigned(n).map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let opt = |n| row.opt_int(n).map(|number| number.and_then(|number| u32::try_from(number).ok()));
    let role = row.text(0)?;
    Ok(LegQuality {
        role: LegRole::ALL
            .into_iter()
            .find(|one| one.as_str() == role)
            .ok_or_else(|| sqlx::Error::Decode(format!("`{role}` is nobody's role on a leg").into()))?,
        agent: row.opt_id(1)?,
        codec: row.text(2)?,
        received: row.unsigned(3)?,
        lost: row.unsigned(4)?,
        peer_lost: small(5)?,
        jitter_mean_us: small(6)?,
        jitter_max_us: small(7)?,
        round_trip_us: opt(8)?,
        mos_hundredths: opt(9)?.and_then(|mos| u16::try_from(mos).ok()),
    })
}

/// A recording's manifest row.
pub(crate) async fn recording(db: &Db, id: RecordingId) -> Result<Option<RecordingRow>, Failure> {
    let rows = db.fetch(recording_rows!("id = $1"), vals![id]).await?;
    Ok(rows.first().map(recording_row).transpose()?)
}

fn contact_row(row: &Row) -> Result<ContactRow, sqlx::Error> {
    let path: Vec<String> = serde_json::from_str(&row.text(13)?).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
    Ok(ContactRow {
        id: row.id(0)?,
        channel: row.text(1)?,
        started: row.time(2)?,
        ended: row.opt_time(3)?,
        closed: row.opt_time(4)?,
        ani: Redacted(row.text(5)?),
        dnis: row.text(6)?,
        customer: row.opt_id(7)?,
        customer_name: row.opt_text(8)?.map(Redacted),
        queue: row.opt_id(9)?,
        agent: row.opt_id(10)?,
        outcome: row.opt_text(11)?,
        ended_by: row.opt_text(12)?,
        path,
        wait_ms: row.unsigned(14)?,
        ring_ms: row.unsigned(15)?,
        talk_ms: row.unsigned(16)?,
        hold_ms: row.unsigned(17)?,
        wrap_up_ms: row.unsigned(18)?,
        disposition: row.opt_id(19)?,
        notes: Redacted(row.text(20)?),
        recording: row.opt_id(21)?,
        events: u32::try_from(row.unsigned(22)?).unwrap_or(u32::MAX),
    })
}

fn interaction_row(row: &Row) -> Result<InteractionRow, sqlx::Error> {
    Ok(InteractionRow {
        id: row.id(0)?,
        contact: row.id(1)?,
        agent: row.id(2)?,
        queue: row.opt_id(3)?,
        offered: row.time(4)?,
        answered: row.opt_time(5)?,
        ended: row.opt_time(6)?,
        wrapped_up: row.opt_time(7)?,
        result: row.opt_text(8)?,
        disposition: row.opt_id(9)?,
    })
}

fn recording_row(row: &Row) -> Result<RecordingRow, sqlx::Error> {
    Ok(RecordingRow {
        id: row.id(0)?,
        contact: row.id(1)?,
        path: row.text(2)?,
        duration_ms: row.unsigned(3)?,
        channels: u16::try_from(row.unsigned(4)?).unwrap_or(u16::MAX),
        sha256: row.text(5)?,
        gap_ms: row.unsigned(6)?,
        state: row.text(7)?,
    })
}
