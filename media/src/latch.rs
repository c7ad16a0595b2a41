//! Strict latching: whose packets are taken, and where ours go. Behind address translation the peer's
//! packets come from elsewhere than its SDP says, and so may an intruder's (RFC 7362 §5).

use core::net::SocketAddr;
use core::time::Duration;
use domain::Instant;

/// Packets in a row that another address than the signalled one must send.
const FOREIGN: u8 = 4;

/// Packets in a row that a new synchronisation source must send (RFC 3550 A.1).
const NEW_SOURCE: u8 = 2;

/// What to do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the peer's.
    Accepted,
    /// It is the peer's, and begins a new stream: first of all, from a new address or with a new source.
    Started,
    /// It is not, or not yet, taken.
    Ignored,
}

/// Packets in a row of somebody who wants to be the peer.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    from: SocketAddr,
    ssrc: u32,
    next: u16,
    count: u8,
}

impl Candidate {
    fn after(previous: Option<Self>, from: SocketAddr, ssrc: u32, sequence: u16) -> Self {
        let count = match previous {
            Some(p) if (p.from, p.ssrc, p.next) == (from, ssrc, sequence) => p.count.saturating_add(1),
            _ => 1,
        };
        Self { from, ssrc, next: sequence.wrapping_add(1), count }
    }
}

/// The remote side of one leg.
#[derive(Clone, Debug)]
pub struct Latch {
    signalled: SocketAddr,
    locked: Option<(SocketAddr, u32)>,
    candidate: Option<Candidate>,
    heard_at: Instant,
    release_after: Duration,
}

impl Latch {
    /// Nothing heard yet; a peer silent for `release_after` may be replaced by another address.
    #[must_use]
    pub const fn new(now: Instant, signalled: SocketAddr, release_after: Duration) -> Self {
        Self { signalled, locked: None, candidate: None, heard_at: now, release_after }
    }

    /// A new offer or answer named this address. The lock stays if the address is the old one, or none at all (hold).
    pub fn resignal(&mut self, now: Instant, signalled: SocketAddr) {
        if signalled == self.signalled || signalled.ip().is_unspecified() {
            return;
        }
        *self = Self::new(now, signalled, self.release_after);
    }

