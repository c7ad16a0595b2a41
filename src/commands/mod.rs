//! What each verb of the command line does.

#![allow(clippy::print_stdout, reason = "a command-line tool talks to its user")]

pub(crate) mod doctor;
pub(crate) mod flow;
pub(crate) mod plan;
pub(crate) mod route;
pub(crate) mod server;
pub(crate) mod simulate;
pub(crate) mod stats;
pub(crate) mod trace;

use crate::boot::{BootError, Daemon, Options, Sockets};
use crate::cli;
use clap::CommandFactory;
use config::{Config, Drafts, Level, Origin, Problem};
use serde_json::json;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The prompts that come with Switchroom.
#[derive(rust_embed::RustEmbed)]
#[folder = "prompts"]
#[include = "*.wav"]
struct Prompts;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration has problems; they are listed.
    #[error("the configuration has {} problems", .0.len())]
    Config(Vec<Problem>),
    /// The daemon did not start.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// A file or directory.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The directory for a new configuration has something in it.
    #[error("{0} is not empty; `switchroom init` writes into an empty or new directory only")]
    NotEmpty(PathBuf),
    /// A demo to attach to does not run.
    #[error(
        "no demo runs with the data directory {0}: start one with `switchroom demo --dir {0}`, or leave --attach out"
    )]
    NoDemo(PathBuf),
    /// A step of a demo call failed.
    #[error("{0}")]
    Step(String),
    /// A question to the planner that it cannot take.
    #[error(transparent)]
    Question(#[from] planning::Error),
    /// A scenario has problems; they are listed.
    #[error("the scenario has {} problems", .0.len())]
    Scenario(Vec<Problem>),
    /// A scenario or a log that cannot be played, as a whole.
    #[error("{0}")]
    Simulation(String),
    /// A running server did not answer, or refused.
    #[error("the server: {0}")]
    Server(String),
    /// There is no such flow.
    #[error("there is no flow `{name}`; there are: {known}")]
    NoFlow {
        /// The name that was given.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Tests of flows failed; they are listed.
    #[error("{0} tests of flows failed")]
    FlowTests(usize),
    /// An argument is not what it should be.
    #[error("{0}")]
    Argument(String),
    /// A line of a file is not what it should be.
    #[error("{path}:{line}: {why}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

impl Failure {
    const fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "config_problems",
            Self::Boot(error) => error.code(),
            Self::File { .. } => "file_failed",
            Self::NotEmpty(_) => "not_empty",
            Self::NoDemo(_) => "no_demo",
            Self::Step(_) => "demo_call_failed",
            Self::Question(_) => "bad_question",
            Self::Scenario(_) => "scenario_problems",
            Self::Simulation(_) => "cannot_simulate",
            Self::Server(_) => "server_refused",
            Self::NoFlow { .. } => "no_flow",
            Self::FlowTests(_) => "flow_tests_failed",
            Self::Argument(_) => "bad_argument",
            Self::Line { .. } => "bad_line",
        }
    }

    /// Every code of failures that are not [`BootError`]s.
    pub const CODES: &'static [(&'static str, &'static str)] = &[
        ("config_problems", "the configuration has problems, listed one by one"),
        ("file_failed", "a file or directory cannot be read or written"),
        ("not_empty", "the directory for a new configuration is not empty"),
        ("no_demo", "there is no running demo to attach to"),
        ("demo_call_failed", "a step of the demo call failed"),
        ("bad_question", "figures that the planner cannot take, or a goal that it cannot reach"),
        ("scenario_problems", "the scenario has problems, listed one by one"),
        ("cannot_simulate", "a scenario or a log that cannot be played"),
        ("server_refused", "a running server did not answer, or refused; the sentence tells its reason"),
        ("no_flow", "there is no flow of this name"),
        ("flow_tests_failed", "tests of flows failed, listed one by one"),
        ("bad_argument", "an argument is not what it should be; the sentence tells its form"),
        ("bad_line", "a line of a file is not what it should be"),
    ];

    /// Tells the user and gives the exit code.
    #[must_use]
    pub fn tell(&self) -> ExitCode {
        if let Self::Config(problems) | Self::Scenario(problems) = self {
            for problem in problems {
                eprintln!("{problem}");
            }
            eprintln!("switchroom: {} [{}]", self, self.code());
            return ExitCode::from(2);
        }
        eprintln!("switchroom: {} [{}]", self, self.code());
        ExitCode::FAILURE
    }
}

/// Logs to standard error; `RUST_LOG` chooses what.
pub fn start_logging(serving: bool) {
    let default = if serving { "info,rtc=error" } else { "warn,rtc=error" };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    // A second start (in tests) keeps the first logger.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).try_init();
}

/// Runs a command that awaits.
pub fn block_on(command: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Failure::Boot(BootError::Media(source)))?;
    let result = runtime.block_on(command);
    runtime.shutdown_timeout(Duration::from_secs(2));
    result
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn asked_to_stop() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Writes the prompts that come with Switchroom into a directory, where they are not there yet.
///
/// # Errors
/// When a file cannot be written.
pub fn write_prompts(dir: &Path) -> Result<(), Failure> {
    for name in Prompts::iter() {
        let path = dir.join(name.as_ref());
        let Some(file) = Prompts::get(&name) else { continue };
        if !path.exists() {
            write(&path, &file.data)?;
        }
    }
    Ok(())
}

pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, content).map_err(failed)
}

/// Reads the configuration anew at each SIGHUP, and tells on standard error what came of it.
async fn reload_on_hangup(daemon: &Daemon, hangup: Option<Signal>) {
    let Some(mut hangup) = hangup else { return core::future::pending().await };
    while hangup.recv().await.is_some() {
        match daemon.reload().await {
            Ok(done) => {
                let list = |names: &[String]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
                eprintln!("switchroom: configuration reloaded; changed: {}", list(&done.changed));
                if !done.restart.is_empty() {
                    eprintln!("switchroom: needs a restart: {}", done.restart.join(", "));
                }
            }
            Err(error) => {
                let flaws = if let http_api::ReloadError::Faulty(flaws) = &error { &flaws[..] } else { &[] };
                for flaw in flaws {
                    let (file, line, column) = (&flaw.file, flaw.line, flaw.column);
                    let hint = flaw.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                    eprintln!("{file}:{line}:{column}: {}: {}{hint}", flaw.code, flaw.why);
                }
                eprintln!("switchroom: {error}; the old one stays");
            }
        }
    }
    core::future::pending().await
}

/// `switchroom serve`.
///
/// # Errors
/// When the configuration has problems or the daemon does not start.
pub async fn serve(args: cli::Serve) -> Result<ExitCode, Failure> {
    let origin = Origin::new(args.config);
    let mut config = origin.load(&Drafts::new()).map_err(Failure::Config)?;
    for warning in config.warnings() {
        eprintln!("{warning}");
    }
    config.fill_sip_passwords(|_| crate::token::fresh().into());
    let sockets = Sockets::bind(&config).await?;
    let number = config.entries().iter().find_map(|entry| entry.dnis.as_ref().map(|dnis| dnis.as_str().to_owned()));
    let options = Options { company: config.server().company.clone(), web_call_number: number, origin, demo: None };
    let hangup = signal(SignalKind::hangup()).ok();
    let daemon = Daemon::start(config, sockets, options).await?;
    let https = daemon.https.map(|https| format!(" https://{https}")).unwrap_or_default();
    let tls = daemon.sip_tls.map(|tls| format!(" TLS {tls}")).unwrap_or_default();
    println!("switchroom: ready; console http://{}{https}  SIP {}{tls}", daemon.http, daemon.sip);
    tokio::select! {
        () = asked_to_stop() => {}
        () = reload_on_hangup(&daemon, hangup) => {}
    }
    daemon.stop(Duration::from_secs(args.drain)).await;
    Ok(ExitCode::SUCCESS)
}

fn problem_json(problem: &Problem) -> serde_json::Value {
    json!({
        "level": if problem.level == Level::Error { "error" } else { "warning" },
        "code": problem.code,
        "rule": problem.rule(),
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "why": problem.why,
        "hint": problem.hint,
    })
}

/// `switchroom check`.
///
/// # Errors
/// Never; problems are the result.
pub fn check(args: &cli::Check) -> Result<ExitCode, Failure> {
    let loaded: Result<Config, Vec<Problem>> = config::load(&args.config);
    let problems: Vec<Problem> = match &loaded {
        Ok(config) => config.warnings().to_vec(),
        Err(problems) => problems.clone(),
    };
    if args.json {
        let list: Vec<_> = problems.iter().map(problem_json).collect();
        println!("{}", json!({ "ok": loaded.is_ok(), "problems": list }));
    } else {
        for problem in &problems {
            println!("{problem}");
        }
        match &loaded {
            Ok(config) => println!(
                "{}: in order ({} queues, {} agents, {} flows, {} warnings)",
                args.config.display(),
                config.queues().len(),
                config.agents().len(),
                config.flows().len(),
                problems.len()
            ),
            Err(_) => println!("{}: {} problems", args.config.display(), problems.len()),
        }
    }
    Ok(if loaded.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// `switchroom init`.
///
/// # Errors
/// When the directory is not empty or cannot be written.
pub fn init(args: &cli::Init) -> Result<ExitCode, Failure> {
    let dir = &args.dir;
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::NotEmpty(dir.clone()));
    }
    write(&dir.join("switchroom.toml"), config::examples::EXAMPLE.as_bytes())?;
    write(&dir.join("flows/main.toml"), config::examples::EXAMPLE_FLOW.as_bytes())?;
    write(&dir.join("flows/main.test.toml"), config::examples::EXAMPLE_FLOW_TESTS.as_bytes())?;
    write_prompts(&dir.join("prompts"))?;
    for secret in config::examples::EXAMPLE_SECRETS {
        let path = dir.join(secret);
        write(&path, crate::token::fresh().as_bytes())?;
        keep_private(&path)?;
    }
    let file = dir.join("switchroom.toml");
    println!("Wrote {}.", file.display());
    println!("Passwords were drawn for you; they are in {}.", dir.join("secrets").display());
    println!("Next: switchroom check --config {0} && switchroom serve --config {0}", file.display());
    Ok(ExitCode::SUCCESS)
}

fn keep_private(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(path, private).map_err(|source| Failure::File { path: path.to_owned(), source })
}

/// `switchroom completions`.
///
/// # Errors
/// Never.
pub fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    clap_complete::generate(shell, &mut cli::Cli::command(), "switchroom", &mut io::stdout());
    Ok(ExitCode::SUCCESS)
}
