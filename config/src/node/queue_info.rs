//! The node that asks how it stands in a queue.

use super::NodeReader;
use crate::report::{Place, Placed, hint};
use crate::tree::{Item, Value};
use domain::QueueId;
use ivr::{Node, QueueFigure, QueueInfo};

impl NodeReader<'_> {
    pub(super) fn queue_info(&self) -> Option<Node> {
        let queue: Option<Placed<QueueId>> = self.table.need_id("queue");
        let there = queue.filter(|queue| {
            let name = (queue.value.as_str(), queue.place);
            self.table.known("queue", "unknown_queue", "queue", name, &self.scope.known.queues())
        });
        let (take, next) = (self.figures(), self.need_edge("next"));
        Some(Node::QueueInfo(QueueInfo { queue: there?.value, take: take?, next: next? }))
    }

    /// `take = { ahead = "waiting", minutes = "expected_minutes" }`.
    fn figures(&self) -> Option<Vec<(String, QueueFigure)>> {
        if !self.table.has("take") {
            self.table.miss("take");
            return None;
        }
        let take = self.table.table("take")?;
        let one = |(name, item): (Placed<String>, &Item)| {
            let good = self.is_variable("take", &name);
            let place = Place { at: item.at, ..name.place };
            let Value::Text(word) = &item.value else {
                let why = format!("`{}` must be a text, not {}", name.value, item.value.kind());
                take.refuse("wrong_type", place, &name.value, why);
                return None;
            };
            let figure = QueueFigure::WORDS.iter().find(|(known, _)| known == word).map(|(_, figure)| *figure);
            if figure.is_none() {
                let words: Vec<&str> = QueueFigure::WORDS.iter().map(|(word, _)| *word).collect();
                let why = format!("`{word}` is no figure of a queue");
                take.report.error("bad_choice", place, &take.path(&name.value), why, hint(word, &words));
            }
            Some((name.value, figure.filter(|_| good)?))
        };
        let taken: Vec<Option<(String, QueueFigure)>> = take.named().map(one).collect();
        taken.into_iter().collect()
    }
}
