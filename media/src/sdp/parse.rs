//! Reading of session descriptions. Only what audio needs is kept; nothing that a peer writes makes it panic.

use crate::api::{Direction, MediaError};
use crate::codec::Codec;
use crate::sdes::{self, Offered};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest text in bytes.
const TEXT_MAX: usize = 65_536;

/// Most lines.
const LINES_MAX: usize = 2_000;

/// Most media sections.
const SECTIONS_MAX: usize = 16;

/// Most formats of one section.
const FORMATS_MAX: usize = 64;

/// What we keep of a description.
#[derive(Debug, Default)]
pub(super) struct Description<'a> {
    pub(super) connection: Option<IpAddr>,
    pub(super) direction: Option<Direction>,
    pub(super) sections: Vec<Section<'a>>,
}

/// What we keep of a media section.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) kind: &'a str,
    pub(super) port: u16,
    pub(super) protocol: &'a str,
    pub(super) formats: Vec<&'a str>,
    pub(super) connection: Option<IpAddr>,
    pub(super) direction: Option<Direction>,
    pub(super) rtcp: Option<(u16, Option<IpAddr>)>,
    pub(super) rtcp_mux: bool,
    pub(super) ptime: Option<u16>,
    /// The first key for SRTP that we can use.
    pub(super) crypto: Option<Offered>,
    maps: Vec<(u8, &'a str)>,
}

impl<'a> Description<'a> {
    /// Read a description.
    pub(super) fn parse(text: &'a str) -> Result<Self, MediaError> {
        if text.len() > TEXT_MAX {
            return Err(MediaError::BadSdp);
        }
        let mut description = Self::default();
        let mut count = 0;
        for line in text.split(['\n', '\r']).filter(|line| !line.is_empty()) {
            count += 1;
            if count > LINES_MAX || line.bytes().any(|b| b < 0x20 && b != b'\t') {
                return Err(MediaError::BadSdp);
            }
            if (count == 1) != line.starts_with("v=") || (count == 1 && line.trim_end() != "v=0") {
                return Err(MediaError::BadSdp);
            }
            description.read_line(line)?;
        }
        if count == 0 { Err(MediaError::BadSdp) } else { Ok(description) }
    }

    fn read_line(&mut self, line: &'a str) -> Result<(), MediaError> {
        let (letter, value) = line.split_once('=').filter(|(l, _)| l.len() == 1).ok_or(MediaError::BadSdp)?;
        match letter {
            "m" if self.sections.len() == SECTIONS_MAX => return Err(MediaError::BadSdp),
            "m" => self.sections.push(Section::parse(value)?),
            "c" => {
                let connection = Some(read_connection(value)?);
                match self.sections.last_mut() {
                    Some(section) => section.connection = connection,
                    None => self.connection = connection,
                }
            }
            "a" => match self.sections.last_mut() {
                Some(section) => section.read_attribute(value)?,
                None => self.direction = read_direction(value).or(self.direction),
            },
            _ => {}
        }
        Ok(())
    }
}

/// `IN IP4 192.0.2.1`, with a time to live that is skipped. Names and multicast groups are refused.
fn read_connection(value: &str) -> Result<IpAddr, MediaError> {
    let mut words = value.split_whitespace();
    let (net, kind, address) = (words.next(), words.next(), words.next().ok_or(MediaError::BadSdp)?);
    let address = address.split('/').next().unwrap_or_default();
    let parsed = match (net, kind) {
        (Some("IN"), Some("IP4")) => address.parse::<Ipv4Addr>().ok().map(IpAddr::from),
        (Some("IN"), Some("IP6")) => address.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        _ => None,
    };
    parsed.filter(|ip| !ip.is_multicast()).ok_or(MediaError::BadSdp)
}

