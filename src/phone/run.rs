//! The phone's loop: SIP and RTP sockets, the endpoint's deadlines, orders.

use super::audio::{Audio, Ear};
use super::register::Registration;
use super::{Order, Report};
use crate::clock::Clock;
use domain::{Cause, LegId};
use media::api::Direction;
use media::sdp::{self, Local};
use sip::api::{Command, Destination, Effect, Fact, OutgoingInvite, Policy, Setup, Source, Target, Timers, Transport};
use sip::message::{Message, Method, parse_datagram};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tracing::debug;

/// A call.
struct Line {
    leg: LegId,
    /// What both sides agreed on.
    terms: Option<sdp::Negotiated>,
}

pub(super) struct Running {
    socket: UdpSocket,
    address: SocketAddr,
    endpoint: sip::Endpoint,
    clock: Clock,
    reports: mpsc::Sender<Report>,
    audio: Audio,
    /// The calls; the last is the one that orders concern.
    lines: Vec<Line>,
    /// How many calls were made. Their legs are numbered; those of calls that come in are the endpoint's.
    calls: u64,
    offer: Option<String>,
    version: u64,
    registration: Option<Registration>,
}

fn setup(address: SocketAddr) -> Setup {
    Setup {
        advertised: address,
        tls_advertised: None,
        domains: Vec::new(),
        realm: "phone".to_owned(),
        allow_md5: true,
        md5_only: false,
        // Whoever calls this phone may: it listens on this machine only.
        trunks: vec![sip::api::Trunk {
            sources: vec![([0_u8; 4].into(), 0), ([0_u16; 8].into(), 0)],
            ..sip::api::Trunk::new("any".parse().unwrap_or_else(|_| unreachable!("a short word is an id")))
        }],
        users: Vec::new(),
        timers: Timers::default(),
        expires_s: (60, 3_600),
        agent_name: "Switchroom phone".to_owned(),
        policy: Policy::default(),
    }
}

impl Running {
    pub async fn bind(address: SocketAddr, reports: mpsc::Sender<Report>, ear: Ear) -> std::io::Result<Self> {
        let socket = UdpSocket::bind(address).await?;
        // Before the runtime has seen it writable, what is tried to be sent is refused, and nobody repeats a REGISTER.
        socket.writable().await?;
        let address = socket.local_addr()?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|e| std::io::Error::other(e.to_string()))?;
        Ok(Self {
            audio: Audio::bind(address.ip(), ear).await?,
            endpoint: sip::Endpoint::new(setup(address), seed),
            socket,
            address,
            clock: Clock::start(),
            reports,
            lines: Vec::new(),
            calls: 0,
            offer: None,
            version: 0,
            registration: None,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut frames = tokio::time::interval(Duration::from_millis(20));
        frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        let (mut sip_bytes, mut rtp_bytes) = (vec![0; 65_536], vec![0; 2_048]);
        loop {
            let idle = tokio::time::Instant::now() + Duration::from_secs(60);
            let wake =
                self.endpoint.deadline().map_or(idle, |(at, _)| tokio::time::Instant::from_std(self.clock.to_std(at)));
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                Ok((length, from)) = self.socket.recv_from(&mut sip_bytes) => {
                    self.on_sip(from, sip_bytes.get(..length).unwrap_or_default());
                }
                Ok((length, _)) = self.audio.socket.recv_from(&mut rtp_bytes) => {
                    self.audio.on_packet(rtp_bytes.get(..length).unwrap_or_default());
                }
                _ = frames.tick() => self.audio.speak(),
                () = tokio::time::sleep_until(wake) => self.tell(Fact::Tick),
            }
        }
    }

