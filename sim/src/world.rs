//! The clock, the network and who is told what.

use crate::desk::{Desk, mode};
use crate::dice::Dice;
use crate::ledger::{self, Ledger};
use crate::people::{self, Deed, Deeds, Person, REGISTERED_S, caller_leg};
use crate::plan::{self, BOARD, FIRST_AGENT, FIRST_CALLER};
use crate::plant::{Answer, Plant};
use crate::trace::Trace;
use crate::watch::Watch;
use core::net::SocketAddr;
use core::time::Duration;
use domain::{AgentId, Audience, Customer, Instant, Redacted, Wish};
use sip::api::{Destination, Source, Transport};
use sip::message::Method;
use std::collections::BTreeMap;
use switchboard::api::Asker;
use switchboard::{Effect, Input, Switchboard};

/// Callers come within this time.
const ARRIVALS_MS: u64 = 90_000;
/// Consoles make wishes for so long.
const WISHES: Duration = Duration::from_secs(150);
/// By then every script has ended.
const SCRIPTS: Duration = Duration::from_secs(260);
/// Nothing happens for so long before the last check.
const QUIET: Duration = Duration::from_secs(200);
/// More steps at one moment than this are a circle.
const STEPS_AT_ONCE_MAX: u32 = 20_000;

/// Something that will happen.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a test's world holds few of them")]
enum Happening {
    /// A datagram reaches its destination.
    Datagram {
        from: SocketAddr,
        to: SocketAddr,
        bytes: Vec<u8>,
    },
    Deed(usize, Deed),
    Plant(Answer),
    Input(Input),
    /// The agent at this desk wishes something.
    Wish(usize),
    /// A supervisor steers the floor.
    Steer,
    /// The configuration changes.
    Reconfigure,
}

/// How a world went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was wrong; empty if nothing was.
    pub faults: Vec<String>,
    /// What happened to contacts, and how often.
    pub tally: BTreeMap<String, usize>,
    /// Steps taken.
    pub steps: u64,
    /// Fingerprint of everything that the switchboard wanted.
    pub trace: u64,
}

/// How bad the network is.
struct Weather {
    lost_percent: u64,
    repeated_percent: u64,
    late_percent: u64,
}

/// A switchboard and everybody around it.
pub struct World {
    now: Instant,
    board: Switchboard,
    agenda: BTreeMap<(Instant, u64), Happening>,
    made: u64,
    people: Vec<Person>,
    desks: Vec<Desk>,
    agents: Vec<AgentId>,
    plant: Plant,
    watch: Watch,
    ledger: Ledger,
    weather: Weather,
    max_calls: usize,
    dice: Dice,
    trace: Trace,
    steps: u64,
}

impl World {
    /// The world of this seed, with so many callers.
    #[must_use]
    pub fn new(seed: u64, callers: usize) -> Self {
        let mut dice = Dice::new(seed);
        let config = plan::config();
        let max_calls = if dice.percent(20) { 8 } else { 5_000 };
        let mut effects = Vec::new();
        let setup = plan::board(&config, max_calls, &mut dice);
        let board = Switchboard::new(Instant::ZERO, setup, &mut effects);
        let weather = match dice.below(3) {
            0 => Weather { lost_percent: 0, repeated_percent: 0, late_percent: 0 },
            1 => Weather { lost_percent: 3, repeated_percent: 3, late_percent: 5 },
            _ => Weather { lost_percent: 15, repeated_percent: 10, late_percent: 15 },
        };
        let agents = plan::agents();
        let mut world = Self {
            now: Instant::ZERO,
            board,
            agenda: BTreeMap::new(),
            made: 0,
            people: (0..FIRST_CALLER + callers).map(|number| Person::new(number, &mut dice)).collect(),
            desks: agents.iter().map(|agent| Desk::new(*agent)).collect(),
            agents,
            plant: Plant::default(),
            watch: Watch::new(&config),
            ledger: Ledger::default(),
            weather,
            max_calls,
            dice,
            trace: Trace::new(),
            steps: 0,
        };
        world.carry_out(effects);
        world.write_scripts();
        world
    }

