//! The contact log: what figures are folded from.

use crate::auth::{By, Supervisors};
use crate::dto::ContactLogLine;
use crate::extract::{Asked, optional};
use crate::problem::Problem;
use crate::state::State;
use axum::body::Body;
use axum::extract::State as With;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::{Answer, Page, Query, QueueId, QueueVisit, WallTime};
use futures_util::stream;
use serde::Deserialize;
use std::io;
use utoipa::IntoParams;

/// Which part of the log.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogQuery {
    /// Left the queue, or was answered, at or after, in milliseconds since 1970; the start of the day, if left out.
    from_at: Option<i64>,
    /// Left the queue, or was answered, before, in milliseconds since 1970; now, if left out.
    to_at: Option<i64>,
    /// Only this queue.
    pub(super) queue: Option<String>,
}

impl LogQuery {
    /// From when to when.
    pub(super) fn span(&self, api: &State) -> (WallTime, WallTime) {
        let wall = |ms: i64| WallTime::from_micros(ms.saturating_mul(1_000));
        let from = self.from_at.map_or_else(|| api.floor().counts_since, wall);
        (from, self.to_at.map_or_else(|| api.clock().now(), wall))
    }
}

/// A log that is being written.
struct Log {
    api: State,
    from: WallTime,
    to: WallTime,
    queue: Option<QueueId>,
    lines: u64,
}

impl Log {
    async fn page(&self, cursor: Option<String>) -> Result<Page<QueueVisit>, Problem> {
        let query = Query::Visits { from: self.from, to: self.to, queue: self.queue, cursor };
        match self.api.ask(query).await? {
            Answer::Visits(page) => Ok(page),
            _ => Err(Problem::new("unexpected_answer")),
        }
    }

    fn text(&mut self, visits: &[QueueVisit]) -> io::Result<String> {
        let mut text = String::new();
        for visited in visits {
            text.push_str(&serde_json::to_string(&ContactLogLine::new(self.lines, visited))?);
            text.push('\n');
            self.lines += 1;
        }
        Ok(text)
    }
}

/// The contact log of today or of any stretch of time, JSON lines: what `switchroom stats --log` reads. A contact
/// belongs to the time at which it left the queue; talk, hold and after-contact work of one in progress are those so
/// far over. The live figures are the fold of today's log.
#[utoipa::path(get, path = "/contact-log", tag = "contacts", params(LogQuery),
    responses((status = 200, description = "One object a line", body = ContactLogLine,
        content_type = "application/x-ndjson")))]
pub(crate) async fn contact_log(
    With(api): With<State>,
    _: By<Supervisors>,
    Asked(asked): Asked<LogQuery>,
) -> Result<Response, Problem> {
    let (from, to) = asked.span(&api);
    let queue = optional("queue", asked.queue.as_deref(), "bad_query")?;
    let log = Log { api, from, to, queue, lines: 0 };
    let first = log.page(None).await?;
    let pages = stream::try_unfold((log, Some(first)), |(mut log, page)| async move {
        let Some(Page { items, next }) = page else { return Ok::<_, io::Error>(None) };
        let text = log.text(&items)?;
        let page = match next {
            // The answer has begun: all that can be done about an error is to break it off.
            Some(cursor) => Some(log.page(Some(cursor)).await.map_err(|_| io::Error::other("the store failed"))?),
            None => None,
        };
        Ok(Some((text, (log, page))))
    });
    let mut response = Response::new(Body::from_stream(pages));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}
