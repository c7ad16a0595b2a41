//! REGISTER: digest, bindings, expiry; calls to registered users.

use super::*;
use crate::digest::answer;
use crate::message::Method;
use domain::Cause;

pub(super) const PHONE: &str = "192.0.2.10:40000";

pub(super) fn register(cseq: u32, contact: &str, authorization: &str, more: &str) -> String {
    format!(
        "REGISTER sip:10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 192.168.1.5:5060;rport;branch=z9hG4bKr{cseq}{}\nMax-Forwards: 70\n\
         From: <sip:anna@10.0.0.1>;tag=p\nTo: <sip:anna@10.0.0.1>\nCall-ID: reg-1\nCSeq: {cseq} REGISTER\n\
         Contact: {contact}\n{authorization}{more}\n",
        authorization.len()
    )
}

/// The Authorization line that answers the last challenge. `algorithm`: the challenge to take.
pub(super) fn prove(bench: &Bench, user: &str, algorithm: &str) -> String {
    let response = bench.last_response();
    assert_eq!(response.code, 401);
    let challenges: Vec<&str> = response.headers.all(&HeaderName::WwwAuthenticate).collect();
    let chosen = challenges.iter().find(|challenge| challenge.contains(algorithm)).unwrap();
    let uri = "sip:10.0.0.1".parse().unwrap();
    let value = answer(&[chosen], &Method::Register, &uri, &credentials(user), "0a1b").unwrap();
    format!("Authorization: {value}\n")
}

/// Anna has a second phone, in a browser.
pub(super) fn registered_in_a_browser_too(bench: &mut Bench) {
    bench.receive(websocket(3), &register(7, "<sip:x9@abc.invalid>", "", "").replace("reg-1", "reg-2"));
    let proof = prove(bench, "anna", "MD5");
    bench.receive(websocket(3), &register(8, "<sip:x9@abc.invalid>", &proof, "").replace("reg-1", "reg-2"));
}

pub(super) fn registered(bench: &mut Bench, source: Source, contact: &str) {
    bench.receive(source, &register(1, contact, "", ""));
    let proof = prove(bench, "anna", "SHA-256");
    bench.receive(source, &register(2, contact, &proof, ""));
    assert_eq!(bench.last_response().code, 200);
    bench.sent.clear();
}

#[test]
fn a_phone_registers_with_either_algorithm_and_sha_256_is_offered_first() {
    for algorithm in ["SHA-256", "MD5"] {
        let mut bench = Bench::new();
        bench.receive(udp(PHONE), &register(1, "<sip:anna@192.168.1.5>", "", ""));
        let challenge = bench.last_response();
        let challenges: Vec<&str> = challenge.headers.all(&HeaderName::WwwAuthenticate).collect();
        assert_eq!(challenges.len(), 2);
        assert!(challenges[0].contains("SHA-256") && challenges[1].contains("MD5"));
        assert_eq!(bench.endpoint.transactions(), 0, "a challenge keeps no state");
        let proof = prove(&bench, "anna", algorithm);
        let again = register(2, "<sip:anna@192.168.1.5>;q=0.5", &proof, "Expires: 7200\n");
        bench.receive(udp(PHONE), &again);
        let ok = bench.last_response();
        let contact = ok.headers.contacts().unwrap().remove(0);
        assert_eq!((contact.params.get("q"), contact.params.get("expires")), (Some("0.5"), Some("3600")));
        assert_eq!(bench.told(), [Effect::Registered { user: "anna".to_owned(), transport: Transport::Udp }]);
        assert!(bench.endpoint.is_registered("anna"));
        // Retransmissions are absorbed, replays are not accepted.
        bench.receive(udp(PHONE), &again);
        assert_eq!(bench.last_response(), ok);
        bench.receive(udp(STRANGER), &register(3, "<sip:evil@192.0.2.66>", &proof, ""));
        assert_eq!(bench.last_response().code, 401);
        assert_eq!(bench.counted(Counter::AuthFailed), 1);
        assert_eq!(bench.endpoint.core.registrar.bindings("anna").len(), 1);
    }
}

