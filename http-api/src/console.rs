//! The console's files, embedded. Paths that are no file are pages of the console, so they get its `index.html`.

use crate::problem::Problem;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/console"]
struct Files;

/// First segments below which a missing address is an error, never a page.
const NOT_PAGES: [&str; 7] = ["api", "assets", "cti", "health", "problems", "sip", "ws"];

/// Serves a file or a page of the console.
pub(crate) async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new("no_route").into_response();
    }
    if let Some(file) = Files::get(path).filter(|_| !path.is_empty()) {
        return respond(path, file, request.headers());
    }
    if !is_page(path) {
        return Problem::new("no_route").into_response();
    }
    match Files::get("index.html") {
        Some(file) => respond("index.html", file, request.headers()),
        None => Problem::new("no_route").into_response(),
    }
}

/// Names with a dot are files that are not there.
fn is_page(path: &str) -> bool {
    let mut segments = path.split('/');
    let known = segments.next().is_some_and(|first| NOT_PAGES.contains(&first));
    !known && !path.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

fn respond(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
    // The build puts a hash into the names below `assets/`, so such a file never changes.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CACHE_CONTROL, cache.to_owned()), (header::ETAG, tag.clone())];
    if asked.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let kind = [(header::CONTENT_TYPE, file.metadata.mimetype().to_owned())];
    (headers, kind, file.data).into_response()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Headers that keep the browser from doing what the console never asks for.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|h| h.to_str().ok()).filter(|h| is_host(h));
    let policy = policy(host);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert(
        "permissions-policy",
        HeaderValue::from_static("microphone=(self), speaker-selection=(self), camera=(), geolocation=()"),
    );
    response
}

/// `'self'` does not cover WebSockets in every browser, so they are named by host. Style attributes are let through
/// because component templates carry them; style sheets and scripts come from here only.
fn policy(host: Option<&str>) -> String {
    let sockets = host.map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: \
         blob:; font-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; manifest-src 'self'; \
         connect-src 'self'{sockets}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// A host with an optional port, and nothing that could add to the policy.
fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_header_cannot_widen_the_policy() {
        assert!(is_host("localhost:8080") && is_host("[::1]:8080"));
        assert!(!is_host("a; script-src *") && !is_host("*") && !is_host(""));
    }
}
