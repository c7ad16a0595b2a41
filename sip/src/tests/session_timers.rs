//! Session timers (RFC 4028): asked for and granted, refreshed by us and by the peer, on both sides of a call.

use super::calls::talking;
use super::net::{Pair, Weather};
use super::*;
use crate::api::SessionInterval;
use domain::Cause;

fn with_interval(interval_s: u32, min_s: u32) -> Bench {
    let mut setup = setup(US);
    setup.policy.session = SessionInterval { interval_s, min_s };
    Bench::with(setup)
}

fn field<'a>(request: &'a Request, name: &HeaderName) -> Option<&'a str> {
    request.headers.first(name)
}

fn uri() -> Command {
    invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned()))
}

/// A call that came in from a peer who says this, and was answered. Gives the leg, our tag and the 200.
fn answered(bench: &mut Bench, says: &str) -> (LegId, String, Response) {
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("{says}{}", with_sdp(OFFER))));
    let leg = bench.incoming();
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    let ok = bench.last_response();
    let tag = to_tag(&ok);
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &tag, ""));
    bench.sent.clear();
    bench.told.clear();
    (leg, tag, ok)
}

#[test]
fn our_invite_asks_for_half_an_hour_and_no_less_than_90_seconds() {
    let mut bench = Bench::new();
    bench.command(uri());
    let invite = bench.last_request("INVITE");
    assert_eq!(field(&invite, &HeaderName::SessionExpires), Some("1800"));
    assert_eq!(field(&invite, &HeaderName::MinSe), Some("90"));
    assert!(invite.headers.supported().contains(&"timer"));

    let mut bench = with_interval(0, 90);
    bench.command(uri());
    let invite = bench.last_request("INVITE");
    assert!(!invite.headers.has(&HeaderName::SessionExpires) && !invite.headers.has(&HeaderName::MinSe));
}

#[test]
fn a_422_is_answered_with_the_interval_that_it_asks_for() {
    let mut bench = with_interval(600, 120);
    bench.command(uri());
    let invite = bench.last_request("INVITE");
    assert_eq!(field(&invite, &HeaderName::SessionExpires), Some("600"));
    let mut small = answer_to(&invite, 422, "g", None);
    small.headers.push(HeaderName::MinSe, "900");
    bench.respond(udp(GATEWAY), small);
    let again = bench.last_request("INVITE");
    assert_eq!(again.headers.call_id(), invite.headers.call_id());
    assert_eq!(again.headers.cseq().unwrap().0, 2);
    assert_eq!(
        (field(&again, &HeaderName::SessionExpires), field(&again, &HeaderName::MinSe)),
        (Some("900"), Some("900"))
    );
    assert_eq!(bench.lines(), ["INVITE", "ACK", "INVITE"]);
    assert_eq!(bench.told(), []);
    // The same again, and it is a refusal.
    let mut small = answer_to(&again, 422, "g", None);
    small.headers.push(HeaderName::MinSe, "900");
    bench.respond(udp(GATEWAY), small);
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::PeerError, status: Some(422) }]);
}

#[test]
fn who_asks_for_ever_more_is_given_up() {
    let mut bench = Bench::new();
    bench.command(uri());
    for n in 1..=5_u32 {
        let mut small = answer_to(&bench.last_request("INVITE"), 422, "g", None);
        small.headers.push(HeaderName::MinSe, (2_000 + n).to_string());
        bench.respond(udp(GATEWAY), small);
    }
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::PeerError, status: Some(422) }]);
    assert_eq!(bench.lines().iter().filter(|line| *line == "INVITE").count(), 5);
}

#[test]
fn an_interval_below_ours_gets_422_with_our_least_in_an_invite_and_in_an_update() {
    let mut bench = with_interval(1_800, 300);
    let short = "Supported: timer\nSession-Expires: 299\n";
    bench.receive(
        udp(GATEWAY),
        &request("INVITE", "x", 1, "", &format!("{short}{}", with_sdp(OFFER))).replace("call-1", "call-0"),
    );
    let refusal = bench.last_response();
    assert_eq!((refusal.code, refusal.headers.first(&HeaderName::MinSe)), (422, Some("300")));
    bench.receive(udp(GATEWAY), &request("ACK", "x", 1, "any", "").replace("call-1", "call-0"));
    bench.sent.clear();
    let (_, tag, _) = answered(&mut bench, "Supported: timer\nSession-Expires: 300\n");
    for method in ["UPDATE", "INVITE"] {
        let number = if method == "UPDATE" { 2 } else { 3 };
        bench.receive(udp(GATEWAY), &request(method, &format!("s{number}"), number, &tag, short));
        let refusal = bench.last_response();
        assert_eq!((refusal.code, refusal.headers.first(&HeaderName::MinSe)), (422, Some("300")));
    }
    assert_eq!(bench.told(), []);
}

