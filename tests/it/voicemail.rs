//! Messages that callers leave: recorded, offered on the desk without a ring, heard, and closed.

use crate::support::desk::Desk;
use crate::support::{Bench, FLOW, Plan, Rest, TONES, config_text, more_recorded, phone, report, until, write_config};
use domain::{AgentState, ContactDetail, MessageCounts, Query};
use futures_util::FutureExt as _;
use media::tone::strongest_tone;
use serde_json::json;
use std::io::Cursor;
use switchroom::phone::{Order, Phone, Report};

const CALLER_HZ: u32 = 620;
/// A sample louder than this is no silence.
const LOUD: u16 = 300;

const ENTRY: &str = r#"
[[entry]]
id = "box"
dnis = "8012"
flow = "box"
language = "en"
"#;

const BOX: &str = r#"
[flow.box]
start = "speak"

[flow.box.node.speak]
type = "voicemail"
queue = "help"
silence_s = 1
prompts = ["beep"]
next = "bye"
failed = "sorry"

[flow.box.node.sorry]
type = "enqueue"
queue = "help"
overflow = "bye"

[flow.box.node.bye]
type = "hangup"
"#;

/// Anna is ready, with a phone that is to stay quiet.
async fn open() -> (Bench, Phone) {
    open_with("").await
}

/// With these settings of media more.
async fn open_with(media: &str) -> (Bench, Phone) {
    let anna = phone().await;
    let dir = tempfile::tempdir().unwrap();
    let text = config_text(&Plan::default(), &[("anna".to_owned(), format!("sip:anna@{}", anna.address))]);
    let text = text.replacen("[media]", &format!("[media]\n{media}"), 1);
    write_config(dir.path(), &format!("{text}\n{ENTRY}"));
    std::fs::write(dir.path().join("flow.toml"), format!("{FLOW}{BOX}")).unwrap();
    (Bench::open(dir).await, anna)
}

/// The story of the one message, once it fits.
async fn message(bench: &Bench, fits: impl Fn(&ContactDetail) -> bool) -> ContactDetail {
    until("the message's story", async || {
        let row = bench.contacts().await.into_iter().find(|row| row.channel == "voicemail")?;
        match bench.daemon.store.answer(Query::Contact(row.id)).await.unwrap() {
            domain::Answer::Contact(Some(detail)) if fits(&detail) => Some(*detail),
            _ => None,
        }
    })
    .await
}

/// Waits until the floor's figures of the queue's messages fit.
async fn figures(bench: &Bench, fits: impl Fn(&MessageCounts) -> bool) {
    until("the figures of messages", async || {
        let floor = bench.daemon.floor();
        floor.borrow().queues.first().filter(|queue| fits(&queue.messages)).map(|_| ())
    })
    .await;
}

fn has(story: &ContactDetail, kind: &str) -> bool {
    story.events.iter().any(|event| event.kind == kind)
}

