//! The line of a queue in order of first entry.
//!
//! Contacts that came straight into the queue are a chain through their slots, in order as they came, so that coming
//! and going costs no search. The few that came from another queue, or anew into the same, entered earlier than
//! those before them in the chain and stand in an ordered set of their own.

use crate::contact::Contacts;
use crate::heap::NONE;
use domain::{ContactId, Instant};
use std::collections::BTreeSet;

/// Everybody in the line of a queue, those being offered too.
#[derive(Debug)]
pub(crate) struct Line {
    first: u32,
    last: u32,
    moved: BTreeSet<(Instant, ContactId, u32)>,
    len: u32,
}

impl Default for Line {
    fn default() -> Self {
        Self { first: NONE, last: NONE, moved: BTreeSet::new(), len: 0 }
    }
}

impl Line {
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Puts in a contact that comes now, or came before everybody who is to come.
    #[inline]
    pub(crate) fn add(&mut self, contacts: &mut Contacts, slot: u32) {
        self.len += 1;
        let contact = &contacts[slot];
        if contact.moved {
            self.moved.insert((contact.entered, contact.id, slot));
            return;
        }
        contacts.links[slot as usize] = [self.last, NONE];
        if self.last == NONE {
            self.first = slot;
        } else {
            contacts.links[self.last as usize][1] = slot;
        }
        self.last = slot;
    }

    #[inline]
    pub(crate) fn remove(&mut self, contacts: &mut Contacts, slot: u32) {
        self.len -= 1;
        let contact = &contacts[slot];
        if contact.moved {
            self.moved.remove(&(contact.entered, contact.id, slot));
            return;
        }
        let [before, after] = contacts.links[slot as usize];
        match before {
            NONE => self.first = after,
            before => contacts.links[before as usize][1] = after,
        }
        match after {
            NONE => self.last = before,
            after => contacts.links[after as usize][0] = before,
        }
    }

    /// Everybody: those who came straight in as they came, then the others by time of first entry.
    pub(crate) fn slots<'a>(&'a self, contacts: &'a Contacts) -> impl Iterator<Item = u32> + 'a {
        let chain = self.chain(contacts);
        chain.chain(self.moved.iter().map(|(_, _, slot)| *slot))
    }

    fn chain<'a>(&self, contacts: &'a Contacts) -> impl Iterator<Item = u32> + 'a + use<'a> {
        let next = |slot: &u32| Some(contacts.links[*slot as usize][1]).filter(|next| *next != NONE);
        core::iter::successors(Some(self.first).filter(|first| *first != NONE), next)
    }

    /// The first entry of the one who has waited longest.
    pub(crate) fn oldest(&self, contacts: &Contacts) -> Option<Instant> {
        let came = (self.first != NONE).then(|| contacts[self.first].entered);
        let moved = self.moved.first().map(|(entered, _, _)| *entered);
        came.into_iter().chain(moved).min()
    }

    /// Among these are the so many who have waited longest.
    pub(crate) fn longest<'a>(&'a self, contacts: &'a Contacts, count: usize) -> impl Iterator<Item = u32> + 'a {
        self.chain(contacts).take(count).chain(self.moved.iter().take(count).map(|(_, _, slot)| *slot))
    }
}
