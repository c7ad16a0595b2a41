//! REFER and Replaces: transfers that phones ask for.

use super::calls::talking;
use super::*;
use crate::api::Replaced;
use domain::Cause;

const BLIND: &str = "Refer-To: <sip:+4989@10.0.0.1>\nReferred-By: \"Anna\" <sip:anna@10.0.0.1>\n";

/// State of the subscription, event, and first line of the body of each NOTIFY sent since the last call.
fn notified(bench: &mut Bench) -> Vec<[String; 3]> {
    let notifies = bench.sent().into_iter().filter(|message| line(message) == "NOTIFY");
    notifies
        .map(|message| {
            let headers = message.headers();
            assert_eq!(headers.content_type().as_deref(), Some("message/sipfrag"));
            assert!(headers.has(&HeaderName::Contact));
            let field = |name| headers.first(&name).unwrap_or_default().to_owned();
            let body = String::from_utf8(message.body().to_vec()).unwrap();
            [field(HeaderName::SubscriptionState), field(HeaderName::Event), body.trim_end().to_owned()]
        })
        .collect()
}

fn refer(bench: &mut Bench, number: u32, tag: &str, more: &str) {
    bench.receive(udp(GATEWAY), &request("REFER", &format!("r{number}"), number, tag, more));
}

#[test]
fn a_blind_transfer_is_accepted_and_its_progress_notified_until_the_end() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    refer(&mut bench, 2, &tag, BLIND);
    let (to, referred_by) = ("sip:+4989@10.0.0.1".to_owned(), Some("sip:anna@10.0.0.1".to_owned()));
    assert_eq!(bench.told(), [Effect::Referred { leg, to, replaces: None, referred_by }]);
    assert_eq!(bench.lines(), Vec::<String>::new(), "the call decides");
    bench.command(Command::AcceptRefer { leg });
    assert_eq!(bench.last_response().code, 202);
    assert!(bench.last_response().headers.has(&HeaderName::Contact));
    assert_eq!(notified(&mut bench), [["active;expires=180", "refer", "SIP/2.0 100 Trying"]]);
    bench.pass(Duration::from_millis(400));
    bench.command(Command::ReferProgress { leg, status: 180 });
    bench.command(Command::ReferProgress { leg, status: 200 });
    bench.command(Command::ReferProgress { leg, status: 200 });
    let expected = [
        ["active;expires=179", "refer", "SIP/2.0 180 Ringing"],
        ["terminated;reason=noresource", "refer", "SIP/2.0 200 OK"],
    ];
    assert_eq!(notified(&mut bench), expected);
}

#[test]
fn a_failed_transfer_is_told_by_its_status_and_the_next_one_has_a_number() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    refer(&mut bench, 2, &tag, BLIND);
    bench.command(Command::AcceptRefer { leg });
    bench.command(Command::ReferProgress { leg, status: 486 });
    refer(&mut bench, 3, &tag, BLIND);
    bench.command(Command::AcceptRefer { leg });
    let expected = [
        ["active;expires=180", "refer", "SIP/2.0 100 Trying"],
        ["terminated;reason=noresource", "refer", "SIP/2.0 486 Busy Here"],
        ["active;expires=180", "refer;id=3", "SIP/2.0 100 Trying"],
    ];
    assert_eq!(notified(&mut bench), expected);
}

#[test]
fn a_refused_transfer_gets_the_status_of_its_cause_and_the_session_goes_on() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    refer(&mut bench, 2, &tag, BLIND);
    refer(&mut bench, 3, &tag, BLIND);
    bench.command(Command::RefuseRefer { leg, cause: Cause::Declined });
    bench.command(Command::AcceptRefer { leg });
    bench.command(Command::ReferProgress { leg, status: 200 });
    assert_eq!(bench.lines(), ["491 REFER", "603 REFER"]);
    assert_eq!(bench.endpoint.legs(), 1);
}

