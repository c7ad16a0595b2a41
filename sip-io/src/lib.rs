//! SIP transports: UDP, TCP, TLS and WebSocket sockets, framing, connection reuse, limits (RFC 3261 §18, RFC 7118).
//!
//! Readers parse; whole messages go to one inbox as [`sip::api::Fact`]s. This crate decides nothing about
//! transactions or calls, and sending never waits.
//!
//! When the inbox is full, datagrams are dropped and counted (their senders repeat them), while streams wait, so
//! that the peer's TCP is slowed down. All tasks end when the inbox's receiver is dropped.

mod bind;
mod connection;
mod counters;
mod flows;
mod limits;
mod names;
mod tcp;
mod tls;
mod udp;
mod websocket;

pub use bind::{Bound, bind};
pub use counters::Counters;
pub use limits::Limits;
pub use names::Names;
pub use tls::Tls;
pub use udp::{Closed, Datagrams};

use flows::{Admission, Flows, Queued};
use sip::api::{Destination, DoorNote, Fact, FlowId, Transport};
use sip::door::{Door, Rules, Verdict};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;

/// What transports are started with beside their sockets.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How connections are secured.
    pub tls: Tls,
    /// Limits.
    pub limits: Limits,
    /// Who may come in.
    pub door: Rules,
}

/// Running transports: a handle that is cheap to clone.
#[derive(Clone, Debug)]
pub struct Transports(Arc<Shared>);

/// What all tasks share.
#[derive(Debug)]
struct Shared {
    /// Our address for UDP and TCP.
    local: SocketAddr,
    tls: Tls,
    limits: Limits,
    /// Who may come in. Held for moments only.
    door: Mutex<Door>,
    started: Instant,
    inbox: Sender<Fact>,
    counters: Arc<Counters>,
    flows: Flows,
    /// The UDP socket for sending; sends at once or not at all.
    udp: UdpSocket,
    runtime: Handle,
    /// When the call came that waits longest for its answer: microseconds after `started`, and one more; 0: none waits.
    waits_since: AtomicU64,
}

