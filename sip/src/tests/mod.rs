//! Two endpoints on a network of our own making, and an endpoint with a scripted peer. Time jumps to deadlines.

mod callers;
mod calls;
mod carriers;
mod door;
mod glare;
mod groups;
mod keep_alive;
mod names;
mod net;
mod offers;
mod outgoing;
mod races;
mod redirects;
mod referrals;
mod registration;
mod reliable;
mod secure;
mod session_timers;
mod sources;
mod timing;
mod updates;

use crate::Endpoint;
use crate::api::{
    Command, Counter, Credentials, Destination, DoorNote, Effect, Fact, FlowId, OutgoingInvite, Policy, Setup, Source,
    Target, Timers, Transport, Trunk,
};
use crate::digest::{Algorithm, ha1};
use crate::message::{HeaderName, Message, Request, Response, parse_datagram};
use core::net::SocketAddr;
use core::time::Duration;
use domain::{Instant, LegId};

pub(crate) const OFFER: &str =
    "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
pub(crate) const ANSWER: &str =
    "v=0\r\no=b 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";
pub(crate) const HOLD: &str =
    "v=0\r\no=a 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendonly\r\n";

/// A name in upper case: the endpoint under test.
pub(crate) const US: &str = "10.0.0.1:5060";
/// A gateway in the network of the trunk.
pub(crate) const GATEWAY: &str = "10.0.0.2:5060";
/// Somebody whom we do not know.
pub(crate) const STRANGER: &str = "192.0.2.66:5060";
pub(crate) const LEG: LegId = LegId::new(77);

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(crate) fn credentials(user: &str) -> Credentials {
    Credentials {
        user: user.to_owned(),
        password: "secret".to_owned(),
        ha1_md5: ha1(user, "switchroom", "secret", Algorithm::Md5),
        ha1_sha256: ha1(user, "switchroom", "secret", Algorithm::Sha256),
    }
}

pub(crate) fn setup(advertised: &str) -> Setup {
    Setup {
        advertised: address(advertised),
        tls_advertised: None,
        domains: Vec::new(),
        realm: "switchroom".to_owned(),
        allow_md5: true,
        md5_only: false,
        trunks: vec![Trunk {
            sources: vec![("10.0.0.0".parse().unwrap(), 24)],
            peer: Some(Destination::Udp(address(GATEWAY))),
            credentials: Some(credentials("line")),
            ..Trunk::new("pstn".parse().unwrap())
        }],
        users: vec![credentials("anna"), credentials("ben")],
        timers: Timers::default(),
        expires_s: (60, 3_600),
        agent_name: "Switchroom".to_owned(),
        policy: Policy::default(),
    }
}

pub(crate) fn udp(remote: &str) -> Source {
    Source { transport: Transport::Udp, local: address(US), remote: address(remote), flow: None }
}

pub(crate) fn websocket(flow: u64) -> Source {
    Source {
        transport: Transport::Ws,
        local: address(US),
        remote: address("198.51.100.5:4711"),
        flow: Some(FlowId(flow)),
    }
}

pub(crate) fn invite_to(to: Target) -> Command {
    Command::Invite(Box::new(OutgoingInvite {
        leg: LEG,
        to,
        from_user: "+4930123".to_owned(),
        from_name: "Carla \"C\" Caller".to_owned(),
        sdp: OFFER.to_owned(),
        headers: vec![("X-Switchroom-Contact".to_owned(), "c-1".to_owned())],
    }))
}

