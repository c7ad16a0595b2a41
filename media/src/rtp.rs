//! RTP packets on the wire (RFC 3550 §5.1): a header read without copying, rewritten in place, and built.

use core::ops::Range;

/// Length of the fixed header.
pub const HEADER: usize = 12;

/// What identifies an outgoing packet in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Our synchronisation source.
    pub ssrc: u32,
    /// Sequence number.
    pub sequence: u16,
    /// Media time, 8 kHz.
    pub timestamp: u32,
    /// Start of a talkspurt or of an event.
    pub marker: bool,
}

/// The header of a received packet and where its payload lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Payload type.
    pub payload_type: u8,
    /// Source, sequence number, timestamp and marker.
    pub stamp: Stamp,
    /// The payload's place in the packet, without header extension and padding; it starts at 12 or later.
    pub payload: Range<usize>,
}

/// Whether a datagram on a port that carries both is RTCP (RFC 5761 §4).
#[must_use]
pub fn is_rtcp(bytes: &[u8]) -> bool {
    bytes.get(1).is_some_and(|b| (192..=223).contains(b))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

impl Header {
    /// Read the header of a packet; `None` if it is no whole RTP packet of version 2.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        if first >> 6 != 2 {
            return None;
        }
        let stamp = Stamp {
            ssrc: u32_at(bytes, 8)?,
            sequence: u16_at(bytes, 2)?,
            timestamp: u32_at(bytes, 4)?,
            marker: second & 0x80 != 0,
        };
        let mut start = HEADER + usize::from(first & 0x0F) * 4;
        if first & 0x10 != 0 {
            let words = u16_at(bytes, start + 2)?;
            start += 4 + usize::from(words) * 4;
        }
        let padding = if first & 0x20 == 0 { 0 } else { usize::from(*bytes.last()?).max(1) };
        let end = bytes.len().checked_sub(padding)?;
        (start <= end).then_some(Self { payload_type: second & 0x7F, stamp, payload: start..end })
    }
}

/// Write a fixed header just before the payload that lies at `payload` in `buffer`, and answer the packet.
/// Extension, sources and padding of the received packet are dropped that way. `None` if there is no room.
pub fn reheader<'a>(
    buffer: &'a mut [u8],
    payload: &Range<usize>,
    payload_type: u8,
    stamp: &Stamp,
) -> Option<&'a mut [u8]> {
    let packet = buffer.get_mut(payload.start.checked_sub(HEADER)?..payload.end)?;
    let header = packet.first_chunk_mut::<HEADER>()?;
    header[0] = 0x80;
    header[1] = (payload_type & 0x7F) | if stamp.marker { 0x80 } else { 0 };
    header[2..4].copy_from_slice(&stamp.sequence.to_be_bytes());
    header[4..8].copy_from_slice(&stamp.timestamp.to_be_bytes());
    header[8..12].copy_from_slice(&stamp.ssrc.to_be_bytes());
    Some(packet)
}

/// A packet to be built, for those who do not relay: phones of tests, load and demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Payload type.
    pub payload_type: u8,
    /// Its place in the stream.
    pub stamp: Stamp,
    /// The payload.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Read a packet; `None` if it is no whole RTP packet of version 2.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let header = Header::parse(bytes)?;
        Some(Self { payload_type: header.payload_type, stamp: header.stamp, payload: bytes.get(header.payload)? })
    }

    /// The bytes of the packet.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes.extend_from_slice(self.payload);
        let payload = HEADER..bytes.len();
        reheader(&mut bytes, &payload, self.payload_type, &self.stamp);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STAMP: Stamp = Stamp { ssrc: 7, sequence: 65_535, timestamp: u32::MAX, marker: true };

    #[test]
    fn extension_sources_and_padding_are_left_out() {
        let mut bytes = vec![0xB1, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([9; 4]);
        bytes.extend([0xBE, 0xDE, 0, 1, 1, 2, 3, 4]);
        bytes.extend([0x55; 10]);
        bytes.extend([0, 0, 3]);
        let header = Header::parse(&bytes).unwrap();
        assert_eq!((header.payload_type, header.payload.clone()), (8, 24..34));
        let out = reheader(&mut bytes, &header.payload, 0, &STAMP).unwrap();
        let packet = Packet::parse(out).unwrap();
        assert_eq!(packet, Packet { payload_type: 0, stamp: STAMP, payload: &[0x55; 10] });
    }

    #[test]
    fn rtcp_is_told_from_rtp() {
        assert!(is_rtcp(&[0x80, 200]));
        assert!(!is_rtcp(&[0x80, 0x80]) && !is_rtcp(&[0x80, 101]) && !is_rtcp(&[]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.payload.len() + HEADER <= bytes.len());
            }
        }

        #[test]
        fn a_built_packet_is_read_back(payload in proptest::collection::vec(any::<u8>(), 0..200), pt in 0u8..128) {
            let packet = Packet { payload_type: pt, stamp: STAMP, payload: &payload };
            let bytes = packet.to_bytes();
            prop_assert_eq!(Packet::parse(&bytes), Some(packet));
        }
    }
}
