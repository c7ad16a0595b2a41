//! Customers who book a call back and hang up: who is called, in which order, and what becomes of those who cannot be
//! reached, or who ring in before.

use crate::support::back::{self, AT_ONCE, KEYED};
use crate::support::desk::Desk;
use crate::support::{Bench, answer, hears, phone, report, until};
use domain::{AgentState, CallbackState, Cause, Channel, ContactDetail};
use futures_util::FutureExt as _;
use switchroom::phone::{Order, Phone, Report};

const CUSTOMER_HZ: u32 = 620;
const AGENT_HZ: u32 = 1_040;
const MARTA: &str = "+493023125042";

/// A sample louder than this is no silence.
const LOUD: u16 = 300;

/// Callers and calls back in one line.
const IN_LINE: usize = 50;

/// Anna talks with a first caller; the test is the carrier.
struct Floor {
    bench: Bench,
    anna: Phone,
    carrier: Phone,
    first: Phone,
}

impl Floor {
    async fn open() -> Self {
        Self::with("").await
    }

    /// The queue's `callback` has these settings more.
    async fn with(settings: &str) -> Self {
        let [mut anna, carrier] = [phone().await, phone().await];
        let dir = tempfile::tempdir().unwrap();
        let text = back::text(anna.address, carrier.address);
        back::write(dir.path(), &text.replacen("callback = { ", &format!("callback = {{ {settings}"), 1));
        let bench = Bench::open(dir).await;
        anna.order(Order::Tone(AGENT_HZ)).await;
        carrier.order(Order::Tone(CUSTOMER_HZ)).await;
        let mut first = back::call(bench.daemon.sip, "8001", "+493099999999").await;
        report(&mut first, |report| *report == Report::Talking).await;
        answer(&mut anna).await;
        bench.agent("anna", |state| state == AgentState::Busy).await;
        Self { bench, anna, carrier, first }
    }

    /// Somebody calls and is answered.
    async fn call(&self, dialled: &str, number: &str) -> Phone {
        let mut caller = back::call(self.bench.daemon.sip, dialled, number).await;
        report(&mut caller, |report| *report == Report::Talking).await;
        caller
    }

    /// Somebody books a call back and hangs up; it is in line.
    async fn books(&self, number: &str) {
        let caller = self.call(AT_ONCE, number).await;
        self.leaves_booked(caller, number).await;
    }

    async fn leaves_booked(&self, caller: Phone, number: &str) {
        back::is_listed(&self.bench, number).await;
        caller.order(Order::HangUp).await;
        back::is(&self.bench, number, CallbackState::InLine).await;
    }

    /// Anna's phone rings: for which number.
    async fn rings(&mut self) -> String {
        let rings = report(&mut self.anna, |report| matches!(report, Report::Rings { .. })).await;
        let Report::Rings { from, .. } = rings else { unreachable!("it rings") };
        from
    }

    async fn anna_answers(&mut self) {
        self.anna.order(Order::Answer).await;
        report(&mut self.anna, |report| *report == Report::Talking).await;
    }

    async fn anna_is_free(&mut self) {
        report(&mut self.anna, |report| matches!(report, Report::Over(_))).await;
    }

    /// The customer is rung, answers, and hangs up when both have heard each other.
    async fn customer_talks(&mut self) {
        answer(&mut self.carrier).await;
        hears(&self.carrier, AGENT_HZ).await;
        hears(&self.anna, CUSTOMER_HZ).await;
        self.carrier.order(Order::HangUp).await;
    }
}

fn kinds(story: &ContactDetail) -> Vec<&str> {
    story.events.iter().map(|event| event.kind.as_str()).collect()
}

/// These kinds of events, in the order in which they happened.
fn of_these<'a>(story: &'a ContactDetail, wanted: &[&str]) -> Vec<&'a str> {
    kinds(story).into_iter().filter(|kind| wanted.contains(kind)).collect()
}

