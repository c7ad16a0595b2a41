//! The agent's side: ringing, joined, hold, transfer, hang-up, wrap-up.

use crate::api::{
    Effect, LegEffect, LegFact, LineEffect, MediaEffect, MediaFact, Phase, QueueRules, Reserved, ToFlow, Wish,
};
use crate::engine::{Call, Line};
use crate::legs::FarNumber;
use crate::part::{Part, Role, Stage};
use domain::{AgentId, Cause, CommandError, ContactEventKind, DeskBody, EndedBy, Instant, LegId, OfferId, OfferResult};

impl Call {
    /// An agent is reserved: the desk is told first, then the phone is rung.
    pub(crate) fn on_reserved(&mut self, now: Instant, mut reserved: Reserved, effects: &mut Vec<Effect>) {
        if self.consults_line() {
            return self.ring_consulted(now, reserved, effects);
        }
        let wanted = !self.customer.gone && matches!(self.phase, Phase::Queued | Phase::Offering);
        let (Some(line), true) = (&self.line, wanted) else { return };
        self.phase = Phase::Offering;
        let record = Part::record(Some(&line.rules));
        let (offer, interaction, agent) = (reserved.offer, reserved.interaction, reserved.agent);
        let queue = reserved.queue.unwrap_or(line.rules.id);
        let (why, decision) =
            (reserved.why.as_ref().map(ToString::to_string).unwrap_or_default(), reserved.why.clone());
        let offered = ContactEventKind::Offered { offer, interaction, agent, queue, why: why.clone(), decision };
        self.event(now, offered, effects);
        let desk = domain::Offer {
            offer,
            interaction,
            deadline: reserved.deadline,
            why,
            pop: self.pop.clone(),
            consulted_by: None,
        };
        effects.push(Effect::Desk(agent, DeskBody::Offered(Box::new(desk))));
        self.take_dial(reserved.dial.take());
        let (leg, browser) = (reserved.leg, reserved.browser);
        self.parts.push(Part::ringing(now, Role::Serves, reserved, record));
        if self.message.is_some() {
            // It is taken on the desk: no phone rings.
            if let Some(part) = self.parts.last_mut() {
                part.leg = None;
            }
        } else if !self.dials_first(now, effects) {
            effects.push(Effect::Media(leg, MediaEffect::Open { browser, offer: None }));
        }
    }

