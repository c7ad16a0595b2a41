//! Packets: in from a socket, checked, and out to the leg that it is joined to.

use super::{DATAGRAM, Decrypted, HEADROOM, Worker};
use crate::leg::{Leg, Parcel, Transport};
use crate::rtcp_report::ntp_middle;
use crate::settings::RtcpTap;
use domain::{Instant, LegId};
use media::api::Event;
use media::codec::Codec;
use media::g711::transcode;
use media::latch::Verdict;
use media::rtp::{Header, Stamp, is_rtcp};
use media::stream::{Relayed, Source};
use media::tape::{Audio, Said};
use std::net::SocketAddr;

/// What a received packet is to be passed on as.
struct Passed<'a> {
    leg: LegId,
    codec: Codec,
    is_event: bool,
    header: &'a Header,
}

impl Worker {
    /// Read one datagram of a plain leg's RTP socket; the poller tells again if there is more.
    pub(super) fn on_rtp_ready(&mut self, slot: usize) {
        let Some(Leg { transport: Transport::Plain(plain), .. }) = self.legs.at(slot) else { return };
        let Some((length, from)) = plain.receive(&mut self.buffer) else { return };
        let Some(length) = plain.open(&mut self.buffer, length) else {
            self.counts.ignored += 1;
            return;
        };
        let mut buffer = core::mem::take(&mut self.buffer);
        self.on_datagram(slot, &mut buffer[..length], from);
        self.buffer = buffer;
    }

    /// Read a plain leg's RTCP socket.
    pub(super) fn on_rtcp_ready(&mut self, slot: usize) {
        let now = self.now.media;
        let Some(leg) = self.legs.at(slot) else { return };
        let Transport::Plain(plain) = &mut leg.transport else { return };
        let Ok((length, from)) = plain.rtcp.recv_from(&mut self.buffer) else { return };
        let Some(length) = plain.open(&mut self.buffer, length) else { return };
        on_rtcp(leg, now, from, &self.buffer[..length], self.shared.rtcp_tap.as_ref());
    }

    fn on_datagram(&mut self, slot: usize, datagram: &mut [u8], from: SocketAddr) {
        let now = self.now.media;
        let Some(leg) = self.legs.at(slot) else { return };
        let Transport::Plain(plain) = &mut leg.transport else { return };
        if is_rtcp(datagram) {
            return on_rtcp(leg, now, from, datagram, self.shared.rtcp_tap.as_ref());
        }
        let known =
            |pt: u8| leg.terms.is_some_and(|t| t.payload_type == pt || t.dtmf_pt == Some(pt) || t.noise_pt == Some(pt));
        let header = Header::parse(datagram).filter(|header| known(header.payload_type));
        let verdict = header.as_ref().map_or(Verdict::Ignored, |header| plain.judge(now, from, header));
        match (header, verdict) {
            (None, _) | (_, Verdict::Ignored) => self.counts.ignored += 1,
            (Some(header), Verdict::Accepted) => self.on_media(slot, &header, datagram),
            (Some(header), Verdict::Started) => {
                leg.restart();
                self.on_media(slot, &header, datagram);
            }
        }
    }

