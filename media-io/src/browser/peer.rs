//! One browser: a peer connection of `rtc`, driven by hand.

use super::sdp;
use super::{RtpOut, SharedCertificate};
use bytes::{Bytes, BytesMut};
use media::api::{Direction, MediaError};
use media::sdp::stated_direction;
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::configure_rtcp_reports;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{RTCDtlsRole, RTCDtlsTransportState, RTCIceCandidateInit};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::sansio::Protocol as _;
use rtc::shared::error::Error as RtcError;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A browser of which nothing was heard for this long is gone: no check, no audio.
const GONE_AFTER: Duration = Duration::from_secs(15);
/// `rtc` watches the pair that was nominated first and no other. A browser with several networks may move to a better
/// one and leave the first pair silent, so `rtc` is told to watch nothing, and we watch them all.
const NEVER: Duration = Duration::ZERO;
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// Addresses that a browser is known by: one for each of its interfaces, and those it had before it moved.
const ADDRESSES: usize = 16;

/// A datagram to be sent.
pub(super) struct Datagram {
    pub to: SocketAddr,
    pub bytes: BytesMut,
}

/// Between which addresses the audio flows.
struct Path {
    local: SocketAddr,
    /// When something was last heard; `None` before the browser's description is here.
    heard_at: Option<Instant>,
    /// Where the datagram in hand came from.
    fed_from: Option<SocketAddr>,
    /// Where authentic audio came from last: the pair that the browser uses now, whatever it nominated first.
    speaks_from: Option<SocketAddr>,
}

pub(super) struct Peer {
    connection: RTCPeerConnection,
    /// Its one sender, by which the state of DTLS is asked.
    sender: RTCRtpSenderId,
    path: Path,
    pub ufrags: Vec<String>,
    pub addresses: Vec<SocketAddr>,
    pub connected: bool,
    pub failed: bool,
    pub codec: u8,
    pub dtmf: Option<u8>,
    /// What we want of the session, as the last answered offer of ours said. A hold of ours outlives the offers of the
    /// browser.
    wish: Direction,
    /// What our open offer wants.
    offered: Option<Direction>,
    /// What is agreed.
    direction: Direction,
    ssrc: u32,
    sequence: u16,
    pub timeout: Option<Instant>,
}

fn codec(mime: &str, payload_type: u8, fmtp: &str) -> RTCRtpCodecParameters {
    let rtp_codec = RTCRtpCodec {
        mime_type: mime.to_owned(),
        clock_rate: 8_000,
        channels: 1,
        sdp_fmtp_line: fmtp.to_owned(),
        rtcp_feedback: Vec::new(),
    };
    RTCRtpCodecParameters { rtp_codec, payload_type }
}

fn codecs() -> [RTCRtpCodecParameters; 3] {
    [codec("audio/PCMU", 0, ""), codec("audio/PCMA", 8, ""), codec("audio/telephone-event", 126, "0-16")]
}

fn connection(
    now: Instant,
    certificate: &SharedCertificate,
    ssrc: u32,
) -> Result<(RTCPeerConnection, RTCRtpSenderId), RtcError> {
    let mut engine = MediaEngine::default();
    for codec in codecs() {
        engine.register_codec(codec, RtpCodecKind::Audio)?;
    }
    let settings = SettingEngineBuilder::new()
        .with_lite(true)
        // Passive always: a browser that re-offers refuses a changed role, and passive connects three times faster.
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_ice_timeouts(Some(NEVER), Some(NEVER), Some(KEEP_ALIVE))
        .with_include_loopback_candidate(true)
        .build();
    let configuration = RTCConfigurationBuilder::new().with_certificates(vec![certificate.0.clone()]).build();
    let mut connection = RTCPeerConnectionBuilder::new()
        .with_configuration(configuration)
        .with_media_engine(engine)
        .with_setting_engine(settings)
        .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
        .build(now)?;
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: codec("audio/PCMU", 0, "").rtp_codec,
        ..Default::default()
    };
    let track = MediaStreamTrack::new(
        "switchroom".to_owned(),
        format!("audio-{ssrc}"),
        "audio".to_owned(),
        RtpCodecKind::Audio,
        vec![encoding],
    );
    let sender = connection.add_track(track)?;
    Ok((connection, sender))
}

/// `rtc` refused the peer's description or could not make ours.
fn bad_sdp(error: &RtcError) -> MediaError {
    tracing::debug!(%error, "a browser's session description was refused");
    MediaError::BadSdp
}

impl Peer {
    pub fn new(
        now: Instant,
        local: SocketAddr,
        certificate: &SharedCertificate,
        ssrc: u32,
        sequence: u16,
    ) -> Result<Self, MediaError> {
        let (connection, sender) = connection(now, certificate, ssrc).map_err(|error| {
            tracing::warn!(%error, "a browser leg could not be made");
            MediaError::NoPort
        })?;
        Ok(Self {
            connection,
            sender,
            path: Path { local, heard_at: None, fed_from: None, speaks_from: None },
            ufrags: Vec::new(),
            addresses: Vec::new(),
            connected: false,
            failed: false,
            codec: 0,
            dtmf: None,
            wish: Direction::SendRecv,
            offered: None,
            direction: Direction::Inactive,
            ssrc,
            sequence,
            timeout: None,
        })
    }

