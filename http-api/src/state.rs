//! What the daemon gives to the API, and the questions that the API puts to the rest of the engine.

use crate::dto;
use crate::flows::{FlowReply, FlowRequest};
use crate::limit::Limiter;
use crate::problem::Problem;
use domain::{
    AgentId, Answer, CommandError, FloorView, Instant, Language, PromptId, Query, QueryError, WallTime, Wish,
};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How long a question may stay unanswered.
const PATIENCE: Duration = Duration::from_secs(10);

/// A question to the store.
pub struct Ask {
    /// The question.
    pub query: Query,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Answer, QueryError>>,
}

/// A wish to the control loop.
pub struct WishRequest {
    /// The agent on whose behalf it is carried out; `None`: it steers the floor.
    pub agent: Option<AgentId>,
    /// The login of the person who asks.
    pub by: String,
    /// What is wanted.
    pub wish: Wish,
    /// Where the verdict goes.
    pub reply: oneshot::Sender<Result<(), CommandError>>,
}

/// Asks the daemon for a short-lived SIP account for a caller without a phone.
pub struct WebCallRequest {
    /// Where the account goes; `None`: too many web callers at this moment.
    pub reply: oneshot::Sender<Option<WebCallTicket>>,
}

/// A short-lived SIP account.
pub struct WebCallTicket {
    /// The SIP user.
    pub sip_user: String,
    /// The SIP password.
    pub sip_password: String,
    /// The SIP domain.
    pub sip_domain: String,
    /// Path of the SIP WebSocket.
    pub ws_path: String,
    /// The number to call.
    pub dial: String,
    /// When the account ends.
    pub expires: WallTime,
}

/// Asks the daemon to read its configuration anew.
pub struct ReloadRequest {
    /// Where the result goes.
    pub reply: oneshot::Sender<Result<dto::Reloaded, ReloadError>>,
}

/// Why the old configuration stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReloadError {
    /// The configuration has these problems.
    Faulty(Vec<dto::ConfigFlaw>),
    /// The store does not take it.
    NotStored,
}

/// A recording of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PromptPlace {
    /// The prompt.
    pub id: PromptId,
    /// The language; `None`: it serves all of them.
    pub language: Option<Language>,
}

/// What is wanted of the prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptWish {
    /// All of them: [`PromptReply::List`].
    List,
    /// One's sound: [`PromptReply::Sound`].
    Read(PromptPlace),
    /// Keep this WAV file: [`PromptReply::Kept`].
    Put(PromptPlace, Vec<u8>),
    /// Have a text spoken and keep it: [`PromptReply::Kept`].
    Speak {
        /// The prompt.
        id: PromptId,
        /// The language.
        language: Language,
        /// The words.
        text: String,
    },
    /// Have a text spoken: [`PromptReply::Sound`].
    Listen {
        /// The language.
        language: Language,
        /// The words.
        text: String,
    },
    /// Take one away: [`PromptReply::Done`].
    Delete(PromptPlace),
    /// Whether there is a recording of it in any language: [`PromptReply::Done`].
    Find(PromptId),
}

/// What came of a [`PromptWish`].
#[derive(Clone, Debug, PartialEq)]
pub enum PromptReply {
    /// All prompts.
    List(Box<dto::Prompts>),
    /// A WAV file.
    Sound(Vec<u8>),
    /// It was kept so.
    Kept(dto::StoredPrompt),
    /// It was done.
    Done,
}

/// Why a [`PromptWish`] is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptRefusal {
    /// There is no such recording.
    NotFound,
    /// The file cannot be played, for this reason.
    BadAudio(String),
    /// It is needed, by these.
    InUse(String),
    /// The folder cannot be written, for this reason.
    ReadOnly(String),
    /// The text was not spoken, for this reason.
    NoSpeech(String),
    /// The work broke off.
    Unavailable,
}

/// A wish to whoever keeps the prompts.
pub struct PromptRequest {
    /// The login of the person who asks.
    pub by: String,
    /// What is wanted.
    pub wish: PromptWish,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<PromptReply, PromptRefusal>>,
}

/// Asks the daemon for an agent's SIP account.
pub struct PhoneRequest {
    /// The agent.
    pub agent: AgentId,
    /// Where the account goes; `None`: this agent has no phone.
    pub reply: oneshot::Sender<Option<PhoneTicket>>,
}

/// An agent's SIP account.
pub struct PhoneTicket {
    /// The SIP user.
    pub sip_user: String,
    /// The SIP password; `None` when the phone is a fixed address and a browser must not register.
    pub sip_password: Option<String>,
    /// The SIP domain.
    pub sip_domain: String,
    /// Path of the SIP WebSocket.
    pub ws_path: String,
    /// Fixed address of the desk phone, if there is one.
    pub fixed_uri: Option<String>,
}

