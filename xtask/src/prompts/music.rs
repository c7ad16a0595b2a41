//! Music on hold, made from nothing but sines.

use super::sound::RATE;
use std::f64::consts::TAU;

/// How a piece is played.
type Play = fn() -> Vec<f64>;

/// Every piece: its name and how it is played.
pub const PIECES: &[(&str, Play)] = &[("hold-music", hold_music), ("beep", beep)];

/// Seconds of one chord.
const CHORD_S: f64 = 5.0;

/// Chords as half-tones above A (220 Hz): four voices each, moving by small steps.
const CHORDS: [[i32; 4]; 4] = [[3, 7, 10, 14], [0, 7, 10, 15], [-4, 3, 7, 12], [-2, 5, 8, 14]];

/// The order in which the voices of a chord are plucked, one each half second.
const PLUCKS: [usize; 10] = [0, 2, 1, 3, 2, 1, 3, 2, 0, 1];

fn frequency(half_tones: i32) -> f64 {
    220.0 * 2f64.powf(f64::from(half_tones) / 12.0)
}

/// Slow chords with a quiet pluck over them. What rings on after the end is laid over the beginning, so that it can be
/// repeated without a seam.
fn hold_music() -> Vec<f64> {
    let mut loop_of = vec![0.0; (CHORD_S * CHORDS.len() as f64 * f64::from(RATE)) as usize];
    for (n, chord) in CHORDS.iter().enumerate() {
        let start = n as f64 * CHORD_S;
        for half_tones in chord {
            let pitch = frequency(*half_tones);
            // Two strings a little apart beat slowly and sound warm.
            for detune in [0.999, 1.001] {
                lay(&mut loop_of, start, CHORD_S + 2.0, |t| pad(pitch * detune, t) * 0.16);
            }
        }
        for (beat, voice) in PLUCKS.iter().enumerate() {
            let pitch = 2.0 * frequency(chord[*voice]);
            lay(&mut loop_of, start + beat as f64 * 0.5, 2.5, |t| pluck(pitch, t) * 0.22);
        }
    }
    loop_of
}

/// Adds a sound to a loop from `start` on, going round at its end.
fn lay(loop_of: &mut [f64], start: f64, seconds: f64, sound: impl Fn(f64) -> f64) {
    let (first, length) = ((start * f64::from(RATE)) as usize, (seconds * f64::from(RATE)) as usize);
    for n in 0..length {
        let slot = (first + n) % loop_of.len();
        loop_of[slot] += sound(n as f64 / f64::from(RATE));
    }
}

/// A tone that swells and fades over a chord.
fn pad(pitch: f64, t: f64) -> f64 {
    let swell = (t / 1.2).min(1.0) * ((CHORD_S + 2.0 - t) / 2.0).clamp(0.0, 1.0);
    let gain = swell * swell * (3.0 - 2.0 * swell);
    gain * ((TAU * pitch * t).sin() + 0.25 * (TAU * 2.0 * pitch * t).sin() + 0.06 * (TAU * 3.0 * pitch * t).sin())
}

/// A tone that is struck and dies away.
fn pluck(pitch: f64, t: f64) -> f64 {
    let gain = (t / 0.012).min(1.0) * (-2.6 * t).exp() * ((2.5 - t) / 0.3).clamp(0.0, 1.0);
    gain * ((TAU * pitch * t).sin() + 0.12 * (TAU * 2.0 * pitch * t).sin())
}

/// A short tone: after it, speak.
fn beep() -> Vec<f64> {
    let length = RATE as usize / 4;
    let tone = |n: usize| {
        let (t, left) = (n as f64 / f64::from(RATE), (length - n) as f64 / f64::from(RATE));
        (t / 0.01).min(1.0) * (left / 0.01).min(1.0) * (TAU * 1_000.0 * t).sin()
    };
    (0..length).map(tone).collect()
}
