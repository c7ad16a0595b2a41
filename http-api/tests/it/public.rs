//! What strangers may ask for.

use crate::rig::{Rig, START_MS};
use domain::WallTime;
use serde_json::json;

#[tokio::test]
async fn the_public_configuration_holds_names_and_no_secrets() {
    let rig = Rig::new();
    let mut config = rig.get("", "/api/v1/config/public").await.json();
    assert!(config["server_time_ms"].take().as_i64().unwrap() >= START_MS);
    let expected = json!({
        "company": "Switchroom Demo", "languages": ["en", "zh"], "web_call_number": "8000", "version": "0.1.0",
        "demo": true, "server_time_ms": null,
    });
    assert_eq!(config, expected);
}

#[tokio::test]
async fn a_web_caller_gets_an_account_and_not_too_many() {
    let rig = Rig::new();
    let reply = rig.call("", "POST /api/v1/web-calls", None).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.json()["dial"], "8000");
    for _ in 0..9 {
        assert_eq!(rig.call("", "POST /api/v1/web-calls", None).await.status, 201);
    }
    let reply = rig.call("", "POST /api/v1/web-calls", None).await;
    assert_eq!(reply.problem(), (429, "too_many_requests".into()));
}

#[tokio::test]
async fn a_web_caller_learns_how_far_the_call_is_and_nobody_else_does() {
    let rig = Rig::new();
    let expected = json!({"phase": "ringing", "agent": "Ana", "queue": "Sales", "position": 1});
    assert_eq!(rig.get("", "/api/v1/web-calls/web-1").await.json(), expected);
    assert_eq!(rig.get("", "/api/v1/web-calls/web-2").await.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn web_calls_can_be_switched_off() {
    let rig = Rig::with(|settings| settings.web_call_number = None);
    assert_eq!(rig.call("", "POST /api/v1/web-calls", None).await.problem(), (404, "web_calls_off".into()));
}

#[tokio::test]
async fn the_start_link_works_once_and_a_wrong_guess_does_not_spend_it() {
    let rig = Rig::new();
    let redeem = async |token: &str| rig.post("", "/api/v1/start", &json!({"token": token})).await;
    assert_eq!(redeem("guess").await.problem(), (410, "start_over".into()));
    let accounts = redeem("once").await.json();
    assert_eq!((&accounts["dial"], &accounts["agents"][0]["login"]), (&json!("8000"), &json!("li")));
    assert_eq!(redeem("once").await.problem(), (410, "start_over".into()));
}

#[tokio::test]
async fn the_start_link_runs_out() {
    let over = |settings: &mut http_api::Settings| {
        settings.start.as_mut().unwrap().expires = WallTime::from_micros(START_MS * 1_000);
    };
    let reply = Rig::with(over).post("", "/api/v1/start", &json!({"token": "once"})).await;
    assert_eq!(reply.problem(), (410, "start_over".into()));
}
