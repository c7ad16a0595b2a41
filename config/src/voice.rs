//! `[speech]`: who speaks texts. And which texts and prompts the flows say, in which languages.

use crate::reader::Table;
use crate::tree::Value;
use core::time::Duration;
use domain::{FlowId, Language, PromptId};
use ivr::Text;
use ivr::speech::{self, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// Who speaks texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeechSettings {
    /// False: nobody.
    pub enabled: bool,
    /// The program and its arguments; empty: espeak-ng.
    pub command: Vec<String>,
    /// Samples per second of what the program gives, where that has no header.
    pub rate: u32,
    /// Voices by language; the others have the program's own.
    pub voices: BTreeMap<Language, String>,
    /// A text that is not spoken after so long is given up.
    pub timeout: Duration,
    /// Programs at once.
    pub max_concurrent: usize,
    /// Bytes of speech that are kept on disk.
    pub cache_bytes: u64,
}

/// `[speech]`.
pub(crate) fn speech(root: &Table<'_>) -> SpeechSettings {
    let mut settings = SpeechSettings {
        enabled: true,
        command: Vec::new(),
        rate: 22_050,
        voices: BTreeMap::new(),
        timeout: Duration::from_secs(2),
        max_concurrent: 2,
        cache_bytes: 256 << 20,
    };
    let Some(table) = root.table("speech") else { return settings };
    settings.enabled = table.flag("enabled", true);
    settings.command = table.texts("command").into_iter().map(|word| word.value).collect();
    if table.has("command") && settings.command.first().is_none_or(String::is_empty) {
        let why = "`command` must be a list: the program, then its arguments".to_owned();
        table.refuse("out_of_range", table.place_of("command"), "command", why);
    }
    let number =
        |key, range, default: u32| table.int(key, range).and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
    settings.rate = number("rate", 4_000..=192_000, 22_050);
    settings.timeout = table.millis("timeout_ms", 2_000, 100..=30_000);
    settings.max_concurrent = number("max_concurrent", 1..=64, 2) as usize;
    settings.cache_bytes = u64::from(number("cache_mb", 0..=1_000_000, 256)) << 20;
    if let Some(voices) = table.table("voices") {
        settings.voices = voices_of(&voices);
    }
    table.done();
    settings
}

/// Voices by language. None may look like an option of the program.
fn voices_of(table: &Table<'_>) -> BTreeMap<Language, String> {
    let mut voices = BTreeMap::new();
    for (name, item) in table.named() {
        let (Ok(language), Value::Text(voice)) = (name.value.parse::<Language>(), &item.value) else {
            let why = format!("`{}` must be a language with the name of a voice, such as en = \"en-us\"", name.value);
            table.refuse("bad_choice", name.place, &name.value, why);
            continue;
        };
        if voice.is_empty() || voice.starts_with('-') || voice.chars().any(char::is_control) {
            table.refuse("bad_choice", name.place, &name.value, format!("`{voice}` is no name of a voice"));
            continue;
        }
        voices.insert(language, voice.clone());
    }
    voices
}

/// What a flow may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowWords {
    /// The flow.
    pub flow: FlowId,
    /// In which languages.
    pub languages: BTreeSet<Language>,
    /// Prompts that it names.
    pub prompts: BTreeSet<PromptId>,
    /// Kinds of values that it says.
    pub kinds: BTreeSet<Kind>,
    /// Texts for a voice.
    pub texts: Vec<Text>,
}

impl FlowWords {
    /// Every recording that it may need in a language: prompts, and the pieces of values.
    #[must_use]
    pub fn recordings(&self, language: Language) -> BTreeSet<PromptId> {
        let pieces = self.kinds.iter().flat_map(|kind| speech::pieces_of(language, *kind));
        self.prompts.iter().copied().chain(pieces).collect()
    }

    /// Texts that are always the same, in each language in which they may be said.
    pub fn fixed_texts(&self) -> impl Iterator<Item = (Language, String)> {
        let in_language = |language: &Language| {
            let language = *language;
            let templates = self.texts.iter().filter_map(move |text| text.of(language));
            let fixed = templates.filter(|template| template.variables().next().is_none());
            fixed.map(move |template| (language, template.filled(&|_| String::new())))
        };
        self.languages.iter().flat_map(in_language)
    }
}
