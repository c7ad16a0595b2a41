//! UDP ports for plain RTP: an even one for RTP, the odd one after it for RTCP (RFC 3550 §11).

use socket2::SockRef;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The least that a port rests, whatever the need.
const REST_LEAST: Duration = Duration::from_secs(1);

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
    /// How long a port rests after its call.
    rest: Duration,
    state: Mutex<State>,
}

struct State {
    next: u16,
    busy: BTreeSet<u16>,
    resting: VecDeque<(Instant, u16)>,
}

/// Ports for plain RTP that are not free. A browser leg has none of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortFigures {
    /// Pairs of ports that a leg has.
    pub open: usize,
    /// Pairs that rest after their call.
    pub resting: usize,
}

fn none_free() -> io::Error {
    io::Error::new(io::ErrorKind::AddrNotAvailable, "no RTP port is free")
}

/// Expedited forwarding (RFC 3246, DSCP 46), in the upper six bits of the field.
const EXPEDITED: u32 = 46 << 2;

/// Let routers prefer what this socket sends.
fn mark(socket: &UdpSocket, address: IpAddr) -> io::Result<()> {
    let socket = SockRef::from(socket);
    if address.is_ipv6() { socket.set_tclass_v6(EXPEDITED) } else { socket.set_tos_v4(EXPEDITED) }
}

fn bind(address: IpAddr, port: u16) -> io::Result<Pair> {
    let second = port.checked_add(1).ok_or_else(none_free)?;
    let rtp = UdpSocket::bind(SocketAddr::new(address, port))?;
    let rtcp = UdpSocket::bind(SocketAddr::new(address, second))?;
    for socket in [&rtp, &rtcp] {
        socket.set_nonblocking(true)?;
        mark(socket, address)?;
    }
    Ok(Pair { rtp, rtcp, address: SocketAddr::new(address, port) })
}

impl Ports {
    /// Ports of this range on this address.
    pub(crate) fn new(address: IpAddr, range: (u16, u16), rest: Duration) -> Self {
        let even = range.0.saturating_add(range.0 % 2);
        let state = State { next: even, busy: BTreeSet::new(), resting: VecDeque::new() };
        Self { address, range: (even, range.1), rest, state: Mutex::new(state) }
    }

    /// Bind a pair that is neither in use nor resting.
    pub(crate) fn open(&self, now: Instant) -> io::Result<Pair> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.wake(now, self.rest);
        let pair = if self.range.1 == 0 { self.any(&state) } else { self.in_range(&mut state, now) }?;
        state.busy.insert(pair.address.port());
        Ok(pair)
    }

    /// The call on this port is over.
    pub(crate) fn close(&self, now: Instant, port: u16) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.resting.push_back((now, port));
    }

    /// How many are not free.
    pub(crate) fn figures(&self, now: Instant) -> PortFigures {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.wake(now, self.rest);
        let resting = state.resting.len();
        PortFigures { open: state.busy.len().saturating_sub(resting), resting }
    }

    /// A rested pair; when there is none, the one that has rested longest, if only for a second: a short range must not
    /// refuse calls.
    fn in_range(&self, state: &mut State, now: Instant) -> io::Result<Pair> {
        self.rested(state).or_else(|_| {
            let tired = |(since, _): &(Instant, u16)| now.saturating_duration_since(*since) < REST_LEAST;
            let (_, port) = state.resting.pop_front_if(|oldest| !tired(oldest)).ok_or_else(none_free)?;
            state.busy.remove(&port);
            bind(self.address, port)
        })
    }

    fn rested(&self, state: &mut State) -> io::Result<Pair> {
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

    /// Ask the system for a number, and bind that one: a port that the system chose itself would be lost when its socket
    /// is disconnected. Unfit answers are kept until the end so that the system does not give them again.
    fn any(&self, state: &State) -> io::Result<Pair> {
        let mut unfit = Vec::new();
        for _ in 0..ATTEMPTS {
            let probe = UdpSocket::bind(SocketAddr::new(self.address, 0))?;
            let port = probe.local_addr()?.port();
            if !port.is_multiple_of(2) || state.busy.contains(&port) {
                unfit.push(probe);
                continue;
            }
            drop(probe);
            if let Ok(pair) = bind(self.address, port) {
                return Ok(pair);
            }
        }
        Err(none_free())
    }
}

impl State {
    fn wake(&mut self, now: Instant, rest: Duration) {
        while let Some((since, port)) = self.resting.front().copied() {
            if now.saturating_duration_since(since) < rest {
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
    use std::net::{Ipv4Addr, Ipv6Addr};

    const REST: Duration = Duration::from_secs(30);
    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn any_pair_is_even_and_its_neighbour() {
        let ports = Ports::new(ADDRESS, (0, 0), REST);
        let pair = ports.open(Instant::now()).unwrap();
        assert!(pair.address.port().is_multiple_of(2));
        assert_eq!(pair.rtcp.local_addr().unwrap().port(), pair.address.port() + 1);
    }

    #[test]
    fn what_the_sockets_send_is_marked_for_expedited_forwarding() {
        let v4 = Ports::new(ADDRESS, (0, 0), REST).open(Instant::now()).unwrap();
        let v6 = Ports::new(Ipv6Addr::LOCALHOST.into(), (0, 0), REST).open(Instant::now()).unwrap();
        for socket in [&v4.rtp, &v4.rtcp] {
            assert_eq!(SockRef::from(socket).tos_v4().unwrap(), 0xB8);
        }
        for socket in [&v6.rtp, &v6.rtcp] {
            assert_eq!(SockRef::from(socket).tclass_v6().unwrap(), 0xB8);
        }
    }

    #[test]
    fn ports_are_counted_while_open_and_while_they_rest() {
        let now = Instant::now();
        let ports = Ports::new(ADDRESS, (0, 0), REST);
        let counted = |at| (ports.figures(at).open, ports.figures(at).resting);
        let pairs = [ports.open(now).unwrap(), ports.open(now).unwrap()];
        assert_eq!(counted(now), (2, 0));
        ports.close(now, pairs[0].address.port());
        assert_eq!(counted(now + REST / 2), (1, 1));
        assert_eq!(counted(now + REST), (1, 0));
        ports.close(now + REST, pairs[1].address.port());
        assert_eq!(counted(now + 2 * REST), (0, 0));
    }

    #[test]
    fn a_closed_port_rests_as_long_as_told_while_another_is_free_and_a_second_when_none_is() {
        let now = Instant::now();
        let free = Ports::new(ADDRESS, (0, 0), REST).open(now).unwrap().address.port();
        let ports = Ports::new(ADDRESS, (free, free + 1), REST);
        let pair = ports.open(now).unwrap();
        assert!(ports.open(now).is_err(), "the only pair is in use");
        drop(pair);
        ports.close(now, free);
        assert!(ports.open(now + REST_LEAST / 2).is_err(), "it rests");
        drop(ports.open(now + REST_LEAST).expect("there is no other"));
        ports.close(now + REST_LEAST, free);
        let mut state = ports.state.lock().unwrap();
        assert!(ports.rested(&mut state).is_err(), "it rests again, and is taken only in need");
        state.wake(now + REST_LEAST + REST, REST);
        assert!(ports.rested(&mut state).is_ok(), "it has rested");
    }
}
