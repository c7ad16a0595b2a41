//! Sentences about calling customers back.

use super::*;
use crate::api::CallbackOffer;
use call::api::{CallbackMode, CallbackRules};
use domain::{CallbackCancel, CallbackOrder, CallbackRefusal, CallbackState, Cause, Customer, Dnis, Language, Outcome};

const CARRIER: &str = "127.0.0.4:5060";

pub(super) const CENTRE: &str = r#"
[sip]
trunk_keep_alive_s = 0
[[trunk]]
id = "lan"
sources = ["127.0.0.2/32", "127.0.0.3/32"]
[[trunk]]
id = "carrier"
peer = "udp:127.0.0.4:5060"
[[entry]]
id = "main"
dnis = "8000"
flow = "direct"
[[entry]]
id = "back"
dnis = "8001"
flow = "back"
[[queue]]
id = "billing"
offer_timeout_s = 10
wrap_up_s = 0
[[agent]]
id = "li.wei"
phone = "sip:li.wei@127.0.0.3:5060"
queues = ["billing"]
[flow.direct]
start = "line"
[flow.direct.node.line]
type = "enqueue"
queue = "billing"
[flow.back]
start = "book"
[flow.back.node.book]
type = "callback"
queue = "billing"
booked = "done"
refused = "line"
[flow.back.node.done]
type = "hangup"
[flow.back.node.line]
type = "enqueue"
queue = "billing"
"#;

fn offer() -> CallbackOffer {
    let rules = CallbackRules {
        attempts: 2,
        pause: Duration::from_secs(300),
        ring: Duration::from_secs(20),
        ..CallbackRules::default()
    };
    CallbackOffer { rules, min_wait: Duration::ZERO, ..CallbackOffer::default() }
}

fn order(number: &str) -> CallbackOrder {
    CallbackOrder {
        queue: "billing".parse().unwrap(),
        number: Dnis::new(number),
        from: None,
        age_ms: 0,
        priority: Priority(0),
        requirement: None,
        language: Some(Language::EN),
        at: None,
        agent: None,
    }
}

fn centre_with(offer: CallbackOffer) -> Bench {
    let mut bench = Bench::with(CENTRE, 50);
    bench.board.rules.dial_trunk = Some("carrier".parse().unwrap());
    bench.board.rules.callbacks.insert("billing".parse().unwrap(), offer);
    bench
}

fn centre() -> Bench {
    centre_with(offer())
}

impl Bench {
    pub(super) fn agent_wish(&mut self, wish: Wish) -> Result<(), CommandError> {
        let agent = Some("li.wei".parse().unwrap());
        let effects = self.tell(Input::Wish { ticket: 9, agent, wish: Box::new(wish) });
        let reply = effects.iter().find_map(|effect| match effect {
            Effect::Replied { ticket: 9, result } => Some(*result),
            _ => None,
        });
        reply.expect("every wish is answered")
    }

    fn staffed(mut self) -> Self {
        assert_eq!(self.agent_wish(Wish::SignIn), Ok(()));
        assert_eq!(self.agent_wish(Wish::Ready), Ok(()));
        self
    }

    /// Books a call back and has it kept.
    fn book(&mut self, order: CallbackOrder) -> ContactId {
        assert_eq!(self.steer(Wish::RequestCallback(Box::new(order))), Ok(()));
        let contact = self.contact();
        self.tell(Input::Stored(contact));
        contact
    }

    fn language(&self, contact: ContactId) -> Language {
        self.board.calls[&contact].call.language()
    }

    fn callback(&self, contact: ContactId) -> Option<CallbackState> {
        self.board.calls.get(&contact).and_then(|live| live.call.callback_state())
    }

    pub(super) fn events_of(&self, contact: ContactId) -> Vec<&ContactEventKind> {
        let of = |effect: &'_ Effect| matches!(effect, Effect::Store(event) if event.contact == contact);
        let kinds = self.log.iter().filter(|effect| of(effect));
        kinds.filter_map(|effect| if let Effect::Store(event) = effect { Some(&event.kind) } else { None }).collect()
    }