/// One endpoint, whose peers are written out in the test.
pub(crate) struct Bench {
    pub(crate) endpoint: Endpoint,
    pub(crate) now: Instant,
    pub(crate) sent: Vec<(Instant, Destination, Message)>,
    pub(crate) told: Vec<Effect>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(setup(US))
    }

    pub(crate) fn with(setup: Setup) -> Self {
        Self { endpoint: Endpoint::new(setup, [7; 32]), now: Instant::ZERO, sent: Vec::new(), told: Vec::new() }
    }

    pub(crate) fn command(&mut self, command: Command) {
        let mut effects = Vec::new();
        self.endpoint.command(self.now, command, &mut effects);
        self.take(effects);
    }

    pub(crate) fn fact(&mut self, fact: Fact) {
        let mut effects = Vec::new();
        self.endpoint.handle(self.now, fact, &mut effects);
        self.take(effects);
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { to, bytes } => {
                    let message = parse_datagram(&bytes).expect("what we send can be parsed");
                    self.sent.push((self.now, to, message));
                }
                other => self.told.push(other),
            }
        }
    }

    /// Receives the text, whose line ends are written as `\n`.
    pub(crate) fn receive(&mut self, source: Source, text: &str) {
        let message = parse_datagram(text.replace('\n', "\r\n").as_bytes());
        self.fact(Fact::Received { source, message });
    }

    pub(crate) fn respond(&mut self, source: Source, response: Response) {
        self.fact(Fact::Received { source, message: parse_datagram(&response.to_bytes()) });
    }

    /// Lets time pass, with a tick at every deadline.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some((at, _)) = self.endpoint.deadline().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.fact(Fact::Tick);
        }
        self.now = end;
    }

    /// The messages sent since the last call.
    pub(crate) fn sent(&mut self) -> Vec<Message> {
        self.sent.drain(..).map(|(_, _, message)| message).collect()
    }

    /// First lines of the messages sent since the last call, without the version and Request-URI.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        self.sent().iter().map(line).collect()
    }

    /// The last request of this method that was sent.
    pub(crate) fn last_request(&self, method: &str) -> Request {
        let found = self.sent.iter().rev().find_map(|(_, _, message)| match message {
            Message::Request(request) if request.method.as_str() == method => Some(request.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no {method} was sent"))
    }

    /// The last response that was sent.
    pub(crate) fn last_response(&self) -> Response {
        let found = self.sent.iter().rev().find_map(|(_, _, message)| match message {
            Message::Response(response) => Some(response.clone()),
            Message::Request(_) => None,
        });
        found.expect("no response was sent")
    }

    /// What was told since the last call, counters and the door apart.
    pub(crate) fn told(&mut self) -> Vec<Effect> {
        self.told.drain(..).filter(|effect| !matches!(effect, Effect::Count(_) | Effect::Door(_))).collect()
    }

    /// What the door was told so far.
    pub(crate) fn at_the_door(&self) -> Vec<DoorNote> {
        let note = |effect: &Effect| if let Effect::Door(note) = effect { Some(*note) } else { None };
        self.told.iter().filter_map(note).collect()
    }

    pub(crate) fn counted(&self, counter: Counter) -> usize {
        self.told.iter().filter(|effect| **effect == Effect::Count(counter)).count()
    }

    /// The leg of the only incoming INVITE.
    pub(crate) fn incoming(&mut self) -> LegId {
        let told = self.told();
        match told.as_slice() {
            [Effect::Incoming(invite)] => invite.leg,
            other => panic!("one INVITE should come in: {other:?}"),
        }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.endpoint.legs() == 0 && self.endpoint.transactions() == 0
    }
}

pub(crate) fn line(message: &Message) -> String {
    match message {
        Message::Request(request) => request.method.to_string(),
        Message::Response(response) => {
            let method = response.headers.cseq().map(|(_, method)| method.to_string()).unwrap_or_default();
            format!("{} {method}", response.code)
        }
    }
}

/// A request of the gateway. `more` is header lines, each with its line end, then perhaps a blank line and a body.
pub(crate) fn request(method: &str, branch: &str, cseq: u32, to_tag: &str, more: &str) -> String {
    let tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
    let body = if more.contains("\n\n") { "" } else { "\n" };
    format!(
        "{method} sip:4711@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK{branch}\nMax-Forwards: 70\n\
         From: \"Gate\" <sip:+4940555@10.0.0.2>;tag=g1\nTo: <sip:4711@10.0.0.1>{tag}\nCall-ID: call-1\n\
         CSeq: {cseq} {method}\nContact: <sip:gate@10.0.0.2:5060>\n{more}{body}"
    )
}

/// Header lines and body of a session description.
pub(crate) fn with_sdp(sdp: &str) -> String {
    let sdp = sdp.replace("\r\n", "\n");
    format!("Content-Type: application/sdp\n\n{sdp}")
}

pub(crate) fn to_tag(response: &Response) -> String {
    response.headers.to().unwrap().tag().expect("a To tag").to_owned()
}

/// The gateway's answer to our request.
pub(crate) fn answer_to(request: &Request, code: u16, tag: &str, sdp: Option<&str>) -> Response {
    let mut response = Response::to(request, code, "");
    response.add_to_tag(tag);
    response.headers.push(HeaderName::Contact, "<sip:gate@10.0.0.2:5060>");
    if let Some(sdp) = sdp {
        response.set_body("application/sdp", sdp.as_bytes());
    }
    response
}
