//! What the engine costs: one match on a middling floor, every kind of event on a very large one, a single queue as
//! simulations drive it.
//!
//! Prints `name value unit` lines. Run with `cargo bench --profile release -p acd`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod common;

use acd::Engine;
use acd::api::{AgentSetup, Arrival, Command, Effect, Fact, Setup};
use common::{Costs, Numbers};
use core::time::Duration;
use domain::{AgentId, Channel, ContactId, Instant, OfferId, OfferResult, Priority, Requirement, Ring};
use std::time::Instant as Stopwatch;

fn main() {
    // `cargo bench -p acd -- NAME` runs one part; for `single_queue` a number of contacts may follow.
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wants = |part: &str| named.as_ref().is_none_or(|name| name == part);
    if wants("one_match") {
        one_match();
    }
    if wants("large") {
        let large = Floor::new(100_000);
        snapshot(&large.engine);
        let large = large.measure("100k", 400_000);
        let small = Floor::new(1_000).measure("1k", 400_000);
        println!("acd_cost_100k_over_1k {:.2} x", large / small);
    }
    if wants("single_queue") {
        let contacts = std::env::args().rev().find_map(|argument| argument.parse().ok()).unwrap_or(4_000_000);
        single_queue(100, contacts);
        single_queue(10, contacts);
    }
}

/// An agent is freed while contacts wait, until the offer is made: 1,000 contacts, 200 agents, 8 queues, 16 skills.
fn one_match() {
    let mut numbers = Numbers(7);
    let agents: Vec<AgentSetup> = (0..200).map(|number| middling_agent(&mut numbers, number)).collect();
    let ids: Vec<AgentId> = agents.iter().map(|agent| agent.id).collect();
    let queues = (0..8).map(common::queue).collect();
    let mut engine = Engine::new(Setup { queues, agents, ..Setup::default() }, 1);
    let (mut now, mut effects, mut contacts) = (Instant::ZERO, Vec::new(), 0);
    while contacts < 1_200 {
        engine.handle(now, Fact::Arrived(middling_arrival(&mut numbers, contacts)), &mut effects);
        contacts += 1;
    }
    let mut serving = all_ready(&mut engine, ids);
    let mut costs = Costs::default();
    while costs.count() < 20_000 {
        now = now + Duration::from_millis(7);
        let (_, contact, agent) = serving.swap_remove(numbers.below(serving.len() as u64) as usize);
        effects.clear();
        let mut cost = Costs::default();
        cost.time(|| engine.handle(now, Fact::Finished { contact, agent }, &mut effects));
        for made in common::offers(&effects) {
            engine.handle(now, Fact::OfferEnded { offer: made.0, result: OfferResult::Answered }, &mut effects);
            serving.push(made);
            engine.handle(now, Fact::Arrived(middling_arrival(&mut numbers, contacts)), &mut effects);
            contacts += 1;
            costs = costs.join(core::mem::take(&mut cost));
        }
    }
    println!("acd_match_us {:.3} us", costs.mean_us());
    println!("acd_match_p99_us {:.3} us", costs.permille_us(990));
}

fn middling_agent(numbers: &mut Numbers, number: u64) -> AgentSetup {
    AgentSetup {
        id: common::agent_id(number),
        name: String::new(),
        skills: (0..6).map(|_| (common::skill_id(numbers.below(16)), common::level(1 + numbers.below(10)))).collect(),
        queues: (0..8).filter(|_| numbers.below(2) == 0).map(|n| common::queue_id(n).into()).collect(),
        capacity: vec![(Channel::Voice, 1)],
    }
}

fn middling_arrival(numbers: &mut Numbers, contact: u128) -> Arrival {
    let need = vec![(common::skill_id(numbers.below(16)), common::level(1 + numbers.below(4)))];
    let relaxed = Ring { after: Duration::from_secs(3_600), need: Vec::new() };
    let rings = vec![Ring { after: Duration::ZERO, need }, relaxed];
    Arrival {
        priority: Priority(numbers.below(5) as i32),
        requirement: Some(Requirement::new(rings)),
        ..Arrival::new(ContactId::new(contact), common::queue_id(numbers.below(8)))
    }
}

