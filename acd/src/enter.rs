//! Contacts that come, move, are sent on by a limit, and leave.

use crate::api::{Arrival, Effect, ExitReason};
use crate::contact::{Ask, Contact, Ringing};
use crate::engine::Engine;
use crate::heap::NONE;
use crate::queue::wait_ms;
use domain::{ContactId, Instant, OfferResult, QueueId};

impl Engine {
    pub(crate) fn on_arrived(&mut self, arrival: Arrival, effects: &mut Vec<Effect>) {
        let (id, named) = (arrival.contact, arrival.queue);
        let before = self.contacts.find(id);
        let Some(queue) = self.queue_number(named) else {
            return self.turn_away_from_nowhere(id, named, effects);
        };
        let asked = arrival.since.unwrap_or(self.now).min(self.now);
        if let Some(slot) = before {
            let since = self.contacts[slot].ask.since.min(asked);
            return self.shift(slot, Ask::new(arrival, since), queue, effects);
        }
        let contact = Contact {
            id,
            ask: Ask::new(arrival, asked),
            entered: self.now,
            joined: self.now,
            queue,
            class: NONE,
            preferred: NONE,
            ring: 0,
            moved: false,
            ringing: Ringing::default(),
            tried: Vec::new(),
        };
        let (slot, is_new) = self.contacts.insert(contact);
        if is_new {
            self.classes.grow();
            self.timers.grow();
        }
        self.walk(slot, queue, None, effects);
    }

    /// The queue is no more: the contact leaves the line where it may wait, and goes on outside.
    fn turn_away_from_nowhere(&mut self, contact: ContactId, queue: QueueId, effects: &mut Vec<Effect>) {
        self.on_left(contact, OfferResult::Withdrawn, effects);
        effects.push(Effect::Exit { contact, queue, reason: ExitReason::Closed });
    }

    /// A contact in line asks for a queue again, the same or another.
    fn shift(&mut self, slot: u32, ask: Ask, queue: u32, effects: &mut Vec<Effect>) {
        let (id, from, joined) = (self.contact_id(slot), self.contacts[slot].queue, self.contacts[slot].joined);
        let ringing = self.contacts[slot].ringing.take();
        self.take_out(slot);
        self.contacts[slot].ask = ask;
        self.contacts[slot].tried.clear();
        for agent in ringing {
            self.withdraw(agent, id, OfferResult::Withdrawn, effects);
        }
        if from == queue {
            self.join(slot, queue, joined);
        } else {
            self.queue_mut(from).counts.flowed_out += 1;
            self.walk(slot, queue, None, effects);
        }
    }

    /// Puts a contact that is in no line into the first queue that takes it in, from this one along the overflows. It
    /// comes from the queue in `sent`, if a limit sent it on.
    fn walk(&mut self, slot: u32, first: u32, sent: Option<(u32, ExitReason)>, effects: &mut Vec<Effect>) {
        let (mut at, mut sent) = (first, sent);
        loop {
            self.queue_mut(at).counts.offered += 1;
            let Some(reason) = self.turned_away(at) else { break };
            self.queue_mut(at).counts.flowed_out += 1;
            sent = Some((at, reason));
            match self.untried_overflow(slot, at) {
                Some(to) => at = to,
                None => return self.exit(slot, at, reason, effects),
            }
        }
        self.join(slot, at, self.now);
        if let Some((from, reason)) = sent {
            let (contact, from, to) = (self.contact_id(slot), self.queue(from).setup.id, self.queue(at).setup.id);
            effects.push(Effect::Overflowed { contact, from, to, reason });
        }
    }

    /// Where a contact goes that this queue sends on: not to a queue tried at this instant.
    fn untried_overflow(&mut self, slot: u32, from: u32) -> Option<u32> {
        let to = self.queue(from).setup.limits.overflow.and_then(|overflow| self.queue_number(overflow.to));
        let tried = &mut self.contacts[slot].tried;
        tried.push(from);
        to.filter(|to| !tried.contains(to))
    }

    fn exit(&mut self, slot: u32, queue: u32, reason: ExitReason, effects: &mut Vec<Effect>) {
        let contact = self.contact_id(slot);
        self.contacts.remove(slot);
        effects.push(Effect::Exit { contact, queue: self.queue(queue).setup.id, reason });
    }

    /// Puts a contact into the line of a queue; the limits count from `joined`.
    #[inline]
    fn join(&mut self, slot: u32, number: u32, joined: Instant) {
        let contact = &mut self.contacts[slot];
        (contact.queue, contact.joined, contact.moved) = (number, joined, contact.entered < self.now);
        self.queues[number as usize].line.add(&mut self.contacts, slot);
        self.place(slot);
        if self.nobody_stays(number).is_some() {
            self.pending.stranded.push(number);
        }
    }

