//! Transfers: blind and attended, to an agent, a queue and a number outside, from a desk phone and from the console. Who
//! hears whom afterwards, how soon, and what the recording has of it.

#![expect(clippy::print_stdout, reason = "how soon is told, not asserted")]

use crate::support::desk::Desk;
use crate::support::{Bench, Plan, answer, config_text, phone, report, until};
use domain::AgentState;
use media::tone::{strongest_tone, tones};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use switchroom::boot::recordings_dir;
use switchroom::phone::{Heard, Order, Phone, Report};

/// Tones that no note of the music on hold comes near.
const CALLER: u32 = 720;
const ANNA: u32 = 905;
const TARGET: u32 = 1_140;
const ALL: &[u32] = &[CALLER, ANNA, TARGET];

/// Packets of 20 ms that may pass between the last sound of before and the first of after: 300 ms.
const PACKETS_MAX: u32 = 15;
/// RTP timestamps in a packet.
const PACKET: u32 = 160;
/// A sample louder than this is no silence.
const LOUD: i16 = 300;

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Blind,
    Attended,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum To {
    Agent,
    Queue,
    Number,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Phone,
    Console,
}

impl To {
    const ALL: [Self; 3] = [Self::Agent, Self::Queue, Self::Number];

    /// What a phone dials.
    const fn dialled(self) -> &'static str {
        match self {
            Self::Agent => "bert",
            Self::Queue => "second",
            Self::Number => "5551",
        }
    }

    /// What a console sends.
    fn wished(self) -> Value {
        let to = match self {
            Self::Agent => json!({ "kind": "agent", "id": "bert" }),
            Self::Queue => json!({ "kind": "queue", "id": "second" }),
            Self::Number => json!({ "kind": "number", "number": "5551" }),
        };
        json!({ "to": to })
    }
}

/// Anna has a desk phone that registers, and a console; Bert serves another queue; somebody is outside.
struct Floor {
    bench: Bench,
    anna: Phone,
    bert: Phone,
    outside: Phone,
    desk: Desk,
    /// The contact before.
    before: Value,
}

fn text(bert: SocketAddr, outside: SocketAddr) -> String {
    let agents = [("anna".to_owned(), "desk".to_owned()), ("bert".to_owned(), format!("sip:bert@{bert}"))];
    let text = config_text(&Plan { wrap_up_s: 0, ..Plan::default() }, &agents);
    let (before, after) = text.rsplit_once("queues = [\"help\"]").unwrap();
    let text = format!("{before}queues = [\"second\"]{after}");
    let second = "[[queue]]\nid = \"second\"\nname = \"Second\"\nwrap_up_s = 0\ndefault_disposition = \"done\"\n";
    let peer = format!("id = \"loopback\"\npeer = \"udp:{outside}\"");
    format!("{}\n{second}", text.replacen("id = \"loopback\"", &peer, 1))
}

impl Floor {
    async fn open() -> Self {
        let [anna, bert, outside] = [phone().await, phone().await, phone().await];
        let bench = Bench::with_text(&text(bert.address, outside.address)).await;
        let desk = Desk::sign_in(bench.daemon.http, "anna", "secret-anna").await;
        let mut floor = Self { bench, anna, bert, outside, desk, before: Value::Null };
        register(&floor.bench, &mut floor.anna).await;
        for (phone, hz) in [(&floor.anna, ANNA), (&floor.bert, TARGET), (&floor.outside, TARGET)] {
            phone.order(Order::Tone(hz)).await;
        }
        floor
    }

    /// A caller talks with Anna. Also the contact.
    async fn talking(&mut self) -> (Phone, String) {
        let caller = self.bench.call_answered("8001").await;
        caller.order(Order::Tone(CALLER)).await;
        answer(&mut self.anna).await;
        let before = self.before.take();
        let is_new = |event: &Value| event["type"] == "interaction" && event["contact"] != before;
        let talks = self.desk.until(|told| is_new(&told["event"]) && told["event"]["phase"] == "talking").await;
        self.before = talks["event"]["contact"].clone();
        let contact = self.before.as_str().unwrap().to_owned();
        talk(&caller, ANNA, &self.anna, CALLER).await;
        (caller, contact)
    }

    fn target(&mut self, to: To) -> &mut Phone {
        if to == To::Number { &mut self.outside } else { &mut self.bert }
    }

    /// Sends the customer on; the new one answers. When that was.
    async fn blind(&mut self, caller: &Phone, contact: &str, to: To, by: By) -> Instant {
        match by {
            By::Console => self.desk.granted("transfer", contact, to.wished()).await,
            By::Phone => {
                self.anna.order(Order::Transfer(self.bench.number(to.dialled()))).await;
                report(&mut self.anna, |report| *report == Report::Transferred(200)).await;
            }
        }
        let target = self.target(to);
        report(target, |report| matches!(report, Report::Rings { .. })).await;
        caller.ear().clear();
        target.ear().clear();
        let at = Instant::now();
        target.order(Order::Answer).await;
        report(target, |report| *report == Report::Talking).await;
        at
    }