#[test]
fn a_caller_who_asks_for_nothing_but_knows_timers_is_refreshed_by_us() {
    let mut bench = Bench::new();
    let (leg, _, ok) = answered(&mut bench, "Supported: timer\nAllow: INVITE, UPDATE\n");
    assert_eq!(ok.headers.first(&HeaderName::SessionExpires), Some("1800;refresher=uas"));
    assert!(!ok.headers.has(&HeaderName::Require));
    bench.pass(Duration::from_millis(899_999));
    assert_eq!(bench.lines(), Vec::<String>::new());
    bench.pass(Duration::from_millis(1));
    let refresh = bench.last_request("UPDATE");
    assert_eq!(field(&refresh, &HeaderName::SessionExpires), Some("1800;refresher=uac"));
    let mut ok = answer_to(&refresh, 200, "g1", None);
    ok.headers.push(HeaderName::SessionExpires, "1800;refresher=uac");
    bench.respond(udp(GATEWAY), ok);
    bench.pass(Duration::from_secs(900));
    assert_eq!(bench.lines(), ["UPDATE", "UPDATE"]);
    bench.pass(Duration::from_secs(40));
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Unreachable }], "nobody answers the second");
}

#[test]
fn a_caller_without_timers_gets_none() {
    let mut bench = Bench::new();
    let (_, _, ok) = answered(&mut bench, "");
    assert!(!ok.headers.has(&HeaderName::SessionExpires));
    bench.pass(Duration::from_secs(100_000));
    assert_eq!(bench.lines(), Vec::<String>::new());
}

#[test]
fn the_caller_refreshes_by_either_method_and_each_refresh_counts_from_its_answer() {
    for method in ["UPDATE", "INVITE"] {
        let mut bench = Bench::new();
        let (leg, tag, ok) = answered(&mut bench, "Supported: timer\nSession-Expires: 300;refresher=uac\n");
        assert_eq!(ok.headers.first(&HeaderName::SessionExpires), Some("300;refresher=uac"));
        for round in 2..5 {
            bench.pass(Duration::from_secs(200));
            let body = if method == "INVITE" { with_sdp(OFFER) } else { String::new() };
            let refresh = format!("Supported: timer\nSession-Expires: 300;refresher=uac\n{body}");
            bench.receive(udp(GATEWAY), &request(method, &format!("r{round}"), round, &tag, &refresh));
            let ok = bench.last_response();
            assert_eq!((ok.code, ok.headers.first(&HeaderName::SessionExpires)), (200, Some("300;refresher=uac")));
            bench.receive(udp(GATEWAY), &request("ACK", &format!("k{round}"), round, &tag, ""));
        }
        // 300 s less 32 s.
        bench.pass(Duration::from_millis(267_999));
        assert_eq!(bench.told(), []);
        bench.pass(Duration::from_millis(1));
        assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::SessionExpired }]);
        bench.last_request("BYE");
    }
}

#[test]
fn a_callee_that_refreshes_is_waited_for_until_a_third_before_the_end() {
    let mut bench = Bench::new();
    bench.command(uri());
    let mut ok = answer_to(&bench.last_request("INVITE"), 200, "g1", Some(ANSWER));
    ok.headers.push(HeaderName::SessionExpires, "90;refresher=uas");
    bench.respond(udp(GATEWAY), ok);
    bench.sent.clear();
    bench.told.clear();
    bench.pass(Duration::from_millis(59_999));
    assert_eq!(bench.lines(), Vec::<String>::new(), "not ours to refresh");
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.lines(), ["BYE"]);
    assert_eq!(bench.told(), [Effect::Ended { leg: LEG, cause: Cause::SessionExpired }]);
}

#[test]
fn a_refresh_that_is_refused_for_its_interval_is_sent_with_a_longer_one() {
    let mut bench = Bench::new();
    bench.command(uri());
    let mut ok = answer_to(&bench.last_request("INVITE"), 200, "g1", Some(ANSWER));
    ok.headers.push(HeaderName::Allow, "INVITE, UPDATE");
    ok.headers.push(HeaderName::SessionExpires, "100;refresher=uac");
    bench.respond(udp(GATEWAY), ok);
    bench.pass(Duration::from_secs(50));
    let mut small = answer_to(&bench.last_request("UPDATE"), 422, "g1", None);
    small.headers.push(HeaderName::MinSe, "240");
    bench.respond(udp(GATEWAY), small);
    let again = bench.last_request("UPDATE");
    assert_eq!(field(&again, &HeaderName::SessionExpires), Some("240;refresher=uac"));
    assert_eq!(field(&again, &HeaderName::MinSe), Some("240"));
}

