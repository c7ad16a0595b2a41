//! Steering while calls go on: priorities, open queues, the configuration.

use crate::auth::{Admins, By, Supervisors};
use crate::dto;
use crate::extract::{Body, Id};
use crate::problem::Problem;
use crate::state::State;
use axum::Json;
use axum::extract::State as With;
use axum::http::StatusCode;
use domain::{AgentId, ContactId, Monitor, Priority, QueueId, Wish};

const PRIORITY_MAX: u32 = 1_000_000;
const AGE_PER_S_MAX: u32 = 1_000;

/// Give a waiting contact other points. At once in force.
#[utoipa::path(post, path = "/contacts/{id}/priority", tag = "contacts", request_body = dto::PriorityWish,
    params(("id" = String, Path, description = "The contact")),
    responses((status = 204, description = "Done")))]
pub(crate) async fn set_priority(
    With(api): With<State>,
    by: By<Supervisors>,
    Id(contact): Id<ContactId>,
    Body(body): Body<dto::PriorityWish>,
) -> Result<StatusCode, Problem> {
    let bad = |field: &str, why: String| Err(Problem::new("bad_field").because(format!("{field}: {why}")).at(field));
    match (body.priority, body.age_per_s) {
        (None, None) => return bad("priority", "give it, or age_per_s, or both".to_owned()),
        (Some(points), _) if points.unsigned_abs() > PRIORITY_MAX => {
            return bad("priority", format!("at most {PRIORITY_MAX}, at least -{PRIORITY_MAX}"));
        }
        (_, Some(rate)) if rate > AGE_PER_S_MAX => return bad("age_per_s", format!("at most {AGE_PER_S_MAX}")),
        _ => {}
    }
    let wish = Wish::Reprioritise { contact, priority: body.priority.map(Priority), age_per_s: body.age_per_s };
    api.wish(None, by.session.user.login, wish).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Open or close a queue.
#[utoipa::path(post, path = "/queues/{id}/open", tag = "floor", request_body = dto::OpenWish,
    params(("id" = String, Path, description = "The queue")),
    responses((status = 204, description = "Done")))]
pub(crate) async fn open_queue(
    With(api): With<State>,
    by: By<Supervisors>,
    Id(queue): Id<QueueId>,
    Body(body): Body<dto::OpenWish>,
) -> Result<StatusCode, Problem> {
    api.wish(None, by.session.user.login, Wish::OpenQueue { queue, open: body.open }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Listen to a contact that an agent serves, whisper to the agent or barge in: the phone of the supervisor who asks is
/// rung. For one who is there already: be there in another way.
#[utoipa::path(post, path = "/contacts/{id}/monitor", tag = "contacts", request_body = dto::MonitorWish,
    params(("id" = String, Path, description = "The contact")),
    responses((status = 204, description = "The phone rings, or the way has changed")))]
pub(crate) async fn monitor_contact(
    With(api): With<State>,
    by: By<Supervisors>,
    Id(contact): Id<ContactId>,
    Body(body): Body<dto::MonitorWish>,
) -> Result<StatusCode, Problem> {
    let mode = match body.mode {
        dto::MonitorMode::Listen => Monitor::Listen,
        dto::MonitorMode::Whisper => Monitor::Whisper,
        dto::MonitorMode::Barge => Monitor::Barge,
    };
    let agent = own_agent(&by)?;
    api.wish(Some(agent), by.session.user.login, Wish::Monitor(contact, mode)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Leave a contact that is monitored.
#[utoipa::path(delete, path = "/contacts/{id}/monitor", tag = "contacts",
    params(("id" = String, Path, description = "The contact")),
    responses((status = 204, description = "Done")))]
pub(crate) async fn stop_monitoring(
    With(api): With<State>,
    by: By<Supervisors>,
    Id(contact): Id<ContactId>,
) -> Result<StatusCode, Problem> {
    let agent = own_agent(&by)?;
    api.wish(Some(agent), by.session.user.login, Wish::StopMonitoring(contact)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The phone is that of the agent that the supervisor is.
fn own_agent(by: &By<Supervisors>) -> Result<AgentId, Problem> {
    let why = "This user has no phone: give the user an `agent` in the configuration.";
    by.agent().ok_or_else(|| Problem::new("forbidden").because(why))
}

/// Read the configuration anew. A faulty one is refused whole, and the old one stays.
#[utoipa::path(post, path = "/config/reload", tag = "floor",
    responses((status = 200, description = "What changed", body = dto::Reloaded)))]
pub(crate) async fn reload_config(With(api): With<State>, _: By<Admins>) -> Result<Json<dto::Reloaded>, Problem> {
    api.reload().await.map(Json)
}
