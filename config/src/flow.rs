//! Flows: `[flow.NAME]` with its nodes `[flow.NAME.node.NAME]`.

use crate::business::requirement;
use crate::check::Known;
use crate::model::Queue;
use crate::node::NodeReader;
use crate::outside::PromptSet;
use crate::reader::Table;
use crate::report::{Place, Placed, Report, hint, nearest};
use crate::subflow::{Links, Written};
use crate::tree::Item;
use crate::voice::FlowWords;
use core::cell::RefCell;
use domain::{FlowId, HttpPlace, Language, NodeId, PromptId, QueueId, Requirement};
use ivr::speech::{self, Kind};
use ivr::{Compiler, Flaw, Flow, Names, Node, Shape, Text, Words};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What must be recorded for something to be said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// A prompt.
    Prompt(PromptId),
    /// All pieces of a kind of value.
    Value(Kind),
}

/// A use of prompts.
pub(crate) struct PromptUse {
    pub(crate) need: Need,
    pub(crate) place: Place,
    pub(crate) path: String,
}

/// A text for a voice.
pub(crate) struct TextUse {
    pub(crate) text: Text,
    pub(crate) place: Place,
    pub(crate) path: String,
}

/// What flows may name of the rest of the configuration.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) known: &'a Known,
    pub(crate) queues: &'a [Queue],
    /// Queues that an agent serves.
    pub(crate) served: &'a BTreeSet<QueueId>,
    /// Places in private networks that may be asked over HTTP.
    pub(crate) places: &'a [HttpPlace],
}

/// What the nodes of one flow share while they are read.
pub(crate) struct FlowScope<'a> {
    pub(crate) report: &'a Report,
    pub(crate) known: &'a Known,
    pub(crate) queues: &'a [Queue],
    pub(crate) served: &'a BTreeSet<QueueId>,
    pub(crate) places: &'a [HttpPlace],
    pub(crate) nodes: Vec<String>,
    pub(crate) variables: BTreeSet<String>,
    /// Variables and nodes that hold masked digits.
    pub(crate) masked: BTreeSet<String>,
    pub(crate) compiler: Compiler,
    /// Flows that may be called; `None`: a broken one.
    pub(crate) called: &'a BTreeMap<FlowId, Option<Arc<Flow>>>,
    pub(crate) uses: RefCell<Vec<PromptUse>>,
    pub(crate) texts: RefCell<Vec<TextUse>>,
    pub(crate) languages: RefCell<BTreeSet<Language>>,
}

/// A flow that was read.
pub(crate) struct FlowText {
    pub(crate) id: FlowId,
    pub(crate) place: Place,
    pub(crate) path: String,
    pub(crate) uses: Vec<PromptUse>,
    pub(crate) texts: Vec<TextUse>,
    /// Those that it sets, and those that flows joined to it by calls set.
    pub(crate) languages: BTreeSet<Language>,
    /// The flows that may lead here by calls, itself among them.
    pub(crate) callers: BTreeSet<FlowId>,
    pub(crate) flow: Option<Arc<Flow>>,
}

/// Reads every `[flow.NAME]` of all files. Flows that others call are read first.
pub(crate) fn flows<'a>(roots: &[Table<'a>], report: &'a Report, around: Around<'_>) -> Vec<FlowText> {
    let written: Vec<Written<'a>> = roots.iter().flat_map(|root| written(root)).collect();
    let links = Links::new(&written, around.known);
    links.refuse_circles(&written, report);
    let (mut done, mut texts) = (BTreeMap::new(), Vec::new());
    for n in links.callees_first() {
        let names = links.names(n);
        let mut text = flow(&written[n], names, report, around, &done);
        text.callers = links.callers(n).into_iter().map(|caller| written[caller].id).collect();
        done.insert(text.id, text.flow.clone());
        texts.push((n, text));
    }
    let languages: Vec<(usize, BTreeSet<Language>)> =
        texts.iter().map(|(n, text)| (*n, text.languages.clone())).collect();
    for (n, text) in &mut texts {
        let family = links.family(*n);
        let of_family = languages.iter().filter(|(other, _)| family.contains(other));
        text.languages = of_family.flat_map(|(_, languages)| languages.iter().copied()).collect();
    }
    texts.into_iter().map(|(_, text)| text).collect()
}

/// The flows of a file.
fn written<'a>(root: &Table<'a>) -> Vec<Written<'a>> {
    let Some(table) = root.table("flow") else { return Vec::new() };
    let flow = |(name, item): (Placed<String>, &'a Item)| {
        let id = match name.value.parse() {
            Ok(id) => id,
            Err(error) => {
                table.refuse("bad_id", name.place, &name.value, format!("`{}`: {error}", name.value));
                return None;
            }
        };
        let table = table.as_table(&name.value, table.path(&name.value), item)?;
        Some(Written { id, place: name.place, table })
    };
    table.named().filter_map(flow).collect()
}

