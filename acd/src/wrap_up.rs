//! Contacts in hand: their end, and the work after it.

use crate::agent::Hand;
use crate::api::Effect;
use crate::engine::Engine;
use crate::timer::Timer;
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
        self.end_hand(hand.begun, number, hand.contact);
        let agent = self.agent_mut(number);
        if let Some(reason) = agent.presence.away.take() {
            agent.presence.next = Some(NextState::NotReady(reason));
        }
        agent.hands.push(hand);
    }

    /// Takes a contact out of an agent's hand, with the timer of its wrap-up.
    fn take_from_hand(&mut self, number: u32, contact: ContactId) -> Option<Hand> {
        let agent = self.agent_mut(number);
        let at = agent.hands.iter().position(|hand| hand.contact == contact)?;
        let hand = agent.hands.remove(at);
        if let Some(deadline) = hand.wrap_up {
            self.timers.cancel(deadline, Timer::WrapUp(number, contact));
        }
        Some(hand)
    }

    pub(crate) fn on_finished(&mut self, now: Instant, contact: ContactId, agent: AgentId, effects: &mut Vec<Effect>) {
        let Some(number) = self.agent_number(agent) else { return };
        let serves = |hand: &&Hand| hand.contact == contact && hand.wrap_up.is_none();
        let Some(queue) = self.agent(number).hands.iter().find(serves).map(|hand| hand.queue) else { return };
        let wrap_up = queue.map_or(Duration::ZERO, |queue| self.queue(queue).setup.wrap_up);
        if wrap_up.is_zero() {
            self.end_hand(now, number, contact);
        } else {
            self.set_wrap_up(number, contact, now + wrap_up);
        }
        self.refresh(now, number, effects);
    }

    fn set_wrap_up(&mut self, number: u32, contact: ContactId, deadline: Instant) {
        let agent = &mut self.agents[number as usize];
        let Some(hand) = agent.hands.iter_mut().find(|hand| hand.contact == contact) else { return };
        if let Some(before) = hand.wrap_up.replace(deadline) {
            self.timers.cancel(before, Timer::WrapUp(number, contact));
        }
        self.timers.set(deadline, Timer::WrapUp(number, contact));
    }

    fn end_hand(&mut self, now: Instant, number: u32, contact: ContactId) {
        let Some(hand) = self.take_from_hand(number, contact) else { return };
        let tally = &mut self.agent_mut(number).tally;
        tally.handled += 1;
        tally.handle_us += now.as_micros().saturating_sub(hand.begun.as_micros());
    }

    pub(crate) fn on_wrap_up_timeout(
        &mut self,
        now: Instant,
        number: u32,
        contact: ContactId,
        effects: &mut Vec<Effect>,
    ) {
        self.end_hand(now, number, contact);
        effects.push(Effect::WrapUpEnded { agent: self.agent(number).setup.id, contact, timed_out: true });
        self.refresh(now, number, effects);
    }

    /// Ends every wrap-up of an agent by wish. `refresh` is the caller's.
    pub(crate) fn end_all_wrap_ups(&mut self, now: Instant, number: u32, effects: &mut Vec<Effect>) {
        let agent = self.agent(number).setup.id;
        for (contact, _) in self.wrap_ups(number) {
            self.end_hand(now, number, contact);
            effects.push(Effect::WrapUpEnded { agent, contact, timed_out: false });
        }
    }

    fn wrap_ups(&self, number: u32) -> Vec<(ContactId, Hand)> {
        let finishing = self.agent(number).hands.iter().filter(|hand| hand.wrap_up.is_some());
        finishing.map(|hand| (hand.contact, hand.clone())).collect()
    }

    pub(crate) fn on_extend_wrap_up(
        &mut self,
        now: Instant,
        agent: AgentId,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let number = self.wrapping_up(agent)?;
        for (contact, hand) in self.wrap_ups(number) {
            let more = hand.queue.map_or(Duration::ZERO, |queue| self.queue(queue).setup.wrap_up_extension);
            if let Some(deadline) = hand.wrap_up {
                self.set_wrap_up(number, contact, deadline + more);
            }
        }
        self.refresh(now, number, effects);
        Ok(())
    }

    pub(crate) fn on_finish_wrap_up(
        &mut self,
        now: Instant,
        agent: AgentId,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let number = self.wrapping_up(agent)?;
        self.end_all_wrap_ups(now, number, effects);
        self.refresh(now, number, effects);
        Ok(())
    }

    fn wrapping_up(&self, agent: AgentId) -> Result<u32, CommandError> {
        let number = self.signed_in(agent)?;
        let finishing = self.agent(number).hands.iter().any(|hand| hand.wrap_up.is_some());
        if finishing { Ok(number) } else { Err(CommandError::WrongState) }
    }
}
