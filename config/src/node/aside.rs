//! Nodes that take the caller out of the line, a call back and a message, and the one that records a comment.

use super::NodeReader;
use crate::report::Placed;
use core::time::Duration;
use domain::{Priority, QueueId};
use ivr::{Callback, Node, Record, Voicemail};

impl NodeReader<'_> {
    pub(super) fn voicemail(&self) -> Option<Node> {
        let queue: Option<Placed<QueueId>> = self.table.need_id("queue");
        let there = queue.filter(|queue| {
            let name = (queue.value.as_str(), queue.place);
            self.table.known("queue", "unknown_queue", "queue", name, &self.scope.known.queues())
        });
        let say = self.say("prompts");
        let priority = self.table.int("priority", -1_000_000..=1_000_000).and_then(|points| i32::try_from(points).ok());
        let longest = self.table.seconds("max_s", 120, 5..=600);
        let silence = self.silence();
        let next = self.need_edge("next");
        let failed = if self.table.has("failed") { self.edge("failed") } else { next };
        let priority = Priority(priority.unwrap_or(0));
        let (queue, next, failed) = (there?.value, next?, failed?);
        Some(Node::Voicemail(Voicemail { say, queue, priority, longest, silence, next, failed }))
    }

    pub(super) fn record(&self) -> Option<Node> {
        let say = self.say("prompts");
        let variable = self.table.need_text_if_any("variable").filter(|name| self.is_variable("variable", name));
        let longest = self.table.seconds("max_s", 60, 1..=600);
        let silence = self.silence();
        let next = self.need_edge("next");
        let silent = if self.table.has("silent") { self.edge("silent") } else { next };
        let failed = if self.table.has("failed") { self.edge("failed") } else { next };
        let variable = variable.map(|variable| variable.value);
        let (next, silent, failed) = (next?, silent?, failed?);
        Some(Node::Record(Record { say, variable, longest, silence, next, silent, failed }))
    }

    /// The silence that ends what is spoken; 0: none does.
    fn silence(&self) -> Option<Duration> {
        Some(self.table.seconds("silence_s", 5, 0..=60)).filter(|silence| !silence.is_zero())
    }

    pub(super) fn callback(&self) -> Option<Node> {
        let queue: Option<Placed<QueueId>> = self.table.need_id("queue");
        let there = queue.filter(|queue| {
            let name = (queue.value.as_str(), queue.place);
            self.table.known("queue", "unknown_queue", "queue", name, &self.scope.known.queues())
        });
        let variable = self.passed_on();
        let (booked, refused) = (self.need_edge("booked"), self.need_edge("refused"));
        let bad_number = if self.table.has("bad_number") { self.edge("bad_number") } else { refused };
        let (queue, booked, refused, bad_number) = (there?.value, booked?, refused?, bad_number?);
        if self.scope.queues.iter().any(|known| known.setup.id == queue && known.callback.is_none()) {
            let why = format!("queue `{queue}` offers no calls back: the flow always goes on by `refused`");
            let mend = Some(format!("add callback = {{}} to the queue `{queue}`"));
            self.scope.report.warning("no_callback", self.table.place, &self.table.path("queue"), why, mend);
        }
        Some(Node::Callback(Callback { queue, variable, booked, refused, bad_number }))
    }
}
