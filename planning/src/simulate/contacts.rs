//! Contacts in the centre, in slots that are used again.

use domain::ContactId;

/// Where a contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// In line, no agent rings.
    Waiting,
    /// In line, an agent rings.
    Offered,
    /// In no line: a call back that rests, a message that is spoken, or a contact that its queue has just sent back.
    Outside,
    /// With an agent, or gone.
    Served,
}

impl Phase {
    pub(super) const fn is_in_line(self) -> bool {
        matches!(self, Self::Waiting | Self::Offered)
    }
}

/// What a contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Its customer waits on the line.
    Live,
    /// The customer is to be called back.
    Callback,
    /// A message.
    Message,
}

/// No moment.
pub(super) const NEVER: u64 = u64::MAX;

/// What a contact does besides waiting for an agent, where its type lets it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apart {
    /// Takes the call back that is offered.
    pub(super) accepts: bool,
    /// Leaves the message that is offered.
    pub(super) leaves: bool,
    /// Where its own numbers come from.
    pub(super) luck: f64,
    /// When it first asked for an agent: its age counts from here.
    pub(super) asked: u64,
    /// The next of what its type plans for it: an offer, or standing in line again.
    pub(super) next_at: u64,
    /// When it is offered to leave a message.
    pub(super) voicemail_at: u64,
    /// When its customer rings in instead of waiting to be called back.
    pub(super) rings_in_at: u64,
    /// When its telephone has rung, while that rings before an agent's.
    pub(super) dialled_at: u64,
    /// The customer has answered, and no agent yet.
    pub(super) on_line: bool,
    /// The agent who is kept for it.
    pub(super) agent: Option<u32>,
    /// How often it was called.
    pub(super) tries: u8,
    /// How often its queue let it not in, or sent it back.
    pub(super) rests: u16,
    /// Of a call back: the call in which its customer rang in. Of that call: the call back.
    pub(super) twin: Option<u32>,
}

/// A contact in the centre.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contact {
    /// Its number in order of arrival.
    pub(super) number: u64,
    /// When it arrived, in microseconds; since when it is to be called back, or is a message.
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
    /// The type in whose queue it is.
    pub(super) queue: u16,
    pub(super) way: Way,
    pub(super) phase: Phase,
    /// Waits to be called back.
    pub(super) is_virtual: bool,
    /// Would answer when called back.
    pub(super) reachable: bool,
    pub(super) apart: Apart,
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
        self.slots.iter().filter(|contact| contact.way == Way::Live && contact.phase.is_in_line())
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
