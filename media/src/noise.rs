//! Comfort noise on the wire (RFC 3389): how loud the silence of the other side is, and what colour it has.

use crate::tone::ComfortNoise;

/// The static payload type at 8 kHz (RFC 3551 §6).
pub const PAYLOAD_TYPE: u8 = 13;

/// Most coefficients that are taken: more than ten say nothing at 8 kHz.
const ORDER: usize = 10;

/// What a comfort-noise packet says (RFC 3389 §3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Description {
    /// Loudness in -dBov, 0 to 127.
    level: u8,
    /// Reflection coefficients, -1 to 1; those beyond the sent ones are 0.
    reflections: [f32; ORDER],
}

impl Description {
    /// Read a payload; `None` if it is empty.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (level, rest) = payload.split_first()?;
        let mut reflections = [0.0; ORDER];
        for (reflection, byte) in reflections.iter_mut().zip(rest) {
            // §3.2: 0 to 254 stand for -1 to 1, and 127 for 0. The ends would ring for ever.
            *reflection = ((f32::from(*byte) - 127.0) / 127.0).clamp(-0.98, 0.98);
        }
        Some(Self { level: level & 0x7F, reflections })
    }

    /// What describes these samples as white noise; silence is as quiet as can be said.
    #[must_use]
    pub fn of(samples: &[i16]) -> Self {
        let energy: f64 = samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
        let power = energy / (samples.len().max(1) as f64);
        // dBov: a square wave at full scale is 0 (§3.1).
        let level = if power < 1e-9 { 127.0 } else { -10.0 * (power / (32_768.0 * 32_768.0)).log10() };
        Self { level: level.round().clamp(0.0, 127.0) as u8, reflections: [0.0; ORDER] }
    }

    /// Loudness in -dBov.
    #[must_use]
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// The payload: the level alone, which stands for white noise.
    #[must_use]
    pub const fn to_payload(&self) -> [u8; 1] {
        [self.level]
    }
}

/// Makes the described noise.
#[derive(Clone, Debug)]
pub struct Generator {
    white: ComfortNoise,
    described: Description,
    state: [f32; ORDER],
}

impl Generator {
    /// Noise as described.
    #[must_use]
    pub fn new(described: Description) -> Self {
        Self { white: ComfortNoise::default(), described, state: [0.0; ORDER] }
    }

    /// Go on with another description.
    pub fn describe(&mut self, described: Description) {
        self.described = described;
    }

    /// Write the next samples: white noise through the lattice filter of the coefficients.
    pub fn fill(&mut self, samples: &mut [i16]) {
        self.white.fill(samples);
        let rms = 32_768.0 * 10f32.powf(-f32::from(self.described.level) / 20.0);
        // The white noise is even between -8 and 7: its root mean square is sqrt(21.5). What the filter adds is taken off.
        let damping: f32 = self.described.reflections.iter().map(|k| 1.0 - k * k).product();
        let gain = rms / 21.5f32.sqrt() * damping.sqrt();
        for sample in samples {
            *sample = self.filter(f32::from(*sample) * gain).clamp(-32_768.0, 32_767.0) as i16;
        }
    }

    fn filter(&mut self, input: f32) -> f32 {
        let mut forward = input;
        for n in (0..ORDER).rev() {
            let reflection = self.described.reflections[n];
            forward -= reflection * self.state[n];
            if n + 1 < ORDER {
                self.state[n + 1] = self.state[n] + reflection * forward;
            }
        }
        self.state[0] = forward;
        forward
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noise(payload: &[u8]) -> Vec<i16> {
        let mut samples = vec![0; 8_000];
        Generator::new(Description::parse(payload).unwrap()).fill(&mut samples);
        samples
    }

    #[test]
    fn noise_is_as_loud_as_described_whatever_its_colour() {
        for payload in [&[30][..], &[45], &[40, 60, 140], &[40, 200, 90, 127, 127]] {
            let level = Description::of(&noise(payload)).level();
            assert!(level.abs_diff(payload[0]) <= 1, "{payload:?} became {level}");
        }
    }

    #[test]
    fn coefficients_colour_the_noise() {
        let slow = |samples: &[i16]| {
            let product = |lag: usize| -> f64 {
                samples.iter().zip(&samples[lag..]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            product(1) / product(0)
        };
        assert!(slow(&noise(&[40])).abs() < 0.1, "white");
        assert!(slow(&noise(&[40, 60])) > 0.4, "low");
        assert!(slow(&noise(&[40, 194])) < -0.4, "high");
    }

    #[test]
    fn silence_is_described_as_such_and_comes_back() {
        let described = Description::of(&[0; 160]);
        assert_eq!(described.to_payload(), [127]);
        assert!(noise(&described.to_payload()).iter().all(|s| *s == 0));
        assert_eq!(Description::parse(&[]), None);
    }

    proptest! {
        #[test]
        fn any_payload_makes_bounded_noise(payload in proptest::collection::vec(any::<u8>(), 1..40)) {
            let samples = noise(&payload);
            let level = Description::of(&samples).level();
            // A strong colour rings at single frequencies, at which a second of noise is not even.
            prop_assert!(level + 25 >= payload[0] & 0x7F, "{level}");
        }
    }
}
