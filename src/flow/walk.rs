//! A caller's walk through a flow in virtual time, on the engine that serves real callers.

use super::texts::Texts;
use core::time::Duration;
use domain::{
    Ani, Customer, Dnis, HttpAnswer, HttpRequest, HttpValue, Instant, Language, NodeId, PlayId, QuestionId, QueueId,
    Redacted, WallTime,
};
use hours::{Hours, Schedule, State, Why};
use ivr::api::{Booking, Effect, LookupKey, Standing, TransferTo};
use ivr::{Context, Env, Fact, Flow, Node, QueueFigure, QueueFigures, Run, Say};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long callers speak who end a comment by a key.
const SPOKEN_MS: u64 = 5_000;

/// Who calls, and when.
pub(crate) struct Caller {
    /// The calling number; empty: withheld.
    pub(crate) number: String,
    /// The called number.
    pub(crate) called: String,
    /// The language to begin with.
    pub(crate) language: Language,
    /// Local time, as if it were UTC.
    pub(crate) local: WallTime,
    /// What conditions see of the queues.
    pub(crate) queues: Vec<(QueueId, QueueFigures)>,
    /// Opening hours. Each schedule has the local time.
    pub(crate) schedules: Vec<Arc<Schedule>>,
    /// Who is found by a look-up, unless it is told otherwise.
    pub(crate) customer: Option<Box<Customer>>,
}

/// Something that happened to the caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    /// The caller came to a node.
    Came(NodeId),
    /// The caller heard something: its pieces and its text.
    Heard { pieces: Vec<String>, text: String },
    /// Digits were taken.
    Took(String),
    /// From here on the keys are masked, or not any more.
    Masks(bool),
    /// A question of a survey was answered.
    Answered { question: QuestionId, answer: u8 },
    /// The customer is looked up.
    LooksUp(String),
    /// Another system is asked over HTTP.
    Asks(String),
    /// The caller waits in a queue.
    Waits { queue: QueueId, priority: i32 },
    /// The caller speaks a message for this queue.
    Speaks { queue: QueueId },
    /// The caller speaks a comment.
    Comments,
    /// The message or comment is over.
    Spoke,
    /// A call back was booked, or refused.
    Books { queue: QueueId, booked: bool },
    /// The caller is sent elsewhere.
    SentTo(String),
    /// The call was ended.
    HungUp,
    /// Something went otherwise than the flow says.
    Noted(String),
}

/// What the walk waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// A key.
    Key,
    /// The answer of a look-up.
    LookUp,
    /// What another system answers over HTTP.
    Answer,
    /// A queue.
    Queue(QueueId),
    /// The outcome of a transfer.
    Transfer,
    /// Nothing: the call is over.
    Nothing,
}

/// A walk.
pub(crate) struct Walk<'a> {
    run: Run,
    texts: &'a Texts,
    caller: Caller,
    now: Instant,
    playing: Option<PlayId>,
    booking: Option<Booking>,
    /// What was asked last.
    asked: Option<Box<HttpRequest>>,
    /// What is told of a comment.
    kept: Option<Fact>,
    /// The caller says nothing.
    is_silent: bool,
    waiting: Waiting,
    happened: Vec<Happened>,
    kinds: BTreeMap<NodeId, &'static str>,
}

/// The kind of each node of a flow and of those that it calls.
fn kinds_of(flow: &Flow, kinds: &mut BTreeMap<NodeId, &'static str>) {
    for (id, node) in flow.nodes() {
        kinds.insert(id, node.kind());
        if let Some(called) = node.called() {
            kinds_of(called, kinds);
        }
    }
}

impl<'a> Walk<'a> {
    /// The caller calls, and the flow begins.
    pub(crate) fn begin(flow: &Arc<Flow>, caller: Caller, texts: &'a Texts) -> Self {
        let context = Context {
            ani: Ani::new(caller.number.clone()),
            caller_name: Redacted::default(),
            dnis: Dnis::new(caller.called.clone()),
            language: caller.language,
            first_play: 0,
        };
        let run = Run::new(Arc::clone(flow), context);
        let (happened, waiting) = (Vec::new(), Waiting::Nothing);
        let mut kinds = BTreeMap::new();
        kinds_of(flow, &mut kinds);
        let now = Instant::ZERO;
        let (playing, booking, asked, kept, is_silent) = (None, None, None, None, false);
        let mut walk =
            Self { run, texts, caller, now, playing, booking, asked, kept, is_silent, waiting, happened, kinds };
        walk.tell(Fact::Started);
        walk
    }

