//! Prompts and music, read from WAV files.

mod library;
pub mod wav;

use domain::{Language, ParseIdError, PromptId};
pub use library::{FileFacts, Library};
use media::RATE;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of audio that has no language.
const NEUTRAL: &str = "music";

/// Why a prompt cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// A file or folder cannot be read.
    #[error("{path}: {why}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// A file is no WAV file that can be played.
    #[error("{path}: {why}")]
    Wav {
        /// Which.
        path: PathBuf,
        /// Why.
        why: wav::WavFlaw,
    },
    /// A file's name is not a prompt id followed by `.wav`.
    #[error("{path}: the file's name is no prompt id: {why}")]
    Name {
        /// Which.
        path: PathBuf,
        /// Why.
        why: ParseIdError,
    },
    /// A folder's name is neither a language tag nor `music`.
    #[error("{path}: the folder's name is neither a language such as `en` nor `music`: {why}")]
    Language {
        /// Which.
        path: PathBuf,
        /// Why.
        why: ParseIdError,
    },
}

/// Audio by prompt and language, 8 kHz mono.
#[derive(Clone, Debug, Default)]
pub struct Prompts {
    audio: BTreeMap<(PromptId, Option<Language>), Arc<[i16]>>,
}

impl Prompts {
    /// Read `dir/<language>/<prompt-id>.wav` and `dir/music/<prompt-id>.wav` (for every language): mono or stereo,
    /// any common sample rate, integer or float. Other files are left alone.
    ///
    /// # Errors
    /// All that is wrong with the folder, at once.
    pub fn load(dir: &Path) -> Result<Self, Vec<PromptError>> {
        let mut prompts = Self::default();
        let mut problems = Vec::new();
        match folders(dir) {
            Ok(folders) => folders.iter().for_each(|folder| prompts.load_folder(folder, &mut problems)),
            Err(problem) => problems.push(problem),
        }
        if problems.is_empty() { Ok(prompts) } else { Err(problems) }
    }

    /// Add audio at 8 kHz; without a language it serves all of them.
    pub fn insert(&mut self, id: PromptId, language: Option<Language>, samples: &[i16]) {
        self.audio.insert((id, language), samples.into());
    }

    /// The ids of all prompts, in whichever language.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<PromptId> {
        self.audio.keys().map(|(id, _)| *id).collect()
    }

    /// Take audio away; false: there was none.
    pub fn remove(&mut self, id: PromptId, language: Option<Language>) -> bool {
        self.audio.remove(&(id, language)).is_some()
    }

    /// Every prompt with its language (`None`: for all of them) and its audio at 8 kHz.
    pub fn all(&self) -> impl Iterator<Item = (PromptId, Option<Language>, &[i16])> {
        self.audio.iter().map(|((id, language), samples)| (*id, *language, &samples[..]))
    }

    /// The audio at 8 kHz of exactly this language, or of the one for all of them.
    #[must_use]
    pub fn audio(&self, id: PromptId, language: Option<Language>) -> Option<Arc<[i16]>> {
        self.audio.get(&(id, language)).cloned()
    }

    /// Whether this prompt is there in this language, or for every language.
    #[must_use]
    pub fn has(&self, id: PromptId, language: Language) -> bool {
        self.audio.contains_key(&(id, Some(language))) || self.audio.contains_key(&(id, None))
    }

    /// How long a prompt takes in this language, in milliseconds.
    #[must_use]
    pub fn length_ms(&self, id: PromptId, language: Language) -> Option<u64> {
        self.find(id, language, language).map(|samples| samples.len() as u64 * 1_000 / u64::from(RATE))
    }

    /// The audio in this language, else for every language, else in the default one.
    pub(crate) fn find(&self, id: PromptId, language: Language, default: Language) -> Option<Arc<[i16]>> {
        [Some(language), None, Some(default)].into_iter().find_map(|language| self.audio.get(&(id, language)).cloned())
    }

    fn load_folder(&mut self, folder: &Path, problems: &mut Vec<PromptError>) {
        let loaded = language_of(folder).and_then(|language| Ok((language, entries(folder)?)));
        let (language, files) = match loaded {
            Ok(found) => found,
            Err(problem) => return problems.push(problem),
        };
        for file in files.iter().filter(|file| file.extension().is_some_and(|e| e.eq_ignore_ascii_case("wav"))) {
            match load_file(file) {
                Ok((id, samples)) => self.insert(id, language, &samples),
                Err(problem) => problems.push(problem),
            }
        }
    }
}

