//! A consult that the agent's phone begins: the phone makes a second call while the first one, with the customer, is on
//! hold. The second call is the agent's side of the consult. It is answered when the one asked answers, and refused as
//! the one asked refuses.
//!
//! With whom the agent talks is the phone's choice: it puts the one call on hold and takes the other back. A phone that
//! holds neither joins the three by itself.

use super::Consult;
use crate::api::{Effect, LegEffect, LegFact, MediaEffect, MediaFact, SecondCall};
use crate::engine::Call;
use crate::part::{Role, Stage};
use domain::{
    AgentId, Cause, CommandError, ConsultResult, ConsultStage, ContactEventKind, Instant, LegId, TransferTarget,
};

/// The second call.
#[derive(Debug)]
pub(super) struct Second {
    leg: LegId,
    /// Our description, once its media is open.
    answer: Option<String>,
    /// The one asked has answered, and so is the phone.
    joined: bool,
    /// The phone holds this call.
    held: bool,
    /// The customer hears music because of the second call, not because anybody held the first one.
    parked: bool,
}

impl Second {
    /// Ends the second call: refused before the answer, hung up after it.
    pub fn close(&self, cause: Cause, effects: &mut Vec<Effect>) {
        effects.push(Effect::Leg(self.leg, LegEffect::HangUp(cause)));
        effects.push(Effect::Media(self.leg, MediaEffect::Close));
    }

    /// The phone listens to the one asked.
    const fn listens(&self) -> bool {
        self.joined && self.answer.is_some() && !self.held
    }
}

/// How the phone is told what became of its second call.
pub(super) const fn cause_of(result: ConsultResult) -> Cause {
    match result {
        ConsultResult::Busy => Cause::Busy,
        ConsultResult::Declined => Cause::Declined,
        ConsultResult::NoAnswer => Cause::NoAnswer,
        ConsultResult::Unreachable => Cause::Unreachable,
        ConsultResult::Cancelled => Cause::Cancelled,
        ConsultResult::CustomerLeft | ConsultResult::Left | ConsultResult::Completed => Cause::Normal,
    }
}

/// The phone is gone, nobody hung up.
const fn is_lost(cause: Cause) -> bool {
    matches!(cause, Cause::Unreachable | Cause::SessionExpired | Cause::MediaTimeout)
}

/// Beginning.
impl Call {
    /// Whether a second call of this agent's phone may be a consult now.
    ///
    /// # Errors
    /// `NotYourContact`, or `WrongState` unless the agent has the customer, talking or on hold, and consults nobody.
    pub fn may_consult_by_phone(&self, agent: AgentId) -> Result<(), CommandError> {
        let index = self.parts.iter().rposition(|part| part.agent == agent && !part.is_over());
        let part = &self.parts[index.ok_or(CommandError::NotYourContact)?];
        let has_customer = matches!(part.stage, Stage::Talking | Stage::Held) && part.role == Role::Serves;
        if has_customer && self.consult.is_none() && !self.is_lent() { Ok(()) } else { Err(CommandError::WrongState) }
    }

    /// The phone hears that it rings. The customer hears music, also where the phone did not hold the first call.
    pub(super) fn open_second(
        &mut self,
        now: Instant,
        index: usize,
        call: SecondCall,
        effects: &mut Vec<Effect>,
    ) -> Second {
        let SecondCall { leg, browser, offer } = call;
        let parked = self.parts[index].stage == Stage::Talking;
        if parked {
            self.hold_part(now, index, effects);
        }
        effects.push(Effect::Leg(leg, LegEffect::Ring));
        effects.push(Effect::Media(leg, MediaEffect::Open { browser, offer }));
        if self.parts[index].muted {
            effects.push(Effect::Media(leg, MediaEffect::Mute(true)));
        }
        Second { leg, answer: None, joined: false, held: false, parked }
    }

    /// The one asked has answered.
    pub(super) fn answer_second(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if let Some(second) = self.consult.as_mut().and_then(|consult| consult.second.as_mut()) {
            second.joined = true;
        }
        self.send_answer(effects);
        self.follow_phone(now, effects);
    }

    fn send_answer(&self, effects: &mut Vec<Effect>) {
        let second = self.consult.as_ref().and_then(|consult| consult.second.as_ref());
        if let Some(Second { leg, answer: Some(sdp), joined: true, .. }) = second {
            effects.push(Effect::Leg(*leg, LegEffect::Answer(sdp.clone())));
        }
    }
}

