//! TCP and TLS: accepting, opening, framing.

use crate::connection::{Connection, End, Inlet};
use crate::flows::{Admission, Ends};
use crate::{Limits, Shared};
use sip::api::{Destination, Transport};
use sip::message::{Frame, Framer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

/// Pause after a failed accept: usually no file descriptors are left, and trying again at once would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const READ_BYTES: usize = 8_192;

/// A connection that is not served yet.
struct Socket {
    remote: SocketAddr,
    transport: Transport,
    ends: Ends,
    admission: Admission,
    /// By when the first message must have come.
    first_message: Option<Instant>,
}

pub(crate) async fn accept(listener: TcpListener, transport: Transport, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.inbox.closed() => return,
        };
        match accepted {
            Ok((stream, remote)) => match shared.admit(remote.ip()) {
                None => {}
                Some(admission) if transport == Transport::Tls => {
                    tokio::spawn(shake_hands(stream, remote, admission, Arc::clone(&shared)));
                }
                Some(admission) => {
                    let socket = accepted_socket(Some(Destination::Tcp(remote)), transport, remote, admission, &shared);
                    tokio::spawn(serve_tcp(stream, socket, Arc::clone(&shared)));
                }
            },
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn accepted_socket(
    home: Option<Destination>,
    transport: Transport,
    remote: SocketAddr,
    admission: Admission,
    shared: &Shared,
) -> Socket {
    let ends = shared.flows.add(home, shared.limits.queue_messages_max);
    let first_message = Instant::now().checked_add(shared.limits.first_message);
    Socket { remote, transport, ends, admission, first_message }
}

/// A peer opened a TLS connection. Messages for its address do not take it: it has not proved that the address is its
/// own (RFC 5923 §8.2). Answers do, and requests to a phone that has registered by it.
async fn shake_hands(stream: TcpStream, remote: SocketAddr, admission: Admission, shared: Arc<Shared>) {
    prepare(&stream);
    let local = stream.local_addr().unwrap_or(shared.local);
    let accepted = tokio::select! {
        accepted = timeout(shared.limits.handshake, shared.tls.accept(stream)) => accepted,
        () = shared.inbox.closed() => return,
    };
    match accepted {
        Ok(Ok(stream)) => {
            let socket = accepted_socket(None, Transport::Tls, remote, admission, &shared);
            serve(tokio::io::split(stream), local, socket, shared).await;
        }
        Ok(Err(error)) => {
            shared.counters.handshake_failed();
            tracing::debug!(%remote, %error, "TLS handshake failed");
        }
        Err(_) => shared.counters.timed_out(),
    }
}

/// Opens the connection that `ends` are waiting for.
pub(crate) async fn open(to: Destination, ends: Ends, shared: Arc<Shared>) {
    let (remote, transport) = match to {
        Destination::Tls(remote) => (remote, Transport::Tls),
        Destination::Tcp(remote) => (remote, Transport::Tcp),
        Destination::Udp(_) | Destination::Flow(_) => return,
    };
    let Some(admission) = shared.flows.admit(remote.ip()) else {
        shared.counters.refused();
        return give_up(to, &ends, &shared);
    };
    let Ok(Ok(stream)) = timeout(shared.limits.write, TcpStream::connect(remote)).await else {
        tracing::debug!(%remote, "connecting failed");
        drop(admission);
        return give_up(to, &ends, &shared);
    };
    let socket = Socket { remote, transport, ends, admission, first_message: None };
    if transport == Transport::Tcp {
        return serve_tcp(stream, socket, shared).await;
    }
    prepare(&stream);
    let local = stream.local_addr().unwrap_or(shared.local);
    match timeout(shared.limits.handshake, shared.tls.connect(remote, stream)).await {
        Ok(Ok(stream)) => serve(tokio::io::split(stream), local, socket, shared).await,
        failed => {
            shared.counters.handshake_failed();
            if let Ok(Err(error)) = failed {
                tracing::warn!(%remote, %error, "the peer of a TLS connection is not who it should be, or speaks no TLS");
            }
            let Socket { ends, admission, .. } = socket;
            drop(admission);
            give_up(to, &ends, &shared);
        }
    }
}

fn give_up(to: Destination, ends: &Ends, shared: &Arc<Shared>) {
    shared.flows.finish(ends.flow);
    shared.send_failed(to);
}

fn prepare(stream: &TcpStream) {
    // Without it, small messages are only slower.
    _ = stream.set_nodelay(true);
}

async fn serve_tcp(stream: TcpStream, socket: Socket, shared: Arc<Shared>) {
    prepare(&stream);
    let local = stream.local_addr().unwrap_or(shared.local);
    serve(stream.into_split(), local, socket, shared).await;
}

async fn serve<R, W>((read_half, write_half): (R, W), local: SocketAddr, socket: Socket, shared: Arc<Shared>)
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send,
{
    let Socket { remote, transport, ends, admission, first_message } = socket;
    let (connection, inlet, queue) = Connection::new(ends, transport, (local, remote), admission, &shared);
    let deadlines = Deadlines::new(shared.limits, first_message);
    connection.run(read(read_half, inlet, deadlines), write(write_half, queue, shared.limits.write)).await;
}

async fn read(mut stream: impl AsyncRead + Unpin, inlet: Inlet, mut deadlines: Deadlines) -> End {
    let mut framer = Framer::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let known = inlet.is_known();
        let length = match timeout_at(deadlines.next(known), stream.read(&mut buffer)).await {
            Ok(Ok(length)) if length > 0 => length,
            Ok(_) => return End::Peer,
            // What it brought last may have made it known.
            Err(_) if !known && inlet.is_known() => continue,
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

async fn write(mut stream: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Vec<u8>>, limit: Duration) -> End {
    while let Some(bytes) = queue.recv().await {
        let written = async {
            stream.write_all(&bytes).await?;
            // TLS keeps what it has not been asked for.
            stream.flush().await
        };
        match timeout(limit, written).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return End::Peer,
            Err(_) => return End::TimedOut,
        }
    }
    _ = timeout(limit, stream.shutdown()).await;
    End::Finished
}

/// By when a stream must bring what it owes.
struct Deadlines {
    limits: Limits,
    /// Until the first message has come.
    first_message: Option<Instant>,
    /// While a message is incomplete.
    message: Option<Instant>,
    /// When it brought something last.
    last: Instant,
}

impl Deadlines {
    fn new(limits: Limits, first_message: Option<Instant>) -> Self {
        Self { limits, first_message, message: None, last: Instant::now() }
    }

    fn next(&self, known: bool) -> Instant {
        let idle = self.last + if known { self.limits.idle } else { self.limits.stranger_idle };
        [self.first_message, self.message].into_iter().flatten().fold(idle, Instant::min)
    }

    fn on_message(&mut self) {
        self.first_message = None;
        self.message = None;
    }

    fn on_bytes(&mut self, now: Instant, is_incomplete: bool) {
        self.last = now;
        if is_incomplete {
            self.message.get_or_insert(now + self.limits.message);
        } else {
            self.message = None;
        }
    }
}
