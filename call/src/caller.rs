//! The customer's side: arriving, the flow, leaving.

use crate::api::{Effect, FlowFact, Incoming, LegEffect, LegFact, LineEffect, MediaEffect, MediaFact, Phase, ToFlow};
use crate::engine::{Call, Line};
use crate::legs::FarNumber;
use crate::part::Stage;
use domain::{Cause, Channel, ConsultResult, ContactEventKind, EndedBy, Instant, OfferResult, Outcome, PlayId};

impl Call {
    pub(crate) fn open_incoming(&mut self, now: Instant, incoming: Incoming, effects: &mut Vec<Effect>) {
        let started = ContactEventKind::Started {
            channel: Channel::Voice,
            ani: incoming.ani,
            caller_name: incoming.caller_name,
            dnis: incoming.dnis,
            entry_point: Some(incoming.entry_point),
            trunk: incoming.trunk,
            dialled_by: None,
        };
        self.event(now, started, effects);
        let begun = ContactEventKind::FlowStarted { flow: incoming.flow, language: incoming.language };
        self.event(now, begun, effects);
        self.customer.opened = true;
        let open = MediaEffect::Open { browser: incoming.browser, offer: incoming.sdp };
        effects.push(Effect::Media(incoming.leg, open));
    }

    pub(crate) fn on_stored(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        self.customer.stored = true;
        if self.callback.is_some() {
            self.on_callback_stored(now, effects);
        } else if self.pop.outgoing {
            self.ring_dialling_agent(effects);
        } else {
            self.answer_if_ready(now, effects);
        }
    }

    fn answer_if_ready(&mut self, _now: Instant, effects: &mut Vec<Effect>) {
        if self.customer.stored
            && self.phase == Phase::Arriving
            && let Some(sdp) = self.customer.answer.take()
        {
            self.phase = Phase::InFlow;
            effects.push(Effect::Leg(self.customer.leg, LegEffect::Answer(sdp)));
        }
    }

