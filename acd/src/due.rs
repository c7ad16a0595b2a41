//! What falls due, and when: one timer for each agent and each waiting contact, none where nothing can fall due.

use crate::api::Effect;
use crate::api::Reason;
use crate::engine::Engine;
use crate::heap::{Heap, Places};
use domain::{ContactId, Instant, OfferId, OfferResult};

/// What has fallen due. The order decides between what fell due at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// An offer ends unanswered.
    Offer(OfferId),
    /// The wrap-up of an agent for a contact ends.
    WrapUp(u32, ContactId),
    /// An agent's cool-down ends.
    CoolDown(u32),
    /// A contact has waited long enough in its queue; by time of first entry.
    Limit(Instant, ContactId),
}

/// The next time at which something of each agent and each contact falls due.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    agents: Heap<Instant>,
    agent_places: Places,
    contacts: Heap<Instant>,
    contact_places: Places,
}

impl Timers {
    /// No timers, for so many agents and slots of contacts.
    pub(crate) fn new(agents: usize, slots: u32) -> Self {
        let (agent_places, contact_places) = (Places::none(agents), Places::none(slots as usize));
        Self { agent_places, contact_places, ..Self::default() }
    }

    pub(crate) fn grow(&mut self) {
        self.contact_places.grow();
    }

    #[inline]
    pub(crate) fn set_contact(&mut self, slot: u32, at: Option<Instant>) {
        set(&mut self.contacts, &mut self.contact_places, slot, at);
    }

    #[inline]
    fn set_agent(&mut self, number: u32, at: Option<Instant>) {
        set(&mut self.agents, &mut self.agent_places, number, at);
    }
}

#[inline]
fn set(heap: &mut Heap<Instant>, places: &mut Places, id: u32, at: Option<Instant>) {
    if places.has(id) {
        heap.remove(places, id);
    }
    if let Some(at) = at {
        heap.push(places, at, id);
    }
}

impl Engine {
    /// Sets the timer of an agent to what falls due first.
    #[inline]
    pub(crate) fn arm_agent(&mut self, number: u32) {
        let at = self.agents[number as usize].next_due();
        self.timers.set_agent(number, at);
    }

    pub(crate) fn next_deadline(&self) -> Option<(Instant, Reason)> {
        let agent = self.timers.agents.first().map(|(at, number)| (at, self.agent_reason(number, at)));
        let contact = self.timers.contacts.first().map(|(at, slot)| (at, self.contact_reason(slot, at)));
        agent.into_iter().chain(contact).min_by_key(|(at, _)| *at)
    }

    fn agent_reason(&self, number: u32, at: Instant) -> Reason {
        let agent = self.agent(number);
        if agent.offer.is_some_and(|held| held.deadline == at) {
            Reason::Offer
        } else if agent.wrap_up_deadline() == Some(at) {
            Reason::WrapUp
        } else {
            Reason::CoolDown
        }
    }

    fn contact_reason(&self, slot: u32, at: Instant) -> Reason {
        let contact = &self.contacts[slot];
        if self.limit(contact).is_some_and(|(limit, _)| limit == at) {
            return Reason::Limit;
        }
        let queue = self.queue(contact.queue);
        if contact.rings(queue).iter().any(|ring| contact.ask.since + ring.after == at) {
            Reason::Ring
        } else if queue.index.tiers.iter().any(|delay| contact.ask.since + *delay == at) {
            Reason::Delay
        } else {
            Reason::Sticky
        }
    }

    /// The first of what is due and not done. Contacts whose class changes are put where they belong on the way.
    pub(crate) fn next_due(&mut self) -> Option<Due> {
        let now = self.now;
        while let Some((_, number)) = self.timers.agents.first().filter(|(at, _)| *at <= now) {
            self.timers.set_agent(number, None);
            self.gather_agent(number);
        }
        while let Some((_, slot)) = self.timers.contacts.first().filter(|(at, _)| *at <= now) {
            self.timers.set_contact(slot, None);
            let contact = &self.contacts[slot];
            match self.limit(contact).filter(|(at, _)| *at <= now) {
                Some((at, _)) => {
                    self.pending.due.insert((at, Due::Limit(contact.entered, contact.id)));
                }
                None => self.replace(slot),
            }
        }
        self.pending.due.pop_first().map(|(_, due)| due)
    }

    fn gather_agent(&mut self, number: u32) {
        let (now, due) = (self.now, &mut self.pending.due);
        let agent = &self.agents[number as usize];
        due.extend(agent.offer.map(|held| (held.deadline, Due::Offer(held.offer))));
        due.extend(agent.hands.iter().filter_map(|hand| Some((hand.wrap_up?, Due::WrapUp(number, hand.contact)))));
        due.extend(agent.presence.cooling.map(|until| (until, Due::CoolDown(number))));
        due.retain(|(at, _)| *at <= now);
    }

    /// Does what has fallen due, if it still stands.
    pub(crate) fn on_due(&mut self, due: Due, effects: &mut Vec<Effect>) {
        match due {
            Due::Offer(offer) => self.fail_offer(offer, OfferResult::NoAnswer, effects),
            Due::WrapUp(agent, contact) => self.on_wrap_up_timeout(agent, contact, effects),
            Due::CoolDown(agent) => self.on_cooled_down(agent, effects),
            Due::Limit(_, contact) => {
                if let Some(slot) = self.contacts.find(contact) {
                    self.send_on_if_due(slot, effects);
                }
            }
        }
    }
}
