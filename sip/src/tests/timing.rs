//! When things are repeated and when they are given up.

use super::calls::talking;
use super::*;
use crate::api::Reason;
use domain::Cause;

pub(super) fn times(bench: &mut Bench, wanted: &str) -> Vec<u64> {
    bench.sent.drain(..).filter(|(_, _, message)| line(message) == wanted).map(|(at, _, _)| at.as_millis()).collect()
}

#[test]
fn an_invite_is_repeated_at_the_intervals_of_timer_a_and_fails_with_timer_b() {
    let mut bench = Bench::new();
    bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
    bench.pass(Duration::from_millis(31_999));
    assert_eq!(bench.told(), []);
    bench.pass(Duration::from_millis(1));
    assert_eq!(times(&mut bench, "INVITE"), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: None }]);
    assert!(bench.is_clean());
}

#[test]
fn a_200_is_repeated_until_its_ack_and_the_call_ended_when_none_comes() {
    for source in [udp(GATEWAY), Source { transport: Transport::Tcp, flow: Some(FlowId(4)), ..udp(GATEWAY) }] {
        let mut bench = Bench::new();
        bench.receive(source, &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
        let leg = bench.incoming();
        bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
        assert_eq!(bench.endpoint.deadline(), Some((Instant::from_millis(500), Reason::Ack)));
        bench.pass(Duration::from_secs(32));
        let expected = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
        let bye = bench.last_request("BYE");
        assert_eq!(times(&mut bench, "200 INVITE"), expected);
        assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Unreachable }]);
        bench.respond(source, answer_to(&bye, 200, "", None));
        bench.pass(Duration::from_secs(8));
        assert!(bench.is_clean());
    }
}

#[test]
fn a_hang_up_before_the_ack_waits_with_the_bye() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    let tag = to_tag(&bench.last_response());
    bench.command(Command::HangUp { leg, cause: Cause::Normal });
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Normal }]);
    assert_eq!(bench.lines(), ["100 INVITE", "200 INVITE"]);
    bench.pass(Duration::from_millis(600));
    assert_eq!(bench.lines(), ["200 INVITE"]);
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &tag, ""));
    assert_eq!(bench.lines(), ["BYE"]);
    assert_eq!(bench.told(), []);
}

#[test]
fn a_bye_without_answer_is_repeated_and_then_given_up() {
    let mut bench = Bench::new();
    let (leg, _) = talking(&mut bench);
    bench.command(Command::HangUp { leg, cause: Cause::Normal });
    bench.pass(Duration::from_secs(33));
    let expected = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(times(&mut bench, "BYE"), expected);
    assert!(bench.is_clean());
}

#[test]
fn a_peer_that_rings_for_ever_is_cancelled() {
    let mut bench = Bench::new();
    bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
    let invite = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&invite, 180, "g", None));
    bench.pass(Duration::from_secs(182));
    assert_eq!(bench.lines()[..2], ["INVITE", "CANCEL"]);
    let told = bench.told();
    assert_eq!(told.last(), Some(&Effect::Failed { leg: LEG, cause: Cause::NoAnswer, status: None }));
    bench.pass(Duration::from_secs(40));
    assert!(bench.is_clean());
}

#[test]
fn a_call_that_rings_here_repeats_its_provisional_response_each_minute() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Ring { leg, sdp: None });
    bench.pass(Duration::from_secs(125));
    assert_eq!(times(&mut bench, "180 INVITE"), [0, 60_000, 120_000]);
}

#[test]
fn a_session_that_the_peer_does_not_refresh_ends() {
    let mut bench = Bench::new();
    let timer = "Supported: timer\nSession-Expires: 90\n";
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("{timer}{}", with_sdp(OFFER))));
    let leg = bench.incoming();
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    let ok = bench.last_response();
    assert_eq!(ok.headers.first(&HeaderName::SessionExpires), Some("90;refresher=uac"));
    assert_eq!(ok.headers.first(&HeaderName::Require), Some("timer"));
    let tag = to_tag(&ok);
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &tag, ""));
    bench.pass(Duration::from_secs(50));
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 2, &tag, timer));
    assert_eq!(bench.last_response().code, 200);
    bench.told.clear();
    bench.pass(Duration::from_millis(59_900));
    assert_eq!(bench.told(), []);
    bench.pass(Duration::from_millis(200));
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::SessionExpired }]);
    bench.last_request("BYE");
}

#[test]
fn a_session_interval_below_90_seconds_gets_422() {
    let mut bench = Bench::new();
    let timer = "Supported: timer\nSession-Expires: 30\n";
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("{timer}{}", with_sdp(OFFER))));
    let response = bench.last_response();
    assert_eq!((response.code, response.headers.first(&HeaderName::MinSe)), (422, Some("90")));
    assert_eq!(bench.told(), []);
}

