//! From events to the contact's row: pure, the same for the writer and for a recomputation.

use crate::codec::{DecodeError, decode};
use domain::{
    AgentId, ContactEventKind as Kind, ContactId, ContactRow, EndedBy, EventRow, InteractionId, InteractionRow,
    LegQuality, OfferId, Outcome, QueueId, RecordingId, RecordingRow, Redacted, SurveyAnswer, WallTime,
};
use std::collections::BTreeSet;

/// Nodes kept in a row's path: a flow that loops must not make the row grow for ever.
const PATH_MAX: usize = 500;
/// Both sides of a call are recorded, one on each channel.
const RECORDED_CHANNELS: u16 = 2;

/// A contact's row with all that is needed to fold the next event into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The row.
    pub row: ContactRow,
    /// The agents' parts in the order of their offers.
    pub parts: Vec<Part>,
    /// The recordings in the order of their starts.
    pub recordings: Vec<RecordingRow>,
    /// How the legs sounded, each with the number of its event.
    pub legs: Vec<(u32, LegQuality)>,
    /// Answers to questions of a survey, each with the number of its event.
    pub survey: Vec<(u32, SurveyAnswer)>,
    /// Every queue that the contact went through.
    pub queues: BTreeSet<QueueId>,
    /// The highest sequence number folded in.
    pub seq: u32,
    waiting_since: Option<WallTime>,
    wait: i64,
    last: Option<WallTime>,
}

/// One agent's part in a contact, with its running times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The row.
    pub row: InteractionRow,
    offer: Option<OfferId>,
    /// When the customer was joined; a consult is no talk with the customer.
    joined: Option<WallTime>,
    held_since: Option<WallTime>,
    hold: i64,
    notes: String,
}

/// Folds stored events from the first to the last. An event that this version does not know counts, and
/// changes nothing else.
#[must_use]
pub fn recompute(contact: ContactId, events: &[EventRow]) -> Fold {
    let mut fold = Fold::new(contact);
    for event in events {
        fold.apply_stored(event.seq, event.at, &event.kind, &event.fields_json).ok();
    }
    fold
}

impl Fold {
    /// A contact without any event.
    #[must_use]
    pub fn new(contact: ContactId) -> Self {
        Self {
            row: empty_row(contact),
            parts: Vec::new(),
            recordings: Vec::new(),
            legs: Vec::new(),
            survey: Vec::new(),
            queues: BTreeSet::new(),
            seq: 0,
            waiting_since: None,
            wait: 0,
            last: None,
        }
    }

    /// Folds one stored event.
    ///
    /// # Errors
    /// The event is unknown to this version: it is counted, and changes nothing else.
    pub fn apply_stored(&mut self, seq: u32, at: WallTime, kind: &str, fields: &str) -> Result<(), DecodeError> {
        let decoded = decode(kind, fields);
        match &decoded {
            Ok(kind) => self.apply(seq, at, kind),
            Err(_) => self.count(seq, at),
        }
        decoded.map(|_| ())
    }

    /// Folds one event.
    pub fn apply(&mut self, seq: u32, at: WallTime, kind: &Kind) {
        let before = self.last.unwrap_or(at);
        self.count(seq, at);
        match kind {
            Kind::Started { channel, ani, dnis, .. } => {
                self.row.channel = channel.as_str().to_owned();
                self.row.ani = Redacted::from(ani.as_str());
                self.row.dnis = dnis.as_str().to_owned();
            }
            Kind::CallbackRequested(order) => self.on_asked_for(order.queue),
            Kind::VoicemailRequested(order) => self.on_asked_for(order.queue),
            Kind::CustomerIdentified { customer } => self.row.customer = Some(*customer),
            Kind::NodeEntered { node } if self.row.path.len() < PATH_MAX => self.row.path.push(node.to_string()),
            Kind::Queued { queue, .. } => self.on_queued(at, *queue),
            Kind::Overflowed { to, .. } => self.on_queued(at, *to),
            Kind::QueueLeft { .. }
            | Kind::CallbackBooked { .. }
            | Kind::VoicemailLeft { .. }
            | Kind::CallbackSuspended
            | Kind::CallbackMissed { .. }
            | Kind::CallbackCancelled { .. } => self.stop_waiting(at),
            Kind::Restored => self.on_restored(before),
            Kind::Offered { offer, interaction, agent, queue, .. } => {
                let part = self.part(*interaction, *agent, at);
                part.offer = Some(*offer);
                part.row.queue = Some(*queue);
            }
            Kind::ConsultOffered { offer, interaction, agent, queue, .. } => {
                let part = self.part(*interaction, *agent, at);
                (part.offer, part.row.queue) = (Some(*offer), *queue);
            }
            Kind::ConsultAnswered { interaction, agent } => {
                self.part(*interaction, *agent, at).row.answered.get_or_insert(at);
            }
            Kind::OfferEnded { offer, result, .. } => {
                if let Some(part) = self.parts.iter_mut().rfind(|part| part.offer == Some(*offer)) {
                    part.row.result = Some(result.as_str().to_owned());
                }
            }
            Kind::Connected { interaction, agent } => self.on_connected(at, *interaction, *agent),
            Kind::RecordingStarted { recording } => self.on_recording_started(*recording),
            Kind::CommentStarted { recording, .. } => _ = self.recording(*recording),
            Kind::RecordingFinished { recording, path, duration_ms, sha256, gap_ms } => {
                let row = self.recording(*recording);
                row.path.clone_from(path);
                row.duration_ms = *duration_ms;
                row.sha256.clone_from(sha256);
                row.gap_ms = *gap_ms;
                row.state = "complete".to_owned();
            }
            Kind::LegQuality(quality) => self.legs.push((seq, quality.clone())),
            Kind::SurveyStarted { .. } => self.on_survey_started(),
            Kind::SurveyAnswered { question, answer, agent, queue } => {
                let (question, answer, agent, queue) = (*question, *answer, *agent, *queue);
                self.survey.push((seq, SurveyAnswer { question, answer, agent, queue, at }));
            }
            Kind::CustomerLeft { by, .. } => self.on_customer_left(at, by.as_str()),
            Kind::Closed { outcome, by } => self.on_closed(at, before, *outcome, by.as_str()),
            other => self.on_part_event(at, other),
        }
        self.sum();
    }

