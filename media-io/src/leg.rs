//! One leg: what it hears, what it says, and how it is carried.

use crate::browser::{BrowserPort, RtpOut};
use crate::clock::Now;
use crate::plain::Plain;
use crate::slow::Slow;
use core::ops::Range;
use domain::{ContactId, Instant, LegId, PlayId};
use media::FRAME;
use media::api::{Direction, LegStats};
use media::codec::{Codec, PAYLOAD};
use media::dtmf;
use media::playout::Playout;
use media::quality::{Impairments, mos_permille, rating};
use media::rtcp;
use media::rtp::Stamp;
use media::sequence::{Reception, Tally};
use media::stream::Outgoing;
use media::tape::Channel;
use media::tone::ComfortNoise;

/// What was agreed with the peer, as far as packets are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    pub(crate) dtmf_pt: Option<u8>,
    pub(crate) noise_pt: Option<u8>,
    pub(crate) direction: Direction,
}

/// How a leg is carried.
#[expect(clippy::large_enum_variant, reason = "most legs are plain, and each of their packets would follow a pointer")]
pub(crate) enum Transport {
    /// Sockets of its own.
    Plain(Plain),
    /// A session on the worker's browser port.
    Browser,
}

/// What the peer says of our stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Feedback {
    pub(crate) lost: u32,
    pub(crate) jitter_us: u32,
    /// 0: not known.
    pub(crate) round_trip_us: u32,
}

/// Jitter over a time, looked at once in each step of the clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Jitter {
    sum_us: u64,
    count: u32,
}

impl Jitter {
    fn add(&mut self, us: u32) {
        self.sum_us += u64::from(us);
        self.count += 1;
    }

    fn mean_us(&self) -> Option<u32> {
        u32::try_from(self.sum_us.checked_div(u64::from(self.count))?).ok()
    }
}

/// What is remembered of a leg's figures.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// When live figures were told last.
    told: Tally,
    /// Since then, and since the beginning.
    jitter: (Jitter, Jitter),
    jitter_max_us: u32,
}

/// What came from the peer.
pub(crate) struct Hearing {
    pub(crate) reception: Reception,
    pub(crate) figures: Figures,
    pub(crate) digits: dtmf::Receiver,
    pub(crate) heard_at: Instant,
    pub(crate) is_flowing: bool,
    pub(crate) is_silent: bool,
    pub(crate) is_muted: bool,
    pub(crate) feedback: Feedback,
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
    /// Something was passed on to it since it was joined.
    pub(crate) is_fed: bool,
    /// When the peer was last told that it is quiet (RFC 3389).
    pub(crate) noise_at: Instant,
    pub(crate) reported_at: Instant,
}

/// A leg.
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) transport: Transport,
    pub(crate) terms: Option<Terms>,
    /// The slot of the leg whose packets are passed on to it.
    pub(crate) peer: Option<usize>,
    /// Whether it is mixed with others, and not relayed.
    pub(crate) is_mixed: bool,
    /// The conference that it is in.
    pub(crate) room: Option<usize>,
    /// The recording's slot and the channel that this leg is recorded on.
    pub(crate) tap: Option<(usize, Channel)>,
    /// The one from which a newer recording took it, and to which it goes back.
    pub(crate) lent_tap: Option<(usize, Channel)>,
    pub(crate) hearing: Hearing,
    pub(crate) speaking: Speaking,
    pub(crate) contact: ContactId,
    slow: Option<Box<Slow>>,
}

impl Leg {
    /// A leg that has neither heard nor said anything.
    pub(crate) fn new(id: LegId, contact: ContactId, transport: Transport, stream: Outgoing, now: Instant) -> Self {
        let hearing = Hearing {
            reception: Reception::default(),
            figures: Figures::default(),
            digits: dtmf::Receiver::default(),
            heard_at: now,
            is_flowing: false,
            is_silent: false,
            is_muted: false,
            feedback: Feedback::default(),
        };
        let speaking = Speaking {
            stream,
            digits: dtmf::Sender::default(),
            play: None,
            noise: ComfortNoise::default(),
            relayed_at: now,
            is_fed: false,
            noise_at: now,
            reported_at: now,
        };
        Self {
            id,
            transport,
            terms: None,
            peer: None,
            is_mixed: false,
            room: None,
            tap: None,
            lent_tap: None,
            hearing,
            speaking,
            contact,
            slow: None,
        }
    }

    /// Terms are in force from now on: the peer has the whole time again before it counts as silent.
    pub(crate) fn agree(&mut self, now: Instant, terms: Terms) {
        self.terms = Some(terms);
        self.hearing.heard_at = now;
        self.hearing.is_silent = false;
        self.hearing.reception.set_clock(terms.codec.clock());
        self.speaking.stream.set_clock(terms.codec.clock());
        if self.slow.as_ref().is_some_and(|slow| slow.codec != terms.codec) {
            self.slow = None;
        }
    }

