//! Our registration with carriers.

use super::*;
use crate::api::{Reason, TrunkRegistration};
use crate::message::Method;
use domain::TrunkId;

fn bench() -> Bench {
    let mut setup = setup(US);
    setup.trunks[0].registration =
        Some(TrunkRegistration { aor: "sip:4930123@carrier.example".to_owned(), expires_s: 3_600 });
    Bench::with(setup)
}

fn trunk() -> TrunkId {
    "pstn".parse().unwrap()
}

fn ok(register: &Request, expires: Option<&str>) -> Response {
    let mut response = Response::to(register, 200, "");
    response.add_to_tag("reg");
    let contact = register.headers.first(&HeaderName::Contact).unwrap();
    response.headers.push(HeaderName::Contact, "<sip:4930123@203.0.113.7:5060>;expires=17");
    let expires = expires.map(|seconds| format!(";expires={seconds}")).unwrap_or_default();
    response.headers.push(HeaderName::Contact, format!("{contact}{expires}"));
    response
}

fn challenge(register: &Request, nonce: &str, stale: bool) -> Response {
    let mut response = Response::to(register, 401, "");
    let stale = if stale { ",stale=true" } else { "" };
    let value = format!("Digest realm=\"carrier\",nonce=\"{nonce}\",qop=\"auth\",algorithm=MD5{stale}");
    response.headers.push(HeaderName::WwwAuthenticate, value);
    response
}

/// The last REGISTER, and when it was sent.
fn last(bench: &Bench) -> (u64, Request) {
    let at = bench.sent.iter().rev().find(|(_, _, message)| line(message) == "REGISTER").expect("a REGISTER").0;
    (at.as_millis(), bench.last_request("REGISTER"))
}

#[test]
fn we_register_at_once_answer_the_challenge_and_refresh_at_80_to_90_per_cent_of_what_is_granted() {
    let mut bench = bench();
    assert_eq!(bench.endpoint.deadline(), Some((Instant::ZERO, Reason::Registration)));
    bench.pass(Duration::ZERO);
    let first = bench.last_request("REGISTER");
    assert_eq!(bench.sent[0].1, Destination::Udp(address(GATEWAY)));
    assert_eq!(first.uri.to_string(), "sip:carrier.example");
    assert_eq!(first.headers.first(&HeaderName::To), Some("<sip:4930123@carrier.example>"));
    assert_eq!(first.headers.first(&HeaderName::Contact), Some("<sip:4930123@10.0.0.1:5060>"));
    assert_eq!(first.headers.expires(), Ok(Some(3_600)));
    bench.respond(udp(GATEWAY), challenge(&first, "n1", false));
    let second = bench.last_request("REGISTER");
    let proof = second.headers.first(&HeaderName::Authorization).unwrap();
    assert!(proof.contains("username=\"line\"") && proof.contains("uri=\"sip:carrier.example\""), "{proof}");
    assert_eq!(second.headers.call_id(), first.headers.call_id());
    assert_eq!(second.headers.cseq().unwrap(), (2, Method::Register));
    assert_eq!(bench.told(), []);
    bench.respond(udp(GATEWAY), ok(&second, Some("1000")));
    assert_eq!(bench.told(), [Effect::TrunkRegistered { trunk: trunk() }]);
    bench.sent.clear();
    bench.pass(Duration::from_millis(799_999));
    assert_eq!(bench.lines(), Vec::<String>::new());
    let (due, _) = bench.endpoint.deadline().unwrap();
    bench.pass(due.since(bench.now));
    let (at, third) = last(&bench);
    assert!((800_000..=900_000).contains(&at), "{at}");
    assert_eq!(third.headers.cseq().unwrap(), (3, Method::Register));
    bench.respond(udp(GATEWAY), ok(&third, None));
    assert_eq!(bench.told(), [], "nothing new");
}

#[test]
fn wrong_credentials_and_a_stale_nonce_are_told_apart() {
    let mut bench = bench();
    bench.pass(Duration::ZERO);
    bench.respond(udp(GATEWAY), challenge(&bench.last_request("REGISTER"), "n1", false));
    bench.respond(udp(GATEWAY), challenge(&bench.last_request("REGISTER"), "n2", true));
    let third = bench.last_request("REGISTER");
    assert!(third.headers.first(&HeaderName::Authorization).unwrap().contains("n2"));
    assert_eq!(bench.told(), []);
    bench.respond(udp(GATEWAY), challenge(&third, "n3", false));
    assert_eq!(bench.lines(), ["REGISTER", "REGISTER", "REGISTER"]);
    assert_eq!(bench.told(), [Effect::TrunkUnregistered { trunk: trunk(), status: Some(401) }]);
}

