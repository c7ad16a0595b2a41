//! The legs of a worker, in slots: a socket's token is its leg's slot, and so is a peer.

use crate::leg::Leg;
use domain::{ContactId, LegId};
use std::collections::HashMap;

/// Legs by slot and by id.
#[derive(Default)]
pub(super) struct Slots {
    /// Boxed, so that what a rush leaves behind is a place for a pointer and not for a leg.
    legs: Vec<Option<Box<Leg>>>,
    /// The tick before which a leg need not be looked at: those that only relay cost nothing most of the time.
    rests: Vec<u64>,
    by_id: HashMap<LegId, usize>,
    by_contact: HashMap<ContactId, Vec<usize>>,
    free: Vec<usize>,
}

impl Slots {
    /// The slot of a leg.
    pub(super) fn find(&self, id: LegId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// The slot that the next leg will have.
    pub(super) fn next(&self) -> usize {
        self.free.last().copied().unwrap_or(self.legs.len())
    }

    /// Put a leg into the next slot.
    pub(super) fn insert(&mut self, leg: Leg) {
        let (slot, leg) = (self.next(), Box::new(leg));
        self.by_id.insert(leg.id, slot);
        self.by_contact.entry(leg.contact).or_default().push(slot);
        if self.free.pop().is_some() {
            self.legs[slot] = Some(leg);
        } else {
            self.legs.push(Some(leg));
            self.rests.push(0);
        }
        self.rests[slot] = 0;
    }

    /// Whether a leg must be looked at in this tick.
    pub(super) fn is_due(&self, slot: usize, tick: u64) -> bool {
        self.rests.get(slot).is_some_and(|until| *until <= tick)
    }

    /// Leave a leg alone until this tick; 0: look at it in the next.
    pub(super) fn rest(&mut self, slot: usize, until: u64) {
        if let Some(rest) = self.rests.get_mut(slot) {
            *rest = until;
        }
    }

    /// Take a leg out.
    pub(super) fn remove(&mut self, slot: usize) -> Option<Leg> {
        let leg = self.legs.get_mut(slot)?.take()?;
        self.by_id.remove(&leg.id);
        if let Some(slots) = self.by_contact.get_mut(&leg.contact) {
            slots.retain(|other| *other != slot);
            if slots.is_empty() {
                self.by_contact.remove(&leg.contact);
            }
        }
        self.free.push(slot);
        Some(*leg)
    }

    /// The slots of a contact's legs, oldest first.
    pub(super) fn of(&self, contact: ContactId) -> &[usize] {
        self.by_contact.get(&contact).map_or(&[], Vec::as_slice)
    }

    /// The leg in a slot.
    pub(super) fn at(&mut self, slot: usize) -> Option<&mut Leg> {
        self.legs.get_mut(slot)?.as_deref_mut()
    }

    /// All slots that are or were in use.
    pub(super) fn all(&self) -> core::ops::Range<usize> {
        0..self.legs.len()
    }
}
