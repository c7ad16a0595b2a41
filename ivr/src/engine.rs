//! Dispatch: which fact does what where.

use crate::api::{Effect, Env, FAILED, Fact, LookupKey, NoteKind, Say};
use crate::node::{Branch, Call, Enqueue, Lookup, Node, Set, SetValue};
use crate::run::{PLAY_MAX, Run, STEPS_MAX, State, is_key};
use crate::scope::QueueReads;
use domain::{Customer, Instant, NodeId, PlayId, Requirement, SkillId};
use std::sync::Arc;

/// What a handler works with.
pub(crate) struct Step<'a> {
    pub(crate) now: Instant,
    pub(crate) env: &'a Env<'a>,
    pub(crate) effects: &'a mut Vec<Effect>,
}

impl Run {
    /// Tells the run a fact.
    pub fn handle(&mut self, now: Instant, fact: Fact, env: &Env<'_>, effects: &mut Vec<Effect>) {
        let step = &mut Step { now, env, effects };
        let next = match fact {
            Fact::Started => (self.state == State::New).then(|| self.flow.start()),
            Fact::Digit(digit) => self.on_digit(digit, step),
            Fact::PlayDone(play) => self.on_play_done(play, step),
            Fact::Found(customer) => self.on_found(customer),
            Fact::Response { number, answer } => self.on_response(number, &answer),
            Fact::Returned(edge) => self.on_returned(edge, step),
            Fact::Callback(booking) => self.on_booking(booking),
            Fact::RecordFailed => self.on_record_failed(),
            Fact::FellSilent => self.on_silent(step),
            Fact::Recorded { recording, voiced_ms } => self.on_recorded(recording, voiced_ms),
            Fact::Taken => self.on_taken(step),
            Fact::Tick => self.on_tick(step),
        };
        self.walk(next, step);
    }

    /// Goes from node to node until one of them waits.
    fn walk(&mut self, mut next: Option<NodeId>, step: &mut Step<'_>) {
        for _ in 0..STEPS_MAX {
            let Some(node) = next else { return };
            next = self.enter(node, step);
        }
        if next.is_some() {
            self.note(NoteKind::Circles);
            self.end(step);
        }
    }

    /// Enters a node; the node that follows at once, if any.
    fn enter(&mut self, id: NodeId, step: &mut Step<'_>) -> Option<NodeId> {
        self.record_node(id);
        self.keyed.clear();
        step.effects.push(Effect::Entered(id));
        let flow = Arc::clone(&self.flow);
        let node = flow.node(id)?;
        self.mask_at(node, step);
        match node {
            Node::Play(play) if play.barge_in && !self.ahead.is_empty() => Some(play.next),
            Node::Play(play) => self.say(&play.say, step),
            Node::Menu(menu) => self.enter_menu(menu, step),
            Node::Collect(collect) => self.enter_collect(collect, step),
            Node::Lookup(lookup) => self.enter_lookup(lookup, step),
            Node::Http(http) => self.say(&http.say, step),
            Node::Branch(branch) => Some(self.choose(branch, step)),
            Node::Set(set) => Some(self.set(set, step)),
            Node::Hours(hours) => self.ask_hours(hours, step),
            Node::QueueInfo(info) => Some(self.take_figures(info, step)),
            Node::Enqueue(enqueue) => self.enqueue(enqueue, step),
            Node::Voicemail(voicemail) => self.say(&voicemail.say, step),
            Node::Record(record) => self.say(&record.say, step),
            Node::Callback(callback) => self.enter_callback(callback, step),
            Node::Survey(survey) => self.enter_survey(survey, step),
            Node::Resume => self.resume(step),
            Node::Transfer(transfer) => self.say(&transfer.say, step),
            Node::HangUp(hangup) => self.say(&hangup.say, step),
            Node::Call(call) => Some(self.call(call)),
            Node::Return => self.go_back(step),
        }
    }

    fn call(&mut self, call: &Call) -> NodeId {
        let caller = core::mem::replace(&mut self.flow, Arc::clone(&call.flow));
        self.calls.push((caller, call.next));
        self.flow.start()
    }

