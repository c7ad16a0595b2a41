//! Callers who called before, and those who may not call.

use crate::support::back::{self, call};
use crate::support::{Bench, Plan, answer, config_text, hears, phone, report, write_config};
use domain::{AgentState, Cause, Channel, ContactDetail};
use switchroom::phone::{Order, Phone, Report};

const ANNA_HZ: u32 = 1_040;
const BERT_HZ: u32 = 830;
const MARTA: &str = "+493010000001";
const OTHER: &str = "+493010000002";
const THIRD: &str = "+493010000003";
const BLOCKED: &str = "+493066600001";

/// Anna and Bert serve one queue; a silent line is cut off after two seconds.
struct Floor {
    bench: Bench,
    anna: Phone,
    bert: Phone,
}

impl Floor {
    async fn open(recognition: &str, agents: usize) -> Self {
        let [anna, bert] = [phone().await, phone().await];
        let phones = [("anna", &anna), ("bert", &bert)]
            .map(|(id, phone)| (id.to_owned(), format!("sip:{id}@{}", phone.address)));
        let plan = Plan { wrap_up_s: 0, silence_s: 2, record: false, ..Plan::default() };
        let text = config_text(&plan, &phones[..agents]);
        let dir = tempfile::tempdir().unwrap();
        write_config(dir.path(), &format!("{text}\n[recognition]\n{recognition}\n"));
        let bench = Bench::open(dir).await;
        for (phone, hz) in [(&anna, ANNA_HZ), (&bert, BERT_HZ)] {
            phone.order(Order::Tone(hz)).await;
        }
        Self { bench, anna, bert }
    }

    async fn calls(&self, number: &str) -> Phone {
        let mut caller = call(self.bench.daemon.sip, "8001", number).await;
        report(&mut caller, |report| *report == Report::Talking).await;
        caller
    }

    async fn is_ready(&self, agent: &str) {
        self.bench.agent(agent, |state| state == AgentState::Ready).await;
    }

    /// The newest contact of this number, closed.
    async fn closed(&self, number: &str) -> ContactDetail {
        back::story(&self.bench, Channel::Voice, number, |story| story.row.closed.is_some()).await
    }
}

/// Whose phone rings.
async fn rings(anna: &mut Phone, bert: &mut Phone) -> &'static str {
    tokio::select! {
        _ = report(anna, |report| matches!(report, Report::Rings { .. })) => "anna",
        _ = report(bert, |report| matches!(report, Report::Rings { .. })) => "bert",
    }
}

async fn talks(phone: &mut Phone, caller: &Phone, hz: u32) {
    phone.order(Order::Answer).await;
    report(phone, |report| *report == Report::Talking).await;
    hears(caller, hz).await;
}

async fn hangs_up(caller: &Phone, agent: &mut Phone) {
    caller.order(Order::HangUp).await;
    report(agent, |report| matches!(report, Report::Over(_))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_was_cut_off_in_talk_comes_back_to_the_same_agent() {
    let mut floor = Floor::open("after_cut_off_s = 300", 2).await;
    let caller = floor.calls(MARTA).await;
    let served = rings(&mut floor.anna, &mut floor.bert).await;
    let (hz, first) = if served == "anna" { (ANNA_HZ, &mut floor.anna) } else { (BERT_HZ, &mut floor.bert) };
    talks(first, &caller, hz).await;
    // A phone that vanishes says nothing, and no BYE comes.
    drop(caller);
    floor.closed(MARTA).await;
    floor.is_ready("anna").await;
    floor.is_ready("bert").await;
    // The agent who is longest idle now is the other one: only recognition leads back.
    let caller = floor.calls(MARTA).await;
    assert_eq!(rings(&mut floor.anna, &mut floor.bert).await, served);
    let first = if served == "anna" { &mut floor.anna } else { &mut floor.bert };
    talks(first, &caller, hz).await;
    hangs_up(&caller, first).await;
    let story = floor.closed(MARTA).await;
    assert_eq!(story.row.agent.map(|agent| agent.to_string()).as_deref(), Some(served));
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_was_cut_off_in_line_has_the_old_place() {
    let mut floor = Floor::open("after_cut_off_s = 300", 1).await;
    let talker = floor.calls(THIRD).await;
    answer(&mut floor.anna).await;
    hears(&talker, ANNA_HZ).await;
    let cut = floor.calls(MARTA).await;
    back::waits(&floor.bench, MARTA).await;
    let other = floor.calls(OTHER).await;
    back::waits(&floor.bench, OTHER).await;
    drop(cut);
    floor.closed(MARTA).await;
    let again = floor.calls(MARTA).await;
    back::waits(&floor.bench, MARTA).await;
    talker.order(Order::HangUp).await;
    for (number, caller) in [(MARTA, &again), (OTHER, &other)] {
        let rings = report(&mut floor.anna, |report| matches!(report, Report::Rings { .. })).await;
        assert!(matches!(&rings, Report::Rings { from, .. } if from == number), "{number} is next: {rings:?}");
        talks(&mut floor.anna, caller, ANNA_HZ).await;
        hangs_up(caller, &mut floor.anna).await;
    }
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_calls_again_is_offered_to_the_agent_of_the_last_talk() {
    let mut floor = Floor::open("last_agent_s = 3600", 2).await;
    let mut served = Vec::new();
    for _ in 0..4 {
        let caller = floor.calls(MARTA).await;
        let agent = rings(&mut floor.anna, &mut floor.bert).await;
        let (phone, hz) = if agent == "anna" { (&mut floor.anna, ANNA_HZ) } else { (&mut floor.bert, BERT_HZ) };
        talks(phone, &caller, hz).await;
        hangs_up(&caller, phone).await;
        floor.closed(MARTA).await;
        floor.is_ready(agent).await;
        served.push(agent);
    }
    assert!(served.iter().all(|agent| *agent == served[0]), "{served:?}: the longest idle one would be the other");
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_caller_is_declined_counted_and_reaches_nobody() {
    let mut floor = Floor::open("blocked = [\"+493066600*\"]", 1).await;
    let mut blocked = call(floor.bench.daemon.sip, "8001", BLOCKED).await;
    let over = report(&mut blocked, |report| matches!(report, Report::Over(_))).await;
    assert_eq!(over, Report::Over(Cause::Declined));
    let story = floor.closed(BLOCKED).await;
    assert_eq!(story.row.outcome.as_deref(), Some("rejected"));
    assert!(!story.events.iter().any(|event| event.kind == "queued"), "{:?}", story.events);
    // The next caller's call is the first that rings.
    let caller = floor.calls(MARTA).await;
    let rings = report(&mut floor.anna, |report| matches!(report, Report::Rings { .. })).await;
    assert!(matches!(&rings, Report::Rings { from, .. } if from == MARTA), "{rings:?}");
    talks(&mut floor.anna, &caller, ANNA_HZ).await;
    hangs_up(&caller, &mut floor.anna).await;
    floor.bench.stop().await;
}
