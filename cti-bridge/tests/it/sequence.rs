//! Order, audience, resume, and clients that do not keep up.

use crate::rig::{Rig, START_MS, interaction};
use serde_json::Value;

fn numbers(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|m| m["seq"].as_u64().expect("an event")).collect()
}

#[tokio::test]
async fn agents_get_their_own_events_and_supervisors_get_all_and_the_floor_in_order() {
    let rig = Rig::start().await;
    let (mut li, ..) = rig.sign_in("li").await;
    let (mut sam, ..) = rig.sign_in("sam").await;
    rig.ready("li.wei", 1);
    rig.ready("ana", 2);
    rig.floor(3, 5);
    rig.ready("li.wei", 4);
    let seen = sam.take(4).await;
    assert_eq!(numbers(&seen), [1, 2, 3, 4]);
    assert_eq!(seen[1]["agent"], "ana");
    assert_eq!(seen[2]["event"]["type"], "floor");
    assert_eq!(seen[2]["event"]["calls"], 5);
    assert_eq!(seen[2]["at"], START_MS + 3);
    assert_eq!(numbers(&li.take(2).await), [1, 4]);
}

#[tokio::test]
async fn a_client_that_comes_back_with_its_last_number_gets_what_it_missed() {
    let rig = Rig::start().await;
    let (mut client, welcome, _) = rig.sign_in("li").await;
    rig.ready("li.wei", 1);
    assert_eq!(client.next().await["seq"], 1);
    client.close().await;
    rig.ready("ana", 2);
    rig.ready("li.wei", 3);
    rig.ready("li.wei", 4);
    let (mut client, again) = rig.resume("li", 1, &welcome["session"]).await;
    assert_eq!(again["resumed"], true);
    assert_eq!(again["seq"], 4);
    assert_eq!(numbers(&client.take(2).await), [3, 4]);
    rig.ready("li.wei", 5);
    assert_eq!(client.next().await["seq"], 5, "and the stream goes on");
}

#[tokio::test]
async fn a_supervisor_who_comes_back_gets_the_newest_floor_in_its_place() {
    let rig = Rig::start().await;
    let (_, welcome, _) = rig.sign_in("sam").await;
    rig.ready("ana", 1);
    rig.floor(2, 1);
    rig.floor(3, 2);
    rig.ready("ana", 4);
    let (mut sam, _) = rig.resume("sam", 0, &welcome["session"]).await;
    let seen = sam.take(3).await;
    assert_eq!(numbers(&seen), [1, 3, 4]);
    assert_eq!(seen[1]["event"]["calls"], 2);
}

#[tokio::test]
async fn a_number_of_another_sequence_or_of_the_future_gets_a_snapshot() {
    let rig = Rig::start().await;
    let (_, welcome, _) = rig.sign_in("li").await;
    rig.ready("li.wei", 1);
    for (from, session) in [(0, Value::from("another")), (0, Value::Null), (99, welcome["session"].clone())] {
        let (mut client, again) = rig.resume("li", from, &session).await;
        assert_eq!(again["resumed"], false);
        assert_eq!(client.next().await["type"], "snapshot");
    }
}

#[tokio::test]
async fn a_client_that_was_away_for_more_than_ten_thousand_events_gets_a_snapshot() {
    let rig = Rig::start().await;
    let (_, welcome, _) = rig.sign_in("li").await;
    (0..10_001).for_each(|n| rig.ready("li.wei", n));
    let (mut client, again) = rig.resume("li", 0, &welcome["session"]).await;
    assert_eq!(again["resumed"], false);
    assert_eq!(client.next().await["seq"], 10_001);
    let (mut client, again) = rig.resume("li", 1, &welcome["session"]).await;
    assert_eq!(again["resumed"], true, "the last 10,000 are kept");
    assert_eq!(client.take(10_000).await.last().unwrap()["seq"], 10_001);
}

#[tokio::test]
async fn events_are_kept_for_ten_minutes() {
    let rig = Rig::start().await;
    let (_, welcome, _) = rig.sign_in("li").await;
    rig.ready("li.wei", 0);
    rig.ready("li.wei", 600_000);
    assert_eq!(rig.resume("li", 0, &welcome["session"]).await.1["resumed"], true);
    rig.ready("li.wei", 600_001);
    assert_eq!(rig.resume("li", 0, &welcome["session"]).await.1["resumed"], false);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_and_counted_and_the_others_go_on() {
    let rig = Rig::start().await;
    let (slow, welcome, _) = rig.sign_in("li").await;
    let (mut sam, ..) = rig.sign_in("sam").await;
    let notes = "n".repeat(64 * 1024);
    let mut published = 0;
    while rig.bridge.slow_readers_cut() == 0 {
        published += 1;
        rig.bridge.publish(interaction("li.wei", published, 1, &notes));
        assert_eq!(sam.next().await["seq"], published, "the supervisor reads and misses nothing");
    }
    assert!(published > 256, "a whole queue had to fill up first");
    assert_eq!(slow.until_closed().await, (Value::from("slow_reader"), Some(1008)));
    assert_eq!(rig.bridge.slow_readers_cut(), 1);
    let (mut back, again) = rig.resume("li", published - 1, &welcome["session"]).await;
    assert_eq!(again["resumed"], true);
    assert_eq!(back.next().await["seq"], published);
}
