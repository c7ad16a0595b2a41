//! The sockets and the session description of a plain RTP leg.

use crate::leg::Terms;
use crate::ports::Pair;
use core::ops::Range;
use domain::Instant;
use media::api::{Direction, MediaError};
use media::g711::Codec;
use media::latch::{Latch, Verdict};
use media::rtp::{Header, Stamp, reheader};
use media::sdp::{self, Local, Negotiated};
use mio::net::UdpSocket;
use std::net::SocketAddr;
use std::time::Duration;

/// A plain leg's own part.
pub(crate) struct Plain {
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
    local: Local,
    /// What our open offer promised.
    offered: Option<Local>,
    remote: Option<Remote>,
    release_after: Duration,
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
        direction: agreed.direction,
    }
}

impl Plain {
    /// A leg on these sockets, with this number in `o=`.
    pub(crate) fn new(pair: Pair, session: u64, release_after: Duration) -> Self {
        let local = Local {
            address: pair.address,
            session,
            version: 0,
            direction: Direction::SendRecv,
            codecs: vec![Codec::Pcmu, Codec::Pcma],
        };
        Self { rtp: pair.rtp, rtcp: pair.rtcp, local, offered: None, remote: None, release_after }
    }

    /// Our RTP port.
    pub(crate) fn port(&self) -> u16 {
        self.local.address.port()
    }

    /// What we are willing to do.
    pub(crate) fn direction(&self) -> Direction {
        self.local.direction
    }

    /// An offer of ours; with `None` of what we already do.
    pub(crate) fn offer(&mut self, direction: Option<Direction>) -> String {
        self.local.version += 1;
        let offered = Local { direction: direction.unwrap_or(self.local.direction), ..self.local.clone() };
        let text = sdp::offer(&offered);
        self.offered = Some(offered);
        text
    }

    /// Answer the peer's offer; an open offer of ours is void.
    pub(crate) fn answer(&mut self, now: Instant, offer: &str) -> Result<(String, Terms), MediaError> {
        let next = Local { version: self.local.version + 1, ..self.local.clone() };
        let (text, agreed) = sdp::negotiate(offer, &next)?;
        self.offered = None;
        self.local = next;
        Ok((text, self.agree(now, &agreed)))
    }

    /// Take the answer to our offer.
    pub(crate) fn accept(&mut self, now: Instant, answer: &str) -> Result<Terms, MediaError> {
        // An answer may come more than once (183, then 200): the second finds the offer already in force.
        let offered = self.offered.take().unwrap_or_else(|| self.local.clone());
        let agreed = sdp::accept_answer(answer, &offered)?;
        self.local = offered;
        Ok(self.agree(now, &agreed))
    }

    fn agree(&mut self, now: Instant, agreed: &Negotiated) -> Terms {
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
        terms_of(agreed)
    }

    /// Whether a packet is the peer's.
    pub(crate) fn judge(&mut self, now: Instant, from: SocketAddr, header: &Header) -> Verdict {
        let Some(remote) = &mut self.remote else { return Verdict::Ignored };
        remote.latch.on_packet(now, from, header.stamp.ssrc, header.stamp.sequence)
    }

    /// Send the payload with a header of our own.
    pub(crate) fn send(&self, payload_type: u8, stamp: &Stamp, buffer: &mut [u8], payload: &Range<usize>) {
        let Some(remote) = self.remote.as_ref().map(|r| r.latch.remote()) else { return };
        if remote.ip().is_unspecified() || remote.port() == 0 {
            return;
        }
        if let Some(packet) = reheader(buffer, payload, payload_type, stamp) {
            // A full socket buffer or an unreachable peer loses this packet, as any network would.
            let _ = self.rtp.send_to(packet, remote);
        }
    }

    /// The peer's source and its last sender report, for our report about it.
    pub(crate) fn reported_source(&self) -> Option<(u32, Option<(u32, Instant)>)> {
        let remote = self.remote.as_ref()?;
        Some((remote.latch.ssrc()?, remote.last_report))
    }

    /// A sender report came; taken only from the host that we hear.
    pub(crate) fn on_sender_report(&mut self, now: Instant, from: SocketAddr, middle: u32) {
        if let Some(remote) = self.remote.as_mut().filter(|r| r.latch.remote().ip() == from.ip()) {
            remote.last_report = Some((middle, now));
        }
    }

    /// Send a compound RTCP packet to where the peer wants it.
    pub(crate) fn send_rtcp(&self, packet: &[u8]) {
        let Some(remote) = &self.remote else { return };
        let heard = remote.latch.remote();
        if heard.ip().is_unspecified() {
            return;
        }
        // Lost reports are not repeated: the next follows in seconds.
        let _ = if remote.rtcp_mux { self.rtp.send_to(packet, heard) } else { self.rtcp.send_to(packet, remote.rtcp) };
    }
}