/// Waits until so many seconds more are recorded.
async fn more(bench: &Bench, seconds: u64) {
    let dir = switchroom::boot::recordings_dir(&bench.dir.path().join("data"));
    more_recorded(&dir, seconds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_offered_on_the_desk_heard_and_closed_with_a_disposition() {
    let (bench, mut anna) = open().await;
    let mut desk = Desk::sign_in(bench.daemon.http, "anna", "secret-anna").await;
    let caller = bench.call_answered("8012").await;
    message(&bench, |story| has(story, "recording_started")).await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    more(&bench, 2).await;
    caller.order(Order::HangUp).await;

    let offered = desk.until(|told| told["event"]["type"] == "offered").await;
    let (offer, contact) = (&offered["event"]["offer"], offered["event"]["contact"].as_str().unwrap());
    let pop = &offered["event"]["pop"];
    assert_eq!(pop["channel"], "voicemail", "{offered}");
    assert!(pop["message"]["duration_ms"].as_u64() >= Some(2_000), "{offered}");
    figures(&bench, |counts| (counts.waiting, counts.left, counts.heard) == (1, 1, 0) && counts.oldest.is_some()).await;
    assert_eq!(desk.wish(json!({ "type": "answer", "offer": offer })).await, Ok(()));
    bench.agent("anna", |state| state == AgentState::Busy).await;
    let heard = |counts: &MessageCounts| (counts.waiting, counts.left, counts.heard) == (0, 1, 1);
    figures(&bench, heard).await;

    message(&bench, |story| has(story, "connected")).await;
    let rest = Rest::sign_in(&format!("http://{}", bench.daemon.http), "anna", "secret-anna").await;
    let file = rest.bytes(&format!("/recordings/{}", pop["message"]["recording"].as_str().unwrap())).await;
    let mut tape = hound::WavReader::new(Cursor::new(file)).unwrap();
    assert_eq!(tape.spec().channels, 2);
    let samples: Vec<i16> = tape.samples::<i16>().map(Result::unwrap).collect();
    let side = |first: usize| samples.iter().skip(first).step_by(2).copied().collect::<Vec<i16>>();
    assert_eq!(strongest_tone(&side(0), 8_000, TONES), Some(CALLER_HZ), "the customer is on the left");
    assert!(side(1).iter().all(|sample| sample.unsigned_abs() <= LOUD), "nobody is on the right");

    desk.granted("hang_up", contact, json!({})).await;
    bench.agent("anna", |state| state == AgentState::AfterContactWork).await;
    desk.granted("set_disposition", contact, json!({ "code": "call-back" })).await;
    desk.granted("finish_wrap_up", contact, json!({})).await;
    let story = message(&bench, |story| story.row.closed.is_some()).await;
    assert_eq!(story.row.outcome.as_deref(), Some("answered"));
    assert_eq!(story.row.disposition.map(|code| code.to_string()).as_deref(), Some("call-back"));
    assert_eq!(story.row.id.to_string(), contact);
    assert_eq!(anna.report().now_or_never(), None, "no phone rang");
    let call = bench.contacts().await.into_iter().find(|row| row.channel == "voice").unwrap();
    assert_eq!(call.outcome.as_deref(), Some("voicemail"));
    let bench = bench.restart().await;
    figures(&bench, heard).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_falls_silent_after_the_message_has_left_it_without_the_silence() {
    let (bench, _anna) = open().await;
    let mut desk = Desk::sign_in(bench.daemon.http, "anna", "secret-anna").await;
    let mut caller = bench.call_answered("8012").await;
    message(&bench, |story| has(story, "recording_started")).await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    more(&bench, 2).await;
    caller.order(Order::Tone(0)).await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;

    let offered = desk.until(|told| told["event"]["type"] == "offered").await;
    let message = &offered["event"]["pop"]["message"];
    let rest = Rest::sign_in(&format!("http://{}", bench.daemon.http), "anna", "secret-anna").await;
    let file = rest.bytes(&format!("/recordings/{}", message["recording"].as_str().unwrap())).await;
    let samples: Vec<i16> =
        hound::WavReader::new(Cursor::new(file)).unwrap().samples::<i16>().map(Result::unwrap).collect();
    let left: Vec<i16> = samples.iter().step_by(2).copied().collect();
    assert_eq!(message["duration_ms"].as_u64(), Some(left.len() as u64 / 8));
    let last = left.iter().rposition(|sample| sample.unsigned_abs() > LOUD).expect("the tone");
    let tail_ms = (left.len() - last) / 8;
    assert!((480..=540).contains(&tail_ms), "{tail_ms} ms of silence are kept");
    assert_eq!(strongest_tone(&left, 8_000, TONES), Some(CALLER_HZ));
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_says_nothing_is_offered_to_nobody() {
    let (bench, mut anna) = open().await;
    let caller = bench.call_answered("8012").await;
    message(&bench, |story| has(story, "recording_started")).await;
    more(&bench, 1).await;
    caller.order(Order::HangUp).await;
    let story = message(&bench, |story| story.row.closed.is_some()).await;
    assert_eq!(story.row.outcome.as_deref(), Some("cancelled"));
    assert!(!has(&story, "offered") && !has(&story, "queued"), "{:?}", story.events);
    bench.agent("anna", |state| state == AgentState::Ready).await;

    // The next call rings first: nothing came before it.
    let caller = bench.call_answered("8001").await;
    let rings = anna.report().await;
    assert!(matches!(rings, Some(Report::Rings { .. })), "{rings:?}");
    caller.order(Order::HangUp).await;
    report(&mut anna, |report| matches!(report, Report::Over(_))).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_would_leave_a_message_on_a_full_disk_goes_on_by_the_way_for_that() {
    // A terabyte is free on no disk that tests run on.
    let (bench, mut anna) = open_with("keep_free_mb = 1000000").await;
    let caller = bench.call_answered("8012").await;
    let rings = report(&mut anna, |report| matches!(report, Report::Rings { .. })).await;
    assert!(matches!(rings, Report::Rings { .. }), "the caller comes to an agent instead");
    caller.order(Order::HangUp).await;
    report(&mut anna, |report| matches!(report, Report::Over(_))).await;
    let call = bench.contacts().await.into_iter().find(|row| row.channel == "voice").unwrap();
    assert_eq!(call.path.iter().map(ToString::to_string).collect::<Vec<_>>(), ["speak", "sorry"]);
    bench.agent("anna", |state| state == AgentState::Ready).await;
    bench.stop().await;
}
