//! Re-INVITEs that cross (RFC 3261 §14) on every kind of leg, and calls that go in circles.

use super::calls::talking;
use super::registration::registered;
use super::*;
use domain::Cause;

/// A leg of some kind that is being talked on: its source, its Call-ID, the peer's tag and ours.
struct Talk {
    leg: LegId,
    source: Source,
    call_id: String,
    theirs: String,
    ours: String,
    owner: bool,
}

fn incoming(bench: &mut Bench) -> Talk {
    let (leg, ours) = talking(bench);
    Talk { leg, source: udp(GATEWAY), call_id: "call-1".to_owned(), theirs: "g1".to_owned(), ours, owner: false }
}

fn outgoing(bench: &mut Bench, to: Target, source: Source) -> Talk {
    bench.command(invite_to(to));
    let invite = bench.last_request("INVITE");
    bench.respond(source, answer_to(&invite, 200, "g1", Some(ANSWER)));
    bench.sent.clear();
    bench.told.clear();
    let ours = invite.headers.from().unwrap().tag().unwrap().to_owned();
    let call_id = invite.headers.call_id().unwrap().to_owned();
    Talk { leg: LEG, source, call_id, theirs: "g1".to_owned(), ours, owner: true }
}

fn legs() -> Vec<fn(&mut Bench) -> Talk> {
    vec![
        incoming,
        |bench| outgoing(bench, Target::Trunk("pstn".parse().unwrap(), "+4989".to_owned()), udp(GATEWAY)),
        |bench| outgoing(bench, Target::Uri("sip:4711@10.0.0.2".to_owned()), udp(GATEWAY)),
        |bench| {
            registered(bench, websocket(3), "<sip:x9@abc.invalid;transport=ws>");
            outgoing(bench, Target::Registered("anna".to_owned()), websocket(3))
        },
    ]
}

impl Talk {
    fn request(&self, method: &str, number: u32, more: &str) -> String {
        request(method, &format!("x{number}"), number, &self.ours, more)
            .replace("call-1", &self.call_id)
            .replace("tag=g1", &format!("tag={}", self.theirs))
    }
}

#[test]
fn crossing_reinvites_get_491_on_every_kind_of_leg_and_ours_is_sent_again_in_the_time_of_the_rfc() {
    for start in legs() {
        let mut bench = Bench::new();
        let talk = start(&mut bench);
        bench.command(Command::Reinvite { leg: talk.leg, sdp: HOLD.to_owned() });
        let ours = bench.last_request("INVITE");
        bench.receive(talk.source, &talk.request("INVITE", 2, &with_sdp(HOLD)));
        assert_eq!(bench.last_response().code, 491);
        bench.receive(talk.source, &talk.request("ACK", 2, ""));
        bench.respond(talk.source, answer_to(&ours, 491, &talk.theirs, None));
        assert_eq!(bench.lines(), ["INVITE", "491 INVITE", "ACK"]);
        let (least, most) = if talk.owner { (2_100, 4_000) } else { (0, 2_000) };
        let at = bench.now;
        bench.pass(Duration::from_millis(most));
        let (sent, _, again) = bench.sent.first().expect("the second try").clone();
        let waited = sent.since(at).as_millis();
        assert!((least..=u128::from(most)).contains(&waited), "{waited} ms");
        assert_eq!((line(&again).as_str(), again.sdp()), ("INVITE", Some(HOLD)));
        assert_eq!(bench.told(), [], "the call hears nothing of it");
    }
}

#[test]
fn an_offer_that_crosses_nothing_is_never_told_to_wait() {
    for start in legs() {
        let mut bench = Bench::new();
        let talk = start(&mut bench);
        for number in 2..6 {
            bench.receive(
                talk.source,
                &talk.request("INVITE", number, &with_sdp(if number % 2 == 0 { HOLD } else { OFFER })),
            );
            bench.command(Command::AnswerReinvite { leg: talk.leg, sdp: ANSWER.to_owned() });
            assert_eq!(bench.last_response().code, 200);
            bench.receive(talk.source, &talk.request("ACK", number, ""));
        }
    }
}

#[test]
fn the_peers_offer_in_the_time_of_waiting_comes_first() {
    for start in legs() {
        let mut bench = Bench::new();
        let talk = start(&mut bench);
        bench.command(Command::Reinvite { leg: talk.leg, sdp: HOLD.to_owned() });
        bench.respond(talk.source, answer_to(&bench.last_request("INVITE"), 491, &talk.theirs, None));
        bench.sent.clear();
        bench.receive(talk.source, &talk.request("INVITE", 2, &with_sdp(HOLD)));
        bench.pass(Duration::from_secs(5));
        assert_eq!(bench.lines(), ["100 INVITE"], "ours waits while theirs is open");
        bench.command(Command::AnswerReinvite { leg: talk.leg, sdp: ANSWER.to_owned() });
        bench.receive(talk.source, &talk.request("ACK", 2, ""));
        let lines = bench.lines();
        assert_eq!((lines.first().unwrap().as_str(), lines.last().unwrap().as_str()), ("200 INVITE", "INVITE"));
    }
}

#[test]
fn a_call_without_hops_left_gets_483_and_others_are_told_how_many_are() {
    let mut bench = Bench::new();
    let invite = |hops: &str| {
        request("INVITE", hops, 1, "", &with_sdp(OFFER)).replace("Max-Forwards: 70", &format!("Max-Forwards: {hops}"))
    };
    bench.receive(udp(GATEWAY), &invite("0"));
    assert_eq!(bench.lines(), ["483 INVITE"]);
    assert_eq!(bench.told(), []);
    bench.receive(udp(GATEWAY), &invite("7"));
    let told = bench.told();
    let [Effect::Incoming(incoming)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(incoming.max_forwards, 6);
    let Command::Invite(mut next) = invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned())) else { unreachable!() };
    next.headers.push(("Max-Forwards".to_owned(), incoming.max_forwards.to_string()));
    bench.command(Command::Invite(next));
    let headers = bench.last_request("INVITE").headers;
    assert_eq!((headers.count(&HeaderName::MaxForwards), headers.first(&HeaderName::MaxForwards)), (1, Some("6")));
    // §11: OPTIONS is answered by whom it reaches.
    bench.receive(udp(GATEWAY), &request("OPTIONS", "o", 2, "", "").replace("Max-Forwards: 70", "Max-Forwards: 0"));
    assert_eq!(bench.last_response().code, 200);
}

#[test]
fn merged_requests_get_482_as_long_as_the_first_is_remembered() {
    let mut bench = Bench::new();
    let by = |branch: &str| request("INVITE", branch, 1, "", &with_sdp(OFFER));
    bench.receive(udp(GATEWAY), &by("one"));
    let leg = bench.incoming();
    bench.receive(udp("10.0.0.3:5060"), &by("two"));
    assert_eq!(bench.last_response().code, 482);
    bench.receive(udp("10.0.0.3:5060"), &request("ACK", "two", 1, "any", ""));
    bench.command(Command::Reject { leg, cause: Cause::Busy, retry_after_s: None });
    bench.receive(udp("10.0.0.3:5060"), &by("three"));
    assert_eq!(bench.lines(), ["100 INVITE", "482 INVITE", "486 INVITE", "482 INVITE"]);
    bench.receive(udp(GATEWAY), &request("ACK", "one", 1, "any", ""));
    bench.pass(Duration::from_secs(40));
    bench.receive(udp(GATEWAY), &by("four"));
    assert_eq!(bench.told().len(), 2, "the end of the first call, and a new one");
    assert_eq!(bench.last_response().code, 100);
}
