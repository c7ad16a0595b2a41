//! Outgoing calls: an endpoint and scripted callees.

use super::*;
use crate::message::Method;
use domain::Cause;

fn uri() -> Target {
    Target::Uri("sip:4711@10.0.0.2".to_owned())
}

#[test]
fn a_call_goes_out_rings_is_answered_and_acknowledged() {
    let mut bench = Bench::new();
    bench.command(invite_to(Target::Trunk("pstn".parse().unwrap(), "+4989".to_owned())));
    let invite = bench.last_request("INVITE");
    assert_eq!(bench.sent[0].1, Destination::Udp(address(GATEWAY)));
    assert_eq!(invite.uri.user_unescaped(), "+4989");
    let from = invite.headers.from().unwrap();
    assert_eq!((from.uri.user_unescaped().as_str(), from.display.as_str()), ("+4930123", "Carla \"C\" Caller"));
    assert!(invite.headers.first(&HeaderName::PAssertedIdentity).unwrap().contains("+4930123"));
    assert_eq!(invite.headers.first(&HeaderName::parse("X-Switchroom-Contact")), Some("c-1"));
    assert_eq!(invite.sdp(), Some(OFFER));

    bench.respond(udp(GATEWAY), answer_to(&invite, 100, "", None));
    bench.respond(udp(GATEWAY), answer_to(&invite, 183, "g", Some(ANSWER)));
    let ok = answer_to(&invite, 200, "g", Some(ANSWER));
    bench.respond(udp(GATEWAY), ok.clone());
    let sdp = ANSWER.to_owned();
    let progress = Effect::Progress { leg: LEG, status: 183, sdp: Some(sdp.clone()) };
    assert_eq!(bench.told(), [progress, Effect::Answered { leg: LEG, sdp, browser: false }]);
    let ack = bench.last_request("ACK");
    assert_eq!(ack.uri.to_string(), "sip:gate@10.0.0.2:5060");
    assert_ne!(ack.headers.via_top().unwrap().branch(), invite.headers.via_top().unwrap().branch());
    // The 200 comes again because the ACK was lost.
    bench.sent.clear();
    bench.respond(udp(GATEWAY), ok);
    assert_eq!(bench.sent(), [Message::Request(ack)]);
    assert_eq!(bench.told(), []);
}

#[test]
fn requests_follow_the_route_set() {
    let mut bench = Bench::new();
    bench.command(invite_to(uri()));
    let mut ok = answer_to(&bench.last_request("INVITE"), 200, "g", Some(ANSWER));
    ok.headers.push(HeaderName::RecordRoute, "<sip:far@10.0.0.8;lr>, <sip:near@10.0.0.9:5080;lr>");
    bench.respond(udp(GATEWAY), ok);
    let ack = bench.last_request("ACK");
    assert_eq!(bench.sent.last().unwrap().1, Destination::Udp(address("10.0.0.9:5080")));
    let routes: Vec<String> = ack.headers.route().unwrap().iter().map(|route| route.uri.user_unescaped()).collect();
    assert_eq!(routes, ["near", "far"]);
    assert_eq!(ack.uri.to_string(), "sip:gate@10.0.0.2:5060");
}

#[test]
fn refusals_are_acknowledged_in_the_transaction_and_told_by_cause() {
    let cases = [
        (486, Cause::Busy),
        (603, Cause::Declined),
        (404, Cause::NotFound),
        (305, Cause::Unreachable),
        (500, Cause::PeerError),
    ];
    for (code, cause) in cases {
        let mut bench = Bench::new();
        bench.command(invite_to(uri()));
        let invite = bench.last_request("INVITE");
        bench.respond(udp(GATEWAY), answer_to(&invite, code, "g", None));
        let ack = bench.last_request("ACK");
        assert_eq!(ack.headers.via_top(), invite.headers.via_top());
        assert_eq!(ack.headers.to().unwrap().tag(), Some("g"));
        assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause, status: Some(code) }]);
        bench.respond(udp(GATEWAY), answer_to(&invite, code, "g", None));
        assert_eq!(bench.lines(), ["INVITE", "ACK", "ACK"]);
        bench.pass(Duration::from_secs(33));
        assert!(bench.is_clean());
    }
}

#[test]
fn cancel_waits_for_a_provisional_response() {
    let mut bench = Bench::new();
    bench.command(invite_to(uri()));
    let invite = bench.last_request("INVITE");
    bench.command(Command::HangUp { leg: LEG, cause: Cause::AnsweredElsewhere });
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Cancelled, status: None }]);
    assert_eq!(bench.lines(), ["INVITE"]);
    bench.respond(udp(GATEWAY), answer_to(&invite, 180, "g", None));
    let cancel = bench.last_request("CANCEL");
    assert_eq!(cancel.headers.via_top(), invite.headers.via_top());
    assert!(cancel.headers.first(&HeaderName::Reason).unwrap().starts_with("SIP;cause=200"));
    bench.respond(udp(GATEWAY), answer_to(&cancel, 200, "g", None));
    bench.respond(udp(GATEWAY), answer_to(&invite, 487, "g", None));
    assert_eq!(bench.lines(), ["CANCEL", "ACK"]);
    assert_eq!(bench.told(), []);
    bench.pass(Duration::from_secs(33));
    assert!(bench.is_clean());
}