    /// The newest INVITE is answered by the party at this address.
    fn reply(&mut self, from: &str, status: &str) {
        let invite = self.sent("INVITE").expect("somebody is rung");
        let (kind, body) = if status.starts_with('2') { ("application/sdp", SDP) } else { ("text/plain", "") };
        let reply = format!(
            "SIP/2.0 {status}\r\n{}\r\n{}\r\n{};tag=there\r\n{}\r\n{}\r\nContact: <sip:there@{from}>\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            line(&invite, "Via:"),
            line(&invite, "From:"),
            line(&invite, "To:"),
            line(&invite, "Call-ID:"),
            line(&invite, "CSeq:"),
            body.len()
        );
        self.receive(from, &reply);
    }

    pub(super) fn outcome(&self, contact: ContactId) -> Option<Outcome> {
        self.events_of(contact).into_iter().find_map(|kind| match kind {
            ContactEventKind::Closed { outcome, .. } => Some(*outcome),
            _ => None,
        })
    }

    fn rung(&self, at: &str) -> usize {
        let to = |text: &String| text.starts_with("INVITE") && text.contains(at);
        self.log.iter().filter_map(text).filter(to).count()
    }
}

#[test]
fn the_agent_is_rung_first_and_then_the_customer_and_both_are_joined() {
    let mut bench = centre().staffed();
    let contact = bench.book(order("+49301234567"));
    assert_eq!(bench.callback(contact), Some(CallbackState::Trying), "an agent is free");
    bench.opened();
    assert_eq!((bench.rung("sip:li.wei@"), bench.rung("+49301234567@127.0.0.4")), (1, 0));
    bench.reply(AGENT, "200 OK");
    bench.opened();
    assert_eq!(bench.rung("+49301234567@127.0.0.4"), 1);
    assert!(!bench.log.iter().any(joins));
    bench.reply(CARRIER, "200 OK");
    assert_eq!(bench.callback(contact), Some(CallbackState::Talking));
    assert!(bench.log.iter().any(joins));
    assert_eq!(bench.agent_wish(Wish::HangUp(contact)), Ok(()));
    assert_eq!(bench.outcome(contact), Some(Outcome::Answered));
    bench.tell(Input::Recorded {
        recording: bench.board.directory.recordings.keys().next().copied().unwrap(),
        finished: None,
    });
    assert_eq!(bench.board.calls(), 0, "nothing is left");
}

#[test]
fn in_customer_first_mode_the_agent_is_kept_free_and_rung_when_the_customer_has_answered() {
    let rules = CallbackRules { mode: CallbackMode::CustomerFirst, ..offer().rules };
    let mut bench = centre_with(CallbackOffer { rules, ..offer() }).staffed();
    let contact = bench.book(order("+49301234567"));
    bench.opened();
    assert_eq!((bench.rung("sip:li.wei@"), bench.rung("+49301234567@127.0.0.4")), (0, 1));
    bench.pass(Duration::from_secs(15));
    assert!(
        matches!(bench.board.agent_state("li.wei".parse().unwrap()), Some(AgentState::Reserved(_))),
        "longer than an offer lasts"
    );
    bench.reply(CARRIER, "200 OK");
    bench.opened();
    assert_eq!(bench.rung("sip:li.wei@"), 1);
    bench.reply(AGENT, "200 OK");
    assert_eq!(bench.callback(contact), Some(CallbackState::Talking));
    assert!(bench.log.iter().any(joins));
}

#[test]
fn a_customer_first_customer_who_does_not_answer_costs_the_agent_nothing() {
    let rules = CallbackRules { mode: CallbackMode::CustomerFirst, ..offer().rules };
    let mut bench = centre_with(CallbackOffer { rules, ..offer() }).staffed();
    let contact = bench.book(order("+49301234567"));
    bench.opened();
    bench.pass(Duration::from_secs(21));
    assert_eq!(bench.callback(contact), Some(CallbackState::Scheduled));
    assert_eq!(bench.board.agent_state("li.wei".parse().unwrap()), Some(AgentState::Ready));
    assert!(bench.events_of(contact).contains(&&ContactEventKind::CallbackMissed {
        attempt: 1,
        cause: Cause::NoAnswer,
        again_ms: Some(300_000)
    }));
}

