//! The one ordered set of everything that is due at some time.

use crate::api::Reason;
use domain::{ContactId, Instant, OfferId};
use std::collections::BTreeSet;

/// What falls due. The order decides between timers of the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// An offer ends unanswered.
    Offer(OfferId),
    /// The wrap-up of an agent for a contact ends.
    WrapUp(u32, ContactId),
    /// An agent's cool-down ends.
    CoolDown(u32),
    /// A contact's next ring comes into force.
    Ring(ContactId),
    /// A contact's sticky window closes.
    Sticky(ContactId),
}

impl Timer {
    const fn reason(self) -> Reason {
        match self {
            Self::Offer(_) => Reason::Offer,
            Self::WrapUp(..) => Reason::WrapUp,
            Self::CoolDown(_) => Reason::CoolDown,
            Self::Ring(_) => Reason::Ring,
            Self::Sticky(_) => Reason::Sticky,
        }
    }
}

/// All timers in order of time.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Instant, Timer)>);

impl Timers {
    pub(crate) fn set(&mut self, at: Instant, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(crate) fn cancel(&mut self, at: Instant, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    pub(crate) fn next(&self) -> Option<(Instant, Reason)> {
        self.0.first().map(|(at, timer)| (*at, timer.reason()))
    }

    /// Takes out the first timer that is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        if self.0.first()?.0 > now {
            return None;
        }
        self.0.pop_first().map(|(_, timer)| timer)
    }
}
