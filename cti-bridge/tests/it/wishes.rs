//! Wishes, their replies, and messages that are none.

use crate::rig::{Client, Rig, START_MS, agent};
use cti_bridge::command_code;
use domain::{CommandError, Dnis, Priority, TransferTarget, Wish};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

async fn wish(client: &mut Client, id: &str, wish: Value) -> Value {
    client.send(json!({"type": "wish", "id": id, "wish": wish})).await;
    client.next().await
}

#[tokio::test]
async fn a_wish_reaches_the_control_loop_and_its_verdict_comes_back() {
    let mut rig = Rig::start().await;
    let (mut li, ..) = rig.sign_in("li").await;
    let reply = wish(&mut li, "1", json!({"type": "not_ready", "reason": "lunch"})).await;
    assert_eq!(reply, json!({"type": "reply", "id": "1", "ok": true, "error": null}));
    let seen = rig.wishes.recv().await.unwrap();
    assert_eq!(seen, (Some(agent("li.wei")), "li".into(), Wish::NotReady("lunch".parse().unwrap())));
    let reply = wish(&mut li, "2", json!({"type": "dial", "number": "8001"})).await;
    assert_eq!(reply["ok"], false);
    assert_eq!(reply["error"]["code"], "wrong_state");
    assert_eq!(rig.wishes.recv().await.unwrap().2, Wish::Dial(Dnis::new("8001")));
}

#[tokio::test]
async fn every_kind_of_wish_is_understood() {
    let mut rig = Rig::start().await;
    let (mut li, ..) = rig.sign_in("li").await;
    let (contact, offer) = ("00000000000000000000000007", "0000000000007");
    let wishes = [
        json!({"type": "sign_in"}),
        json!({"type": "sign_out"}),
        json!({"type": "ready"}),
        json!({"type": "not_ready", "reason": "lunch"}),
        json!({"type": "answer", "offer": offer}),
        json!({"type": "decline", "offer": offer}),
        json!({"type": "hold", "contact": contact}),
        json!({"type": "resume", "contact": contact}),
        json!({"type": "mute", "contact": contact, "on": true}),
        json!({"type": "send_digits", "contact": contact, "digits": "12#"}),
        json!({"type": "transfer", "contact": contact, "to": {"kind": "queue", "id": "sales"}}),
        json!({"type": "transfer", "contact": contact, "to": {"kind": "agent", "id": "ana"}}),
        json!({"type": "transfer", "contact": contact, "to": {"kind": "number", "number": "8001"}}),
        json!({"type": "consult", "contact": contact, "to": {"kind": "agent", "id": "ana"}}),
        json!({"type": "swap", "contact": contact}),
        json!({"type": "conference", "contact": contact}),
        json!({"type": "complete_transfer", "contact": contact}),
        json!({"type": "cancel_consult", "contact": contact}),
        json!({"type": "pause_recording", "contact": contact, "on": true}),
        json!({"type": "hang_up", "contact": contact}),
        json!({"type": "dial", "number": "8001"}),
        json!({"type": "save_notes", "contact": contact, "text": "…"}),
        json!({"type": "set_disposition", "contact": contact, "code": "resolved"}),
        json!({"type": "extend_wrap_up", "contact": contact}),
        json!({"type": "finish_wrap_up", "contact": contact}),
    ];
    for (n, body) in wishes.iter().enumerate() {
        let reply = wish(&mut li, &n.to_string(), body.clone()).await;
        assert_eq!(reply["id"], n.to_string());
        let seen = rig.wishes.recv().await.expect("the wish went through").2;
        if n == 10 {
            assert!(matches!(seen, Wish::Transfer(_, TransferTarget::Queue(_))));
        }
    }
}

