//! How loud a recording is, and whether callers would mind.

use crate::{FRAME, RATE};

/// What is quieter than this is no speech, in dB below full scale (RMS of 20 ms).
const SPEECH: f64 = -50.0;
/// Speech between these is neither too quiet nor too loud, in dB below full scale.
const COMFORTABLE: core::ops::RangeInclusive<f64> = -32.0..=-9.0;
/// So many samples in a row at full scale are clipped: a single one may be a peak that just fits.
const CLIPPED: usize = 4;
/// A pause that callers take for the end, in samples: 2 s.
const LONG: usize = 2 * RATE as usize;
/// The level of silence, in dB below full scale: less than one step of 16 bits.
const FLOOR: f64 = -96.0;

/// What is wrong with a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Peaks are cut off: it was recorded too loud.
    Clipped,
    /// Speech is too quiet, or there is none.
    Quiet,
    /// Speech is too loud.
    Loud,
    /// Nothing is heard for two seconds or more.
    LongSilence,
}

/// How loud a recording is.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Its length in milliseconds.
    pub length_ms: u64,
    /// The level of speech in dB below full scale (RMS of a square wave at full scale is 0), pauses left out.
    pub speech_dbfs: f64,
    /// The highest sample in dB below full scale.
    pub peak_dbfs: f64,
    /// What is wrong with it.
    pub flaws: Vec<Flaw>,
}

fn decibels(of_full_scale: f64) -> f64 {
    (20.0 * of_full_scale.max(1e-9).log10()).max(FLOOR)
}

fn rms(sum_of_squares: f64, count: usize) -> f64 {
    decibels((sum_of_squares / count.max(1) as f64).sqrt() / 32_768.0)
}

/// Measures audio at 8 kHz.
#[must_use]
pub fn measure(samples: &[i16]) -> Level {
    let (mut speech, mut spoken) = (0.0, 0);
    let (mut pause, mut longest_pause) = (0, 0);
    for frame in samples.chunks(FRAME) {
        let sum: f64 = frame.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        if rms(sum, frame.len()) > SPEECH {
            speech += sum;
            spoken += frame.len();
            pause = 0;
        } else {
            pause += frame.len();
            longest_pause = longest_pause.max(pause);
        }
    }
    let speech_dbfs = if spoken == 0 { FLOOR } else { rms(speech, spoken) };
    let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
    let found = [
        (is_clipped(samples), Flaw::Clipped),
        (speech_dbfs < *COMFORTABLE.start(), Flaw::Quiet),
        (speech_dbfs > *COMFORTABLE.end(), Flaw::Loud),
        (longest_pause >= LONG, Flaw::LongSilence),
    ];
    Level {
        length_ms: samples.len() as u64 * 1_000 / u64::from(RATE),
        speech_dbfs,
        peak_dbfs: decibels(f64::from(peak) / 32_768.0),
        flaws: found.into_iter().filter(|(is_there, _)| *is_there).map(|(_, flaw)| flaw).collect(),
    }
}

fn is_clipped(samples: &[i16]) -> bool {
    samples.chunk_by(|a, b| a == b).any(|run| run.len() >= CLIPPED && run[0].unsigned_abs() >= 32_700)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::Sine;

    fn tone(gain: f64, seconds: usize) -> Vec<i16> {
        let mut samples = vec![0; seconds * RATE as usize];
        Sine::new(440, RATE).fill(&mut samples);
        let peak = f64::from(samples.iter().copied().max().unwrap());
        let scale = |s: &i16| (f64::from(*s) / peak * gain * 32_767.0).clamp(-32_768.0, 32_767.0) as i16;
        samples.iter().map(scale).collect()
    }

    #[test]
    fn the_level_of_speech_does_not_count_its_pauses() {
        let mut samples = tone(0.25, 1);
        let level = measure(&samples);
        // A sine of a quarter of full scale: -12 dB, and 3 dB less for its shape.
        assert!((level.speech_dbfs + 15.05).abs() < 0.2 && (level.peak_dbfs + 12.04).abs() < 0.2, "{level:?}");
        assert_eq!((level.length_ms, &level.flaws[..]), (1_000, &[][..]));
        samples.extend([0; 12_000]);
        assert!((measure(&samples).speech_dbfs - level.speech_dbfs).abs() < 0.1);
    }

    #[test]
    fn what_callers_would_mind_is_told() {
        assert_eq!(measure(&tone(0.01, 1)).flaws, [Flaw::Quiet]);
        assert_eq!(measure(&tone(0.9, 1)).flaws, [Flaw::Loud]);
        assert_eq!(measure(&tone(3.0, 1)).flaws, [Flaw::Clipped, Flaw::Loud]);
        let mut pause = tone(0.2, 1);
        pause.extend([3; 16_000]);
        assert_eq!(measure(&pause).flaws, [Flaw::LongSilence]);
        assert_eq!(measure(&[0; 800]).flaws, [Flaw::Quiet]);
        assert_eq!(measure(&[]).speech_dbfs, FLOOR);
    }
}
