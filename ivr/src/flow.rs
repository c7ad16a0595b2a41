//! A flow: named nodes with edges.

use crate::graph::{self, Flaw};
use crate::node::Node;
use domain::{FlowId, NodeId};
use std::collections::{BTreeMap, BTreeSet};

/// A checked graph of nodes: every edge leads to a node, every node can be reached and lets the caller out again, and
/// a caller who keys nothing comes to an end.
#[derive(Debug)]
pub struct Flow {
    id: FlowId,
    start: NodeId,
    nodes: BTreeMap<NodeId, Node>,
    /// Variables that its nodes set, and those of flows that it calls.
    variables: BTreeSet<String>,
    /// Nodes that take digits which expressions may read, likewise.
    inputs: BTreeSet<NodeId>,
    /// How many flows stand one upon the other when its calls are deepest; one without calls.
    depth: usize,
}

/// How many flows may stand one upon the other.
pub const DEPTH_MAX: usize = 8;

impl Flow {
    /// Checks a graph.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn new(id: FlowId, start: NodeId, nodes: BTreeMap<NodeId, Node>) -> Result<Self, Vec<Flaw>> {
        let shapes = nodes.iter().map(|(id, node)| (*id, node.shape())).collect();
        let mut flaws = graph::check(start, &shapes);
        let called = || nodes.iter().filter_map(|(id, node)| Some((*id, node.called()?)));
        flaws.extend(called().filter(|(_, flow)| flow.depth >= DEPTH_MAX).map(|(node, _)| Flaw::TooDeep(node)));
        if !flaws.is_empty() {
            return Err(flaws);
        }
        let own = nodes.values().flat_map(Node::variables);
        let variables = own.chain(called().flat_map(|(_, flow)| flow.variables.clone())).collect();
        let takes_digits = |node: &Node| match node {
            Node::Collect(collect) => !collect.masked,
            node => matches!(node, Node::Menu(_) | Node::Survey(_)),
        };
        let own = nodes.iter().filter(|(_, node)| takes_digits(node)).map(|(id, _)| *id);
        let inputs = own.chain(called().flat_map(|(_, flow)| flow.inputs.clone())).collect();
        let depth = 1 + called().map(|(_, flow)| flow.depth).max().unwrap_or(0);
        Ok(Self { id, start, nodes, variables, inputs, depth })
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> FlowId {
        self.id
    }

    /// The first node.
    #[must_use]
    pub fn start(&self) -> NodeId {
        self.start
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(&id)
    }

    /// Every node.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().map(|(id, node)| (*id, node))
    }

    /// Names of the variables that its nodes set.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// Nodes that take digits.
    pub(crate) fn input_nodes(&self) -> impl Iterator<Item = NodeId> {
        self.inputs.iter().copied()
    }

    /// True if a caller who keys nothing may come from its start to a `return` node without waiting in a line.
    pub(crate) fn passes_silently(&self) -> bool {
        let (mut seen, mut open) = (BTreeSet::from([self.start]), vec![self.start]);
        while let Some(node) = open.pop().and_then(|id| self.nodes.get(&id)) {
            if matches!(node, Node::Return) {
                return true;
            }
            let silent = node.edges().into_iter().filter(|edge| !edge.pausing);
            open.extend(silent.map(|edge| edge.to).filter(|to| seen.insert(*to)));
        }
        false
    }

    /// True if the call may end within it.
    pub(crate) fn may_end(&self) -> bool {
        self.nodes.values().any(|node| !matches!(node, Node::Return) && node.shape().ends)
    }
}
