//! Figures of messages and surveys, which those of live callers leave out.

use crate::survey::Score;
use domain::{AsideMark, AsideStep, ContactEventKind as Kind, ContactId, QuestionId, QueueId, WallTime};
use std::collections::BTreeMap;

/// What is counted of the messages of a queue. Each step is counted at its own time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MessageFigures {
    /// Messages that came into the line: something was said in them.
    pub left: u64,
    /// Messages that an agent took.
    pub heard: u64,
    /// Sum of the times from the line until an agent took them, of those heard, in milliseconds.
    pub wait_heard_ms: u128,
}

/// What is counted of the surveys about a queue's agents. Each step is counted at its own time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyFigures {
    /// Customers who were asked.
    pub asked: u64,
    /// Customers who answered a question at least.
    pub answered: u64,
    /// Customers who were gone without an answer.
    pub skipped: u64,
    /// The answers to each question.
    pub scores: BTreeMap<QuestionId, Score>,
}

/// Both, of one queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsideFigures {
    /// Of messages.
    pub messages: MessageFigures,
    /// Of surveys.
    pub surveys: SurveyFigures,
}

impl AsideFigures {
    /// Counts a step.
    pub fn add(&mut self, mark: AsideMark) {
        let Self { messages, surveys } = self;
        match mark {
            AsideMark::MessageBegun => {}
            AsideMark::MessageLeft => messages.left += 1,
            AsideMark::MessageHeard { wait_ms } => {
                messages.heard += 1;
                messages.wait_heard_ms += u128::from(wait_ms);
            }
            AsideMark::SurveyBegun => surveys.asked += 1,
            AsideMark::SurveyAnswered { question, answer, first } => {
                surveys.answered += u64::from(first);
                surveys.scores.entry(question).or_default().add(answer);
            }
            AsideMark::SurveySkipped => surveys.skipped += 1,
        }
    }
}

/// A message, as far as its events have told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Message {
    queue: QueueId,
    left_ms: Option<i64>,
    is_heard: bool,
}

/// A contact with a message or a survey, as far as its events have told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AsideStory {
    contact: ContactId,
    message: Option<Message>,
    /// The queue whose agent it is about, and whether a question was answered.
    survey: Option<(QueueId, bool)>,
}

/// The steps of a contact's message or survey from its events in order; none of what has neither.
#[must_use]
pub fn aside_steps<'a>(contact: ContactId, events: impl IntoIterator<Item = (WallTime, &'a Kind)>) -> Vec<AsideStep> {
    let mut story = AsideStory::new(contact);
    events.into_iter().filter_map(|(at, kind)| story.tell(at, kind)).collect()
}

impl AsideStory {
    pub(crate) fn new(contact: ContactId) -> Self {
        Self { contact, message: None, survey: None }
    }

    /// One whose steps so far are known.
    pub(crate) fn recall(&mut self, step: &AsideStep) {
        match (step.mark, &mut self.message) {
            (AsideMark::MessageBegun, message) => {
                *message = Some(Message { queue: step.queue, left_ms: None, is_heard: false });
            }
            (AsideMark::MessageLeft, Some(message)) => message.left_ms = Some(step.at_ms),
            (AsideMark::MessageHeard { .. }, Some(message)) => message.is_heard = true,
            (AsideMark::SurveyBegun, _) => self.survey = Some((step.queue, false)),
            (AsideMark::SurveyAnswered { .. }, _) => self.survey = Some((step.queue, true)),
            _ => {}
        }
    }

    /// Whether the event begins something that is told here.
    pub(crate) fn begins(kind: &Kind) -> bool {
        matches!(kind, Kind::VoicemailRequested(_) | Kind::SurveyStarted { .. } | Kind::SurveyAnswered { .. })
    }

    /// Takes in the next event.
    pub(crate) fn tell(&mut self, at: WallTime, kind: &Kind) -> Option<AsideStep> {
        let at_ms = at.as_micros().div_euclid(1_000);
        let (queue, mark) = match kind {
            Kind::VoicemailRequested(order) => {
                self.message = Some(Message { queue: order.queue, left_ms: None, is_heard: false });
                (order.queue, AsideMark::MessageBegun)
            }
            Kind::Queued { .. } | Kind::Connected { .. } => self.tell_message(at_ms, kind)?,
            Kind::SurveyStarted { queue: Some(queue), .. } if self.survey.is_none() => {
                self.survey = Some((*queue, false));
                (*queue, AsideMark::SurveyBegun)
            }
            Kind::SurveyAnswered { question, answer, queue, .. } => {
                let (queue, answered) = self.survey.map_or_else(|| Some(((*queue)?, true)), Some)?;
                self.survey = Some((queue, true));
                (queue, AsideMark::SurveyAnswered { question: *question, answer: *answer, first: !answered })
            }
            Kind::Closed { .. } => {
                let (queue, _) = self.survey.filter(|(_, answered)| !answered)?;
                (queue, AsideMark::SurveySkipped)
            }
            _ => return None,
        };
        Some(AsideStep { contact: self.contact, queue, at_ms, mark })
    }

    fn tell_message(&mut self, at_ms: i64, kind: &Kind) -> Option<(QueueId, AsideMark)> {
        let message = self.message.as_mut()?;
        match (kind, message.left_ms) {
            (Kind::Queued { .. }, None) => {
                message.left_ms = Some(at_ms);
                Some((message.queue, AsideMark::MessageLeft))
            }
            (Kind::Connected { .. }, Some(left_ms)) if !message.is_heard => {
                message.is_heard = true;
                let wait_ms = u64::try_from(at_ms.saturating_sub(left_ms)).unwrap_or(0);
                Some((message.queue, AsideMark::MessageHeard { wait_ms }))
            }
            _ => None,
        }
    }
}
