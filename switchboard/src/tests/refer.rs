//! Transfers by REFER, and what of a caller's INVITE goes on to agents.

use super::{AGENT, Bench, CALLER, CONFIG, US, begins, invite, joins, line, pops};
use crate::Effect;
use core::time::Duration;
use domain::{ContactEventKind, DeskBody};

/// A second queue with an agent of its own.
fn two_queues() -> String {
    let other = "\n[[queue]]\nid = \"sales\"\n[[agent]]\nid = \"ana\"\nphone = \"sip:ana@127.0.0.4:5060\"\n\
                 queues = [\"sales\"]\nsigned_in = true\n[flow.direct]\n";
    CONFIG.replacen("[flow.direct]\n", other, 1)
}

/// A request of the agent's phone inside the dialog of the newest INVITE.
pub(super) fn within(invite: &str, method: &str, more: &str) -> String {
    let contact = line(invite, "Contact:").split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
    let party =
        |name: &str, header: &str, tag: &str| format!("{name}{}{tag}", line(invite, header).split_once(':').unwrap().1);
    format!(
        "{method} {contact} SIP/2.0\r\nVia: SIP/2.0/UDP {AGENT};branch=z9hG4bK-{method}\r\nMax-Forwards: 70\r\n{}\r\n{}\r\n\
         {}\r\nCSeq: 7 {method}\r\nContact: <sip:li.wei@{AGENT}>\r\n{more}Content-Length: 0\r\n\r\n",
        party("From:", "To:", ";tag=phone"),
        party("To:", "From:", ""),
        line(invite, "Call-ID:"),
    )
}

/// The agent talks to the caller.
fn talking(text: &str) -> (Bench, String) {
    let mut bench = Bench::with(text, 10);
    bench.call("a");
    bench.opened();
    assert!(bench.agent_answers().iter().any(joins));
    let rung = bench.sent("INVITE").unwrap();
    (bench, rung)
}

fn transfers(bench: &Bench) -> Vec<String> {
    let to = |kind: &&ContactEventKind| match kind {
        ContactEventKind::Transferred { to, .. } => Some(to.clone()),
        _ => None,
    };
    bench.events().iter().filter_map(to).collect()
}

#[test]
fn a_desk_phone_sends_its_customer_to_a_queue() {
    let (mut bench, rung) = talking(&two_queues());
    bench.receive(AGENT, &within(&rung, "REFER", &format!("Refer-To: <sip:sales@{US}>\r\n")));
    assert!(bench.sent("SIP/2.0 202").is_some());
    let notified = bench.sent("NOTIFY").expect("the phone is told");
    assert!(notified.contains("SIP/2.0 200"), "{notified}");
    assert!(bench.sent("BYE").is_some(), "the phone is out of the call");
    assert_eq!(transfers(&bench), ["queue:sales"]);
    bench.opened();
    bench.pass(Duration::from_millis(100));
    assert!(line(&bench.sent("INVITE").unwrap(), "INVITE").contains("sip:ana@127.0.0.4"));
}

#[test]
fn a_desk_phone_sends_its_customer_to_an_agent() {
    let (mut bench, rung) = talking(&two_queues());
    bench.receive(AGENT, &within(&rung, "REFER", "Refer-To: <sip:ana@cc.example.org>\r\n"));
    assert_eq!(transfers(&bench), ["agent:ana"]);
}

#[test]
fn a_number_that_cannot_be_dialled_is_refused_and_the_talk_goes_on() {
    let (mut bench, rung) = talking(&two_queues());
    bench.receive(AGENT, &within(&rung, "REFER", "Refer-To: <sip:nobody@cc.example.org>\r\n"));
    let notified = bench.sent("NOTIFY").expect("the phone is told");
    assert!(notified.contains("SIP/2.0 404"), "{notified}");
    assert!(bench.sent("BYE").is_none());
    assert_eq!(transfers(&bench), Vec::<String>::new());
}

#[test]
fn a_caller_may_not_send_anybody_anywhere() {
    let (mut bench, _) = talking(&two_queues());
    let ok = bench.sent("SIP/2.0 200").expect("the call is answered");
    let refer = format!(
        "REFER sip:8000@{US} SIP/2.0\r\nVia: SIP/2.0/UDP {CALLER};branch=z9hG4bK-refer\r\nMax-Forwards: 70\r\n\
         From: <sip:+4930@{CALLER}>;tag=a\r\n{}\r\nCall-ID: a\r\nCSeq: 2 REFER\r\nContact: <sip:+4930@{CALLER}>\r\n\
         Refer-To: <sip:sales@{US}>\r\nContent-Length: 0\r\n\r\n",
        line(&ok, "To:")
    );
    bench.receive(CALLER, &refer);
    assert!(bench.sent("SIP/2.0 403").is_some());
    assert_eq!(transfers(&bench), Vec::<String>::new());
}

#[test]
fn what_the_callers_network_says_reaches_the_pop_and_the_phone() {
    let text = CONFIG.replacen("sources = ", "pass_headers = [\"X-Order-Id\"]\nsources = ", 1);
    let mut bench = Bench::with(&text, 10);
    let more = "Diversion: <sip:+4989@a>;reason=no-answer\r\nX-Order-Id: 77\r\nX-Secret: no\r\nUser-to-User: 31;encoding=hex\r\n\
                P-Asserted-Identity: <sip:+4930;verstat=TN-Validation-Passed@a>\r\nMax-Forwards: 20\r\n";
    bench.receive(CALLER, &invite("a", "8000").replacen("Max-Forwards: 70\r\n", more, 1));
    bench.opened();
    let contact = bench.contact();
    bench.tell(crate::Input::Stored(contact));
    bench.acknowledge("a");
    bench.opened();
    let offered = bench.log.iter().find(|effect| pops(effect)).expect("a pop");
    let Effect::Desk(event) = offered else { unreachable!("it is a pop") };
    let DeskBody::Offered(offer) = &event.body else { unreachable!("it is a pop") };
    let told = &offer.pop.signalled;
    assert_eq!(told.diverted_from.as_ref().map(|number| number.0.as_str()), Some("+4989"));
    assert_eq!((told.diversion_reason.as_str(), told.verified), ("no-answer", Some(true)));
    assert_eq!(told.headers, [("X-Order-Id".to_owned(), "77".into())]);
    let rung = bench.log.iter().rev().find(|effect| begins(effect, "INVITE")).and_then(super::text).unwrap();
    assert_eq!(line(&rung, "X-Order-Id:"), "X-Order-Id: 77");
    assert_eq!(line(&rung, "Max-Forwards:"), "Max-Forwards: 19", "a spiral ends");
    assert_eq!(line(&rung, "User-to-User:"), "User-to-User: 31;encoding=hex");
    assert!(!rung.contains("X-Secret"));
}
