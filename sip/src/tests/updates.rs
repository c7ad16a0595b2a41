//! UPDATE (RFC 3311) before and after the answer, both ways.

use super::calls::talking;
use super::reliable::{calling, prack, reliably, ringing};
use super::*;
use crate::message::Method;

/// A call that came in and whose early media is settled. Gives the leg and our tag.
fn early(bench: &mut Bench) -> (LegId, String) {
    let leg = ringing(bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
    prack(bench, 2, "");
    let tag = to_tag(&bench.last_response());
    bench.sent.clear();
    bench.told.clear();
    (leg, tag)
}

#[test]
fn an_offer_before_the_answer_is_answered_by_the_call() {
    let mut bench = Bench::new();
    let (leg, tag) = early(&mut bench);
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 3, &tag, &with_sdp(HOLD)));
    assert_eq!(bench.told(), [Effect::Reinvited { leg, sdp: Some(HOLD.to_owned()) }]);
    bench.command(Command::AnswerReinvite { leg, sdp: ANSWER.to_owned() });
    let ok = bench.last_response();
    assert_eq!((ok.code, ok.sdp()), (200, Some(ANSWER)));
    bench.receive(udp(GATEWAY), &request("UPDATE", "v", 4, &tag, &with_sdp(OFFER)));
    bench.command(Command::RefuseReinvite { leg });
    assert_eq!(bench.lines(), ["200 UPDATE", "488 UPDATE"]);
}

#[test]
fn an_update_before_our_answer_gets_500_with_retry_after() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: None });
    let tag = to_tag(&bench.last_response());
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 3, &tag, &with_sdp(HOLD)));
    let response = bench.last_response();
    assert_eq!(response.code, 500);
    assert!(response.headers.number(&HeaderName::RetryAfter).unwrap().unwrap() <= 10);
    bench.receive(udp(GATEWAY), &request("UPDATE", "v", 4, &tag, ""));
    assert_eq!(bench.last_response().code, 200, "without a description nothing is offered");
    bench.receive(udp(GATEWAY), &request("INVITE", "w", 5, &tag, &with_sdp(HOLD)));
    assert_eq!(bench.last_response().code, 500);
    assert_eq!(bench.told(), []);
}

#[test]
fn an_update_that_meets_our_unanswered_offer_gets_491() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, "");
    bench.command(Command::Ring { leg, sdp: Some(OFFER.to_owned()) });
    let tag = to_tag(&bench.last_response());
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 3, &tag, &with_sdp(HOLD)));
    assert_eq!(bench.last_response().code, 491);
    assert_eq!(bench.told(), []);
}

#[test]
fn a_second_update_while_the_first_waits_gets_500() {
    let mut bench = Bench::new();
    let (_, tag) = early(&mut bench);
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 3, &tag, &with_sdp(HOLD)));
    bench.receive(udp(GATEWAY), &request("UPDATE", "v", 4, &tag, &with_sdp(OFFER)));
    assert_eq!(bench.last_response().code, 500);
}

#[test]
fn our_offer_before_the_answer_goes_by_update_once_early_media_is_settled() {
    let mut bench = Bench::new();
    let leg = ringing(&mut bench, &with_sdp(OFFER));
    bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
    bench.command(Command::Reinvite { leg, sdp: HOLD.to_owned() });
    assert_eq!(bench.sent.len(), 1, "the PRACK has not come");
    prack(&mut bench, 2, "");
    let update = bench.last_request("UPDATE");
    assert_eq!((update.sdp(), update.headers.has(&HeaderName::Contact)), (Some(HOLD), true));
    bench.respond(udp(GATEWAY), answer_to(&update, 200, "g1", Some(OFFER)));
    assert_eq!(bench.told(), [Effect::ReinviteAnswered { leg, sdp: OFFER.to_owned() }]);
    bench.command(Command::Answer { leg, sdp: HOLD.to_owned() });
    let ok = bench.last_response();
    assert_eq!((ok.code, ok.sdp()), (200, None));
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &to_tag(&ok), ""));
    assert_eq!(bench.lines(), ["183 INVITE", "200 PRACK", "UPDATE", "200 INVITE"]);
}

#[test]
fn an_offer_to_a_peer_without_update_waits_for_the_answer() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("Supported: 100rel\n{}", with_sdp(OFFER))));
    let leg = bench.incoming();
    bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
    prack(&mut bench, 2, "");
    bench.command(Command::Reinvite { leg, sdp: HOLD.to_owned() });
    bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
    bench.receive(udp(GATEWAY), &request("ACK", "a", 1, &to_tag(&bench.last_response()), ""));
    assert_eq!(bench.lines(), ["100 INVITE", "183 INVITE", "200 PRACK", "200 INVITE", "INVITE"]);
}

