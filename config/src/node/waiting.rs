//! What an `enqueue` node takes from its queue for those who wait: the keys, and the prompts that they will hear.

use super::NodeReader;
use crate::flow::Need;
use crate::model::Queue;
use crate::report::Placed;
use crate::treatment::by_digit;
use domain::{NodeId, QueueId, ScheduleId};
use ivr::speech::Kind;
use ivr::{HoursNode, Node};
use std::collections::BTreeMap;

/// Prompts around a place in line.
const PLACE_PROMPTS: [&str; 2] = ["queue-position", "queue-position-end"];
/// The prompt before an expected wait.
const WAIT_PROMPT: &str = "queue-wait";

impl NodeReader<'_> {
    /// Digits of those who wait, as the node gives them; `None`: it leaves them to its queue. Those that lead nowhere
    /// are told of and left out.
    pub(super) fn own_keys(&self) -> Option<BTreeMap<char, NodeId>> {
        let own = self.table.table("keys")?;
        let target = |(digit, node): (char, _)| Some((digit, self.target(&own, &digit.to_string(), &node)?));
        Some(by_digit(&own).into_iter().flatten().filter_map(target).collect())
    }

    /// Digits of those who wait, as the queue gives them; `None` if one leads nowhere.
    pub(super) fn keys_of(&self, queue: QueueId) -> Option<BTreeMap<char, NodeId>> {
        let known = self.scope.queues.iter().find(|known| known.setup.id == queue)?;
        let is_here = |(digit, node): (&char, &NodeId)| {
            let there = self.scope.nodes.iter().any(|name| name == node.as_str());
            self.targets.borrow_mut().extend(there.then_some(*node));
            if !there {
                let why = format!(
                    "queue `{queue}` leads those who key {digit} to node `{node}`, which this flow does not have"
                );
                let mend = Some("add the node, or give this node keys of its own: keys = { }".to_owned());
                let place = self.table.place_of("queue");
                self.scope.report.error("unknown_node", place, &self.table.path("keys"), why, mend);
            }
            there.then_some((*digit, *node))
        };
        known.treatment.keys.iter().map(is_here).collect()
    }

    /// Goes by a schedule of opening hours.
    pub(super) fn hours(&self) -> Option<Node> {
        let schedule: Option<Placed<ScheduleId>> = self.table.need_id("schedule");
        let there = schedule.filter(|schedule| {
            let name = (schedule.value.as_str(), schedule.place);
            self.table.known("schedule", "unknown_schedule", "schedule", name, &self.scope.known.schedules())
        });
        let variable = self.table.need_text_if_any("variable").map(|variable| variable.value);
        let (open, closed) = (self.need_edge("open"), self.need_edge("closed"));
        let way = |key: &'static str| match (self.table.has(key), self.edge(key)) {
            (true, None) => None,
            (_, way) => Some(way),
        };
        let (holiday, emergency) = (way("holiday"), way("emergency"));
        let schedule = there?.value;
        let (open, closed, holiday, emergency) = (open?, closed?, holiday?, emergency?);
        Some(Node::Hours(HoursNode { schedule, variable, open, closed, holiday, emergency }))
    }

    /// The prompts that those who wait in this queue may hear, or in one to which it overflows.
    pub(super) fn use_treatment(&self, queue: QueueId) {
        let mut tried: Vec<QueueId> = Vec::new();
        let mut next = Some(queue);
        while let Some(queue) = next.filter(|queue| !tried.contains(queue)) {
            tried.push(queue);
            let Some(known) = self.scope.queues.iter().find(|known| known.setup.id == queue) else { return };
            self.use_treatment_of(known);
            next = known.setup.limits.overflow.map(|overflow| overflow.to);
        }
    }

    fn use_treatment_of(&self, queue: &Queue) {
        let place = self.table.place_of("queue");
        let treatment = &queue.treatment;
        let told = PLACE_PROMPTS.into_iter().filter(|_| treatment.position);
        let told = told.chain(treatment.wait.then_some(WAIT_PROMPT)).filter_map(|name| name.parse().ok());
        let said = treatment.messages.iter().flat_map(|message| message.prompts.iter().copied());
        let numbers = treatment.position.then_some(Need::Value(Kind::Number));
        let waits = treatment.wait.then_some(Need::Value(Kind::AboutMinutes));
        for need in told.chain(said).map(Need::Prompt).chain(numbers).chain(waits) {
            self.use_prompt("queue", need, place);
        }
    }
}
