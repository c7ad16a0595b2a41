//! OPTIONS by which we learn whether trunks and phones are there.

use super::registration::{PHONE, prove, register, registered, registered_in_a_browser_too};
use super::*;
use crate::api::{KeepAlive, Reason};
use domain::{Cause, TrunkId};

fn trunk() -> TrunkId {
    "pstn".parse().unwrap()
}

fn asking(trunks: Option<u64>, phones: Option<u64>) -> Bench {
    let mut setup = setup(US);
    let every = |seconds: Option<u64>| seconds.map(Duration::from_secs);
    setup.policy.keep_alive = KeepAlive { trunks: every(trunks), phones: every(phones), ..KeepAlive::default() };
    Bench::with(setup)
}

fn answer_last(bench: &mut Bench, source: Source, code: u16) {
    let options = bench.last_request("OPTIONS");
    bench.respond(source, answer_to(&options, code, "o", None));
}

#[test]
fn nobody_is_asked_unless_the_setup_says_so() {
    let mut bench = Bench::new();
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    bench.pass(Duration::from_secs(3_000));
    assert_eq!(bench.lines(), Vec::<String>::new());
}

#[test]
fn a_trunk_is_asked_at_once_and_then_in_intervals_and_any_answer_says_that_it_is_there() {
    for code in [200, 404, 405, 401, 486] {
        let mut bench = asking(Some(30), None);
        assert_eq!(bench.endpoint.deadline(), Some((Instant::ZERO, Reason::KeepAlive)));
        bench.pass(Duration::ZERO);
        let options = bench.last_request("OPTIONS");
        assert_eq!(options.uri.to_string(), "sip:10.0.0.2:5060");
        assert_eq!(bench.sent[0].1, Destination::Udp(address(GATEWAY)));
        answer_last(&mut bench, udp(GATEWAY), code);
        assert_eq!(bench.told(), [Effect::TrunkUp { trunk: trunk() }]);
        bench.sent.clear();
        bench.pass(Duration::from_millis(29_999));
        assert_eq!(bench.lines(), Vec::<String>::new());
        bench.pass(Duration::from_millis(1));
        assert_ne!(bench.last_request("OPTIONS").headers.call_id(), options.headers.call_id());
        answer_last(&mut bench, udp(GATEWAY), code);
        assert_eq!(bench.told(), []);
    }
}

#[test]
fn a_silent_trunk_is_asked_again_at_once_and_is_down_after_the_second_failure_until_it_answers() {
    let mut bench = asking(Some(30), None);
    bench.pass(Duration::ZERO);
    answer_last(&mut bench, udp(GATEWAY), 200);
    bench.told.clear();
    bench.pass(Duration::from_millis(37_999));
    assert_eq!(bench.told(), [], "asked at 30 s and at 34 s");
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.told(), [Effect::TrunkDown { trunk: trunk() }]);
    bench.sent.clear();
    bench.pass(Duration::from_secs(26));
    assert_eq!(bench.now, Instant::from_millis(64_000));
    answer_last(&mut bench, udp(GATEWAY), 200);
    assert_eq!(bench.told(), [Effect::TrunkUp { trunk: trunk() }]);
}

#[test]
fn a_trunk_whose_own_next_hop_is_gone_counts_as_silent() {
    let mut bench = asking(Some(30), None);
    bench.pass(Duration::ZERO);
    answer_last(&mut bench, udp(GATEWAY), 503);
    bench.pass(Duration::ZERO);
    answer_last(&mut bench, udp(GATEWAY), 408);
    assert_eq!(bench.told(), [Effect::TrunkDown { trunk: trunk() }]);
}

#[test]
fn a_trunk_to_which_nothing_can_be_sent_is_down_at_once() {
    let mut bench = asking(Some(30), None);
    bench.pass(Duration::ZERO);
    bench.fact(Fact::SendFailed(Destination::Udp(address(GATEWAY))));
    assert_eq!(bench.told(), [Effect::TrunkDown { trunk: trunk() }]);
}

