//! The node that asks a question of a survey.

use crate::api::{Effect, Say};
use crate::engine::Step;
use crate::graph::Edge;
use crate::input::Miss;
use crate::node::Retry;
use crate::run::{Run, State};
use domain::{NodeId, QuestionId};

/// Asks a question of a survey; the answer is one digit.
#[derive(Debug)]
pub struct Survey {
    /// The question's id, under which answers are kept.
    pub question: QuestionId,
    /// The question.
    pub say: Vec<Say>,
    /// A digit may interrupt the prompts.
    pub barge_in: bool,
    /// The least and the greatest digit that answer it, 0 to 9.
    pub digits: (u8, u8),
    /// Attempts; one who says nothing and one who keys nonsense skip the question alike.
    pub retry: Retry,
    /// What follows an answer.
    pub next: NodeId,
}

impl Survey {
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges = vec![Edge::silent("skipped", self.retry.no_input)];
        if self.retry.no_match != self.retry.no_input {
            edges.push(Edge::pausing("skipped", self.retry.no_match));
        }
        edges.push(Edge::pausing("next", self.next));
        edges
    }
}

impl Run {
    pub(crate) fn enter_survey(&mut self, survey: &Survey, step: &mut Step<'_>) -> Option<NodeId> {
        if !survey.barge_in {
            self.ahead.clear();
        }
        match self.next_ahead(step.now) {
            Some(digit) => {
                self.state = State::Asking { play: None, until: step.now + survey.retry.timeout, tries: 1 };
                self.on_survey_answer(survey, digit, step)
            }
            None => {
                self.ask(&[], &survey.say, 1, step);
                None
            }
        }
    }

    pub(crate) fn on_survey_answer(&mut self, survey: &Survey, digit: char, step: &mut Step<'_>) -> Option<NodeId> {
        let (least, most) = survey.digits;
        let answer = digit.to_digit(10).and_then(|answer| u8::try_from(answer).ok());
        let Some(answer) = answer.filter(|answer| (least..=most).contains(answer)) else {
            return self.miss(&survey.retry, &survey.say, Miss::NoMatch, step);
        };
        // Conditions read it as `digits.<node>`.
        self.record_digits(&digit.to_string());
        step.effects.push(Effect::Answered { question: survey.question, answer });
        Some(survey.next)
    }
}
