//! One agent's part in a call, from the offer to the end of wrap-up.

use crate::api::Phone;
use domain::{
    AgentId, DispositionCode, Instant, InteractionId, InteractionPhase, InteractionView, LegId, OfferId, QueueId,
    RecordingId, Redacted, ScreenPop,
};

/// Where a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The agent's phone is being rung.
    Ringing,
    /// Joined.
    Talking,
    /// The customer hears music.
    Held,
    /// After-contact work.
    WrapUp,
    /// Over.
    Ended,
}

/// What the agent adds to the contact.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub disposition: Option<DispositionCode>,
    pub notes: Redacted,
    /// Taken when the wrap-up runs out.
    pub default_disposition: Option<DispositionCode>,
    pub required: bool,
}

/// When things happened to a part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub stage_since: Instant,
    pub connected: Option<Instant>,
    pub held_ms: u64,
    pub wrap_up_deadline: Option<Instant>,
}

#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub interaction: InteractionId,
    pub agent: AgentId,
    pub queue: Option<QueueId>,
    /// `None`: no queue brought it.
    pub offer: Option<OfferId>,
    pub leg: Option<LegId>,
    pub phone: Phone,
    pub browser: bool,
    pub stage: Stage,
    /// Not rung before.
    pub ring_at: Instant,
    /// Our offer, until the phone is rung.
    pub offer_sdp: Option<String>,
    /// The phone's answer waits to be set.
    pub answered: bool,
    pub muted: bool,
    /// The agent's phone itself put us on hold.
    pub held_by_phone: bool,
    pub record: Record,
    pub times: Times,
}

impl Part {
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// Ringing or joined.
    pub fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Ringing | Stage::Talking | Stage::Held)
    }

    pub fn enter(&mut self, now: Instant, stage: Stage) {
        if self.stage == Stage::Held {
            self.times.held_ms += now.since(self.times.stage_since).as_millis() as u64;
        }
        self.stage = stage;
        self.times.stage_since = now;
    }

    fn phase(&self) -> InteractionPhase {
        match self.stage {
            Stage::Ringing => InteractionPhase::Connecting,
            Stage::Talking => InteractionPhase::Talking,
            Stage::Held => InteractionPhase::Held,
            Stage::WrapUp => InteractionPhase::WrapUp,
            Stage::Ended => InteractionPhase::Ended,
        }
    }

    pub fn view(&self, pop: &ScreenPop, recording: Option<RecordingId>) -> InteractionView {
        let joined = matches!(self.stage, Stage::Talking | Stage::Held);
        InteractionView {
            interaction: self.interaction,
            contact: pop.contact,
            queue: self.queue,
            phase: self.phase(),
            since: self.times.stage_since,
            connected: self.times.connected,
            held_ms: self.times.held_ms,
            muted: self.muted,
            recording: recording.filter(|_| joined),
            wrap_up_deadline: self.times.wrap_up_deadline,
            disposition: self.record.disposition,
            notes: self.record.notes.clone(),
            pop: pop.clone(),
        }
    }
}
