//! Today, queue by queue: the live figures.

use crate::api::{Span, Thresholds};
use crate::aside::{AsideFigures, AsideStory};
use crate::callback::{CallbackFigures, CallbackStory};
use crate::figures::Figures;
use crate::story::{Step, Story};
use crate::zone::Zone;
use domain::{
    AsideStep, CallbackMark, CallbackStep, ContactEventKind as Kind, ContactId, QueueExit, QueueId, QueueVisit,
    WallTime,
};
use std::collections::BTreeMap;

/// A queue's count of today.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Queue {
    thresholds: Thresholds,
    figures: Figures,
    callbacks: CallbackFigures,
    asides: AsideFigures,
}

/// A contact that is not closed, and when it left each queue.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Running {
    story: Story,
    visits: Vec<QueueVisit>,
}

/// The figures of today in each queue: those of the visits that ended today (attribution `exit`), and as offered also
/// the contacts that wait now. They begin anew at local midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    zone: Zone,
    span: Span,
    queues: BTreeMap<QueueId, Queue>,
    running: BTreeMap<ContactId, Running>,
    /// Calls back that are not closed.
    callbacks: BTreeMap<ContactId, CallbackStory>,
    /// Messages, and contacts with a survey, that are not closed.
    asides: BTreeMap<ContactId, AsideStory>,
}

fn millis(at: WallTime) -> i64 {
    at.as_micros().div_euclid(1_000)
}

impl Day {
    /// The day around `now` in a time zone, with nothing counted.
    #[must_use]
    pub fn new(zone: Zone, now: WallTime, queues: impl IntoIterator<Item = (QueueId, Thresholds)>) -> Self {
        let span = zone.day(millis(now));
        let (running, callbacks, asides) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut day = Self { zone, span, queues: BTreeMap::new(), running, callbacks, asides };
        day.set_queues(queues);
        day
    }

    /// The queues and their thresholds from now on. What was counted stays as it was counted; a queue that is no more
    /// is forgotten.
    pub fn set_queues(&mut self, queues: impl IntoIterator<Item = (QueueId, Thresholds)>) {
        let mut before = core::mem::take(&mut self.queues);
        for (id, thresholds) in queues {
            let counted = before.remove(&id).map(|queue| (queue.figures, queue.callbacks, queue.asides));
            let (figures, callbacks, asides) = counted.unwrap_or_default();
            self.queues.insert(id, Queue { thresholds, figures, callbacks, asides });
        }
    }

    /// From local midnight to the next.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// When the figures begin anew.
    #[must_use]
    pub fn ends(&self) -> WallTime {
        WallTime::from_micros(self.span.end_ms.saturating_mul(1_000))
    }

    /// Takes in a visit from the history, as after a restart. Visits that did not end today change nothing.
    pub fn recall(&mut self, visited: &QueueVisit) {
        if let Some(queue) = self.queues.get_mut(&visited.queue).filter(|_| self.span.holds(visited.visit.exit_ms)) {
            queue.figures.add(&visited.visit, queue.thresholds);
        }
    }

    /// Takes in a step of a call back from the history, as after a restart; those of a contact in order.
    pub fn recall_callback(&mut self, step: &CallbackStep) {
        let story = self.callbacks.entry(step.contact).or_insert_with(|| CallbackStory::new(step.contact));
        story.recall(step);
        if matches!(step.mark, CallbackMark::Failed | CallbackMark::Cancelled) {
            self.callbacks.remove(&step.contact);
        }
        self.count_step(step);
    }

    /// Takes in a step of a message or a survey from the history, as after a restart; those of a contact in order.
    pub fn recall_aside(&mut self, step: &AsideStep) {
        let story = self.asides.entry(step.contact).or_insert_with(|| AsideStory::new(step.contact));
        story.recall(step);
        self.count_aside(step);
    }

    fn count_aside(&mut self, step: &AsideStep) {
        if let Some(queue) = self.queues.get_mut(&step.queue).filter(|_| self.span.holds(step.at_ms)) {
            queue.asides.add(step.mark);
        }
    }

