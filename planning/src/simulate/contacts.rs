//! Contacts in the centre, in slots that are used again.

use domain::ContactId;

/// Where a contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// In line, no agent rings.
    Waiting,
    /// In line, an agent rings.
    Offered,
    /// With an agent, or gone.
    Served,
}

/// A contact in the centre.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contact {
    /// Its number in order of arrival.
    pub(super) number: u64,
    /// When it arrived, in microseconds.
    pub(super) entered: u64,
    /// How long it waited, once it is served.
    pub(super) waited: u64,
    /// When it gives up; the largest number: never.
    pub(super) gives_up: u64,
    /// The draws for service and after-contact work.
    pub(super) service: f64,
    pub(super) wrap_up: f64,
    /// The place in the log that it comes from.
    pub(super) logged: Option<u32>,
    pub(super) kind: u16,
    pub(super) phase: Phase,
    /// Waits to be called back.
    pub(super) is_virtual: bool,
    /// Would answer when called back.
    pub(super) reachable: bool,
}

/// The slots.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    slots: Vec<Contact>,
    free: Vec<u32>,
}

impl Contacts {
    pub(super) fn insert(&mut self, contact: Contact) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = contact;
            return slot;
        }
        self.slots.push(contact);
        (self.slots.len() - 1) as u32
    }

    /// Frees a slot. What stands in it stays readable until it is used again.
    pub(super) fn free(&mut self, slot: u32) {
        self.free.push(slot);
    }

    pub(super) fn of(&self, slot: u32) -> &Contact {
        &self.slots[slot as usize]
    }

    pub(super) fn of_mut(&mut self, slot: u32) -> &mut Contact {
        &mut self.slots[slot as usize]
    }

    /// The contacts in line.
    pub(super) fn in_line(&self) -> impl Iterator<Item = &Contact> {
        self.slots.iter().filter(|contact| contact.phase != Phase::Served)
    }

    /// The engine's id of the contact in a slot: its number, so that ids order by arrival, and the slot.
    pub(super) fn id(&self, slot: u32) -> ContactId {
        ContactId::new(u128::from(self.of(slot).number) << 32 | u128::from(slot))
    }
}

/// The slot that an id names.
pub(super) fn slot_of(id: ContactId) -> u32 {
    id.number() as u32
}