    /// Asks the new one first, and then connects the two. When that was.
    async fn attended(&mut self, caller: &Phone, contact: &str, to: To, by: By) -> Instant {
        match by {
            By::Console => {
                self.desk.granted("consult", contact, to.wished()).await;
                answer(self.target(to)).await;
            }
            By::Phone => {
                self.anna.order(Order::Hold(true)).await;
                report(&mut self.anna, |report| *report == Report::HoldTaken).await;
                let (uri, from) = (self.bench.number(to.dialled()), "anna".to_owned());
                self.anna.order(Order::Call { uri, from, name: String::new() }).await;
                answer(self.target(to)).await;
                report(&mut self.anna, |report| *report == Report::Talking).await;
                // As a consult that the console began.
                self.desk.phase("consulting").await;
            }
        }
        caller.ear().clear();
        let target = if to == To::Number { &self.outside } else { &self.bert };
        talk(target, ANNA, &self.anna, TARGET).await;
        until("music", async || (caller.ear().samples() > 8_000).then_some(())).await;
        assert_eq!(caller.ear().tones(ALL), [0; 0], "the customer hears music and nobody");
        let at = Instant::now();
        match by {
            By::Console => self.desk.granted("complete_transfer", contact, json!({})).await,
            By::Phone => {
                // Either call may bring the REFER.
                self.anna.order(Order::Connect { in_second: to == To::Queue }).await;
                report(&mut self.anna, |report| *report == Report::Transferred(200)).await;
            }
        }
        at
    }

    /// One transfer from the call to the end, with what it was to be asserted by.
    async fn transfer(&mut self, how: How, to: To, by: By) {
        let name = format!("{how:?} to {to:?} by {by:?}");
        let contacts = self.bench.contacts().await.len();
        let (caller, contact) = self.talking().await;
        let at = match how {
            How::Blind => self.blind(&caller, &contact, to, by).await,
            How::Attended => self.attended(&caller, &contact, to, by).await,
        };
        let target = if to == To::Number { &self.outside } else { &self.bert };
        let (to_customer, customer_gap) = first_heard(&caller, TARGET, at).await;
        let (to_target, target_gap) = first_heard(target, CALLER, at).await;
        println!(
            "{name}: the customer hears the new one after {to_customer:?} (RTP pause {customer_gap:?} packets), the new \
             one the customer after {to_target:?} ({target_gap:?} packets)"
        );
        // A number that rings is heard in bursts, between which it is silent anyway.
        let is_rung = (how, to) == (How::Blind, To::Number);
        assert!(
            is_rung || customer_gap <= PACKETS_MAX,
            "{name}: the customer hears nothing for {customer_gap} packets"
        );
        assert!(target_gap <= PACKETS_MAX, "{name}: the new one hears nothing for {target_gap} packets");
        report(&mut self.anna, |report| matches!(report, Report::Over(_))).await;
        talk(&caller, TARGET, target, CALLER).await;
        caller.order(Order::HangUp).await;
        self.is_told(&name, how, contacts + 1).await;
        let ready = |state| state == AgentState::Ready;
        self.bench.agent("anna", ready).await;
        self.bench.agent("bert", ready).await;
    }

    /// One contact, one recording from the first talk to the last.
    async fn is_told(&self, name: &str, how: How, contacts: usize) {
        let story = self.bench.story(|story| story.recordings.iter().any(|tape| tape.state == "complete")).await;
        assert_eq!(self.bench.contacts().await.len(), contacts, "{name}: one contact");
        let [tape] = story.recordings.as_slice() else { panic!("{name}: {} recordings", story.recordings.len()) };
        assert_eq!(tape.gap_ms, 0, "{name}: nothing is missing");
        let count = |kind: &str| story.events.iter().filter(|event| event.kind == kind).count();
        let consults = usize::from(how == How::Attended);
        let told = [count("transferred"), count("consult_started"), count("consult_ended")];
        assert_eq!(told, [1, consults, consults], "{name}");
        let file = recordings_dir(&self.bench.dir.path().join("data")).join(&tape.path);
        let mut wav = hound::WavReader::open(file).unwrap();
        let samples: Vec<i16> = wav.samples::<i16>().map(Result::unwrap).collect();
        let frames = samples.len() / 2;
        let heard = |from: usize| {
            [0, 1].map(|side| {
                let slice: Vec<i16> = samples.iter().skip(from * 2 + side).step_by(2).take(3_200).copied().collect();
                tones(&slice, 8_000, ALL)
            })
        };
        assert_eq!(heard(3_200), [[CALLER], [ANNA]], "{name}: the first talk");
        assert_eq!(heard(frames - 6_400), [[CALLER], [TARGET]], "{name}: the last talk");
    }
}

async fn register(bench: &Bench, phone: &mut Phone) {
    let (server, user, password) = (bench.daemon.sip, "anna".to_owned(), "phone-secret".to_owned());
    phone.order(Order::Register { server, user, password }).await;
    report(phone, |report| *report == Report::Registered(200)).await;
}