#[test]
fn a_time_that_is_too_brief_is_made_longer() {
    let mut bench = bench();
    bench.pass(Duration::ZERO);
    let mut brief = Response::to(&bench.last_request("REGISTER"), 423, "");
    brief.headers.push(HeaderName::MinExpires, "7200");
    bench.respond(udp(GATEWAY), brief);
    assert_eq!(bench.last_request("REGISTER").headers.expires(), Ok(Some(7_200)));
}

#[test]
fn failures_are_told_once_and_tried_again_with_growing_patience_until_it_works() {
    let mut bench = bench();
    bench.pass(Duration::ZERO);
    let mut before = 0;
    for (n, longest) in [60, 120, 240, 480, 960, 1_800, 1_800].into_iter().enumerate() {
        let (at, register) = last(&bench);
        if n > 0 {
            let waited = at - before;
            let most = [60, 120, 240, 480, 960, 1_800, 1_800][n - 1] * 1_000;
            assert!((most / 2..=most).contains(&waited), "{waited} of {most}");
        }
        before = at;
        bench.now = Instant::from_millis(at);
        bench.respond(udp(GATEWAY), Response::to(&register, 500, ""));
        bench.sent.clear();
        let wanted = Duration::from_secs(longest);
        let due = bench.endpoint.deadline();
        assert!(due.is_some());
        let end = bench.now + wanted;
        while bench.sent.is_empty() {
            let (next, _) = bench.endpoint.deadline().expect("it is tried again");
            assert!(next <= end);
            bench.now = next;
            bench.fact(Fact::Tick);
        }
    }
    assert_eq!(bench.told(), [Effect::TrunkUnregistered { trunk: trunk(), status: Some(500) }]);
    bench.respond(udp(GATEWAY), ok(&last(&bench).1, None));
    assert_eq!(bench.told(), [Effect::TrunkRegistered { trunk: trunk() }]);
}

#[test]
fn silence_is_a_failure_and_retry_after_is_kept() {
    let mut bench = bench();
    bench.pass(Duration::from_secs(32));
    assert_eq!(bench.told(), [Effect::TrunkUnregistered { trunk: trunk(), status: None }]);
    bench.pass(Duration::from_secs(60));
    let mut busy = Response::to(&bench.last_request("REGISTER"), 503, "");
    busy.headers.push(HeaderName::RetryAfter, "900");
    bench.respond(udp(GATEWAY), busy);
    bench.sent.clear();
    bench.pass(Duration::from_millis(899_999));
    assert_eq!(bench.lines(), Vec::<String>::new());
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.lines(), ["REGISTER"]);
}

#[test]
fn what_cannot_be_sent_fails_at_once() {
    let mut bench = bench();
    bench.pass(Duration::ZERO);
    bench.fact(Fact::SendFailed(Destination::Udp(address(GATEWAY))));
    assert_eq!(bench.told(), [Effect::TrunkUnregistered { trunk: trunk(), status: None }]);
}

#[test]
fn a_draining_endpoint_takes_its_registration_back() {
    let mut bench = bench();
    bench.pass(Duration::ZERO);
    bench.respond(udp(GATEWAY), ok(&bench.last_request("REGISTER"), None));
    bench.told.clear();
    bench.sent.clear();
    bench.command(Command::Drain);
    let last = bench.last_request("REGISTER");
    assert_eq!(last.headers.expires(), Ok(Some(0)));
    bench.respond(udp(GATEWAY), Response::to(&last, 200, ""));
    assert_eq!(bench.told(), [Effect::TrunkUnregistered { trunk: trunk(), status: None }]);
    bench.pass(Duration::from_secs(10_000));
    assert_eq!(bench.lines(), ["REGISTER"]);
    assert!(bench.is_clean());
}

#[test]
fn two_endpoints_one_of_which_is_the_registrar_of_the_other() {
    let mut carrier = setup(GATEWAY);
    carrier.users = vec![credentials("line")];
    carrier.trunks.clear();
    let mut carrier = Bench::with(carrier);
    let mut setup = setup(US);
    setup.trunks[0].registration = Some(TrunkRegistration { aor: "sip:line@10.0.0.2".to_owned(), expires_s: 600 });
    let mut us = Bench::with(setup);
    us.pass(Duration::ZERO);
    for _ in 0..2 {
        let register = us.last_request("REGISTER");
        let source = Source { local: address(GATEWAY), ..udp(US) };
        carrier.fact(Fact::Received { source, message: parse_datagram(&register.to_bytes()) });
        let response = carrier.last_response();
        us.respond(udp(GATEWAY), response);
    }
    assert_eq!(us.told(), [Effect::TrunkRegistered { trunk: trunk() }]);
    assert!(carrier.endpoint.is_registered("line"));
}
