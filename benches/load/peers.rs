//! The callers and the agents: two sockets, one thread, as little work as a user agent can have.

use crate::audio::Audio;
use crate::call::{Call, Pending, Stage};
use crate::wire::{Dialog, Seen, described};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Estimate of the round trip (RFC 3261 §17.1.1.1): the first pause before a message is repeated.
const T1: Duration = Duration::from_millis(500);
/// A message is given up after so long.
const PATIENCE: Duration = Duration::from_secs(32);
/// A caller's number begins so; the daemon shows it to the agent, which is how the two sides find each other.
const NUMBER: &str = "+4999";

/// What is to be done.
#[derive(Clone)]
pub struct Plan {
    /// Calls that begin each second.
    pub calls_per_s: f64,
    /// Every call of this many rings an emergency number; 0: none does.
    pub urgent_every: u64,
    /// New calls begin for so long.
    pub lasting: Duration,
    /// At most so many calls at a time; none begins before another has ended.
    pub at_most: usize,
    /// From the INVITE at the agent to the answer.
    pub answer_after: Duration,
    /// From the answer to the BYE: least and most.
    pub talk: (Duration, Duration),
    /// Every second call is ended by the agent.
    pub agents_hang_up: bool,
    /// Calls are left as they are at the end.
    pub leave: bool,
    /// So many calls may be left at the end.
    pub keep: usize,
    /// Calls that begin have audio.
    pub audible: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            calls_per_s: 50.0,
            urgent_every: 0,
            lasting: Duration::from_secs(20),
            at_most: usize::MAX,
            answer_after: Duration::from_millis(200),
            talk: (Duration::from_secs(2), Duration::from_secs(2)),
            agents_hang_up: false,
            leave: false,
            keep: 0,
            audible: true,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub begun: u64,
    /// Calls that went as planned to the end.
    pub done: u64,
    /// Calls that were refused with 503.
    pub refused: u64,
    /// All others that are over.
    pub failed: u64,
    /// Messages that had to be sent again.
    pub repeated: u64,
    /// Emergency calls begun, and those among them that went as planned.
    pub urgent: (u64, u64),
    /// The caller's INVITE to the agent's INVITE.
    pub setup: Vec<Duration>,
    /// The BYE that frees an agent to the next INVITE for him.
    pub next_call: Vec<Duration>,
    /// INVITE to 503.
    pub refusal: Vec<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Answer,
    HangUp,
    Repeat { is_agent: bool, stamp: u32 },
}

/// The callers and the agents of one daemon.
pub struct Peers {
    poll: Poll,
    sockets: [UdpSocket; 2],
    addresses: [SocketAddr; 2],
    daemon: SocketAddr,
    pub audio: Option<Audio>,
    silent: std::net::UdpSocket,
    plan: Plan,
    calls: HashMap<u64, Call>,
    by_agent_leg: HashMap<String, u64>,
    timers: BinaryHeap<Reverse<(Instant, u64, Timer)>>,
    freed: HashMap<usize, Instant>,
    pub tally: Tally,
    next: u64,
    stamp: u32,
    now: Instant,
}

fn socket() -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    socket2::SockRef::from(&socket).set_recv_buffer_size(8 << 20)?;
    socket.set_nonblocking(true)?;
    Ok(UdpSocket::from_std(socket))
}

impl Peers {
    /// Peers of a daemon that is yet to be named.
    pub fn new(audio: Option<Audio>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut sockets = [socket()?, socket()?];
        for (n, socket) in sockets.iter_mut().enumerate() {
            poll.registry().register(socket, Token(n), Interest::READABLE)?;
        }
        let addresses = [sockets[0].local_addr()?, sockets[1].local_addr()?];
        Ok(Self {
            poll,
            addresses,
            sockets,
            daemon: addresses[0],
            audio,
            // Nobody reads it: what is sent there is dropped by the system.
            silent: std::net::UdpSocket::bind("127.0.0.1:0")?,
            plan: Plan::default(),
            calls: HashMap::new(),
            by_agent_leg: HashMap::new(),
            timers: BinaryHeap::new(),
            freed: HashMap::new(),
            tally: Tally::default(),
            next: 1,
            stamp: 0,
            now: Instant::now(),
        })
    }

    /// Where the agents' phones are.
    pub fn phones(&self) -> SocketAddr {
        self.addresses[1]
    }

    /// Calls that are not over.
    pub fn open(&self) -> usize {
        self.calls.len()
    }

