//! Offers: a slot of an agent reserved for a contact, under a lease with a deadline.

use crate::agent::{Hand, Held};
use crate::api::{Effect, Why};
use crate::engine::Engine;
use crate::queue::wait_ms;
use core::time::Duration;
use domain::{ContactId, Instant, NextState, OfferId, OfferResult, ReasonCode};

impl Engine {
    /// Whether this offer still stands. One that is over must not be connected.
    #[must_use]
    pub fn is_current(&self, offer: OfferId) -> bool {
        self.offers.standing.contains_key(&offer)
    }

    fn held(&self, offer: OfferId) -> Option<Held> {
        self.agent(*self.offers.standing.get(&offer)?).offer
    }

    #[inline]
    fn next_offer(&mut self) -> OfferId {
        let offer = OfferId::new(self.offers.next);
        self.offers.next = self.offers.next.wrapping_add(1);
        offer
    }

    /// Reserves an agent for a contact in line.
    pub(crate) fn make_offer(&mut self, slot: u32, agent: u32, why: Why, effects: &mut Vec<Effect>) {
        self.unplace(slot);
        let (offer, contact, number) = (self.next_offer(), self.contact_id(slot), self.contacts[slot].queue);
        let queue = self.queue_mut(number);
        let (queue_id, deadline) = (queue.setup.id, queue.setup.offer_timeout);
        let deadline = self.now + deadline;
        self.queue_mut(number).begin_service(contact);
        self.contacts[slot].ringing.push(agent);
        self.offers.standing.insert(offer, agent);
        let reserved = self.agent_mut(agent);
        reserved.offer = Some(Held { offer, contact: slot, queue: number, deadline });
        effects.push(Effect::Offer { offer, contact, agent: reserved.setup.id, queue: queue_id, deadline, why });
        self.refresh(agent, effects);
    }

    /// Gives a contact in line to an agent who answers at once.
    pub(crate) fn assign(&mut self, slot: u32, agent: u32, why: Why, effects: &mut Vec<Effect>) {
        self.unplace(slot);
        let (offer, contact, number) = (self.next_offer(), self.contact_id(slot), self.contacts[slot].queue);
        let queue = &mut self.queues[number as usize];
        queue.begin_service(contact);
        let (queue, deadline) = (queue.setup.id, self.now + queue.setup.offer_timeout);
        let id = self.agent(agent).setup.id;
        effects.push(Effect::Offer { offer, contact, agent: id, queue, deadline, why });
        if !self.rules.quiet {
            effects.push(Effect::OfferEnded { offer, contact, agent: id, result: OfferResult::Answered });
        }
        self.take_in_hand(slot, agent, effects);
        self.refresh(agent, effects);
    }

    pub(crate) fn on_offer_ended(&mut self, offer: OfferId, result: OfferResult, effects: &mut Vec<Effect>) {
        let Some(held) = self.held(offer) else { return };
        match result {
            OfferResult::Answered => self.answer_offer(offer, effects),
            OfferResult::CustomerLeft => self.on_left(self.contact_id(held.contact), result, effects),
            _ => self.fail_offer(offer, result, effects),
        }
    }

    /// Lets an offer last longer.
    pub(crate) fn on_extended(&mut self, offer: OfferId, deadline: Instant, effects: &mut Vec<Effect>) {
        let Some(agent) = self.offers.standing.get(&offer).copied() else { return };
        if let Some(held) = &mut self.agent_mut(agent).offer {
            held.deadline = held.deadline.max(deadline);
        }
        self.refresh(agent, effects);
    }

    /// Takes an offer that stands away from its agent. `refresh` is the caller's.
    fn release(
        &mut self,
        offer: OfferId,
        contact: ContactId,
        result: OfferResult,
        effects: &mut Vec<Effect>,
    ) -> Option<(u32, Held)> {
        let agent = self.offers.standing.remove(&offer)?;
        let held = self.agent_mut(agent).offer.take()?;
        effects.push(Effect::OfferEnded { offer, contact, agent: self.agent(agent).setup.id, result });
        Some((agent, held))
    }

