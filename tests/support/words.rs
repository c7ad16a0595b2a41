//! Which prompts a phone hears: what comes in is compared with the recordings, sample by sample.

use super::{PATIENCE, until};
use media::g711::Codec;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use switchroom::phone::Phone;

/// Where a prompt begins to be heard: nothing softer counts.
const LOUD: u16 = 300;
/// Samples by which a prompt is known: a quarter of a second.
const KNOWN_BY: usize = 2_000;

/// The recordings of a language, as they sound after PCMU.
pub struct Words(BTreeMap<String, Vec<i16>>);

/// A prompt that was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Which.
    pub prompt: String,
    /// When its first loud sample came.
    pub at: Instant,
}

impl Words {
    /// The recordings of `prompts/<language>`.
    pub fn of(language: &str) -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts").join(language);
        let files = std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path());
        let word = |path: std::path::PathBuf| {
            let mut wav = hound::WavReader::open(&path).unwrap();
            let samples: Vec<i16> = wav.samples::<i16>().map(Result::unwrap).collect();
            let loud = samples.iter().position(|sample| sample.unsigned_abs() > LOUD).unwrap_or(0);
            let heard = through_pcmu(&samples[loud..samples.len().min(loud + KNOWN_BY)]);
            (path.file_stem().unwrap().to_string_lossy().into_owned(), heard)
        };
        Self(files.map(word).collect())
    }

    /// The prompts in what was heard, in order.
    fn find(&self, heard: &[(Instant, i16)]) -> Vec<Said> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < heard.len() {
            let is_here = |word: &&Vec<i16>| {
                word.len() <= heard.len() - at && word.iter().zip(&heard[at..]).all(|(word, (_, heard))| word == heard)
            };
            // The longest: one piece may begin like another.
            let here = self.0.iter().filter(|(_, word)| is_here(word)).max_by_key(|(_, word)| word.len());
            if let Some((prompt, word)) = here {
                found.push(Said { prompt: prompt.clone(), at: heard[at].0 });
                at += word.len();
            } else {
                at += 1;
            }
        }
        found
    }

    /// Listens until the prompts that were heard fit; all of them.
    pub async fn heard(&self, phone: &Phone, fits: impl Fn(&[Said]) -> bool) -> Vec<Said> {
        let mut heard: Vec<(Instant, i16)> = Vec::new();
        let mut last = None;
        let mut said = Vec::new();
        let listen = until("the words", async || {
            let packets = phone.ear().packets();
            let new = packets.iter().position(|packet| Some(packet.at) == last).map_or(0, |at| at + 1);
            last = packets.last().map(|packet| packet.at).or(last);
            heard.extend(packets[new..].iter().flat_map(|p| p.samples.iter().map(|sample| (p.at, *sample))));
            said = self.find(&heard);
            fits(&said).then_some(())
        });
        let ended = tokio::time::timeout(PATIENCE, listen).await.is_ok();
        assert!(ended, "heard only {said:?}");
        said
    }
}

/// What a listener gets of this.
fn through_pcmu(samples: &[i16]) -> Vec<i16> {
    let mut bytes = vec![0; samples.len()];
    Codec::Pcmu.encode(samples, &mut bytes);
    let mut heard = vec![0; samples.len()];
    Codec::Pcmu.decode(&bytes, &mut heard);
    heard
}
