//! One agent's part in a call, from the offer to the end of wrap-up.

use crate::api::{Phone, QueueRules, Reserved};
use domain::{
    AgentId, ConsultStage, ConsultView, DispositionCode, FlowId, Instant, InteractionId, InteractionPhase,
    InteractionView, LegId, OfferId, QueueId, RecordingId, Redacted, ScreenPop, SecureEntry,
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

/// What a part is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The customer is served, or is to be.
    Serves,
    /// Another agent is helped.
    Consulted,
}

/// The recording, as parts show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taping {
    pub recording: Option<RecordingId>,
    pub paused_by: Option<AgentId>,
}

/// What the agent adds to the contact.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub disposition: Option<DispositionCode>,
    pub notes: Redacted,
    /// Taken when the wrap-up runs out.
    pub default_disposition: Option<DispositionCode>,
    pub required: bool,
    /// Asks the customer how it was.
    pub survey: Option<FlowId>,
    /// Takes what the agent is not to hear.
    pub secure_entry: Option<FlowId>,
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
    /// `None`: the agent dialled.
    pub offer: Option<OfferId>,
    /// The offer is the ACD's.
    pub by_acd: bool,
    pub role: Role,
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
    /// How far the secure entry is.
    pub entry: SecureEntry,
    pub record: Record,
    pub times: Times,
}

impl Part {
    /// What the queue's rules say of the part's end.
    pub fn record(rules: Option<&QueueRules>) -> Record {
        rules.map_or_else(Record::default, |rules| Record {
            default_disposition: rules.default_disposition,
            required: rules.disposition_required,
            survey: rules.survey,
            secure_entry: rules.secure_entry,
            ..Record::default()
        })
    }

    /// An agent whose phone is to be rung.
    pub fn ringing(now: Instant, role: Role, reserved: Reserved, record: Record) -> Self {
        Self {
            interaction: reserved.interaction,
            agent: reserved.agent,
            queue: reserved.queue,
            offer: Some(reserved.offer),
            by_acd: reserved.why.is_some(),
            role,
            leg: Some(reserved.leg),
            phone: reserved.phone,
            browser: reserved.browser,
            stage: Stage::Ringing,
            ring_at: now + reserved.lead,
            offer_sdp: None,
            answered: false,
            muted: false,
            held_by_phone: false,
            entry: SecureEntry::Ready,
            record,
            times: Times { stage_since: now, connected: None, held_ms: 0, wrap_up_deadline: None },
        }
    }

    pub fn is_over(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// Ringing or joined.
    /// The agent is rung to serve the customer.
    pub fn rings_for_customer(&self) -> bool {
        self.stage == Stage::Ringing && self.role == Role::Serves && self.offer.is_some()
    }

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

    fn phase(&self, consult: Option<ConsultStage>) -> InteractionPhase {
        match (self.stage, consult) {
            (Stage::Ringing, _) => InteractionPhase::Connecting,
            (Stage::Talking, Some(ConsultStage::Conference)) => InteractionPhase::Conference,
            (Stage::Held, Some(_)) => InteractionPhase::Consulting,
            (Stage::Talking, Some(_)) if self.role == Role::Consulted => InteractionPhase::Consulting,
            (Stage::Talking, _) => InteractionPhase::Talking,
            (Stage::Held, None) => InteractionPhase::Held,
            (Stage::WrapUp, _) => InteractionPhase::WrapUp,
            (Stage::Ended, _) => InteractionPhase::Ended,
        }
    }

    pub fn view(&self, pop: &ScreenPop, taping: Taping, consult: Option<ConsultView>) -> InteractionView {
        let joined = matches!(self.stage, Stage::Talking | Stage::Held);
        let Taping { recording, paused_by } = taping;
        InteractionView {
            interaction: self.interaction,
            contact: pop.contact,
            queue: self.queue,
            phase: self.phase(consult.as_ref().map(|consult| consult.stage)),
            since: self.times.stage_since,
            connected: self.times.connected,
            held_ms: self.times.held_ms,
            muted: self.muted,
            recording: recording.filter(|_| joined),
            paused_by: paused_by.filter(|_| joined),
            wrap_up_deadline: self.times.wrap_up_deadline,
            disposition: self.record.disposition,
            notes: self.record.notes.clone(),
            consult,
            secure_entry: self.entry_view().filter(|_| joined),
            pop: pop.clone(),
        }
    }
}
