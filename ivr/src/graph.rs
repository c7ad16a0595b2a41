//! The check of a graph.

use crate::flow::DEPTH_MAX;
use domain::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// A way from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The field of the node that says so, such as `next` or `digits.1`.
    pub field: String,
    /// Where to.
    pub to: NodeId,
    /// The caller must key something or wait in a line to go this way.
    pub pausing: bool,
}

impl Edge {
    /// A way that is gone without the caller's doing.
    #[must_use]
    pub fn silent(field: &str, to: NodeId) -> Self {
        Self { field: field.to_owned(), to, pausing: false }
    }

    /// A way for which the caller must key something or wait in a line.
    #[must_use]
    pub fn pausing(field: &str, to: NodeId) -> Self {
        Self { field: field.to_owned(), to, pausing: true }
    }
}

/// A node as the check sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// The ways out.
    pub edges: Vec<Edge>,
    /// A run may end here or leave the flow.
    pub ends: bool,
}

/// Something wrong with a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The first node does not exist.
    #[error("the first node, {0}, does not exist")]
    NoStart(NodeId),
    /// An edge leads nowhere.
    #[error("{node}.{field} leads to {target}, which does not exist")]
    UnknownTarget {
        /// The node with the edge.
        node: NodeId,
        /// The edge.
        field: String,
        /// Where it leads.
        target: NodeId,
    },
    /// No way leads to the node.
    #[error("no way leads to {0}")]
    Unreachable(NodeId),
    /// From these nodes the call never ends.
    #[error("from {} no way leads to an enqueue, transfer, hangup or return node", .0[0])]
    NoWayOut(Vec<NodeId>),
    /// Too many flows stand one upon the other here.
    #[error("{0} calls a flow that calls another, and so on, more than {DEPTH_MAX} deep")]
    TooDeep(NodeId),
    /// A caller who keys nothing goes round these nodes for ever.
    #[error("a caller who keys nothing goes round {} for ever", names(.0))]
    SilentLoop(Vec<NodeId>),
}

impl Flaw {
    /// The node at which to report it.
    #[must_use]
    pub fn node(&self) -> NodeId {
        match self {
            Self::NoStart(node) | Self::Unreachable(node) | Self::TooDeep(node) | Self::UnknownTarget { node, .. } => {
                *node
            }
            Self::NoWayOut(nodes) | Self::SilentLoop(nodes) => nodes[0],
        }
    }
}

fn names(nodes: &[NodeId]) -> String {
    nodes.iter().map(NodeId::as_str).collect::<Vec<_>>().join(" → ")
}

type Reach = BTreeMap<NodeId, BTreeSet<NodeId>>;

/// Everything wrong with a graph, each flaw once.
#[must_use]
pub fn check(start: NodeId, shapes: &BTreeMap<NodeId, Shape>) -> Vec<Flaw> {
    let mut flaws = unknown_targets(shapes);
    if !shapes.contains_key(&start) {
        flaws.push(Flaw::NoStart(start));
        return flaws;
    }
    let reach: Reach = shapes.keys().map(|node| (*node, reachable(*node, shapes, false))).collect();
    let from_start = reach.get(&start).cloned().unwrap_or_default();
    let unreachable = shapes.keys().filter(|node| **node != start && !from_start.contains(node));
    flaws.extend(unreachable.map(|node| Flaw::Unreachable(*node)));
    let loops = silent_loops(shapes);
    let looping: BTreeSet<NodeId> = loops.iter().flatten().copied().collect();
    flaws.extend(
        dead_ends(shapes, &reach)
            .into_iter()
            .filter(|nodes| !nodes.iter().any(|n| looping.contains(n)))
            .map(Flaw::NoWayOut),
    );
    flaws.extend(loops.into_iter().map(Flaw::SilentLoop));
    flaws
}

fn unknown_targets(shapes: &BTreeMap<NodeId, Shape>) -> Vec<Flaw> {
    let edges = shapes.iter().flat_map(|(node, shape)| shape.edges.iter().map(move |edge| (*node, edge)));
    edges
        .filter(|(_, edge)| !shapes.contains_key(&edge.to))
        .map(|(node, edge)| Flaw::UnknownTarget { node, field: edge.field.clone(), target: edge.to })
        .collect()
}

/// Nodes that can be reached from `node` by at least one edge.
fn reachable(node: NodeId, shapes: &BTreeMap<NodeId, Shape>, silent_only: bool) -> BTreeSet<NodeId> {
    let mut seen = BTreeSet::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        let edges = shapes.get(&node).map_or(&[][..], |shape| &shape.edges);
        for edge in edges.iter().filter(|edge| !(silent_only && edge.pausing)) {
            if shapes.contains_key(&edge.to) && seen.insert(edge.to) {
                open.push(edge.to);
            }
        }
    }
    seen
}

fn silent_loops(shapes: &BTreeMap<NodeId, Shape>) -> Vec<Vec<NodeId>> {
    let reach: Reach = shapes.keys().map(|node| (*node, reachable(*node, shapes, true))).collect();
    circles(&reach, shapes.keys().copied())
}

/// Groups of nodes that reach each other, each group once, its smallest node first.
fn circles(reach: &Reach, nodes: impl Iterator<Item = NodeId>) -> Vec<Vec<NodeId>> {
    let mut found: Vec<Vec<NodeId>> = Vec::new();
    for node in nodes {
        let Some(there) = reach.get(&node).filter(|there| there.contains(&node)) else { continue };
        if found.iter().any(|circle| circle.contains(&node)) {
            continue;
        }
        let back = |other: &&NodeId| reach.get(other).is_some_and(|there| there.contains(&node));
        found.push(there.iter().filter(back).copied().collect());
    }
    found
}

/// Groups of nodes that lead only to each other and never to an end.
fn dead_ends(shapes: &BTreeMap<NodeId, Shape>, reach: &Reach) -> Vec<Vec<NodeId>> {
    let ends = |node: &NodeId| shapes.get(node).is_some_and(|shape| shape.ends);
    let lost = |node: &NodeId| !ends(node) && !reach.get(node).is_some_and(|there| there.iter().any(ends));
    let sinks = shapes.keys().copied().filter(lost).filter(|node| {
        let there = reach.get(node).into_iter().flatten();
        there.into_iter().all(|other| reach.get(other).is_some_and(|back| back.contains(node)))
    });
    let sinks: Vec<NodeId> = sinks.collect();
    let alone = sinks.iter().filter(|node| reach.get(node).is_none_or(BTreeSet::is_empty)).map(|node| vec![*node]);
    let mut groups: Vec<Vec<NodeId>> = alone.collect();
    groups.extend(circles(reach, sinks.iter().copied()));
    groups
}
