//! Each route for each role.

use crate::rig::{Rig, contact, customer, recording};

const JSON: &str = "application/json";

/// Route, body, and the statuses for nobody, an agent (Li Wei), a supervisor and an admin.
type Case<'a> = (String, Option<(&'a str, &'a str)>, [u16; 4]);

fn cases() -> Vec<Case<'static>> {
    let open = |line: &str, body, status| (line.to_owned(), body, [status; 4]);
    let anyone = |line: String, body, status: u16| (line, body, [401, status, status, status]);
    let supervisors = |line: &str, body, status: u16| (line.to_owned(), body, [401, 403, status, status]);
    let admins = |line: &str, body, status: u16| (line.to_owned(), body, [401, 403, 403, status]);
    let points = Some((JSON, r#"{"priority":5}"#));
    let way = Some((JSON, r#"{"mode":"listen"}"#));
    let write = Some((JSON, r#"{"name":"Marta"}"#));
    let state = Some((JSON, r#"{"state":"not_ready","reason":"lunch"}"#));
    vec![
        open("POST /api/v1/sessions", Some((JSON, r#"{"login":"li","password":"right"}"#)), 201),
        open("GET /api/v1/config/public", None, 200),
        open("POST /api/v1/web-calls", None, 201),
        open("GET /api/v1/web-calls/web-1", None, 200),
        open("POST /api/v1/start", Some((JSON, r#"{"token":"wrong"}"#)), 410),
        anyone("GET /api/v1/sessions/current".into(), None, 200),
        anyone("DELETE /api/v1/sessions/current".into(), None, 204),
        anyone("GET /api/v1/me".into(), None, 200),
        anyone("GET /api/v1/contacts".into(), None, 200),
        anyone(format!("GET /api/v1/contacts/{}", contact(1)), None, 200),
        anyone(format!("GET /api/v1/contacts/{}/events", contact(1)), None, 200),
        (format!("GET /api/v1/contacts/{}", contact(2)), None, [401, 404, 200, 200]),
        (format!("GET /api/v1/contacts/{}/events", contact(2)), None, [401, 404, 200, 200]),
        ("GET /api/v1/contacts?agent=ana".into(), None, [401, 403, 200, 200]),
        (format!("GET /api/v1/contacts/{}/why", contact(5)), None, [401, 403, 200, 200]),
        (format!("GET /api/v1/contacts/{}/trace", contact(1)), None, [401, 403, 200, 200]),
        (format!("POST /api/v1/contacts/{}/priority", contact(5)), points, [401, 403, 204, 204]),
        // Whoever monitors needs a phone, which these have not.
        (format!("POST /api/v1/contacts/{}/monitor", contact(5)), way, [401, 403, 403, 403]),
        (format!("DELETE /api/v1/contacts/{}/monitor", contact(5)), None, [401, 403, 403, 403]),
        supervisors("POST /api/v1/queues/sales/open", Some((JSON, r#"{"open":true}"#)), 204),
        supervisors("GET /api/v1/contact-log", None, 200),
        supervisors("GET /api/v1/surveys", None, 200),
        supervisors("GET /api/v1/schedules", None, 200),
        supervisors("POST /api/v1/schedules/office/emergency", Some((JSON, r#"{"closed":true}"#)), 204),
        anyone("GET /api/v1/callbacks".into(), None, 200),
        anyone("POST /api/v1/callbacks".into(), Some((JSON, r#"{"number":"+4930123456","queue":"sales"}"#)), 202),
        (format!("DELETE /api/v1/callbacks/{}", contact(5)), None, [401, 403, 204, 204]),
        ("POST /api/v1/config/reload".into(), None, [401, 403, 403, 200]),
        admins("GET /api/v1/prompts", None, 200),
        admins("GET /api/v1/prompts/en/hello.wav", None, 200),
        admins("PUT /api/v1/prompts/en/hello", Some(("audio/wav", "RIFF")), 200),
        admins("POST /api/v1/prompts/en/hello/speak", Some((JSON, r#"{"text":"Hello"}"#)), 200),
        admins("DELETE /api/v1/prompts/en/bye", None, 204),
        admins("POST /api/v1/speech", Some((JSON, r#"{"language":"en","text":"Hello"}"#)), 200),
        anyone(format!("GET /api/v1/recordings/{}", recording(1)), None, 200),
        (format!("GET /api/v1/recordings/{}", recording(2)), None, [401, 404, 200, 200]),
        anyone("GET /api/v1/customers".into(), None, 200),
        anyone("POST /api/v1/customers".into(), write, 201),
        anyone(format!("GET /api/v1/customers/{}", customer(1)), None, 200),
        anyone(format!("PUT /api/v1/customers/{}", customer(1)), write, 200),
        supervisors("POST /api/v1/customers/import", Some(("text/csv", "name\nMarta\n")), 200),
        anyone("GET /api/v1/agents".into(), None, 200),
        anyone("GET /api/v1/agents/ana".into(), None, 200),
        anyone("POST /api/v1/agents/li.wei/state".into(), state, 204),
        supervisors("POST /api/v1/agents/ana/state", state, 204),
        anyone("GET /api/v1/queues".into(), None, 200),
        supervisors("GET /api/v1/floor", None, 200),
        anyone("GET /api/v1/dispositions".into(), None, 200),
        anyone("GET /api/v1/reasons".into(), None, 200),
        ("GET /api/v1/phone".into(), None, [401, 200, 403, 403]),
    ]
}

/// Routes of files of flows.
fn flow_cases() -> Vec<Case<'static>> {
    let admins = |line: &str, body, status: u16| (line.to_owned(), body, [401, 403, 403, status]);
    let text = Some((JSON, r#"{"text":"[flow.main]"}"#));
    let written = Some((JSON, r#"{"text":"[flow.main]","base":"three"}"#));
    let walk = Some((JSON, r#"{"text":"[flow.main]","flow":"main","steps":["1"]}"#));
    vec![
        admins("GET /api/v1/flows", None, 200),
        admins("GET /api/v1/flows/file?name=flows/main.toml", None, 200),
        admins("GET /api/v1/flows/file/versions/2?name=flows/main.toml", None, 200),
        admins("PUT /api/v1/flows/file/draft?name=flows/main.toml", written, 204),
        admins("DELETE /api/v1/flows/file/draft?name=flows/main.toml", None, 204),
        admins("POST /api/v1/flows/file/check?name=flows/main.toml", text, 200),
        admins("POST /api/v1/flows/file/publish?name=flows/main.toml", written, 200),
        admins(
            "POST /api/v1/flows/file/roll-back?name=flows/main.toml",
            Some((JSON, r#"{"version":2,"base":"three"}"#)),
            200,
        ),
        admins("POST /api/v1/flows/file/simulate?name=flows/main.toml", walk, 200),
    ]
}

#[tokio::test]
async fn every_route_lets_in_exactly_the_roles_that_it_should() {
    let rig = Rig::new();
    for (line, body, expected) in cases().into_iter().chain(flow_cases()) {
        for (token, status) in ["", "li", "sam", "root"].into_iter().zip(expected) {
            let reply = rig.call(token, &line, body).await;
            assert_eq!(reply.status, status, "{line} as {token:?}: {}", reply.text());
        }
    }
}

#[tokio::test]
async fn every_documented_operation_is_in_the_role_table() {
    let document: serde_json::Value = serde_json::from_str(&http_api::openapi_json()).unwrap();
    let cases: Vec<Case<'_>> = cases().into_iter().chain(flow_cases()).collect();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let fits = |(line, ..): &Case<'_>| {
                let (tried_method, tried) = line.split_once(' ').unwrap();
                let tried: Vec<&str> = tried.split('?').next().unwrap().split('/').collect();
                let path: Vec<&str> = path.split('/').collect();
                let same = |(a, b): (&&str, &&str)| a == b || a.starts_with('{');
                tried_method.eq_ignore_ascii_case(method)
                    && path.len() == tried.len()
                    && path.iter().zip(&tried).all(same)
            };
            assert!(cases.iter().any(fits), "{method} {path}");
        }
    }
}
