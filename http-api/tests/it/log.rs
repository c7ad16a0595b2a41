//! The contact log.

use crate::rig::{Rig, START_MS, contact};
use domain::Query;
use serde_json::{Value, json};

#[tokio::test]
async fn the_log_is_written_page_after_page_with_running_numbers() {
    let rig = Rig::new();
    let reply = rig.get("sam", "/api/v1/contact-log?from_at=1000&to_at=2000&queue=sales").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/x-ndjson"));
    let lines: Vec<Value> = reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line = |id: u64, number: u128| {
        json!({ "id": id, "contact": contact(number), "queue": "sales", "enter": START_MS, "exit": START_MS + 5,
                "outcome": "answered", "talk": 3, "hold": 2, "acw": 1 })
    };
    assert_eq!(lines, [line(0, 1), line(1, 2)]);
    let Query::Visits { from, to, queue, cursor } = rig.last_query() else { panic!("a question for visits") };
    assert_eq!((from.as_micros(), to.as_micros()), (1_000_000, 2_000_000));
    assert_eq!((queue.unwrap().as_str(), cursor.as_deref()), ("sales", Some("more")));
}

#[tokio::test]
async fn the_log_is_todays_unless_said_otherwise() {
    let rig = Rig::new();
    rig.get("sam", "/api/v1/contact-log").await;
    let Query::Visits { from, to, queue, .. } = rig.last_query() else { panic!("a question for visits") };
    assert_eq!(from.as_micros(), (START_MS - 60_000) * 1_000, "since the counters began");
    assert!(to.as_micros() >= START_MS * 1_000 && queue.is_none());
}

#[tokio::test]
async fn the_log_is_for_supervisors() {
    let rig = Rig::new();
    assert_eq!(rig.get("li", "/api/v1/contact-log").await.problem().1, "forbidden");
    let nonsense = rig.get("sam", "/api/v1/contact-log?from_at=yesterday").await.problem();
    assert_eq!(nonsense, (400, "bad_query".to_owned()));
}

#[tokio::test]
async fn answers_to_surveys_are_written_as_csv_page_after_page_with_one_head() {
    let rig = Rig::new();
    let reply = rig.get("sam", "/api/v1/surveys?from_at=1000&to_at=2000&queue=sales").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "text/csv; charset=utf-8"));
    let line = format!("{},{START_MS},,li.wei,satisfaction,4\r\n", contact(1));
    assert_eq!(reply.text(), format!("contact,at,queue,agent,question,answer\r\n{line}{line}"));
    let Query::Surveys { from, to, queue, cursor } = rig.last_query() else { panic!("a question for answers") };
    assert_eq!((from.as_micros(), to.as_micros()), (1_000_000, 2_000_000));
    assert_eq!((queue.unwrap().as_str(), cursor.as_deref()), ("sales", Some("more")));
    assert_eq!(rig.get("li", "/api/v1/surveys").await.problem().1, "forbidden");
}
