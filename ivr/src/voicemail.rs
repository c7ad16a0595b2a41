//! The node that takes a message.

use crate::api::Effect;
use crate::engine::Step;
use crate::node::{Node, Voicemail};
use crate::run::{Run, State};
use domain::NodeId;
use std::sync::Arc;

impl Run {
    /// The caller has heard what to do: speaks from here on.
    pub(crate) fn record(&mut self, voicemail: &Voicemail, step: &mut Step<'_>) -> Option<NodeId> {
        // The place in line is the message's now.
        self.kept = None;
        self.state = State::Speaking { until: step.now + voicemail.longest };
        let Voicemail { queue, priority, silence, .. } = *voicemail;
        step.effects.push(Effect::Record { queue, priority, silence });
        None
    }

    /// Any key, silence or the longest time ends the message.
    pub(crate) fn on_spoken(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        let flow = Arc::clone(&self.flow);
        match flow.node(self.at) {
            Some(Node::Voicemail(voicemail)) => {
                step.effects.push(Effect::RecordEnd);
                Some(voicemail.next)
            }
            Some(Node::Record(_)) => self.end_comment(step),
            _ => None,
        }
    }

    pub(crate) fn on_silent(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        let State::Speaking { .. } = self.state else { return None };
        self.on_spoken(step)
    }

    pub(crate) fn on_record_failed(&mut self) -> Option<NodeId> {
        let (State::Speaking { .. } | State::Keeping { .. }) = self.state else { return None };
        match self.flow.node(self.at) {
            Some(Node::Voicemail(voicemail)) => Some(voicemail.failed),
            _ => self.comment_failed(),
        }
    }
}
