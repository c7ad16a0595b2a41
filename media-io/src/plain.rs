//! The sockets and the session description of a plain RTP leg.

use crate::leg::Terms;
use crate::ports::Pair;
use crate::srtp::Srtp;
use core::ops::Range;
use domain::Instant;
use media::api::{Direction, MediaError};
use media::codec::Codec;
use media::latch::{Latch, Verdict};
use media::rtp::{Header, Stamp, reheader};
use media::sdes::MasterKey;
use media::sdp::{self, Choice, Local, Negotiated};
use rustix::net::{RecvFlags, SendFlags};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// After how long without a packet the RTP socket hears everybody again.
const PAUSE: Duration = Duration::from_millis(500);

/// A plain leg's own part.
///
/// What each packet needs stands together; the descriptions are out of the way.
pub(crate) struct Plain {
    rtp: UdpSocket,
    /// Whom the RTP socket is connected to: sending there needs no look-up of the route.
    connected: Option<SocketAddr>,
    /// Nothing is left from before it was connected: whatever comes is the peer's.
    is_drained: bool,
    remote: Option<Remote>,
    pub(crate) rtcp: UdpSocket,
    release_after: Duration,
    srtp: Option<Box<Srtp>>,
    described: Box<Described>,
}

/// What the two sides have told each other.
struct Described {
    local: Local,
    /// What our open offer promised.
    offered: Option<Local>,
    /// Our key for SRTP, and whether our offers ask for it.
    key: MasterKey,
    is_secured: bool,
}

/// The other side.
struct Remote {
    latch: Latch,
    rtcp: SocketAddr,
    rtcp_mux: bool,
    last_report: Option<(u32, Instant)>,
}

fn terms_of(agreed: &Negotiated) -> Terms {
    Terms {
        codec: agreed.codec,
        payload_type: agreed.payload_type,
        dtmf_pt: agreed.dtmf_pt,
        noise_pt: agreed.noise_pt,
        direction: agreed.direction,
    }
}

impl Plain {
    /// A leg on these sockets, with this number in `o=`, our key, and whether our offers are to be secured.
    pub(crate) fn new(
        pair: Pair,
        session: u64,
        release_after: Duration,
        codecs: Vec<Codec>,
        (key, is_secured): (MasterKey, bool),
    ) -> Self {
        let local = Local { address: pair.address, session, version: 0, direction: Direction::SendRecv, codecs };
        let described = Box::new(Described { local, offered: None, key, is_secured });
        Self {
            rtp: pair.rtp,
            connected: None,
            is_drained: false,
            remote: None,
            rtcp: pair.rtcp,
            release_after,
            srtp: None,
            described,
        }
    }

    /// Our RTP port.
    pub(crate) fn port(&self) -> u16 {
        self.described.local.address.port()
    }

    /// What we are willing to do.
    pub(crate) fn direction(&self) -> Direction {
        self.described.local.direction
    }

    /// An offer of ours; with `None` of what we already do.
    pub(crate) fn offer(&mut self, direction: Option<Direction>) -> String {
        let local = &mut self.described.local;
        local.version += 1;
        let offered = Local { direction: direction.unwrap_or(local.direction), ..local.clone() };
        let secured = self.described.is_secured.then_some(self.described.key);
        let text = secured.map_or_else(|| sdp::offer(&offered), |key| sdp::offer_secured(&offered, key));
        self.described.offered = Some(offered);
        text
    }

    /// Answer the peer's offer, with this codec if it is in there; an open offer of ours is void.
    pub(crate) fn answer(
        &mut self,
        now: Instant,
        offer: &str,
        preferred: Option<Codec>,
    ) -> Result<(String, Terms), MediaError> {
        let local = &self.described.local;
        let next = Local { version: local.version + 1, ..local.clone() };
        let (text, agreed) = sdp::negotiate_with(offer, &next, &Choice { preferred, key: Some(self.described.key) })?;
        if self.described.is_secured && agreed.keys.is_none() {
            return Err(MediaError::NoCodec);
        }
        let terms = self.agree(now, &agreed)?;
        (self.described.local, self.described.offered) = (next, None);
        Ok((text, terms))
    }

    /// Take the answer to our offer.
    pub(crate) fn accept(&mut self, now: Instant, answer: &str) -> Result<Terms, MediaError> {
        // An answer may come more than once (183, then 200): the second finds the offer already in force.
        let offered = self.described.offered.take().unwrap_or_else(|| self.described.local.clone());
        let secured = self.described.is_secured.then_some(self.described.key);
        let agreed = sdp::accept_answer_with(answer, &offered, secured)?;
        self.described.local = offered;
        self.agree(now, &agreed)
    }

    fn agree(&mut self, now: Instant, agreed: &Negotiated) -> Result<Terms, MediaError> {
        match agreed.keys {
            // The same keys go on: their numbers must not begin anew.
            Some(keys) if self.srtp.as_ref().is_some_and(|srtp| srtp.is_of(&keys)) => {}
            Some(keys) => self.srtp = Some(Box::new(Srtp::new(keys)?)),
            None => self.srtp = None,
        }
        self.described.is_secured |= agreed.keys.is_some();
        match &mut self.remote {
            Some(remote) => {
                remote.latch.resignal(now, agreed.remote);
                (remote.rtcp, remote.rtcp_mux) = (agreed.rtcp, agreed.rtcp_mux);
            }
            None => {
                let latch = Latch::new(now, agreed.remote, self.release_after);
                let (rtcp, rtcp_mux) = (agreed.rtcp, agreed.rtcp_mux);
                self.remote = Some(Remote { latch, rtcp, rtcp_mux, last_report: None });
            }
        }
        Ok(terms_of(agreed))
    }

