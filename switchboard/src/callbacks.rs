//! Calls back: who is to be called, that nobody is called twice at once, and whether one may be offered.

use crate::api::Effect;
use crate::engine::{Job, Live, Switchboard};
use crate::numbers::{Numbers, digits};
use acd::callback::{Load, Standing};
use call::api::{CallbackFact, CallbackStart, Dial, Restored};
use core::time::Duration;
use domain::{
    CallbackCancel, CallbackOrder, CallbackRefusal, CallbackState, CallbackView, CommandError, ContactEvent,
    ContactEventKind, ContactId, Dnis, EndedBy, Instant, QueueId, Redacted, WallTime,
};
use ivr::api::Booking;
use std::collections::BTreeMap;

/// Calls back that the floor shows.
const SHOWN: usize = 200;
/// Numbers whose last call is remembered; those called longest ago are forgotten first.
const REMEMBERED: usize = 10_000;

/// What a call back that is open at a start has behind it, from the history.
pub type PastEvents = (ContactId, Vec<(u32, WallTime, ContactEventKind)>);

/// Since when a contact has waited, by its events.
fn waits_since(events: &[(u32, WallTime, ContactEventKind)]) -> i64 {
    let asked = events.iter().find_map(|(_, at, kind)| match kind {
        ContactEventKind::CallbackRequested(order) => {
            Some(at.as_micros().saturating_sub_unsigned(order.age_ms.saturating_mul(1_000)))
        }
        _ => None,
    });
    asked.or_else(|| events.first().map(|(_, at, _)| at.as_micros())).unwrap_or(i64::MAX)
}

/// What is remembered of calls back and of those who may want one.
#[derive(Debug, Default)]
pub(crate) struct Callbacks {
    /// Those that are not over.
    open: BTreeMap<ContactId, (QueueId, String)>,
    /// The same by number.
    numbers: Numbers,
    /// Calls in progress with somebody who is to be called back.
    lines: BTreeMap<ContactId, ContactId>,
    /// When each number was last called.
    dialled: BTreeMap<String, Instant>,
    load: BTreeMap<QueueId, Load>,
    /// How often flows were told that none is offered.
    not_offered: BTreeMap<QueueId, BTreeMap<CallbackRefusal, u64>>,
}

impl Callbacks {
    fn of_number(&self, number: &str) -> Option<ContactId> {
        self.numbers.contact(number)
    }

    fn add(&mut self, contact: ContactId, queue: QueueId, number: &str) {
        self.remove(contact);
        self.numbers.insert(contact, number);
        self.open.insert(contact, (queue, number.to_owned()));
    }

    fn remove(&mut self, contact: ContactId) {
        if let Some((_, number)) = self.open.remove(&contact) {
            self.numbers.remove(contact, &number);
        }
    }

    pub(crate) fn of_queue(&self, queue: QueueId) -> u32 {
        self.open.values().filter(|(of, _)| *of == queue).count() as u32
    }

    /// A flow was told that the queue offers none.
    pub(crate) fn refused(&mut self, queue: QueueId, why: CallbackRefusal) {
        *self.not_offered.entry(queue).or_default().entry(why).or_default() += 1;
    }

    /// How often flows were told that the queue offers none, by reason.
    pub(crate) fn refusals(&self, queue: QueueId) -> BTreeMap<CallbackRefusal, u64> {
        self.not_offered.get(&queue).cloned().unwrap_or_default()
    }

    fn remember_dial(&mut self, number: String, now: Instant) {
        self.dialled.insert(number, now);
        if self.dialled.len() > REMEMBERED
            && let Some(oldest) = self.dialled.iter().min_by_key(|(_, at)| **at).map(|(number, _)| number.clone())
        {
            self.dialled.remove(&oldest);
        }
    }
}

