//! Signing in and out, ready and not ready, routable and not, busy with work that no queue brought.

use crate::agent::Hand;
use crate::api::Effect;
use crate::engine::Engine;
use domain::{AgentId, AgentState, Channel, CommandError, ContactId, NextState, OfferResult, QueueId, ReasonCode};

impl Engine {
    pub(crate) fn on_sign_in(
        &mut self,
        agent: AgentId,
        reason: ReasonCode,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let number = self.known_agent(agent)?;
        let presence = &mut self.agent_mut(number).presence;
        if !presence.signed_in {
            presence.signed_in = true;
            presence.away = Some(reason);
        } else if presence.next == Some(NextState::LoggedOut) {
            presence.next = None;
        }
        self.refresh(number, effects);
        Ok(())
    }

    pub(crate) fn on_sign_out(&mut self, agent: AgentId, effects: &mut Vec<Effect>) -> Result<(), CommandError> {
        self.follow(agent, NextState::LoggedOut, OfferResult::Withdrawn, effects)
    }

    pub(crate) fn on_not_ready(
        &mut self,
        agent: AgentId,
        reason: ReasonCode,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        self.follow(agent, NextState::NotReady(reason), OfferResult::Declined, effects)
    }

    /// Takes no new work: an offer ends with this result, and the state is entered when nothing is in hand.
    fn follow(
        &mut self,
        agent: AgentId,
        next: NextState,
        result: OfferResult,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        self.known_agent(agent)?;
        let number = self.signed_in(agent)?;
        let wanted = self.agent_mut(number);
        wanted.presence.next = Some(next);
        match wanted.offer {
            Some(held) => self.fail_offer(held.offer, result, effects),
            None => self.refresh(number, effects),
        }
        Ok(())
    }

    pub(crate) fn on_ready(&mut self, agent: AgentId, effects: &mut Vec<Effect>) -> Result<(), CommandError> {
        self.known_agent(agent)?;
        let number = self.signed_in(agent)?;
        let wanted = self.agent_mut(number);
        if !wanted.is_accepting() {
            wanted.presence.unanswered = 0;
        }
        wanted.presence.next = Some(NextState::Ready);
        if wanted.state() == AgentState::AfterContactWork {
            self.end_all_wrap_ups(number, effects);
        }
        self.refresh(number, effects);
        Ok(())
    }

    /// The number of an agent of the setup.
    fn known_agent(&self, agent: AgentId) -> Result<u32, CommandError> {
        let number = self.agent_number(agent).filter(|number| self.agent(*number).known);
        number.ok_or(CommandError::UnknownAgent)
    }

    pub(crate) fn signed_in(&self, agent: AgentId) -> Result<u32, CommandError> {
        let number = self.agent_number(agent).ok_or(CommandError::UnknownAgent)?;
        if self.agent(number).presence.signed_in { Ok(number) } else { Err(CommandError::NotSignedIn) }
    }

    pub(crate) fn on_routable(&mut self, agent: AgentId, routable: bool, effects: &mut Vec<Effect>) {
        let Some(number) = self.agent_number(agent) else { return };
        self.agent_mut(number).presence.routable = routable;
        self.refresh(number, effects);
    }

    /// Somebody serves the contact: what waits in line is a question of the one who does.
    fn is_in_hand(&self, contact: ContactId) -> bool {
        let holds = |hand: &Hand| hand.contact == contact && hand.wrap_up.is_none();
        self.agents.iter().any(|agent| agent.hands.iter().any(holds))
    }

    /// The contact is served, so it waits no longer, unless another agent has it and asks for help; and the agent is
    /// busy, so an offer of another contact is withdrawn. An agent who is not signed in is on the phone as a private person. Told again, the queue named last
    /// holds.
    pub(crate) fn on_occupied(
        &mut self,
        agent: AgentId,
        contact: ContactId,
        queue: Option<QueueId>,
        effects: &mut Vec<Effect>,
    ) {
        if self.contacts.find(contact).is_some() && !self.is_in_hand(contact) {
            self.on_left(contact, OfferResult::Withdrawn, effects);
        }
        let Ok(number) = self.signed_in(agent) else { return };
        let queue = queue.and_then(|queue| self.queue_number(queue));
        let held = |hand: &&mut Hand| hand.contact == contact && hand.wrap_up.is_none();
        if let Some(hand) = self.agent_mut(number).hands.iter_mut().find(held) {
            if !hand.brought {
                hand.queue = queue;
            }
            return;
        }
        let channel = Channel::Voice;
        let hand = Hand { contact, queue, brought: false, channel, begun: self.now, wrap_up: None };
        let offer = self.agent(number).offer;
        self.put_in_hand(number, hand, effects);
        match offer {
            Some(held) => self.fail_offer(held.offer, OfferResult::Withdrawn, effects),
            None => self.refresh(number, effects),
        }
    }
}
