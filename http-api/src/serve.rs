//! Carries a router on a socket, with TLS or without, and keeps those out who hold connections for nothing: slow
//! handshakes, slow heads (slowloris), slow bodies, too many from one address.

use crate::problem::Problem;
use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tower::ServiceExt as _;

/// Pause after a failed accept: usually no file descriptors are left, and trying again at once would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Limits of the connections of all doors together. WebSockets count as long as they last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// In all.
    pub connections_max: usize,
    /// From one address.
    pub connections_per_address_max: usize,
    /// A TLS handshake may take so long.
    pub handshake: Duration,
    /// The head of a request must have come so long after the connection began, or after the answer before it.
    pub head: Duration,
    /// The answer to a request, and with it the body that it waits for, may take so long.
    pub answer: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            connections_per_address_max: 2_000,
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(15),
            answer: Duration::from_secs(120),
        }
    }
}

/// What all doors share: the limits, who is in, and what is counted.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    limits: ConnectionLimits,
    /// Connections of each address; their sum is the count of all.
    of_address: Mutex<HashMap<IpAddr, usize>>,
    refused: AtomicU64,
    handshakes_failed: AtomicU64,
    timed_out: AtomicU64,
}

impl Gate {
    /// A gate with these limits.
    #[must_use]
    pub fn new(limits: ConnectionLimits) -> Self {
        let counter = AtomicU64::default;
        let (refused, handshakes_failed, timed_out) = (counter(), counter(), counter());
        Self(Arc::new(Inside { limits, of_address: Mutex::default(), refused, handshakes_failed, timed_out }))
    }

    /// Connections refused by a limit since the start.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Relaxed)
    }

    /// TLS handshakes that failed since the start.
    #[must_use]
    pub fn handshakes_failed(&self) -> u64 {
        self.0.handshakes_failed.load(Relaxed)
    }

    /// Connections closed since the start because a handshake, a head or a body came too slowly.
    #[must_use]
    pub fn timed_out(&self) -> u64 {
        self.0.timed_out.load(Relaxed)
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.of_address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut counts = self.counts();
        let all: usize = counts.values().sum();
        let of_address = counts.get(&address).copied().unwrap_or(0);
        if all >= self.0.limits.connections_max || of_address >= self.0.limits.connections_per_address_max {
            self.0.refused.fetch_add(1, Relaxed);
            return None;
        }
        counts.insert(address, of_address + 1);
        Some(Place { gate: self.clone(), address })
    }
}

/// The right to have one connection; given back when dropped.
#[derive(Debug)]
struct Place {
    gate: Gate,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.gate.counts();
        match counts.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => _ = counts.remove(&self.address),
        }
    }
}

/// A stream that holds its place as long as it lives, also as a WebSocket.
struct Held<S> {
    stream: S,
    _place: Place,
}

impl<S: AsyncRead + Unpin> AsyncRead for Held<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Held<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Serves a router on a listener, by TLS if `tls` is there, until it is dropped; all its connections end with it. The
/// router finds the peer's address as [`ConnectInfo`].
pub async fn serve(listener: TcpListener, tls: Option<Arc<ServerConfig>>, router: Router, gate: Gate) {
    let acceptor = tls.map(TlsAcceptor::from);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, remote)) => {
                if let Some(place) = gate.enter(remote.ip()) {
                    connections.spawn(connection(stream, remote, acceptor.clone(), router.clone(), place));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    place: Place,
) {
    // Without it, small messages are only slower.
    _ = stream.set_nodelay(true);
    let gate = place.gate.clone();
    let Some(acceptor) = acceptor else { return requests(stream, remote, router, place).await };
    match timeout(gate.0.limits.handshake, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => requests(stream, remote, router, place).await,
        Ok(Err(error)) => {
            gate.0.handshakes_failed.fetch_add(1, Relaxed);
            tracing::debug!(%remote, %error, "TLS handshake failed");
        }
        Err(_) => _ = gate.0.timed_out.fetch_add(1, Relaxed),
    }
}

async fn requests<S>(stream: S, remote: SocketAddr, router: Router, place: Place)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let gate = place.gate.clone();
    let limits = gate.0.limits;
    let answering = gate.clone();
    let service = tower::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(remote));
        answer(router.clone(), request.map(axum::body::Body::new), answering.clone())
    });
    let io = TokioIo::new(Held { stream, _place: place });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .serve_connection(io, TowerToHyperService::new(service))
        .with_upgrades()
        .await;
    match served {
        // An idle connection that is kept alive ends so as well.
        Err(error) if error.is_timeout() => _ = gate.0.timed_out.fetch_add(1, Relaxed),
        Err(error) => tracing::trace!(%remote, %error, "an HTTP connection broke"),
        Ok(()) => {}
    }
}

async fn answer(router: Router, request: Request, gate: Gate) -> Result<Response, Infallible> {
    match timeout(gate.0.limits.answer, router.oneshot(request)).await {
        Ok(answered) => answered,
        Err(_) => {
            gate.0.timed_out.fetch_add(1, Relaxed);
            Ok(Problem::new("too_slow").into_response())
        }
    }
}
