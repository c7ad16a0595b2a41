//! The recording of the call: one timeline from the first talk to the customer's leaving.

use crate::api::{Effect, FinishedRecording, MediaEffect};
use crate::engine::{Call, Tape};
use crate::mask::Mask;
use domain::{CommandError, ContactEventKind, Instant, LegId};

impl Call {
    pub(crate) fn start_tape(&mut self, now: Instant, agent: LegId, effects: &mut Vec<Effect>) {
        let (customer, recording, agent) = (self.customer.leg, self.recording, Some(agent));
        let wanted = self.line.as_ref().is_none_or(|line| line.rules.record);
        if self.tape == Tape::Off && wanted {
            (self.tape, self.taped) = (Tape::Running, agent);
            self.event(now, ContactEventKind::RecordingStarted { recording }, effects);
            effects.push(Effect::Media(customer, MediaEffect::Record { recording, agent, silence: None }));
            self.silence_tape(effects);
        }
    }

    /// The next talk is recorded anew, by this id, unless the last recording is still open.
    pub(crate) fn anew(&mut self, recording: domain::RecordingId) {
        if matches!(self.tape, Tape::Off | Tape::Done) {
            (self.tape, self.recording, self.taped, self.paused_by) = (Tape::Off, recording, None, None);
        }
    }

    /// Pauses the recording, or lets it go on, and says who did.
    pub(crate) fn pause_tape(
        &mut self,
        now: Instant,
        index: usize,
        paused: bool,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        if self.tape != Tape::Running || self.serving() != Some(index) || self.paused_by.is_some() == paused {
            return Err(CommandError::WrongState);
        }
        let (recording, agent) = (self.recording, self.parts[index].agent);
        self.paused_by = paused.then_some(agent);
        let kind = if paused {
            ContactEventKind::RecordingPaused { recording, agent }
        } else {
            ContactEventKind::RecordingResumed { recording, agent }
        };
        self.event(now, kind, effects);
        // While the customer is masked it is silent as it is, and stays so whatever the agent wants.
        if self.mask == Mask::Off {
            effects.push(Effect::Media(self.customer.leg, MediaEffect::PauseRecording(recording, paused)));
        }
        self.tell(index, effects);
        Ok(())
    }

    pub(crate) fn stop_tape(&mut self, effects: &mut Vec<Effect>) {
        if self.tape == Tape::Running {
            self.tape = Tape::Closing;
            effects.push(Effect::Media(self.customer.leg, MediaEffect::StopRecording(self.recording)));
        }
    }

    pub(crate) fn on_recording_finished(
        &mut self,
        now: Instant,
        recording: Option<FinishedRecording>,
        effects: &mut Vec<Effect>,
    ) {
        self.tape = Tape::Done;
        let sound = recording.as_ref().map(|finished| (finished.duration_ms, finished.voiced_ms));
        if let Some(FinishedRecording { path, duration_ms, sha256, gap_ms, .. }) = recording {
            let recording = self.recording;
            let kind = ContactEventKind::RecordingFinished { recording, path, duration_ms, sha256, gap_ms };
            self.event(now, kind, effects);
        }
        self.message_kept(now, sound, effects);
    }
}
