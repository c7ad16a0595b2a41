//! The contact history. Agents see their own contacts, whole; supervisors see all.

use crate::auth::{Anyone, By, Supervisors};
use crate::convert::why::Words;
use crate::dto;
use crate::extract::{Asked, Id, optional};
use crate::problem::Problem;
use crate::state::State;
use axum::Json;
use axum::extract::State as With;
use domain::{AgentId, Answer, Channel, ContactDetail, ContactFilter, ContactId, Query, QueueId, WallTime};
use serde::Deserialize;
use utoipa::IntoParams;

/// Rows in a page when nothing else is asked for.
pub(crate) const PAGE: u32 = 50;
/// Rows in the largest page.
pub(crate) const PAGE_MAX: u32 = 200;

/// Which contacts. Every given field must match.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactQuery {
    /// Answered by this agent.
    agent: Option<String>,
    /// Went through this queue.
    queue: Option<String>,
    /// Of this customer.
    customer: Option<String>,
    /// `voice`, `callback` or `voicemail`. Agents who ask for `voicemail` also see the messages that wait in their queues.
    channel: Option<String>,
    /// Started at or after, in milliseconds since 1970.
    from_at: Option<i64>,
    /// Started before, in milliseconds since 1970.
    to_at: Option<i64>,
    /// `answered`, `abandoned`, `self_served`, `rejected`, `flowed_out`, `unanswered`, `system`.
    outcome: Option<String>,
    /// The calling number's last digits.
    number: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Rows in a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Contacts, newest first.
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(ContactQuery),
    responses((status = 200, description = "A page of contacts", body = dto::ContactPage)))]
pub(crate) async fn list_contacts(
    With(api): With<State>,
    by: By<Anyone>,
    Asked(asked): Asked<ContactQuery>,
) -> Result<Json<dto::ContactPage>, Problem> {
    let limit = page_size(asked.limit)?;
    let cursor = asked.cursor.clone();
    let filter = filter(&by, &api, asked)?;
    match api.ask(Query::Contacts { filter, cursor, limit }).await? {
        Answer::Contacts(page) => Ok(Json(page.into())),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// Reads a page size.
pub(crate) fn page_size(limit: Option<u32>) -> Result<u32, Problem> {
    let limit = limit.unwrap_or(PAGE);
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::new("bad_query").because(format!("limit: {limit} is not within 1 to {PAGE_MAX}")).at("limit"))
}

fn filter(by: &By<Anyone>, api: &State, asked: ContactQuery) -> Result<ContactFilter, Problem> {
    let channel = optional("channel", asked.channel.as_deref(), "bad_query")?;
    let own_only = !by.sees_all() && channel == Some(Channel::Voicemail);
    let agent = visible_agent(by, optional("agent", asked.agent.as_deref(), "bad_query")?)?;
    let wall = |ms: i64| WallTime::from_micros(ms.saturating_mul(1_000));
    Ok(ContactFilter {
        waiting_in: agent.filter(|_| own_only).map(|agent| queues_of(api, agent)).unwrap_or_default(),
        channel,
        agent,
        queue: optional("queue", asked.queue.as_deref(), "bad_query")?,
        customer: optional("customer", asked.customer.as_deref(), "bad_query")?,
        from: asked.from_at.map(wall),
        to: asked.to_at.map(wall),
        outcome: asked.outcome.filter(|o| !o.is_empty()),
        number: asked.number.filter(|n| !n.is_empty()),
    })
}

/// The queues that an agent serves, by the configuration that is in force.
fn queues_of(api: &State, agent: AgentId) -> Vec<QueueId> {
    api.floor().agents.iter().find(|one| one.id == agent).map(|one| one.queues.clone()).unwrap_or_default()
}

/// Agents ask for their own contacts, whether they say so or not.
fn visible_agent(by: &By<Anyone>, asked: Option<AgentId>) -> Result<Option<AgentId>, Problem> {
    if by.sees_all() {
        return Ok(asked);
    }
    let own = by.agent().ok_or_else(|| Problem::new("forbidden").because("This user is no agent."))?;
    if asked.is_some_and(|asked| asked != own) {
        return Err(Problem::new("forbidden").because("Agents see their own contacts."));
    }
    Ok(Some(own))
}

/// One contact with its whole story.
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = String, Path, description = "The contact")),
    responses((status = 200, description = "The contact", body = dto::ContactDetail)))]
pub(crate) async fn read_contact(
    With(api): With<State>,
    by: By<Anyone>,
    Id(id): Id<ContactId>,
) -> Result<Json<dto::ContactDetail>, Problem> {
    Ok(Json(visible_contact(&api, &by, id).await?.into()))
}

/// The events of a contact, in order.
#[utoipa::path(get, path = "/contacts/{id}/events", tag = "contacts",
    params(("id" = String, Path, description = "The contact")),
    responses((status = 200, description = "The events", body = dto::ContactEvents)))]
pub(crate) async fn list_contact_events(
    With(api): With<State>,
    by: By<Anyone>,
    Id(id): Id<ContactId>,
) -> Result<Json<dto::ContactEvents>, Problem> {
    let detail = visible_contact(&api, &by, id).await?;
    Ok(Json(dto::ContactEvents { items: detail.events.into_iter().map(Into::into).collect() }))
}

/// Why a contact waits, who would get it now and why not the others, and why it went where it went.
#[utoipa::path(get, path = "/contacts/{id}/why", tag = "contacts",
    params(("id" = String, Path, description = "The contact")),
    responses((status = 200, description = "The reasons", body = dto::WhyStory)))]
pub(crate) async fn why_contact(
    With(api): With<State>,
    _: By<Supervisors>,
    Id(id): Id<ContactId>,
) -> Result<Json<dto::WhyStory>, Problem> {
    match api.ask(Query::Why(id)).await? {
        Answer::Why(Some(story)) => Ok(Json(Words { floor: &api.floor(), clock: api.clock() }.why(&story))),
        Answer::Why(None) => Err(Problem::new("not_found")),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// The SIP messages of a contact, while they are kept in memory.
#[utoipa::path(get, path = "/contacts/{id}/trace", tag = "contacts",
    params(("id" = String, Path, description = "The contact")),
    responses((status = 200, description = "The messages", body = dto::SipTrace)))]
pub(crate) async fn trace_contact(
    With(api): With<State>,
    _: By<Supervisors>,
    Id(id): Id<ContactId>,
) -> Result<Json<dto::SipTrace>, Problem> {
    match api.ask(Query::Trace(id)).await? {
        Answer::Trace(Some(trace)) => Ok(Json((*trace).into())),
        Answer::Trace(None) => Err(Problem::new("trace_gone")),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// The contact, if the person may see it. Others' contacts read as not there: an id must not be worth guessing.
pub(crate) async fn visible_contact(api: &State, by: &By<Anyone>, id: ContactId) -> Result<ContactDetail, Problem> {
    match api.ask(Query::Contact(id)).await? {
        Answer::Contact(Some(detail)) if by.sees_all() || is_own(by.agent(), &detail) => Ok(*detail),
        Answer::Contact(_) => Err(Problem::new("not_found")),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

fn is_own(agent: Option<AgentId>, detail: &ContactDetail) -> bool {
    let Some(agent) = agent else { return false };
    detail.row.agent == Some(agent) || detail.interactions.iter().any(|part| part.agent == agent)
}
