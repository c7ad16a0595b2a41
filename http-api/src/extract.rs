//! Bodies, query parameters and ids as the routes take them; what is wrong with them comes back as a problem.

use crate::problem::Problem;
use axum::extract::rejection::{JsonRejection, QueryRejection, StringRejection};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::str::FromStr;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        axum::Json::<T>::from_request(request, state).await.map(|json| Self(json.0)).map_err(json_problem)
    }
}

fn json_problem(rejection: JsonRejection) -> Problem {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new("wrong_media_type").because("Send the header `Content-Type: application/json`.")
        }
        JsonRejection::BytesRejection(bytes) => body_problem(bytes.status()),
        other => Problem::new("bad_json").because(other.body_text()),
    }
}

fn csv_problem(rejection: &StringRejection) -> Problem {
    match rejection {
        StringRejection::InvalidUtf8(_) => {
            Problem::new("bad_field").because("The file is not UTF-8 text; save it as UTF-8.")
        }
        other => body_problem(other.status()),
    }
}

fn body_problem(status: StatusCode) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE { Problem::new("too_large") } else { Problem::new("broken_body") }
}

/// A CSV body.
pub(crate) struct Csv(pub(crate) String);

impl<S: Send + Sync> FromRequest<S> for Csv {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_kind(request.headers(), "text/csv") {
            return Err(Problem::new("wrong_media_type").because("Send the header `Content-Type: text/csv`."));
        }
        String::from_request(request, state).await.map(Self).map_err(|rejection| csv_problem(&rejection))
    }
}

fn is_kind(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(wanted))
}

/// A WAV file as the body.
pub(crate) struct Wav(pub(crate) Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Wav {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kinds = ["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"];
        if !kinds.iter().any(|kind| is_kind(request.headers(), kind)) {
            return Err(Problem::new("wrong_media_type").because("Send the header `Content-Type: audio/wav`."));
        }
        let bytes = axum::body::Bytes::from_request(request, state).await;
        bytes.map(|bytes| Self(bytes.into())).map_err(|rejection| body_problem(rejection.status()))
    }
}

/// Query parameters.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let problem = |rejection: QueryRejection| Problem::new("bad_query").because(rejection.body_text());
        Query::<T>::from_request_parts(parts, state).await.map(|query| Self(query.0)).map_err(problem)
    }
}

/// The id in the path. A text that is no id cannot name a record, so it is simply not found.
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let not_found = || Problem::new("not_found");
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_found())?;
        path.0.parse().map(Self).map_err(|_| not_found())
    }
}

/// Where the request came from, as the key of a limiter. Behind a proxy that is the proxy.
pub(crate) struct Peer(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(address.map_or_else(String::new, |info| info.0.ip().to_string())))
    }
}

/// Reads an optional id out of a query parameter or a field.
pub(crate) fn optional<T: FromStr<Err: std::fmt::Display>>(
    field: &str,
    text: Option<&str>,
    code: &'static str,
) -> Result<Option<T>, Problem> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|why: T::Err| Problem::new(code).because(format!("{field}: {why}")).at(field))
}
