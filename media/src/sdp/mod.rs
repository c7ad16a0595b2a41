//! Session descriptions (RFC 4566) and their negotiation (RFC 3264) for plain RTP audio.

mod parse;
mod write;

#[cfg(test)]
mod tests;

use crate::api::{Direction, MediaError};
use crate::codec::Codec;
use crate::sdes::{MasterKey, Offered};
use core::net::{IpAddr, SocketAddr};
use parse::{Description, Section};

/// The dynamic payload type under which we offer telephone events.
pub const EVENT_PAYLOAD_TYPE: u8 = 101;

/// The same for telephone events that run by the clock of Opus.
pub const WIDE_EVENT_PAYLOAD_TYPE: u8 = 110;

/// Packet time that we send, in milliseconds.
pub const PTIME_MS: u16 = 20;

/// Packet times that a peer may ask for, in milliseconds; others are taken as 20.
const PTIMES_MS: core::ops::RangeInclusive<u16> = 10..=120;

/// Our side of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Where we receive RTP.
    pub address: SocketAddr,
    /// The session's number in `o=`.
    pub session: u64,
    /// The version in `o=`; the owner raises it after each description that was sent (RFC 3264 §8).
    pub version: u64,
    /// What we are willing to do.
    pub direction: Direction,
    /// Our codecs, best first. Our offers have this order; in answers the peer's counts.
    pub codecs: Vec<Codec>,
}

/// What both sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// Where the peer receives RTP; the unspecified address for a peer that listens to nothing.
    pub remote: SocketAddr,
    /// Where the peer receives RTCP.
    pub rtcp: SocketAddr,
    /// The codec.
    pub codec: Codec,
    /// Its payload type, both ways.
    pub payload_type: u8,
    /// The payload type of telephone events by the codec's clock, if the peer has them.
    pub dtmf_pt: Option<u8>,
    /// The payload type of comfort noise (RFC 3389), if the codec runs at 8 kHz and the peer has it.
    pub noise_pt: Option<u8>,
    /// What we do.
    pub direction: Direction,
    /// Whether RTCP uses the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// The peer's packet time in milliseconds.
    pub ptime: u16,
    /// Keys for SRTP, if the session is secured: ours for what we send, the peer's for what it sends.
    pub keys: Option<Keys>,
}

/// Both keys of a secured session (RFC 4568).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// For what we send, with the number of its line.
    pub ours: Offered,
    /// For what the peer sends.
    pub theirs: MasterKey,
}

/// What an answer or an offer of ours may depend on beside [`Local`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// Take this codec if the peer has it: it spares a transcoding.
    pub preferred: Option<Codec>,
    /// Our key for SRTP. Without one secured sessions are refused.
    pub key: Option<MasterKey>,
}

/// Answer an offer: the text of the answer and what is agreed.
///
/// # Errors
/// `BadSdp` if the offer cannot be understood, holds no usable audio or no address; `NoCodec` if nothing is in common.
pub fn negotiate(offer: &str, local: &Local) -> Result<(String, Negotiated), MediaError> {
    negotiate_with(offer, local, &Choice::default())
}

/// As [`negotiate`], with more to choose from. An offer of `RTP/SAVP` is answered as such.
///
/// # Errors
/// As [`negotiate`]; `NoCodec` also for a secured offer without a key that we can use.
pub fn negotiate_with(offer: &str, local: &Local, choice: &Choice) -> Result<(String, Negotiated), MediaError> {
    let description = Description::parse(offer)?;
    let index = description.sections.iter().position(|s| s.is_audio() && s.port != 0).ok_or(MediaError::BadSdp)?;
    let section = &description.sections[index];
    let agreed = agree(&description, section, local, choice)?;
    Ok((write::answer(local, &description, index, &agreed), agreed))
}

/// An offer of ours, with `local.direction`.
#[must_use]
pub fn offer(local: &Local) -> String {
    write::offer(local, None)
}

/// As [`offer`], but of SRTP alone (`RTP/SAVP`) with this key of ours.
#[must_use]
pub fn offer_secured(local: &Local, key: MasterKey) -> String {
    write::offer(local, Some(Offered { tag: 1, key }))
}

