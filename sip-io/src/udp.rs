//! Reading datagrams.

use crate::Shared;
use sip::api::{Destination, Fact, Source, Transport};
use sip::door::Verdict;
use sip::message::{MESSAGE_BYTES_MAX, ParseErrorKind, parse_datagram};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::error::TrySendError;

pub(crate) async fn receive(socket: UdpSocket, shared: Arc<Shared>) {
    let mut buffer = vec![0; MESSAGE_BYTES_MAX.saturating_add(1)];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = shared.inbox.closed() => return,
        };
        match received {
            Ok((length, remote)) if shared.knock(remote.ip(), Destination::Udp(remote)) == Verdict::Heard => {
                let datagram = buffer.get(..length).unwrap_or_default();
                if deliver(datagram, remote, &shared).is_err() {
                    return;
                }
            }
            // Too many of its source, or a banned one: not even parsed.
            Ok(_) => {}
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
