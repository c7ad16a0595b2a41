//! A contact's visit to a queue: one line of the contact log, from which all figures are folded.

use crate::{ContactId, QuestionId, QueueId};

/// How a contact left a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QueueExit {
    /// An agent answered.
    Answered,
    /// The customer left while waiting.
    Abandoned,
    /// It went elsewhere unanswered: to another queue, on in its flow, or cut off by the engine.
    FlowedOut,
}

impl QueueExit {
    /// Every way out.
    pub const ALL: [Self; 3] = [Self::Answered, Self::Abandoned, Self::FlowedOut];

    /// The word in the contact log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned => "abandoned",
            Self::FlowedOut => "flowout",
        }
    }
}

/// A finished visit. Times are milliseconds on any one clock, such as those since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Visit {
    /// When the contact entered its first queue.
    pub enter_ms: i64,
    /// When it left this queue.
    pub exit_ms: i64,
    /// How.
    pub exit: QueueExit,
    /// Talk time without hold, in milliseconds.
    pub talk_ms: u64,
    /// Hold time, in milliseconds.
    pub hold_ms: u64,
    /// After-contact work, in milliseconds.
    pub acw_ms: u64,
}

impl Visit {
    /// Milliseconds from the first queue entry to the exit; never below zero.
    #[must_use]
    pub const fn wait_ms(&self) -> u64 {
        if self.exit_ms > self.enter_ms { self.exit_ms.abs_diff(self.enter_ms) } else { 0 }
    }

    /// Talk, hold and after-contact work, in milliseconds.
    #[must_use]
    pub const fn handle_ms(&self) -> u64 {
        self.talk_ms.saturating_add(self.hold_ms).saturating_add(self.acw_ms)
    }

    /// When the after-contact work was over.
    #[must_use]
    pub const fn completion_ms(&self) -> i64 {
        self.exit_ms.saturating_add_unsigned(self.handle_ms())
    }
}

/// A visit with its contact and queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueueVisit {
    /// The contact.
    pub contact: ContactId,
    /// The queue.
    pub queue: QueueId,
    /// The visit.
    pub visit: Visit,
}

/// What happened to a call back, as the figures take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallbackMark {
    /// It was asked for.
    Booked,
    /// The customer was called.
    Tried,
    /// The customer was joined with an agent, for the first time.
    Reached {
        /// Since it was asked for, in milliseconds.
        wait_ms: u64,
    },
    /// It was not the customer after all.
    Unreached {
        /// What was told as the wait, in milliseconds.
        wait_ms: u64,
    },
    /// It was given up.
    Failed,
    /// It was withdrawn, replaced, or not needed any more.
    Cancelled,
}

/// A step of a call back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallbackStep {
    /// The contact.
    pub contact: ContactId,
    /// The queue whose agents call.
    pub queue: QueueId,
    /// When it was, in milliseconds of wall time.
    pub at_ms: i64,
    /// What it was.
    pub mark: CallbackMark,
}

/// What happened to a message or a survey, as the figures take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AsideMark {
    /// A caller begins to speak a message.
    MessageBegun,
    /// The message came into the line: something was said in it.
    MessageLeft,
    /// An agent took it, for the first time.
    MessageHeard {
        /// Since it came into the line, in milliseconds.
        wait_ms: u64,
    },
    /// A customer is asked how it was.
    SurveyBegun,
    /// The customer answered a question.
    SurveyAnswered {
        /// The question.
        question: QuestionId,
        /// The digit, 0 to 9.
        answer: u8,
        /// Whether it is the customer's first answer.
        first: bool,
    },
    /// The customer was gone without an answer.
    SurveySkipped,
}

/// A step of a message or a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AsideStep {
    /// The contact.
    pub contact: ContactId,
    /// The queue whose agents hear the message, or whose agent the survey is about.
    pub queue: QueueId,
    /// When it was, in milliseconds of wall time.
    pub at_ms: i64,
    /// What it was.
    pub mark: AsideMark,
}
