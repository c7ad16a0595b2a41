//! Binding UDP and TCP to the same address, and TLS to another.

use sip::admission::Rules;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};

/// Asked of the kernel for UDP, in bytes: about two thousand messages. It may grant less.
const UDP_BUFFER_BYTES: usize = 4 << 20;
const BACKLOG: i32 = 1_024;
/// With port 0: how often another port is tried if the one that UDP got is taken for TCP.
const PORT_TRIES: u32 = 16;

/// Sockets that are bound but not read yet. Made by [`bind`].
#[derive(Debug)]
pub struct Bound {
    /// The UDP socket.
    pub udp: UdpSocket,
    /// The TCP listener.
    pub tcp: tokio::net::TcpListener,
    /// The address of both.
    pub local: SocketAddr,
    /// The listener for TLS, with its address.
    pub tls: Option<(tokio::net::TcpListener, SocketAddr)>,
    /// The same UDP socket, for sending.
    pub(crate) udp_out: UdpSocket,
    /// What is agreed about overload.
    pub(crate) admission: Rules,
}

impl Bound {
    /// Refuses new calls by these rules while more come than can be served.
    #[must_use]
    pub fn with_admission(self, admission: Rules) -> Self {
        Self { admission, ..self }
    }
}

/// Binds UDP and TCP to the same address; port 0 takes any port that is free for both.
///
/// # Errors
/// Those of the system: address in use, not ours, no permission.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn bind(address: SocketAddr) -> io::Result<Bound> {
    let mut tries = if address.port() == 0 { PORT_TRIES } else { 1 };
    loop {
        tries = tries.saturating_sub(1);
        match bind_once(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            result => return result,
        }
    }
}

fn bind_once(address: SocketAddr) -> io::Result<Bound> {
    let domain = Domain::for_address(address);
    let udp = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    udp.set_nonblocking(true)?;
    // Not being granted the size is no reason to stop; and no SO_REUSEADDR here: on UDP it would let a second
    // process take the port unnoticed.
    _ = udp.set_recv_buffer_size(UDP_BUFFER_BYTES);
    _ = udp.set_send_buffer_size(UDP_BUFFER_BYTES);
    if address.is_ipv6() {
        udp.set_only_v6(true)?;
    }
    udp.bind(&address.into())?;
    let udp: UdpSocket = udp.into();
    let local = udp.local_addr()?;

    let tcp = listen(local)?;
    let udp_out = udp.try_clone()?;
    Ok(Bound { udp, tcp, local, tls: None, udp_out, admission: Rules::default() })
}

fn listen(address: SocketAddr) -> io::Result<tokio::net::TcpListener> {
    let tcp = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    tcp.set_nonblocking(true)?;
    tcp.set_reuse_address(true)?;
    if address.is_ipv6() {
        // IPv4 has a listener of its own.
        tcp.set_only_v6(true)?;
    }
    tcp.bind(&address.into())?;
    tcp.listen(BACKLOG)?;
    tokio::net::TcpListener::from_std(tcp.into())
}

impl Bound {
    /// Binds TLS beside it.
    ///
    /// # Errors
    /// Those of the system: address in use, not ours, no permission.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn with_tls(mut self, address: SocketAddr) -> io::Result<Self> {
        let listener = listen(address)?;
        let local = listener.local_addr()?;
        self.tls = Some((listener, local));
        Ok(self)
    }
}