    /// Whether a packet is the peer's.
    pub(crate) fn judge(&mut self, now: Instant, from: SocketAddr, header: &Header) -> Verdict {
        let Some(remote) = &mut self.remote else { return Verdict::Ignored };
        remote.latch.on_packet(now, from, header.stamp.ssrc, header.stamp.sequence)
    }

    /// The RTP socket, for those who wait for it.
    pub(crate) fn socket(&self) -> &UdpSocket {
        &self.rtp
    }

    /// Read one datagram of the RTP socket, if there is one, and its sender.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        // An error is an earlier packet of ours that was refused by the peer's host: nothing to read, nothing wrong here.
        match self.connected.filter(|_| self.is_drained) {
            Some(peer) => {
                let (length, _) = rustix::net::recv(&self.rtp, buffer, RecvFlags::empty()).ok()?;
                Some((length, peer))
            }
            None => self.rtp.recv_from(buffer).ok(),
        }
    }

    /// Connect the RTP socket to the peer while it talks, which makes packets cheaper and keeps strangers' from us; let it
    /// go when the peer pauses, so that the latch, and not the system, decides who comes next. Called now and then.
    pub(crate) fn tend(&mut self, now: Instant) {
        let talks = self.remote.as_ref().and_then(|remote| remote.latch.talking(now, PAUSE));
        if talks != self.connected {
            let done = match talks {
                Some(peer) => self.rtp.connect(peer),
                None => rustix::net::connect_unspec(&self.rtp).map_err(Into::into),
            };
            match done {
                Ok(()) => (self.connected, self.is_drained) = (talks, false),
                Err(why) => tracing::debug!(%why, "an RTP socket stays as it was"),
            }
        }
        if self.connected.is_some() && !self.is_drained {
            let next = self.rtp.peek_from(&mut [0]);
            self.is_drained = next.is_err_and(|why| why.kind() == io::ErrorKind::WouldBlock);
        }
    }

    /// Open a datagram of either socket in place, if the session is secured; answers its length. `None`: not the peer's.
    pub(crate) fn open(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        self.srtp.as_mut().map_or(Some(length), |srtp| srtp.open(buffer, length))
    }

    fn send_to(&mut self, packet: &[u8], to: SocketAddr) {
        if let Some(srtp) = &mut self.srtp {
            if let Some(sealed) = srtp.seal(packet) {
                let _ = self.rtp.send_to(&sealed, to);
            }
            return;
        }
        // A full socket buffer or an unreachable peer loses this packet, as any network would.
        if self.connected == Some(to) {
            let _ = rustix::net::send(&self.rtp, packet, SendFlags::NOSIGNAL);
        } else {
            let _ = self.rtp.send_to(packet, to);
        }
    }

    /// Send the payload with a header of our own.
    pub(crate) fn send(&mut self, payload_type: u8, stamp: &Stamp, buffer: &mut [u8], payload: &Range<usize>) {
        let Some(remote) = self.remote.as_ref().map(|r| r.latch.remote()) else { return };
        if remote.ip().is_unspecified() || remote.port() == 0 {
            return;
        }
        if let Some(packet) = reheader(buffer, payload, payload_type, stamp) {
            self.send_to(packet, remote);
        }
    }

    /// The peer's source and its last sender report, for our report about it.
    pub(crate) fn reported_source(&self) -> Option<(u32, Option<(u32, Instant)>)> {
        let remote = self.remote.as_ref()?;
        Some((remote.latch.ssrc()?, remote.last_report))
    }

    /// Whether an address is of the host that we hear.
    pub(crate) fn hears_host(&self, from: SocketAddr) -> bool {
        self.remote.as_ref().is_some_and(|remote| remote.latch.remote().ip() == from.ip())
    }

    /// A sender report of the peer came.
    pub(crate) fn on_sender_report(&mut self, now: Instant, middle: u32) {
        if let Some(remote) = &mut self.remote {
            remote.last_report = Some((middle, now));
        }
    }

    /// Our address for RTCP and the peer's, where they are known.
    pub(crate) fn rtcp_ends(&self) -> Option<(SocketAddr, SocketAddr)> {
        let remote = self.remote.as_ref()?;
        let (socket, to) = if remote.rtcp_mux { (&self.rtp, remote.latch.remote()) } else { (&self.rtcp, remote.rtcp) };
        Some((socket.local_addr().ok()?, to))
    }

    /// Send a compound RTCP packet to where the peer wants it.
    pub(crate) fn send_rtcp(&mut self, packet: &[u8]) {
        let Some(remote) = &self.remote else { return };
        let heard = remote.latch.remote();
        if heard.ip().is_unspecified() {
            return;
        }
        if remote.rtcp_mux {
            self.send_to(packet, heard);
        } else {
            let (to, sealed) = (remote.rtcp, self.srtp.as_mut().map(|srtp| srtp.seal(packet)));
            let packet = match &sealed {
                Some(sealed) => sealed.as_deref().unwrap_or_default(),
                None => packet,
            };
            // Lost reports are not repeated: the next follows in seconds.
            let _ = self.rtcp.send_to(packet, to);
        }
    }
}
