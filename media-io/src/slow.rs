//! What only some legs need: those that are mixed or transcoded, whose codec has state, or whose digits are in the audio.

use domain::Instant;
use media::FRAME;
use media::codec::{Codec, Coder, PAYLOAD};
use media::conceal::Concealer;
use media::jitter::{JitterBuffer, Pulled};
use media::keypad::Detector;
use media::noise::{Description, Generator};

/// Most frames that wait to be mixed: 300 ms.
const WAITING: usize = 15;

/// Packets taken for one frame of 20 ms; more than two are never needed for packets of 10 ms.
const PULLS: usize = 8;

/// What a packet held.
enum Heard {
    Audio(Box<[u8]>),
    Noise(Description),
}

/// The slow path of one leg.
pub(crate) struct Slow {
    pub(crate) codec: Codec,
    coder: Box<dyn Coder + Send>,
    waiting: JitterBuffer<Heard>,
    /// Decoded and not yet taken.
    samples: Vec<i16>,
    concealer: Concealer,
    noise: Option<Generator>,
    keys: Detector,
    /// What this leg hears of its conference in this tick.
    pub(crate) mixed: Option<[i16; FRAME]>,
}

impl Slow {
    /// The slow path for a codec; `None` if there is no memory for it.
    pub(crate) fn new(codec: Codec) -> Option<Box<Self>> {
        let coder = codec.coder().ok()?;
        Some(Box::new(Self {
            codec,
            coder,
            waiting: JitterBuffer::new(WAITING),
            samples: Vec::new(),
            concealer: Concealer::default(),
            noise: None,
            keys: Detector::default(),
            mixed: None,
        }))
    }

    /// The source changed.
    pub(crate) fn restart(&mut self) {
        self.waiting.restart();
        self.samples.clear();
        self.noise = None;
        self.keys.restart();
    }

    /// A packet of audio or, if so told, of comfort noise came; media time is at 8 kHz.
    pub(crate) fn push(&mut self, now: Instant, sequence: u64, timestamp: u32, payload: &[u8], is_noise: bool) {
        let heard =
            if is_noise { Description::parse(payload).map(Heard::Noise) } else { Some(Heard::Audio(payload.into())) };
        if let Some(heard) = heard {
            self.waiting.push(now, sequence, timestamp, heard);
        }
    }

    /// The 20 ms that are due of what the peer says.
    pub(crate) fn pull(&mut self, frame: &mut [i16; FRAME], on_digit: Option<&mut dyn FnMut(char)>) {
        for _ in 0..PULLS {
            if self.samples.len() >= FRAME {
                break;
            }
            match self.waiting.pull() {
                Pulled::Frame(_, Heard::Audio(payload)) => {
                    self.noise = None;
                    self.decode_and_blend(&payload);
                }
                Pulled::Frame(_, Heard::Noise(described)) => {
                    self.noise.get_or_insert_with(|| Generator::new(described)).describe(described);
                }
                Pulled::Missing(_) if self.noise.is_none() => self.conceal(),
                Pulled::Missing(_) | Pulled::Filling => break,
            }
        }
        let count = self.samples.len().min(FRAME);
        frame[..count].copy_from_slice(&self.samples[..count]);
        self.samples.drain(..count);
        match &mut self.noise {
            Some(noise) => noise.fill(&mut frame[count..]),
            None => frame[count..].fill(0),
        }
        if let Some(on_digit) = on_digit {
            self.keys.hear(frame, on_digit);
        }
    }

    fn decode_and_blend(&mut self, payload: &[u8]) {
        let start = self.samples.len();
        self.coder.decode(payload, &mut self.samples);
        if self.samples.len() == start {
            return self.conceal();
        }
        for part in self.samples[start..].chunks_exact_mut(FRAME) {
            if let Ok(part) = part.try_into() {
                self.concealer.on_frame(part);
            }
        }
    }

    fn conceal(&mut self) {
        let mut frame = [0; FRAME];
        if !self.coder.conceal(&mut frame) {
            self.concealer.conceal(&mut frame);
        }
        self.samples.extend_from_slice(&frame);
    }

    /// Decode a packet as it comes, for a recording or for digits in the audio. Not for legs that are mixed: the decoder
    /// may have state.
    pub(crate) fn decode_now(&mut self, payload: &[u8], on_digit: Option<&mut dyn FnMut(char)>) -> &[i16] {
        self.samples.clear();
        self.coder.decode(payload, &mut self.samples);
        if let Some(on_digit) = on_digit {
            self.keys.hear(&self.samples, on_digit);
        }
        &self.samples
    }

    /// Encode 20 ms; answers the payload's length.
    pub(crate) fn encode(&mut self, frame: &[i16; FRAME], payload: &mut [u8; PAYLOAD]) -> usize {
        self.coder.encode(frame, payload)
    }
}
