//! Packets: in from a socket, checked, and out to the leg that it is joined to.

use super::{BROWSER, DATAGRAM, Decrypted, HEADROOM, Worker};
use crate::leg::{Leg, Parcel, Transport};
use crate::rtcp_report::sender_report_middle;
use domain::LegId;
use media::api::Event;
use media::g711::{Codec, transcode};
use media::latch::Verdict;
use media::rtp::{Header, Stamp, is_rtcp};
use media::stream::{Relayed, Source};
use media::tape::Said;
use mio::Token;
use std::io;
use std::net::SocketAddr;

/// Datagrams taken from one socket before others get their turn: a flood on one leg must not starve the rest.
const BATCH: usize = 64;

/// What a received packet is to be passed on as.
struct Passed<'a> {
    leg: LegId,
    codec: Codec,
    is_event: bool,
    header: &'a Header,
}

impl Worker {
    /// Read a plain leg's RTP socket to its end, or as far as its turn goes.
    pub(super) fn on_rtp_ready(&mut self, slot: usize) {
        let mut buffer = core::mem::take(&mut self.buffer);
        let mut taken = 0;
        while taken < BATCH {
            let Some(Leg { transport: Transport::Plain(plain), .. }) = self.legs.at(slot) else { break };
            taken += 1;
            match plain.rtp.recv_from(&mut buffer) {
                Ok((length, from)) => self.on_datagram(slot, &mut buffer[..length], from),
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => break,
                // An earlier packet of ours was refused by the peer's host: nothing to read, nothing wrong here.
                Err(_) => {}
            }
        }
        self.buffer = buffer;
        if taken == BATCH {
            // The poll tells of new datagrams only, so the rest must be remembered.
            self.backlog.push(Token(slot * 2));
        }
    }

    /// Read a plain leg's RTCP socket.
    pub(super) fn on_rtcp_ready(&mut self, slot: usize) {
        let now = self.now.media;
        for _ in 0..BATCH {
            let Some(leg) = self.legs.at(slot) else { return };
            let Transport::Plain(plain) = &mut leg.transport else { return };
            match plain.rtcp.recv_from(&mut self.buffer) {
                Ok((length, from)) => {
                    if let Some(middle) = self.buffer.get(..length).and_then(sender_report_middle) {
                        plain.on_sender_report(now, from, middle);
                    }
                }
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {}
            }
        }
        self.backlog.push(Token(slot * 2 + 1));
    }

    fn on_datagram(&mut self, slot: usize, datagram: &mut [u8], from: SocketAddr) {
        let now = self.now.media;
        let Some(leg) = self.legs.at(slot) else { return };
        let Transport::Plain(plain) = &mut leg.transport else { return };
        if is_rtcp(datagram) {
            if let Some(middle) = sender_report_middle(datagram) {
                plain.on_sender_report(now, from, middle);
            }
            return;
        }
        let known = |pt: u8| leg.terms.is_some_and(|t| t.payload_type == pt || t.dtmf_pt == Some(pt));
        let header = Header::parse(datagram).filter(|header| known(header.payload_type));
        let verdict = header.as_ref().map_or(Verdict::Ignored, |header| plain.judge(now, from, header));
        match (header, verdict) {
            (None, _) | (_, Verdict::Ignored) => self.counts.ignored += 1,
            (Some(header), Verdict::Accepted) => self.on_media(slot, &header, datagram),
            (Some(header), Verdict::Started) => {
                leg.hearing.reception.restart();
                leg.hearing.digits.restart();
                self.on_media(slot, &header, datagram);
            }
        }
    }

