//! A jitter buffer for audio that is mixed or re-timed: takes packets as they come, gives one frame each 20 ms.
//! It grows by a frame when packets come too late, and shrinks again after a quiet while.

use std::collections::BTreeMap;

/// Frames in order without a late one after which the buffer shrinks by one: 10 s.
const QUIET: u32 = 500;

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
    depth: usize,
    max: usize,
    in_order: u32,
    late: u64,
    missing_in_a_row: usize,
}

impl<T> JitterBuffer<T> {
    /// A buffer that delays by at least one frame and holds at most `max` (at least 2).
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            frames: BTreeMap::new(),
            next: None,
            depth: 2,
            max: max.max(2),
            in_order: 0,
            late: 0,
            missing_in_a_row: 0,
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

    /// A frame came. Late ones are dropped and make the buffer deeper; when it is full, the oldest goes.
    pub fn push(&mut self, sequence: u64, frame: T) {
        if self.next.is_some_and(|next| sequence < next) {
            self.late += 1;
            self.in_order = 0;
            self.depth = (self.depth + 1).min(self.max);
            return;
        }
        self.frames.insert(sequence, frame);
        while self.frames.len() > self.max {
            self.frames.pop_first();
            self.next = self.next.and(self.frames.keys().next().copied());
        }
    }

    /// The next frame; called every 20 ms.
    pub fn pull(&mut self) -> Pulled<T> {
        if self.next.is_none() && self.frames.len() < self.depth {
            return Pulled::Filling;
        }
        self.shrink_when_quiet();
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

    fn starve(&mut self) -> Pulled<T> {
        let Some(next) = self.next else { return Pulled::Filling };
        self.missing_in_a_row += 1;
        if self.missing_in_a_row > self.max {
            self.missing_in_a_row = 0;
            // Numbers already played stay played: what comes next is compared with them.
            return Pulled::Filling;
        }
        Pulled::Missing(next)
    }

    /// One frame is skipped when the buffer is deeper than it needs to be.
    fn shrink_when_quiet(&mut self) {
        self.in_order += 1;
        if self.in_order < QUIET {
            return;
        }
        self.in_order = 0;
        self.depth = (self.depth - 1).max(2);
        if self.frames.len() > self.depth
            && let Some((skipped, _)) = self.frames.pop_first()
        {
            self.next = Some(skipped + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_out_of_order_come_out_in_order() {
        let mut buffer = JitterBuffer::new(8);
        for n in [11u64, 10, 13, 12] {
            buffer.push(n, n);
        }
        let out: Vec<_> = (0..4).map(|_| buffer.pull()).collect();
        assert_eq!(out, [10, 11, 12, 13].map(|n| Pulled::Frame(n, n)));
    }

    #[test]
    fn a_lost_frame_is_missing_and_the_next_is_heard() {
        let mut buffer = JitterBuffer::new(8);
        buffer.push(1, ());
        buffer.push(3, ());
        assert_eq!(
            [buffer.pull(), buffer.pull(), buffer.pull()],
            [Pulled::Frame(1, ()), Pulled::Missing(2), Pulled::Frame(3, ())]
        );
    }

    proptest! {
        #[test]
        fn output_is_in_order_and_the_buffer_is_bounded(steps in proptest::collection::vec((any::<bool>(), 0u64..300), 0..600)) {
            let mut buffer = JitterBuffer::new(6);
            let mut last = None;
            for (push, n) in steps {
                if push {
                    buffer.push(n, n);
                    prop_assert!(buffer.len() <= 6);
                } else if let Pulled::Frame(sequence, frame) = buffer.pull() {
                    prop_assert_eq!(sequence, frame);
                    prop_assert!(last < Some(sequence), "{sequence} after {last:?}");
                    last = Some(sequence);
                }
            }
        }
    }
}
