//! What is said on the wire, for those who look for a fault: the messages of calls kept in memory, and everything
//! mirrored to a capture server.
//!
//! The control loop and the media workers hand over what they see and never wait: what does not fit into the queue is
//! counted and left out. The work is done on a thread of its own.

pub mod hep;
mod mailbox;
mod rtcp_json;

use crate::clock::Clock;
use domain::{ContactId, Instant, SipMessage, SipTrace};
use mailbox::Mailbox;
use sip::api::{Destination, Fact, FlowId, Source, Transport};
use sip::trace::{Envelope, Keeper, Limits, Traced, field, masked};
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use switchboard::Effect;
use switchboard::api::CONTACT_FIELD;

/// Connections whose addresses are remembered.
const FLOWS_MAX: usize = 20_000;

/// What is kept and mirrored.
pub struct Setup {
    /// How much is kept.
    pub limits: Limits,
    /// The capture server, and how we call ourselves there.
    pub server: Option<(SocketAddr, hep::Agent)>,
    /// Where we listen for SIP, and where for TLS.
    pub sip: (SocketAddr, Option<SocketAddr>),
}

/// What the thread is told.
enum Seen {
    Sip { at: Instant, outgoing: bool, way: Way, bytes: Vec<u8> },
    Link { contact: ContactId, call_id: String },
    Gone(FlowId),
    Rtcp { at: Instant, of: media_io::Rtcp },
}

/// Between whom a message went.
#[derive(Clone, Copy)]
enum Way {
    Known(Source),
    To(Destination),
}

/// What could not be mirrored or kept.
#[derive(Debug, Default)]
pub struct Counts {
    /// Messages that found the queue full.
    dropped: AtomicU64,
    /// Packets that the capture server's socket did not take.
    unsent: AtomicU64,
    /// Packets sent to the capture server.
    sent: AtomicU64,
}

impl Counts {
    /// Messages that found the queue full, packets that were not taken, packets sent.
    #[must_use]
    pub fn read(&self) -> [u64; 3] {
        [&self.dropped, &self.unsent, &self.sent].map(|count| count.load(Ordering::Relaxed))
    }
}

/// The control loop's and the media workers' end.
#[derive(Clone)]
pub struct Tap {
    to: Option<Arc<Sender>>,
    /// Whether RTCP is wanted as well.
    mirrors: bool,
    clock: Clock,
    counts: Arc<Counts>,
}

/// The end that all taps share. The thread ends after it.
struct Sender(Arc<Mailbox>);

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Where the messages of a contact are asked for.
#[derive(Clone)]
pub struct Archive {
    keeper: Arc<Mutex<Keeper>>,
    mailbox: Arc<Mailbox>,
    clock: Clock,
}

/// A SIP message that was read, on its way to the thread.
pub struct Received(Seen);

/// Starts the thread, which ends when every tap is gone.
///
/// # Errors
/// When there is no socket or no thread to be had.
pub fn start(setup: &Setup, clock: Clock) -> io::Result<(Tap, Archive)> {
    let keeper = Arc::new(Mutex::new(Keeper::new(setup.limits)));
    let mailbox = Arc::<Mailbox>::default();
    let archive = Archive { keeper: Arc::clone(&keeper), mailbox: Arc::clone(&mailbox), clock };
    let counts = Arc::<Counts>::default();
    if setup.limits.bytes == 0 && setup.server.is_none() {
        return Ok((Tap { to: None, mirrors: false, clock, counts }, archive));
    }
    let server = match &setup.server {
        Some((address, agent)) => Some(Server::open(*address, agent.clone())?),
        None => None,
    };
    let mirrors = server.is_some();
    let scribe = Scribe { keeper, server, sip: setup.sip, flows: BTreeMap::new(), counts: Arc::clone(&counts), clock };
    let inside = Arc::clone(&mailbox);
    std::thread::Builder::new().name("mirror".to_owned()).spawn(move || scribe.run(&inside))?;
    Ok((Tap { to: Some(Arc::new(Sender(mailbox))), mirrors, clock, counts }, archive))
}

