//! Media workers and a recorder that play nothing and keep account of every session.

use crate::dice::Dice;
use call::api::FinishedRecording;
use core::time::Duration;
use domain::{LegId, PlayId, RecordingId};
use media::api::{Command, Direction, Event, LegStats, MediaError, PlayItem};
use std::collections::BTreeMap;

/// What comes back after a time.
#[derive(Debug)]
pub(crate) enum Answer {
    Event(Event),
    /// A playing comes to its end, unless it was replaced or stopped.
    Played(LegId, PlayId),
    Recorded(RecordingId, Option<FinishedRecording>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Failed,
    Closed,
}

struct Leg {
    state: State,
    peer: Option<usize>,
    playing: Option<PlayId>,
    partner: Option<LegId>,
}

#[derive(Default)]
pub(crate) struct Plant {
    legs: BTreeMap<LegId, Leg>,
    /// True: running.
    tapes: BTreeMap<RecordingId, bool>,
    pub faults: Vec<String>,
}

const OURS: &str = "v=0\r\no=board 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
                    m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";

fn ours(direction: Direction) -> String {
    format!("{OURS}a={}\r\n", direction.attribute())
}

/// The person whose description this is.
fn peer(sdp: &str) -> Option<usize> {
    let line = sdp.lines().find_map(|line| line.strip_prefix("o=p"))?;
    line.split(' ').next()?.parse().ok()
}

fn wanted(sdp: Option<&str>) -> Direction {
    match sdp {
        Some(sdp) if sdp.contains("a=sendonly") => Direction::RecvOnly,
        Some(sdp) if sdp.contains("a=inactive") => Direction::Inactive,
        _ => Direction::SendRecv,
    }
}

fn length(items: &[PlayItem]) -> Duration {
    let one = |item: &PlayItem| match item {
        PlayItem::Prompt(..) => Duration::from_millis(1_500),
        PlayItem::Spoken(..) => Duration::from_millis(2_500),
        PlayItem::Digits(digits, _) => Duration::from_millis(400) * u32::try_from(digits.len()).unwrap_or(1),
        PlayItem::Tone { ms, .. } | PlayItem::Silence { ms } => Duration::from_millis(u64::from(*ms)),
    };
    items.iter().map(one).sum()
}

impl Plant {
    /// Carries a command out.
    pub fn command(&mut self, command: Command, dice: &mut Dice) -> Option<(Duration, Answer)> {
        let (soon, luck) = (dice.millis(1, 20), dice.below(100));
        let event = match command {
            Command::Open { leg, offer, .. } => self.open(leg, offer.as_deref(), luck),
            Command::SetAnswer { leg, sdp } => self.set_answer(leg, &sdp, luck)?,
            Command::Reoffer { leg, .. } if luck < 3 => Event::RemoteRefused { leg, why: MediaError::BadSdp },
            Command::Reoffer { leg, sdp } => {
                let direction = wanted(sdp.as_deref());
                Event::Reanswered { leg, sdp: ours(direction), direction }
            }
            Command::MakeOffer { leg, direction } => Event::Offer { leg, sdp: ours(direction) },
            Command::Play { leg, play, items, repeat } => {
                self.legs.get_mut(&leg)?.playing = Some(play);
                return (!repeat).then(|| (length(&items), Answer::Played(leg, play)));
            }
            Command::Close { leg } => {
                self.close(leg);
                let stats = LegStats { received: 50, sent: 50, mos_permille: 4_400, ..LegStats::default() };
                Event::Stats { leg, stats }
            }
            Command::StopRecording { recording } => return self.stop_tape(recording, dice),
            other => {
                self.quietly(&other);
                return None;
            }
        };
        Some((soon, Answer::Event(event)))
    }

    fn open(&mut self, leg: LegId, offer: Option<&str>, luck: u64) -> Event {
        if self.legs.contains_key(&leg) {
            self.faults.push(format!("leg {leg} was opened twice"));
        }
        let state = if luck == 0 { State::Failed } else { State::Open };
        self.legs.insert(leg, Leg { state, peer: offer.and_then(peer), playing: None, partner: None });
        match state {
            State::Failed => Event::OpenFailed { leg, why: MediaError::NoPort },
            State::Open | State::Closed => Event::Opened { leg, sdp: ours(Direction::SendRecv) },
        }
    }

