//! The codecs behind one trait. Inside everything is 8 kHz ([`crate::RATE`]); G.722 and Opus convert between that and
//! their own rates themselves, so that what is transcoded or mixed is narrow-band. Legs of one codec hear each other
//! packet by packet, at its full width.

use crate::FRAME;
use crate::api::MediaError;
use audio_codec::g722::{Bitrate, G722Decoder, G722Encoder};
use audio_codec::{Decoder as _, Encoder as _};

/// Longest payload that an encoder makes for 20 ms.
pub const PAYLOAD: usize = 400;

/// Most samples that one payload may hold: 120 ms, Opus's longest (RFC 6716 §2.1.4).
const SAMPLES: usize = 6 * FRAME;

/// The codecs that we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722 at 64 kbit/s, 16 kHz.
    G722,
    /// Opus (RFC 6716), mono.
    Opus,
}

impl Codec {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// The static payload type (RFC 3551 §6); for Opus, which has none, the one that we offer.
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
            Self::Opus => 111,
        }
    }

    /// The codec with this static payload type.
    #[must_use]
    pub const fn from_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Self::Pcmu),
            8 => Some(Self::Pcma),
            9 => Some(Self::G722),
            _ => None,
        }
    }

    /// The encoding name in SDP (RFC 3551 §6, RFC 7587 §7).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// Ticks per second of its RTP timestamps. G.722's are 8000 by an old mistake (RFC 3551 §4.5.2).
    #[must_use]
    pub const fn clock(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8_000,
            Self::Opus => 48_000,
        }
    }

    /// Clock and channels as SDP writes them (RFC 7587 §7: Opus always says two).
    #[must_use]
    pub const fn rtpmap_rate(self) -> &'static str {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => "8000",
            Self::Opus => "48000/2",
        }
    }

    /// Whether it has one byte per sample at 8 kHz, and no state.
    #[must_use]
    pub const fn is_g711(self) -> bool {
        matches!(self, Self::Pcmu | Self::Pcma)
    }

    /// Whether packets of one can be passed on as packets of the other: as they are, or byte by byte.
    #[must_use]
    pub const fn relays_to(self, other: Self) -> bool {
        (self.is_g711() && other.is_g711()) || self.payload_type() == other.payload_type()
    }

    /// Both directions of the codec for one leg.
    ///
    /// # Errors
    /// `NoCodec` if there is no memory for it.
    pub fn coder(self) -> Result<Box<dyn Coder + Send>, MediaError> {
        Ok(match self {
            Self::Pcmu | Self::Pcma => Box::new(self),
            Self::G722 => Box::new(G722::new()),
            Self::Opus => Box::new(Opus::new().map_err(|_| MediaError::NoCodec)?),
        })
    }
}

/// One codec in both directions.
pub trait Coder {
    /// Encode 20 ms; answers the length of the payload, 0 if there is none.
    fn encode(&mut self, frame: &[i16; FRAME], payload: &mut [u8; PAYLOAD]) -> usize;

    /// Decode a payload of up to 120 ms to the end of `samples`; one that cannot be decoded adds nothing.
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>);

    /// Make up a frame for a lost one; false if the codec has no way of its own.
    fn conceal(&mut self, frame: &mut [i16; FRAME]) -> bool;
}

impl Coder for Codec {
    fn encode(&mut self, frame: &[i16; FRAME], payload: &mut [u8; PAYLOAD]) -> usize {
        Self::encode(*self, frame, payload)
    }

    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) {
        self.append(payload.get(..SAMPLES).unwrap_or(payload), samples);
    }

    fn conceal(&mut self, _: &mut [i16; FRAME]) -> bool {
        false
    }
}

/// Neighbours on each side from which a sample between two is reckoned.
const REACH: usize = 6;

/// Doubles the rate: each sample, and between two of them what a windowed sinc says.
struct Doubler {
    weights: [f32; 2 * REACH],
    recent: [i16; 2 * REACH],
}

impl Doubler {
    fn new() -> Self {
        let weight = |n: usize| {
            let distance = n as f32 + 0.5 - REACH as f32;
            let angle = core::f32::consts::PI * distance;
            angle.sin() / angle * (0.54 + 0.46 * (angle / REACH as f32).cos())
        };
        Self { weights: core::array::from_fn(weight), recent: [0; 2 * REACH] }
    }

    fn double(&mut self, frame: &[i16; FRAME]) -> [i16; 2 * FRAME] {
        let mut out = [0; 2 * FRAME];
        for (pair, sample) in out.chunks_exact_mut(2).zip(frame) {
            self.recent.rotate_left(1);
            self.recent[2 * REACH - 1] = *sample;
            let between: f32 = self.recent.iter().zip(&self.weights).map(|(s, w)| f32::from(*s) * w).sum();
            pair.copy_from_slice(&[self.recent[REACH - 1], between as i16]);
        }
        out
    }
}

/// G.722 whose lower band we decode; its upper band is empty when we encode.
struct G722 {
    doubler: Doubler,
    encoder: G722Encoder,
    decoder: G722Decoder,
}

impl G722 {
    fn new() -> Self {
        Self {
            doubler: Doubler::new(),
            encoder: G722Encoder::new(),
            decoder: G722Decoder::with_options(Bitrate::Mode1_64000, false, true),
        }
    }
}

