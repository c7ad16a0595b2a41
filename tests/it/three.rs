//! Calls with three people: who hears whom, by tones over real RTP, and what the recording has of it.

use crate::support::desk::Desk;
use crate::support::{Bench, PATIENCE, Plan, answer, config_text, phone, report, until};
use domain::AgentState;
use media::tone::strongest_tone;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use switchroom::boot::recordings_dir;
use switchroom::phone::{Heard, Order, Phone, Report};

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

/// What somebody hears.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    /// Has no part in the call.
    Out,
    /// These people and nobody else.
    People(&'static [u32]),
    Music,
    /// The tone that says that somebody is being rung, and nobody.
    Ringing,
    Nothing,
}

use Cell::{Music, Nothing, Out, People, Ringing};

/// ITU-T E.180.
const RINGBACK: u32 = 425;
/// A sample louder than this is no silence.
const LOUD: u16 = 300;

/// The loudest sample of the last second that the phone heard.
fn loudest(phone: &Phone) -> u16 {
    let packets = phone.ear().packets();
    packets.iter().rev().take(50).flat_map(|packet| &packet.samples).map(|s| s.unsigned_abs()).max().unwrap_or_default()
}

impl Cell {
    /// True if the phone hears this, and in the last second nothing else.
    fn fits(self, phone: &Phone) -> bool {
        let packets = phone.ear().packets();
        let is_loud = || loudest(phone) > LOUD;
        let nobody = || phone.ear().tones(ALL).is_empty();
        let rings = |packet: &Heard| strongest_tone(&packet.samples, 8_000, &[RINGBACK]).is_some();
        match self {
            Self::Out => true,
            Self::People(people) => phone.ear().tones(ALL) == people,
            Self::Music => is_loud() && nobody() && phone.ear().tone(&[RINGBACK]).is_none(),
            // One second in five.
            Self::Ringing => packets.iter().any(rings) && nobody(),
            Self::Nothing => !is_loud(),
        }
    }

    /// How long that must have been heard for certain, in samples.
    fn samples(self) -> usize {
        match self {
            Self::Out => 0,
            Self::Ringing => 5 * 8_000,
            _ => 8_000,
        }
    }
}

/// What one stretch of the call is to sound like.
struct Row {
    name: &'static str,
    /// What each of the four hears: caller, Anna, Bert, supervisor.
    heard: [Cell; 4],
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

    async fn walk(&self, row: Row, walked: &mut Vec<(Row, Duration)>) {
        let at = self.sounds(&row).await;
        walked.push((row, at));
    }

    /// The supervisor's desk, anew: one that is not read for a while is cut off.
    async fn boss_desk(&self) -> Desk {
        Desk::sign_in(self.bench.daemon.http, "mei", "secret-supervisor").await
    }

    /// The supervisor listens, whispers and barges in, in this order.
    async fn watched(&mut self, rows: [Row; 3], walked: &mut Vec<(Row, Duration)>) {
        for (mode, row) in ["listen", "whisper", "barge"].into_iter().zip(rows) {
            self.boss_desk().await.granted("monitor", &self.contact, json!({ "mode": mode })).await;
            self.walk(row, walked).await;
        }
        self.desk = Desk::sign_in(self.bench.daemon.http, "anna", "secret-anna").await;
    }

    /// The tones that each phone hears, and how loud its last second was.
    fn heard(&self) -> [(Vec<u32>, u16); 4] {
        let phones = [&self.caller, &self.anna, &self.bert, &self.boss];
        phones.map(|phone| (phone.ear().tones(ALL), loudest(phone)))
    }

