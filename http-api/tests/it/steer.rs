//! Why contacts go where they go, and what supervisors and admins change while calls go on.

use crate::rig::{Rig, START_MS, contact};
use domain::{Priority, Wish};
use serde_json::json;

#[tokio::test]
async fn a_supervisor_is_told_why_a_contact_waits_and_who_would_get_it() {
    let rig = Rig::new();
    let told = rig.get("sam", &format!("/api/v1/contacts/{}/why", contact(5))).await.json();
    let waiting = &told["waiting"];
    assert_eq!((&waiting["position"], &waiting["queue"]["name"]), (&json!(2), &json!("Sales")));
    assert_eq!((&waiting["need"], &waiting["ring"]), (&json!([{"skill": "sales", "level": 5}]), &json!(1)));
    assert_eq!(waiting["next_change_at"], START_MS + 15_000);
    assert_eq!(waiting["expected_wait"], json!({"mean_ms": 60_000, "p90_ms": 110_000}));
    assert_eq!(waiting["told_wait"], json!({"at": START_MS + 2_000, "mean_ms": 90_000, "p90_ms": 170_000}));
    assert_eq!(
        waiting["agents"][0],
        json!({"agent": {"id": "li.wei", "name": "Li Wei"}, "eligible": true, "rank": 1, "figure": 41_230, "excluded": null})
    );
    let excluded = &waiting["agents"][1]["excluded"];
    assert_eq!((&excluded["code"], &excluded["left_ms"]), (&json!("cooling_down"), &json!(7_001)));
    assert_eq!(excluded["text"], "cooling down for another 8 s");
    let past = &told["decisions"][0];
    assert_eq!((&past["result"], &past["why"]["rule"]), (&json!("no_answer"), &json!("longest_idle")));
    assert_eq!(past["why"]["passed_over"][0]["excluded"]["reason"], "lunch");
    let unknown = rig.get("sam", &format!("/api/v1/contacts/{}/why", contact(6))).await;
    assert_eq!(unknown.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn a_supervisor_gives_a_waiting_contact_other_points() {
    let rig = Rig::new();
    let path = format!("/api/v1/contacts/{}/priority", contact(5));
    assert_eq!(rig.post("sam", &path, &json!({"priority": 50})).await.status, 204);
    let (contact, priority) = (contact(5).parse().unwrap(), Some(Priority(50)));
    let wish = Wish::Reprioritise { contact, priority, age_per_s: None };
    assert_eq!(rig.wishes().pop().unwrap(), (None, "sam".into(), wish));
    for bad in [json!({}), json!({"priority": 1_000_001}), json!({"age_per_s": 1_001})] {
        assert_eq!(rig.post("sam", &path, &bad).await.problem(), (422, "bad_field".into()));
    }
}

#[tokio::test]
async fn a_supervisor_closes_a_queue() {
    let rig = Rig::new();
    assert_eq!(rig.get("li", "/api/v1/queues").await.json()["items"][0]["open"], true);
    assert_eq!(rig.post("sam", "/api/v1/queues/sales/open", &json!({"open": false})).await.status, 204);
    let wish = Wish::OpenQueue { queue: "sales".parse().unwrap(), open: false };
    assert_eq!(rig.wishes().pop().unwrap(), (None, "sam".into(), wish));
}

#[tokio::test]
async fn schedules_show_why_they_are_closed_and_when_they_open() {
    let rig = Rig::new();
    let schedules = rig.get("sam", "/api/v1/schedules").await.json();
    let office = &schedules["items"][0];
    assert_eq!((&office["id"], &office["zone"]), (&json!("office"), &json!("Europe/Berlin")));
    assert_eq!((&office["open"], &office["why"]), (&json!(false), &json!("holiday")));
    assert_eq!(office["holiday"], "Christmas");
    assert_eq!(office["next_change_at"], office["openings"][0]["from_at"]);
}

#[tokio::test]
async fn a_supervisor_closes_a_schedule_at_once() {
    let rig = Rig::new();
    let path = "/api/v1/schedules/office/emergency";
    assert_eq!(rig.post("sam", path, &json!({"closed": true, "prompt": "storm"})).await.status, 204);
    let (schedule, prompt) = ("office".parse().unwrap(), Some("storm".parse().unwrap()));
    let wish = Wish::CloseSchedule { schedule, closed: true, prompt };
    assert_eq!(rig.wishes().pop().unwrap(), (None, "sam".into(), wish));
    let before = rig.wishes().len();
    for prompt in ["no prompt", "unspoken"] {
        let refused = rig.post("sam", path, &json!({"closed": true, "prompt": prompt})).await;
        assert_eq!(refused.problem(), (422, "bad_field".into()), "{prompt}");
    }
    assert_eq!(rig.wishes().len(), before);
    assert_eq!(rig.post("li", path, &json!({"closed": true})).await.problem(), (403, "forbidden".into()));
}

#[tokio::test]
async fn a_reload_tells_what_changed_or_every_problem_with_its_place() {
    let rig = Rig::new();
    let right = rig.call("root", "POST /api/v1/config/reload", None).await;
    assert_eq!(right.json(), json!({"changed": ["queue sales"], "restart": ["sip.listen"]}));
    let wrong = rig.call("root", "POST /api/v1/config/reload", None).await;
    assert_eq!(wrong.problem(), (422, "bad_config".into()));
    let problem = &wrong.json()["problems"][0];
    assert_eq!((&problem["line"], &problem["code"]), (&json!(3), &json!("unknown_queue")));
    assert_eq!(problem["hint"], "did you mean `billing`?");
}
