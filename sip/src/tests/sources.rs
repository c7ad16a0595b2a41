//! Who is heard, who is challenged, who gets no sign of life.

use super::*;
use crate::api::Peer;
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
    assert_eq!(bench.last_response().headers.first(&HeaderName::Supported), Some("timer"));
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
    assert_eq!(refused(&request("INVITE", "a", 1, "", &format!("Require: 100rel\n{}", with_sdp(OFFER)))), 420);
    assert_eq!(refused(&request("PUBLISH", "b", 1, "", "")), 405);
    assert_eq!(refused(&request("DANCE", "c", 1, "", "")), 501);
    assert_eq!(refused(&request("BYE", "d", 1, "", "")), 481);
    assert_eq!(refused(&request("INVITE", "e", 1, "", "").replace("Call-ID: call-1\n", "")), 400);
}

#[test]
fn what_a_stranger_does_wrong_makes_us_keep_nothing() {
    let mut bench = Bench::new();
    let bad = request("INVITE", "a", 1, "", &format!("Require: 100rel\n{}", with_sdp(OFFER)));
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_call_makes_the_endpoint_panic_or_keep_anything(
        edits in proptest::collection::vec((any::<u16>(), any::<u8>(), 0_u8..3), 1..6), which in 0_usize..6,
    ) {
        let mut bench = Bench::new();
        bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &with_sdp(OFFER)));
        let leg = bench.incoming();
        bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
        let tag = to_tag(&bench.last_response());
        let text = match which {
            0 => request("INVITE", "j", 1, "", &format!("Session-Expires: 90\nSupported: timer\n{}", with_sdp(OFFER))),
            1 => request("INVITE", "i", 2, &tag, &with_sdp(HOLD)),
            2 => request("ACK", "a", 1, &tag, &with_sdp(ANSWER)),
            3 => request("CANCEL", "i", 1, "", ""),
            4 => request("REGISTER", "r", 1, "", "Authorization: Digest username=\"anna\", realm=\"switchroom\"\n"),
            _ => request("INFO", "n", 2, &tag, "Content-Type: application/dtmf-relay\n\nSignal=5\n"),
        };
        let mut bytes = text.replace('\n', "\r\n").into_bytes();
        for (at, byte, kind) in edits {
            let at = usize::from(at) % bytes.len().max(1);
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.drain(at..(at + usize::from(byte)).min(bytes.len().saturating_sub(1)).max(at))),
            }
        }
        bench.fact(Fact::Received { source: udp(GATEWAY), message: parse_datagram(&bytes) });
        bench.told.retain(|effect| matches!(effect, Effect::Incoming(_)));
        let more = if let [Effect::Incoming(invite)] = bench.told.as_slice() { Some(invite.leg) } else { None };
        for leg in more.into_iter().chain([leg]) {
            bench.command(Command::HangUp { leg, cause: Cause::Normal });
        }
        bench.pass(Duration::from_secs(100));
        prop_assert!(bench.is_clean(), "{:?}", bench.endpoint);
    }
}
