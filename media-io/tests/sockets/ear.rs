//! What telephones and browsers have in common: an ear that remembers what it hears and a mouth that says a tone.

use media::codec::{Codec, Coder, PAYLOAD};
use media::dtmf::{Receiver, Sender, Step};
use media::rtp::Stamp;
use media::tone::{Sine, strongest_tone};
use media::{FRAME, RATE};
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// All tones of these tests.
pub const TONES: [u32; 5] = [350, 440, 620, 850, 1_150];

/// Stretch of the latest audio that is judged: 400 ms.
const STRETCH: usize = 3_200;

#[derive(Default)]
pub struct Heard {
    pub samples: Vec<i16>,
    pub digits: String,
    pub event_types: BTreeSet<u8>,
    pub audio_types: BTreeSet<u8>,
    pub sources: BTreeSet<u32>,
    pub sequences: Vec<u16>,
    pub reports: usize,
    keys: Receiver,
}

impl Heard {
    /// The tone of the last 400 ms.
    pub fn tone(&self) -> Option<u32> {
        let start = self.samples.len().checked_sub(STRETCH)?;
        strongest_tone(&self.samples[start..], RATE, &TONES)
    }

    /// Whether all came from one source and nothing is missing.
    pub fn is_one_stream(&self) -> bool {
        self.sources.len() == 1 && self.sequences.windows(2).all(|w| w[1].wrapping_sub(w[0]) == 1)
    }
}

/// A packet, read by somebody else's code.
pub struct Received<'a> {
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
    pub payload_type: u8,
    pub payload: &'a [u8],
}

pub struct Ear {
    coder: Mutex<Box<dyn Coder + Send>>,
    event_type: u8,
    heard: Mutex<Heard>,
    changed: Condvar,
}

impl Ear {
    pub fn new(codec: Codec, event_type: u8) -> Self {
        Self { coder: Mutex::new(codec.coder().unwrap()), event_type, heard: Mutex::default(), changed: Condvar::new() }
    }

    pub fn hear(&self, packet: &Received<'_>) {
        self.note(|heard| {
            heard.sources.insert(packet.ssrc);
            heard.sequences.push(packet.sequence);
            if packet.payload_type == self.event_type {
                heard.event_types.insert(packet.payload_type);
                heard.digits.extend(heard.keys.on_packet(packet.timestamp, packet.payload));
                return;
            }
            heard.audio_types.insert(packet.payload_type);
            self.coder.lock().unwrap().decode(packet.payload, &mut heard.samples);
        });
    }

    pub fn note(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.heard.lock().unwrap());
        self.changed.notify_all();
    }

    /// Wait until what was heard is as told.
    pub fn wait(&self, what: &str, holds: impl Fn(&Heard) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut heard = self.heard.lock().unwrap();
        while !holds(&heard) {
            let left = end.checked_duration_since(Instant::now()).unwrap_or_else(|| panic!("never: {what}"));
            heard = self.changed.wait_timeout(heard, left).unwrap().0;
        }
    }

    pub fn wait_tone(&self, tone: Option<u32>) {
        self.wait(&format!("hears {tone:?}"), |heard| heard.samples.len() >= STRETCH && heard.tone() == tone);
    }

    /// Look at what was heard so far.
    pub fn heard<T>(&self, look: impl Fn(&Heard) -> T) -> T {
        look(&self.heard.lock().unwrap())
    }

    /// Forget what was heard.
    pub fn forget(&self) {
        self.note(|heard| *heard = Heard::default());
    }
}

/// Says a tone and keys digits, 20 ms at a time.
pub struct Mouth {
    codec: Codec,
    coder: Box<dyn Coder + Send>,
    event_type: u8,
    sine: Sine,
    stamp: Stamp,
    event_start: u32,
}

impl Mouth {
    pub fn new(codec: Codec, event_type: u8, tone: u32, ssrc: u32) -> Self {
        let stamp = Stamp { ssrc, sequence: tone as u16, timestamp: tone, marker: false };
        Self { codec, coder: codec.coder().unwrap(), event_type, sine: Sine::new(tone, RATE), stamp, event_start: 0 }
    }

    /// 20 ms pass in silence.
    pub fn pause(&mut self) {
        self.stamp.timestamp = self.stamp.timestamp.wrapping_add(FRAME as u32 * self.codec.clock() / RATE);
    }

    /// The packet of the next 20 ms: payload type, stamp and payload.
    pub fn say(&mut self, keys: &mut Sender) -> Option<(u8, Stamp, Vec<u8>)> {
        self.pause();
        let mut samples = [0; FRAME];
        self.sine.fill(&mut samples);
        let (payload_type, timestamp, marker, payload) = match keys.step() {
            Step::Idle => {
                let mut audio = [0; PAYLOAD];
                let length = self.coder.encode(&samples, &mut audio);
                let audio = audio[..length].to_vec();
                (self.codec.payload_type(), self.stamp.timestamp, false, audio)
            }
            Step::Rest => return None,
            Step::Event { first, payload } => {
                self.event_start = if first { self.stamp.timestamp } else { self.event_start };
                (self.event_type, self.event_start, first, payload.to_bytes().to_vec())
            }
        };
        self.stamp.sequence = self.stamp.sequence.wrapping_add(1);
        Some((payload_type, Stamp { timestamp, marker, ..self.stamp }, payload))
    }
}
