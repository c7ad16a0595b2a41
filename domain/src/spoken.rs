//! Texts that a voice speaks.

use crate::id::PromptId;
use crate::phone::Redacted;

/// A text to be spoken by a voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The words, as [`Spoken::cleaned`] leaves them.
    pub text: Redacted,
    /// It may hold what a caller keyed or is: its sound is kept in memory only.
    pub personal: bool,
    /// Played where no speech can be made.
    pub otherwise: Option<PromptId>,
}

impl Spoken {
    /// Longest text, in characters.
    pub const MAX: usize = 500;

    /// The text as it is spoken: control characters are left out, but for ends of lines, which are spaces; what is
    /// longer than [`Spoken::MAX`] is cut off.
    #[must_use]
    pub fn cleaned(text: &str) -> String {
        let heard = text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).filter(|c| !c.is_control());
        heard.take(Self::MAX).collect::<String>().trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_left_out_and_long_texts_are_cut() {
        assert_eq!(Spoken::cleaned(" one\ntwo\u{1b}[0m\u{0}\u{85} "), "one two[0m");
        assert_eq!(Spoken::cleaned(&"é".repeat(900)).chars().count(), Spoken::MAX);
    }

    #[test]
    fn what_is_said_does_not_print() {
        let text = Redacted("your balance is 5".to_owned());
        let spoken = Spoken { text, personal: true, otherwise: None };
        assert!(!format!("{spoken:?}").contains("balance"));
    }
}
