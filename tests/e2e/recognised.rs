//! Callers by clients from outside who called before, were cut off, or may not call. (Which path by which client: the
//! table of `callers.rs`.)

use crate::support::baresip::Softphone;
use crate::support::sipp::{Caller, sipp, wait};
use crate::support::words::Hears as _;
use crate::support::{Bench, Plan, back, config_text, phone, report, write_config};
use domain::{AgentState, Channel, ContactDetail};
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

    async fn calls(&self, number: &str) -> Caller {
        Caller::call(self.bench.daemon.sip, "8001", number).await
    }

    /// The agent whose phone rings for this number takes the call: who it is, and the tone of the phone.
    async fn served(&mut self, number: &str) -> (&'static str, u32) {
        let rings = |report: &Report| matches!(report, Report::Rings { .. });
        let (agent, told) = tokio::select! {
            told = report(&mut self.anna, rings) => ("anna", told),
            told = report(&mut self.bert, rings) => ("bert", told),
        };
        assert!(matches!(&told, Report::Rings { from, .. } if from == number), "{number} is next: {told:?}");
        let (phone, hz) = self.phone(agent);
        phone.order(Order::Answer).await;
        report(phone, |report| *report == Report::Talking).await;
        (agent, hz)
    }

    fn phone(&mut self, agent: &str) -> (&mut Phone, u32) {
        if agent == "anna" { (&mut self.anna, ANNA_HZ) } else { (&mut self.bert, BERT_HZ) }
    }

    /// The agent's call is over, and the agent ready for another.
    async fn is_free(&mut self, agent: &str) {
        report(self.phone(agent).0, |report| matches!(report, Report::Over(_))).await;
        self.bench.agent(agent, |state| state == AgentState::Ready).await;
    }

    /// The newest contact of this number, closed.
    async fn closed(&self, number: &str) -> ContactDetail {
        back::story(&self.bench, Channel::Voice, number, |story| story.row.closed.is_some()).await
    }
}

fn agent(story: &ContactDetail) -> Option<String> {
    story.row.agent.as_ref().map(ToString::to_string)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_was_cut_off_in_talk_comes_back_to_the_same_agent() {
    let mut floor = Floor::open("after_cut_off_s = 300", 2).await;
    let caller = floor.calls(MARTA).await;
    let (served, hz) = floor.served(MARTA).await;
    caller.ear.hears(hz).await;
    // SIPp is killed: nothing is said any more, and no BYE comes.
    drop(caller);
    let cut = floor.closed(MARTA).await;
    floor.is_free(served).await;
    // The agent who is longest idle now is the other one: only recognition leads back.
    let caller = floor.calls(MARTA).await;
    assert_eq!(floor.served(MARTA).await, (served, hz));
    caller.ear.hears(hz).await;
    caller.hang_up().await;
    let again = floor.closed(MARTA).await;
    assert_ne!(cut.row.id, again.row.id);
    assert_eq!((agent(&cut).as_deref(), agent(&again).as_deref()), (Some(served), Some(served)));
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_was_cut_off_in_line_has_the_old_place() {
    let mut floor = Floor::open("after_cut_off_s = 300", 1).await;
    let talker = floor.calls(THIRD).await;
    floor.served(THIRD).await;
    talker.ear.hears(ANNA_HZ).await;
    let cut = Softphone::call(floor.bench.daemon.sip, "8001", MARTA).await;
    back::waits(&floor.bench, MARTA).await;
    let other = floor.calls(OTHER).await;
    back::waits(&floor.bench, OTHER).await;
    // baresip is killed.
    drop(cut);
    let first = floor.closed(MARTA).await;
    let mut again = Softphone::call(floor.bench.daemon.sip, "8001", MARTA).await;
    back::waits(&floor.bench, MARTA).await;
    talker.hang_up().await;
    floor.served(MARTA).await;
    again.hears(ANNA_HZ).await;
    again.hang_up().await;
    floor.served(OTHER).await;
    other.ear.hears(ANNA_HZ).await;
    other.hang_up().await;
    let (second, other) = (floor.closed(MARTA).await, floor.closed(OTHER).await);
    let at = |story: &ContactDetail, kind| story.events.iter().find(|event| event.kind == kind).map(|event| event.at);
    let entered = [&first, &other, &second].map(|story| at(story, "queued").expect("in line"));
    assert!(entered.is_sorted(), "the second call came last: {entered:?}");
    assert!(at(&second, "offered") < at(&other, "offered"), "and was served before the other one");
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_calls_again_from_whatever_telephone_is_offered_to_the_agent_of_the_last_talk() {
    let mut floor = Floor::open("last_agent_s = 3600", 2).await;
    let mut served = Vec::new();
    for round in 0..4 {
        if round % 2 == 0 {
            let caller = floor.calls(MARTA).await;
            let (agent, hz) = floor.served(MARTA).await;
            caller.ear.hears(hz).await;
            caller.hang_up().await;
            served.push(agent);
        } else {
            let mut caller = Softphone::call(floor.bench.daemon.sip, "8001", MARTA).await;
            let (agent, hz) = floor.served(MARTA).await;
            caller.hears(hz).await;
            caller.hang_up().await;
            served.push(agent);
        }
        floor.is_free(served[round]).await;
        assert_eq!(agent(&floor.closed(MARTA).await).as_deref(), Some(served[round]));
    }
    assert!(served.iter().all(|agent| *agent == served[0]), "{served:?}: the longest idle one would be the other");
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_caller_is_declined_counted_and_reaches_nobody() {
    let mut floor = Floor::open("blocked = [\"+493066600*\"]", 1).await;
    let dir = tempfile::tempdir().unwrap();
    let blocked = sipp("caller_declined.xml", dir.path())
        .args(["-s", "8001", "-key", "number", BLOCKED, "-m", "1", &floor.bench.daemon.sip.to_string()])
        .spawn()
        .unwrap();
    wait("the blocked caller", blocked, dir.path()).await;
    let story = floor.closed(BLOCKED).await;
    assert_eq!(story.row.outcome.as_deref(), Some("rejected"));
    assert!(!story.events.iter().any(|event| ["queued", "offered"].contains(&event.kind.as_str())), "{story:?}");
    // The next caller's call is the first that rings.
    let caller = floor.calls(MARTA).await;
    floor.served(MARTA).await;
    caller.ear.hears(ANNA_HZ).await;
    caller.hang_up().await;
    floor.bench.stop().await;
}