#[test]
fn we_refresh_at_half_of_the_interval_when_it_is_ours_to_do() {
    for (allow, method) in [("INVITE, UPDATE", "UPDATE"), ("INVITE", "INVITE")] {
        let mut bench = Bench::new();
        bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
        let invite = bench.last_request("INVITE");
        let mut ok = answer_to(&invite, 200, "g", Some(ANSWER));
        ok.headers.push(HeaderName::Allow, allow);
        ok.headers.push(HeaderName::SessionExpires, "100;refresher=uac");
        bench.respond(udp(GATEWAY), ok);
        bench.sent.clear();
        bench.told.clear();
        bench.pass(Duration::from_millis(49_999));
        assert_eq!(bench.lines(), Vec::<String>::new());
        bench.pass(Duration::from_millis(1));
        let refresh = bench.last_request(method);
        assert_eq!(refresh.headers.first(&HeaderName::SessionExpires), Some("100;refresher=uac"));
        let sdp = (method == "INVITE").then_some(ANSWER);
        assert_eq!(refresh.sdp(), sdp.map(|_| OFFER));
        let mut ok = answer_to(&refresh, 200, "g", sdp);
        ok.headers.push(HeaderName::SessionExpires, "100;refresher=uac");
        bench.respond(udp(GATEWAY), ok);
        bench.pass(Duration::from_secs(49));
        assert_eq!(bench.told(), []);
        bench.pass(Duration::from_secs(80));
        assert_eq!(bench.told(), [Effect::Ended { leg: LEG, cause: Cause::SessionExpired }]);
    }
}

#[test]
fn a_refusal_is_repeated_at_the_intervals_of_timer_g_until_timer_h() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Reject { leg, cause: Cause::Busy, retry_after_s: None });
    bench.pass(Duration::from_secs(40));
    let expected = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(times(&mut bench, "486 INVITE"), expected);
    assert!(bench.is_clean());
}

#[test]
fn timer_i_absorbs_further_acks_for_five_seconds() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Reject { leg, cause: Cause::Busy, retry_after_s: None });
    bench.receive(udp(GATEWAY), &request("ACK", "i", 1, "any", ""));
    bench.pass(Duration::from_millis(4_999));
    assert_eq!(bench.endpoint.transactions(), 1);
    bench.pass(Duration::from_millis(1));
    assert!(bench.is_clean());
}

#[test]
fn timer_d_acknowledges_a_repeated_refusal_for_32_seconds() {
    let mut bench = Bench::new();
    bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
    let busy = answer_to(&bench.last_request("INVITE"), 486, "g", None);
    bench.respond(udp(GATEWAY), busy.clone());
    bench.pass(Duration::from_millis(31_999));
    bench.respond(udp(GATEWAY), busy.clone());
    bench.pass(Duration::from_millis(1));
    assert!(bench.is_clean());
    bench.respond(udp(GATEWAY), busy);
    assert_eq!(times(&mut bench, "ACK"), [0, 31_999]);
    assert_eq!(bench.counted(Counter::StrayResponse), 1);
}

#[test]
fn a_request_that_only_got_100_is_repeated_every_t2_by_timer_e() {
    let mut bench = Bench::new();
    let (leg, _) = talking(&mut bench);
    bench.command(Command::HangUp { leg, cause: Cause::Normal });
    bench.pass(Duration::from_millis(500));
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("BYE"), 100, "", None));
    bench.pass(Duration::from_secs(33));
    // Timer E runs on from the first repetition, then every T2.
    assert_eq!(times(&mut bench, "BYE"), [0, 500, 1_500, 5_500, 9_500, 13_500, 17_500, 21_500, 25_500, 29_500]);
    assert!(bench.is_clean());
}

#[test]
fn timers_j_and_k_remember_a_finished_request_for_32_and_5_seconds() {
    let mut bench = Bench::new();
    let (_, tag) = talking(&mut bench);
    bench.pass(Duration::from_secs(40));
    let info = request("INFO", "n", 2, &tag, "");
    bench.receive(udp(GATEWAY), &info);
    bench.pass(Duration::from_millis(31_999));
    bench.receive(udp(GATEWAY), &info);
    assert_eq!(bench.lines(), ["200 INFO", "200 INFO"]);
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.endpoint.transactions(), 0);

    let mut bench = Bench::new();
    let (leg, _) = talking(&mut bench);
    bench.pass(Duration::from_secs(40));
    bench.command(Command::HangUp { leg, cause: Cause::Normal });
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("BYE"), 200, "", None));
    bench.pass(Duration::from_millis(4_999));
    assert_eq!(bench.endpoint.transactions(), 1);
    bench.pass(Duration::from_millis(1));
    assert!(bench.is_clean());
}

#[test]
fn nothing_is_repeated_on_a_connection_but_what_only_an_ack_ends() {
    let mut bench = Bench::new();
    let tcp = Source { transport: Transport::Tcp, flow: Some(FlowId(4)), ..udp(GATEWAY) };
    bench.receive(tcp, &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Reject { leg, cause: Cause::Busy, retry_after_s: None });
    bench.pass(Duration::from_secs(31));
    assert_eq!(times(&mut bench, "486 INVITE"), [0]);
    bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2;transport=tcp".to_owned())));
    bench.pass(Duration::from_secs(33));
    assert_eq!(times(&mut bench, "INVITE").len(), 1);
    assert_eq!(bench.told().last(), Some(&Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: None }));
}
