//! Answers to surveys, as CSV (RFC 4180).

use super::log::LogQuery;
use crate::auth::{By, Supervisors};
use crate::extract::{Asked, optional};
use crate::problem::Problem;
use crate::state::{State, wall_ms};
use axum::body::Body;
use axum::extract::State as With;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::{Answer, ContactId, Page, Query, QueueId, SurveyAnswer, WallTime};
use futures_util::stream;
use std::io;

/// The names of the columns.
const COLUMNS: &str = "contact,at,queue,agent,question,answer\r\n";

/// A list that is being written.
struct List {
    api: State,
    from: WallTime,
    to: WallTime,
    queue: Option<QueueId>,
}

impl List {
    async fn page(&self, cursor: Option<String>) -> Result<Page<(ContactId, SurveyAnswer)>, Problem> {
        let query = Query::Surveys { from: self.from, to: self.to, queue: self.queue, cursor };
        match self.api.ask(query).await? {
            Answer::Surveys(page) => Ok(page),
            _ => Err(Problem::new("unexpected_answer")),
        }
    }
}

/// Ids hold no character that would have to be quoted.
fn line((contact, given): &(ContactId, SurveyAnswer)) -> String {
    let (queue, agent) = (given.queue.as_ref().map_or("", QueueId::as_str), given.agent.map(|agent| agent.to_string()));
    let (at, question, answer) = (wall_ms(given.at), given.question, given.answer);
    format!("{contact},{at},{queue},{},{question},{answer}\r\n", agent.unwrap_or_default())
}

/// What customers answered in surveys, today or in any stretch of time, in order of time: one line for each answer, with
/// its time in milliseconds since 1970, the agent whom it is about and the queue by which that agent got the contact.
/// `switchroom stats --survey` reads it.
#[utoipa::path(get, path = "/surveys", tag = "contacts", params(LogQuery),
    responses((status = 200, description = "The answers", body = String, content_type = "text/csv")))]
pub(crate) async fn surveys(
    With(api): With<State>,
    _: By<Supervisors>,
    Asked(asked): Asked<LogQuery>,
) -> Result<Response, Problem> {
    let (from, to) = asked.span(&api);
    let queue = optional("queue", asked.queue.as_deref(), "bad_query")?;
    let list = List { api, from, to, queue };
    let first = list.page(None).await?;
    let pages = stream::try_unfold((list, Some(first), COLUMNS), |(list, page, head)| async move {
        let Some(Page { items, next }) = page else { return Ok::<_, io::Error>(None) };
        let text = head.to_owned() + &items.iter().map(line).collect::<String>();
        let page = match next {
            // The answer has begun: all that can be done about an error is to break it off.
            Some(cursor) => Some(list.page(Some(cursor)).await.map_err(|_| io::Error::other("the store failed"))?),
            None => None,
        };
        Ok(Some((text, (list, page, ""))))
    });
    let mut response = Response::new(Body::from_stream(pages));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}
