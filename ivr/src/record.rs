//! The node that records what the caller says, for the contact itself: a spoken comment.

use crate::api::{Effect, Say};
use crate::engine::Step;
use crate::graph::Edge;
use crate::node::Node;
use crate::run::{Run, State};
use crate::scope::Value;
use core::time::Duration;
use domain::NodeId;

/// How long the recording may take to stand on disk.
const KEEPING_MAX: Duration = Duration::from_secs(10);
/// Less sound than this is silence.
const SOUND_MIN_MS: u64 = 500;

/// Records what the caller says.
#[derive(Debug)]
pub struct Record {
    /// Said before, with the tone.
    pub say: Vec<Say>,
    /// The variable that takes the recording's id.
    pub variable: Option<String>,
    /// The longest comment.
    pub longest: Duration,
    /// Silence of this length after something was said ends it; `None`: it does not.
    pub silence: Option<Duration>,
    /// What follows when something was said.
    pub next: NodeId,
    /// What follows when nothing was said.
    pub silent: NodeId,
    /// What follows when nothing can be recorded.
    pub failed: NodeId,
}

impl Record {
    pub(crate) fn edges(&self) -> Vec<Edge> {
        vec![Edge::pausing("next", self.next), Edge::silent("silent", self.silent), Edge::silent("failed", self.failed)]
    }
}

impl Run {
    /// The caller has heard what to do: speaks from here on.
    pub(crate) fn begin_comment(&mut self, record: &Record, step: &mut Step<'_>) -> Option<NodeId> {
        self.state = State::Speaking { until: step.now + record.longest };
        step.effects.push(Effect::Comment { node: self.at, silence: record.silence });
        None
    }

    /// The caller has spoken: whether anything was said is known when the recording stands.
    pub(crate) fn end_comment(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        self.state = State::Keeping { until: step.now + KEEPING_MAX };
        step.effects.push(Effect::CommentEnd);
        None
    }

    /// The recording stands on disk, with so much sound.
    pub(crate) fn on_recorded(&mut self, recording: String, voiced_ms: u64) -> Option<NodeId> {
        let State::Keeping { .. } = self.state else { return None };
        let flow = std::sync::Arc::clone(&self.flow);
        let Some(Node::Record(record)) = flow.node(self.at) else { return None };
        if voiced_ms < SOUND_MIN_MS {
            return Some(record.silent);
        }
        if let Some(name) = &record.variable {
            self.assign(name, Value::Text(recording));
        }
        Some(record.next)
    }

    /// It does not stand in time, or cannot be made.
    pub(crate) fn comment_failed(&self) -> Option<NodeId> {
        match self.flow.node(self.at) {
            Some(Node::Record(record)) => Some(record.failed),
            _ => None,
        }
    }
}
