//! Commands of the switchboard.

use super::Worker;
use crate::leg::{Leg, Playing, Terms, Transport};
use crate::plain::Plain;
use crate::ports::Pair;
use core::time::Duration;
use domain::{ContactId, LegId, PlayId, PromptId, RecordingId, Spoken};
use media::api::{Command, Direction, Event, LegKind, MediaError, PlayItem};
use media::codec::Codec;
use media::playout::{Playout, segments};
use media::sdes::MasterKey;
use media::stream::Outgoing;
use media::tape::Channel;
use poller::Token;

fn random() -> Result<u64, MediaError> {
    getrandom::u64().map_err(|_| MediaError::NoPort)
}

fn random_key() -> Result<MasterKey, MediaError> {
    let mut bytes = [0; 30];
    getrandom::fill(&mut bytes).map_err(|_| MediaError::NoPort)?;
    Ok(MasterKey::new(bytes))
}

/// Our codecs with one of them first.
fn in_order(codecs: &[Codec], first: Option<Codec>) -> Vec<Codec> {
    let (mut ordered, rest): (Vec<Codec>, Vec<Codec>) = codecs.iter().partition(|codec| Some(**codec) == first);
    ordered.extend(rest);
    ordered
}

impl Worker {
    /// Do what is wanted. Commands for unknown legs are ignored: they crossed with the end of the leg.
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::Open { leg, contact, kind, offer } => self.on_open(leg, contact, kind, offer.as_deref()),
            Command::Mix { legs, gains } => self.on_mix(&legs, &gains),
            Command::Gain { from, to, permille } => self.on_gain(from, to, permille),
            Command::StartRecording { recording, contact, customer, agent, silence } => {
                self.on_start_recording((recording, contact), (customer, agent), silence);
            }
            Command::RecordAgent { recording, agent } => self.on_record_agent(recording, agent),
            Command::PauseRecording { recording, paused } => {
                if let Some(tape) = self.tapes.find(recording) {
                    self.tapes.pause(self.now.media, tape, paused);
                }
            }
            Command::StopRecording { recording } => self.on_stop_recording(recording),
            Command::SetAnswer { leg, .. }
            | Command::Reoffer { leg, .. }
            | Command::MakeOffer { leg, .. }
            | Command::Play { leg, .. }
            | Command::StopPlay { leg }
            | Command::Bridge { a: leg, .. }
            | Command::Unbridge { leg }
            | Command::Mute { leg, .. }
            | Command::SendDigits { leg, .. }
            | Command::Close { leg } => {
                if let Some(slot) = self.legs.find(leg) {
                    self.on_leg_command(slot, leg, command);
                }
            }
        }
    }

    fn on_leg_command(&mut self, slot: usize, leg: LegId, command: Command) {
        match command {
            Command::SetAnswer { sdp, .. } => self.on_set_answer(slot, leg, &sdp),
            Command::Reoffer { sdp: Some(sdp), .. } => self.on_reoffer(slot, leg, &sdp),
            Command::Reoffer { sdp: None, .. } => self.on_reoffer_without_sdp(slot, leg),
            Command::MakeOffer { direction, .. } => self.on_make_offer(slot, leg, direction),
            Command::Play { play, items, repeat, .. } => self.on_play(slot, play, &items, repeat),
            Command::StopPlay { .. } => self.with(slot, |leg| leg.speaking.play = None),
            Command::Bridge { b, .. } => self.on_mix(&[leg, b], &[]),
            Command::Unbridge { .. } => self.leave_room(slot),
            Command::Mute { muted, .. } => self.with(slot, |leg| leg.hearing.is_muted = muted),
            Command::SendDigits { digits, .. } => self.on_send_digits(slot, &digits),
            Command::Close { .. } => self.close(slot),
            Command::Open { .. }
            | Command::Mix { .. }
            | Command::Gain { .. }
            | Command::PauseRecording { .. }
            | Command::StartRecording { .. }
            | Command::RecordAgent { .. }
            | Command::StopRecording { .. } => {}
        }
    }

    pub(super) fn with(&mut self, slot: usize, change: impl FnOnce(&mut Leg)) {
        if let Some(leg) = self.legs.at(slot) {
            change(leg);
            self.legs.rest(slot, 0);
        }
    }

    fn on_open(&mut self, leg: LegId, contact: ContactId, kind: LegKind, offer: Option<&str>) {
        if self.legs.find(leg).is_some() {
            tracing::warn!(%leg, "a media session was opened twice; the first stays");
            return;
        }
        let opened = match kind {
            LegKind::Plain => self.open_plain((leg, contact), (false, offer)),
            LegKind::Secured => self.open_plain((leg, contact), (true, offer)),
            LegKind::Browser => self.open_browser((leg, contact), offer),
        };
        match opened {
            Ok(sdp) => self.tell(Event::Opened { leg, sdp }),
            Err(why) => {
                (self.shared.on_unopened)(leg);
                self.tell(Event::OpenFailed { leg, why });
            }
        }
    }

    fn new_leg(&self, (id, contact): (LegId, ContactId), transport: Transport) -> Result<Leg, MediaError> {
        let (numbers, ssrc) = (random()?, random()?);
        // Random starts (RFC 3550 §5.1); the sequence in the lower half, so that it does not wrap at once.
        let stream = Outgoing::new(ssrc as u32, (numbers as u16) & 0x7FFF, (numbers >> 32) as u32);
        Ok(Leg::new(id, contact, transport, stream, self.now.media))
    }

    fn open_plain(&mut self, id: (LegId, ContactId), wanted: (bool, Option<&str>)) -> Result<String, MediaError> {
        let pair = self.shared.ports.open(self.now.system).map_err(|why| {
            tracing::warn!(%why, "no port for a media session");
            MediaError::NoPort
        })?;
        let port = pair.address.port();
        let opened = self.start_plain(id, pair, wanted);
        if opened.is_err() {
            self.shared.ports.close(self.now.system, port);
        }
        opened
    }

    fn start_plain(
        &mut self,
        id: (LegId, ContactId),
        pair: Pair,
        (is_secured, offer): (bool, Option<&str>),
    ) -> Result<String, MediaError> {
        let preferred = self.codec_of(id.1);
        // The session's number must fit a signed 64-bit integer in the hands of some peers.
        let codecs = in_order(&self.shared.codecs, preferred);
        let mut plain =
            Plain::new(pair, random()? >> 2, self.shared.silence_after, codecs, (random_key()?, is_secured));
        let (sdp, terms) = match offer {
            Some(offer) => plain.answer(self.now.media, offer, preferred).map(|(sdp, terms)| (sdp, Some(terms)))?,
            None => (plain.offer(None), None),
        };
        let slot = self.legs.next();
        self.poller
            .add(plain.socket(), Token(slot * 2))
            .and_then(|()| self.poller.add(&plain.rtcp, Token(slot * 2 + 1)))
            .map_err(|_| MediaError::NoPort)?;
        let mut leg = self.new_leg(id, Transport::Plain(plain))?;
        if let Some(terms) = terms {
            leg.agree(self.now.media, terms);
        }
        self.legs.insert(leg);
        Ok(sdp)
    }

    fn open_browser(&mut self, names: (LegId, ContactId), offer: Option<&str>) -> Result<String, MediaError> {
        let mut leg = self.new_leg(names, Transport::Browser)?;
        let id = names.0;
        let sdp = match offer {
            Some(offer) => {
                let (answer, direction) = self.browser.answer(self.now.system, id, offer)?;
                leg.terms = Some(self.browser_terms(id, direction).inspect_err(|_| self.browser.close(id))?);
                answer
            }
            None => self.browser.offer(self.now.system, id)?,
        };
        self.legs.insert(leg);
        Ok(sdp)
    }

    /// What the legs of a contact speak already: one more of it had better speak the same.
    fn codec_of(&mut self, contact: ContactId) -> Option<Codec> {
        let slots = self.legs.of(contact).to_vec();
        slots.into_iter().find_map(|slot| Some(self.legs.at(slot)?.terms?.codec))
    }

    /// Put into force what was agreed, and say how it went.
    fn settle<T>(&mut self, slot: usize, id: LegId, outcome: Result<(T, Terms), MediaError>) -> Option<(T, Direction)> {
        let now = self.now.media;
        match outcome {
            Ok((value, terms)) => {
                self.with(slot, |leg| leg.agree(now, terms));
                if let Some(room) = self.legs.at(slot).and_then(|leg| leg.room) {
                    self.settle_room(room);
                }
                Some((value, terms.direction))
            }
            Err(why) => {
                self.tell(Event::RemoteRefused { leg: id, why });
                None
            }
        }
    }

    fn browser_terms(&self, id: LegId, direction: Direction) -> Result<Terms, MediaError> {
        let (payload_type, dtmf_pt) = self.browser.payload_types(id).ok_or(MediaError::BadSdp)?;
        let codec = Codec::from_payload_type(payload_type).ok_or(MediaError::NoCodec)?;
        Ok(Terms { codec, payload_type, dtmf_pt, noise_pt: None, direction })
    }

    fn on_set_answer(&mut self, slot: usize, id: LegId, sdp: &str) {
        let now = self.now;
        let outcome = match self.legs.at(slot).map(|leg| &mut leg.transport) {
            Some(Transport::Plain(plain)) => plain.accept(now.media, sdp),
            Some(Transport::Browser) => {
                self.browser.set_answer(now.system, id, sdp).and_then(|direction| self.browser_terms(id, direction))
            }
            None => return,
        };
        if self.settle(slot, id, outcome.map(|terms| ((), terms))).is_some() {
            self.tell(Event::RemoteSet { leg: id });
        }
    }

    fn on_reoffer(&mut self, slot: usize, id: LegId, sdp: &str) {
        let now = self.now;
        // A change of codec in the middle of a call is the peer's wish only if it leaves no choice.
        let codec = self.legs.at(slot).and_then(|leg| leg.terms).map(|terms| terms.codec);
        let outcome = match self.legs.at(slot).map(|leg| &mut leg.transport) {
            Some(Transport::Plain(plain)) => plain.answer(now.media, sdp, codec),
            Some(Transport::Browser) => self
                .browser
                .reoffer(now.system, id, sdp)
                .and_then(|(answer, direction)| Ok((answer, self.browser_terms(id, direction)?))),
            None => return,
        };
        if let Some((sdp, direction)) = self.settle(slot, id, outcome) {
            self.tell(Event::Reanswered { leg: id, sdp, direction });
        }
    }

    fn on_reoffer_without_sdp(&mut self, slot: usize, id: LegId) {
        let direction = match self.legs.at(slot) {
            Some(Leg { transport: Transport::Plain(plain), .. }) => plain.direction(),
            Some(_) => self.browser.wish(id),
            None => return,
        };
        if let Some(sdp) = self.make_offer(slot, id, direction) {
            self.tell(Event::Reanswered { leg: id, sdp, direction });
        }
    }

    fn on_make_offer(&mut self, slot: usize, id: LegId, direction: Direction) {
        if let Some(sdp) = self.make_offer(slot, id, direction) {
            self.tell(Event::Offer { leg: id, sdp });
        }
    }

    fn make_offer(&mut self, slot: usize, id: LegId, direction: Direction) -> Option<String> {
        let made = match &mut self.legs.at(slot)?.transport {
            Transport::Plain(plain) => Ok(plain.offer(Some(direction))),
            Transport::Browser => self.browser.make_offer(self.now.system, id, direction),
        };
        made.map_err(|why| self.tell(Event::RemoteRefused { leg: id, why })).ok()
    }

    fn on_play(&mut self, slot: usize, play: PlayId, items: &[PlayItem], repeat: bool) {
        let (prompts, default) = (&self.prompts, self.shared.default_language);
        let find = |id: &PromptId, language| prompts.find(*id, language, default);
        let voice = self.shared.voice.as_ref();
        let ask = |spoken: &Spoken, language| voice.map(|voice| voice.ask(spoken, language));
        let found = segments(items, (&find, &ask), &mut |id, language| {
            tracing::warn!(prompt = %id, %language, "a prompt is missing; silence is played in its place");
        });
        let playing = Playing { id: play, playout: Playout::new(found, repeat) };
        self.with(slot, |leg| leg.speaking.play = Some(playing));
    }

    fn on_send_digits(&mut self, slot: usize, digits: &str) {
        self.with(slot, |leg| match leg.terms.and_then(|terms| terms.dtmf_pt) {
            Some(_) => leg.speaking.digits.push(digits),
            None => tracing::warn!(leg = %leg.id, "the peer takes no telephone events; digits are not sent"),
        });
    }

    fn on_start_recording(
        &mut self,
        (recording, contact): (RecordingId, ContactId),
        (customer, agent): (LegId, Option<LegId>),
        silence: Option<Duration>,
    ) {
        if self.tapes.find(recording).is_some() {
            return;
        }
        let tape = self.tapes.open(self.now.media, (recording, contact), silence);
        self.tap(Some(customer), tape, Channel::Customer);
        self.tap(agent, tape, Channel::Agent);
    }

    fn on_record_agent(&mut self, recording: RecordingId, agent: Option<LegId>) {
        let Some(tape) = self.tapes.find(recording) else { return };
        self.untap(|tap| tap == (tape, Channel::Agent));
        self.tap(agent, tape, Channel::Agent);
    }

    fn on_stop_recording(&mut self, recording: RecordingId) {
        let Some(tape) = self.tapes.find(recording) else { return };
        self.untap(|(slot, _)| slot == tape);
        self.tapes.close(self.now.media, tape);
    }

    fn tap(&mut self, leg: Option<LegId>, tape: usize, channel: Channel) {
        if let Some(slot) = leg.and_then(|leg| self.legs.find(leg)) {
            self.with(slot, |leg| {
                leg.lent_tap = leg.tap.filter(|(other, _)| *other != tape);
                leg.tap = Some((tape, channel));
            });
        }
    }

    fn untap(&mut self, matches: impl Fn((usize, Channel)) -> bool) {
        for slot in self.legs.all() {
            if let Some(leg) = self.legs.at(slot) {
                leg.lent_tap = leg.lent_tap.filter(|tap| !matches(*tap));
                leg.tap = leg.tap.filter(|tap| !matches(*tap)).or_else(|| leg.lent_tap.take());
            }
        }
    }

    /// End a leg; its figures are the last that is heard of it.
    pub(super) fn close(&mut self, slot: usize) {
        self.leave_room(slot);
        let Some(leg) = self.legs.remove(slot) else { return };
        match &leg.transport {
            // The poller forgets the sockets when the leg is dropped.
            Transport::Plain(plain) => self.shared.ports.close(self.now.system, plain.port()),
            Transport::Browser => self.browser.close(leg.id),
        }
        self.tell(Event::Stats { leg: leg.id, stats: leg.stats() });
    }
}
