//! HEP version 3, the encapsulation that capture servers such as Homer take: a packet of chunks, each with vendor, type
//! and length (HEP/EEP specification).

use domain::WallTime;
use std::net::{IpAddr, SocketAddr};

/// The longest packet: what its length field can say, and a datagram can hold.
const PACKET_MAX: usize = 65_000;

/// What a packet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A SIP message.
    Sip,
    /// RTCP as JSON.
    Rtcp,
}

/// Who sends packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The capture agent's number.
    pub id: u32,
    /// The password of the capture server.
    pub password: Option<String>,
}

/// What is told of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured<'a> {
    /// What it is.
    pub kind: Kind,
    /// True: it went over UDP; false: over TCP.
    pub datagram: bool,
    /// From whom.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// When.
    pub at: WallTime,
    /// What belongs together.
    pub correlation: &'a str,
    /// The message.
    pub payload: &'a [u8],
}

const IP_FAMILY: u16 = 1;
const IP_PROTOCOL: u16 = 2;
const SOURCE_V4: u16 = 3;
const DESTINATION_V4: u16 = 4;
const SOURCE_V6: u16 = 5;
const DESTINATION_V6: u16 = 6;
const SOURCE_PORT: u16 = 7;
const DESTINATION_PORT: u16 = 8;
const SECONDS: u16 = 9;
const MICROSECONDS: u16 = 10;
const PROTOCOL: u16 = 11;
const AGENT: u16 = 12;
const PASSWORD: u16 = 14;
const PAYLOAD: u16 = 15;
const CORRELATION: u16 = 17;

/// Adds a chunk of the generic vendor. The packet's length is checked at the end.
fn chunk(packet: &mut Vec<u8>, kind: u16, content: &[u8]) {
    let length = u16::try_from(content.len() + 6).unwrap_or(u16::MAX);
    packet.extend([0, 0]);
    packet.extend(kind.to_be_bytes());
    packet.extend(length.to_be_bytes());
    packet.extend_from_slice(content);
}

fn address(packet: &mut Vec<u8>, [v4, v6]: [u16; 2], of: IpAddr) {
    match of {
        IpAddr::V4(ip) => chunk(packet, v4, &ip.octets()),
        IpAddr::V6(ip) => chunk(packet, v6, &ip.octets()),
    }
}

