//! Offers inside a call: hold, glare, refreshes.

use super::calls::talking;
use super::*;
use crate::message::Method;
use domain::Cause;

/// A call that we made and that was answered.
fn called(bench: &mut Bench) -> Request {
    bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
    let invite = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "g1", Some(ANSWER)));
    bench.sent.clear();
    bench.told.clear();
    invite
}

#[test]
fn the_peer_holds_and_resumes() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    for (number, sdp) in [(2, HOLD), (3, OFFER)] {
        bench.receive(udp(GATEWAY), &request("INVITE", &format!("h{number}"), number, &tag, &with_sdp(sdp)));
        assert_eq!(bench.told(), [Effect::Reinvited { leg, sdp: Some(sdp.to_owned()) }]);
        bench.command(Command::AnswerReinvite { leg, sdp: ANSWER.to_owned() });
        assert_eq!(bench.last_response().sdp(), Some(ANSWER));
        bench.receive(udp(GATEWAY), &request("ACK", &format!("k{number}"), number, &tag, ""));
        assert_eq!(bench.lines(), ["100 INVITE", "200 INVITE"]);
        bench.pass(Duration::from_secs(40));
        assert_eq!(bench.lines(), Vec::<String>::new());
        assert_eq!(bench.told(), []);
    }
}

#[test]
fn an_unchanged_offer_is_answered_without_asking_the_call() {
    let mut bench = Bench::new();
    let (_, tag) = talking(&mut bench);
    bench.receive(udp(GATEWAY), &request("INVITE", "r", 2, &tag, &with_sdp(OFFER)));
    assert_eq!(bench.last_response().sdp(), Some(ANSWER));
    bench.receive(udp(GATEWAY), &request("ACK", "rk", 2, &tag, ""));
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 3, &tag, &with_sdp(OFFER)));
    assert_eq!(bench.last_response().sdp(), Some(ANSWER));
    bench.receive(udp(GATEWAY), &request("UPDATE", "v", 4, &tag, ""));
    assert_eq!(bench.lines(), ["200 INVITE", "200 UPDATE", "200 UPDATE"]);
    assert_eq!(bench.told(), []);
}

#[test]
fn an_offer_by_update_is_answered_or_refused_by_the_call() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 2, &tag, &with_sdp(HOLD)));
    assert_eq!(bench.told(), [Effect::Reinvited { leg, sdp: Some(HOLD.to_owned()) }]);
    bench.receive(udp(GATEWAY), &request("UPDATE", "w", 3, &tag, &with_sdp(HOLD)));
    assert!(bench.last_response().headers.has(&HeaderName::RetryAfter));
    bench.command(Command::RefuseReinvite { leg });
    assert_eq!(bench.lines(), ["500 UPDATE", "488 UPDATE"]);
    bench.command(Command::AnswerReinvite { leg, sdp: ANSWER.to_owned() });
    assert_eq!(bench.lines(), Vec::<String>::new());
}

#[test]
fn a_reinvite_without_offer_gets_ours_and_its_ack_brings_the_answer() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.receive(udp(GATEWAY), &request("INVITE", "r", 2, &tag, ""));
    assert_eq!(bench.told(), [Effect::Reinvited { leg, sdp: None }]);
    bench.command(Command::AnswerReinvite { leg, sdp: HOLD.to_owned() });
    assert_eq!(bench.last_response().sdp(), Some(HOLD));
    bench.receive(udp(GATEWAY), &request("ACK", "k", 2, &tag, &with_sdp(ANSWER)));
    assert_eq!(bench.told(), [Effect::Acked { leg, sdp: Some(ANSWER.to_owned()) }]);
}

#[test]
fn a_withdrawn_reinvite_gets_487_and_the_session_goes_on() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.receive(udp(GATEWAY), &request("INVITE", "r", 2, &tag, &with_sdp(HOLD)));
    bench.receive(udp(GATEWAY), &request("CANCEL", "r", 2, &tag, ""));
    assert_eq!(bench.lines(), ["100 INVITE", "200 CANCEL", "487 INVITE"]);
    assert_eq!(bench.told(), [Effect::Reinvited { leg, sdp: Some(HOLD.to_owned()) }]);
    assert_eq!(bench.endpoint.legs(), 1);
}

