//! Agents at their consoles, with more or less sensible wishes.

use crate::dice::Dice;
use domain::{
    AgentId, AgentState, ContactId, DeskBody, Dnis, InteractionPhase, Monitor, OfferId, QueueId, Redacted,
    TransferTarget, Wish,
};

pub(crate) struct Desk {
    pub agent: AgentId,
    pub connected: bool,
    state: AgentState,
    offer: OfferId,
    /// The last contact seen, which may be over.
    pub contact: ContactId,
    phase: InteractionPhase,
}

fn queue(dice: &mut Dice) -> QueueId {
    dice.pick(&["billing", "support", "quick", "nowhere"]).parse().expect("a constant id")
}

impl Desk {
    pub fn new(agent: AgentId) -> Self {
        Self {
            agent,
            connected: false,
            state: AgentState::LoggedOut,
            offer: OfferId::new(0),
            contact: ContactId::new(0),
            phase: InteractionPhase::Ended,
        }
    }

    pub fn hear(&mut self, body: &DeskBody) {
        match body {
            DeskBody::AgentState { state, .. } => self.state = *state,
            DeskBody::Offered(offer) => (self.offer, self.contact) = (offer.offer, offer.pop.contact),
            DeskBody::Interaction(view) => (self.contact, self.phase) = (view.contact, view.phase),
            _ => {}
        }
    }

    pub fn wish(&self, dice: &mut Dice, agents: &[AgentId]) -> Wish {
        if dice.percent(15) {
            return self.any(dice, agents);
        }
        match self.state {
            AgentState::LoggedOut => Wish::SignIn,
            AgentState::NotReady(_) if dice.percent(80) => Wish::Ready,
            AgentState::NotReady(_) => Wish::SignIn,
            AgentState::Ready => match dice.below(10) {
                0 => Wish::NotReady("break".parse().expect("a constant code")),
                1 => Wish::Dial(Dnis::new("5552")),
                2 => Wish::SignOut,
                _ => Wish::Ready,
            },
            AgentState::Reserved(offer) if dice.percent(20) => Wish::Decline(offer),
            AgentState::Reserved(_) => Wish::Ready,
            AgentState::Busy => self.busy(dice, agents),
            AgentState::AfterContactWork => match dice.below(4) {
                0 => Wish::SetDisposition(self.contact, "resolved".parse().expect("a constant code")),
                1 => Wish::FinishWrapUp(self.contact),
                2 => Wish::Ready,
                _ => Wish::SaveNotes(self.contact, Redacted("called about a bill".to_owned())),
            },
        }
    }

    fn busy(&self, dice: &mut Dice, agents: &[AgentId]) -> Wish {
        match (dice.below(14), self.phase) {
            (0 | 1, InteractionPhase::Held) => Wish::Resume(self.contact),
            (0 | 1, _) => Wish::Hold(self.contact),
            (2, _) => Wish::Transfer(self.contact, target(dice, agents)),
            (3, _) if dice.percent(40) => Wish::HangUp(self.contact),
            (4, _) => Wish::Mute(self.contact, dice.percent(50)),
            (5, _) => Wish::SendDigits(self.contact, Redacted("12".to_owned())),
            (7, InteractionPhase::Consulting | InteractionPhase::Conference) => Wish::CompleteTransfer(self.contact),
            (8, InteractionPhase::Consulting | InteractionPhase::Conference) => Wish::Conference(self.contact),
            (9 | 10, InteractionPhase::Consulting | InteractionPhase::Conference) => Wish::Swap(self.contact),
            (11, InteractionPhase::Consulting | InteractionPhase::Conference) => Wish::CancelConsult(self.contact),
            (7..=10, _) => Wish::Consult(self.contact, target(dice, agents)),
            (12, _) => Wish::PauseRecording(self.contact, dice.percent(50)),
            (13, _) => Wish::SecureEntry(self.contact),
            (6, _) => Wish::SetDisposition(self.contact, "paid".parse().expect("a constant code")),
            _ => Wish::SaveNotes(self.contact, Redacted("on the line".to_owned())),
        }
    }

    fn any(&self, dice: &mut Dice, agents: &[AgentId]) -> Wish {
        let contact = if dice.percent(10) { ContactId::new(1) } else { self.contact };
        let wishes = [
            Wish::SignIn,
            Wish::SignOut,
            Wish::Ready,
            Wish::NotReady("break".parse().expect("a constant code")),
            Wish::NotReady("unheard-of".parse().expect("a constant code")),
            Wish::Answer(self.offer),
            Wish::Decline(self.offer),
            Wish::Hold(contact),
            Wish::Resume(contact),
            Wish::Transfer(contact, target(dice, agents)),
            Wish::HangUp(contact),
            Wish::Consult(contact, target(dice, agents)),
            Wish::Swap(contact),
            Wish::Conference(contact),
            Wish::CompleteTransfer(contact),
            Wish::CancelConsult(contact),
            Wish::StopMonitoring(contact),
            Wish::Dial(Dnis::new("5553")),
            Wish::Dial(Dnis::new("no number")),
            Wish::SetDisposition(contact, "unheard-of".parse().expect("a constant code")),
            Wish::ExtendWrapUp(contact),
            Wish::FinishWrapUp(contact),
        ];
        wishes[dice.below(wishes.len() as u64) as usize].clone()
    }
}

/// How a supervisor wants to be on a call.
pub(crate) fn mode(dice: &mut Dice) -> Monitor {
    dice.pick(&Monitor::ALL)
}

fn target(dice: &mut Dice, agents: &[AgentId]) -> TransferTarget {
    match dice.below(3) {
        0 => TransferTarget::Queue(queue(dice)),
        1 => TransferTarget::Agent(dice.pick(agents)),
        _ => TransferTarget::Number(Dnis::new("5551")),
    }
}