    /// What happened since this was last asked.
    pub(crate) fn news(&mut self) -> Vec<Happened> {
        core::mem::take(&mut self.happened)
    }

    /// What the walk waits for.
    pub(crate) fn waiting(&self) -> Waiting {
        self.waiting
    }

    /// The word for the kind of a node.
    pub(crate) fn kind(&self, node: NodeId) -> &'static str {
        self.kinds.get(&node).copied().unwrap_or_default()
    }

    /// Where the caller is.
    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// The caller presses keys, one after the other.
    pub(crate) fn press(&mut self, keys: &str) {
        self.is_silent = false;
        for key in keys.chars() {
            self.tell(Fact::Digit(key));
        }
    }

    /// Nothing comes until the flow has waited long enough.
    pub(crate) fn wait(&mut self) {
        self.is_silent = true;
        if let Some((at, _)) = self.run.deadline() {
            self.now = at.max(self.now);
            self.tell(Fact::Tick);
        }
    }

    /// The look-up's answer.
    pub(crate) fn found(&mut self, customer: Option<Box<Customer>>) {
        self.tell(Fact::Found(customer));
    }

    /// What a request brings, given what it takes out of answers. Nothing is sent anywhere.
    pub(crate) fn answer(&mut self, answer: impl FnOnce(&[String]) -> HttpAnswer) {
        if let Some(asked) = self.asked.take() {
            self.tell(Fact::Response { number: asked.number, answer: answer(&asked.take) });
        }
    }

    /// The customer whom a look-up finds by itself.
    pub(crate) fn customer(&self) -> Option<Box<Customer>> {
        self.caller.customer.clone()
    }

    /// The caller comes back from a queue or a transfer, by this edge.
    pub(crate) fn come_back(&mut self, edge: &'static str) {
        // Queues and transfers take a while; those that refuse at once would count as going in circles.
        self.now = self.now + Duration::from_secs(1);
        self.tell(Fact::Returned(edge));
    }

    fn tell(&mut self, fact: Fact) {
        let mut next = Some(fact);
        while let Some(fact) = next {
            let mut effects = Vec::new();
            let figures = &self.caller.queues;
            let queues = || figures.iter().map(|(queue, _)| *queue).collect::<Vec<_>>();
            let figure = |id: QueueId, figure: QueueFigure| {
                figures.iter().find(|(queue, _)| *queue == id).map(|(_, figures)| figure.of(figures))
            };
            let passed = i64::try_from(self.now.as_micros()).unwrap_or(i64::MAX);
            let wall = WallTime::from_micros(self.caller.local.as_micros().saturating_add(passed));
            let known = &self.caller.schedules;
            let schedules = |id| standing(known.iter().find(|schedule| schedule.id() == id), wall);
            let env = Env { wall, utc_offset_s: 0, queues: &queues, figure: &figure, schedules: &schedules };
            self.run.handle(self.now, fact, &env, &mut effects);
            effects.into_iter().for_each(|effect| self.follow(effect));
            for note in self.run.take_notes() {
                self.happened.push(Happened::Noted(format!("{}: {}", note.node, note.kind)));
            }
            // What is played is heard to its end, unless a key stopped it.
            let booking = self.booking.take().map(Fact::Callback);
            next = self.playing.take().map(Fact::PlayDone).or(booking).or_else(|| self.kept.take());
        }
        let pending = matches!(self.waiting, Waiting::Queue(_) | Waiting::Transfer | Waiting::LookUp | Waiting::Answer);
        if self.run.is_over() {
            self.waiting = Waiting::Nothing;
        } else if !pending {
            self.waiting = Waiting::Key;
        }
    }

    fn follow(&mut self, effect: Effect) {
        match effect {
            Effect::Entered(node) => {
                self.waiting = Waiting::Key;
                self.happened.push(Happened::Came(node));
            }
            Effect::Play { play, items, language } => {
                self.playing = Some(play);
                self.hear(&items, language);
            }
            Effect::StopPlay => self.playing = None,
            Effect::Collected { digits, .. } => self.happened.push(Happened::Took(digits)),
            Effect::Mask(masked) => self.happened.push(Happened::Masks(masked)),
            Effect::Answered { question, answer } => self.happened.push(Happened::Answered { question, answer }),
            Effect::Lookup { by, value } => {
                self.waiting = Waiting::LookUp;
                let by = match by {
                    LookupKey::Ani => "the calling number".to_owned(),
                    LookupKey::Account => format!("account {value}"),
                    LookupKey::Number => format!("number {value}"),
                };
                self.happened.push(Happened::LooksUp(by));
            }
            Effect::Request(request) => {
                self.waiting = Waiting::Answer;
                self.happened.push(Happened::Asks(shown(&request)));
                self.asked = Some(request);
            }
            Effect::Enqueue { queue, priority, announce, language, .. } => {
                self.waiting = Waiting::Queue(queue);
                self.hear(&announce, language);
                self.happened.push(Happened::Waits { queue, priority: priority.0 });
            }
            // The node to which the key leads tells the rest.
            Effect::Key { .. } => {}
            Effect::Resume => self.wait_on(),
            Effect::Record { queue, .. } => self.happened.push(Happened::Speaks { queue }),
            Effect::RecordEnd => self.happened.push(Happened::Spoke),
            Effect::Comment { .. } => self.happened.push(Happened::Comments),
            Effect::CommentEnd => {
                self.happened.push(Happened::Spoke);
                let voiced_ms = if self.is_silent { 0 } else { SPOKEN_MS };
                self.kept = Some(Fact::Recorded { recording: "recording".to_owned(), voiced_ms });
            }
            Effect::Callback { queue, .. } => {
                let offered = self.caller.queues.iter().any(|(id, figures)| *id == queue && figures.callback);
                self.booking = Some(if offered { Booking::Booked } else { Booking::Refused });
                self.happened.push(Happened::Books { queue, booked: offered });
            }
            Effect::Transfer(to) => {
                self.waiting = Waiting::Transfer;
                let to = match to {
                    TransferTo::Number(number) => number.as_str().to_owned(),
                    TransferTo::Uri(uri) => uri,
                };
                self.happened.push(Happened::SentTo(to));
            }
            Effect::Returned | Effect::HangUp => self.happened.push(Happened::HungUp),
        }
    }

    /// The caller goes on waiting at the node that queued.
    fn wait_on(&mut self) {
        if let Some(Node::Enqueue(enqueue)) = self.run.flow().node(self.run.node()) {
            let (queue, priority) = (enqueue.queue, enqueue.priority.0);
            self.waiting = Waiting::Queue(queue);
            self.happened.push(Happened::Waits { queue, priority });
        }
    }

    fn hear(&mut self, items: &[Say], language: Language) {
        let piece = |item: &Say| match item {
            Say::Digits(digits) => digits.chars().map(|digit| format!("digit-{digit}")).collect(),
            Say::Prompt(prompt) => vec![prompt.to_string()],
            Say::Spoken(spoken) => vec![spoken.text.0.clone()],
            Say::Value(..) | Say::Text(_) => Vec::new(),
        };
        let pieces: Vec<String> = items.iter().flat_map(piece).collect();
        if !pieces.is_empty() {
            self.happened.push(Happened::Heard { pieces, text: self.texts.heard(items, language) });
        }
    }
}

