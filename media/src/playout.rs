//! Playing of prompts, tones and silence as frames.

use crate::RATE;
use crate::api::PlayItem;
use crate::tone::Sine;
use domain::{Language, PromptId};
use std::sync::Arc;

/// Length of the silence in place of a prompt that is missing, in samples: 200 ms.
const MISSING: usize = 1_600;

/// A piece of audio, ready to be played.
#[derive(Clone, Debug)]
pub enum Segment {
    /// Samples at 8 kHz.
    Audio(Arc<[i16]>),
    /// A tone of some length in samples.
    Tone(u32, usize),
    /// Silence of some length in samples.
    Silence(usize),
}

impl Segment {
    fn length(&self) -> usize {
        match self {
            Self::Audio(samples) => samples.len(),
            Self::Tone(_, length) | Self::Silence(length) => *length,
        }
    }
}

fn samples_of(ms: u32) -> usize {
    (u64::from(ms) * u64::from(RATE) / 1_000) as usize
}

/// How prompts are looked up.
pub type FindPrompt<'a> = dyn Fn(&PromptId, Language) -> Option<Arc<[i16]>> + 'a;

/// Find the audio of each item. A prompt that `find` does not know becomes 200 ms of silence and is told to `missing`.
pub fn segments(
    items: &[PlayItem],
    find: &FindPrompt<'_>,
    missing: &mut dyn FnMut(&PromptId, Language),
) -> Vec<Segment> {
    let mut found = Vec::with_capacity(items.len());
    let mut prompt = |id: &PromptId, language: Language| match find(id, language) {
        Some(samples) => Segment::Audio(samples),
        None => {
            missing(id, language);
            Segment::Silence(MISSING)
        }
    };
    for item in items {
        match item {
            PlayItem::Prompt(id, language) => found.push(prompt(id, *language)),
            PlayItem::Digits(digits, language) => {
                let ids = digits.chars().filter(char::is_ascii_digit).filter_map(|d| format!("digit-{d}").parse().ok());
                found.extend(ids.map(|id| prompt(&id, *language)));
            }
            PlayItem::Tone { hz, ms } => found.push(Segment::Tone(u32::from(*hz), samples_of(*ms))),
            PlayItem::Silence { ms } => found.push(Segment::Silence(samples_of(*ms))),
        }
    }
    found
}

/// One playing.
#[derive(Clone, Debug)]
pub struct Playout {
    segments: Vec<Segment>,
    repeat: bool,
    index: usize,
    offset: usize,
    sine: Sine,
}

impl Playout {
    /// Play these segments in order; with `repeat`, for ever.
    #[must_use]
    pub fn new(segments: Vec<Segment>, repeat: bool) -> Self {
        let mut playout = Self { segments, repeat, index: 0, offset: 0, sine: Sine::new(0, RATE) };
        playout.begin_segment();
        playout
    }

    /// Write the next frame, with silence after the end. Answers whether there is more to come.
    pub fn fill(&mut self, frame: &mut [i16]) -> bool {
        let mut filled = 0;
        let mut empty_passes = 0;
        while filled < frame.len() {
            let Some(segment) = self.segments.get(self.index) else {
                if !self.repeat || empty_passes > 0 {
                    frame[filled..].fill(0);
                    return self.repeat;
                }
                empty_passes += 1;
                self.index = 0;
                self.begin_segment();
                continue;
            };
            let count = (segment.length() - self.offset).min(frame.len() - filled);
            let part = &mut frame[filled..filled + count];
            match segment {
                Segment::Audio(samples) => part.copy_from_slice(&samples[self.offset..self.offset + count]),
                Segment::Tone(..) => self.sine.fill(part),
                Segment::Silence(_) => part.fill(0),
            }
            filled += count;
            self.offset += count;
            empty_passes = if count > 0 { 0 } else { empty_passes };
            self.step_over_ended();
        }
        self.repeat || self.index < self.segments.len()
    }

    fn step_over_ended(&mut self) {
        while self.segments.get(self.index).is_some_and(|s| s.length() <= self.offset) {
            self.index += 1;
            self.begin_segment();
        }
    }

    fn begin_segment(&mut self) {
        self.offset = 0;
        if let Some(Segment::Tone(hz, _)) = self.segments.get(self.index) {
            self.sine = Sine::new(*hz, RATE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn audio(samples: &[i16]) -> Segment {
        Segment::Audio(samples.into())
    }

    fn play(mut playout: Playout, frame: usize, frames: usize) -> (Vec<i16>, usize) {
        let (mut out, mut more) = (Vec::new(), 0);
        for _ in 0..frames {
            let mut samples = vec![0; frame];
            more += usize::from(playout.fill(&mut samples));
            out.extend(samples);
        }
        (out, more)
    }

    #[test]
    fn segments_follow_each_other_and_the_end_is_told_with_the_last_frame() {
        let playout = Playout::new(vec![audio(&[1, 2, 3]), Segment::Silence(2), audio(&[4])], false);
        assert_eq!(play(playout, 4, 3), (vec![1, 2, 3, 0, 0, 4, 0, 0, 0, 0, 0, 0], 1));
    }

    #[test]
    fn a_repeated_play_has_no_gap_at_its_seam() {
        let playout = Playout::new(vec![audio(&[1, 2, 3])], true);
        assert_eq!(play(playout, 4, 2), (vec![1, 2, 3, 1, 2, 3, 1, 2], 2));
    }

    #[test]
    fn playing_nothing_for_ever_is_silence() {
        assert_eq!(play(Playout::new(vec![Segment::Silence(0)], true), 2, 2), (vec![0; 4], 2));
        assert_eq!(play(Playout::new(Vec::new(), false), 2, 1), (vec![0; 2], 0));
    }

    #[test]
    fn digits_become_prompts_and_missing_ones_become_silence() {
        let known: PromptId = "digit-4".parse().unwrap();
        let mut missing = Vec::new();
        let found = segments(
            &[PlayItem::Digits("4x2".into(), Language::EN), PlayItem::Tone { hz: 440, ms: 20 }],
            &|id, _| (*id == known).then(|| Arc::from([7i16; 3])),
            &mut |id, _| missing.push(*id),
        );
        assert!(matches!(found[..], [Segment::Audio(_), Segment::Silence(MISSING), Segment::Tone(440, 160)]));
        assert_eq!(missing, ["digit-2".parse().unwrap()]);
    }

    proptest! {
        #[test]
        fn frames_are_the_segments_laid_end_to_end(lengths in proptest::collection::vec(0usize..50, 0..6), frame in 1usize..30) {
            let pieces: Vec<Vec<i16>> =
                lengths.iter().enumerate().map(|(i, n)| vec![i as i16 + 1; *n]).collect();
            let whole = pieces.concat();
            let playout = Playout::new(pieces.iter().map(|p| audio(p)).collect(), false);
            let frames = whole.len() / frame + 1;
            let (out, _) = play(playout, frame, frames);
            prop_assert_eq!(&out[..whole.len()], &whole[..]);
            prop_assert!(out[whole.len()..].iter().all(|s| *s == 0));
        }
    }
}
