//! The folder of prompts, as somebody changes it while calls go on.

use super::{NEUTRAL, wav};
use domain::{Language, PromptId};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files that are being written. The loader leaves them alone.
const FRESH: &str = "new";

/// The folder of prompts.
#[derive(Clone, Debug)]
pub struct Library {
    dir: PathBuf,
}

/// What is known of a prompt's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Its size.
    pub bytes: u64,
    /// When it was written.
    pub modified: Option<SystemTime>,
    /// What a voice was given to speak for it.
    pub text: Option<String>,
}

impl Library {
    /// The library in this folder.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    fn folder(&self, language: Option<Language>) -> PathBuf {
        self.dir.join(language.as_ref().map_or(NEUTRAL, Language::as_str))
    }

    fn file(&self, prompt: PromptId, language: Option<Language>, kind: &str) -> PathBuf {
        // Ids hold no slash. They may hold dots, so that no extension is to be replaced.
        self.folder(language).join(format!("{prompt}.{kind}"))
    }

    /// What is known of a prompt's file; `None`: there is none.
    #[must_use]
    pub fn facts(&self, prompt: PromptId, language: Option<Language>) -> Option<FileFacts> {
        let known = fs::metadata(self.file(prompt, language, "wav")).ok()?;
        let text = fs::read_to_string(self.file(prompt, language, "txt")).ok();
        Some(FileFacts { bytes: known.len(), modified: known.modified().ok(), text })
    }

    /// Keep a prompt: 8 kHz, and the text that was spoken if there was one. The file is whole or not there.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn put(
        &self,
        prompt: PromptId,
        language: Option<Language>,
        samples: &[i16],
        text: Option<&str>,
    ) -> io::Result<()> {
        let sound = wav::write(samples).map_err(io::Error::other)?;
        fs::create_dir_all(self.folder(language))?;
        match text {
            Some(text) => self.replace(&self.file(prompt, language, "txt"), text.as_bytes())?,
            None => gone(fs::remove_file(self.file(prompt, language, "txt")))?,
        }
        self.replace(&self.file(prompt, language, "wav"), &sound)
    }

    fn replace(&self, file: &Path, content: &[u8]) -> io::Result<()> {
        use std::io::Write as _;
        let mut fresh = file.as_os_str().to_owned();
        fresh.push(format!(".{FRESH}"));
        let fresh = PathBuf::from(fresh);
        let mut out = fs::File::create(&fresh)?;
        out.write_all(content)?;
        out.sync_all()?;
        fs::rename(fresh, file)
    }

    /// Take a prompt away. One that is not there is away already.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn remove(&self, prompt: PromptId, language: Option<Language>) -> io::Result<()> {
        gone(fs::remove_file(self.file(prompt, language, "wav")))?;
        gone(fs::remove_file(self.file(prompt, language, "txt")))
    }

    /// Why prompts cannot be kept here; `None`: they can. Found out by writing.
    #[must_use]
    pub fn why_not(&self) -> Option<io::Error> {
        let probe = self.dir.join(".switchroom-probe");
        fs::write(&probe, b"probe").and_then(|()| fs::remove_file(&probe)).err()
    }
}

/// What is not there need not be removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Prompts;
    use super::*;

    #[test]
    fn what_is_kept_is_what_the_next_load_finds() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::new(dir.path());
        let (id, other): (PromptId, PromptId) = ("shop.hours".parse().unwrap(), "calm".parse().unwrap());
        library.put(id, Some(Language::EN), &[5; 800], Some("We are open.")).unwrap();
        library.put(other, None, &[6; 1_600], None).unwrap();
        let prompts = Prompts::load(dir.path()).unwrap();
        assert_eq!(prompts.length_ms(id, Language::EN), Some(100));
        assert_eq!(prompts.length_ms(other, Language::ZH), Some(200));
        let facts = library.facts(id, Some(Language::EN)).unwrap();
        assert_eq!((facts.bytes, facts.text.as_deref()), (1_644, Some("We are open.")));
        library.put(id, Some(Language::EN), &[5; 8], None).unwrap();
        assert_eq!(library.facts(id, Some(Language::EN)).unwrap().text, None, "nobody spoke this one");
        for _ in 0..2 {
            library.remove(id, Some(Language::EN)).unwrap();
        }
        assert_eq!(Prompts::load(dir.path()).unwrap().ids(), [other].into());
    }

    #[test]
    fn a_folder_that_is_not_there_takes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Library::new(dir.path()).why_not().is_none());
        fs::write(dir.path().join("file"), "in the way").unwrap();
        let library = Library::new(&dir.path().join("file"));
        assert!(library.why_not().is_some());
        assert!(library.put("x".parse().unwrap(), None, &[1], None).is_err());
    }
}
