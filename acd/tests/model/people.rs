//! Agents: presence, and the contacts in their hands.

use super::{Happening, Model, Person, Served, Wish};
use core::time::Duration;
use domain::{AgentId, AgentState, Channel, ContactId, OfferResult, QueueId, ReasonCode};

impl Model {
    /// Puts a contact in an agent's hand. One that the agent is still finishing is a new one.
    pub(super) fn take(&mut self, agent: AgentId, new: Served) {
        let person = self.agents.get_mut(&agent).unwrap();
        let before = person.served.iter().position(|s| s.contact == new.contact);
        if let Some(before) = before.map(|at| person.served.remove(at))
            && before.until.is_some()
        {
            self.log.push(Happening::WrappedUp(agent, new.contact, false));
        }
        person.served.push(new);
    }

    pub(super) fn let_go(&mut self, agent: AgentId, contact: ContactId, timed_out: bool) {
        self.agents.get_mut(&agent).unwrap().served.retain(|s| s.contact != contact);
        self.log.push(Happening::WrappedUp(agent, contact, timed_out));
    }

    /// The talk is over.
    pub fn finish(&mut self, agent: AgentId, contact: ContactId) {
        let Some(person) = self.agents.get_mut(&agent) else { return };
        let Some(at) = person.served.iter().position(|s| s.contact == contact && s.until.is_none()) else { return };
        let length = person.served[at].queue.map_or(Duration::ZERO, |queue| self.queues[&queue].setup.wrap_up);
        if length == Duration::ZERO {
            person.served.remove(at);
        } else {
            person.served[at].until = Some(self.now + length);
        }
    }

    /// Somebody has the contact and does not wrap up.
    pub fn is_served(&self, contact: ContactId) -> bool {
        let serves = |person: &Person| person.served.iter().any(|s| s.contact == contact && s.until.is_none());
        self.agents.values().any(serves)
    }

    /// Busy with something that no queue brought.
    pub fn occupy(&mut self, agent: AgentId, contact: ContactId, queue: Option<QueueId>) {
        // What waits in line for one whom somebody serves is that one's question.
        if !self.is_served(contact) {
            self.leave(contact, OfferResult::Withdrawn);
        }
        let queue = queue.filter(|queue| self.queues.get(queue).is_some_and(|queue| queue.known));
        let Some(person) = self.agents.get_mut(&agent).filter(|person| person.signed_in()) else { return };
        if let Some(served) = person.served.iter_mut().find(|s| s.contact == contact && s.until.is_none()) {
            if !served.brought {
                served.queue = queue;
            }
            return;
        }
        let ringing = person.ringing;
        self.take(agent, Served { contact, queue, channel: Channel::Voice, brought: false, until: None });
        if let Some(offer) = ringing {
            self.end(offer, OfferResult::Withdrawn);
        }
    }

    /// Phone usable or not.
    pub fn routable(&mut self, agent: AgentId, routable: bool) {
        if let Some(person) = self.agents.get_mut(&agent) {
            person.routable = routable;
        }
    }

    /// Somebody in the setup.
    fn known(&mut self, agent: AgentId) -> Option<&mut Person> {
        self.agents.get_mut(&agent).filter(|person| person.known)
    }

    /// True: done.
    pub fn sign_in(&mut self, agent: AgentId, reason: ReasonCode) -> bool {
        let Some(person) = self.known(agent) else { return false };
        if !person.signed_in() {
            person.wish = Wish::Away(reason);
        } else if person.wish == Wish::Out {
            person.wish = Wish::Ready;
        }
        true
    }

    /// Not ready or out. True: done.
    pub fn stop(&mut self, agent: AgentId, wish: Wish) -> bool {
        let Some(person) = self.known(agent).filter(|person| person.signed_in()) else { return false };
        person.wish = wish;
        if let Some(offer) = person.ringing {
            let result = if wish == Wish::Out { OfferResult::Withdrawn } else { OfferResult::Declined };
            self.end(offer, result);
        }
        true
    }

    /// True: done.
    pub fn ready(&mut self, agent: AgentId) -> bool {
        let Some(person) = self.known(agent).filter(|person| person.signed_in()) else { return false };
        if person.wish != Wish::Ready {
            person.unanswered = 0;
        }
        person.wish = Wish::Ready;
        if person.state() == AgentState::AfterContactWork {
            self.finish_wrap_up(agent);
        }
        true
    }

    /// True: done.
    pub fn extend(&mut self, agent: AgentId) -> bool {
        let Some(person) = self.agents.get_mut(&agent) else { return false };
        let mut any = false;
        for served in &mut person.served {
            if let (Some(until), Some(queue)) = (served.until.as_mut(), served.queue) {
                *until = *until + self.queues[&queue].setup.wrap_up_extension;
                any = true;
            }
        }
        any
    }

    /// True: done.
    pub fn finish_wrap_up(&mut self, agent: AgentId) -> bool {
        let Some(person) = self.agents.get(&agent) else { return false };
        let finishing = person.served.iter().filter(|s| s.until.is_some());
        let contacts: Vec<ContactId> = finishing.map(|s| s.contact).collect();
        for contact in &contacts {
            self.let_go(agent, *contact, false);
        }
        !contacts.is_empty()
    }
}
