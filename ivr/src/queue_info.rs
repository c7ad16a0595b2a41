//! The node that asks how it stands in a queue.

use crate::api::QueueFigures;
use crate::engine::Step;
use crate::run::Run;
use crate::scope::Value;
use domain::{NodeId, QueueId};

/// Asks how it stands in a queue, so that the flow can say it or go by it.
#[derive(Debug)]
pub struct QueueInfo {
    /// The queue.
    pub queue: QueueId,
    /// Variables that take a figure of it.
    pub take: Vec<(String, QueueFigure)>,
    /// What follows.
    pub next: NodeId,
}

/// A figure of a queue at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueueFigure {
    /// Contacts in line.
    Waiting,
    /// Agents of the queue who are ready.
    Ready,
    /// Wait of the oldest contact in line, in seconds.
    LongestWait,
    /// The expected wait of one who comes now, in minutes, rounded up; an empty text while it is unknown.
    ExpectedMinutes,
    /// Whether a call back may be offered.
    Callback,
}

impl QueueFigure {
    /// Its words in a flow file, each with what it stands for.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("waiting", Self::Waiting),
        ("ready", Self::Ready),
        ("longest_wait_s", Self::LongestWait),
        ("expected_minutes", Self::ExpectedMinutes),
        ("callback", Self::Callback),
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, figure)| *figure == self).map_or("", |(word, _)| *word)
    }

    /// Its value.
    #[must_use]
    pub fn of(self, figures: &QueueFigures) -> Value {
        let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        match self {
            Self::Waiting => number(figures.waiting.into()),
            Self::Ready => number(figures.ready.into()),
            Self::LongestWait => number(figures.longest_wait_s),
            Self::ExpectedMinutes => figures
                .expected_wait_s
                .map_or_else(|| Value::Text(String::new()), |seconds| number(seconds.div_ceil(60))),
            Self::Callback => Value::Bool(figures.callback),
        }
    }
}

impl Run {
    /// Takes the figures. Of a queue that is not there (any more) nobody waits and nobody is ready.
    pub(crate) fn take_figures(&mut self, info: &QueueInfo, step: &Step<'_>) -> NodeId {
        for (name, figure) in &info.take {
            let value = (step.env.figure)(info.queue, *figure);
            self.assign(name, value.unwrap_or_else(|| figure.of(&QueueFigures::default())));
        }
        info.next
    }
}
