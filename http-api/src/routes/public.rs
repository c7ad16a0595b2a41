//! The word lists, and what strangers may ask for.

use crate::auth::{Anyone, By};
use crate::dto;
use crate::extract::{Body, Id, Peer};
use crate::problem::Problem;
use crate::state::{State, wall_ms};
use axum::Json;
use axum::extract::State as With;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::{Answer, Query};

/// How contacts may end in business terms.
#[utoipa::path(get, path = "/dispositions", tag = "words",
    responses((status = 200, description = "The dispositions", body = dto::Dispositions)))]
pub(crate) async fn list_dispositions(
    With(api): With<State>,
    _: By<Anyone>,
) -> Result<Json<dto::Dispositions>, Problem> {
    match api.ask(Query::Dispositions).await? {
        Answer::Dispositions(rows) => Ok(Json(dto::Dispositions { items: rows.into_iter().map(Into::into).collect() })),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// The reasons for being not ready.
#[utoipa::path(get, path = "/reasons", tag = "words",
    responses((status = 200, description = "The reasons", body = dto::Reasons)))]
pub(crate) async fn list_reasons(With(api): With<State>, _: By<Anyone>) -> Json<dto::Reasons> {
    Json(dto::Reasons { items: api.reasons() })
}

/// What anybody may know before signing in.
#[utoipa::path(get, path = "/config/public", tag = "public", security(()),
    responses((status = 200, description = "Names, languages, the web callers' number", body = dto::PublicConfig)))]
pub(crate) async fn public_config(With(api): With<State>) -> Json<dto::PublicConfig> {
    let settings = api.settings();
    Json(dto::PublicConfig {
        company: settings.company.clone(),
        languages: settings.languages.clone(),
        web_call_number: settings.web_call_number.clone(),
        version: settings.version.clone(),
        demo: settings.demo,
        server_time_ms: wall_ms(api.clock().now()),
    })
}

/// A short-lived SIP account for a caller without a phone.
#[utoipa::path(post, path = "/web-calls", tag = "public", security(()),
    responses((status = 201, description = "The account", body = dto::WebCall)))]
pub(crate) async fn create_web_call(With(api): With<State>, Peer(peer): Peer) -> Result<impl IntoResponse, Problem> {
    if api.settings().web_call_number.is_none() {
        return Err(Problem::new("web_calls_off"));
    }
    api.web_calls().take(&peer).map_err(|seconds| Problem::new("too_many_requests").retry_after(seconds))?;
    let busy = || Problem::new("too_many_requests").because("Too many web callers at this moment.").retry_after(30);
    let ticket = api.web_call().await?.ok_or_else(busy)?;
    Ok((StatusCode::CREATED, Json(dto::WebCall::from(ticket))))
}

/// How far a web caller's call is. Nobody can guess the user name, so it is the key.
#[utoipa::path(get, path = "/web-calls/{sip_user}", tag = "public", security(()),
    params(("sip_user" = String, Path, description = "The SIP user of the account")),
    responses((status = 200, description = "The call", body = dto::WebCallStatus)))]
pub(crate) async fn read_web_call(
    With(api): With<State>,
    Id(sip_user): Id<String>,
) -> Result<Json<dto::WebCallStatus>, Problem> {
    let floor = api.floor();
    let call = floor.web_callers.iter().find(|call| call.user == sip_user).ok_or_else(|| Problem::new("not_found"))?;
    Ok(Json(dto::WebCallStatus {
        phase: call.phase.to_owned(),
        agent: call.agent.clone(),
        queue: call.queue.clone(),
        position: call.position,
    }))
}

/// Exchange the demo's one-time link for the demo's accounts.
#[utoipa::path(post, path = "/start", tag = "public", security(()), request_body = dto::StartToken,
    responses((status = 200, description = "The accounts, given once", body = dto::StartCredentials)))]
pub(crate) async fn redeem_start_link(
    With(api): With<State>,
    Body(body): Body<dto::StartToken>,
) -> Result<Json<dto::StartCredentials>, Problem> {
    api.take_start(&body.token).map(Json).ok_or_else(|| Problem::new("start_over"))
}
