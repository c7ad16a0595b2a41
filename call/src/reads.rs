//! What others may ask of a call.

use crate::api::Phase;
use crate::consult::Consult;
use crate::engine::{Call, Tape};
use crate::part::{Part, Role, Stage};
use domain::{AgentId, CommandError, ContactId, InteractionView, LegId, OfferId, ScreenPop};

impl Call {
    /// The number of the contact's newest event.
    #[must_use]
    pub fn last_event(&self) -> u32 {
        self.seq
    }

    /// The contact.
    #[must_use]
    pub fn contact(&self) -> ContactId {
        self.pop.contact
    }

    /// Where the call stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The customer's record and the call's story so far.
    #[must_use]
    pub fn pop(&self) -> &ScreenPop {
        &self.pop
    }

    /// True when nothing more can happen: the contact is closed, all parts are over and the recording stands.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.closed && !matches!(self.tape, Tape::Running | Tape::Closing) && self.comments.are_kept()
    }

    /// The part of this agent that is not over, as the desk shows it.
    #[must_use]
    pub fn view_for(&self, agent: AgentId) -> Option<InteractionView> {
        let index = self.parts.iter().rposition(|p| p.agent == agent && !p.is_over())?;
        Some(self.view(index))
    }

    /// The agent who has the call or is being rung for it.
    #[must_use]
    pub fn agent(&self) -> Option<AgentId> {
        self.parts.iter().rev().find(|p| p.is_live() && p.role == Role::Serves).map(|p| p.agent)
    }

    /// The offer that rings at this agent because another agent asked for this one by name.
    #[must_use]
    pub fn rung_by_name(&self, agent: AgentId) -> Option<OfferId> {
        let rings = |part: &&Part| part.agent == agent && part.stage == Stage::Ringing && !part.by_acd;
        self.parts.iter().rev().find(rings).and_then(|part| part.offer)
    }

    /// The ACD looks for somebody to consult, while the customer has an agent.
    #[must_use]
    pub fn consults_a_queue(&self) -> bool {
        self.consults_line()
    }

    /// The agent who serves the customer on this leg.
    #[must_use]
    pub fn agent_on(&self, leg: LegId) -> Option<AgentId> {
        let serving = self.serving().map(|index| &self.parts[index]);
        serving.filter(|part| part.leg == Some(leg)).map(|part| part.agent)
    }

    /// Whether this agent has the customer, talking or on hold.
    #[must_use]
    pub fn serves(&self, agent: AgentId) -> bool {
        self.serving().is_some_and(|index| self.parts[index].agent == agent)
    }

    /// Whether this agent may send the customer on now.
    ///
    /// # Errors
    /// `NotYourContact`, or `WrongState` unless the agent has the customer and consults nobody.
    pub fn may_transfer(&self, agent: AgentId) -> Result<(), CommandError> {
        let index = self.parts.iter().rposition(|part| part.agent == agent && !part.is_over());
        let index = index.ok_or(CommandError::NotYourContact)?;
        let has_customer = matches!(self.parts[index].stage, Stage::Talking | Stage::Held);
        if has_customer && self.consult_view(index).is_none() && !self.is_lent() {
            Ok(())
        } else {
            Err(CommandError::WrongState)
        }
    }

    /// The legs that are alive, for clearing up.
    #[must_use]
    pub fn legs(&self) -> Vec<LegId> {
        let customer = (!self.customer.gone).then_some(self.customer.leg);
        let far = self.far.as_ref().map(|far| far.leg);
        let number = self.consult.as_ref().and_then(Consult::number_leg);
        let second = self.second_leg().into_iter().chain(self.taking_over());
        let watching = self.monitors.iter().map(|monitor| monitor.leg);
        let parts = self.parts.iter().filter_map(|p| p.leg);
        customer.into_iter().chain(far).chain(number).chain(parts).chain(second).chain(watching).collect()
    }
}
