//! Ports for programs that must be told theirs.

use std::net::{TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that the system gives to whoever asks for any (else one of those might come between), above those that
/// baresip takes for RTP.
const PORTS: std::ops::Range<u32> = 20_000..32_000;
/// Each process begins elsewhere.
const APART: u32 = 97;

/// A port of UDP and TCP that nobody has, and that is given to nobody else here.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(APART);
    let next = || {
        let n = begin.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        u16::try_from(PORTS.start + n % (PORTS.end - PORTS.start)).expect("a port")
    };
    let is_free =
        |port: &u16| UdpSocket::bind(("127.0.0.1", *port)).is_ok() && TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(next).take(PORTS.len()).find(is_free).expect("a free port")
}
