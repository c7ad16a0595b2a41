//! Calling customers back.

use crate::auth::{Anyone, By, Supervisors};
use crate::convert;
use crate::dto;
use crate::extract::{Body, Id};
use crate::problem::Problem;
use crate::state::State;
use axum::Json;
use axum::extract::State as With;
use axum::http::StatusCode;
use domain::{AgentId, CallbackOrder, ContactId, Dnis, Language, Priority, QueueId, WallTime, Wish};

/// Calls back that are not over, the next first.
#[utoipa::path(get, path = "/callbacks", tag = "contacts", responses((status = 200, body = dto::Callbacks)))]
pub(crate) async fn list_callbacks(With(api): With<State>, _: By<Anyone>) -> Json<dto::Callbacks> {
    let (floor, clock) = (api.floor(), api.clock());
    Json(dto::Callbacks { items: floor.callbacks.iter().map(|view| convert::callback(view, &floor, clock)).collect() })
}

/// Ask for a customer to be called back: as soon as it is their turn, or at a time, by anybody or first by one agent. A
/// number that is to be called already keeps its place, unless a time or an agent is named: then that takes its place.
#[utoipa::path(post, path = "/callbacks", tag = "contacts", request_body = dto::CallbackWish,
    responses((status = 202, description = "It is in the list")))]
pub(crate) async fn request_callback(
    With(api): With<State>,
    by: By<Anyone>,
    Body(body): Body<dto::CallbackWish>,
) -> Result<StatusCode, Problem> {
    let queue: QueueId = body.queue.parse().map_err(|_| Problem::new("unknown_queue").at("queue"))?;
    let agent = body.agent.map(|agent| agent.parse::<AgentId>()).transpose();
    let agent = agent.map_err(|_| Problem::new("unknown_agent").at("agent"))?;
    let language = body.language.map(|tag| tag.parse::<Language>()).transpose();
    let language = language.map_err(|error| Problem::new("bad_field").because(error.to_string()).at("language"))?;
    let order = CallbackOrder {
        queue,
        number: Dnis::new(body.number.chars().filter(|c| !" -()/.".contains(*c)).collect::<String>()),
        from: None,
        age_ms: 0,
        priority: Priority(body.priority.unwrap_or(0).clamp(-1_000_000, 1_000_000)),
        requirement: None,
        language,
        at: body.due_at.map(|ms| WallTime::from_micros(ms.saturating_mul(1_000))),
        agent,
    };
    api.wish(None, by.session.user.login, Wish::RequestCallback(Box::new(order))).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Take a call back away.
#[utoipa::path(delete, path = "/callbacks/{id}", tag = "contacts",
    params(("id" = String, Path, description = "The contact")),
    responses((status = 204, description = "Nobody calls")))]
pub(crate) async fn cancel_callback(
    With(api): With<State>,
    by: By<Supervisors>,
    Id(contact): Id<ContactId>,
) -> Result<StatusCode, Problem> {
    api.wish(None, by.session.user.login, Wish::CancelCallback(contact)).await?;
    Ok(StatusCode::NO_CONTENT)
}