    /// Read the browser port. Packets are handled afterwards, since they may go out on the same port.
    pub(super) fn on_browser_ready(&mut self) {
        let (inbox, bytes) = (&mut self.inbox, &mut self.inbox_bytes);
        self.browser.readable(self.now.system, &mut |leg, packet| {
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
        leg.hearing.heard_at = now;
        leg.hearing.is_silent = false;
        let stamp = &header.stamp;
        let sequence = leg.hearing.reception.on_packet(now, stamp.sequence, stamp.timestamp);
        let is_first = !core::mem::replace(&mut leg.hearing.is_flowing, true);
        let is_event = terms.dtmf_pt == Some(header.payload_type);
        let payload = bytes.get(header.payload.clone()).unwrap_or_default();
        let digit = if is_event { leg.hearing.digits.on_packet(stamp.timestamp, payload) } else { None };
        let (id, peer, room) = (leg.id, leg.peer, leg.room.filter(|_| leg.is_mixed));
        let is_heard = !leg.hearing.is_muted && (is_event || terms.payload_type == header.payload_type);
        if leg.is_mixed && !is_event {
            let timestamp = stamp.timestamp / (terms.codec.clock() / media::RATE);
            let is_noise = terms.noise_pt == Some(header.payload_type);
            if let Some(slow) = leg.slow_mut() {
                slow.push(now, sequence, timestamp, payload, is_noise);
            }
        }
        if is_first {
            self.tell(Event::Flowing { leg: id });
        }
        if !terms.direction.receives() {
            return;
        }
        if let Some(digit) = digit {
            self.tell(Event::Digit { leg: id, digit });
        }
        match room {
            Some(room) if is_heard => digit.into_iter().for_each(|digit| self.pass_digit(id, room, digit)),
            Some(_) => {}
            None => {
                if !is_event {
                    self.look_into(slot, header, bytes, is_heard);
                }
                if let Some(peer) = peer.filter(|_| is_heard) {
                    self.pass_on(peer, &Passed { leg: id, codec: terms.codec, is_event, header }, bytes);
                }
            }
        }
    }

    /// Audio of a leg that is not mixed: record it, and hear digits in it where the peer has no other way to key them.
    fn look_into(&mut self, slot: usize, header: &Header, bytes: &[u8], is_heard: bool) {
        let now = self.now.media;
        let Some(leg) = self.legs.at(slot) else { return };
        let Some(terms) = leg.terms.filter(|terms| terms.payload_type == header.payload_type) else { return };
        let tap = leg.tap.filter(|_| is_heard);
        let hears_keys = terms.dtmf_pt.is_none();
        if !hears_keys && tap.is_none() {
            return;
        }
        let id = leg.id;
        let payload = bytes.get(header.payload.clone()).unwrap_or_default();
        let (mut key, mut on_key) = (None, None);
        let mut hear = |digit| key = Some(digit);
        if hears_keys {
            on_key = Some(&mut hear as &mut dyn FnMut(char));
        }
        let audio = match terms.codec.is_g711() && !hears_keys {
            true => Audio::Coded(terms.codec, payload),
            false => {
                leg.slow_mut().map_or(Audio::Samples(&[]), |slow| Audio::Samples(slow.decode_now(payload, on_key)))
            }
        };
        if let Some(tap) = tap {
            let source = Source { leg: id, ssrc: header.stamp.ssrc };
            let timestamp = header.stamp.timestamp / (terms.codec.clock() / media::RATE);
            self.tapes.write(now, tap, &Said { source, timestamp, audio });
        }
        if let Some(digit) = key {
            self.tell(Event::Digit { leg: id, digit });
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
        (leg.speaking.relayed_at, leg.speaking.is_fed) = (now.media, true);
        leg.transmit(&mut self.browser, now, &Parcel { payload_type, stamp, payload }, bytes);
        self.counts.relayed += 1;
    }
}

/// A report of the peer, taken only from the host that we hear.
fn on_rtcp(leg: &mut Leg, now: Instant, from: SocketAddr, packet: &[u8], tap: Option<&RtcpTap>) {
    let ends = match &leg.transport {
        Transport::Plain(plain) if plain.hears_host(from) => tap.and_then(|_| plain.rtcp_ends()),
        _ => return,
    };
    if let (Some(tap), Some((local, _))) = (tap, ends) {
        tap.tell(leg.contact, false, (local, from), packet);
    }
    let middle = leg.on_rtcp(packet, ntp_middle());
    if let (Transport::Plain(plain), Some(middle)) = (&mut leg.transport, middle) {
        plain.on_sender_report(now, middle);
    }
}

const _: () = assert!(DATAGRAM > HEADROOM + media::FRAME);
