//! What the check asks of the world.

use domain::{Language, PromptId};
use std::collections::BTreeSet;
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
pub struct PromptSet(BTreeSet<(String, String)>);

impl PromptSet {
    /// The prompts of these files, named relative to the folder of prompts. Other files are left out.
    pub fn of_files<'a>(files: impl IntoIterator<Item = &'a Path>) -> Self {
        let name = |path: &Path| {
            let folder = path.parent()?.file_name()?.to_str()?.to_owned();
            let wav = path.extension().is_some_and(|extension| extension == "wav");
            Some((folder, path.file_stem()?.to_str()?.to_owned())).filter(|_| wav)
        };
        Self(files.into_iter().filter_map(name).collect())
    }

    /// True if the prompt can be played in this language.
    #[must_use]
    pub fn has(&self, prompt: PromptId, language: Language) -> bool {
        let is_there = |folder: &str| self.0.contains(&(folder.to_owned(), prompt.as_str().to_owned()));
        is_there(language.as_str()) || is_there(MUSIC)
    }

    /// Every prompt's name, once.
    pub(crate) fn names(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.0.iter().map(|(_, name)| name.as_str()).collect();
        names.into_iter().collect()
    }
}
