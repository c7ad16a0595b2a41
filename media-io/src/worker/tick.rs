//! The 20 ms clock: prompts, digits, comfort noise, silence, reports and recordings.

use super::{HEADROOM, Worker};
use crate::browser::BrowserPort;
use crate::clock::Now;
use crate::leg::{Leg, Parcel, Transport};
use crate::rtcp_report::compound;
use crate::settings::RtcpTap;
use domain::{LegId, PlayId};
use media::FRAME;
use media::api::{Event, LegStats};
use media::codec::PAYLOAD;
use media::dtmf::{EventPayload, Step};
use media::noise::Description;
use media::rtp::Stamp;
use std::time::Duration;

/// How often reports are sent (RFC 3550 §6.2).
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// A joined leg to which nothing was passed on for so long hears comfort noise, so that the way to it stays open.
const GAP: Duration = Duration::from_millis(200);

/// How often a quiet peer is told so.
const NOISE_EVERY: Duration = Duration::from_millis(200);

/// How often a leg is sent a packet while the one that it is joined to has not said anything yet. There is no talk whose
/// pauses would sound dead, and fifteen seconds would keep the way through a NAT open (RFC 6263 §8).
const KEEP_OPEN_EVERY: Duration = Duration::from_secs(1);

/// Ticks for which a leg that only relays is left alone: less than the gap that would be noticed.
const REST: u64 = 5;

/// Ticks from one telling of figures to the next: five seconds.
const TELL_EVERY: u64 = 250;

impl Worker {
    /// 20 ms have passed.
    pub(super) fn on_tick(&mut self) {
        self.browser.tick(self.now.system);
        self.ticks += 1;
        self.mix_rooms();
        for slot in self.legs.all() {
            if self.legs.is_due(slot, self.ticks) {
                self.on_leg_tick(slot);
            }
        }
        if self.ticks.is_multiple_of(TELL_EVERY) {
            self.tell_figures();
        }
        let mut silent = Vec::new();
        self.counts.recorder_gaps += self.tapes.tick(self.now.media, |recording| silent.push(recording));
        silent.into_iter().for_each(|recording| self.tell(Event::FellSilent { recording }));
        self.shared.figures.add(&mut self.counts);
    }

    /// How all legs were lately, in one event.
    fn tell_figures(&mut self) {
        let slots = self.legs.all();
        let told = |slot| self.legs.at(slot).and_then(|leg| Some((leg.id, leg.live_stats()?)));
        let all: Vec<(LegId, LegStats)> = slots.filter_map(told).collect();
        if !all.is_empty() {
            self.tell(Event::LiveStats(all));
        }
    }

    fn on_leg_tick(&mut self, slot: usize) {
        let (now, silence_after) = (self.now, self.shared.silence_after);
        let Some(leg) = self.legs.at(slot) else { return };
        let (id, rests) = (leg.id, is_only_relaying(leg, now) || leg.awaits_first_word());
        if let Transport::Plain(plain) = &mut leg.transport {
            plain.tend(now.media);
        }
        let ended = speak(leg, &mut self.browser, now);
        let is_broken = matches!(leg.transport, Transport::Browser) && self.browser.has_failed(id);
        let fell_silent = notice_silence(leg, now, silence_after, is_broken);
        leg.sample();
        report(leg, now, self.shared.rtcp_tap.as_ref());
        if rests {
            self.legs.rest(slot, self.ticks + REST);
        }
        if let Some(play) = ended {
            self.tell(Event::PlayDone { leg: id, play });
        }
        if fell_silent {
            self.tell(Event::Silent { leg: id });
        }
    }
}

/// Whether a leg hears its peer and nothing of our making.
fn is_only_relaying(leg: &Leg, now: Now) -> bool {
    let speaking = &leg.speaking;
    let is_relayed = leg.peer.is_some() && now.media.since(speaking.relayed_at) < GAP;
    is_relayed && speaking.play.is_none() && !speaking.digits.is_busy()
}

