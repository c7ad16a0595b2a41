//! Calling a customer back: a contact that waits in line without anybody on the telephone, until an agent is found for it.

use crate::api::{
    CallbackFact, CallbackMode, CallbackRules, CallbackStart, Dial, Effect, LegEffect, LineEffect, MediaEffect, Phase,
};
use crate::engine::{Call, Line};
use crate::legs::Far;
use crate::part::Stage;
use core::time::Duration;
use domain::{
    AgentId, Ani, CallbackCancel, CallbackOrder, CallbackState, Cause, Channel, ContactEventKind, ContactId, EndedBy,
    ExitReason, Instant, Language, LegId, OfferResult, Outcome, Priority, QueueId, Redacted, Requirement,
};

/// How long a call back rests whose queue lets nobody in, or that cannot be dialled at the moment.
const REST: Duration = Duration::from_secs(60);

/// What a call back waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Its first event is to be kept.
    Stored,
    /// A time.
    Until(Instant),
    /// The customer is on the line elsewhere; then this time.
    Suspended(Instant),
    /// An agent: it is in line, or one was found.
    Agent,
}

/// A call back, beside what every call has.
#[derive(Debug)]
pub(crate) struct Callback {
    order: CallbackOrder,
    rules: CallbackRules,
    wait: Wait,
    due: Instant,
    attempts: u8,
    dial: Option<Box<Dial>>,
    /// When the customer's phone began to ring, while it does.
    ringing: Option<Instant>,
    on_line: bool,
}

impl Callback {
    pub fn deadline(&self) -> Option<Instant> {
        match (self.ringing, self.wait) {
            (Some(since), _) => Some(since + self.rules.ring),
            (None, Wait::Until(at)) => Some(at),
            _ => None,
        }
    }

    pub fn agent(&self) -> Option<AgentId> {
        self.order.agent
    }
}

impl Call {
    /// A call back that somebody asked for, or that is taken up again after a restart.
    #[must_use]
    pub fn callback(now: Instant, start: CallbackStart, effects: &mut Vec<Effect>) -> Self {
        let CallbackStart { contact, leg, recording, first_play, order, rules, queue, due, since, .. } = start;
        let (language, restored) = (order.language.unwrap_or(start.default_language), start.restored);
        let pop = domain::ScreenPop {
            contact,
            ani: Ani::new(order.number.as_str()),
            caller_name: Redacted::default(),
            dnis: order.number.clone(),
            channel: Channel::Callback,
            queue: Some(queue.id),
            customer: None,
            path: Vec::new(),
            digits: Vec::new(),
            started: now,
            queued: Some(since),
            outgoing: true,
            signalled: domain::Signalled::default(),
            message: None,
        };
        let mut call = Self::new(now, pop, leg, recording, first_play, language);
        call.phase = Phase::Pending;
        call.line = Some(Line { rules: queue, priority: order.priority, requirement: order.requirement.clone() });
        let (attempts, wait) = match restored {
            Some(restored) => {
                call.resume_numbering(restored.events);
                call.pop.started = restored.started;
                call.customer.stored = true;
                (restored.attempts, Wait::Until(due))
            }
            None => (0, Wait::Stored),
        };
        let (dial, ringing) = (None, None);
        let asked = ContactEventKind::CallbackRequested(Box::new(order.clone()));
        call.callback = Some(Callback { order, rules, wait, due, attempts, dial, ringing, on_line: false });
        if wait == Wait::Stored {
            call.event(now, call.callback_started(), effects);
            call.event(now, asked, effects);
        } else {
            call.event(now, ContactEventKind::Restored, effects);
        }
        call
    }

    fn callback_started(&self) -> ContactEventKind {
        ContactEventKind::Started {
            channel: Channel::Callback,
            ani: self.pop.ani.clone(),
            caller_name: Redacted::default(),
            dnis: self.pop.dnis.clone(),
            entry_point: None,
            trunk: None,
            dialled_by: None,
        }
    }

    /// Whether this is a call back, and how far it is.
    #[must_use]
    pub fn callback_state(&self) -> Option<CallbackState> {
        let callback = self.callback.as_ref()?;
        Some(match (self.phase, callback.wait) {
            _ if callback.on_line => CallbackState::Talking,
            (Phase::Pending, Wait::Suspended(_)) => CallbackState::Suspended,
            (Phase::Pending, _) => CallbackState::Scheduled,
            (Phase::Queued, _) => CallbackState::InLine,
            _ => CallbackState::Trying,
        })
    }

