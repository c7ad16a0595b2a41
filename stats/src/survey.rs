//! The fold of answers to surveys.

use crate::api::Ratio;
use domain::{QuestionId, QueueId};
use std::collections::BTreeMap;

/// Answers of at least this digit count as good, on the usual scale of 1 to 5.
const GOOD_FROM: u8 = 4;

/// Answers to one question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Score {
    /// How many.
    pub answers: u64,
    /// Their sum.
    pub sum: u64,
    /// Those of 4 and more.
    pub good: u64,
}

impl Score {
    /// Adds an answer.
    pub fn add(&mut self, answer: u8) {
        self.answers += 1;
        self.sum += u64::from(answer);
        self.good += u64::from(answer >= GOOD_FROM);
    }

    /// The mean answer.
    #[must_use]
    pub fn mean(&self) -> Ratio {
        Ratio { part: self.sum.into(), whole: self.answers.into() }
    }

    /// The share of 4 and more, which on a scale of 1 to 5 is that of the satisfied.
    #[must_use]
    pub fn good_share(&self) -> Ratio {
        Ratio { part: self.good.into(), whole: self.answers.into() }
    }
}

/// Answers to surveys by queue and question. The order in which they are added does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surveys {
    scores: BTreeMap<(Option<QueueId>, QuestionId), Score>,
}

impl Surveys {
    /// Adds an answer about an agent who got the contact by this queue; `None`: by none.
    pub fn add(&mut self, queue: Option<QueueId>, question: QuestionId, answer: u8) {
        self.scores.entry((queue, question)).or_default().add(answer);
    }

    /// Each queue and question with its score, in order.
    pub fn scores(&self) -> impl Iterator<Item = (Option<QueueId>, QuestionId, &Score)> {
        self.scores.iter().map(|((queue, question), score)| (*queue, *question, score))
    }
}
