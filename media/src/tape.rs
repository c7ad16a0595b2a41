//! The timeline of a recording: customer left, agent right, each packet laid where it was said. Positions come
//! from the worker's clock, refined by media time; whatever did not arrive is silence.

use crate::codec::Codec;
use crate::stream::Source;
use domain::Instant;

/// How long packets are waited for: 300 ms.
const LAG: u64 = 2_400;

/// Shortest block but the last: 200 ms.
const BLOCK: u64 = 1_600;

/// Longest stretch kept for one channel: 2 s. More is lost when blocks are not taken.
const LIMIT: usize = 16_000;

/// How far media time may run ahead of the clock: 60 ms.
const EARLY: i64 = 480;

/// How far media time may lag behind the clock: 250 ms.
const LATE: i64 = 2_000;

/// Packets in a row off the clock after which the clock is right and not media time.
const OFF_CLOCK: u8 = 5;

/// The two channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Left.
    Customer,
    /// Right.
    Agent,
}

/// A stretch of both channels, of equal length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Position of the first sample.
    pub start: u64,
    /// Left.
    pub customer: Box<[i16]>,
    /// Right.
    pub agent: Box<[i16]>,
}

/// What was said at some time: one packet.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Who says it.
    pub source: Source,
    /// Its media time.
    pub timestamp: u32,
    /// What it is.
    pub audio: Audio<'a>,
}

/// Audio of a tape.
#[derive(Clone, Copy, Debug)]
pub enum Audio<'a> {
    /// A payload of G.711.
    Coded(Codec, &'a [u8]),
    /// Samples at 8 kHz.
    Samples(&'a [i16]),
}

impl Audio<'_> {
    /// Length in samples.
    const fn len(&self) -> usize {
        match self {
            Self::Coded(_, bytes) => bytes.len(),
            Self::Samples(samples) => samples.len(),
        }
    }

    /// A part of it; nothing beyond its end.
    fn part(&self, range: core::ops::Range<usize>) -> Self {
        match self {
            Self::Coded(codec, bytes) => Self::Coded(*codec, bytes.get(range).unwrap_or_default()),
            Self::Samples(samples) => Self::Samples(samples.get(range).unwrap_or_default()),
        }
    }

    fn copy_to(&self, to: &mut [i16]) {
        match self {
            Self::Coded(codec, bytes) => {
                codec.decode(bytes, to);
            }
            Self::Samples(samples) => to.iter_mut().zip(*samples).for_each(|(to, sample)| *to = *sample),
        }
    }

    fn append_to(&self, to: &mut Vec<i16>) {
        match self {
            Self::Coded(codec, bytes) => codec.append(bytes, to),
            Self::Samples(samples) => to.extend_from_slice(samples),
        }
    }
}

/// One recording's timeline.
#[derive(Clone, Debug)]
pub struct Tape {
    opened: Instant,
    taken: u64,
    paused_at: Option<u64>,
    customer: Track,
    agent: Track,
}

#[derive(Clone, Debug)]
struct Track {
    /// The first sample is at the tape's `taken`.
    samples: Vec<i16>,
    anchor: Option<Anchor>,
    off_clock: u8,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    source: Source,
    position: i64,
    timestamp: u32,
}