/// The one-time link of the demo's start page.
pub struct StartTicket {
    /// The secret in the address.
    pub token: String,
    /// When the link ends.
    pub expires: WallTime,
    /// What it is exchanged for.
    pub credentials: dto::StartCredentials,
}

/// The engine's clock, made readable for people.
#[derive(Clone, Copy)]
pub struct Clock {
    /// The wall time at `Instant::ZERO`.
    pub wall_at_start: WallTime,
    /// The moment of the start on the machine's monotonic clock.
    pub started: std::time::Instant,
    /// The same moment on the engine's.
    pub start: Instant,
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faulty(flaws) => write!(f, "the configuration has {} problems", flaws.len()),
            Self::NotStored => f.write_str("the store does not take the new configuration"),
        }
    }
}

impl std::error::Error for ReloadError {}

impl Clock {
    /// The wall time now, by the engine's clock.
    #[must_use]
    pub fn now(&self) -> WallTime {
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.wall_at_start.at(self.start + Duration::from_micros(micros))
    }

    /// Milliseconds since 1970 at this instant of the engine.
    #[must_use]
    pub fn wall_ms(&self, instant: Instant) -> i64 {
        wall_ms(self.wall_at_start.at(instant))
    }
}

/// Milliseconds since 1970.
#[must_use]
pub const fn wall_ms(time: WallTime) -> i64 {
    time.as_micros().div_euclid(1_000)
}

/// What does not change while the engine runs.
pub struct Settings {
    /// The company's name.
    pub company: String,
    /// Languages of the console and the prompts, the default one first.
    pub languages: Vec<String>,
    /// The number that web callers reach; `None`: web calls are off.
    pub web_call_number: Option<String>,
    /// True for the demo.
    pub demo: bool,
    /// The version of the server.
    pub version: String,
    /// The engine's clock.
    pub clock: Clock,
    /// Where the recordings lie.
    pub recordings: PathBuf,
    /// The reasons for being not ready.
    pub reasons: Vec<dto::Reason>,
    /// The AsyncAPI document of the CTI WebSocket.
    pub asyncapi: String,
    /// How long a session lasts.
    pub session: Duration,
    /// The demo's one-time link.
    pub start: Option<StartTicket>,
}

/// Whether the engine takes new contacts, and how its parts are.
pub struct Readiness {
    /// New contacts are taken.
    pub ready: bool,
    /// The parts.
    pub checks: Vec<dto::HealthCheck>,
}

/// What kind of figure a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MetricKind {
    /// It only rises.
    Counter,
    /// It rises and falls.
    Gauge,
    /// Its samples are buckets: how many values are at most `le`, the last one `+Inf`.
    Histogram {
        /// Sum of all values.
        sum: f64,
    },
}

/// A counter or gauge of the daemon, in Prometheus' words.
pub struct Metric {
    /// The name, `switchroom_…`, with its unit.
    pub name: &'static str,
    /// One line for a person.
    pub help: &'static str,
    /// What kind of figure it is.
    pub kind: MetricKind,
    /// Label pairs and value of each sample.
    pub samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

/// The connections to the rest of the engine. All channels are made by the daemon.
pub struct Links {
    /// To the store.
    pub asks: mpsc::Sender<Ask>,
    /// To the control loop.
    pub wishes: mpsc::Sender<WishRequest>,
    /// To whoever makes accounts for web callers.
    pub web_calls: mpsc::Sender<WebCallRequest>,
    /// To whoever knows the agents' SIP accounts.
    pub phones: mpsc::Sender<PhoneRequest>,
    /// To whoever reads the configuration.
    pub reloads: mpsc::Sender<ReloadRequest>,
    /// To whoever keeps the prompts.
    pub prompts: mpsc::Sender<PromptRequest>,
    /// To whoever keeps the files of flows.
    pub flows: mpsc::Sender<FlowRequest>,
    /// The newest floor.
    pub floor: watch::Receiver<Arc<FloorView>>,
    /// The daemon's own figures.
    pub metrics: Arc<dyn Fn() -> Vec<Metric> + Send + Sync>,
    /// How the daemon is.
    pub readiness: Arc<dyn Fn() -> Readiness + Send + Sync>,
}

/// All that the routes need. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Inner>);

struct Inner {
    settings: Settings,
    links: Links,
    start: Mutex<Option<StartTicket>>,
    reasons: Mutex<Vec<dto::Reason>>,
    sign_ins: Limiter,
    web_calls: Limiter,
}

impl State {
    /// The state of one engine.
    #[must_use]
    pub fn new(mut settings: Settings, links: Links) -> Self {
        let start = Mutex::new(settings.start.take());
        let reasons = Mutex::new(core::mem::take(&mut settings.reasons));
        let sign_ins = Limiter::new(10, Duration::from_secs(30));
        let web_calls = Limiter::new(10, Duration::from_secs(6));
        Self(Arc::new(Inner { settings, links, start, reasons, sign_ins, web_calls }))
    }

