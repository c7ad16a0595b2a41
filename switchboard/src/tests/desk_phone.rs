//! A registered desk phone with two calls: attended transfer, and calls that move from phone to phone.

use super::{AGENT, Bench, CALLER, CONFIG, SDP, US, begins, joins, line, refer::within, text};
use crate::{Effect, Input};
use core::time::Duration;
use domain::{AgentState, CommandError, ConsultResult, ContactEventKind, LegId, TransferTarget, Wish};
use media::api::{Command as Media, Event};
use sip::api::Credentials;
use sip::message::{HeaderName, Message, Method, Uri};

/// Another phone of the same agent.
const UPSTAIRS: &str = "127.0.0.5:5060";

/// The agent's phone registers. There are two others in a queue of their own, and two more numbers.
fn config() -> String {
    let registers = "sip_user = \"li.wei\"\nsip_password = \"secret\"";
    let more = "\n[[queue]]\nid = \"sales\"\n[[agent]]\nid = \"ana\"\nphone = \"sip:ana@127.0.0.4:5060\"\n\
                queues = [\"sales\"]\nsigned_in = true\n[[agent]]\nid = \"mei\"\nsip_user = \"mei\"\n\
                sip_password = \"secret\"\nqueues = [\"sales\"]\n\
                [[entry]]\nid = \"sales\"\ndnis = \"8100\"\nflow = \"sales\"\n\
                [[entry]]\nid = \"other\"\ndnis = \"8200\"\nflow = \"other\"\n\
                [flow.sales]\nstart = \"line\"\n[flow.sales.node.line]\ntype = \"enqueue\"\nqueue = \"sales\"\n\
                [flow.other]\nstart = \"bye\"\n[flow.other.node.bye]\ntype = \"hangup\"\n[flow.direct]\n";
    CONFIG.replace("phone = \"sip:li.wei@127.0.0.3:5060\"", registers).replacen("[flow.direct]\n", more, 1)
}

impl Bench {
    /// A phone registers, with its password.
    fn register(&mut self, user: &str, at: &str) {
        let request = |number: u32, authorization: &str| {
            format!(
                "REGISTER sip:{US} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK-r{number}-{at}\r\nMax-Forwards: 70\r\n\
                 From: <sip:{user}@{US}>;tag=r\r\nTo: <sip:{user}@{US}>\r\nCall-ID: register-{at}\r\n\
                 CSeq: {number} REGISTER\r\nContact: <sip:{user}@{at}>;expires=600\r\n{authorization}\
                 Content-Length: 0\r\n\r\n"
            )
        };
        self.receive(at, &request(1, ""));
        let challenge = self.sent("SIP/2.0 401").expect("a challenge");
        let Ok(Message::Response(challenge)) = sip::message::parse_datagram(challenge.as_bytes()) else {
            panic!("{challenge}")
        };
        let challenges: Vec<&str> = challenge.headers.all(&HeaderName::WwwAuthenticate).collect();
        let uri = Uri::parse(&format!("sip:{US}")).unwrap();
        let credentials = Credentials {
            user: user.to_owned(),
            password: "secret".to_owned(),
            ha1_md5: String::new(),
            ha1_sha256: String::new(),
        };
        let answer = sip::digest::answer(&challenges, &Method::Register, &uri, &credentials, "c").unwrap();
        self.receive(at, &request(2, &format!("Authorization: {answer}\r\n")));
        assert!(self.sent("SIP/2.0 200").is_some_and(|ok| ok.contains("REGISTER")), "{user} is registered");
    }

    /// A phone calls.
    fn dials(&mut self, (user, at): (&str, &str), name: &str, to: &str, more: &str) {
        let text = format!(
            "INVITE sip:{to}@{US} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK-{name}\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@{US}>;tag={name}\r\nTo: <sip:{to}@{US}>\r\nCall-ID: {name}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:{user}@{at}>\r\n{more}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
            SDP.len()
        );
        self.receive(at, &text);
    }

    /// The newest response of the engine to the call with this name.
    fn response(&self, name: &str) -> Option<String> {
        let call_id = format!("Call-ID: {name}\r\n");
        let is_response = |message: &String| message.starts_with("SIP/2.0 ") && message.contains(&call_id);
        self.log.iter().rev().filter_map(text).find(|text| is_response(text))
    }

    fn status(&self, name: &str) -> u16 {
        self.response(name).and_then(|text| text.get(8..11)?.parse().ok()).unwrap_or_default()
    }

