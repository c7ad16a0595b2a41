//! TCP: accepting, opening, framing.

use crate::connection::{Connection, End, Inlet};
use crate::flows::{Admission, Ends};
use crate::{Limits, Shared};
use sip::api::{Destination, Transport};
use sip::message::{Frame, Framer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

/// Pause after a failed accept: usually no file descriptors are left, and trying again at once would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const READ_BYTES: usize = 8_192;

/// A TCP connection that is not served yet.
struct Socket {
    stream: TcpStream,
    remote: SocketAddr,
    ends: Ends,
    admission: Admission,
    /// By when the first message must have come.
    first_message: Option<Instant>,
}

pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.inbox.closed() => return,
        };
        match accepted {
            Ok((stream, remote)) => serve_accepted(stream, remote, &shared),
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn serve_accepted(stream: TcpStream, remote: SocketAddr, shared: &Arc<Shared>) {
    let Some(admission) = shared.flows.admit(remote.ip()) else { return shared.counters.refused() };
    let ends = shared.flows.add(Some(remote), shared.limits.queue_messages_max);
    let first_message = Instant::now().checked_add(shared.limits.first_message);
    tokio::spawn(serve(Socket { stream, remote, ends, admission, first_message }, Arc::clone(shared)));
}

/// Opens the connection that `ends` are waiting for.
pub(crate) async fn open(remote: SocketAddr, ends: Ends, shared: Arc<Shared>) {
    let Some(admission) = shared.flows.admit(remote.ip()) else {
        shared.counters.refused();
        return give_up(remote, &ends, &shared);
    };
    match timeout(shared.limits.write, TcpStream::connect(remote)).await {
        Ok(Ok(stream)) => serve(Socket { stream, remote, ends, admission, first_message: None }, shared).await,
        Ok(Err(error)) => {
            tracing::debug!(%remote, %error, "connecting failed");
            drop(admission);
            give_up(remote, &ends, &shared);
        }
        Err(_) => {
            drop(admission);
            give_up(remote, &ends, &shared);
        }
    }
}

fn give_up(remote: SocketAddr, ends: &Ends, shared: &Arc<Shared>) {
    shared.flows.finish(ends.flow);
    shared.send_failed(Destination::Tcp(remote));
}

async fn serve(socket: Socket, shared: Arc<Shared>) {
    let Socket { stream, remote, ends, admission, first_message } = socket;
    let local = stream.local_addr().unwrap_or(shared.local);
    // Without it, small messages are only slower.
    _ = stream.set_nodelay(true);
    let (connection, inlet, queue) = Connection::new(ends, Transport::Tcp, (local, remote), admission, &shared);
    let (read_half, write_half) = stream.into_split();
    let deadlines = Deadlines::new(shared.limits, first_message);
    connection.run(read(read_half, inlet, deadlines), write(write_half, queue, shared.limits.write)).await;
}

async fn read(mut stream: OwnedReadHalf, inlet: Inlet, mut deadlines: Deadlines) -> End {
    let mut framer = Framer::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let length = match timeout_at(deadlines.next(), stream.read(&mut buffer)).await {
            Ok(Ok(length)) if length > 0 => length,
            Ok(_) => return End::Peer,
            Err(_) => return End::TimedOut,
        };
        framer.push(buffer.get(..length).unwrap_or_default());
        while let Some(frame) = framer.next_frame() {
            match frame {
                Ok(Frame::Message(message)) => {
                    deadlines.on_message();
                    if let Err(end) = inlet.message(message).await {
                        return end;
                    }
                }
                Ok(Frame::Ping) => inlet.pong(),
                Err(_) => return End::FramingLost,
            }
        }
        deadlines.on_bytes(Instant::now(), framer.pending() > 0);
    }
}

async fn write(mut stream: OwnedWriteHalf, mut queue: mpsc::Receiver<Vec<u8>>, limit: Duration) -> End {
    while let Some(bytes) = queue.recv().await {
        match timeout(limit, stream.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return End::Peer,
            Err(_) => return End::TimedOut,
        }
    }
    _ = stream.shutdown().await;
    End::Finished
}

/// By when a stream must bring what it owes.
struct Deadlines {
    limits: Limits,
    /// Until the first message has come.
    first_message: Option<Instant>,
    /// While a message is incomplete.
    message: Option<Instant>,
    idle: Instant,
}

impl Deadlines {
    fn new(limits: Limits, first_message: Option<Instant>) -> Self {
        Self { limits, first_message, message: None, idle: Instant::now() + limits.idle }
    }

    fn next(&self) -> Instant {
        [self.first_message, self.message].into_iter().flatten().fold(self.idle, Instant::min)
    }

    fn on_message(&mut self) {
        self.first_message = None;
        self.message = None;
    }

    fn on_bytes(&mut self, now: Instant, is_incomplete: bool) {
        self.idle = now + self.limits.idle;
        if is_incomplete {
            self.message.get_or_insert(now + self.limits.message);
        } else {
            self.message = None;
        }
    }
}