    /// The slow path, made when it is first needed; `None` before anything is agreed.
    pub(crate) fn slow_mut(&mut self) -> Option<&mut Slow> {
        if self.slow.is_none() {
            self.slow = Slow::new(self.terms?.codec);
        }
        self.slow.as_deref_mut()
    }

    /// The peer's packets begin anew.
    pub(crate) fn restart(&mut self) {
        self.hearing.reception.restart();
        self.hearing.digits.restart();
        if let Some(slow) = &mut self.slow {
            slow.restart();
        }
    }

    /// Whether there is neither a play nor a conference to be heard.
    pub(crate) fn hears_nothing(&self) -> bool {
        let is_mixed = self.is_mixed && self.slow.as_ref().is_some_and(|slow| slow.mixed.is_some());
        self.speaking.play.is_none() && !is_mixed
    }

    /// Whether it is joined to a leg that has not said anything yet, and hears nothing of our making either.
    pub(crate) fn awaits_first_word(&self) -> bool {
        let is_plain = matches!(self.transport, Transport::Plain(_));
        let is_busy = self.speaking.digits.is_busy() || !self.hears_nothing();
        is_plain && self.peer.is_some() && !self.speaking.is_fed && !is_busy
    }

    /// Encode 20 ms; answers the payload's length.
    pub(crate) fn encode(&mut self, codec: Codec, frame: &[i16; FRAME], payload: &mut [u8; PAYLOAD]) -> usize {
        if codec.is_g711() {
            return codec.encode(frame, payload);
        }
        self.slow_mut().map_or(0, |slow| slow.encode(frame, payload))
    }

    /// Look at the jitter, once in a step of the clock.
    pub(crate) fn sample(&mut self) {
        let hearing = &mut self.hearing;
        if hearing.is_flowing {
            let now_us = hearing.reception.jitter_us();
            let figures = &mut hearing.figures;
            figures.jitter.0.add(now_us);
            figures.jitter.1.add(now_us);
            figures.jitter_max_us = figures.jitter_max_us.max(now_us);
        }
    }

    /// Figures of the whole session.
    pub(crate) fn stats(&self) -> LegStats {
        self.stats_of(&self.hearing.reception.tally(), self.hearing.figures.jitter.1)
    }

    /// Figures since they were told last; `None` if the peer has not been heard yet.
    pub(crate) fn live_stats(&mut self) -> Option<LegStats> {
        if !self.hearing.is_flowing {
            return None;
        }
        let (now, figures) = (self.hearing.reception.tally(), &mut self.hearing.figures);
        let (told, jitter) = (core::mem::replace(&mut figures.told, now), core::mem::take(&mut figures.jitter.0));
        Some(self.stats_of(&now.since(&told), jitter))
    }

    fn stats_of(&self, heard: &Tally, jitter: Jitter) -> LegStats {
        let (reception, feedback) = (&self.hearing.reception, &self.hearing.feedback);
        let jitter_us = jitter.mean_us().unwrap_or_else(|| reception.jitter_us());
        LegStats {
            received: heard.received,
            sent: self.speaking.stream.packets(),
            lost: heard.lost,
            jitter_us,
            jitter_max_us: self.hearing.figures.jitter_max_us.max(jitter_us),
            peer_lost: feedback.lost,
            peer_jitter_us: feedback.jitter_us,
            round_trip_us: feedback.round_trip_us,
            mos_permille: self.mos_permille(heard, jitter_us),
            codec: self.terms.map(|terms| terms.codec),
        }
    }

    /// How what we hear of the peer sounds to whoever hears it through a jitter buffer.
    fn mos_permille(&self, heard: &Tally, jitter_us: u32) -> u16 {
        let Some(terms) = self.terms.filter(|_| heard.received > 0) else { return 0 };
        let network_ms = f64::from(self.hearing.feedback.round_trip_us) / 2_000.0;
        // One frame is collected before it is sent, and a jitter buffer waits for the late ones.
        let delay_ms = network_ms + 20.0 + f64::from(jitter_us) / 500.0;
        let (loss, burst) = (heard.loss(), heard.burst());
        mos_permille(rating(&Impairments { codec: terms.codec, loss, burst, delay_ms }))
    }

    /// A compound RTCP packet came from the peer's host; answers the middle of its NTP time, if it is a sender's.
    pub(crate) fn on_rtcp(&mut self, packet: &[u8], now_middle: u32) -> Option<u32> {
        let found = rtcp::feedback(packet, self.speaking.stream.ssrc());
        if let Some(about_us) = found.about_us {
            let feedback = &mut self.hearing.feedback;
            feedback.lost = about_us.lost;
            feedback.jitter_us = about_us.jitter.saturating_mul(125);
            feedback.round_trip_us = about_us.round_trip_us(now_middle).unwrap_or(feedback.round_trip_us);
        }
        found.middle
    }

    /// Send the payload that lies at `payload` in `buffer`; a packet that the system does not take is lost.
    pub(crate) fn transmit(&mut self, browser: &mut BrowserPort, now: Now, out: &Parcel, buffer: &mut [u8]) {
        match &mut self.transport {
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
