//! The 20 ms clock: prompts, digits, comfort noise, silence, reports and recordings.

use super::{HEADROOM, Worker};
use crate::browser::BrowserPort;
use crate::clock::Now;
use crate::leg::{Leg, Parcel, Transport};
use crate::rtcp_report::compound;
use domain::PlayId;
use media::FRAME;
use media::api::Event;
use media::dtmf::Step;
use std::time::Duration;

/// How often reports are sent (RFC 3550 §6.2).
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// A joined leg to which nothing was passed on for so long hears comfort noise, so that the way to it stays open.
const GAP: Duration = Duration::from_millis(200);

impl Worker {
    /// 20 ms have passed.
    pub(super) fn on_tick(&mut self) {
        self.browser.tick(self.now.system);
        for slot in self.legs.all() {
            self.on_leg_tick(slot);
        }
        self.counts.recorder_gaps += self.tapes.tick(self.now.media);
        self.shared.figures.add(&mut self.counts);
    }

    fn on_leg_tick(&mut self, slot: usize) {
        let (now, silence_after) = (self.now, self.shared.silence_after);
        let Some(leg) = self.legs.at(slot) else { return };
        let id = leg.id;
        let ended = speak(leg, &mut self.browser, now);
        let is_broken = matches!(leg.transport, Transport::Browser) && self.browser.has_failed(id);
        let fell_silent = notice_silence(leg, now, silence_after, is_broken);
        report(leg, now);
        if let Some(play) = ended {
            self.tell(Event::PlayDone { leg: id, play });
        }
        if fell_silent {
            self.tell(Event::Silent { leg: id });
        }
    }
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
                let bytes = payload.to_bytes();
                let stamp = leg.speaking.stream.event(now.media, first, bytes.len());
                let mut buffer = [0; HEADROOM + 4];
                buffer[HEADROOM..].copy_from_slice(&bytes);
                let parcel = Parcel { payload_type: events, stamp, payload: HEADROOM..HEADROOM + 4 };
                leg.transmit(browser, now, &parcel, &mut buffer);
                return None;
            }
        }
    }
    let mut frame = [0; FRAME];
    let ended = fill(leg, now, &mut frame)?;
    if terms.direction.sends() {
        let mut buffer = [0; HEADROOM + FRAME];
        terms.codec.encode(&frame, &mut buffer[HEADROOM..]);
        let stamp = leg.speaking.stream.generated(now.media, FRAME as u32, FRAME);
        let parcel = Parcel { payload_type: terms.payload_type, stamp, payload: HEADROOM..HEADROOM + FRAME };
        leg.transmit(browser, now, &parcel, &mut buffer);
    }
    ended
}

/// The frame of a play or of comfort noise; `None` if the leg hears its peer. The inner value is a play that ended.
fn fill(leg: &mut Leg, now: Now, frame: &mut [i16]) -> Option<Option<PlayId>> {
    if let Some(playing) = &mut leg.speaking.play {
        let id = playing.id;
        if playing.playout.fill(frame) {
            return Some(None);
        }
        leg.speaking.play = None;
        return Some(Some(id));
    }
    if leg.peer.is_some() && now.media.since(leg.speaking.relayed_at) < GAP {
        return None;
    }
    leg.speaking.noise.fill(frame);
    Some(None)
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

fn report(leg: &mut Leg, now: Now) {
    if now.media.since(leg.speaking.reported_at) < REPORT_EVERY {
        return;
    }
    leg.speaking.reported_at = now.media;
    let Transport::Plain(plain) = &leg.transport else { return };
    let source = plain.reported_source();
    if let Some(packet) = compound(leg, now.media, source)
        && let Transport::Plain(plain) = &leg.transport
    {
        plain.send_rtcp(&packet);
    }
}