    fn write_scripts(&mut self) {
        for person in FIRST_CALLER..self.people.len() {
            let at = self.dice.millis(0, ARRIVALS_MS);
            let deeds = Person::first_deeds(&mut self.dice, at, caller_leg(person));
            self.plan_deeds(person, deeds);
        }
        for person in (0..self.people.len()).filter(|person| plan::user(*person).is_some()) {
            self.plan_deeds(person, vec![(Duration::from_millis(5), Deed::Register(REGISTERED_S))]);
        }
        for desk in 0..self.desks.len() {
            let first = self.dice.millis(0, 8_000);
            self.later(first, Happening::Wish(desk));
        }
        for _ in 0..12 {
            let at = self.dice.millis(5_000, ARRIVALS_MS + 30_000);
            self.later(at, Happening::Steer);
        }
        if self.dice.percent(40) {
            for _ in 0..3 {
                let at = self.dice.millis(5_000, ARRIVALS_MS + 30_000);
                self.later(at, Happening::Reconfigure);
            }
        }
        if self.dice.percent(15) {
            let at = self.dice.millis(20_000, ARRIVALS_MS);
            self.later(at, Happening::Input(Input::Drain));
        }
    }

    /// Plays the world to its end.
    #[must_use]
    pub fn run(mut self) -> Outcome {
        let end = Instant::ZERO + SCRIPTS + QUIET;
        let mut at_once = 0;
        while let Some(at) = self.next_at().filter(|at| *at < end) {
            at_once = if at > self.now { 0 } else { at_once + 1 };
            self.now = self.now.max(at);
            self.steps += 1;
            self.step();
            if at_once > STEPS_AT_ONCE_MAX {
                self.watch.faults.push(format!("the world runs in a circle; next: {:?}", self.board.deadline()));
            }
            if !self.watch.faults.is_empty() || !self.plant.faults.is_empty() {
                return self.outcome();
            }
        }
        self.now = end;
        let floor = self.board.floor(end);
        self.watch.check_end(&self.board, &floor);
        self.watch.faults.extend(self.ledger.check(&floor));
        ledger::tally(&floor, &mut self.watch.tally);
        for (number, person) in self.people.iter().enumerate().filter(|(_, person)| person.endpoint.legs() > 0) {
            self.watch.faults.push(format!("person {number} is still in {} calls", person.endpoint.legs()));
        }
        self.plant.check_end();
        self.outcome()
    }

    fn outcome(self) -> Outcome {
        let at = |fault: String| format!("at {:?}: {fault}", self.now);
        let faults = self.watch.faults.iter().chain(&self.plant.faults).cloned().map(at).collect();
        Outcome { faults, tally: self.watch.tally, steps: self.steps, trace: self.trace.sum() }
    }

    fn next_at(&self) -> Option<Instant> {
        let agenda = self.agenda.keys().next().map(|(at, _)| *at);
        let board = self.board.deadline().map(|(at, _)| at);
        [agenda, board, self.next_person().map(|(at, _)| at)].into_iter().flatten().min()
    }

    fn next_person(&self) -> Option<(Instant, usize)> {
        let due = |(number, person): (usize, &Person)| person.endpoint.deadline().map(|(at, _)| (at, number));
        self.people.iter().enumerate().filter_map(due).min()
    }

    /// Does what is due now.
    fn step(&mut self) {
        if self.agenda.keys().next().is_some_and(|(at, _)| *at <= self.now) {
            if let Some((_, happening)) = self.agenda.pop_first() {
                self.happen(happening);
            }
        } else if self.board.deadline().is_some_and(|(at, _)| at <= self.now) {
            self.tell(Input::Tick);
        } else if let Some((_, person)) = self.next_person() {
            self.person_fact(person, sip::api::Fact::Tick);
        }
    }

    fn later(&mut self, after: Duration, happening: Happening) {
        self.made += 1;
        self.agenda.insert((self.now + after, self.made), happening);
    }

    fn plan_deeds(&mut self, person: usize, deeds: Deeds) {
        for (after, deed) in deeds {
            self.later(after, Happening::Deed(person, deed));
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Datagram { from, to, bytes } => self.arrive(from, to, &bytes),
            Happening::Deed(person, deed) => self.deed(person, deed),
            Happening::Plant(Answer::Event(event)) => self.tell(Input::Media(event)),
            Happening::Plant(Answer::Played(leg, play)) => {
                if self.plant.played(leg, play) {
                    let done = Input::Media(media::api::Event::PlayDone { leg, play });
                    let soon = self.dice.millis(0, 5);
                    self.later(soon, Happening::Input(done));
                }
            }
            Happening::Plant(Answer::Recorded(recording, finished)) => {
                self.tell(Input::Recorded { recording, finished });
            }
            Happening::Input(input) => self.tell(input),
            Happening::Wish(desk) => self.wish(desk),
            Happening::Steer => self.steer(),
            Happening::Reconfigure => {
                let config = plan::changed(&mut self.dice);
                self.watch.reconfigured(&config);
                self.tell(Input::Reconfigure(Box::new(plan::reconfiguration(&config, self.max_calls))));
            }
        }
    }

