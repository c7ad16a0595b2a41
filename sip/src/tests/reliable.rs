//! Reliable provisional responses (RFC 3262), sent and received.

use super::registration::{PHONE, registered, registered_in_a_browser_too};
use super::timing::times;
use super::*;
use crate::api::Reason;
use crate::message::Method;
use domain::Cause;

/// What a caller says who knows reliable responses.
const KNOWS: &str = "Supported: 100rel\nAllow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE\n";

/// A call of such a caller.
pub(super) fn ringing(bench: &mut Bench, body: &str) -> LegId {
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("{KNOWS}{body}")));
    let leg = bench.incoming();
    bench.sent.clear();
    leg
}

/// RSeq of the last response.
pub(super) fn rseq(bench: &Bench) -> u32 {
    let response = bench.last_response();
    assert_eq!(response.headers.first(&HeaderName::Require), Some("100rel"));
    response.headers.number(&HeaderName::RSeq).unwrap().expect("an RSeq")
}

/// The PRACK of the last response.
pub(super) fn prack(bench: &mut Bench, number: u32, more: &str) {
    let (rseq, tag) = (rseq(bench), to_tag(&bench.last_response()));
    let text = request("PRACK", &format!("p{number}"), number, &tag, &format!("RAck: {rseq} 1 INVITE\n{more}"));
    bench.receive(udp(GATEWAY), &text);
}

#[test]
fn ringing_is_reliable_for_those_who_know_it_and_plain_for_others() {
    for header in ["Supported: timer, 100REL\n", "Require: 100rel\n", "k: 100rel\n"] {
        let mut bench = Bench::new();
        bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("{header}{}", with_sdp(OFFER))));
        let leg = bench.incoming();
        bench.command(Command::Ring { leg, sdp: None });
        let response = bench.last_response();
        assert_eq!((response.code, response.sdp()), (180, None));
        assert!(rseq(&bench) >= 1);
        assert!(response.headers.has(&HeaderName::Contact) && response.headers.has(&HeaderName::Allow));
        prack(&mut bench, 2, "");
        assert_eq!(bench.lines(), ["100 INVITE", "180 INVITE", "200 PRACK"]);
        bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
        assert_eq!(bench.last_response().sdp(), Some(ANSWER), "nothing was settled before");
    }
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Ring { leg, sdp: None });
    let response = bench.last_response();
    assert!(!response.headers.has(&HeaderName::Require) && !response.headers.has(&HeaderName::RSeq));
}

#[test]
fn a_reliable_response_is_repeated_at_doubling_intervals_and_then_the_call_is_refused() {
    for source in [udp(GATEWAY), Source { transport: Transport::Tcp, flow: Some(FlowId(4)), ..udp(GATEWAY) }] {
        let mut bench = Bench::new();
        bench.receive(source, &request("INVITE", "i", 1, "", &format!("{KNOWS}{}", with_sdp(OFFER))));
        let leg = bench.incoming();
        bench.command(Command::Ring { leg, sdp: None });
        assert_eq!(bench.endpoint.deadline(), Some((Instant::from_millis(500), Reason::Prack)));
        bench.pass(Duration::from_millis(31_999));
        assert_eq!(bench.told(), []);
        bench.pass(Duration::from_millis(1));
        assert_eq!(bench.last_response().code, 504);
        assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Unreachable }]);
        assert_eq!(times(&mut bench, "180 INVITE"), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
        bench.receive(source, &request("ACK", "i", 1, "any", ""));
        bench.pass(Duration::from_secs(33));
        assert!(bench.is_clean());
    }
}

#[test]
fn a_prack_stops_the_repetition_and_a_wrong_one_does_not() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: None });
    let (good, tag) = (rseq(&bench), to_tag(&bench.last_response()));
    let wrong = [
        format!("RAck: {} 1 INVITE\n", good + 1),
        format!("RAck: {good} 2 INVITE\n"),
        format!("RAck: {good} 1 BYE\n"),
        "RAck: rubbish\n".to_owned(),
        String::new(),
    ];
    for (n, rack) in (2..).zip(&wrong) {
        bench.receive(udp(GATEWAY), &request("PRACK", &format!("w{n}"), n, &tag, rack));
        assert_eq!(bench.last_response().code, 481, "{rack}");
    }
    bench.sent.clear();
    bench.pass(Duration::from_millis(500));
    assert_eq!(bench.lines(), ["180 INVITE"]);
    let right = request("PRACK", "p", 9, &tag, &format!("RAck: {good} 1 INVITE\n"));
    bench.receive(udp(GATEWAY), &right);
    bench.receive(udp(GATEWAY), &right);
    bench.receive(udp(GATEWAY), &request("PRACK", "q", 10, &tag, &format!("RAck: {good} 1 INVITE\n")));
    assert_eq!(bench.lines(), ["200 PRACK", "200 PRACK", "481 PRACK"], "a repetition is no second PRACK");
    bench.pass(Duration::from_secs(100));
    assert_eq!(bench.lines(), Vec::<String>::new());
}