    fn count_step(&mut self, step: &CallbackStep) {
        if let Some(queue) = self.queues.get_mut(&step.queue).filter(|_| self.span.holds(step.at_ms)) {
            queue.callbacks.add(step.mark);
        }
    }

    /// Takes in an event of a contact at the time at which it happened.
    pub fn on_event(&mut self, contact: ContactId, at: WallTime, kind: &Kind) {
        self.turn(at);
        if CallbackStory::begins(kind) {
            self.callbacks.insert(contact, CallbackStory::new(contact));
        }
        if let Some(step) = self.callbacks.get_mut(&contact).and_then(|story| story.tell(at, kind)) {
            self.count_step(&step);
        }
        if AsideStory::begins(kind) {
            self.asides.entry(contact).or_insert_with(|| AsideStory::new(contact));
        }
        if let Some(step) = self.asides.get_mut(&contact).and_then(|story| story.tell(at, kind)) {
            self.count_aside(&step);
        }
        if let Kind::Closed { .. } = kind {
            self.callbacks.remove(&contact);
            self.asides.remove(&contact);
        }
        if let Kind::Started { .. } = kind {
            self.running.insert(contact, Running { story: Story::new(contact), visits: Vec::new() });
        }
        let Some(mut running) = self.running.remove(&contact) else { return };
        let mut steps = Vec::new();
        running.story.tell(at, kind, &mut steps);
        for step in steps {
            self.take(&mut running, step);
        }
        if !matches!(kind, Kind::Closed { .. }) {
            self.running.insert(contact, running);
        }
    }

    /// Begins a new day if `now` lies in one; `true` if so. Contacts that wait are offered to it.
    pub fn turn(&mut self, now: WallTime) -> bool {
        let now = millis(now);
        if now < self.span.end_ms {
            return false;
        }
        self.span = self.zone.day(now);
        for queue in self.queues.values_mut() {
            queue.figures = Figures::default();
            queue.callbacks = CallbackFigures::default();
            queue.asides = AsideFigures::default();
        }
        for running in self.running.values() {
            if let Some(queue) = running.story.waits_in().and_then(|id| self.queues.get_mut(&id)) {
                queue.figures.count_entry();
            }
        }
        true
    }

    /// The figures of a queue so far; `None` for an unknown one.
    #[must_use]
    pub fn figures(&self, queue: QueueId) -> Option<&Figures> {
        self.queues.get(&queue).map(|queue| &queue.figures)
    }

    /// The figures of a queue's calls back so far; `None` for an unknown one.
    #[must_use]
    pub fn callbacks(&self, queue: QueueId) -> Option<&CallbackFigures> {
        self.queues.get(&queue).map(|queue| &queue.callbacks)
    }

    /// The figures of a queue's messages and surveys so far; `None` for an unknown one.
    #[must_use]
    pub fn asides(&self, queue: QueueId) -> Option<&AsideFigures> {
        self.queues.get(&queue).map(|queue| &queue.asides)
    }

    fn take(&mut self, running: &mut Running, step: Step) {
        match step {
            Step::Entered { queue } => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.figures.count_entry();
                }
            }
            Step::Left(visited) => {
                running.visits.push(visited);
                if let Some(queue) = self.queues.get_mut(&visited.queue) {
                    queue.figures.count_exit(visited.visit.exit, visited.visit.wait_ms(), queue.thresholds);
                }
            }
            Step::Handled { number, talk_ms, hold_ms, acw_ms } => {
                let Some(visited) = running.visits.get(number) else { return };
                let of_today = self.span.holds(visited.visit.exit_ms) && visited.visit.exit == QueueExit::Answered;
                if let Some(queue) = self.queues.get_mut(&visited.queue).filter(|_| of_today) {
                    queue.figures.count_handling(talk_ms, hold_ms, acw_ms);
                }
            }
        }
    }
}