/// What happens on the second call.
impl Call {
    pub(crate) fn on_second_leg(&mut self, now: Instant, leg: LegId, fact: LegFact, effects: &mut Vec<Effect>) {
        match fact {
            LegFact::Acked { sdp: Some(sdp) } | LegFact::ReinviteAnswered { sdp } => {
                effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp)));
            }
            LegFact::Reinvited { sdp } => effects.push(Effect::Media(leg, MediaEffect::Reoffer(sdp))),
            LegFact::Ended(cause) | LegFact::Failed(cause) if is_lost(cause) => self.lose_second(now, effects),
            LegFact::Ended(_) | LegFact::Failed(_) => self.end_consult(now, ConsultResult::Cancelled, effects),
            LegFact::Acked { sdp: None } | LegFact::Ringing | LegFact::Answered { .. } | LegFact::Digit(_) => {}
        }
    }

    pub(crate) fn on_second_media(&mut self, now: Instant, leg: LegId, fact: MediaFact, effects: &mut Vec<Effect>) {
        let Some(second) = self.consult.as_mut().and_then(|consult| consult.second.as_mut()) else { return };
        let is_open = second.answer.is_some();
        match fact {
            MediaFact::Opened { sdp } => {
                second.answer = Some(sdp);
                if second.joined {
                    self.send_answer(effects);
                    self.follow_phone(now, effects);
                }
            }
            MediaFact::Refused if is_open => effects.push(Effect::Leg(leg, LegEffect::RefuseReinvite)),
            MediaFact::Refused => {
                effects.push(Effect::Leg(leg, LegEffect::HangUp(Cause::NoCodec)));
                self.end_consult(now, ConsultResult::Cancelled, effects);
            }
            MediaFact::Reanswered { sdp, held } => {
                effects.push(Effect::Leg(leg, LegEffect::AnswerReinvite(sdp)));
                self.on_second_held(now, held, effects);
            }
            // Nothing is said on a call that rests.
            MediaFact::Silent if second.held => {}
            MediaFact::Silent => {
                effects.push(Effect::Leg(leg, LegEffect::HangUp(Cause::MediaTimeout)));
                self.lose_second(now, effects);
            }
            MediaFact::RemoteSet | MediaFact::Offer { .. } | MediaFact::Digit(_) | MediaFact::PlayDone(_) => {}
        }
    }

    /// The phone holds the one asked, who hears music meanwhile, or is back.
    fn on_second_held(&mut self, now: Instant, held: bool, effects: &mut Vec<Effect>) {
        let Some(second) = self.consult.as_mut().and_then(|consult| consult.second.as_mut()) else { return };
        if core::mem::replace(&mut second.held, held) == held {
            return;
        }
        if let (Some(leg), false) = (self.consulted_leg(), held) {
            effects.push(Effect::Media(leg, MediaEffect::StopPlay));
        }
        self.follow_phone(now, effects);
        if let (Some(leg), true) = (self.consulted_leg(), held) {
            self.play_music_to(leg, effects);
        }
    }

    /// The phone holds the customer, or takes the customer back. False: no second call goes with the first.
    pub(crate) fn on_first_held(&mut self, now: Instant, index: usize, held: bool, effects: &mut Vec<Effect>) -> bool {
        let by_phone = |consult: &&Consult| consult.by == index && consult.second.is_some();
        if self.consult.as_ref().filter(by_phone).is_none() {
            return false;
        }
        let was_held = core::mem::replace(&mut self.parts[index].held_by_phone, held);
        match (held, self.parts[index].stage) {
            (true, Stage::Talking) => self.hold_part(now, index, effects),
            (false, Stage::Held) if was_held => self.resume_part(now, index, effects),
            _ => return true,
        }
        self.follow_phone(now, effects);
        true
    }

    /// Puts the consult where the phone is: with the one asked, with the customer, or with both.
    fn follow_phone(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some(consult) = &self.consult else { return };
        let (by, before) = (consult.by, consult.stage);
        let has_customer = self.parts[by].stage == Stage::Talking;
        let stage = match (&consult.second, has_customer) {
            (Some(second), _) if !second.joined => ConsultStage::Asking,
            (Some(second), true) if second.held => ConsultStage::Customer,
            (_, true) => ConsultStage::Conference,
            (_, false) => ConsultStage::Consulting,
        };
        if stage != before {
            let interaction = self.parts[by].interaction;
            if stage == ConsultStage::Conference {
                self.event(now, ContactEventKind::ConferenceStarted { interaction }, effects);
            }
            if let Some(consult) = &mut self.consult {
                (consult.stage, consult.since) = (stage, now);
            }
        }
        self.settle_rooms(effects);
        self.tell_consult(effects);
    }

    /// The phone is gone: as an agent whose audio is lost.
    fn lose_second(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if let Some(by) = self.consult.as_ref().map(|consult| consult.by) {
            self.lose_agent(now, by, effects);
        }
    }
}

/// Views.
impl Call {
    /// The leg of the second call.
    pub(crate) fn second_leg(&self) -> Option<LegId> {
        self.consult.as_ref()?.second.as_ref().map(|second| second.leg)
    }

    /// The leg on which the agent and the one asked hear each other while the second call is not on hold.
    pub(crate) fn listening_second(&self) -> Option<LegId> {
        self.consult.as_ref()?.second.as_ref().filter(|second| second.listens()).map(|second| second.leg)
    }

    /// Whether the customer is to be taken back when the consult ends: not if the agent holds the customer.
    pub(super) fn takes_back(&self, index: usize, second: &Second) -> bool {
        second.parked && !self.parts[index].held_by_phone
    }

    /// Whom this agent consults, and whether that one has answered.
    #[must_use]
    pub fn consult_of(&self, agent: AgentId) -> Option<(&TransferTarget, bool)> {
        let consult = self.consult.as_ref().filter(|consult| self.parts[consult.by].agent == agent)?;
        Some((&consult.target, consult.answered()))
    }

    /// The agent whose phone has these two calls: one with the customer, one with whom it consults.
    #[must_use]
    pub fn agent_on_both(&self, one: LegId, other: LegId) -> Option<AgentId> {
        let (consult, second) = (self.consult.as_ref()?, self.second_leg()?);
        let first = self.parts[consult.by].leg?;
        let both = (one, other) == (first, second) || (one, other) == (second, first);
        both.then(|| self.parts[consult.by].agent)
    }

    /// The supervised agent's side: where the agent is while the customer hears music.
    pub(crate) fn agent_leg(&self, index: usize) -> Option<LegId> {
        let away = self.parts[index].stage == Stage::Held;
        self.second_leg()
            .filter(|_| away && self.consult.as_ref().is_some_and(|consult| consult.by == index))
            .or(self.parts[index].leg)
    }
}