impl Switchboard {
    /// Notes what an event says about calls back.
    pub(crate) fn watch_callbacks(&mut self, event: &ContactEvent) {
        let (contact, now) = (event.contact, event.at);
        match &event.kind {
            ContactEventKind::Started { ani, dnis, dialled_by, channel: domain::Channel::Voice, .. } => {
                let number = if dialled_by.is_some() { dnis.as_str() } else { ani.as_str() };
                if let Some(callback) = self.callbacks.of_number(number) {
                    self.hold_back(contact, callback);
                }
            }
            ContactEventKind::CallbackBooked { callback, .. } => self.hold_back(contact, *callback),
            ContactEventKind::CallbackRequested(order) => {
                self.callbacks.add(contact, order.queue, order.number.as_str());
            }
            ContactEventKind::CallbackDialled { .. } => {
                if let Some((_, number)) = self.callbacks.open.get(&contact) {
                    let number = digits(number);
                    self.callbacks.remember_dial(number, now);
                }
            }
            ContactEventKind::Queued { queue, .. } if self.is_live(contact) => {
                self.callbacks.load.entry(*queue).or_default().arrived(now);
            }
            ContactEventKind::Connected { .. } => self.on_reached(contact),
            ContactEventKind::CustomerLeft { .. } => {
                self.message_spoken(contact);
                let callback = self.callbacks.lines.remove(&contact);
                // Another call of the same number may still be there.
                let free = |callback: &ContactId| !self.callbacks.lines.values().any(|other| other == callback);
                if let Some(callback) = callback.filter(free) {
                    self.tell_callback(callback, CallbackFact::Resumed);
                }
            }
            ContactEventKind::Closed { .. } => self.callbacks.remove(contact),
            _ => {}
        }
    }

    /// Whether the customer of this contact is on the telephone.
    fn is_live(&self, contact: ContactId) -> bool {
        self.calls.get(&contact).is_some_and(|live| live.call.pop().channel == domain::Channel::Voice)
    }

    fn tell_callback(&mut self, callback: ContactId, fact: CallbackFact) {
        self.jobs.push_back(Job::Call(callback, call::Fact::Callback(fact)));
    }

    fn hold_back(&mut self, caller: ContactId, callback: ContactId) {
        self.callbacks.lines.insert(caller, callback);
        self.tell_callback(callback, CallbackFact::Suspended);
    }

    /// A customer talks with an agent: nobody needs to call any more.
    fn on_reached(&mut self, contact: ContactId) {
        if self.callbacks.open.is_empty() || !self.is_live(contact) {
            return;
        }
        let by_number = self.callbacks.lines.remove(&contact);
        let customer = self.customer_of(contact);
        let by_customer = || {
            let same = |callback: &&ContactId| customer.is_some() && self.customer_of(**callback) == customer;
            self.callbacks.open.keys().find(same).copied()
        };
        if let Some(callback) = by_number.or_else(by_customer) {
            self.tell_callback(callback, CallbackFact::Cancelled(CallbackCancel::Reached, EndedBy::System));
        }
    }

    fn customer_of(&self, contact: ContactId) -> Option<domain::CustomerId> {
        self.calls.get(&contact)?.call.pop().customer.as_ref().map(|customer| customer.id)
    }

    /// The call back that the customer of this call has a place in line with.
    pub(crate) fn place_kept_for(&self, contact: ContactId, queue: QueueId) -> Option<Instant> {
        let callback = self.callbacks.lines.get(&contact)?;
        let call = &self.calls.get(callback)?.call;
        call.pop().queued.filter(|_| call.pop().queue == Some(queue))
    }

    /// Whether a caller may be offered a call back by this queue; `None`: it never offers one.
    pub(crate) fn offers_callback(&self, now: Instant, queue: QueueId) -> Option<Result<(), CallbackRefusal>> {
        let offer = self.rules.callbacks.get(&queue)?;
        let standing = Standing {
            staffed: self.acd.queue_state(queue).map_or(0, |state| state.staffed),
            expected_s: self.watch.expected_in(now, &self.acd, queue).map(|forecast| forecast.mean_s),
            open: self.callbacks.of_queue(queue),
            handle_s: self.mean_handle_s(queue),
            rate: self.callbacks.load.get(&queue).map_or(0.0, |load| load.rate(now)),
        };
        Some(offer.test().offers(&standing))
    }

    /// How long an agent has a contact of this queue in hand, on average today.
    fn mean_handle_s(&self, queue: QueueId) -> Option<f64> {
        let figures = self.day.figures(queue).filter(|figures| figures.answered > 0)?;
        let sum = figures.talk_ms + figures.hold_ms + figures.acw_ms;
        Some(sum as f64 / figures.answered as f64 / 1_000.0)
    }