    fn deed(&mut self, person: usize, deed: Deed) {
        if self.people[person].vanished && !matches!(deed, Deed::Return | Deed::Silence) {
            return;
        }
        let event = |leg| match deed {
            Deed::Key(digit) => Some(media::api::Event::Digit { leg, digit }),
            Deed::Silence => Some(media::api::Event::Silent { leg }),
            _ => None,
        };
        let events: Vec<_> = self.plant.legs_of(person).into_iter().filter_map(event).collect();
        for event in events {
            self.tell(Input::Media(event));
        }
        if matches!(deed, Deed::Silence) && self.people[person].vanished {
            self.later(Duration::from_secs(5), Happening::Deed(person, Deed::Silence));
        }
        let (effects, deeds) = self.people[person].act(self.now, deed, &mut self.dice);
        self.plan_deeds(person, deeds);
        self.person_effects(person, effects);
    }

    fn person_fact(&mut self, person: usize, fact: sip::api::Fact) {
        let mut effects = Vec::new();
        self.people[person].endpoint.handle(self.now, fact, &mut effects);
        self.person_effects(person, effects);
    }

    fn person_effects(&mut self, person: usize, effects: Vec<sip::api::Effect>) {
        for effect in effects {
            if let sip::api::Effect::Send { to, bytes } = effect {
                if !self.people[person].vanished {
                    self.post(plan::address(person), to, bytes);
                }
                continue;
            }
            if let Some(word) = people::word_of(&effect) {
                *self.watch.tally.entry(word.to_owned()).or_default() += 1;
            }
            let deeds = self.people[person].react(&effect, &mut self.dice);
            self.plan_deeds(person, deeds);
        }
    }

    /// Gives a datagram to the network.
    fn post(&mut self, from: SocketAddr, to: Destination, bytes: Vec<u8>) {
        let Destination::Udp(to) = to else {
            self.watch.faults.push(format!("nobody can be reached at {to:?}"));
            return;
        };
        let copies = if self.dice.percent(self.weather.repeated_percent) { 2 } else { 1 };
        for _ in 0..copies {
            if self.dice.percent(self.weather.lost_percent) {
                continue;
            }
            let slow = if self.dice.percent(self.weather.late_percent) { 700 } else { 20 };
            let after = self.dice.millis(1, slow);
            self.later(after, Happening::Datagram { from, to, bytes: bytes.clone() });
        }
    }

    fn arrive(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let source = Source { transport: Transport::Udp, local: to, remote: from, flow: None };
        let message = sip::message::parse_datagram(bytes);
        let person = plan::person_at(to).filter(|person| *person < self.people.len() && to != BOARD);
        if let (Some(person), Ok(sip::Message::Response(response))) = (person, &message)
            && matches!(response.headers.cseq(), Ok((_, Method::Register)))
        {
            let effects = self.people[person].registered(response);
            self.person_effects(person, effects);
            return;
        }
        let fact = sip::api::Fact::Received { source, message };
        if to == BOARD {
            self.tell(Input::Sip(fact));
        } else if let Some(person) = person
            && !self.people[person].vanished
        {
            self.person_fact(person, fact);
        }
    }

    /// Opens or closes a queue, or changes the points of a contact, mostly of one that waits.
    fn steer(&mut self) {
        let ticket = self.made;
        self.made += 1;
        let waiting: Vec<_> = self.board.floor(self.now).waiting.iter().map(|waiting| waiting.contact).collect();
        let wish = if waiting.is_empty() || self.dice.percent(40) {
            let queue = self.dice.pick(&["crew", "crew", "quick", "nowhere"]).parse().expect("a constant id");
            Wish::OpenQueue { queue, open: self.dice.percent(60) }
        } else {
            let contact = if self.dice.percent(90) { self.dice.pick(&waiting) } else { domain::ContactId::new(1) };
            let points = i32::try_from(self.dice.below(200)).unwrap_or(0);
            let age_per_s = self.dice.percent(30).then_some(3);
            Wish::Reprioritise { contact, priority: Some(domain::Priority(points)), age_per_s }
        };
        self.watch.open_wishes.insert(ticket);
        self.tell(Input::Wish { ticket, agent: None, wish: Box::new(wish) });
    }

