//! Reading datagrams.

use crate::Shared;
use sip::admission::{self, Admission, Rules};
use sip::api::{Destination, Fact, Source, Transport};
use sip::door::Verdict;
use sip::message::{MESSAGE_BYTES_MAX, ParseErrorKind, parse_datagram};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::TrySendError;

/// Datagrams read before whoever works on them gets its turn: enough to see how many wait.
const BATCH: usize = 256;

/// Nobody reads the inbox any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// The datagrams that come in. Whoever works on messages reads them himself, so that none wakes a second thread: he waits
/// for the socket to be readable, and then lets some be taken.
#[derive(Debug)]
pub struct Datagrams {
    socket: UdpSocket,
    entrance: Entrance,
    buffer: Vec<u8>,
}

impl Datagrams {
    pub(crate) fn new(socket: UdpSocket, rules: Rules, shared: Arc<Shared>) -> Self {
        let buffer = vec![0; MESSAGE_BYTES_MAX.saturating_add(1)];
        Self { socket, entrance: Entrance::new(rules, shared), buffer }
    }

    /// Puts into the inbox what has come, 256 datagrams at most: there may be more. Never waits.
    ///
    /// # Errors
    /// When nobody reads the inbox any more.
    pub fn take(&mut self) -> Result<(), Closed> {
        if self.entrance.shared.inbox.is_closed() {
            return Err(Closed);
        }
        self.entrance.look_round();
        for _ in 0..BATCH {
            match self.socket.recv_from(&mut self.buffer) {
                Ok((length, remote)) => {
                    self.entrance.enter(self.buffer.get(..length).unwrap_or_default(), remote)?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An earlier datagram could not be delivered. The socket itself is fine.
                Err(error) => tracing::debug!(%error, "receiving failed"),
            }
        }
        Ok(())
    }
}

impl AsFd for Datagrams {
    /// The socket to wait for.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Calls were not refused for so long: the log says that it is over.
const CALM: Duration = Duration::from_secs(10);

/// What a datagram passes before it is parsed.
#[derive(Debug)]
struct Entrance {
    admission: Admission,
    since: Instant,
    /// When a call was last to be refused, until that is told to be over.
    shed: Option<Instant>,
    shared: Arc<Shared>,
}

impl Entrance {
    fn new(rules: Rules, shared: Arc<Shared>) -> Self {
        // Not a secret, only unlike anybody else's.
        let tag = format!("{:016x}", RandomState::new().hash_one(0));
        Self { admission: Admission::new(rules, tag), since: Instant::now(), shed: None, shared }
    }

    /// How late is it, and how many wait?
    fn look_round(&mut self) {
        let waiting = self.shared.inbox.max_capacity().saturating_sub(self.shared.inbox.capacity()) as u64;
        let received = self.shared.counters.received.load(Ordering::Relaxed);
        self.admission.observe(self.since.elapsed(), waiting, received.saturating_sub(waiting));
        self.admission.observe_calls(self.shared.late());
        self.tell(waiting);
    }

    /// Says in the log when calls begin to be refused, and when that has been over for a while: it goes to and fro.
    fn tell(&mut self, waiting: u64) {
        match (self.shed, self.admission.is_shedding()) {
            (None, true) => {
                tracing::warn!(waiting, "more calls come than can be served: some are refused with 503");
                self.shed = Some(Instant::now());
            }
            (Some(_), true) => self.shed = Some(Instant::now()),
            (Some(at), false) if at.elapsed() >= CALM => {
                tracing::info!("all calls are let in again");
                self.shed = None;
            }
            (_, false) => {}
        }
    }

    fn enter(&mut self, datagram: &[u8], remote: SocketAddr) -> Result<(), Closed> {
        // Too many of its source, or a banned one: not even looked at.
        if self.shared.knock(remote.ip(), Destination::Udp(remote)) != Verdict::Heard {
            return Ok(());
        }
        match self.admission.judge(datagram, remote) {
            admission::Verdict::Admitted => return deliver(datagram, remote, &self.shared),
            admission::Verdict::Refused(refused) => {
                self.shared.counters.refused_call();
                // One that cannot be sent is lost like any datagram.
                _ = self.shared.udp.send_to(&refused.bytes, refused.to);
            }
            admission::Verdict::Dropped => {}
        }
        Ok(())
    }
}

fn deliver(datagram: &[u8], remote: SocketAddr, shared: &Shared) -> Result<(), Closed> {
    let message = parse_datagram(datagram);
    if matches!(&message, Err(error) if error.kind == ParseErrorKind::Empty) {
        return Ok(());
    }
    let source = Source { transport: Transport::Udp, local: shared.local, remote, flow: None };
    match shared.inbox.try_send(Fact::Received { source, message }) {
        Ok(()) => shared.counters.received(),
        Err(TrySendError::Full(_)) => shared.counters.inbox_full(),
        Err(TrySendError::Closed(_)) => return Err(Closed),
    }
    Ok(())
}
