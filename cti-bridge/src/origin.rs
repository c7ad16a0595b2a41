//! Foreign pages may not open the WebSocket with a person's browser.

use axum::http::{HeaderMap, header};

/// True without an Origin header (no browser), or when its host is the one that was asked.
pub(crate) fn is_ours(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    match (origin, host) {
        (Some((_, origin)), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(origin: Option<&str>, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        is_ours(&headers)
    }

    #[test]
    fn only_pages_of_the_same_host_may_connect() {
        assert!(ours(Some("http://localhost:8080"), "localhost:8080"));
        assert!(ours(Some("https://Desk.example"), "desk.example"));
        assert!(ours(None, "localhost:8080"), "no browser sends no origin");
        assert!(!ours(Some("http://localhost:9090"), "localhost:8080"));
        assert!(!ours(Some("https://evil.example"), "desk.example"));
        assert!(!ours(Some("null"), "desk.example"));
    }
}
