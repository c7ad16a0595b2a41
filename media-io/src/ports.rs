//! UDP ports for plain RTP: an even one for RTP, the odd one after it for RTCP (RFC 3550 §11).

use mio::net::UdpSocket;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a port rests after its call, so that late packets of the old call do not reach a new one.
const REST: Duration = Duration::from_secs(1);

/// How often the system is asked for a pair when any port will do.
const ATTEMPTS: usize = 64;

/// Sockets of one leg.
pub(crate) struct Pair {
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
    pub(crate) address: SocketAddr,
}

/// The ports of all workers.
pub(crate) struct Ports {
    address: IpAddr,
    range: (u16, u16),
    state: Mutex<State>,
}

struct State {
    next: u16,
    busy: BTreeSet<u16>,
    resting: VecDeque<(Instant, u16)>,
}

fn none_free() -> io::Error {
    io::Error::new(io::ErrorKind::AddrNotAvailable, "no RTP port is free")
}

fn bind(address: IpAddr, port: u16) -> io::Result<Pair> {
    let second = port.checked_add(1).ok_or_else(none_free)?;
    let rtp = UdpSocket::bind(SocketAddr::new(address, port))?;
    let rtcp = UdpSocket::bind(SocketAddr::new(address, second))?;
    Ok(Pair { rtp, rtcp, address: SocketAddr::new(address, port) })
}

impl Ports {
    /// Ports of this range on this address.
    pub(crate) fn new(address: IpAddr, range: (u16, u16)) -> Self {
        let even = range.0.saturating_add(range.0 % 2);
        let state = State { next: even, busy: BTreeSet::new(), resting: VecDeque::new() };
        Self { address, range: (even, range.1), state: Mutex::new(state) }
    }

    /// Bind a pair that is neither in use nor resting.
    pub(crate) fn open(&self, now: Instant) -> io::Result<Pair> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.wake(now);
        let pair = if self.range.1 == 0 { self.any(&state) } else { self.in_range(&mut state) }?;
        state.busy.insert(pair.address.port());
        Ok(pair)
    }

    /// The call on this port is over.
    pub(crate) fn close(&self, now: Instant, port: u16) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.resting.push_back((now, port));
    }

    fn in_range(&self, state: &mut State) -> io::Result<Pair> {
        let (first, last) = self.range;
        let pairs = last.saturating_sub(first).saturating_add(1) / 2;
        for _ in 0..pairs {
            let port = state.next;
            let following = port.saturating_add(2);
            state.next = if following < last { following } else { first };
            if !state.busy.contains(&port)
                && let Ok(pair) = bind(self.address, port)
            {
                return Ok(pair);
            }
        }
        Err(none_free())
    }

    /// Ask the system; unfit answers are kept until the end so that it does not give them again.
    fn any(&self, state: &State) -> io::Result<Pair> {
        let mut unfit = Vec::new();
        for _ in 0..ATTEMPTS {
            let probe = UdpSocket::bind(SocketAddr::new(self.address, 0))?;
            let port = probe.local_addr()?.port();
            let second = port.checked_add(1).filter(|_| port.is_multiple_of(2) && !state.busy.contains(&port));
            let rtcp = second.and_then(|second| UdpSocket::bind(SocketAddr::new(self.address, second)).ok());
            match rtcp {
                Some(rtcp) => return Ok(Pair { rtp: probe, rtcp, address: SocketAddr::new(self.address, port) }),
                None => unfit.push(probe),
            }
        }
        Err(none_free())
    }
}

impl State {
    fn wake(&mut self, now: Instant) {
        while let Some((since, port)) = self.resting.front().copied() {
            if now.saturating_duration_since(since) < REST {
                break;
            }
            self.resting.pop_front();
            self.busy.remove(&port);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn any_pair_is_even_and_its_neighbour() {
        let ports = Ports::new(ADDRESS, (0, 0));
        let pair = ports.open(Instant::now()).unwrap();
        assert!(pair.address.port().is_multiple_of(2));
        assert_eq!(pair.rtcp.local_addr().unwrap().port(), pair.address.port() + 1);
    }

    #[test]
    fn a_closed_port_rests_for_a_second() {
        let free = Ports::new(ADDRESS, (0, 0)).open(Instant::now()).unwrap().address.port();
        let ports = Ports::new(ADDRESS, (free, free + 1));
        let now = Instant::now();
        let pair = ports.open(now).unwrap();
        assert!(ports.open(now).is_err(), "the only pair is in use");
        drop(pair);
        ports.close(now, free);
        assert!(ports.open(now + REST / 2).is_err(), "it rests");
        assert!(ports.open(now + REST).is_ok());
    }
}
