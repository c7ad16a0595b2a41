//! A jitter buffer for audio that is mixed or re-timed: takes packets as they come, gives one frame each 20 ms.
//!
//! Its depth follows the interarrival jitter (RFC 3550 §6.4.1), rises at once when a packet comes too late, and sinks
//! slowly. It never holds more than its limit, so that delay is bounded.

use domain::Instant;
use std::collections::BTreeMap;

/// Microseconds of one frame.
const FRAME_US: u64 = 20_000;

/// How many times the mean deviation packets may be late without a gap.
const SPREAD: u64 = 4;

/// Pulls without a late packet after which the addition for late ones shrinks by a frame: 10 s.
const QUIET: u32 = 500;

/// Pulls with more frames than wanted after which one is skipped: half a second.
const TOO_DEEP: u32 = 25;

/// A jump in the numbers beyond which everything held is of another stream: 2 s.
const JUMP: u64 = 100;

/// What there is to be played in this frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled<T> {
    /// Still filling up: play silence.
    Filling,
    /// The next frame.
    Frame(u64, T),
    /// This frame is lost or late: conceal it.
    Missing(u64),
}

/// The buffer. Frames are named by their extended sequence numbers.
#[derive(Clone, Debug)]
pub struct JitterBuffer<T> {
    frames: BTreeMap<u64, T>,
    next: Option<u64>,
    max: usize,
    /// Arrival against media time of the last packet, in microseconds.
    transit: Option<i64>,
    /// Mean deviation in microseconds, times 16.
    jitter: u64,
    /// Frames added because packets came too late all the same.
    added: usize,
    quiet: u32,
    too_deep: u32,
    missing_in_a_row: usize,
    late: u64,
}