    fn wish(&mut self, desk: usize) {
        let ticket = self.made;
        let next = self.dice.millis(500, 6_000);
        if self.now + next < Instant::ZERO + WISHES {
            self.later(next, Happening::Wish(desk));
        }
        let agent = self.desks[desk].agent;
        if self.dice.percent(10) {
            let connected = !self.desks[desk].connected;
            self.desks[desk].connected = connected;
            self.tell(Input::Presence { agent, connected });
        }
        let mut wish = self.desks[desk].wish(&mut self.dice, &self.agents);
        if self.dice.percent(8) {
            // Supervisors come to calls of others; that only they may is the shells' rule.
            let contacts: Vec<_> = self.desks.iter().map(|other| other.contact).collect();
            let contact = self.dice.pick(&contacts);
            self.watch.asked_to_monitor(agent, contact);
            wish = Wish::Monitor(contact, mode(&mut self.dice));
        }
        self.watch.open_wishes.insert(ticket);
        self.tell(Input::Wish { ticket, agent: Some(agent), wish: Box::new(wish) });
    }

    /// Tells the switchboard something and carries out what it wants.
    fn tell(&mut self, input: Input) {
        let mut effects = Vec::new();
        let was_tick = matches!(input, Input::Tick);
        self.board.handle(self.now, input, &mut effects);
        let quiet =
            effects.iter().all(|effect| matches!(effect, Effect::Send { .. } | Effect::Count(_) | Effect::Door(_)));
        self.carry_out(effects);
        if was_tick || !quiet {
            self.watch.check(self.now, &self.board);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.trace.note(self.now, &effect);
            match effect {
                Effect::Send { to, bytes } => {
                    if let Some(agent) = self.agent_of(to) {
                        self.watch.phone(agent, &bytes);
                    }
                    self.post(BOARD, to, bytes);
                }
                Effect::Media(command) => {
                    if let Some((after, answer)) = self.plant.command(command, &mut self.dice) {
                        self.later(after, Happening::Plant(answer));
                    }
                }
                Effect::Store(event) => self.store(&event),
                Effect::Desk(event) => {
                    let Audience::Agent(agent) = event.to;
                    self.watch.desk(agent, &event.body);
                    if let Some(desk) = self.desks.iter_mut().find(|desk| desk.agent == agent) {
                        desk.hear(&event.body);
                    }
                }
                Effect::Lookup { contact, asker, .. } => self.look_up(contact, asker),
                Effect::Replied { ticket, .. } => self.watch.replied(ticket),
                Effect::Close(_)
                | Effect::Resolve(_)
                | Effect::Unlocated { .. }
                | Effect::Count(_)
                | Effect::Door(_)
                | Effect::Trunk { .. }
                | Effect::Dialog { .. }
                | Effect::KeepEmergencies(_)
                | Effect::HttpStep { .. }
                | Effect::FlowNote { .. } => {}
            }
        }
    }

    /// The agent with the phone at this address.
    fn agent_of(&self, to: Destination) -> Option<AgentId> {
        let Destination::Udp(to) = to else { return None };
        let number = plan::person_at(to)?.checked_sub(FIRST_AGENT)?;
        self.agents.get(number).copied()
    }

    fn store(&mut self, event: &domain::ContactEvent) {
        self.watch.event(event);
        self.ledger.keep(plan::WALL_AT_START.at(event.at), event);
        if event.seq == 1 {
            let slow = self.dice.percent(3);
            let after = if slow { self.dice.millis(3_000, 9_000) } else { self.dice.millis(1, 50) };
            self.later(after, Happening::Input(Input::Stored(event.contact)));
        }
    }

    fn look_up(&mut self, contact: domain::ContactId, asker: Asker) {
        let after = match self.dice.below(10) {
            0 => return,
            1 => self.dice.millis(500, 30_000),
            _ => self.dice.millis(1, 200),
        };
        let customer = self.dice.percent(50).then(|| Box::new(customer(self.dice.below(20))));
        self.later(after, Happening::Input(Input::Found { contact, asker, customer }));
    }
}

fn customer(number: u64) -> Customer {
    Customer {
        id: domain::CustomerId::new(u128::from(number)),
        name: Redacted(format!("Customer {number}")),
        company: String::new(),
        tier: "gold".to_owned(),
        account: number.to_string(),
        language: None,
        notes: String::new(),
        contact_points: Vec::new(),
        last_contacts: Vec::new(),
        contacts_7d: 0,
        contacts_total: 0,
    }
}