    fn count(&mut self, seq: u32, at: WallTime) {
        if self.row.events == 0 {
            self.row.started = at;
        }
        self.row.events = self.row.events.saturating_add(1);
        self.seq = self.seq.max(seq);
        self.last = Some(at);
    }

    /// A contact that no call brought belongs to a queue before it waits there.
    fn on_asked_for(&mut self, queue: QueueId) {
        self.row.queue = Some(queue);
        self.queues.insert(queue);
    }

    fn on_queued(&mut self, at: WallTime, queue: QueueId) {
        self.row.queue = Some(queue);
        self.queues.insert(queue);
        self.waiting_since.get_or_insert(at);
    }

    fn on_connected(&mut self, at: WallTime, interaction: InteractionId, agent: AgentId) {
        self.stop_waiting(at);
        // A survey may lead to another talk.
        self.row.ended_by = None;
        self.row.agent = Some(agent);
        let offered_before = self.parts.iter().any(|part| part.row.id == interaction);
        let part = self.part(interaction, agent, at);
        let consulted = part.row.answered.is_some();
        part.row.answered.get_or_insert(at);
        part.joined.get_or_insert(at);
        part.row.result.get_or_insert_with(|| "answered".to_owned());
        let ring = millis(between(part.row.offered, at));
        if offered_before && !consulted {
            self.row.ring_ms = ring;
        }
    }

    fn on_recording_started(&mut self, recording: RecordingId) {
        self.recording(recording);
        self.row.recording = Some(recording);
    }

    /// The agent ended the talk: what the customer does with the questions ends no talk.
    fn on_survey_started(&mut self) {
        self.row.ended_by.get_or_insert_with(|| EndedBy::Agent.as_str().to_owned());
    }

    fn on_customer_left(&mut self, at: WallTime, by: &str) {
        self.stop_waiting(at);
        self.row.ended.get_or_insert(at);
        self.row.ended_by.get_or_insert_with(|| by.to_owned());
        self.parts.iter_mut().for_each(|part| part.end(at));
    }

    fn on_closed(&mut self, at: WallTime, before: WallTime, outcome: Outcome, by: &str) {
        // Nobody saw what happened between the last event and a close by a restart, so it counts for nothing.
        let cut = if outcome == Outcome::System { before } else { at };
        self.on_customer_left(cut, by);
        for part in &mut self.parts {
            match part.row.answered {
                Some(_) => part.row.wrapped_up = part.row.wrapped_up.or(Some(cut)),
                None => part.row.result = part.row.result.take().or_else(|| Some("withdrawn".to_owned())),
            }
        }
        if outcome == Outcome::System {
            self.recordings.iter_mut().filter(|row| row.state == "recording").for_each(|row| row.state = "lost".into());
        }
        self.row.closed = Some(at);
        self.row.outcome = Some(outcome.as_str().to_owned());
    }

    /// Nobody saw what happened between the last event before a restart and the restart, so it counts for nothing.
    fn on_restored(&mut self, before: WallTime) {
        self.stop_waiting(before);
        for part in &mut self.parts {
            part.end(before);
            match part.row.answered {
                Some(_) => part.row.wrapped_up = part.row.wrapped_up.or(Some(before)),
                None => part.row.result = part.row.result.take().or_else(|| Some("withdrawn".to_owned())),
            }
        }
        self.recordings.iter_mut().filter(|row| row.state == "recording").for_each(|row| row.state = "lost".into());
    }