impl Tap {
    /// What could not be mirrored or kept.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    fn tell(&self, seen: Seen) {
        if let Some(to) = &self.to
            && !to.0.put(seen)
        {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Looks at a fact before it is carried out. What comes back is told by [`Tap::received`] afterwards, so that the
    /// contact of a new call is known first. `None`: nobody looks, or there is nothing to see.
    #[must_use]
    pub fn look(&self, fact: &Fact) -> Option<Received> {
        self.to.as_ref()?;
        match fact {
            Fact::Received { source, message: Ok(message) } => {
                let (at, bytes) = (self.clock.now(), message.to_bytes());
                Some(Received(Seen::Sip { at, outgoing: false, way: Way::Known(*source), bytes }))
            }
            Fact::FlowClosed(flow) => Some(Received(Seen::Gone(*flow))),
            Fact::Received { message: Err(_), .. } | Fact::SendFailed(_) | Fact::Resolved(_) | Fact::Tick => None,
        }
    }

    /// A fact was carried out, and this came of it.
    pub fn received(&self, received: Received, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Dialog { contact, call_id } = effect {
                self.tell(Seen::Link { contact: *contact, call_id: call_id.clone() });
            }
        }
        self.tell(received.0);
    }

    /// A SIP message is sent.
    pub fn sent(&self, to: Destination, bytes: &[u8]) {
        if self.to.is_some() {
            self.tell(Seen::Sip { at: self.clock.now(), outgoing: true, way: Way::To(to), bytes: bytes.to_vec() });
        }
    }

    /// The media workers' end; `None`: nobody wants RTCP.
    #[must_use]
    pub fn rtcp(&self) -> Option<media_io::RtcpTap> {
        let tap = self.mirrors.then(|| self.clone())?;
        Some(media_io::RtcpTap::new(move |of| tap.tell(Seen::Rtcp { at: tap.clock.now(), of })))
    }
}

impl Archive {
    /// The messages of a contact; `None`: none are kept. Waits for a moment until those are kept that were seen before.
    #[must_use]
    pub fn of(&self, contact: ContactId) -> Option<SipTrace> {
        self.mailbox.settle();
        let story = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).story(contact)?;
        let shown = |(call_id, message): (Arc<str>, Traced)| SipMessage {
            at: self.clock.wall_at_start().at(message.envelope.at),
            outgoing: message.envelope.outgoing,
            transport: message.envelope.transport.via(),
            local: message.envelope.local,
            remote: message.envelope.remote,
            call_id: call_id.to_string(),
            text: String::from_utf8_lossy(&message.text).into_owned(),
        };
        let messages = story.messages.into_iter().map(shown).collect();
        Some(SipTrace { contact, messages, left_out: story.left_out })
    }
}

/// The capture server.
struct Server {
    socket: UdpSocket,
    agent: hep::Agent,
}

impl Server {
    fn open(address: SocketAddr, agent: hep::Agent) -> io::Result<Self> {
        let any: SocketAddr = if address.is_ipv4() { ([0; 4], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = UdpSocket::bind(any)?;
        socket.connect(address)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, agent })
    }
}

/// Who does the work.
struct Scribe {
    keeper: Arc<Mutex<Keeper>>,
    server: Option<Server>,
    sip: (SocketAddr, Option<SocketAddr>),
    /// Both ends of connections, from the messages that came by them.
    flows: BTreeMap<FlowId, Source>,
    counts: Arc<Counts>,
    clock: Clock,
}

impl Scribe {
    fn run(mut self, mailbox: &Mailbox) {
        while let Some(batch) = mailbox.take() {
            let count = batch.len();
            batch.into_iter().for_each(|seen| self.on(seen));
            mailbox.finished(count);
        }
    }

