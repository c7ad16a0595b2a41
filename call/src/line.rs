//! The line: entering it, what is heard there, moving on to another queue, leaving it unserved.

use crate::api::{Effect, LineEffect, MediaEffect, Phase, QueueRules, Say};
use crate::engine::{Call, Line};
use domain::{AgentId, ConsultResult, ContactEventKind, ExitReason, Instant, Language, LegId, Priority, QueueId};

impl Call {
    /// The flow hands the caller to a queue, for the first time or from a place in line.
    pub(crate) fn on_enqueue(&mut self, now: Instant, line: Line, announce: Vec<Say>, effects: &mut Vec<Effect>) {
        let asks_alike = |kept: &Line| {
            kept.rules.id == line.rules.id && kept.priority == line.priority && kept.requirement == line.requirement
        };
        if self.aside && self.line.as_ref().is_some_and(asks_alike) {
            return self.on_queue_resumed(now, effects);
        }
        if self.aside {
            self.leave_for_another_way(now, effects);
        }
        let preferred = self.preferred.take();
        self.enqueue(now, line, preferred, effects);
        self.treat(now, announce, effects);
    }

    pub(crate) fn enqueue(&mut self, now: Instant, line: Line, sticky: Option<AgentId>, effects: &mut Vec<Effect>) {
        let since = self.pop.queued.unwrap_or(now);
        self.phase = Phase::Queued;
        self.sent_away = false;
        self.aside = false;
        self.pop.queue = Some(line.rules.id);
        self.pop.queued = Some(since);
        let (queue, priority, requirement) = (line.rules.id, line.priority, line.requirement.clone());
        let channel = self.channel();
        self.event(now, ContactEventKind::Queued { queue, priority }, effects);
        self.line = Some(line);
        effects.push(Effect::Line(LineEffect::Ask { queue, channel, priority, requirement, since, sticky }));
    }

    /// This agent is to be offered the call first.
    pub fn prefer(&mut self, agent: Option<AgentId>) {
        self.preferred = agent;
    }

    /// The agent who talked with the customer last.
    #[must_use]
    pub fn last_agent(&self) -> Option<AgentId> {
        self.parts.iter().rev().find(|part| part.times.connected.is_some()).map(|part| part.agent)
    }

    /// The call has waited since then, in an earlier call or for a call back: its age counts from there.
    pub fn keep_age(&mut self, since: Instant) {
        let queued = self.pop.queued.map_or(since, |queued| queued.min(since));
        self.pop.queued = Some(queued);
    }

    pub(crate) fn announce(&mut self, announce: Vec<Say>, effects: &mut Vec<Effect>) {
        if announce.is_empty() {
            self.play_music(effects);
            return;
        }
        let play = self.play_id();
        self.announcing = Some(play);
        let language = self.customer.language;
        let say = MediaEffect::Play { play, items: announce, language, repeat: false };
        effects.push(Effect::Media(self.customer.leg, say));
    }

    pub(crate) fn play_music(&mut self, effects: &mut Vec<Effect>) {
        self.play_music_to(self.customer.leg, effects);
    }

    pub(crate) fn play_music_to(&mut self, leg: LegId, effects: &mut Vec<Effect>) {
        let Some(line) = self.line.as_ref().filter(|_| self.message.is_none()) else { return };
        let items = vec![Say::Prompt(line.rules.music)];
        let language: Language = self.customer.language;
        let play = self.play_id();
        effects.push(Effect::Media(leg, MediaEffect::Play { play, items, language, repeat: true }));
    }

    /// The ACD let the call move on to another queue: its rules hold from here on.
    pub(crate) fn on_overflowed(
        &mut self,
        now: Instant,
        from: QueueId,
        to: QueueRules,
        reason: ExitReason,
        effects: &mut Vec<Effect>,
    ) {
        if self.consults_line() {
            return self.consult_overflowed(&to);
        }
        if self.customer.gone {
            return;
        }
        let Some(line) = &mut self.line else { return };
        let other_music = line.rules.music != to.music;
        let queue = to.id;
        line.rules = to;
        self.pop.queue = Some(queue);
        self.event(now, ContactEventKind::Overflowed { from, to: queue, reason }, effects);
        self.treat_in_another_queue(now);
        if other_music && self.phase == Phase::Queued && self.announcing.is_none() && !self.aside {
            self.play_music(effects);
        }
    }

    /// The queue does not serve the call: it is the flow's again.
    pub(crate) fn on_queue_left(
        &mut self,
        now: Instant,
        queue: QueueId,
        reason: ExitReason,
        effects: &mut Vec<Effect>,
    ) {
        if self.consults_line() {
            return self.end_consult(now, ConsultResult::Unreachable, effects);
        }
        if self.customer.gone || self.phase != Phase::Queued {
            return;
        }
        if self.callback_turned_away(now, queue, reason, effects)
            || self.message_turned_away(now, queue, reason, effects)
        {
            return;
        }
        self.phase = Phase::InFlow;
        self.sent_away = true;
        self.announcing = None;
        self.pop.queue = None;
        self.event(now, ContactEventKind::QueueLeft { queue, reason }, effects);
        // What the flow says to a caller who kept the place is not cut off: the flow learns of it and goes its way.
        if !core::mem::take(&mut self.aside) {
            effects.push(Effect::Media(self.customer.leg, MediaEffect::StopPlay));
        }
    }

    pub(crate) fn on_reprioritised(
        &mut self,
        now: Instant,
        priority: Option<Priority>,
        age_per_s: Option<u32>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(line) = self.line.as_mut().filter(|_| !self.customer.gone) else { return };
        line.priority = priority.unwrap_or(line.priority);
        self.event(now, ContactEventKind::Reprioritised { priority, age_per_s }, effects);
    }
}