#[test]
fn an_attended_transfer_names_the_leg_that_is_replaced() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    // The second call of the same phone, which we made.
    bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
    let second = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&second, 200, "g2", Some(ANSWER)));
    bench.told.clear();
    let call_id = second.headers.call_id().unwrap().to_owned();
    let ours = second.headers.from().unwrap().tag().unwrap().to_owned();
    let to = |dialog: &str| format!("Refer-To: <sip:ben@10.0.0.1?Replaces={dialog}&Require=replaces>\n");
    refer(&mut bench, 2, &tag, &to(&format!("{call_id}%3Bto-tag%3D{ours}%3Bfrom-tag%3Dg2")));
    let replaced = |leg, call_id: &str, to_tag: &str| Replaced {
        leg,
        call_id: call_id.to_owned(),
        to_tag: to_tag.to_owned(),
        from_tag: "g2".to_owned(),
        early_only: false,
    };
    let told = |replaces| Effect::Referred { leg, to: "sip:ben@10.0.0.1".to_owned(), replaces, referred_by: None };
    assert_eq!(bench.told(), [told(Some(replaced(Some(LEG), &call_id, &ours)))]);
    bench.command(Command::RefuseRefer { leg, cause: Cause::Declined });
    refer(&mut bench, 3, &tag, &to("elsewhere%40x%3Bto-tag%3Da%3Bfrom-tag%3Dg2"));
    assert_eq!(bench.told(), [told(Some(replaced(None, "elsewhere@x", "a")))]);
}

#[test]
fn a_transfer_that_cannot_be_understood_is_refused_without_asking() {
    let mut bench = Bench::new();
    let (_, tag) = talking(&mut bench);
    refer(&mut bench, 2, &tag, "");
    refer(&mut bench, 3, &tag, "Refer-To: <sip:a@b>\nRefer-To: <sip:c@d>\n");
    refer(&mut bench, 4, &tag, "Refer-To: rubbish\n");
    refer(&mut bench, 5, &tag, "Refer-To: <sip:a@b?Replaces=no-tags>\n");
    refer(&mut bench, 6, &tag, "Refer-To: <sip:a@b;method=BYE>\n");
    assert_eq!(bench.lines(), ["400 REFER", "400 REFER", "400 REFER", "400 REFER", "603 REFER"]);
    assert_eq!(bench.told(), []);
    bench.receive(udp(GATEWAY), &request("REFER", "out", 1, "", BLIND).replace("call-1", "call-2"));
    bench.receive(udp(GATEWAY), &request("INVITE", "i3", 1, "", &with_sdp(OFFER)).replace("call-1", "call-3"));
    let leg = bench.incoming();
    bench.command(Command::Ring { leg, sdp: None });
    let tag = to_tag(&bench.last_response());
    bench.receive(udp(GATEWAY), &request("REFER", "early", 2, &tag, BLIND).replace("call-1", "call-3"));
    assert_eq!(
        bench.lines(),
        ["403 REFER", "100 INVITE", "180 INVITE", "603 REFER"],
        "outside of a call, and before it"
    );
}

#[test]
fn who_wants_no_notifications_gets_none() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    refer(&mut bench, 2, &tag, &format!("Require: norefersub\nRefer-Sub: false\n{BLIND}"));
    bench.command(Command::AcceptRefer { leg });
    assert_eq!(bench.last_response().headers.first(&HeaderName::ReferSub), Some("false"));
    bench.command(Command::ReferProgress { leg, status: 200 });
    assert_eq!(bench.lines(), ["202 REFER"]);
}

#[test]
fn a_phone_that_hangs_up_after_its_transfer_is_still_notified() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    refer(&mut bench, 2, &tag, BLIND);
    bench.command(Command::AcceptRefer { leg });
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("NOTIFY"), 200, "g1", None));
    bench.receive(udp(GATEWAY), &request("BYE", "b", 3, &tag, ""));
    bench.told.retain(|effect| matches!(effect, Effect::Ended { .. }));
    assert_eq!(bench.told(), [Effect::Ended { leg, cause: Cause::Normal }]);
    bench.sent.clear();
    bench.command(Command::ReferProgress { leg, status: 200 });
    let notify = bench.last_request("NOTIFY");
    assert_eq!(notified(&mut bench), [["terminated;reason=noresource", "refer", "SIP/2.0 200 OK"]]);
    assert_eq!(bench.endpoint.legs(), 0);
    bench.respond(udp(GATEWAY), answer_to(&notify, 200, "g1", None));
    bench.pass(Duration::from_secs(40));
    assert!(bench.is_clean());
}

