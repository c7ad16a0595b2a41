//! Looks at a text that is not in force: its check, its pictures, and walks through it.

use super::super::reload;
use super::publish::is_error;
use crate::flow::graph;
use crate::flow::steps::{After, Coded, coded, customer, follow, local, may, node_of, told};
use crate::flow::texts::Texts;
use crate::flow::trial::{self, Broken, Stage};
use crate::flow::walk::{Caller, Happened, Waiting, Walk};
use config::{Drafts, FlowFile, FlowSet, Origin, ServerSettings};
use domain::{FlowId, Language, NodeId};
use http_api::FlowError;
use http_api::dto::{
    ConfigFlaw, FlawLevel, FlowChecked, FlowGraph, FlowSaid, FlowSaidKind as Kind, FlowSpeaker as Who, FlowStory,
    FlowTrial, FlowWaits,
};
use ivr::{Flow, Node, QueueFigures};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// Nodes of the largest flow that is drawn: beyond it, nobody reads the picture.
const NODES_MAX: usize = 500;
/// Monday morning, the same for every walk, so that they can be compared.
const TIME: &str = "2026-03-02T10:00";
const CALLER: &str = "+493055501";
const CALLED: &str = "8000";

/// A look at a text in place of a file.
pub(super) struct Look {
    origin: Origin,
    file: FlowFile,
}

impl Look {
    pub(super) fn new(origin: Origin, file: FlowFile) -> Self {
        Self { origin, file }
    }

    /// The flows as they would be.
    fn set(&self, text: String) -> FlowSet {
        self.origin.flows(&Drafts::from([(self.file.path.clone(), text)]))
    }

    /// Everything that is wrong, and what can be drawn.
    pub(super) fn check(&self, text: String) -> FlowChecked {
        let set = self.set(text);
        let problems = set.problems.iter().map(|problem| reload::flaw(problem, &set.flow_files)).collect();
        let graphs = set.server.as_ref().map(|server| self.graphs(&set, server)).unwrap_or_default();
        FlowChecked { problems, graphs }
    }

    /// What of the tests beside the file does not come true with this text, or is no test; nothing where there are none.
    pub(super) fn tests(&self, text: String) -> Vec<ConfigFlaw> {
        let beside = trial::beside(&self.file.path);
        let tests = match fs::read_to_string(&beside) {
            Ok(tests) => tests,
            Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
            Err(error) => return vec![self.untrue(1, error.to_string())],
        };
        let set = self.set(text);
        let Some(server) = &set.server else { return Vec::new() };
        let texts = Texts::of_folder(&server.prompts_dir);
        let stage = Stage { set: &set, default_language: server.default_language, texts: &texts };
        let told = trial::play_all(&tests, &stage).into_iter().filter_map(|played| match played {
            Ok(played) => {
                let Broken { line, step, why } = played.failed?;
                Some((line, format!("{} · {}, step {step}: {why}", played.flow, played.name)))
            }
            Err(wrong) => Some((wrong.line, wrong.why)),
        });
        told.map(|(line, why)| self.untrue(line, why)).collect()
    }

