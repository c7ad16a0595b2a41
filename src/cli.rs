//! The command line.

use crate::commands;
use clap::{Args, Parser, Subcommand, ValueHint};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// A contact-centre engine: SIP, IVR, skills-based queues, screen pop, recordings, contact history.
#[derive(Parser, Debug)]
#[command(name = "switchroom", version, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  switchroom demo                       a whole contact centre on this computer, nothing to set up
  switchroom demo call --json           play one call and check every part of it
  switchroom init ./mycc                write a commented configuration
  switchroom check --config ./mycc/switchroom.toml
  switchroom serve --config ./mycc/switchroom.toml
  switchroom flow simulate main --config ./mycc/switchroom.toml

Exit codes: 0 done, 1 failed, 2 the configuration or the command line has problems.
Every error has a code; docs/problems.md explains it.";

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Start a demo contact centre on this computer, or play a call through it.
    Demo(Demo),
    /// Run with a configuration.
    Serve(Serve),
    /// Check a configuration and list every problem with its place.
    Check(Check),
    /// Check, draw, try and test flows.
    Flow(commands::flow::FlowCommand),
    /// Look for what would keep the engine from working here.
    Doctor(Doctor),
    /// Write a commented configuration to begin with.
    Init(Init),
    /// Reckon with Erlang's formulas: service levels for a number of agents, agents for a goal.
    Plan(commands::plan::Plan),
    /// Play a decision trace through the routing engine and print the assignments.
    Route(commands::route::Route),
    /// Play a contact centre in virtual time on the routing engine: what if there were two agents more?
    Simulate(commands::simulate::Simulate),
    /// Figures of a contact log: service level in every variant, by interval in every attribution.
    Stats(commands::stats::Stats),
    /// Print the SIP messages of a contact as a ladder, from a running server.
    Trace(commands::trace::Trace),
    /// Print shell completions.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

/// `switchroom demo`.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  switchroom demo
  switchroom demo --http 9000 --sip 0 --json
  switchroom demo call --json"
)]
pub struct Demo {
    /// Play a call through a running or a fresh demo.
    #[command(subcommand)]
    pub call: Option<DemoVerb>,
    /// How the demo runs.
    #[command(flatten)]
    pub place: DemoPlace,
}

/// What can be done with a demo.
#[derive(Subcommand, Debug)]
pub enum DemoVerb {
    /// Play one call with a built-in caller and agent, and check every part of it.
    Call(DemoCall),
}

/// Where and how a demo runs.
#[derive(Args, Debug, Clone, Default)]
pub struct DemoPlace {
    /// Keep data here instead of in a temporary directory.
    #[arg(long, value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// HTTP port; 0: any free one.
    #[arg(long, value_name = "PORT")]
    pub http: Option<u16>,
    /// SIP port; 0: any free one.
    #[arg(long, value_name = "PORT")]
    pub sip: Option<u16>,
    /// Address at which browsers reach the media port; default: this computer's own address.
    #[arg(long, value_name = "ADDRESS")]
    pub media_address: Option<IpAddr>,
    /// Print one line of JSON instead of the banner.
    #[arg(long)]
    pub json: bool,
}

/// `switchroom demo call`.
#[derive(Args, Debug, Clone)]
#[command(after_help = "Examples:
  switchroom demo call
  switchroom demo call --json | jq .checks

Without --attach a demo of its own is started on free ports and stopped afterwards.")]
pub struct DemoCall {
    /// Use the demo that runs with this data directory (`data_dir` of `demo --json`).
    #[arg(long, value_name = "DATA_DIR", value_hint = ValueHint::DirPath)]
    pub attach: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `switchroom serve`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  switchroom serve --config /etc/switchroom/switchroom.toml")]
pub struct Serve {
    /// The configuration.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: PathBuf,
    /// Seconds that calls in progress may go on after the signal to stop.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub drain: u64,
}

/// `switchroom check`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  switchroom check --config ./mycc/switchroom.toml --json")]
pub struct Check {
    /// The configuration.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `switchroom doctor`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  switchroom doctor
  switchroom doctor --config ./mycc/switchroom.toml --json")]
pub struct Doctor {
    /// The configuration; without it the demo's settings are looked at.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `switchroom init`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  switchroom init ./mycc")]
pub struct Init {
    /// The directory to write to; it must be empty or not there.
    #[arg(value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

/// Runs a command.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let json_logs = matches!(cli.command, Command::Serve(_));
    commands::start_logging(json_logs);
    let result = match cli.command {
        Command::Demo(Demo { call: Some(DemoVerb::Call(call)), .. }) => {
            commands::block_on(crate::demo::call::run(call))
        }
        Command::Demo(Demo { place, .. }) => commands::block_on(crate::demo::run(place)),
        Command::Serve(serve) => commands::block_on(commands::serve(serve)),
        Command::Check(check) => commands::check(&check),
        Command::Flow(flow) => commands::flow::run(&flow),
        Command::Doctor(doctor) => commands::block_on(commands::doctor::run(doctor)),
        Command::Init(init) => commands::init(&init),
        Command::Plan(plan) => commands::plan::run(&plan),
        Command::Route(route) => commands::route::run(&route),
        Command::Simulate(simulate) => commands::simulate::run(&simulate),
        Command::Stats(stats) => commands::stats::run(&stats),
        Command::Trace(trace) => commands::trace::run(&trace),
        Command::Completions { shell } => commands::completions(shell),
    };
    result.unwrap_or_else(|failure| failure.tell())
}