    fn local(&self, direction: Direction) -> Local {
        let address = self.audio.socket.local_addr().unwrap_or(self.address);
        let codecs = vec![media::g711::Codec::Pcmu, media::g711::Codec::Pcma];
        Local { address, session: u64::from(address.port()), version: self.version, direction, codecs }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Register { server, user, password } => {
                self.registration = Some(Registration::new(server, self.address, user, password));
                self.register(None);
            }
            Order::Call { uri, from, name } => self.call(uri, (from, name), Vec::new()),
            Order::TakeOver { uri, from, dialog } => {
                self.call(uri, (from, String::new()), vec![("Replaces".to_owned(), dialog)]);
            }
            Order::Transfer(to) => self.with_leg(|leg| Command::Refer { leg, to, replaces: None }),
            Order::Connect { in_second } => self.connect(in_second),
            Order::TellDialog => {
                let dialog = self.leg().and_then(|leg| self.endpoint.dialog_of(leg));
                self.report(Report::Dialog(dialog.map(|dialog| dialog.to_string()).unwrap_or_default()));
            }
            Order::Answer => self.answer(),
            Order::Refuse(cause) => self.with_leg(|leg| Command::Reject { leg, cause, retry_after_s: None }),
            Order::HangUp => self.with_leg(|leg| Command::HangUp { leg, cause: Cause::Normal }),
            Order::Tone(hz) => self.audio.tone(hz),
            Order::Digits(digits) => self.audio.key(&digits),
            Order::Hold(hold) => {
                self.version += 1;
                let direction = if hold { Direction::SendOnly } else { Direction::SendRecv };
                let sdp = sdp::offer(&self.local(direction));
                self.with_leg(|leg| Command::Reinvite { leg, sdp });
            }
        }
    }

    fn leg(&self) -> Option<LegId> {
        self.lines.last().map(|line| line.leg)
    }

    fn call(&mut self, uri: String, (from_user, from_name): (String, String), headers: Vec<(String, String)>) {
        self.calls += 1;
        let leg = LegId::new(self.calls);
        self.lines.push(Line { leg, terms: None });
        let sdp = sdp::offer(&self.local(Direction::SendRecv));
        let invite = OutgoingInvite { leg, to: Target::Uri(uri), from_user, from_name, sdp, headers };
        self.command(Command::Invite(Box::new(invite)));
    }

    fn connect(&mut self, in_second: bool) {
        let [first, second] = self.lines.as_slice() else { return };
        let (leg, other) = if in_second { (second.leg, first.leg) } else { (first.leg, second.leg) };
        // Whom the other side would call, if it had no such dialog, is nobody.
        let to = format!("sip:nobody@{}", self.address);
        self.command(Command::Refer { leg, to, replaces: Some(other) });
    }

    fn answer(&mut self) {
        let Some(leg) = self.leg() else { return };
        let Some(offer) = self.offer.take() else { return };
        match sdp::negotiate(&offer, &self.local(Direction::SendRecv)) {
            Ok((sdp, agreed)) => {
                self.agree(leg, agreed);
                self.command(Command::Answer { leg, sdp });
            }
            Err(_) => self.command(Command::Reject { leg, cause: Cause::NoCodec, retry_after_s: None }),
        }
    }

    fn agree(&mut self, leg: LegId, agreed: sdp::Negotiated) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.leg == leg) {
            line.terms = Some(agreed);
        }
        self.speak_there();
    }

    /// The mouth is at the call that orders concern.
    fn speak_there(&mut self) {
        match self.lines.last().and_then(|line| line.terms.as_ref()) {
            Some(terms) => {
                self.audio.remote = Some(terms.remote);
                self.audio.codec = terms.codec;
                self.audio.dtmf_pt = terms.dtmf_pt.unwrap_or(sdp::EVENT_PAYLOAD_TYPE);
            }
            None => self.quiet(),
        }
    }

    fn quiet(&mut self) {
        self.audio.remote = None;
    }

    fn register(&mut self, challenged_by: Option<&sip::message::Response>) {
        let Some(registration) = &mut self.registration else { return };
        let server = registration.server();
        if let Some(bytes) = registration.request(challenged_by) {
            self.send(server, &bytes);
        }
    }

    fn on_sip(&mut self, from: SocketAddr, bytes: &[u8]) {
        let message = parse_datagram(bytes);
        if let Ok(Message::Response(response)) = &message
            && response.headers.cseq().is_ok_and(|(_, method)| method == Method::Register)
        {
            let response = response.clone();
            self.on_registered(&response);
            return;
        }
        let source = Source { transport: Transport::Udp, local: self.address, remote: from, flow: None };
        self.tell(Fact::Received { source, message });
    }

    fn on_registered(&mut self, response: &sip::message::Response) {
        let answered = self.registration.as_ref().is_some_and(|r| r.tries() > 1);
        if response.code == 401 && !answered {
            self.register(Some(response));
        } else {
            self.report(Report::Registered(response.code));
        }
    }

    fn with_leg(&mut self, command: impl FnOnce(LegId) -> Command) {
        if let Some(leg) = self.leg() {
            self.command(command(leg));
        }
    }

    fn tell(&mut self, fact: Fact) {
        let mut effects = Vec::new();
        self.endpoint.handle(self.clock.now(), fact, &mut effects);
        self.carry_out(effects);
    }

    fn command(&mut self, command: Command) {
        let mut effects = Vec::new();
        self.endpoint.command(self.clock.now(), command, &mut effects);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { to: Destination::Udp(to), bytes } => self.send(to, &bytes),
                Effect::Incoming(invite) => {
                    self.lines.push(Line { leg: invite.leg, terms: None });
                    self.offer = invite.sdp;
                    self.command(Command::Ring { leg: invite.leg, sdp: None });
                    let at = std::time::Instant::now();
                    self.report(Report::Rings { from: invite.ani, name: invite.caller_name, at });
                }
                Effect::Progress { .. } => self.report(Report::RingsThere),
                Effect::Answered { leg, sdp, .. } => {
                    if let Ok(agreed) = sdp::accept_answer(&sdp, &self.local(Direction::SendRecv)) {
                        self.agree(leg, agreed);
                    }
                    self.report(Report::Talking);
                }
                Effect::Acked { .. } => self.report(Report::Talking),
                Effect::Reinvited { leg, sdp: Some(offer) } => self.on_reinvite(leg, &offer),
                Effect::ReinviteAnswered { .. } => self.report(Report::HoldTaken),
                Effect::ReferStatus { status, .. } => self.report(Report::Transferred(status)),
                Effect::Failed { leg, cause, .. } | Effect::Ended { leg, cause } => {
                    self.lines.retain(|line| line.leg != leg);
                    self.speak_there();
                    self.report(Report::Over(cause));
                }
                other => debug!(?other, "a phone has no use for this"),
            }
        }
    }

    fn on_reinvite(&mut self, leg: LegId, offer: &str) {
        self.version += 1;
        match sdp::negotiate(offer, &self.local(Direction::SendRecv)) {
            Ok((sdp, agreed)) => {
                let held = !matches!(agreed.direction, Direction::SendRecv | Direction::SendOnly);
                self.agree(leg, agreed);
                self.command(Command::AnswerReinvite { leg, sdp });
                self.report(Report::Held(held));
            }
            Err(_) => self.command(Command::RefuseReinvite { leg }),
        }
    }

    fn send(&self, to: SocketAddr, bytes: &[u8]) {
        // UDP promises nothing; the transaction layer repeats.
        let _ = self.socket.try_send_to(bytes, to);
    }

    fn report(&self, report: Report) {
        if self.reports.try_send(report).is_err() {
            debug!("nobody listens to this phone");
        }
    }
}
