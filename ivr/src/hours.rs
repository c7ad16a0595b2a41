//! The node that asks whether it is open.

use crate::api::{NoteKind, Standing};
use crate::engine::Step;
use crate::node::{HoursNode, Node};
use crate::run::Run;
use crate::scope::Value;
use domain::NodeId;
use std::sync::Arc;

impl Run {
    /// Goes by what the schedule says; an emergency may have something to say first.
    pub(crate) fn ask_hours(&mut self, node: &HoursNode, step: &mut Step<'_>) -> Option<NodeId> {
        let standing = (step.env.schedules)(node.schedule);
        if let Some(variable) = &node.variable {
            self.assign(variable, Value::Text(standing.next_opening().unwrap_or_default().to_owned()));
        }
        match standing {
            Standing::Open => Some(node.open),
            Standing::Closed { .. } => Some(node.closed),
            Standing::Holiday { .. } => Some(node.holiday.unwrap_or(node.closed)),
            Standing::Emergency { prompt: Some(prompt), .. } => self.say(&[crate::Say::Prompt(prompt)], step),
            Standing::Emergency { prompt: None, .. } => Some(node.emergency.unwrap_or(node.closed)),
            Standing::Unknown => {
                self.note(NoteKind::NoSchedule);
                Some(node.open)
            }
        }
    }

    /// What follows the words of an emergency.
    pub(crate) fn emergency_said(&self) -> Option<NodeId> {
        let flow = Arc::clone(&self.flow);
        match flow.node(self.at)? {
            Node::Hours(node) => Some(node.emergency.unwrap_or(node.closed)),
            _ => None,
        }
    }
}
