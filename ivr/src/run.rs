//! One caller's walk through a flow: its state and what may be read of it.

use crate::api::{Context, Env, Note, NoteKind, Of, Reason, Say};
use crate::flow::Flow;
use crate::masked::{Hush, Masked};
use crate::scope::{QueueReads, Scope, Value};
use crate::speech;
use core::time::Duration;
use domain::{Customer, Instant, Language, NodeId, PlayId, Redacted};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Nodes that one fact may lead through; more means that the flow goes round in circles.
pub(crate) const STEPS_MAX: usize = 64;
/// Longest history of nodes, digits and notes that is kept; the walk goes on unrecorded.
const HISTORY_MAX: usize = 512;
/// Digits kept for a node that is yet to come.
const AHEAD_MAX: usize = 32;
/// A playing that lasts longer counts as ended: its report is lost.
pub(crate) const PLAY_MAX: Duration = Duration::from_secs(300);

/// What a run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// To be started.
    New,
    /// A playing without a question.
    Saying { play: PlayId, until: Instant },
    /// An answer of the caller. While `play` is some, the question is still being asked.
    Asking { play: Option<PlayId>, until: Instant, tries: u8 },
    /// A look-up.
    Looking { until: Instant },
    /// The answer to a request over HTTP.
    Requesting { number: u64, until: Instant },
    /// A call back is being booked.
    Booking { until: Instant },
    /// The caller speaks a message.
    Speaking { until: Instant },
    /// What was spoken is being kept.
    Keeping { until: Instant },
    /// A queue has the caller.
    Queued,
    /// A transfer has the caller.
    Away,
    /// Nothing.
    Over,
}

/// A place in line that is kept while the flow has the caller's ear.
#[derive(Clone)]
pub(crate) struct Kept {
    /// The flow in which the caller waits, and those that called it.
    pub(crate) flow: Arc<Flow>,
    pub(crate) calls: Vec<(Arc<Flow>, NodeId)>,
    /// The `enqueue` node.
    pub(crate) node: NodeId,
    /// The queue sent the contact back meanwhile, by this edge.
    pub(crate) lost: Option<&'static str>,
}

/// One caller's walk through a flow.
#[derive(Clone)]
pub struct Run {
    /// The flow in which the caller is.
    pub(crate) flow: Arc<Flow>,
    /// The flows that called it, the first one first, each with the node at which it goes on.
    pub(crate) calls: Vec<(Arc<Flow>, NodeId)>,
    pub(crate) context: Context,
    pub(crate) state: State,
    pub(crate) at: NodeId,
    pub(crate) language: Language,
    pub(crate) customer: Option<Box<Customer>>,
    /// Digits of the answer so far.
    pub(crate) keyed: String,
    /// Digits keyed before anybody asked.
    pub(crate) ahead: VecDeque<char>,
    /// A terminator keyed until then belongs to the entry that was already complete.
    pub(crate) swallow: Option<(char, Instant)>,
    /// The place in line to which a `resume` node leads back.
    pub(crate) kept: Option<Kept>,
    /// Look-ups given up whose answers are still to come.
    pub(crate) late_lookups: u32,
    /// The caller is lent by an agent, to whom a `return` leads back.
    pub(crate) lent: bool,
    /// Masking was told to have begun.
    pub(crate) masked: bool,
    /// What is keyed on after a masked entry is dropped.
    pub(crate) hush: Option<Hush>,
    /// What masked nodes took, by variable.
    pub(crate) secrets: BTreeMap<String, Masked>,
    vars: BTreeMap<String, Value>,
    path: Vec<NodeId>,
    digits: Vec<(NodeId, Redacted)>,
    notes: Vec<Note>,
    plays: u64,
    requests: u64,
    /// When the caller last came back from a queue or a transfer, and how often at that moment.
    came_back: (Instant, usize),
}

