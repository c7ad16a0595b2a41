//! One run of a centre on the routing engine.

use super::apart::Today;
use super::centre::Centre;
use super::contacts::{Contact, Contacts, Phase, Way, slot_of};
use super::distribution::micros;
use super::draws::Draws;
use super::events::{Events, What};
use super::floor::{Area, Floor};
use super::tally::{Exit, Tally};
use acd::Engine;
use acd::api::{Arrival, Command, Effect, Fact};
use acd::forecast::{Noted, Watch};
use domain::{AgentId, Instant, OfferResult, QueueId};

/// A run that is under way. It goes on by [`Replication::advance`].
#[derive(Debug)]
pub struct Replication<'c> {
    pub(super) centre: &'c Centre,
    pub(super) engine: Engine,
    /// Expected waits, where somebody is called back.
    pub(super) watch: Option<Watch>,
    pub(super) events: Events,
    pub(super) contacts: Contacts,
    pub(super) floor: Floor,
    pub(super) draws: Draws,
    pub(super) tallies: Vec<Tally>,
    /// By type.
    pub(super) today: Vec<Today>,
    effects: Vec<Effect>,
    /// Microseconds.
    pub(super) now: u64,
    arrived: u64,
    /// Types of which more contacts arrive.
    arriving: usize,
    /// Measured contacts in line, or to be called back, or messages that nobody has heard.
    pub(super) open: u64,
    /// Contacts in line.
    pub(super) waiting: u32,
    /// Live contacts in the centre.
    pub(super) present: u32,
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
        // Expected waits need to be told of agents' states.
        if !centre.calls_back {
            engine.quiet();
        }
        if !centre.rings {
            engine.accept_at_once();
        }
        let (thresholds, groups) = (centre.thresholds_us.len(), centre.scenario().groups.len());
        let mut replication = Self {
            centre,
            engine,
            watch: centre.calls_back.then(Watch::new),
            events: Events::with_capacity(centre.kinds.len() + centre.seats.len() * 2),
            contacts: Contacts::default(),
            floor: Floor::new(centre),
            draws: Draws::new(centre, number),
            tallies: vec![Tally::new(thresholds, groups); centre.kinds.len()],
            today: vec![Today::default(); centre.kinds.len()],
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
            What::OfferCallback(slot) => self.on_offer_callback(slot),
            What::OfferVoicemail(slot) => self.on_offer_voicemail(slot),
            What::Again(slot) => self.on_again(slot),
            What::SentBack(slot) => self.on_sent_back(slot),
            What::RingsIn(slot) => self.on_rings_in(slot),
            What::Dialled(slot) => self.on_dialled(slot),
        }
    }

    // What the engine is told, and what it wants.

    pub(super) fn tell(&mut self, fact: Fact) {
        let mut effects = core::mem::take(&mut self.effects);
        let noted = self.watch.is_some().then(|| Noted::from(&fact));
        self.engine.handle(Instant::from_micros(self.now), fact, &mut effects);
        if let (Some(watch), Some(noted)) = (&mut self.watch, noted) {
            watch.after(&self.engine, noted, &effects);
        }
        self.follow(effects);
    }

    pub(super) fn wish(&mut self, command: Command) {
        let mut effects = core::mem::take(&mut self.effects);
        // A wish that no longer fits the agent's state changes nothing, which is all that is asked of it.
        let _ = self.engine.command(Instant::from_micros(self.now), command, &mut effects);
        if let Some(watch) = &mut self.watch {
            watch.after(&self.engine, Noted::Nothing, &effects);
        }
        self.follow(effects);
    }

    fn follow(&mut self, mut effects: Vec<Effect>) {
        for effect in effects.drain(..) {
            match effect {
                Effect::Offer { contact, agent, offer, deadline, .. } => {
                    let (agent, slot) = (number_of(agent), slot_of(contact));
                    if self.centre.rings {
                        self.on_ringing(agent, slot, (offer, deadline));
                    } else {
                        self.on_seized(agent, slot);
                    }
                }
                Effect::Exit { contact, .. } => self.on_exit(slot_of(contact)),
                Effect::Overflowed { contact, to, .. } => self.on_overflow(slot_of(contact), type_of(to)),
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

    /// The contact that arrives now; `None`: enough have come.
    pub(super) fn draw_arrival(&mut self, kind: u16) -> Option<Contact> {
        let number = self.arrived;
        if number >= self.centre.scenario().run.calls {
            return None;
        }
        self.arrived += 1;
        self.mark(number);
        let logged = self.draws.types[usize::from(kind)].logged(&self.centre.kinds[usize::from(kind)]);
        self.plan_arrival(kind);
        Some(self.draw_contact(number, kind, logged))
    }

    fn on_arrival(&mut self, kind: u16) {
        let Some(contact) = self.draw_arrival(kind) else { return };
        let run = &self.centre.scenario().run;
        let is_measured = contact.number >= run.warmup_calls;
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
        Contact {
            number,
            entered: self.now,
            waited: 0,
            gives_up,
            service,
            wrap_up,
            logged,
            kind,
            queue: kind,
            way: Way::Live,
            phase: Phase::Waiting,
            is_virtual,
            reachable,
            apart: self.draw_apart(kind),
        }
    }

    pub(super) fn enter(&mut self, mut contact: Contact) -> u32 {
        let (gives_up, kind) = (contact.gives_up, contact.kind);
        let (queue, since) = (self.centre.kinds[usize::from(kind)].queue, Instant::from_micros(contact.apart.asked));
        let would_accept = core::mem::replace(&mut contact.is_virtual, false);
        let slot = self.contacts.insert(contact);
        let ahead = self.waiting;
        self.waiting += 1;
        self.present += 1;
        self.note_arrival(kind);
        self.tell(Fact::Arrived(Arrival { since: Some(since), ..Arrival::new(self.contacts.id(slot), queue) }));
        match self.contacts.of(slot).phase {
            Phase::Served | Phase::Outside => return slot,
            Phase::Waiting if would_accept && self.callback_is_offered(ahead) => {
                let contact = self.contacts.of_mut(slot);
                (contact.is_virtual, contact.gives_up) = (true, u64::MAX);
            }
            Phase::Waiting | Phase::Offered if gives_up < u64::MAX => {
                self.events.plan(gives_up, What::PatienceEnds(slot));
            }
            Phase::Waiting | Phase::Offered => {}
        }
        self.plan_offers(slot);
        slot
    }

    fn callback_is_offered(&self, ahead: u32) -> bool {
        let (Some(callback), agents) = (self.centre.scenario().callback, self.floor.signed_in()) else { return false };
        (f64::from(ahead) + 1.0) * callback.aht_s >= callback.offer_at_s * f64::from(agents)
    }

    fn on_patience_end(&mut self, slot: u32) {
        let contact = *self.contacts.of(slot);
        if contact.gives_up != self.now || !contact.phase.is_in_line() {
            return;
        }
        self.lose_twin(slot, false);
        self.leave(slot, Exit::Abandoned, self.now - contact.entered);
        self.waiting -= 1;
        self.tell(Fact::Left { contact: self.contacts.id(slot), result: OfferResult::CustomerLeft });
        self.go(slot);
    }

    /// The contact is out of the line for good.
    pub(super) fn leave(&mut self, slot: u32, exit: Exit, wait: u64) {
        let contact = self.contacts.of(slot);
        let run = &self.centre.scenario().run;
        if contact.number < run.warmup_calls {
            return;
        }
        self.open -= 1;
        let tally = &mut self.tallies[usize::from(contact.queue)];
        tally.leave(exit, wait, contact.is_virtual, &self.centre.thresholds_us);
        tally.short_abandons += u64::from(exit == Exit::Abandoned && wait <= micros(run.short_s));
    }

    /// The contact is out of the centre. Its slot must not be taken for one in line.
    pub(super) fn go(&mut self, slot: u32) {
        let contact = self.contacts.of_mut(slot);
        contact.phase = Phase::Served;
        self.present -= u32::from(contact.way == Way::Live);
        self.contacts.free(slot);
    }
}

/// The number that is the text of an agent's id.
#[inline]
fn number_of(agent: AgentId) -> u32 {
    agent.as_bytes().iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

/// The number of the type that a queue is of, which is the text of its id.
fn type_of(queue: QueueId) -> u16 {
    queue.as_bytes().iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
}
