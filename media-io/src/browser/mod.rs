//! Browser legs: DTLS-SRTP and ICE through the sans-IO core under `webrtc`, on the media worker's own thread.
//!
//! All browsers of a worker share one UDP port. Datagrams are told apart by the ICE user fragment in STUN requests and
//! by the remote address afterwards; whatever belongs to nobody is dropped.

mod peer;
mod sdp;
mod stun;
#[cfg(test)]
mod tests;

use domain::LegId;
use media::api::{Direction, MediaError};
use peer::Peer;
use rtc::peer_connection::certificate::{CertificateParams, RTCCertificate};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

/// Largest datagram that is read.
const DATAGRAM_MAX: usize = 2_048;
/// Datagrams read in one go, so that a flood leaves time for the clock.
const READ_MAX: usize = 512;

/// The DTLS certificate that all browser legs of the process show.
pub(crate) struct SharedCertificate(RTCCertificate);

impl SharedCertificate {
    /// Makes a fresh self-signed one (ECDSA P-256).
    pub fn generate() -> io::Result<Self> {
        let make = || -> Result<RTCCertificate, Box<dyn std::error::Error>> {
            let provider = rtc::crypto::default_provider()?;
            let params = CertificateParams::new(vec!["switchroom".to_owned()])?;
            Ok(RTCCertificate::generate(provider.crypto(), rtc::crypto::SignatureScheme::EcdsaP256Sha256, params)?)
        };
        make().map(Self).map_err(|error| io::Error::other(error.to_string()))
    }
}

/// An RTP packet from a browser.
pub(crate) struct RtpIn<'a> {
    /// The stream.
    pub ssrc: u32,
    /// The payload type.
    pub payload_type: u8,
    /// The marker bit.
    pub marker: bool,
    /// The sequence number.
    pub sequence: u16,
    /// The timestamp.
    pub timestamp: u32,
    /// The payload.
    pub payload: &'a [u8],
}

/// An RTP packet for a browser. SSRC and sequence number are the leg's own.
pub(crate) struct RtpOut<'a> {
    /// The payload type.
    pub payload_type: u8,
    /// The marker bit.
    pub marker: bool,
    /// The timestamp.
    pub timestamp: u32,
    /// The payload.
    pub payload: &'a [u8],
}

/// The shared UDP port of a worker's browser legs.
pub(crate) struct BrowserPort {
    socket: UdpSocket,
    local: SocketAddr,
    certificate: Arc<SharedCertificate>,
    peers: BTreeMap<LegId, Peer>,
    by_ufrag: HashMap<String, LegId>,
    by_address: HashMap<SocketAddr, LegId>,
    buffer: Box<[u8]>,
}