#[test]
fn a_phone_is_asked_where_it_was_seen_and_is_unreachable_when_it_does_not_answer() {
    let mut bench = asking(None, Some(20));
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    bench.told.clear();
    bench.pass(Duration::from_secs(20));
    let options = bench.last_request("OPTIONS");
    assert_eq!(options.uri.to_string(), "sip:anna@192.168.1.5");
    assert_eq!(bench.sent[0].1, Destination::Udp(address(PHONE)));
    assert!((16_000..=20_000).contains(&bench.sent[0].0.as_millis()), "not all phones at once");
    bench.sent.truncate(1);
    bench.respond(udp(PHONE), answer_to(&options, 405, "p", None));
    assert_eq!(bench.told(), []);
    // Then it goes away: the next question comes 20 s later, and it has 4 s to answer.
    let asked = bench.sent[0].0;
    bench.pass((asked + Duration::from_millis(23_999)).since(bench.now));
    assert_eq!(bench.told(), []);
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.told(), [Effect::Unreachable { user: "anna".to_owned() }]);
}

#[test]
fn a_phone_that_went_away_is_not_called_until_it_answers_or_registers_again() {
    for by_registration in [false, true] {
        let mut bench = asking(None, Some(20));
        registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
        bench.told.clear();
        bench.pass(Duration::from_secs(24));
        assert_eq!(bench.told(), [Effect::Unreachable { user: "anna".to_owned() }]);
        assert!(bench.endpoint.is_registered("anna"));
        bench.command(invite_to(Target::Registered("anna".to_owned())));
        assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: None }]);
        if by_registration {
            bench.receive(udp(PHONE), &register(8, "<sip:anna@192.168.1.5>", "", ""));
            let proof = prove(&bench, "anna", "MD5");
            bench.receive(udp(PHONE), &register(9, "<sip:anna@192.168.1.5>", &proof, ""));
        } else {
            bench.pass(Duration::from_secs(16));
            answer_last(&mut bench, udp(PHONE), 200);
        }
        assert_eq!(bench.told(), [Effect::Reachable { user: "anna".to_owned(), transport: Transport::Udp }]);
        bench.command(invite_to(Target::Registered("anna".to_owned())));
        bench.last_request("INVITE");
    }
}

#[test]
fn an_answer_that_comes_late_still_counts() {
    let mut bench = asking(None, Some(20));
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    bench.told.clear();
    bench.pass(Duration::from_secs(24));
    answer_last(&mut bench, udp(PHONE), 200);
    let unreachable = Effect::Unreachable { user: "anna".to_owned() };
    assert_eq!(bench.told(), [unreachable, Effect::Reachable { user: "anna".to_owned(), transport: Transport::Udp }]);
}

#[test]
fn of_two_phones_the_last_that_answers_keeps_the_user_reachable() {
    let mut bench = asking(None, Some(20));
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    registered_in_a_browser_too(&mut bench);
    bench.told.clear();
    bench.fact(Fact::SendFailed(Destination::Udp(address(PHONE))));
    assert_eq!(bench.told(), [], "the browser is there");
    bench.sent.clear();
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    assert_eq!(bench.sent.len(), 1, "only it is called");
    bench.told.clear();
    // The connection closes: told at once, and so is what is left.
    bench.fact(Fact::FlowClosed(FlowId(3)));
    let told = bench.told();
    assert_eq!(told.first(), Some(&Effect::Unreachable { user: "anna".to_owned() }));
    assert!(bench.endpoint.is_registered("anna"));
}

#[test]
fn a_closed_connection_is_told_at_once_and_asked_no_more() {
    let mut bench = asking(None, Some(20));
    registered(&mut bench, websocket(3), "<sip:x9@abc.invalid;transport=ws>");
    bench.told.clear();
    bench.fact(Fact::FlowClosed(FlowId(3)));
    assert_eq!(bench.told(), [Effect::Unregistered { user: "anna".to_owned() }]);
    bench.pass(Duration::from_secs(100));
    assert_eq!(bench.lines(), Vec::<String>::new());
    assert_eq!(bench.told(), []);
}

#[test]
fn a_browser_that_is_silent_on_an_open_connection_is_unreachable() {
    let mut bench = asking(None, Some(20));
    registered(&mut bench, websocket(3), "<sip:x9@abc.invalid;transport=ws>");
    bench.told.clear();
    bench.pass(Duration::from_secs(24));
    assert_eq!(bench.lines(), ["OPTIONS"], "a connection repeats nothing");
    assert_eq!(bench.told(), [Effect::Unreachable { user: "anna".to_owned() }]);
}
