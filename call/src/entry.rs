//! The secure entry: an agent lends the customer to a flow, in which the customer keys what the agent is not to hear, and
//! gets the customer back. The recording goes on; the agent hears nothing meanwhile.

use crate::api::{Effect, FlowFact, MediaEffect, Phase, ToFlow};
use crate::engine::Call;
use crate::part::{Part, Stage};
use domain::{CommandError, ContactEventKind, Instant, SecureEntry};

impl Call {
    /// The part of the agent who has lent the customer.
    pub(crate) fn lender(&self) -> Option<usize> {
        self.parts.iter().position(|part| part.entry == SecureEntry::Running && part.stage == Stage::Held)
    }

    /// The agent lends the customer to the flow of the queue by which the contact came.
    pub(crate) fn lend(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) -> Result<(), CommandError> {
        let part = &self.parts[index];
        let flow = part.record.secure_entry.ok_or(CommandError::WrongState)?;
        let talks = self.serving() == Some(index) && part.stage == Stage::Talking && self.phase == Phase::Connected;
        if !talks || self.consult.is_some() || self.message.is_some() || self.far_leg().is_some() {
            return Err(CommandError::WrongState);
        }
        let interaction = part.interaction;
        let part = &mut self.parts[index];
        part.enter(now, Stage::Held);
        part.entry = SecureEntry::Running;
        self.phase = Phase::InFlow;
        self.event(now, ContactEventKind::SecureEntryStarted { flow, interaction }, effects);
        self.settle_rooms(effects);
        effects.push(Effect::Flow(ToFlow::Lent(flow)));
        self.tell(index, effects);
        Ok(())
    }

    /// The agent has the customer again, done or not. False if nobody was lent.
    pub(crate) fn give_back(&mut self, now: Instant, done: bool, effects: &mut Vec<Effect>) -> bool {
        let Some(index) = self.lender() else { return false };
        self.parts[index].enter(now, Stage::Talking);
        self.phase = Phase::Connected;
        self.on_mask(now, false, effects);
        effects.push(Effect::Media(self.customer.leg, MediaEffect::StopPlay));
        self.end_comment(effects);
        effects.push(Effect::Flow(ToFlow::GivenBack));
        self.entry_over(now, index, done, effects);
        self.settle_rooms(effects);
        self.tell(index, effects);
        true
    }

    /// The customer is gone in the middle of it.
    pub(crate) fn drop_entry(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if let Some(index) = self.lender() {
            self.entry_over(now, index, false, effects);
        }
    }

    fn entry_over(&mut self, now: Instant, index: usize, done: bool, effects: &mut Vec<Effect>) {
        let part = &mut self.parts[index];
        part.entry = if done { SecureEntry::Done } else { SecureEntry::Failed };
        let interaction = part.interaction;
        self.event(now, ContactEventKind::SecureEntryEnded { interaction, done }, effects);
    }

    /// What the flow of a lent customer wants that leads elsewhere leads back to the agent. True if that was it.
    pub(crate) fn leads_back(&mut self, now: Instant, fact: &FlowFact, effects: &mut Vec<Effect>) -> bool {
        let done = match fact {
            FlowFact::Returned => true,
            FlowFact::HangUp
            | FlowFact::Enqueue { .. }
            | FlowFact::Transfer { .. }
            | FlowFact::Key(..)
            | FlowFact::Resume => false,
            _ => return false,
        };
        self.give_back(now, done, effects)
    }

    /// Whether the customer is lent to a flow.
    #[must_use]
    pub fn is_lent(&self) -> bool {
        self.lender().is_some()
    }
}

impl Part {
    /// How the agent sees the secure entry; `None`: the queue has none.
    pub fn entry_view(&self) -> Option<SecureEntry> {
        self.record.secure_entry.map(|_| self.entry)
    }
}