impl BrowserPort {
    /// Binds the port. The address is what browsers are told: it must be one that they can reach.
    pub fn bind(address: SocketAddr, certificate: Arc<SharedCertificate>) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        Ok(Self {
            socket,
            local,
            certificate,
            peers: BTreeMap::new(),
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            buffer: vec![0; DATAGRAM_MAX].into_boxed_slice(),
        })
    }

    /// The bound address.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The socket, to be registered with the worker's poller.
    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Opens a leg by answering the browser's offer: our answer and what we do.
    pub fn answer(&mut self, now: Instant, leg: LegId, offer: &str) -> Result<(String, Direction), MediaError> {
        let mut peer = self.new_peer(now)?;
        let answer = peer.answer(now, offer)?;
        self.settle(leg, peer);
        Ok(answer)
    }

    /// Opens a leg by offering to the browser.
    pub fn offer(&mut self, now: Instant, leg: LegId) -> Result<String, MediaError> {
        let mut peer = self.new_peer(now)?;
        let offer = peer.offer(now, Direction::SendRecv)?;
        self.settle(leg, peer);
        Ok(offer)
    }

    /// The browser's answer to our offer: what we do now.
    pub fn set_answer(&mut self, now: Instant, leg: LegId, answer: &str) -> Result<Direction, MediaError> {
        self.with(leg, |peer| peer.set_answer(now, answer))
    }

    /// The browser's later offer: our answer and what we do now.
    pub fn reoffer(&mut self, now: Instant, leg: LegId, offer: &str) -> Result<(String, Direction), MediaError> {
        self.with(leg, |peer| peer.answer(now, offer))
    }

    /// A later offer of ours.
    pub fn make_offer(&mut self, now: Instant, leg: LegId, direction: Direction) -> Result<String, MediaError> {
        self.with(leg, |peer| peer.offer(now, direction))
    }

    /// What we want of the session, whatever the browser wants.
    pub fn wish(&self, leg: LegId) -> Direction {
        self.peers.get(&leg).map_or(Direction::SendRecv, Peer::wish)
    }

    fn new_peer(&self, now: Instant) -> Result<Peer, MediaError> {
        let mut random = [0; 6];
        getrandom::fill(&mut random).map_err(|_| MediaError::NoPort)?;
        let [a, b, c, d, e, f] = random;
        Peer::new(now, self.local, &self.certificate, u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, f]) >> 1)
    }

    fn with<T>(&mut self, leg: LegId, act: impl FnOnce(&mut Peer) -> Result<T, MediaError>) -> Result<T, MediaError> {
        let mut peer = self.peers.remove(&leg).ok_or(MediaError::BadSdp)?;
        let result = act(&mut peer);
        self.settle(leg, peer);
        result
    }

    /// Puts a peer in its place after a change of descriptions: names it, reads its timers, sends what it has.
    fn settle(&mut self, leg: LegId, mut peer: Peer) {
        peer.note_events();
        for ufrag in &peer.ufrags {
            self.by_ufrag.insert(ufrag.clone(), leg);
        }
        flush(&self.socket, &mut peer);
        self.peers.insert(leg, peer);
    }

    /// Reads what has come, as far as its turn goes. `on_rtp` gets every decrypted packet.
    pub fn readable(&mut self, now: Instant, on_rtp: &mut dyn FnMut(LegId, RtpIn<'_>)) {
        for _ in 0..READ_MAX {
            let (length, from) = match self.socket.recv_from(&mut self.buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // A former peer's closed port; says nothing about the others.
                Err(_) => continue,
            };
            let Some(first) = self.buffer.first().copied().filter(|_| length > 0) else { continue };
            let leg = match first {
                0..=3 => self.leg_of_stun(length, from),
                20..=63 | 128..=191 => self.by_address.get(&from).copied(),
                _ => None,
            };
            let Some(leg) = leg else { continue };
            let Some(peer) = self.peers.get_mut(&leg) else { continue };
            let media = first >= 128;
            let Some(bytes) = self.buffer.get(..length) else { continue };
            peer.feed(now, from, bytes, media);
            while let Some(packet) = peer.next_rtp() {
                let header = &packet.header;
                let rtp = RtpIn {
                    ssrc: header.ssrc,
                    payload_type: header.payload_type,
                    marker: header.marker,
                    sequence: header.sequence_number,
                    timestamp: header.timestamp,
                    payload: &packet.payload,
                };
                on_rtp(leg, rtp);
            }
            if !media {
                flush(&self.socket, peer);
            }
        }
    }

    fn leg_of_stun(&mut self, length: usize, from: SocketAddr) -> Option<LegId> {
        let known = self.by_address.get(&from).copied();
        let named = self.buffer.get(..length).and_then(stun::local_ufrag).and_then(|u| self.by_ufrag.get(u).copied());
        let leg = named.or(known)?;
        if known != Some(leg) {
            self.by_address.insert(from, leg);
            let forgotten = self.peers.get_mut(&leg).and_then(|peer| peer.add_address(from));
            if let Some(address) = forgotten.filter(|address| self.by_address.get(address) == Some(&leg)) {
                self.by_address.remove(&address);
            }
        }
        Some(leg)
    }

    /// Sends a packet to the browser; false if it cannot hear yet or does not want to.
    pub fn send_rtp(&mut self, now: Instant, leg: LegId, out: &RtpOut<'_>) -> bool {
        let Some(peer) = self.peers.get_mut(&leg) else { return false };
        let sent = peer.send_rtp(now, out);
        if sent {
            flush(&self.socket, peer);
        }
        sent
    }

    /// Drives the timers of all legs. Called at every tick of the worker's clock.
    pub fn tick(&mut self, now: Instant) {
        for peer in self.peers.values_mut() {
            peer.tick(now);
            flush(&self.socket, peer);
        }
    }

    /// Keys are agreed: audio can flow.
    pub fn is_connected(&self, leg: LegId) -> bool {
        self.peers.get(&leg).is_some_and(|peer| peer.connected)
    }

    /// ICE or DTLS gave up.
    pub fn has_failed(&self, leg: LegId) -> bool {
        self.peers.get(&leg).is_some_and(|peer| peer.failed)
    }

    /// The payload types agreed on: audio (0 PCMU, 8 PCMA) and telephone events.
    pub fn payload_types(&self, leg: LegId) -> Option<(u8, Option<u8>)> {
        self.peers.get(&leg).map(|peer| (peer.codec, peer.dtmf))
    }

    /// Number of legs.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Closes a leg and forgets its names and addresses.
    pub fn close(&mut self, leg: LegId) {
        let Some(mut peer) = self.peers.remove(&leg) else { return };
        peer.close();
        flush(&self.socket, &mut peer);
        for ufrag in &peer.ufrags {
            self.by_ufrag.remove(ufrag);
        }
        for address in &peer.addresses {
            if self.by_address.get(address) == Some(&leg) {
                self.by_address.remove(address);
            }
        }
    }
}

fn flush(socket: &UdpSocket, peer: &mut Peer) {
    while let Some(datagram) = peer.next_out() {
        // UDP promises nothing; a full socket buffer is loss like any other.
        let _ = socket.send_to(&datagram.bytes, datagram.to);
    }
}
