//! A number outside that is consulted.

use super::{Consult, With, result_of};
use crate::api::{Effect, LegEffect, LegFact, MediaEffect, MediaFact};
use crate::engine::Call;
use domain::{ConsultResult, ConsultStage, Instant, LegId};

impl Call {
    pub(crate) fn on_consulted_number(&mut self, now: Instant, leg: LegId, fact: LegFact, effects: &mut Vec<Effect>) {
        let Some(answered) = self.consult.as_ref().map(Consult::answered) else { return };
        match fact {
            LegFact::Answered { sdp } => {
                effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp)));
                if !answered {
                    self.consult_answered(now, effects);
                }
            }
            LegFact::ReinviteAnswered { sdp } | LegFact::Acked { sdp: Some(sdp) } => {
                effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp)));
            }
            LegFact::Reinvited { sdp } => effects.push(Effect::Media(leg, MediaEffect::Reoffer(sdp))),
            LegFact::Failed(cause) => self.end_consult(now, result_of(crate::talk::offer_result(cause)), effects),
            LegFact::Ended(_) => self.end_consult(now, ConsultResult::Left, effects),
            LegFact::Ringing | LegFact::Acked { sdp: None } | LegFact::Digit(_) => {}
        }
    }

    pub(crate) fn on_consulted_number_media(
        &mut self,
        now: Instant,
        leg: LegId,
        fact: MediaFact,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Consult { with: With::Number(_, phone), stage, .. }) = &self.consult else { return };
        match fact {
            MediaFact::Opened { sdp } => {
                let (phone, carried) = (phone.clone(), self.carried_to_numbers());
                let (from, from_name) = (self.pop.ani.clone(), self.pop.caller_name.clone());
                let invite = LegEffect::Invite { phone, sdp, from, from_name, auto_answer: false, carried };
                effects.push(Effect::Leg(leg, invite));
            }
            MediaFact::Refused if *stage != ConsultStage::Asking => {
                effects.push(Effect::Leg(leg, LegEffect::RefuseReinvite));
            }
            MediaFact::Refused | MediaFact::Silent => self.end_consult(now, ConsultResult::Unreachable, effects),
            MediaFact::Reanswered { sdp, .. } => effects.push(Effect::Leg(leg, LegEffect::AnswerReinvite(sdp))),
            MediaFact::RemoteSet | MediaFact::Offer { .. } | MediaFact::Digit(_) | MediaFact::PlayDone(_) => {}
        }
    }
}
