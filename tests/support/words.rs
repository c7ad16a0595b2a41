//! Which prompts a caller hears: what comes in is compared with the recordings, sample by sample.

use super::{PATIENCE, TONES, until};
use media::g711::Codec;
use media::tone::strongest_tone;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;
use switchroom::phone::Phone;

/// Where a prompt begins to be heard: nothing softer counts.
const LOUD: u16 = 300;
/// Samples by which a prompt is known: a quarter of a second.
const KNOWN_BY: usize = 2_000;

/// Who hears.
pub trait Hears {
    /// What was heard after `from` samples that are known already, or all that is still remembered of it, and when each came.
    fn heard_from(&self, from: usize) -> Vec<(Instant, i16)>;

    /// Waits until this tone sounds, heard from now on.
    async fn hears(&self, hz: u32) {
        let begun = self.heard_from(0).len();
        until(&format!("{hz} Hz"), async || {
            let heard: Vec<i16> = self.heard_from(begun).into_iter().map(|(_, sample)| sample).collect();
            let last = &heard[heard.len().saturating_sub(8_000)..];
            (strongest_tone(last, 8_000, TONES) == Some(hz)).then_some(())
        })
        .await;
    }
}

/// A phone of ours remembers five seconds: this remembers more, if it is asked often enough.
struct Remembered<'a> {
    phone: &'a Phone,
    heard: Mutex<Vec<(Instant, i16)>>,
}

impl Hears for Remembered<'_> {
    fn heard_from(&self, from: usize) -> Vec<(Instant, i16)> {
        let mut heard = self.heard.lock().unwrap();
        let last = heard.last().map(|(at, _)| *at);
        let packets = self.phone.ear().packets();
        let new = packets.iter().position(|packet| Some(packet.at) == last).map_or(0, |at| at + 1);
        heard.extend(packets[new..].iter().flat_map(|p| p.samples.iter().map(|sample| (p.at, *sample))));
        heard[from..].to_vec()
    }
}

/// A recording from its first loud sample on, as it sounds after PCMU.
struct Word {
    prompt: String,
    samples: Vec<i16>,
}

/// The recordings of a language by their first sample.
pub struct Words(BTreeMap<i16, Vec<Word>>);

/// A prompt that was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Which.
    pub prompt: String,
    /// When its first loud sample came.
    pub at: Instant,
    /// When its last sample came, or the last before it was cut off.
    pub until: Instant,
    /// It was heard to its end.
    pub is_whole: bool,
}

/// The recordings of `prompts/<language>` by their names.
fn recordings(language: &str) -> BTreeMap<String, Vec<i16>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts").join(language);
    let files = std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path());
    let read = |path: PathBuf| {
        let samples = hound::WavReader::open(&path).unwrap().samples::<i16>().map(Result::unwrap).collect();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), samples)
    };
    files.map(read).collect()
}

impl Words {
    /// The recordings of `prompts/<language>`.
    pub fn of(language: &str) -> Self {
        let mut words: BTreeMap<i16, Vec<Word>> = BTreeMap::new();
        for (prompt, recording) in recordings(language) {
            let loud = recording.iter().position(|sample| sample.unsigned_abs() > LOUD).unwrap_or(0);
            let samples = through_pcmu(&recording[loud..]);
            words.entry(samples[0]).or_default().push(Word { prompt, samples });
        }
        Self(words)
    }

    /// The prompts in what was heard, in order.
    fn find(&self, heard: &[(Instant, i16)]) -> Vec<Said> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < heard.len() {
            let here = &heard[at..];
            let begins_here = |word: &&Word| {
                let known_by = word.samples.len().min(KNOWN_BY);
                known_by <= here.len() && alike(word, here) >= known_by
            };
            let words = self.0.get(&heard[at].1).into_iter().flatten().filter(begins_here);
            // The longest: one piece may begin like another.
            if let Some(word) = words.max_by_key(|word| alike(word, here)) {
                let length = alike(word, here);
                let (until, is_whole) = (here[length - 1].0, length == word.samples.len());
                found.push(Said { prompt: word.prompt.clone(), at: here[0].0, until, is_whole });
                at += length;
            } else {
                at += 1;
            }
        }
        found
    }

    /// Listens until the prompts that were heard fit; all of them.
    pub async fn heard(&self, phone: &Phone, fits: impl Fn(&[Said]) -> bool) -> Vec<Said> {
        self.heard_by(&Remembered { phone, heard: Mutex::default() }, fits).await
    }

    /// The same of anybody who remembers all that was heard.
    pub async fn heard_by(&self, who: &impl Hears, fits: impl Fn(&[Said]) -> bool) -> Vec<Said> {
        let mut heard = Vec::new();
        let mut said = Vec::new();
        let listen = until("the words", async || {
            heard.extend(who.heard_from(heard.len()));
            said = self.find(&heard);
            fits(&said).then_some(())
        });
        let ended = tokio::time::timeout(PATIENCE, listen).await.is_ok();
        assert!(ended, "heard only {said:?}");
        said
    }
}

/// How many samples from the first on are those of the word.
fn alike(word: &Word, heard: &[(Instant, i16)]) -> usize {
    word.samples.iter().zip(heard).take_while(|(word, (_, heard))| **word == *heard).count()
}

/// The names of what was said, in order.
pub fn prompts(said: &[Said]) -> Vec<&str> {
    said.iter().map(|said| said.prompt.as_str()).collect()
}

/// What a listener gets of this.
pub fn through_pcmu(samples: &[i16]) -> Vec<i16> {
    let mut bytes = vec![0; samples.len()];
    Codec::Pcmu.encode(samples, &mut bytes);
    let mut heard = vec![0; samples.len()];
    Codec::Pcmu.decode(&bytes, &mut heard);
    heard
}

fn at_once(samples: impl Iterator<Item = i16>) -> Vec<(Instant, i16)> {
    let now = Instant::now();
    through_pcmu(&samples.collect::<Vec<_>>()).into_iter().map(|sample| (now, sample)).collect()
}

#[test]
fn every_prompt_is_known_by_its_sound_and_taken_for_no_other() {
    let silence = [0; 800];
    for language in ["en", "zh"] {
        let (words, recordings) = (Words::of(language), recordings(language));
        let said = words.find(&at_once(
            recordings.values().flat_map(|recording| silence.into_iter().chain(recording.iter().copied())),
        ));
        assert_eq!(said.len(), recordings.len(), "{language}: {:?}", prompts(&said));
        for (said, (prompt, recording)) in said.iter().zip(&recordings) {
            // One and many sound alike in Chinese.
            assert!(recordings[&said.prompt] == *recording && said.is_whole, "{prompt} is taken for {said:?}");
        }
        for (prompt, recording) in &recordings {
            let part = recording[..recording.len() * 3 / 4].iter().copied();
            let said = words.find(&at_once(part.chain(silence)));
            assert!(said.iter().all(|said| !said.is_whole), "{prompt} is cut off: {said:?}");
        }
    }
}
