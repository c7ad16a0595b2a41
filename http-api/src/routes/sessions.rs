//! Signing in and out.

use crate::auth::{Anyone, By, COOKIE, new_token, token_sha256};
use crate::dto;
use crate::extract::{Body, Peer};
use crate::problem::Problem;
use crate::state::{State, wall_ms};
use axum::Json;
use axum::extract::State as With;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use domain::{Answer, Query, Redacted, User, WallTime};

type Cookie = AppendHeaders<[(header::HeaderName, String); 1]>;

/// Sign in.
///
/// Gives a session token. The same token comes as a cookie that is good for reading only, so that an audio element can
/// play a recording.
#[utoipa::path(post, path = "/sessions", tag = "sessions", security(()), request_body = dto::SignIn,
    responses((status = 201, description = "The session", body = dto::SessionToken)))]
pub(crate) async fn sign_in(
    With(api): With<State>,
    Peer(peer): Peer,
    Body(body): Body<dto::SignIn>,
) -> Result<impl IntoResponse, Problem> {
    let key = format!("{peer} {}", body.login.to_lowercase());
    let wait = |seconds| Problem::new("too_many_requests").because("Too many failed attempts.").retry_after(seconds);
    api.sign_ins().take(&key).map_err(wait)?;
    let query = Query::Authenticate { login: body.login, password: Redacted(body.password) };
    let user = match api.ask(query).await? {
        Answer::User(Some(user)) => user,
        Answer::User(None) => return Err(Problem::new("wrong_credentials")),
        _ => return Err(Problem::new("unexpected_answer")),
    };
    api.sign_ins().give_back(&key);
    let (token, expires) = create_session(&api, &user).await?;
    let cookie = cookie(&token, api.settings().session.as_secs());
    let body = dto::SessionToken { token, expires_at: wall_ms(expires), user: (&user).into() };
    Ok((StatusCode::CREATED, cookie, Json(body)))
}

async fn create_session(api: &State, user: &User) -> Result<(String, WallTime), Problem> {
    let token = new_token().map_err(|_| Problem::new("unavailable").because("The system gives no randomness."))?;
    let lasts = i64::try_from(api.settings().session.as_micros()).unwrap_or(i64::MAX);
    let expires = WallTime::from_micros(api.clock().now().as_micros().saturating_add(lasts));
    let query = Query::CreateSession { token_sha256: token_sha256(&token), login: user.login.clone(), expires };
    match api.ask(query).await? {
        Answer::Done => Ok((token, expires)),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

fn cookie(token: &str, seconds: u64) -> Cookie {
    let value = format!("{COOKIE}={token}; Path=/api/v1; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    AppendHeaders([(header::SET_COOKIE, value)])
}

/// The session of the token that was sent.
#[utoipa::path(get, path = "/sessions/current", tag = "sessions",
    responses((status = 200, description = "The session", body = dto::SessionView)))]
pub(crate) async fn current_session(by: By<Anyone>) -> Json<dto::SessionView> {
    Json((&by.session).into())
}

/// Sign out: ends the session of the token that was sent. It does not end the agent's shift.
#[utoipa::path(delete, path = "/sessions/current", tag = "sessions",
    responses((status = 204, description = "The session is over")))]
pub(crate) async fn sign_out(With(api): With<State>, by: By<Anyone>) -> Result<impl IntoResponse, Problem> {
    match api.ask(Query::EndSession { token_sha256: by.token_sha256 }).await? {
        Answer::Done => Ok((StatusCode::NO_CONTENT, cookie("", 0))),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// Who am I?
#[utoipa::path(get, path = "/me", tag = "sessions",
    responses((status = 200, description = "The signed-in user", body = dto::User)))]
pub(crate) async fn me(by: By<Anyone>) -> Json<dto::User> {
    Json((&by.session.user).into())
}