impl Tape {
    /// A tape that begins now.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        let track = || Track { samples: Vec::with_capacity(LIMIT), anchor: None, off_clock: 0 };
        Self { opened: now, taken: 0, paused_at: None, customer: track(), agent: track() }
    }

    fn position(&self, now: Instant) -> u64 {
        (now.since(self.opened).as_micros() / 125) as u64
    }

    /// Lay down what was said on a channel. Nothing is while the tape is paused.
    pub fn write(&mut self, now: Instant, channel: Channel, said: &Said<'_>) {
        if self.paused_at.is_some() {
            return;
        }
        let (arrival, taken) = (self.position(now) as i64, self.taken as i64);
        let track = match channel {
            Channel::Customer => &mut self.customer,
            Channel::Agent => &mut self.agent,
        };
        if let Some(position) = track.place(arrival, said) {
            track.lay(position - taken, &said.audio);
        }
    }

    /// Pause, or go on; answers the stretch that was paused when it ends: its start and length in samples.
    pub fn pause(&mut self, now: Instant, paused: bool) -> Option<(u64, u64)> {
        let position = self.position(now);
        if paused {
            self.paused_at.get_or_insert(position);
            return None;
        }
        self.paused_at.take().map(|start| (start, position.saturating_sub(start)))
    }

    /// The next block, when at least 200 ms are complete.
    pub fn take(&mut self, now: Instant) -> Option<Block> {
        let complete = self.position(now).saturating_sub(LAG).saturating_sub(self.taken);
        (complete >= BLOCK).then(|| self.cut(complete))
    }

    /// All that is left, at the end.
    pub fn finish(&mut self, now: Instant) -> Option<Block> {
        let rest = self.position(now).saturating_sub(self.taken);
        (rest > 0).then(|| self.cut(rest))
    }

    fn cut(&mut self, length: u64) -> Block {
        // A worker that stood still makes a gap rather than an endless block of silence.
        let kept = length.min(LIMIT as u64) as usize;
        let start = self.taken;
        self.taken += length;
        Block { start, customer: self.customer.cut(kept), agent: self.agent.cut(kept) }
    }
}

impl Track {
    fn place(&mut self, arrival: i64, said: &Said<'_>) -> Option<i64> {
        let anchor = self.anchor.filter(|a| a.source == said.source);
        if let Some(anchor) = anchor {
            let position = anchor.position + i64::from(said.timestamp.wrapping_sub(anchor.timestamp) as i32);
            if (-LATE..=EARLY).contains(&(position - arrival)) {
                self.off_clock = 0;
                return Some(position);
            }
            self.off_clock += 1;
            if self.off_clock < OFF_CLOCK {
                return None;
            }
        }
        self.off_clock = 0;
        self.anchor = Some(Anchor { source: said.source, position: arrival, timestamp: said.timestamp });
        Some(arrival)
    }

    fn lay(&mut self, offset: i64, audio: &Audio<'_>) {
        let skipped = usize::try_from(offset.saturating_neg()).unwrap_or(0);
        let start = usize::try_from(offset).unwrap_or(0);
        let left = audio.len().saturating_sub(skipped);
        let end = start.saturating_add(left).min(LIMIT);
        if end <= start {
            return;
        }
        if self.samples.len() < start {
            self.samples.resize(start, 0);
        }
        // What is laid over audio that is there already, and what follows it: mostly only the latter.
        let over = end.min(self.samples.len()) - start;
        audio.part(skipped..skipped + over).copy_to(&mut self.samples[start..]);
        audio.part(skipped + over..skipped + end - start).append_to(&mut self.samples);
    }

    fn cut(&mut self, length: usize) -> Box<[i16]> {
        let mut block = Vec::with_capacity(length);
        block.extend(self.samples.drain(..length.min(self.samples.len())));
        block.resize(length, 0);
        block.into_boxed_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::LegId;
    use proptest::prelude::*;

    /// Loud, so that it is told from silence.
    const LOUD: [u8; 160] = [0x80; 160];

    fn said(leg: u64, timestamp: u32) -> Said<'static> {
        let source = Source { leg: LegId::new(leg), ssrc: 1 };
        Said { source, timestamp, audio: Audio::Coded(Codec::Pcmu, &LOUD) }
    }

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    fn loud(samples: &[i16]) -> Vec<usize> {
        samples.chunks(160).enumerate().filter(|(_, c)| c[80] != 0).map(|(i, _)| i).collect()
    }