#[test]
fn a_long_ringing_call_gets_a_new_reliable_response_every_two_and_a_half_minutes() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: None });
    let first = rseq(&bench);
    prack(&mut bench, 2, "");
    bench.sent.clear();
    bench.pass(Duration::from_secs(150));
    assert_eq!(rseq(&bench), first + 1);
    assert_eq!(bench.lines(), ["180 INVITE"]);
}

#[test]
fn the_next_response_waits_for_the_prack_of_the_one_before() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: None });
    bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
    assert_eq!(bench.sent.len(), 1);
    let first = rseq(&bench);
    prack(&mut bench, 2, "");
    assert_eq!((rseq(&bench), bench.last_response().sdp()), (first + 1, Some(ANSWER)));
    assert_eq!(bench.lines(), ["180 INVITE", "200 PRACK", "183 INVITE"]);
}

#[test]
fn the_200_waits_for_the_prack_of_a_description_and_carries_none_itself() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    assert_eq!(bench.sent.len(), 1);
    prack(&mut bench, 2, "");
    let ok = bench.last_response();
    assert_eq!((ok.code, ok.sdp()), (200, None));
    assert_eq!(bench.lines(), ["183 INVITE", "200 PRACK", "200 INVITE"]);
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &to_tag(&ok), ""));
    assert_eq!(bench.told(), [Effect::Acked { leg, sdp: None }]);
    bench.pass(Duration::from_secs(40));
    assert_eq!(bench.lines(), Vec::<String>::new());
}

#[test]
fn an_answer_that_differs_from_the_early_one_is_offered_after_the_ack() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
    prack(&mut bench, 2, "");
    bench.command(Command::Answer { leg, sdp: HOLD.to_owned() });
    let tag = to_tag(&bench.last_response());
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &tag, ""));
    assert_eq!(bench.last_request("INVITE").sdp(), Some(HOLD));
}

#[test]
fn the_200_does_not_wait_for_the_prack_of_mere_ringing_which_is_still_answered() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: None });
    let (rseq, tag) = (rseq(&bench), to_tag(&bench.last_response()));
    bench.command(Command::Ring { leg, sdp: None });
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    assert_eq!(bench.lines(), ["180 INVITE", "200 INVITE"]);
    let rack = format!("RAck: {rseq} 1 INVITE\n");
    bench.receive(udp(GATEWAY), &request("PRACK", "p", 2, &tag, &rack));
    bench.receive(udp(GATEWAY), &request("PRACK", "q", 3, &tag, &rack));
    assert_eq!(bench.lines(), ["200 PRACK", "481 PRACK"]);
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &tag, ""));
    bench.pass(Duration::from_secs(40));
    assert_eq!(bench.lines(), Vec::<String>::new(), "neither response is repeated");
}

#[test]
fn an_invite_without_offer_gets_ours_in_a_reliable_response_and_its_prack_brings_the_answer() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, "");
    bench.command(Command::Ring { leg, sdp: Some(OFFER.to_owned()) });
    assert_eq!(bench.last_response().sdp(), Some(OFFER));
    let response = bench.last_response();
    bench.command(Command::Answer { leg, sdp: OFFER.to_owned() });
    prack(&mut bench, 2, "");
    assert_eq!(bench.last_response().code, 400, "the answer is missing");
    bench.fact(Fact::Tick);
    bench.sent.push((bench.now, Destination::Udp(address(GATEWAY)), Message::Response(response)));
    prack(&mut bench, 3, &with_sdp(ANSWER));
    assert_eq!(bench.told(), [Effect::EarlyAnswered { leg, sdp: ANSWER.to_owned() }]);
    let ok = bench.last_response();
    assert_eq!((ok.code, ok.sdp()), (200, None));
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &to_tag(&ok), ""));
    assert_eq!(bench.told(), [Effect::Acked { leg, sdp: None }]);
}

#[test]
fn our_offer_is_not_sent_where_it_could_get_lost() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", ""));
    let leg = bench.incoming();
    bench.command(Command::Ring { leg, sdp: Some(OFFER.to_owned()) });
    let response = bench.last_response();
    assert_eq!((response.code, response.sdp()), (180, None));
}

#[test]
fn a_prack_may_offer_anew_and_its_response_brings_the_calls_answer() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
    prack(&mut bench, 2, &with_sdp(HOLD));
    assert_eq!(bench.told(), [Effect::Reinvited { leg, sdp: Some(HOLD.to_owned()) }]);
    bench.command(Command::AnswerReinvite { leg, sdp: ANSWER.to_owned() });
    assert_eq!(bench.last_response().sdp(), Some(ANSWER));
    assert_eq!(bench.lines(), ["183 INVITE", "200 PRACK"]);
}

