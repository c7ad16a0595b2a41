//! From a contact's events to its visits in queues.

use domain::{
    Cause, Channel, ContactEventKind as Kind, ContactId, EndedBy, InteractionId, Outcome, QueueExit, QueueId,
    QueueVisit, Visit, WallTime,
};

/// What an event means for the figures. Visits of a contact are numbered from 0 in the order in which they end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The contact entered a queue.
    Entered {
        /// The queue.
        queue: QueueId,
    },
    /// It left the queue: the next visit, without any handling yet.
    Left(QueueVisit),
    /// The contact of an answered visit was handled for so long.
    Handled {
        /// The visit.
        number: usize,
        /// Talk time without hold, in milliseconds.
        talk_ms: u64,
        /// Hold time, in milliseconds.
        hold_ms: u64,
        /// After-contact work, in milliseconds.
        acw_ms: u64,
    },
}

/// A place in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    queue: QueueId,
    /// Since when in any queue.
    enter_ms: i64,
}

/// An agent's part that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    interaction: InteractionId,
    /// The visit that it serves.
    visit: usize,
    connected_ms: i64,
    held_since_ms: Option<i64>,
    hold_ms: u64,
    /// After-contact work began.
    ended_ms: Option<i64>,
}

/// A contact's way through queues, as far as its events have told. Times are whole milliseconds of wall time, so that
/// the steps of a running contact and those of its stored events are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    contact: ContactId,
    waiting: Option<Waiting>,
    /// The queue of each visit so far.
    visits: Vec<QueueId>,
    /// The last visit was answered: parts that begin now serve it.
    served: bool,
    parts: Vec<Part>,
    last_ms: i64,
    /// A call back or a message: nobody waits on the line, and the figures of those who do are kept apart from it.
    apart: bool,
}

/// The finished visits of a contact from its events in order; handling is as far as it is known.
#[must_use]
pub fn visits<'a>(contact: ContactId, events: impl IntoIterator<Item = (WallTime, &'a Kind)>) -> Vec<QueueVisit> {
    let mut story = Story::new(contact);
    let (mut steps, mut visits) = (Vec::new(), Vec::<QueueVisit>::new());
    for (at, kind) in events {
        story.tell(at, kind, &mut steps);
        for step in steps.drain(..) {
            match step {
                Step::Entered { .. } => {}
                Step::Left(visit) => visits.push(visit),
                Step::Handled { number, talk_ms, hold_ms, acw_ms } => {
                    if let Some(visited) = visits.get_mut(number) {
                        visited.visit.talk_ms = visited.visit.talk_ms.saturating_add(talk_ms);
                        visited.visit.hold_ms = visited.visit.hold_ms.saturating_add(hold_ms);
                        visited.visit.acw_ms = visited.visit.acw_ms.saturating_add(acw_ms);
                    }
                }
            }
        }
    }
    visits
}

impl Story {
    /// A contact of which nothing is known.
    #[must_use]
    pub fn new(contact: ContactId) -> Self {
        Self { contact, waiting: None, visits: Vec::new(), served: false, parts: Vec::new(), last_ms: 0, apart: false }
    }

    /// The queue in which the contact waits.
    #[must_use]
    pub fn waits_in(&self) -> Option<QueueId> {
        self.waiting.map(|waiting| waiting.queue)
    }

    /// Tells the next event; what it means is added to `steps`.
    pub fn tell(&mut self, at: WallTime, kind: &Kind, steps: &mut Vec<Step>) {
        let now = at.as_micros().div_euclid(1_000);
        let before = core::mem::replace(&mut self.last_ms, now);
        if let Kind::Started { channel: Channel::Callback | Channel::Voicemail, .. } = kind {
            self.apart = true;
        }
        if self.apart {
            return;
        }
        match kind {
            Kind::Queued { queue, .. } => self.on_queued(now, *queue, steps),
            Kind::Overflowed { to, .. } => self.on_queued(now, *to, steps),
            Kind::QueueLeft { .. } | Kind::CallbackBooked { .. } | Kind::VoicemailLeft { .. } => {
                self.leave(now, QueueExit::FlowedOut, steps)
            }
            Kind::Connected { interaction, .. } => self.on_connected(now, *interaction, steps),
            Kind::Held { interaction } => {
                if let Some(part) = self.part(*interaction).filter(|part| part.ended_ms.is_none()) {
                    part.held_since_ms.get_or_insert(now);
                }
            }
            Kind::Resumed { interaction } => {
                if let Some(part) = self.part(*interaction) {
                    part.resume(now);
                }
            }
            Kind::InteractionEnded { interaction, .. } | Kind::Transferred { interaction, .. } => {
                steps.extend(self.part(*interaction).and_then(|part| part.end(now)));
            }
            Kind::WrapUpEnded { interaction, .. } => self.on_wrapped_up(now, *interaction, steps),
            Kind::CustomerLeft { by, cause } => self.on_customer_left(now, exit(*by, *cause), steps),
            // Nobody saw what happened between the last event and a close by a restart, so it counts for nothing.
            Kind::Closed { outcome: Outcome::System, .. } => self.on_closed(before, steps),
            Kind::Closed { .. } => self.on_closed(now, steps),
            _ => {}
        }
    }

