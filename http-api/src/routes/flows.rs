//! Files of flows: draft, check, try, publish, roll back.

use crate::auth::{Admins, By};
use crate::dto;
use crate::extract::{Asked, Body, Id};
use crate::flows::FlowRequest;
use crate::problem::Problem;
use crate::state::State;
use axum::Json;
use axum::extract::State as With;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

/// Longest text of a file, in bytes.
const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Longest note, in characters.
const NOTE_MAX: usize = 500;
/// Longest walk.
const STEPS_MAX: usize = 200;
/// Longest step, number or other short field of a walk, in characters.
const WORDS_MAX: usize = 200;

/// Which file.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    /// The name by which the configuration lists the file, such as `flows/main.toml`.
    name: String,
}

fn short_enough(text: &str) -> Result<(), Problem> {
    if text.len() <= TEXT_BYTES_MAX {
        return Ok(());
    }
    Err(Problem::new("too_large").because(format!("text: at most {TEXT_BYTES_MAX} bytes")).at("text"))
}

fn at_most(field: &str, text: &str, most: usize) -> Result<(), Problem> {
    if text.chars().count() <= most {
        return Ok(());
    }
    Err(Problem::new("bad_field").because(format!("{field}: at most {most} characters")).at(field))
}

/// The files in which flows stand, with their versions and drafts.
#[utoipa::path(get, path = "/flows", tag = "flows",
    responses((status = 200, description = "In the configuration's order", body = dto::FlowFiles)))]
pub(crate) async fn list_flows(With(api): With<State>, by: By<Admins>) -> Result<Json<dto::FlowFiles>, Problem> {
    let by = by.session.user.login;
    api.flows(|reply| FlowRequest::List { by, reply }).await.map(Json)
}

/// A file of flows with its text, its versions and one's own draft.
#[utoipa::path(get, path = "/flows/file", tag = "flows", params(Named),
    responses((status = 200, description = "The file", body = dto::FlowFile)))]
pub(crate) async fn read_flow_file(
    With(api): With<State>,
    by: By<Admins>,
    Asked(Named { name: file }): Asked<Named>,
) -> Result<Json<dto::FlowFile>, Problem> {
    let by = by.session.user.login;
    api.flows(|reply| FlowRequest::Read { file, by, reply }).await.map(Json)
}

/// A version of a file of flows.
#[utoipa::path(get, path = "/flows/file/versions/{number}", tag = "flows", params(
    ("number" = u32, Path, description = "The version's number"), Named),
    responses((status = 200, description = "The version with its text", body = dto::FlowVersionText)))]
pub(crate) async fn read_flow_version(
    With(api): With<State>,
    _: By<Admins>,
    Id(number): Id<u32>,
    Asked(Named { name: file }): Asked<Named>,
) -> Result<Json<dto::FlowVersionText>, Problem> {
    api.flows(|reply| FlowRequest::Version { file, number, reply }).await.map(Json)
}

/// Keep what one has written so far. Each writer has a draft of one's own; nothing comes into force.
#[utoipa::path(put, path = "/flows/file/draft", tag = "flows", params(Named), request_body = dto::FlowDraftWrite,
    responses((status = 204, description = "Kept")))]
pub(crate) async fn keep_flow_draft(
    With(api): With<State>,
    by: By<Admins>,
    Asked(Named { name: file }): Asked<Named>,
    Body(draft): Body<dto::FlowDraftWrite>,
) -> Result<StatusCode, Problem> {
    short_enough(&draft.text)?;
    at_most("base", &draft.base, WORDS_MAX)?;
    let by = by.session.user.login;
    api.flows(|reply| FlowRequest::KeepDraft { file, by, draft, reply }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Throw one's draft away.
#[utoipa::path(delete, path = "/flows/file/draft", tag = "flows", params(Named),
    responses((status = 204, description = "There is none any more")))]
