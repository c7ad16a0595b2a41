//! The node that asks a question of a survey.

use super::NodeReader;
use crate::report::Placed;
use domain::QuestionId;
use ivr::{Node, Retry, Survey};

/// The scale where the node does not name one.
const DIGITS: (u8, u8) = (1, 5);

impl NodeReader<'_> {
    pub(super) fn survey(&self) -> Option<Node> {
        let question: Option<Placed<QuestionId>> = self.table.need_id("question");
        let (say, barge_in) = (self.question(), self.table.flag("barge_in", true));
        let digits = self.scale();
        let timeout = self.table.seconds("timeout_s", 5, 1..=120);
        let attempts = self.table.int("attempts", 1..=20).and_then(|attempts| u8::try_from(attempts).ok()).unwrap_or(2);
        let (no_input_say, no_match_say) = (self.say("no_input_prompts"), self.say("no_match_prompts"));
        let next = self.need_edge("next");
        let skipped = if self.table.has("skipped") { self.edge("skipped") } else { next };
        let (question, digits, next, skipped) = (question?.value, digits?, next?, skipped?);
        let retry = Retry { attempts, timeout, no_input_say, no_match_say, no_input: skipped, no_match: skipped };
        Some(Node::Survey(Survey { question, say, barge_in, digits, retry, next }))
    }

    /// `digits = "1-5"`: the least and the greatest digit that answer.
    fn scale(&self) -> Option<(u8, u8)> {
        if !self.table.has("digits") {
            return Some(DIGITS);
        }
        let text = self.table.text("digits")?;
        let digit = |text: &str| text.parse::<u8>().ok().filter(|digit| text.len() == 1 && *digit <= 9);
        let scale = text.value.split_once('-').and_then(|(least, most)| Some((digit(least)?, digit(most)?)));
        let scale = scale.filter(|(least, most)| least < most);
        if scale.is_none() {
            let why = format!("`digits` must be two digits, the less first, such as \"1-5\", not `{}`", text.value);
            self.table.refuse("bad_choice", text.place, "digits", why);
        }
        scale
    }
}
