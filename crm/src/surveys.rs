//! Answers to surveys, read.

use crate::cursor;
use crate::db::{Db, Row, vals};
use crate::error::Failure;
use domain::{ContactId, Page, QueryError, QueueId, SurveyAnswer, WallTime};

/// Answers of one page.
const PAGE: usize = 500;

const ANSWERS: &str = "SELECT question, answer, agent, queue, at, contact, seq FROM survey_answers \
    WHERE at >= $1 AND at < $2 AND (at > $1 OR contact > $3 OR (contact = $3 AND seq > $4)) \
    AND ($5 IS NULL OR queue = $5) ORDER BY at, contact, seq LIMIT $6";

/// One page of the answers given at or after `from` and before `to`, in order of time.
pub(crate) async fn page(
    db: &Db,
    (from, to): (WallTime, WallTime),
    queue: Option<QueueId>,
    after: Option<String>,
) -> Result<Page<(ContactId, SurveyAnswer)>, Failure> {
    let (from, contact, seq) = match after {
        Some(after) => read_cursor(&after)?,
        None => (from, ContactId::new(0), 0),
    };
    let rows = db.fetch(ANSWERS, vals![from, to, contact, seq, queue, PAGE as u64]).await?;
    let item = |row: &Row| Ok((row.id(5)?, answer_row(row)?));
    let items = rows.iter().map(item).collect::<Result<Vec<(ContactId, SurveyAnswer)>, sqlx::Error>>()?;
    let next = match (items.last(), rows.last()) {
        (Some((contact, given)), Some(row)) if rows.len() >= PAGE => {
            Some(format!("{}-{}", cursor::contact(given.at, *contact), row.unsigned(6)?))
        }
        _ => None,
    };
    Ok(Page { items, next })
}

/// Where the last page ended: the time, the contact and the number of the event.
fn read_cursor(text: &str) -> Result<(WallTime, ContactId, u64), QueryError> {
    let (place, seq) = text.rsplit_once('-').ok_or(QueryError::BadCursor)?;
    let (at, contact) = cursor::read_contact(place)?;
    Ok((at, contact, seq.parse().map_err(|_| QueryError::BadCursor)?))
}

/// An answer, from its columns in order: question, answer, agent, queue, at.
pub(crate) fn answer_row(row: &Row) -> Result<SurveyAnswer, sqlx::Error> {
    Ok(SurveyAnswer {
        question: row.id(0)?,
        answer: u8::try_from(row.unsigned(1)?).unwrap_or(u8::MAX),
        agent: row.opt_id(2)?,
        queue: row.opt_id(3)?,
        at: row.time(4)?,
    })
}
