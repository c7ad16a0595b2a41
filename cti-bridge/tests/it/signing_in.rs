//! Who gets in, and what they are told first.

use crate::rig::{Rig, START_MS, agent, interaction, offered, state};
use cti_bridge::{Presence, SUBPROTOCOL};
use domain::{AgentState, OfferId};
use serde_json::json;
use tokio_tungstenite::tungstenite::{Error, Message};

#[tokio::test]
async fn an_agent_signs_in_and_gets_a_welcome_and_a_snapshot_of_an_empty_desk() {
    let rig = Rig::start().await;
    let (_client, welcome, snapshot) = rig.sign_in("li").await;
    assert_eq!(welcome["type"], "welcome");
    assert_eq!(welcome["version"], 1);
    assert_eq!(welcome["agent"], json!({"id": "li.wei", "name": "Li Wei"}));
    assert_eq!(welcome["user"], json!({"login": "li", "name": "LI", "role": "agent"}));
    assert!(welcome["server_time_ms"].as_i64().unwrap() >= START_MS);
    assert_eq!(welcome["resumed"], false);
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(snapshot["desk"]["state"]["state"], "logged_out");
    assert_eq!(snapshot["floor"], json!(null));
}

#[tokio::test]
async fn a_snapshot_says_what_the_events_before_it_said() {
    let rig = Rig::start().await;
    rig.bridge.publish(state("li.wei", 7_000, AgentState::Reserved(OfferId::new(7))));
    rig.bridge.publish(offered("li.wei", 8_000, 7));
    let (_client, _, snapshot) = rig.sign_in("li").await;
    assert_eq!(snapshot["seq"], 2);
    assert_eq!(snapshot["desk"]["state"]["state"], "reserved");
    let offer = &snapshot["desk"]["offer"];
    assert_eq!(offer["offered_at"], START_MS + 8_000);
    assert_eq!(offer["deadline_at"], START_MS + 28_000);
    assert_eq!(offer["pop"]["queue"], json!({"id": "sales", "name": "Sales"}));
    assert_eq!(offer["pop"]["path"], json!(["welcome", "menu"]));
    assert_eq!(offer["pop"]["digits"], json!([{"node": "menu", "digits": "1"}]));
}

#[tokio::test]
async fn the_screen_pop_tells_how_long_the_customer_has_waited() {
    let rig = Rig::start().await;
    let (mut client, ..) = rig.sign_in("li").await;
    rig.bridge.publish(offered("li.wei", 8_000, 7));
    let event = client.next().await;
    assert_eq!(event["event"]["type"], "offered");
    assert_eq!(event["event"]["pop"]["waited_ms"], 3_000, "in line since 5 s, offered at 8 s");
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_the_connection_closed() {
    let rig = Rig::start().await;
    let mut client = rig.open().await;
    client.send(json!({"type": "hello", "token": "guessed"})).await;
    assert_eq!(client.until_closed().await, (json!("unauthenticated"), Some(1008)));
}

#[tokio::test]
async fn a_first_message_that_is_no_hello_closes_the_connection() {
    let rig = Rig::start().await;
    for first in [Message::text(r#"{"type":"ping"}"#), Message::text("nonsense"), Message::binary(vec![1, 2, 3])] {
        let mut client = rig.open().await;
        client.send_raw(first).await;
        assert_eq!(client.until_closed().await, (json!("hello_expected"), Some(1008)));
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed_after_five_seconds() {
    let rig = Rig::start().await;
    let client = rig.open().await;
    assert_eq!(client.until_closed().await, (json!("hello_expected"), Some(1008)));
}

#[tokio::test]
async fn pages_of_other_hosts_and_clients_of_other_protocols_are_turned_away() {
    let rig = Rig::start().await;
    let status = |result: Result<_, Error>| match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        Ok(_) => 101,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(status(rig.try_open(Some(SUBPROTOCOL), Some("https://evil.example")).await), 403);
    assert_eq!(status(rig.try_open(Some("switchroom.cti.v9"), None).await), 400);
    assert_eq!(status(rig.try_open(None, None).await), 400);
}

#[tokio::test]
async fn the_first_and_the_last_console_of_an_agent_are_reported() {
    let mut rig = Rig::start().await;
    let (first, ..) = rig.sign_in("li").await;
    assert_eq!(rig.presence.recv().await, Some(Presence { agent: agent("li.wei"), connected: true }));
    let (second, ..) = rig.sign_in("li").await;
    assert_eq!(rig.bridge.connected_agents().into_iter().collect::<Vec<_>>(), [agent("li.wei")]);
    first.close().await;
    second.close().await;
    let next = rig.presence.recv().await;
    assert_eq!(next, Some(Presence { agent: agent("li.wei"), connected: false }), "one console was left at first");
    assert!(rig.bridge.connected_agents().is_empty());
}

#[tokio::test]
async fn stopping_closes_every_connection_and_takes_no_more() {
    let rig = Rig::start().await;
    let (client, ..) = rig.sign_in("li").await;
    rig.bridge.stop();
    assert_eq!(client.until_closed().await, (json!("draining"), Some(1012)));
    let mut late = rig.open().await;
    late.send(json!({"type": "hello", "token": "li"})).await;
    assert_eq!(late.until_closed().await, (json!("draining"), Some(1012)));
}

#[tokio::test]
async fn an_interaction_is_on_the_desk_of_a_console_that_opens_mid_call() {
    let rig = Rig::start().await;
    rig.bridge.publish(interaction("li.wei", 9_000, 3, "asked for an invoice"));
    let (_client, _, snapshot) = rig.sign_in("li").await;
    assert_eq!(snapshot["desk"]["interaction"]["phase"], "talking");
    assert_eq!(snapshot["desk"]["interaction"]["notes"], "asked for an invoice");
}
