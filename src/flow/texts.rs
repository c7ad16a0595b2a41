//! What is said, as text: the words of the prompts.

use domain::{Language, PromptId};
use ivr::speech::Kind;
use ivr::{Of, Say};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The words of the prompts that come with Switchroom.
const SHIPPED: &str = include_str!("../../prompts/texts.toml");

/// The parts of a file of texts that matter here; voices do not.
#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    prompt: BTreeMap<String, BTreeMap<String, Text>>,
    #[serde(default)]
    piece: BTreeMap<String, BTreeMap<String, Text>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Mixed(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    text: String,
}

/// The words of prompts by name and language.
pub(crate) struct Texts(BTreeMap<(String, String), String>);

impl Texts {
    /// The shipped ones, and those of `texts.toml` beside the prompts before them.
    pub(crate) fn of_folder(prompts: &Path) -> Self {
        let own = fs::read_to_string(prompts.join("texts.toml")).unwrap_or_default();
        let mut texts = BTreeMap::new();
        for file in [SHIPPED, &own] {
            let file: File = toml::from_str(file).unwrap_or_default();
            for (name, languages) in file.prompt.into_iter().chain(file.piece) {
                for (language, text) in languages {
                    let text = match text {
                        Text::Plain(text) => text,
                        Text::Mixed(parts) => parts.into_iter().map(|part| part.text).collect::<Vec<_>>().join(" "),
                    };
                    texts.insert((name.clone(), language), text);
                }
            }
        }
        Self(texts)
    }

    /// The words of a prompt by language, as far as they are known.
    pub(crate) fn words(&self, prompt: PromptId) -> BTreeMap<String, String> {
        let own = self.0.range((prompt.to_string(), String::new())..);
        let own = own.take_while(|((name, _), _)| name == prompt.as_str());
        own.map(|((_, language), text)| (language.clone(), text.clone())).collect()
    }

    fn of(&self, prompt: &str, language: Language) -> String {
        let text = self.0.get(&(prompt.to_owned(), language.as_str().to_owned()));
        text.cloned().unwrap_or_else(|| format!("[{prompt}]"))
    }

    /// What a caller hears.
    pub(crate) fn heard(&self, items: &[Say], language: Language) -> String {
        let text = |item: &Say| match item {
            Say::Digits(digits) => {
                let digit = |digit: char| self.of(&format!("digit-{digit}"), language);
                joined(digits.chars().filter(char::is_ascii_digit).map(digit), language)
            }
            other => self.planned_item(other, language),
        };
        joined(items.iter().map(text), language)
    }

    /// What a flow says, values by their names.
    pub(crate) fn planned(&self, items: &[Say], language: Language) -> String {
        joined(items.iter().map(|item| self.planned_item(item, language)), language)
    }

    fn planned_item(&self, item: &Say, language: Language) -> String {
        match item {
            Say::Prompt(prompt) => self.of(prompt.as_str(), language),
            Say::Digits(text) => format!("‹{text}›"),
            Say::Text(text) => text.planned(language),
            Say::Spoken(spoken) => spoken.text.0.clone(),
            Say::Value(kind, of) => {
                let of = match of {
                    Of::Text(text) => text.clone(),
                    Of::Variable(name) => format!("${name}"),
                    Of::Expression(expression) => expression.text().to_owned(),
                };
                let kind = match kind {
                    Kind::AboutMinutes => "minutes",
                    other => other.word(),
                };
                format!("‹{kind} {of}›")
            }
        }
    }
}

fn joined(parts: impl Iterator<Item = String>, language: Language) -> String {
    let between = if language.as_str().starts_with("zh") { "" } else { " " };
    parts.collect::<Vec<_>>().join(between)
}
