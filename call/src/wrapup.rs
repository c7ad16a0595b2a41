//! After-contact work: notes, disposition, the end of an agent's part.

use crate::api::Effect;
use crate::engine::Call;
use crate::part::Stage;
use domain::{AgentId, CommandError, ContactEventKind, DispositionBy, DispositionCode, Instant, Redacted};

impl Call {
    pub(crate) fn on_wrap_up_started(&mut self, agent: AgentId, deadline: Option<Instant>, effects: &mut Vec<Effect>) {
        if let Some(index) = self.parts.iter().rposition(|p| p.agent == agent && p.stage == Stage::WrapUp) {
            self.parts[index].times.wrap_up_deadline = deadline;
            self.tell(index, effects);
        }
    }

    pub(crate) fn on_wrap_up_ended(
        &mut self,
        now: Instant,
        agent: AgentId,
        timed_out: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Some(index) = self.parts.iter().rposition(|p| p.agent == agent && p.stage == Stage::WrapUp) else { return };
        let interaction = self.parts[index].interaction;
        let record = &mut self.parts[index].record;
        if record.disposition.is_none()
            && let Some(code) = record.default_disposition
        {
            record.disposition = Some(code);
            let by = if timed_out { DispositionBy::Timeout } else { DispositionBy::Agent };
            self.event(now, ContactEventKind::DispositionSet { interaction, code, by }, effects);
        }
        self.parts[index].enter(now, Stage::Ended);
        self.event(now, ContactEventKind::WrapUpEnded { interaction, agent }, effects);
        self.tell(index, effects);
    }

    pub(crate) fn save_notes(&mut self, now: Instant, index: usize, text: Redacted, effects: &mut Vec<Effect>) {
        let interaction = self.parts[index].interaction;
        self.parts[index].record.notes = text.clone();
        self.event(now, ContactEventKind::NotesSaved { interaction, text }, effects);
    }

    pub(crate) fn set_disposition(
        &mut self,
        now: Instant,
        index: usize,
        code: DispositionCode,
        effects: &mut Vec<Effect>,
    ) {
        let interaction = self.parts[index].interaction;
        self.parts[index].record.disposition = Some(code);
        let by = DispositionBy::Agent;
        self.event(now, ContactEventKind::DispositionSet { interaction, code, by }, effects);
        self.tell(index, effects);
    }

    pub(crate) fn may_finish(&self, index: usize) -> Result<(), CommandError> {
        let part = &self.parts[index];
        if part.stage != Stage::WrapUp {
            return Err(CommandError::WrongState);
        }
        if part.record.required && part.record.disposition.is_none() {
            return Err(CommandError::DispositionMissing);
        }
        Ok(())
    }
}
