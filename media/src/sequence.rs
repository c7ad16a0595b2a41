//! What we know of a stream that we receive: extended sequence numbers, loss and jitter (RFC 3550 A.1, A.3, A.8).

use domain::Instant;

/// A step forward beyond which the source has started anew (RFC 3550 A.1).
const MAX_DROPOUT: u16 = 3_000;

/// A step back up to which a packet is only late (RFC 3550 A.1).
const MAX_MISORDER: u16 = 100;

/// Figures for a report block (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportBlock {
    /// Part of the packets lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost from this source, at most 2^23 - 1.
    pub lost: u32,
    /// Highest extended sequence number.
    pub highest: u32,
    /// Jitter in units of the stream's clock.
    pub jitter: u32,
}

/// One source's stream.
#[derive(Clone, Copy, Debug)]
struct Current {
    base: u64,
    highest: u64,
    received: u64,
    restart_at: Option<u16>,
    /// Steps over missing packets, and how many they left out.
    gaps: (u64, u64),
    transit: i32,
    prior: (u64, u64),
}

impl Current {
    fn new(sequence: u16) -> Self {
        // One cycle of room below, so that packets older than the first do not wrap.
        let base = 0x1_0000 + u64::from(sequence);
        Self { base, highest: base, received: 0, restart_at: None, gaps: (0, 0), transit: 0, prior: (0, 0) }
    }

    fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }

    fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }
}

/// What was counted up to one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Packets received.
    pub received: u64,
    /// Packets lost, never below zero.
    pub lost: u64,
    /// Steps over missing packets, and how many they left out.
    gaps: (u64, u64),
}

impl Tally {
    /// What came after an earlier moment.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        // A packet that was only late makes the loss smaller than it was.
        Self {
            received: self.received.saturating_sub(earlier.received),
            lost: self.lost.saturating_sub(earlier.lost),
            gaps: (self.gaps.0.saturating_sub(earlier.gaps.0), self.gaps.1.saturating_sub(earlier.gaps.1)),
        }
    }

    /// Share of the packets that never came, 0 to 1.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.lost as f64 / (self.lost + self.received).max(1) as f64
    }

    /// How much longer the gaps are than chance would make them at this loss (ITU-T G.107 §7.2, BurstR); 1: chance.
    #[must_use]
    pub fn burst(&self) -> f64 {
        let (gaps, missing) = self.gaps;
        if gaps == 0 { 1.0 } else { (missing as f64 / gaps as f64 * (1.0 - self.loss())).max(1.0) }
    }
}

/// Reception of one leg, over all sources that it had.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reception {
    current: Option<Current>,
    received: u64,
    lost_before: u64,
    /// Of the sources before: gaps and the packets that they left out.
    gaps_before: (u64, u64),
    /// Jitter in ticks, times 16.
    jitter: u32,
    /// Ticks of media time for each sample at 8 kHz, less one.
    extra_scale: u32,
}

impl Reception {
    /// Media time runs at this many ticks per second, a multiple of 8000.
    pub fn set_clock(&mut self, hz: u32) {
        self.extra_scale = (hz / crate::RATE).saturating_sub(1);
    }

    /// The source changed: what was lost before stays counted, and numbers start anew.
    pub fn restart(&mut self) {
        if let Some(current) = self.current.take() {
            self.lost_before += current.lost();
            self.gaps_before.0 += current.gaps.0;
            self.gaps_before.1 += current.gaps.1;
        }
    }

    /// A packet came; answers its extended sequence number.
    pub fn on_packet(&mut self, now: Instant, sequence: u16, timestamp: u32) -> u64 {
        self.received += 1;
        let arrival = ((now.as_micros() / 125) as u32).wrapping_mul(self.extra_scale + 1);
        let transit = arrival.wrapping_sub(timestamp) as i32;
        if self.current.is_some_and(|c| c.is_new_start(sequence)) {
            self.restart();
        }
        let first = self.current.is_none();
        let current = self.current.get_or_insert_with(|| Current::new(sequence));
        current.received += 1;
        let extended = current.extend(sequence);
        if !first {
            let change = transit.wrapping_sub(current.transit).unsigned_abs().min(1 << 20);
            self.jitter = self.jitter.saturating_add(change).saturating_sub((self.jitter.saturating_add(8)) >> 4);
        }
        current.transit = transit;
        extended
    }

    /// Packets received.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Packets lost, never below zero.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost_before + self.current.map_or(0, |c| c.lost())
    }

    /// What was counted up to now.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let now = self.current.map_or((0, 0), |c| c.gaps);
        let gaps = (self.gaps_before.0 + now.0, self.gaps_before.1 + now.1);
        Tally { received: self.received, lost: self.lost(), gaps }
    }

    /// Interarrival jitter in microseconds.
    #[must_use]
    pub fn jitter_us(&self) -> u32 {
        (self.jitter >> 4).saturating_mul(125) / (self.extra_scale + 1)
    }

    /// The figures for a receiver report; the interval since the last one ends. `None` before the first packet.
    pub fn report(&mut self) -> Option<ReportBlock> {
        let current = self.current.as_mut()?;
        let (expected, received) = (current.expected(), current.received);
        let interval = expected.saturating_sub(current.prior.0);
        let lost = interval.saturating_sub(received.saturating_sub(current.prior.1));
        current.prior = (expected, received);
        let fraction_lost = (lost * 256).checked_div(interval).unwrap_or(0).min(255) as u8;
        Some(ReportBlock {
            fraction_lost,
            lost: current.lost().min(0x7F_FFFF) as u32,
            highest: (current.highest - 0x1_0000) as u32,
            jitter: self.jitter >> 4,
        })
    }
}