fn flow<'a>(
    Written { id, place, table }: &Written<'a>,
    visible: Names,
    report: &'a Report,
    around: Around<'_>,
    called: &BTreeMap<FlowId, Option<Arc<Flow>>>,
) -> FlowText {
    let start: Option<Placed<NodeId>> = table.need_id("start");
    let nodes = table.table("node");
    if nodes.is_none() && !table.has("node") {
        table.miss("node");
    }
    table.done();
    let items: Vec<(Placed<String>, Table<'a>)> = nodes.as_ref().map(|nodes| node_tables(nodes)).unwrap_or_default();
    let names = items.iter().map(|(name, _)| name.value.clone()).collect();
    let variables = visible.variables.union(&visible.digits).cloned().collect();
    let scope = FlowScope {
        report,
        known: around.known,
        queues: around.queues,
        served: around.served,
        places: around.places,
        nodes: names,
        variables,
        masked: visible.masked.clone(),
        compiler: Compiler::new(visible),
        called,
        uses: RefCell::default(),
        texts: RefCell::default(),
        languages: RefCell::default(),
    };
    let mut graph = Graph::default();
    for (name, node) in &items {
        graph.read(name, node, &scope);
    }
    let start = start.and_then(|start| {
        let there = graph.shapes.contains_key(&start.value);
        let names: Vec<&str> = scope.nodes.iter().map(String::as_str).collect();
        if !there {
            table.known("start", "unknown_node", "node", (start.value.as_str(), start.place), &names);
        }
        let meant = nearest(start.value.as_str(), names).and_then(|near| near.parse().ok());
        if there { Some(start.value) } else { meant }
    });
    let flow = start.and_then(|start| graph.finish(*id, start, &scope, &table.path("node")));
    FlowText {
        id: *id,
        place: *place,
        path: table.path(""),
        uses: scope.uses.into_inner(),
        texts: scope.texts.into_inner(),
        languages: scope.languages.into_inner(),
        callers: BTreeSet::new(),
        flow,
    }
}

fn node_tables<'a>(nodes: &Table<'a>) -> Vec<(Placed<String>, Table<'a>)> {
    let node = |(name, item): (Placed<String>, &'a Item)| {
        if let Err(error) = name.value.parse::<NodeId>() {
            nodes.refuse("bad_id", name.place, &name.value, format!("`{}`: {error}", name.value));
            return None;
        }
        let table = nodes.as_table(&name.value, nodes.path(&name.value), item)?;
        Some((name, table))
    };
    nodes.named().filter_map(node).collect()
}

/// The nodes read so far.
#[derive(Default)]
struct Graph {
    nodes: BTreeMap<NodeId, Node>,
    shapes: BTreeMap<NodeId, Shape>,
    places: BTreeMap<NodeId, Place>,
}

impl Graph {
    fn read(&mut self, name: &Placed<String>, table: &Table<'_>, scope: &FlowScope<'_>) {
        let Ok(id) = name.value.parse::<NodeId>() else { return };
        let reader = NodeReader::new(table, scope);
        let node = reader.read();
        // A broken node leads where it seems to lead, and may end the call: its flaws must not show as others.
        let broken = || Shape { edges: reader.targets(), ends: true };
        let shape = node.as_ref().map_or_else(broken, Node::shape);
        self.shapes.insert(id, shape);
        self.places.insert(id, name.place);
        self.nodes.extend(node.map(|node| (id, node)));
    }

    fn finish(self, id: FlowId, start: NodeId, scope: &FlowScope<'_>, path: &str) -> Option<Arc<Flow>> {
        let tell = |flaw: &Flaw| {
            let (node, code) = (flaw.node(), code_of(flaw));
            let Some(place) = self.places.get(&node) else { return };
            scope.report.error(code, *place, &format!("{path}.{node}"), flaw.to_string(), None);
        };
        ivr::check(start, &self.shapes).iter().for_each(tell);
        match Flow::new(id, start, self.nodes) {
            Ok(flow) => {
                for node in flow.wordless_ends() {
                    let why = format!("a caller may come to {node} and be hung up on without a word");
                    let Some(place) = self.places.get(&node) else { continue };
                    scope.report.warning("wordless_end", *place, &format!("{path}.{node}"), why, None);
                }
                Some(Arc::new(flow))
            }
            // All other flaws showed in the shapes.
            Err(flaws) => {
                flaws.iter().filter(|flaw| matches!(flaw, Flaw::TooDeep(_))).for_each(tell);
                None
            }
        }
    }
}

