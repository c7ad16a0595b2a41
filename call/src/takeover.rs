//! An agent moves a call from one of her phones to another (INVITE with Replaces, RFC 3891): the other phone's leg takes
//! the place of the first one as soon as its media is open. Nobody else notices.

use crate::api::{Effect, LegEffect, LegFact, MediaEffect, MediaFact, SecondCall};
use crate::engine::Call;
use crate::part::Stage;
use domain::{AgentId, Cause, CommandError, Instant, LegId};

/// A leg that is about to take the place of another one.
#[derive(Debug)]
pub(crate) struct Takeover {
    part: usize,
    leg: LegId,
    browser: bool,
}

impl Call {
    /// The agent whose leg this is: ringing, or joined.
    #[must_use]
    pub fn agent_of_leg(&self, leg: LegId) -> Option<AgentId> {
        self.part_with(leg).map(|index| self.parts[index].agent)
    }

    fn part_with(&self, leg: LegId) -> Option<usize> {
        self.parts.iter().rposition(|part| part.is_live() && part.leg == Some(leg))
    }

    /// Another phone of the agent is to take this leg over. It is answered when its media is open.
    ///
    /// # Errors
    /// `WrongState` if the leg is no agent's, or another phone takes one over at this moment.
    pub fn take_over(&mut self, old: LegId, new: SecondCall, effects: &mut Vec<Effect>) -> Result<(), CommandError> {
        let part = self.part_with(old).filter(|_| self.takeover.is_none()).ok_or(CommandError::WrongState)?;
        let SecondCall { leg, browser, offer } = new;
        self.takeover = Some(Takeover { part, leg, browser });
        effects.push(Effect::Media(leg, MediaEffect::Open { browser, offer }));
        Ok(())
    }

    /// The leg that is about to take the place of another one.
    pub(crate) fn taking_over(&self) -> Option<LegId> {
        self.takeover.as_ref().map(|takeover| takeover.leg)
    }

    pub(crate) fn on_new_leg(&mut self, fact: &LegFact, effects: &mut Vec<Effect>) {
        if matches!(fact, LegFact::Ended(_) | LegFact::Failed(_)) {
            self.drop_takeover(Cause::Cancelled, effects);
        }
    }

    pub(crate) fn on_new_media(&mut self, now: Instant, fact: MediaFact, effects: &mut Vec<Effect>) {
        match fact {
            MediaFact::Opened { sdp } => self.put_in_place(now, sdp, effects),
            MediaFact::Refused => self.drop_takeover(Cause::NoCodec, effects),
            _ => {}
        }
    }

    fn put_in_place(&mut self, now: Instant, sdp: String, effects: &mut Vec<Effect>) {
        let Some(Takeover { part: index, leg, browser }) = self.takeover.take() else { return };
        effects.push(Effect::Leg(leg, LegEffect::Answer(sdp)));
        let part = &mut self.parts[index];
        let old = part.leg.replace(leg);
        part.browser = browser;
        part.offer_sdp = None;
        let held_by_phone = part.held_by_phone;
        if part.muted {
            effects.push(Effect::Media(leg, MediaEffect::Mute(true)));
        }
        let (stage, answered, dialled) = (part.stage, part.answered, part.offer.is_none());
        match stage {
            Stage::Ringing if !answered => self.answered_elsewhere(now, index, leg, effects),
            // The agent hears the customer's phone ring.
            Stage::Ringing if dialled => self.play_ringback(leg, effects),
            // The phone that held the customer is no longer there.
            Stage::Held if held_by_phone => self.on_phone_held(now, index, false, effects),
            _ => {}
        }
        self.settle_rooms(effects);
        if let Some(old) = old {
            effects.push(Effect::Leg(old, LegEffect::HangUp(Cause::AnsweredElsewhere)));
            effects.push(Effect::Media(old, MediaEffect::Close));
        }
        self.tell(index, effects);
    }

    fn drop_takeover(&mut self, cause: Cause, effects: &mut Vec<Effect>) {
        if let Some(Takeover { leg, .. }) = self.takeover.take() {
            effects.push(Effect::Leg(leg, LegEffect::HangUp(cause)));
            effects.push(Effect::Media(leg, MediaEffect::Close));
        }
    }

    /// What was to be taken over is gone.
    pub(crate) fn drop_stale_takeover(&mut self, effects: &mut Vec<Effect>) {
        let stale = |takeover: &Takeover| !self.parts[takeover.part].is_live();
        if self.takeover.as_ref().is_some_and(stale) {
            self.drop_takeover(Cause::Cancelled, effects);
        }
    }
}
