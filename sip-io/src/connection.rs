//! The life of one connection, whatever its transport: read and write until one of them ends.

use crate::Shared;
use crate::flows::{Admission, Ends};
use sip::Message;
use sip::api::{Destination, Fact, FlowId, Source, Transport};
use sip::door::Verdict;
use sip::message::ParseError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum End {
    /// The peer closed it, or it broke.
    #[error("closed by the peer")]
    Peer,
    /// We closed it, all is written.
    #[error("closed by us")]
    Finished,
    /// The peer did not read.
    #[error("dropped by us")]
    Aborted,
    /// Nothing, or no whole message, came in time, or a write took too long.
    #[error("timed out")]
    TimedOut,
    /// It is unknown where the next message begins.
    #[error("framing lost")]
    FramingLost,
    /// Its source is banned.
    #[error("banned")]
    Banned,
    /// Nobody reads the inbox any more.
    #[error("shut down")]
    Shutdown,
}

/// Where a connection's messages go.
pub(crate) struct Inlet {
    source: Source,
    replies: mpsc::WeakSender<Vec<u8>>,
    shared: Arc<Shared>,
}

impl Inlet {
    /// Puts a message into the inbox; waits while it is full, or while its source sends too many.
    pub(crate) async fn message(&self, message: Result<Message, ParseError>) -> Result<(), End> {
        while let Some(wait) = self.knock()? {
            tokio::time::sleep(wait).await;
        }
        self.shared.counters.received();
        let fact = Fact::Received { source: self.source, message };
        self.shared.inbox.send(fact).await.map_err(|_| End::Shutdown)
    }

    /// True for the connection of somebody who is known: he may be silent longer.
    pub(crate) fn is_known(&self) -> bool {
        self.source.flow.is_some_and(|flow| self.shared.is_known(self.source.remote.ip(), flow))
    }

    /// How long the message must wait; `None`: it may come in.
    fn knock(&self) -> Result<Option<Duration>, End> {
        let way = self.source.flow.map_or(Destination::Udp(self.source.remote), Destination::Flow);
        match self.shared.knock(self.source.remote.ip(), way) {
            Verdict::Heard => Ok(None),
            Verdict::TooMany(wait) => Ok(Some(wait)),
            Verdict::Banned => Err(End::Banned),
        }
    }

    /// Answers a keep-alive. A full queue means that the peer does not read: then it gets no answer.
    pub(crate) fn pong(&self) {
        if let Some(queue) = self.replies.upgrade() {
            _ = queue.try_send(b"\r\n".to_vec());
        }
    }
}

/// One registered connection.
pub(crate) struct Connection {
    flow: FlowId,
    abort: Arc<Notify>,
    shared: Arc<Shared>,
    /// Held as long as the connection lives.
    admission: Admission,
}

impl Connection {
    /// Takes the ends of a registered connection. Also gives its inlet and the queue of messages to write.
    pub(crate) fn new(
        ends: Ends,
        transport: Transport,
        (local, remote): (SocketAddr, SocketAddr),
        admission: Admission,
        shared: &Arc<Shared>,
    ) -> (Self, Inlet, mpsc::Receiver<Vec<u8>>) {
        shared.counters.connected();
        let source = Source { transport, local, remote, flow: Some(ends.flow) };
        let inlet = Inlet { source, replies: ends.replies, shared: Arc::clone(shared) };
        let shared = Arc::clone(shared);
        (Self { flow: ends.flow, abort: ends.abort, shared, admission }, inlet, ends.queue)
    }

    /// Reads and writes until one of them ends, then unregisters the connection and tells that it is gone.
    pub(crate) async fn run(self, read: impl Future<Output = End> + Send, write: impl Future<Output = End> + Send) {
        let end = tokio::select! {
            end = read => end,
            end = write => end,
            () = self.abort.notified() => End::Aborted,
            () = self.shared.inbox.closed() => End::Shutdown,
        };
        match end {
            End::FramingLost => self.shared.counters.framing_lost(),
            End::TimedOut => self.shared.counters.timed_out(),
            _ => {}
        }
        tracing::debug!(flow = self.flow.0, %end, "connection closed");
        self.shared.flows.finish(self.flow);
        // Whoever is told that the connection is gone may expect room for another one.
        drop(self.admission);
        _ = self.shared.inbox.send(Fact::FlowClosed(self.flow)).await;
    }
}
