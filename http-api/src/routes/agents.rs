//! Agents, queues and the floor, as the control loop last published them.

use crate::auth::{Anyone, By, Supervisors};
use crate::convert;
use crate::dto;
use crate::extract::{Body, Id, optional};
use crate::problem::Problem;
use crate::state::State;
use axum::Json;
use axum::extract::State as With;
use axum::http::StatusCode;
use domain::{AgentId, AgentView, FloorView, Wish};

/// The agents.
///
/// Whom an agent serves is shown to that agent and to supervisors only.
#[utoipa::path(get, path = "/agents", tag = "agents",
    responses((status = 200, description = "The agents", body = dto::Agents)))]
pub(crate) async fn list_agents(With(api): With<State>, by: By<Anyone>) -> Json<dto::Agents> {
    let floor = api.floor();
    Json(dto::Agents { items: floor.agents.iter().map(|agent| shown(&api, &by, &floor, agent)).collect() })
}

/// One agent.
#[utoipa::path(get, path = "/agents/{id}", tag = "agents", params(("id" = String, Path, description = "The agent")),
    responses((status = 200, description = "The agent", body = dto::Agent)))]
pub(crate) async fn read_agent(
    With(api): With<State>,
    by: By<Anyone>,
    Id(id): Id<AgentId>,
) -> Result<Json<dto::Agent>, Problem> {
    let floor = api.floor();
    let agent = floor.agents.iter().find(|a| a.id == id).ok_or_else(|| Problem::new("unknown_agent"))?;
    Ok(Json(shown(&api, &by, &floor, agent)))
}

fn shown(api: &State, by: &By<Anyone>, floor: &FloorView, view: &AgentView) -> dto::Agent {
    let mut agent = convert::agent(view, floor, api.clock());
    if !by.may_see(view.id) {
        agent.work = dto::AgentWork::default();
    }
    if !by.sees_all() {
        agent.work.monitors.clear();
        agent.work.legs.clear();
    }
    agent
}

/// Put an agent in a state. Agents for themselves, supervisors for everybody.
#[utoipa::path(post, path = "/agents/{id}/state", tag = "agents", request_body = dto::StateWish,
    params(("id" = String, Path, description = "The agent")),
    responses((status = 204, description = "Done; while the agent is busy: noted for afterwards")))]
pub(crate) async fn set_agent_state(
    With(api): With<State>,
    by: By<Anyone>,
    Id(id): Id<AgentId>,
    Body(body): Body<dto::StateWish>,
) -> Result<StatusCode, Problem> {
    if !by.may_see(id) {
        return Err(Problem::new("forbidden").because("Agents set their own state."));
    }
    let wish = wish(&body)?;
    api.wish(Some(id), by.session.user.login, wish).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn wish(body: &dto::StateWish) -> Result<Wish, Problem> {
    let reason = optional("reason", body.reason.as_deref(), "bad_field")?;
    match body.state {
        dto::WishedState::Ready => Ok(Wish::Ready),
        dto::WishedState::SignedIn => Ok(Wish::SignIn),
        dto::WishedState::LoggedOut => Ok(Wish::SignOut),
        dto::WishedState::NotReady => {
            let needed = || Problem::new("bad_field").because("reason: not_ready needs a reason").at("reason");
            reason.map(Wish::NotReady).ok_or_else(needed)
        }
    }
}

/// The queues with their figures.
#[utoipa::path(get, path = "/queues", tag = "floor",
    responses((status = 200, description = "The queues", body = dto::Queues)))]
pub(crate) async fn list_queues(With(api): With<State>, _: By<Anyone>) -> Json<dto::Queues> {
    let (clock, floor) = (api.clock(), api.floor());
    Json(dto::Queues { items: floor.queues.iter().map(|queue| convert::queue(queue, &floor, clock)).collect() })
}

/// Everything on the floor at one moment.
#[utoipa::path(get, path = "/floor", tag = "floor",
    responses((status = 200, description = "The floor", body = dto::Floor)))]
pub(crate) async fn read_floor(With(api): With<State>, _: By<Supervisors>) -> Json<dto::Floor> {
    Json(convert::floor(&api.floor(), api.clock()))
}

/// The signed-in agent's SIP account, for the browser phone.
#[utoipa::path(get, path = "/phone", tag = "agents",
    responses((status = 200, description = "The account", body = dto::Phone)))]
pub(crate) async fn own_phone(With(api): With<State>, by: By<Anyone>) -> Result<Json<dto::Phone>, Problem> {
    let agent = by.agent().ok_or_else(|| Problem::new("forbidden").because("This user is no agent."))?;
    api.phone(agent).await?.map(|ticket| Json(ticket.into())).ok_or_else(|| Problem::new("no_phone"))
}
