//! Contacts in line: coming, moving on between rings and classes, leaving.

use crate::api::{Arrival, Effect};
use crate::class::{ClassKey, Place};
use crate::engine::Engine;
use crate::timer::Timer;
use domain::{Channel, ContactId, Instant, OfferId, OfferResult, Requirement};
use std::sync::Arc;

/// A contact in line.
#[derive(Debug)]
pub(crate) struct Contact {
    pub(crate) queue: u32,
    pub(crate) channel: Channel,
    /// A thousand for each point of the queue and the contact.
    pub(crate) points: i64,
    pub(crate) requirement: Arc<Requirement>,
    /// The age, the rings and the sticky window count from here.
    pub(crate) since: Instant,
    /// When it entered the line: the wait counts from here.
    pub(crate) entered: Instant,
    pub(crate) preferred: Option<u32>,
    /// The class where it waits; `None` while it is being offered.
    pub(crate) class: Option<u32>,
    pub(crate) offer: Option<OfferId>,
    /// The timers that run for it while it waits.
    timers: [Option<(Instant, Timer)>; 2],
}

impl Contact {
    /// The number of the ring in force.
    pub(crate) fn ring(&self, now: Instant) -> Option<usize> {
        let waited = now.since(self.since);
        self.requirement.rings().iter().rposition(|ring| ring.after <= waited)
    }

    fn next_ring(&self, now: Instant) -> Option<Instant> {
        let waited = now.since(self.since);
        self.requirement.rings().iter().find(|ring| ring.after > waited).map(|ring| self.since + ring.after)
    }

    pub(crate) fn place(&self, contact: ContactId, rate: i64) -> Place {
        let since_ms = i64::try_from(self.since.as_millis()).unwrap_or(i64::MAX);
        let order = rate.saturating_mul(since_ms).saturating_sub(self.points);
        Place { order, since: self.since, contact }
    }
}

impl Engine {
    pub(crate) fn on_arrived(&mut self, now: Instant, arrival: Arrival, effects: &mut Vec<Effect>) {
        let Some(queue) = self.queue_number(arrival.queue) else { return };
        let id = arrival.contact;
        let asked = arrival.since.unwrap_or(now).min(now);
        let (since, entered) = match self.contacts.get(&id) {
            Some(before) => (before.since.min(asked), before.entered),
            None => (asked, now),
        };
        let stays = self.contacts.get(&id).is_some_and(|before| before.queue == queue);
        if let Some(before) = self.remove(now, id, OfferResult::Withdrawn, effects) {
            self.queue_mut(before.queue).counts.flowed_out += u64::from(!stays);
        }
        let at = self.queue(queue);
        let priority = i64::from(at.setup.base_priority.0) + i64::from(arrival.priority.0);
        let contact = Contact {
            queue,
            channel: arrival.channel,
            points: priority * 1_000,
            requirement: arrival.requirement.map_or_else(|| Arc::clone(&at.requirement), Arc::new),
            since,
            entered,
            preferred: arrival.sticky.and_then(|agent| self.agent_number(agent)),
            class: None,
            offer: None,
            timers: [None; 2],
        };
        let at = self.queue_mut(queue);
        at.line.insert((entered, id));
        at.counts.offered += u64::from(!stays);
        self.contacts.insert(id, contact);
        self.place(now, id);
    }

    pub(crate) fn on_left(&mut self, now: Instant, id: ContactId, result: OfferResult, effects: &mut Vec<Effect>) {
        let Some(contact) = self.remove(now, id, result, effects) else { return };
        let wait_ms = wait_ms(now, contact.entered);
        let queue = self.queue_mut(contact.queue);
        match result {
            OfferResult::CustomerLeft => queue.count_abandoned(wait_ms),
            _ => queue.counts.flowed_out += 1,
        }
    }

    /// Takes a contact out of the line, with its offer. Counting is the caller's.
    fn remove(
        &mut self,
        now: Instant,
        id: ContactId,
        result: OfferResult,
        effects: &mut Vec<Effect>,
    ) -> Option<Contact> {
        let offer = self.contacts.get(&id)?.offer;
        self.unplace(id);
        let contact = self.contacts.remove(&id)?;
        self.queue_mut(contact.queue).line.remove(&(contact.entered, id));
        if let Some(offer) = offer {
            self.end_offer(now, offer, result, effects);
        }
        Some(contact)
    }

    /// The contact's agent answered: it is in line no more.
    pub(crate) fn on_contact_answered(&mut self, now: Instant, id: ContactId) -> Option<Contact> {
        let contact = self.contacts.remove(&id)?;
        let queue = self.queue_mut(contact.queue);
        queue.line.remove(&(contact.entered, id));
        queue.count_answered(wait_ms(now, contact.entered));
        Some(contact)
    }

    /// Puts a contact that is not being offered where it now belongs: a ring widened, a window closed, the
    /// preferred agent came or went.
    pub(crate) fn replace(&mut self, now: Instant, id: ContactId) {
        self.unplace(id);
        self.place(now, id);
    }

    /// Puts a contact into its class, to be matched.
    pub(crate) fn place(&mut self, now: Instant, id: ContactId) {
        let Some(contact) = self.contacts.get(&id).filter(|contact| contact.offer.is_none()) else { return };
        let (queue, channel, requirement) = (contact.queue, contact.channel, Arc::clone(&contact.requirement));
        let window_end = contact.since + self.sticky;
        let preferred = contact.preferred.filter(|_| now < window_end);
        let timers = [
            contact.next_ring(now).map(|at| (at, Timer::Ring(id))),
            preferred.map(|_| (window_end, Timer::Sticky(id))),
        ];
        let need = contact.ring(now).and_then(|ring| requirement.rings().get(ring)).map_or(&[][..], |ring| &ring.need);
        let only = preferred.filter(|agent| self.agent(*agent).is_accepting());
        let key = ClassKey { queue, channel, need: self.classes.intern_need(need), only };
        let class = self.class_for(key, need);
        let rate = self.classes.class(class).rate;
        for (at, timer) in timers.into_iter().flatten() {
            self.timers.set(at, timer);
        }
        if let Some(agent) = preferred {
            self.agent_mut(agent).preferred_by.insert(id);
        }
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        (contact.timers, contact.class) = (timers, Some(class));
        let place = contact.place(id, rate);
        self.classes.insert(class, place);
        self.fresh.push(class);
    }

    /// Takes a contact out of its class, with its timers.
    pub(crate) fn unplace(&mut self, id: ContactId) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let Some(class) = contact.class.take() else { return };
        for (at, timer) in core::mem::take(&mut contact.timers).into_iter().flatten() {
            self.timers.cancel(at, timer);
        }
        let place = contact.place(id, self.classes.class(class).rate);
        if let Some(agent) = contact.preferred {
            self.agents[agent as usize].preferred_by.remove(&id);
        }
        if self.classes.take(class, &place) {
            self.drop_sticky_class(class);
        }
    }
}

/// Whole milliseconds from the entry to the exit.
pub(crate) fn wait_ms(now: Instant, entered: Instant) -> u64 {
    u64::try_from(now.since(entered).as_millis()).unwrap_or(u64::MAX)
}
