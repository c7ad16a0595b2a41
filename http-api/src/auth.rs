//! Sessions and roles: who asks, and whether that person may. Every route names its least role by the extractor that
//! it takes; nothing else looks at roles but for "is this mine?".

use crate::problem::Problem;
use crate::state::State;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use domain::{AgentId, Answer, Query, Role, Session, WallTime};
use sha2::{Digest, Sha256};
use std::marker::PhantomData;

/// The cookie that lets `<audio>` play a recording. Good for reading only.
pub(crate) const COOKIE: &str = "switchroom_session";

/// The SHA-256 of a session token in hex: how the store knows it.
#[must_use]
pub fn token_sha256(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// A fresh session token: 32 random bytes in hex.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn new_token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The least role that a route asks for.
pub(crate) trait Least {
    /// The role.
    const ROLE: Role;
}

/// Any signed-in user.
pub(crate) struct Anyone;
/// Supervisors and admins.
pub(crate) struct Supervisors;

/// Admins.
pub(crate) struct Admins;

impl Least for Admins {
    const ROLE: Role = Role::Admin;
}

impl Least for Anyone {
    const ROLE: Role = Role::Agent;
}

impl Least for Supervisors {
    const ROLE: Role = Role::Supervisor;
}

/// The person who asks, with at least the role `L`.
pub(crate) struct By<L> {
    /// The session.
    pub(crate) session: Session,
    /// The hash of its token.
    pub(crate) token_sha256: String,
    least: PhantomData<L>,
}

impl<L> By<L> {
    /// Supervisors and admins see everybody's.
    pub(crate) fn sees_all(&self) -> bool {
        self.session.user.role >= Role::Supervisor
    }

    /// The agent that the person is.
    pub(crate) fn agent(&self) -> Option<AgentId> {
        self.session.user.agent
    }

    /// True when the person is this agent or sees everybody's.
    pub(crate) fn may_see(&self, agent: AgentId) -> bool {
        self.sees_all() || self.agent() == Some(agent)
    }
}

impl<L: Least> FromRequestParts<State> for By<L> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let token = token_of(&parts.method, &parts.headers).ok_or_else(|| Problem::new("unauthenticated"))?;
        let token_sha256 = token_sha256(token);
        let session = find_session(state, token_sha256.clone()).await?;
        if session.user.role < L::ROLE {
            let needed = L::ROLE.as_str();
            return Err(Problem::new("forbidden").because(format!("This needs the role {needed}.")));
        }
        Ok(Self { session, token_sha256, least: PhantomData })
    }
}

async fn find_session(state: &State, token_sha256: String) -> Result<Session, Problem> {
    let now: WallTime = state.clock().now();
    match state.ask(Query::FindSession { token_sha256, now }).await? {
        Answer::Session(Some(session)) if session.expires > now => Ok(session),
        Answer::Session(_) => Err(Problem::new("unauthenticated").because("The session is unknown or over.")),
        _ => Err(Problem::new("unexpected_answer")),
    }
}

/// The bearer token; for reading also the cookie's, which a foreign page cannot abuse then.
fn token_of<'a>(method: &Method, headers: &'a HeaderMap) -> Option<&'a str> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim());
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    cookies
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == COOKIE)
        .map(|p| p.1)
}
