//! The contact history, its recordings, and the customers.

use crate::rig::{Rig, START_MS, WAV, contact, customer, recording};
use axum::body::Body;
use axum::http::Request;
use domain::Query;
use serde_json::json;

#[tokio::test]
async fn an_agent_asks_for_own_contacts_whether_it_says_so_or_not() {
    let rig = Rig::new();
    let reply = rig.get("li", "/api/v1/contacts?queue=sales&from_at=1000&number=5042&limit=10").await;
    let Query::Contacts { filter, cursor, limit } = rig.last_query() else { panic!("a question for contacts") };
    assert_eq!(filter.agent.unwrap().as_str(), "li.wei");
    assert_eq!(filter.queue.unwrap().as_str(), "sales");
    assert_eq!(filter.from.unwrap().as_micros(), 1_000_000);
    assert_eq!((filter.number.as_deref(), cursor, limit), (Some("5042"), None, 10));
    let page = reply.json();
    assert_eq!(page["next"], "more");
    let row = &page["items"][0];
    assert_eq!((&row["id"], &row["started_at"]), (&json!(contact(1)), &json!(START_MS)));
    assert_eq!((&row["ani"], &row["talk_ms"]), (&json!("+493023125042"), &json!(3)), "nothing is masked");
}

#[tokio::test]
async fn an_agent_who_asks_for_messages_also_sees_those_that_wait_in_the_own_queues() {
    let rig = Rig::new();
    let asked = async |token, query: &str| {
        rig.get(token, &format!("/api/v1/contacts?{query}")).await;
        let Query::Contacts { filter, .. } = rig.last_query() else { panic!("a question for contacts") };
        let names = |queues: Vec<domain::QueueId>| queues.iter().map(ToString::to_string).collect::<Vec<_>>();
        (filter.agent.map(|agent| agent.to_string()), names(filter.waiting_in), filter.channel)
    };
    let (li, messages) = (Some("li.wei".to_owned()), Some(domain::Channel::Voicemail));
    assert_eq!(asked("li", "channel=voicemail").await, (li.clone(), vec!["sales".to_owned()], messages));
    assert_eq!(asked("li", "channel=voice").await, (li.clone(), vec![], Some(domain::Channel::Voice)));
    assert_eq!(asked("li", "limit=9").await, (li, vec![], None), "the own contacts and no others");
    assert_eq!(asked("sam", "channel=voicemail").await, (None, vec![], messages), "who sees all needs no more");
    assert_eq!(rig.get("li", "/api/v1/contacts?channel=fax").await.problem(), (400, "bad_query".into()));
}

#[tokio::test]
async fn a_supervisor_asks_for_all_contacts() {
    let rig = Rig::new();
    rig.get("sam", "/api/v1/contacts").await;
    let Query::Contacts { filter, limit, .. } = rig.last_query() else { panic!("a question for contacts") };
    assert_eq!((filter, limit), (domain::ContactFilter::default(), 50));
}

#[tokio::test]
async fn a_contact_comes_with_its_story() {
    let rig = Rig::new();
    let detail = rig.get("li", &format!("/api/v1/contacts/{}", contact(1))).await.json();
    assert_eq!(detail["contact"]["agent"], "li.wei");
    let event = json!({"seq": 1, "at": START_MS, "kind": "started", "fields": {"dnis": "8000"}});
    assert_eq!(detail["events"][0], event);
    let leg = &detail["legs"][0];
    assert_eq!((&leg["role"], &leg["agent"], &leg["codec"]), (&json!("customer"), &json!(null), &json!("PCMA")));
    assert_eq!((&leg["expected"], &leg["lost"], &leg["lost_permille"]), (&json!(1_000), &json!(20), &json!(20)));
    assert_eq!((&leg["mos_hundredths"], &leg["jitter_mean_us"]), (&json!(431), &json!(3_100)));
    assert_eq!((&leg["jitter_max_us"], &leg["round_trip_us"]), (&json!(9_000), &json!(42_000)));
    let answer = json!({"question": "satisfaction", "answer": 4, "agent": "li.wei", "queue": null, "at": START_MS});
    assert_eq!(detail["survey"], json!([answer]));
    let events = rig.get("li", &format!("/api/v1/contacts/{}/events", contact(1))).await.json();
    assert_eq!(events["items"], detail["events"]);
}