    /// Takes a contact out of its class and its line. It keeps its slot.
    #[inline]
    fn take_out(&mut self, slot: u32) {
        self.unplace(slot);
        let queue = self.contacts[slot].queue;
        self.queues[queue as usize].line.remove(&mut self.contacts, slot);
    }

    /// Takes a contact out of the line for good.
    pub(crate) fn forget(&mut self, slot: u32) {
        self.take_out(slot);
        self.contacts.remove(slot);
    }

    pub(crate) fn on_left(&mut self, id: ContactId, result: OfferResult, effects: &mut Vec<Effect>) {
        let Some(slot) = self.contacts.find(id) else { return };
        let contact = &mut self.contacts[slot];
        let (queue, entered, ringing) = (contact.queue, contact.entered, contact.ringing.take());
        self.forget(slot);
        for agent in ringing {
            self.withdraw(agent, id, result, effects);
        }
        let wait_ms = wait_ms(self.now, entered);
        let queue = self.queue_mut(queue);
        match result {
            OfferResult::CustomerLeft => queue.count_abandoned(wait_ms),
            _ => queue.counts.flowed_out += 1,
        }
    }

    /// Why the queue takes nobody in, if so.
    #[inline]
    fn turned_away(&self, number: u32) -> Option<ExitReason> {
        let queue = self.queue(number);
        let is_shut = (!queue.admits).then_some(ExitReason::Closed);
        let is_full = queue.setup.limits.most_waiting.is_some_and(|most| queue.line.len() >= most);
        self.nobody_stays(number).or(is_shut).or(is_full.then_some(ExitReason::Full))
    }

    /// Why nobody may stay in the queue, if so.
    #[inline]
    pub(crate) fn nobody_stays(&self, number: u32) -> Option<ExitReason> {
        let queue = self.queue(number);
        if !queue.known || !queue.open {
            return Some(ExitReason::Closed);
        }
        let is_empty = queue.setup.limits.needs_agents && queue.index.signed_in == 0;
        is_empty.then_some(ExitReason::NoAgents)
    }

    /// When a contact has waited long enough in its queue, and the reason.
    #[inline]
    pub(crate) fn limit(&self, contact: &Contact) -> Option<(Instant, ExitReason)> {
        let limits = &self.queue(contact.queue).setup.limits;
        let after = limits.overflow.map(|overflow| overflow.after).filter(|after| !after.is_zero());
        match (after, limits.longest_wait) {
            (Some(after), longest) if longest.is_none_or(|longest| after <= longest) => {
                Some((contact.joined + after, ExitReason::Overflow))
            }
            (_, longest) => longest.map(|longest| (contact.joined + longest, ExitReason::LongestWait)),
        }
    }

    /// Sends a contact on if it may not stay and is not being offered.
    pub(crate) fn send_on_if_due(&mut self, slot: u32, effects: &mut Vec<Effect>) {
        let contact = &self.contacts[slot];
        if !contact.ringing.is_empty() {
            return;
        }
        let (from, joined) = (contact.queue, contact.joined);
        let limit = self.limit(contact).filter(|(at, _)| *at <= self.now).map(|(_, reason)| reason);
        let Some(reason) = self.nobody_stays(from).or(limit) else { return };
        self.take_out(slot);
        self.queue_mut(from).counts.flowed_out += 1;
        if joined != self.now {
            self.contacts[slot].tried.clear();
        }
        match self.untried_overflow(slot, from) {
            Some(to) => self.walk(slot, to, Some((from, reason)), effects),
            None => self.exit(slot, from, reason, effects),
        }
    }

    /// Those leave whose queue is closed or has lost its last agent, in order of entry.
    pub(crate) fn send_on_the_stranded(&mut self, effects: &mut Vec<Effect>) {
        while !self.pending.stranded.is_empty() {
            let mut leaving: Vec<(Instant, ContactId, u32)> = Vec::new();
            self.pending.stranded.sort_unstable();
            self.pending.stranded.dedup();
            for queue in core::mem::take(&mut self.pending.stranded) {
                let slots = self.queue(queue).line.slots(&self.contacts).map(|slot| (slot, &self.contacts[slot]));
                leaving.extend(slots.map(|(slot, contact)| (contact.entered, contact.id, slot)));
            }
            leaving.sort_unstable();
            for (_, _, slot) in leaving {
                self.send_on_if_due(slot, effects);
            }
        }
    }

    pub(crate) fn on_admits(&mut self, id: QueueId, admits: bool) {
        if let Some(number) = self.queue_number(id) {
            self.queue_mut(number).admits = admits;
        }
    }

    pub(crate) fn on_opened(&mut self, id: QueueId, open: bool) {
        let Some(number) = self.queue_number(id) else { return };
        self.queue_mut(number).open = open;
        if !open {
            self.pending.stranded.push(number);
        }
    }
}
