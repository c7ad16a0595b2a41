//! What the peer's RTCP tells of our stream (RFC 3550 §6.4): loss, jitter and the time to it and back.

/// Packet types of sender and receiver reports.
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;

/// Length of a report block.
const BLOCK: usize = 24;

/// What a report says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The middle 32 bits of the peer's NTP time, if it is a sender's report: to be given back in ours.
    pub middle: Option<u32>,
    /// What the peer says of our stream.
    pub about_us: Option<AboutUs>,
}

/// A report block about our stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AboutUs {
    /// Our packets that the peer misses, never below 0.
    pub lost: u32,
    /// Interarrival jitter in units of the stream's clock.
    pub jitter: u32,
    /// The middle of our NTP time that the peer heard last; 0: none yet.
    last_report: u32,
    /// How long ago that was, in 1/65536 s.
    delay: u32,
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl AboutUs {
    fn parse(block: &[u8]) -> Option<Self> {
        // 24 bits with a sign: repeated packets can make it negative.
        let lost = u32_at(block, 4)? & 0x00FF_FFFF;
        Some(Self {
            lost: if lost & 0x0080_0000 == 0 { lost } else { 0 },
            jitter: u32_at(block, 12)?,
            last_report: u32_at(block, 16)?,
            delay: u32_at(block, 20)?,
        })
    }

    /// The time to the peer and back in microseconds, if it came at this middle of our NTP time. `None` before the peer
    /// has heard a report of ours, and for an answer that is older than it can be.
    #[must_use]
    pub fn round_trip_us(&self, now_middle: u32) -> Option<u32> {
        if self.last_report == 0 {
            return None;
        }
        let passed = now_middle.wrapping_sub(self.last_report).wrapping_sub(self.delay);
        // Rounding on both sides may make it just negative.
        let passed = if passed > u32::MAX - 66 { 0 } else { passed };
        let micros = u64::from(passed) * 1_000_000 / 65_536;
        u32::try_from(micros).ok().filter(|micros| *micros < 60_000_000)
    }
}

/// Read a compound packet; `ssrc` is ours. Whatever is not understood is left out.
#[must_use]
pub fn feedback(bytes: &[u8], ssrc: u32) -> Feedback {
    let mut found = Feedback::default();
    let mut rest = bytes;
    while let Some(&[first, kind, high, low]) = rest.first_chunk::<4>() {
        let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        let Some(packet) = rest.get(..length).filter(|_| first >> 6 == 2) else { break };
        let blocks = match kind {
            SENDER_REPORT => {
                found.middle = found.middle.or_else(|| u32_at(packet, 10));
                28
            }
            RECEIVER_REPORT => 8,
            _ => length,
        };
        let blocks = packet.get(blocks..).unwrap_or_default().chunks_exact(BLOCK).take(usize::from(first & 0x1F));
        let ours = blocks.filter(|block| u32_at(block, 0) == Some(ssrc)).find_map(AboutUs::parse);
        found.about_us = found.about_us.or(ours);
        rest = &rest[length..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(ssrc: u32, lost: u32, last_report: u32, delay: u32) -> Vec<u8> {
        let words = [ssrc, lost, 0, 33, last_report, delay];
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn report(kind: u8, blocks: &[Vec<u8>]) -> Vec<u8> {
        let mut body = vec![0, 0, 0, 9];
        if kind == SENDER_REPORT {
            body.extend([1, 2, 3, 4, 5, 6, 7, 8]);
            body.extend([0; 12]);
        }
        body.extend(blocks.concat());
        let mut packet = vec![0x80 | blocks.len() as u8, kind];
        packet.extend(((body.len() / 4) as u16).to_be_bytes());
        packet.extend(body);
        packet
    }

    #[test]
    fn a_report_about_us_is_found_among_others_and_behind_other_packets() {
        let mut bytes = report(SENDER_REPORT, &[block(1, 5, 0, 0)]);
        bytes.extend(report(RECEIVER_REPORT, &[block(2, 6, 0, 0), block(7, 8, 10 << 16, 2 << 16)]));
        let found = feedback(&bytes, 7);
        assert_eq!(found.middle, Some(0x0304_0506));
        let about_us = found.about_us.unwrap();
        assert_eq!((about_us.lost, about_us.jitter), (8, 33));
        assert_eq!(about_us.round_trip_us((12 << 16) + 6_554), Some(100_006));
    }

    #[test]
    fn impossible_times_and_negative_losses_are_none() {
        let about =
            |lost, last, delay| feedback(&report(RECEIVER_REPORT, &[block(7, lost, last, delay)]), 7).about_us.unwrap();
        assert_eq!(about(0x00FF_FFFF, 0, 0).lost, 0);
        assert_eq!(about(0, 0, 0).round_trip_us(5), None, "it has heard no report of ours");
        assert_eq!(about(0, 100, 50).round_trip_us(149), Some(0), "rounding");
        assert_eq!(about(0, 100, 5_000).round_trip_us(149), None, "an answer to the future");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120), now in any::<u32>()) {
            if let Some(about_us) = feedback(&bytes, 0).about_us {
                let _ = about_us.round_trip_us(now);
            }
        }

        #[test]
        fn any_change_to_a_good_report_is_read_or_refused(at in 0usize..80, byte in any::<u8>()) {
            let mut bytes = report(SENDER_REPORT, &[block(7, 5, 1, 1), block(8, 5, 1, 1)]);
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = feedback(&bytes, 7);
        }
    }
}
