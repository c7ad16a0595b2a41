//! Change of the sample rate for audio read from files: a polyphase windowed sinc.

/// Zero crossings of the sinc on each side.
const CROSSINGS: usize = 24;

/// Part of the narrower band that is kept; the rest is for the filter's slope.
const PASS_BAND: f64 = 0.94;

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Blackman's window over `x` in -1..1.
fn window(x: f64) -> f64 {
    let angle = core::f64::consts::PI * x;
    0.42 + 0.5 * angle.cos() + 0.08 * (2.0 * angle).cos()
}

/// The filter for one phase: weights of the input samples from `-reach + 1` to `reach` around the position.
fn phase_weights(offset: f64, reach: usize, cutoff: f64) -> Vec<f32> {
    let weight = |index: usize| {
        let distance = (index as f64) + 1.0 - (reach as f64) - offset;
        let angle = core::f64::consts::PI * distance * cutoff;
        let sinc = if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
        sinc * window((distance / (reach as f64)).clamp(-1.0, 1.0))
    };
    let weights: Vec<f64> = (0..2 * reach).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| (w / sum) as f32).collect()
}

/// The samples at another rate. Rates of zero give nothing.
#[must_use]
pub fn resample(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    if from == to {
        return samples.to_vec();
    }
    if from == 0 || to == 0 {
        return Vec::new();
    }
    let divisor = greatest_common_divisor(from, to);
    let (phases, stride) = ((to / divisor) as usize, (from / divisor) as usize);
    let cutoff = (f64::from(to) / f64::from(from)).min(1.0) * PASS_BAND;
    let reach = ((CROSSINGS as f64) / cutoff).ceil() as usize;
    let filters: Vec<Vec<f32>> =
        (0..phases).map(|phase| phase_weights(phase as f64 / phases as f64, reach, cutoff)).collect();
    let length = (samples.len() as u64 * u64::from(to) / u64::from(from)) as usize;
    (0..length)
        .map(|index| {
            let position = index * stride;
            let filter = &filters[position % phases];
            apply(samples, (position / phases) as i64 + 1 - reach as i64, filter)
        })
        .collect()
}

fn apply(samples: &[i16], first: i64, filter: &[f32]) -> i16 {
    let skipped = usize::try_from(-first).unwrap_or(0);
    let start = usize::try_from(first).unwrap_or(0);
    let sum: f32 = samples
        .get(start..)
        .unwrap_or_default()
        .iter()
        .zip(filter.get(skipped..).unwrap_or_default())
        .map(|(sample, weight)| f32::from(*sample) * weight)
        .sum();
    sum.round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::{Sine, strongest_tone};

    #[test]
    fn a_tone_keeps_its_pitch_and_length() {
        for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000] {
            let mut samples = vec![0; rate as usize];
            Sine::new(440, rate).fill(&mut samples);
            let out = resample(&samples, rate, 8_000);
            assert_eq!(out.len(), 8_000);
            assert_eq!(strongest_tone(&out, 8_000, &[220, 440, 880]), Some(440), "from {rate}");
            assert!(out.iter().any(|s| *s > 7_500), "from {rate} it became quiet");
        }
    }

    #[test]
    fn what_8_khz_cannot_carry_is_filtered_out() {
        let mut samples = vec![0; 48_000];
        Sine::new(7_000, 48_000).fill(&mut samples);
        let out = resample(&samples, 48_000, 8_000);
        assert!(out[100..7_900].iter().all(|s| s.abs() < 80), "7 kHz folded back as 1 kHz");
    }

    #[test]
    fn empty_and_impossible_input_give_nothing() {
        assert!(resample(&[], 48_000, 8_000).is_empty());
        assert!(resample(&[1, 2], 0, 8_000).is_empty());
    }
}