    /// A request of the agent's phone in the call that it made.
    fn in_call(&mut self, name: &str, method: &str, more: &str) {
        let ok = self.response(name).expect("an answer");
        let (cseq, branch) = if method == "ACK" { (1, "ack") } else { (2, method) };
        let request = format!(
            "{method} sip:switchroom@{US} SIP/2.0\r\nVia: SIP/2.0/UDP {AGENT};branch=z9hG4bK-{branch}-{name}\r\n\
             Max-Forwards: 70\r\n{}\r\n{}\r\nCall-ID: {name}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:li.wei@{AGENT}>\r\n{more}Content-Length: 0\r\n\r\n",
            line(&ok, "From:"),
            line(&ok, "To:"),
        );
        self.receive(AGENT, &request);
    }

    /// The legs whose sessions were opened, in order; those to somebody who called us apart.
    fn sessions(&self, came: bool) -> Vec<LegId> {
        let leg = |effect: &Effect| match effect {
            Effect::Media(Media::Open { leg, offer, .. }) if offer.is_some() == came => Some(*leg),
            _ => None,
        };
        self.log.iter().filter_map(leg).collect()
    }

    fn open(&mut self, leg: LegId) {
        self.tell(Input::Media(Event::Opened { leg, sdp: SDP.to_owned() }));
    }

    /// The phone's second call: to whom. Both sides' media is open, so that who is asked rings.
    fn asks(&mut self, to: &str) {
        self.dials(("li.wei", AGENT), "second", to, "");
        let second = *self.sessions(true).last().unwrap();
        self.open(second);
        if self.sessions(false).len() > 1 {
            self.opened_last();
        }
    }

    fn opened_last(&mut self) {
        let leg = *self.sessions(false).last().unwrap();
        self.open(leg);
    }

    fn contacts(&self) -> usize {
        self.log.iter().filter(|effect| matches!(effect, Effect::Store(event) if event.seq == 1)).count()
    }

    fn told(&self, fits: impl Fn(&ContactEventKind) -> bool) -> bool {
        self.events().into_iter().any(fits)
    }

    fn byes(&self) -> usize {
        self.log.iter().filter(|effect| begins(effect, "BYE")).count()
    }
}

/// The agent talks to the caller on a registered phone. Also what rang it.
fn talking() -> (Bench, String) {
    let mut bench = Bench::with(&config(), 10);
    bench.register("li.wei", AGENT);
    bench.call("a");
    bench.opened();
    assert!(bench.agent_answers().iter().any(joins));
    let rung = bench.sent("INVITE").unwrap();
    (bench, rung)
}

/// The agent talks with Ana on the second call.
fn consulting() -> (Bench, String) {
    let (mut bench, rung) = talking();
    bench.asks("ana");
    bench.agent_answers();
    bench.in_call("second", "ACK", "");
    (bench, rung)
}

fn tag(of: &str) -> &str {
    of.split_once(";tag=").unwrap().1.split(';').next().unwrap()
}

/// Replaces of the first call, as the engine knows it.
fn first_dialog(rung: &str) -> String {
    let call_id = line(rung, "Call-ID:").split_once(": ").unwrap().1;
    format!("{call_id};to-tag={};from-tag=phone", tag(line(rung, "From:")))
}

fn second_dialog(bench: &Bench) -> String {
    format!("second;to-tag={};from-tag=second", tag(line(&bench.response("second").unwrap(), "To:")))
}

fn refer_to(dialog: &str) -> String {
    let escaped = dialog.replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
    format!("Refer-To: <sip:ana@{US}?Replaces={escaped}>\r\n")
}

#[test]
fn a_second_call_of_the_agents_phone_is_a_consult_of_the_same_contact() {
    let (mut bench, _) = talking();
    bench.asks("ana");
    assert_eq!(bench.status("second"), 180);
    assert_eq!(bench.state("ana"), Some(AgentState::Busy));
    assert!(bench.told(|kind| matches!(kind, ContactEventKind::ConsultStarted { to, .. } if to == "agent:ana")));
    let joined = bench.agent_answers();
    assert!(joined.iter().any(|effect| matches!(effect, Effect::Media(Media::Bridge { .. }))));
    assert_eq!((bench.status("second"), bench.contacts()), (200, 1));
}

