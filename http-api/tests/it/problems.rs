//! The shape of errors.

use crate::rig::Rig;
use domain::{CommandError, QueryError};
use http_api::problem::{CODES, Problem};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_problem_has_every_member_that_integrators_rely_on() {
    let rig = Rig::new();
    let body = json!({"name": "Marta", "phones": ["12"]});
    let reply = rig.post("li", "/api/v1/customers", &body).await;
    assert_eq!(reply.problem(), (422, "bad_field".into()));
    assert_eq!(
        reply.json(),
        json!({
            "type": "/problems/bad_field",
            "code": "bad_field",
            "title": "A field has a value that cannot be",
            "status": 422,
            "detail": "phones: 12 is too short",
            "fix": "Correct the field; `pointer` names it where there is one.",
            "pointer": "#/phones",
        })
    );
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_request_is_a_problem() {
    let rig = Rig::new();
    let json = |text| Some(("application/json", text));
    let long = format!(r#"{{"login":"{}","password":""}}"#, "x".repeat(300_000));
    let deep = "[".repeat(100_000);
    let cases = [
        ("POST /api/v1/sessions", json("{"), 400, "bad_json"),
        ("POST /api/v1/sessions", json(&deep), 400, "bad_json"),
        ("POST /api/v1/sessions", json(r#"{"login":"li"}"#), 400, "bad_json"),
        ("POST /api/v1/sessions", json(r#"{"login":"li","password":"","x":1}"#), 400, "bad_json"),
        ("POST /api/v1/sessions", Some(("text/plain", "{}")), 415, "wrong_media_type"),
        ("POST /api/v1/sessions", json(&long), 413, "too_large"),
        ("GET /api/v1/nowhere", None, 404, "no_route"),
        ("GET /api", None, 404, "no_route"),
        ("GET /api/v1", None, 404, "no_route"),
        ("PATCH /api/v1/me", None, 405, "wrong_method"),
        ("POST /desk", None, 404, "no_route"),
        ("GET /api/v1/contacts?limit=0", None, 400, "bad_query"),
        ("GET /api/v1/contacts?limit=201", None, 400, "bad_query"),
        ("GET /api/v1/contacts?limit=many", None, 400, "bad_query"),
        ("GET /api/v1/contacts?colour=red", None, 400, "bad_query"),
        ("GET /api/v1/contacts?queue=a%20b", None, 400, "bad_query"),
        ("GET /api/v1/contacts?cursor=forged", None, 400, "bad_cursor"),
        ("GET /api/v1/contacts/not-an-id", None, 404, "not_found"),
        ("GET /api/v1/agents/nobody", None, 404, "unknown_agent"),
        ("PUT /api/v1/customers/00000000000000000000000009", json(r#"{"name":"M"}"#), 404, "not_found"),
        ("POST /api/v1/customers", json(r#"{"name":" "}"#), 422, "bad_field"),
        ("POST /api/v1/customers/import", json("{}"), 415, "wrong_media_type"),
        ("POST /api/v1/agents/ana/state", json(r#"{"state":"not_ready"}"#), 422, "bad_field"),
        ("POST /api/v1/agents/ana/state", json(r#"{"state":"ready"}"#), 409, "not_signed_in"),
        ("POST /api/v1/agents/ana/state", json(r#"{"state":"asleep"}"#), 400, "bad_json"),
    ];
    for (line, body, status, code) in cases {
        let reply = rig.call("sam", line, body).await;
        assert_eq!(reply.problem(), (status, code.to_owned()), "{line}");
        assert!(reply.json()["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{line}");
    }
}

#[test]
fn every_code_is_listed_once_and_every_cause_has_a_listed_code() {
    let codes: BTreeSet<&str> = CODES.iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes.len(), CODES.len());
    for error in CommandError::ALL {
        assert_eq!(Problem::from(error).code(), error.code());
    }
    let field = QueryError::BadField { field: "name".into(), why: "empty".into() };
    for error in [QueryError::BadCursor, field, QueryError::NotFound, QueryError::Unavailable] {
        assert!(codes.contains(Problem::from(error).code()));
    }
    for (code, status, _) in CODES {
        assert_eq!(Problem::new(code).body().status, *status);
        assert!((400..600).contains(status), "{code}");
    }
}

#[test]
fn every_reference_of_the_openapi_document_leads_somewhere_and_every_operation_may_be_a_problem() {
    let text = http_api::openapi_json();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    for reference in text.split("\"$ref\": \"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{path}");
            let problem = operation.pointer("/responses/default/content/application~1problem+json");
            assert!(problem.is_some(), "{path}");
            assert!(operation["security"].is_array(), "{path}");
        }
    }
}
