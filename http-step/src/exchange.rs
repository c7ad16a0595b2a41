//! One request and its answer on a connection of their own.

use crate::connect::Wire;
use crate::{Settings, take};
use bytes::Bytes;
use domain::{HttpAnswer, HttpFailure, HttpField, HttpMethod, HttpRequest, HttpValue};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::task::JoinSet;

/// Most bytes of an answer's head.
const HEAD_MAX: usize = 64 * 1_024;
const AGENT: HeaderValue = HeaderValue::from_static("Switchroom");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Sends the request and reads the answer. Answers that may be better at another time come as failures.
pub(crate) async fn exchange(
    settings: &Settings,
    request: &HttpRequest,
    wire: Box<dyn Wire>,
) -> Result<HttpAnswer, HttpFailure> {
    let written = written(settings, request).ok_or(HttpFailure::Unsendable)?;
    let mut client = http1::Builder::new();
    client.max_buf_size(HEAD_MAX);
    let (mut sender, connection) = client.handshake(TokioIo::new(wire)).await.map_err(|_| HttpFailure::Broken)?;
    // Whoever gives up drops it, and the connection with it.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(written).await.map_err(|_| HttpFailure::Broken)?;
    let status = response.status().as_u16();
    // 204 and 205 have no content (RFC 9110, 15.3.5 and 15.3.6).
    let wanted = matches!(status, 200..=203 | 206..=299) && !request.take.is_empty();
    let value = if wanted {
        let body = read(response.into_body(), request.max_bytes).await?;
        serde_json::from_slice(&body).map_err(|_| HttpFailure::NotJson)?
    } else {
        Value::Null
    };
    match take::answer_of(status, &value, &request.take) {
        HttpAnswer::Failed(failure) => Err(failure),
        answer => Ok(answer),
    }
}

/// The request as it is sent; `None` if it cannot be.
fn written(settings: &Settings, request: &HttpRequest) -> Option<Request<Full<Bytes>>> {
    let body = request.body.as_ref().map(|body| json(body).to_string());
    let method = match request.method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
    };
    let mut written = Request::new(Full::new(Bytes::from(body.clone().unwrap_or_default())));
    *written.method_mut() = method;
    *written.uri_mut() = Uri::try_from(request.target.0.as_str()).ok()?;
    let headers = written.headers_mut();
    headers.insert(ACCEPT, JSON);
    for (name, field) in &request.headers {
        headers.insert(HeaderName::try_from(name.as_str()).ok()?, header(settings, field)?);
    }
    headers.insert(HOST, HeaderValue::try_from(request.origin.authority()).ok()?);
    headers.insert(USER_AGENT, AGENT);
    headers.insert(CONNECTION, CLOSE);
    if body.is_some() {
        headers.insert(CONTENT_TYPE, JSON);
    }
    Some(written)
}

fn header(settings: &Settings, field: &HttpField) -> Option<HeaderValue> {
    match field {
        HttpField::Text(text) => HeaderValue::try_from(text).ok(),
        HttpField::Secret { before, secret } => {
            let secret = settings.secrets.get(secret)?.expose_secret();
            let mut value = HeaderValue::try_from(format!("{before}{secret}")).ok()?;
            value.set_sensitive(true);
            Some(value)
        }
    }
}

fn json(value: &HttpValue) -> Value {
    match value {
        HttpValue::Text(text) => Value::String(text.clone()),
        HttpValue::Int(number) => Value::from(*number),
        HttpValue::Flag(flag) => Value::Bool(*flag),
        HttpValue::List(items) => Value::Array(items.iter().map(json).collect()),
        HttpValue::Table(members) => Value::Object(members.iter().map(|(name, of)| (name.clone(), json(of))).collect()),
    }
}

/// Reads a body piece by piece, and no further than allowed.
async fn read(mut body: Incoming, most: usize) -> Result<Vec<u8>, HttpFailure> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > most {
        return Err(HttpFailure::TooBig);
    }
    let mut bytes = Vec::with_capacity(announced);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| HttpFailure::Broken)?.into_data() else { continue };
        if bytes.len() + data.len() > most {
            return Err(HttpFailure::TooBig);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}
