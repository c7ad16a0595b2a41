//! Concealment of lost frames: the last pitch period goes on, ever more quietly (in the manner of ITU-T G.711 App. I).

use crate::FRAME;

/// Shortest and longest pitch period that is looked for: 5 ms (200 Hz) and 15 ms (66 Hz).
const SHORTEST: usize = 40;
const LONGEST: usize = 120;

/// What is remembered: enough to compare two of the longest periods.
const HISTORY: usize = 3 * LONGEST;

/// Samples over which the concealment and the next true frame are blended: 4 ms.
const BLEND: usize = 32;

/// Frames that are concealed; after them there is silence: 60 ms.
const FRAMES: u32 = 3;

/// Remembers what was heard last and makes up what is missing.
#[derive(Clone, Debug)]
pub struct Concealer {
    history: [i16; HISTORY],
    /// Period of the concealment under way, and how far it has come.
    period: usize,
    position: usize,
    lost: u32,
}

impl Default for Concealer {
    fn default() -> Self {
        Self { history: [0; HISTORY], period: LONGEST, position: 0, lost: 0 }
    }
}

impl Concealer {
    /// A frame came; its beginning is blended with what was made up before it.
    pub fn on_frame(&mut self, frame: &mut [i16; FRAME]) {
        if self.lost > 0 {
            let mut made_up = [0; BLEND];
            self.fill(&mut made_up);
            for (n, (sample, old)) in frame.iter_mut().zip(made_up).enumerate() {
                let share = n as i32 + 1;
                let blended = i32::from(*sample) * share + i32::from(old) * (BLEND as i32 + 1 - share);
                *sample = (blended / (BLEND as i32 + 1)) as i16;
            }
            self.lost = 0;
        }
        self.history.copy_within(FRAME.., 0);
        self.history[HISTORY - FRAME..].copy_from_slice(frame);
    }

    /// A frame is missing: make one up.
    pub fn conceal(&mut self, frame: &mut [i16; FRAME]) {
        if self.lost == 0 {
            self.period = self.pitch();
            self.position = 0;
        }
        self.fill(frame);
        self.lost = self.lost.saturating_add(1);
    }

    /// Go on with the last period. Loudness falls in a straight line to nothing at the end of the last frame.
    fn fill(&mut self, samples: &mut [i16]) {
        let whole = FRAMES as usize * FRAME;
        for sample in samples {
            let left = whole.saturating_sub(self.position) as i32;
            let old = self.history[HISTORY - self.period + self.position % self.period];
            *sample = (i32::from(old) * left / whole as i32) as i16;
            self.position += 1;
        }
    }

    /// The lag at which the last 15 ms look most like what was before them.
    fn pitch(&self) -> usize {
        let recent = &self.history[HISTORY - LONGEST..];
        let likeness = |lag: usize| {
            let before = &self.history[HISTORY - LONGEST - lag..HISTORY - lag];
            let product =
                |a: &[i16], b: &[i16]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
            product(recent, before) / product(before, before).max(1.0).sqrt()
        };
        (SHORTEST..=LONGEST).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap_or(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::{Sine, strongest_tone};
    use proptest::prelude::*;

    fn frames(hz: u32, count: usize) -> Vec<[i16; FRAME]> {
        let mut sine = Sine::new(hz, crate::RATE);
        let mut frame = || {
            let mut frame = [0; FRAME];
            sine.fill(&mut frame);
            frame
        };
        (0..count).map(|_| frame()).collect()
    }

    #[test]
    fn a_lost_frame_sounds_like_what_was_before_it() {
        let mut concealer = Concealer::default();
        for mut frame in frames(150, 10) {
            concealer.on_frame(&mut frame);
        }
        let mut made_up = [0; FRAME];
        concealer.conceal(&mut made_up);
        assert_eq!(strongest_tone(&made_up, crate::RATE, &[100, 150, 300]), Some(150));
        assert!(made_up.iter().any(|s| s.abs() > 5_000), "nearly as loud");
    }

    #[test]
    fn a_long_loss_fades_to_silence() {
        let mut concealer = Concealer::default();
        for mut frame in frames(150, 10) {
            concealer.on_frame(&mut frame);
        }
        let mut made_up = [0; FRAME];
        let mut peaks = Vec::new();
        for _ in 0..5 {
            concealer.conceal(&mut made_up);
            peaks.push(made_up.iter().map(|s| i32::from(*s).abs()).max().unwrap());
        }
        assert!(peaks[0] > peaks[1] && peaks[1] > peaks[2] && peaks[2] > 0, "{peaks:?}");
        assert_eq!(peaks[3..], [0, 0]);
    }

    proptest! {
        #[test]
        fn there_is_no_jump_between_truth_and_concealment(hz in 70u32..190, lost in 1usize..3) {
            let mut concealer = Concealer::default();
            let mut out = Vec::new();
            for (n, mut frame) in frames(hz, 16).into_iter().enumerate() {
                if (8..8 + lost).contains(&n) {
                    concealer.conceal(&mut frame);
                } else {
                    concealer.on_frame(&mut frame);
                }
                out.extend(frame);
            }
            // The steepest step of the tone itself, twice, and the error of a period in whole samples.
            let steepest = 8_000.0 * core::f64::consts::TAU * f64::from(hz) / 8_000.0;
            let jump = out[800..].windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max().unwrap();
            prop_assert!(f64::from(jump) < 3.0 * steepest + 400.0, "jump {jump}, steepest {steepest}");
        }

        #[test]
        fn any_audio_is_taken(samples in proptest::collection::vec(any::<i16>(), FRAME), lost in 0u32..10) {
            let mut concealer = Concealer::default();
            let mut frame: [i16; FRAME] = samples.try_into().unwrap();
            concealer.on_frame(&mut frame);
            for _ in 0..lost {
                concealer.conceal(&mut frame);
            }
            concealer.on_frame(&mut frame);
        }
    }
}
