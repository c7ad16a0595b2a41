//! Contacts whose customers are not on the line: those to be called back, and messages; and who becomes one.

use super::contacts::{Apart, Contact, NEVER, Phase, Way};
use super::events::What;
use super::floor::Served;
use super::replication::Replication;
use super::tally::{Exit, Tally};
use super::treatment::Back;
use acd::api::{Arrival, Fact};
use acd::callback::{Load, Standing};
use core::time::Duration;
use domain::{Channel, Instant, OfferId, OfferResult};

/// How long a call back or a message rests whose queue lets nobody in, in microseconds.
const REST: u64 = 60_000_000;
/// One that has rested so often stays open: nobody will ever take it.
const RESTS_MAX: u16 = 1_440;

/// What a queue's test for calls back goes by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Today {
    load: Load,
    /// Live contacts answered.
    answered: u64,
    /// Their talk and after-contact work so far.
    handled_ms: u64,
    /// Calls back that are not over.
    open: u32,
}

/// A number between 0 and 1 that follows from another one; each purpose has its own (SplitMix64).
fn drawn(luck: f64, purpose: u64) -> f64 {
    let mut z = luck.to_bits().wrapping_add(purpose.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 1.0 / (1_u64 << 54) as f64
}

/// Purposes of [`drawn`]; tries count from [`TRIES`].
const RINGS_IN: u64 = 0;
const RINGS_IN_AFTER: u64 = 1;
const SECOND_PATIENCE: u64 = 2;
const TRIES: u64 = 16;

impl Apart {
    /// Of a contact that arrives now and has nothing before it.
    pub(super) const fn plain(now: u64) -> Self {
        Self {
            accepts: false,
            leaves: false,
            luck: 0.0,
            asked: now,
            next_at: NEVER,
            voicemail_at: NEVER,
            rings_in_at: NEVER,
            dialled_at: NEVER,
            on_line: false,
            agent: None,
            tries: 0,
            rests: 0,
            twin: None,
        }
    }

    /// Whether the customer answers this try.
    pub(super) fn answers(&self, back: &Back) -> bool {
        self.answers_try(back, self.tries)
    }

    fn answers_try(&self, back: &Back, attempt: u8) -> bool {
        drawn(self.luck, TRIES + u64::from(attempt)) < back.rules.reached
    }

    /// Whether each try is answered.
    pub(super) fn tries_of(&self, back: &Back) -> Vec<bool> {
        (1..=back.rules.attempts).map(|attempt| self.answers_try(back, attempt)).collect()
    }

    /// After how long the customer rings in instead of being called back.
    pub(super) fn rings_in_after(&self, back: &Back) -> Option<u64> {
        let rings_in = drawn(self.luck, RINGS_IN) < back.rules.calls_again;
        rings_in.then(|| back.calls_again_after.at(drawn(self.luck, RINGS_IN_AFTER)))
    }

    /// Where the patience of the call in which the customer rings in comes from.
    pub(super) fn second_patience(&self) -> f64 {
        drawn(self.luck, SECOND_PATIENCE)
    }
}

impl Replication<'_> {
    /// What a contact will do besides waiting. The same numbers are drawn whatever becomes of it.
    pub(super) fn draw_apart(&mut self, kind: u16) -> Apart {
        let (kind, draws) = (&self.centre.kinds[usize::from(kind)], &mut self.draws.types[usize::from(kind)]);
        let mut apart = Apart::plain(self.now);
        if let Some(back) = &kind.back {
            apart.accepts = draws.callback.uniform() < back.rules.accept;
            apart.luck = draws.callback.uniform();
        }
        if let Some(mailbox) = &kind.mailbox {
            apart.leaves = draws.voicemail.uniform() < mailbox.accept;
        }
        apart
    }

    fn back_of(&self, slot: u32) -> Option<&Back> {
        self.centre.kinds[usize::from(self.contacts.of(slot).kind)].back.as_ref()
    }

    /// A tally of a type, if the contact is measured.
    fn tally(&mut self, slot: u32, kind: u16) -> Option<&mut Tally> {
        let measured = self.contacts.of(slot).number >= self.centre.scenario().run.warmup_calls;
        measured.then(|| &mut self.tallies[usize::from(kind)])
    }

    /// A live contact asks for its queue.
    pub(super) fn note_arrival(&mut self, queue: u16) {
        self.today[usize::from(queue)].load.arrived(Instant::from_micros(self.now));
    }

    /// A live contact was answered.
    pub(super) fn note_answer(&mut self, queue: u16) {
        self.today[usize::from(queue)].answered += 1;
    }

    /// A part of the handling of a contact is over that began then.
    pub(super) fn note_handling(&mut self, served: Served, since: u64) {
        if served.is_live {
            // In milliseconds of the clock, as the figures of the day are counted.
            self.today[usize::from(served.queue)].handled_ms += self.now / 1_000 - since / 1_000;
        }
    }

    /// The agent is done with it.
    pub(super) fn note_end(&mut self, served: Served) {
        if let Some(kind) = served.callback_of {
            self.today[usize::from(kind)].open -= 1;
        }
    }

    /// Plans what a contact that has just come is offered while it waits.
    pub(super) fn plan_offers(&mut self, slot: u32) {
        let (now, contact) = (self.now, self.contacts.of_mut(slot));
        let kind = &self.centre.kinds[usize::from(contact.kind)];
        if let Some(back) = kind.back.filter(|_| contact.apart.accepts) {
            contact.apart.next_at = now.saturating_add(back.offer_after);
            self.events.plan(contact.apart.next_at, What::OfferCallback(slot));
        }
        if let Some(mailbox) = kind.mailbox.filter(|_| contact.apart.leaves) {
            contact.apart.voicemail_at = now.saturating_add(mailbox.offer_after);
            self.events.plan(contact.apart.voicemail_at, What::OfferVoicemail(slot));
        }
    }

    // From the line to a call back.

    pub(super) fn on_offer_callback(&mut self, slot: u32) {
        let contact = self.contacts.of(slot);
        let asked = contact.way == Way::Live && contact.phase == Phase::Waiting && contact.apart.next_at == self.now;
        if asked && self.may_offer(contact.kind) {
            self.book(slot);
        }
    }

    /// Whether a type's queue offers to call back now.
    fn may_offer(&self, kind: u16) -> bool {
        let (made, today) = (&self.centre.kinds[usize::from(kind)], &self.today[usize::from(kind)]);
        let Some(back) = &made.back else { return false };
        let now = Instant::from_micros(self.now);
        let expected = self.watch.as_ref().and_then(|watch| watch.expected_in(now, &self.engine, made.queue));
        let standing = Standing {
            staffed: self.engine.queue_state(made.queue).map_or(0, |state| state.staffed),
            expected_s: expected.map(|forecast| forecast.mean_s),
            open: today.open,
            handle_s: (today.answered > 0).then(|| today.handled_ms as f64 / today.answered as f64 / 1_000.0),
            rate: today.load.rate(now),
        };
        back.rules.test.offers(&standing).is_ok()
    }

    fn book(&mut self, slot: u32) {
        let (now, id, kind) = (self.now, self.contacts.id(slot), self.contacts.of(slot).kind);
        let expected = self.watch.as_ref().and_then(|watch| watch.expected(Instant::from_micros(now), id));
        let promised = expected.and_then(|expected| expected.now).map(|forecast| (forecast.mean_s * 1e6) as u64);
        self.go_apart(slot, Way::Callback);
        self.today[usize::from(kind)].open += 1;
        if let Some(tally) = self.tally(slot, kind) {
            tally.backs.booked += 1;
        }
        let Some(back) = self.back_of(slot).copied() else { return };
        let contact = self.contacts.of_mut(slot);
        // Until the first try, this is what was promised.
        contact.waited = promised.unwrap_or(NEVER);
        if let Some(after) = contact.apart.rings_in_after(&back) {
            contact.apart.rings_in_at = now.saturating_add(after);
            self.events.plan(contact.apart.rings_in_at, What::RingsIn(slot));
        }
        self.stand_in_line(slot);
    }

    /// The customer hangs up, and the contact goes on as another one, outside of the line.
    fn go_apart(&mut self, slot: u32, way: Way) {
        let (now, id, phase) = (self.now, self.contacts.id(slot), self.contacts.of(slot).phase);
        let wait = now - self.contacts.of(slot).entered;
        self.leave(slot, Exit::FlowedOut, wait);
        self.contacts.of_mut(slot).phase = Phase::Outside;
        self.present -= 1;
        if phase.is_in_line() {
            self.waiting -= 1;
            self.tell(Fact::Left { contact: id, result: OfferResult::Withdrawn });
        }
        self.open += u64::from(self.tally(slot, 0).is_some());
        let contact = self.contacts.of_mut(slot);
        (contact.way, contact.queue, contact.entered, contact.gives_up) = (way, contact.kind, now, NEVER);
        (contact.apart.next_at, contact.apart.voicemail_at) = (NEVER, NEVER);
    }

    fn stand_in_line(&mut self, slot: u32) {
        let contact = self.contacts.of_mut(slot);
        (contact.phase, contact.queue) = (Phase::Waiting, contact.kind);
        let channel = if contact.way == Way::Message { Channel::Voicemail } else { Channel::Callback };
        let (kind, since) = (contact.kind, Instant::from_micros(contact.apart.asked));
        self.waiting += 1;
        let arrival = Arrival::new(self.contacts.id(slot), self.centre.kinds[usize::from(kind)].queue);
        self.tell(Fact::Arrived(Arrival { channel, since: Some(since), ..arrival }));
    }

    fn rest(&mut self, slot: u32, length: u64) {
        let contact = self.contacts.of_mut(slot);
        contact.phase = Phase::Outside;
        contact.apart.next_at = self.now.saturating_add(length);
        self.events.plan(contact.apart.next_at, What::Again(slot));
    }

    pub(super) fn on_again(&mut self, slot: u32) {
        let contact = self.contacts.of(slot);
        let stands = contact.way != Way::Live && contact.phase == Phase::Outside && contact.apart.twin.is_none();
        if stands && contact.apart.next_at == self.now {
            self.stand_in_line(slot);
        }
    }

    // Messages.

    pub(super) fn on_offer_voicemail(&mut self, slot: u32) {
        let contact = self.contacts.of(slot);
        let waits = contact.way == Way::Live && contact.phase == Phase::Waiting;
        if waits && contact.apart.voicemail_at == self.now {
            self.leave_message(slot);
        }
    }

    fn leave_message(&mut self, slot: u32) {
        let kind = self.contacts.of(slot).kind;
        let Some(speak) = self.centre.kinds[usize::from(kind)].mailbox.map(|mailbox| mailbox.speak) else { return };
        self.lose_twin(slot, false);
        self.go_apart(slot, Way::Message);
        if let Some(tally) = self.tally(slot, kind) {
            tally.messages.left += 1;
        }
        // It waits for an agent from the moment at which it was spoken.
        self.contacts.of_mut(slot).entered = self.now.saturating_add(speak);
        self.rest(slot, speak);
    }

    // What the queue does by itself.

    /// The queue has sent a contact back, or let it not in; what follows comes after everything else of this moment.
    pub(super) fn on_exit(&mut self, slot: u32) {
        let contact = self.contacts.of_mut(slot);
        contact.phase = Phase::Outside;
        contact.apart.next_at = self.now;
        self.waiting -= 1;
        self.events.plan(self.now, What::SentBack(slot));
    }

    pub(super) fn on_sent_back(&mut self, slot: u32) {
        let contact = self.contacts.of_mut(slot);
        if contact.phase != Phase::Outside || contact.apart.next_at != self.now {
            return;
        }
        let (way, leaves) = (contact.way, contact.apart.leaves);
        match way {
            Way::Live if leaves => self.leave_message(slot),
            Way::Live => {
                let wait = self.now - contact.entered;
                self.lose_twin(slot, false);
                self.leave(slot, Exit::FlowedOut, wait);
                self.go(slot);
            }
            Way::Callback | Way::Message if contact.apart.rests < RESTS_MAX => {
                contact.apart.rests += 1;
                self.rest(slot, REST);
            }
            Way::Callback | Way::Message => self.open -= u64::from(self.tally(slot, 0).is_some()),
        }
    }

    /// The queue of another type has taken the contact over.
    pub(super) fn on_overflow(&mut self, slot: u32, to: u16) {
        let contact = self.contacts.of_mut(slot);
        let from = core::mem::replace(&mut contact.queue, to);
        let (wait, is_live) = (self.now - contact.entered, contact.way == Way::Live);
        let thresholds_us = &self.centre.thresholds_us;
        if is_live && let Some(tally) = self.tally(slot, from) {
            tally.leave(Exit::Overflowed, wait, false, thresholds_us);
        }
        if is_live && let Some(tally) = self.tally(slot, to) {
            tally.offered += 1;
            tally.overflowed_in += 1;
        }
    }

    // Calling back.

    /// The customer's telephone is to ring before an agent's.
    pub(super) fn dials_first(&self, slot: u32) -> bool {
        let contact = self.contacts.of(slot);
        let first = self.back_of(slot).is_some_and(|back| back.rules.customer_first);
        first && contact.way == Way::Callback && !contact.apart.on_line
    }

    /// An agent is kept free for it while the customer is called.
    pub(super) fn dial_first(&mut self, slot: u32, offer: OfferId, deadline: Instant) {
        let Some(back) = self.back_of(slot).copied() else { return };
        self.tell(Fact::Extended { offer, deadline: deadline + Duration::from_micros(back.ring) });
        if self.contacts.of(slot).apart.dialled_at == NEVER {
            let at = self.dial(slot, &back);
            self.contacts.of_mut(slot).apart.dialled_at = at;
            self.events.plan(at, What::Dialled(slot));
        }
    }

    /// Calls the customer; when it is known whether that was in vain.
    fn dial(&mut self, slot: u32, back: &Back) -> u64 {
        let (now, contact) = (self.now, self.contacts.of_mut(slot));
        contact.apart.tries += 1;
        let (kind, promised) = (contact.kind, core::mem::replace(&mut contact.waited, NEVER));
        let first = (contact.apart.tries == 1 && promised != NEVER).then(|| now - contact.entered);
        let rings = if contact.apart.answers(back) { back.answer } else { back.ring };
        if let Some(tally) = self.tally(slot, kind) {
            tally.backs.tries += 1;
            if let Some(wait) = first {
                tally.backs.keep_promise(wait, promised);
            }
        }
        now.saturating_add(rings)
    }

    pub(super) fn on_dialled(&mut self, slot: u32) {
        let Some(back) = self.back_of(slot).copied() else { return };
        let contact = self.contacts.of_mut(slot);
        if contact.way != Way::Callback || contact.apart.dialled_at != self.now {
            return;
        }
        contact.apart.dialled_at = NEVER;
        if contact.apart.answers(&back) {
            contact.apart.on_line = true;
            let agent = contact.apart.agent;
            let rung = agent.and_then(|agent| Some((agent, self.floor.desks[agent as usize].offer?.0)));
            if let Some((agent, offer)) = rung {
                self.ring(agent, offer);
            }
            return;
        }
        if contact.phase.is_in_line() {
            contact.phase = Phase::Outside;
            self.waiting -= 1;
            self.tell(Fact::Left { contact: self.contacts.id(slot), result: OfferResult::Withdrawn });
        }
        if self.miss(slot, &back) {
            let kind = self.contacts.of(slot).kind;
            self.today[usize::from(kind)].open -= 1;
            self.go(slot);
        }
    }

    /// A try was in vain; true: it was the last.
    fn miss(&mut self, slot: u32, back: &Back) -> bool {
        let (tries, kind) = (self.contacts.of(slot).apart.tries, self.contacts.of(slot).kind);
        if tries < back.rules.attempts {
            self.rest(slot, back.pause);
            return false;
        }
        if let Some(tally) = self.tally(slot, kind) {
            tally.backs.failed += 1;
            self.open -= 1;
        }
        true
    }

    /// An agent has a call back or a message in hand.
    pub(super) fn on_apart_seized(&mut self, agent: u32, slot: u32, group: u16) {
        let (kind, way, on_line) = {
            let contact = self.contacts.of(slot);
            (contact.kind, contact.way, contact.apart.on_line)
        };
        match self.back_of(slot).copied() {
            Some(back) if way == Way::Callback && !on_line => {
                let at = self.dial(slot, &back);
                self.events.plan(at, What::DialEnds(agent));
            }
            _ => {
                let wait = self.now - self.contacts.of(slot).entered;
                if let Some(tally) = self.tally(slot, kind) {
                    if way == Way::Callback {
                        tally.backs.reach(wait)
                    } else {
                        tally.messages.hear(wait)
                    }
                    self.open -= 1;
                }
                self.plan_talk(agent, slot, group);
            }
        }
    }

    /// The telephone of a customer has rung whom an agent calls.
    pub(super) fn on_called_back(&mut self, agent: u32, slot: u32, group: u16) {
        let Some(back) = self.back_of(slot).copied() else { return };
        let contact = self.contacts.of_mut(slot);
        if contact.apart.answers(&back) {
            contact.apart.on_line = true;
            return self.on_apart_seized(agent, slot, group);
        }
        self.floor.desks[agent as usize].contact = None;
        let last = self.miss(slot, &back);
        let served = Served { callback_of: last.then_some(self.contacts.of(slot).kind), ..self.served(slot) };
        let wrap_up = self.wrap_up(slot).map(|_| 0);
        self.release(agent, slot, served, wrap_up);
        if last {
            self.go(slot);
        }
    }

    /// What the figures of the day take of a contact in hand.
    pub(super) fn served(&self, slot: u32) -> Served {
        let contact = self.contacts.of(slot);
        let callback_of = (contact.way == Way::Callback).then_some(contact.kind);
        Served { queue: contact.queue, is_live: contact.way == Way::Live, callback_of }
    }

    // Customers who ring in while they are to be called back.

    pub(super) fn on_rings_in(&mut self, slot: u32) {
        let callback = *self.contacts.of(slot);
        let free = callback.phase != Phase::Served && callback.apart.dialled_at == NEVER && !callback.apart.on_line;
        if callback.way != Way::Callback || callback.apart.rings_in_at != self.now || !free {
            return;
        }
        if callback.phase.is_in_line() {
            let contact = self.contacts.of_mut(slot);
            (contact.phase, contact.apart.next_at) = (Phase::Outside, self.now);
            self.waiting -= 1;
            self.tell(Fact::Left { contact: self.contacts.id(slot), result: OfferResult::Withdrawn });
        }
        let kind = callback.kind;
        if let Some(tally) = self.tally(slot, kind) {
            tally.offered += 1;
            self.open += 1;
        }
        let patience = self.centre.kinds[usize::from(kind)].patience;
        let gives_up =
            patience.map_or(NEVER, |sampler| self.now.saturating_add(sampler.at(callback.apart.second_patience())));
        // The call stands where the call back stood.
        let apart = Apart { asked: callback.apart.asked, twin: Some(slot), ..Apart::plain(self.now) };
        let (entered, phase, way) = (self.now, Phase::Waiting, Way::Live);
        let call = Contact { entered, gives_up, phase, way, waited: 0, queue: kind, apart, ..callback };
        let own = self.enter(call);
        // It may have been answered at once, which ended the call back.
        if self.contacts.of(own).apart.twin == Some(slot) {
            self.contacts.of_mut(slot).apart.twin = Some(own);
        }
    }

    /// The call in which a customer rang in is over, or with an agent (`served`): the call back goes on, or is over.
    pub(super) fn lose_twin(&mut self, slot: u32, served: bool) {
        let contact = self.contacts.of_mut(slot);
        if contact.way != Way::Live {
            return;
        }
        let Some(callback) = contact.apart.twin.take() else { return };
        let kind = self.contacts.of(callback).kind;
        self.contacts.of_mut(callback).apart.twin = None;
        if !served {
            let due = self.contacts.of(callback).apart.next_at.max(self.now);
            return self.rest(callback, due - self.now);
        }
        self.today[usize::from(kind)].open -= 1;
        if let Some(tally) = self.tally(callback, kind) {
            tally.backs.cancelled += 1;
            self.open -= 1;
        }
        self.go(callback);
    }
}
