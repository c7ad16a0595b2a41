//! Comments that the caller speaks in a flow: recordings of the contact beside that of its talks.

use crate::api::{Effect, FinishedRecording, MediaEffect};
use crate::engine::Call;
use core::time::Duration;
use domain::{ContactEventKind, Instant, NodeId, RecordingId};

/// The comments of a call.
#[derive(Debug, Default)]
pub(crate) struct Comments {
    /// What is being spoken.
    speaking: Option<RecordingId>,
    /// What does not stand on disk yet.
    open: Vec<RecordingId>,
}

impl Comments {
    /// All that was spoken stands, or is lost.
    pub fn are_kept(&self) -> bool {
        self.open.is_empty()
    }
}

impl Call {
    /// The caller speaks at a node of the flow.
    pub(crate) fn begin_comment(
        &mut self,
        now: Instant,
        (node, recording): (NodeId, RecordingId),
        silence: Option<Duration>,
        effects: &mut Vec<Effect>,
    ) {
        self.end_comment(effects);
        self.comments.speaking = Some(recording);
        self.comments.open.push(recording);
        self.event(now, ContactEventKind::CommentStarted { node, recording }, effects);
        effects.push(Effect::Media(self.customer.leg, MediaEffect::Record { recording, agent: None, silence }));
    }

    /// The caller has spoken, is gone, or was taken by an agent.
    pub(crate) fn end_comment(&mut self, effects: &mut Vec<Effect>) {
        if let Some(recording) = self.comments.speaking.take() {
            effects.push(Effect::Media(self.customer.leg, MediaEffect::StopRecording(recording)));
        }
    }

    /// A comment stands on disk, or failed.
    pub(crate) fn on_comment_kept(
        &mut self,
        now: Instant,
        recording: RecordingId,
        finished: Option<FinishedRecording>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(place) = self.comments.open.iter().position(|open| *open == recording) else { return };
        self.comments.open.remove(place);
        self.comments.speaking.take_if(|speaking| *speaking == recording);
        if let Some(FinishedRecording { path, duration_ms, sha256, gap_ms, .. }) = finished {
            let kind = ContactEventKind::RecordingFinished { recording, path, duration_ms, sha256, gap_ms };
            self.event(now, kind, effects);
        }
    }
}
