//! Tests of flows: what a flow promises, step by step.

use super::steps::{RETURNS, customer, edge_of, local};
use super::texts::Texts;
use super::walk::{Caller, Happened, Waiting, Walk};
use config::FlowSet;
use domain::{FlowId, Language, QueueId};
use ivr::api::FAILED;
use ivr::{Flow, QueueFigures};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;

/// A file of tests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The flow of tests that name none.
    flow: Option<String>,
    test: Vec<Spanned<Test>>,
}

/// One call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    name: String,
    flow: Option<String>,
    /// Local time, `YYYY-MM-DDTHH:MM`.
    #[serde(default = "some_morning")]
    time: String,
    #[serde(default = "some_number")]
    caller: String,
    #[serde(default)]
    called: String,
    language: Option<String>,
    customer: Option<BTreeMap<String, toml::Value>>,
    #[serde(default)]
    queues: BTreeMap<String, Figures>,
    steps: Vec<Spanned<Step>>,
}

fn some_morning() -> String {
    "2026-03-02T10:00".to_owned()
}

fn some_number() -> String {
    "+493055501".to_owned()
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Figures {
    waiting: u32,
    ready: u32,
    longest_wait_s: u64,
    callback: bool,
    expected_wait_s: Option<u64>,
}

/// One or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
}

/// What another system answers over HTTP.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Given {
    /// `timeout`, `failed` or `not_found`.
    Edge(String),
    /// An answer with this status and this JSON.
    Answer { status: u16, json: Option<toml::Value> },
}

/// What the caller does, or what is expected to have happened since.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Step {
    /// Keys are pressed.
    Press(String),
    /// Nothing is keyed until the flow has waited long enough.
    Silence(bool),
    /// The answer of a look-up: `found`, `unknown` or `late`.
    Lookup(String),
    /// What another system answers over HTTP.
    Http(Given),
    /// The queue sends the caller back for this reason.
    QueueReturns(String),
    /// The transfer reaches nobody.
    TransferFails(bool),
    /// These prompts are heard, one right after the other.
    ExpectSay(Names),
    /// This text is heard.
    ExpectText(String),
    /// This prompt is not heard.
    ExpectNotSay(String),
    /// The caller comes to this node.
    ExpectNode(String),
    /// The caller waits in this queue.
    ExpectQueue(String),
    /// With this priority added.
    ExpectPriority(i32),
    /// Questions of surveys are answered so.
    ExpectAnswer(BTreeMap<String, u8>),
    /// Another system is asked this over HTTP.
    ExpectRequest(String),
    /// The caller is sent to this number or URI.
    ExpectTransfer(String),
    /// The call is ended.
    ExpectHangup(bool),
    /// What variables hold.
    ExpectVariable(BTreeMap<String, toml::Value>),
    /// The language in force.
    ExpectLanguage(String),
}

/// What tests are played on.
pub(crate) struct Stage<'a> {
    /// The flows.
    pub(crate) set: &'a FlowSet,
    /// The language of flows that no entry point leads to.
    pub(crate) default_language: Language,
    /// The words of prompts.
    pub(crate) texts: &'a Texts,
}

/// A test that was played.
pub(crate) struct Played {
    /// The flow.
    pub(crate) flow: String,
    /// The test's name.
    pub(crate) name: String,
    /// What did not come true; `None`: all did.
    pub(crate) failed: Option<Broken>,
}

/// What did not come true.
pub(crate) struct Broken {
    /// The line of the step, from 1.
    pub(crate) line: usize,
    /// The number of the step, from 1.
    pub(crate) step: usize,
    /// What was expected, and what came.
    pub(crate) why: String,
}

/// A test that is none.
pub(crate) struct Wrong {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) why: String,
}

/// `NAME.test.toml` beside a file of flows `NAME.toml`.
pub(crate) fn beside(file: &Path) -> PathBuf {
    file.with_extension("test.toml")
}