impl Run {
    /// A run at the start of a flow. It waits for `Fact::Started`.
    #[must_use]
    pub fn new(flow: Arc<Flow>, context: Context) -> Self {
        let vars = flow.variables().map(|name| (name.to_owned(), Value::Text(String::new()))).collect();
        Self {
            at: flow.start(),
            language: context.language,
            flow,
            calls: Vec::new(),
            context,
            state: State::New,
            customer: None,
            keyed: String::new(),
            ahead: VecDeque::new(),
            swallow: None,
            kept: None,
            late_lookups: 0,
            lent: false,
            masked: false,
            hush: None,
            secrets: BTreeMap::new(),
            vars,
            path: Vec::new(),
            digits: Vec::new(),
            notes: Vec::new(),
            plays: 0,
            requests: 0,
            came_back: (Instant::ZERO, 0),
        }
    }

    /// The caller is lent to this run by an agent: where nothing called the flow, its `return` is no fault and says
    /// [`crate::Effect::Returned`].
    #[must_use]
    pub fn lent(self) -> Self {
        Self { lent: true, ..self }
    }

    /// When to call `handle` with `Fact::Tick`, and why.
    #[must_use]
    pub fn deadline(&self) -> Option<(Instant, Reason)> {
        match self.state {
            State::Saying { until, .. } | State::Asking { play: Some(_), until, .. } => Some((until, Reason::Play)),
            State::Asking { until, .. } if self.keyed.is_empty() => Some((until, Reason::FirstDigit)),
            State::Asking { until, .. } => Some((until, Reason::InterDigit)),
            State::Looking { until } => Some((until, Reason::Lookup)),
            State::Requesting { until, .. } => Some((until, Reason::Request)),
            State::Booking { until } => Some((until, Reason::Booking)),
            State::Speaking { until } => Some((until, Reason::Message)),
            State::Keeping { until } => Some((until, Reason::Keeping)),
            State::New | State::Queued | State::Away | State::Over => None,
        }
    }

    /// The nodes that the caller went through, in order.
    #[must_use]
    pub fn path(&self) -> &[NodeId] {
        &self.path
    }

    /// The digits taken, with the node that took them.
    #[must_use]
    pub fn digits(&self) -> &[(NodeId, Redacted)] {
        &self.digits
    }