fn code_of(flaw: &Flaw) -> &'static str {
    match flaw {
        Flaw::NoStart(_) | Flaw::UnknownTarget { .. } => "unknown_node",
        Flaw::Unreachable(_) => "unreachable_node",
        Flaw::NoWayOut(_) => "no_end",
        Flaw::SilentLoop(_) => "silent_loop",
        Flaw::TooDeep(_) => "too_deep",
    }
}

/// Reports each prompt and value that has no files in a language in which it may be played.
pub(crate) fn check_prompts(report: &Report, uses: &[PromptUse], languages: &BTreeSet<Language>, there: &PromptSet) {
    let mut told = BTreeSet::new();
    for used in uses {
        let problem = match used.need {
            Need::Prompt(prompt) => no_prompt(prompt, languages, there),
            Need::Value(kind) => no_pieces(kind, languages, there),
        };
        if let Some((why, hint)) = problem
            && told.insert(used.need)
        {
            report.error("missing_prompt", used.place, &used.path, why, hint);
        }
    }
}

/// Reports each text that has no words in a language in which it may be spoken, and each that nobody can speak.
pub(crate) fn check_texts(report: &Report, texts: &[TextUse], languages: &BTreeSet<Language>, is_spoken: bool) {
    for used in texts {
        let missing = languages.iter().filter(|language| used.text.of(**language).is_none());
        let missing: Vec<&str> = missing.map(Language::as_str).collect();
        let tongues: BTreeSet<&str> = languages.iter().filter_map(|tag| tag.as_str().split('-').next()).collect();
        if !missing.is_empty() {
            let why = format!("this text has no words in {}", missing.join(", "));
            report.error("missing_text", used.place, &used.path, why, None);
        } else if tongues.len() > 1 && matches!(&used.text.words, Words::Any(words) if words.has_words()) {
            let tongues = tongues.into_iter().collect::<Vec<_>>().join(", ");
            let why = format!("this text has the same words in {tongues}");
            report.error("missing_text", used.place, &used.path, why, None);
        } else if !is_spoken && used.text.otherwise.is_none() {
            let why = "text-to-speech is switched off, and no prompt stands in for this text".to_owned();
            report.error("no_speech", used.place, &used.path, why, None);
        }
    }
}

impl FlowText {
    /// What it may say in these languages.
    pub(crate) fn words(&self, languages: BTreeSet<Language>) -> FlowWords {
        let (mut prompts, mut kinds) = (BTreeSet::new(), BTreeSet::new());
        for used in &self.uses {
            match used.need {
                Need::Prompt(prompt) => _ = prompts.insert(prompt),
                Need::Value(kind) => _ = kinds.insert(kind),
            }
        }
        let texts = self.texts.iter().map(|used| used.text.clone()).collect();
        FlowWords { flow: self.id, languages, prompts, kinds, texts }
    }
}

fn no_prompt(prompt: PromptId, languages: &BTreeSet<Language>, there: &PromptSet) -> Option<(String, Option<String>)> {
    let missing = languages.iter().filter(|language| !there.has(prompt, **language));
    let missing: Vec<&str> = missing.map(Language::as_str).collect();
    if missing.is_empty() {
        let (file, flaw) = languages.iter().find_map(|language| there.flaw(prompt, *language))?;
        return Some((format!("`{file}` {flaw}"), None));
    }
    let hint = if missing.len() == languages.len() { hint(prompt.as_str(), &there.names()) } else { None };
    Some((format!("prompt `{prompt}` has no WAV file in {}", missing.join(", ")), hint))
}

fn no_pieces(kind: Kind, languages: &BTreeSet<Language>, there: &PromptSet) -> Option<(String, Option<String>)> {
    let missing = |language: &Language| {
        let pieces = speech::pieces_of(*language, kind);
        let missing: Vec<PromptId> = pieces.into_iter().filter(|piece| !there.has(*piece, *language)).collect();
        let first = missing.first()?;
        Some(format!("{language}/{first}.wav and {} more", missing.len() - 1))
    };
    let missing: Vec<String> = languages.iter().filter_map(missing).collect();
    let why = format!("a `{}` cannot be said: these recordings are missing: {}", kind.word(), missing.join(", "));
    (!missing.is_empty())
        .then_some((why, Some("record them; `switchroom init` writes those that are shipped".to_owned())))
}

impl FlowScope<'_> {
    /// Variables, and nodes that take digits.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.variables.iter().map(String::as_str).collect()
    }

    /// `skills` and `relax` of an enqueue node.
    pub(crate) fn requirement(&self, table: &Table<'_>) -> Option<Requirement> {
        requirement(table, self.known)
    }
}