#[test]
fn a_caller_who_gives_up_needs_no_prack_any_more() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    bench.receive(udp(GATEWAY), &request("CANCEL", "i", 1, "", ""));
    assert_eq!(bench.lines(), ["183 INVITE", "200 CANCEL", "487 INVITE"]);
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Cancelled }]);
    bench.receive(udp(GATEWAY), &request("ACK", "i", 1, "any", ""));
    bench.pass(Duration::from_secs(40));
    assert!(bench.is_clean());
}

/// A reliable answer to our INVITE.
pub(super) fn reliably(invite: &Request, code: u16, tag: &str, rseq: u32, sdp: Option<&str>) -> Response {
    let mut response = answer_to(invite, code, tag, sdp);
    response.headers.push(HeaderName::Require, "100rel");
    response.headers.push(HeaderName::RSeq, rseq.to_string());
    response.headers.push(HeaderName::Allow, "INVITE, PRACK, UPDATE");
    response
}

/// A call of ours that the gateway has not answered.
pub(super) fn calling(bench: &mut Bench) -> Request {
    bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
    bench.last_request("INVITE")
}

#[test]
fn each_reliable_response_is_acknowledged_once_and_in_order() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    assert!(invite.headers.supported().contains(&"100rel"));
    let mut first = reliably(&invite, 180, "g", 10, None);
    first.headers.push(HeaderName::RecordRoute, "<sip:near@10.0.0.9:5080;lr>");
    bench.respond(udp(GATEWAY), first.clone());
    let prack = bench.last_request("PRACK");
    assert_eq!(prack.headers.first(&HeaderName::RAck), Some("10 1 INVITE"));
    assert_eq!(prack.headers.cseq().unwrap(), (2, Method::Prack));
    assert_eq!(prack.headers.to().unwrap().tag(), Some("g"));
    assert_eq!(prack.uri.to_string(), "sip:gate@10.0.0.2:5060");
    assert_eq!(bench.sent.last().unwrap().1, Destination::Udp(address("10.0.0.9:5080")));
    bench.respond(udp(GATEWAY), answer_to(&prack, 200, "g", None));
    assert_eq!(bench.told(), [Effect::Progress { leg: LEG, status: 180, sdp: None }]);
    // The same again, one that comes too early, and the one between.
    bench.respond(udp(GATEWAY), first);
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "g", 12, None));
    assert_eq!(bench.lines(), ["INVITE", "PRACK"]);
    assert_eq!(bench.told(), []);
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "g", 11, None));
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "g", 12, None));
    let racks: Vec<String> = bench
        .sent()
        .iter()
        .map(|message| message.headers().first(&HeaderName::RAck).unwrap_or_default().to_owned())
        .collect();
    assert_eq!(racks, ["11 1 INVITE", "12 1 INVITE"]);
}

#[test]
fn unreliable_responses_get_no_prack() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    let mut response = answer_to(&invite, 180, "g", None);
    response.headers.push(HeaderName::RSeq, "1");
    bench.respond(udp(GATEWAY), response);
    let mut trying = answer_to(&invite, 100, "", None);
    trying.headers.push(HeaderName::Require, "100rel");
    trying.headers.push(HeaderName::RSeq, "2");
    bench.respond(udp(GATEWAY), trying);
    assert_eq!(bench.lines(), ["INVITE"]);
}

#[test]
fn an_answer_in_a_reliable_response_is_the_answer_whatever_the_200_says() {
    for said in [None, Some(HOLD)] {
        let mut bench = Bench::new();
        let invite = calling(&mut bench);
        bench.respond(udp(GATEWAY), reliably(&invite, 183, "g", 1, Some(ANSWER)));
        bench.respond(udp(GATEWAY), reliably(&invite, 183, "g", 2, Some(HOLD)));
        bench.respond(udp(GATEWAY), answer_to(&invite, 200, "g", said));
        let sdp = ANSWER.to_owned();
        let expected = [
            Effect::Progress { leg: LEG, status: 183, sdp: Some(sdp.clone()) },
            Effect::Progress { leg: LEG, status: 183, sdp: None },
            Effect::Answered { leg: LEG, sdp, browser: false },
        ];
        assert_eq!(bench.told(), expected);
        let ack = bench.last_request("ACK");
        assert_eq!(ack.headers.cseq().unwrap(), (1, Method::Ack), "that of the INVITE");
        bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
        assert_eq!(bench.last_request("BYE").headers.cseq().unwrap(), (4, Method::Bye), "after two PRACKs");
    }
}

