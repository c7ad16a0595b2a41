//! Playing of prompts, tones and silence as frames.

use crate::RATE;
use crate::api::PlayItem;
use crate::tone::Sine;
use core::fmt;
use core::task::Poll;
use domain::{Language, PromptId, Spoken};
use std::sync::Arc;

/// Length of the silence in place of a prompt that is missing, in samples: 200 ms.
const MISSING: usize = 1_600;

/// Sound that a voice is making.
pub trait Speech: fmt::Debug + Send + Sync {
    /// The sound at 8 kHz, as soon as it is there; `None`: there will be none. Must not wait.
    fn poll(&self) -> Poll<Option<Arc<[i16]>>>;
}

/// A text that is to be played when its sound is there.
#[derive(Clone, Debug)]
pub struct Awaited {
    /// The sound to be.
    pub speech: Arc<dyn Speech>,
    /// Longest wait for it, in samples; meanwhile there is silence.
    pub patience: usize,
}

/// A piece of audio.
#[derive(Clone, Debug)]
pub enum Segment {
    /// Sound to be, and what is played instead if there is none; `None`: nothing is.
    Awaited(Awaited, Option<Arc<[i16]>>),
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
            // Nobody knows; it becomes another one before its end.
            Self::Awaited(..) => usize::MAX,
        }
    }
}

fn samples_of(ms: u32) -> usize {
    (u64::from(ms) * u64::from(RATE) / 1_000) as usize
}

/// How prompts are looked up.
pub type FindPrompt<'a> = dyn Fn(&PromptId, Language) -> Option<Arc<[i16]>> + 'a;

/// How texts are given to a voice; `None`: there is none.
pub type AskVoice<'a> = dyn Fn(&Spoken, Language) -> Option<Awaited> + 'a;

/// Find the audio of each item, and have texts spoken. A prompt that `find` does not know becomes 200 ms of silence and is
/// told to `missing`.
pub fn segments(
    items: &[PlayItem],
    (find, voice): (&FindPrompt<'_>, &AskVoice<'_>),
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
            PlayItem::Spoken(spoken, language) => match voice(spoken, *language) {
                Some(awaited) => {
                    let otherwise = spoken.otherwise.and_then(|id| find(&id, *language));
                    found.push(Segment::Awaited(awaited, otherwise));
                }
                None => found.extend(spoken.otherwise.map(|id| prompt(&id, *language))),
            },
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
            if let Segment::Awaited(awaited, otherwise) = segment {
                let there = awaited.speech.poll();
                let left = awaited.patience.saturating_sub(self.offset);
                if there.is_pending() && left > 0 {
                    let rest = &mut frame[filled..];
                    self.offset += rest.len();
                    rest.fill(0);
                    return true;
                }
                let sound = if let Poll::Ready(Some(sound)) = there { Some(sound) } else { otherwise.clone() };
                self.segments[self.index] = sound.map_or(Segment::Silence(0), Segment::Audio);
                self.begin_segment();
                self.step_over_ended();
                continue;
            }
            let count = (segment.length() - self.offset).min(frame.len() - filled);
            let part = &mut frame[filled..filled + count];
            match segment {
                Segment::Audio(samples) => part.copy_from_slice(&samples[self.offset..self.offset + count]),
                Segment::Tone(..) => self.sine.fill(part),
                Segment::Silence(_) | Segment::Awaited(..) => part.fill(0),
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
    use std::sync::Mutex;

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
            (&|id, _| (*id == known).then(|| Arc::from([7i16; 3])), &|_, _| None),
            &mut |id, _| missing.push(*id),
        );
        assert!(matches!(found[..], [Segment::Audio(_), Segment::Silence(MISSING), Segment::Tone(440, 160)]));
        assert_eq!(missing, ["digit-2".parse().unwrap()]);
    }

    #[derive(Debug)]
    struct Later(Mutex<Poll<Option<Arc<[i16]>>>>);

    impl Speech for Later {
        fn poll(&self) -> Poll<Option<Arc<[i16]>>> {
            self.0.lock().unwrap().clone()
        }
    }

    impl Later {
        fn comes(&self, sound: Option<&[i16]>) {
            *self.0.lock().unwrap() = Poll::Ready(sound.map(Arc::from));
        }
    }

    fn awaited(patience: usize, otherwise: Option<&[i16]>) -> (Arc<Later>, Segment) {
        let later = Arc::new(Later(Mutex::new(Poll::Pending)));
        let speech: Arc<dyn Speech> = later.clone();
        (later, Segment::Awaited(Awaited { speech, patience }, otherwise.map(Arc::from)))
    }

    fn next(playout: &mut Playout) -> (Vec<i16>, bool) {
        let mut frame = vec![9; 3];
        let more = playout.fill(&mut frame);
        (frame, more)
    }

    #[test]
    fn speech_is_played_when_it_is_there_and_silence_until_then() {
        let (later, segment) = awaited(100, Some(&[7]));
        let mut playout = Playout::new(vec![audio(&[1]), segment, audio(&[2])], false);
        assert_eq!(next(&mut playout), (vec![1, 0, 0], true));
        assert_eq!(next(&mut playout), (vec![0, 0, 0], true));
        later.comes(Some(&[5, 6]));
        assert_eq!(next(&mut playout), (vec![5, 6, 2], false));
    }

    #[test]
    fn in_the_place_of_speech_that_does_not_come_a_prompt_is_played_or_nothing() {
        let (_later, segment) = awaited(4, Some(&[7]));
        let mut playout = Playout::new(vec![segment], false);
        assert_eq!([next(&mut playout), next(&mut playout)], [(vec![0; 3], true), (vec![0; 3], true)]);
        assert_eq!(next(&mut playout), (vec![7, 0, 0], false), "it was waited for long enough");
        let (later, segment) = awaited(4_000, None);
        later.comes(None);
        let mut playout = Playout::new(vec![segment, audio(&[2])], false);
        assert_eq!(next(&mut playout), (vec![2, 0, 0], false));
        let (later, segment) = awaited(4_000, None);
        let mut playout = Playout::new(vec![segment], true);
        assert_eq!(next(&mut playout), (vec![0; 3], true));
        later.comes(Some(&[]));
        assert_eq!(next(&mut playout), (vec![0; 3], true), "nothing for ever is silence");
    }

    #[test]
    fn a_text_without_a_voice_is_its_prompt_or_left_out() {
        let spoken = |otherwise: Option<&str>| Spoken {
            text: "hello".into(),
            personal: false,
            otherwise: otherwise.map(|name| name.parse().unwrap()),
        };
        let items = [spoken(None), spoken(Some("sorry"))].map(|spoken| PlayItem::Spoken(spoken, Language::EN));
        let found = segments(&items, (&|_, _| Some(Arc::from([7i16; 3])), &|_, _| None), &mut |_, _| {});
        assert!(matches!(found[..], [Segment::Audio(_)]));
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
