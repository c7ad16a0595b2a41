//! Keyed digits as RTP events (RFC 4733): told once at their start, sent with the end three times.

use std::collections::VecDeque;

/// Digits in the order of their event codes (RFC 4733 §3.2).
const DIGITS: &[u8; 16] = b"0123456789*#ABCD";

/// Volume of events that we send: -10 dBm0.
const VOLUME: u8 = 10;

/// The longest segment of an event (RFC 4733 §2.5.1.3).
const SEGMENT: u32 = 0xFFFF;

/// How far back an event counts as an old one that came late: 5 s.
const LATE: u32 = 40_000;

/// Steps of 20 ms of one digit: five while the key is down, whose last ends it, two more ends, three of rest.
const STEPS: u8 = 10;

/// The payload of an event packet (RFC 4733 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPayload {
    /// The event's code.
    pub event: u8,
    /// Whether the key is up again.
    pub end: bool,
    /// Loudness, in -dBm0.
    pub volume: u8,
    /// How long so far, in samples at 8 kHz.
    pub duration: u16,
}

impl EventPayload {
    /// Read the payload; `None` if it is too short.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let [event, flags, high, low] = *bytes.first_chunk::<4>()?;
        let duration = u16::from_be_bytes([high, low]);
        Some(Self { event, end: flags & 0x80 != 0, volume: flags & 0x3F, duration })
    }

    /// The bytes of the payload.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        let end = if self.end { 0x80 } else { 0 };
        [self.event, end | (self.volume & 0x3F), high, low]
    }

    /// The digit, if the event is one: `0–9 * # A–D`.
    #[must_use]
    pub fn digit(self) -> Option<char> {
        DIGITS.get(usize::from(self.event)).map(|b| char::from(*b))
    }
}

/// The event code of a digit.
#[must_use]
pub fn event_of(digit: char) -> Option<u8> {
    let upper = u8::try_from(digit.to_ascii_uppercase()).ok()?;
    DIGITS.iter().position(|d| *d == upper).and_then(|at| u8::try_from(at).ok())
}

/// Hears digits: one event is all packets of one timestamp, whichever of them arrive.
#[derive(Clone, Copy, Debug, Default)]
pub struct Receiver {
    last: Option<Heard>,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    timestamp: u32,
    event: u8,
    ended: bool,
}

impl Receiver {
    /// An event packet came; answers the digit at the first packet of an event.
    pub fn on_packet(&mut self, timestamp: u32, payload: &[u8]) -> Option<char> {
        let packet = EventPayload::parse(payload)?;
        if let Some(last) = &mut self.last {
            let behind = last.timestamp.wrapping_sub(timestamp);
            if behind == 0 {
                last.ended |= packet.end;
                return None;
            }
            if behind < LATE {
                return None;
            }
            let continues = last.timestamp.wrapping_add(SEGMENT) == timestamp;
            if continues && !last.ended && last.event == packet.event {
                *last = Heard { timestamp, event: packet.event, ended: packet.end };
                return None;
            }
        }
        self.last = Some(Heard { timestamp, event: packet.event, ended: packet.end });
        packet.digit()
    }

    /// The source changed: its timestamps mean nothing to the next.
    pub fn restart(&mut self) {
        self.last = None;
    }
}

/// What to send in one step of 20 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing is to be sent: audio as usual.
    Idle,
    /// Rest between two digits: neither event nor audio.
    Rest,
    /// An event packet.
    Event {
        /// It is the first of its digit.
        first: bool,
        /// Its payload.
        payload: EventPayload,
    },
}

/// Keys digits: 100 ms each with 100 ms between, the end three times.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    waiting: VecDeque<u8>,
    step: u8,
}

impl Sender {
    /// Add digits; other characters are skipped.
    pub fn push(&mut self, digits: &str) {
        self.waiting.extend(digits.chars().filter_map(event_of));
    }

    /// Whether digits are being sent.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next 20 ms.
    pub fn step(&mut self) -> Step {
        let Some(event) = self.waiting.front().copied() else { return Step::Idle };
        let step = self.step;
        self.step += 1;
        if self.step == STEPS {
            self.step = 0;
            self.waiting.pop_front();
        }
        if step >= 7 {
            return Step::Rest;
        }
        let duration = u16::from(step.min(4) + 1) * crate::FRAME as u16;
        Step::Event { first: step == 0, payload: EventPayload { event, end: step >= 4, volume: VOLUME, duration } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(event: u8, end: bool, duration: u16) -> [u8; 4] {
        EventPayload { event, end, volume: 10, duration }.to_bytes()
    }

    #[test]
    fn a_digit_is_told_once_at_its_start() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.on_packet(1_000, &bytes(5, false, 160)), Some('5'));
        assert_eq!(receiver.on_packet(1_000, &bytes(5, false, 320)), None);
        for _ in 0..3 {
            assert_eq!(receiver.on_packet(1_000, &bytes(5, true, 800)), None);
        }
        assert_eq!(receiver.on_packet(2_600, &bytes(5, false, 160)), Some('5'));
    }

    #[test]
    fn a_digit_whose_only_surviving_packet_is_its_end_is_told() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.on_packet(1_000, &bytes(11, true, 800)), Some('#'));
        assert_eq!(receiver.on_packet(2_000, &bytes(1, false, 160)), Some('1'));
        assert_eq!(receiver.on_packet(1_000, &bytes(11, true, 800)), None, "a late end of the digit before");
    }

    #[test]
    fn a_key_held_for_longer_than_a_segment_is_one_digit() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.on_packet(1_000, &bytes(3, false, 0xFFFF)), Some('3'));
        assert_eq!(receiver.on_packet(1_000 + SEGMENT, &bytes(3, false, 160)), None);
    }

    #[test]
    fn other_events_and_short_payloads_are_no_digits() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.on_packet(1, &bytes(16, false, 1)), None);
        assert_eq!(receiver.on_packet(50_000, &[1, 2, 3]), None);
    }

    #[test]
    fn a_sent_digit_lasts_100_ms_and_ends_three_times() {
        let mut sender = Sender::default();
        sender.push("4");
        let steps: Vec<Step> = core::iter::from_fn(|| sender.is_busy().then(|| sender.step())).collect();
        let events: Vec<(bool, bool, u16)> = steps
            .iter()
            .filter_map(|s| match s {
                Step::Event { first, payload } => Some((*first, payload.end, payload.duration)),
                _ => None,
            })
            .collect();
        assert_eq!(events[0], (true, false, 160));
        assert_eq!(events[4..], [(false, true, 800); 3]);
        assert_eq!((steps.len(), sender.step()), (10, Step::Idle));
    }

    proptest! {
        #[test]
        fn what_is_keyed_is_heard_even_with_loss(text in "[0-9*#A-D]{1,8}", losses in proptest::collection::vec(any::<bool>(), 8)) {
            let (mut sender, mut receiver) = (Sender::default(), Receiver::default());
            sender.push(&text);
            let (mut timestamp, mut heard, mut index) = (0u32, String::new(), 0usize);
            while sender.is_busy() {
                timestamp += 160;
                if let Step::Event { first, payload } = sender.step() {
                    index = if first { 0 } else { index + 1 };
                    let start = timestamp - 160 * index as u32;
                    // At most six of the seven packets of a digit are lost.
                    if index == 6 || !losses[index] {
                        heard.extend(receiver.on_packet(start, &payload.to_bytes()));
                    }
                }
            }
            prop_assert_eq!(heard, text);
        }
    }
}
