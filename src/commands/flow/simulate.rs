//! `switchroom flow simulate`: a caller typed by hand.

use super::walk::{Caller, Happened, Waiting, Walk};
use super::{Flows, Where, trial};
use crate::commands::Failure;
use clap::Args;
use domain::{Customer, Language, WallTime};
use ivr::api::{FAILED, OVERFLOW};
use std::collections::BTreeMap;
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

/// How the call goes on after a line.
enum Next {
    On,
    Ended(&'static str),
}

/// Runs it.
///
/// # Errors
/// [`Failure::NoFlow`], or [`Failure::Line`] for a time, a date or a field that is none.
pub(super) fn run(args: &Simulate, flows: &Flows) -> Result<ExitCode, Failure> {
    let flow = flows.flow(&args.flow)?;
    let language = args.language.unwrap_or_else(|| flows.language(flow.id()));
    let customer = if args.customer.is_empty() { None } else { Some(customer(&args.customer)?) };
    let local = local(&format!("{}T{}", args.date, args.time))?;
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
        match follow(&mut walk, line.trim())? {
            Next::On => {}
            Next::Ended(how) => {
                tell(&mut walk);
                println!("{how}");
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
        let may = match waiting {
            Waiting::Key => "keys, . or hangup",
            Waiting::LookUp => "found, unknown or .",
            Waiting::Answer => "a status with or without JSON, timeout, failed, . or hangup",
            Waiting::Queue(_) => "keys, agent, full, timeout, no_agents, closed, overflow or hangup",
            Waiting::Transfer => "answered, failed or hangup",
            Waiting::Nothing => "",
        };
        if self.typed {
            print!("  ({may}) > ");
            let _ = io::stdout().flush();
        }
        let line = self.lines.next()?.ok()?;
        if !self.typed {
            println!("  > {line}");
        }
        Some(line)
    }
}

fn follow(walk: &mut Walk<'_>, line: &str) -> Result<Next, Failure> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let returned = trial::RETURNS.iter().find(|edge| **edge == word);
    match (word, walk.waiting()) {
        ("hangup", _) => return Ok(Next::Ended("the caller hangs up")),
        ("agent", Waiting::Queue(_)) => return Ok(Next::Ended("an agent answers")),
        ("answered", Waiting::Transfer) => return Ok(Next::Ended("the transfer is answered")),
        ("failed", Waiting::Transfer) => walk.come_back(FAILED),
        (_, Waiting::Queue(_)) if returned.is_some() => walk.come_back(returned.copied().unwrap_or(OVERFLOW)),
        ("found", Waiting::LookUp) => {
            let fields: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
            let customer = customer(&fields)?;
            walk.found(Some(customer));
        }
        ("unknown", Waiting::LookUp) => walk.found(None),
        (".", Waiting::Key | Waiting::LookUp | Waiting::Answer) => walk.wait(),
        (word, Waiting::Answer) => answer(walk, word, rest),
        (keys, Waiting::Key | Waiting::Queue(_))
            if !keys.is_empty() && keys.chars().all(|c| c.is_ascii_digit() || "*#".contains(c)) =>
        {
            walk.press(keys);
        }
        _ => println!("    `{line}` means nothing here"),
    }
    Ok(Next::On)
}

/// What another system answers: `404`, `200 { … }`, `timeout`, `failed`.
fn answer(walk: &mut Walk<'_>, word: &str, rest: &str) {
    let json = if rest.trim().is_empty() { Ok(serde_json::Value::Null) } else { serde_json::from_str(rest) };
    match (trial::edge_of(word), word.parse::<u16>(), json) {
        (Some(answer), ..) => walk.answer(|_| answer),
        (None, Ok(status), Ok(json)) => walk.answer(|take| http_step::answer_of(status, &json, take)),
        (None, Ok(_), Err(error)) => println!("    `{rest}` is no JSON: {error}"),
        (None, Err(_), _) => println!("    `{word}` means nothing here"),
    }
}

fn tell(walk: &mut Walk<'_>) {
    for event in walk.news() {
        match event {
            Happened::Came(node) => println!("{} {node}", walk.kind(node)),
            Happened::Heard { text, .. } => println!("    “{text}”"),
            Happened::Took(digits) => println!("    takes {digits}"),
            Happened::Answered { question, answer } => println!("    answers {question} with {answer}"),
            Happened::LooksUp(by) => println!("    looks up {by}"),
            Happened::Asks(what) => println!("    asks {what}"),
            Happened::Waits { queue, priority: 0 } => println!("    waits in queue {queue}"),
            Happened::Waits { queue, priority } => println!("    waits in queue {queue} with priority {priority:+}"),
            Happened::Speaks { queue } => println!("    speaks a message for queue {queue}"),
            Happened::Spoke => println!("    has spoken"),
            Happened::Books { queue, booked: true } => println!("    books a call back from queue {queue}"),
            Happened::Books { queue, booked: false } => println!("    queue {queue} offers no call back"),
            Happened::SentTo(to) => println!("    is sent to {to}"),
            Happened::HungUp => println!("    the call ends"),
            Happened::Noted(note) => println!("    note: {note}"),
        }
    }
}

/// A customer with these fields.
pub(super) fn customer(fields: &[String]) -> Result<Box<Customer>, Failure> {
    let mut map = BTreeMap::new();
    for field in fields {
        let Some((name, value)) = field.split_once('=') else {
            return Err(Failure::Argument(format!("`{field}`: a field of a customer is written name=value")));
        };
        map.insert(name.to_owned(), value.to_owned());
    }
    trial::customer(&map).map_err(Failure::Argument)
}

/// A local time as if it were UTC.
pub(super) fn local(text: &str) -> Result<WallTime, Failure> {
    let wrong = || Failure::Argument(format!("`{text}`: a time is YYYY-MM-DDTHH:MM"));
    let (date, time) = text.split_once('T').ok_or_else(wrong)?;
    let date: ivr::speech::Date = date.parse().map_err(|_| wrong())?;
    let time: ivr::speech::TimeOfDay = time.parse().map_err(|_| wrong())?;
    let minutes = date.days_since_1970() * 1_440 + i64::from(time.hour()) * 60 + i64::from(time.minute());
    Ok(WallTime::from_micros(minutes * 60_000_000))
}
