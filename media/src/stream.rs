//! The stream that we send: own source, sequence numbers and media time, continuous over every change of
//! what is heard. Foreign sequence numbers are never passed on: one stray number on a stream ends it for
//! receivers that decrypt (RFC 3711 §3.3.1 guesses the rollover from it).

use crate::rtp::Stamp;
use domain::{Instant, LegId};

/// A jump in the source's numbers beyond which its stream counts as a new one.
const JUMP: i16 = 64;

/// A difference between media time and real time beyond which the source's time counts as a new one: 1 s.
const DRIFT: i32 = 8_000;

/// Who is heard in a relayed stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The leg.
    pub leg: LegId,
    /// Its synchronisation source.
    pub ssrc: u32,
}

/// A packet that is to be relayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// Who says it.
    pub source: Source,
    /// Its sequence number.
    pub sequence: u16,
    /// Its media time.
    pub timestamp: u32,
    /// Its marker.
    pub marker: bool,
    /// Whether it is a keyed digit: its timestamp stands still (RFC 4733 §2.2).
    pub is_event: bool,
}

/// How a source's numbers become ours.
#[derive(Clone, Copy, Debug)]
struct Mapping {
    source: Source,
    last_in: u16,
    sequence_offset: u16,
    timestamp_offset: u32,
    anchor: (Instant, u32),
    /// Ours at the start: older ones belong to packets that came before.
    floor: u16,
}

/// The stream of one leg.
#[derive(Clone, Debug)]
pub struct Outgoing {
    ssrc: u32,
    highest: u16,
    timestamp: u32,
    sent_at: Option<Instant>,
    mapping: Option<Mapping>,
    generating: bool,
    /// Ticks of media time for each sample at 8 kHz.
    scale: u32,
    packets: u64,
    octets: u64,
}

/// Samples between two instants at 8 kHz, capped at an hour.
fn samples_between(from: Instant, to: Instant) -> u32 {
    let micros = to.as_micros().saturating_sub(from.as_micros()).min(3_600_000_000);
    u32::try_from(micros / 125).unwrap_or(0)
}

