//! Messages that callers leave.

use crate::api::Effect;
use crate::engine::{Job, Live, Switchboard};
use call::api::{MessageFact, MessageStart, Speaker};
use core::time::Duration;
use domain::{
    AgentId, CommandError, ContactEvent, ContactEventKind, ContactId, Instant, MessageView, OfferId, Priority, QueueId,
    VoicemailOrder, WallTime,
};

impl Switchboard {
    /// A caller begins to speak a message.
    pub(crate) fn take_message(
        &mut self,
        now: Instant,
        caller: ContactId,
        (queue, priority, silence): (QueueId, Priority, Option<Duration>),
        out: &mut Vec<Effect>,
    ) {
        let (Some(live), Some(rules)) = (self.calls.get(&caller), self.rules.queues.get(&queue)) else { return };
        let (pop, rules) = (live.call.pop(), rules.rules.clone());
        let speaker = Speaker { ani: pop.ani.clone(), name: pop.caller_name.clone(), dnis: pop.dnis.clone() };
        let language = live.run.as_ref().map_or(live.call.language(), ivr::Run::language);
        let (leg, since, number) = (live.call.customer_leg(), pop.queued.unwrap_or(now), pop.ani.clone());
        let contact = self.new_contact();
        let start = MessageStart {
            contact,
            leg,
            recording: self.new_recording(),
            first_play: self.draw_u64() | (1 << 63),
            order: VoicemailOrder { queue, from: caller, priority, language },
            queue: rules,
            caller: speaker,
            since,
            silence,
            restored: None,
        };
        self.speaking.insert(caller, contact);
        self.open_message(now, start, out);
        self.lookup_arrival(contact, number.as_str(), out);
        self.tell_call(now, caller, call::Fact::LeftMessage { voicemail: contact, queue }, out);
    }

    fn open_message(&mut self, now: Instant, start: MessageStart, out: &mut Vec<Effect>) {
        let (contact, recording) = (start.contact, start.recording);
        let mut effects = Vec::new();
        let call = call::Call::message(now, start, &mut effects);
        self.add_call(contact, Live { call, run: None, resting: None, wake: None, recording, comments: Vec::new() });
        self.run_call_effects(now, contact, effects, out);
        self.reschedule(contact);
    }

    /// The caller has spoken, or is gone.
    pub(crate) fn message_spoken(&mut self, caller: ContactId) {
        if let Some(message) = self.speaking.remove(&caller) {
            self.jobs.push_back(Job::Call(message, call::Fact::Message(MessageFact::Spoken)));
        }
    }

    /// Nothing can be recorded: the flow goes on.
    pub(crate) fn message_failed(&mut self, contact: ContactId) {
        let caller = self.speaking.iter().find(|(_, message)| **message == contact).map(|(caller, _)| *caller);
        if let Some(caller) = caller {
            self.speaking.remove(&caller);
            self.jobs.push_back(Job::Flow(caller, ivr::api::Fact::RecordFailed));
        }
    }

    /// An agent takes a message that is offered.
    pub(crate) fn accept_message(&mut self, agent: AgentId, offer: OfferId) -> Result<(), CommandError> {
        let contact = self.directory.in_hand.get(&agent).copied();
        let message = contact.filter(|contact| self.calls.get(contact).is_some_and(|live| live.call.is_message()));
        let contact = message.ok_or(CommandError::AnswerOnPhone)?;
        self.jobs.push_back(Job::Call(contact, call::Fact::Message(MessageFact::Accepted(offer))));
        Ok(())
    }

    /// Takes up a message that was not heard when the engine stopped; one whose recording was lost is closed.
    pub(crate) fn restore_message(
        &mut self,
        now: Instant,
        contact: ContactId,
        events: &[(u32, WallTime, ContactEventKind)],
        out: &mut Vec<Effect>,
    ) {
        let (mut order, mut speaker, mut heard) = (None, None, None);
        for (_, at, kind) in events {
            match kind {
                ContactEventKind::Started { ani, caller_name, dnis, .. } => {
                    speaker = Some(Speaker { ani: ani.clone(), name: caller_name.clone(), dnis: dnis.clone() });
                }
                ContactEventKind::VoicemailRequested(left) => order = Some(left.as_ref().clone()),
                ContactEventKind::RecordingFinished { recording, duration_ms, .. } => {
                    heard =
                        Some(MessageView { recording: *recording, duration_ms: *duration_ms, left: self.moment(*at) });
                }
                _ => {}
            }
        }
        let seq = events.last().map_or(0, |(seq, ..)| *seq);
        let (Some(order), Some(caller), Some(heard)) = (order, speaker, heard) else {
            let kind = ContactEventKind::Closed { outcome: domain::Outcome::System, by: domain::EndedBy::System };
            return out.push(Effect::Store(ContactEvent { contact, seq: seq + 1, at: now, kind }));
        };
        let Some(queue) = self.rules.queues.get(&order.queue).map(|queue| queue.rules.clone()) else { return };
        let number = caller.ani.clone();
        let start = MessageStart {
            contact,
            leg: self.new_leg(contact),
            recording: heard.recording,
            first_play: self.draw_u64() | (1 << 63),
            order,
            queue,
            caller,
            since: heard.left,
            silence: None,
            restored: Some((seq, heard)),
        };
        self.open_message(now, start, out);
        self.lookup_arrival(contact, number.as_str(), out);
    }
}