#[tokio::test]
async fn the_sip_messages_of_a_contact_are_told_while_they_are_kept() {
    let rig = Rig::new();
    let trace = rig.get("sam", &format!("/api/v1/contacts/{}/trace", contact(1))).await.json();
    let message = json!({"at": START_MS, "outgoing": true, "transport": "UDP", "local": "127.0.0.1:5060",
        "remote": "127.0.0.2:5062", "call_id": "c-1", "text": "SIP/2.0 100 Trying\r\n\r\n"});
    assert_eq!((&trace["messages"], &trace["left_out"]), (&json!([message]), &json!(3)));
    let gone = rig.get("sam", &format!("/api/v1/contacts/{}/trace", contact(2))).await;
    assert_eq!(gone.problem(), (404, "trace_gone".into()));
}

async fn play(rig: &Rig, number: u128, range: Option<&str>) -> crate::rig::Reply {
    let path = format!("/api/v1/recordings/{}", recording(number));
    let mut request = Request::builder().uri(path).header("authorization", "Bearer sam");
    if let Some(range) = range {
        request = request.header("range", range);
    }
    rig.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_recording_is_played_whole_or_in_parts() {
    let rig = Rig::new();
    let whole = play(&rig, 1, None).await;
    assert_eq!((whole.status.as_u16(), whole.bytes.as_slice()), (200, WAV));
    assert_eq!((whole.header("content-type"), whole.header("accept-ranges")), ("audio/wav", "bytes"));
    let part = play(&rig, 1, Some("bytes=4-9")).await;
    assert_eq!((part.status.as_u16(), part.bytes.as_slice()), (206, &WAV[4..10]));
    assert_eq!(part.header("content-range"), format!("bytes 4-9/{}", WAV.len()));
    let tail = play(&rig, 1, Some("bytes=-5")).await;
    assert_eq!((tail.status.as_u16(), tail.bytes.as_slice()), (206, &WAV[WAV.len() - 5..]));
    assert_eq!(play(&rig, 1, Some("bytes=9999-")).await.status, 416);
}

#[tokio::test]
async fn a_recording_without_its_file_or_outside_of_the_folder_says_so() {
    let rig = Rig::new();
    assert_eq!(play(&rig, 3, None).await.problem(), (404, "recording_missing".into()));
    assert_eq!(play(&rig, 4, None).await.problem(), (404, "recording_missing".into()));
    assert_eq!(play(&rig, 9, None).await.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn a_customer_is_made_and_changed() {
    let rig = Rig::new();
    let body = json!({"name": "Marta", "language": "en", "phones": ["030 23125042"]});
    let reply = rig.post("li", "/api/v1/customers", &body).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (201, &*format!("/api/v1/customers/{}", customer(7)))
    );
    let Query::SaveCustomer { id, fields } = rig.last_query() else { panic!("a customer to be saved") };
    assert_eq!((id, fields.name.0.as_str(), fields.phones[0].0.as_str()), (None, "Marta", "030 23125042"));
    let line = format!("PUT /api/v1/customers/{}", customer(1));
    let reply = rig.call("li", &line, Some(("application/json", &body.to_string()))).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["id"]), (200, &json!(customer(1))));
}

#[tokio::test]
async fn an_import_reports_its_rows_and_can_be_tried_first() {
    let rig = Rig::new();
    let csv = Some(("text/csv; charset=utf-8", "name,phones\nMarta,030 1\n"));
    let reply = rig.call("sam", "POST /api/v1/customers/import?dry_run=true", csv).await;
    let Query::ImportCustomers { csv: text, dry_run } = rig.last_query() else { panic!("an import") };
    assert_eq!((text.as_str(), dry_run), ("name,phones\nMarta,030 1\n", true));
    let error = json!({"line": 3, "column": "phones", "why": "not a number"});
    assert_eq!(reply.json(), json!({"dry_run": true, "added": 1, "changed": 0, "errors": [error]}));
    let large = format!("name\n{}", "Marta Muster\n".repeat(100_000));
    let reply = rig.call("sam", "POST /api/v1/customers/import", Some(("text/csv", &large))).await;
    assert_eq!(reply.status, 200, "a customer base is larger than other bodies");
}