impl Outgoing {
    /// A stream that starts after these (random) numbers.
    #[must_use]
    pub const fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        Self {
            ssrc,
            highest: sequence,
            timestamp,
            sent_at: None,
            mapping: None,
            generating: false,
            scale: 1,
            packets: 0,
            octets: 0,
        }
    }

    /// Media time runs at this many ticks per second from now on, a multiple of 8000.
    pub fn set_clock(&mut self, hz: u32) {
        self.scale = (hz / crate::RATE).max(1);
    }

    /// The next frame of our own making begins a new talkspurt.
    pub fn pause(&mut self) {
        self.generating = false;
    }

    /// Ticks between two instants.
    fn ticks_between(&self, from: Instant, to: Instant) -> u32 {
        samples_between(from, to).wrapping_mul(self.scale)
    }

    /// Our synchronisation source.
    #[must_use]
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Packets sent.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Payload bytes sent.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// The media time at an instant, for a sender report.
    #[must_use]
    pub fn timestamp_at(&self, now: Instant) -> u32 {
        self.sent_at.map_or(self.timestamp, |at| self.timestamp.wrapping_add(self.ticks_between(at, now)))
    }

    /// Where media time has come to when something new begins: at least one frame further.
    fn next_timestamp(&self, now: Instant) -> u32 {
        let elapsed = self.sent_at.map_or(0, |at| self.ticks_between(at, now));
        self.timestamp.wrapping_add(elapsed.max(crate::FRAME as u32 * self.scale))
    }

    /// The stamp of a frame of our own making, `samples` at 8 kHz long.
    pub fn generated(&mut self, now: Instant, samples: u32, octets: usize) -> Stamp {
        let fresh = !self.generating;
        let timestamp = if fresh {
            self.next_timestamp(now)
        } else {
            self.timestamp.wrapping_add(samples.wrapping_mul(self.scale))
        };
        self.generating = true;
        self.mapping = None;
        self.take(now, timestamp, fresh, octets)
    }

    /// The stamp of one more packet at a media time that stands still, for events of our own making.
    /// The first of an event moves time on and carries the marker.
    pub fn event(&mut self, now: Instant, first: bool, octets: usize) -> Stamp {
        let timestamp = if first { self.next_timestamp(now) } else { self.timestamp };
        self.generating = false;
        self.mapping = None;
        let sent_at = self.sent_at;
        let stamp = self.take(now, timestamp, first, octets);
        if !first {
            // Media time stands at the event's start, and so must the instant that belongs to it.
            self.sent_at = sent_at;
        }
        stamp
    }

    fn take(&mut self, now: Instant, timestamp: u32, marker: bool, octets: usize) -> Stamp {
        self.highest = self.highest.wrapping_add(1);
        self.timestamp = timestamp;
        self.sent_at = Some(now);
        self.count(octets);
        Stamp { ssrc: self.ssrc, sequence: self.highest, timestamp, marker }
    }

    fn count(&mut self, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
    }

    /// The stamp of a relayed packet; `None` for one that comes too late to have a place in our stream.
    pub fn relayed(&mut self, now: Instant, packet: &Relayed, octets: usize) -> Option<Stamp> {
        let known = self.mapping.filter(|m| m.continues(now, packet, self.scale));
        let fresh = known.is_none();
        let mut mapping = known.unwrap_or_else(|| self.map(now, packet));
        let sequence = packet.sequence.wrapping_add(mapping.sequence_offset);
        let timestamp = packet.timestamp.wrapping_add(mapping.timestamp_offset);
        if (sequence.wrapping_sub(mapping.floor) as i16) < 0 {
            return None;
        }
        if (sequence.wrapping_sub(self.highest) as i16) > 0 {
            self.highest = sequence;
            self.timestamp = timestamp;
            self.sent_at = Some(now);
            mapping.last_in = packet.sequence;
            if !packet.is_event {
                mapping.anchor = (now, packet.timestamp);
            }
        }
        self.mapping = Some(mapping);
        self.generating = false;
        self.count(octets);
        Some(Stamp { ssrc: self.ssrc, sequence, timestamp, marker: packet.marker || fresh })
    }

    fn map(&self, now: Instant, packet: &Relayed) -> Mapping {
        let floor = self.highest.wrapping_add(1);
        Mapping {
            source: packet.source,
            last_in: packet.sequence,
            sequence_offset: floor.wrapping_sub(packet.sequence),
            timestamp_offset: self.next_timestamp(now).wrapping_sub(packet.timestamp),
            anchor: (now, packet.timestamp),
            floor,
        }
    }
}

