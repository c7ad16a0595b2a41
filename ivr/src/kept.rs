//! The place in line that is kept while a caller who waits walks through the flow.

use crate::api::{Effect, NoteKind};
use crate::engine::Step;
use crate::node::Node;
use crate::run::{Kept, Run, State};
use domain::NodeId;
use std::sync::Arc;

impl Run {
    /// A digit of a caller who waits.
    pub(crate) fn on_queue_key(&mut self, digit: char, step: &mut Step<'_>) -> Option<NodeId> {
        let Some(Node::Enqueue(enqueue)) = self.flow.node(self.at) else { return None };
        let node = *enqueue.keys.get(&digit)?;
        self.kept = Some(Kept { flow: Arc::clone(&self.flow), calls: self.calls.clone(), node: self.at, lost: None });
        step.effects.push(Effect::Key { digit, node });
        Some(node)
    }

    /// Back to waiting; where the queue has sent the caller away meanwhile, on by its edge.
    pub(crate) fn resume(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        let Some(kept) = self.kept.take() else {
            self.note(NoteKind::NoPlace);
            return self.end(step);
        };
        (self.flow, self.calls, self.at) = (kept.flow, kept.calls, kept.node);
        self.ahead.clear();
        self.secrets.clear();
        let Some(edge) = kept.lost else {
            self.state = State::Queued;
            step.effects.push(Effect::Resume);
            return None;
        };
        let way = match self.flow.node(self.at) {
            Some(Node::Enqueue(enqueue)) => enqueue.exits.way(edge),
            _ => None,
        };
        if way.is_none() {
            self.note(NoteKind::NoWayBack);
            self.end(step);
        }
        way
    }

    /// An agent has the caller: the run is where it would be had the caller only waited.
    pub(crate) fn on_taken(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        let kept = self.kept.take()?;
        self.mask(false, step);
        self.secrets.clear();
        (self.flow, self.calls, self.at) = (kept.flow, kept.calls, kept.node);
        self.state = State::Queued;
        self.ahead.clear();
        self.keyed.clear();
        None
    }
}