    /// Read the browser port. Packets are handled afterwards, since they may go out on the same port.
    pub(super) fn on_browser_ready(&mut self) {
        let (inbox, bytes) = (&mut self.inbox, &mut self.inbox_bytes);
        let has_more = self.browser.readable(self.now.system, &mut |leg, packet| {
            bytes.resize(bytes.len() + HEADROOM, 0);
            let start = bytes.len();
            bytes.extend_from_slice(packet.payload);
            let stamp = Stamp {
                ssrc: packet.ssrc,
                sequence: packet.sequence,
                timestamp: packet.timestamp,
                marker: packet.marker,
            };
            let header = Header { payload_type: packet.payload_type, stamp, payload: start..bytes.len() };
            inbox.push(Decrypted { leg, header });
        });
        if has_more {
            self.backlog.push(BROWSER);
        }
        let (mut inbox, mut bytes) = (core::mem::take(&mut self.inbox), core::mem::take(&mut self.inbox_bytes));
        for packet in inbox.drain(..) {
            if let Some(slot) = self.legs.find(packet.leg) {
                self.on_media(slot, &packet.header, &mut bytes);
            }
        }
        bytes.clear();
        (self.inbox, self.inbox_bytes) = (inbox, bytes);
    }

    /// A packet of the peer of this leg.
    fn on_media(&mut self, slot: usize, header: &Header, bytes: &mut [u8]) {
        let now = self.now.media;
        let Some(leg) = self.legs.at(slot) else { return };
        let Some(terms) = leg.terms else { return };
        self.counts.received += 1;
        let (id, muted) = (leg.id, leg.hearing.is_muted);
        leg.hearing.heard_at = now;
        leg.hearing.is_silent = false;
        leg.hearing.reception.on_packet(now, header.stamp.sequence, header.stamp.timestamp);
        let is_first = !core::mem::replace(&mut leg.hearing.is_flowing, true);
        let is_event = terms.dtmf_pt == Some(header.payload_type);
        let payload = bytes.get(header.payload.clone()).unwrap_or_default();
        let digit = if is_event { leg.hearing.digits.on_packet(header.stamp.timestamp, payload) } else { None };
        let (peer, tap) = (leg.peer, leg.tap);
        if is_first {
            self.tell(Event::Flowing { leg: id });
        }
        if !terms.direction.receives() {
            return;
        }
        if let Some(digit) = digit {
            self.tell(Event::Digit { leg: id, digit });
        }
        if muted || !(is_event || terms.payload_type == header.payload_type) {
            return;
        }
        if let Some(tap) = tap.filter(|_| !is_event) {
            let source = Source { leg: id, ssrc: header.stamp.ssrc };
            let said = Said { source, timestamp: header.stamp.timestamp, codec: terms.codec, payload };
            self.tapes.write(now, tap, &said);
        }
        if let Some(peer) = peer {
            self.pass_on(peer, &Passed { leg: id, codec: terms.codec, is_event, header }, bytes);
        }
    }

    /// Send a packet on to a leg, unless that leg hears something else at the moment.
    fn pass_on(&mut self, to: usize, packet: &Passed<'_>, bytes: &mut [u8]) {
        let now = self.now;
        let Some(leg) = self.legs.at(to) else { return };
        let Some(terms) = leg.terms.filter(|terms| terms.direction.sends()) else { return };
        if leg.speaking.play.is_some() || leg.speaking.digits.is_busy() {
            return;
        }
        let payload = packet.header.payload.clone();
        let payload_type = if packet.is_event { terms.dtmf_pt } else { Some(terms.payload_type) };
        let Some(payload_type) = payload_type else { return };
        if !packet.is_event
            && let Some(audio) = bytes.get_mut(payload.clone())
        {
            transcode(packet.codec, terms.codec, audio);
        }
        let stamp = packet.header.stamp;
        let relayed = Relayed {
            source: Source { leg: packet.leg, ssrc: stamp.ssrc },
            sequence: stamp.sequence,
            timestamp: stamp.timestamp,
            marker: stamp.marker,
            is_event: packet.is_event,
        };
        let Some(stamp) = leg.speaking.stream.relayed(now.media, &relayed, payload.len()) else { return };
        leg.speaking.relayed_at = now.media;
        leg.transmit(&mut self.browser, now, &Parcel { payload_type, stamp, payload }, bytes);
        self.counts.relayed += 1;
    }
}

const _: () = assert!(DATAGRAM > HEADROOM + media::FRAME);
