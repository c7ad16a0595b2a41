//! When somebody who speaks into a recording has said everything: silence after speech.

use crate::{FRAME, RATE};
use core::time::Duration;

/// Mean square of a sine of −45 dB of full scale: quieter is a line without anybody who speaks.
const VOICED: i64 = 17_000;

/// Less sound than this is a click and nobody who speaks, in samples: 500 ms.
const SPOKEN_MIN: u64 = RATE as u64 / 2;

/// So much of the silence stays on the recording, in samples: 500 ms. Words fade out.
const TAIL: u64 = RATE as u64 / 2;

/// Whether 20 ms at 8 kHz (or less, at an end) are louder than −45 dB of full scale: loud enough to be speech.
#[must_use]
pub fn is_voiced(piece: &[i16]) -> bool {
    let energy: i64 = piece.iter().map(|sample| i64::from(*sample) * i64::from(*sample)).sum();
    energy > VOICED * piece.len() as i64
}

/// Samples that stand in 20 ms that are loud enough to be speech.
#[must_use]
pub fn voiced(samples: &[i16]) -> u64 {
    samples.chunks(FRAME).filter(|piece| is_voiced(piece)).map(|piece| piece.len() as u64).sum()
}

/// Listens to one channel of a recording for the silence after what was said. Who has not spoken yet is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// So much of it is the end, in samples.
    after: u64,
    /// What was said, in samples.
    spoken: u64,
    /// Where the last of it ended, in samples from the beginning.
    last: u64,
    /// It is silent, and that was told.
    is_over: bool,
}

impl Silence {
    /// Silence of this length is the end.
    #[must_use]
    pub fn new(after: Duration) -> Self {
        let after = u64::try_from(after.as_millis()).unwrap_or(u64::MAX).saturating_mul(u64::from(RATE) / 1_000);
        Self { after, spoken: 0, last: 0, is_over: false }
    }

    /// Hears the samples that begin at `start`, in samples from the beginning; true when with them it has become silent for
    /// long enough. It is told again only if there was speech between.
    pub fn hear(&mut self, start: u64, samples: &[i16]) -> bool {
        let mut at = start;
        for piece in samples.chunks(FRAME) {
            at += piece.len() as u64;
            if is_voiced(piece) {
                self.spoken += piece.len() as u64;
                self.last = at;
                self.is_over = false;
            }
        }
        let is_silent = self.spoken >= SPOKEN_MIN && at.saturating_sub(self.last) >= self.after;
        is_silent && !core::mem::replace(&mut self.is_over, true)
    }

    /// What of the recording is worth keeping, in samples from the beginning; `None`: all of it, as it did not end in silence.
    #[must_use]
    pub const fn worth(&self) -> Option<u64> {
        if self.is_over { Some(self.last + TAIL) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEECH: [i16; FRAME] = [3_000; FRAME];
    const NOTHING: [i16; FRAME] = [20; FRAME];

    /// Hears pieces of 20 ms; the moments, in pieces, at which it was silent for long enough.
    fn ends(silence: &mut Silence, pieces: &[(usize, [i16; FRAME])]) -> Vec<usize> {
        let all = pieces.iter().flat_map(|(times, piece)| core::iter::repeat_n(piece, *times));
        all.enumerate().filter(|(n, piece)| silence.hear((n * FRAME) as u64, *piece)).map(|(n, _)| n + 1).collect()
    }

    #[test]
    fn silence_after_speech_is_the_end_and_half_a_second_of_it_is_worth_keeping() {
        let mut silence = Silence::new(Duration::from_secs(2));
        assert_eq!(ends(&mut silence, &[(50, NOTHING), (50, SPEECH), (150, NOTHING)]), [200]);
        assert_eq!(silence.worth(), Some(125 * FRAME as u64));
    }

    #[test]
    fn a_pause_is_no_end_and_who_goes_on_after_the_end_was_told_has_another_one() {
        let mut silence = Silence::new(Duration::from_secs(2));
        assert_eq!(ends(&mut silence, &[(50, SPEECH), (99, NOTHING), (50, SPEECH)]), []);
        assert_eq!(silence.worth(), None);
        let mut silence = Silence::new(Duration::from_secs(2));
        assert_eq!(ends(&mut silence, &[(50, SPEECH), (110, NOTHING), (10, SPEECH), (110, NOTHING)]), [150, 270]);
        let mut silence = Silence::new(Duration::from_secs(2));
        ends(&mut silence, &[(50, SPEECH), (110, NOTHING), (10, SPEECH)]);
        assert_eq!(silence.worth(), None, "the caller speaks again");
    }

    #[test]
    fn who_has_said_nothing_but_a_click_is_waited_for() {
        let mut silence = Silence::new(Duration::from_secs(2));
        assert_eq!(ends(&mut silence, &[(10, NOTHING), (24, SPEECH), (1_000, NOTHING)]), []);
        assert_eq!(silence.worth(), None);
    }

    #[test]
    fn what_never_came_is_silence_too() {
        let mut silence = Silence::new(Duration::from_secs(2));
        assert!(!silence.hear(0, &[3_000; 8_000]));
        assert!(silence.hear(8_000 + 16_000, &NOTHING));
    }
}
