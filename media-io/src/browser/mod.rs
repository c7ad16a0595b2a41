//! Browser legs of one worker: DTLS-SRTP with ICE, all on one shared UDP port.

use crate::leg::Terms;
use domain::LegId;
use media::api::{Direction, MediaError};
use mio::net::UdpSocket;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// The DTLS certificate of all browser legs of all workers.
pub(crate) struct SharedCertificate;

impl SharedCertificate {
    /// Make a key and its self-signed certificate.
    pub(crate) fn generate() -> io::Result<Self> {
        Ok(Self)
    }
}

/// A decrypted RTP packet from a browser.
pub(crate) struct RtpIn<'a> {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) payload: &'a [u8],
}

/// A packet for a browser; source and sequence number are the port's own.
pub(crate) struct RtpOut<'a> {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) timestamp: u32,
    pub(crate) payload: &'a [u8],
}

/// The worker's shared UDP socket and all its browser legs.
pub(crate) struct BrowserPort {
    socket: UdpSocket,
    address: SocketAddr,
}

impl BrowserPort {
    /// Bind the shared port.
    pub(crate) fn bind(address: SocketAddr, _certificate: Arc<SharedCertificate>) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Where browsers reach us.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The socket, to be registered with the worker's poll.
    pub(crate) fn socket(&mut self) -> &mut UdpSocket {
        &mut self.socket
    }

    /// Open a leg by answering a browser's offer.
    pub(crate) fn answer(&mut self, _now: Instant, _leg: LegId, _offer: &str) -> Result<String, MediaError> {
        Err(MediaError::NoPort)
    }

    /// Open a leg with an offer of ours.
    pub(crate) fn offer(&mut self, _now: Instant, _leg: LegId) -> Result<String, MediaError> {
        Err(MediaError::NoPort)
    }

    /// Take the browser's answer.
    pub(crate) fn set_answer(&mut self, _now: Instant, _leg: LegId, _sdp: &str) -> Result<(), MediaError> {
        Err(MediaError::NoPort)
    }

    /// Answer a new offer of an open leg; answers our direction too.
    pub(crate) fn reoffer(
        &mut self,
        _now: Instant,
        _leg: LegId,
        _sdp: &str,
    ) -> Result<(String, Direction), MediaError> {
        Err(MediaError::NoPort)
    }

    /// An offer of ours for an open leg.
    pub(crate) fn make_offer(
        &mut self,
        _now: Instant,
        _leg: LegId,
        _direction: Direction,
    ) -> Result<String, MediaError> {
        Err(MediaError::NoPort)
    }

    /// What is agreed with this leg; `None` while our offer is unanswered.
    pub(crate) fn terms(&self, _leg: LegId) -> Option<Terms> {
        None
    }

    /// Read all datagrams.
    pub(crate) fn readable(&mut self, _now: Instant, _on_rtp: &mut dyn FnMut(LegId, RtpIn<'_>)) {}

    /// Send one packet.
    pub(crate) fn send_rtp(&mut self, _now: Instant, _leg: LegId, _packet: RtpOut<'_>) {}

    /// Timers, every 20 ms; legs whose connection failed are told once.
    pub(crate) fn tick(&mut self, _now: Instant, _on_failed: &mut dyn FnMut(LegId)) {}

    /// Forget a leg.
    pub(crate) fn close(&mut self, _leg: LegId) {}
}