#[test]
fn a_refresh_that_fails_is_tried_again_before_the_session_ends() {
    let mut bench = Bench::new();
    let (leg, _, _) =
        answered(&mut bench, "Supported: timer\nAllow: INVITE, UPDATE\nSession-Expires: 120;refresher=uas\n");
    bench.pass(Duration::from_secs(60));
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("UPDATE"), 503, "g1", None));
    bench.sent.clear();
    bench.pass(Duration::from_secs(10));
    let mut ok = answer_to(&bench.last_request("UPDATE"), 200, "g1", None);
    ok.headers.push(HeaderName::SessionExpires, "120;refresher=uac");
    bench.respond(udp(GATEWAY), ok);
    bench.pass(Duration::from_secs(59));
    assert_eq!(bench.told(), []);
    assert!(bench.endpoint.legs.has(leg));
}

#[test]
fn a_refresh_waits_for_an_offer_that_is_under_way() {
    let mut bench = Bench::new();
    let (leg, _, _) =
        answered(&mut bench, "Supported: timer\nAllow: INVITE, UPDATE\nSession-Expires: 100;refresher=uas\n");
    bench.pass(Duration::from_secs(49));
    bench.command(Command::Reinvite { leg, sdp: HOLD.to_owned() });
    let hold = bench.last_request("INVITE");
    assert_eq!(field(&hold, &HeaderName::SessionExpires), Some("100;refresher=uac"));
    bench.respond(udp(GATEWAY), answer_to(&hold, 100, "", None));
    bench.pass(Duration::from_secs(2));
    bench.respond(udp(GATEWAY), answer_to(&hold, 488, "g1", None));
    bench.sent.clear();
    bench.pass(Duration::from_secs(3));
    assert_eq!(bench.lines(), ["UPDATE"]);
}

#[test]
fn two_endpoints_keep_a_long_call_alive() {
    let mut pair = Pair::new(3, Weather { loss: 5, copies: 5, delay_ms: (5, 50) });
    pair.call();
    pair.pass(Duration::from_secs(5));
    let leg = pair.incoming().expect("the INVITE arrives");
    pair.command(1, Command::Answer { leg, sdp: ANSWER.to_owned() });
    pair.pass(Duration::from_secs(4 * 3_600));
    assert_eq!((pair.ends(0, LEG), pair.ends(1, leg)), (0, 0));
    pair.command(0, Command::HangUp { leg: LEG, cause: Cause::Normal });
    pair.pass(Duration::from_secs(80));
    assert!(pair.is_clean());
}

#[test]
fn a_call_without_timer_is_not_ended_by_one() {
    let mut bench = Bench::new();
    let (_, tag) = talking(&mut bench);
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 2, &tag, ""));
    bench.pass(Duration::from_secs(100_000));
    assert_eq!(bench.lines(), ["200 UPDATE"]);
}

#[test]
fn a_change_that_is_refused_leaves_the_timer_as_it_is() {
    let mut bench = Bench::new();
    let (leg, tag, _) = answered(&mut bench, "Supported: timer\nSession-Expires: 300;refresher=uac\n");
    bench.pass(Duration::from_secs(200));
    bench.receive(udp(GATEWAY), &request("INVITE", "r", 2, &tag, &with_sdp(HOLD)));
    bench.command(Command::RefuseReinvite { leg });
    assert_eq!(bench.last_response().code, 488);
    bench.told.clear();
    bench.pass(Duration::from_secs(68));
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::SessionExpired }]);
}

#[test]
fn an_update_before_the_answer_does_not_take_the_timer_of_the_invite_away() {
    let mut bench = Bench::new();
    let says = "Supported: timer, 100rel\nSession-Expires: 300;refresher=uac\n";
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("{says}{}", with_sdp(OFFER))));
    let leg = bench.incoming();
    bench.command(Command::Ring { leg, sdp: None });
    let tag = to_tag(&bench.last_response());
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 2, &tag, ""));
    assert!(!bench.last_response().headers.has(&HeaderName::SessionExpires));
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    assert_eq!(bench.last_response().headers.first(&HeaderName::SessionExpires), Some("300;refresher=uac"));
}