    /// Answers the browser's offer, the first one or a later one. An open offer of ours is void.
    pub fn answer(&mut self, now: Instant, offer: &str) -> Result<(String, Direction), MediaError> {
        let theirs = stated_direction(offer)?;
        sdp::payload_types(offer).ok_or(MediaError::NoCodec)?;
        self.withdraw_offer(now)?;
        let text = match self.negotiate(now, offer) {
            Ok(text) => text,
            Err(why) => {
                self.forget_remote_offer(now);
                return Err(why);
            }
        };
        let direction = theirs.reversed().intersect(self.wish);
        self.direction = direction;
        Ok((sdp::with_direction(&text, direction), direction))
    }

    fn negotiate(&mut self, now: Instant, offer: &str) -> Result<String, MediaError> {
        let described = RTCSessionDescription::offer(sdp::shown_to_rtc(offer)).map_err(|e| bad_sdp(&e))?;
        self.connection.set_remote_description(now, described).map_err(|e| bad_sdp(&e))?;
        self.add_candidates()?;
        let answer = self.connection.create_answer(None).map_err(|e| bad_sdp(&e))?;
        let agreed = sdp::payload_types(&answer.sdp).ok_or(MediaError::NoCodec)?;
        self.connection.set_local_description(now, answer).map_err(|e| bad_sdp(&e))?;
        (self.codec, self.dtmf) = agreed;
        self.local_sdp()
    }

    /// Makes an offer of ours. What it wants comes into force with its answer.
    pub fn offer(&mut self, now: Instant, direction: Direction) -> Result<String, MediaError> {
        self.withdraw_offer(now)?;
        self.prefer_codecs()?;
        self.add_candidates()?;
        let offer = self.connection.create_offer(None).map_err(|e| bad_sdp(&e))?;
        self.connection.set_local_description(now, offer).map_err(|e| bad_sdp(&e))?;
        self.offered = Some(direction);
        Ok(sdp::with_direction(&self.local_sdp()?, direction))
    }

    /// Takes the browser's answer to our offer, and says what is agreed.
    pub fn set_answer(&mut self, now: Instant, answer: &str) -> Result<Direction, MediaError> {
        let theirs = stated_direction(answer)?;
        let agreed = sdp::payload_types(answer).ok_or(MediaError::NoCodec)?;
        // An answer may come more than once (183, then 200): the second finds the offer already in force.
        let Some(offered) = self.offered else { return Ok(self.direction) };
        let described = RTCSessionDescription::answer(sdp::shown_to_rtc(answer)).map_err(|e| bad_sdp(&e))?;
        self.connection.set_remote_description(now, described).map_err(|e| bad_sdp(&e))?;
        self.offered = None;
        self.wish = offered;
        self.direction = theirs.reversed().intersect(offered);
        (self.codec, self.dtmf) = agreed;
        Ok(self.direction)
    }

    /// What we want of the session, whatever the browser wants.
    pub fn wish(&self) -> Direction {
        self.wish
    }

    fn withdraw_offer(&mut self, now: Instant) -> Result<(), MediaError> {
        if self.offered.take().is_none() {
            return Ok(());
        }
        let rollback = RTCSessionDescription::rollback(None).map_err(|e| bad_sdp(&e))?;
        self.connection.set_local_description(now, rollback).map_err(|e| bad_sdp(&e))
    }

    /// The browser's offer was refused: the session is as before.
    fn forget_remote_offer(&mut self, now: Instant) {
        let undone = RTCSessionDescription::rollback(None)
            .and_then(|rollback| self.connection.set_remote_description(now, rollback));
        if let Err(error) = undone {
            tracing::debug!(%error, "a browser's refused offer had not come so far that it must be undone");
        }
    }

    /// Without this only the codec of our track would be offered, and browsers could send no digits.
    fn prefer_codecs(&mut self) -> Result<(), MediaError> {
        let ids: Vec<_> = self.connection.get_transceivers().collect();
        for id in ids {
            if let Some(mut transceiver) = self.connection.rtp_transceiver(id) {
                transceiver.set_codec_preferences(codecs().to_vec()).map_err(|e| bad_sdp(&e))?;
            }
        }
        Ok(())
    }

    fn add_candidates(&mut self) -> Result<(), MediaError> {
        let (ip, port) = (self.path.local.ip(), self.path.local.port());
        let host = RTCIceCandidateInit {
            candidate: format!("candidate:1 1 udp 2130706431 {ip} {port} typ host"),
            ..Default::default()
        };
        self.connection.add_local_candidate(host).map_err(|e| bad_sdp(&e))?;
        self.connection.add_local_candidate(RTCIceCandidateInit::default()).map_err(|e| bad_sdp(&e))
    }

