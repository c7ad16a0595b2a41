//! A consult as the rest of the call and the desks see it.

use super::With;
use crate::api::QueueRules;
use crate::engine::Call;
use crate::part::Stage;
use domain::{ConsultStage, ConsultView, LegId};

impl Call {
    /// The leg of the one consulted, once answered.
    pub(crate) fn consulted_leg(&self) -> Option<LegId> {
        let consult = self.consult.as_ref().filter(|consult| consult.answered())?;
        consult.number_leg().or_else(|| consult.part().and_then(|part| self.parts[part].leg))
    }

    /// The ACD asks on behalf of the consult.
    pub(crate) fn consults_line(&self) -> bool {
        self.consult.as_ref().is_some_and(|consult| matches!(consult.with, With::Line))
    }

    /// The queue that is asked has become another.
    pub(crate) fn consult_overflowed(&mut self, to: &QueueRules) {
        if let Some(consult) = &mut self.consult {
            consult.rules = Some(to.clone());
        }
    }

    /// The consult in which this part is one of the two, as the desk shows it.
    pub(crate) fn consult_view(&self, index: usize) -> Option<ConsultView> {
        let consult = self.consult.as_ref()?;
        let is_asker = consult.by == index;
        let other = if is_asker { consult.part() } else { Some(consult.by) };
        let takes_part = is_asker || consult.part() == Some(index);
        takes_part.then(|| ConsultView {
            asks: is_asker,
            target: consult.target.clone(),
            agent: other.map(|part| self.parts[part].agent),
            stage: consult.stage,
            since: consult.since,
        })
    }

    /// Digits of an agent who talks with a number go there.
    pub(crate) fn digits_to(&self, index: usize) -> Option<LegId> {
        let consult =
            self.consult.as_ref().filter(|consult| consult.by == index && consult.stage == ConsultStage::Consulting);
        match consult {
            Some(consult) => consult.number_leg(),
            None => (self.serving() == Some(index) && self.parts[index].stage == Stage::Talking)
                .then_some(self.customer.leg),
        }
    }
}