fn read_direction(attribute: &str) -> Option<Direction> {
    [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
        .into_iter()
        .find(|d| d.attribute() == attribute.trim_end())
}

fn read_number<T: core::str::FromStr>(word: Option<&str>) -> Result<T, MediaError> {
    word.and_then(|w| w.parse().ok()).ok_or(MediaError::BadSdp)
}

/// Whether a map such as `PCMA/8000/1` means this; unsaid channels are one.
fn is_encoding(map: &str, name: &str, clock: u32, channels: &str) -> bool {
    let mut parts = map.split('/');
    parts.next().is_some_and(|n| n.eq_ignore_ascii_case(name))
        && parts.next().and_then(|hz| hz.parse().ok()) == Some(clock)
        && parts.next().unwrap_or("1") == channels
}

impl<'a> Section<'a> {
    fn parse(value: &'a str) -> Result<Self, MediaError> {
        let mut words = value.split_whitespace();
        let kind = words.next().ok_or(MediaError::BadSdp)?;
        let port = read_number(words.next().and_then(|w| w.split('/').next()))?;
        let protocol = words.next().ok_or(MediaError::BadSdp)?;
        let formats: Vec<&str> = words.take(FORMATS_MAX + 1).collect();
        if formats.is_empty() || formats.len() > FORMATS_MAX {
            return Err(MediaError::BadSdp);
        }
        let section = Self {
            kind,
            port,
            protocol,
            formats,
            connection: None,
            direction: None,
            rtcp: None,
            rtcp_mux: false,
            ptime: None,
            crypto: None,
            maps: Vec::new(),
        };
        let is_payload_type = |format: &&str| format.parse::<u8>().is_ok_and(|pt| pt < 128);
        if section.is_audio() && section.is_plain_rtp() && !section.formats.iter().all(is_payload_type) {
            return Err(MediaError::BadSdp);
        }
        Ok(section)
    }

    fn read_attribute(&mut self, attribute: &'a str) -> Result<(), MediaError> {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let mut words = value.split_whitespace();
        match name.trim_end() {
            // Maps of other media may hold anything.
            "rtpmap" if self.is_audio() => {
                let payload_type: u8 = read_number(words.next())?;
                let encoding = words.next().ok_or(MediaError::BadSdp)?;
                if payload_type > 127 || self.maps.len() >= FORMATS_MAX * 2 {
                    return Err(MediaError::BadSdp);
                }
                self.maps.push((payload_type, encoding));
            }
            "rtcp" => {
                let port = read_number(words.next())?;
                let rest = value.split_once(char::is_whitespace).map(|(_, rest)| rest);
                self.rtcp = Some((port, rest.map(read_connection).transpose()?));
            }
            "rtcp-mux" => self.rtcp_mux = true,
            "crypto" => self.crypto = self.crypto.or_else(|| sdes::parse(value)),
            "ptime" => self.ptime = words.next().and_then(|w| w.parse().ok()),
            _ => self.direction = read_direction(attribute).or(self.direction),
        }
        Ok(())
    }

    pub(super) fn is_audio(&self) -> bool {
        self.kind == "audio"
    }

    pub(super) fn is_plain_rtp(&self) -> bool {
        matches!(self.protocol, "RTP/AVP" | "RTP/AVPF") || self.is_secured_rtp()
    }

    /// RTP under SRTP with keys in the description (RFC 4568).
    pub(super) fn is_secured_rtp(&self) -> bool {
        matches!(self.protocol, "RTP/SAVP" | "RTP/SAVPF")
    }

    pub(super) fn payload_types(&self) -> impl Iterator<Item = u8> {
        self.formats.iter().filter_map(|format| format.parse().ok())
    }

    /// Whether this payload type is this codec: by its map, else by its static assignment.
    pub(super) fn encodes(&self, payload_type: u8, codec: Codec) -> bool {
        let channels = if codec == Codec::Opus { "2" } else { "1" };
        match self.map(payload_type) {
            Some(encoding) => is_encoding(encoding, codec.name(), codec.clock(), channels),
            None => Codec::from_payload_type(payload_type) == Some(codec),
        }
    }

    /// The payload type of telephone events that run by this clock (RFC 4733 §2.2), if the peer has them.
    pub(super) fn events(&self, clock: u32) -> Option<u8> {
        let is_event = |encoding: &str| is_encoding(encoding, "telephone-event", clock, "1");
        self.payload_types().find(|pt| self.map(*pt).is_some_and(is_event))
    }

    /// The payload type of comfort noise (RFC 3389), if the peer has it.
    pub(super) fn noise(&self) -> Option<u8> {
        let is_noise = |pt: u8| match self.map(pt) {
            Some(encoding) => is_encoding(encoding, "CN", 8_000, "1"),
            None => pt == crate::noise::PAYLOAD_TYPE,
        };
        self.payload_types().find(|pt| is_noise(*pt))
    }

    fn map(&self, payload_type: u8) -> Option<&'a str> {
        self.maps.iter().find(|(pt, _)| *pt == payload_type).map(|(_, encoding)| *encoding)
    }
}
