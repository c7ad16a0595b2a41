//! From a host's name to a connection. What is judged is the address to which the connection goes: a name that stands
//! for another address a moment later leads nowhere else.

use crate::{Settings, Slot, reach};
use domain::{HttpFailure, HttpOrigin, HttpRequest};
use rustls::pki_types::ServerName;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 4;

/// A connection, with TLS or without.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Connects to the host of a request. Nothing is sent but what TLS needs.
pub(crate) async fn connect(
    settings: &Settings,
    request: &HttpRequest,
    slot: &Arc<Slot>,
) -> Result<Box<dyn Wire>, HttpFailure> {
    let origin = &request.origin;
    let found = addresses(origin, slot).await;
    if found.is_empty() {
        return Err(HttpFailure::Unknown);
    }
    let may = |address: &IpAddr| reach::may(&settings.allow_private, &origin.host, *address, origin.port);
    let permitted: Vec<IpAddr> = found.into_iter().filter(may).take(ADDRESSES_MAX).collect();
    if permitted.is_empty() {
        return Err(HttpFailure::Forbidden);
    }
    let stream = first_of(&permitted, origin.port, request.timeout).await.ok_or(HttpFailure::Unreachable)?;
    // What is asked is written in one go; a system that refuses this is none the worse.
    let _ = stream.set_nodelay(true);
    if !origin.tls {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(origin.host.trim_end_matches('.').to_owned()).map_err(|_| HttpFailure::Insecure)?;
    match TlsConnector::from(Arc::clone(&settings.tls)).connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(_) => Err(HttpFailure::Insecure),
    }
}

/// The addresses of a host, as this machine knows them. A question that the system takes long to answer holds its place
/// among the requests under way until it is answered: the threads on which they are asked are as few as the requests.
async fn addresses(origin: &HttpOrigin, slot: &Arc<Slot>) -> Vec<IpAddr> {
    if let Ok(address) = origin.host.parse() {
        return vec![address];
    }
    let (host, port, slot) = (origin.host.clone(), origin.port, Arc::clone(slot));
    let asked = tokio::spawn(async move {
        let _slot = slot;
        tokio::net::lookup_host((host, port)).await.map(|found| found.map(|at| at.ip()).collect::<Vec<IpAddr>>())
    });
    let mut found = asked.await.ok().and_then(Result::ok).unwrap_or_default();
    let mut seen = Vec::new();
    found.retain(|address| {
        !seen.contains(address) && {
            seen.push(*address);
            true
        }
    });
    found
}

/// The first of these that takes a connection; each has its share of the time.
async fn first_of(addresses: &[IpAddr], port: u16, time: Duration) -> Option<TcpStream> {
    let share = time / u32::try_from(addresses.len()).unwrap_or(1).max(1);
    for address in addresses {
        let connect = TcpStream::connect(SocketAddr::new(*address, port));
        if let Ok(Ok(stream)) = tokio::time::timeout(share, connect).await {
            return Some(stream);
        }
    }
    None
}
