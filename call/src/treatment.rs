//! What a waiting caller is told over the music, and when. It never decides who is served: offers neither wait for it
//! nor ask it, and whatever it plays ends the moment an agent answers.

use crate::api::{Effect, LineEffect, MediaEffect, Phase, Say};
use crate::engine::Call;
use core::time::Duration;
use domain::{ContactEventKind, ExitReason, Instant, NodeId, OfferResult, PromptId};

/// What a queue tells those who wait, besides its music.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// The place in line is told.
    pub position: bool,
    /// The expected wait is told, as far as it is known.
    pub wait: bool,
    /// Place and wait are told at most so often.
    pub repeat: Duration,
    /// What is said on a schedule.
    pub messages: Vec<Message>,
}

impl Treatment {
    fn tells_place(&self) -> bool {
        self.position || self.wait
    }
}

/// One message on a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// First said after so long in the queue.
    pub after: Duration,
    /// Said again after so long; `None`: once.
    pub every: Option<Duration>,
    /// What.
    pub say: Vec<Say>,
}

/// Where a caller stands, as the line knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// From 1; `None`: the caller does not wait.
    pub position: Option<u32>,
    /// The expected wait from now on; `None`: unknown.
    pub wait: Option<Duration>,
}

/// Said before a place in line.
const POSITION_BEFORE: &str = "queue-position";
/// Said after it.
const POSITION_AFTER: &str = "queue-position-end";
/// Said before an expected wait.
const WAIT_BEFORE: &str = "queue-wait";

/// The prompts of which places and waits are told, besides numbers.
pub const PLACE_PROMPTS: [&str; 3] = [POSITION_BEFORE, POSITION_AFTER, WAIT_BEFORE];

/// The longest wait that is told in minutes, not as "more than an hour".
const WAIT_TOLD_MAX_S: u64 = 3_600;

/// An expected wait in minutes as it is said: 0 below one minute, never less than forecast beyond it, in steps of five
/// beyond ten, and one more than an hour for everything longer.
fn told_minutes(wait: Duration) -> u32 {
    let seconds = wait.as_secs();
    let minutes = u32::try_from(seconds.min(WAIT_TOLD_MAX_S + 1).div_ceil(60)).unwrap_or(u32::MAX);
    match minutes {
        _ if seconds < 60 => 0,
        11..=60 => minutes.next_multiple_of(5),
        _ => minutes,
    }
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Ask for the caller's place.
    Place,
    /// Say this.
    Message(Vec<Say>),
}

/// How far the treatment of one caller is.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// The best place and wait (in minutes) told.
    position: Option<u32>,
    minutes: Option<u32>,
    /// When the place is looked at next.
    place_at: Option<Instant>,
    /// When each message is said next.
    messages_at: Vec<Option<Instant>>,
    /// The caller has just entered and hears nothing yet: what is said first, together with the place.
    greeting: Option<Vec<Say>>,
}

impl Overlay {
    /// The caller is in this queue now. What was told before stays told.
    fn enter(&mut self, now: Instant, rules: &Treatment) {
        self.place_at = rules.tells_place().then_some(now);
        self.messages_at = rules.messages.iter().map(|message| Some(now + message.after)).collect();
    }

    /// When something is due next.
    fn next(&self) -> Option<Instant> {
        self.messages_at.iter().copied().flatten().chain(self.place_at).min()
    }

    /// What is due, one thing at a time: the place first.
    fn due(&mut self, now: Instant, rules: &Treatment) -> Option<Due> {
        if self.place_at.is_some_and(|at| at <= now) {
            self.place_at = Some(now + rules.repeat);
            return Some(Due::Place);
        }
        let is_due = |at: &Option<Instant>| at.is_some_and(|at| at <= now);
        let index = self.messages_at.iter().position(is_due)?;
        let message = rules.messages.get(index)?;
        // Counted from now: messages that were kept back by another one do not come in a bunch.
        self.messages_at[index] = message.every.map(|every| now + every);
        Some(Due::Message(message.say.clone()))
    }

    /// What of a place is worth telling: what got better since it was told last.
    fn better(&mut self, rules: &Treatment, place: Place) -> (Option<u32>, Option<u32>) {
        let better = |new: Option<u32>, told: Option<u32>| new.filter(|new| told.is_none_or(|told| *new < told));
        let minutes = place.wait.filter(|_| rules.wait && place.position.is_some()).map(told_minutes);
        let position = better(place.position.filter(|_| rules.position), self.position);
        let minutes = better(minutes, self.minutes);
        self.position = position.or(self.position);
        self.minutes = minutes.or(self.minutes);
        (position, minutes)
    }
}

/// A prompt of ours.
fn prompt(name: &str) -> Option<Say> {
    name.parse::<PromptId>().ok().map(Say::Prompt)
}