pub(crate) async fn drop_flow_draft(
    With(api): With<State>,
    by: By<Admins>,
    Asked(Named { name: file }): Asked<Named>,
) -> Result<StatusCode, Problem> {
    let by = by.session.user.login;
    api.flows(|reply| FlowRequest::DropDraft { file, by, reply }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Check a text as if the file held it, and draw its flows. Nothing comes into force.
#[utoipa::path(post, path = "/flows/file/check", tag = "flows", params(Named), request_body = dto::FlowCheck,
    responses((status = 200, description = "Problems and pictures", body = dto::FlowChecked)))]
pub(crate) async fn check_flow_file(
    With(api): With<State>,
    _: By<Admins>,
    Asked(Named { name: file }): Asked<Named>,
    Body(dto::FlowCheck { text }): Body<dto::FlowCheck>,
) -> Result<Json<dto::FlowChecked>, Problem> {
    short_enough(&text)?;
    api.flows(|reply| FlowRequest::Check { file, text, reply }).await.map(Json)
}

/// Bring a text into force: it is written to the file, and the configuration is read anew. Calls in progress stay in the
/// flow in which they began. A faulty text changes nothing, nor does one that was begun from another version than the
/// file holds.
#[utoipa::path(post, path = "/flows/file/publish", tag = "flows", params(Named), request_body = dto::FlowPublish,
    responses((status = 200, description = "It is in force", body = dto::FlowPublished)))]
pub(crate) async fn publish_flow_file(
    With(api): With<State>,
    by: By<Admins>,
    Asked(Named { name: file }): Asked<Named>,
    Body(wish): Body<dto::FlowPublish>,
) -> Result<Json<dto::FlowPublished>, Problem> {
    short_enough(&wish.text)?;
    at_most("note", &wish.note, NOTE_MAX)?;
    let by = by.session.user.login;
    api.flows(|reply| FlowRequest::Publish { file, by, wish, reply }).await.map(Json)
}

/// Bring an old version into force, as a new one with the same text.
#[utoipa::path(post, path = "/flows/file/roll-back", tag = "flows", params(Named), request_body = dto::FlowRollBack,
    responses((status = 200, description = "It is in force", body = dto::FlowPublished)))]
pub(crate) async fn roll_back_flow_file(
    With(api): With<State>,
    by: By<Admins>,
    Asked(Named { name: file }): Asked<Named>,
    Body(wish): Body<dto::FlowRollBack>,
) -> Result<Json<dto::FlowPublished>, Problem> {
    let by = by.session.user.login;
    api.flows(|reply| FlowRequest::RollBack { file, by, wish, reply }).await.map(Json)
}

/// Walk through a flow of a text as `switchroom flow simulate` does. Nothing is kept: each request plays all steps.
#[utoipa::path(post, path = "/flows/file/simulate", tag = "flows", params(Named), request_body = dto::FlowTrial,
    responses((status = 200, description = "What happened, and what the flow waits for", body = dto::FlowStory)))]
pub(crate) async fn simulate_flow(
    With(api): With<State>,
    _: By<Admins>,
    Asked(Named { name: file }): Asked<Named>,
    Body(trial): Body<dto::FlowTrial>,
) -> Result<Json<dto::FlowStory>, Problem> {
    short_enough(&trial.text)?;
    if trial.steps.len() > STEPS_MAX {
        return Err(Problem::new("bad_field").because(format!("steps: at most {STEPS_MAX}")).at("steps"));
    }
    trial.steps.iter().try_for_each(|step| at_most("steps", step, WORDS_MAX))?;
    for (field, words) in [("caller", &trial.caller), ("called", &trial.called), ("language", &trial.language)] {
        words.iter().try_for_each(|words| at_most(field, words, WORDS_MAX))?;
    }
    for (name, value) in &trial.customer {
        at_most("customer", name, WORDS_MAX)?;
        at_most("customer", value, WORDS_MAX)?;
    }
    api.flows(|reply| FlowRequest::Simulate { file, trial, reply }).await.map(Json)
}
