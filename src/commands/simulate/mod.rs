//! `switchroom simulate`: a contact centre in virtual time on the routing engine.

mod play;
mod plot;
mod read;
mod show;
mod table;
mod treatment;

use super::{Failure, stats};
use clap::{Args, ValueHint};
use domain::Visit;
use planning::simulate::{Centre, Report, Scenario, ScenarioError, Warning, replay};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `switchroom simulate`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  switchroom simulate centre.toml
  switchroom simulate centre.toml --replications 20 --plot waits.svg
  switchroom simulate centre.toml --json | jq '.types.sales[\"sl.offered.20\"]'
  switchroom simulate centre.toml --compare
  switchroom simulate centre.toml --history monday.jsonl
  switchroom simulate centre.toml --history sales=sales.jsonl --history support=support.jsonl

examples/scenarios has scenarios to begin with; docs/simulate.md explains every key and every figure.")]
pub struct Simulate {
    /// The scenario, a TOML file.
    #[arg(value_name = "SCENARIO", value_hint = ValueHint::FilePath)]
    scenario: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// What the random streams start from, in place of the scenario's.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Independent replications, in place of the scenario's.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    replications: Option<u32>,
    /// Play the same callers without calls back and messages, too, and show beside one another what that does to those who
    /// wait on the line.
    #[arg(long)]
    compare: bool,
    /// Write a picture of the waits, as SVG.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    plot: Option<PathBuf>,
    /// Arrivals, service and patience from a contact log as `switchroom stats` reads it; TYPE= where the scenario has
    /// several types.
    #[arg(long, value_name = "[TYPE=]FILE", value_hint = ValueHint::FilePath)]
    history: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// [`Failure::Scenario`] with every problem of the scenario, [`Failure::File`] and [`Failure::Line`] for files.
pub fn run(args: &Simulate) -> Result<ExitCode, Failure> {
    let scenario = load(args)?;
    let whole = |error: &dyn std::fmt::Display| Failure::Simulation(error.to_string());
    let centre = Centre::new(scenario).map_err(|error| whole(&error))?;
    for warning in centre.warnings() {
        eprintln!("switchroom: warning: {}", told(warning));
    }
    let report = play::play(&centre);
    let without = if args.compare { Some(play_without(&centre).map_err(|error| whole(&error))?) } else { None };
    if let Some(path) = &args.plot {
        super::write(path, plot::svg(&centre, &report).as_bytes())?;
    }
    if args.json {
        println!("{}", show::json(&centre, &report, without.as_ref()));
    } else {
        print!("{}", show::table(&centre, &report));
        if let Some(without) = &without {
            print!("{}", show::compared(&centre, &report, without));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The same callers and agents where nobody is offered to be called back or to leave a message.
fn play_without(centre: &Centre) -> Result<Report, ScenarioError> {
    let mut scenario = centre.scenario().clone();
    scenario.callback = None;
    for kind in &mut scenario.types {
        (kind.callback, kind.voicemail) = (None, None);
    }
    Ok(play::play(&Centre::new(scenario)?))
}

/// The scenario with what the command line says in place of it.
fn load(args: &Simulate) -> Result<Scenario, Failure> {
    let text = std::fs::read_to_string(&args.scenario)
        .map_err(|source| Failure::File { path: args.scenario.clone(), source })?;
    let name = args.scenario.display().to_string();
    let mut scenario = read::scenario(&name, &text, !args.history.is_empty()).map_err(Failure::Scenario)?;
    if let Some(seed) = args.seed {
        scenario.run.seed = seed;
    }
    if let Some(replications) = args.replications {
        scenario.run.replications = replications;
    }
    if !args.history.is_empty() {
        replay_logs(&mut scenario, &args.history)?;
    }
    Ok(scenario)
}

/// Puts contact logs in the place of types. The day begins with the earliest contact of all logs.
fn replay_logs(scenario: &mut Scenario, histories: &[String]) -> Result<(), Failure> {
    let mut logs: Vec<(usize, PathBuf, Vec<Visit>)> = Vec::new();
    for history in histories {
        let (kind, path) = named_type(scenario, history)?;
        let mut visits = Vec::new();
        stats::log::read(&path, |visit| {
            visits.push(visit);
            Ok(())
        })?;
        logs.push((kind, path, visits));
    }
    let origin_ms = logs.iter().flat_map(|(.., log)| log).map(|visit| visit.enter_ms).min().unwrap_or_default();
    for (kind, path, log) in &logs {
        replay(&mut scenario.types[*kind], log, origin_ms)
            .map_err(|why| Failure::Simulation(format!("{}: {why}", path.display())))?;
    }
    scenario.run.whole_log(logs.iter().map(|(.., log)| log.len() as u64).sum());
    Ok(())
}

/// The type that a `--history` is for, and its file.
fn named_type(scenario: &Scenario, history: &str) -> Result<(usize, PathBuf), Failure> {
    let position = |name: &str| scenario.types.iter().position(|kind| kind.name == name);
    if let Some((name, file)) = history.split_once('=')
        && let Some(kind) = position(name)
    {
        return Ok((kind, file.into()));
    }
    if scenario.types.len() == 1 && Path::new(history).exists() {
        return Ok((0, history.into()));
    }
    let names: Vec<&str> = scenario.types.iter().map(|kind| kind.name.as_str()).collect();
    let why = match history.split_once('=') {
        Some((name, _)) => format!("--history {history}: there is no type `{name}`; known: {}", names.join(", ")),
        None if names.len() == 1 => format!("--history {history}: there is no such file"),
        None => format!("--history {history}: write TYPE={history}, with TYPE one of {}", names.join(", ")),
    };
    Err(Failure::Simulation(why))
}

fn told(warning: &Warning) -> String {
    match warning {
        Warning::NoService { group, kind } => {
            format!("group `{group}` has the skills for `{kind}` but no service time for it, so it does not serve it")
        }
        Warning::Unserved(kind) => format!("no group ever serves `{kind}`"),
        Warning::Unstable => {
            "there is more work than agents, and nobody gives up: the figures depend on how long the run is".to_owned()
        }
    }
}