#[test]
fn known_and_unknown_users_are_challenged_alike_and_wrong_passwords_are_counted() {
    let mut bench = Bench::new();
    bench.receive(udp(PHONE), &register(1, "<sip:anna@192.168.1.5>", "", ""));
    let known = bench.last_response();
    bench.receive(udp(PHONE), &register(1, "<sip:anna@192.168.1.5>", "", "").replace("anna", "nobody"));
    let unknown = bench.last_response();
    let names = |response: &Response| response.headers.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
    assert_eq!((known.code, names(&known)), (unknown.code, names(&unknown)));
    let wrong = prove(&bench, "ben", "MD5").replace("username=\"ben\"", "username=\"anna\"");
    bench.receive(udp(PHONE), &register(2, "<sip:anna@192.168.1.5>", &wrong, ""));
    assert_eq!(bench.last_response().code, 401);
    assert_eq!(bench.counted(Counter::AuthFailed), 1);
    // Ben's own password does not let him register Anna.
    let ben = prove(&bench, "ben", "MD5");
    bench.receive(udp(PHONE), &register(3, "<sip:anna@192.168.1.5>", &ben, ""));
    assert_eq!(bench.last_response().code, 403);
    assert!(!bench.endpoint.is_registered("anna"));
}

#[test]
fn a_binding_expires_and_can_be_removed() {
    let mut bench = Bench::new();
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>;expires=60");
    bench.told.clear();
    bench.pass(Duration::from_millis(59_999));
    assert_eq!(bench.told(), []);
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.told(), [Effect::Unregistered { user: "anna".to_owned() }]);

    for (contact, more) in [("<sip:anna@192.168.1.5>;expires=0", ""), ("*", "Expires: 0\n")] {
        let mut bench = Bench::new();
        registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
        bench.receive(udp(PHONE), &register(3, contact, "", more));
        let proof = prove(&bench, "anna", "MD5");
        bench.told.clear();
        bench.receive(udp(PHONE), &register(4, contact, &proof, more));
        assert!(!bench.last_response().headers.has(&HeaderName::Contact));
        assert_eq!(bench.told(), [Effect::Unregistered { user: "anna".to_owned() }]);
    }
}

#[test]
fn what_a_registration_may_not_say_is_refused() {
    let cases = [
        ("<sip:anna@192.168.1.5>;expires=59", "", 423),
        ("*", "", 400),
        ("*", "Expires: 60\n", 400),
        ("<tel:+4930>", "", 400),
    ];
    for (contact, more, code) in cases {
        let mut bench = Bench::new();
        bench.receive(udp(PHONE), &register(1, contact, "", more));
        let proof = prove(&bench, "anna", "MD5");
        bench.receive(udp(PHONE), &register(2, contact, &proof, more));
        assert_eq!(bench.last_response().code, code, "{contact} {more}");
        assert_eq!(bench.last_response().headers.has(&HeaderName::MinExpires), code == 423);
        assert!(!bench.endpoint.is_registered("anna"));
    }
    let mut bench = Bench::new();
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    bench.pass(Duration::from_secs(33));
    bench.receive(udp(PHONE), &register(9, "<sip:anna@192.168.1.5>", "", ""));
    let proof = prove(&bench, "anna", "MD5");
    bench.receive(udp(PHONE), &register(2, "<sip:anna@192.168.1.5>", &proof, ""));
    assert_eq!(bench.last_response().code, 500);
}

#[test]
fn a_registered_phone_is_called_where_it_was_seen_and_is_known_by_its_address() {
    let mut bench = Bench::new();
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    bench.told.clear();
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    let (_, to, _) = bench.sent.last().unwrap();
    assert_eq!(*to, Destination::Udp(address(PHONE)));
    let invite = bench.last_request("INVITE");
    assert_eq!(invite.uri.to_string(), "sip:anna@192.168.1.5");
    bench.respond(udp(PHONE), answer_to(&invite, 200, "p", Some(ANSWER)));
    let (_, to, _) = bench.sent.last().unwrap();
    assert_eq!(*to, Destination::Udp(address(PHONE)), "the ACK goes through the NAT as well");

    let call = request("INVITE", "i", 1, "", &with_sdp(OFFER)).replace("sip:+4940555@10.0.0.2", "sip:anna@10.0.0.1");
    bench.told.clear();
    bench.receive(udp(PHONE), &call);
    let told = bench.told();
    let [Effect::Incoming(incoming)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(incoming.peer, crate::api::Peer::User("anna".to_owned()));
}

#[test]
fn a_browser_is_reached_by_its_connection_until_that_closes() {
    let mut bench = Bench::new();
    registered(&mut bench, websocket(3), "<sip:x9@abc.invalid;transport=ws>;+sip.instance=\"<urn:uuid:7>\";reg-id=1");
    assert_eq!(bench.told(), [Effect::Registered { user: "anna".to_owned(), transport: Transport::Ws }]);
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    let (_, to, _) = bench.sent.last().unwrap();
    assert_eq!(*to, Destination::Flow(FlowId(3)));
    let invite = bench.last_request("INVITE");
    assert_eq!(invite.headers.via_top().unwrap().transport, "WS");
    assert!(invite.headers.first(&HeaderName::Contact).unwrap().contains("transport=ws"));
    bench.respond(websocket(3), answer_to(&invite, 200, "p", Some(ANSWER)));
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: true }]);
    // The connection closes: the call goes on, but an offer cannot be sent.
    bench.fact(Fact::FlowClosed(FlowId(3)));
    assert_eq!(bench.told(), [Effect::Unregistered { user: "anna".to_owned() }]);
    bench.command(Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    assert_eq!(bench.told(), [Effect::ReinviteRefused { leg: LEG }]);
    bench.command(Command::HangUp { leg: LEG, cause: Cause::MediaTimeout });
    assert_eq!(bench.told(), [Effect::Ended { leg: LEG, cause: Cause::MediaTimeout }]);
    assert_eq!(bench.endpoint.legs(), 0);
}