/// Everybody signs in and answers what rings.
fn all_ready(engine: &mut Engine, agents: impl IntoIterator<Item = AgentId>) -> Vec<(OfferId, ContactId, AgentId)> {
    let mut effects = Vec::new();
    let mut serving = Vec::new();
    for agent in agents {
        let reason = "login".parse().expect("a slug");
        engine.command(Instant::ZERO, Command::SignIn(agent, reason), &mut effects).expect("it exists");
        engine.command(Instant::ZERO, Command::Ready(agent), &mut effects).expect("it is signed in");
        for made in common::offers(&effects) {
            let answer = Fact::OfferEnded { offer: made.0, result: OfferResult::Answered };
            engine.handle(Instant::ZERO, answer, &mut effects);
            serving.push(made);
        }
        effects.clear();
    }
    serving
}

const AGENTS: u64 = 20_000;
const WIDENS_AFTER: Duration = Duration::from_secs(5);

/// The costs of each kind of event.
#[derive(Default)]
struct Kinds {
    arrival: Costs,
    freed: Costs,
    answer: Costs,
    abandon: Costs,
    widened: Costs,
}

/// A very large floor: 20,000 agents, 512 requirements, a line that stays as long as it is.
struct Floor {
    engine: Engine,
    numbers: Numbers,
    requirements: Vec<Requirement>,
    now: Instant,
    next: u128,
    serving: Vec<(OfferId, ContactId, AgentId)>,
    /// Contacts in line, and some that are not any more.
    waiting: Vec<ContactId>,
    effects: Vec<Effect>,
    kinds: Kinds,
    bytes_per_contact: u64,
}

impl Floor {
    fn new(waiting: u64) -> Self {
        let mut numbers = Numbers(11);
        let agents: Vec<AgentSetup> = (0..AGENTS).map(|number| common::agent(&mut numbers, number)).collect();
        let ids: Vec<AgentId> = agents.iter().map(|agent| agent.id).collect();
        let queues = (0..common::QUEUES).map(common::queue).collect();
        let engine = Engine::new(Setup { queues, agents, ..Setup::default() }, 1);
        let mut floor = Self {
            engine,
            numbers,
            requirements: common::requirements(WIDENS_AFTER),
            now: Instant::ZERO,
            next: 0,
            serving: Vec::new(),
            waiting: Vec::new(),
            effects: Vec::new(),
            kinds: Kinds::default(),
            bytes_per_contact: 0,
        };
        (0..AGENTS).for_each(|_| floor.arrive());
        floor.serving = all_ready(&mut floor.engine, ids);
        let before = resident_bytes();
        (0..waiting).for_each(|_| floor.arrive());
        floor.bytes_per_contact = resident_bytes().saturating_sub(before) / waiting;
        floor
    }

    fn arrive(&mut self) {
        let arrival = common::arrival(&mut self.numbers, &self.requirements, self.next);
        self.waiting.push(arrival.contact);
        self.next += 1;
        self.kinds.arrival.time(|| self.engine.handle(self.now, Fact::Arrived(arrival), &mut self.effects));
        self.answer();
    }

    /// Whoever is offered a contact answers.
    fn answer(&mut self) {
        for made in common::offers(&self.effects) {
            let answer = Fact::OfferEnded { offer: made.0, result: OfferResult::Answered };
            self.kinds.answer.time(|| self.engine.handle(self.now, answer, &mut self.effects));
            self.serving.push(made);
        }
        self.effects.clear();
    }

    fn free(&mut self) {
        let at = self.numbers.below(self.serving.len() as u64) as usize;
        let (_, contact, agent) = self.serving.swap_remove(at);
        let finished = Fact::Finished { contact, agent };
        self.kinds.freed.time(|| self.engine.handle(self.now, finished, &mut self.effects));
        self.answer();
    }

    /// Somebody who still waits leaves.
    fn abandon(&mut self) {
        loop {
            let at = self.numbers.below(self.waiting.len() as u64) as usize;
            let contact = self.waiting.swap_remove(at);
            if self.engine.queue_of(contact).is_some() {
                let left = Fact::Left { contact, result: OfferResult::CustomerLeft };
                self.kinds.abandon.time(|| self.engine.handle(self.now, left, &mut self.effects));
                return self.effects.clear();
            }
        }
    }

    /// Time passes, and rings widen one by one.
    fn wait(&mut self, passed: Duration) {
        let until = self.now + passed;
        while let Some((at, _)) = self.engine.deadline().filter(|(at, _)| *at <= until) {
            self.now = at;
            self.kinds.widened.time(|| self.engine.handle(self.now, Fact::Tick, &mut self.effects));
            self.answer();
        }
        self.now = until;
    }

