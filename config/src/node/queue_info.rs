//! The node that asks how it stands in a queue.

use super::NodeReader;
use crate::report::{Placed, hint};
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
        self.take(|word| {
            let known = QueueFigure::WORDS.iter().find(|(known, _)| *known == word);
            known.map(|(_, figure)| *figure).ok_or_else(|| {
                let words: Vec<&str> = QueueFigure::WORDS.iter().map(|(word, _)| *word).collect();
                (format!("`{word}` is no figure of a queue"), hint(word, &words))
            })
        })
    }
}
