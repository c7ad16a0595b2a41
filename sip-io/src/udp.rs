//! Reading datagrams.

use crate::Shared;
use sip::api::{Fact, Source, Transport};
use sip::message::{MESSAGE_BYTES_MAX, ParseErrorKind, parse_datagram};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

/// Greatest number of sources counted per second. Those beyond go uncounted rather than unheard: forged sources
/// must not lock the true ones out.
const SOURCES_MAX: usize = 10_000;

pub(crate) async fn receive(socket: UdpSocket, shared: Arc<Shared>) {
    let mut buffer = vec![0; MESSAGE_BYTES_MAX.saturating_add(1)];
    let mut rates = Rates::new(shared.limits.datagrams_per_second_max);
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = shared.inbox.closed() => return,
        };
        match received {
            Ok((length, remote)) if rates.admit(remote.ip(), Instant::now()) => {
                let datagram = buffer.get(..length).unwrap_or_default();
                if deliver(datagram, remote, &shared).is_err() {
                    return;
                }
            }
            Ok(_) => shared.counters.rate_limited(),
            // An earlier datagram could not be delivered. The socket itself is fine.
            Err(error) => tracing::debug!(%error, "receiving failed"),
        }
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

/// Datagrams of each source in the present second.
struct Rates {
    max: u32,
    since: Instant,
    counts: HashMap<IpAddr, u32>,
}

impl Rates {
    fn new(max: u32) -> Self {
        Self { max, since: Instant::now(), counts: HashMap::new() }
    }

    fn admit(&mut self, source: IpAddr, now: Instant) -> bool {
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            self.since = now;
            self.counts.clear();
        }
        if self.counts.len() >= SOURCES_MAX && !self.counts.contains_key(&source) {
            return true;
        }
        let count = self.counts.entry(source).or_insert(0);
        *count = count.saturating_add(1);
        *count <= self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_sends_too_much_is_dropped_until_the_next_second_and_others_are_heard() {
        let mut rates = Rates::new(2);
        let (loud, quiet) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let now = rates.since;
        assert_eq!([(); 3].map(|()| rates.admit(loud, now)), [true, true, false]);
        assert!(rates.admit(quiet, now));
        assert!(rates.admit(loud, now + Duration::from_secs(1)));
    }
}
