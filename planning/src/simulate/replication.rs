//! One run of a centre on the routing engine.

use super::centre::Centre;
use super::contacts::{Contact, Contacts, Phase, slot_of};
use super::distribution::micros;
use super::draws::Draws;
use super::events::{Events, What};
use super::floor::{Area, Floor};
use super::tally::{Exit, Tally};
use acd::Engine;
use acd::api::{Arrival, Command, Effect, Fact};
use domain::{AgentId, ContactId, Instant, OfferId, OfferResult};

/// A run that is under way. It goes on by [`Replication::advance`].
#[derive(Debug)]
pub struct Replication<'c> {
    centre: &'c Centre,
    engine: Engine,
    events: Events,
    contacts: Contacts,
    floor: Floor,
    draws: Draws,
    tallies: Vec<Tally>,
    effects: Vec<Effect>,
    /// Microseconds.
    now: u64,
    arrived: u64,
    /// Types of which more contacts arrive.
    arriving: usize,
    /// Measured contacts in line.
    open: u64,
    /// Contacts in line.
    waiting: u32,
    /// Contacts in the centre.
    present: u32,
}

/// What one replication counted.
#[derive(Clone, Debug)]
pub struct Sample {
    /// By type.
    pub(super) tallies: Vec<Tally>,
    /// By group.
    pub(super) areas: Vec<Area>,
    /// Contacts that arrived, the warm-up too.
    pub(super) arrived: u64,
    /// Simulated microseconds.
    pub(super) lasted: u64,
}

impl Sample {
    /// Contacts that arrived, the warm-up too.
    #[must_use]
    pub const fn arrived(&self) -> u64 {
        self.arrived
    }

    /// Simulated seconds.
    #[must_use]
    pub fn lasted_s(&self) -> f64 {
        self.lasted as f64 / 1e6
    }
}

impl<'c> Replication<'c> {
    /// A run with random streams of its own; `number` is its place among the replications.
    #[must_use]
    pub fn new(centre: &'c Centre, number: u32) -> Self {
        let mut engine = Engine::new(centre.setup.clone(), 1);
        engine.quiet();
        if !centre.rings {
            engine.accept_at_once();
        }
        let (thresholds, groups) = (centre.thresholds_us.len(), centre.scenario().groups.len());
        let mut replication = Self {
            centre,
            engine,
            events: Events::with_capacity(centre.kinds.len() + centre.seats.len() * 2),
            contacts: Contacts::default(),
            floor: Floor::new(centre),
            draws: Draws::new(centre, number),
            tallies: vec![Tally::new(thresholds, groups); centre.kinds.len()],
            effects: Vec::new(),
            now: 0,
            arrived: 0,
            arriving: centre.kinds.len(),
            open: 0,
            waiting: 0,
            present: 0,
        };
        replication.open_doors();
        replication
    }

    fn open_doors(&mut self) {
        let centre = self.centre;
        for (agent, seat) in (0..).zip(&centre.seats) {
            let Some((from, to)) = seat.shift else {
                self.on_shift_start(agent);
                continue;
            };
            self.events.plan(from, What::ShiftStarts(agent));
            self.events.plan(to, What::ShiftEnds(agent));
        }
        if let Some(until) = centre.scenario().run.until_s {
            self.events.plan(micros(until), What::Until);
        }
        for kind in 0..centre.kinds.len() as u16 {
            self.plan_arrival(kind);
        }
    }

    /// Goes on until so many more contacts have arrived. `false`: the run is over.
    pub fn advance(&mut self, contacts: u64) -> bool {
        let target = self.arrived.saturating_add(contacts);
        while self.arrived < target {
            if self.is_over() || !self.step() {
                return false;
            }
        }
        !self.is_over()
    }

    /// Contacts that have arrived so far.
    #[must_use]
    pub const fn arrived(&self) -> u64 {
        self.arrived
    }

    /// Goes on to the end and tells what was counted.
    #[must_use]
    pub fn finish(mut self) -> Sample {
        while self.advance(u64::MAX) {}
        // Those whom nobody will ever serve have waited, too.
        let warmup_calls = self.centre.scenario().run.warmup_calls;
        for contact in self.contacts.in_line().filter(|contact| contact.number >= warmup_calls) {
            self.tallies[usize::from(contact.kind)].waited += 1;
        }
        let areas = self.floor.measured(self.now);
        Sample { tallies: self.tallies, areas, arrived: self.arrived, lasted: self.now }
    }

