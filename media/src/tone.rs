//! Tones: a sine generator, a detector that tells which tone a recording holds, and comfort noise.

/// Peak of a generated tone: 12 dB under full scale, as loud as speech.
const AMPLITUDE: f64 = 8_000.0;

/// Mean square under which a stretch counts as silent (an amplitude of about 150).
const SILENT_POWER: f64 = 10_000.0;

/// Share of the energy that the strongest tone must hold.
const SHARE: f64 = 0.3;

/// An endless sine, continuous from call to call.
#[derive(Clone, Debug)]
pub struct Sine {
    phase: f64,
    step: f64,
}

impl Sine {
    /// A sine of `hz` hertz at `rate` samples per second.
    #[must_use]
    pub fn new(hz: u32, rate: u32) -> Self {
        Self { phase: 0.0, step: core::f64::consts::TAU * f64::from(hz) / f64::from(rate.max(1)) }
    }

    /// Write the next samples.
    pub fn fill(&mut self, samples: &mut [i16]) {
        for sample in samples {
            *sample = (self.phase.sin() * AMPLITUDE) as i16;
            self.phase = (self.phase + self.step) % core::f64::consts::TAU;
        }
    }
}

/// Quiet noise (about -70 dBov), so that a line with nobody on it does not sound dead.
#[derive(Clone, Debug)]
pub struct ComfortNoise {
    state: u32,
}

impl Default for ComfortNoise {
    fn default() -> Self {
        Self { state: 0x2545_F491 }
    }
}

impl ComfortNoise {
    /// Write the next samples.
    pub fn fill(&mut self, samples: &mut [i16]) {
        for sample in samples {
            self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = ((self.state >> 28) as i16) - 8;
        }
    }
}

/// The power of one frequency in the samples, as a share of their whole energy (1 for a pure tone).
/// Goertzel's algorithm.
fn share(samples: &[i16], rate: u32, hz: u32, energy: f64) -> f64 {
    let omega = core::f64::consts::TAU * f64::from(hz) / f64::from(rate.max(1));
    let coefficient = 2.0 * omega.cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in samples {
        let next = f64::from(*sample) + coefficient * last - before;
        before = last;
        last = next;
    }
    let power = last * last + before * before - coefficient * last * before;
    2.0 * power / (samples.len() as f64 * energy)
}

/// Share of the energy that a tone must hold to be one of several: three of equal loudness hold a third each.
const SHARE_OF_SEVERAL: f64 = 0.1;

/// The energy of each candidate, and of all that is not silent. Stretches of 100 ms are judged apart, so that lost
/// packets, which shift the phase, do not hide a tone.
fn energies(samples: &[i16], rate: u32, candidates: &[u32]) -> (Vec<f64>, f64) {
    let stretch = (rate / 10).max(1) as usize;
    let mut totals = vec![0.0; candidates.len()];
    let mut heard = 0.0;
    for part in samples.chunks(stretch).filter(|part| part.len() * 5 >= stretch) {
        let energy: f64 = part.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
        if energy / (part.len() as f64) < SILENT_POWER {
            continue;
        }
        heard += energy;
        for (total, hz) in totals.iter_mut().zip(candidates) {
            *total += share(part, rate, *hz, energy) * energy;
        }
    }
    (totals, heard)
}

/// Which of the candidates sound together, in their order: each holds at least a tenth of the energy.
#[must_use]
pub fn tones(samples: &[i16], rate: u32, candidates: &[u32]) -> Vec<u32> {
    let (totals, heard) = energies(samples, rate, candidates);
    let sounds = |(total, hz): (&f64, &u32)| (*total > heard * SHARE_OF_SEVERAL && heard > 0.0).then_some(*hz);
    totals.iter().zip(candidates).filter_map(sounds).collect()
}

/// Which of the candidates is heard most, in hertz; `None` for silence, or when none of them holds a
/// good part of the energy. At least 20 ms are needed.
#[must_use]
pub fn strongest_tone(samples: &[i16], rate: u32, candidates: &[u32]) -> Option<u32> {
    let (totals, heard) = energies(samples, rate, candidates);
    let best = totals.iter().zip(candidates).max_by(|a, b| a.0.total_cmp(b.0))?;
    (*best.0 > heard * SHARE && heard > 0.0).then_some(*best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: u32, length: usize) -> Vec<i16> {
        let mut samples = vec![0; length];
        Sine::new(hz, 8_000).fill(&mut samples);
        samples
    }

    #[test]
    fn the_tone_that_sounds_is_found() {
        for hz in [350, 440, 620, 1_000] {
            assert_eq!(strongest_tone(&sine(hz, 4_000), 8_000, &[350, 440, 620, 1_000]), Some(hz));
        }
    }

    #[test]
    fn silence_noise_and_strange_tones_are_none() {
        let mut noise = vec![0; 8_000];
        ComfortNoise::default().fill(&mut noise);
        assert_eq!(strongest_tone(&[0; 8_000], 8_000, &[440]), None);
        assert_eq!(strongest_tone(&noise, 8_000, &[440]), None);
        assert_eq!(strongest_tone(&sine(700, 8_000), 8_000, &[440, 1_000]), None);
        assert_eq!(strongest_tone(&[], 8_000, &[440]), None);
        assert_eq!(strongest_tone(&sine(440, 8_000), 8_000, &[]), None);
    }

    #[test]
    fn tones_that_sound_together_are_told_apart() {
        let mixed: Vec<i16> = sine(720, 8_000).iter().zip(sine(905, 8_000)).map(|(a, b)| a / 2 + b / 2).collect();
        assert_eq!(tones(&mixed, 8_000, &[720, 905, 1_140]), [720, 905]);
        assert_eq!(tones(&sine(1_140, 8_000), 8_000, &[720, 905, 1_140]), [1_140]);
        assert_eq!(tones(&[0; 8_000], 8_000, &[720]), [0; 0]);
    }

    #[test]
    fn a_tone_with_holes_is_still_found() {
        let mut samples = sine(440, 8_000);
        for (index, chunk) in samples.chunks_mut(150).enumerate() {
            if index % 4 == 0 {
                chunk.fill(0);
            }
        }
        assert_eq!(strongest_tone(&samples, 8_000, &[350, 440, 620]), Some(440));
    }
}
