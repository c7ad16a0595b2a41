//! A configuration with flows: every text is taken or refused with places.
#![no_main]

use config::{Config, Outside, PromptSet, Source};
use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;

/// No files, no variables.
struct Nothing;

impl Outside for Nothing {
    fn read(&self, _: &str) -> Result<String, String> {
        Err("no such file".to_owned())
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn prompts(&self, _: &str) -> Result<Option<PromptSet>, String> {
        Ok(None)
    }

    fn resolve(&self, path: &str) -> PathBuf {
        path.into()
    }
}

fuzz_target!(|text: &str| {
    let source = Source { name: "fuzz.toml".to_owned(), text: text.to_owned() };
    if let Err(problems) = Config::from_source(source, &Nothing) {
        assert!(!problems.is_empty(), "refused without a reason");
    }
});
