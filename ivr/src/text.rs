//! Texts that a flow has spoken by a voice, with variables in them.

use domain::{Language, PromptId, Redacted, Spoken};
use std::collections::BTreeMap;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Words as they stand.
    Words(String),
    /// What a variable, or a node that takes digits, holds.
    Variable(String),
}

/// A text with variables: `$name` (letters, digits and `_`) or `${name}`, which takes nodes with a dash as well. `$$` is a
/// dollar sign, and so is one that no letter follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

impl Template {
    /// Reads a text. Whatever it holds is a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let (mut pieces, mut words, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            words.push_str(before);
            match variable(after) {
                Some((name, after)) => {
                    pieces.extend(Some(core::mem::take(&mut words)).filter(|w| !w.is_empty()).map(Piece::Words));
                    pieces.push(Piece::Variable(name.to_owned()));
                    rest = after;
                }
                None => {
                    words.push('$');
                    rest = after.strip_prefix('$').unwrap_or(after);
                }
            }
        }
        words.push_str(rest);
        pieces.extend(Some(words).filter(|words| !words.is_empty()).map(Piece::Words));
        Self(pieces)
    }

    /// The variables in it, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            Piece::Words(_) => None,
        })
    }

    /// Whether it has words beside its variables, which are of some language.
    #[must_use]
    pub fn has_words(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Words(words) if words.chars().any(char::is_alphabetic)))
    }

    /// The text with these values in place of the variables.
    #[must_use]
    pub fn filled(&self, value: &dyn Fn(&str) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Variable(name) => value(name),
        };
        self.0.iter().map(piece).collect()
    }
}

/// The name at the beginning of what follows a dollar sign, and what comes after it.
fn variable(text: &str) -> Option<(&str, &str)> {
    if let Some(braced) = text.strip_prefix('{') {
        return braced.split_once('}').filter(|(name, _)| !name.is_empty());
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| text.split_at(end))
}

/// The words of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// The same for every language in which the flow speaks.
    Any(Template),
    /// Of each language its own.
    Of(BTreeMap<Language, Template>),
}

/// A text for a voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What is said.
    pub words: Words,
    /// The prompt that is played where no speech can be made.
    pub otherwise: Option<PromptId>,
}

impl Text {
    /// The words in a language: its own (`zh-CN`), else those of its first part (`zh`).
    #[must_use]
    pub fn of(&self, language: Language) -> Option<&Template> {
        match &self.words {
            Words::Any(template) => Some(template),
            Words::Of(words) => {
                let wide = || words.get(&language.as_str().split('-').next()?.parse::<Language>().ok()?);
                words.get(&language).or_else(wide)
            }
        }
    }

    /// Every text in it.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let (any, of) = match &self.words {
            Words::Any(template) => (Some(template), None),
            Words::Of(words) => (None, Some(words.values())),
        };
        any.into_iter().chain(of.into_iter().flatten())
    }

    /// What the voice is to say, with the values of variables; `None` if that is nothing.
    #[must_use]
    pub fn spoken(&self, language: Language, value: &dyn Fn(&str) -> String) -> Option<Spoken> {
        let template = self.of(language)?;
        let text = Spoken::cleaned(&template.filled(value));
        let personal = template.variables().next().is_some();
        Some(text).filter(|text| !text.is_empty()).map(|text| Spoken {
            text: Redacted(text),
            personal,
            otherwise: self.otherwise,
        })
    }

    /// The text as it stands in the flow, `$name` for variables; empty where it has no words in this language.
    #[must_use]
    pub fn planned(&self, language: Language) -> String {
        self.of(language).map(|template| template.filled(&|name| format!("${name}"))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        Template::new(text).filled(&|name| format!("<{name}>"))
    }

    #[test]
    fn variables_stand_after_a_dollar_sign() {
        assert_eq!(filled("Your order is $status."), "Your order is <status>.");
        assert_eq!(filled("${main-menu}$a_1"), "<main-menu><a_1>");
        assert_eq!(filled("$5, $$x, 3 $, ${}, ${x"), "$5, $x, 3 $, ${}, ${x");
        assert_eq!(Template::new("$a and $b, $a").variables().collect::<Vec<_>>(), ["a", "b", "a"]);
    }

    #[test]
    fn signs_and_numbers_beside_variables_are_no_words() {
        assert!(!Template::new("$a: ${b}, 5.").has_words());
        assert!(Template::new("$a, $b 元").has_words());
    }

    #[test]
    fn a_dialect_without_words_of_its_own_has_those_of_its_language() {
        let template = |text| Template::new(text);
        let words = Words::Of([(Language::EN, template("yes")), (Language::ZH, template("是"))].into());
        let text = Text { words, otherwise: None };
        assert_eq!(text.planned("zh-CN".parse().unwrap()), "是");
        assert_eq!(text.of("fr".parse().unwrap()), None);
    }
}
