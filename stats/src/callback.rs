//! Figures of calls back, which those of live callers leave out.

use domain::{CallbackMark, CallbackStep, Channel, ContactEventKind as Kind, ContactId, Outcome, QueueId, WallTime};

/// What is counted of the calls back of a queue. Each step is counted at its own time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallbackFigures {
    /// Calls back that were asked for.
    pub booked: u64,
    /// How often customers were called.
    pub tries: u64,
    /// Customers who were joined with an agent.
    pub reached: u64,
    /// Calls back that were given up.
    pub failed: u64,
    /// Calls back that were withdrawn, replaced, or not needed any more.
    pub cancelled: u64,
    /// Sum of the times from the request until the customer was joined, of those reached, in milliseconds.
    pub wait_reached_ms: u128,
}

impl CallbackFigures {
    /// Counts a step.
    pub fn add(&mut self, mark: CallbackMark) {
        match mark {
            CallbackMark::Booked => self.booked += 1,
            CallbackMark::Tried => self.tries += 1,
            CallbackMark::Reached { wait_ms } => {
                self.reached += 1;
                self.wait_reached_ms += u128::from(wait_ms);
            }
            // What was counted yesterday is not taken from today.
            CallbackMark::Unreached { wait_ms } => {
                self.reached = self.reached.saturating_sub(1);
                self.wait_reached_ms = self.wait_reached_ms.saturating_sub(u128::from(wait_ms));
            }
            CallbackMark::Failed => self.failed += 1,
            CallbackMark::Cancelled => self.cancelled += 1,
        }
    }
}

/// A call back that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    queue: QueueId,
    at_ms: i64,
    /// The wait of the one who was reached.
    reached: Option<u64>,
}

/// A call back, as far as its events have told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallbackStory {
    contact: ContactId,
    asked: Option<Asked>,
}

/// The steps of a contact from its events in order; none of what is no call back.
#[must_use]
pub fn callback_steps<'a>(
    contact: ContactId,
    events: impl IntoIterator<Item = (WallTime, &'a Kind)>,
) -> Vec<CallbackStep> {
    let mut story = CallbackStory::new(contact);
    events.into_iter().filter_map(|(at, kind)| story.tell(at, kind)).collect()
}

impl CallbackStory {
    pub(crate) fn new(contact: ContactId) -> Self {
        Self { contact, asked: None }
    }

    /// One whose steps so far are known.
    pub(crate) fn recall(&mut self, step: &CallbackStep) {
        match (step.mark, &mut self.asked) {
            (CallbackMark::Booked, asked) => {
                *asked = Some(Asked { queue: step.queue, at_ms: step.at_ms, reached: None });
            }
            (CallbackMark::Reached { wait_ms }, Some(asked)) => asked.reached = Some(wait_ms),
            (CallbackMark::Unreached { .. }, Some(asked)) => asked.reached = None,
            _ => {}
        }
    }

    /// Whether the event begins a call back.
    pub(crate) fn begins(kind: &Kind) -> bool {
        matches!(kind, Kind::Started { channel: Channel::Callback, .. })
    }

    /// Takes in the next event.
    pub(crate) fn tell(&mut self, at: WallTime, kind: &Kind) -> Option<CallbackStep> {
        let at_ms = at.as_micros().div_euclid(1_000);
        if let Kind::CallbackRequested(order) = kind {
            self.asked = Some(Asked { queue: order.queue, at_ms, reached: None });
        }
        let asked = self.asked.as_mut()?;
        let mark = match kind {
            Kind::CallbackRequested(_) => CallbackMark::Booked,
            Kind::CallbackDialled { .. } => CallbackMark::Tried,
            Kind::Connected { .. } if asked.reached.is_none() => {
                let wait_ms = u64::try_from(at_ms.saturating_sub(asked.at_ms)).unwrap_or(0);
                asked.reached = Some(wait_ms);
                CallbackMark::Reached { wait_ms }
            }
            // It was a machine.
            Kind::CallbackMissed { again_ms: Some(_), .. } => {
                CallbackMark::Unreached { wait_ms: asked.reached.take()? }
            }
            Kind::CallbackCancelled { .. } => CallbackMark::Cancelled,
            Kind::Closed { outcome: Outcome::Unanswered, .. } => CallbackMark::Failed,
            _ => return None,
        };
        Some(CallbackStep { contact: self.contact, queue: asked.queue, at_ms, mark })
    }
}