/// What a folder holds, in a stable order.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, PromptError> {
    let unreadable = |why| PromptError::Read { path: dir.to_owned(), why };
    let entries = std::fs::read_dir(dir).map_err(unreadable)?;
    let mut paths = entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    paths.sort();
    Ok(paths)
}

fn folders(dir: &Path) -> Result<Vec<PathBuf>, PromptError> {
    let mut paths = entries(dir)?;
    paths.retain(|path| path.is_dir());
    Ok(paths)
}

fn language_of(folder: &Path) -> Result<Option<Language>, PromptError> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if name == NEUTRAL {
        return Ok(None);
    }
    name.parse().map(Some).map_err(|why| PromptError::Language { path: folder.to_owned(), why })
}

fn load_file(file: &Path) -> Result<(PromptId, Vec<i16>), PromptError> {
    let path = || file.to_owned();
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let id = stem.parse().map_err(|why| PromptError::Name { path: path(), why })?;
    let bytes = std::fs::File::open(file).map_err(|why| PromptError::Read { path: path(), why })?;
    let samples = wav::read(io::BufReader::new(bytes), None).map_err(|why| match why {
        wav::WavFlaw::Broken(hound::Error::IoError(why)) => PromptError::Read { path: path(), why },
        why => PromptError::Wav { path: path(), why },
    })?;
    Ok((id, samples))
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::tone::{Sine, strongest_tone};

    fn write(path: &Path, rate: u32, channels: u16, bits: u16) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: bits,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        let mut samples = vec![0; rate as usize];
        Sine::new(440, rate).fill(&mut samples);
        for sample in samples {
            for _ in 0..channels {
                writer.write_sample(i32::from(sample) << (bits - 16)).unwrap();
            }
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn prompts_of_any_shape_become_8_khz_mono() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("en/hello.wav"), 22_050, 1, 16);
        write(&dir.path().join("zh/hello.wav"), 48_000, 2, 24);
        write(&dir.path().join("music/calm.wav"), 8_000, 1, 16);
        std::fs::write(dir.path().join("en/notes.txt"), "left alone").unwrap();
        let prompts = Prompts::load(dir.path()).unwrap();
        assert_eq!(prompts.ids().len(), 2);
        for (id, language) in [("hello", Language::EN), ("hello", Language::ZH), ("calm", Language::ZH)] {
            let id = id.parse().unwrap();
            assert!(prompts.has(id, language));
            assert_eq!(prompts.length_ms(id, language), Some(1_000));
            let audio = prompts.find(id, language, language).unwrap();
            assert_eq!(strongest_tone(&audio, RATE, &[220, 440, 880]), Some(440));
        }
        let fr = "fr".parse().unwrap();
        assert!(!prompts.has("hello".parse().unwrap(), fr));
        assert!(prompts.find("hello".parse().unwrap(), fr, Language::EN).is_some(), "the default language serves");
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("en/ok.wav"), 8_000, 1, 16);
        write(&dir.path().join("en/three.wav"), 8_000, 3, 16);
        write(&dir.path().join("en/slow.wav"), 100, 1, 16);
        std::fs::write(dir.path().join("en/text.wav"), "no audio").unwrap();
        std::fs::write(dir.path().join("en/bad name.wav"), "").unwrap();
        std::fs::create_dir(dir.path().join("neither_nor")).unwrap();
        let problems = Prompts::load(dir.path()).unwrap_err();
        assert_eq!(problems.len(), 5, "{problems:?}");
        assert!(problems.iter().any(|p| p.to_string().contains("three.wav: has 3 channels")));
        assert!(matches!(Prompts::load(&dir.path().join("nowhere")).unwrap_err()[..], [PromptError::Read { .. }]));
    }
}