#[test]
fn a_200_that_crosses_the_cancel_is_acknowledged_and_ended() {
    let mut bench = Bench::new();
    bench.command(invite_to(uri()));
    let invite = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&invite, 180, "g", None));
    bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
    bench.told.clear();
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "g", Some(ANSWER)));
    assert_eq!(bench.lines(), ["INVITE", "CANCEL", "ACK", "BYE"]);
    assert_eq!(bench.told(), []);
}

#[test]
fn of_forked_answers_the_first_wins_and_the_others_are_hung_up() {
    let mut bench = Bench::new();
    bench.command(invite_to(uri()));
    let invite = bench.last_request("INVITE");
    for tag in ["one", "two", "three"] {
        bench.respond(udp(GATEWAY), answer_to(&invite, 200, tag, Some(ANSWER)));
    }
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "two", Some(ANSWER)));
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: false }]);
    let tags: Vec<String> = bench
        .sent()
        .iter()
        .map(|message| format!("{} {}", line(message), message.headers().to().unwrap().tag().unwrap_or_default()))
        .collect();
    assert_eq!(tags, ["INVITE ", "ACK one", "ACK two", "BYE two", "ACK three", "BYE three", "ACK two"]);
    assert_eq!(bench.endpoint.legs(), 1);
}

#[test]
fn a_fork_that_answers_when_the_call_is_over_is_hung_up_in_the_dialog_that_its_answer_makes() {
    let mut bench = Bench::new();
    bench.command(invite_to(uri()));
    let invite = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "one", Some(ANSWER)));
    bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
    let bye = bench.last_request("BYE");
    bench.respond(udp(GATEWAY), answer_to(&bye, 200, "one", None));
    assert_eq!(bench.endpoint.legs(), 0);
    bench.told.clear();
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "late", Some(ANSWER)));
    let (ack, bye) = (bench.last_request("ACK"), bench.last_request("BYE"));
    for (request, number) in [(&ack, 1), (&bye, 2)] {
        assert_eq!(request.headers.call_id(), invite.headers.call_id());
        assert_eq!(request.headers.from(), invite.headers.from());
        assert_eq!(request.headers.to().unwrap().tag(), Some("late"));
        assert_eq!(request.headers.cseq().unwrap().0, number);
    }
    assert_eq!(bench.told(), []);
}

#[test]
fn a_trunk_that_challenges_gets_credentials_once() {
    let mut bench = Bench::new();
    bench.command(invite_to(Target::Trunk("pstn".parse().unwrap(), "+4989".to_owned())));
    let first = bench.last_request("INVITE");
    let mut challenge = answer_to(&first, 407, "g", None);
    challenge
        .headers
        .push(HeaderName::ProxyAuthenticate, "Digest realm=\"other\",nonce=\"n1\",qop=\"auth\",algorithm=MD5");
    bench.respond(udp(GATEWAY), challenge);
    let second = bench.last_request("INVITE");
    assert!(second.headers.first(&HeaderName::ProxyAuthorization).unwrap().contains("username=\"line\""));
    assert_eq!(second.headers.cseq().unwrap(), (2, Method::Invite));
    assert_eq!(second.headers.call_id(), first.headers.call_id());
    assert_eq!(bench.told(), []);
    let mut again = answer_to(&second, 407, "g", None);
    again.headers.push(HeaderName::ProxyAuthenticate, "Digest realm=\"other\",nonce=\"n2\",qop=\"auth\",algorithm=MD5");
    bench.respond(udp(GATEWAY), again);
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Forbidden, status: Some(407) }]);
}

#[test]
fn what_cannot_be_sent_fails_at_once() {
    let mut bench = Bench::new();
    bench.command(invite_to(uri()));
    bench.fact(Fact::SendFailed(Destination::Udp(address(GATEWAY))));
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: None }]);
    assert!(bench.is_clean());
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: None }]);
    bench.command(invite_to(Target::Uri("sips:x@name.example".to_owned())));
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: None }]);
    bench.command(invite_to(Target::Uri("mailto:x@y".to_owned())));
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::NotFound, status: None }]);
}

#[test]
fn a_caller_without_a_number_stays_anonymous() {
    let mut bench = Bench::new();
    let Command::Invite(mut invite) = invite_to(uri()) else { unreachable!() };
    invite.from_user.clear();
    bench.command(Command::Invite(invite));
    let invite = bench.last_request("INVITE");
    assert!(invite.headers.first(&HeaderName::From).unwrap().contains("sip:anonymous@anonymous.invalid"));
    assert!(!invite.headers.has(&HeaderName::PAssertedIdentity));
    assert!(!String::from_utf8_lossy(&invite.to_bytes()).contains("Carla"));
}

#[test]
fn responses_that_match_nothing_are_counted() {
    let mut bench = Bench::new();
    bench.command(invite_to(uri()));
    let mut response = answer_to(&bench.last_request("INVITE"), 200, "g", Some(ANSWER));
    let mut via = response.headers.via_top().unwrap();
    via.params.set("branch", Some("z9hG4bKother"));
    response.headers.set_via_top(&via);
    bench.respond(udp(GATEWAY), response);
    assert_eq!(bench.counted(Counter::StrayResponse), 1);
    assert_eq!(bench.told(), []);
}