/// Both hear each other, and go on for a second.
async fn talk(one: &Phone, other_hz: u32, other: &Phone, hz: u32) {
    let hear = || (one.ear().tones(ALL), other.ear().tones(ALL)) == (vec![other_hz], vec![hz]);
    until("both hear each other", async || hear().then_some(())).await;
    one.ear().clear();
    other.ear().clear();
    let there = || one.ear().samples() >= 8_000 && other.ear().samples() >= 8_000;
    until("a second more", async || there().then_some(())).await;
    assert!(hear(), "{:?} and {:?}", one.ear().tones(ALL), other.ear().tones(ALL));
}

fn says(packet: &Heard, hz: u32) -> bool {
    strongest_tone(&packet.samples, 8_000, ALL) == Some(hz)
}

/// When the phone first heard this tone after a moment, counted from there; and how many packets of RTP time without a
/// sound came before it.
async fn first_heard(phone: &Phone, hz: u32, at: Instant) -> (Duration, u32) {
    let what = format!("{hz} Hz");
    until(&what, async || {
        let packets = phone.ear().packets();
        let first = packets.iter().position(|packet| packet.at >= at && says(packet, hz))?;
        let is_loud = |packet: &&Heard| packet.samples.iter().any(|sample| sample.unsigned_abs() > LOUD.unsigned_abs());
        // Where nothing was heard before, all that came was silence.
        let before = packets[..first].iter().rev().find(is_loud).or(packets.first())?;
        let pause = packets[first].timestamp.wrapping_sub(before.timestamp) / PACKET;
        Some((packets[first].at.duration_since(at), pause))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_phone_transfers_blind_and_attended_to_agent_queue_and_number() {
    let mut floor = Floor::open().await;
    for how in [How::Blind, How::Attended] {
        for to in To::ALL {
            floor.transfer(how, to, By::Phone).await;
        }
    }
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_transfers_blind_and_attended_to_agent_queue_and_number() {
    let mut floor = Floor::open().await;
    for how in [How::Blind, How::Attended] {
        for to in To::ALL {
            floor.transfer(how, to, By::Console).await;
        }
    }
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_call_that_nobody_takes_leaves_the_customer_on_hold_for_the_phone_to_take_back() {
    let mut floor = Floor::open().await;
    let (caller, _) = floor.talking().await;
    for answered in [false, true] {
        floor.anna.order(Order::Hold(true)).await;
        report(&mut floor.anna, |report| *report == Report::HoldTaken).await;
        let (uri, from) = (floor.bench.number("bert"), "anna".to_owned());
        floor.anna.order(Order::Call { uri, from, name: String::new() }).await;
        if answered {
            answer(&mut floor.bert).await;
            talk(&floor.anna, TARGET, &floor.bert, ANNA).await;
            floor.anna.order(Order::HangUp).await;
            report(&mut floor.bert, |report| matches!(report, Report::Over(_))).await;
        } else {
            report(&mut floor.bert, |report| matches!(report, Report::Rings { .. })).await;
            floor.bert.order(Order::Refuse(domain::Cause::Declined)).await;
        }
        report(&mut floor.anna, |report| matches!(report, Report::Over(_))).await;
        caller.ear().clear();
        until("music", async || (caller.ear().samples() > 8_000).then_some(())).await;
        assert_eq!(caller.ear().tones(ALL), [0; 0]);
        floor.anna.order(Order::Hold(false)).await;
        report(&mut floor.anna, |report| *report == Report::HoldTaken).await;
        talk(&caller, ANNA, &floor.anna, CALLER).await;
    }
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_moves_to_another_phone_of_the_agent_and_the_recording_goes_on() {
    let mut floor = Floor::open().await;
    let (caller, _) = floor.talking().await;
    let mut upstairs = phone().await;
    register(&floor.bench, &mut upstairs).await;
    upstairs.order(Order::Tone(TARGET)).await;
    floor.anna.order(Order::TellDialog).await;
    let told = report(&mut floor.anna, |report| matches!(report, Report::Dialog(_))).await;
    let Report::Dialog(dialog) = told else { unreachable!("it is a dialog") };
    caller.ear().clear();
    let at = Instant::now();
    let (uri, from) = (floor.bench.number("anna"), "anna".to_owned());
    upstairs.order(Order::TakeOver { uri, from, dialog }).await;
    report(&mut upstairs, |report| *report == Report::Talking).await;
    report(&mut floor.anna, |report| matches!(report, Report::Over(_))).await;
    let (heard, gap) = first_heard(&caller, TARGET, at).await;
    println!("moved to another phone: the customer hears it after {heard:?} (RTP pause {gap} packets)");
    assert!(gap <= PACKETS_MAX, "the customer hears nothing for {gap} packets");
    talk(&caller, TARGET, &upstairs, CALLER).await;
    caller.order(Order::HangUp).await;
    report(&mut upstairs, |report| matches!(report, Report::Over(_))).await;
    let story = floor.bench.story(|story| story.recordings.iter().any(|tape| tape.state == "complete")).await;
    assert_eq!((floor.bench.contacts().await.len(), story.recordings.len()), (1, 1));
    assert_eq!(story.interactions.len(), 1, "it is the same agent's part");
    floor.bench.stop().await;
}
