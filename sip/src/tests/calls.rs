//! Incoming calls: an endpoint and a scripted gateway.

use super::*;
use crate::api::Peer;
use domain::Cause;

/// A call that came in and was answered. Gives the leg and our tag.
pub(crate) fn talking(bench: &mut Bench) -> (LegId, String) {
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    let tag = to_tag(&bench.last_response());
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &tag, ""));
    assert_eq!(bench.told(), [Effect::Acked { leg, sdp: None }]);
    bench.sent.clear();
    (leg, tag)
}

#[test]
fn a_call_comes_in_rings_is_answered_and_ended_by_the_caller() {
    let mut bench = Bench::new();
    let asserted = "P-Asserted-Identity: \"Carla\" <sip:+49305550@10.0.0.2>\n";
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("{asserted}{}", with_sdp(OFFER))));
    assert_eq!(bench.lines(), ["100 INVITE"]);
    let told = bench.told();
    let [Effect::Incoming(invite)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(invite.peer, Peer::Trunk("pstn".parse().unwrap()));
    assert_eq!(
        (invite.dnis.as_str(), invite.ani.as_str(), invite.caller_name.as_str()),
        ("4711", "+49305550", "Carla")
    );
    assert_eq!(invite.sdp.as_deref(), Some(OFFER));
    assert!(!invite.browser);
    let leg = invite.leg;

    bench.command(Command::Ring { leg, sdp: None });
    bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    let ok = bench.last_response();
    assert_eq!(bench.lines(), ["180 INVITE", "183 INVITE", "200 INVITE"]);
    assert_eq!(ok.sdp(), Some(ANSWER));
    assert!(ok.headers.first(&HeaderName::Contact).unwrap().contains("10.0.0.1:5060"));
    let tag = to_tag(&ok);
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &tag, ""));
    bench.receive(udp(GATEWAY), &request("BYE", "b", 2, &tag, "Reason: Q.850;cause=17\n"));
    assert_eq!(bench.lines(), ["200 BYE"]);
    assert_eq!(bench.told(), [Effect::Acked { leg, sdp: None }, Effect::Ended { leg, cause: Cause::Busy }]);
    assert_eq!(bench.endpoint.legs(), 0);
    bench.pass(Duration::from_secs(33));
    assert!(bench.is_clean());
}

#[test]
fn we_end_a_call_with_bye_and_say_why() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.command(Command::HangUp { leg, cause: Cause::MediaTimeout });
    let bye = bench.last_request("BYE");
    assert_eq!(bye.headers.from().unwrap().tag(), Some(tag.as_str()));
    assert_eq!(bye.headers.to().unwrap().tag(), Some("g1"));
    assert_eq!(bye.uri.to_string(), "sip:gate@10.0.0.2:5060");
    assert_eq!(crate::cause::from_reason(bye.headers.first(&HeaderName::Reason).unwrap()), Some(Cause::MediaTimeout));
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::MediaTimeout }]);
    bench.command(Command::HangUp { leg, cause: Cause::Normal });
    bench.respond(udp(GATEWAY), answer_to(&bye, 200, "", None));
    assert_eq!(bench.told(), []);
    assert_eq!(bench.endpoint.legs(), 0);
    bench.pass(Duration::from_secs(33));
    assert!(bench.is_clean());
}

#[test]
fn a_retransmitted_invite_makes_one_call_and_gets_the_last_response_again() {
    let mut bench = Bench::new();
    let invite = request("INVITE", "i", 1, "", &with_sdp(OFFER));
    for _ in 0..7 {
        bench.receive(udp(GATEWAY), &invite);
    }
    assert_eq!(bench.counted(Counter::Retransmission), 6);
    let leg = bench.incoming();
    assert_eq!(bench.lines(), ["100 INVITE"; 7]);
    bench.command(Command::Ring { leg, sdp: None });
    bench.receive(udp(GATEWAY), &invite);
    assert_eq!(bench.lines(), ["180 INVITE"; 2]);
}

#[test]
fn an_invite_without_offer_gets_ours_and_its_ack_brings_the_answer() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", ""));
    let told = bench.told();
    let [Effect::Incoming(invite)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(invite.sdp, None);
    let leg = invite.leg;
    bench.command(Command::Answer { leg, sdp: OFFER.to_owned() });
    let ok = bench.last_response();
    assert_eq!(ok.sdp(), Some(OFFER));
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &to_tag(&ok), &with_sdp(ANSWER)));
    assert_eq!(bench.told(), [Effect::Acked { leg, sdp: Some(ANSWER.to_owned()) }]);
}

#[test]
fn a_merged_request_gets_482() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "one-way", 1, "", &with_sdp(OFFER)));
    bench.receive(udp(GATEWAY), &request("INVITE", "other-way", 1, "", &with_sdp(OFFER)));
    assert_eq!(bench.lines(), ["100 INVITE", "482 INVITE"]);
    bench.incoming();
}