impl<T> JitterBuffer<T> {
    /// A buffer that delays by at least one frame and holds at most `max` (at least 2).
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            frames: BTreeMap::new(),
            next: None,
            max: max.max(2),
            transit: None,
            jitter: 0,
            added: 0,
            quiet: 0,
            too_deep: 0,
            missing_in_a_row: 0,
            late: 0,
        }
    }

    /// Frames waiting.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether no frame is waiting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Frames that came after their time.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// The mean deviation of arrival in microseconds (RFC 3550 §6.4.1).
    #[must_use]
    pub const fn jitter_us(&self) -> u64 {
        self.jitter >> 4
    }

    /// Frames that it wants to hold.
    #[must_use]
    pub fn target(&self) -> usize {
        let spread = (SPREAD * self.jitter_us()).div_ceil(FRAME_US);
        usize::try_from(spread).unwrap_or(self.max).saturating_add(1 + self.added).min(self.max)
    }

    /// The source has started anew: what is held belongs to nothing.
    pub fn restart(&mut self) {
        self.frames.clear();
        (self.next, self.transit, self.missing_in_a_row) = (None, None, 0);
    }

    /// A frame came, with its extended sequence number and its media time in samples at 8 kHz. A late one is dropped and
    /// makes the buffer deeper, one that is there already changes nothing, and when the buffer is full the oldest goes.
    pub fn push(&mut self, now: Instant, sequence: u64, timestamp: u32, frame: T) {
        self.measure(now, timestamp);
        let newest = self.frames.keys().next_back().copied().or(self.next);
        if newest.is_some_and(|newest| sequence.abs_diff(newest) > JUMP) {
            self.restart();
        }
        if self.next.is_some_and(|next| sequence < next) {
            self.late += 1;
            self.quiet = 0;
            self.added = (self.added + 1).min(self.max);
            return;
        }
        self.frames.entry(sequence).or_insert(frame);
        while self.frames.len() > self.max {
            self.frames.pop_first();
            self.next = self.next.and(self.frames.keys().next().copied());
        }
    }

    fn measure(&mut self, now: Instant, timestamp: u32) {
        let arrival = (now.as_micros() / 125) as u32;
        let transit = i64::from(arrival.wrapping_sub(timestamp) as i32) * 125;
        if let Some(last) = self.transit.replace(transit) {
            // A leap of media time is a new talkspurt of a careless sender and no jitter.
            let change = transit.abs_diff(last);
            if change < self.max as u64 * FRAME_US {
                self.jitter = self.jitter + change - ((self.jitter + 8) >> 4);
            }
        }
    }

    /// The next frame; called every 20 ms.
    pub fn pull(&mut self) -> Pulled<T> {
        if self.next.is_none() && self.frames.len() < self.target() {
            return Pulled::Filling;
        }
        self.calm_down();
        let Some(first) = self.frames.keys().next().copied() else { return self.starve() };
        let next = self.next.unwrap_or(first);
        if let Some(frame) = self.frames.remove(&next) {
            self.next = Some(next + 1);
            self.missing_in_a_row = 0;
            return Pulled::Frame(next, frame);
        }
        self.missing_in_a_row += 1;
        // A hole longer than the buffer is not concealed frame by frame.
        self.next = Some(if self.missing_in_a_row > self.max { first } else { next + 1 });
        Pulled::Missing(next)
    }

    /// Nothing is there: what comes next is waited for, and so the delay grows by what is concealed now.
    fn starve(&mut self) -> Pulled<T> {
        let Some(next) = self.next else { return Pulled::Filling };
        self.missing_in_a_row += 1;
        if self.missing_in_a_row > self.target() {
            // The sender pauses. Whatever it says next is collected to the wanted depth first.
            (self.next, self.missing_in_a_row) = (None, 0);
            return Pulled::Filling;
        }
        Pulled::Missing(next)
    }

    /// After a while without late packets the addition for them shrinks, and a frame too many is skipped.
    fn calm_down(&mut self) {
        self.quiet += 1;
        if self.quiet >= QUIET {
            self.quiet = 0;
            self.added = self.added.saturating_sub(1);
        }
        self.too_deep = if self.frames.len() > self.target() { self.too_deep + 1 } else { 0 };
        if self.too_deep >= TOO_DEEP {
            self.too_deep = 0;
            if let Some((skipped, _)) = self.frames.pop_first() {
                self.next = Some(skipped + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The arrival of a frame that is so many microseconds late.
    fn at(frame: u64, late_us: u64) -> Instant {
        Instant::from_micros(1_000_000 + frame * FRAME_US + late_us)
    }

    fn push(buffer: &mut JitterBuffer<u64>, frame: u64, late_us: u64) {
        buffer.push(at(frame, late_us), frame, frame as u32 * 160, frame);
    }

    #[test]
    fn frames_out_of_order_come_out_in_order() {
        let mut buffer = JitterBuffer::new(8);
        for n in [11, 10, 13, 12] {
            push(&mut buffer, n, 0);
        }
        let out: Vec<_> = (0..4).map(|_| buffer.pull()).collect();
        assert_eq!(out, [10, 11, 12, 13].map(|n| Pulled::Frame(n, n)));
    }

    #[test]
    fn a_lost_frame_is_missing_a_repeated_one_is_one_and_a_late_one_is_dropped() {
        let mut buffer = JitterBuffer::new(8);
        for n in [1, 3, 3] {
            push(&mut buffer, n, 0);
        }
        assert_eq!(
            [buffer.pull(), buffer.pull(), buffer.pull()],
            [Pulled::Frame(1, 1), Pulled::Missing(2), Pulled::Frame(3, 3)]
        );
        let depth = buffer.target();
        push(&mut buffer, 2, 40_000);
        assert_eq!((buffer.late(), buffer.len()), (1, 0));
        assert!(buffer.target() > depth, "the next late one finds its place");
    }

    #[test]
    fn depth_follows_the_jitter_up_and_down() {
        let mut buffer = JitterBuffer::new(15);
        let mut depths = Vec::new();
        for n in 0..3_000u64 {
            let late = if (500..1_000).contains(&n) { n % 3 * 15_000 } else { 0 };
            push(&mut buffer, n, late);
            buffer.pull();
            depths.push(buffer.target());
        }
        assert_eq!(depths[400], 1, "a calm network needs one frame");
        assert!((4..=8).contains(&depths[990]), "{}", depths[990]);
        assert_eq!(depths[2_999], 1, "it is calm again");
        assert!(buffer.len() <= 2, "and what was too much has been skipped: {}", buffer.len());
    }

    #[test]
    fn a_pause_is_waited_out_and_the_next_talkspurt_is_whole() {
        let mut buffer = JitterBuffer::new(8);
        push(&mut buffer, 1, 0);
        assert_eq!(
            [buffer.pull(), buffer.pull(), buffer.pull()],
            [Pulled::Frame(1, 1), Pulled::Missing(2), Pulled::Filling]
        );
        push(&mut buffer, 2, 2_000_000);
        assert_eq!(buffer.pull(), Pulled::Frame(2, 2));
    }

    #[test]
    fn a_source_that_jumps_is_followed() {
        let mut buffer = JitterBuffer::new(8);
        push(&mut buffer, 100_000, 0);
        buffer.pull();
        push(&mut buffer, 5, 0);
        assert_eq!(buffer.pull(), Pulled::Frame(5, 5));
    }

    proptest! {
        #[test]
        fn output_is_in_order_and_the_buffer_is_bounded(
            steps in proptest::collection::vec((any::<bool>(), 0u64..90, 0u64..100_000), 0..600),
        ) {
            let mut buffer = JitterBuffer::new(6);
            let mut last = None;
            for (is_push, n, late) in steps {
                if is_push {
                    push(&mut buffer, n, late);
                    prop_assert!(buffer.len() <= 6 && buffer.target() <= 6);
                } else {
                    match buffer.pull() {
                        Pulled::Frame(sequence, frame) => {
                            prop_assert_eq!(sequence, frame);
                            prop_assert!(last < Some(sequence), "{sequence} after {last:?}");
                            last = Some(sequence);
                        }
                        // After a pause the source may begin anew wherever it likes.
                        Pulled::Filling => last = None,
                        Pulled::Missing(_) => {}
                    }
                }
            }
        }

        #[test]
        fn jitter_within_the_estimate_loses_nothing(lateness in proptest::collection::vec(0u64..18_000, 300..600)) {
            let mut buffer = JitterBuffer::new(15);
            // A worker's clock is no more in step with the sender's than half a frame.
            let mut arrivals: Vec<(Instant, u64)> =
                lateness.iter().enumerate().map(|(n, late)| (at(n as u64, *late), n as u64)).collect();
            arrivals.sort();
            let (mut played, mut queue) = (0, arrivals.into_iter().peekable());
            for tick in 0..lateness.len() as u64 + 20 {
                while let Some((now, n)) = queue.next_if(|(now, _)| *now <= at(tick, 10_000)) {
                    buffer.push(now, n, n as u32 * 160, n);
                }
                played += usize::from(matches!(buffer.pull(), Pulled::Frame(..)));
            }
            prop_assert!(played + 6 >= lateness.len(), "{played} of {}", lateness.len());
        }

        #[test]
        fn any_numbers_and_times_are_taken(
            steps in proptest::collection::vec((any::<u64>(), any::<u32>(), any::<u64>(), any::<bool>()), 0..300),
        ) {
            let mut buffer = JitterBuffer::new(10);
            for (sequence, timestamp, now, pulls) in steps {
                buffer.push(Instant::from_micros(now), sequence >> 1, timestamp, ());
                prop_assert!(buffer.len() <= 10);
                if pulls {
                    buffer.pull();
                }
            }
        }
    }
}