    /// The reasons for being not ready are these from now on.
    pub fn replace_reasons(&self, reasons: Vec<dto::Reason>) {
        *self.0.reasons.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = reasons;
    }

    pub(crate) fn reasons(&self) -> Vec<dto::Reason> {
        self.0.reasons.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn clock(&self) -> Clock {
        self.0.settings.clock
    }

    pub(crate) fn sign_ins(&self) -> &Limiter {
        &self.0.sign_ins
    }

    pub(crate) fn web_calls(&self) -> &Limiter {
        &self.0.web_calls
    }

    pub(crate) fn floor(&self) -> Arc<FloorView> {
        self.0.links.floor.borrow().clone()
    }

    pub(crate) fn metrics(&self) -> Vec<Metric> {
        (self.0.links.metrics)()
    }

    pub(crate) fn readiness(&self) -> Readiness {
        (self.0.links.readiness)()
    }

    /// Takes the start ticket out if the token is right and in time. A wrong token leaves it where it is.
    pub(crate) fn take_start(&self, token: &str) -> Option<dto::StartCredentials> {
        let mut slot = self.0.start.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let right = |t: &StartTicket| crate::auth::token_sha256(&t.token) == crate::auth::token_sha256(token);
        let now = self.clock().now();
        slot.take_if(|ticket| right(ticket) && now < ticket.expires).map(|ticket| ticket.credentials)
    }

    pub(crate) async fn ask(&self, query: Query) -> Result<Answer, Problem> {
        let (reply, answer) = oneshot::channel();
        request(&self.0.links.asks, Ask { query, reply }, answer).await?.map_err(Problem::from)
    }

    pub(crate) async fn wish(&self, agent: Option<AgentId>, by: String, wish: Wish) -> Result<(), Problem> {
        let (reply, verdict) = oneshot::channel();
        request(&self.0.links.wishes, WishRequest { agent, by, wish, reply }, verdict).await?.map_err(Problem::from)
    }

    pub(crate) async fn reload(&self) -> Result<dto::Reloaded, Problem> {
        let (reply, result) = oneshot::channel();
        request(&self.0.links.reloads, ReloadRequest { reply }, result).await?.map_err(Problem::from)
    }

    pub(crate) async fn prompt(&self, by: String, wish: PromptWish) -> Result<PromptReply, Problem> {
        self.ask_prompt(by, wish).await?.map_err(Problem::from)
    }

    /// As `prompt`, where a refusal means something to the asker.
    pub(crate) async fn ask_prompt(
        &self,
        by: String,
        wish: PromptWish,
    ) -> Result<Result<PromptReply, PromptRefusal>, Problem> {
        let (reply, answer) = oneshot::channel();
        request(&self.0.links.prompts, PromptRequest { by, wish, reply }, answer).await
    }

    pub(crate) async fn flows<A>(&self, ask: impl FnOnce(FlowReply<A>) -> FlowRequest) -> Result<A, Problem> {
        let (reply, answer) = oneshot::channel();
        request(&self.0.links.flows, ask(reply), answer).await?.map_err(Problem::from)
    }

    pub(crate) async fn web_call(&self) -> Result<Option<WebCallTicket>, Problem> {
        let (reply, ticket) = oneshot::channel();
        request(&self.0.links.web_calls, WebCallRequest { reply }, ticket).await
    }

    pub(crate) async fn phone(&self, agent: AgentId) -> Result<Option<PhoneTicket>, Problem> {
        let (reply, ticket) = oneshot::channel();
        request(&self.0.links.phones, PhoneRequest { agent, reply }, ticket).await
    }
}

async fn request<Q, A>(to: &mpsc::Sender<Q>, question: Q, answer: oneshot::Receiver<A>) -> Result<A, Problem> {
    let exchange = async {
        to.send(question).await.ok()?;
        answer.await.ok()
    };
    let silent = || Problem::new("unavailable").retry_after(2);
    tokio::time::timeout(PATIENCE, exchange).await.ok().flatten().ok_or_else(silent)
}