    #[test]
    fn both_channels_lie_on_one_timeline() {
        let mut tape = Tape::new(at(1_000));
        for n in 0..5 {
            tape.write(at(1_000 + n * 20), Channel::Customer, &said(1, 77 + n as u32 * 160));
        }
        for n in 10..15 {
            tape.write(at(1_000 + n * 20), Channel::Agent, &said(2, n as u32 * 160));
        }
        assert_eq!(tape.take(at(1_400)), None, "not yet 200 ms and the lag");
        let block = tape.take(at(1_600)).unwrap();
        assert_eq!((block.start, block.customer.len(), block.agent.len()), (0, 2_400, 2_400));
        assert_eq!(loud(&block.customer), [0, 1, 2, 3, 4]);
        assert_eq!(loud(&block.agent), [10, 11, 12, 13, 14]);
        let rest = tape.finish(at(1_700)).unwrap();
        assert_eq!((rest.start, rest.customer.len()), (2_400, 3_200));
    }

    #[test]
    fn a_late_packet_is_laid_where_it_was_said() {
        let mut tape = Tape::new(at(0));
        tape.write(at(0), Channel::Customer, &said(1, 0));
        tape.write(at(60), Channel::Customer, &said(1, 480));
        tape.write(at(70), Channel::Customer, &said(1, 160));
        let block = tape.finish(at(100)).unwrap();
        assert_eq!(loud(&block.customer), [0, 1, 3]);
    }

    #[test]
    fn media_time_that_jumps_is_set_right_by_the_clock() {
        let mut tape = Tape::new(at(0));
        for n in 0..20 {
            let timestamp = if n < 5 { n * 160 } else { 1_000_000 + n * 160 };
            tape.write(at(u64::from(n) * 20), Channel::Agent, &said(1, timestamp));
        }
        let block = tape.finish(at(400)).unwrap();
        assert_eq!(loud(&block.agent), [0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    }

    #[test]
    fn a_pause_is_silence_on_both_channels_and_the_timeline_goes_on() {
        let mut tape = Tape::new(at(0));
        let mut pauses = Vec::new();
        for n in 0..15u64 {
            if n == 5 || n == 10 {
                pauses.extend(tape.pause(at(n * 20), n == 5));
            }
            for (leg, channel) in [(1, Channel::Customer), (2, Channel::Agent)] {
                tape.write(at(n * 20), channel, &said(leg, n as u32 * 160));
            }
        }
        assert_eq!(pauses, [(800, 800)]);
        assert_eq!(tape.pause(at(300), false), None, "it is not paused");
        let block = tape.finish(at(300)).unwrap();
        for channel in [block.customer, block.agent] {
            assert_eq!(loud(&channel), [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
        }
    }

    #[test]
    fn samples_are_laid_over_what_is_there_and_after_it() {
        let mut tape = Tape::new(at(0));
        tape.write(at(0), Channel::Agent, &said(1, 0));
        let audio = Audio::Samples(&[7; 160]);
        let source = Source { leg: LegId::new(1), ssrc: 1 };
        tape.write(at(10), Channel::Agent, &Said { source, timestamp: 80, audio });
        let block = tape.finish(at(40)).unwrap();
        assert!(block.agent[..80].iter().all(|s| *s < -10_000 || *s > 10_000), "{:?}", &block.agent[..3]);
        assert_eq!((block.agent[80], block.agent[239], block.agent[240]), (7, 7, 0));
    }

    proptest! {
        #[test]
        fn blocks_follow_each_other_without_a_gap(packets in proptest::collection::vec((0u64..200, any::<u32>(), any::<bool>()), 0..200)) {
            let mut tape = Tape::new(at(0));
            let (mut now, mut next) = (0, 0);
            for (later, timestamp, customer) in packets {
                now += later;
                let channel = if customer { Channel::Customer } else { Channel::Agent };
                tape.write(at(now), channel, &said(1, timestamp));
                if let Some(block) = tape.take(at(now)) {
                    prop_assert_eq!(block.start, next);
                    prop_assert_eq!(block.customer.len(), block.agent.len());
                    next += block.customer.len() as u64;
                }
            }
        }
    }
}