#[test]
fn a_busy_customer_is_called_again_after_the_pause_and_so_often_as_the_queue_says() {
    let mut bench = centre().staffed();
    let contact = bench.book(order("+49301234567"));
    for attempt in 1..=2 {
        bench.opened();
        bench.reply(AGENT, "200 OK");
        bench.opened();
        assert_eq!(bench.rung("+49301234567@127.0.0.4"), attempt);
        bench.reply(CARRIER, "486 Busy Here");
        if attempt == 1 {
            assert_eq!(bench.callback(contact), Some(CallbackState::Scheduled));
            bench.pass(Duration::from_secs(299));
            assert_eq!(bench.rung("sip:li.wei@"), 1, "not before the pause is over");
            bench.pass(Duration::from_secs(2));
        }
    }
    assert_eq!(bench.outcome(contact), Some(Outcome::Unanswered));
    assert_eq!(bench.board.agent_state("li.wei".parse().unwrap()), Some(AgentState::Ready));
    bench.pass(Duration::from_secs(3_600));
    assert_eq!(bench.board.calls(), 0);
}

#[test]
fn a_machine_that_answered_is_no_talk_and_the_agent_has_the_customer_called_later() {
    let mut bench = centre().staffed();
    let contact = bench.book(order("+49301234567"));
    assert_eq!(bench.agent_wish(Wish::CallAgainLater(contact)), Err(CommandError::WrongState), "nobody is on the line");
    bench.opened();
    bench.reply(AGENT, "200 OK");
    bench.opened();
    bench.reply(CARRIER, "200 OK");
    assert_eq!(bench.agent_wish(Wish::CallAgainLater(contact)), Ok(()));
    assert_eq!(bench.callback(contact), Some(CallbackState::Scheduled));
    assert_eq!(bench.outcome(contact), None);
}

#[test]
fn a_caller_who_books_keeps_the_age_in_the_line_and_leaves_it() {
    let mut bench = centre().staffed();
    assert_eq!(bench.agent_wish(Wish::NotReady("lunch".parse().unwrap())), Err(CommandError::UnknownReason));
    bench.call("busy");
    bench.opened();
    bench.reply(AGENT, "200 OK");
    bench.pass(Duration::from_secs(30));
    bench.receive(CALLER, &invite("booker", "8001"));
    bench.opened();
    let caller = bench.contact();
    bench.tell(Input::Stored(caller));
    bench.acknowledge("booker");
    let callback = bench.contact();
    assert_ne!(caller, callback);
    assert!(
        !bench
            .events()
            .iter()
            .any(|kind| matches!(kind, ContactEventKind::NodeEntered { node } if node.as_str() == "done"))
    );
    bench.tell(Input::Stored(callback));
    assert!(
        bench
            .events()
            .iter()
            .any(|kind| matches!(kind, ContactEventKind::NodeEntered { node } if node.as_str() == "done")),
        "promised when it is kept"
    );
    assert_eq!(bench.outcome(caller), Some(Outcome::Callback));
    assert_eq!(bench.callback(callback), Some(CallbackState::InLine), "nobody calls while the customer is on the line");
}

#[test]
fn whoever_called_later_is_served_later_than_a_call_back_that_was_booked_before() {
    let mut bench = centre();
    let first = bench.book(order("+49301111111"));
    bench.pass(Duration::from_secs(10));
    bench.call("live");
    let live = bench.contact();
    bench.pass(Duration::from_secs(10));
    let last = bench.book(order("+49302222222"));
    let mut bench = bench.staffed();
    assert_eq!(bench.callback(first), Some(CallbackState::Trying));
    bench.opened();
    bench.reply(AGENT, "200 OK");
    bench.opened();
    bench.reply(CARRIER, "486 Busy Here");
    let offered = |bench: &Bench, contact| {
        bench.events_of(contact).iter().any(|kind| matches!(kind, ContactEventKind::Offered { .. }))
    };
    assert!(offered(&bench, live) && !offered(&bench, last));
}

