//! `switchroom route`: a decision trace through the routing engine.

use super::Failure;
use acd::api::AgentRule;
use clap::{Args, ValueHint};
use core::time::Duration;
use domain::{Channel, Priority, Proficiency, Ring, SkillId};
use planning::route::{Asking, Event, Staff, Timed};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// `switchroom route`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  switchroom route --trace trace.jsonl

One JSON object a line, in order of time: config, agent, ready, away, contact, abandon, finish, tick.
Printed is one line for each assignment: {\"t\": 0, \"contact\": 41, \"agent\": 7}")]
pub struct Route {
    /// The trace, JSON lines.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    trace: PathBuf,
}

/// An assignment as it is printed.
fn line(done: &planning::route::Assignment) -> String {
    format!(r#"{{"t": {}, "contact": {}, "agent": {}}}"#, done.at_ms, done.contact, done.agent)
}

/// Runs it.
///
/// # Errors
/// [`Failure::File`] for a file that cannot be read, [`Failure::Line`] for a line that is no event.
pub fn run(route: &Route) -> Result<ExitCode, Failure> {
    let failed = |source| Failure::File { path: route.trace.clone(), source };
    let text = fs::read_to_string(&route.trace).map_err(failed)?;
    let events = events(&text).map_err(|(line, why)| Failure::Line { path: route.trace.clone(), line, why })?;
    let print = || {
        let mut out = BufWriter::new(io::stdout().lock());
        for done in planning::route::run(&events) {
            writeln!(out, "{}", line(&done))?;
        }
        out.flush()
    };
    match print() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        printed => printed.map(|()| ExitCode::SUCCESS).map_err(failed),
    }
}

/// A line of a trace; fields not named here are passed over.
#[derive(Deserialize)]
struct Line {
    t: u64,
    #[serde(flatten)]
    event: Ev,
}

#[derive(Deserialize)]
#[serde(tag = "ev", rename_all = "snake_case")]
enum Ev {
    Config {
        #[serde(default)]
        agent_rule: Rule,
        #[serde(default)]
        sticky_ms: u64,
    },
    Agent {
        id: u64,
        #[serde(default)]
        skills: BTreeMap<String, u64>,
        #[serde(default)]
        capacity: BTreeMap<String, u64>,
    },
    Ready {
        id: u64,
    },
    Away {
        id: u64,
    },
    Contact(ContactLine),
    Abandon {
        id: u64,
    },
    Finish {
        contact: u64,
    },
    Tick,
}

#[derive(Deserialize)]
struct ContactLine {
    id: u64,
    channel: String,
    #[serde(default)]
    priority: i32,
    #[serde(default = "one")]
    age_per_s: u32,
    #[serde(default)]
    rings: Vec<RingLine>,
    #[serde(default)]
    sticky: Option<u64>,
}

#[derive(Deserialize)]
struct RingLine {
    #[serde(default)]
    after_ms: u64,
    #[serde(default)]
    need: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rule {
    #[default]
    LongestIdle,
    LeastOccupied,
    BestLevel,
}

const fn one() -> u32 {
    1
}

/// The events of a trace, or the first line that is none and why.
fn events(text: &str) -> Result<Vec<Timed>, (usize, String)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(number, line)| event(line).map_err(|why| (number + 1, why))).collect()
}

fn event(line: &str) -> Result<Timed, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let event = match line.event {
        Ev::Config { agent_rule, sticky_ms } => {
            let rule = match agent_rule {
                Rule::LongestIdle => AgentRule::LongestIdle,
                Rule::LeastOccupied => AgentRule::LeastOccupied,
                Rule::BestLevel => AgentRule::BestLevel,
            };
            Event::Config(rule, Duration::from_millis(sticky_ms))
        }
        Ev::Agent { id, skills, capacity } => {
            Event::Agent(Staff { id, skills: levels(skills)?, capacity: units(capacity)? })
        }
        Ev::Ready { id } => Event::Ready(id),
        Ev::Away { id } => Event::Away(id),
        Ev::Contact(contact) => Event::Contact(asking(contact)?),
        Ev::Abandon { id } => Event::Abandon(id),
        Ev::Finish { contact } => Event::Finish(contact),
        Ev::Tick => Event::Tick,
    };
    Ok(Timed { at_ms: line.t, event })
}