    /// Back to the flow that called this one.
    fn go_back(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        let Some((caller, next)) = self.calls.pop() else {
            if self.lent {
                self.state = State::Over;
                self.secrets.clear();
                step.effects.push(Effect::Returned);
                return None;
            }
            self.note(NoteKind::NobodyCalled);
            return self.end(step);
        };
        self.flow = caller;
        Some(next)
    }

    /// Plays what a node says before it goes on; goes on at once if that is nothing.
    pub(crate) fn say(&mut self, say: &[Say], step: &mut Step<'_>) -> Option<NodeId> {
        match self.play(say, step) {
            Some(play) => {
                self.state = State::Saying { play, until: step.now + PLAY_MAX };
                None
            }
            None => self.said(step),
        }
    }

    /// Starts a playing, unless there is nothing to play.
    pub(crate) fn play(&mut self, say: &[Say], step: &mut Step<'_>) -> Option<PlayId> {
        let items = self.spoken(say, step.env);
        if items.is_empty() {
            return None;
        }
        let play = self.next_play();
        step.effects.push(Effect::Play { play, items, language: self.language });
        Some(play)
    }

    /// What a node does after it has spoken.
    fn said(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        let flow = Arc::clone(&self.flow);
        match flow.node(self.at)? {
            Node::Play(play) => Some(play.next),
            Node::Http(http) => self.request(http, step),
            Node::Voicemail(voicemail) => self.record(voicemail, step),
            Node::Record(record) => self.begin_comment(record, step),
            Node::Hours(_) => self.emergency_said(),
            Node::Transfer(transfer) => {
                self.state = State::Away;
                self.kept = None;
                self.secrets.clear();
                step.effects.push(Effect::Transfer(transfer.to.clone()));
                None
            }
            _ => self.end(step),
        }
    }

    pub(crate) fn end(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        self.state = State::Over;
        self.kept = None;
        self.secrets.clear();
        self.mask(false, step);
        step.effects.push(Effect::HangUp);
        None
    }

    fn on_digit(&mut self, digit: char, step: &mut Step<'_>) -> Option<NodeId> {
        if !is_key(digit) {
            return None;
        }
        if self.swallows(digit, step.now) {
            self.hush = None;
            return None;
        }
        if self.hushes(step.now) {
            return None;
        }
        match self.state {
            State::Asking { .. } => self.on_answer(digit, step),
            State::Saying { .. } => self.on_digit_while_saying(digit, step),
            State::Speaking { .. } => self.on_spoken(step),
            State::New
            | State::Looking { .. }
            | State::Requesting { .. }
            | State::Booking { .. }
            | State::Keeping { .. } => {
                self.keep_ahead(digit);
                None
            }
            State::Queued => self.on_queue_key(digit, step),
            State::Away | State::Over => None,
        }
    }

    fn on_digit_while_saying(&mut self, digit: char, step: &mut Step<'_>) -> Option<NodeId> {
        self.keep_ahead(digit);
        match self.flow.node(self.at) {
            Some(Node::Play(play)) if play.barge_in => {
                step.effects.push(Effect::StopPlay);
                Some(play.next)
            }
            _ => None,
        }
    }

    fn on_play_done(&mut self, done: PlayId, step: &mut Step<'_>) -> Option<NodeId> {
        match self.state {
            State::Saying { play, .. } if play == done => self.said(step),
            State::Asking { play: Some(play), .. } if play == done => {
                self.await_answer(step.now);
                None
            }
            _ => None,
        }
    }

    fn on_found(&mut self, customer: Option<Box<Customer>>) -> Option<NodeId> {
        let late = self.late_lookups > 0;
        self.late_lookups = self.late_lookups.saturating_sub(1);
        let found = customer.is_some();
        if found {
            self.customer = customer;
        }
        // An answer that comes late is kept, but does not answer the look-up that is under way now.
        let State::Looking { .. } = self.state else { return None };
        match self.flow.node(self.at) {
            Some(Node::Lookup(lookup)) if !late => Some(if found { lookup.found } else { lookup.not_found }),
            _ => None,
        }
    }

