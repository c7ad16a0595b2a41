//! `switchroom flow`: checks, draws, tries and tests flows.

mod simulate;
mod versions;

use super::Failure;
use crate::flow::graph;
use crate::flow::texts::Texts;
use crate::flow::trial::{self, Stage};
use clap::{Args, Subcommand, ValueHint};
use config::{FlowSet, Level, ServerSettings};
use domain::{FlowId, Language};
use ivr::Flow;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// `switchroom flow`.
#[derive(Args, Debug)]
pub struct FlowCommand {
    /// What to do.
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Check flows and list every problem with its code, its place and how to mend it.
    Check(Check),
    /// Draw a flow as SVG.
    Graph(Graph),
    /// Walk through a flow by typing what the caller does; what is said is printed.
    Simulate(simulate::Simulate),
    /// Run the tests of flows.
    Test(Test),
    /// Bring a text into force on a running server, in place of a file of flows.
    Publish(versions::Publish),
    /// List the versions of a file of flows of a running server.
    Versions(versions::Versions),
    /// Bring an old version of a file of flows into force again on a running server.
    RollBack(versions::RollBack),
}

/// Where flows are.
#[derive(Args, Debug)]
struct Where {
    /// The configuration that the flows belong to.
    #[arg(long, value_name = "FILE", default_value = "switchroom.toml", value_hint = ValueHint::FilePath)]
    config: PathBuf,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  switchroom flow check --config ./mycc/switchroom.toml
  switchroom flow check draft.toml --config ./mycc/switchroom.toml

A file that the configuration names is checked as it is; another one as if the configuration named it.
docs/flows.md explains the codes.")]
struct Check {
    /// Files of flows; without one, those that the configuration names.
    #[arg(value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: Where,
}

#[derive(Args, Debug)]
#[command(after_help = "Example:
  switchroom flow graph main --config ./mycc/switchroom.toml -o main.svg")]
struct Graph {
    /// The flow.
    flow: String,
    /// Write here instead of to standard output.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Print what is said in this language; default: that of the flow's entry point.
    #[arg(long)]
    language: Option<Language>,
    #[command(flatten)]
    place: Where,
}

#[derive(Args, Debug)]
#[command(after_help = "Example:
  switchroom flow test flows/main.test.toml --config ./mycc/switchroom.toml

docs/flows.md tells what can be written in a test.")]
struct Test {
    /// Files of tests; without one, `NAME.test.toml` beside each file of flows.
    #[arg(value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: Where,
}

/// The flows of a configuration, with what is said in them.
struct Flows {
    set: FlowSet,
    server: ServerSettings,
    texts: Texts,
}

impl Flows {
    fn load(config: &Path) -> Result<Self, Failure> {
        let mut set = config::load_flows(config, &[]);
        let server = set.server.take().filter(|_| !set.problems.iter().any(|problem| problem.level == Level::Error));
        let Some(server) = server else { return Err(Failure::Config(set.problems)) };
        let texts = Texts::of_folder(&server.prompts_dir);
        Ok(Self { set, server, texts })
    }

    fn flow(&self, name: &str) -> Result<&Arc<Flow>, Failure> {
        let id: Option<FlowId> = name.parse().ok();
        let found = id.and_then(|id| self.set.flows.get(&id));
        found.ok_or_else(|| {
            let known: Vec<&str> = self.set.flows.keys().map(FlowId::as_str).collect();
            Failure::NoFlow { name: name.to_owned(), known: known.join(", ") }
        })
    }

    /// The language in which a flow begins.
    fn language(&self, flow: FlowId) -> Language {
        let entry = self.set.entries.iter().find(|entry| entry.flow == flow);
        entry.map_or(self.server.default_language, |entry| entry.language)
    }
}

/// Runs it.
///
/// # Errors
/// [`Failure::Config`] for flows with problems, [`Failure::NoFlow`] for one that is not there, [`Failure::FlowTests`]
/// when tests fail, [`Failure::File`] and [`Failure::Line`] for files, [`Failure::Server`] when a running server refuses.
pub fn run(command: &FlowCommand) -> Result<ExitCode, Failure> {
    match &command.verb {
        Verb::Check(args) => check(args),
        Verb::Graph(args) => graph(args),
        Verb::Simulate(args) => {
            let flows = Flows::load(&args.place.config)?;
            simulate::run(args, &flows)
        }
        Verb::Test(args) => {
            let flows = Flows::load(&args.place.config)?;
            test(&args.files, &flows)
        }
        Verb::Publish(args) => versions::publish(args),
        Verb::Versions(args) => versions::versions(args),
        Verb::RollBack(args) => versions::roll_back(args),
    }
}

fn check(args: &Check) -> Result<ExitCode, Failure> {
    let set = config::load_flows(&args.place.config, &args.files);
    for problem in &set.problems {
        println!("{problem}");
    }
    let errors = set.problems.iter().filter(|problem| problem.level == Level::Error).count();
    let warnings = set.problems.len() - errors;
    if errors > 0 {
        println!("{errors} errors, {warnings} warnings");
        return Ok(ExitCode::from(2));
    }
    println!("{} flows are in order, {warnings} warnings", set.flows.len());
    Ok(ExitCode::SUCCESS)
}

/// Runs the tests of these files.
fn test(files: &[PathBuf], flows: &Flows) -> Result<ExitCode, Failure> {
    let beside = || flows.set.files.iter().map(|file| trial::beside(Path::new(file))).filter(|path| path.exists());
    let files: Vec<PathBuf> = if files.is_empty() { beside().collect() } else { files.to_vec() };
    let stage = Stage { set: &flows.set, default_language: flows.server.default_language, texts: &flows.texts };
    let (mut run, mut failed) = (0, 0);
    for path in &files {
        let text = fs::read_to_string(path).map_err(|source| Failure::File { path: path.clone(), source })?;
        for played in trial::play_all(&text, &stage) {
            let wrong = |wrong: trial::Wrong| Failure::Line { path: path.clone(), line: wrong.line, why: wrong.why };
            let played = played.map_err(wrong)?;
            run += 1;
            match played.failed {
                None => println!("ok      {} · {}", played.flow, played.name),
                Some(broken) => {
                    failed += 1;
                    println!("FAILED  {} · {}", played.flow, played.name);
                    println!("        {}:{}: step {}: {}", path.display(), broken.line, broken.step, broken.why);
                }
            }
        }
    }
    println!("{run} tests, {failed} failed");
    if failed > 0 { Err(Failure::FlowTests(failed)) } else { Ok(ExitCode::SUCCESS) }
}

fn graph(args: &Graph) -> Result<ExitCode, Failure> {
    let flows = Flows::load(&args.place.config)?;
    let flow = flows.flow(&args.flow)?;
    let picture = graph::draw(flow, &flows.texts, args.language.unwrap_or_else(|| flows.language(flow.id())));
    match &args.output {
        Some(path) => super::write(path, picture.as_bytes())?,
        None => print!("{picture}"),
    }
    Ok(ExitCode::SUCCESS)
}
