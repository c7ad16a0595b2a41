//! The engine, driven through decision traces, assigns exactly as an independent simulation does.

use core::time::Duration;
use domain::{Channel, Priority, Proficiency, Ring, SkillId};
use planning::route::{Asking, Event as Told, Staff, Timed};
use serde_json::Value;
use sim::oracle::{self, Assignment, Customer, Event, Rule, SKILLS, Step, Worker};
use std::path::Path;

/// Contacts of a random trace.
const CONTACTS: u64 = 10_000;

fn skill(number: usize) -> SkillId {
    format!("s{number}").parse().unwrap()
}

/// Levels of 0 need nothing and are left out.
fn levels(levels: impl Iterator<Item = (usize, u8)>) -> Vec<(SkillId, Proficiency)> {
    levels.filter_map(|(number, level)| Some((skill(number), Proficiency::new(level)?))).collect()
}

fn asking(customer: &Customer) -> Asking {
    let ring =
        |step: &Step| Ring { after: Duration::from_millis(step.after_ms), need: levels(step.need.iter().copied()) };
    Asking {
        id: customer.id,
        channel: customer.channel,
        priority: Priority(customer.priority.try_into().unwrap()),
        age_per_s: customer.age_per_s.try_into().unwrap(),
        rings: customer.steps.iter().map(ring).collect(),
        sticky: customer.sticky,
    }
}

fn staff(worker: &Worker) -> Staff {
    let capacity = Channel::ALL.into_iter().zip(worker.capacity);
    Staff { id: worker.id, skills: levels(worker.levels.into_iter().enumerate()), capacity: capacity.collect() }
}

/// The same event in the words of the trace runner.
fn told((at_ms, event): &(u64, Event)) -> Timed {
    let event = match event {
        Event::Config(rule, sticky_ms) => {
            let rule = match rule {
                Rule::LongestIdle => acd::api::AgentRule::LongestIdle,
                Rule::LeastOccupied => acd::api::AgentRule::LeastOccupied,
                Rule::BestLevel => acd::api::AgentRule::BestLevel,
            };
            Told::Config(rule, Duration::from_millis(*sticky_ms))
        }
        Event::Agent(worker) => Told::Agent(staff(worker)),
        Event::Ready(agent) => Told::Ready(*agent),
        Event::Away(agent) => Told::Away(*agent),
        Event::Contact(customer) => Told::Contact(asking(customer)),
        Event::Abandon(contact) => Told::Abandon(*contact),
        Event::Finish(contact) => Told::Finish(*contact),
        Event::Tick => Told::Tick,
    };
    Timed { at_ms: *at_ms, event }
}

fn by_the_engine(trace: &[(u64, Event)]) -> Vec<Assignment> {
    let events: Vec<Timed> = trace.iter().map(told).collect();
    let made = planning::route::run(&events);
    made.into_iter().map(|m| Assignment { at_ms: m.at_ms, contact: m.contact, agent: m.agent }).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// Names such as `s3` and their levels.
fn named(map: &Value) -> Vec<(usize, u8)> {
    let pairs = map.as_object().unwrap().iter();
    pairs.map(|(name, level)| (name[1..].parse().unwrap(), number(level) as u8)).collect()
}

fn worker(line: &Value) -> Worker {
    let (mut levels, mut capacity) = ([0; SKILLS], [0; 7]);
    for (skill, level) in named(&line["skills"]) {
        levels[skill] = level;
    }
    for (channel, units) in line["capacity"].as_object().unwrap() {
        capacity[channel.parse::<Channel>().unwrap() as usize] = number(units) as u8;
    }
    Worker { id: number(&line["id"]), levels, capacity }
}

fn customer(line: &Value) -> Customer {
    let step = |ring: &Value| Step { after_ms: number(&ring["after_ms"]), need: named(&ring["need"]) };
    Customer {
        id: number(&line["id"]),
        channel: line["channel"].as_str().unwrap().parse().unwrap(),
        priority: line["priority"].as_i64().unwrap(),
        age_per_s: line["age_per_s"].as_i64().unwrap(),
        steps: line["rings"].as_array().unwrap().iter().map(step).collect(),
        sticky: line["sticky"].as_u64(),
    }
}

fn event(line: &Value) -> (u64, Event) {
    let event = match line["ev"].as_str().unwrap() {
        "config" => {
            let rule = match line["agent_rule"].as_str().unwrap() {
                "longest_idle" => Rule::LongestIdle,
                "least_occupied" => Rule::LeastOccupied,
                "best_level" => Rule::BestLevel,
                other => panic!("no such agent rule: {other}"),
            };
            Event::Config(rule, number(&line["sticky_ms"]))
        }
        "agent" => Event::Agent(worker(line)),
        "ready" => Event::Ready(number(&line["id"])),
        "away" => Event::Away(number(&line["id"])),
        "contact" => Event::Contact(customer(line)),
        "abandon" => Event::Abandon(number(&line["id"])),
        "finish" => Event::Finish(number(&line["contact"])),
        "tick" => Event::Tick,
        other => panic!("no such event: {other}"),
    };
    (number(&line["t"]), event)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_oracle_gives_the_expected_assignments_of_the_recorded_traces() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../acd/tests/corpora/routing");
    let mut checked = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(rest) = name.strip_prefix("trace_") else { continue };
        let trace: Vec<_> = lines(&path).iter().map(event).collect();
        let of = |line: &Value| Assignment {
            at_ms: number(&line["t"]),
            contact: number(&line["contact"]),
            agent: number(&line["agent"]),
        };
        let expected: Vec<_> = lines(&folder.join(format!("expected_{rest}"))).iter().map(of).collect();
        assert_eq!(oracle::assignments(&trace), expected, "{name}");
        assert_eq!(by_the_engine(&trace), expected, "{name}");
        checked += 1;
    }
    assert!(checked > 0, "no traces in {}", folder.display());
}

#[test]
fn the_engine_assigns_random_traces_as_the_oracle_does() {
    let seeds = if std::env::var_os("SWITCHROOM_SOAK").is_some() { 1_000 } else { 50 };
    for seed in 0..seeds {
        let trace = oracle::generate(seed, CONTACTS);
        let (expected, got) = (oracle::assignments(&trace), by_the_engine(&trace));
        let first = expected.iter().zip(&got).position(|(expected, got)| expected != got);
        let at = first.unwrap_or(expected.len().min(got.len()));
        assert_eq!(got.get(at), expected.get(at), "seed {seed}, assignment {at} of {}", expected.len());
        assert!(expected.len() as u64 > CONTACTS / 4, "seed {seed}: a floor that serves so few proves little");
    }
}
