//! The node that books a call back.

use crate::api::{Booking, Effect, NoteKind};
use crate::engine::Step;
use crate::node::{Callback, Node};
use crate::run::{Run, State};
use core::time::Duration;
use domain::NodeId;

/// Longest time until the booking is on disk.
const BOOKING_MAX: Duration = Duration::from_secs(5);

impl Run {
    pub(crate) fn enter_callback(&mut self, callback: &Callback, step: &mut Step<'_>) -> Option<NodeId> {
        let number = callback.variable.as_deref().map(|name| self.text_of(name)).unwrap_or_default();
        if callback.variable.is_some() && number.is_empty() {
            return Some(callback.bad_number);
        }
        self.state = State::Booking { until: step.now + BOOKING_MAX };
        step.effects.push(Effect::Callback { queue: callback.queue, number });
        None
    }

    pub(crate) fn on_booking(&mut self, booking: Booking) -> Option<NodeId> {
        let State::Booking { .. } = self.state else { return None };
        if booking == Booking::Booked {
            // The place in line is the call back's now.
            self.kept = None;
        }
        match self.flow.node(self.at) {
            Some(Node::Callback(callback)) => Some(match booking {
                Booking::Booked => callback.booked,
                Booking::Refused => callback.refused,
                Booking::BadNumber => callback.bad_number,
            }),
            _ => None,
        }
    }

    pub(crate) fn on_booking_late(&mut self) -> Option<NodeId> {
        self.note(NoteKind::BookingLate);
        self.on_booking(Booking::Refused)
    }
}
