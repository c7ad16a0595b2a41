//! The recording of the call: one timeline from the first talk to the customer's leaving.

use crate::api::{Effect, FinishedRecording, MediaEffect};
use crate::engine::{Call, Tape};
use domain::{ContactEventKind, Instant, LegId};

impl Call {
    pub(crate) fn start_tape(&mut self, now: Instant, agent: LegId, effects: &mut Vec<Effect>) {
        let (customer, recording, agent) = (self.customer.leg, self.recording, Some(agent));
        let wanted = self.line.as_ref().is_none_or(|line| line.rules.record);
        if self.tape == Tape::Running {
            effects.push(Effect::Media(customer, MediaEffect::RecordAgent { recording, agent }));
        } else if self.tape == Tape::Off && wanted {
            self.tape = Tape::Running;
            self.event(now, ContactEventKind::RecordingStarted { recording }, effects);
            effects.push(Effect::Media(customer, MediaEffect::Record { recording, agent }));
        }
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
        if let Some(FinishedRecording { path, duration_ms, sha256, gap_ms }) = recording {
            let recording = self.recording;
            let kind = ContactEventKind::RecordingFinished { recording, path, duration_ms, sha256, gap_ms };
            self.event(now, kind, effects);
        }
    }
}