impl Transports {
    /// Starts the readers of connections. Every message is put into `inbox`; datagrams are, when they are taken.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(bound: Bound, settings: Settings, inbox: Sender<Fact>, counters: Arc<Counters>) -> (Self, Datagrams) {
        let Bound { udp, tcp, local, tls: listener, udp_out, admission } = bound;
        let Settings { tls, limits, door } = settings;
        let (door, started) = (Mutex::new(Door::new(door)), Instant::now());
        let flows = Flows::new(limits.connections_max, limits.connections_per_address_max);
        let runtime = Handle::current();
        let shared = Arc::new(Shared {
            local,
            tls,
            limits,
            door,
            started,
            inbox,
            counters,
            flows,
            udp: udp_out,
            runtime,
            waits_since: AtomicU64::new(0),
        });
        let datagrams = Datagrams::new(udp, admission, Arc::clone(&shared));
        tokio::spawn(tcp::accept(tcp, Transport::Tcp, Arc::clone(&shared)));
        if let Some((listener, _)) = listener {
            tokio::spawn(tcp::accept(listener, Transport::Tls, Arc::clone(&shared)));
        }
        (Self(shared), datagrams)
    }

    /// Of the calls that were let in and cannot be answered yet, the first came then; `None`: none waits.
    pub fn calls_wait_since(&self, came: Option<Instant>) {
        let since = came.map_or(0, |came| came.saturating_duration_since(self.0.started).as_micros() as u64 + 1);
        self.0.waits_since.store(since, Ordering::Relaxed);
    }

    /// Our address for UDP and TCP.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.0.local
    }

    /// How many TCP, TLS and WebSocket connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.flows.open()
    }

    /// Sends a message. Never waits, and may be called from any thread. What cannot be sent is told as
    /// [`Fact::SendFailed`]; a message for a connection that is gone is dropped. A connection whose queue is full is
    /// closed: its peer does not read.
    pub fn send(&self, to: Destination, bytes: Vec<u8>) {
        match to {
            Destination::Udp(address) => self.send_datagram(address, &bytes),
            Destination::Tcp(_) | Destination::Tls(_) => self.send_stream(to, bytes),
            Destination::Flow(flow) => _ = self.0.queue(flow, bytes),
        }
    }

    /// Takes what the endpoint has learned of sources and ways.
    pub fn note(&self, note: DoorNote) {
        let now = self.0.started.elapsed();
        let mut door = self.0.door();
        match note {
            DoorNote::Home { at, known } => door.on_home(at, known),
            DoorNote::Failure(address) => {
                if door.on_failure(address, now) {
                    self.0.counters.banned();
                    tracing::warn!(%address, "too many wrong passwords: it is not heard for a while");
                }
            }
        }
    }

    /// Closes a connection after what is already queued for it has been sent. [`Fact::FlowClosed`] follows.
    pub fn close(&self, flow: FlowId) {
        self.0.flows.finish(flow);
    }

    /// The route `GET /sip`, a WebSocket with the subprotocol `sip`. The server must provide
    /// [`axum::extract::ConnectInfo`] with the peer's [`SocketAddr`]; `local` is the address of the server itself, and
    /// `secure` says that it speaks TLS.
    pub fn ws_router(&self, local: SocketAddr, secure: bool) -> axum::Router {
        let transport = if secure { Transport::Wss } else { Transport::Ws };
        websocket::router(Arc::clone(&self.0), local, transport)
    }

    fn send_datagram(&self, address: SocketAddr, bytes: &[u8]) {
        match self.0.udp.send_to(bytes, address) {
            Ok(_) => self.0.counters.sent(),
            // The send buffer is full: lost like any datagram, and repeated by its transaction.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.0.counters.dropped_unsent(),
            Err(error) => {
                tracing::debug!(%address, %error, "datagram not sent");
                self.0.send_failed(Destination::Udp(address));
            }
        }
    }

    fn send_stream(&self, to: Destination, bytes: Vec<u8>) {
        let (flow, opening) = self.0.flows.to(to, self.0.limits.queue_messages_max);
        let is_queued = self.0.queue(flow, bytes);
        if let Some(opening) = opening {
            self.0.runtime.spawn(tcp::open(to, opening, Arc::clone(&self.0)));
        } else if !is_queued {
            self.0.send_failed(to);
        }
    }
}

impl Shared {
    /// How long the call waits that has waited longest for its answer.
    fn late(&self) -> Duration {
        match self.waits_since.load(Ordering::Relaxed).checked_sub(1) {
            Some(since) => self.started.elapsed().saturating_sub(Duration::from_micros(since)),
            None => Duration::ZERO,
        }
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message has come; what becomes of it is counted.
    fn knock(&self, address: IpAddr, way: Destination) -> Verdict {
        let verdict = self.door().knock(address, way, self.started.elapsed());
        match verdict {
            Verdict::Heard => {}
            Verdict::TooMany(_) => self.counters.rate_limited(),
            Verdict::Banned => self.counters.unheard(),
        }
        verdict
    }

    /// The right of an address to one connection more.
    fn admit(&self, address: IpAddr) -> Option<Admission> {
        if self.door().is_banned(address, self.started.elapsed()) {
            self.counters.unheard();
            return None;
        }
        let admission = self.flows.admit(address);
        if admission.is_none() {
            self.counters.refused();
        }
        admission
    }

    /// True for a connection of somebody who is known: he may be silent longer.
    fn is_known(&self, address: IpAddr, flow: FlowId) -> bool {
        let door = self.door();
        door.is_exempt(address) || door.is_home(Destination::Flow(flow))
    }

    fn queue(&self, flow: FlowId, bytes: Vec<u8>) -> bool {
        match self.flows.queue(flow, bytes) {
            Queued::Yes => {
                self.counters.sent();
                return true;
            }
            Queued::Overflow => {
                tracing::info!(flow = flow.0, "closed: the peer does not read");
                self.counters.overflowed();
            }
            Queued::Gone => {}
        }
        self.counters.dropped_unsent();
        false
    }

    fn send_failed(self: &Arc<Self>, destination: Destination) {
        self.counters.send_failed();
        let inbox = self.inbox.clone();
        self.runtime.spawn(async move { inbox.send(Fact::SendFailed(destination)).await });
    }
}
