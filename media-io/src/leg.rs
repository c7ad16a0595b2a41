//! One leg: what it hears, what it says, and how it is carried.

use crate::browser::{BrowserPort, RtpOut};
use crate::clock::Now;
use crate::plain::Plain;
use core::ops::Range;
use domain::{Instant, LegId, PlayId};
use media::api::{Direction, LegStats};
use media::dtmf;
use media::g711::Codec;
use media::playout::Playout;
use media::rtp::Stamp;
use media::sequence::Reception;
use media::stream::Outgoing;
use media::tape::Channel;
use media::tone::ComfortNoise;

/// What was agreed with the peer, as far as packets are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    pub(crate) dtmf_pt: Option<u8>,
    pub(crate) direction: Direction,
}

/// How a leg is carried.
pub(crate) enum Transport {
    /// Sockets of its own.
    Plain(Box<Plain>),
    /// A session on the worker's browser port.
    Browser,
}

/// What came from the peer.
pub(crate) struct Hearing {
    pub(crate) reception: Reception,
    pub(crate) digits: dtmf::Receiver,
    pub(crate) heard_at: Instant,
    pub(crate) is_flowing: bool,
    pub(crate) is_silent: bool,
    pub(crate) is_muted: bool,
}

/// A play under way.
pub(crate) struct Playing {
    pub(crate) id: PlayId,
    pub(crate) playout: Playout,
}

/// What goes to the peer.
pub(crate) struct Speaking {
    pub(crate) stream: Outgoing,
    pub(crate) digits: dtmf::Sender,
    pub(crate) play: Option<Playing>,
    pub(crate) noise: ComfortNoise,
    pub(crate) relayed_at: Instant,
    pub(crate) reported_at: Instant,
}

/// A leg.
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) transport: Transport,
    pub(crate) terms: Option<Terms>,
    /// The slot of the leg that it is joined to.
    pub(crate) peer: Option<usize>,
    /// The recording's slot and the channel that this leg is recorded on.
    pub(crate) tap: Option<(usize, Channel)>,
    pub(crate) hearing: Hearing,
    pub(crate) speaking: Speaking,
}

impl Leg {
    /// A leg that has neither heard nor said anything.
    pub(crate) fn new(id: LegId, transport: Transport, stream: Outgoing, now: Instant) -> Self {
        let hearing = Hearing {
            reception: Reception::default(),
            digits: dtmf::Receiver::default(),
            heard_at: now,
            is_flowing: false,
            is_silent: false,
            is_muted: false,
        };
        let speaking = Speaking {
            stream,
            digits: dtmf::Sender::default(),
            play: None,
            noise: ComfortNoise::default(),
            relayed_at: now,
            reported_at: now,
        };
        Self { id, transport, terms: None, peer: None, tap: None, hearing, speaking }
    }

    /// Terms are in force from now on: the peer has the whole time again before it counts as silent.
    pub(crate) fn agree(&mut self, now: Instant, terms: Terms) {
        self.terms = Some(terms);
        self.hearing.heard_at = now;
        self.hearing.is_silent = false;
    }

    /// Figures so far.
    pub(crate) fn stats(&self) -> LegStats {
        LegStats {
            received: self.hearing.reception.received(),
            sent: self.speaking.stream.packets(),
            lost: self.hearing.reception.lost(),
            jitter_us: self.hearing.reception.jitter_us(),
        }
    }

    /// Send the payload that lies at `payload` in `buffer`; a packet that the system does not take is lost.
    pub(crate) fn transmit(&self, browser: &mut BrowserPort, now: Now, out: &Parcel, buffer: &mut [u8]) {
        match &self.transport {
            Transport::Plain(plain) => plain.send(out.payload_type, &out.stamp, buffer, &out.payload),
            Transport::Browser => {
                let Some(payload) = buffer.get(out.payload.clone()) else { return };
                let (marker, timestamp) = (out.stamp.marker, out.stamp.timestamp);
                let packet = RtpOut { payload_type: out.payload_type, marker, timestamp, payload };
                browser.send_rtp(now.system, self.id, &packet);
            }
        }
    }
}

/// One packet to be sent.
pub(crate) struct Parcel {
    pub(crate) payload_type: u8,
    pub(crate) stamp: Stamp,
    pub(crate) payload: Range<usize>,
}