#[test]
fn cancel_before_the_answer_ends_the_call_and_after_it_does_not() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.receive(udp(GATEWAY), &request("CANCEL", "i", 1, "", ""));
    assert_eq!(bench.lines(), ["100 INVITE", "200 CANCEL", "487 INVITE"]);
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Cancelled }]);
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    bench.receive(udp(GATEWAY), &request("ACK", "i", 1, "any", ""));
    bench.pass(Duration::from_secs(33));
    assert_eq!(bench.lines(), Vec::<String>::new());
    assert!(bench.is_clean());

    let (leg, _) = talking(&mut bench);
    bench.receive(udp(GATEWAY), &request("CANCEL", "i", 1, "", ""));
    assert_eq!(bench.lines(), ["200 CANCEL"]);
    assert_eq!(bench.told(), []);
    assert!(bench.endpoint.legs.has(leg));
    bench.receive(udp(GATEWAY), &request("CANCEL", "unknown", 1, "", ""));
    assert_eq!(bench.lines(), ["481 CANCEL"]);
}

#[test]
fn a_refusal_carries_status_reason_and_retry_after() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Reject { leg, cause: Cause::Overload, retry_after_s: Some(7) });
    let response = bench.last_response();
    assert_eq!(response.code, 503);
    assert_eq!(response.headers.first(&HeaderName::RetryAfter), Some("7"));
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Overload }]);
    // Retransmitted over UDP until the ACK.
    bench.pass(Duration::from_millis(1_500));
    assert_eq!(bench.lines(), ["100 INVITE", "503 INVITE", "503 INVITE", "503 INVITE"]);
    bench.receive(udp(GATEWAY), &request("ACK", "i", 1, "any", ""));
    bench.pass(Duration::from_secs(6));
    assert_eq!(bench.lines(), Vec::<String>::new());
    assert!(bench.is_clean());
}

#[test]
fn a_draining_endpoint_takes_no_new_calls_and_keeps_the_old() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.command(Command::Drain);
    bench.receive(udp(GATEWAY), &request("INVITE", "i2", 1, "", &with_sdp(OFFER)).replace("call-1", "call-2"));
    let refusal = bench.last_response();
    assert_eq!(refusal.code, 503);
    assert!(refusal.headers.has(&HeaderName::RetryAfter));
    bench.receive(
        udp(GATEWAY),
        &request("INFO", "n", 2, &tag, "Content-Type: application/dtmf-relay\n\nSignal=5\nDuration=160\n"),
    );
    assert_eq!(bench.told(), [Effect::InfoDigit { leg, digit: '5' }]);
}

#[test]
fn a_caller_without_a_number_has_none() {
    let mut bench = Bench::new();
    let invite = request("INVITE", "i", 1, "", &with_sdp(OFFER))
        .replace("\"Gate\" <sip:+4940555@10.0.0.2>", "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    bench.receive(udp(GATEWAY), &invite);
    let told = bench.told();
    let [Effect::Incoming(invite)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((invite.ani.as_str(), invite.caller_name.as_str()), ("", ""));
}

#[test]
fn requests_in_a_dialog_are_answered_by_method_and_order() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.receive(udp(GATEWAY), &request("OPTIONS", "o", 5, &tag, ""));
    assert!(bench.last_response().headers.has(&HeaderName::Allow));
    bench.receive(udp(GATEWAY), &request("INFO", "n", 4, &tag, ""));
    bench.receive(udp(GATEWAY), &request("SUBSCRIBE", "r", 6, &tag, ""));
    assert!(bench.last_response().headers.has(&HeaderName::Allow));
    bench.receive(udp(GATEWAY), &request("DANCE", "d", 7, &tag, ""));
    bench.receive(udp(GATEWAY), &request("INFO", "n8", 8, &tag, "Content-Type: application/dtmf\n\n11"));
    bench.receive(udp(GATEWAY), &request("BYE", "b", 9, "no-such-tag", ""));
    assert_eq!(bench.lines(), ["200 OPTIONS", "500 INFO", "405 SUBSCRIBE", "501 DANCE", "200 INFO", "481 BYE"]);
    assert_eq!(bench.told(), [Effect::InfoDigit { leg, digit: '#' }]);
}

#[test]
fn a_bye_before_the_answer_ends_the_call() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Ring { leg, sdp: None });
    let tag = to_tag(&bench.last_response());
    bench.sent.clear();
    bench.receive(udp(GATEWAY), &request("BYE", "b", 2, &tag, ""));
    assert_eq!(bench.lines(), ["200 BYE", "487 INVITE"]);
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Cancelled }]);
}

#[test]
fn answers_go_where_via_and_source_say() {
    let mut bench = Bench::new();
    let options = |via: &str| request("OPTIONS", "x", 1, "", "").replace("10.0.0.2:5060;branch=z9hG4bKx", via);
    bench.receive(udp("10.0.0.9:7777"), &options("10.0.0.2:5090;branch=z9hG4bKp"));
    bench.receive(udp("10.0.0.9:7777"), &options("10.0.0.2;branch=z9hG4bKq"));
    bench.receive(udp("10.0.0.9:7777"), &options("10.0.0.2:5090;rport;branch=z9hG4bKr"));
    let to: Vec<Destination> = bench.sent.iter().map(|(_, to, _)| *to).collect();
    assert_eq!(to, ["10.0.0.9:5090", "10.0.0.9:5060", "10.0.0.9:7777"].map(|text| Destination::Udp(address(text))));
    let via = bench.last_response().headers.via_top().unwrap();
    assert_eq!((via.received(), via.rport()), (Some("10.0.0.9".parse().unwrap()), Some(Some(7777))));
}