/// Take the answer to our offer.
///
/// # Errors
/// `BadSdp` if the answer cannot be understood or has no address; `NoCodec` if the peer refused the audio or chose
/// nothing of ours.
pub fn accept_answer(answer: &str, local: &Local) -> Result<Negotiated, MediaError> {
    accept_answer_with(answer, local, None)
}

/// As [`accept_answer`], after an offer that was secured with this key of ours: an answer that is not secured too is
/// refused.
///
/// # Errors
/// As [`accept_answer`].
pub fn accept_answer_with(answer: &str, local: &Local, key: Option<MasterKey>) -> Result<Negotiated, MediaError> {
    let description = Description::parse(answer)?;
    let section = description.sections.first().filter(|s| s.is_audio()).ok_or(MediaError::BadSdp)?;
    if section.port == 0 {
        return Err(MediaError::NoCodec);
    }
    if section.is_secured_rtp() != key.is_some() {
        return Err(MediaError::NoCodec);
    }
    agree(&description, section, local, &Choice { preferred: None, key })
}

/// The direction that a description states for its first audio, as its author sees it.
///
/// # Errors
/// `BadSdp` if it cannot be understood or holds no audio.
pub fn stated_direction(text: &str) -> Result<Direction, MediaError> {
    let description = Description::parse(text)?;
    let section = description.sections.iter().find(|s| s.is_audio()).ok_or(MediaError::BadSdp)?;
    Ok(section.direction.or(description.direction).unwrap_or(Direction::SendRecv))
}

fn agree(
    description: &Description<'_>,
    section: &Section<'_>,
    local: &Local,
    choice: &Choice,
) -> Result<Negotiated, MediaError> {
    if !section.is_plain_rtp() {
        return Err(MediaError::NoCodec);
    }
    let address = section.connection.or(description.connection).ok_or(MediaError::BadSdp)?;
    let (payload_type, codec) = pick_codec(section, local, choice.preferred)?;
    let mut theirs = section.direction.or(description.direction).unwrap_or(Direction::SendRecv);
    if address.is_unspecified() {
        // Hold in the old way (RFC 3264 §8.4): nothing is to be sent there.
        theirs = Direction::new(theirs.sends(), false);
    }
    Ok(Negotiated {
        remote: SocketAddr::new(address, section.port),
        rtcp: rtcp_address(section, address),
        codec,
        payload_type,
        dtmf_pt: section.events(codec.clock()),
        noise_pt: if codec.is_g711() { section.noise() } else { None },
        direction: theirs.reversed().intersect(local.direction),
        rtcp_mux: section.rtcp_mux,
        keys: agree_keys(section, choice.key)?,
        ptime: section.ptime.filter(|ms| PTIMES_MS.contains(ms)).unwrap_or(PTIME_MS),
    })
}

/// The keys of a secured session; `None` for a plain one.
fn agree_keys(section: &Section<'_>, ours: Option<MasterKey>) -> Result<Option<Keys>, MediaError> {
    if !section.is_secured_rtp() {
        return Ok(None);
    }
    let (theirs, key) = section.crypto.zip(ours).ok_or(MediaError::NoCodec)?;
    Ok(Some(Keys { ours: Offered { tag: theirs.tag, key }, theirs: theirs.key }))
}

/// The preferred codec if both have it, else the first of the peer's formats that is one of ours: its order is its
/// preference (RFC 3264 §6.1).
fn pick_codec(section: &Section<'_>, local: &Local, preferred: Option<Codec>) -> Result<(u8, Codec), MediaError> {
    let ours = |pt: u8| local.codecs.iter().copied().find(|codec| section.encodes(pt, *codec));
    let common = || section.payload_types().filter_map(|pt| ours(pt).map(|codec| (pt, codec)));
    let wanted = common().find(|(_, codec)| Some(*codec) == preferred);
    wanted.or_else(|| common().next()).ok_or(MediaError::NoCodec)
}

fn rtcp_address(section: &Section<'_>, address: IpAddr) -> SocketAddr {
    if section.rtcp_mux {
        return SocketAddr::new(address, section.port);
    }
    let (port, own) = section.rtcp.unwrap_or((section.port.saturating_add(1), None));
    SocketAddr::new(own.unwrap_or(address), port)
}