    /// The contact is in the agent's hand; all other offers of it are withdrawn.
    fn answer_offer(&mut self, offer: OfferId, effects: &mut Vec<Effect>) {
        let Some(held) = self.held(offer) else { return };
        let (slot, contact) = (held.contact, self.contact_id(held.contact));
        let Some((agent, _)) = self.release(offer, contact, OfferResult::Answered, effects) else { return };
        self.contacts[slot].ringing.remove(agent);
        let others = self.contacts[slot].ringing.take();
        self.take_in_hand(slot, agent, effects);
        self.refresh(agent, effects);
        for other in others {
            self.withdraw(other, contact, OfferResult::Withdrawn, effects);
        }
    }

    /// Takes back the offer of a contact that is out of the line.
    pub(crate) fn withdraw(&mut self, agent: u32, contact: ContactId, result: OfferResult, effects: &mut Vec<Effect>) {
        let Some(offer) = self.agent(agent).offer.map(|held| held.offer) else { return };
        let Some((agent, held)) = self.release(offer, contact, result, effects) else { return };
        self.end_service(held.queue, contact);
        self.refresh(agent, effects);
    }

    /// Ends an offer without an answer: the agent pays for the cause, and with the last of its offers the contact is
    /// in line again, or leaves if it may not stay.
    pub(crate) fn fail_offer(&mut self, offer: OfferId, result: OfferResult, effects: &mut Vec<Effect>) {
        let Some(held) = self.held(offer) else { return };
        let contact = self.contact_id(held.contact);
        let Some((agent, held)) = self.release(offer, contact, result, effects) else { return };
        self.end_service(held.queue, contact);
        self.penalise(agent, held.queue, result);
        self.contacts[held.contact].ringing.remove(agent);
        self.refresh(agent, effects);
        if self.contacts[held.contact].ringing.is_empty() {
            self.place(held.contact);
            self.send_on_if_due(held.contact, effects);
        }
    }

    /// An agent holds a contact of a queue no more.
    #[inline]
    pub(crate) fn end_service(&mut self, queue: u32, contact: ContactId) {
        if self.queue_mut(queue).end_service(contact) {
            self.note_room(queue);
        }
    }

    /// The contact leaves the line for the agent's hand.
    fn take_in_hand(&mut self, slot: u32, number: u32, effects: &mut Vec<Effect>) {
        let now = self.now;
        let contact = &self.contacts[slot];
        let (id, entered, queue, channel) = (contact.id, contact.entered, contact.queue, contact.ask.channel);
        self.queues[queue as usize].count_answered(wait_ms(now, entered));
        self.forget(slot);
        let hand = Hand { contact: id, queue: Some(queue), brought: true, channel, begun: now, wrap_up: None };
        let agent = self.agent_mut(number);
        agent.clock.assigned = now;
        agent.tally.answered += 1;
        agent.presence.unanswered = 0;
        self.put_in_hand(number, hand, effects);
    }

    fn penalise(&mut self, number: u32, queue: u32, result: OfferResult) {
        let (now, rule) = (self.now, self.queue(queue).setup.cool_downs);
        let agent = self.agent_mut(number);
        let presence = &mut agent.presence;
        let pause = match result {
            OfferResult::Declined => {
                presence.unanswered = 0;
                rule.declined
            }
            OfferResult::Busy => rule.busy,
            OfferResult::Unreachable => rule.unreachable,
            OfferResult::NoAnswer => {
                presence.unanswered = presence.unanswered.saturating_add(1);
                if rule.no_answer_limit > 0 && presence.unanswered >= rule.no_answer_limit {
                    let rona: ReasonCode = "rona".parse().expect("a constant slug");
                    presence.next = Some(if agent.known { NextState::NotReady(rona) } else { NextState::LoggedOut });
                    return;
                }
                rule.no_answer
            }
            OfferResult::Answered | OfferResult::CustomerLeft | OfferResult::Withdrawn => Duration::ZERO,
        };
        if !pause.is_zero() {
            presence.cooling = Some(now + pause);
        }
    }

    pub(crate) fn on_cooled_down(&mut self, number: u32, effects: &mut Vec<Effect>) {
        let now = self.now;
        let cooling = &mut self.agent_mut(number).presence.cooling;
        if cooling.is_some_and(|until| until <= now) {
            *cooling = None;
        }
        self.refresh(number, effects);
    }
}