fn asking(contact: ContactLine) -> Result<Asking, String> {
    let ring = |ring: RingLine| {
        Ok::<_, String>(Ring { after: Duration::from_millis(ring.after_ms), need: levels(ring.need)? })
    };
    Ok(Asking {
        id: contact.id,
        channel: channel(&contact.channel)?,
        priority: Priority(contact.priority),
        age_per_s: contact.age_per_s,
        rings: contact.rings.into_iter().map(ring).collect::<Result<_, _>>()?,
        sticky: contact.sticky,
    })
}

fn channel(name: &str) -> Result<Channel, String> {
    name.parse().map_err(|_| format!("there is no channel {name:?}"))
}

/// Skills with levels; level 0 is no skill.
fn levels(map: BTreeMap<String, u64>) -> Result<Vec<(SkillId, Proficiency)>, String> {
    let level = |(skill, level): (String, u64)| {
        let id: SkillId = skill.parse().map_err(|error| format!("skill {skill:?}: {error}"))?;
        match u8::try_from(level).ok().and_then(Proficiency::new) {
            Some(level) => Ok(Some((id, level))),
            None if level == 0 => Ok(None),
            None => Err(format!("skill {skill:?}: a level is 0 to 10, not {level}")),
        }
    };
    map.into_iter().filter_map(|entry| level(entry).transpose()).collect()
}

fn units(map: BTreeMap<String, u64>) -> Result<Vec<(Channel, u8)>, String> {
    map.into_iter().map(|(name, count)| Ok((channel(&name)?, u8::try_from(count).unwrap_or(u8::MAX)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_trace_gives_exactly_the_expected_assignments() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("acd/tests/corpora/routing");
        let mut checked = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let Some(number) = name.strip_prefix("trace_") else { continue };
            let done = planning::route::run(&events(&fs::read_to_string(&path).unwrap()).unwrap());
            let done: Vec<String> = done.iter().map(line).collect();
            let expected = fs::read_to_string(folder.join(format!("expected_{number}"))).unwrap();
            let expected: Vec<&str> = expected.lines().collect();
            assert_eq!(done, expected, "{name}");
            checked += 1;
        }
        assert!(checked > 0, "no traces in {}", folder.display());
    }

    #[test]
    fn unknown_fields_are_passed_over_and_empty_lines_too() {
        let text = r#"
            {"t":0,"ev":"tick","note":"x"}

            {"t":1,"ev":"contact","id":3,"channel":"chat","vip":true}"#;
        assert_eq!(events(text).unwrap().len(), 2);
    }

    #[test]
    fn a_line_that_is_no_event_is_named_by_its_number() {
        let tick = r#"{"t":0,"ev":"tick"}"#;
        for bad in [
            "{",
            "7",
            r#"{"ev":"tick"}"#,
            r#"{"t":-1,"ev":"tick"}"#,
            r#"{"t":0,"ev":"dance"}"#,
            r#"{"t":0,"ev":"agent","id":1,"skills":{"s":11}}"#,
            r#"{"t":0,"ev":"agent","id":1,"capacity":{"fax":1}}"#,
            r#"{"t":0,"ev":"contact","id":1,"channel":"chat","rings":[{"need":{"a b":1}}]}"#,
        ] {
            assert_eq!(events(&format!("{tick}\n{bad}\n{tick}")).unwrap_err().0, 2, "{bad}");
        }
    }

    #[test]
    fn a_needed_level_of_zero_drops_the_skill() {
        let line = r#"{"t":0,"ev":"contact","id":1,"channel":"voice","rings":[{"after_ms":0,"need":{"a":0,"b":2}}]}"#;
        let Event::Contact(asking) = event(line).unwrap().event else { panic!("a contact") };
        assert_eq!(asking.rings[0].need.len(), 1);
    }
}
