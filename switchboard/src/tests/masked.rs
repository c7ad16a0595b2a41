//! Sentences about digits that nobody is to see: every effect of a call with a masked entry is looked through for them.

use super::*;
use domain::TransferTarget;

/// Digits that stand in no id, time or port by chance: a valid number of a payment card, made for tests.
const CARD: &str = "4539578763621486";

const FLOW: &str = r#"
[[entry]]
id = "card"
dnis = "8003"
flow = "card"
[flow.card]
start = "ask"
[flow.card.node.ask]
type = "collect"
prompts = ["enter-card"]
variable = "card"
min = 12
max = 16
check = "luhn"
masked = true
exhausted = "bye"
next = "line"
[flow.card.node.line]
type = "enqueue"
queue = "billing"
closed = "bye"
[flow.card.node.bye]
type = "hangup"
prompts = ["goodbye"]
"#;

fn centre() -> Bench {
    Bench::with(&format!("{CONFIG}{FLOW}"), 10)
}

impl Bench {
    /// A caller comes to the flow that asks for a card; the leg.
    fn asked_for_a_card(&mut self) -> LegId {
        self.receive(CALLER, &invite("a", "8003"));
        let leg = self.opened();
        let contact = self.contact();
        self.tell(Input::Stored(contact));
        self.acknowledge("a");
        leg
    }

    fn key(&mut self, leg: LegId, digits: &str) {
        for digit in digits.chars() {
            self.tell(Input::Media(Event::Digit { leg, digit }));
        }
    }

    /// A digit by INFO.
    fn info(&mut self, number: usize, digit: char) {
        let ok = self.log.iter().filter_map(text).find(|text| text.starts_with("SIP/2.0 200")).expect("an answer");
        let body = format!("Signal={digit}\r\nDuration=100\r\n");
        let info = format!(
            "INFO sip:8000@{US} SIP/2.0\r\nVia: SIP/2.0/UDP {CALLER};branch=z9hG4bK-info-{number}\r\nMax-Forwards: 70\r\n\
             From: <sip:+4930@{CALLER}>;tag=a\r\n{}\r\nCall-ID: a\r\nCSeq: {} INFO\r\n\
             Content-Type: application/dtmf-relay\r\nContent-Length: {}\r\n\r\n{body}",
            line(&ok, "To:"),
            number + 2,
            body.len()
        );
        self.receive(CALLER, &info);
    }