    fn on_returned(&mut self, edge: &'static str, step: &mut Step<'_>) -> Option<NodeId> {
        if self.goes_round(step.now) {
            self.note(NoteKind::Circles);
            return self.end(step);
        }
        if let Some(kept) = self.kept.as_mut().filter(|_| edge != FAILED) {
            kept.lost = Some(edge);
            return None;
        }
        let back = match (self.state, edge, self.flow.node(self.at)) {
            (State::Queued, edge, Some(Node::Enqueue(enqueue))) => enqueue.exits.way(edge),
            (State::Away, FAILED, Some(Node::Transfer(transfer))) => transfer.failed,
            (State::Queued | State::Away, ..) => None,
            _ => return None,
        };
        if back.is_none() {
            self.note(NoteKind::NoWayBack);
            self.end(step);
        }
        back
    }

    fn on_tick(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        self.deadline().filter(|(at, _)| *at <= step.now)?;
        match self.state {
            State::Saying { .. } => {
                self.note(NoteKind::PlayOverdue);
                step.effects.push(Effect::StopPlay);
                self.said(step)
            }
            State::Asking { play: Some(_), .. } => {
                self.note(NoteKind::PlayOverdue);
                step.effects.push(Effect::StopPlay);
                self.await_answer(step.now);
                None
            }
            State::Asking { .. } => self.on_silence(step),
            State::Looking { .. } => self.on_lookup_late(),
            State::Requesting { .. } => self.on_response_lost(),
            State::Booking { .. } => self.on_booking_late(),
            State::Speaking { .. } => self.on_spoken(step),
            State::Keeping { .. } => self.comment_failed(),
            State::New | State::Queued | State::Away | State::Over => None,
        }
    }

    fn on_lookup_late(&mut self) -> Option<NodeId> {
        self.note(NoteKind::LookupLate);
        self.late_lookups = self.late_lookups.saturating_add(1);
        match self.flow.node(self.at) {
            Some(Node::Lookup(lookup)) => Some(lookup.not_found),
            _ => None,
        }
    }

    fn enter_lookup(&mut self, lookup: &Lookup, step: &mut Step<'_>) -> Option<NodeId> {
        let value = lookup.variable.as_deref().map(|name| self.text_of(name)).unwrap_or_default();
        let nothing = match lookup.by {
            LookupKey::Ani if self.customer.is_some() => return Some(lookup.found),
            LookupKey::Ani => self.context.ani.as_str().is_empty(),
            LookupKey::Account | LookupKey::Number => value.is_empty(),
        };
        if nothing {
            return Some(lookup.not_found);
        }
        self.state = State::Looking { until: step.now + lookup.timeout };
        step.effects.push(Effect::Lookup { by: lookup.by, value });
        None
    }

    fn choose(&mut self, branch: &Branch, step: &Step<'_>) -> NodeId {
        let mut scope = self.scope(step.env, &QueueReads::default());
        for (n, (when, target)) in branch.cases.iter().enumerate() {
            scope.set_queues(step.env, when.reads());
            match when.holds(&scope) {
                Ok(true) => return *target,
                Ok(false) => {}
                Err(error) => self.note(NoteKind::ConditionFailed(n, error)),
            }
        }
        branch.otherwise
    }

    fn set(&mut self, set: &Set, step: &Step<'_>) -> NodeId {
        for (n, (name, value)) in set.values.iter().enumerate() {
            match value {
                SetValue::Text(text) => self.assign(name, crate::Value::Text(text.clone())),
                SetValue::Expression(expression) => match expression.value(&self.scope(step.env, expression.reads())) {
                    Ok(value) => self.assign(name, value),
                    Err(error) => self.note(NoteKind::ValueFailed(n, error)),
                },
            }
        }
        self.language = set.language.unwrap_or(self.language);
        set.next
    }

    fn enqueue(&mut self, enqueue: &Enqueue, step: &mut Step<'_>) -> Option<NodeId> {
        self.state = State::Queued;
        self.kept = None;
        self.ahead.clear();
        self.secrets.clear();
        let announce = self.spoken(&enqueue.announce, step.env);
        step.effects.push(Effect::Enqueue {
            queue: enqueue.queue,
            priority: enqueue.priority,
            requirement: enqueue.requirement.clone(),
            skills: enqueue.requirement.as_ref().map(skills).unwrap_or_default(),
            announce,
            music: enqueue.music,
            language: self.language,
        });
        None
    }
}

/// The skills needed at first.
fn skills(requirement: &Requirement) -> Vec<SkillId> {
    requirement.rings().first().map(|ring| ring.need.iter().map(|(skill, _)| *skill).collect()).unwrap_or_default()
}
