//! Looks at a text that is not in force: its check, its pictures, and walks through it.

use super::super::reload;
use super::publish::is_error;
use crate::flow::graph;
use crate::flow::steps::{After, customer, follow, local, may, node_of, told};
use crate::flow::texts::Texts;
use crate::flow::walk::{Caller, Happened, Waiting, Walk};
use config::{Drafts, FlowFile, FlowSet, Origin, ServerSettings};
use domain::{FlowId, Language, NodeId};
use http_api::FlowError;
use http_api::dto::{
    FlowChecked, FlowGraph, FlowSaid, FlowSaidKind as Kind, FlowSpeaker as Who, FlowStory, FlowTrial, FlowWaits,
};
use ivr::{Flow, Node, QueueFigures};
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
        (Waiting::Key, Some(Node::Voicemail(_))) => FlowWaits::Message,
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
    fn say(&mut self, who: Who, kind: Kind, text: String) {
        self.said.push(FlowSaid { who, kind, text, node: self.at.to_string() });
    }

    /// Tells what happened; look-ups are answered by the customer of the walk, if there is one.
    fn settle(&mut self) {
        self.tell();
        while self.walk.waiting() == Waiting::LookUp
            && let Some(customer) = self.walk.customer()
        {
            self.say(Who::Engine, Kind::Event, format!("found: {}", customer.name.0));
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
            self.say(Who::Engine, kind, text);
        }
    }

    /// Does a step; true when the walk is over.
    fn step(&mut self, step: &str, over: bool) -> Result<bool, String> {
        self.say(Who::Caller, Kind::Step, step.to_owned());
        let after = if over { After::Nothing } else { follow(&mut self.walk, step)? };
        self.settle();
        match after {
            After::On => {}
            After::Nothing => self.say(Who::Engine, Kind::Event, format!("`{step}` means nothing here")),
            After::Ended(how) => self.say(Who::Engine, Kind::Event, how.to_owned()),
        }
        Ok(over || matches!(after, After::Ended(_)))
    }
}
