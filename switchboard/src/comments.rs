//! Recordings that have ended, and comments that callers speak in a flow.

use crate::api::Effect;
use crate::engine::{Job, Switchboard};
use call::api::{FinishedRecording, FlowFact};
use core::time::Duration;
use domain::{ContactId, Instant, NodeId, RecordingId};

impl Switchboard {
    /// A caller begins to speak a comment.
    pub(crate) fn take_comment(
        &mut self,
        now: Instant,
        contact: ContactId,
        (node, silence): (NodeId, Option<Duration>),
        out: &mut Vec<Effect>,
    ) {
        let recording = self.new_recording();
        let Some(live) = self.calls.get_mut(&contact) else { return };
        live.comments.push(recording);
        self.directory.recordings.insert(recording, contact);
        let begun = FlowFact::Comment { node, recording, silence };
        self.tell_call(now, contact, call::Fact::Flow(begun), out);
    }

    /// Who speaks a message or a comment has been silent for long enough. What a key ended meanwhile is not ended again: the
    /// flow may have come to the next recording.
    pub(crate) fn on_fell_silent(&mut self, recording: RecordingId) {
        let Some(contact) = self.directory.recordings.get(&recording).copied() else { return };
        let Some(live) = self.calls.get(&contact) else { return };
        let message = || self.speaking.iter().find(|(_, message)| **message == contact).map(|(caller, _)| *caller);
        let caller = if live.comments.last() == Some(&recording) { Some(contact) } else { message() };
        if let Some(caller) = caller {
            self.jobs.push_back(Job::Flow(caller, ivr::api::Fact::FellSilent));
        }
    }

    /// A recording was closed, or failed.
    pub(crate) fn on_recorded(
        &mut self,
        contact: ContactId,
        recording: RecordingId,
        finished: Option<FinishedRecording>,
    ) {
        if !self.calls.get(&contact).is_some_and(|live| live.comments.contains(&recording)) {
            if finished.is_none() {
                self.message_failed(contact);
            }
            return self.jobs.push_back(Job::Call(contact, call::Fact::RecordingFinished(finished)));
        }
        let told = finished.as_ref().map_or(ivr::api::Fact::RecordFailed, |finished| ivr::api::Fact::Recorded {
            recording: recording.to_string(),
            voiced_ms: finished.voiced_ms,
        });
        self.jobs.push_back(Job::Call(contact, call::Fact::CommentKept(recording, finished)));
        self.jobs.push_back(Job::Flow(contact, told));
    }
}