    fn is_over(&self) -> bool {
        self.open == 0 && (self.arrived >= self.centre.scenario().run.calls || self.arriving == 0)
    }

    /// The next thing that happens. `false`: nothing does.
    fn step(&mut self) -> bool {
        let due = self.engine.deadline().map(|(due, _)| due.as_micros());
        match (self.events.next_at(), due) {
            (Some(at), due) if due.is_none_or(|due| at <= due) => {
                if let Some((at, what)) = self.events.pop() {
                    self.now = at;
                    self.on(what);
                }
            }
            (_, Some(due)) => {
                self.now = self.now.max(due);
                self.tell(Fact::Tick);
            }
            (_, None) => return false,
        }
        true
    }

    fn on(&mut self, what: What) {
        match what {
            What::Arrival(kind) => self.on_arrival(kind as u16),
            What::PatienceEnds(slot) => self.on_patience_end(slot),
            What::TalkEnds(agent) => self.on_talk_end(agent),
            What::DialEnds(agent) => self.on_dial_end(agent),
            What::WrapUpEnds(agent) => self.on_wrap_up_end(agent),
            What::Answer(agent) => self.end_offer(agent, OfferResult::Answered),
            What::Decline(agent) => self.end_offer(agent, OfferResult::Declined),
            What::ShiftStarts(agent) => self.on_shift_start(agent),
            What::ShiftEnds(agent) => self.on_shift_end(agent),
            What::Until => self.floor.end(self.now),
        }
    }

    // What the engine is told, and what it wants.

    fn tell(&mut self, fact: Fact) {
        let mut effects = core::mem::take(&mut self.effects);
        self.engine.handle(Instant::from_micros(self.now), fact, &mut effects);
        self.follow(effects);
    }

    fn wish(&mut self, command: Command) {
        let mut effects = core::mem::take(&mut self.effects);
        // A wish that no longer fits the agent's state changes nothing, which is all that is asked of it.
        let _ = self.engine.command(Instant::from_micros(self.now), command, &mut effects);
        self.follow(effects);
    }

    fn follow(&mut self, mut effects: Vec<Effect>) {
        for effect in effects.drain(..) {
            match effect {
                Effect::Offer { contact, agent, offer, .. } => {
                    let (agent, slot) = (number_of(agent), slot_of(contact));
                    if self.centre.rings { self.on_ringing(agent, slot, offer) } else { self.on_seized(agent, slot) }
                }
                Effect::OfferEnded { contact, agent, result, .. } if self.centre.rings => {
                    self.on_offer_over(number_of(agent), contact, result);
                }
                _ => {}
            }
        }
        self.effects = effects;
    }

    // Contacts.

    fn plan_arrival(&mut self, kind: u16) {
        let centre = self.centre;
        let until = centre.scenario().run.until_s.map_or(u64::MAX, micros);
        let next = self.draws.types[usize::from(kind)].next_arrival(&centre.kinds[usize::from(kind)]);
        match next.filter(|at| *at <= until) {
            Some(at) => self.events.plan(at, What::Arrival(u32::from(kind))),
            None => self.arriving -= 1,
        }
    }

    fn on_arrival(&mut self, kind: u16) {
        let run = &self.centre.scenario().run;
        if self.arrived >= run.calls {
            return;
        }
        let number = self.arrived;
        self.arrived += 1;
        self.mark(number);
        let logged = self.draws.types[usize::from(kind)].logged(&self.centre.kinds[usize::from(kind)]);
        self.plan_arrival(kind);
        let contact = self.draw_contact(number, kind, logged);
        let is_measured = number >= run.warmup_calls;
        let is_blocked = run.lines.is_some_and(|lines| self.present >= lines);
        let tally = &mut self.tallies[usize::from(kind)];
        tally.offered += u64::from(is_measured);
        tally.blocked += u64::from(is_measured && is_blocked);
        if !is_blocked {
            self.open += u64::from(is_measured);
            self.enter(contact);
        }
    }

    /// Measuring begins with the first contact after the warm-up and ends with the last.
    fn mark(&mut self, number: u64) {
        let run = &self.centre.scenario().run;
        if number == run.warmup_calls {
            self.floor.begin(self.now);
        }
        if number + 1 == run.calls && run.until_s.is_none() {
            self.floor.end(self.now);
        }
    }