    fn on(&mut self, seen: Seen) {
        match seen {
            Seen::Link { contact, call_id } => self.keeper().link(&call_id, contact),
            Seen::Gone(flow) => _ = self.flows.remove(&flow),
            Seen::Sip { at, outgoing, way, bytes } => self.on_sip(at, outgoing, way, &bytes),
            Seen::Rtcp { at, of } => self.on_rtcp(at, &of),
        }
    }

    fn keeper(&self) -> std::sync::MutexGuard<'_, Keeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Transport, our address and the peer's; `None`: by a connection that brought no message yet.
    fn ends(&mut self, way: Way) -> Option<(Transport, SocketAddr, SocketAddr)> {
        let (sip, tls) = self.sip;
        Some(match way {
            Way::Known(source) => {
                if let Some(flow) = source.flow.filter(|_| self.flows.len() < FLOWS_MAX) {
                    self.flows.insert(flow, source);
                }
                (source.transport, source.local, source.remote)
            }
            Way::To(Destination::Udp(to)) => (Transport::Udp, sip, to),
            Way::To(Destination::Tcp(to)) => (Transport::Tcp, sip, to),
            Way::To(Destination::Tls(to)) => (Transport::Tls, tls.unwrap_or(sip), to),
            Way::To(Destination::Flow(flow)) => {
                let source = self.flows.get(&flow)?;
                (source.transport, source.local, source.remote)
            }
        })
    }

    fn on_sip(&mut self, at: Instant, outgoing: bool, way: Way, bytes: &[u8]) {
        let Some((transport, local, remote)) = self.ends(way) else { return };
        let text = masked(bytes);
        let Some(call_id) = field(&text, "Call-ID", "i").map(str::to_owned) else { return };
        let mut keeper = self.keeper();
        // What we send out for a contact says so itself; from others it would be hearsay.
        if outgoing
            && text.starts_with(b"INVITE ")
            && let Some(contact) = field(&text, CONTACT_FIELD, CONTACT_FIELD).and_then(|id| id.parse().ok())
        {
            keeper.link(&call_id, contact);
        }
        let correlation = keeper.contact(&call_id).map_or_else(|| call_id.clone(), |contact| contact.to_string());
        let is_call = !matches!(
            field(&text, "CSeq", "CSeq").and_then(|cseq| cseq.split_whitespace().nth(1)),
            Some("REGISTER" | "OPTIONS")
        );
        if is_call {
            keeper.keep(&call_id, Envelope { at, outgoing, transport, local, remote }, &text);
        }
        drop(keeper);
        let (from, to) = if outgoing { (local, remote) } else { (remote, local) };
        let (kind, datagram) = (hep::Kind::Sip, transport == Transport::Udp);
        let at = self.clock.wall_at_start().at(at);
        self.mirror(&hep::Captured { kind, datagram, from, to, at, correlation: &correlation, payload: &text });
    }

    fn on_rtcp(&self, at: Instant, of: &media_io::Rtcp) {
        let Some(report) = rtcp_json::json(&of.packet) else { return };
        let (from, to) = if of.outgoing { (of.local, of.remote) } else { (of.remote, of.local) };
        let (at, correlation) = (self.clock.wall_at_start().at(at), of.contact.to_string());
        self.mirror(&hep::Captured {
            kind: hep::Kind::Rtcp,
            datagram: true,
            from,
            to,
            at,
            correlation: &correlation,
            payload: report.as_bytes(),
        });
    }

    fn mirror(&self, captured: &hep::Captured<'_>) {
        let Some(server) = &self.server else { return };
        let packet = hep::packet(&server.agent, captured);
        // A server that is not there is no reason to wait, nor to say so for each message.
        let sent = packet.is_some_and(|packet| server.socket.send(&packet).is_ok());
        let count = if sent { &self.counts.sent } else { &self.counts.unsent };
        count.fetch_add(1, Ordering::Relaxed);
    }
}