/// Plays the tests of a file with this text, in order. One that is wrong is the last that is told.
pub(crate) fn play_all(text: &str, stage: &Stage<'_>) -> Vec<Result<Played, Wrong>> {
    let line_of = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    let wrong = |at: usize, why: String| Wrong { line: line_of(at), why };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            return vec![Err(wrong(at, error.message().to_owned()))];
        }
    };
    let mut told = Vec::new();
    for test in &file.test {
        let at = test.span().start;
        let test = test.get_ref();
        let name = test.flow.as_ref().or(file.flow.as_ref());
        let name = name.ok_or_else(|| "no flow is named: write flow = \"…\"".to_owned());
        let played = name.and_then(|name| Ok((name.clone(), play(test, name, stage)?)));
        let played = played.map(|(flow, played)| {
            let broken = |(step, why): (usize, String)| {
                let at = test.steps.get(step).map_or(at, |step| step.span().start);
                Broken { line: line_of(at), step: step + 1, why }
            };
            Played { flow, name: test.name.clone(), failed: played.err().map(broken) }
        });
        let is_wrong = played.is_err();
        told.push(played.map_err(|why| wrong(at, why)));
        if is_wrong {
            break;
        }
    }
    told
}

impl Stage<'_> {
    fn flow(&self, name: &str) -> Result<&Arc<Flow>, String> {
        let found = name.parse::<FlowId>().ok().and_then(|id| self.set.flows.get(&id));
        found.ok_or_else(|| {
            let known: Vec<&str> = self.set.flows.keys().map(FlowId::as_str).collect();
            format!("there is no flow `{name}`; there are: {}", known.join(", "))
        })
    }

    /// The language in which a flow begins.
    fn language(&self, flow: FlowId) -> Language {
        let entry = self.set.entries.iter().find(|entry| entry.flow == flow);
        entry.map_or(self.default_language, |entry| entry.language)
    }
}

/// Plays a test; the step that failed, and why. The outer error: the test itself is wrong.
fn play(test: &Test, flow: &str, flows: &Stage<'_>) -> Result<Result<(), (usize, String)>, String> {
    let flow = flows.flow(flow)?;
    let language = match &test.language {
        Some(tag) => tag.parse::<Language>().map_err(|error| format!("`{tag}`: {error}"))?,
        None => flows.language(flow.id()),
    };
    let mut queues: BTreeMap<QueueId, QueueFigures> =
        flows.set.queues.iter().map(|queue| (*queue, QueueFigures::default())).collect();
    for (name, figures) in &test.queues {
        let Figures { waiting, ready, longest_wait_s, callback, expected_wait_s } = *figures;
        let id: QueueId = name.parse().map_err(|error| format!("`{name}`: {error}"))?;
        queues.insert(id, QueueFigures { waiting, ready, longest_wait_s, callback, expected_wait_s });
    }
    let found = test.customer.as_ref().map(|fields| customer(&texts(fields))).transpose()?;
    let caller = Caller {
        number: test.caller.clone(),
        called: test.called.clone(),
        language,
        local: local(&test.time)?,
        queues: queues.into_iter().collect(),
        schedules: flows.set.schedules.clone(),
        customer: found,
    };
    let mut trial = Trial { walk: Walk::begin(flow, caller, flows.texts), events: Vec::new(), heard: 0 };
    trial.settle(test.steps.first().map(Spanned::get_ref));
    for (n, step) in test.steps.iter().enumerate() {
        if let Err(why) = trial.step(step.get_ref()) {
            return Ok(Err((n, why)));
        }
        trial.settle(test.steps.get(n + 1).map(Spanned::get_ref));
    }
    Ok(Ok(()))
}