#[test]
fn a_customer_who_rings_in_is_not_called_meanwhile_and_no_more_once_reached() {
    let mut bench = centre();
    let callback = bench.book(order("+4930"));
    assert_eq!(bench.callback(callback), Some(CallbackState::InLine));
    bench.pass(Duration::from_secs(60));
    bench.call("a");
    let caller = bench.contact();
    assert_eq!(bench.callback(callback), Some(CallbackState::Suspended));
    bench.hang_up("a");
    assert_eq!(bench.outcome(caller), Some(Outcome::Abandoned));
    assert_eq!(bench.callback(callback), Some(CallbackState::InLine), "the place is as it was");
    bench.call("b");
    let since = bench.board.calls[&bench.contact()].call.pop().queued;
    assert_eq!(since, bench.board.calls[&callback].call.pop().queued, "the call stands where the call back stood");
    let mut bench = bench.staffed();
    bench.opened();
    bench.reply(AGENT, "200 OK");
    assert!(bench.events_of(callback).contains(&&ContactEventKind::CallbackCancelled { why: CallbackCancel::Reached }));
    assert_eq!(bench.outcome(callback), Some(Outcome::Cancelled));
    assert_eq!(bench.rung("127.0.0.4"), 0);
}

#[test]
fn a_number_is_booked_once_and_never_dialled_twice_at_once() {
    let mut bench = centre().staffed();
    let contact = bench.book(order("+49301234567"));
    assert_eq!(bench.steer(Wish::RequestCallback(Box::new(order("030 1234567".replace(' ', "").as_str())))), Ok(()));
    assert_eq!(bench.contact(), contact, "the first stands");
    bench.opened();
    bench.reply(AGENT, "200 OK");
    bench.opened();
    assert_eq!(bench.agent_wish(Wish::Dial(Dnis::new("+49301234567"))), Err(CommandError::NumberInUse));
    assert_eq!(bench.rung("+49301234567@127.0.0.4"), 1);
}

#[test]
fn one_for_a_time_waits_for_it_and_takes_the_place_of_one_without() {
    let mut bench = centre().staffed();
    bench.agent_wish(Wish::SignOut).unwrap();
    let before = bench.book(order("+49301234567"));
    let agreed = CallbackOrder { at: Some(WallTime::from_micros(3_600_000_000)), ..order("+49301234567") };
    let contact = bench.book(CallbackOrder { agent: Some("li.wei".parse().unwrap()), ..agreed });
    assert_eq!(bench.outcome(before), Some(Outcome::Cancelled));
    let mut bench = bench.staffed();
    bench.pass(Duration::from_secs(3_599));
    assert_eq!(bench.callback(contact), Some(CallbackState::Scheduled));
    bench.pass(Duration::from_secs(2));
    assert_eq!(bench.callback(contact), Some(CallbackState::Trying));
}

#[test]
fn one_that_is_withdrawn_is_gone_and_its_phones_stop_ringing() {
    let mut bench = centre().staffed();
    let contact = bench.book(order("+49301234567"));
    bench.opened();
    assert_eq!(bench.steer(Wish::CancelCallback(contact)), Ok(()));
    assert_eq!(bench.outcome(contact), Some(Outcome::Cancelled));
    assert_eq!(bench.board.agent_state("li.wei".parse().unwrap()), Some(AgentState::Ready));
    assert_eq!(bench.steer(Wish::CancelCallback(contact)), Err(CommandError::UnknownContact));
}