    /// What the call back is to do, how often the customer was called, and when it is due next.
    #[must_use]
    pub fn callback_order(&self) -> Option<(&CallbackOrder, u8, Instant)> {
        self.callback.as_ref().map(|callback| (&callback.order, callback.attempts, callback.due))
    }

    /// The contact's channel.
    pub(crate) fn channel(&self) -> Channel {
        self.pop.channel
    }

    /// What the caller asked of this queue, if it was in its line.
    #[must_use]
    pub fn asked_in(&self, queue: QueueId) -> (Priority, Option<Requirement>) {
        let line = self.line.as_ref().filter(|line| line.rules.id == queue);
        line.map_or((Priority(0), None), |line| (line.priority, line.requirement.clone()))
    }

    /// The customer's leg.
    #[must_use]
    pub fn customer_leg(&self) -> LegId {
        self.customer.leg
    }

    /// The customer's language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.customer.language
    }

    /// A customer who did not say in which language is called back in their own.
    pub(crate) fn call_back_in(&mut self, language: Language) {
        if self.callback.as_ref().is_some_and(|callback| callback.order.language.is_none()) {
            self.customer.language = language;
        }
    }

    /// Whoever is reserved for it must be told how the customer is called.
    #[must_use]
    pub fn must_dial(&self) -> bool {
        self.callback.as_ref().is_some_and(|callback| !callback.on_line && callback.ringing.is_none())
    }

    /// How much longer than others an offer of it lasts: the customer's phone rings first.
    #[must_use]
    pub fn rings_customer_first(&self) -> Option<Duration> {
        let callback = self.callback.as_ref().filter(|callback| !callback.on_line)?;
        (callback.rules.mode == CallbackMode::CustomerFirst).then_some(callback.rules.ring)
    }

    pub(crate) fn on_callback_stored(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some(callback) = &mut self.callback else { return };
        if callback.wait == Wait::Stored {
            callback.wait = Wait::Until(callback.due);
            self.on_callback_tick(now, effects);
        }
    }

    pub(crate) fn on_callback_tick(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some(callback) = &mut self.callback else { return };
        match (callback.ringing, callback.wait) {
            (Some(since), _) if now >= since + callback.rules.ring => {
                effects.push(Effect::Leg(self.customer.leg, LegEffect::HangUp(Cause::NoAnswer)));
                self.on_callback_missed(now, Cause::NoAnswer, effects);
            }
            (None, Wait::Until(at)) if now >= at => {
                callback.wait = Wait::Agent;
                let sticky = callback.agent();
                if let Some(line) = self.line.clone() {
                    self.enqueue(now, line, sticky, effects);
                }
            }
            _ => {}
        }
    }

    /// Keeps how the customer is to be called.
    pub(crate) fn take_dial(&mut self, dial: Option<Box<Dial>>) {
        if let (Some(callback), Some(dial)) = (&mut self.callback, dial) {
            callback.dial = Some(dial);
        }
    }

    /// An agent was found who is rung only when the customer is on the line: calls the customer. True if so.
    pub(crate) fn dials_first(&mut self, now: Instant, effects: &mut Vec<Effect>) -> bool {
        let Some(callback) = &self.callback else { return false };
        if callback.on_line || callback.rules.mode == CallbackMode::AgentFirst {
            return false;
        }
        if callback.ringing.is_none() {
            self.dial_back(now, None, effects);
        }
        true
    }

    /// The agent is on the line: calls the customer. False: the customer is there, or is not to be called.
    pub(crate) fn dials_now(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) -> bool {
        if self.callback.as_ref().is_none_or(|callback| callback.on_line) {
            return false;
        }
        // From here on it is a call that the agent dials: the offer is over.
        self.parts[index].offer = None;
        self.phase = Phase::Connected;
        let leg = self.parts[index].leg;
        self.dial_back(now, leg, effects);
        self.tell(index, effects);
        true
    }

    fn dial_back(&mut self, now: Instant, agent: Option<LegId>, effects: &mut Vec<Effect>) {
        let Some(callback) = &mut self.callback else { return };
        let Some(dial) = callback.dial.take() else {
            return self.on_callback_missed(now, Cause::Unreachable, effects);
        };
        callback.attempts += 1;
        callback.ringing = Some(now);
        let attempt = callback.attempts;
        self.customer.leg = dial.leg;
        self.customer.opened = true;
        self.anew(dial.recording);
        self.far = Some(Far::joined(dial.leg, dial.phone, now));
        self.event(now, ContactEventKind::CallbackDialled { attempt }, effects);
        effects.push(Effect::Media(dial.leg, MediaEffect::Open { browser: false, offer: None }));
        if let Some(leg) = agent {
            self.play_ringback(leg, effects);
        }
    }

    /// The customer answered. True: no agent is on the line yet, and those who were found are rung now.
    pub(crate) fn callback_answered(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(callback) = &mut self.callback else { return false };
        callback.ringing = None;
        callback.on_line = true;
        let waits = |part: &&crate::part::Part| part.stage == Stage::Ringing && part.offer.is_some();
        let ring: Vec<_> = self.parts.iter().filter(waits).filter_map(|part| Some((part.leg?, part.browser))).collect();
        if self.parts.iter().any(|part| part.stage == Stage::Ringing && part.answered) {
            return false;
        }
        self.play_music(effects);
        for (leg, browser) in ring {
            effects.push(Effect::Media(leg, MediaEffect::Open { browser, offer: None }));
        }
        true
    }

    /// The leg is one of an attempt that is over: what is still heard of it concerns nobody.
    pub(crate) fn attempt_is_over(&self) -> bool {
        self.callback.is_some() && !self.customer.opened
    }

    /// The customer could not be reached, or the agent says so: later again, or never. False: this is no such call, or the
    /// customer has talked and is gone for good.
    pub(crate) fn misses_callback(&mut self, now: Instant, cause: Cause, effects: &mut Vec<Effect>) -> bool {
        let missed = self.callback.as_ref().is_some_and(|callback| callback.ringing.is_some());
        if missed {
            self.on_callback_missed(now, cause, effects);
        }
        missed
    }

    /// Ends the attempt.
    pub(crate) fn on_callback_missed(&mut self, now: Instant, cause: Cause, effects: &mut Vec<Effect>) {
        self.leave_attempt(now, cause, effects);
        let Some(callback) = &mut self.callback else { return };
        let (attempt, rules) = (callback.attempts, callback.rules);
        if attempt >= rules.attempts {
            self.event(now, ContactEventKind::CallbackMissed { attempt, cause, again_ms: None }, effects);
            return self.end_callback((Outcome::Unanswered, EndedBy::System));
        }
        let pause = if attempt == 0 { REST } else { rules.pause };
        self.rest(now, pause);
        let again_ms = u64::try_from(pause.as_millis()).ok();
        self.event(now, ContactEventKind::CallbackMissed { attempt, cause, again_ms }, effects);
    }

    /// Takes everybody off the line, and the contact out of it.
    fn leave_attempt(&mut self, now: Instant, cause: Cause, effects: &mut Vec<Effect>) {
        let Some(callback) = &mut self.callback else { return };
        (callback.ringing, callback.on_line) = (None, false);
        self.far = None;
        if core::mem::take(&mut self.customer.opened) {
            effects.push(Effect::Media(self.customer.leg, MediaEffect::Close));
        }
        let waits = matches!(self.phase, Phase::Queued | Phase::Offering);
        for index in 0..self.parts.len() {
            match (self.parts[index].stage, self.parts[index].offer) {
                (Stage::Ringing, Some(_)) => self.drop_ringing(now, index, OfferResult::Withdrawn, effects),
                (Stage::Ringing | Stage::Talking | Stage::Held, _) => self.end_part(now, index, cause, effects),
                (Stage::WrapUp | Stage::Ended, _) => {}
            }
        }
        if waits {
            effects.push(Effect::Line(LineEffect::Left(OfferResult::Withdrawn)));
        }
        self.stop_tape(effects);
        self.settle_rooms(effects);
        self.ever_connected = false;
    }

    fn rest(&mut self, now: Instant, pause: Duration) {
        self.phase = Phase::Pending;
        if let Some(callback) = &mut self.callback {
            callback.due = now + pause;
            callback.wait = Wait::Until(callback.due);
        }
    }

    fn end_callback(&mut self, outcome: (Outcome, EndedBy)) {
        self.phase = Phase::Ending;
        self.customer.gone = true;
        self.outcome = Some(outcome);
    }

    /// The queue lets nobody in: the call back rests and asks again. True if this is one that nobody waits for on the line.
    pub(crate) fn callback_turned_away(
        &mut self,
        now: Instant,
        queue: QueueId,
        reason: ExitReason,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if self.callback.as_ref().is_none_or(|callback| callback.on_line) {
            return false;
        }
        self.event(now, ContactEventKind::QueueLeft { queue, reason }, effects);
        self.rest(now, REST);
        true
    }

    /// The customer came to the line elsewhere, or has left it.
    pub(crate) fn suspend_callback(&mut self, now: Instant, suspended: bool, effects: &mut Vec<Effect>) {
        let Some(callback) = &mut self.callback else { return };
        match (suspended, callback.wait) {
            (true, Wait::Until(at)) => callback.wait = Wait::Suspended(at),
            (true, Wait::Stored) => callback.wait = Wait::Suspended(callback.due),
            (true, Wait::Agent) if callback.ringing.is_none() && !callback.on_line => {
                callback.wait = Wait::Suspended(now);
                self.leave_attempt(now, Cause::Cancelled, effects);
                self.phase = Phase::Pending;
                self.event(now, ContactEventKind::CallbackSuspended, effects);
            }
            // Nobody is offered it before its first event is kept.
            (false, Wait::Suspended(_)) if !self.customer.stored => callback.wait = Wait::Stored,
            (false, Wait::Suspended(at)) => {
                callback.wait = Wait::Until(at.max(now));
                self.on_callback_tick(now, effects);
            }
            _ => {}
        }
    }

    /// It is not to be made. One in which the customer is on the line is left alone.
    pub(crate) fn cancel_callback(
        &mut self,
        now: Instant,
        why: CallbackCancel,
        by: EndedBy,
        effects: &mut Vec<Effect>,
    ) {
        let Some(callback) = self.callback.as_ref().filter(|callback| !callback.on_line) else { return };
        if self.customer.gone {
            return;
        }
        if callback.ringing.is_some() {
            effects.push(Effect::Leg(self.customer.leg, LegEffect::HangUp(Cause::Cancelled)));
        }
        self.leave_attempt(now, Cause::Cancelled, effects);
        self.event(now, ContactEventKind::CallbackCancelled { why }, effects);
        self.end_callback((Outcome::Cancelled, by));
    }

    /// The agent reached a machine, or the wrong moment: the customer is called again later.
    pub(crate) fn try_again(&mut self, now: Instant, effects: &mut Vec<Effect>) -> bool {
        let on_line = self.callback.as_ref().is_some_and(|callback| callback.on_line || callback.ringing.is_some());
        if on_line {
            effects.push(Effect::Leg(self.customer.leg, LegEffect::HangUp(Cause::Normal)));
            self.on_callback_missed(now, Cause::NoAnswer, effects);
        }
        on_line
    }

    pub(crate) fn on_callback(&mut self, now: Instant, fact: CallbackFact, effects: &mut Vec<Effect>) {
        match fact {
            CallbackFact::Suspended => self.suspend_callback(now, true, effects),
            CallbackFact::Resumed => self.suspend_callback(now, false, effects),
            CallbackFact::NoWay if self.must_dial() => self.on_callback_missed(now, Cause::Unreachable, effects),
            CallbackFact::NoWay => {}
            CallbackFact::Cancelled(why, by) => self.cancel_callback(now, why, by, effects),
        }
    }

    /// The customer of this call is called back by another contact, which takes the place in line.
    pub(crate) fn on_booked(&mut self, now: Instant, callback: ContactId, queue: QueueId, effects: &mut Vec<Effect>) {
        if self.customer.gone {
            return;
        }
        self.settled = Some(Outcome::Callback);
        self.event(now, ContactEventKind::CallbackBooked { callback, queue }, effects);
        self.give_up_place(now, effects);
    }

    /// The customer of this call leaves a message, which waits in another contact.
    pub(crate) fn on_left_message(
        &mut self,
        now: Instant,
        voicemail: ContactId,
        queue: QueueId,
        effects: &mut Vec<Effect>,
    ) {
        if self.customer.gone {
            return;
        }
        self.settled = Some(Outcome::Voicemail);
        self.event(now, ContactEventKind::VoicemailLeft { voicemail, queue }, effects);
        self.give_up_place(now, effects);
    }
}
