//! What the check asks of the world.

use domain::{Language, PromptId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The folder of prompts that hold no speech and serve every language.
const MUSIC: &str = "music";

/// The world around a configuration text.
pub trait Outside {
    /// The text of a file named in the configuration.
    ///
    /// # Errors
    /// Why it cannot be read, for a person.
    fn read(&self, path: &str) -> Result<String, String>;

    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// The prompts in a folder; `None`: nobody can tell, and prompts are not checked.
    ///
    /// # Errors
    /// Why the folder cannot be read, for a person.
    fn prompts(&self, dir: &str) -> Result<Option<PromptSet>, String>;

    /// The path meant by a path of the configuration.
    fn resolve(&self, path: &str) -> PathBuf;
}

/// Which prompts there are: `<language>/<prompt>.wav` for speech, `music/<prompt>.wav` for every language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptSet {
    /// Folder and name of each.
    there: BTreeSet<(String, String)>,
    /// What is wrong with the files of some.
    faulty: BTreeMap<(String, String), String>,
}

impl PromptSet {
    /// The prompts of these files, named relative to the folder of prompts. Other files are left out.
    pub fn of_files<'a>(files: impl IntoIterator<Item = &'a Path>) -> Self {
        Self { there: files.into_iter().filter_map(name_of).collect(), faulty: BTreeMap::new() }
    }

    /// Looks at the first bytes of a prompt's file; what cannot be played is told by the check.
    #[must_use]
    pub fn with_head(mut self, file: &Path, head: &[u8]) -> Self {
        if let (Some(name), Some(flaw)) = (name_of(file), flaw_of(head)) {
            self.faulty.insert(name, flaw);
        }
        self
    }

    /// True if the prompt can be played in this language.
    #[must_use]
    pub fn has(&self, prompt: PromptId, language: Language) -> bool {
        self.folder(prompt, language).is_some()
    }

    /// The file that is played in this language and what is wrong with it, if anything is.
    pub(crate) fn flaw(&self, prompt: PromptId, language: Language) -> Option<(String, &str)> {
        let folder = self.folder(prompt, language)?;
        let flaw = self.faulty.get(&(folder.clone(), prompt.as_str().to_owned()))?;
        Some((format!("{folder}/{prompt}.wav"), flaw))
    }

    fn folder(&self, prompt: PromptId, language: Language) -> Option<String> {
        let is_there = |folder: &&str| self.there.contains(&((*folder).to_owned(), prompt.as_str().to_owned()));
        [language.as_str(), MUSIC].iter().find(|folder| is_there(folder)).map(|folder| (*folder).to_owned())
    }

    /// Every prompt's name, once.
    pub(crate) fn names(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.there.iter().map(|(_, name)| name.as_str()).collect();
        names.into_iter().collect()
    }
}

/// The folder and the name of a prompt's file; `None` for files of other kinds.
fn name_of(path: &Path) -> Option<(String, String)> {
    let folder = path.parent()?.file_name()?.to_str()?.to_owned();
    let wav = path.extension().is_some_and(|extension| extension == "wav");
    Some((folder, path.file_stem()?.to_str()?.to_owned())).filter(|_| wav)
}

/// Bytes of a file that are enough to tell whether it can be played.
pub(crate) const HEAD: u64 = 4_096;

/// What is wrong with a WAV file by its first bytes (RIFF: chunks of a name of four letters and a length).
fn flaw_of(head: &[u8]) -> Option<String> {
    if head.get(..4) != Some(b"RIFF") || head.get(8..12) != Some(b"WAVE") {
        return Some("is no WAV file".to_owned());
    }
    let mut at = 12;
    while let (Some(name), Some(length)) = (head.get(at..at + 4), head.get(at + 4..at + 8)) {
        let length = length.iter().rev().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        if name == b"fmt " {
            let channels = head.get(at + 10..at + 12).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
            let good = (1..=2).contains(&channels);
            return (!good).then(|| format!("has {channels} channels; one or two can be played"));
        }
        // Chunks of an odd length are filled up to an even one.
        at = at.saturating_add(8).saturating_add(length).saturating_add(length % 2);
        if at > head.len() {
            break;
        }
    }
    Some("is a WAV file without a description of its sound".to_owned())
}
