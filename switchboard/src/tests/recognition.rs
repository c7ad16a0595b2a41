//! Sentences about callers who called before, and those who may not call.

use super::*;
use crate::api::Recognition;
use domain::Outcome;

fn bench() -> Bench {
    let flow = "[[entry]]\nid = \"no\"\ndnis = \"8009\"\nflow = \"sorry\"\n[flow.sorry]\nstart = \"bye\"\n\
                [flow.sorry.node.bye]\ntype = \"hangup\"\n";
    let mut bench = Bench::with(&format!("{CONFIG}{flow}"), 10);
    bench.board.rules.recognition = Recognition {
        after_cut_off: Duration::from_secs(300),
        last_agent: Duration::from_secs(3_600),
        ..Recognition::default()
    };
    bench
}

/// Who was preferred when the newest contact came to the line.
fn asked(bench: &Bench) -> Option<(Option<domain::AgentId>, Option<Instant>)> {
    let live = bench.board.calls.get(&bench.contact())?;
    Some((bench.board.acd.sticky_of(bench.contact()), live.call.pop().queued))
}

impl Bench {
    fn customer_leg(&self) -> LegId {
        self.board.calls[&self.contact()].call.customer_leg()
    }

    /// Nothing is heard of the caller any more.
    fn cut(&mut self) {
        let leg = self.customer_leg();
        self.tell(Input::Media(Event::Silent { leg }));
    }

    fn rejected(&self) -> usize {
        let closed =
            |kind: &&ContactEventKind| matches!(kind, ContactEventKind::Closed { outcome: Outcome::Rejected, .. });
        self.events().into_iter().filter(closed).count()
    }
}

#[test]
fn one_who_was_cut_off_in_line_has_the_old_place_and_one_who_hung_up_has_not() {
    let mut bench = bench();
    bench.call("first");
    bench.opened();
    bench.agent_answers();
    bench.pass(Duration::from_secs(10));
    bench.call("cut");
    let since = bench.board.calls[&bench.contact()].call.pop().queued;
    bench.pass(Duration::from_secs(40));
    bench.cut();
    bench.pass(Duration::from_secs(60));
    bench.call("again");
    assert_eq!(asked(&bench).map(|(_, queued)| queued), Some(since));
    bench.hang_up("again");
    bench.call("later");
    assert_eq!(asked(&bench).map(|(_, queued)| queued), Some(Some(bench.now)));
}

#[test]
fn one_who_was_cut_off_in_talk_is_offered_to_the_same_agent_first() {
    let mut bench = bench();
    bench.board.rules.recognition.last_agent = Duration::ZERO;
    bench.call("talk");
    bench.opened();
    bench.agent_answers();
    bench.pass(Duration::from_secs(10));
    bench.cut();
    bench.call("other");
    assert_eq!(asked(&bench).map(|(agent, _)| agent), Some(Some("li.wei".parse().unwrap())));
}

#[test]
fn a_blocked_caller_is_declined_and_counted() {
    let mut bench = bench();
    bench.board.rules.recognition.blocked = vec!["+49*".to_owned()];
    bench.receive(CALLER, &invite("a", "8000"));
    assert!(bench.sent("SIP/2.0 603").is_some());
    assert_eq!(bench.rejected(), 1);
}

#[test]
fn a_blocked_caller_hears_the_flow_for_such_callers_and_no_other() {
    let mut bench = bench();
    bench.board.rules.recognition.blocked = vec!["+4930".to_owned()];
    bench.board.rules.recognition.blocked_flow = Some("sorry".parse().unwrap());
    bench.call("a");
    assert!(bench.sent("BYE").is_some(), "the flow hangs up");
    assert_eq!(bench.rejected(), 1);
    assert!(!bench.events().iter().any(|kind| matches!(kind, ContactEventKind::Queued { .. })));
}

#[test]
fn of_callers_for_whom_no_rule_will_ask_nothing_is_remembered() {
    let mut bench = bench();
    bench.board.rules.recognition.last_agent = Duration::ZERO;
    bench.call("first");
    bench.opened();
    bench.agent_answers();
    assert_eq!(format!("{:?}", bench.board.memory), "Memory { past: {}, order: [] }");
    bench.board.rules.recognition.last_agent = Duration::from_secs(60);
    bench.hang_up("first");
    bench.call("second");
    assert_eq!(asked(&bench).map(|(agent, _)| agent), Some(None));
}
