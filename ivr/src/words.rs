//! Where a flow leaves callers without a word.

use crate::flow::Flow;
use crate::node::Node;
use domain::NodeId;
use std::collections::BTreeSet;

impl Flow {
    /// Nodes that end a call without saying anything to somebody who, since the call began or a queue or a transfer sent
    /// them back, has heard nothing.
    #[must_use]
    pub fn wordless_ends(&self) -> Vec<NodeId> {
        let sends_back = |node: &Node| matches!(node, Node::Enqueue(_) | Node::Transfer(_));
        let returns = self.nodes().filter(|(_, node)| sends_back(node));
        let mut open: Vec<NodeId> = returns.flat_map(|(_, node)| targets(node)).collect();
        open.push(self.start());
        let mut seen: BTreeSet<NodeId> = open.iter().copied().collect();
        let mut ends = BTreeSet::new();
        while let Some(id) = open.pop() {
            match self.node(id) {
                Some(Node::HangUp(hangup)) if hangup.say.is_empty() => {
                    ends.insert(id);
                }
                Some(node) if is_silent(node) => {
                    open.extend(targets(node).into_iter().filter(|to| seen.insert(*to)));
                }
                _ => {}
            }
        }
        ends.into_iter().collect()
    }
}

/// True for a node that goes on without a word.
fn is_silent(node: &Node) -> bool {
    match node {
        Node::Lookup(_) | Node::Branch(_) | Node::Set(_) => true,
        Node::Http(http) => http.say.is_empty(),
        _ => false,
    }
}

fn targets(node: &Node) -> Vec<NodeId> {
    node.shape().edges.into_iter().map(|edge| edge.to).collect()
}
