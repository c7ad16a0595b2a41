//! Files of flows: what is taken, and why it is refused.

use crate::rig::{Rig, START_MS};
use serde_json::{Value, json};

const FILE: &str = "/api/v1/flows/file";

fn at(way: &str) -> String {
    format!("{FILE}{way}?name=flows%2Fmain.toml")
}

#[tokio::test]
async fn an_administrator_sees_files_versions_and_drafts() {
    let rig = Rig::new();
    let files = rig.get("root", "/api/v1/flows").await.json();
    assert_eq!((&files["files"][0]["file"], &files["files"][0]["version"]), (&json!("flows/main.toml"), &json!(3)));
    let file = rig.get("root", &at("")).await.json();
    assert_eq!((&file["text"], &file["sha256"]), (&json!("[flow.main]"), &json!("three")));
    assert_eq!(file["draft"], json!({"text": "[flow.other]", "base": "two", "by": "root", "at": START_MS}));
    let old = rig.get("root", &at("/versions/2")).await.json();
    let expected = json!({
        "version": 2, "sha256": "two", "at": 1, "by": null, "note": "", "current": false, "text": "[flow.old]",
    });
    assert_eq!(old, expected);
}

#[tokio::test]
async fn what_is_faulty_stale_or_unknown_is_refused_with_its_reason() {
    let rig = Rig::new();
    let publish = |text: &str, base: &str| json!({"text": text, "base": base, "note": "n"});
    let done = rig.post("root", &at("/publish"), &publish("[flow.main]", "three")).await;
    assert_eq!((done.status.as_u16(), &done.json()["changed"]), (200, &json!(["flow main"])));
    let faulty = rig.post("root", &at("/publish"), &publish("broken", "three")).await;
    assert_eq!(faulty.problem(), (422, "bad_flow".into()));
    let problem = &faulty.json()["problems"][0];
    assert_eq!((&problem["rule"], &problem["level"], &problem["line"]), (&json!("FL02"), &json!("error"), &json!(3)));
    let stale = rig.post("root", &at("/publish"), &publish("[flow.main]", "two")).await;
    assert_eq!(stale.problem(), (409, "flow_changed".into()));
    assert_eq!(stale.json()["detail"], "version 3 was published by sam meanwhile");
    let stale = rig.post("root", &at("/roll-back"), &json!({"version": 2, "base": "two"})).await;
    assert_eq!(stale.problem(), (409, "flow_changed".into()));
    assert_eq!(rig.get("root", &at("/versions/9")).await.problem(), (404, "unknown_flow_version".into()));
    assert_eq!(rig.get("root", &at("/versions/last")).await.problem(), (404, "not_found".into()));
    let elsewhere = rig.get("root", &format!("{FILE}?name=../secrets.toml")).await;
    assert_eq!(elsewhere.problem(), (404, "unknown_flow_file".into()));
    assert_eq!(rig.get("root", FILE).await.problem(), (400, "bad_query".into()));
}

#[tokio::test]
async fn texts_notes_and_walks_have_limits() {
    let rig = Rig::new();
    let full = "# \"\n".repeat(256 * 1024 / 4);
    assert_eq!(rig.post("root", &at("/check"), &json!({"text": full})).await.status, 200);
    let long = full + "#";
    let walk = |steps: Value| json!({"text": "", "flow": "main", "steps": steps});
    let cases = [
        ("/check", json!({"text": long}), (413, "too_large")),
        ("/check", json!({"text": "x".repeat(2_000_000)}), (413, "too_large")),
        ("/publish", json!({"text": long, "base": "three"}), (413, "too_large")),
        ("/publish", json!({"text": "", "base": "three", "note": "n".repeat(501)}), (422, "bad_field")),
        ("/simulate", walk(json!(vec!["1"; 201])), (422, "bad_field")),
        ("/simulate", walk(json!(["1".repeat(201)])), (422, "bad_field")),
    ];
    for (way, body, (status, code)) in cases {
        assert_eq!(rig.post("root", &at(way), &body).await.problem(), (status, code.to_owned()), "{way}");
    }
    let told = rig.post("root", &at("/simulate"), &walk(json!(["1", "silence"]))).await.json();
    assert_eq!((&told["hint"], &told["waits_for"]), (&json!("1 silence"), &json!("digit")));
}