#[test]
fn a_browser_that_comes_back_with_the_same_contact_gets_its_call_back() {
    let mut bench = Bench::new();
    let contact = "<sip:x9@abc.invalid;transport=ws>";
    registered(&mut bench, websocket(3), contact);
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    let mut ok = answer_to(&bench.last_request("INVITE"), 200, "p", Some(ANSWER));
    ok.headers.set(HeaderName::Contact, contact);
    bench.respond(websocket(3), ok);
    bench.fact(Fact::FlowClosed(FlowId(3)));
    bench.receive(websocket(4), &register(7, contact, "", "").replace("reg-1", "reg-2"));
    let proof = prove(&bench, "anna", "MD5");
    bench.receive(websocket(4), &register(8, contact, &proof, "").replace("reg-1", "reg-2"));
    bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
    let (_, to, message) = bench.sent.last().unwrap();
    assert_eq!((line(message).as_str(), *to), ("BYE", Destination::Flow(FlowId(4))));
}

#[test]
fn all_phones_of_a_user_ring_and_the_first_to_answer_wins() {
    let mut bench = Bench::new();
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    registered_in_a_browser_too(&mut bench);
    bench.sent.clear();
    bench.told.clear();
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    let invites: Vec<Request> = bench
        .sent()
        .into_iter()
        .map(|message| if let Message::Request(request) = message { request } else { panic!("a response") })
        .collect();
    let [browser, phone] = invites.as_slice() else { panic!("two bindings ring") };
    bench.respond(udp(PHONE), answer_to(phone, 180, "p", None));
    bench.respond(websocket(3), answer_to(browser, 180, "w", None));
    bench.told.clear();
    bench.respond(websocket(3), answer_to(browser, 200, "w", Some(ANSWER)));
    assert_eq!(bench.lines(), ["ACK", "CANCEL"]);
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: true }]);
    bench.respond(udp(PHONE), answer_to(phone, 200, "p", Some(ANSWER)));
    assert_eq!(bench.lines(), ["ACK", "BYE"], "the phone answered at the same moment");
    assert_eq!(bench.told(), []);
}

#[test]
fn a_call_to_several_phones_fails_when_all_have_with_the_news_that_says_most() {
    let mut bench = Bench::new();
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    bench.receive(udp("192.0.2.11:5060"), &register(7, "<sip:anna@192.168.1.6>", "", "").replace("reg-1", "reg-2"));
    let proof = prove(&bench, "anna", "MD5");
    bench.receive(udp("192.0.2.11:5060"), &register(8, "<sip:anna@192.168.1.6>", &proof, "").replace("reg-1", "reg-2"));
    bench.sent.clear();
    bench.told.clear();
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    let invites: Vec<Message> = bench.sent();
    for (message, code) in invites.iter().zip([486, 603]) {
        assert_eq!(bench.told(), []);
        let Message::Request(request) = message else { panic!("a response") };
        bench.respond(udp(PHONE), answer_to(request, code, "p", None));
    }
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Busy, status: Some(486) }]);
}

#[test]
fn users_come_and_go() {
    let mut bench = Bench::new();
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    bench.told.clear();
    bench.endpoint.remove_user("anna");
    bench.pass(Duration::ZERO);
    assert_eq!(bench.told(), [Effect::Unregistered { user: "anna".to_owned() }]);
    bench.receive(udp(PHONE), &register(5, "<sip:anna@192.168.1.5>", "", ""));
    let proof = prove(&bench, "anna", "MD5");
    bench.receive(udp(PHONE), &register(6, "<sip:anna@192.168.1.5>", &proof, ""));
    assert_eq!(bench.last_response().code, 401);
    bench.endpoint.add_user(credentials("anna"));
    let proof = prove(&bench, "anna", "MD5");
    bench.receive(udp(PHONE), &register(7, "<sip:anna@192.168.1.5>", &proof, ""));
    assert_eq!(bench.last_response().code, 200);
}