    /// Books a call back. One for the same number stays as it is, with its age, unless a time or an agent is named.
    ///
    /// # Errors
    /// The engine stops, or there is no such queue, agent or number, or no way to call it.
    pub(crate) fn book_callback(
        &mut self,
        now: Instant,
        order: CallbackOrder,
        out: &mut Vec<Effect>,
    ) -> Result<ContactId, CommandError> {
        if self.draining {
            return Err(CommandError::Draining);
        }
        if !self.rules.queues.contains_key(&order.queue) {
            return Err(CommandError::UnknownQueue);
        }
        if order.agent.is_some_and(|agent| !self.directory.agents.contains_key(&agent)) {
            return Err(CommandError::UnknownAgent);
        }
        self.dialled(&order.number)?;
        if let Some(before) = self.callbacks.of_number(order.number.as_str()) {
            let state = self.calls.get(&before).and_then(|live| live.call.callback_state());
            if order.at.is_none() && order.agent.is_none() || state == Some(CallbackState::Talking) {
                return Ok(before);
            }
            let replaced = CallbackFact::Cancelled(CallbackCancel::Replaced, EndedBy::System);
            self.tell_call(now, before, call::Fact::Callback(replaced), out);
        }
        let contact = self.new_contact();
        let number = order.number.clone();
        self.open_callback(now, contact, order, None, out);
        self.lookup_arrival(contact, number.as_str(), out);
        Ok(contact)
    }

    /// Books a call back for a caller, whose place in line it takes over; the flow goes on when it is kept.
    pub(crate) fn book_for_caller(
        &mut self,
        now: Instant,
        caller: ContactId,
        queue: QueueId,
        number: String,
        out: &mut Vec<Effect>,
    ) {
        let Some(live) = self.calls.get(&caller) else { return };
        let pop = live.call.pop();
        let age = pop.queued.map_or(Duration::ZERO, |since| now.since(since));
        let (priority, requirement) = live.call.asked_in(queue);
        let order = CallbackOrder {
            queue,
            number: Dnis::new(if number.is_empty() { pop.ani.as_str().to_owned() } else { number }),
            from: Some(caller),
            age_ms: u64::try_from(age.as_millis()).unwrap_or(u64::MAX),
            priority,
            requirement,
            language: Some(live.run.as_ref().map_or(live.call.language(), ivr::Run::language)),
            at: None,
            agent: None,
        };
        let offers = self.offers_callback(now, queue);
        if let Some(Err(why)) = offers {
            self.callbacks.refused(queue, why);
        }
        let offered = offers == Some(Ok(()));
        let known = self.callbacks.open.len();
        let booked = if offered { self.book_callback(now, order, out) } else { Err(CommandError::WrongState) };
        let answer = match booked {
            Ok(callback) => {
                self.tell_call(now, caller, call::Fact::Booked { callback, queue }, out);
                // A new one is promised when it is kept; one that stood already is there.
                (self.callbacks.open.len() == known).then_some(Booking::Booked)
            }
            Err(CommandError::BadNumber) => Some(Booking::BadNumber),
            Err(_) => Some(Booking::Refused),
        };
        if let Some(answer) = answer {
            self.jobs.push_back(Job::Flow(caller, ivr::api::Fact::Callback(answer)));
        }
    }

    /// The moment of a wall time, or the earliest there is.
    pub(crate) fn moment(&self, at: WallTime) -> Instant {
        let since = at.as_micros().saturating_sub(self.wall_at_start.as_micros());
        Instant::from_micros(u64::try_from(since).unwrap_or(0))
    }

    fn open_callback(
        &mut self,
        now: Instant,
        contact: ContactId,
        order: CallbackOrder,
        restored: Option<Past>,
        out: &mut Vec<Effect>,
    ) {
        let Some(queue) = self.rules.queues.get(&order.queue).map(|queue| queue.rules.clone()) else { return };
        let offer = self.rules.callbacks.get(&order.queue).copied().unwrap_or_default();
        let agreed = order.at.map(|at| self.moment(at));
        let asked = restored.as_ref().map_or(now, |past| past.asked);
        // One for a time that was agreed is due then, and its age counts from there.
        let since = agreed.unwrap_or(asked) - Duration::from_millis(order.age_ms);
        let rested = self.callbacks.dialled.get(&digits(order.number.as_str())).map(|at| *at + offer.quarantine);
        let again = restored.as_ref().and_then(|past| past.again);
        let due = [agreed, rested, again].into_iter().flatten().fold(now, Instant::max);
        let start = CallbackStart {
            contact,
            leg: self.new_leg(contact),
            recording: self.new_recording(),
            first_play: self.draw_u64() | (1 << 63),
            order,
            default_language: self.rules.default_language,
            rules: offer.rules,
            queue,
            due,
            since,
            restored: restored.map(|past| past.restored),
        };
        let recording = start.recording;
        let mut effects = Vec::new();
        let call = call::Call::callback(now, start, &mut effects);
        self.add_call(contact, Live { call, run: None, resting: None, wake: None, recording, comments: Vec::new() });
        self.run_call_effects(now, contact, effects, out);
        self.reschedule(contact);
    }