    fn on_queued(&mut self, now: i64, queue: QueueId, steps: &mut Vec<Step>) {
        let before = self.waiting;
        if before.is_some_and(|waiting| waiting.queue == queue) {
            return;
        }
        self.leave(now, QueueExit::FlowedOut, steps);
        let enter_ms = before.map_or(now, |waiting| waiting.enter_ms);
        self.waiting = Some(Waiting { queue, enter_ms });
        steps.push(Step::Entered { queue });
    }

    fn leave(&mut self, now: i64, exit: QueueExit, steps: &mut Vec<Step>) {
        let Some(Waiting { queue, enter_ms }) = self.waiting.take() else { return };
        self.visits.push(queue);
        self.served = exit == QueueExit::Answered;
        let visit = Visit { enter_ms, exit_ms: now.max(enter_ms), exit, talk_ms: 0, hold_ms: 0, acw_ms: 0 };
        steps.push(Step::Left(QueueVisit { contact: self.contact, queue, visit }));
    }

    fn on_connected(&mut self, now: i64, interaction: InteractionId, steps: &mut Vec<Step>) {
        self.leave(now, QueueExit::Answered, steps);
        // A part without a queue, as of a call that an agent dialled, is in no queue's figures.
        let Some(visit) = self.visits.len().checked_sub(1).filter(|_| self.served) else { return };
        if self.part(interaction).is_none() {
            let part = Part { interaction, visit, connected_ms: now, held_since_ms: None, hold_ms: 0, ended_ms: None };
            self.parts.push(part);
        }
    }

    fn on_wrapped_up(&mut self, now: i64, interaction: InteractionId, steps: &mut Vec<Step>) {
        let Some(at) = self.parts.iter().position(|part| part.interaction == interaction) else { return };
        let mut part = self.parts.remove(at);
        steps.extend(part.end(now));
        steps.extend(part.wrap_up(now));
    }

    fn on_customer_left(&mut self, now: i64, exit: QueueExit, steps: &mut Vec<Step>) {
        self.leave(now, exit, steps);
        steps.extend(self.parts.iter_mut().filter_map(|part| part.end(now)));
    }

    fn on_closed(&mut self, now: i64, steps: &mut Vec<Step>) {
        self.on_customer_left(now, QueueExit::FlowedOut, steps);
        steps.extend(self.parts.drain(..).filter_map(|part| part.wrap_up(now)));
    }

    fn part(&mut self, interaction: InteractionId) -> Option<&mut Part> {
        self.parts.iter_mut().find(|part| part.interaction == interaction)
    }
}

impl Part {
    fn resume(&mut self, now: i64) {
        if let Some(since) = self.held_since_ms.take() {
            self.hold_ms = self.hold_ms.saturating_add(between(since, now));
        }
    }

    /// The talk is over; `None` if it was before.
    fn end(&mut self, now: i64) -> Option<Step> {
        if self.ended_ms.is_some() {
            return None;
        }
        self.resume(now);
        self.ended_ms = Some(now);
        let talk_ms = between(self.connected_ms, now).saturating_sub(self.hold_ms);
        Some(Step::Handled { number: self.visit, talk_ms, hold_ms: self.hold_ms, acw_ms: 0 })
    }

    fn wrap_up(&self, now: i64) -> Option<Step> {
        let acw_ms = between(self.ended_ms?, now);
        Some(Step::Handled { number: self.visit, talk_ms: 0, hold_ms: 0, acw_ms })
    }
}

/// What it means for the queue that a waiting customer's line ended.
fn exit(by: EndedBy, cause: Cause) -> QueueExit {
    match (by, cause) {
        (EndedBy::Flow | EndedBy::Agent, _) => QueueExit::FlowedOut,
        (_, Cause::InternalError | Cause::NoCodec | Cause::Overload | Cause::Forbidden) => QueueExit::FlowedOut,
        _ => QueueExit::Abandoned,
    }
}

/// Milliseconds from one time to another; never below zero.
fn between(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}
