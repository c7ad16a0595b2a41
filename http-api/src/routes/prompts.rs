//! Prompts: what there is, how loud it is, and changes of it while calls go on.

use crate::auth::{Admins, By};
use crate::dto;
use crate::extract::{Body, Wav, optional};
use crate::problem::Problem;
use crate::state::{PromptPlace, PromptReply, PromptWish, State};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as With};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Spoken;

/// What stands in the path for prompts that serve every language.
const NEUTRAL: &str = "music";

/// Language and prompt as the path has them.
type Named = Result<Path<(String, String)>, PathRejection>;

/// The prompt of a path. What is no id cannot name one. A leading dot would hide its file.
fn place(named: &Named) -> Result<PromptPlace, Problem> {
    let Path((language, id)) = named.as_ref().map_err(|_| Problem::new("not_found"))?;
    let id = id.parse().ok().filter(|_| !id.starts_with('.')).ok_or_else(|| Problem::new("not_found"))?;
    let language = match language.as_str() {
        NEUTRAL => None,
        tag => Some(tag.parse().map_err(|_| Problem::new("not_found"))?),
    };
    Ok(PromptPlace { id, language })
}

/// The words that are to be spoken.
fn words(text: &str) -> Result<String, Problem> {
    let too_long = text.chars().count() > Spoken::MAX;
    if too_long || Spoken::cleaned(text).is_empty() {
        let why = format!("text: 1 to {} characters are taken", Spoken::MAX);
        return Err(Problem::new("bad_field").because(why).at("text"));
    }
    Ok(text.to_owned())
}

fn sound(bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// The prompts that callers hear of schedules that a person has closed, with the schedules.
fn closings(api: &State) -> Vec<(String, String)> {
    let floor = api.floor();
    let said = |schedule: &domain::ScheduleView| {
        let prompt = schedule.emergency.as_ref()?.prompt?;
        Some((prompt.to_string(), schedule.id.to_string()))
    };
    floor.schedules.iter().filter_map(said).collect()
}

/// Every prompt with its recordings and how loud they are, and what flows name and is not there.
#[utoipa::path(get, path = "/prompts", tag = "prompts",
    responses((status = 200, description = "In order of id", body = dto::Prompts)))]
pub(crate) async fn list_prompts(With(api): With<State>, by: By<Admins>) -> Result<Json<dto::Prompts>, Problem> {
    match api.prompt(by.session.user.login, PromptWish::List).await? {
        PromptReply::List(mut prompts) => {
            let closed = closings(&api);
            for prompt in &mut prompts.prompts {
                prompt.closings = closed.iter().filter(|(id, _)| *id == prompt.id).map(|(_, of)| of.clone()).collect();
            }
            Ok(Json(*prompts))
        }
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// A prompt as a WAV file, as callers hear it: 8 kHz, 16 bits, one channel. The id may end in `.wav`.
#[utoipa::path(get, path = "/prompts/{language}/{id}", tag = "prompts",
    params(("language" = String, Path, description = "The language; `music`: the one for all languages"),
        ("id" = String, Path, description = "The prompt")),
    responses((status = 200, description = "The sound", body = String, content_type = "audio/wav")))]
pub(crate) async fn play_prompt(With(api): With<State>, by: By<Admins>, named: Named) -> Result<Response, Problem> {
    let named = named.map(|Path((language, id))| Path((language, id.trim_end_matches(".wav").to_owned())));
    match api.prompt(by.session.user.login, PromptWish::Read(place(&named)?)).await? {
        PromptReply::Sound(bytes) => Ok(sound(bytes)),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// Keep a recording: a WAV file of 4 to 192 kHz in one or two channels, at most 10 MB and 10 minutes. Calls that begin to
/// play the prompt from now on hear it. The answer tells how loud it is as it was kept, at 8 kHz.
#[utoipa::path(put, path = "/prompts/{language}/{id}", tag = "prompts",
    params(("language" = String, Path, description = "The language; `music`: for all languages"),
        ("id" = String, Path, description = "The prompt")),
    request_body(content = String, content_type = "audio/wav", description = "The WAV file"),
    responses((status = 200, description = "Kept", body = dto::StoredPrompt)))]
pub(crate) async fn put_prompt(
    With(api): With<State>,
    by: By<Admins>,
    named: Named,
    Wav(bytes): Wav,
) -> Result<Json<dto::StoredPrompt>, Problem> {
    kept(api.prompt(by.session.user.login, PromptWish::Put(place(&named)?, bytes)).await?)
}

fn kept(reply: PromptReply) -> Result<Json<dto::StoredPrompt>, Problem> {
    match reply {
        PromptReply::Kept(stored) => Ok(Json(stored)),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// Have a text spoken, and keep it as the prompt.
#[utoipa::path(post, path = "/prompts/{language}/{id}/speak", tag = "prompts", request_body = dto::PromptText,
    params(("language" = String, Path, description = "The language"),
        ("id" = String, Path, description = "The prompt")),
    responses((status = 200, description = "Kept", body = dto::StoredPrompt)))]
pub(crate) async fn speak_prompt(
    With(api): With<State>,
    by: By<Admins>,
    named: Named,
    Body(body): Body<dto::PromptText>,
) -> Result<Json<dto::StoredPrompt>, Problem> {
    let place = place(&named)?;
    let Some(language) = place.language else {
        return Err(Problem::new("bad_field").because("Words have a language: `music` has none."));
    };
    let wish = PromptWish::Speak { id: place.id, language, text: words(&body.text)? };
    kept(api.prompt(by.session.user.login, wish).await?)
}

/// Have a text spoken, to listen to it before it is kept.
#[utoipa::path(post, path = "/speech", tag = "prompts", request_body = dto::SpeechWish,
    responses((status = 200, description = "The sound", body = String, content_type = "audio/wav")))]
pub(crate) async fn speak(
    With(api): With<State>,
    by: By<Admins>,
    Body(body): Body<dto::SpeechWish>,
) -> Result<Response, Problem> {
    let missing = || Problem::new("bad_field").because("language: a language such as `en` is needed").at("language");
    let language = optional("language", Some(&body.language), "bad_field")?.ok_or_else(missing)?;
    let wish = PromptWish::Listen { language, text: words(&body.text)? };
    match api.prompt(by.session.user.login, wish).await? {
        PromptReply::Sound(bytes) => Ok(sound(bytes)),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// Take a recording away, unless a flow or a queue plays it and nothing else would be heard in its language, or a schedule is
/// closed with it.
#[utoipa::path(delete, path = "/prompts/{language}/{id}", tag = "prompts",
    params(("language" = String, Path, description = "The language; `music`: the one for all languages"),
        ("id" = String, Path, description = "The prompt")),
    responses((status = 204, description = "Done")))]
pub(crate) async fn delete_prompt(With(api): With<State>, by: By<Admins>, named: Named) -> Result<StatusCode, Problem> {
    let place = place(&named)?;
    if let Some((_, schedule)) = closings(&api).into_iter().find(|(id, _)| *id == place.id.as_str()) {
        let why = format!("The schedule {schedule} is closed with it: its callers hear it.");
        return Err(Problem::new("prompt_in_use").because(why));
    }
    api.prompt(by.session.user.login, PromptWish::Delete(place)).await?;
    Ok(StatusCode::NO_CONTENT)
}
