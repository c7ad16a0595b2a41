//! The survey: the agent has ended the talk, the customer is still on the line and is asked how it was.

use crate::api::{Effect, LegEffect, MediaEffect, Phase, ToFlow};
use crate::engine::Call;
use crate::part::{Part, Role};
use domain::{Cause, ContactEventKind, EndedBy, FlowId, Instant, QuestionId};

impl Call {
    /// The agent ends the talk: if the queue by which the agent got the contact has a survey, the customer goes there
    /// instead of being hung up on. False: nothing was done.
    pub(crate) fn asks_how_it_was(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) -> bool {
        let part = &self.parts[index];
        let alone = self.serving() == Some(index) && self.consult.is_none() && self.far_leg().is_none();
        let Some(flow) = part.record.survey.filter(|_| alone && !self.customer.gone) else { return false };
        self.stop_tape(effects);
        self.phase = Phase::InFlow;
        self.part_from_customer(now, index, effects);
        // What the customer heard on hold.
        effects.push(Effect::Media(self.customer.leg, MediaEffect::StopPlay));
        effects.push(Effect::Flow(ToFlow::Survey(flow)));
        true
    }

    /// The flow begins to ask; or nobody asks after all, and it ends as the agent wished.
    pub(crate) fn on_survey(&mut self, now: Instant, flow: Option<FlowId>, effects: &mut Vec<Effect>) {
        if self.customer.gone || self.phase != Phase::InFlow {
            return;
        }
        let about = self.served_last().map(|part| (part.interaction, part.queue.or(self.pop.queue)));
        if let (Some(flow), Some((interaction, queue))) = (flow, about) {
            self.event(now, ContactEventKind::SurveyStarted { flow, interaction, queue }, effects);
        } else {
            effects.push(Effect::Leg(self.customer.leg, LegEffect::HangUp(Cause::Normal)));
            self.customer_gone(now, EndedBy::Agent, Cause::Normal, effects);
        }
    }

    /// The part of the agent who had the customer last.
    fn served_last(&self) -> Option<&Part> {
        self.parts.iter().rfind(|part| part.role == Role::Serves && part.times.connected.is_some())
    }

    pub(crate) fn on_survey_answered(
        &mut self,
        now: Instant,
        question: QuestionId,
        answer: u8,
        effects: &mut Vec<Effect>,
    ) {
        let served = self.served_last();
        let (agent, queue) = (served.map(|part| part.agent), served.and_then(|part| part.queue.or(self.pop.queue)));
        self.event(now, ContactEventKind::SurveyAnswered { question, answer, agent, queue }, effects);
    }
}
