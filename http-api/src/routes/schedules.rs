//! Opening hours, and the switch that closes at once.

use crate::auth::{By, Supervisors};
use crate::dto;
use crate::extract::{Body, Id};
use crate::problem::Problem;
use crate::state::{PromptRefusal, PromptWish, State};
use axum::Json;
use axum::extract::State as With;
use axum::http::StatusCode;
use domain::{ScheduleId, Wish};

/// Every schedule: whether it is open, when that changes, and its openings of the next 14 days.
#[utoipa::path(get, path = "/schedules", tag = "floor",
    responses((status = 200, description = "In order of id", body = dto::Schedules)))]
pub(crate) async fn list_schedules(With(api): With<State>, _: By<Supervisors>) -> Json<dto::Schedules> {
    Json(dto::Schedules { items: api.floor().schedules.iter().map(dto::Schedule::from).collect() })
}

/// Close a schedule at once, whatever its hours say, or let it go by its hours again. It outlives a restart.
#[utoipa::path(post, path = "/schedules/{id}/emergency", tag = "floor", request_body = dto::EmergencyWish,
    params(("id" = String, Path, description = "The schedule")),
    responses((status = 204, description = "Done")))]
pub(crate) async fn set_emergency(
    With(api): With<State>,
    by: By<Supervisors>,
    Id(schedule): Id<ScheduleId>,
    Body(body): Body<dto::EmergencyWish>,
) -> Result<StatusCode, Problem> {
    let prompt = match body.prompt.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => match name.parse() {
            Ok(prompt) => Some(prompt),
            Err(_) => {
                return Err(Problem::new("bad_field").because("prompt: no name of a prompt".to_owned()).at("prompt"));
            }
        },
        None => None,
    };
    if let Some(id) = prompt.filter(|_| body.closed) {
        // Callers would hear silence.
        let unheard =
            || Problem::new("bad_field").because(format!("prompt: there is no recording of `{id}`")).at("prompt");
        match api.ask_prompt(by.session.user.login.clone(), PromptWish::Find(id)).await? {
            Err(PromptRefusal::NotFound) => return Err(unheard()),
            found => _ = found?,
        }
    }
    let wish = Wish::CloseSchedule { schedule, closed: body.closed, prompt };
    api.wish(None, by.session.user.login, wish).await?;
    Ok(StatusCode::NO_CONTENT)
}