    pub(crate) fn on_part_leg(
        &mut self,
        now: Instant,
        index: usize,
        leg: LegId,
        fact: LegFact,
        effects: &mut Vec<Effect>,
    ) {
        let part = &self.parts[index];
        match fact {
            LegFact::Ringing => {
                if let (Stage::Ringing, Some(offer)) = (part.stage, part.offer) {
                    let agent = part.agent;
                    self.event(now, ContactEventKind::Ringing { offer, agent }, effects);
                }
            }
            LegFact::Answered { sdp } if part.stage == Stage::Ringing => {
                self.parts[index].answered = true;
                effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp)));
                self.on_agent_answered(now, index, leg, effects);
            }
            LegFact::Answered { .. } | LegFact::Acked { sdp: None } => {}
            LegFact::Failed(cause) | LegFact::Ended(cause) => self.on_agent_gone(now, index, cause, effects),
            LegFact::Reinvited { sdp } => effects.push(Effect::Media(leg, MediaEffect::Reoffer(sdp))),
            LegFact::ReinviteAnswered { sdp } | LegFact::Acked { sdp: Some(sdp) } => {
                effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp)));
            }
            LegFact::Digit(_) => {}
        }
    }

    /// Another phone of the agent has taken a ringing call.
    pub(crate) fn answered_elsewhere(&mut self, now: Instant, index: usize, leg: LegId, effects: &mut Vec<Effect>) {
        self.parts[index].answered = true;
        self.on_agent_answered(now, index, leg, effects);
    }

    fn on_agent_answered(&mut self, now: Instant, index: usize, leg: LegId, effects: &mut Vec<Effect>) {
        match self.parts[index].offer {
            Some(offer) => self.offer_over(now, index, offer, OfferResult::Answered, effects),
            None if self.customer.gone => self.end_talk(now, index, Cause::Normal, effects),
            None => self.dial_after_agent(leg, effects),
        }
    }

    /// Whoever made the offer is told how it ended, and says what follows.
    fn offer_over(
        &mut self,
        now: Instant,
        index: usize,
        offer: OfferId,
        result: OfferResult,
        effects: &mut Vec<Effect>,
    ) {
        if self.parts[index].by_acd {
            effects.push(Effect::Line(LineEffect::OfferEnded(offer, result)));
        } else {
            self.on_offer_ended(now, offer, result, effects);
        }
    }

    pub(crate) fn on_part_media(
        &mut self,
        now: Instant,
        index: usize,
        leg: LegId,
        fact: MediaFact,
        effects: &mut Vec<Effect>,
    ) {
        match fact {
            MediaFact::Opened { sdp } => {
                self.parts[index].offer_sdp = Some(sdp);
                self.ring_if_due(now, index, effects);
            }
            MediaFact::Refused if self.parts[index].stage == Stage::Ringing => {
                effects.push(Effect::Leg(leg, LegEffect::HangUp(Cause::NoCodec)));
                self.on_agent_gone(now, index, Cause::NoCodec, effects);
            }
            MediaFact::Refused => effects.push(Effect::Leg(leg, LegEffect::RefuseReinvite)),
            MediaFact::Reanswered { sdp, held } => {
                effects.push(Effect::Leg(leg, LegEffect::AnswerReinvite(sdp)));
                self.on_phone_held(now, index, held, effects);
            }
            MediaFact::Offer { sdp } => effects.push(Effect::Leg(leg, LegEffect::Reinvite(sdp))),
            MediaFact::Silent => self.on_agent_silent(now, index, leg, effects),
            MediaFact::RemoteSet | MediaFact::Digit(_) | MediaFact::PlayDone(_) => {}
        }
    }

    /// Rings the agent's phone once its media is open and the desk has had its lead.
    pub(crate) fn ring_if_due(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        let part = &mut self.parts[index];
        let due = part.stage == Stage::Ringing && part.ring_at <= now;
        let Some(leg) = part.leg.filter(|_| due) else { return };
        let Some(sdp) = part.offer_sdp.take() else { return };
        let part = &self.parts[index];
        let invite = LegEffect::Invite {
            phone: part.phone.clone(),
            sdp,
            from: if self.pop.outgoing { domain::Ani::new(self.pop.dnis.as_str()) } else { self.pop.ani.clone() },
            from_name: self.shown_name(),
            auto_answer: part.offer.is_none(),
            carried: self.carried_to_agents(),
        };
        effects.push(Effect::Leg(leg, invite));
    }

    /// The ACD's word on an offer: joined, or back in line.
    pub(crate) fn on_offer_ended(
        &mut self,
        now: Instant,
        offer: OfferId,
        result: OfferResult,
        effects: &mut Vec<Effect>,
    ) {
        let Some(index) = self.part_of_offer(offer) else { return };
        if result == OfferResult::Answered {
            let agent = self.parts[index].agent;
            self.event(now, ContactEventKind::OfferEnded { offer, agent, result }, effects);
            self.desk_offer_ended(index, offer, result, effects);
            let role = self.parts[index].role;
            match role {
                Role::Serves if self.opens_message(now, index, effects) || self.dials_now(now, index, effects) => {}
                Role::Serves => self.join(now, index, effects),
                Role::Consulted => self.join_consulted(now, index, effects),
            }
            return;
        }
        self.drop_ringing(now, index, result, effects);
        if self.parts[index].role == Role::Consulted {
            return self.consult_unanswered(now, index, result, effects);
        }
        let rings = |part: &Part| part.stage == Stage::Ringing && part.offer.is_some();
        if self.phase == Phase::Offering && !self.parts.iter().any(rings) {
            self.phase = Phase::Queued;
        }
    }

    /// Takes a ringing phone out of the call.
    pub(crate) fn drop_ringing(&mut self, now: Instant, index: usize, result: OfferResult, effects: &mut Vec<Effect>) {
        self.drop_leg(index, hang_up_cause(result), effects);
        let part = &mut self.parts[index];
        part.enter(now, Stage::Ended);
        let (agent, offer) = (part.agent, part.offer);
        if let Some(offer) = offer {
            self.event(now, ContactEventKind::OfferEnded { offer, agent, result }, effects);
            self.desk_offer_ended(index, offer, result, effects);
        } else {
            self.tell(index, effects);
        }
    }

    fn desk_offer_ended(&self, index: usize, offer: OfferId, result: OfferResult, effects: &mut Vec<Effect>) {
        let body = DeskBody::OfferEnded { offer, contact: self.pop.contact, result };
        effects.push(Effect::Desk(self.parts[index].agent, body));
    }

    fn drop_leg(&mut self, index: usize, cause: Cause, effects: &mut Vec<Effect>) {
        // The phone of an agent who dials is left alone until the contact is durable.
        let opened = self.parts[index].offer.is_some() || self.customer.stored;
        if let Some(leg) = self.parts[index].leg.take().filter(|_| opened) {
            effects.push(Effect::Leg(leg, LegEffect::HangUp(cause)));
            effects.push(Effect::Media(leg, MediaEffect::Close));
        }
    }

    /// Joins the agent with the customer and records them if the queue says so.
    pub(crate) fn join(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        let part = &mut self.parts[index];
        let Some(leg) = part.leg else { return };
        part.enter(now, Stage::Talking);
        part.times.connected = Some(now);
        let (interaction, agent) = (part.interaction, part.agent);
        self.phase = Phase::Connected;
        self.ever_connected = true;
        self.announcing = None;
        if core::mem::take(&mut self.aside) {
            effects.push(Effect::Flow(ToFlow::Taken));
        }
        let customer = self.customer.leg;
        self.event(now, ContactEventKind::Connected { interaction, agent }, effects);
        effects.push(Effect::Media(customer, MediaEffect::StopPlay));
        self.end_comment(effects);
        self.settle_rooms(effects);
        self.start_tape(now, leg, effects);
        self.tell(index, effects);
    }

    /// The agent's phone left or failed.
    fn on_agent_gone(&mut self, now: Instant, index: usize, cause: Cause, effects: &mut Vec<Effect>) {
        let part = &mut self.parts[index];
        match (part.stage, part.offer) {
            (Stage::Ringing, Some(offer)) => {
                self.offer_over(now, index, offer, offer_result(cause), effects);
            }
            (Stage::Ringing, None) if self.try_again(now, effects) => {}
            (Stage::Ringing, None) => {
                self.end_part(now, index, cause, effects);
                self.on_abort(now, cause, effects);
            }
            (Stage::Talking | Stage::Held, _) => self.hang_up(now, index, effects),
            _ => {}
        }
    }

    /// The agent's audio is lost: the customer goes back to the head of the line instead of being cut off.
    fn on_agent_silent(&mut self, now: Instant, index: usize, leg: LegId, effects: &mut Vec<Effect>) {
        if !matches!(self.parts[index].stage, Stage::Talking | Stage::Held) {
            return;
        }
        // A phone that holds its call, or talks on its second one, may say nothing.
        let rests = self.parts[index].held_by_phone || self.second_leg().is_some();
        if rests && self.parts[index].stage == Stage::Held {
            return;
        }
        effects.push(Effect::Leg(leg, LegEffect::HangUp(Cause::MediaTimeout)));
        self.lose_agent(now, index, effects);
    }

    /// The agent's audio is lost: the customer goes to the one consulted, or back to the head of the line.
    pub(crate) fn lose_agent(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        self.give_back(now, false, effects);
        effects.push(Effect::Line(LineEffect::AgentLost(self.parts[index].agent)));
        if self.hangs_up_in_consult(now, index, effects) {
            return;
        }
        match self.line.clone() {
            Some(line) => self.give_away(now, index, line.rules, None, effects),
            None => self.hang_up(now, index, effects),
        }
    }

    /// The agent ends the call for both.
    pub(crate) fn hang_up(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        if self.lender() == Some(index) {
            self.give_back(now, false, effects);
        }
        if self.hangs_up_in_consult(now, index, effects) {
            return;
        }
        match (self.parts[index].stage, self.parts[index].offer) {
            (Stage::Ringing, Some(offer)) => {
                self.offer_over(now, index, offer, OfferResult::Declined, effects);
            }
            (Stage::Ringing, _) if self.try_again(now, effects) => {}
            (Stage::Talking, _) if self.message.is_some() => {
                self.customer_gone(now, EndedBy::Agent, Cause::Normal, effects);
            }
            (Stage::Talking | Stage::Held, _) if self.asks_how_it_was(now, index, effects) => {}
            (Stage::Talking | Stage::Held | Stage::Ringing, _) => {
                effects.push(Effect::Leg(self.customer.leg, LegEffect::HangUp(Cause::Normal)));
                self.customer_gone(now, EndedBy::Agent, Cause::Normal, effects);
            }
            _ => {}
        }
    }

    /// The agent's part of the talk is over; wrap-up begins if it ever talked.
    pub(crate) fn end_talk(&mut self, now: Instant, index: usize, cause: Cause, effects: &mut Vec<Effect>) {
        let part = &self.parts[index];
        if part.stage == Stage::Ringing && part.offer.is_some() {
            return;
        }
        self.end_part(now, index, cause, effects);
    }

    pub(crate) fn end_part(&mut self, now: Instant, index: usize, cause: Cause, effects: &mut Vec<Effect>) {
        self.drop_leg(index, cause, effects);
        let part = &mut self.parts[index];
        part.enter(now, Stage::WrapUp);
        let (interaction, agent) = (part.interaction, part.agent);
        self.event(now, ContactEventKind::InteractionEnded { interaction, agent }, effects);
        self.tell(index, effects);
        effects.push(Effect::Line(LineEffect::Finished(agent)));
    }

    pub(crate) fn command_talk(
        &mut self,
        now: Instant,
        index: usize,
        wish: Wish,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let stage = self.parts[index].stage;
        let alone = self.consult_view(index).is_none();
        match (wish, stage) {
            (Wish::SendDigits(digits), _) => {
                let to = self.digits_to(index).ok_or(CommandError::WrongState)?;
                effects.push(Effect::Media(to, MediaEffect::SendDigits(digits)));
            }
            (Wish::Mute(muted), Stage::Talking | Stage::Held) => self.mute(index, muted, effects),
            (Wish::Resume, Stage::Held) if self.lender() == Some(index) => _ = self.give_back(now, false, effects),
            _ if !alone || self.lender().is_some() => return Err(CommandError::WrongState),
            (Wish::Hold, Stage::Talking) => self.hold(now, index, effects),
            (Wish::Resume, Stage::Held) if !self.parts[index].held_by_phone => self.resume(now, index, effects),
            (Wish::TransferToQueue(rules, agent), Stage::Talking | Stage::Held) => {
                self.give_away(now, index, rules, agent, effects);
            }
            (Wish::TransferToNumber { leg, phone, to }, Stage::Talking | Stage::Held) => {
                let interaction = self.parts[index].interaction;
                self.part_from_customer(now, index, effects);
                self.call_number(now, FarNumber { leg, phone, to }, Some(interaction), effects);
            }
            _ => return Err(CommandError::WrongState),
        }
        Ok(())
    }

    fn hold(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        self.start_hold(now, index, effects);
        let part = &self.parts[index];
        if let (Some(leg), false, false) = (part.leg, part.browser, part.held_by_phone) {
            effects.push(Effect::Media(leg, MediaEffect::MakeOffer { hold: true }));
        }
    }

    fn start_hold(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        let part = &mut self.parts[index];
        part.enter(now, Stage::Held);
        let interaction = part.interaction;
        self.event(now, ContactEventKind::Held { interaction }, effects);
        self.settle_rooms(effects);
        self.play_music(effects);
        self.tell(index, effects);
    }

    fn resume(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        let part = &mut self.parts[index];
        part.enter(now, Stage::Talking);
        part.held_by_phone = false;
        let (interaction, leg, browser) = (part.interaction, part.leg, part.browser);
        let customer = self.customer.leg;
        self.event(now, ContactEventKind::Resumed { interaction }, effects);
        effects.push(Effect::Media(customer, MediaEffect::StopPlay));
        self.settle_rooms(effects);
        if let (Some(leg), false) = (leg, browser) {
            effects.push(Effect::Media(leg, MediaEffect::MakeOffer { hold: false }));
        }
        self.tell(index, effects);
    }

    /// The agent's phone put us on hold, or took us back, by re-INVITE.
    pub(crate) fn on_phone_held(&mut self, now: Instant, index: usize, held: bool, effects: &mut Vec<Effect>) {
        if self.on_first_held(now, index, held, effects) || self.consult_view(index).is_some() {
            return;
        }
        match (held, self.parts[index].stage) {
            (true, Stage::Talking) => {
                self.parts[index].held_by_phone = true;
                self.start_hold(now, index, effects);
            }
            (false, Stage::Held) if self.parts[index].held_by_phone => {
                self.parts[index].held_by_phone = false;
                self.take_back(now, index, effects);
                self.tell(index, effects);
            }
            _ => {}
        }
    }

    /// The phone has the customer again.
    pub(crate) fn take_back(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        self.resume_part(now, index, effects);
        self.settle_rooms(effects);
    }

    fn mute(&mut self, index: usize, muted: bool, effects: &mut Vec<Effect>) {
        self.parts[index].muted = muted;
        let second = self.second_leg().filter(|_| self.serving() == Some(index));
        for leg in self.parts[index].leg.into_iter().chain(second) {
            effects.push(Effect::Media(leg, MediaEffect::Mute(muted)));
        }
        self.tell(index, effects);
    }

    /// Puts the customer back in line, with the age kept, and ends this agent's part.
    pub(crate) fn give_away(
        &mut self,
        now: Instant,
        index: usize,
        rules: QueueRules,
        agent: Option<AgentId>,
        effects: &mut Vec<Effect>,
    ) {
        let interaction = self.parts[index].interaction;
        let to = match agent {
            Some(agent) => format!("agent:{agent}"),
            None => format!("queue:{}", rules.id),
        };
        self.event(now, ContactEventKind::Transferred { interaction, to }, effects);
        self.part_from_customer(now, index, effects);
        let priority = self.line.as_ref().map_or(domain::Priority(0), |line| line.priority);
        let same = self.line.as_ref().filter(|line| line.rules.id == rules.id);
        let requirement = same.and_then(|line| line.requirement.clone());
        self.enqueue(now, Line { rules, priority, requirement }, agent, effects);
        self.treat(now, Vec::new(), effects);
    }

    pub(crate) fn part_from_customer(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        self.end_part(now, index, Cause::Normal, effects);
        self.settle_rooms(effects);
    }
}

fn hang_up_cause(result: OfferResult) -> Cause {
    match result {
        OfferResult::Answered | OfferResult::CustomerLeft => Cause::Cancelled,
        OfferResult::NoAnswer => Cause::NoAnswer,
        OfferResult::Declined => Cause::Declined,
        OfferResult::Busy => Cause::Busy,
        OfferResult::Unreachable => Cause::Unreachable,
        OfferResult::Withdrawn => Cause::AnsweredElsewhere,
    }
}

pub(crate) fn offer_result(cause: Cause) -> OfferResult {
    match cause {
        Cause::Busy => OfferResult::Busy,
        Cause::Declined | Cause::Forbidden | Cause::Normal => OfferResult::Declined,
        Cause::NoAnswer => OfferResult::NoAnswer,
        _ => OfferResult::Unreachable,
    }
}
