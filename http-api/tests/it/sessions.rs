//! Signing in and out.

use crate::rig::{Rig, START_MS};
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

#[tokio::test]
async fn signing_in_gives_a_token_that_works_until_signing_out() {
    let rig = Rig::new();
    let reply = rig.post("", "/api/v1/sessions", &json!({"login": "li", "password": "right"})).await;
    assert_eq!(reply.status, 201);
    let body = reply.json();
    let token = body["token"].as_str().unwrap();
    assert_eq!(token.len(), 64, "32 random bytes in hex");
    assert!(body["expires_at"].as_i64().unwrap() >= START_MS + 3_600_000);
    assert_eq!(body["user"], json!({"login": "li", "name": "LI", "role": "agent", "agent": "li.wei"}));
    assert_eq!(rig.get(token, "/api/v1/me").await.json()["login"], "li");
    let reply = rig.call(token, "DELETE /api/v1/sessions/current", None).await;
    assert_eq!(reply.status, 204);
    assert!(reply.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(rig.get(token, "/api/v1/me").await.problem(), (401, "unauthenticated".into()));
}

#[tokio::test]
async fn two_sign_ins_give_two_tokens() {
    let rig = Rig::new();
    let body = json!({"login": "li", "password": "right"});
    let first = rig.post("", "/api/v1/sessions", &body).await.json();
    let second = rig.post("", "/api/v1/sessions", &body).await.json();
    assert_ne!(first["token"], second["token"]);
}

#[tokio::test]
async fn the_cookie_is_good_for_reading_only() {
    let rig = Rig::new();
    let reply = rig.post("", "/api/v1/sessions", &json!({"login": "li", "password": "right"})).await;
    let cookie = reply.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let pair = cookie.split(';').next().unwrap().to_owned();
    let with_cookie = |method: &str, path: &str| {
        Request::builder().method(method).uri(path).header("cookie", &pair).body(Body::empty()).unwrap()
    };
    assert_eq!(rig.send(with_cookie("GET", "/api/v1/me")).await.status, 200);
    assert_eq!(rig.send(with_cookie("DELETE", "/api/v1/sessions/current")).await.status, 401);
}

#[tokio::test]
async fn failed_attempts_are_limited_for_each_login_and_good_ones_are_not() {
    let rig = Rig::new();
    let right = json!({"login": "li", "password": "right"});
    for _ in 0..20 {
        assert_eq!(rig.post("", "/api/v1/sessions", &right).await.status, 201);
    }
    let wrong = json!({"login": "li", "password": "wrong"});
    for _ in 0..10 {
        assert_eq!(rig.post("", "/api/v1/sessions", &wrong).await.problem(), (401, "wrong_credentials".into()));
    }
    let reply = rig.post("", "/api/v1/sessions", &wrong).await;
    assert_eq!(reply.problem(), (429, "too_many_requests".into()));
    assert!(!reply.header("retry-after").is_empty());
    assert_eq!(rig.post("", "/api/v1/sessions", &right).await.status, 429, "a right guess does not help then");
    let other = json!({"login": "ana", "password": "right"});
    assert_eq!(rig.post("", "/api/v1/sessions", &other).await.status, 201);
}

#[tokio::test]
async fn other_schemes_and_empty_tokens_are_no_session() {
    let rig = Rig::new();
    for value in ["Basic bGk6cmlnaHQ=", "Bearer", "Bearer ", "li"] {
        let request = Request::builder().uri("/api/v1/me").header("authorization", value).body(Body::empty()).unwrap();
        let reply = rig.send(request).await;
        assert_eq!(reply.problem(), (401, "unauthenticated".into()), "{value}");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
}