#[test]
fn a_restart_takes_a_call_back_up_again_at_its_age_with_its_attempts() {
    let mut bench = centre().staffed();
    let contact = bench.book(CallbackOrder { age_ms: 5_000, ..order("+49301234567") });
    bench.opened();
    bench.reply(AGENT, "200 OK");
    bench.opened();
    bench.pass(Duration::from_secs(1));
    let past = bench.log.iter().filter_map(|effect| match effect {
        Effect::Store(event) if event.contact == contact => {
            Some((event.seq, WallTime::from_micros(0).at(event.at), event.kind.clone()))
        }
        _ => None,
    });
    let past = vec![(contact, past.collect::<Vec<_>>())];
    let last = past[0].1.last().unwrap().0;

    let mut after = centre();
    after.board.wall_at_start = WallTime::from_micros(-100_000_000);
    after.now = Instant::from_millis(110_000);
    let mut out = Vec::new();
    after.board.restore(after.now, past, &mut out);
    after.log.extend(out);
    assert!(
        matches!(after.log[0], Effect::Store(ref event) if event.seq == last + 1 && event.kind == ContactEventKind::Restored)
    );
    let pop = after.board.calls[&contact].call.pop();
    assert_eq!(pop.queued, Some(Instant::from_millis(95_000)), "100 s of clock before, less an age of 5 s");
    assert_eq!(after.board.calls[&contact].call.callback_order().map(|(_, attempts, _)| attempts), Some(1));
    let mut after = after.staffed();
    after.pass(Duration::from_secs(55));
    assert_eq!(after.callback(contact), Some(CallbackState::Trying), "called again when the quarantine is over");
}

#[test]
fn none_is_offered_while_live_callers_alone_keep_all_agents_busy() {
    let mut bench = centre().staffed();
    let queue = "billing".parse().unwrap();
    let offered = |bench: &Bench| bench.board.offers_callback(bench.now, queue) == Some(Ok(()));
    assert!(offered(&bench));
    // A talk of 600 s is what a contact takes here; from then on one call in a minute is ten times too much.
    bench.call("long");
    bench.opened();
    bench.reply(AGENT, "200 OK");
    bench.pass(Duration::from_secs(600));
    bench.hang_up("long");
    assert!(offered(&bench), "one caller in ten minutes is work for one agent");
    for n in 0..10 {
        bench.pass(Duration::from_secs(60));
        bench.call(&format!("c{n}"));
    }
    assert!(!offered(&bench));
}

#[test]
fn none_is_offered_where_the_queue_does_not_or_nobody_serves_it() {
    let mut bench = centre();
    let queue = "billing".parse().unwrap();
    assert_eq!(bench.board.offers_callback(bench.now, queue), Some(Err(CallbackRefusal::NoAgents)));
    bench = bench.staffed();
    assert_eq!(bench.board.offers_callback(bench.now, queue), Some(Ok(())));
    bench.board.rules.callbacks.get_mut(&queue).unwrap().min_wait = Duration::from_secs(60);
    let short = Some(Err(CallbackRefusal::ShortWait));
    assert_eq!(bench.board.offers_callback(bench.now, queue), short, "no such wait is expected");
    bench.board.rules.callbacks.clear();
    assert_eq!(bench.board.offers_callback(bench.now, queue), None);
}

#[test]
fn a_call_back_that_a_person_asks_for_is_in_the_language_named_or_the_customers_or_the_centres() {
    let customer = Box::new(Customer {
        id: domain::CustomerId::new(1),
        name: domain::Redacted::from("Li"),
        company: String::new(),
        tier: String::new(),
        account: String::new(),
        language: Some(Language::ZH),
        notes: String::new(),
        contact_points: Vec::new(),
        last_contacts: Vec::new(),
        contacts_7d: 0,
        contacts_total: 0,
    });
    let french: Language = "fr".parse().unwrap();
    for (named, then, found) in [(Some(french), french, french), (None, Language::EN, Language::ZH)] {
        let mut bench = centre();
        let contact = bench.book(CallbackOrder { language: named, ..order("0301234567") });
        assert_eq!(bench.language(contact), then);
        let customer = Some(customer.clone());
        bench.tell(Input::Found { contact, asker: crate::api::Asker::Arrival, customer });
        assert_eq!(bench.language(contact), found);
    }
}