#[test]
fn our_hold_is_answered_and_offers_wait_for_each_other() {
    let mut bench = Bench::new();
    called(&mut bench);
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    bench.command(Command::Reinvite { leg: LEG, sdp: "first".to_owned() });
    bench.command(Command::Reinvite { leg: LEG, sdp: "second".to_owned() });
    let hold = bench.last_request("INVITE");
    assert_eq!(hold.sdp(), Some(HOLD));
    assert_eq!(hold.headers.cseq().unwrap(), (2, Method::Invite));
    bench.respond(udp(GATEWAY), answer_to(&hold, 200, "g1", Some(OFFER)));
    assert_eq!(bench.told(), [Effect::ReinviteAnswered { leg: LEG, sdp: OFFER.to_owned() }]);
    assert_eq!(bench.last_request("INVITE").sdp(), Some("second"));
    assert_eq!(bench.lines(), ["INVITE", "ACK", "INVITE"]);
}

#[test]
fn an_offer_before_the_ack_waits_for_it() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    bench.command(Command::Reinvite { leg, sdp: HOLD.to_owned() });
    let tag = to_tag(&bench.last_response());
    assert_eq!(bench.lines(), ["100 INVITE", "200 INVITE"]);
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &tag, ""));
    assert_eq!(bench.lines(), ["INVITE"]);
}

#[test]
fn a_refused_offer_leaves_the_session_as_it_was() {
    let mut bench = Bench::new();
    called(&mut bench);
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    let hold = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&hold, 488, "g1", None));
    assert_eq!(bench.told(), [Effect::ReinviteRefused { leg: LEG }]);
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    let hold = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&hold, 481, "g1", None));
    assert_eq!(bench.told(), [Effect::Ended { leg: LEG, cause: Cause::PeerError }]);
}

#[test]
fn crossing_offers_get_491_and_ours_is_tried_again_later_by_who_owns_the_call_id() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.command(Command::Reinvite { leg, sdp: HOLD.to_owned() });
    let ours = bench.last_request("INVITE");
    bench.receive(udp(GATEWAY), &request("INVITE", "x", 2, &tag, &with_sdp(HOLD)));
    bench.receive(udp(GATEWAY), &request("ACK", "x", 2, &tag, ""));
    bench.respond(udp(GATEWAY), answer_to(&ours, 491, "g1", None));
    assert_eq!(bench.lines(), ["INVITE", "491 INVITE", "ACK"]);
    bench.pass(Duration::from_millis(2_000));
    assert_eq!(bench.last_request("INVITE").sdp(), Some(HOLD));

    let mut bench = Bench::new();
    called(&mut bench);
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    let ours = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&ours, 491, "g1", None));
    bench.sent.clear();
    bench.pass(Duration::from_millis(2_099));
    assert_eq!(bench.lines(), Vec::<String>::new());
    bench.pass(Duration::from_millis(1_901));
    assert_eq!(bench.last_request("INVITE").sdp(), Some(HOLD));
    assert_eq!(bench.told(), []);
}

#[test]
fn a_reinvite_proves_that_the_lost_ack_was_sent() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    let tag = to_tag(&bench.last_response());
    bench.receive(udp(GATEWAY), &request("INVITE", "r", 2, &tag, &with_sdp(HOLD)));
    let reinvited = Effect::Reinvited { leg, sdp: Some(HOLD.to_owned()) };
    assert_eq!(bench.told(), [Effect::Acked { leg, sdp: None }, reinvited]);
}

#[test]
fn a_bye_refuses_what_is_still_pending() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.receive(udp(GATEWAY), &request("INVITE", "r", 2, &tag, &with_sdp(HOLD)));
    bench.told.clear();
    bench.receive(udp(GATEWAY), &request("BYE", "b", 3, &tag, ""));
    assert_eq!(bench.lines(), ["100 INVITE", "200 BYE", "487 INVITE"]);
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Normal }]);
}

#[test]
fn our_offer_that_crosses_a_bye_is_still_acknowledged() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.command(Command::Reinvite { leg, sdp: HOLD.to_owned() });
    let ours = bench.last_request("INVITE");
    bench.receive(udp(GATEWAY), &request("BYE", "b", 2, &tag, ""));
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Normal }]);
    bench.respond(udp(GATEWAY), answer_to(&ours, 200, "g1", Some(ANSWER)));
    assert_eq!(bench.lines(), ["INVITE", "200 BYE", "ACK"]);
    assert_eq!(bench.endpoint.legs(), 0);
    assert_eq!(bench.told(), []);
}