    /// Every contact draws the same numbers whatever becomes of it, so that streams stay in step between scenarios.
    fn draw_contact(&mut self, number: u64, kind: u16, logged: Option<u32>) -> Contact {
        let centre = self.centre;
        let draws = &mut self.draws.types[usize::from(kind)];
        let service = draws.service.uniform();
        let wrap_up = if centre.kinds[usize::from(kind)].wrap_up.is_some() { draws.wrap_up.uniform() } else { 0.0 };
        let (is_virtual, reachable) = centre.scenario().callback.map_or((false, false), |callback| {
            (draws.callback.uniform() < callback.accept, draws.callback.uniform() < callback.answer)
        });
        let patience = centre.kinds[usize::from(kind)].patience;
        let gives_up =
            patience.map_or(u64::MAX, |sampler| self.now.saturating_add(sampler.at(draws.patience.uniform())));
        let (entered, waited, phase) = (self.now, 0, Phase::Waiting);
        Contact { number, entered, waited, gives_up, service, wrap_up, logged, kind, phase, is_virtual, reachable }
    }

    fn enter(&mut self, mut contact: Contact) {
        let (gives_up, queue) = (contact.gives_up, self.centre.kinds[usize::from(contact.kind)].queue);
        let would_accept = core::mem::replace(&mut contact.is_virtual, false);
        let slot = self.contacts.insert(contact);
        let ahead = self.waiting;
        self.waiting += 1;
        self.present += 1;
        self.tell(Fact::Arrived(Arrival::new(self.contacts.id(slot), queue)));
        match self.contacts.of(slot).phase {
            Phase::Served => {}
            Phase::Waiting if would_accept && self.callback_is_offered(ahead) => {
                let contact = self.contacts.of_mut(slot);
                (contact.is_virtual, contact.gives_up) = (true, u64::MAX);
            }
            Phase::Waiting | Phase::Offered if gives_up < u64::MAX => {
                self.events.plan(gives_up, What::PatienceEnds(slot));
            }
            Phase::Waiting | Phase::Offered => {}
        }
    }

    fn callback_is_offered(&self, ahead: u32) -> bool {
        let (Some(callback), agents) = (self.centre.scenario().callback, self.floor.signed_in()) else { return false };
        (f64::from(ahead) + 1.0) * callback.aht_s >= callback.offer_at_s * f64::from(agents)
    }

    fn on_patience_end(&mut self, slot: u32) {
        let contact = *self.contacts.of(slot);
        if contact.gives_up != self.now || contact.phase == Phase::Served {
            return;
        }
        self.leave(slot, Exit::Abandoned, self.now - contact.entered);
        self.waiting -= 1;
        self.tell(Fact::Left { contact: self.contacts.id(slot), result: OfferResult::CustomerLeft });
        self.go(slot);
    }

    /// The contact is out of the line for good.
    fn leave(&mut self, slot: u32, exit: Exit, wait: u64) {
        let contact = self.contacts.of(slot);
        let run = &self.centre.scenario().run;
        if contact.number < run.warmup_calls {
            return;
        }
        self.open -= 1;
        let tally = &mut self.tallies[usize::from(contact.kind)];
        tally.leave(exit, wait, contact.is_virtual, &self.centre.thresholds_us);
        tally.short_abandons += u64::from(exit == Exit::Abandoned && wait <= micros(run.short_s));
    }

    /// The contact is out of the centre. Its slot must not be taken for one in line.
    fn go(&mut self, slot: u32) {
        self.contacts.of_mut(slot).phase = Phase::Served;
        self.contacts.free(slot);
        self.present -= 1;
    }

    // Agents.

    /// An agent has the contact in hand.
    fn on_seized(&mut self, agent: u32, slot: u32) {
        self.waiting -= 1;
        self.floor.occupy(self.now, agent);
        let desk = &mut self.floor.desks[agent as usize];
        desk.contact = Some(slot);
        let group = desk.group;
        let contact = self.contacts.of_mut(slot);
        contact.phase = Phase::Served;
        contact.waited = self.now - contact.entered;
        let (wait, is_virtual, reachable) = (contact.waited, contact.is_virtual, contact.reachable);
        if !is_virtual {
            self.leave(slot, Exit::Answered(group), wait);
            self.plan_talk(agent, slot, group);
            return;
        }
        let callback = self.centre.scenario().callback;
        let dialled = callback.map_or(0.0, |rule| if reachable { rule.dial_s } else { rule.no_answer_s });
        self.events.plan(self.now.saturating_add(micros(dialled)), What::DialEnds(agent));
    }

    fn plan_talk(&mut self, agent: u32, slot: u32, group: u16) {
        let length = self.service(slot, group);
        self.events.plan(self.now.saturating_add(length), What::TalkEnds(agent));
    }