#[test]
fn a_subscription_ends_after_three_minutes_and_so_does_what_is_left_of_the_leg() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    refer(&mut bench, 2, &tag, BLIND);
    bench.command(Command::AcceptRefer { leg });
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("NOTIFY"), 200, "g1", None));
    bench.receive(udp(GATEWAY), &request("BYE", "b", 3, &tag, ""));
    bench.sent.clear();
    bench.pass(Duration::from_secs(180));
    assert_eq!(notified(&mut bench), [["terminated;reason=timeout", "refer", "SIP/2.0 100 Trying"]]);
    bench.pass(Duration::from_secs(40));
    assert!(bench.is_clean());
}

#[test]
fn a_peer_that_does_not_know_the_subscription_is_left_alone() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    refer(&mut bench, 2, &tag, BLIND);
    bench.command(Command::AcceptRefer { leg });
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("NOTIFY"), 481, "g1", None));
    bench.sent.clear();
    bench.command(Command::ReferProgress { leg, status: 180 });
    assert_eq!(bench.lines(), Vec::<String>::new());
    assert_eq!(bench.endpoint.legs(), 1, "the call itself goes on");
}

#[test]
fn a_bye_refuses_the_transfer_that_nobody_has_decided() {
    let mut bench = Bench::new();
    let (_, tag) = talking(&mut bench);
    refer(&mut bench, 2, &tag, BLIND);
    bench.receive(udp(GATEWAY), &request("BYE", "b", 3, &tag, ""));
    assert_eq!(bench.lines(), ["200 BYE", "487 REFER"]);
    assert_eq!(bench.endpoint.legs(), 0);
}

/// An INVITE in a call of its own that is to replace this dialog.
fn replacing(branch: &str, dialog: &str) -> String {
    let more = format!("Require: replaces\nReplaces: {dialog}\n{}", with_sdp(OFFER));
    request("INVITE", branch, 1, "", &more).replace("Call-ID: call-1", &format!("Call-ID: call-{branch}"))
}

#[test]
fn an_invite_that_replaces_a_leg_is_told_with_it() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.receive(udp(GATEWAY), &replacing("x", &format!("call-1;to-tag={tag};from-tag=g1")));
    let told = bench.told();
    let [Effect::Incoming(incoming)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(incoming.replaces, Some(leg));
    assert_ne!(incoming.leg, leg);
}

#[test]
fn an_invite_that_replaces_what_is_not_there_or_not_to_be_replaced_is_refused() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    let dialog = format!("call-1;to-tag={tag};from-tag=g1");
    let cases = [
        ("call-9;to-tag=1;from-tag=2".to_owned(), 481),
        (format!("call-1;to-tag={tag};from-tag=other"), 481),
        (format!("{dialog};early-only"), 486),
        ("no-tags".to_owned(), 400),
        (format!("{dialog}\nReplaces: {dialog}"), 400),
    ];
    for (n, (dialog, code)) in cases.into_iter().enumerate() {
        bench.receive(udp(GATEWAY), &replacing(&format!("c{n}"), &dialog));
        assert_eq!(bench.last_response().code, code, "{dialog}");
    }
    bench.command(Command::HangUp { leg, cause: Cause::Normal });
    bench.receive(udp(GATEWAY), &replacing("late", &dialog));
    assert_eq!(bench.last_response().code, 603, "it is ending");
    bench.told.retain(|effect| matches!(effect, Effect::Incoming(_)));
    assert_eq!(bench.told(), []);
}

