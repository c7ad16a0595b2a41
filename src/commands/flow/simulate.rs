//! `switchroom flow simulate`: a caller typed by hand.

use super::{Flows, Where};
use crate::commands::Failure;
use crate::flow::steps::{After, customer, fields_of, follow, local, may, told};
use crate::flow::walk::{Caller, Happened, Waiting, Walk};
use clap::Args;
use domain::Language;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

/// Monday, 2 March 2026, ten o'clock: the same for every simulation, so that they can be compared.
const DATE: &str = "2026-03-02";
const TIME: &str = "10:00";

/// `switchroom flow simulate`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  switchroom flow simulate main --config ./mycc/switchroom.toml
  switchroom flow simulate main --time 23:30 --customer tier=gold --customer name=Marta
  printf '1\\n.\\nagent\\n' | switchroom flow simulate main

Type keys (0-9 * #), or a word:
  .         nothing is keyed until the flow has waited long enough
  found     the customer is known; also with fields: found tier=gold language=zh
  unknown   the customer is not known
  200 {\"status\": \"sent\"}    another system answers so; also a status alone: 404, 503
  full, timeout, no_agents, closed, overflow    the queue sends the caller back
  agent     an agent answers
  answered, failed    how a transfer ends
  hangup    the caller hangs up; so does the end of the input")]
pub(super) struct Simulate {
    /// The flow.
    flow: String,
    /// Local time of the call.
    #[arg(long, value_name = "HH:MM", default_value = TIME)]
    time: String,
    /// Local date of the call.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = DATE)]
    date: String,
    /// The calling number; empty: withheld.
    #[arg(long, value_name = "NUMBER", default_value = "+493055501")]
    caller: String,
    /// The called number.
    #[arg(long, value_name = "NUMBER", default_value = "8000")]
    called: String,
    /// The language to begin with; default: that of the flow's entry point.
    #[arg(long)]
    language: Option<Language>,
    /// A field of the customer whom look-ups find: name, company, tier, account, language, contacts_7d, contacts_total.
    #[arg(long, value_name = "FIELD=VALUE")]
    customer: Vec<String>,
    #[command(flatten)]
    pub(super) place: Where,
}

/// Runs it.
///
/// # Errors
/// [`Failure::NoFlow`], or [`Failure::Line`] for a time, a date or a field that is none.
pub(super) fn run(args: &Simulate, flows: &Flows) -> Result<ExitCode, Failure> {
    let flow = flows.flow(&args.flow)?;
    let language = args.language.unwrap_or_else(|| flows.language(flow.id()));
    let found =
        if args.customer.is_empty() { None } else { Some(fields_of(&args.customer).and_then(|it| customer(&it))) };
    let customer = found.transpose().map_err(Failure::Argument)?;
    let local = local(&format!("{}T{}", args.date, args.time)).map_err(Failure::Argument)?;
    let (number, called) = (args.caller.clone(), args.called.clone());
    let queues = flows
        .set
        .queues
        .iter()
        .map(|queue| (*queue, ivr::QueueFigures { callback: true, ..ivr::QueueFigures::default() }))
        .collect();
    let schedules = flows.set.schedules.clone();
    let caller = Caller { number, called, language, local, queues, schedules, customer };
    println!("flow {}, {} {}, caller {}, language {language}", flow.id(), args.date, args.time, args.caller);
    let mut walk = Walk::begin(flow, caller, &flows.texts);
    let mut input = Input { typed: io::stdin().is_terminal(), lines: io::stdin().lock().lines() };
    loop {
        tell(&mut walk);
        if walk.waiting() == Waiting::LookUp
            && let Some(customer) = walk.customer()
        {
            println!("    found: {}", customer.name.0);
            walk.found(Some(customer));
            continue;
        }
        if walk.waiting() == Waiting::Nothing {
            return Ok(ExitCode::SUCCESS);
        }
        let Some(line) = input.line(walk.waiting()) else {
            println!("the caller hangs up");
            return Ok(ExitCode::SUCCESS);
        };
        match follow(&mut walk, line.trim()).map_err(Failure::Argument)? {
            After::On => {}
            After::Nothing => println!("    `{}` means nothing here", line.trim()),
            After::Ended(how) => {
                tell(&mut walk);
                println!("{}", how.words());
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

struct Input {
    /// Somebody sits at the terminal: what is typed shows by itself.
    typed: bool,
    lines: io::Lines<io::StdinLock<'static>>,
}

impl Input {
    fn line(&mut self, waiting: Waiting) -> Option<String> {
        if self.typed {
            print!("  ({}) > ", may(waiting));
            let _ = io::stdout().flush();
        }
        let line = self.lines.next()?.ok()?;
        if !self.typed {
            println!("  > {line}");
        }
        Some(line)
    }
}

fn tell(walk: &mut Walk<'_>) {
    for event in walk.news() {
        let text = told(walk, &event);
        match event {
            Happened::Came(_) => println!("{text}"),
            Happened::Heard { .. } => println!("    “{text}”"),
            _ => println!("    {text}"),
        }
    }
}
