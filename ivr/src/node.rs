//! The nodes of a flow, and the edges between them.

use crate::api::{CLOSED, FULL, LookupKey, NO_AGENTS, OVERFLOW, Say, TIMEOUT, TransferTo};
use crate::expression::Expression;
use crate::flow::Flow;
use crate::graph::{Edge, Shape};
use crate::http::Http;
use crate::masked::Check;
use crate::queue_info::QueueInfo;
use crate::record::Record;
use crate::survey::Survey;
use core::time::Duration;
use domain::{Language, NodeId, Priority, PromptId, QueueId, Requirement, ScheduleId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One step of a flow.
#[derive(Debug)]
pub enum Node {
    /// Plays prompts.
    Play(Play),
    /// Asks for one digit.
    Menu(Menu),
    /// Asks for several digits.
    Collect(Collect),
    /// Looks the customer up.
    Lookup(Lookup),
    /// Asks another system over HTTP.
    Http(Box<Http>),
    /// Goes where the first true condition says.
    Branch(Branch),
    /// Sets variables or the language.
    Set(Set),
    /// Goes by a schedule of opening hours.
    Hours(HoursNode),
    /// Asks how it stands in a queue.
    QueueInfo(QueueInfo),
    /// Hands the caller to a queue.
    Enqueue(Box<Enqueue>),
    /// Books a call back that keeps the caller's place in line.
    Callback(Callback),
    /// Takes a message.
    Voicemail(Voicemail),
    /// Records what the caller says.
    Record(Record),
    /// Asks a question of a survey.
    Survey(Survey),
    /// Lets a caller who came by a key of the queue go on waiting at the same place.
    Resume,
    /// Sends the caller elsewhere.
    Transfer(Transfer),
    /// Ends the call.
    HangUp(HangUp),
    /// Goes through another flow and comes back.
    Call(Call),
    /// Goes back to the flow that called this one.
    Return,
}

/// Plays prompts.
#[derive(Debug)]
pub struct Play {
    /// What.
    pub say: Vec<Say>,
    /// A digit ends the playing; it is kept for the next node that takes digits.
    pub barge_in: bool,
    /// What follows.
    pub next: NodeId,
}

/// How often and how long a caller is asked, and what follows when nothing useful came.
#[derive(Debug)]
pub struct Retry {
    /// How often the caller is asked, at least once.
    pub attempts: u8,
    /// How long the first digit may take after the prompts.
    pub timeout: Duration,
    /// Said before asking again after silence.
    pub no_input_say: Vec<Say>,
    /// Said before asking again after a wrong entry.
    pub no_match_say: Vec<Say>,
    /// What follows when the last attempt was silence.
    pub no_input: NodeId,
    /// What follows when the last attempt was a wrong entry.
    pub no_match: NodeId,
}

/// Asks for one digit.
#[derive(Debug)]
pub struct Menu {
    /// The question.
    pub say: Vec<Say>,
    /// A digit may interrupt the prompts.
    pub barge_in: bool,
    /// What follows each digit.
    pub choices: BTreeMap<char, NodeId>,
    /// Attempts.
    pub retry: Retry,
}

/// Asks for several digits.
#[derive(Debug)]
pub struct Collect {
    /// The question.
    pub say: Vec<Say>,
    /// A digit may interrupt the prompts.
    pub barge_in: bool,
    /// The variable that takes the digits.
    pub variable: String,
    /// Fewest digits.
    pub min: u8,
    /// Most digits; the entry ends with the last of them.
    pub max: u8,
    /// Ends the entry earlier.
    pub terminator: Option<char>,
    /// Silence after a digit that ends the entry.
    pub inter_digit: Duration,
    /// Attempts.
    pub retry: Retry,
    /// Nobody is to hear or see the digits; the variable is readable as [`crate::Run::secret_of`] only.
    pub masked: bool,
    /// What the digits must satisfy besides; those that do not are a wrong entry.
    pub check: Option<Check>,
    /// What follows.
    pub next: NodeId,
}

/// Looks the customer up.
#[derive(Debug)]
pub struct Lookup {
    /// By what.
    pub by: LookupKey,
    /// The variable or node that holds the digits to look up; `None` for the calling number.
    pub variable: Option<String>,
    /// How long the answer may take.
    pub timeout: Duration,
    /// What follows when the customer is known.
    pub found: NodeId,
    /// What follows otherwise.
    pub not_found: NodeId,
}

/// Goes where the first true condition says.
#[derive(Debug)]
pub struct Branch {
    /// Conditions in order.
    pub cases: Vec<(Expression, NodeId)>,
    /// What follows when none is true.
    pub otherwise: NodeId,
}

/// What a variable is set to.
#[derive(Debug)]
pub enum SetValue {
    /// A text.
    Text(String),
    /// The value of an expression.
    Expression(Expression),
}

/// Sets variables or the language.
#[derive(Debug)]
pub struct Set {
    /// Variables with their values, in order.
    pub values: Vec<(String, SetValue)>,
    /// The language from here on.
    pub language: Option<Language>,
    /// What follows.
    pub next: NodeId,
}

/// Goes by a schedule of opening hours.
#[derive(Debug)]
pub struct HoursNode {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The variable that takes the next opening, local, `YYYY-MM-DDTHH:MM`; empty where none is near.
    pub variable: Option<String>,
    /// What follows when it is open.
    pub open: NodeId,
    /// What follows when it is closed.
    pub closed: NodeId,
    /// What follows on a holiday; `None`: as when closed.
    pub holiday: Option<NodeId>,
    /// What follows when a person closed it; `None`: as when closed.
    pub emergency: Option<NodeId>,
}

/// Hands the caller to a queue.
#[derive(Debug)]
pub struct Enqueue {
    /// The queue.
    pub queue: QueueId,
    /// Added to the queue's base.
    pub priority: Priority,
    /// `None`: the queue's own.
    pub requirement: Option<Requirement>,
    /// Played before the music, once.
    pub announce: Vec<Say>,
    /// The music.
    pub music: PromptId,
    /// What follows when the queue sends the contact back.
    pub exits: Exits,
    /// Digits that mean something to a caller who waits; the place in line is kept.
    pub keys: BTreeMap<char, NodeId>,
}

/// Ways on from a queue that does not serve the contact, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exits {
    /// Too many contacts wait.
    pub full: Option<NodeId>,
    /// The longest wait is over.
    pub timeout: Option<NodeId>,
    /// No agent is signed in.
    pub no_agents: Option<NodeId>,
    /// The queue is closed.
    pub closed: Option<NodeId>,
    /// Any reason that has no way of its own.
    pub overflow: Option<NodeId>,
}