/// Say what is to be said in these 20 ms; answers the play that has come to its end.
fn speak(leg: &mut Leg, browser: &mut BrowserPort, now: Now) -> Option<PlayId> {
    let terms = leg.terms?;
    if matches!(leg.transport, Transport::Browser) && !browser.is_connected(leg.id) {
        // A prompt must not lose its beginning while the keys are being agreed.
        return None;
    }
    if let Some(events) = terms.dtmf_pt {
        match leg.speaking.digits.step() {
            Step::Idle => {}
            Step::Rest => return None,
            Step::Event { first, payload } => {
                let scale = (terms.codec.clock() / media::RATE) as u16;
                let bytes = EventPayload { duration: payload.duration.saturating_mul(scale), ..payload }.to_bytes();
                let stamp = leg.speaking.stream.event(now.media, first, bytes.len());
                let mut buffer = [0; HEADROOM + 4];
                buffer[HEADROOM..].copy_from_slice(&bytes);
                let parcel = Parcel { payload_type: events, stamp, payload: HEADROOM..HEADROOM + 4 };
                leg.transmit(browser, now, &parcel, &mut buffer);
                return None;
            }
        }
    }
    if is_only_relaying(leg, now) {
        return None;
    }
    if let Some(payload_type) = terms.noise_pt.filter(|_| leg.hears_nothing()) {
        say_that_it_is_quiet(leg, browser, now, payload_type);
        return None;
    }
    if leg.awaits_first_word() {
        if now.media.since(leg.speaking.noise_at) < KEEP_OPEN_EVERY {
            return None;
        }
        leg.speaking.noise_at = now.media;
        leg.speaking.stream.pause();
    }
    let mut frame = [0; FRAME];
    let ended = fill(leg, &mut frame);
    if terms.direction.sends() {
        let mut buffer = [0; HEADROOM + PAYLOAD];
        let payload = buffer.last_chunk_mut::<PAYLOAD>()?;
        let length = leg.encode(terms.codec, &frame, payload);
        if length == 0 {
            return ended;
        }
        let stamp = leg.speaking.stream.generated(now.media, FRAME as u32, length);
        let parcel = Parcel { payload_type: terms.payload_type, stamp, payload: HEADROOM..HEADROOM + length };
        leg.transmit(browser, now, &parcel, &mut buffer);
    }
    ended
}

/// A peer that makes its own comfort noise (RFC 3389) is told of it now and then, and not sent fifty packets a second.
fn say_that_it_is_quiet(leg: &mut Leg, browser: &mut BrowserPort, now: Now, payload_type: u8) {
    let is_due = now.media.since(leg.speaking.noise_at) >= NOISE_EVERY;
    if !is_due || !leg.terms.is_some_and(|terms| terms.direction.sends()) {
        return;
    }
    leg.speaking.noise_at = now.media;
    let mut sample = [0; FRAME];
    leg.speaking.noise.fill(&mut sample);
    let payload = Description::of(&sample).to_payload();
    let mut buffer = [0; HEADROOM + 1];
    buffer[HEADROOM..].copy_from_slice(&payload);
    // What is said next is a new talkspurt, and so is each of these.
    leg.speaking.stream.pause();
    let stamp = Stamp { marker: false, ..leg.speaking.stream.generated(now.media, FRAME as u32, payload.len()) };
    leg.speaking.stream.pause();
    let parcel = Parcel { payload_type, stamp, payload: HEADROOM..HEADROOM + 1 };
    leg.transmit(browser, now, &parcel, &mut buffer);
}

/// The frame of a play or of comfort noise; answers a play that ended.
fn fill(leg: &mut Leg, frame: &mut [i16; FRAME]) -> Option<PlayId> {
    if let Some(playing) = &mut leg.speaking.play {
        let id = playing.id;
        if playing.playout.fill(frame) {
            return None;
        }
        leg.speaking.play = None;
        return Some(id);
    }
    let mixed = if leg.is_mixed { leg.slow_mut().and_then(|slow| slow.mixed.take()) } else { None };
    match mixed {
        Some(mixed) => *frame = mixed,
        None => leg.speaking.noise.fill(frame),
    }
    None
}

/// Whether the peer has just been silent for too long, or its session has just broken. Held legs are spared the wait:
/// nothing is expected of them.
fn notice_silence(leg: &mut Leg, now: Now, silence_after: Duration, is_broken: bool) -> bool {
    let expected = leg.terms.is_some_and(|terms| terms.direction.receives());
    if !expected {
        leg.hearing.heard_at = now.media;
    }
    let is_silent = is_broken || (expected && now.media.since(leg.hearing.heard_at) >= silence_after);
    is_silent && !core::mem::replace(&mut leg.hearing.is_silent, true)
}

/// Send the report that is due, if one is.
fn report(leg: &mut Leg, now: Now, tap: Option<&RtcpTap>) {
    if now.media.since(leg.speaking.reported_at) < REPORT_EVERY {
        return;
    }
    leg.speaking.reported_at = now.media;
    let Transport::Plain(plain) = &leg.transport else { return };
    let source = plain.reported_source();
    if let Some(packet) = compound(leg, now.media, source)
        && let Transport::Plain(plain) = &mut leg.transport
    {
        plain.send_rtcp(&packet);
        if let (Some(tap), Some(ends)) = (tap, tap.and_then(|_| plain.rtcp_ends())) {
            tap.tell(leg.contact, true, ends, &packet);
        }
    }
}