    fn service(&self, slot: u32, group: u16) -> u64 {
        let contact = self.contacts.of(slot);
        let kind = &self.centre.kinds[usize::from(contact.kind)];
        if let Some(logged) = contact.logged {
            return kind.logged(logged, contact.service).0;
        }
        kind.service[usize::from(group)].map_or(0, |sampler| sampler.at(contact.service))
    }

    fn wrap_up(&self, slot: u32) -> Option<u64> {
        let contact = self.contacts.of(slot);
        let kind = &self.centre.kinds[usize::from(contact.kind)];
        let sampler = kind.wrap_up?;
        let drawn = || sampler.at(contact.wrap_up);
        Some(contact.logged.map_or_else(drawn, |logged| kind.logged(logged, contact.service).1))
    }

    fn on_talk_end(&mut self, agent: u32) {
        let Some(slot) = self.floor.desks[agent as usize].contact.take() else { return };
        let wrap_up = self.wrap_up(slot);
        self.release(agent, slot, wrap_up);
    }

    fn on_dial_end(&mut self, agent: u32) {
        let desk = &mut self.floor.desks[agent as usize];
        let (Some(slot), group) = (desk.contact, desk.group) else { return };
        let (wait, reachable) = (self.contacts.of(slot).waited, self.contacts.of(slot).reachable);
        if reachable {
            self.leave(slot, Exit::Answered(group), wait);
            self.plan_talk(agent, slot, group);
        } else {
            desk.contact = None;
            self.leave(slot, Exit::Unreached, wait);
            let wrap_up = self.wrap_up(slot).map(|_| 0);
            self.release(agent, slot, wrap_up);
        }
    }

    /// The contact has been served. `wrap_up`: what the agent still has to do; `None` where the type never has any.
    fn release(&mut self, agent: u32, slot: u32, wrap_up: Option<u64>) {
        match wrap_up {
            None => self.floor.free(self.now, agent),
            Some(length) => self.events.plan(self.now.saturating_add(length), What::WrapUpEnds(agent)),
        }
        let contact = self.contacts.id(slot);
        self.go(slot);
        self.tell(Fact::Finished { contact, agent: self.centre.seats[agent as usize].id });
    }

    fn on_wrap_up_end(&mut self, agent: u32) {
        self.floor.free(self.now, agent);
        self.wish(Command::FinishWrapUp(self.centre.seats[agent as usize].id));
    }

    fn on_shift_start(&mut self, agent: u32) {
        let id = self.centre.seats[agent as usize].id;
        self.floor.sign_in(self.now, agent);
        let reason = "simulation".parse().unwrap_or_else(|_| unreachable!("a word is a reason code"));
        self.wish(Command::SignIn(id, reason));
        self.wish(Command::Ready(id));
    }

    fn on_shift_end(&mut self, agent: u32) {
        self.floor.sign_out(self.now, agent);
        self.wish(Command::SignOut(self.centre.seats[agent as usize].id));
    }

    // Offers that ring.

    fn on_ringing(&mut self, agent: u32, slot: u32, offer: OfferId) {
        self.floor.occupy(self.now, agent);
        self.contacts.of_mut(slot).phase = Phase::Offered;
        let desk = &mut self.floor.desks[agent as usize];
        let group = &self.centre.scenario().groups[usize::from(desk.group)];
        let draw = self.draws.offers.uniform();
        let at = self.now.saturating_add(micros(group.answer_s));
        desk.offer = Some((offer, at));
        if draw < group.decline {
            self.events.plan(at, What::Decline(agent));
        } else if draw >= group.decline + group.rona {
            self.events.plan(at, What::Answer(agent));
        }
    }

    fn end_offer(&mut self, agent: u32, result: OfferResult) {
        if let Some((offer, at)) = self.floor.desks[agent as usize].offer
            && at == self.now
        {
            self.tell(Fact::OfferEnded { offer, result });
        }
    }

    fn on_offer_over(&mut self, agent: u32, contact: ContactId, result: OfferResult) {
        self.floor.desks[agent as usize].offer = None;
        let slot = slot_of(contact);
        if result == OfferResult::Answered {
            self.on_seized(agent, slot);
            return;
        }
        self.floor.free(self.now, agent);
        let contact = self.contacts.of_mut(slot);
        if contact.phase == Phase::Offered {
            contact.phase = Phase::Waiting;
        }
    }
}

/// The number that is the text of an agent's id.
#[inline]
fn number_of(agent: AgentId) -> u32 {
    agent.as_bytes().iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}
