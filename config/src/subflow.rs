//! Flows that call each other.

use crate::check::Known;
use crate::reader::Table;
use crate::report::{Place, Report};
use crate::tree::{Entry, Value};
use domain::FlowId;
use ivr::Names;
use std::collections::BTreeSet;

/// A flow that stands in a file, not read yet.
pub(crate) struct Written<'a> {
    pub(crate) id: FlowId,
    pub(crate) place: Place,
    pub(crate) table: Table<'a>,
}

/// Which flow calls which, by their places in a list; what their expressions may name.
pub(crate) struct Links {
    /// The flows that each calls, without those that would close a circle.
    calls: Vec<BTreeSet<usize>>,
    /// Calls that close a circle.
    circles: Vec<(usize, usize)>,
    names: Vec<Names>,
}

impl Links {
    pub(crate) fn new(written: &[Written<'_>], known: &Known) -> Self {
        let called = |flow: &Written<'_>| -> BTreeSet<usize> {
            let names = nodes(flow).filter(|(_, fields)| word(fields, "type") == Some("call"));
            let names = names.filter_map(|(_, fields)| word(fields, "flow"));
            names.filter_map(|name| written.iter().position(|other| other.id.as_str() == name)).collect()
        };
        let calls = written.iter().map(called).collect();
        let names = written.iter().map(|flow| names(flow, known)).collect();
        let mut links = Self { calls, circles: Vec::new(), names };
        links.open_circles();
        links
    }

    /// Takes out, one by one, the calls by which a flow comes to itself.
    fn open_circles(&mut self) {
        for n in 0..self.calls.len() {
            let back = |to: &usize| *to == n || self.below(*to).contains(&n);
            for to in self.calls[n].iter().copied().filter(back).collect::<Vec<_>>() {
                self.calls[n].remove(&to);
                self.circles.push((n, to));
            }
        }
    }

    /// Reports each call by which a flow comes to itself.
    pub(crate) fn refuse_circles(&self, written: &[Written<'_>], report: &Report) {
        for (n, to) in &self.circles {
            let (flow, called) = (&written[*n], written[*to].id);
            for (node, _) in nodes(flow).filter(|(_, fields)| word(fields, "flow") == Some(called.as_str())) {
                let why = format!("flow `{}` comes to itself by calling `{called}`", flow.id);
                let place = Place { at: node.at, ..flow.table.place };
                report.error("recursive_flow", place, &flow.table.path(&format!("node.{}", node.key)), why, None);
            }
        }
    }

    /// Every flow after those that it calls.
    pub(crate) fn callees_first(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.calls.len()).collect();
        order.sort_by_key(|n| self.below(*n).len());
        order
    }

    /// The flows to which a flow leads by calls.
    fn below(&self, n: usize) -> BTreeSet<usize> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![n]);
        while let Some(flow) = open.pop() {
            open.extend(self.calls[flow].iter().filter(|to| seen.insert(**to)));
        }
        seen
    }

    /// The flows that may lead to a flow by calls, itself among them.
    pub(crate) fn callers(&self, n: usize) -> BTreeSet<usize> {
        (0..self.calls.len()).filter(|other| *other == n || self.below(*other).contains(&n)).collect()
    }

    /// All flows joined to a flow by calls in either direction, itself among them.
    pub(crate) fn family(&self, n: usize) -> BTreeSet<usize> {
        let (mut seen, mut open) = (BTreeSet::from([n]), vec![n]);
        while let Some(flow) = open.pop() {
            let joined =
                (0..self.calls.len()).filter(|o| self.calls[flow].contains(o) || self.calls[*o].contains(&flow));
            open.extend(joined.filter(|other| seen.insert(*other)));
        }
        seen
    }

    /// What expressions of a flow may name: variables are shared by flows that are joined by calls.
    pub(crate) fn names(&self, n: usize) -> Names {
        let mut all = self.names[n].clone();
        for other in self.family(n) {
            all.variables.extend(self.names[other].variables.iter().cloned());
            all.digits.extend(self.names[other].digits.iter().cloned());
            all.masked.extend(self.names[other].masked.iter().cloned());
        }
        all
    }
}

/// The nodes of a flow with their fields, as they are written.
fn nodes<'a>(flow: &Written<'a>) -> impl Iterator<Item = (&'a Entry, &'a [Entry])> {
    let nodes: &'a [Entry] = match flow.table.peek("node") {
        Some(Value::Table(nodes)) => nodes,
        _ => &[],
    };
    nodes.iter().filter_map(|node| match &node.item.value {
        Value::Table(fields) => Some((node, &fields[..])),
        _ => None,
    })
}

fn word<'a>(fields: &'a [Entry], key: &str) -> Option<&'a str> {
    match value(fields, key) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn value<'a>(fields: &'a [Entry], key: &str) -> Option<&'a Value> {
    fields.iter().find(|field| field.key == key).map(|field| &field.item.value)
}

/// Looked up beforehand, because a condition may stand before the node that sets its variable.
fn names(flow: &Written<'_>, known: &Known) -> Names {
    let mut names = Names { queues: known.queues().into_iter().map(str::to_owned).collect(), ..Names::default() };
    for (node, fields) in nodes(flow) {
        let kind = word(fields, "type");
        if kind == Some("collect") && matches!(value(fields, "masked"), Some(Value::Flag(true))) {
            names.masked.insert(node.key.clone());
            names.masked.extend(word(fields, "variable").map(str::to_owned));
            continue;
        }
        if matches!(kind, Some("menu" | "collect" | "survey")) {
            names.digits.insert(node.key.clone());
        }
        let takes = matches!(kind, Some("collect" | "hours" | "record"));
        names.variables.extend(word(fields, "variable").filter(|_| takes).map(str::to_owned));
        let sets = match kind {
            Some("set") => value(fields, "values"),
            Some("http" | "queue-info") => value(fields, "take"),
            _ => None,
        };
        if let Some(Value::Table(values)) = sets {
            names.variables.extend(values.iter().map(|entry| entry.key.clone()));
        }
    }
    names
}