    /// The language in force.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The flow in which the caller is.
    #[must_use]
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    /// The node where the caller is.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.at
    }

    /// The customer, if one was recognised.
    #[must_use]
    pub fn customer(&self) -> Option<&Customer> {
        self.customer.as_deref()
    }

    /// A variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Value> {
        self.vars.get(name)
    }

    /// True when the run wants nothing more: the call is being ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// What went otherwise than the flow says since this was last asked, for the log.
    pub fn take_notes(&mut self) -> Vec<Note> {
        core::mem::take(&mut self.notes)
    }

    /// Counts a return. Queues that send the caller on to each other at once would keep the flow busy for ever.
    pub(crate) fn goes_round(&mut self, now: Instant) -> bool {
        let (at, times) = self.came_back;
        self.came_back = if at == now { (now, times + 1) } else { (now, 1) };
        self.came_back.1 > STEPS_MAX
    }

    pub(crate) fn note(&mut self, kind: NoteKind) {
        if self.notes.len() < HISTORY_MAX {
            self.notes.push(Note { node: self.at, kind });
        }
    }

    pub(crate) fn record_node(&mut self, node: NodeId) {
        self.at = node;
        if self.path.len() < HISTORY_MAX {
            self.path.push(node);
        }
    }

    pub(crate) fn record_digits(&mut self, digits: &str) {
        if self.digits.len() < HISTORY_MAX {
            self.digits.push((self.at, Redacted(digits.to_owned())));
        }
    }

    pub(crate) fn keep_ahead(&mut self, digit: char) {
        if self.ahead.len() < AHEAD_MAX {
            self.ahead.push_back(digit);
        }
    }

    pub(crate) fn assign(&mut self, name: &str, value: Value) {
        self.vars.insert(name.to_owned(), value);
    }

    pub(crate) fn next_play(&mut self) -> PlayId {
        let play = PlayId::new(self.context.first_play.wrapping_add(self.plays));
        self.plays = self.plays.wrapping_add(1);
        play
    }

    /// A number for a request. No run has one of another: the answer to a run that is over means nothing to the next.
    pub(crate) fn next_request(&mut self) -> u64 {
        self.requests = self.requests.wrapping_add(1);
        self.context.first_play.wrapping_add(self.requests)
    }

    /// What a variable, or else the last entry at a node of this name, holds.
    pub(crate) fn text_of(&self, name: &str) -> String {
        let entry = || self.digits.iter().rev().find(|(node, _)| node.as_str() == name).map(|(_, d)| d.0.clone());
        self.vars.get(name).map(ToString::to_string).or_else(entry).unwrap_or_default()
    }

    /// What is to be played: values have become digits and prompts.
    pub(crate) fn spoken(&mut self, say: &[Say], env: &Env<'_>) -> Vec<Say> {
        let mut spoken = Vec::with_capacity(say.len());
        for item in say {
            match item {
                Say::Prompt(prompt) => spoken.push(Say::Prompt(*prompt)),
                Say::Digits(text) => {
                    let text = text.strip_prefix('$').map_or_else(|| text.clone(), |name| self.text_of(name));
                    let keys: String = text.chars().filter(|c| is_key(*c)).collect();
                    spoken.extend(Some(keys).filter(|keys| !keys.is_empty()).map(Say::Digits));
                }
                Say::Value(kind, of) => match speech::of_text(self.language, *kind, &self.value_of(of, env)) {
                    Some(pieces) => spoken.extend(pieces.into_iter().map(Say::Prompt)),
                    None => self.note(NoteKind::NothingToSay(*kind)),
                },
                Say::Text(text) => match (text.spoken(self.language, &|name| self.text_of(name)), text.otherwise) {
                    (Some(words), _) => spoken.push(Say::Spoken(words)),
                    (None, Some(prompt)) => spoken.push(Say::Prompt(prompt)),
                    (None, None) => self.note(NoteKind::NoWords),
                },
                Say::Spoken(words) => spoken.push(Say::Spoken(words.clone())),
            }
        }
        spoken
    }

    /// The text of a value that is to be said; empty if there is none.
    fn value_of(&self, of: &Of, env: &Env<'_>) -> String {
        match of {
            Of::Text(text) => text.clone(),
            Of::Variable(name) => self.text_of(name),
            Of::Expression(expression) => {
                let value = expression.value(&self.scope(env, expression.reads()));
                value.map(|value| value.to_string()).unwrap_or_default()
            }
        }
    }

    /// What expressions see that read so much of `queues`.
    pub(crate) fn scope(&self, env: &Env<'_>, reads: &QueueReads) -> Scope {
        let mut scope = Scope::default();
        let caller = [
            ("number", Value::Text(self.context.ani.as_str().to_owned())),
            ("name", Value::Text(self.context.caller_name.0.clone())),
            ("called", Value::Text(self.context.dnis.as_str().to_owned())),
            ("known", Value::Bool(self.customer.is_some())),
        ];
        scope.add_map("caller", caller.into_iter());
        scope.add_customer(self.customer.as_deref());
        let entry = |node: NodeId| self.digits.iter().rev().find(|(n, _)| *n == node).map(|(_, d)| d.0.clone());
        // Names are shared by all flows that the first one leads to.
        let first = self.calls.first().map_or(&self.flow, |(flow, _)| flow);
        let nodes: Vec<NodeId> = first.input_nodes().collect();
        let digits = nodes.iter().map(|node| (node.as_str(), Value::Text(entry(*node).unwrap_or_default())));
        scope.add_map("digits", digits);
        scope.add_map("vars", self.vars.iter().map(|(name, value)| (name.as_str(), value.clone())));
        scope.add_time(env);
        scope.add("language", self.language.as_str());
        scope.set_queues(env, reads);
        scope
    }
}

/// A key of a telephone.
pub(crate) fn is_key(c: char) -> bool {
    c.is_ascii_digit() || c == '*' || c == '#'
}

impl core::fmt::Debug for Run {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let entries = self.digits.len();
        write!(f, "Run({} at {}, {:?}, {entries} entries)", self.flow.id(), self.at, self.state)
    }
}
