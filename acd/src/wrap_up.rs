//! Contacts in hand: their end, and the work after it.

use crate::agent::Hand;
use crate::api::Effect;
use crate::engine::Engine;
use core::time::Duration;
use domain::{AgentId, CommandError, ContactId, Instant, NextState};

impl Engine {
    /// Gives an agent a contact to serve. What the agent was away for follows afterwards; a contact that comes back
    /// to the agent who is still finishing it is a new one.
    pub(crate) fn put_in_hand(&mut self, number: u32, hand: Hand, effects: &mut Vec<Effect>) {
        let before = self.agent(number).hands.iter().find(|before| before.contact == hand.contact);
        if before.is_some_and(|before| before.wrap_up.is_some()) {
            let agent = self.agent(number).setup.id;
            effects.push(Effect::WrapUpEnded { agent, contact: hand.contact, timed_out: false });
        }
        if before.is_some() {
            self.end_hand(number, hand.contact);
        }
        let agent = self.agent_mut(number);
        if let Some(reason) = agent.presence.away.take() {
            agent.presence.next = Some(NextState::NotReady(reason));
        }
        agent.hands.push(hand);
    }

    pub(crate) fn on_finished(&mut self, contact: ContactId, agent: AgentId, effects: &mut Vec<Effect>) {
        let Some(number) = self.agent_number(agent) else { return };
        let serves = |hand: &&Hand| hand.contact == contact && hand.wrap_up.is_none();
        let Some(queue) = self.agent(number).hands.iter().find(serves).map(|hand| hand.queue) else { return };
        let wrap_up = queue.map_or(Duration::ZERO, |queue| self.queue(queue).setup.wrap_up);
        if wrap_up.is_zero() {
            self.end_hand(number, contact);
        } else {
            self.set_wrap_up(number, contact, self.now + wrap_up);
        }
        self.refresh(number, effects);
    }

    fn set_wrap_up(&mut self, number: u32, contact: ContactId, deadline: Instant) {
        let agent = &mut self.agents[number as usize];
        let Some(hand) = agent.hands.iter_mut().find(|hand| hand.contact == contact) else { return };
        let begins = hand.wrap_up.replace(deadline).is_none();
        if let Some(queue) = hand.queue.filter(|_| begins && hand.brought) {
            self.end_service(queue, contact);
        }
    }

    /// Takes a contact out of an agent's hand.
    fn end_hand(&mut self, number: u32, contact: ContactId) {
        let now = self.now;
        let agent = self.agent_mut(number);
        let Some(at) = agent.hands.iter().position(|hand| hand.contact == contact) else { return };
        let hand = agent.hands.remove(at);
        agent.tally.handled += 1;
        agent.tally.handle_us += now.as_micros().saturating_sub(hand.begun.as_micros());
        if let Some(queue) = hand.queue.filter(|_| hand.brought && hand.wrap_up.is_none()) {
            self.end_service(queue, contact);
        }
    }

    pub(crate) fn on_wrap_up_timeout(&mut self, number: u32, contact: ContactId, effects: &mut Vec<Effect>) {
        let over = |hand: &Hand| hand.contact == contact && hand.wrap_up.is_some_and(|until| until <= self.now);
        if self.agent(number).hands.iter().any(over) {
            self.end_hand(number, contact);
            effects.push(Effect::WrapUpEnded { agent: self.agent(number).setup.id, contact, timed_out: true });
        }
        self.refresh(number, effects);
    }

    /// Ends every wrap-up of an agent by wish. `refresh` is the caller's.
    pub(crate) fn end_all_wrap_ups(&mut self, number: u32, effects: &mut Vec<Effect>) {
        let agent = self.agent(number).setup.id;
        for (contact, _) in self.wrap_ups(number) {
            self.end_hand(number, contact);
            effects.push(Effect::WrapUpEnded { agent, contact, timed_out: false });
        }
    }

    fn wrap_ups(&self, number: u32) -> Vec<(ContactId, Hand)> {
        let finishing = self.agent(number).hands.iter().filter(|hand| hand.wrap_up.is_some());
        finishing.map(|hand| (hand.contact, hand.clone())).collect()
    }

    pub(crate) fn on_extend_wrap_up(&mut self, agent: AgentId, effects: &mut Vec<Effect>) -> Result<(), CommandError> {
        let number = self.wrapping_up(agent)?;
        for (contact, hand) in self.wrap_ups(number) {
            let more = hand.queue.map_or(Duration::ZERO, |queue| self.queue(queue).setup.wrap_up_extension);
            if let Some(deadline) = hand.wrap_up {
                self.set_wrap_up(number, contact, deadline + more);
            }
        }
        self.refresh(number, effects);
        Ok(())
    }

    pub(crate) fn on_finish_wrap_up(&mut self, agent: AgentId, effects: &mut Vec<Effect>) -> Result<(), CommandError> {
        let number = self.wrapping_up(agent)?;
        self.end_all_wrap_ups(number, effects);
        self.refresh(number, effects);
        Ok(())
    }

    fn wrapping_up(&self, agent: AgentId) -> Result<u32, CommandError> {
        let number = self.signed_in(agent)?;
        let finishing = self.agent(number).hands.iter().any(|hand| hand.wrap_up.is_some());
        if finishing { Ok(number) } else { Err(CommandError::WrongState) }
    }
}