/// The packet for a captured message; `None`: it is too long for one.
#[must_use]
pub fn packet(agent: &Agent, of: &Captured<'_>) -> Option<Vec<u8>> {
    let mut packet = Vec::with_capacity(of.payload.len() + 160);
    packet.extend(b"HEP3\0\0");
    // The numbers of the system's header files: AF_INET and AF_INET6, IPPROTO_UDP and IPPROTO_TCP.
    chunk(&mut packet, IP_FAMILY, &[if of.from.is_ipv4() { 2 } else { 10 }]);
    chunk(&mut packet, IP_PROTOCOL, &[if of.datagram { 17 } else { 6 }]);
    address(&mut packet, [SOURCE_V4, SOURCE_V6], of.from.ip());
    address(&mut packet, [DESTINATION_V4, DESTINATION_V6], of.to.ip());
    chunk(&mut packet, SOURCE_PORT, &of.from.port().to_be_bytes());
    chunk(&mut packet, DESTINATION_PORT, &of.to.port().to_be_bytes());
    let micros = of.at.as_micros();
    let seconds = u32::try_from(micros.div_euclid(1_000_000)).unwrap_or(0);
    let rest = u32::try_from(micros.rem_euclid(1_000_000)).unwrap_or(0);
    chunk(&mut packet, SECONDS, &seconds.to_be_bytes());
    chunk(&mut packet, MICROSECONDS, &rest.to_be_bytes());
    let protocol = match of.kind {
        Kind::Sip => 1,
        Kind::Rtcp => 5,
    };
    chunk(&mut packet, PROTOCOL, &[protocol]);
    chunk(&mut packet, AGENT, &agent.id.to_be_bytes());
    if let Some(password) = &agent.password {
        chunk(&mut packet, PASSWORD, password.as_bytes());
    }
    chunk(&mut packet, CORRELATION, of.correlation.as_bytes());
    chunk(&mut packet, PAYLOAD, of.payload);
    let length = u16::try_from(packet.len()).ok().filter(|length| usize::from(*length) <= PACKET_MAX)?;
    packet.get_mut(4..6)?.copy_from_slice(&length.to_be_bytes());
    Some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Chunks by their type, read as the specification says and without a word of the writer.
    fn decoded(packet: &[u8]) -> BTreeMap<u16, Vec<u8>> {
        let number = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
        assert_eq!(&packet[..4], b"HEP3");
        assert_eq!(number(&packet[4..]), packet.len());
        let (mut chunks, mut rest) = (BTreeMap::new(), &packet[6..]);
        while !rest.is_empty() {
            let (vendor, kind, length) = (number(rest), number(&rest[2..]), number(&rest[4..]));
            assert_eq!(vendor, 0);
            assert!(chunks.insert(kind as u16, rest[6..length].to_vec()).is_none(), "chunk {kind} came twice");
            rest = &rest[length..];
        }
        chunks
    }

    fn agent() -> Agent {
        Agent { id: 2_001, password: Some("secret".to_owned()) }
    }

    fn of<'a>(from: &str, to: &str, payload: &'a [u8]) -> Captured<'a> {
        Captured {
            kind: Kind::Sip,
            datagram: true,
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            at: WallTime::from_micros(1_700_000_000_000_042),
            correlation: "contact-7",
            payload,
        }
    }

    #[test]
    fn a_packet_is_these_bytes() {
        let captured = of("192.0.2.1:5060", "192.0.2.2:5080", b"OPTIONS");
        let expected: &[&[u8]] = &[
            b"HEP3\x00\x85",
            b"\0\0\0\x01\0\x07\x02",
            b"\0\0\0\x02\0\x07\x11",
            b"\0\0\0\x03\0\x0a\xc0\x00\x02\x01",
            b"\0\0\0\x04\0\x0a\xc0\x00\x02\x02",
            b"\0\0\0\x07\0\x08\x13\xc4",
            b"\0\0\0\x08\0\x08\x13\xd8",
            b"\0\0\0\x09\0\x0a\x65\x53\xf1\x00",
            b"\0\0\0\x0a\0\x0a\0\0\0\x2a",
            b"\0\0\0\x0b\0\x07\x01",
            b"\0\0\0\x0c\0\x0a\0\0\x07\xd1",
            b"\0\0\0\x0e\0\x0csecret",
            b"\0\0\0\x11\0\x0fcontact-7",
            b"\0\0\0\x0f\0\x0dOPTIONS",
        ];
        assert_eq!(packet(&agent(), &captured).unwrap(), expected.concat());
    }

    #[test]
    fn another_reader_finds_what_was_written_over_ipv6_too() {
        let captured = Captured { kind: Kind::Rtcp, datagram: false, ..of("[2001:db8::1]:4001", "[::1]:4003", b"{}") };
        let chunks = decoded(&packet(&Agent { id: 7, password: None }, &captured).unwrap());
        let bytes = |kind: u16| chunks.get(&kind).map(Vec::as_slice);
        assert_eq!((bytes(1), bytes(2), bytes(11)), (Some(&[10][..]), Some(&[6][..]), Some(&[5][..])));
        assert_eq!(bytes(5).unwrap()[..4], [0x20, 0x01, 0x0d, 0xb8]);
        assert_eq!(bytes(6).unwrap()[15], 1);
        assert_eq!((bytes(7), bytes(8)), (Some(&4_001u16.to_be_bytes()[..]), Some(&4_003u16.to_be_bytes()[..])));
        assert_eq!((bytes(3), bytes(4), bytes(14)), (None, None, None));
        assert_eq!((bytes(15), bytes(17)), (Some(&b"{}"[..]), Some(&b"contact-7"[..])));
    }

    #[test]
    fn what_is_too_long_for_a_datagram_is_left_out() {
        let long = vec![b'x'; 64_900];
        assert!(packet(&agent(), &of("192.0.2.1:1", "192.0.2.2:2", &long)).is_none());
        assert!(packet(&agent(), &of("192.0.2.1:1", "192.0.2.2:2", &long[..64_000])).is_some());
    }
}