#[test]
fn refer_in_either_call_that_names_the_other_completes_the_transfer() {
    for in_second in [false, true] {
        let (mut bench, rung) = consulting();
        if in_second {
            bench.in_call("second", "REFER", &refer_to(&first_dialog(&rung)));
        } else {
            let more = refer_to(&second_dialog(&bench));
            bench.receive(AGENT, &within(&rung, "REFER", &more));
        }
        assert!(bench.sent("SIP/2.0 202").is_some());
        let told = bench.place(|effect| text(effect).is_some_and(|text| text.contains("\r\n\r\nSIP/2.0 200")));
        let bye = bench.place(|effect| begins(effect, "BYE"));
        assert!(told.unwrap() < bye.unwrap(), "the phone hears of it before it is out");
        assert_eq!((bench.byes(), bench.ended()), (2, Some(ConsultResult::Completed)));
        assert!(bench.told(|kind| matches!(kind, ContactEventKind::Transferred { to, .. } if to == "agent:ana")));
        assert_eq!(bench.state("li.wei"), Some(AgentState::AfterContactWork));
        assert_eq!((bench.state("ana"), bench.contacts()), (Some(AgentState::Busy), 1));
        let finals =
            bench.log.iter().filter(|e| text(e).is_some_and(|text| text.contains("\r\n\r\nSIP/2.0 2"))).count();
        assert_eq!(finals, 1, "told once");
        bench.hang_up("a");
        bench.pass(Duration::from_secs(600));
        assert!(bench.told(|kind| matches!(kind, ContactEventKind::Closed { .. })));
        assert_eq!(bench.board.legs(), 0);
    }
}

#[test]
fn refer_before_the_one_asked_answers_sends_the_customer_there() {
    let (mut bench, rung) = talking();
    bench.asks("sales");
    let more = refer_to(&second_dialog(&bench));
    bench.receive(AGENT, &within(&rung, "REFER", &more));
    assert!(bench.sent("NOTIFY").unwrap().contains("SIP/2.0 200"));
    assert_eq!((bench.status("second"), bench.ended()), (487, Some(ConsultResult::Cancelled)));
    assert!(bench.told(|kind| matches!(kind, ContactEventKind::Transferred { to, .. } if to == "queue:sales")));
    bench.opened_last();
    assert!(bench.agent_answers().iter().any(joins), "Ana takes the customer");
}

#[test]
fn refer_that_names_another_call_is_refused_and_the_talk_goes_on() {
    let (mut bench, rung) = consulting();
    bench.receive(AGENT, &within(&rung, "REFER", &refer_to("elsewhere;to-tag=1;from-tag=2")));
    assert!(bench.sent("SIP/2.0 603").is_some(), "of a call that is not here nothing is known");
    bench.in_call("second", "REFER", &format!("Refer-To: <sip:sales@{US}>\r\n"));
    assert!(bench.sent("SIP/2.0 403").is_some(), "the one consulted is not sent anywhere");
    assert_eq!((bench.byes(), bench.ended()), (0, None));
}

#[test]
fn the_second_call_is_refused_as_the_wish_would_be() {
    let (mut bench, _) = talking();
    for (to, status) in [("mei", 486), ("li.wei", 486), ("5551", 404), ("nobody", 404)] {
        let name = format!("to-{to}");
        bench.dials(("li.wei", AGENT), &name, to, "");
        assert_eq!(bench.status(&name), status, "{to}");
    }
    bench.asks("ana");
    bench.dials(("li.wei", AGENT), "third", "sales", "");
    assert_eq!(bench.status("third"), 603, "one at a time");
    bench.receive(AGENT, &bench_declines(&bench));
    assert_eq!((bench.status("second"), bench.ended()), (603, Some(ConsultResult::Declined)));
    assert_eq!((bench.byes(), bench.contacts()), (0, 1));
}

/// The phone that rings declines.
fn bench_declines(bench: &Bench) -> String {
    let invite = bench.sent("INVITE").unwrap();
    format!(
        "SIP/2.0 603 Decline\r\n{}\r\n{}\r\n{};tag=phone\r\n{}\r\n{}\r\nContent-Length: 0\r\n\r\n",
        line(&invite, "Via:"),
        line(&invite, "From:"),
        line(&invite, "To:"),
        line(&invite, "Call-ID:"),
        line(&invite, "CSeq:"),
    )
}

#[test]
fn a_phone_that_gives_its_second_call_up_lets_the_one_asked_go() {
    let (mut bench, _) = consulting();
    bench.in_call("second", "BYE", "");
    assert_eq!((bench.byes(), bench.ended()), (1, Some(ConsultResult::Cancelled)), "Ana's call");
    assert_eq!(bench.state("ana"), Some(AgentState::AfterContactWork));
    assert_eq!(bench.state("li.wei"), Some(AgentState::Busy));
}

#[test]
fn a_number_whose_flow_is_a_queue_asks_that_queue_and_any_other_is_a_contact_of_its_own() {
    let (mut bench, _) = talking();
    bench.dials(("li.wei", AGENT), "menu", "8200", "");
    assert_eq!((bench.contacts(), bench.ended()), (2, None));
    let (mut bench, _) = talking();
    bench.asks("8100");
    assert!(bench.told(|kind| matches!(kind, ContactEventKind::ConsultStarted { to, .. } if to == "queue:sales")));
    bench.agent_answers();
    assert_eq!((bench.status("second"), bench.contacts()), (200, 1));
}

