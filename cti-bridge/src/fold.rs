//! An agent's desk as a fold of its events, so that a snapshot says exactly what the events before it said.

use domain::{
    AgentState, DeskBody, Instant, InteractionPhase, InteractionView, NextState, Offer, ReasonCode, ScreenPop,
};

/// What an agent's console shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeskFold {
    pub(crate) state: AgentState,
    pub(crate) since: Instant,
    pub(crate) next: Option<NextState>,
    pub(crate) note: Option<ReasonCode>,
    pub(crate) reachable: bool,
    /// The offer and when it was made.
    pub(crate) offer: Option<(Box<Offer>, Instant)>,
    pub(crate) interaction: Option<Box<InteractionView>>,
}

impl Default for DeskFold {
    fn default() -> Self {
        Self {
            state: AgentState::LoggedOut,
            since: Instant::ZERO,
            next: None,
            note: None,
            reachable: false,
            offer: None,
            interaction: None,
        }
    }
}

impl DeskFold {
    pub(crate) fn apply(&mut self, at: Instant, body: &DeskBody) {
        match body {
            DeskBody::AgentState { state, since, next, note } => {
                (self.state, self.since, self.next, self.note) = (*state, *since, *next, *note);
                // An agent who is asked for a consult by name is busy from then on.
                if !matches!(state, AgentState::Reserved(_) | AgentState::Busy) {
                    self.offer = None;
                }
            }
            DeskBody::Phone { reachable } => self.reachable = *reachable,
            DeskBody::Offered(offer) => self.offer = Some((offer.clone(), at)),
            DeskBody::PopChanged(pop) => self.on_pop(pop),
            DeskBody::OfferEnded { offer, .. } => {
                self.offer.take_if(|(current, _)| current.offer == *offer);
            }
            DeskBody::Interaction(view) => self.on_interaction(view),
        }
    }

    fn on_pop(&mut self, pop: &ScreenPop) {
        if let Some((offer, _)) = self.offer.as_mut().filter(|(o, _)| o.pop.contact == pop.contact) {
            offer.pop = pop.clone();
        }
        if let Some(view) = self.interaction.as_mut().filter(|v| v.contact == pop.contact) {
            view.pop = pop.clone();
        }
    }

    fn on_interaction(&mut self, view: &InteractionView) {
        if view.phase == InteractionPhase::Ended {
            self.interaction.take_if(|current| current.interaction == view.interaction);
        } else {
            self.interaction = Some(Box::new(view.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Ani, ContactId, Dnis, InteractionId, OfferId, OfferResult, Redacted};

    fn pop(contact: u128, caller_name: &str) -> ScreenPop {
        ScreenPop {
            contact: ContactId::new(contact),
            ani: Ani::default(),
            caller_name: Redacted::from(caller_name),
            dnis: Dnis::default(),
            queue: None,
            customer: None,
            path: vec![],
            digits: vec![],
            started: Instant::ZERO,
            queued: None,
            outgoing: false,
            signalled: domain::Signalled::default(),
            channel: domain::Channel::Voice,
            message: None,
        }
    }

    fn offered(offer: u64, contact: u128) -> DeskBody {
        DeskBody::Offered(Box::new(Offer {
            offer: OfferId::new(offer),
            interaction: InteractionId::new(contact),
            deadline: Instant::from_millis(20_000),
            why: String::new(),
            pop: pop(contact, ""),
            consulted_by: None,
        }))
    }

    fn ended(offer: u64, contact: u128) -> DeskBody {
        let (offer, contact) = (OfferId::new(offer), ContactId::new(contact));
        DeskBody::OfferEnded { offer, contact, result: OfferResult::Declined }
    }

    fn interaction(contact: u128, phase: InteractionPhase) -> DeskBody {
        DeskBody::Interaction(Box::new(InteractionView {
            interaction: InteractionId::new(contact),
            contact: ContactId::new(contact),
            queue: None,
            phase,
            since: Instant::ZERO,
            connected: None,
            held_ms: 0,
            muted: false,
            recording: None,
            paused_by: None,
            wrap_up_deadline: None,
            disposition: None,
            notes: Redacted::default(),
            consult: None,
            secure_entry: None,
            pop: pop(contact, ""),
        }))
    }

    fn desk(bodies: &[DeskBody]) -> DeskFold {
        let mut desk = DeskFold::default();
        bodies.iter().for_each(|body| desk.apply(Instant::ZERO, body));
        desk
    }

    #[test]
    fn the_end_of_an_older_offer_leaves_the_newer_one() {
        let desk = desk(&[offered(1, 1), offered(2, 2), ended(1, 1)]);
        assert_eq!(desk.offer.unwrap().0.offer, OfferId::new(2));
    }

    #[test]
    fn an_offer_does_not_outlive_the_reservation() {
        let state = |state| DeskBody::AgentState { state, since: Instant::ZERO, next: None, note: None };
        assert!(desk(&[offered(1, 1), state(AgentState::Busy)]).offer.is_some(), "a consult rings");
        let ready = DeskBody::AgentState { state: AgentState::Ready, since: Instant::ZERO, next: None, note: None };
        assert_eq!(desk(&[offered(1, 1), ready]).offer, None);
    }

    #[test]
    fn a_late_record_changes_the_pop_of_its_own_contact_only() {
        let late = |contact| DeskBody::PopChanged(Box::new(pop(contact, "Marta")));
        let desk = desk(&[offered(1, 1), interaction(2, InteractionPhase::Talking), late(2)]);
        assert_eq!(desk.offer.unwrap().0.pop.caller_name.0, "");
        assert_eq!(desk.interaction.unwrap().pop.caller_name.0, "Marta");
    }

    #[test]
    fn only_the_end_of_the_interaction_in_hand_empties_the_desk() {
        let (talking, ended) = (InteractionPhase::Talking, InteractionPhase::Ended);
        assert!(desk(&[interaction(1, talking), interaction(2, ended)]).interaction.is_some());
        assert!(desk(&[interaction(1, talking), interaction(1, ended)]).interaction.is_none());
    }
}