    /// Everything that was wanted and told, as text.
    fn everything(&self) -> String {
        let desk = |effect: &Effect| match effect {
            Effect::Desk(event) => match &event.body {
                DeskBody::Offered(offer) => offer.pop.digits.iter().map(|(_, digits)| digits.0.clone()).collect(),
                DeskBody::Interaction(view) => view.pop.digits.iter().map(|(_, digits)| digits.0.clone()).collect(),
                _ => String::new(),
            },
            Effect::Store(event) => match &event.kind {
                ContactEventKind::DigitsCollected { digits, .. } => digits.0.clone(),
                _ => String::new(),
            },
            Effect::Send { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        };
        self.log.iter().map(|effect| format!("{effect:?} {}\n", desk(effect))).collect()
    }

    fn went_on(&self) -> bool {
        let line = |kind: &&&ContactEventKind| matches!(kind, ContactEventKind::NodeEntered { node } if node.as_str() == "line");
        self.events().iter().filter(line).count() == 1
    }
}

fn is_mute(effect: &Effect, of: LegId, on: bool) -> bool {
    matches!(effect, Effect::Media(Media::Mute { leg, muted }) if *leg == of && *muted == on)
}

#[test]
fn masked_digits_stand_in_no_effect_and_no_event_however_they_are_keyed() {
    for by_info in [false, true] {
        let mut bench = centre();
        let leg = bench.asked_for_a_card();
        if by_info {
            CARD.chars().enumerate().for_each(|(number, digit)| bench.info(number, digit));
        } else {
            bench.key(leg, CARD);
        }
        assert!(bench.went_on(), "the entry was taken");
        bench.opened();
        assert!(bench.agent_answers().iter().any(joins));
        bench.pass(Duration::from_secs(5));
        bench.hang_up("a");
        bench.pass(Duration::from_secs(60));
        let told = bench.everything();
        for part in [CARD, &CARD[..6], &CARD[6..12], &CARD[10..]] {
            assert!(!told.contains(part), "{part} by {}", if by_info { "INFO" } else { "RFC 4733" });
        }
        assert!(!bench.events().iter().any(|kind| matches!(kind, ContactEventKind::DigitsCollected { .. })));
    }
}

#[test]
fn the_callers_leg_is_masked_before_the_question_and_until_two_seconds_after_the_entry() {
    let mut bench = centre();
    let leg = bench.asked_for_a_card();
    let muted = bench.place(|effect| is_mute(effect, leg, true)).expect("it is masked");
    let asked = bench.place(|effect| matches!(effect, Effect::Media(Media::Play { .. }))).expect("it is asked");
    assert!(muted < asked);
    bench.key(leg, CARD);
    bench.pass(Duration::from_millis(1_900));
    assert_eq!(bench.place(|effect| is_mute(effect, leg, false)), None);
    bench.pass(Duration::from_millis(200));
    assert!(bench.place(|effect| is_mute(effect, leg, false)).is_some());
    let stretch: Vec<&str> =
        bench.events().iter().map(|kind| kind.as_str()).filter(|word| word.starts_with("masking")).collect();
    assert_eq!(stretch, ["masking_started", "masking_ended"]);
}

#[test]
fn a_recording_that_runs_on_from_a_talk_is_silent_while_the_caller_keys_a_card() {
    let keys = "keys = { 1 = \"ask\" }\nclosed = \"bye\"\n[flow.card.node.bye]";
    let flow =
        FLOW.replace("closed = \"bye\"\n[flow.card.node.bye]", keys).replace("start = \"ask\"", "start = \"line\"");
    let mut bench = Bench::with(&format!("{CONFIG}{flow}"), 10);
    let leg = bench.asked_for_a_card();
    let contact = bench.contact();
    bench.opened();
    assert!(bench.agent_answers().iter().any(joins));
    let back = TransferTarget::Queue("billing".parse().unwrap());
    assert_eq!(bench.agent_wish(Wish::Transfer(contact, back)), Ok(()));
    bench.key(leg, &format!("1{CARD}"));
    bench.pass(Duration::from_secs(3));
    let pauses: Vec<bool> = bench
        .log
        .iter()
        .filter_map(|effect| match effect {
            Effect::Media(Media::PauseRecording { paused, .. }) => Some(*paused),
            _ => None,
        })
        .collect();
    assert_eq!(pauses, [true, false]);
    let masked = |kind: &&&ContactEventKind| matches!(kind, ContactEventKind::MaskingStarted { recording: Some(_) });
    assert_eq!(bench.events().iter().filter(masked).count(), 1);
    assert!(!bench.everything().contains(&CARD[..6]));
}

/// A centre whose agents may lend the customer to a flow that asks for a card.
fn lending() -> Bench {
    let flow = r#"[flow.card]
start = "ask"
[flow.card.node.ask]
type = "collect"
prompts = ["enter-card"]
variable = "card"
min = 12
max = 19
check = "luhn"
masked = true
exhausted = "sorry"
next = "thanks"
[flow.card.node.thanks]
type = "return"
[flow.card.node.sorry]
type = "hangup"
prompts = ["sorry"]
"#;
    let text = CONFIG.replace("offer_timeout_s = 10\n", "offer_timeout_s = 10\nsecure_entry = \"card\"\n");
    Bench::with(&format!("{text}{flow}"), 10)
}

fn entry(bench: &Bench, contact: ContactId) -> Option<domain::SecureEntry> {
    bench.board.calls[&contact].call.view_for("li.wei".parse().unwrap()).and_then(|view| view.secure_entry)
}

#[test]
fn an_agent_lends_the_customer_who_keys_a_card_and_comes_back() {
    let mut bench = lending();
    bench.call("a");
    let contact = bench.contact();
    bench.opened();
    assert!(bench.agent_answers().iter().any(joins));
    let leg = bench.board.calls[&contact].call.customer_leg();
    assert_eq!(bench.agent_wish(Wish::SecureEntry(contact)), Ok(()));
    assert!(bench.place(|effect| is_mute(effect, leg, true)).is_some(), "the first node is a masked one");
    let parted = |effect: &Effect| matches!(effect, Effect::Media(Media::Unbridge { leg: of }) if *of == leg);
    assert!(bench.place(parted).is_some());
    bench.key(leg, &format!("{CARD}#"));
    assert_eq!(entry(&bench, contact), Some(domain::SecureEntry::Done));
    let bridges = bench.log.iter().filter(|effect| matches!(effect, Effect::Media(Media::Bridge { .. }))).count();
    assert_eq!(bridges, 2, "they talk again");
    bench.pass(Duration::from_secs(3));
    assert!(bench.place(|effect| is_mute(effect, leg, false)).is_some());
    assert!(bench.board.calls[&contact].run.is_some(), "the flow of the line is where it was");
    let words: Vec<&str> = bench.events().iter().map(|kind| kind.as_str()).collect();
    let of_entry = |word: &&&str| word.starts_with("masking") || word.starts_with("secure") || **word == "node_entered";
    let of_entry: Vec<&str> = words.iter().filter(of_entry).copied().collect();
    let masked = ["secure_entry_started", "node_entered", "masking_started", "node_entered", "secure_entry_ended"];
    assert_eq!(of_entry[1..], [&masked[..], &["masking_ended"]].concat(), "after the node that queued");
    bench.hang_up("a");
    assert!(!bench.everything().contains(&CARD[..6]) && !bench.everything().contains(&CARD[6..12]));
}

#[test]
fn a_customer_who_keys_no_card_comes_back_all_the_same() {
    let mut bench = lending();
    bench.call("a");
    let contact = bench.contact();
    bench.opened();
    bench.agent_answers();
    assert_eq!(bench.agent_wish(Wish::SecureEntry(contact)), Ok(()));
    // Three times the question, each counted as over when nobody reports its end, the time after it, and the farewell.
    bench.pass(Duration::from_secs(1_300));
    assert_eq!(entry(&bench, contact), Some(domain::SecureEntry::Failed));
    assert!(bench.sent("BYE").is_none());
}