fn is_closed(story: &ContactDetail) -> bool {
    story.row.closed.is_some()
}

async fn heard_something(phone: &Phone) {
    let is_loud = || {
        let packets = phone.ear().packets();
        packets.iter().any(|packet| packet.samples.iter().any(|sample| sample.unsigned_abs() > LOUD))
    };
    until("a voice", async || is_loud().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_books_by_key_is_called_when_the_agent_has_answered_and_both_hear_each_other() {
    let mut floor = Floor::open().await;
    let caller = floor.call(KEYED, MARTA).await;
    back::waits(&floor.bench, MARTA).await;
    caller.order(Order::Digits("1".to_owned())).await;
    heard_something(&caller).await;
    floor.leaves_booked(caller, MARTA).await;
    floor.first.order(Order::HangUp).await;
    assert_eq!(floor.rings().await, MARTA);
    assert_eq!(floor.carrier.report().now_or_never(), None, "nobody calls the customer before the agent answers");
    floor.anna_answers().await;
    floor.customer_talks().await;
    floor.anna_is_free().await;

    let booked = back::story(&floor.bench, Channel::Voice, MARTA, is_closed).await;
    assert_eq!(booked.row.outcome.as_deref(), Some("callback"));
    assert_eq!(booked.row.path[..3], ["line", "book", "promised"]);
    let called = back::story(&floor.bench, Channel::Callback, MARTA, is_closed).await;
    assert_eq!(called.row.outcome.as_deref(), Some("answered"));
    assert_eq!(called.row.agent.map(|agent| agent.to_string()).as_deref(), Some("anna"));
    let order = ["callback_requested", "callback_dialled", "connected"];
    assert_eq!(of_these(&called, &order), order, "{:?}", kinds(&called));
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_offered_a_customer_who_still_hears_the_promise() {
    let mut floor = Floor::open().await;
    let mut caller = floor.call(AT_ONCE, MARTA).await;
    back::is_listed(&floor.bench, MARTA).await;
    floor.first.order(Order::HangUp).await;
    floor.anna_is_free().await;
    // The flow hangs up when the promise is made.
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    assert_eq!(floor.rings().await, MARTA);
    floor.anna_answers().await;
    floor.customer_talks().await;
    let booked = back::story(&floor.bench, Channel::Voice, MARTA, is_closed).await;
    let called = back::story(&floor.bench, Channel::Callback, MARTA, is_closed).await;
    let offered = called.events.iter().find(|event| event.kind == "offered").unwrap();
    assert!(Some(offered.at) >= booked.row.ended, "an agent was rung while the customer was on the line");
    floor.bench.stop().await;
}

/// What a customer in line does.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Waits on the telephone.
    Stays,
    /// Books at once.
    Books,
    /// Books when all others are in line, with the age of the first wait.
    BooksLate,
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_and_calls_back_are_served_in_the_order_of_their_ages_to_the_last() {
    let mut floor = Floor::open().await;
    let mut line = Vec::new();
    for n in 0..IN_LINE {
        let number = format!("+49301000{n:03}");
        let way = [Way::BooksLate, Way::Stays, Way::Books, Way::Stays][n % 4];
        let caller = match way {
            Way::Stays => Some(floor.call("8001", &number).await),
            Way::BooksLate => Some(floor.call(KEYED, &number).await),
            Way::Books => None,
        };
        match caller {
            Some(_) => back::waits(&floor.bench, &number).await,
            None => floor.books(&number).await,
        }
        line.push((number, way, caller));
    }
    // The last first: what counts is since when they wait, not when they booked.
    for (number, _, caller) in line.iter_mut().rev().filter(|(_, way, _)| *way == Way::BooksLate) {
        let caller = caller.take().unwrap();
        caller.order(Order::Digits("1".to_owned())).await;
        floor.leaves_booked(caller, number).await;
    }
    let ages: Vec<String> = line.iter().map(|(number, ..)| number.clone()).collect();
    floor.first.order(Order::HangUp).await;
    let mut offered = Vec::new();
    for _ in 0..IN_LINE {
        let number = floor.rings().await;
        let caller = line.iter().find(|(known, ..)| *known == number).and_then(|(_, _, caller)| caller.as_ref());
        offered.push(number);
        floor.anna_answers().await;
        match caller {
            Some(caller) => caller.order(Order::HangUp).await,
            None => {
                answer(&mut floor.carrier).await;
                floor.carrier.order(Order::HangUp).await;
            }
        }
        floor.anna_is_free().await;
    }
    assert_eq!(offered, ages);
    floor.bench.quiet().await;
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whose_line_is_busy_is_called_again_after_the_pause() {
    let mut floor = Floor::open().await;
    floor.books(MARTA).await;
    floor.first.order(Order::HangUp).await;
    assert_eq!(floor.rings().await, MARTA);
    floor.anna_answers().await;
    report(&mut floor.carrier, |report| matches!(report, Report::Rings { .. })).await;
    floor.carrier.order(Order::Refuse(Cause::Busy)).await;
    floor.anna_is_free().await;
    let missed = |story: &ContactDetail| kinds(story).contains(&"callback_missed");
    let story = back::story(&floor.bench, Channel::Callback, MARTA, missed).await;
    assert_eq!(story.row.closed, None, "it is still to be made");
    let missed = story.events.iter().find(|event| event.kind == "callback_missed").unwrap();
    let fields: serde_json::Value = serde_json::from_str(&missed.fields_json).unwrap();
    assert_eq!(fields, serde_json::json!({ "attempt": 1, "cause": "busy", "again_ms": 1_000 }));

    assert_eq!(floor.rings().await, MARTA);
    floor.anna_answers().await;
    floor.customer_talks().await;
    let story = back::story(&floor.bench, Channel::Callback, MARTA, is_closed).await;
    assert_eq!(story.row.outcome.as_deref(), Some("answered"));
    let order = ["callback_dialled", "callback_missed", "callback_dialled", "connected"];
    assert_eq!(of_these(&story, &["callback_dialled", "callback_missed", "connected"]), order, "{:?}", kinds(&story));
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_never_answers_is_given_up_after_the_last_attempt() {
    let mut floor = Floor::with("ring_s = 5, ").await;
    floor.books(MARTA).await;
    floor.first.order(Order::HangUp).await;
    for _ in 0..3 {
        assert_eq!(floor.rings().await, MARTA);
        floor.anna_answers().await;
        report(&mut floor.carrier, |report| matches!(report, Report::Rings { .. })).await;
        report(&mut floor.carrier, |report| matches!(report, Report::Over(_))).await;
        floor.anna_is_free().await;
    }
    let story = back::story(&floor.bench, Channel::Callback, MARTA, is_closed).await;
    assert_eq!(story.row.outcome.as_deref(), Some("unanswered"));
    let missed: Vec<serde_json::Value> = story
        .events
        .iter()
        .filter(|event| event.kind == "callback_missed")
        .map(|event| serde_json::from_str(&event.fields_json).unwrap())
        .collect();
    let told = |attempt: u8, again_ms: Option<u32>| serde_json::json!({ "attempt": attempt, "cause": "no_answer", "again_ms": again_ms });
    assert_eq!(missed, [told(1, Some(1_000)), told(2, Some(1_000)), told(3, None)]);
    floor.bench.agent("anna", |state| state == AgentState::Ready).await;
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_answers_is_no_talk_and_the_agent_has_the_customer_called_later() {
    let mut floor = Floor::open().await;
    let mut desk = Desk::sign_in(floor.bench.daemon.http, "anna", "secret-anna").await;
    floor.books(MARTA).await;
    floor.first.order(Order::HangUp).await;
    assert_eq!(floor.rings().await, MARTA);
    floor.anna_answers().await;
    answer(&mut floor.carrier).await;
    hears(&floor.anna, CUSTOMER_HZ).await;
    let story = back::story(&floor.bench, Channel::Callback, MARTA, |_| true).await;
    desk.granted("call_again_later", &story.row.id.to_string(), serde_json::json!({})).await;
    report(&mut floor.carrier, |report| matches!(report, Report::Over(_))).await;
    assert_eq!(floor.rings().await, MARTA);
    floor.anna_answers().await;
    floor.customer_talks().await;
    let story = back::story(&floor.bench, Channel::Callback, MARTA, is_closed).await;
    assert_eq!(story.row.outcome.as_deref(), Some("answered"));
    assert_eq!(of_these(&story, &["callback_dialled", "callback_missed"]).len(), 3, "{:?}", kinds(&story));
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_customers_are_rung_first_the_agent_rings_when_the_customer_has_answered() {
    let mut floor = Floor::with("mode = \"customer_first\", ").await;
    floor.books(MARTA).await;
    floor.first.order(Order::HangUp).await;
    floor.anna_is_free().await;
    report(&mut floor.carrier, |report| matches!(report, Report::Rings { .. })).await;
    assert_eq!(floor.anna.report().now_or_never(), None, "the agent is kept free and hears nothing");
    floor.carrier.order(Order::Answer).await;
    report(&mut floor.carrier, |report| *report == Report::Talking).await;
    assert_eq!(floor.rings().await, MARTA);
    floor.anna_answers().await;
    hears(&floor.carrier, AGENT_HZ).await;
    hears(&floor.anna, CUSTOMER_HZ).await;
    floor.carrier.order(Order::HangUp).await;
    let story = back::story(&floor.bench, Channel::Callback, MARTA, is_closed).await;
    assert_eq!(story.row.outcome.as_deref(), Some("answered"));
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_rings_in_is_not_called_and_once_reached_never() {
    let mut floor = Floor::open().await;
    floor.books(MARTA).await;
    let caller = floor.call("8001", MARTA).await;
    back::is(&floor.bench, MARTA, CallbackState::Suspended).await;
    caller.order(Order::Tone(CUSTOMER_HZ)).await;
    floor.first.order(Order::HangUp).await;
    assert_eq!(floor.rings().await, MARTA);
    floor.anna_answers().await;
    hears(&caller, AGENT_HZ).await;
    hears(&floor.anna, CUSTOMER_HZ).await;
    let story = back::story(&floor.bench, Channel::Callback, MARTA, is_closed).await;
    assert_eq!(story.row.outcome.as_deref(), Some("cancelled"));
    let told = ["callback_suspended", "callback_cancelled"];
    assert_eq!(of_these(&story, &["callback_suspended", "callback_cancelled", "callback_dialled"]), told);
    let cancelled = story.events.iter().find(|event| event.kind == "callback_cancelled").unwrap();
    assert!(cancelled.fields_json.contains("reached"), "{}", cancelled.fields_json);
    caller.order(Order::HangUp).await;
    floor.anna_is_free().await;
    let live = back::story(&floor.bench, Channel::Voice, MARTA, is_closed).await;
    assert_eq!(live.row.outcome.as_deref(), Some("answered"));
    assert_eq!(floor.carrier.report().now_or_never(), None, "nobody called the customer");
    floor.bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_rings_in_and_gives_up_is_called_all_the_same() {
    let mut floor = Floor::open().await;
    floor.books(MARTA).await;
    let caller = floor.call("8001", MARTA).await;
    back::is(&floor.bench, MARTA, CallbackState::Suspended).await;
    caller.order(Order::HangUp).await;
    back::is(&floor.bench, MARTA, CallbackState::InLine).await;
    floor.first.order(Order::HangUp).await;
    assert_eq!(floor.rings().await, MARTA);
    floor.anna_answers().await;
    floor.customer_talks().await;
    let story = back::story(&floor.bench, Channel::Callback, MARTA, is_closed).await;
    assert_eq!(story.row.outcome.as_deref(), Some("answered"));
    floor.bench.stop().await;
}