fn telling(position: Option<u32>, minutes: Option<u32>) -> Vec<Say> {
    let place = position
        .into_iter()
        .flat_map(|position| [prompt(POSITION_BEFORE), Some(Say::Number(position)), prompt(POSITION_AFTER)]);
    let wait = minutes
        .into_iter()
        .flat_map(|minutes| [prompt(WAIT_BEFORE), Some(Say::Wait(Duration::from_secs(u64::from(minutes) * 60)))]);
    place.chain(wait).flatten().collect()
}

impl Call {
    /// The caller is in line: hears the announcement, place and wait, then music.
    pub(crate) fn treat(&mut self, now: Instant, announce: Vec<Say>, effects: &mut Vec<Effect>) {
        self.overlay = Overlay::default();
        // Nobody listens where a message waits.
        let Some(line) = self.line.as_ref().filter(|_| self.message.is_none()) else { return };
        let rules = &line.rules.treatment;
        self.overlay.enter(now, rules);
        if rules.tells_place() {
            // The answer comes in the same batch: nothing is heard later for it.
            self.overlay.greeting = Some(announce);
            self.on_treatment_due(now, effects);
        } else {
            self.announce(announce, effects);
        }
    }

    /// The caller waits in another queue: its messages hold, and nothing worse is told than before.
    pub(crate) fn treat_in_another_queue(&mut self, now: Instant) {
        if let Some(line) = &self.line {
            self.overlay.enter(now, &line.rules.treatment);
        }
    }

    /// The line says where the caller stands.
    pub(crate) fn on_place(&mut self, now: Instant, place: Place, effects: &mut Vec<Effect>) {
        let greeting = self.overlay.greeting.take();
        let hears = matches!(self.phase, Phase::Queued | Phase::Offering) && !self.aside;
        let Some(line) = self.line.as_ref().filter(|_| hears) else { return };
        let enters = greeting.is_some();
        let mut items = greeting.unwrap_or_default();
        let (position, minutes) = self.overlay.better(&line.rules.treatment, place);
        if position.is_some() || minutes.is_some() {
            items.extend(telling(position, minutes));
            let seconds = |wait: Duration| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
            let wait_s = place.wait.filter(|_| minutes.is_some()).map(seconds);
            self.event(now, ContactEventKind::Announced { position, wait_s }, effects);
        }
        if enters || !items.is_empty() {
            self.announce(items, effects);
        }
    }

    /// When the treatment wants to be called; nothing interrupts what is being said, or a phone that rings.
    pub(crate) fn treatment_due(&self) -> Option<Instant> {
        let hears_music = self.phase == Phase::Queued && !self.aside && self.announcing.is_none();
        self.overlay.next().filter(|_| hears_music && !self.customer.gone)
    }

    pub(crate) fn on_treatment_due(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some(line) = &self.line else { return };
        match self.overlay.due(now, &line.rules.treatment) {
            Some(Due::Place) => effects.push(Effect::Line(LineEffect::AskPlace)),
            Some(Due::Message(say)) if !say.is_empty() => self.announce(say, effects),
            Some(Due::Message(_)) | None => {}
        }
    }

    /// The caller's digit means something to the flow: it has the caller's ear, and the place is kept.
    pub(crate) fn on_queue_key(&mut self, now: Instant, digit: char, node: NodeId, effects: &mut Vec<Effect>) {
        if !matches!(self.phase, Phase::Queued | Phase::Offering) {
            return;
        }
        self.aside = true;
        self.announcing = None;
        self.event(now, ContactEventKind::QueueKey { digit, node }, effects);
        effects.push(Effect::Media(self.customer.leg, MediaEffect::StopPlay));
    }

    /// The flow is done with the caller, who goes on waiting at the same place.
    pub(crate) fn on_queue_resumed(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some(queue) = self.line.as_ref().map(|line| line.rules.id).filter(|_| self.aside) else { return };
        self.aside = false;
        self.event(now, ContactEventKind::QueueResumed { queue }, effects);
        self.play_music(effects);
    }

    /// The flow takes the caller elsewhere: the place that was kept is given up.
    pub(crate) fn give_up_place(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if !core::mem::take(&mut self.aside) {
            return;
        }
        self.leave_for_another_way(now, effects);
        for index in 0..self.parts.len() {
            if self.parts[index].rings_for_customer() {
                self.drop_ringing(now, index, OfferResult::Withdrawn, effects);
            }
        }
        effects.push(Effect::Line(LineEffect::Left(OfferResult::Withdrawn)));
    }

    /// The caller chose a way that leads out of this queue.
    pub(crate) fn leave_for_another_way(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        self.aside = false;
        self.phase = Phase::InFlow;
        self.sent_away = true;
        self.pop.queue = None;
        if let Some(queue) = self.line.as_ref().map(|line| line.rules.id) {
            self.event(now, ContactEventKind::QueueLeft { queue, reason: ExitReason::Chosen }, effects);
        }
    }
}