impl Exits {
    /// The way for a reason: one of [`crate::api::FULL`], `TIMEOUT`, `NO_AGENTS`, `CLOSED`, `OVERFLOW`.
    #[must_use]
    pub fn way(&self, edge: &str) -> Option<NodeId> {
        let own = match edge {
            FULL => self.full,
            TIMEOUT => self.timeout,
            NO_AGENTS => self.no_agents,
            CLOSED => self.closed,
            _ => None,
        };
        own.or(self.overflow)
    }

    /// A queue may send a contact back at once, or after a wait: a flow that only goes round at once is refused.
    fn edges(&self) -> Vec<Edge> {
        let at_once = [(FULL, self.full), (NO_AGENTS, self.no_agents), (CLOSED, self.closed)];
        let later = [(TIMEOUT, self.timeout), (OVERFLOW, self.overflow)];
        let at_once = at_once.into_iter().filter_map(|(field, to)| Some(Edge::silent(field, to?)));
        at_once.chain(later.into_iter().filter_map(|(field, to)| Some(Edge::pausing(field, to?)))).collect()
    }
}

/// Takes a message for agents of a queue.
#[derive(Debug)]
pub struct Voicemail {
    /// Said before, with the tone.
    pub say: Vec<Say>,
    /// Whose agents hear it.
    pub queue: QueueId,
    /// Added to the queue's base.
    pub priority: Priority,
    /// The longest message.
    pub longest: Duration,
    /// Silence of this length after something was said ends it; `None`: it does not.
    pub silence: Option<Duration>,
    /// What follows a key or the longest message.
    pub next: NodeId,
    /// What follows when nothing can be recorded.
    pub failed: NodeId,
}

/// Books a call back, which takes over the caller's place in line.
#[derive(Debug)]
pub struct Callback {
    /// Whose agents call back.
    pub queue: QueueId,
    /// The variable or node that holds the number; `None`: the calling number.
    pub variable: Option<String>,
    /// What follows when it is booked.
    pub booked: NodeId,
    /// What follows when none is offered, or none can be made.
    pub refused: NodeId,
    /// What follows when the number cannot be called.
    pub bad_number: NodeId,
}

/// Sends the caller elsewhere.
#[derive(Debug)]
pub struct Transfer {
    /// Said before.
    pub say: Vec<Say>,
    /// Where to.
    pub to: TransferTo,
    /// What follows when nobody could be reached.
    pub failed: Option<NodeId>,
}

/// Goes through another flow and comes back. Variables are shared.
#[derive(Debug)]
pub struct Call {
    /// The other flow.
    pub flow: Arc<Flow>,
    /// What follows when it returns.
    pub next: NodeId,
}

/// Ends the call.
#[derive(Debug)]
pub struct HangUp {
    /// Said before.
    pub say: Vec<Say>,
}