    fn on_part_event(&mut self, at: WallTime, kind: &Kind) {
        let (Kind::Held { interaction }
        | Kind::Resumed { interaction }
        | Kind::Transferred { interaction, .. }
        | Kind::InteractionEnded { interaction, .. }
        | Kind::NotesSaved { interaction, .. }
        | Kind::DispositionSet { interaction, .. }
        | Kind::WrapUpEnded { interaction, .. }) = kind
        else {
            return;
        };
        let Some(part) = self.parts.iter_mut().find(|part| part.row.id == *interaction) else { return };
        match kind {
            Kind::Held { .. } if part.is_talking() => part.held_since = part.held_since.or(Some(at)),
            Kind::Resumed { .. } => part.resume(at),
            Kind::Transferred { .. } | Kind::InteractionEnded { .. } => part.end(at),
            Kind::NotesSaved { text, .. } => part.notes.clone_from(&text.0),
            Kind::DispositionSet { code, .. } => {
                part.row.disposition = Some(*code);
                self.row.disposition = Some(*code);
            }
            Kind::WrapUpEnded { .. } => {
                part.end(at);
                part.row.wrapped_up.get_or_insert(at);
            }
            _ => {}
        }
    }

    fn stop_waiting(&mut self, at: WallTime) {
        if let Some(since) = self.waiting_since.take() {
            self.wait = self.wait.saturating_add(between(since, at));
        }
    }

    fn part(&mut self, interaction: InteractionId, agent: AgentId, at: WallTime) -> &mut Part {
        let found = self.parts.iter().position(|part| part.row.id == interaction);
        let index = found.unwrap_or_else(|| {
            self.parts.push(Part::new(self.row.id, interaction, agent, at));
            self.parts.len() - 1
        });
        &mut self.parts[index]
    }

    fn recording(&mut self, id: RecordingId) -> &mut RecordingRow {
        let found = self.recordings.iter().position(|row| row.id == id);
        let index = found.unwrap_or_else(|| {
            self.recordings.push(empty_recording(self.row.id, id));
            self.recordings.len() - 1
        });
        &mut self.recordings[index]
    }

    fn sum(&mut self) {
        let total = |part_time: fn(&Part) -> i64| {
            millis(self.parts.iter().fold(0i64, |sum, part| sum.saturating_add(part_time(part))))
        };
        let notes: Vec<&str> = self.parts.iter().map(|part| part.notes.as_str()).filter(|n| !n.is_empty()).collect();
        self.row.notes = Redacted(notes.join("\n"));
        self.row.talk_ms = total(Part::talk);
        self.row.hold_ms = total(|part| part.hold);
        self.row.wrap_up_ms = total(Part::wrap_up);
        self.row.wait_ms = millis(self.wait);
    }
}

impl Part {
    fn new(contact: ContactId, id: InteractionId, agent: AgentId, offered: WallTime) -> Self {
        let row = InteractionRow {
            id,
            contact,
            agent,
            queue: None,
            offered,
            answered: None,
            ended: None,
            wrapped_up: None,
            result: None,
            disposition: None,
        };
        Self { row, offer: None, joined: None, held_since: None, hold: 0, notes: String::new() }
    }

    fn is_talking(&self) -> bool {
        self.row.answered.is_some() && self.row.ended.is_none()
    }

    fn resume(&mut self, at: WallTime) {
        if let Some(since) = self.held_since.take() {
            self.hold = self.hold.saturating_add(between(since, at));
        }
    }

    fn end(&mut self, at: WallTime) {
        if self.is_talking() {
            self.resume(at);
            self.row.ended = Some(at);
        }
    }

    /// Microseconds of talk with the customer without hold, once it is over.
    fn talk(&self) -> i64 {
        match (self.joined, self.row.ended) {
            (Some(joined), Some(ended)) => between(joined, ended).saturating_sub(self.hold).max(0),
            _ => 0,
        }
    }

    fn wrap_up(&self) -> i64 {
        match (self.row.ended, self.row.wrapped_up) {
            (Some(ended), Some(wrapped_up)) => between(ended, wrapped_up),
            _ => 0,
        }
    }
}

/// Microseconds from one time to another; never below zero.
fn between(from: WallTime, to: WallTime) -> i64 {
    to.as_micros().saturating_sub(from.as_micros()).max(0)
}

fn millis(micros: i64) -> u64 {
    u64::try_from(micros / 1_000).unwrap_or(0)
}

fn empty_recording(contact: ContactId, id: RecordingId) -> RecordingRow {
    RecordingRow {
        id,
        contact,
        path: String::new(),
        duration_ms: 0,
        channels: RECORDED_CHANNELS,
        sha256: String::new(),
        gap_ms: 0,
        state: "recording".to_owned(),
    }
}

fn empty_row(id: ContactId) -> ContactRow {
    ContactRow {
        id,
        channel: String::new(),
        started: WallTime::default(),
        ended: None,
        closed: None,
        ani: Redacted::default(),
        dnis: String::new(),
        customer: None,
        customer_name: None,
        queue: None,
        agent: None,
        outcome: None,
        ended_by: None,
        path: Vec::new(),
        wait_ms: 0,
        ring_ms: 0,
        talk_ms: 0,
        hold_ms: 0,
        wrap_up_ms: 0,
        disposition: None,
        notes: Redacted::default(),
        recording: None,
        events: 0,
    }
}

#[cfg(test)]
mod tests;