    /// Where our packets go: to the peer that we hear, else to the signalled address.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        self.locked.map_or(self.signalled, |(address, _)| address)
    }

    /// The peer's address if a packet of its came less than `pause` ago.
    #[must_use]
    pub fn talking(&self, now: Instant, pause: Duration) -> Option<SocketAddr> {
        self.locked.filter(|_| now.since(self.heard_at) < pause).map(|(address, _)| address)
    }

    /// The peer's synchronisation source, once heard.
    #[must_use]
    pub fn ssrc(&self) -> Option<u32> {
        self.locked.map(|(_, ssrc)| ssrc)
    }

    /// A packet with a valid header and a payload type of ours came.
    pub fn on_packet(&mut self, now: Instant, from: SocketAddr, ssrc: u32, sequence: u16) -> Verdict {
        if self.locked.is_some() && now.since(self.heard_at) >= self.release_after {
            self.locked = None;
        }
        match self.locked {
            Some(locked) if locked == (from, ssrc) => {
                self.heard_at = now;
                self.candidate = None;
                Verdict::Accepted
            }
            Some((address, _)) if address == from => self.on_candidate(now, from, (ssrc, sequence), NEW_SOURCE),
            Some(_) => Verdict::Ignored,
            None if from == self.signalled => self.lock(now, from, ssrc),
            None => self.on_candidate(now, from, (ssrc, sequence), FOREIGN),
        }
    }

    fn on_candidate(&mut self, now: Instant, from: SocketAddr, stream: (u32, u16), needed: u8) -> Verdict {
        let candidate = Candidate::after(self.candidate, from, stream.0, stream.1);
        self.candidate = Some(candidate);
        if candidate.count >= needed { self.lock(now, from, stream.0) } else { Verdict::Ignored }
    }

    fn lock(&mut self, now: Instant, from: SocketAddr, ssrc: u32) -> Verdict {
        self.locked = Some((from, ssrc));
        self.candidate = None;
        self.heard_at = now;
        Verdict::Started
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn latch() -> Latch {
        Latch::new(Instant::ZERO, address(1), Duration::from_secs(5))
    }

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn the_signalled_address_is_taken_at_its_first_packet() {
        let mut latch = latch();
        assert_eq!(latch.on_packet(at(0), address(1), 7, 100), Verdict::Started);
        assert_eq!(latch.on_packet(at(20), address(1), 7, 101), Verdict::Accepted);
        for n in 0..20 {
            assert_eq!(latch.on_packet(at(40), address(2), 7, 102 + n), Verdict::Ignored);
        }
        assert_eq!(latch.remote(), address(1));
    }

    #[test]
    fn another_address_needs_four_packets_in_a_row() {
        let mut latch = latch();
        let mut verdict = |n: u16, port| latch.on_packet(at(0), address(port), 7, n);
        assert_eq!([verdict(1, 2), verdict(2, 2), verdict(3, 2)], [Verdict::Ignored; 3]);
        assert_eq!(verdict(9, 2), Verdict::Ignored, "not in a row");
        assert_eq!([verdict(10, 2), verdict(11, 2)], [Verdict::Ignored; 2]);
        assert_eq!(verdict(12, 2), Verdict::Started);
        assert_eq!(verdict(50, 1), Verdict::Ignored, "locked is locked");
        assert_eq!(latch.remote(), address(2));
    }

    #[test]
    fn the_signalled_address_wins_over_a_candidate() {
        let mut latch = latch();
        for n in 0..3 {
            latch.on_packet(at(0), address(2), 7, n);
        }
        assert_eq!(latch.on_packet(at(0), address(1), 8, 4), Verdict::Started);
        assert_eq!(latch.on_packet(at(0), address(2), 7, 3), Verdict::Ignored);
    }

    #[test]
    fn silence_unlocks_and_a_new_offer_unlocks() {
        let mut latch = latch();
        latch.on_packet(at(0), address(1), 7, 1);
        for n in 0..3 {
            assert_eq!(latch.on_packet(at(5_000), address(2), 9, n), Verdict::Ignored);
        }
        assert_eq!(latch.on_packet(at(5_000), address(2), 9, 3), Verdict::Started);
        latch.resignal(at(5_100), address(3));
        assert_eq!(latch.remote(), address(3));
        latch.resignal(at(5_200), SocketAddr::from(([0, 0, 0, 0], 3)));
        assert_eq!(latch.remote(), address(3), "hold keeps the address");
    }

    #[test]
    fn a_peer_talks_from_its_first_packet_until_it_pauses() {
        let mut latch = latch();
        let pause = Duration::from_millis(500);
        assert_eq!(latch.talking(at(0), pause), None, "signalled, not heard");
        latch.on_packet(at(0), address(1), 7, 1);
        assert_eq!(latch.talking(at(499), pause), Some(address(1)));
        assert_eq!(latch.talking(at(500), pause), None);
    }

    #[test]
    fn a_new_source_from_the_same_address_needs_two_packets_in_a_row() {
        let mut latch = latch();
        latch.on_packet(at(0), address(1), 7, 1);
        assert_eq!(latch.on_packet(at(20), address(1), 8, 500), Verdict::Ignored);
        assert_eq!(latch.on_packet(at(40), address(1), 7, 2), Verdict::Accepted);
        assert_eq!(latch.on_packet(at(60), address(1), 8, 501), Verdict::Ignored, "interrupted");
        assert_eq!(latch.on_packet(at(80), address(1), 8, 502), Verdict::Started);
    }

    proptest! {
        #[test]
        fn nobody_takes_over_a_talking_peer(packets in proptest::collection::vec((2u16..5, 0u32..3, any::<u16>()), 0..200)) {
            let mut latch = latch();
            latch.on_packet(at(0), address(1), 7, 0);
            for (n, (port, ssrc, sequence)) in packets.into_iter().enumerate() {
                let now = at(n as u64 * 20);
                prop_assert_eq!(latch.on_packet(now, address(port), ssrc, sequence), Verdict::Ignored);
                prop_assert_eq!(latch.on_packet(now, address(1), 7, n as u16), Verdict::Accepted);
            }
            prop_assert_eq!(latch.remote(), address(1));
        }
    }
}
