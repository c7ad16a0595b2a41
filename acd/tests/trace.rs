//! Decision traces: recorded events in, exactly the expected assignments out.

use acd::Engine;
use acd::api::{AgentRule, AgentSetup, Arrival, Command, Effect, Fact, QueueSetup, Setup};
use core::time::Duration;
use domain::{
    AgentId, Channel, ContactId, Instant, OfferResult, Priority, Proficiency, QueueId, Requirement, Ring, SkillId,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The one queue of a trace.
fn queue_id() -> QueueId {
    "line".parse().unwrap()
}

fn agent_id(id: &Value) -> AgentId {
    id.to_string().parse().unwrap()
}

fn contact_id(id: &Value) -> ContactId {
    ContactId::new(id.as_u64().unwrap().into())
}

fn levels(map: &Value) -> Vec<(SkillId, Proficiency)> {
    let pairs = map.as_object().unwrap().iter();
    pairs.filter_map(|(s, l)| Some((s.parse().unwrap(), Proficiency::new(l.as_u64()?.try_into().ok()?)?))).collect()
}

fn agent(event: &Value) -> AgentSetup {
    let capacity = event["capacity"].as_object().unwrap().iter();
    AgentSetup {
        id: agent_id(&event["id"]),
        name: String::new(),
        skills: levels(&event["skills"]),
        queues: vec![queue_id().into()],
        capacity: capacity.map(|(c, n)| (c.parse().unwrap(), n.as_u64().unwrap().try_into().unwrap())).collect(),
    }
}

fn arrival(event: &Value) -> Arrival {
    let ring = |ring: &Value| Ring {
        after: Duration::from_millis(ring["after_ms"].as_u64().unwrap()),
        need: levels(&ring["need"]),
    };
    Arrival {
        channel: event["channel"].as_str().unwrap().parse::<Channel>().unwrap(),
        priority: Priority(event["priority"].as_i64().unwrap().try_into().unwrap()),
        age_per_s: Some(event["age_per_s"].as_u64().unwrap().try_into().unwrap()),
        requirement: Some(Requirement::new(event["rings"].as_array().unwrap().iter().map(ring).collect())),
        sticky: (!event["sticky"].is_null()).then(|| agent_id(&event["sticky"])),
        ..Arrival::new(contact_id(&event["id"]), queue_id())
    }
}

fn setup(events: &[Value]) -> Setup {
    let of = |kind: &'static str| events.iter().filter(move |event| event["ev"] == kind);
    let config = of("config").next().unwrap();
    let rule = match config["agent_rule"].as_str().unwrap() {
        "longest_idle" => AgentRule::LongestIdle,
        "least_occupied" => AgentRule::LeastOccupied,
        "best_level" => AgentRule::BestLevel,
        other => panic!("no such agent rule: {other}"),
    };
    Setup {
        queues: vec![QueueSetup { agent_rule: rule, ..QueueSetup::new(queue_id()) }],
        agents: of("agent").map(agent).collect(),
        sticky: Duration::from_millis(config["sticky_ms"].as_u64().unwrap()),
        ..Setup::default()
    }
}

/// Drives the engine and keeps the assignments.
struct Driver {
    engine: Engine,
    serving: BTreeMap<ContactId, AgentId>,
    lines: Vec<String>,
}

impl Driver {
    fn fact(&mut self, now: Instant, fact: Fact) {
        let mut effects = Vec::new();
        self.engine.handle(now, fact, &mut effects);
        self.note(now, effects);
    }

    fn command(&mut self, now: Instant, command: Command) {
        let mut effects = Vec::new();
        self.engine.command(now, command, &mut effects).unwrap();
        self.note(now, effects);
    }

    fn note(&mut self, now: Instant, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Offer { contact, agent, .. } = effect {
                self.serving.insert(contact, agent);
                let line = (now.as_millis(), contact.number(), agent);
                self.lines.push(format!(r#"{{"t":{},"contact":{},"agent":{}}}"#, line.0, line.1, line.2));
            }
        }
    }

    fn event(&mut self, event: &Value) {
        let now = Instant::from_millis(event["t"].as_u64().unwrap());
        while let Some((at, _)) = self.engine.deadline().filter(|(at, _)| *at < now) {
            self.fact(at, Fact::Tick);
        }
        match event["ev"].as_str().unwrap() {
            "agent" => {
                self.command(now, Command::SignIn(agent_id(&event["id"]), "login".parse().unwrap()));
            }
            "ready" => self.command(now, Command::Ready(agent_id(&event["id"]))),
            "away" => self.command(now, Command::NotReady(agent_id(&event["id"]), "break".parse().unwrap())),
            "contact" => self.fact(now, Fact::Arrived(arrival(event))),
            "abandon" => {
                let contact = contact_id(&event["id"]);
                self.fact(now, Fact::Left { contact, result: OfferResult::CustomerLeft });
            }
            "finish" => {
                let contact = contact_id(&event["contact"]);
                if let Some(agent) = self.serving.get(&contact).copied() {
                    self.fact(now, Fact::Finished { contact, agent });
                }
            }
            "tick" => self.fact(now, Fact::Tick),
            _ => {}
        }
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_trace_gives_exactly_the_expected_assignments() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/routing");
    let mut checked = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(number) = name.strip_prefix("trace_") else { continue };
        let events = lines(&path);
        let mut engine = Engine::new(setup(&events), 1);
        engine.accept_at_once();
        let mut driver = Driver { engine, serving: BTreeMap::new(), lines: Vec::new() };
        events.iter().for_each(|event| driver.event(event));
        let expected: Vec<String> =
            lines(&folder.join(format!("expected_{number}"))).iter().map(ToString::to_string).collect();
        assert_eq!(driver.lines, expected, "{name}");
        checked += 1;
    }
    assert!(checked > 0, "no traces in {}", folder.display());
}