    fn untrue(&self, line: usize, why: String) -> ConfigFlaw {
        ConfigFlaw {
            level: FlawLevel::Error,
            code: "flow_tests_failed".to_owned(),
            rule: None,
            file: trial::beside(Path::new(&self.file.name)).display().to_string(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: 1,
            path: String::new(),
            why,
            hint: None,
        }
    }

    fn graphs(&self, set: &FlowSet, server: &ServerSettings) -> Vec<FlowGraph> {
        let texts = Texts::of_folder(&server.prompts_dir);
        let here = set.flow_files.iter().filter(|file| file.path == self.file.path).flat_map(|file| &file.flows);
        let flows = here.filter_map(|flow| set.flows.get(flow)).filter(|flow| flow.nodes().count() <= NODES_MAX);
        let draw = |flow: &Arc<Flow>| FlowGraph {
            flow: flow.id().to_string(),
            svg: graph::draw(flow, &texts, language(set, server, flow.id())),
        };
        flows.map(draw).collect()
    }

    /// Walks through a flow, all steps from the beginning.
    pub(super) fn walk(&self, trial: FlowTrial) -> Result<FlowStory, FlowError> {
        let bad = |field: &'static str| move |why: String| FlowError::BadField { field, why };
        let set = self.set(trial.text);
        let flow = find(&set, &trial.flow)?;
        let Some(server) = &set.server else { return Err(refused(&set)) };
        let language = match trial.language.as_deref().filter(|tag| !tag.is_empty()) {
            Some(tag) => tag.parse::<Language>().map_err(|error| bad("language")(format!("`{tag}`: {error}")))?,
            None => language(&set, server, flow.id()),
        };
        let at = trial.at.as_deref().filter(|at| !at.is_empty()).unwrap_or(TIME);
        let found = if trial.customer.is_empty() { None } else { Some(customer(&trial.customer)) };
        let figures = QueueFigures { callback: true, ..QueueFigures::default() };
        let caller = Caller {
            number: trial.caller.unwrap_or_else(|| CALLER.to_owned()),
            called: trial.called.unwrap_or_else(|| CALLED.to_owned()),
            language,
            local: local(at).map_err(bad("at"))?,
            queues: set.queues.iter().map(|queue| (*queue, figures)).collect(),
            schedules: set.schedules.clone(),
            customer: found.transpose().map_err(bad("customer"))?,
        };
        let texts = Texts::of_folder(&server.prompts_dir);
        let mut story = Story { at: flow.start(), walk: Walk::begin(flow, caller, &texts), said: Vec::new() };
        story.settle();
        let mut over = false;
        for step in &trial.steps {
            over = story.step(step.trim(), over).map_err(bad("steps"))?;
        }
        let waiting = if over { Waiting::Nothing } else { story.walk.waiting() };
        let waits_for = waits_for(waiting, node_of(&story.walk));
        Ok(FlowStory { said: story.said, waits_for, hint: may(waiting).replace(" .", " silence") })
    }
}

/// The language in which a flow begins.
fn language(set: &FlowSet, server: &ServerSettings, flow: FlowId) -> Language {
    let entry = set.entries.iter().find(|entry| entry.flow == flow);
    entry.map_or(server.default_language, |entry| entry.language)
}

fn refused(set: &FlowSet) -> FlowError {
    FlowError::Faulty(set.problems.iter().map(|problem| reload::flaw(problem, &set.flow_files)).collect())
}

fn find<'a>(set: &'a FlowSet, name: &str) -> Result<&'a Arc<Flow>, FlowError> {
    let found = name.parse::<FlowId>().ok().and_then(|id| set.flows.get(&id));
    found.ok_or_else(|| {
        if set.problems.iter().any(is_error) {
            return refused(set);
        }
        let known: Vec<&str> = set.flows.keys().map(FlowId::as_str).collect();
        FlowError::BadField {
            field: "flow",
            why: format!("there is no flow `{name}`; there are: {}", known.join(", ")),
        }
    })
}

fn waits_for(waiting: Waiting, node: Option<&Node>) -> FlowWaits {
    match (waiting, node) {
        (Waiting::Nothing, _) => FlowWaits::Over,
        (Waiting::LookUp, _) => FlowWaits::Lookup,
        (Waiting::Answer, _) => FlowWaits::Answer,
        (Waiting::Queue(_), _) => FlowWaits::Queue,
        (Waiting::Transfer, _) => FlowWaits::Transfer,
        (Waiting::Key, Some(Node::Menu(_) | Node::Survey(_))) => FlowWaits::Digit,
        (Waiting::Key, Some(Node::Collect(_))) => FlowWaits::Digits,
        (Waiting::Key, Some(Node::Voicemail(_) | Node::Record(_))) => FlowWaits::Message,
        (Waiting::Key, _) => FlowWaits::Silence,
    }
}

/// A walk that is being told.
struct Story<'a> {
    walk: Walk<'a>,
    said: Vec<FlowSaid>,
    /// The node at which things happen.
    at: NodeId,
}

impl Story<'_> {
    fn say(&mut self, who: Who, kind: Kind, text: String, coded: Option<Coded>) {
        let (code, values) = coded.unzip();
        let values = values.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect();
        let code = code.map(str::to_owned);
        self.said.push(FlowSaid { who, kind, text, node: self.at.to_string(), code, values });
    }

    /// Tells what happened; look-ups are answered by the customer of the walk, if there is one.
    fn settle(&mut self) {
        self.tell();
        while self.walk.waiting() == Waiting::LookUp
            && let Some(customer) = self.walk.customer()
        {
            let name = customer.name.0.clone();
            self.say(Who::Engine, Kind::Event, format!("found: {name}"), Some(("found", vec![("name", name)])));
            self.walk.found(Some(customer));
            self.tell();
        }
    }

    fn tell(&mut self) {
        for event in self.walk.news() {
            let kind = match &event {
                Happened::Came(node) => {
                    self.at = *node;
                    Kind::Node
                }
                Happened::Heard { .. } => Kind::Speech,
                _ => Kind::Event,
            };
            let text = told(&self.walk, &event);
            self.say(Who::Engine, kind, text, coded(&event));
        }
    }

    /// Does a step; true when the walk is over.
    fn step(&mut self, step: &str, over: bool) -> Result<bool, String> {
        self.say(Who::Caller, Kind::Step, step.to_owned(), None);
        let after = if over { After::Nothing } else { follow(&mut self.walk, step)? };
        self.settle();
        match after {
            After::On => {}
            After::Nothing => {
                let nothing = Some(("means_nothing", vec![("step", step.to_owned())]));
                self.say(Who::Engine, Kind::Event, format!("`{step}` means nothing here"), nothing);
            }
            After::Ended(how) => {
                self.say(Who::Engine, Kind::Event, how.words().to_owned(), Some((how.code(), Vec::new())));
            }
        }
        Ok(over || matches!(after, After::Ended(_)))
    }
}