#[tokio::test]
async fn only_supervisors_act_for_others() {
    let mut rig = Rig::start().await;
    let (mut li, ..) = rig.sign_in("li").await;
    li.send(json!({"type": "wish", "id": "1", "agent": "ana", "wish": {"type": "ready"}})).await;
    assert_eq!(li.next().await["error"]["code"], "forbidden");
    let (mut sam, ..) = rig.sign_in("sam").await;
    assert_eq!(wish(&mut sam, "1", json!({"type": "ready"})).await["error"]["code"], "forbidden");
    sam.send(json!({"type": "wish", "id": "2", "agent": "ana", "wish": {"type": "ready"}})).await;
    assert_eq!(sam.next().await["ok"], true);
    assert_eq!(rig.wishes.recv().await.unwrap(), (Some(agent("ana")), "sam".into(), Wish::Ready));
}

#[tokio::test]
async fn only_supervisors_who_are_agents_monitor_contacts() {
    let mut rig = Rig::start().await;
    let contact = "00000000000000000000000007";
    let (mut li, ..) = rig.sign_in("li").await;
    let (mut sam, ..) = rig.sign_in("sam").await;
    for mode in ["listen", "whisper", "barge"] {
        let body = json!({"type": "monitor", "contact": contact, "mode": mode});
        assert_eq!(wish(&mut li, "1", body.clone()).await["error"]["code"], "forbidden");
        assert_eq!(wish(&mut sam, "1", body.clone()).await["error"]["code"], "forbidden", "sam has no phone");
        sam.send(json!({"type": "wish", "id": "2", "agent": "ana", "wish": body})).await;
        sam.next().await;
        let seen = rig.wishes.recv().await.expect("the wish went through");
        let Wish::Monitor(_, wished) = seen.2 else { panic!("{seen:?}") };
        assert_eq!((seen.0, wished.as_str()), (Some(agent("ana")), mode));
    }
}

#[tokio::test]
async fn supervisors_steer_the_floor_and_no_agent_stands_behind_it() {
    let mut rig = Rig::start().await;
    let contact = "00000000000000000000000007";
    let open = json!({"type": "open_queue", "queue": "sales", "open": false});
    let points = json!({"type": "reprioritise", "contact": contact, "priority": 50});
    let (mut li, ..) = rig.sign_in("li").await;
    for body in [&open, &points] {
        assert_eq!(wish(&mut li, "1", body.clone()).await["error"]["code"], "forbidden");
    }
    let (mut sam, ..) = rig.sign_in("sam").await;
    assert_eq!(wish(&mut sam, "1", open).await["ok"], true);
    let steers = Wish::OpenQueue { queue: "sales".parse().unwrap(), open: false };
    assert_eq!(rig.wishes.recv().await.unwrap(), (None, "sam".into(), steers));
    wish(&mut sam, "2", points).await;
    let (contact_id, priority) = (contact.parse().unwrap(), Some(Priority(50)));
    let steers = Wish::Reprioritise { contact: contact_id, priority, age_per_s: None };
    assert_eq!(rig.wishes.recv().await.unwrap(), (None, "sam".into(), steers));
    for bad in [
        json!({"type": "reprioritise", "contact": contact}),
        json!({"type": "reprioritise", "contact": contact, "priority": 1_000_001}),
        json!({"type": "reprioritise", "contact": contact, "age_per_s": 1_001}),
    ] {
        assert_eq!(wish(&mut sam, "3", bad).await["error"]["code"], "bad_field");
    }
}