    /// Takes up calls back and messages that were open when the engine stopped. Call it once, before the first call.
    pub fn restore(&mut self, now: Instant, mut past: Vec<PastEvents>, out: &mut Vec<Effect>) {
        past.sort_by_key(|(contact, events)| (waits_since(events), *contact));
        for (n, (contact, events)) in (0..).zip(past) {
            // An agent may be ready at once: whoever has waited longest asks first.
            let now = now + Duration::from_micros(n);
            let Some((order, past)) = self.read_past(&events) else {
                self.restore_message(now, contact, &events, out);
                continue;
            };
            let number = order.number.clone();
            self.callbacks.add(contact, order.queue, number.as_str());
            if let Some(at) = past.dialled {
                self.callbacks.remember_dial(digits(number.as_str()), at);
            }
            self.open_callback(now, contact, order, Some(past), out);
            self.lookup_arrival(contact, number.as_str(), out);
        }
    }

    fn read_past(&self, events: &[(u32, WallTime, ContactEventKind)]) -> Option<(CallbackOrder, Past)> {
        let (mut order, mut attempts, mut again, mut dialled) = (None, 0, None, None);
        let mut asked = WallTime::default();
        for (_, at, kind) in events {
            match kind {
                ContactEventKind::CallbackRequested(wanted) => (order, asked) = (Some(wanted.as_ref().clone()), *at),
                ContactEventKind::CallbackDialled { attempt } => {
                    (attempts, dialled) = (*attempt, Some(self.moment(*at)));
                }
                ContactEventKind::CallbackMissed { again_ms, .. } => {
                    again = again_ms.map(|ms| self.moment(*at) + Duration::from_millis(ms));
                }
                _ => {}
            }
        }
        let asked = self.moment(asked);
        let restored = Restored { events: events.last()?.0, attempts, started: asked };
        Some((order?, Past { asked, again, dialled, restored }))
    }

    /// Takes a call back away.
    pub(crate) fn withdraw_callback(
        &mut self,
        now: Instant,
        contact: ContactId,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let live = self.calls.get(&contact).ok_or(CommandError::UnknownContact)?;
        match live.call.callback_state() {
            None => return Err(CommandError::UnknownContact),
            Some(CallbackState::Talking) => return Err(CommandError::WrongState),
            Some(_) => {}
        }
        let fact = CallbackFact::Cancelled(CallbackCancel::Withdrawn, EndedBy::Agent);
        self.tell_call(now, contact, call::Fact::Callback(fact), out);
        Ok(())
    }

    /// How the customer of a call back is called: a leg, and a recording for it. `None`: not at the moment.
    pub(crate) fn dial_for(&mut self, contact: ContactId) -> Option<Box<Dial>> {
        let number = self.calls.get(&contact).map(|live| live.call.pop().dnis.clone())?;
        let phone = self.dialled(&number).ok()?;
        let (leg, recording) = (self.new_leg_to(contact, &phone), self.new_recording());
        self.directory.recordings.insert(recording, contact);
        if let Some(live) = self.calls.get_mut(&contact) {
            live.recording = recording;
        }
        Some(Box::new(Dial { leg, phone, recording }))
    }

    /// The number is being called, or its customer is on the line: an agent may not dial it now.
    pub(crate) fn is_being_called(&self, number: &Dnis) -> bool {
        let state = |callback| self.calls.get(&callback).and_then(|live| live.call.callback_state());
        let busy = |state| matches!(state, CallbackState::Trying | CallbackState::Talking);
        self.callbacks.of_number(number.as_str()).and_then(state).is_some_and(busy)
    }

    /// Calls back that are not over, by the time when they are due.
    pub(crate) fn callbacks_shown(&self) -> Vec<CallbackView> {
        let view = |contact: &ContactId| {
            let call = &self.calls.get(contact)?.call;
            let (order, attempts, due) = call.callback_order()?;
            Some(CallbackView {
                contact: *contact,
                queue: order.queue,
                number: Redacted(order.number.as_str().to_owned()),
                customer: call.pop().customer.as_ref().map(|customer| customer.name.clone()),
                state: call.callback_state()?,
                attempts,
                due,
                since: call.pop().queued?,
                agent: call.agent().or(order.agent),
            })
        };
        let mut shown: Vec<CallbackView> = self.callbacks.open.keys().filter_map(view).collect();
        shown.sort_by_key(|view| (view.due, view.contact));
        shown.truncate(SHOWN);
        shown
    }
}

/// What the history says of a call back.
struct Past {
    asked: Instant,
    again: Option<Instant>,
    dialled: Option<Instant>,
    restored: Restored,
}