    fn set_answer(&mut self, leg: LegId, sdp: &str, luck: u64) -> Option<Event> {
        let known = self.legs.get_mut(&leg).filter(|known| known.state == State::Open)?;
        known.peer = peer(sdp).or(known.peer);
        Some(if luck == 1 { Event::RemoteRefused { leg, why: MediaError::NoCodec } } else { Event::RemoteSet { leg } })
    }

    /// Commands that nothing answers.
    fn quietly(&mut self, command: &Command) {
        match command {
            Command::StopPlay { leg } => {
                if let Some(leg) = self.legs.get_mut(leg) {
                    leg.playing = None;
                }
            }
            Command::Bridge { a, b } => self.bridge(*a, *b),
            Command::Mix { legs, .. } => self.mix(legs),
            Command::Unbridge { leg } => self.unbridge(*leg),
            Command::StartRecording { recording, .. } => {
                let twice = self.tapes.insert(*recording, true).is_some();
                if twice {
                    self.faults.push(format!("recording {recording} was started twice"));
                }
            }
            Command::RecordAgent { recording, .. } if self.tapes.get(recording) != Some(&true) => {
                self.faults.push(format!("the agent of recording {recording} was changed while it did not run"));
            }
            Command::PauseRecording { recording, .. } if self.tapes.get(recording) != Some(&true) => {
                self.faults.push(format!("recording {recording} was paused while it did not run"));
            }
            _ => {}
        }
    }

    fn bridge(&mut self, a: LegId, b: LegId) {
        // Legs leave whatever they were joined to.
        self.unbridge(a);
        self.unbridge(b);
        for (one, other) in [(a, b), (b, a)] {
            match self.legs.get_mut(&one) {
                Some(leg) if leg.state == State::Open => {
                    leg.partner = Some(other);
                }
                _ => self.faults.push(format!("leg {one} was joined though it is not open")),
            }
        }
    }

    fn mix(&mut self, legs: &[LegId]) {
        for leg in legs {
            if self.legs.get(leg).is_none_or(|leg| leg.state != State::Open) {
                self.faults.push(format!("leg {leg} was mixed though it is not open"));
            }
            self.unbridge(*leg);
        }
    }

    fn unbridge(&mut self, leg: LegId) {
        let partner = self.legs.get_mut(&leg).and_then(|leg| leg.partner.take());
        if let Some(partner) = partner.and_then(|partner| self.legs.get_mut(&partner)) {
            partner.partner = None;
        }
    }

    fn close(&mut self, leg: LegId) {
        self.unbridge(leg);
        match self.legs.get_mut(&leg) {
            None => self.faults.push(format!("leg {leg} was closed and never opened")),
            Some(known) if known.state == State::Closed => self.faults.push(format!("leg {leg} was closed twice")),
            Some(known) => {
                known.state = State::Closed;
                known.playing = None;
            }
        }
    }

    fn stop_tape(&mut self, recording: RecordingId, dice: &mut Dice) -> Option<(Duration, Answer)> {
        if self.tapes.insert(recording, false) != Some(true) {
            self.faults.push(format!("recording {recording} was stopped while it did not run"));
        }
        let finished = FinishedRecording {
            path: format!("{recording}.wav"),
            duration_ms: 1_000,
            sha256: "00".to_owned(),
            gap_ms: 0,
            voiced_ms: 0,
        };
        Some((dice.millis(5, 500), Answer::Recorded(recording, (!dice.percent(10)).then_some(finished))))
    }

    /// True if this playing has just come to its end.
    pub fn played(&mut self, leg: LegId, play: PlayId) -> bool {
        let ended = self.legs.get_mut(&leg).filter(|leg| leg.playing == Some(play));
        ended.map(|leg| leg.playing = None).is_some()
    }

    /// The open legs that a person speaks on.
    pub fn legs_of(&self, person: usize) -> Vec<LegId> {
        let of = self.legs.iter().filter(|(_, leg)| leg.state == State::Open && leg.peer == Some(person));
        of.map(|(leg, _)| *leg).collect()
    }

    /// What must be true when all calls are over.
    pub fn check_end(&mut self) {
        let open = self.legs.iter().filter(|(_, leg)| leg.state == State::Open);
        self.faults.extend(open.map(|(leg, _)| format!("leg {leg} was never closed")));
        let running = self.tapes.iter().filter(|(_, running)| **running);
        self.faults.extend(running.map(|(recording, _)| format!("recording {recording} was never stopped")));
    }
}
