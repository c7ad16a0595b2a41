//! Flows to which agents lend their customers.

use crate::check::Checking;
use crate::flow::FlowText;
use crate::model::Queue;
use domain::{FlowId, NodeId};
use ivr::{Flow, Node};
use std::collections::BTreeSet;

impl Checking<'_> {
    /// A lent customer comes back to the agent: nodes that lead elsewhere have no place in the flow.
    pub(crate) fn check_secure_entries(&self, queues: &[Queue], flows: &[FlowText]) {
        let lent: BTreeSet<FlowId> = queues.iter().filter_map(|queue| queue.secure_entry).collect();
        for text in flows.iter().filter(|text| lent.contains(&text.id)) {
            let Some(flow) = &text.flow else { continue };
            let mut leads_away = Vec::new();
            look(flow, &mut leads_away);
            let returns = flow.nodes().any(|(_, node)| matches!(node, Node::Return));
            for (node, kind) in leads_away {
                let why = format!(
                    "`{}` takes a customer whom an agent has lent, and its node `{node}` ({kind}) leads away",
                    text.id
                );
                let mend = Some("end the flow by a return node".to_owned());
                self.report.error("leads_away", text.place, &text.path, why, mend);
            }
            if !returns {
                let why =
                    format!("no way of `{}` comes to a return node: every secure entry counts as failed", text.id);
                let mend = Some("end the way on which all went well by a return node".to_owned());
                self.report.warning("never_returns", text.place, &text.path, why, mend);
            }
        }
    }
}

fn look(flow: &Flow, leads_away: &mut Vec<(NodeId, &'static str)>) {
    for (id, node) in flow.nodes() {
        match node {
            Node::Enqueue(_) | Node::Callback(_) | Node::Voicemail(_) | Node::Resume | Node::Transfer(_) => {
                leads_away.push((id, node.kind()));
            }
            node => node.called().into_iter().for_each(|called| look(called, leads_away)),
        }
    }
}
