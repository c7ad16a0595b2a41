//! Samples from −1 to 1: other rates, other loudness, no silence at the ends.

use std::f64::consts::PI;

/// Samples per second of every file.
pub const RATE: u32 = 8_000;
/// Above it nothing is kept: telephony carries up to 3.4 kHz.
const CUT_OFF_HZ: f64 = 3_500.0;
/// Half the length of the filter, in samples of the lower rate.
const HALF_WIDTH: f64 = 24.0;
/// Blocks quieter than this are no speech.
const SILENCE: f64 = 0.01;
/// Never louder than this at any sample: −2 dB.
const PEAK: f64 = 0.794;

/// The same sound at [`RATE`], by a windowed sinc.
pub fn resampled(samples: &[f64], rate: u32) -> Vec<f64> {
    let ratio = f64::from(rate) / f64::from(RATE);
    let length = (samples.len() as f64 / ratio) as usize;
    // Cut-off as a share of the source's rate.
    let cut_off = CUT_OFF_HZ / f64::from(rate);
    let reach = HALF_WIDTH * ratio;
    let tap = |distance: f64| {
        let x = 2.0 * cut_off * distance;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) };
        let window = 0.42 + 0.5 * (PI * distance / reach).cos() + 0.08 * (2.0 * PI * distance / reach).cos();
        2.0 * cut_off * sinc * window
    };
    let at = |n: usize| {
        let centre = n as f64 * ratio;
        let first = (centre - reach).ceil().max(0.0) as usize;
        let last = ((centre + reach).floor() as usize).min(samples.len().saturating_sub(1));
        samples.iter().enumerate().take(last + 1).skip(first).map(|(i, s)| s * tap(i as f64 - centre)).sum()
    };
    (0..length).map(at).collect()
}

/// Without the silence at both ends, but for so many milliseconds.
pub fn trimmed(samples: &[f64], edge_ms: u32) -> Vec<f64> {
    let loud = |sample: &f64| sample.abs() > SILENCE;
    let (Some(first), Some(last)) = (samples.iter().position(loud), samples.iter().rposition(loud)) else {
        return Vec::new();
    };
    let breath = (RATE * edge_ms / 1_000) as usize;
    let mut kept = samples[first.saturating_sub(breath)..(last + breath).min(samples.len())].to_vec();
    // No click where it begins and ends.
    let ramp = breath.min(kept.len() / 2);
    let length = kept.len();
    for n in 0..ramp {
        let gain = n as f64 / ramp as f64;
        kept[n] *= gain;
        kept[length - 1 - n] *= gain;
    }
    kept
}

/// With this loudness where it is not silent, its peaks bent down softly.
pub fn levelled(samples: &[f64], decibels: f64) -> Vec<f64> {
    let block = (RATE / 50) as usize;
    let power = |block: &[f64]| block.iter().map(|sample| sample * sample).sum::<f64>() / block.len() as f64;
    let active: Vec<f64> = samples.chunks(block).map(power).filter(|power| power.sqrt() > SILENCE).collect();
    if active.is_empty() {
        return samples.to_vec();
    }
    let loudness = (active.iter().sum::<f64>() / active.len() as f64).sqrt();
    let gain = 10f64.powf(decibels / 20.0) / loudness;
    samples.iter().map(|sample| PEAK * (sample * gain / PEAK).tanh()).collect()
}