    pub(crate) fn on_customer_leg(&mut self, now: Instant, fact: LegFact, effects: &mut Vec<Effect>) {
        if self.attempt_is_over() {
            return;
        }
        let leg = self.customer.leg;
        match fact {
            LegFact::Acked { sdp } => {
                if let Some(sdp) = sdp {
                    effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp)));
                }
                if !self.customer.answered {
                    self.customer.answered = true;
                    effects.push(Effect::Flow(ToFlow::Started));
                }
            }
            LegFact::Ended(cause) | LegFact::Failed(cause) => self.on_customer_left(now, cause, effects),
            LegFact::Reinvited { sdp } => effects.push(Effect::Media(leg, MediaEffect::Reoffer(sdp))),
            LegFact::ReinviteAnswered { sdp } => effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp))),
            LegFact::Digit(digit) => self.on_customer_digit(digit, effects),
            LegFact::Answered { sdp } => self.on_dialled_answer(now, sdp, effects),
            LegFact::Ringing => {}
        }
    }

    pub(crate) fn on_customer_media(&mut self, now: Instant, fact: MediaFact, effects: &mut Vec<Effect>) {
        if self.attempt_is_over() {
            return;
        }
        let leg = self.customer.leg;
        match fact {
            MediaFact::Opened { sdp } if self.pop.outgoing => self.dial_customer(sdp, effects),
            MediaFact::Opened { sdp } => {
                self.customer.answer = Some(sdp);
                self.answer_if_ready(now, effects);
            }
            MediaFact::Refused if self.phase == Phase::Arriving => self.on_abort(now, Cause::NoCodec, effects),
            MediaFact::Refused if self.misses_callback(now, Cause::NoCodec, effects) => {
                effects.push(Effect::Leg(leg, LegEffect::HangUp(Cause::NoCodec)));
            }
            MediaFact::Refused => effects.push(Effect::Leg(leg, LegEffect::RefuseReinvite)),
            MediaFact::Reanswered { sdp, .. } => effects.push(Effect::Leg(leg, LegEffect::AnswerReinvite(sdp))),
            MediaFact::Digit(digit) => self.on_customer_digit(digit, effects),
            MediaFact::PlayDone(play) => self.on_customer_play_done(play, effects),
            MediaFact::Silent => {
                effects.push(Effect::Leg(leg, LegEffect::HangUp(Cause::MediaTimeout)));
                self.on_customer_left(now, Cause::MediaTimeout, effects);
            }
            MediaFact::RemoteSet | MediaFact::Offer { .. } => {}
        }
    }

    fn on_customer_digit(&mut self, digit: char, effects: &mut Vec<Effect>) {
        // In line too: the flow knows which digits mean something there.
        if matches!(self.phase, Phase::InFlow | Phase::Queued | Phase::Offering) {
            effects.push(Effect::Flow(ToFlow::Digit(digit)));
        }
    }

    fn on_customer_play_done(&mut self, play: PlayId, effects: &mut Vec<Effect>) {
        if self.announcing == Some(play) {
            self.announcing = None;
            self.play_music(effects);
        } else if self.phase == Phase::InFlow || self.aside {
            effects.push(Effect::Flow(ToFlow::PlayDone(play)));
        }
    }

    pub(crate) fn on_flow(&mut self, now: Instant, fact: FlowFact, effects: &mut Vec<Effect>) {
        if fact == FlowFact::Mask(false) {
            return self.on_mask(now, false, effects);
        }
        if self.leads_back(now, &fact, effects) {
            return;
        }
        // What the flow wanted of a caller whom an agent has taken meanwhile is of no use any more.
        if self.customer.gone || self.phase == Phase::Connected {
            return;
        }
        let leg = self.customer.leg;
        match fact {
            FlowFact::Entered(node) => {
                self.pop.path.push(node);
                self.event(now, ContactEventKind::NodeEntered { node }, effects);
            }
            FlowFact::Collected(node, digits) => {
                self.pop.digits.push((node, digits.clone()));
                self.event(now, ContactEventKind::DigitsCollected { node, digits }, effects);
            }
            FlowFact::Mask(masked) => self.on_mask(now, masked, effects),
            FlowFact::Comment { node, recording, silence } => {
                self.begin_comment(now, (node, recording), silence, effects);
            }
            FlowFact::CommentEnd => self.end_comment(effects),
            FlowFact::Answered(question, answer) => self.on_survey_answered(now, question, answer, effects),
            FlowFact::Play { play, items, language } => {
                effects.push(Effect::Media(leg, MediaEffect::Play { play, items, language, repeat: false }));
            }
            FlowFact::StopPlay => effects.push(Effect::Media(leg, MediaEffect::StopPlay)),
            FlowFact::Enqueue { queue, priority, requirement, announce, language } => {
                self.customer.language = language;
                self.on_enqueue(now, Line { rules: queue, priority, requirement }, announce, effects);
            }
            FlowFact::Key(digit, node) => self.on_queue_key(now, digit, node, effects),
            FlowFact::Resume => self.on_queue_resumed(now, effects),
            FlowFact::Transfer { leg, phone, to } => {
                self.give_up_place(now, effects);
                self.call_number(now, FarNumber { leg, phone, to }, None, effects);
            }
            // Only flows of lent customers return.
            FlowFact::Returned => {}
            FlowFact::HangUp => {
                self.give_up_place(now, effects);
                effects.push(Effect::Leg(leg, LegEffect::HangUp(Cause::Normal)));
                self.customer_gone(now, EndedBy::Flow, Cause::Normal, effects);
            }
        }
    }

    fn on_customer_left(&mut self, now: Instant, cause: Cause, effects: &mut Vec<Effect>) {
        if self.misses_callback(now, cause, effects) {
            return;
        }
        let by = if cause == Cause::MediaTimeout { EndedBy::System } else { EndedBy::Customer };
        self.customer_gone(now, by, cause, effects);
    }

    /// The customer is gone, for whatever reason: everybody else is told, nobody is left behind.
    pub(crate) fn customer_gone(&mut self, now: Instant, by: EndedBy, cause: Cause, effects: &mut Vec<Effect>) {
        if self.customer.gone {
            return;
        }
        self.customer.gone = true;
        self.unmask(now, effects);
        self.drop_entry(now, effects);
        let waiting = matches!(self.phase, Phase::Queued | Phase::Offering);
        self.phase = Phase::Ending;
        if self.customer.opened {
            effects.push(Effect::Media(self.customer.leg, MediaEffect::Close));
        }
        effects.push(Effect::Flow(ToFlow::Over));
        self.event(now, ContactEventKind::CustomerLeft { by, cause }, effects);
        self.let_go(now, ConsultResult::CustomerLeft, effects);
        if waiting {
            for index in 0..self.parts.len() {
                if self.parts[index].stage == Stage::Ringing {
                    self.drop_ringing(now, index, OfferResult::CustomerLeft, effects);
                }
            }
            effects.push(Effect::Line(LineEffect::Left(OfferResult::CustomerLeft)));
        }
        self.drop_far(Cause::Normal, effects);
        for index in 0..self.parts.len() {
            if self.parts[index].is_live() {
                self.end_talk(now, index, Cause::Normal, effects);
            }
        }
        self.stop_tape(effects);
        self.end_comment(effects);
        self.outcome = Some((self.outcome_now(cause), by));
    }

    /// The caller may not call.
    pub(crate) fn on_blocked(&mut self, now: Instant, decline: bool, effects: &mut Vec<Effect>) {
        self.settled = Some(Outcome::Rejected);
        if decline {
            self.on_abort(now, Cause::Declined, effects);
        }
    }

    fn outcome_now(&self, cause: Cause) -> Outcome {
        match (cause, self.settled) {
            _ if self.ever_connected => Outcome::Answered,
            (Cause::InternalError, _) => Outcome::System,
            (Cause::NoCodec | Cause::Overload | Cause::Forbidden, _) => Outcome::Rejected,
            (_, Some(settled)) => settled,
            _ if self.pop.outgoing => Outcome::Unanswered,
            // Whoever hangs up before the flow begins was not served by it.
            _ if !self.customer.answered && self.callback.is_none() => Outcome::Cancelled,
            _ if self.sent_away => Outcome::FlowedOut,
            _ if self.pop.queued.is_some() => Outcome::Abandoned,
            _ => Outcome::SelfServed,
        }
    }

    /// Ends the call from inside: a refusal before the answer, a hang-up after it.
    pub(crate) fn on_abort(&mut self, now: Instant, cause: Cause, effects: &mut Vec<Effect>) {
        if self.customer.gone {
            return;
        }
        let leg = self.customer.leg;
        let effect = match self.phase {
            Phase::Arriving if !self.pop.outgoing => LegEffect::Reject(cause),
            _ => LegEffect::HangUp(cause),
        };
        effects.push(Effect::Leg(leg, effect));
        self.customer_gone(now, EndedBy::System, cause, effects);
    }

    /// The contact is final once the customer is gone and every agent is done.
    pub(crate) fn close_if_over(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if self.closed || !self.parts.iter().all(crate::part::Part::is_over) {
            return;
        }
        if let Some((outcome, by)) = self.outcome {
            self.closed = true;
            self.event(now, ContactEventKind::Closed { outcome, by }, effects);
        }
    }
}