#[test]
fn a_challenged_prack_is_sent_again_with_credentials() {
    let mut bench = Bench::new();
    bench.command(invite_to(Target::Trunk("pstn".parse().unwrap(), "+4989".to_owned())));
    let invite = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), reliably(&invite, 180, "g", 1, None));
    let mut challenge = answer_to(&bench.last_request("PRACK"), 407, "g", None);
    challenge.headers.push(HeaderName::ProxyAuthenticate, "Digest realm=\"o\",nonce=\"n\",qop=\"auth\",algorithm=MD5");
    bench.respond(udp(GATEWAY), challenge.clone());
    let again = bench.last_request("PRACK");
    assert_eq!(again.headers.first(&HeaderName::RAck), Some("1 1 INVITE"));
    assert_eq!(again.headers.cseq().unwrap(), (3, Method::Prack));
    assert!(again.headers.first(&HeaderName::ProxyAuthorization).unwrap().contains("username=\"line\""));
    let mut second = answer_to(&again, 407, "g", None);
    second.headers.copy(&challenge.headers, &HeaderName::ProxyAuthenticate);
    bench.respond(udp(GATEWAY), second);
    assert_eq!(bench.lines(), ["INVITE", "PRACK", "PRACK"]);
}

#[test]
fn several_callees_ring_each_in_its_own_dialog_and_the_one_that_answers_goes_on() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    for (tag, rseq) in [("one", 5), ("two", 900)] {
        bench.respond(udp(GATEWAY), reliably(&invite, 180, tag, rseq, None));
    }
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "one", 6, Some(HOLD)));
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "two", 901, Some(ANSWER)));
    let seen: Vec<String> = bench
        .sent()
        .iter()
        .filter(|message| line(message) == "PRACK")
        .map(|message| {
            let headers = message.headers();
            let rack = headers.first(&HeaderName::RAck).unwrap();
            format!("{} {rack}, {}", headers.to().unwrap().tag().unwrap(), headers.cseq().unwrap().0)
        })
        .collect();
    assert_eq!(seen, ["one 5 1 INVITE, 2", "two 900 1 INVITE, 2", "one 6 1 INVITE, 3", "two 901 1 INVITE, 3"]);
    bench.told.clear();
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "two", None));
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: false }]);
    bench.sent.clear();
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "one", None));
    assert_eq!(bench.last_request("BYE").headers.cseq().unwrap(), (4, Method::Bye), "after its two PRACKs");
    assert_eq!(bench.lines(), ["ACK", "BYE"]);
    assert_eq!(bench.told(), []);
    assert_eq!(bench.endpoint.legs(), 1);
}

#[test]
fn a_reliable_response_to_our_reinvite_is_acknowledged_and_may_bring_the_answer() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "g", Some(ANSWER)));
    bench.told.clear();
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    let hold = bench.last_request("INVITE");
    bench.sent.clear();
    let progress = reliably(&hold, 183, "g", 30, Some(OFFER));
    bench.respond(udp(GATEWAY), progress.clone());
    bench.respond(udp(GATEWAY), progress);
    assert_eq!(bench.last_request("PRACK").headers.first(&HeaderName::RAck), Some("30 2 INVITE"));
    bench.respond(udp(GATEWAY), answer_to(&hold, 200, "g", None));
    assert_eq!(bench.lines(), ["PRACK", "ACK"]);
    assert_eq!(bench.told(), [Effect::ReinviteAnswered { leg: LEG, sdp: OFFER.to_owned() }]);
}

#[test]
fn phones_that_choose_the_same_tag_are_told_apart_by_their_calls() {
    let mut bench = Bench::new();
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    registered_in_a_browser_too(&mut bench);
    bench.sent.clear();
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    let sent = bench.sent();
    let invites: Vec<&Request> = sent
        .iter()
        .map(|message| if let Message::Request(request) = message { request } else { panic!("a response") })
        .collect();
    for invite in &invites {
        bench.respond(udp(PHONE), reliably(invite, 183, "same", 1, Some(ANSWER)));
        let prack = bench.last_request("PRACK");
        assert_eq!(prack.headers.call_id(), invite.headers.call_id());
    }
    bench.told.clear();
    for (number, invite) in (1..).zip(&invites) {
        let ours = invite.headers.from().unwrap().tag().unwrap().to_owned();
        let update = request("UPDATE", &format!("u{number}"), number, &ours, &with_sdp(HOLD))
            .replace("call-1", invite.headers.call_id().unwrap())
            .replace("tag=g1", "tag=same");
        bench.receive(udp(PHONE), &update);
        bench.command(Command::AnswerReinvite { leg: LEG, sdp: OFFER.to_owned() });
        let ok = bench.last_response();
        assert_eq!((ok.code, ok.headers.call_id()), (200, invite.headers.call_id()));
    }
}