#[test]
fn who_has_no_customer_calls_as_anybody_does() {
    let mut bench = Bench::with(&config(), 10);
    bench.register("li.wei", AGENT);
    bench.dials(("li.wei", AGENT), "idle", "ana", "");
    assert_eq!(bench.status("idle"), 404);
    bench.dials(("li.wei", AGENT), "in", "8100", "");
    assert_eq!(bench.contacts(), 1);
}

#[test]
fn console_and_phone_complete_each_others_consults() {
    let (mut bench, _) = consulting();
    let contact = bench.contact();
    assert_eq!(bench.wish("li.wei", Wish::Swap(contact)), Err(CommandError::WrongState), "the phone decides");
    assert_eq!(bench.wish("li.wei", Wish::CompleteTransfer(contact)), Ok(()));
    assert_eq!((bench.byes(), bench.ended()), (2, Some(ConsultResult::Completed)));
    let (mut bench, rung) = talking();
    assert_eq!(bench.consult(TransferTarget::Agent("ana".parse().unwrap())), Ok(()));
    bench.opened();
    bench.agent_answers();
    bench.receive(AGENT, &within(&rung, "REFER", &format!("Refer-To: <sip:sales@{US}>\r\n")));
    assert!(bench.sent("NOTIFY").unwrap().contains("SIP/2.0 603"), "to somebody else: not now");
    let again = within(&rung, "REFER", &format!("Refer-To: <sip:ana@{US}>\r\n")).replace("z9hG4bK-", "z9hG4bK-2-");
    bench.receive(AGENT, &again.replace("CSeq: 7", "CSeq: 8"));
    assert_eq!((bench.byes(), bench.ended()), (1, Some(ConsultResult::Completed)));
}

#[test]
fn another_phone_of_the_agent_takes_the_call_over_and_nobody_elses_does() {
    let (mut bench, rung) = talking();
    bench.register("li.wei", UPSTAIRS);
    bench.register("mei", "127.0.0.6:5060");
    let replaces = format!("Replaces: {}\r\n", first_dialog(&rung));
    bench.dials(("mei", "127.0.0.6:5060"), "mei", "x", &replaces);
    bench.dials(("+4930", CALLER), "caller", "x", &replaces);
    bench.dials(("li.wei", UPSTAIRS), "unknown", "x", "Replaces: nothing;to-tag=1;from-tag=2\r\n");
    assert_eq!(["mei", "caller", "unknown"].map(|name| bench.status(name)), [403, 403, 481]);
    bench.dials(("li.wei", UPSTAIRS), "up", "x", &replaces);
    assert_eq!((bench.status("up"), bench.byes()), (100, 0));
    let new = *bench.sessions(true).last().unwrap();
    bench.open(new);
    assert_eq!((bench.status("up"), bench.byes(), bench.contacts()), (200, 1, 1));
    assert!(bench.sent("BYE").is_some_and(|bye| line(&bye, "Call-ID:") == line(&rung, "Call-ID:")));
    let joins_new = |effect: &Effect| matches!(effect, Effect::Media(Media::Bridge { b, .. }) if *b == new);
    assert!(bench.place(joins_new).is_some());
    assert_eq!(bench.state("li.wei"), Some(AgentState::Busy));
    bench.in_call("up", "ACK", "");
    bench.hang_up("a");
    assert_eq!(bench.byes(), 2, "the new phone's call ends with the customer");
}

#[test]
fn a_ringing_call_is_picked_up_by_another_phone_of_the_agent() {
    let mut bench = Bench::with(&config(), 10);
    bench.register("li.wei", AGENT);
    bench.call("a");
    bench.opened();
    let rung = bench.sent("INVITE").unwrap();
    let ringing = bench_declines(&bench).replace("603 Decline", "180 Ringing");
    bench.receive(AGENT, &ringing);
    bench.register("li.wei", UPSTAIRS);
    let early = format!("Replaces: {};early-only\r\n", first_dialog(&rung));
    bench.dials(("li.wei", UPSTAIRS), "up", "x", &early);
    let new = *bench.sessions(true).last().unwrap();
    bench.open(new);
    assert_eq!(bench.status("up"), 200);
    assert!(bench.log.iter().any(|effect| begins(effect, "CANCEL")), "the other one stops ringing");
    assert!(bench.told(|kind| matches!(kind, ContactEventKind::Connected { .. })));
}
