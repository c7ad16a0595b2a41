//! The console's files and the documents' pages.

use crate::rig::Rig;
use axum::body::Body;
use axum::http::Request;

#[tokio::test]
async fn every_page_of_the_console_is_its_index_and_is_never_cached_blindly() {
    let rig = Rig::new();
    for path in ["/", "/desk", "/floor", "/contacts/0000", "/start?t=x", "/call"] {
        let reply = rig.get("", path).await;
        assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-cache"), "{path}");
        assert!(reply.header("content-type").starts_with("text/html"));
        assert!(reply.text().to_lowercase().contains("<!doctype html>"));
    }
}

#[tokio::test]
async fn hashed_files_are_cached_for_ever_and_missing_ones_are_not_pages() {
    let rig = Rig::new();
    let index = rig.get("", "/").await.text();
    let asset = index.split(['"', '\'', '=', ' ', '>']).find(|part| part.starts_with("/assets/")).unwrap();
    let reply = rig.get("", asset).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(rig.get("", "/assets/gone.js").await.problem(), (404, "no_route".into()));
    assert_eq!(rig.get("", "/favicon.missing").await.problem(), (404, "no_route".into()));
}

#[tokio::test]
async fn a_browser_that_has_the_page_already_is_told_so() {
    let rig = Rig::new();
    let tag = rig.get("", "/").await.header("etag").to_owned();
    let request = Request::builder().uri("/desk").header("if-none-match", tag).body(Body::empty()).unwrap();
    let reply = rig.send(request).await;
    assert_eq!((reply.status.as_u16(), reply.bytes.len()), (304, 0));
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_to_refuse() {
    let rig = Rig::new();
    for path in ["/", "/docs", "/api/v1/me", "/health/live"] {
        let reply = rig.get("", path).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}");
        assert!(policy.contains("connect-src 'self' ws://localhost:8080 wss://localhost:8080;"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn the_documents_pages_need_nothing_from_elsewhere() {
    let rig = Rig::new();
    let problem = rig.get("", "/problems/no_phone").await.text();
    assert!(problem.contains("Register the agent"));
    let docs = rig.get("", "/docs").await.text();
    assert!(docs.contains("/api/v1/contacts/{id}") && docs.contains("CustomerWrite"));
    for page in [docs, problem, rig.get("", "/asyncapi").await.text(), rig.get("", "/problems").await.text()] {
        assert!(!page.contains("src=") && !page.contains("href=\"http") && !page.contains("@import"), "{page}");
    }
    assert_eq!(rig.get("", "/problems/none").await.problem(), (404, "not_found".into()));
    assert_eq!(rig.get("", "/openapi.json").await.text(), http_api::openapi_json());
    assert_eq!(rig.get("", "/asyncapi.json").await.json()["info"]["title"], "CTI");
}