    /// For each two arrivals one agent is freed and one contact leaves, so that the line stays as long as it is; each
    /// contact waits ten seconds on average.
    fn rounds(&mut self, count: usize, step: Duration) {
        for _ in 0..count {
            self.wait(step);
            self.arrive();
            self.free();
            self.wait(step);
            self.arrive();
            self.abandon();
        }
    }

    /// Prints the figures under this name; returns the mean cost of an event.
    fn measure(mut self, name: &str, events: usize) -> f64 {
        let line = self.waiting.len();
        let step = Duration::from_micros(10_000_000 / line as u64);
        self.rounds(line / 2, step);
        self.kinds = Kinds::default();
        let before = cpu_s();
        self.rounds(events / 4, step);
        let cpu = cpu_s() - before;
        let Kinds { arrival, freed, answer, abandon, widened } = self.kinds;
        println!("acd_{name}_memory_per_contact {} B", self.bytes_per_contact);
        print_costs(name, "answer", answer);
        let mut all = Costs::default();
        for (kind, costs) in [("arrival", arrival), ("freed", freed), ("abandon", abandon), ("widened", widened)] {
            all = all.join(print_costs(name, kind, costs));
        }
        let mean = all.mean_us();
        println!("acd_{name}_cpu_us_per_event {:.3} us (with the bench's own work)", cpu * 1e6 / all.count() as f64);
        println!("acd_{name}_decisions_per_s {:.0} /s", 1_000_000.0 / mean);
        print_costs(name, "event", all);
        mean
    }
}

/// The state of 100,000 contacts and 20,000 agents as bytes, and back.
fn snapshot(engine: &Engine) {
    let begun = Stopwatch::now();
    let bytes = engine.snapshot();
    println!("acd_snapshot_ms {:.1} ms ({} bytes)", begun.elapsed().as_secs_f64() * 1_000.0, bytes.len());
    let (begun, cpu) = (Stopwatch::now(), cpu_s());
    let restored = Engine::restore(&bytes);
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_s() - cpu);
    println!("acd_restore_120k_ms {:.1} ms ({:.1} ms of processor time)", wall * 1_000.0, cpu * 1_000.0);
    assert!(restored.is_ok_and(|restored| restored.snapshot() == bytes), "the restored engine is the same");
}

fn print_costs(name: &str, kind: &str, mut costs: Costs) -> Costs {
    let (p50, p99) = (costs.permille_us(500), costs.permille_us(990));
    println!("acd_{name}_{kind}_us {:.3} us (p50 {p50:.3}, p99 {p99:.3}, {} times)", costs.mean_us(), costs.count());
    costs
}

/// Processor time of this thread so far: where other processes take the processor away, it tells more than the clock.
fn cpu_s() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// What the process holds in memory, as the kernel tells it.
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

/// One queue at 95 % load, offers accepted at once: each contact comes and is finished.
fn single_queue(agents: u64, contacts: u128) {
    let setups = (0..agents).map(|number| AgentSetup {
        id: common::agent_id(number),
        name: String::new(),
        skills: Vec::new(),
        queues: vec![common::queue_id(0).into()],
        capacity: Vec::new(),
    });
    let setup = Setup { queues: vec![common::queue(0)], agents: setups.collect(), ..Setup::default() };
    let mut engine = Engine::new(setup, 1);
    engine.accept_at_once();
    engine.quiet();
    all_ready(&mut engine, (0..agents).map(common::agent_id));
    let (mut numbers, mut effects, mut now) = (Numbers(3), Vec::new(), Instant::ZERO);
    let (mut serving, mut next) = (Vec::new(), 0);
    let queue = common::queue_id(0);
    let (begun, cpu) = (Stopwatch::now(), cpu_s());
    while next < contacts {
        now = now + Duration::from_millis(1);
        let arrives = numbers.below(agents * 95 + serving.len() as u64 * 100) < agents * 95;
        if arrives {
            engine.handle(now, Fact::Arrived(Arrival::new(ContactId::new(next), queue)), &mut effects);
            next += 1;
        } else {
            let (contact, agent) = serving.swap_remove(numbers.below(serving.len() as u64) as usize);
            engine.handle(now, Fact::Finished { contact, agent }, &mut effects);
        }
        for effect in effects.drain(..) {
            if let Effect::Offer { contact, agent, .. } = effect {
                serving.push((contact, agent));
            }
        }
    }
    let rate = contacts as f64 / begun.elapsed().as_secs_f64();
    let per_cpu = contacts as f64 / (cpu_s() - cpu);
    println!(
        "acd_single_queue_{agents}_agents_contacts_per_s {rate:.0} /s ({per_cpu:.0} per second of processor time)"
    );
}
