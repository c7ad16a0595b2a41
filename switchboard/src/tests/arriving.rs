//! Sentences about callers before their flow begins.

use super::*;
use domain::{Cause, EndedBy, Outcome};

#[test]
fn a_caller_whose_contact_is_not_kept_in_time_is_asked_to_try_again_and_the_history_says_so() {
    let mut bench = Bench::new(10);
    bench.receive(CALLER, &invite("a", "8000"));
    bench.opened();
    bench.pass(Duration::from_secs(4));
    assert!(bench.sent("SIP/2.0 503").is_none());
    bench.pass(Duration::from_secs(1));
    let refusal = bench.sent("SIP/2.0 503").expect("refused");
    assert_eq!(line(&refusal, "Retry-After:"), "Retry-After: 5");
    let contact = bench.contact();
    let left = ContactEventKind::CustomerLeft { by: EndedBy::System, cause: Cause::Overload };
    assert!(bench.events_of(contact).contains(&&left));
    assert_eq!(bench.outcome(contact), Some(Outcome::Rejected));
    // It is kept at last: too late for the caller.
    bench.tell(Input::Stored(contact));
    assert!(bench.sent("SIP/2.0 200").is_none());
    assert_eq!(bench.board.calls(), 0);
}

#[test]
fn a_caller_who_gives_up_before_the_answer_is_no_caller_whom_the_flow_served() {
    let mut bench = Bench::new(10);
    bench.receive(CALLER, &invite("a", "8000"));
    bench.opened();
    let contact = bench.contact();
    let cancel = invite("a", "8000").replacen("INVITE", "CANCEL", 1).replacen("CSeq: 1 INVITE", "CSeq: 1 CANCEL", 1);
    bench.receive(CALLER, &cancel);
    assert!(bench.sent("SIP/2.0 487").is_some());
    assert_eq!(bench.outcome(contact), Some(Outcome::Cancelled));
    assert!(!bench.events_of(contact).iter().any(|kind| matches!(kind, ContactEventKind::NodeEntered { .. })));
}
