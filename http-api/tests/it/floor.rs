//! Agents, queues, the floor, and what machines read.

use crate::rig::{Rig, START_MS};
use domain::Wish;
use serde_json::json;

#[tokio::test]
async fn whom_an_agent_serves_is_shown_to_itself_and_to_supervisors_only() {
    let rig = Rig::new();
    let customer = |reply: &crate::rig::Reply| reply.json()["items"][0]["customer"].clone();
    assert_eq!(customer(&rig.get("li", "/api/v1/agents").await), "Marta");
    assert_eq!(customer(&rig.get("sam", "/api/v1/agents").await), "Marta");
    let seen_by_ana = rig.get("ana", "/api/v1/agents/li.wei").await.json();
    assert_eq!((&seen_by_ana["state"], &seen_by_ana["customer"]), (&json!("busy"), &json!(null)));
    assert_eq!((&seen_by_ana["contact"], &seen_by_ana["phase"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn the_floor_names_the_formula_beside_the_service_level() {
    let rig = Rig::new();
    let floor = rig.get("sam", "/api/v1/floor").await.json();
    assert_eq!((&floor["at"], &floor["calls"]), (&json!(START_MS + 1_000), &json!(4)));
    let queue = &floor["queues"][0];
    assert_eq!(queue["service_level"], json!({"permille": 750, "formula": "no_short"}));
    assert_eq!((&queue["asa_ms"], &queue["oldest_at"]), (&json!(2_000), &json!(START_MS + 500)));
    assert_eq!(floor["agents"][0]["queue"], json!({"id": "sales", "name": "Sales"}));
    assert_eq!(floor["agents"][0]["aht_ms"], 5_000);
    assert_eq!(floor["waiting"][0]["customer"], "Jo");
    assert_eq!(rig.get("li", "/api/v1/queues").await.json()["items"][0]["waiting"], 3);
}

#[tokio::test]
async fn how_a_call_sounds_is_for_supervisors() {
    let rig = Rig::new();
    let legs = |reply: &crate::rig::Reply| reply.json()["items"][0]["legs"].clone();
    assert_eq!(legs(&rig.get("sam", "/api/v1/agents").await)[0]["mos_hundredths"], 431);
    assert_eq!(legs(&rig.get("li", "/api/v1/agents").await), json!([]));
    let floor = rig.get("sam", "/api/v1/floor").await.json();
    assert_eq!(
        (&floor["agents"][0]["legs"][0]["lost_permille"], &floor["agents"][1]["legs"]),
        (&json!(20), &json!([]))
    );
}

#[tokio::test]
async fn a_wished_state_reaches_the_control_loop_with_the_name_of_who_asked() {
    let rig = Rig::new();
    let wishes = [
        (json!({"state": "signed_in"}), Wish::SignIn),
        (json!({"state": "not_ready", "reason": "lunch"}), Wish::NotReady("lunch".parse().unwrap())),
        (json!({"state": "logged_out"}), Wish::SignOut),
    ];
    for (body, expected) in wishes {
        assert_eq!(rig.post("sam", "/api/v1/agents/ana/state", &body).await.status, 204);
        assert_eq!(rig.wishes().pop().unwrap(), (Some("ana".parse().unwrap()), "sam".into(), expected));
    }
}

#[tokio::test]
async fn an_agent_without_a_phone_is_told_so() {
    let rig = Rig::new();
    assert_eq!(rig.get("li", "/api/v1/phone").await.json()["sip_user"], "li.wei");
    assert_eq!(rig.get("ana", "/api/v1/phone").await.problem(), (409, "no_phone".into()));
}

#[tokio::test]
async fn dispositions_carry_their_labels_by_language() {
    let rig = Rig::new();
    let items = rig.get("li", "/api/v1/dispositions").await.json();
    assert_eq!(items["items"][0]["labels"], json!({"en": "Resolved", "zh": "已解决"}));
}

#[tokio::test]
async fn metrics_hold_the_floor_and_the_daemons_own_figures() {
    let rig = Rig::new();
    let text = rig.get("", "/metrics").await.text();
    for line in [
        "switchroom_queue_waiting{queue=\"sales\"} 3",
        "switchroom_calls 4",
        "switchroom_agents{state=\"busy\"} 1",
        "switchroom_agents{state=\"logged_out\"} 0",
        "switchroom_queue_wait_seconds_total{queue=\"sales\"} 16",
        "# TYPE switchroom_queue_answered_total counter",
        "switchroom_expected_wait_seconds{queue=\"sales\"} 130",
        "switchroom_expected_wait_told_seconds_total{queue=\"sales\"} 97",
        "switchroom_expected_wait_waited_seconds_total{queue=\"sales\"} 100",
        "switchroom_expected_wait_rms_error_seconds{queue=\"sales\"} 4",
        "switchroom_expected_wait_covered_total{queue=\"sales\"} 7",
        "switchroom_callbacks_open{queue=\"sales\"} 3",
        "switchroom_callbacks_booked_total{queue=\"sales\"} 9",
        "switchroom_callbacks_reached_total{queue=\"sales\"} 4",
        "switchroom_callbacks_failed_total{queue=\"sales\"} 1",
        "switchroom_callbacks_wait_seconds_total{queue=\"sales\"} 90",
        "switchroom_callbacks_not_offered_total{queue=\"sales\",reason=\"load\"} 2",
        "switchroom_callbacks_not_offered_total{queue=\"sales\",reason=\"backlog\"} 0",
        "# TYPE switchroom_callbacks_open gauge",
        "switchroom_messages_waiting{queue=\"sales\"} 2",
        "switchroom_messages_left_total{queue=\"sales\"} 5",
        "switchroom_messages_heard_total{queue=\"sales\"} 3",
        "switchroom_messages_wait_seconds_total{queue=\"sales\"} 60",
        "# TYPE switchroom_messages_oldest_seconds gauge",
        "switchroom_surveys_asked_total{queue=\"sales\"} 4",
        "switchroom_surveys_answered_total{queue=\"sales\"} 3",
        "switchroom_surveys_skipped_total{queue=\"sales\"} 1",
        "switchroom_survey_answers_total{queue=\"sales\",question=\"satisfaction\"} 3",
        "switchroom_survey_score_total{queue=\"sales\",question=\"satisfaction\"} 13",
        "switchroom_legs{leg=\"browser\"} 2",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
    }
    assert!(!text.contains("Marta"), "metrics hold nothing personal");
}

#[tokio::test]
async fn health_says_which_part_is_ill() {
    let rig = Rig::new();
    assert_eq!(rig.get("", "/health/live").await.status, 200);
    for path in ["/health", "/health/ready"] {
        let reply = rig.get("", path).await;
        assert_eq!(reply.status, 503);
        assert_eq!(reply.json()["checks"][0]["detail"], "it does not answer");
    }
}