impl Node {
    /// The word for this kind of node in a flow file.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Play(_) => "play",
            Self::Menu(_) => "menu",
            Self::Collect(_) => "collect",
            Self::Lookup(_) => "lookup",
            Self::Http(_) => "http",
            Self::Branch(_) => "branch",
            Self::Set(_) => "set",
            Self::Hours(_) => "hours",
            Self::QueueInfo(_) => "queue-info",
            Self::Enqueue(_) => "enqueue",
            Self::Callback(_) => "callback",
            Self::Voicemail(_) => "voicemail",
            Self::Record(_) => "record",
            Self::Survey(_) => "survey",
            Self::Resume => "resume",
            Self::Transfer(_) => "transfer",
            Self::HangUp(_) => "hangup",
            Self::Call(_) => "call",
            Self::Return => "return",
        }
    }

    /// The flow that it calls.
    #[must_use]
    pub fn called(&self) -> Option<&Arc<Flow>> {
        match self {
            Self::Call(call) => Some(&call.flow),
            _ => None,
        }
    }

    /// The node as the graph check sees it.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let ends = match self {
            Self::Enqueue(_) | Self::Resume | Self::Transfer(_) | Self::HangUp(_) | Self::Return => true,
            Self::Call(call) => call.flow.may_end(),
            _ => false,
        };
        Shape { edges: self.edges(), ends }
    }

    pub(crate) fn edges(&self) -> Vec<Edge> {
        match self {
            Self::Play(play) => vec![Edge::silent("next", play.next)],
            Self::Menu(menu) => {
                let choices = menu.choices.iter().map(|(digit, to)| Edge::pausing(&format!("digits.{digit}"), *to));
                choices.chain(menu.retry.edges()).collect()
            }
            Self::Collect(collect) => {
                let mut edges = collect.retry.edges().to_vec();
                edges.push(Edge::pausing("next", collect.next));
                edges
            }
            Self::Lookup(lookup) => {
                vec![Edge::silent("found", lookup.found), Edge::silent("not_found", lookup.not_found)]
            }
            Self::Http(http) => http.edges(),
            Self::Branch(branch) => {
                let cases =
                    branch.cases.iter().enumerate().map(|(n, (_, to))| Edge::silent(&format!("cases[{n}].next"), *to));
                cases.chain([Edge::silent("else", branch.otherwise)]).collect()
            }
            Self::Set(set) => vec![Edge::silent("next", set.next)],
            Self::QueueInfo(info) => vec![Edge::silent("next", info.next)],
            Self::Hours(hours) => {
                let others = [("holiday", hours.holiday), ("emergency", hours.emergency)];
                let others = others.into_iter().filter_map(|(field, to)| Some(Edge::silent(field, to?)));
                [Edge::silent("open", hours.open), Edge::silent("closed", hours.closed)]
                    .into_iter()
                    .chain(others)
                    .collect()
            }
            Self::Enqueue(enqueue) => {
                let keys = enqueue.keys.iter().map(|(digit, to)| Edge::pausing(&format!("keys.{digit}"), *to));
                enqueue.exits.edges().into_iter().chain(keys).collect()
            }
            Self::Voicemail(voicemail) => {
                vec![Edge::pausing("next", voicemail.next), Edge::silent("failed", voicemail.failed)]
            }
            Self::Record(record) => record.edges(),
            Self::Survey(survey) => survey.edges(),
            Self::Callback(callback) => vec![
                Edge::silent("booked", callback.booked),
                Edge::silent("refused", callback.refused),
                Edge::silent("bad_number", callback.bad_number),
            ],
            Self::Transfer(transfer) => transfer.failed.map(|to| Edge::pausing("failed", to)).into_iter().collect(),
            Self::Resume | Self::HangUp(_) | Self::Return => Vec::new(),
            Self::Call(call) if call.flow.passes_silently() => vec![Edge::silent("next", call.next)],
            Self::Call(call) => vec![Edge::pausing("next", call.next)],
        }
    }

    /// Variables that it sets for expressions to read.
    pub(crate) fn variables(&self) -> Vec<String> {
        match self {
            Self::Collect(collect) if collect.masked => Vec::new(),
            Self::Collect(collect) => vec![collect.variable.clone()],
            Self::Hours(hours) => hours.variable.iter().cloned().collect(),
            Self::QueueInfo(info) => info.take.iter().map(|(name, _)| name.clone()).collect(),
            Self::Http(http) => http.take.iter().map(|(name, _)| name.clone()).collect(),
            Self::Record(record) => record.variable.iter().cloned().collect(),
            Self::Set(set) => set.values.iter().map(|(name, _)| name.clone()).collect(),
            _ => Vec::new(),
        }
    }
}

impl Retry {
    fn edges(&self) -> [Edge; 2] {
        [Edge::silent("no_input", self.no_input), Edge::pausing("no_match", self.no_match)]
    }
}
