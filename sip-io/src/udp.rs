//! Reading datagrams.

use crate::Shared;
use sip::admission::{self, Admission, Rules};
use sip::api::{Destination, Fact, Source, Transport};
use sip::door::Verdict;
use sip::message::{MESSAGE_BYTES_MAX, ParseErrorKind, parse_datagram};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

/// Datagrams read before whoever works on them gets its turn: enough to see how many wait.
const BATCH: usize = 256;

pub(crate) async fn receive(socket: UdpSocket, rules: Rules, shared: Arc<Shared>) {
    // It was bound in another runtime, perhaps, whose driver would have to wake this one.
    let socket = match socket.into_std().and_then(UdpSocket::from_std) {
        Ok(socket) => socket,
        Err(error) => return tracing::error!(%error, "datagrams cannot be read"),
    };
    let mut entrance = Entrance::new(rules, shared);
    let mut buffer = vec![0; MESSAGE_BYTES_MAX.saturating_add(1)];
    loop {
        tokio::select! {
            // A socket that cannot be waited for cannot be read either, and says so there.
            _ = socket.readable() => {}
            () = entrance.shared.inbox.closed() => return,
        }
        entrance.look_round();
        for _ in 0..BATCH {
            match socket.try_recv_from(&mut buffer) {
                Ok((length, remote)) => {
                    if entrance.enter(buffer.get(..length).unwrap_or_default(), remote).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An earlier datagram could not be delivered. The socket itself is fine.
                Err(error) => tracing::debug!(%error, "receiving failed"),
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Calls were not refused for so long: the log says that it is over.
const CALM: Duration = Duration::from_secs(10);

/// What a datagram passes before it is parsed.
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

    /// An error when nobody reads the inbox any more.
    fn enter(&mut self, datagram: &[u8], remote: SocketAddr) -> Result<(), ()> {
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

/// An error when nobody reads the inbox any more.
fn deliver(datagram: &[u8], remote: SocketAddr, shared: &Shared) -> Result<(), ()> {
    let message = parse_datagram(datagram);
    if matches!(&message, Err(error) if error.kind == ParseErrorKind::Empty) {
        return Ok(());
    }
    let source = Source { transport: Transport::Udp, local: shared.local, remote, flow: None };
    match shared.inbox.try_send(Fact::Received { source, message }) {
        Ok(()) => shared.counters.received(),
        Err(TrySendError::Full(_)) => shared.counters.inbox_full(),
        Err(TrySendError::Closed(_)) => return Err(()),
    }
    Ok(())
}
