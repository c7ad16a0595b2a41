//! Calls with three people: who hears whom, by tones over real RTP, and what the recording has of it.

use crate::support::desk::Desk;
use crate::support::{Bench, Plan, answer, config_text, phone, report, until};
use domain::AgentState;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use switchroom::boot::recordings_dir;
use switchroom::phone::{Order, Phone, Report};

/// Tones that no note of the music on hold comes near.
const CALLER: u32 = 720;
const ANNA: u32 = 905;
const BERT: u32 = 1_140;
const BOSS: u32 = 1_280;
const ALL: &[u32] = &[CALLER, ANNA, BERT, BOSS];

const SUPERVISOR: &str = "\n[[user]]\nlogin = \"mei\"\nrole = \"supervisor\"\npassword = \"secret-supervisor\"\nagent = \"boss\"\n\n[[user]]\n\
     login = \"ines\"\nrole = \"supervisor\"\npassword = \"secret-supervisor\"\n\n";

/// A caller talks with Anna; Bert and a supervisor have phones, too.
struct Floor {
    bench: Bench,
    caller: Phone,
    anna: Phone,
    bert: Phone,
    boss: Phone,
    desk: Desk,
    contact: String,
    /// When Anna answered: about where the recording begins.
    began: Instant,
}

/// What one stretch of the call is to sound like.
struct Row {
    name: &'static str,
    /// What each of the four hears: caller, Anna, Bert, supervisor. `None`: no part in the call.
    heard: [Option<&'static [u32]>; 4],
    /// What the recording's right channel has.
    right: &'static [u32],
}

impl Floor {
    /// Anna alone serves the queue at first, so that she gets the call.
    async fn open() -> Self {
        let [anna, bert, boss] = [phone().await, phone().await, phone().await];
        let seats = [("anna", &anna), ("bert", &bert), ("boss", &boss)];
        let seats = seats.map(|(id, phone)| (id.to_owned(), format!("sip:{id}@{}", phone.address)));
        let text = config_text(&Plan { wrap_up_s: 600, ..Plan::default() }, &seats);
        let text = text.replacen("[[disposition]]", &format!("{SUPERVISOR}[[disposition]]"), 1);
        let bench = Bench::with_text(&text).await;
        Self::talking(bench, anna, bert, boss).await
    }

    async fn talking(bench: Bench, mut anna: Phone, bert: Phone, boss: Phone) -> Self {
        for id in ["bert", "boss"] {
            let mut desk = Desk::sign_in(bench.daemon.http, id, &format!("secret-{id}")).await;
            assert_eq!(desk.wish(json!({ "type": "not_ready", "reason": "break" })).await, Ok(()));
        }
        let mut desk = Desk::sign_in(bench.daemon.http, "anna", "secret-anna").await;
        let caller = bench.call_answered("8001").await;
        for (phone, hz) in [(&caller, CALLER), (&anna, ANNA), (&bert, BERT), (&boss, BOSS)] {
            phone.order(Order::Tone(hz)).await;
        }
        answer(&mut anna).await;
        let began = Instant::now();
        let talks = desk.phase("talking").await;
        let contact = talks["event"]["contact"].as_str().unwrap().to_owned();
        Self { bench, caller, anna, bert, boss, desk, contact, began }
    }

    async fn wish(&mut self, kind: &str, more: Value) {
        let contact = self.contact.clone();
        self.desk.granted(kind, &contact, more).await;
    }

    /// Anna consults Bert, who answers.
    async fn consult_bert(&mut self) {
        self.wish("consult", json!({ "to": { "kind": "agent", "id": "bert" } })).await;
        answer(&mut self.bert).await;
    }

    fn heard(&self) -> [Vec<u32>; 4] {
        [&self.caller, &self.anna, &self.bert, &self.boss].map(|phone| phone.ear().tones(ALL))
    }

    /// Waits until everybody hears what the table says, and for a second more in which nothing else may be heard.
    /// Answers the middle of that second, on the recording's time.
    async fn sounds(&self, row: &Row) -> Duration {
        let fits =
            |heard: &[Vec<u32>; 4]| heard.iter().zip(row.heard).all(|(is, wanted)| wanted.is_none_or(|w| is == w));
        until(row.name, async || fits(&self.heard()).then_some(())).await;
        let phones = [&self.caller, &self.anna, &self.bert, &self.boss];
        phones.iter().for_each(|phone| phone.ear().clear());
        let from = self.began.elapsed();
        let there = |(phone, wanted): (&&Phone, &Option<&[u32]>)| wanted.is_none() || phone.ear().samples() >= 8_000;
        until(row.name, async || phones.iter().zip(&row.heard).all(there).then_some(())).await;
        let heard = self.heard();
        assert!(fits(&heard), "{}: caller, Anna, Bert and the supervisor hear {heard:?}", row.name);
        (from + self.began.elapsed()) / 2
    }