impl Coder for G722 {
    fn encode(&mut self, frame: &[i16; FRAME], payload: &mut [u8; PAYLOAD]) -> usize {
        self.encoder.encode_into(&self.doubler.double(frame), payload).unwrap_or(0)
    }

    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) {
        let mut decoded = [0; SAMPLES];
        let payload = payload.get(..SAMPLES).unwrap_or(payload);
        let count = self.decoder.decode_into(payload, &mut decoded).unwrap_or(0);
        samples.extend_from_slice(&decoded[..count]);
    }

    fn conceal(&mut self, _: &mut [i16; FRAME]) -> bool {
        false
    }
}

/// Opus, which codes and decodes at 8 kHz as at any other rate.
struct Opus {
    encoder: opus::Encoder,
    decoder: opus::Decoder,
}

impl Opus {
    fn new() -> opus::Result<Self> {
        let mut encoder = opus::Encoder::new(crate::RATE, opus::Channels::Mono, opus::Application::Voip)?;
        encoder.set_inband_fec(true)?;
        // Half of the default: 20 ms of speech cost a tenth of a millisecond all the same.
        encoder.set_complexity(5)?;
        Ok(Self { encoder, decoder: opus::Decoder::new(crate::RATE, opus::Channels::Mono)? })
    }
}

impl Coder for Opus {
    fn encode(&mut self, frame: &[i16; FRAME], payload: &mut [u8; PAYLOAD]) -> usize {
        self.encoder.encode(frame, payload).unwrap_or(0)
    }

    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) {
        let mut decoded = [0; SAMPLES];
        if payload.is_empty() {
            return;
        }
        let count = self.decoder.decode(payload, &mut decoded, false).unwrap_or(0);
        samples.extend_from_slice(&decoded[..count.min(SAMPLES)]);
    }

    fn conceal(&mut self, frame: &mut [i16; FRAME]) -> bool {
        self.decoder.decode(&[], frame, false).is_ok_and(|count| count == FRAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::{Sine, strongest_tone};
    use proptest::prelude::*;

    #[test]
    fn a_tone_comes_back_through_every_codec_as_long_and_as_loud() {
        for codec in Codec::ALL {
            let (mut coder, mut sine, mut out) = (codec.coder().unwrap(), Sine::new(440, crate::RATE), Vec::new());
            for _ in 0..50 {
                let (mut frame, mut payload) = ([0; FRAME], [0; PAYLOAD]);
                sine.fill(&mut frame);
                let length = coder.encode(&frame, &mut payload);
                assert!(length > 0, "{codec:?}");
                coder.decode(&payload[..length], &mut out);
            }
            assert_eq!(out.len(), 50 * FRAME, "{codec:?}");
            let peak = out[4_000..].iter().map(|s| i32::from(*s).abs()).max().unwrap();
            assert!((6_000..10_000).contains(&peak), "{codec:?}: {peak}");
            assert_eq!(strongest_tone(&out[800..], crate::RATE, &[220, 440, 880]), Some(440), "{codec:?}");
        }
    }

    #[test]
    fn g722_of_the_whole_band_is_understood() {
        let mut wide = vec![0; 16_000];
        Sine::new(440, 16_000).fill(&mut wide);
        let mut payload = vec![0; 8_000];
        let length = G722Encoder::new().encode_into(&wide, &mut payload).unwrap();
        let (mut coder, mut out) = (Codec::G722.coder().unwrap(), Vec::new());
        for packet in payload[..length].chunks(160) {
            coder.decode(packet, &mut out);
        }
        assert_eq!((out.len(), strongest_tone(&out, 8_000, &[220, 440, 880])), (8_000, Some(440)));
    }

    #[test]
    fn opus_goes_on_over_a_lost_frame() {
        let mut coder = Codec::Opus.coder().unwrap();
        let (mut sine, mut payload, mut out) = (Sine::new(440, crate::RATE), [0; PAYLOAD], Vec::new());
        let mut frame = [0; FRAME];
        for _ in 0..20 {
            sine.fill(&mut frame);
            let length = coder.encode(&frame, &mut payload);
            coder.decode(&payload[..length], &mut out);
        }
        assert!(coder.conceal(&mut frame));
        assert_eq!(strongest_tone(&frame, crate::RATE, &[220, 440, 880]), Some(440));
    }

    #[test]
    fn packets_pass_between_equal_codecs_and_both_kinds_of_g711_only() {
        for a in Codec::ALL {
            for b in Codec::ALL {
                assert_eq!(a.relays_to(b), a == b || (a.is_g711() && b.is_g711()), "{a:?} {b:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_payload_is_decoded_or_refused(payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..1_200), 1..8)) {
            for codec in Codec::ALL {
                let mut coder = codec.coder().unwrap();
                for payload in &payloads {
                    let mut samples = Vec::new();
                    coder.decode(payload, &mut samples);
                    prop_assert!(samples.len() <= SAMPLES);
                }
            }
        }

        #[test]
        fn any_audio_is_encoded(samples in proptest::collection::vec(any::<i16>(), FRAME), loud in any::<bool>()) {
            let frame: [i16; FRAME] = samples.try_into().unwrap();
            let frame = if loud { frame.map(|s| if s < 0 { i16::MIN } else { i16::MAX }) } else { frame };
            for codec in Codec::ALL {
                let mut coder = codec.coder().unwrap();
                for _ in 0..3 {
                    prop_assert!(coder.encode(&frame, &mut [0; PAYLOAD]) > 0);
                }
            }
        }
    }
}