    /// The user fragment changes with every ICE restart, so it is read anew each time.
    fn local_sdp(&mut self) -> Result<String, MediaError> {
        let text = self.connection.local_description().map(|described| described.sdp).ok_or(MediaError::BadSdp)?;
        if let Some(ufrag) = sdp::ufrag(&text)
            && !self.ufrags.iter().any(|known| known == ufrag)
        {
            self.ufrags.push(ufrag.to_owned());
        }
        Ok(text)
    }

    /// A datagram from the browser's address. RTP takes the short way, everything else the whole pipeline.
    pub fn feed(&mut self, now: Instant, from: SocketAddr, bytes: &[u8], media: bool) {
        if self.connection.remote_description().is_none() {
            // The browser's checks may overtake its answer. It repeats them; without its password none can be proved.
            return;
        }
        self.path.heard_at = Some(now);
        self.path.fed_from = Some(from);
        let message = TaggedBytesMut {
            now,
            transport: TransportContext {
                local_addr: self.path.local,
                peer_addr: from,
                transport_protocol: TransportProtocol::UDP,
                ecn: None,
            },
            message: BytesMut::from(bytes),
        };
        if let Err(error) = self.connection.handle_read(message) {
            tracing::debug!(%error, "a browser's datagram was refused");
        }
        if !media {
            self.note_events();
        }
    }

    /// The next decrypted RTP packet.
    pub fn next_rtp(&mut self) -> Option<rtc::rtp::Packet> {
        while let Some(TaggedRTCMessage { message, .. }) = self.connection.poll_media_read() {
            if let RTCMessage::RtpPacket(_, packet) = message {
                self.path.speaks_from = self.path.fed_from;
                return Some(packet);
            }
        }
        None
    }

    /// The next datagram to be sent.
    pub fn next_out(&mut self) -> Option<Datagram> {
        let message = self.connection.poll_write()?;
        // Checks are answered where they came from; everything else goes where the browser speaks from.
        let is_check = message.message.first().is_some_and(|first| *first <= 3);
        let to = self.path.speaks_from.filter(|_| !is_check).unwrap_or(message.transport.peer_addr);
        Some(Datagram { to, bytes: message.message })
    }

    /// Queues a packet; it comes out of [`Self::next_out`] encrypted. Nothing is sent before the keys are there.
    pub fn send_rtp(&mut self, now: Instant, out: &RtpOut<'_>) -> bool {
        if !self.connected || !self.direction.sends() {
            return false;
        }
        self.sequence = self.sequence.wrapping_add(1);
        let header = rtc::rtp::header::Header {
            version: 2,
            marker: out.marker,
            payload_type: out.payload_type,
            sequence_number: self.sequence,
            timestamp: out.timestamp,
            ssrc: self.ssrc,
            ..Default::default()
        };
        let packet = rtc::rtp::Packet { header, payload: Bytes::copy_from_slice(out.payload) };
        let message = TaggedRTCMessage { now, message: RTCMessage::RtpPacket(String::new(), packet) };
        self.connection.handle_write(message).is_ok()
    }

    /// Drives the timers that are due.
    pub fn tick(&mut self, now: Instant) {
        if self.connection.remote_description().is_some() {
            let heard_at = *self.path.heard_at.get_or_insert(now);
            self.failed |= now.saturating_duration_since(heard_at) > GONE_AFTER;
        }
        if self.timeout.is_none_or(|at| at > now) {
            return;
        }
        if let Err(error) = self.connection.handle_timeout(now) {
            tracing::debug!(%error, "a browser leg's timer failed");
        }
        self.note_events();
    }

    /// Names the peer's address; the oldest of too many is given back, to be forgotten.
    pub fn add_address(&mut self, address: SocketAddr) -> Option<SocketAddr> {
        let oldest = (self.addresses.len() >= ADDRESSES).then(|| self.addresses.remove(0));
        self.addresses.push(address);
        oldest
    }

    /// Reads the state changes and the next deadline.
    pub fn note_events(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            if let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) = event {
                self.connected =
                    matches!(state, RTCPeerConnectionState::Connected | RTCPeerConnectionState::Disconnected);
                self.failed = matches!(state, RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed);
            }
        }
        // For `rtc` a connection whose DTLS has ended, or has never begun, counts as connected (W3C WebRTC §4.4.3).
        let dtls = self.dtls_state();
        self.connected &= dtls == RTCDtlsTransportState::Connected;
        self.failed |= matches!(dtls, RTCDtlsTransportState::Closed | RTCDtlsTransportState::Failed);
        self.timeout = self.connection.poll_timeout();
    }

    fn dtls_state(&mut self) -> RTCDtlsTransportState {
        let Some(sender) = self.connection.rtp_sender(self.sender) else { return RTCDtlsTransportState::New };
        sender.transport().map_or(RTCDtlsTransportState::New, |transport| transport.state())
    }

    pub fn close(&mut self) {
        if let Err(error) = self.connection.close() {
            tracing::debug!(%error, "a browser leg did not close cleanly");
        }
    }
}
