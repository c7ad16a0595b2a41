//! Recordings that have ended, and comments that callers speak in a flow.

use crate::api::Effect;
use crate::engine::{Job, Switchboard};
use call::api::{FinishedRecording, FlowFact};
use domain::{ContactId, Instant, NodeId, RecordingId};

impl Switchboard {
    /// A caller begins to speak a comment.
    pub(crate) fn take_comment(&mut self, now: Instant, contact: ContactId, node: NodeId, out: &mut Vec<Effect>) {
        let recording = self.new_recording();
        let Some(live) = self.calls.get_mut(&contact) else { return };
        live.comments.push(recording);
        self.directory.recordings.insert(recording, contact);
        self.tell_call(now, contact, call::Fact::Flow(FlowFact::Comment(node, recording)), out);
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
