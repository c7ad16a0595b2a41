//! Where a waiting contact stands: its class, and when that next changes.

use crate::class::{ANYBODY, ClassKey, NO_NEED, Order};
use crate::contact::Contact;
use crate::engine::Engine;
use crate::heap::NONE;
use crate::queue::Queue;
use core::time::Duration;
use domain::{ContactId, Instant, Priority, Ring};

/// The ring in force after this wait, if any is, and the wait at which the next one comes.
#[inline]
pub(crate) fn ring_at(rings: &[Ring], waited: Duration) -> (Option<usize>, Option<Duration>) {
    let next = rings.partition_point(|ring| ring.after <= waited);
    (next.checked_sub(1), rings.get(next).map(|ring| ring.after))
}

impl Contact {
    #[inline]
    pub(crate) fn waited(&self, now: Instant) -> Duration {
        Duration::from_micros(now.as_micros().saturating_sub(self.ask.since.as_micros()))
    }

    /// The rings of its requirement.
    #[inline]
    pub(crate) fn rings<'a>(&'a self, queue: &'a Queue) -> &'a [Ring] {
        self.ask.requirement.as_ref().unwrap_or(&queue.setup.requirement).rings()
    }

    /// Points per second of age.
    #[inline]
    pub(crate) fn rate(&self, queue: &Queue) -> u32 {
        self.ask.age_per_s.unwrap_or(queue.setup.age_per_s)
    }

    /// Its place among those whose score grows alike.
    #[inline]
    pub(crate) fn order(&self, queue: &Queue) -> Order {
        let points = i64::from(queue.setup.base_priority.0) + i64::from(self.ask.priority.0);
        Order::new(points * 1_000, self.rate(queue), self.ask.since, self.id)
    }
}

impl Engine {
    /// Puts a contact that is not being offered where it now belongs: a ring widened, a delay or a window ended, the
    /// preferred agent came or went, its points changed.
    pub(crate) fn replace(&mut self, slot: u32) {
        self.unplace(slot);
        self.place(slot);
    }

    /// Puts a contact into its class, to be matched, and sets its timer.
    pub(crate) fn place(&mut self, slot: u32) {
        let preferred = self.preferred(slot);
        let contact = &self.contacts[slot];
        let queue = &self.queues[contact.queue as usize];
        let (since, waited) = (contact.ask.since, contact.waited(self.now));
        let (ring, widens) = ring_at(contact.rings(queue), waited);
        let need = match (ring, &contact.ask.requirement) {
            (None, _) => NO_NEED,
            (Some(ring), None) => queue.index.needs[ring],
            (Some(ring), Some(own)) => self.classes.intern(&own.rings()[ring].need),
        };
        let tier = queue.index.tiers.partition_point(|delay| *delay <= waited);
        let key = ClassKey {
            queue: contact.queue,
            need,
            only: preferred.filter(|agent| self.agents[*agent as usize].index.accepting).unwrap_or(ANYBODY),
            rate: contact.rate(queue),
            tier: tier as u16,
            channel: contact.ask.channel,
        };
        let order = contact.order(queue);
        let window = preferred.map(|_| self.rules.sticky);
        let changes = [widens, queue.index.tiers.get(tier).copied(), window].into_iter().flatten().min();
        let limit = self.limit(contact).map(|(at, _)| at);
        // At the end of all time a change that is still to come cannot be waited for.
        let change = changes.map(|after| since + after).filter(|at| *at > self.now);
        let at = change.into_iter().chain(limit).min();
        let class = match self.classes.find(&key) {
            Some(class) => class,
            None => {
                let need = ring.map_or_else(Vec::new, |ring| contact.rings(queue)[ring].need.clone());
                self.make_class(key, &need)
            }
        };
        self.timers.set_contact(slot, at);
        if let Some(agent) = preferred {
            self.agents[agent as usize].index.preferred_by.insert(slot);
        }
        let contact = &mut self.contacts[slot];
        contact.class = class;
        contact.preferred = preferred.unwrap_or(NONE);
        contact.ring = ring.unwrap_or(0).try_into().unwrap_or(u16::MAX);
        self.queues[key.queue as usize].index.unoffered += 1;
        self.classes.insert(class, order, slot);
        self.note_fresh(class);
    }

    /// The preferred agent of a contact, if there is one and the window is open.
    #[inline]
    pub(crate) fn preferred(&self, slot: u32) -> Option<u32> {
        let ask = &self.contacts[slot].ask;
        let agent = ask.sticky?;
        let is_open = self.now < ask.since + self.rules.sticky;
        if is_open { self.agent_number(agent) } else { None }
    }

    /// Takes a contact out of its class, with its timer.
    pub(crate) fn unplace(&mut self, slot: u32) {
        let contact = &mut self.contacts[slot];
        let class = core::mem::replace(&mut contact.class, NONE);
        if class == NONE {
            return;
        }
        let (queue, preferred) = (contact.queue, core::mem::replace(&mut contact.preferred, NONE));
        self.timers.set_contact(slot, None);
        self.queues[queue as usize].index.unoffered -= 1;
        if preferred != NONE {
            self.agents[preferred as usize].index.preferred_by.remove(&slot);
        }
        if self.classes.take(class, slot) {
            self.drop_sticky_class(class);
        }
    }

    /// Matching has to look at this class.
    #[inline]
    pub(crate) fn note_fresh(&mut self, class: u32) {
        let is_fresh = &mut self.classes.class_mut(class).fresh;
        if !core::mem::replace(is_fresh, true) {
            self.pending.fresh.push(class);
        }
    }

    /// Matching has to look at all classes of this queue: there is room below its cap again.
    pub(crate) fn note_room(&mut self, queue: u32) {
        for at in 0..self.queue(queue).index.classes.len() {
            let class = self.queue(queue).index.classes[at];
            if self.classes.is_waiting(class) {
                self.note_fresh(class);
            }
        }
    }

    pub(crate) fn on_reprioritised(&mut self, id: ContactId, priority: Option<Priority>, age_per_s: Option<u32>) {
        let Some(slot) = self.contacts.find(id) else { return };
        let ask = &mut self.contacts[slot].ask;
        ask.priority = priority.unwrap_or(ask.priority);
        ask.age_per_s = age_per_s.or(ask.age_per_s);
        if self.contacts[slot].ringing.is_empty() {
            self.replace(slot);
        }
    }
}
