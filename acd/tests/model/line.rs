//! Contacts that come, move, are sent on and leave.

use super::{Caller, Happening, Model, ms};
use acd::api::{Arrival, ExitReason};
use domain::{ContactId, Instant, OfferResult, Priority, QueueId};
use std::collections::BTreeSet;

impl Model {
    /// A contact asks for an agent, or is moved.
    pub fn arrive(&mut self, arrival: &Arrival) {
        if !self.queues.get(&arrival.queue).is_some_and(|queue| queue.known) {
            self.leave(arrival.contact, OfferResult::Withdrawn);
            return self.log.push(Happening::Exited(arrival.contact, arrival.queue, ExitReason::Closed));
        }
        let before = self.line.remove(&arrival.contact);
        let asked = arrival.since.unwrap_or(self.now).min(self.now);
        let caller = Caller {
            queue: arrival.queue,
            channel: arrival.channel,
            priority: i64::from(arrival.priority.0),
            age_per_s: arrival.age_per_s,
            requirement: arrival.requirement.clone(),
            since: before.as_ref().map_or(asked, |b| b.since.min(asked)),
            entered: before.as_ref().map_or(self.now, |b| b.entered),
            here: self.now,
            sticky: arrival.sticky,
            offered: BTreeSet::new(),
            tried: BTreeSet::new(),
        };
        for offer in before.iter().flat_map(|b| &b.offered) {
            self.end(*offer, OfferResult::Withdrawn);
        }
        match before {
            Some(before) if before.queue == arrival.queue => {
                self.line.insert(arrival.contact, Caller { here: before.here, ..caller });
            }
            Some(before) => {
                self.queues.get_mut(&before.queue).unwrap().counts.flowed_out += 1;
                self.walk(arrival.contact, caller, arrival.queue, None);
            }
            None => self.walk(arrival.contact, caller, arrival.queue, None),
        }
    }

    /// Puts a contact in the first queue that takes it in, from this one along the overflows; it comes from the last
    /// one, if it was sent on.
    fn walk(&mut self, contact: ContactId, mut caller: Caller, first: QueueId, sent: Option<(QueueId, ExitReason)>) {
        let (mut at, mut sent) = (first, sent);
        loop {
            caller.tried.insert(at);
            self.queues.get_mut(&at).unwrap().counts.offered += 1;
            let Some(reason) = self.turned_away(at) else {
                self.line.insert(contact, Caller { queue: at, here: self.now, ..caller });
                if let Some((from, reason)) = sent {
                    self.log.push(Happening::Overflowed(contact, from, at, reason));
                }
                return;
            };
            self.queues.get_mut(&at).unwrap().counts.flowed_out += 1;
            sent = Some((at, reason));
            match self.overflow(at).filter(|to| !caller.tried.contains(to)) {
                Some(to) => at = to,
                None => return self.log.push(Happening::Exited(contact, at, reason)),
            }
        }
    }

    fn overflow(&self, queue: QueueId) -> Option<QueueId> {
        let to = self.queues[&queue].setup.limits.overflow?.to;
        self.queues.get(&to).filter(|queue| queue.known).map(|_| to)
    }

    /// Why the queue takes nobody in, if so.
    fn turned_away(&self, queue: QueueId) -> Option<ExitReason> {
        let in_line = self.line.values().filter(|caller| caller.queue == queue).count();
        let is_full = self.queues[&queue].setup.limits.most_waiting.is_some_and(|most| in_line >= most as usize);
        self.nobody_stays(queue).or_else(|| is_full.then_some(ExitReason::Full))
    }

    /// Why nobody may stay in the queue, if so.
    fn nobody_stays(&self, queue: QueueId) -> Option<ExitReason> {
        if !self.queues[&queue].is_open() {
            return Some(ExitReason::Closed);
        }
        let manned = self.agents.values().any(|agent| agent.signed_in() && agent.part(queue).is_some());
        (self.queues[&queue].setup.limits.needs_agents && !manned).then_some(ExitReason::NoAgents)
    }

    /// When a contact has waited long enough in its queue, and the reason.
    pub(super) fn limit(&self, caller: &Caller) -> Option<(Instant, ExitReason)> {
        let limits = self.queues[&caller.queue].setup.limits;
        let after = limits.overflow.map(|overflow| overflow.after).filter(|after| !after.is_zero());
        let overflow = after.map(|after| (caller.here + after, ExitReason::Overflow));
        let longest = limits.longest_wait.map(|longest| (caller.here + longest, ExitReason::LongestWait));
        overflow.into_iter().chain(longest).min_by_key(|(at, _)| *at)
    }

    /// Sends this contact on if it may not stay and is not being offered.
    pub(super) fn send_on_if_due(&mut self, contact: ContactId) {
        let caller = &self.line[&contact];
        if !caller.offered.is_empty() {
            return;
        }
        let limit = self.limit(caller).filter(|(at, _)| *at <= self.now).map(|(_, reason)| reason);
        if let Some(reason) = self.nobody_stays(caller.queue).or(limit) {
            self.send_on(contact, reason);
        }
    }

    fn send_on(&mut self, contact: ContactId, reason: ExitReason) {
        let mut caller = self.line.remove(&contact).unwrap();
        let from = caller.queue;
        self.queues.get_mut(&from).unwrap().counts.flowed_out += 1;
        if caller.here != self.now {
            caller.tried.clear();
        }
        caller.tried.insert(from);
        match self.overflow(from).filter(|to| !caller.tried.contains(to)) {
            Some(to) => self.walk(contact, caller, to, Some((from, reason))),
            None => self.log.push(Happening::Exited(contact, from, reason)),
        }
    }

    /// Those leave whose queue is closed or has lost its last agent, in order of entry.
    pub(super) fn send_on_the_stranded(&mut self) {
        let stranded = |caller: &Caller| caller.offered.is_empty() && self.nobody_stays(caller.queue).is_some();
        let mut leaving: Vec<(Instant, ContactId)> =
            self.line.iter().filter(|(_, caller)| stranded(caller)).map(|(id, c)| (c.entered, *id)).collect();
        leaving.sort();
        for (_, contact) in leaving {
            self.send_on_if_due(contact);
        }
    }

    /// A contact leaves the line.
    pub fn leave(&mut self, contact: ContactId, result: OfferResult) {
        let Some(caller) = self.line.remove(&contact) else { return };
        for offer in caller.offered {
            self.end(offer, result);
        }
        let wait = ms(self.now.since(caller.entered));
        let queue = self.queues.get_mut(&caller.queue).unwrap();
        if result == OfferResult::CustomerLeft {
            queue.counts.abandoned += 1;
            queue.counts.short_abandons += u64::from(wait <= queue.setup.goal.short_abandon_ms);
        } else {
            queue.counts.flowed_out += 1;
        }
    }

    /// The queue opens or closes.
    pub fn opened(&mut self, queue: QueueId, open: bool) {
        if let Some(queue) = self.queues.get_mut(&queue).filter(|queue| queue.known) {
            queue.open = open;
        }
    }

    /// New points for a contact in line.
    pub fn reprioritise(&mut self, contact: ContactId, priority: Option<Priority>, age_per_s: Option<u32>) {
        let Some(caller) = self.line.get_mut(&contact) else { return };
        caller.priority = priority.map_or(caller.priority, |points| i64::from(points.0));
        caller.age_per_s = age_per_s.or(caller.age_per_s);
    }
}
