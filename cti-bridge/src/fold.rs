//! An agent's desk as a fold of its events, so that a snapshot says exactly what the events before it said.

use domain::{AgentState, DeskBody, Instant, InteractionPhase, InteractionView, NextState, Offer, ReasonCode, ScreenPop};

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
                if !matches!(state, AgentState::Reserved(_)) {
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
