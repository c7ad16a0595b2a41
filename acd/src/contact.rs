//! Contacts in line, in slots that are used again.

use crate::api::Arrival;
use crate::hash::Keyed;
use crate::heap::NONE;
use core::ops::{Index, IndexMut};
use domain::{AgentId, Channel, ContactId, Instant, Priority, Requirement};

/// What a contact asks for; it keeps it from queue to queue.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) channel: Channel,
    pub(crate) priority: Priority,
    /// Points per second of age; `None`: the queue's.
    pub(crate) age_per_s: Option<u32>,
    /// `None`: the queue's.
    pub(crate) requirement: Option<Requirement>,
    pub(crate) sticky: Option<AgentId>,
    /// The age, the rings, the delays and the sticky window count from here.
    pub(crate) since: Instant,
}

impl Ask {
    pub(crate) fn new(arrival: Arrival, since: Instant) -> Self {
        let Arrival { channel, priority, age_per_s, requirement, sticky, .. } = arrival;
        Self { channel, priority, age_per_s, requirement, sticky, since }
    }
}

/// Agents who are being rung for a contact, in order of their offers.
#[derive(Debug, Default)]
pub(crate) struct Ringing(Vec<u32>);

impl Ringing {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, agent: u32) {
        self.0.push(agent);
    }

    pub(crate) fn remove(&mut self, agent: u32) {
        self.0.retain(|other| *other != agent);
    }

    /// Everybody, in order; nobody is left.
    pub(crate) fn take(&mut self) -> Vec<u32> {
        core::mem::take(&mut self.0)
    }

    pub(crate) fn renumber(&mut self, agents: &[u32]) {
        self.0.iter_mut().for_each(|agent| *agent = agents[*agent as usize]);
    }
}

/// A contact in line.
#[derive(Debug)]
pub(crate) struct Contact {
    pub(crate) id: ContactId,
    pub(crate) ask: Ask,
    /// When it entered the line: the wait counts from here.
    pub(crate) entered: Instant,
    /// When it entered this queue: the limits count from here.
    pub(crate) joined: Instant,
    pub(crate) queue: u32,
    /// The class where it waits; [`NONE`] while it is being offered.
    pub(crate) class: u32,
    /// The agent in whose list of preferring contacts it stands, or [`NONE`].
    pub(crate) preferred: u32,
    /// The ring in force when it was last put into a class.
    pub(crate) ring: u16,
    /// It stands among those who came from another queue: see [`crate::line::Line`].
    pub(crate) moved: bool,
    pub(crate) ringing: Ringing,
    /// Queues that it left or that turned it away at `joined`: not to be tried again at that instant.
    pub(crate) tried: Vec<u32>,
}

/// All contacts in line.
#[derive(Debug, Default)]
pub(crate) struct Contacts {
    slots: Vec<Option<Contact>>,
    free: Vec<u32>,
    by_id: Keyed<ContactId, u32>,
    /// For each slot the one before and the one after it in its queue's line.
    pub(crate) links: Vec<[u32; 2]>,
}

impl Contacts {
    /// Slots, used or not.
    pub(crate) fn slots(&self) -> u32 {
        self.slots.len() as u32
    }

    #[inline]
    pub(crate) fn find(&self, id: ContactId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    #[inline]
    pub(crate) fn by_id(&self, id: ContactId) -> Option<&Contact> {
        self.slots[self.find(id)? as usize].as_ref()
    }

    /// The contact of a slot, if there is one.
    #[inline]
    pub(crate) fn at(&self, slot: u32) -> Option<&Contact> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// Puts in a contact that is not there; true: the slot is a new one.
    #[inline]
    pub(crate) fn insert(&mut self, contact: Contact) -> (u32, bool) {
        let id = contact.id;
        let (slot, is_new) = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(contact);
                (slot, false)
            }
            None => {
                self.slots.push(Some(contact));
                self.links.push([NONE; 2]);
                ((self.slots.len() - 1) as u32, true)
            }
        };
        self.by_id.insert(id, slot);
        (slot, is_new)
    }

    #[inline]
    pub(crate) fn remove(&mut self, slot: u32) {
        let place = &mut self.slots[slot as usize];
        if let Some(contact) = place {
            self.by_id.remove(&contact.id);
            *place = None;
            self.free.push(slot);
        }
    }
}

impl Index<u32> for Contacts {
    type Output = Contact;
    #[inline]
    fn index(&self, slot: u32) -> &Contact {
        self.slots[slot as usize].as_ref().expect("slots are kept only of contacts in line")
    }
}

impl IndexMut<u32> for Contacts {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut Contact {
        self.slots[slot as usize].as_mut().expect("slots are kept only of contacts in line")
    }
}