#[test]
fn an_early_dialog_can_be_replaced_only_if_we_began_it() {
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    let leg = bench.incoming();
    bench.command(Command::Ring { leg, sdp: None });
    let tag = to_tag(&bench.last_response());
    bench.receive(udp(GATEWAY), &replacing("x", &format!("call-1;to-tag={tag};from-tag=g1")));
    assert_eq!(bench.last_response().code, 481);

    bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
    let invite = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&invite, 180, "g5", None));
    bench.told.clear();
    let (call_id, ours) = (invite.headers.call_id().unwrap(), invite.headers.from().unwrap());
    let dialog = format!("{call_id};to-tag={};from-tag=g5;early-only", ours.tag().unwrap());
    bench.receive(udp(GATEWAY), &replacing("pickup", &dialog));
    let told = bench.told();
    let [Effect::Incoming(incoming)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(incoming.replaces, Some(LEG));
}

#[test]
fn a_refer_of_ours_names_the_other_leg_and_what_comes_of_it_is_told() {
    let mut bench = Bench::new();
    let (leg, tag) = talking(&mut bench);
    bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
    let second = bench.last_request("INVITE");
    bench.respond(udp(GATEWAY), answer_to(&second, 200, "g2", Some(ANSWER)));
    bench.told.clear();
    let to = "sip:ben@10.0.0.2".to_owned();
    bench.command(Command::Refer { leg, to: to.clone(), replaces: Some(LEG) });
    let refer = bench.last_request("REFER");
    let (call_id, ours) = (second.headers.call_id().unwrap(), second.headers.from().unwrap());
    let dialog = format!("{call_id}%3Bto-tag%3Dg2%3Bfrom-tag%3D{}", ours.tag().unwrap()).replace('@', "%40");
    assert_eq!(refer.headers.first(&HeaderName::ReferTo), Some(format!("<{to}?Replaces={dialog}>").as_str()));
    assert!(refer.headers.has(&HeaderName::Contact));
    bench.respond(udp(GATEWAY), answer_to(&refer, 202, "g1", None));
    let notify = |state: &str, status: &str| {
        let body =
            format!("Subscription-State: {state}\nEvent: refer\nContent-Type: message/sipfrag\n\nSIP/2.0 {status}\n");
        let number = if status.starts_with('1') { 2 } else { 3 };
        request("NOTIFY", &format!("n{number}{state}"), number, &tag, &body)
    };
    bench.sent.clear();
    bench.receive(udp(GATEWAY), &notify("active;expires=60", "100 Trying"));
    bench.receive(udp(GATEWAY), &notify("terminated;reason=noresource", "200 OK"));
    bench.receive(udp(GATEWAY), &notify("active", "200 OK"));
    assert_eq!(bench.lines(), ["200 NOTIFY", "200 NOTIFY", "405 NOTIFY"], "the last one belongs to nothing");
    assert_eq!(bench.told(), [Effect::ReferStatus { leg, status: 100 }, Effect::ReferStatus { leg, status: 200 }]);
}

#[test]
fn a_refer_of_ours_that_is_refused_or_names_nothing_is_told_with_a_status() {
    let mut bench = Bench::new();
    let (leg, _) = talking(&mut bench);
    let to = "sip:ben@10.0.0.2".to_owned();
    bench.command(Command::Refer { leg, to: to.clone(), replaces: Some(LegId::new(9)) });
    assert_eq!(bench.told(), [Effect::ReferStatus { leg, status: 481 }]);
    bench.command(Command::Refer { leg, to: to.clone(), replaces: None });
    let refer = bench.last_request("REFER");
    assert_eq!(refer.headers.first(&HeaderName::ReferTo), Some(format!("<{to}>").as_str()));
    bench.respond(udp(GATEWAY), answer_to(&refer, 603, "g1", None));
    assert_eq!(bench.told(), [Effect::ReferStatus { leg, status: 603 }]);
    bench.command(Command::Refer { leg, to, replaces: None });
    bench.pass(Duration::from_secs(33));
    assert_eq!(bench.told(), [Effect::ReferStatus { leg, status: 408 }], "nobody answers");
}