#[tokio::test]
async fn supervisors_ask_why_a_contact_waits_and_agents_do_not() {
    let rig = Rig::start().await;
    let ask = |contact: &str| json!({"type": "ask", "id": "a", "ask": {"type": "why", "contact": contact}});
    let contact = "00000000000000000000000007";
    let (mut li, ..) = rig.sign_in("li").await;
    li.send(ask(contact)).await;
    let answer = li.next().await;
    assert_eq!((&answer["type"], &answer["ok"]), (&json!("answer"), &json!(false)));
    assert_eq!(answer["error"]["code"], "forbidden");
    let (mut sam, ..) = rig.sign_in("sam").await;
    sam.send(ask(contact)).await;
    let told = sam.next().await;
    assert_eq!((&told["id"], &told["ok"], &told["answer"]["type"]), (&json!("a"), &json!(true), &json!("why")));
    let waiting = &told["answer"]["waiting"];
    assert_eq!((&waiting["position"], &waiting["queue"]["name"]), (&json!(2), &json!("Sales")));
    assert_eq!(waiting["next_change_at"], START_MS + 15_000);
    assert_eq!((&waiting["expected_wait"]["mean_ms"], &waiting["told_wait"]), (&json!(60_000), &json!(null)));
    let first = json!({"agent": {"id": "li.wei", "name": "Li Wei"}, "eligible": true, "rank": 1, "figure": 8, "excluded": null});
    assert_eq!(waiting["agents"][0], first);
    assert_eq!(waiting["agents"][1]["excluded"]["text"], "sales at level 2, 5 needed");
    let past = &told["answer"]["decisions"][0];
    assert_eq!((&past["result"], &past["why"]["rule"]), (&json!("declined"), &json!("best_level")));
    assert_eq!(past["why"]["passed_over"][0]["excluded"]["reason"], "lunch");
    sam.send(ask("00000000000000000000000008")).await;
    assert_eq!(sam.next().await["error"]["code"], "not_found");
}

#[tokio::test]
async fn an_id_that_cannot_be_read_is_refused_like_one_that_does_not_exist() {
    let rig = Rig::start().await;
    let (mut li, ..) = rig.sign_in("li").await;
    let contact = "00000000000000000000000007";
    let cases = [
        (json!({"type": "hold", "contact": "x"}), "unknown_contact"),
        (json!({"type": "decline", "offer": ""}), "stale_offer"),
        (json!({"type": "not_ready", "reason": "a b"}), "unknown_reason"),
        (json!({"type": "set_disposition", "contact": contact, "code": "é"}), "unknown_disposition"),
        (json!({"type": "transfer", "contact": contact, "to": {"kind": "queue", "id": "?"}}), "unknown_queue"),
        (json!({"type": "dial", "number": " "}), "bad_number"),
        (json!({"type": "send_digits", "contact": contact, "digits": "12;34"}), "bad_field"),
        (json!({"type": "save_notes", "contact": contact, "text": "n".repeat(10_001)}), "bad_field"),
    ];
    for (body, code) in cases {
        assert_eq!(wish(&mut li, "1", body).await["error"]["code"], code);
    }
}

#[tokio::test]
async fn a_message_that_is_none_is_answered_and_the_connection_lives() {
    let rig = Rig::start().await;
    let (mut li, ..) = rig.sign_in("li").await;
    let deep = "[".repeat(10_000);
    for text in ["", "{", "[]", "null", r#"{"type":"dance"}"#, r#"{"type":"hello","token":"li"}"#, deep.as_str()] {
        li.send_raw(Message::text(text)).await;
        let error = li.next().await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("bad_message")), "{text:.20}");
    }
    let reply = wish(&mut li, "9", json!({"type": "fly"})).await;
    assert_eq!((&reply["id"], &reply["error"]["code"]), (&json!("9"), &json!("bad_message")));
    li.send(json!({"type": "ping", "id": "p"})).await;
    let pong = li.next().await;
    assert_eq!((&pong["type"], &pong["id"]), (&json!("pong"), &json!("p")));
}

#[tokio::test]
async fn binary_frames_and_frames_of_more_than_64_kb_close_the_connection() {
    let rig = Rig::start().await;
    let (mut li, ..) = rig.sign_in("li").await;
    li.send_raw(Message::binary(vec![0; 8])).await;
    assert_eq!(li.until_closed().await, (json!("bad_message"), Some(1003)));
    let (mut li, ..) = rig.sign_in("li").await;
    li.send_raw(Message::text("n".repeat(65 * 1024))).await;
    assert_eq!(li.until_closed().await, (json!("bad_message"), Some(1009)));
}

#[test]
fn every_refusal_has_its_own_code() {
    for error in CommandError::ALL {
        assert_eq!(serde_json::to_value(command_code(error)).unwrap(), error.code());
    }
}