impl Current {
    /// Whether this is the second packet in a row of numbers far from ours.
    fn is_new_start(&self, sequence: u16) -> bool {
        self.restart_at == Some(sequence)
    }

    fn extend(&mut self, sequence: u16) -> u64 {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        let behind = (self.highest as u16).wrapping_sub(sequence);
        if ahead < MAX_DROPOUT {
            if ahead > 1 {
                self.gaps.0 += 1;
                self.gaps.1 += u64::from(ahead) - 1;
            }
            self.highest += u64::from(ahead);
            self.restart_at = None;
            self.highest
        } else {
            if behind > MAX_MISORDER {
                self.restart_at = Some(sequence.wrapping_add(1));
            }
            self.highest.saturating_sub(u64::from(behind))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(frame: u64) -> Instant {
        Instant::from_millis(frame * 20)
    }

    #[test]
    fn a_clean_stream_has_no_loss_and_no_jitter() {
        let mut reception = Reception::default();
        for n in 0..200u16 {
            let sequence = 65_500u16.wrapping_add(n);
            reception.on_packet(at(u64::from(n)), sequence, u32::from(n) * 160);
        }
        assert_eq!((reception.received(), reception.lost(), reception.jitter_us()), (200, 0, 0));
    }

    #[test]
    fn lost_packets_are_counted_over_a_change_of_source() {
        let mut reception = Reception::default();
        for n in [1, 2, 5] {
            reception.on_packet(at(n), n as u16, n as u32 * 160);
        }
        assert_eq!(reception.report().map(|r| (r.fraction_lost, r.lost, r.highest)), Some((102, 2, 5)));
        reception.restart();
        reception.on_packet(at(6), 40_000, 1);
        assert_eq!((reception.lost(), reception.received()), (2, 4));
    }

    #[test]
    fn losses_in_a_row_are_bursts_and_single_ones_are_chance() {
        let burst = |is_lost: fn(u16) -> bool| {
            let mut reception = Reception::default();
            for n in (0..1_000).filter(|n| !is_lost(*n)) {
                reception.on_packet(at(u64::from(n)), n, u32::from(n) * 160);
            }
            (reception.tally().loss(), reception.tally().burst())
        };
        assert_eq!(burst(|n| n % 100 == 50), (0.01, 1.0));
        let (loss, long) = burst(|n| n % 400 >= 396);
        assert!((loss - 0.008).abs() < 0.001 && (long - 3.97).abs() < 0.01, "{loss} {long}");
    }

    #[test]
    fn what_was_lost_before_a_moment_does_not_count_after_it() {
        let mut reception = Reception::default();
        for n in (0..200u16).filter(|n| !(20..30).contains(n) && *n != 150) {
            reception.on_packet(at(u64::from(n)), n, u32::from(n) * 160);
            if n == 99 {
                let before = reception.tally();
                assert_eq!((before.received, before.lost, before.burst()), (90, 10, 9.0));
            }
        }
        let mut half = Reception::default();
        for n in (0..100u16).filter(|n| !(20..30).contains(n)) {
            half.on_packet(at(u64::from(n)), n, u32::from(n) * 160);
        }
        let later = reception.tally().since(&half.tally());
        assert_eq!((later.received, later.lost, later.loss(), later.burst()), (99, 1, 0.01, 1.0));
        assert_eq!(half.tally().since(&reception.tally()), Tally::default(), "never below zero");
    }

    #[test]
    fn a_restarted_sender_is_followed_after_two_packets_in_a_row() {
        let mut reception = Reception::default();
        for (i, n) in [1u16, 2, 30_000, 3, 4, 50_000, 50_001, 50_002].into_iter().enumerate() {
            reception.on_packet(at(i as u64), n, i as u32 * 160);
        }
        assert_eq!(reception.report().map(|r| r.highest), Some(50_002));
        assert_eq!(reception.lost(), 0);
    }

    #[test]
    fn jitter_follows_the_rfc() {
        let mut reception = Reception::default();
        for n in 0..2_000u64 {
            let late = if n % 2 == 0 { 0 } else { 4_000 };
            let now = Instant::from_micros(n * 20_000 + late);
            reception.on_packet(now, n as u16, n as u32 * 160);
        }
        assert!((3_500..=4_000).contains(&reception.jitter_us()), "{}", reception.jitter_us());
    }

    proptest! {
        #[test]
        fn any_numbers_are_taken(packets in proptest::collection::vec((any::<u16>(), any::<u32>(), 0u64..1_000_000), 0..200)) {
            let mut reception = Reception::default();
            let mut now = 0;
            for (sequence, timestamp, later) in &packets {
                now += later;
                reception.on_packet(Instant::from_micros(now), *sequence, *timestamp);
                reception.report();
            }
            prop_assert_eq!(reception.received(), packets.len() as u64);
        }
    }
}
