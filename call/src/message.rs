//! A message that a caller left: a contact that waits in line for an agent who hears it, without anybody on the telephone.

use crate::api::{Effect, LineEffect, MediaEffect, MessageFact, MessageStart, Phase};
use crate::engine::{Call, Line, Tape};
use crate::part::Stage;
use core::time::Duration;
use domain::{
    Channel, ContactEventKind, EndedBy, ExitReason, Instant, LegId, MessageView, OfferResult, Outcome, QueueId,
    VoicemailOrder,
};

/// How long a message rests whose queue lets nobody in.
const REST: Duration = Duration::from_secs(60);
/// Less sound than this is no message.
const SOUND_MIN_MS: u64 = 500;

/// A message, beside what every call has.
#[derive(Debug)]
pub(crate) struct Message {
    order: VoicemailOrder,
    /// The caller's leg, while the message is spoken.
    speaker: Option<LegId>,
    /// When it asks for an agent again.
    again: Option<Instant>,
}

impl Message {
    pub fn deadline(&self) -> Option<Instant> {
        self.again
    }
}

impl Call {
    /// A message that a caller begins to speak, or one that is taken up again after a restart.
    #[must_use]
    pub fn message(now: Instant, start: MessageStart, effects: &mut Vec<Effect>) -> Self {
        let MessageStart { contact, leg, recording, first_play, order, queue, caller, since, silence, restored } =
            start;
        let pop = domain::ScreenPop {
            contact,
            ani: caller.ani.clone(),
            caller_name: caller.name.clone(),
            dnis: caller.dnis.clone(),
            channel: Channel::Voicemail,
            queue: Some(queue.id),
            customer: None,
            path: Vec::new(),
            digits: Vec::new(),
            started: now,
            queued: Some(since),
            outgoing: false,
            signalled: domain::Signalled::default(),
            message: None,
        };
        let mut call = Self::new(now, pop, leg, recording, first_play, order.language);
        call.phase = Phase::Pending;
        call.line = Some(Line { rules: queue, priority: order.priority, requirement: None });
        let begun = ContactEventKind::VoicemailRequested(Box::new(order.clone()));
        call.message = Some(Message { order, speaker: None, again: None });
        match restored {
            Some((events, heard)) => {
                call.resume_numbering(events);
                call.pop.started = heard.left;
                call.customer.stored = true;
                call.tape = Tape::Done;
                call.event(now, ContactEventKind::Restored, effects);
                call.keep_message(now, heard);
            }
            None => {
                let started = ContactEventKind::Started {
                    channel: Channel::Voicemail,
                    ani: caller.ani,
                    caller_name: caller.name,
                    dnis: caller.dnis,
                    entry_point: None,
                    trunk: None,
                    dialled_by: None,
                };
                call.event(now, started, effects);
                call.event(now, begun, effects);
                call.record_message(now, leg, silence, effects);
            }
        }
        call
    }

    fn record_message(&mut self, now: Instant, speaker: LegId, silence: Option<Duration>, effects: &mut Vec<Effect>) {
        let recording = self.recording;
        self.tape = Tape::Running;
        if let Some(message) = &mut self.message {
            message.speaker = Some(speaker);
        }
        self.event(now, ContactEventKind::RecordingStarted { recording }, effects);
        effects.push(Effect::Media(speaker, MediaEffect::Record { recording, agent: None, silence }));
    }

    /// What happens to a message from outside.
    pub(crate) fn on_message(&mut self, fact: MessageFact, effects: &mut Vec<Effect>) {
        match fact {
            MessageFact::Spoken => {
                let speaker = self.message.as_mut().and_then(|message| message.speaker.take());
                if let (Some(speaker), Tape::Running) = (speaker, self.tape) {
                    self.tape = Tape::Closing;
                    effects.push(Effect::Media(speaker, MediaEffect::StopRecording(self.recording)));
                }
            }
            MessageFact::Accepted(offer) => {
                effects.push(Effect::Line(LineEffect::OfferEnded(offer, OfferResult::Answered)))
            }
        }
    }

    /// The recording stands on disk, or failed.
    pub(crate) fn message_kept(&mut self, now: Instant, sound: Option<(u64, u64)>, effects: &mut Vec<Effect>) {
        let Some(message) = &mut self.message else { return };
        message.speaker = None;
        match sound {
            Some((duration_ms, voiced_ms)) if voiced_ms >= SOUND_MIN_MS => {
                let heard = MessageView { recording: self.recording, duration_ms, left: self.pop.started };
                self.keep_message(now, heard);
                self.on_message_tick(now, effects);
            }
            // Nothing was said, or nothing could be kept: nobody is to be bothered with it.
            Some(_) => self.end_message(Outcome::Cancelled, EndedBy::Customer),
            None => self.end_message(Outcome::System, EndedBy::System),
        }
    }

    fn keep_message(&mut self, now: Instant, heard: MessageView) {
        self.pop.message = Some(heard);
        if let Some(message) = &mut self.message {
            message.again = Some(now);
        }
    }

    pub(crate) fn on_message_tick(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some(message) = self.message.as_mut().filter(|message| message.again.is_some_and(|at| at <= now)) else {
            return;
        };
        message.again = None;
        if let Some(line) = self.line.clone() {
            self.enqueue(now, line, None, effects);
        }
    }

    fn end_message(&mut self, outcome: Outcome, by: EndedBy) {
        self.phase = Phase::Ending;
        self.customer.gone = true;
        self.outcome = Some((outcome, by));
    }

    /// The queue lets nobody in: the message rests and asks again. True if this is one.
    pub(crate) fn message_turned_away(
        &mut self,
        now: Instant,
        queue: QueueId,
        reason: ExitReason,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(message) = &mut self.message else { return false };
        message.again = Some(now + REST);
        self.phase = Phase::Pending;
        self.event(now, ContactEventKind::QueueLeft { queue, reason }, effects);
        true
    }

    /// The agent has it: nothing is joined. True if this is a message.
    pub(crate) fn opens_message(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) -> bool {
        if self.message.is_none() {
            return false;
        }
        let part = &mut self.parts[index];
        part.enter(now, Stage::Talking);
        part.times.connected = Some(now);
        let (interaction, agent) = (part.interaction, part.agent);
        self.phase = Phase::Connected;
        self.ever_connected = true;
        self.event(now, ContactEventKind::Connected { interaction, agent }, effects);
        self.tell(index, effects);
        true
    }

    /// Whether this is a message, which no phone rings for.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.message.is_some()
    }

    /// Whose message this is and where, and since when.
    #[must_use]
    pub fn message_order(&self) -> Option<&VoicemailOrder> {
        self.message.as_ref().map(|message| &message.order)
    }
}