    /// The recording's channels around a moment.
    fn tape(&self, path: &str, at: Duration) -> [Vec<u32>; 2] {
        let file = recordings_dir(&self.bench.dir.path().join("data")).join(path);
        let mut tape = hound::WavReader::open(file).unwrap();
        let samples: Vec<i16> = tape.samples::<i16>().map(Result::unwrap).collect();
        let from = (at.as_millis() as usize).saturating_sub(200) * 8;
        let side = |channel: usize| {
            let slice: Vec<i16> = samples.iter().skip(channel).step_by(2).skip(from).take(3_200).copied().collect();
            media::tone::tones(&slice, 8_000, ALL)
        };
        [side(0), side(1)]
    }
}

const PLAIN: Row = Row { name: "plain", heard: [Some(&[ANNA]), Some(&[CALLER]), None, None], right: &[ANNA] };
const HELD: Row = Row { name: "hold", heard: [Some(&[]), None, None, None], right: &[] };
const LISTEN: Row =
    Row { name: "listen", heard: [Some(&[ANNA]), Some(&[CALLER]), None, Some(&[CALLER, ANNA])], right: &[ANNA] };
const WHISPER: Row =
    Row { name: "whisper", heard: [Some(&[ANNA]), Some(&[CALLER, BOSS]), None, Some(&[CALLER, ANNA])], right: &[ANNA] };
const BARGE: Row = Row {
    name: "barge",
    heard: [Some(&[ANNA, BOSS]), Some(&[CALLER, BOSS]), None, Some(&[CALLER, ANNA])],
    right: &[ANNA, BOSS],
};
const CONSULT: Row = Row { name: "consult", heard: [Some(&[]), Some(&[BERT]), Some(&[ANNA]), None], right: &[] };
const SWAPPED: Row = Row { name: "swapped", heard: [Some(&[ANNA]), Some(&[CALLER]), Some(&[]), None], right: &[ANNA] };
const CONFERENCE: Row = Row {
    name: "conference",
    heard: [Some(&[ANNA, BERT]), Some(&[CALLER, BERT]), Some(&[CALLER, ANNA]), None],
    right: &[ANNA, BERT],
};
const WATCHED_CONSULT: Row = Row {
    name: "whisper in a consult",
    heard: [Some(&[]), Some(&[BERT, BOSS]), Some(&[ANNA]), Some(&[ANNA, BERT])],
    right: &[],
};
const COMPLETED: Row = Row { name: "completed", heard: [Some(&[BERT]), None, Some(&[CALLER]), None], right: &[BERT] };

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_whom_is_as_the_table_says_and_so_is_the_recording() {
    let mut floor = Floor::open().await;
    let mut boss_desk = Desk::sign_in(floor.bench.daemon.http, "mei", "secret-supervisor").await;
    let contact = floor.contact.clone();
    let mut walked: Vec<(&Row, Duration)> = Vec::new();
    walked.push((&PLAIN, floor.sounds(&PLAIN).await));
    floor.wish("hold", json!({})).await;
    walked.push((&HELD, floor.sounds(&HELD).await));
    floor.wish("resume", json!({})).await;
    walked.push((&PLAIN, floor.sounds(&PLAIN).await));
    boss_desk.granted("monitor", &contact, json!({ "mode": "listen" })).await;
    answer(&mut floor.boss).await;
    walked.push((&LISTEN, floor.sounds(&LISTEN).await));
    boss_desk.granted("monitor", &contact, json!({ "mode": "whisper" })).await;
    walked.push((&WHISPER, floor.sounds(&WHISPER).await));
    boss_desk.granted("monitor", &contact, json!({ "mode": "barge" })).await;
    walked.push((&BARGE, floor.sounds(&BARGE).await));
    boss_desk.granted("monitor", &contact, json!({ "mode": "whisper" })).await;
    floor.consult_bert().await;
    walked.push((&WATCHED_CONSULT, floor.sounds(&WATCHED_CONSULT).await));
    boss_desk.granted("stop_monitoring", &contact, json!({})).await;
    report(&mut floor.boss, |report| matches!(report, Report::Over(_))).await;
    walked.push((&CONSULT, floor.sounds(&CONSULT).await));
    floor.wish("swap", json!({})).await;
    walked.push((&SWAPPED, floor.sounds(&SWAPPED).await));
    floor.wish("conference", json!({})).await;
    walked.push((&CONFERENCE, floor.sounds(&CONFERENCE).await));
    floor.wish("complete_transfer", json!({})).await;
    report(&mut floor.anna, |report| matches!(report, Report::Over(_))).await;
    walked.push((&COMPLETED, floor.sounds(&COMPLETED).await));
    floor.caller.order(Order::HangUp).await;
    let story = floor.bench.story(|story| story.recordings.iter().any(|tape| tape.state == "complete")).await;
    assert_eq!(story.recordings.len(), 1, "one contact, one recording");
    for (row, at) in walked {
        let [left, right] = floor.tape(&story.recordings[0].path, at);
        assert_eq!((left.as_slice(), right.as_slice()), (&[CALLER][..], row.right), "{} at {at:?}", row.name);
    }
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consult_completed_hands_the_customer_on_and_both_agents_have_their_part_in_the_history() {
    let mut floor = Floor::open().await;
    let mut bert_desk = Desk::sign_in(floor.bench.daemon.http, "bert", "secret-bert").await;
    floor.wish("consult", json!({ "to": { "kind": "agent", "id": "bert" } })).await;
    let offered = bert_desk.until(|message| message["event"]["type"] == "offered").await;
    assert_eq!(offered["event"]["consulted_by"]["id"], "anna");
    floor.bench.agent("bert", |state| state == AgentState::Busy).await;
    answer(&mut floor.bert).await;
    bert_desk.phase("consulting").await;
    floor.sounds(&CONSULT).await;
    floor.wish("complete_transfer", json!({})).await;
    floor.sounds(&COMPLETED).await;
    bert_desk.phase("talking").await;
    floor.bench.agent("anna", |state| state == AgentState::AfterContactWork).await;
    floor.caller.order(Order::HangUp).await;
    floor.bench.agent("bert", |state| state == AgentState::AfterContactWork).await;
    let contact = floor.contact.clone();
    for desk in [&mut floor.desk, &mut bert_desk] {
        desk.granted("set_disposition", &contact, json!({ "code": "done" })).await;
        desk.granted("finish_wrap_up", &contact, json!({})).await;
    }
    let story = floor.bench.closed_story().await;
    let kinds: Vec<&str> = story.events.iter().map(|event| event.kind.as_str()).collect();
    let told = ["consult_started", "held", "consult_offered", "ringing", "offer_ended", "consult_answered"];
    let mut rest = kinds.iter();
    assert!(told.iter().all(|kind| rest.any(|is| is == kind)), "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "connected").count(), 2, "{kinds:?}");
    assert_eq!(story.row.agent.unwrap().as_str(), "bert");
    let agents: Vec<(&str, bool)> =
        story.interactions.iter().map(|part| (part.agent.as_str(), part.disposition.is_some())).collect();
    assert_eq!(agents, [("anna", true), ("bert", true)]);
    assert_eq!(story.recordings.len(), 1);
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_in_a_consult_nobody_is_left_alone() {
    let mut floor = Floor::open().await;
    // Declined: the customer is back.
    floor.wish("consult", json!({ "to": { "kind": "agent", "id": "bert" } })).await;
    report(&mut floor.bert, |report| matches!(report, Report::Rings { .. })).await;
    floor.bert.order(Order::Refuse(domain::Cause::Declined)).await;
    floor.sounds(&PLAIN).await;
    floor.bench.agent("bert", |state| matches!(state, AgentState::NotReady(_))).await;
    // The one consulted hangs up: the customer is back.
    floor.consult_bert().await;
    floor.sounds(&CONSULT).await;
    floor.bert.order(Order::HangUp).await;
    floor.sounds(&PLAIN).await;
    floor.bench.agent("bert", |state| state == AgentState::AfterContactWork).await;
    // Busy with wrapping up: not to be asked.
    let contact = floor.contact.clone();
    let ask = json!({ "type": "consult", "contact": contact, "to": { "kind": "agent", "id": "bert" } });
    assert_eq!(floor.desk.wish(ask).await, Err("agent_unavailable".to_owned()));
    // The agent hangs up before anybody answers: the customer is in line, and hears the other tone no more.
    floor.wish("consult", json!({ "to": { "kind": "agent", "id": "boss" } })).await;
    report(&mut floor.boss, |report| matches!(report, Report::Rings { .. })).await;
    floor.anna.order(Order::HangUp).await;
    report(&mut floor.boss, |report| matches!(report, Report::Over(_))).await;
    floor.sounds(&HELD).await;
    floor.caller.order(Order::HangUp).await;
    floor.bench.quiet_but_wrap_up().await;
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_consulted_rings_its_agent_and_a_desk_phone_that_hangs_up_hands_over() {
    let mut floor = Floor::open().await;
    let mut bert_desk = Desk::sign_in(floor.bench.daemon.http, "bert", "secret-bert").await;
    floor.wish("consult", json!({ "to": { "kind": "queue", "id": "help" } })).await;
    assert_eq!(bert_desk.wish(json!({ "type": "ready" })).await, Ok(()));
    answer(&mut floor.bert).await;
    floor.sounds(&CONSULT).await;
    floor.anna.order(Order::HangUp).await;
    floor.sounds(&COMPLETED).await;
    floor.caller.order(Order::HangUp).await;
    floor.bench.quiet_but_wrap_up().await;
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_supervisors_with_a_phone_monitor_and_the_history_says_who_did() {
    let mut floor = Floor::open().await;
    let contact = floor.contact.clone();
    let listen = json!({ "type": "monitor", "contact": contact, "mode": "listen" });
    let mut bert_desk = Desk::sign_in(floor.bench.daemon.http, "bert", "secret-bert").await;
    assert_eq!(bert_desk.wish(listen.clone()).await, Err("forbidden".to_owned()));
    let mut phoneless = Desk::sign_in(floor.bench.daemon.http, "ines", "secret-supervisor").await;
    assert_eq!(phoneless.wish(listen).await, Err("forbidden".to_owned()));
    let rest =
        crate::support::Rest::sign_in(&format!("http://{}", floor.bench.daemon.http), "mei", "secret-supervisor").await;
    rest.post(&format!("/contacts/{contact}/monitor"), json!({ "mode": "listen" })).await;
    answer(&mut floor.boss).await;
    floor.sounds(&LISTEN).await;
    let shown = until("the floor shows it", async || {
        let floor = rest.get("/floor").await;
        let anna = floor["agents"].as_array()?.iter().find(|agent| agent["id"] == "anna")?.clone();
        (anna["monitors"][0]["joined"] == true).then_some(anna)
    })
    .await;
    assert_eq!((&shown["monitors"][0]["agent"], &shown["monitors"][0]["mode"]), (&json!("boss"), &json!("listen")));
    floor.bench.agent("boss", |state| state == AgentState::Busy).await;
    floor.caller.order(Order::HangUp).await;
    report(&mut floor.boss, |report| matches!(report, Report::Over(_))).await;
    floor.bench.agent("boss", |state| matches!(state, AgentState::NotReady(_))).await;
    let story = floor.bench.story(|story| story.events.iter().any(|event| event.kind == "monitor_ended")).await;
    let monitored = story.events.iter().find(|event| event.kind == "monitored").unwrap();
    assert!(monitored.fields_json.contains("boss") && monitored.fields_json.contains("listen"));
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_is_silence_on_both_channels_and_says_who_paused() {
    let mut floor = Floor::open().await;
    let before = floor.sounds(&PLAIN).await;
    floor.wish("pause_recording", json!({ "on": true })).await;
    let paused = floor.sounds(&PLAIN).await;
    floor.wish("pause_recording", json!({ "on": false })).await;
    let after = floor.sounds(&PLAIN).await;
    floor.caller.order(Order::HangUp).await;
    let story = floor.bench.story(|story| story.recordings.iter().any(|tape| tape.state == "complete")).await;
    let path = &story.recordings[0].path;
    let none: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
    assert_eq!(floor.tape(path, before), [vec![CALLER], vec![ANNA]]);
    assert_eq!(floor.tape(path, paused), none);
    assert_eq!(floor.tape(path, after), [vec![CALLER], vec![ANNA]]);
    let pause = story.events.iter().find(|event| event.kind == "recording_paused").unwrap();
    assert!(pause.fields_json.contains("anna"), "{}", pause.fields_json);
    floor.bench.stop().await;
}
