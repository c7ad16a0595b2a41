//! Who is heard, who is challenged, who gets no sign of life.

use super::reliable::reliably;
use super::*;
use crate::api::{Peer, TrunkRegistration};
use crate::digest::answer;
use crate::message::Method;
use domain::Cause;
use proptest::prelude::*;

#[test]
fn strangers_get_no_sign_of_life() {
    for method in ["INVITE", "OPTIONS", "BYE", "CANCEL", "MESSAGE", "SUBSCRIBE", "INFO", "DANCE"] {
        let mut bench = Bench::new();
        bench.receive(udp(STRANGER), &request(method, "s", 1, "", &with_sdp(OFFER)));
        bench.receive(udp(STRANGER), &request(method, "t", 1, "tag", ""));
        assert_eq!(bench.lines(), Vec::<String>::new(), "{method}");
        assert_eq!(bench.counted(Counter::UnknownSource), 2);
        assert!(bench.is_clean());
    }
}

#[test]
fn without_networks_nobody_is_a_trunk() {
    let mut setup = setup(US);
    setup.trunks[0].sources.clear();
    let mut bench = Bench::with(setup);
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    assert_eq!(bench.lines(), Vec::<String>::new());
}

#[test]
fn loopback_and_trunks_may_ask_for_options() {
    let mut bench = Bench::new();
    bench.receive(udp("127.0.0.1:5070"), &request("OPTIONS", "o", 1, "", ""));
    bench.receive(udp(GATEWAY), &request("OPTIONS", "p", 1, "", ""));
    assert_eq!(
        bench.last_response().headers.first(&HeaderName::Supported),
        Some("timer, 100rel, replaces, norefersub")
    );
    assert_eq!(bench.lines(), ["200 OPTIONS", "200 OPTIONS"]);
    bench.receive(udp("127.0.0.1:5070"), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
    assert_eq!(bench.lines(), Vec::<String>::new());
}

#[test]
fn a_browser_that_is_not_registered_must_prove_who_it_is() {
    let mut bench = Bench::new();
    let invite =
        |cseq: u32, more: &str| request("INVITE", &format!("i{cseq}"), cseq, "", &format!("{more}{}", with_sdp(OFFER)));
    bench.receive(websocket(1), &invite(1, ""));
    let challenge = bench.last_response();
    assert_eq!(challenge.code, 401);
    bench.receive(websocket(1), &request("ACK", "i1", 1, "any", ""));
    let challenges: Vec<&str> = challenge.headers.all(&HeaderName::WwwAuthenticate).collect();
    let uri = "sip:4711@10.0.0.1".parse().unwrap();
    let value = answer(&challenges, &Method::Invite, &uri, &credentials("ben"), "0c").unwrap();
    bench.told.clear();
    bench.receive(websocket(1), &invite(2, &format!("Authorization: {value}\n")));
    let told = bench.told();
    let [Effect::Incoming(incoming)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(incoming.peer, Peer::User("ben".to_owned()));
    assert!(incoming.browser);
}

#[test]
fn a_trunk_that_calls_from_anywhere_is_known_by_its_password() {
    let mut setup = setup(US);
    setup.trunks[0].sources.clear();
    setup.trunks[0].peer = None;
    let mut bench = Bench::with(setup);
    bench.receive(udp(STRANGER), &request("INVITE", "i1", 1, "", &with_sdp(OFFER)));
    let challenge = bench.last_response();
    assert_eq!(challenge.code, 401);
    let challenges: Vec<&str> = challenge.headers.all(&HeaderName::WwwAuthenticate).collect();
    let uri = "sip:4711@10.0.0.1".parse().unwrap();
    let value = answer(&challenges, &Method::Invite, &uri, &credentials("line"), "0c").unwrap();
    let more = format!("Authorization: {value}\n{}", with_sdp(OFFER));
    bench.receive(udp(STRANGER), &request("INVITE", "i2", 2, "", &more));
    let told = bench.told();
    let [Effect::Incoming(incoming)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(incoming.peer, Peer::Trunk("pstn".parse().unwrap()));
}

#[test]
fn broken_messages_are_answered_to_those_we_know_only() {
    let broken = request("INVITE", "x", 1, "", "")
        .replace("INVITE sip:4711@10.0.0.1 SIP/2.0", "INVITE sip:4711@10.0.0.1 SIP/7.0");
    let mut bench = Bench::new();
    bench.receive(udp(GATEWAY), &broken);
    assert_eq!(bench.last_response().code, 505);
    bench.sent.clear();
    bench.receive(udp(STRANGER), &broken);
    bench.receive(udp(STRANGER), "\n");
    let flow = Source { transport: Transport::Tcp, flow: Some(FlowId(9)), ..udp(STRANGER) };
    bench.receive(flow, &broken);
    assert_eq!(bench.lines(), Vec::<String>::new());
    assert_eq!(bench.counted(Counter::Unparsable), 3);
    assert_eq!(bench.told(), [Effect::Close(FlowId(9))]);
    assert!(bench.is_clean());
}

#[test]
fn invalid_requests_of_a_trunk_get_their_status() {
    let mut bench = Bench::new();
    let mut refused = |text: &str| {
        bench.receive(udp(GATEWAY), text);
        let code = bench.last_response().code;
        bench.sent.clear();
        code
    };
    assert_eq!(refused(&request("INVITE", "a", 1, "", &format!("Require: precondition\n{}", with_sdp(OFFER)))), 420);
    assert_eq!(refused(&request("PUBLISH", "b", 1, "", "")), 405);
    assert_eq!(refused(&request("DANCE", "c", 1, "", "")), 501);
    assert_eq!(refused(&request("BYE", "d", 1, "", "")), 481);
    assert_eq!(refused(&request("INVITE", "e", 1, "", "").replace("Call-ID: call-1\n", "")), 400);
}

#[test]
fn what_a_stranger_does_wrong_makes_us_keep_nothing() {
    let mut bench = Bench::new();
    let bad = request("INVITE", "a", 1, "", &format!("Require: precondition\n{}", with_sdp(OFFER)));
    bench.receive(websocket(1), &bad);
    bench.receive(websocket(1), &request("INVITE", "b", 1, "", &with_sdp(OFFER)));
    bench.receive(udp(STRANGER), &request("REGISTER", "c", 1, "", ""));
    assert_eq!(bench.lines(), ["420 INVITE", "401 INVITE", "401 REGISTER"]);
    assert!(bench.is_clean());
}

#[test]
fn other_domains_are_not_served() {
    let mut setup = setup(US);
    setup.domains = vec!["centre.example".to_owned()];
    let mut bench = Bench::with(setup);
    bench.receive(
        udp(GATEWAY),
        &request("OPTIONS", "a", 1, "", "").replace("OPTIONS sip:4711@10.0.0.1", "OPTIONS sip:x@other.example"),
    );
    bench.receive(
        udp(GATEWAY),
        &request("OPTIONS", "b", 2, "", "").replace("OPTIONS sip:4711@10.0.0.1", "OPTIONS sip:x@Centre.Example"),
    );
    bench.receive(udp(GATEWAY), &request("OPTIONS", "c", 3, "", ""));
    assert_eq!(bench.lines(), ["404 OPTIONS", "200 OPTIONS", "200 OPTIONS"]);
}

/// All that is read for the screen.
const TOLD: &str = "Diversion: \"A\" <sip:+491@c.example>;reason=no-answer\nPrivacy: id;user\n\
    History-Info: <sip:+491@c.example?Reason=SIP%3Bcause%3D408>;index=1, <sip:+492@c.example;cause=302>;index=1.1\n\
    P-Asserted-Identity: <tel:+1215;verstat=TN-Validation-Passed>\nUser-to-User: 00a1;encoding=hex\n\
    Supported: 100rel, timer\nMin-SE: 100\n";

/// Changes bytes here and there.
fn mutate(text: &str, edits: Vec<(u16, u8, u8)>) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (at, byte, kind) in edits {
        let at = usize::from(at) % bytes.len().max(1);
        match kind {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.drain(at..(at + usize::from(byte)).min(bytes.len().saturating_sub(1)).max(at))),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_call_makes_the_endpoint_panic_or_keep_anything(
        edits in proptest::collection::vec((any::<u16>(), any::<u8>(), 0_u8..3), 1..6), which in 0_usize..11, early in any::<bool>(),
    ) {
        let mut bench = Bench::new();
        bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("Supported: 100rel\n{}", with_sdp(OFFER))));
        let leg = bench.incoming();
        if early {
            bench.command(Command::Ring { leg, sdp: Some(ANSWER.to_owned()) });
        }
        bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
        let (tag, rseq) = (to_tag(&bench.last_response()), bench.last_response().headers.number(&HeaderName::RSeq));
        let text = match which {
            0 => request("INVITE", "j", 1, "", &format!("Session-Expires: 90\nSupported: timer\n{}", with_sdp(OFFER))),
            1 => request("INVITE", "i", 2, &tag, &with_sdp(HOLD)),
            2 => request("ACK", "a", 1, &tag, &with_sdp(ANSWER)),
            3 => request("CANCEL", "i", 1, "", ""),
            5 => request("PRACK", "p", 2, &tag, &format!("RAck: {} 1 INVITE\n", rseq.unwrap().unwrap_or(1))),
            6 => request("UPDATE", "u", 2, &tag, &with_sdp(HOLD)),
            7 => request("REFER", "f", 2, &tag, "Refer-To: <sip:a@b?Replaces=call-1%3Bto-tag%3Da%3Bfrom-tag%3Db>\nRefer-Sub: false\n"),
            8 => request("INVITE", "k", 2, "", &format!("Replaces: call-1;to-tag={tag};from-tag=g1\n{}", with_sdp(OFFER)))
                .replace("Call-ID: call-1", "Call-ID: call-2"),
            9 => request("INVITE", "l", 2, "", &format!("{TOLD}{}", with_sdp(OFFER))).replace("call-1", "call-2"),
            4 => request("REGISTER", "r", 1, "", "Authorization: Digest username=\"anna\", realm=\"switchroom\"\n"),
            _ => request("INFO", "n", 2, &tag, "Content-Type: application/dtmf-relay\n\nSignal=5\n"),
        };
        let bytes = mutate(&text.replace('\n', "\r\n"), edits);
        bench.fact(Fact::Received { source: udp(GATEWAY), message: parse_datagram(&bytes) });
        bench.told.retain(|effect| matches!(effect, Effect::Incoming(_)));
        let more = if let [Effect::Incoming(invite)] = bench.told.as_slice() { Some(invite.leg) } else { None };
        for leg in more.into_iter().chain([leg]) {
            bench.command(Command::HangUp { leg, cause: Cause::Normal });
        }
        bench.pass(Duration::from_secs(100));
        prop_assert!(bench.is_clean(), "{:?}", bench.endpoint);
    }

    #[test]
    fn no_mutation_of_a_response_makes_the_endpoint_panic_or_keep_anything(
        edits in proptest::collection::vec((any::<u16>(), any::<u8>(), 0_u8..3), 1..6), which in 0_usize..7,
    ) {
        let mut setup = setup(US);
        setup.policy.keep_alive.trunks = Some(Duration::from_secs(1_000));
        let aor = "sip:line@10.0.0.2".to_owned();
        setup.trunks[0].registration = Some(TrunkRegistration { aor, expires_s: 100_000 });
        let mut bench = Bench::with(setup);
        bench.command(invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())));
        bench.pass(Duration::ZERO);
        let (invite, register) = (bench.last_request("INVITE"), bench.last_request("REGISTER"));
        let mut response = match which {
            0 => reliably(&invite, 183, "g", 7, Some(ANSWER)),
            1 => answer_to(&invite, 302, "g", None),
            2 => answer_to(&invite, 422, "g", None),
            3 => answer_to(&invite, 200, "g", Some(ANSWER)),
            4 => Response::to(&register, 401, ""),
            5 => Response::to(&register, 200, ""),
            _ => answer_to(&bench.last_request("OPTIONS"), 200, "g", None),
        };
        let fields = [
            (HeaderName::Contact, "<sip:b@10.0.0.7?X=y>;q=0.5;expires=60, <sip:c@10.0.0.8;transport=tcp>;q=1"),
            (HeaderName::MinSe, "2000"),
            (HeaderName::SessionExpires, "100;refresher=uac"),
            (HeaderName::WwwAuthenticate, "Digest realm=\"r\",nonce=\"n\",qop=\"auth\",algorithm=MD5"),
        ];
        for (name, value) in fields {
            response.headers.set(name, value);
        }
        let bytes = mutate(&String::from_utf8(response.to_bytes()).unwrap(), edits);
        bench.fact(Fact::Received { source: udp(GATEWAY), message: parse_datagram(&bytes) });
        bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
        bench.command(Command::Drain);
        bench.pass(Duration::from_secs(400));
        prop_assert_eq!(bench.endpoint.legs(), 0);
        prop_assert_eq!(bench.endpoint.transactions(), 0);
    }
}