    /// Waits until everybody hears what the table says, and for a second more in which nothing else may be heard.
    /// Answers the middle of that second, on the recording's time.
    async fn sounds(&self, row: &Row) -> Duration {
        let phones = [&self.caller, &self.anna, &self.bert, &self.boss];
        let fits = || phones.iter().zip(row.heard).all(|(phone, cell)| cell.fits(phone));
        let wait = until(row.name, async || fits().then_some(()));
        // Who hears what is told before patience is at its end.
        tokio::time::timeout(PATIENCE * 9 / 10, wait)
            .await
            .unwrap_or_else(|_| panic!("{}: caller, Anna, Bert and the supervisor hear {:?}", row.name, self.heard()));
        phones.iter().for_each(|phone| phone.ear().clear());
        let from = self.began.elapsed();
        let there = || phones.iter().zip(row.heard).all(|(phone, cell)| phone.ear().samples() >= cell.samples());
        until(row.name, async || there().then_some(())).await;
        assert!(fits(), "{}: caller, Anna, Bert and the supervisor hear {:?}", row.name, self.heard());
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

const fn row(name: &'static str, heard: [Cell; 4], right: &'static [u32]) -> Row {
    Row { name, heard, right }
}

const PLAIN: Row = row("talk", [People(&[ANNA]), People(&[CALLER]), Out, Out], &[ANNA]);
const HELD: Row = row("hold", [Music, Nothing, Out, Out], &[]);
const ASKING: Row = row("consult, not answered yet", [Music, Ringing, Out, Out], &[]);
const CONSULT: Row = row("consult", [Music, People(&[BERT]), People(&[ANNA]), Out], &[]);
const SWAPPED: Row = row("consult, swapped", [People(&[ANNA]), People(&[CALLER]), Music, Out], &[ANNA]);
const CONFERENCE: Row =
    row("conference", [People(&[ANNA, BERT]), People(&[CALLER, BERT]), People(&[CALLER, ANNA]), Out], &[ANNA, BERT]);
const COMPLETED: Row = row("completed", [People(&[BERT]), Out, People(&[CALLER]), Out], &[BERT]);
const IN_LINE: Row = row("in line again", [Music, Out, Out, Out], &[]);

/// A supervisor in each state, in each way: listens, whispers, barges in.
const LISTEN: Row = row("talk, listen", [People(&[ANNA]), People(&[CALLER]), Out, People(&[CALLER, ANNA])], &[ANNA]);
const WHISPER: Row =
    row("talk, whisper", [People(&[ANNA]), People(&[CALLER, BOSS]), Out, People(&[CALLER, ANNA])], &[ANNA]);
const BARGE: Row =
    row("talk, barge", [People(&[ANNA, BOSS]), People(&[CALLER, BOSS]), Out, People(&[CALLER, ANNA])], &[ANNA, BOSS]);
/// A desk phone that the console holds is told so, and what it sends all the same is nobody's.
const WATCHED_HOLD: [Row; 3] = [
    row("hold, listen", [Music, Nothing, Out, Nothing], &[]),
    row("hold, whisper", [Music, People(&[BOSS]), Out, Nothing], &[]),
    row("hold, barge", [Music, People(&[BOSS]), Out, Nothing], &[]),
];
const WATCHED_CONSULT: [Row; 3] = [
    row("consult, listen", [Music, People(&[BERT]), People(&[ANNA]), People(&[ANNA, BERT])], &[]),
    row("consult, whisper", [Music, People(&[BERT, BOSS]), People(&[ANNA]), People(&[ANNA, BERT])], &[]),
    row("consult, barge", [Music, People(&[BERT, BOSS]), People(&[ANNA, BOSS]), People(&[ANNA, BERT])], &[]),
];
const WATCHED_SWAP: [Row; 3] = [
    row("swapped, listen", [People(&[ANNA]), People(&[CALLER]), Music, People(&[CALLER, ANNA])], &[ANNA]),
    row("swapped, whisper", [People(&[ANNA]), People(&[CALLER, BOSS]), Music, People(&[CALLER, ANNA])], &[ANNA]),
    row(
        "swapped, barge",
        [People(&[ANNA, BOSS]), People(&[CALLER, BOSS]), Music, People(&[CALLER, ANNA])],
        &[ANNA, BOSS],
    ),
];
const WATCHED_CONFERENCE: [Row; 3] = [
    row(
        "conference, listen",
        [People(&[ANNA, BERT]), People(&[CALLER, BERT]), People(&[CALLER, ANNA]), People(&[CALLER, ANNA, BERT])],
        &[ANNA, BERT],
    ),
    row(
        "conference, whisper",
        [People(&[ANNA, BERT]), People(&[CALLER, BERT, BOSS]), People(&[CALLER, ANNA]), People(&[CALLER, ANNA, BERT])],
        &[ANNA, BERT],
    ),
    row(
        "conference, barge",
        [
            People(&[ANNA, BERT, BOSS]),
            People(&[CALLER, BERT, BOSS]),
            People(&[CALLER, ANNA, BOSS]),
            People(&[CALLER, ANNA, BERT]),
        ],
        &[ANNA, BERT, BOSS],
    ),
];

/// Compares the recording with the rows that were walked through, and prints them. It is the end of the call.
#[allow(clippy::print_stdout, reason = "prints the table of who hears whom")]
async fn is_on_tape(floor: Floor, walked: Vec<(Row, Duration)>) {
    floor.caller.order(Order::HangUp).await;
    let story = floor.bench.story(|story| story.recordings.iter().any(|tape| tape.state == "complete")).await;
    assert_eq!(story.recordings.len(), 1, "one contact, one recording");
    println!(
        "state: customer | agent | consulted | supervisor | left, right (tones: customer {CALLER}, agent {ANNA}, consulted {BERT}, supervisor {BOSS})"
    );
    for (row, at) in walked {
        let [left, right] = floor.tape(&story.recordings[0].path, at);
        let [customer, agent, consulted, supervisor] = row.heard;
        println!("{}: {customer:?} | {agent:?} | {consulted:?} | {supervisor:?} | {left:?}, {right:?}", row.name);
        assert_eq!((left.as_slice(), right.as_slice()), (&[CALLER][..], row.right), "{} at {at:?}", row.name);
    }
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_whom_is_as_the_table_says_and_so_is_the_recording() {
    let mut floor = Floor::open().await;
    let mut walked = Vec::new();
    floor.walk(PLAIN, &mut walked).await;
    floor.wish("hold", json!({})).await;
    floor.walk(HELD, &mut walked).await;
    floor.wish("resume", json!({})).await;
    floor.walk(PLAIN, &mut walked).await;
    floor.wish("consult", json!({ "to": { "kind": "agent", "id": "bert" } })).await;
    floor.walk(ASKING, &mut walked).await;
    answer(&mut floor.bert).await;
    floor.walk(CONSULT, &mut walked).await;
    floor.wish("swap", json!({})).await;
    floor.walk(SWAPPED, &mut walked).await;
    floor.wish("conference", json!({})).await;
    floor.walk(CONFERENCE, &mut walked).await;
    floor.wish("complete_transfer", json!({})).await;
    report(&mut floor.anna, |report| matches!(report, Report::Over(_))).await;
    floor.walk(COMPLETED, &mut walked).await;
    is_on_tape(floor, walked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_in_each_state_of_a_call_hears_and_is_heard_as_the_table_says() {
    let mut floor = Floor::open().await;
    let mut walked = Vec::new();
    let contact = floor.contact.clone();
    floor.boss_desk().await.granted("monitor", &contact, json!({ "mode": "listen" })).await;
    answer(&mut floor.boss).await;
    floor.watched([LISTEN, WHISPER, BARGE], &mut walked).await;
    floor.wish("hold", json!({})).await;
    floor.watched(WATCHED_HOLD, &mut walked).await;
    floor.wish("resume", json!({})).await;
    floor.consult_bert().await;
    floor.watched(WATCHED_CONSULT, &mut walked).await;
    floor.wish("swap", json!({})).await;
    floor.watched(WATCHED_SWAP, &mut walked).await;
    floor.wish("conference", json!({})).await;
    floor.watched(WATCHED_CONFERENCE, &mut walked).await;
    floor.boss_desk().await.granted("stop_monitoring", &contact, json!({})).await;
    report(&mut floor.boss, |report| matches!(report, Report::Over(_))).await;
    floor.walk(CONFERENCE, &mut walked).await;
    is_on_tape(floor, walked).await;
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
    floor.sounds(&IN_LINE).await;
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
