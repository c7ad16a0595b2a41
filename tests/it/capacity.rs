//! Calls back are not offered where live callers would pay for them: the same callers on a floor that has no room for them
//! and on one that has.

use crate::support::words::{Said, Words};
use crate::support::{Bench, Rest, answer, back, phone, report, until};
use domain::{AgentState, CallbackRefusal, Channel, ContactDetail};
use switchroom::phone::{Order, Phone, Report};

/// Where the offer is spoken if there is one.
const OFFERED: &str = "8013";
const KEYED: &str = back::KEYED;
const MARTA: &str = "+493023125042";
const PAUL: &str = "+493023125043";
const CUSTOMER_HZ: u32 = 620;

/// How many come on the floor that has no room.
const MANY: usize = 60;
/// Samples of the first talk, at 8 kHz: an agent has a contact in hand for at least four seconds.
const TALK: usize = 32_000;
/// Percent of the agents' time. Two callers have been answered and one of them has been handled, so that a caller takes at
/// least two seconds: sixty in a quarter of an hour need more than 13 percent. Three need 8 only if the first talk takes longer
/// than three quarters of a minute.
const MOST_LOAD: &str = "most_load_percent = 8,";

const ENTRY: &str = r#"
[[entry]]
id = "offered"
dnis = "8013"
flow = "offered"
language = "en"
"#;

const FLOW: &str = r#"
[flow.offered]
start = "may"

[flow.offered.node.may]
type = "branch"
cases = [{ when = "queues.help.callback", next = "offer" }]
else = "line"

[flow.offered.node.offer]
type = "menu"
prompts = ["waiting-menu"]
digits = { 1 = "book" }
timeout_s = 100
exhausted = "line"

[flow.offered.node.book]
type = "callback"
queue = "help"
booked = "promised"
refused = "line"

[flow.offered.node.promised]
type = "hangup"
prompts = ["goodbye"]

[flow.offered.node.line]
type = "enqueue"
queue = "help"
announce = ["please-hold"]
overflow = "gone"

[flow.offered.node.gone]
type = "hangup"
"#;

/// Anna talks with a second caller when a first one has been served.
struct Floor {
    bench: Bench,
    words: Words,
    /// Everybody who is on the telephone.
    phones: Vec<Phone>,
}

impl Floor {
    async fn open() -> Self {
        let [mut anna, carrier] = [phone().await, phone().await];
        let dir = tempfile::tempdir().unwrap();
        let text = back::text(anna.address, carrier.address).replacen("most_load_percent = 1000,", MOST_LOAD, 1);
        assert!(text.contains(MOST_LOAD), "{text}");
        back::write(dir.path(), &format!("{text}\n{ENTRY}"));
        let flows = std::fs::read_to_string(dir.path().join("flow.toml")).unwrap();
        std::fs::write(dir.path().join("flow.toml"), format!("{flows}{FLOW}")).unwrap();
        let bench = Bench::open(dir).await;
        let mut floor = Self { bench, words: Words::of("en"), phones: vec![carrier] };

        let first = floor.calls("8001", "+493099999991").await;
        first.order(Order::Tone(CUSTOMER_HZ)).await;
        answer(&mut anna).await;
        anna.ear().clear();
        until("four seconds of talk", async || (anna.ear().samples() >= TALK).then_some(())).await;
        first.order(Order::HangUp).await;
        report(&mut anna, |report| matches!(report, Report::Over(_))).await;
        floor.bench.agent("anna", |state| state == AgentState::Ready).await;
        let second = floor.calls("8001", "+493099999992").await;
        answer(&mut anna).await;
        floor.phones.extend([anna, second]);
        floor
    }

    /// Somebody calls and is answered.
    async fn calls(&self, dialled: &str, number: &str) -> Phone {
        let mut caller = back::call(self.bench.daemon.sip, dialled, number).await;
        report(&mut caller, |report| *report == Report::Talking).await;
        caller
    }

    /// Many come, and wait.
    async fn fills(&mut self) {
        for n in 0..MANY {
            let number = format!("+49302000{n:03}");
            let caller = self.calls("8001", &number).await;
            back::waits(&self.bench, &number).await;
            self.phones.push(caller);
        }
    }

    /// What a caller hears until this prompt is there.
    async fn hears(&self, caller: &Phone, prompt: &str) -> Vec<String> {
        let said = self.words.heard(caller, |said: &[Said]| said.iter().any(|said| said.prompt == prompt)).await;
        said.into_iter().map(|said| said.prompt).collect()
    }

    /// Waits until flows were told so often that none is offered, by reason.
    async fn tells_supervisors(&self, why: CallbackRefusal, times: u32) {
        let nobody = Rest::sign_in(&format!("http://{}", self.bench.daemon.http), "admin", "admin-secret").await;
        let line =
            format!("switchroom_callbacks_not_offered_total{{queue=\"help\",reason=\"{}\"}} {times}", why.as_str());
        until(&line, async || nobody.root("/metrics").await.lines().any(|told| told == line).then_some(())).await;
    }

    async fn story(&self, number: &str, fits: impl Fn(&ContactDetail) -> bool) -> ContactDetail {
        back::story(&self.bench, Channel::Voice, number, fits).await
    }

    fn is_anybody_called_back(&self) -> bool {
        !self.bench.daemon.floor().borrow().callbacks.is_empty()
    }
}

fn has(story: &ContactDetail, kind: &str) -> bool {
    story.events.iter().any(|event| event.kind == kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn where_live_callers_need_the_agents_no_call_back_is_offered_and_the_key_books_none() {
    let mut floor = Floor::open().await;
    floor.fills().await;
    floor.tells_supervisors(CallbackRefusal::Load, 0).await;

    let marta = floor.calls(OFFERED, MARTA).await;
    assert_eq!(floor.hears(&marta, "please-hold").await, ["please-hold"], "nothing is offered");
    back::waits(&floor.bench, MARTA).await;
    floor.tells_supervisors(CallbackRefusal::Load, 1).await;

    let paul = floor.calls(KEYED, PAUL).await;
    back::waits(&floor.bench, PAUL).await;
    paul.order(Order::Digits("1".to_owned())).await;
    let story = floor.story(PAUL, |story| has(story, "queue_resumed")).await;
    assert_eq!(story.row.path, ["line", "book", "wait-on"]);
    assert!(!has(&story, "callback_booked"), "the key does nothing");
    back::waits(&floor.bench, PAUL).await;
    floor.tells_supervisors(CallbackRefusal::Load, 2).await;
    assert!(!floor.is_anybody_called_back());
    let story = floor.story(MARTA, |_| true).await;
    assert_eq!(story.row.path, ["may", "line"]);
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_room_the_same_callers_are_offered_one_and_the_key_books_it() {
    let floor = Floor::open().await;
    let marta = floor.calls(OFFERED, MARTA).await;
    assert_eq!(floor.hears(&marta, "waiting-menu").await, ["waiting-menu"]);
    marta.order(Order::Digits("1".to_owned())).await;
    assert!(floor.hears(&marta, "goodbye").await.contains(&"goodbye".to_owned()), "it is promised");
    back::is_listed(&floor.bench, MARTA).await;

    let paul = floor.calls(KEYED, PAUL).await;
    back::waits(&floor.bench, PAUL).await;
    paul.order(Order::Digits("1".to_owned())).await;
    back::is_listed(&floor.bench, PAUL).await;
    let story = floor.story(MARTA, |story| has(story, "callback_booked")).await;
    assert_eq!(story.row.path, ["may", "offer", "book", "promised"]);
    floor.tells_supervisors(CallbackRefusal::Load, 0).await;
    floor.bench.stop().await;
}
