//! Offers: a slot of an agent reserved for a contact, under a lease with a deadline.

use crate::agent::Hand;
use crate::api::Effect;
use crate::class::{Head, Rank};
use crate::engine::Engine;
use crate::timer::Timer;
use core::time::Duration;
use domain::{ContactId, Instant, NextState, OfferId, OfferResult, ReasonCode};

/// An offer that is not over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) contact: ContactId,
    agent: u32,
    pub(crate) queue: u32,
    deadline: Instant,
}

impl Engine {
    /// Whether this offer still stands. One that is over must not be connected.
    #[must_use]
    pub fn is_current(&self, offer: OfferId) -> bool {
        self.offers.contains_key(&offer)
    }

    /// Reserves the best candidate for the head's contact.
    pub(crate) fn make_offer(
        &mut self,
        now: Instant,
        head: Head,
        candidates: &[Rank],
        effects: &mut Vec<Effect>,
    ) -> OfferId {
        let contact = head.place.contact;
        let why = self.why(now, head, candidates);
        let queue = self.classes.class(head.class).key.queue;
        let agent = candidates.first().expect("best_pair names a class only if an available agent serves it").agent;
        let offer = OfferId::new(self.next_offer);
        self.next_offer = self.next_offer.wrapping_add(1);
        let deadline = now + self.queue(queue).setup.offer_timeout;
        self.unplace(contact);
        if let Some(waiting) = self.contacts.get_mut(&contact) {
            waiting.offer = Some(offer);
        }
        self.offers.insert(offer, Held { contact, agent, queue, deadline });
        self.timers.set(deadline, Timer::Offer(offer));
        let reserved = self.agent_mut(agent);
        reserved.offer = Some(offer);
        reserved.clock.assigned = now;
        let agent_id = reserved.setup.id;
        let queue = self.queue(queue).setup.id;
        effects.push(Effect::Offer { offer, contact, agent: agent_id, queue, deadline, why });
        self.refresh(now, agent, effects);
        offer
    }

    pub(crate) fn on_offer_ended(
        &mut self,
        now: Instant,
        offer: OfferId,
        result: OfferResult,
        effects: &mut Vec<Effect>,
    ) {
        match (self.offers.get(&offer), result) {
            (Some(held), OfferResult::CustomerLeft) => self.on_left(now, held.contact, result, effects),
            (Some(_), _) => self.end_offer(now, offer, result, effects),
            (None, _) => {}
        }
    }

    /// Ends an offer that stands. Answered: the contact is in the agent's hand. Else it is in line again, unless it
    /// was taken out of the line before; and the agent pays
    /// for the cause.
    pub(crate) fn end_offer(&mut self, now: Instant, offer: OfferId, result: OfferResult, effects: &mut Vec<Effect>) {
        let Some(held) = self.offers.remove(&offer) else { return };
        self.timers.cancel(held.deadline, Timer::Offer(offer));
        let agent = self.agent_mut(held.agent);
        agent.offer = None;
        let agent = agent.setup.id;
        effects.push(Effect::OfferEnded { offer, contact: held.contact, agent, result });
        if result == OfferResult::Answered {
            self.take_in_hand(now, held, effects);
        } else if let Some(contact) = self.contacts.get_mut(&held.contact) {
            contact.offer = None;
            self.place(now, held.contact);
            self.penalise(now, held, result);
        }
        self.refresh(now, held.agent, effects);
    }

    fn take_in_hand(&mut self, now: Instant, held: Held, effects: &mut Vec<Effect>) {
        let Some(contact) = self.on_contact_answered(now, held.contact) else { return };
        let hand = Hand {
            contact: held.contact,
            queue: Some(held.queue),
            channel: contact.channel,
            begun: now,
            wrap_up: None,
        };
        self.put_in_hand(held.agent, hand, effects);
    }

    fn penalise(&mut self, now: Instant, held: Held, result: OfferResult) {
        let rule = self.queue(held.queue).setup.cool_downs;
        let pause = match result {
            OfferResult::Declined => rule.declined,
            OfferResult::Busy => rule.busy,
            OfferResult::Unreachable => rule.unreachable,
            OfferResult::NoAnswer if rule.no_answer_not_ready => {
                let rona: ReasonCode = "rona".parse().expect("a constant slug");
                return self.agent_mut(held.agent).presence.next = Some(NextState::NotReady(rona));
            }
            OfferResult::NoAnswer => rule.no_answer,
            OfferResult::Answered | OfferResult::CustomerLeft | OfferResult::Withdrawn => Duration::ZERO,
        };
        if !pause.is_zero() {
            self.stop_cooling(held.agent);
            self.agent_mut(held.agent).presence.cooling = Some(now + pause);
            self.timers.set(now + pause, Timer::CoolDown(held.agent));
        }
    }

    pub(crate) fn on_cooled_down(&mut self, now: Instant, agent: u32, effects: &mut Vec<Effect>) {
        self.agent_mut(agent).presence.cooling = None;
        self.refresh(now, agent, effects);
    }
}