    /// Works according to a plan until its calls are over, or for as long as they begin if they are to be left.
    pub fn work(&mut self, daemon: SocketAddr, plan: Plan) -> Tally {
        self.daemon = daemon;
        self.plan = plan;
        self.tally = Tally::default();
        // Who was free before this began waited for it, and for no decision.
        self.freed.clear();
        let (begun, mut count) = (Instant::now(), 0_u32);
        let end = begun + self.plan.lasting;
        let mut events = Events::with_capacity(16);
        loop {
            self.now = Instant::now();
            let pause = self.plan.calls_per_s.recip();
            let beat = |count: u32| begun + Duration::from_secs_f64(f64::from(count) * pause);
            while beat(count) <= self.now && beat(count) < end {
                count += 1;
                if self.calls.len() < self.plan.at_most {
                    self.begin();
                }
            }
            self.fire();
            if self.now >= end && (self.plan.leave || self.calls.len() <= self.plan.keep) {
                return std::mem::take(&mut self.tally);
            }
            let next = if self.now < end { beat(count).min(end) } else { self.now + T1 };
            let wake = self.timers.peek().map_or(next, |timer| timer.0.0.min(next));
            // An interrupted wait is as good as a short one.
            let _ = self.poll.poll(&mut events, Some(wake.saturating_duration_since(Instant::now())));
            self.listen();
        }
    }

    fn listen(&mut self) {
        let mut buffer = [0; 4_096];
        for is_agent in [true, false] {
            while let Ok(length) = self.sockets[usize::from(is_agent)].recv(&mut buffer) {
                self.now = Instant::now();
                match Seen::read(&buffer[..length]) {
                    Some(seen) if seen.status().is_some() => self.on_response(is_agent, &seen),
                    Some(seen) => self.on_request(is_agent, &seen),
                    None => {}
                }
            }
        }
    }

    fn send(&self, is_agent: bool, text: &str) {
        // A full buffer is a lost datagram.
        let _ = self.sockets[usize::from(is_agent)].send_to(text.as_bytes(), self.daemon);
    }

    fn audio_port(&self, is_agent: bool) -> u16 {
        let silent = || self.silent.local_addr().map_or(9, |address| address.port());
        let audio = self.audio.as_ref().filter(|_| self.plan.audible);
        audio.map_or_else(silent, |audio| if is_agent { audio.ports.1 } else { audio.ports.0 })
    }

    fn branch(&mut self, number: u64) -> String {
        self.stamp = self.stamp.wrapping_add(1);
        format!("{number}-{}", self.stamp)
    }

    fn begin(&mut self) {
        let number = self.next;
        self.next += 1;
        self.tally.begun += 1;
        let is_urgent = self.plan.urgent_every > 0 && number.is_multiple_of(self.plan.urgent_every);
        self.tally.urgent.0 += u64::from(is_urgent);
        let dialled = if is_urgent { "112" } else { "8001" };
        let (me, daemon) = (self.addresses[0], self.daemon);
        let mut call = Call::new(self.now, is_urgent);
        call.caller.dialog = Dialog {
            target: format!("sip:{dialled}@{daemon}"),
            local: format!("<sip:{NUMBER}{number:08}@{me}>;tag=c{number}"),
            remote: format!("<sip:{dialled}@{daemon}>"),
            call_id: format!("{number}-{}", me.port()),
            cseq: 1,
        };
        let branch = self.branch(number);
        let rest = described(me, self.audio_port(false));
        let invite = call.caller.dialog.request("INVITE", me, &branch, &rest);
        self.calls.insert(number, call);
        self.demand(number, false, invite);
    }

    /// Sends what is to be repeated until it is answered.
    fn demand(&mut self, number: u64, is_agent: bool, text: String) {
        self.send(is_agent, &text);
        self.stamp = self.stamp.wrapping_add(1);
        let stamp = self.stamp;
        let Some(call) = self.calls.get_mut(&number) else { return };
        call.side(is_agent).pending = Some(Pending { bytes: text.into_bytes(), interval: T1, stamp });
        self.timers.push(Reverse((self.now + T1, number, Timer::Repeat { is_agent, stamp })));
    }

    fn fire(&mut self) {
        while let Some(Reverse((at, number, timer))) = self.timers.peek().copied() {
            if at > self.now {
                return;
            }
            self.timers.pop();
            match timer {
                Timer::Answer => self.answer(number),
                Timer::HangUp => {
                    let by_agent = self.plan.agents_hang_up && number.is_multiple_of(2);
                    self.hang_up(number, by_agent);
                }
                Timer::Repeat { is_agent, stamp } => self.repeat(number, is_agent, stamp),
            }
        }
    }

    fn repeat(&mut self, number: u64, is_agent: bool, stamp: u32) {
        let Some(call) = self.calls.get_mut(&number) else { return };
        let Some(pending) = call.side(is_agent).pending.as_mut().filter(|pending| pending.stamp == stamp) else {
            return;
        };
        pending.interval *= 2;
        if pending.interval > PATIENCE {
            return self.fail(number);
        }
        let (interval, bytes) = (pending.interval, pending.bytes.clone());
        self.tally.repeated += 1;
        let _ = self.sockets[usize::from(is_agent)].send_to(&bytes, self.daemon);
        self.timers.push(Reverse((self.now + interval, number, Timer::Repeat { is_agent, stamp })));
    }