#[test]
fn the_callee_updates_before_it_answers_and_so_do_we() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    let call_id = invite.headers.call_id().unwrap().to_owned();
    let tag = invite.headers.from().unwrap().tag().unwrap().to_owned();
    let of_callee =
        |branch: &str, number, more: &str| request("UPDATE", branch, number, &tag, more).replace("call-1", &call_id);
    bench.respond(udp(GATEWAY), reliably(&invite, 180, "g1", 1, None));
    bench.receive(udp(GATEWAY), &of_callee("u1", 1, &with_sdp(HOLD)));
    assert_eq!(bench.last_response().code, 491, "our own offer is open");
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "g1", 2, Some(ANSWER)));
    bench.told.clear();
    bench.receive(udp(GATEWAY), &of_callee("u2", 2, &with_sdp(HOLD)));
    assert_eq!(bench.told(), [Effect::Reinvited { leg: LEG, sdp: Some(HOLD.to_owned()) }]);
    bench.command(Command::AnswerReinvite { leg: LEG, sdp: OFFER.to_owned() });
    assert_eq!((bench.last_response().code, bench.last_response().sdp()), (200, Some(OFFER)));
    bench.command(Command::Reinvite { leg: LEG, sdp: ANSWER.to_owned() });
    let update = bench.last_request("UPDATE");
    assert_eq!(update.headers.cseq().unwrap(), (4, Method::Update));
    // Theirs crosses ours.
    bench.receive(udp(GATEWAY), &of_callee("u3", 3, &with_sdp(ANSWER)));
    assert_eq!(bench.last_response().code, 491);
    bench.respond(udp(GATEWAY), answer_to(&update, 200, "g1", Some(HOLD)));
    assert_eq!(bench.told(), [Effect::ReinviteAnswered { leg: LEG, sdp: HOLD.to_owned() }]);
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "g1", None));
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: HOLD.to_owned(), browser: false }]);
    bench.receive(udp(GATEWAY), &of_callee("u4", 4, &with_sdp(HOLD)));
    assert_eq!(bench.last_response().sdp(), Some(ANSWER), "nothing changes: answered with what we sent last");
}

#[test]
fn an_offer_before_a_callee_can_take_it_follows_the_answer() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    bench.respond(udp(GATEWAY), answer_to(&invite, 180, "g1", None));
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "g1", Some(ANSWER)));
    assert_eq!(bench.lines(), ["INVITE", "ACK", "INVITE"]);
}

#[test]
fn a_crossing_update_of_ours_is_tried_again_after_491() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "g1", 1, Some(ANSWER)));
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    let update = bench.last_request("UPDATE");
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("PRACK"), 200, "g1", None));
    bench.respond(udp(GATEWAY), answer_to(&update, 491, "g1", None));
    bench.sent.clear();
    bench.pass(Duration::from_millis(2_099));
    assert_eq!(bench.lines(), Vec::<String>::new());
    bench.pass(Duration::from_millis(1_901));
    assert_eq!(bench.last_request("UPDATE").sdp(), Some(HOLD));
    assert_eq!(bench.told().len(), 1, "only the progress");
}

#[test]
fn an_update_that_meets_our_reinvite_gets_491_in_a_confirmed_dialog() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.command(Command::Reinvite { leg, sdp: HOLD.to_owned() });
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 2, &tag, &with_sdp(HOLD)));
    assert_eq!(bench.last_response().code, 491);
    bench.receive(udp(GATEWAY), &request("UPDATE", "v", 3, &tag, ""));
    assert_eq!(bench.last_response().code, 200, "a refresh crosses nothing");
}

#[test]
fn what_the_callee_left_open_is_refused_when_we_give_up() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    let call_id = invite.headers.call_id().unwrap().to_owned();
    let tag = invite.headers.from().unwrap().tag().unwrap().to_owned();
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "g1", 1, Some(ANSWER)));
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 1, &tag, &with_sdp(HOLD)).replace("call-1", &call_id));
    bench.command(Command::HangUp { leg: LEG, cause: domain::Cause::Normal });
    assert_eq!(bench.lines(), ["INVITE", "PRACK", "487 UPDATE", "CANCEL"]);
}

#[test]
fn what_the_callee_left_open_is_refused_when_it_refuses_the_call_and_another_is_tried() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    let call_id = invite.headers.call_id().unwrap().to_owned();
    let tag = invite.headers.from().unwrap().tag().unwrap().to_owned();
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "g1", 1, Some(ANSWER)));
    bench.receive(udp(GATEWAY), &request("UPDATE", "u", 1, &tag, &with_sdp(HOLD)).replace("call-1", &call_id));
    let mut moved = answer_to(&invite, 302, "g1", None);
    moved.headers.set(HeaderName::Contact, "<sip:b@10.0.0.7>");
    bench.respond(udp(GATEWAY), moved);
    assert_eq!(bench.lines(), ["INVITE", "PRACK", "ACK", "INVITE", "487 UPDATE"]);
    bench.command(Command::HangUp { leg: LEG, cause: domain::Cause::Normal });
    bench.pass(Duration::from_secs(80));
    assert!(bench.is_clean());
}

#[test]
fn an_update_that_is_refused_after_the_answer_becomes_a_reinvite() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "g1", 1, Some(ANSWER)));
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    let update = bench.last_request("UPDATE");
    bench.respond(udp(GATEWAY), answer_to(&invite, 200, "g1", None));
    bench.respond(udp(GATEWAY), answer_to(&update, 500, "g1", None));
    assert_eq!(bench.last_request("INVITE").sdp(), Some(HOLD));
    assert_eq!(bench.lines(), ["INVITE", "PRACK", "UPDATE", "ACK", "INVITE"]);
}

#[test]
fn an_update_that_is_accepted_after_the_answer_leaves_the_session_timer_as_it_is() {
    let mut bench = Bench::new();
    let invite = calling(&mut bench);
    bench.respond(udp(GATEWAY), reliably(&invite, 183, "g1", 1, Some(ANSWER)));
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    let (prack, update) = (bench.last_request("PRACK"), bench.last_request("UPDATE"));
    bench.respond(udp(GATEWAY), answer_to(&prack, 200, "g1", None));
    let mut ok = answer_to(&invite, 200, "g1", None);
    ok.headers.push(HeaderName::SessionExpires, "100;refresher=uac");
    bench.respond(udp(GATEWAY), ok);
    bench.respond(udp(GATEWAY), answer_to(&update, 200, "g1", Some(OFFER)));
    bench.sent.clear();
    bench.pass(Duration::from_secs(50));
    assert_eq!(bench.lines(), ["UPDATE"], "our turn to refresh");
}
