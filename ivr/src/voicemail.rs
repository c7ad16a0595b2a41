//! The node that takes a message.

use crate::api::Effect;
use crate::engine::Step;
use crate::node::{Node, Voicemail};
use crate::run::{Run, State};
use domain::NodeId;

impl Run {
    /// The caller has heard what to do: speaks from here on.
    pub(crate) fn record(&mut self, voicemail: &Voicemail, step: &mut Step<'_>) -> Option<NodeId> {
        // The place in line is the message's now.
        self.kept = None;
        self.state = State::Speaking { until: step.now + voicemail.longest };
        step.effects.push(Effect::Record { queue: voicemail.queue, priority: voicemail.priority });
        None
    }

    /// Any key or the longest time ends the message.
    pub(crate) fn on_spoken(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        step.effects.push(Effect::RecordEnd);
        match self.flow.node(self.at) {
            Some(Node::Voicemail(voicemail)) => Some(voicemail.next),
            _ => None,
        }
    }

    pub(crate) fn on_record_failed(&mut self) -> Option<NodeId> {
        let State::Speaking { .. } = self.state else { return None };
        match self.flow.node(self.at) {
            Some(Node::Voicemail(voicemail)) => Some(voicemail.failed),
            _ => None,
        }
    }
}