/// A request as it is sent, but for its header.
fn shown(request: &HttpRequest) -> String {
    let body = request.body.as_ref().map(|body| format!(" {}", json(body))).unwrap_or_default();
    format!("{} {}{}{body}", request.method.as_str(), request.origin.url(), request.target.0)
}

fn json(value: &HttpValue) -> serde_json::Value {
    match value {
        HttpValue::Text(text) => text.as_str().into(),
        HttpValue::Int(number) => (*number).into(),
        HttpValue::Flag(flag) => (*flag).into(),
        HttpValue::List(items) => items.iter().map(json).collect(),
        HttpValue::Table(members) => members.iter().map(|(name, value)| (name.clone(), json(value))).collect(),
    }
}

/// What a schedule says at this time on its wall.
fn standing(schedule: Option<&Arc<Schedule>>, wall: WallTime) -> Standing {
    let Some(schedule) = schedule else { return Standing::Unknown };
    let now = schedule.moment(wall);
    match Hours::new(Arc::clone(schedule), now).state(now) {
        State::Open { .. } => Standing::Open,
        State::Closed { next, why: Why::Hours } => Standing::Closed { next: next.map(|at| schedule.local(at)) },
        State::Closed { next, why: Why::Holiday(_) } => Standing::Holiday { next: next.map(|at| schedule.local(at)) },
    }
}