    fn fail(&mut self, number: u64) {
        self.tally.failed += 1;
        self.forget(number);
    }

    fn forget(&mut self, number: u64) {
        if let Some(call) = self.calls.remove(&number) {
            self.by_agent_leg.remove(&call.agent.dialog.call_id);
            if let Some(audio) = &self.audio {
                audio.hush(number);
            }
        }
    }

    fn number_of(&self, is_agent: bool, seen: &Seen<'_>) -> Option<u64> {
        if is_agent {
            return self.by_agent_leg.get(seen.call_id).copied();
        }
        seen.call_id.split('-').next()?.parse().ok().filter(|number| self.calls.contains_key(number))
    }

    fn on_response(&mut self, is_agent: bool, seen: &Seen<'_>) {
        let (Some(status), Some(number)) = (seen.status(), self.number_of(is_agent, seen)) else { return };
        let Some(call) = self.calls.get_mut(&number) else { return };
        let side = call.side(is_agent);
        match (seen.method(), status) {
            ("INVITE", 100..200) => side.pending = None,
            ("INVITE", 200..300) => self.on_answered(number, seen),
            ("INVITE", _) => self.on_refused(number, status, seen),
            ("BYE", 200..) => {
                side.pending = None;
                side.stage = Stage::Over;
                self.finish_if_over(number);
            }
            _ => {}
        }
    }

    fn on_answered(&mut self, number: u64, seen: &Seen<'_>) {
        let me = self.addresses[0];
        let branch = self.branch(number);
        let Some(call) = self.calls.get_mut(&number) else { return };
        let side = &mut call.caller;
        side.dialog.target = seen.target().to_owned();
        side.dialog.remote = seen.to.to_owned();
        let ack = side.dialog.request("ACK", me, &branch, "");
        if side.stage == Stage::Ringing {
            side.pending = None;
            side.stage = Stage::Answered;
            side.audio = seen.audio_port();
        }
        self.send(false, &ack);
        self.on_bridged(number);
    }

    fn on_refused(&mut self, number: u64, status: u16, seen: &Seen<'_>) {
        let Some(call) = self.calls.get(&number) else { return };
        let dialog = &call.caller.dialog;
        // The ACK of a refusal belongs to the transaction of the INVITE (§17.1.1.3).
        let via = seen.vias.first().copied().unwrap_or_default().split(";received").next().unwrap_or_default();
        let ack = format!(
            "ACK {} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 ACK\r\n\
             Content-Length: 0\r\n\r\n",
            dialog.target, dialog.local, seen.to, dialog.call_id
        );
        let invited = call.invited;
        self.send(false, &ack);
        if status == 503 {
            self.tally.refused += 1;
            self.tally.refusal.push(self.now.duration_since(invited));
            self.forget(number);
        } else {
            self.fail(number);
        }
    }

    fn on_request(&mut self, is_agent: bool, seen: &Seen<'_>) {
        match seen.method() {
            "INVITE" if is_agent => self.on_invite(seen),
            "ACK" => self.on_ack(is_agent, seen),
            "BYE" => self.on_bye(is_agent, seen),
            "CANCEL" => self.on_cancel(is_agent, seen),
            _ => self.send(is_agent, &seen.response("200 OK", "x", "")),
        }
    }

    fn on_invite(&mut self, seen: &Seen<'_>) {
        if let Some(call) = self.by_agent_leg.get(seen.call_id).and_then(|number| self.calls.get(number)) {
            self.tally.repeated += 1;
            let _ = self.sockets[1].send_to(&call.agent.response, self.daemon);
            return;
        }
        let digits = seen.from.split_once(NUMBER).map(|(_, rest)| rest).unwrap_or_default();
        let number = digits.get(..8).and_then(|digits| digits.parse().ok()).unwrap_or_default();
        let seat: usize = seen.user().trim_start_matches('a').parse().unwrap_or_default();
        let now = self.now;
        let tag = format!("a{number}");
        let ringing = seen.response("180 Ringing", &tag, "");
        let answer = seen.response("200 OK", &tag, &described(self.addresses[1], self.audio_port(true)));
        let Some(call) = self.calls.get_mut(&number) else { return };
        if call.agent.stage == Stage::Absent {
            self.tally.setup.push(now.duration_since(call.invited));
        }
        if let Some(freed) = self.freed.remove(&seat) {
            self.tally.next_call.push(now.duration_since(freed));
        }
        let to = format!("{};tag={tag}", seen.to);
        call.agent.dialog = Dialog {
            target: seen.target().to_owned(),
            local: to,
            remote: seen.from.to_owned(),
            call_id: seen.call_id.to_owned(),
            cseq: 1,
        };
        call.agent.stage = Stage::Ringing;
        call.agent.audio = seen.audio_port();
        call.seat = Some(seat);
        call.agent.response = ringing.clone().into_bytes();
        call.agent.pending = Some(Pending { bytes: answer.into_bytes(), interval: T1, stamp: 0 });
        self.by_agent_leg.insert(seen.call_id.to_owned(), number);
        self.send(true, &ringing);
        self.timers.push(Reverse((now + self.plan.answer_after, number, Timer::Answer)));
    }