fn texts(values: &BTreeMap<String, toml::Value>) -> BTreeMap<String, String> {
    values.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn text(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A test under way.
struct Trial<'a> {
    walk: Walk<'a>,
    /// What happened since the caller last did something.
    events: Vec<Happened>,
    /// Pieces of it that expectations have found already.
    heard: usize,
}

impl Trial<'_> {
    /// Look-ups are answered by the test's customer, unless the next step answers them.
    fn settle(&mut self, next: Option<&Step>) {
        self.events.extend(self.walk.news());
        while self.walk.waiting() == Waiting::LookUp && !matches!(next, Some(Step::Lookup(_))) {
            let customer = self.walk.customer();
            self.walk.found(customer);
            self.events.extend(self.walk.news());
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Press(_)
            | Step::Silence(_)
            | Step::Lookup(_)
            | Step::Http(_)
            | Step::QueueReturns(_)
            | Step::TransferFails(_) => {
                self.events.clear();
                self.heard = 0;
                self.act(step)
            }
            Step::ExpectSay(Names::One(prompt)) => self.expect_say(core::slice::from_ref(prompt)),
            Step::ExpectSay(Names::Many(prompts)) => self.expect_say(prompts),
            Step::ExpectNotSay(prompt) => {
                let heard = self.pieces();
                if heard.contains(prompt) { Err(format!("`{prompt}` is heard")) } else { Ok(()) }
            }
            Step::ExpectText(text) => {
                let heard = self.text();
                if heard.contains(text.as_str()) {
                    Ok(())
                } else {
                    Err(unlike(&format!("to hear “{text}”"), &heard))
                }
            }
            other => self.expect(other),
        }
    }

    /// What the caller, a look-up, a queue or a transfer does.
    fn act(&mut self, step: &Step) -> Result<(), String> {
        let waiting = self.walk.waiting();
        match (step, waiting) {
            (Step::Silence(false) | Step::TransferFails(false), _) => {
                return Err("what is false does not happen: leave the step out".to_owned());
            }
            (Step::Press(keys), Waiting::Key | Waiting::Queue(_)) => self.walk.press(keys),
            (Step::Silence(_), Waiting::Key) => self.walk.wait(),
            (Step::Lookup(answer), Waiting::LookUp) => match answer.as_str() {
                "found" => {
                    let customer = self.walk.customer().map_or_else(|| customer(&BTreeMap::new()), Ok)?;
                    self.walk.found(Some(customer));
                }
                "unknown" => self.walk.found(None),
                "late" => self.walk.wait(),
                other => return Err(format!("a look-up is found, unknown or late, not `{other}`")),
            },
            (Step::Http(given), Waiting::Answer) => self.answer(given)?,
            (Step::QueueReturns(reason), Waiting::Queue(_)) => {
                let edge = RETURNS.iter().find(|edge| *edge == reason);
                let edge = edge.ok_or_else(|| format!("a queue returns {}, not `{reason}`", RETURNS.join(", ")))?;
                self.walk.come_back(edge);
            }
            (Step::TransferFails(_), Waiting::Transfer) => self.walk.come_back(FAILED),
            _ => return Err(unlike("the flow to wait for this", &waits(waiting))),
        }
        Ok(())
    }

    /// What another system answers.
    fn answer(&mut self, given: &Given) -> Result<(), String> {
        match given {
            Given::Edge(edge) => {
                let wrong = || format!("an answer is a status, timeout, failed or not_found, not `{edge}`");
                let answer = edge_of(edge).ok_or_else(wrong)?;
                self.walk.answer(|_| answer);
            }
            Given::Answer { status, json } => {
                let json = json.as_ref().map(serde_json::to_value).transpose().map_err(|error| error.to_string())?;
                let json = json.unwrap_or_default();
                self.walk.answer(|take| http_step::answer_of(*status, &json, take));
            }
        }
        Ok(())
    }

    fn pieces(&self) -> Vec<String> {
        let pieces = |event: &Happened| match event {
            Happened::Heard { pieces, .. } => pieces.clone(),
            _ => Vec::new(),
        };
        self.events.iter().flat_map(pieces).collect()
    }

    fn text(&self) -> String {
        let text = |event: &Happened| match event {
            Happened::Heard { text, .. } => Some(text.clone()),
            _ => None,
        };
        self.events.iter().filter_map(text).collect::<Vec<_>>().join(" ")
    }

    fn expect_say(&mut self, prompts: &[String]) -> Result<(), String> {
        let heard = self.pieces();
        let rest = heard.get(self.heard..).unwrap_or_default();
        let Some(at) = rest.windows(prompts.len().max(1)).position(|window| window == prompts) else {
            let got = if rest.is_empty() { "nothing more".to_owned() } else { rest.join(", ") };
            return Err(unlike(&format!("to hear {}", prompts.join(", ")), &got));
        };
        self.heard += at + prompts.len();
        Ok(())
    }

    fn expect(&self, step: &Step) -> Result<(), String> {
        let run = self.walk.run();
        let (waiting, ended) = (self.walk.waiting(), self.events.contains(&Happened::HungUp));
        let (fits, wanted) = match step {
            Step::ExpectNode(node) => {
                let came = |event: &Happened| matches!(event, Happened::Came(id) if id.as_str() == node);
                (self.events.iter().any(came) || run.node().as_str() == node, format!("node {node}"))
            }
            Step::ExpectQueue(queue) => {
                let fits = matches!(waiting, Waiting::Queue(id) if id.as_str() == queue);
                (fits, format!("to wait in queue {queue}"))
            }
            Step::ExpectPriority(points) => {
                let given = |event: &Happened| matches!(event, Happened::Waits { priority, .. } if priority == points);
                (self.events.iter().any(given), format!("priority {points}"))
            }
            Step::ExpectAnswer(answers) => {
                let given = |(name, digit): (&String, &u8)| {
                    let fits = |event: &Happened| matches!(event, Happened::Answered { question, answer } if question.as_str() == name && answer == digit);
                    self.events.iter().any(fits)
                };
                (answers.iter().all(given), format!("the answers {answers:?}"))
            }
            Step::ExpectRequest(what) => {
                (self.events.contains(&Happened::Asks(what.clone())), format!("to ask {what}"))
            }
            Step::ExpectTransfer(to) => {
                (self.events.contains(&Happened::SentTo(to.clone())), format!("to be sent to {to}"))
            }
            Step::ExpectHangup(hangs_up) => {
                (ended == *hangs_up, if *hangs_up { "the call to end" } else { "the call to go on" }.to_owned())
            }
            Step::ExpectVariable(values) => {
                let holds = |(name, value): (&String, &toml::Value)| {
                    run.variable(name).is_some_and(|held| held.to_string() == text(value))
                };
                (values.iter().all(holds), format!("variables {values:?}"))
            }
            Step::ExpectLanguage(tag) => (run.language().as_str() == tag, format!("language {tag}")),
            _ => return Err("this step expects nothing".to_owned()),
        };
        let got = match step {
            Step::ExpectVariable(values) => {
                let held = |name: &String| run.variable(name).map_or("nothing".to_owned(), ToString::to_string);
                values.keys().map(|name| format!("{name} = {}", held(name))).collect::<Vec<_>>().join(", ")
            }
            Step::ExpectLanguage(_) => run.language().to_string(),
            _ => format!("{} at node {}", waits(waiting), run.node()),
        };
        if fits { Ok(()) } else { Err(unlike(&wanted, &got)) }
    }
}

fn unlike(wanted: &str, got: &str) -> String {
    format!("expected {wanted}, got: {got}")
}

fn waits(waiting: Waiting) -> String {
    match waiting {
        Waiting::Key => "the flow waits for a key".to_owned(),
        Waiting::LookUp => "the flow waits for a look-up".to_owned(),
        Waiting::Answer => "the flow waits for what another system answers: http = { status = 200 }".to_owned(),
        Waiting::Queue(queue) => format!("the caller waits in queue {queue}"),
        Waiting::Transfer => "the caller is being transferred".to_owned(),
        Waiting::Nothing => "the call is over".to_owned(),
    }
}