impl Mapping {
    fn continues(&self, now: Instant, packet: &Relayed, scale: u32) -> bool {
        let step = packet.sequence.wrapping_sub(self.last_in) as i16;
        if packet.source != self.source || !(-JUMP..=JUMP).contains(&step) {
            return false;
        }
        let expected = self.anchor.1.wrapping_add(samples_between(self.anchor.0, now).wrapping_mul(scale));
        let drift = packet.timestamp.wrapping_sub(expected) as i32 / scale as i32;
        packet.is_event || (-DRIFT..=DRIFT).contains(&drift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(leg: u64, sequence: u16, timestamp: u32) -> Relayed {
        let source = Source { leg: LegId::new(leg), ssrc: 99 };
        Relayed { source, sequence, timestamp, marker: false, is_event: false }
    }

    fn at(frame: u64) -> Instant {
        Instant::from_millis(frame * 20)
    }

    #[test]
    fn numbers_go_on_when_another_source_is_heard() {
        let mut out = Outgoing::new(1, 10, 1_000);
        let a = out.relayed(at(0), &packet(1, 500, 7_000), 160).unwrap();
        let b = out.relayed(at(1), &packet(1, 501, 7_160), 160).unwrap();
        let c = out.generated(at(2), 160, 160);
        let d = out.generated(at(3), 160, 160);
        let e = out.relayed(at(4), &packet(2, 9, 5), 160).unwrap();
        assert_eq!([a, b, c, d, e].map(|s| s.sequence), [11, 12, 13, 14, 15]);
        assert_eq!([a, b, c, d, e].map(|s| s.timestamp), [1_160, 1_320, 1_480, 1_640, 1_800]);
        assert_eq!([a, b, c, d, e].map(|s| s.marker), [true, false, true, false, true]);
        assert_eq!((out.packets(), out.octets()), (5, 800));
    }

    #[test]
    fn a_stray_number_does_not_leave_the_stream() {
        let mut out = Outgoing::new(1, 100, 0);
        let numbers: Vec<u16> = [101, 60_000, 102, 103]
            .into_iter()
            .enumerate()
            .map(|(i, n)| out.relayed(at(i as u64), &packet(1, n, 160 * i as u32), 160).unwrap().sequence)
            .collect();
        assert_eq!(numbers, [101, 102, 103, 104]);
    }

    #[test]
    fn loss_and_reordering_stay_visible() {
        let mut out = Outgoing::new(1, 0, 0);
        let numbers: Vec<u16> = [5, 6, 9, 8]
            .into_iter()
            .map(|n: u16| out.relayed(at(0), &packet(1, n, u32::from(n) * 160), 160).unwrap().sequence)
            .collect();
        assert_eq!(numbers, [1, 2, 5, 4]);
    }

    #[test]
    fn a_packet_from_before_the_change_is_dropped() {
        let mut out = Outgoing::new(1, 0, 0);
        out.relayed(at(0), &packet(1, 50, 160), 160);
        out.generated(at(1), 160, 160);
        out.relayed(at(2), &packet(1, 52, 480), 160);
        assert_eq!(out.relayed(at(2), &packet(1, 51, 320), 160), None);
    }

    #[test]
    fn an_event_stands_still_in_media_time_and_audio_goes_on_after_it() {
        let mut out = Outgoing::new(1, 0, 0);
        let audio = out.generated(at(0), 160, 160);
        let start = out.event(at(1), true, 4);
        let more = out.event(at(2), false, 4);
        let after = out.generated(at(9), 160, 160);
        assert_eq!((start.timestamp, more.timestamp), (audio.timestamp + 160, audio.timestamp + 160));
        assert_eq!(after.timestamp, start.timestamp + 8 * 160);
        assert!(start.marker && !more.marker);
    }

    #[test]
    fn a_clock_of_48_khz_runs_six_times_as_fast() {
        let mut out = Outgoing::new(1, 0, 0);
        out.set_clock(48_000);
        let stamps = [
            out.generated(at(0), 160, 60),
            out.generated(at(1), 160, 60),
            out.relayed(at(2), &packet(1, 9, 5), 60).unwrap(),
            out.relayed(at(3), &packet(1, 10, 965), 60).unwrap(),
        ];
        assert_eq!(stamps.map(|s| s.timestamp), [960, 1_920, 2_880, 3_840]);
        assert!(!stamps[3].marker, "it is the same talkspurt");
    }

    proptest! {
        #[test]
        fn what_we_send_never_jumps_far(steps in proptest::collection::vec((0u64..3, any::<u16>(), any::<u32>()), 1..80)) {
            let mut out = Outgoing::new(1, 65_530, u32::MAX - 100);
            let mut last = 65_530u16;
            for (i, (leg, sequence, timestamp)) in steps.into_iter().enumerate() {
                let now = at(i as u64);
                let stamp = if leg == 0 {
                    Some(out.generated(now, 160, 160))
                } else {
                    out.relayed(now, &packet(leg, sequence, timestamp), 160)
                };
                if let Some(stamp) = stamp {
                    let step = stamp.sequence.wrapping_sub(last) as i16;
                    prop_assert!((-JUMP..=JUMP).contains(&step), "step {step}");
                    last = if step > 0 { stamp.sequence } else { last };
                }
            }
        }
    }
}