    fn answer(&mut self, number: u64) {
        let Some(call) = self.calls.get_mut(&number) else { return };
        if call.agent.stage != Stage::Ringing {
            return;
        }
        call.agent.stage = Stage::Answered;
        let Some(pending) = call.agent.pending.take() else { return };
        call.agent.response.clone_from(&pending.bytes);
        self.demand(number, true, String::from_utf8(pending.bytes).unwrap_or_default());
    }

    fn on_ack(&mut self, is_agent: bool, seen: &Seen<'_>) {
        let Some(number) = self.number_of(is_agent, seen).filter(|_| is_agent) else { return };
        let Some(call) = self.calls.get_mut(&number) else { return };
        if call.agent.stage == Stage::Answered && call.agent.pending.take().is_some() {
            self.on_bridged(number);
        }
    }

    fn on_bridged(&mut self, number: u64) {
        let daemon = self.daemon.ip();
        let Some(call) = self.calls.get(&number).filter(|call| call.is_bridged() && call.agent.pending.is_none())
        else {
            return;
        };
        if let Some(audio) = self.audio.as_ref().filter(|_| self.plan.audible) {
            for (is_agent, port) in [(false, call.caller.audio), (true, call.agent.audio)] {
                if let Some(port) = port {
                    audio.talk((number, is_agent), SocketAddr::new(daemon, port));
                }
            }
        }
        let (least, most) = self.plan.talk;
        // Spread evenly, and the same in every run.
        let share = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as f64 / f64::from(u32::MAX);
        let talk = least + (most - least).mul_f64(share.min(1.0));
        self.timers.push(Reverse((self.now + talk, number, Timer::HangUp)));
    }

    fn hang_up(&mut self, number: u64, by_agent: bool) {
        let me = self.addresses[usize::from(by_agent)];
        let branch = self.branch(number);
        if let Some(audio) = &self.audio {
            audio.hush(number);
        }
        let now = self.now;
        let Some(call) = self.calls.get_mut(&number) else { return };
        let seat = call.seat;
        let side = call.side(by_agent);
        if side.stage != Stage::Answered {
            return;
        }
        side.stage = Stage::Leaving;
        side.dialog.cseq += 1;
        let bye = side.dialog.request("BYE", me, &branch, "");
        self.freed.extend(seat.map(|seat| (seat, now)));
        self.demand(number, by_agent, bye);
    }

    fn on_bye(&mut self, is_agent: bool, seen: &Seen<'_>) {
        self.send(is_agent, &seen.response("200 OK", "", ""));
        let Some(number) = self.number_of(is_agent, seen) else { return };
        let Some(call) = self.calls.get_mut(&number) else { return };
        let side = call.side(is_agent);
        side.stage = Stage::Over;
        side.pending = None;
        let other = call.side(!is_agent).stage;
        if other == Stage::Over {
            self.finish_if_over(number);
        } else if other != Stage::Leaving {
            // The daemon ended it, and nobody asked it to.
            self.fail(number);
        }
    }

    fn on_cancel(&mut self, is_agent: bool, seen: &Seen<'_>) {
        self.send(is_agent, &seen.response("200 OK", "", ""));
        let Some(number) = self.number_of(is_agent, seen) else { return };
        if let Some(call) = self.calls.get_mut(&number)
            && call.agent.stage == Stage::Ringing
        {
            call.agent.stage = Stage::Absent;
            call.agent.pending = None;
        }
        let branch_of = seen.cseq.split(' ').next().unwrap_or_default();
        let cseq = format!("{branch_of} INVITE");
        let gone = Seen { cseq: &cseq, vias: seen.vias.clone(), body: "", ..*seen };
        self.send(is_agent, &gone.response("487 Request Terminated", &format!("a{number}"), ""));
    }

    fn finish_if_over(&mut self, number: u64) {
        let Some(call) = self.calls.get(&number).filter(|call| call.is_over()) else { return };
        if call.agent.stage == Stage::Over {
            self.tally.done += 1;
            self.tally.urgent.1 += u64::from(call.is_urgent);
        } else {
            self.tally.failed += 1;
        }
        self.forget(number);
    }
}
