//! The handle that the daemon holds.

use crate::convert::{Converter, epoch_ms};
use crate::hub::{Cut, Hub, Joined, Sight};
use crate::schema::{self, Problem};
use domain::{
    AgentId, Answer, CommandError, ContactId, DeskEvent, FloorView, Instant, Query, QueryError, QueueId, Session,
    WallTime, Wish,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long a question or a wish may stay unanswered.
const PATIENCE: Duration = Duration::from_secs(10);

/// What does not change while the engine runs.
pub struct Settings {
    /// The wall time at `Instant::ZERO`.
    pub wall_at_start: WallTime,
    /// The moment of the start on the machine's monotonic clock.
    pub started: std::time::Instant,
    /// The same moment on the engine's.
    pub start: Instant,
    /// The version of the server.
    pub server_version: String,
}

/// What queues and agents are called.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The names of the queues.
    pub queues: BTreeMap<QueueId, String>,
    /// The names of the agents.
    pub agents: BTreeMap<AgentId, String>,
}

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

/// An agent's first console came or the last one left. Calls go on; what else follows is the daemon's to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The agent.
    pub agent: AgentId,
    /// At least one console is connected.
    pub connected: bool,
}

/// The CTI bridge. Cheap to clone.
#[derive(Clone)]
pub struct Bridge(Arc<Inner>);

struct Inner {
    settings: Settings,
    hub: Mutex<Hub>,
    asks: mpsc::Sender<Ask>,
    wishes: mpsc::Sender<WishRequest>,
    presence: mpsc::Sender<Presence>,
    /// What was last reported of each agent. Held while reporting, so that reports keep their order.
    reported: tokio::sync::Mutex<BTreeMap<AgentId, bool>>,
}

impl Bridge {
    /// A bridge of one engine. Its sequence of events starts at 1.
    #[must_use]
    pub fn new(
        settings: Settings,
        names: Names,
        asks: mpsc::Sender<Ask>,
        wishes: mpsc::Sender<WishRequest>,
        presence: mpsc::Sender<Presence>,
    ) -> Self {
        let (hub, reported) = (Mutex::new(Hub::new(names)), tokio::sync::Mutex::default());
        Self(Arc::new(Inner { settings, hub, asks, wishes, presence, reported }))
    }

    /// Tells the desks that may see it. Never waits: a client that does not keep up is cut.
    pub fn publish(&self, event: DeskEvent) {
        self.hub().publish(event, self.settings());
    }

    /// Tells supervisors how the floor is. Never waits.
    pub fn publish_floor(&self, floor: Arc<FloorView>) {
        self.hub().publish_floor(floor, self.settings());
    }

    /// Queues and agents are called so from now on.
    pub fn rename(&self, names: Names) {
        self.hub().rename(names);
    }

    /// The WebSocket at `/cti`.
    pub fn router(&self) -> axum::Router {
        axum::Router::new().route(crate::PATH, axum::routing::any(crate::socket::upgrade)).with_state(self.clone())
    }

    /// Agents with at least one console.
    #[must_use]
    pub fn connected_agents(&self) -> BTreeSet<AgentId> {
        self.hub().connected_agents()
    }

    /// Clients that are signed in.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.hub().clients()
    }

    /// Clients cut so far because they read too slowly.
    #[must_use]
    pub fn slow_readers_cut(&self) -> u64 {
        self.hub().slow_readers_cut()
    }

    /// Closes every connection with code 1012 and takes no more.
    pub fn stop(&self) {
        self.hub().stop();
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Names the sequence of events: no two engines start in the same microsecond on the same clock.
    pub(crate) fn sequence_name(&self) -> String {
        format!("{:x}", self.settings().wall_at_start.as_micros())
    }

    pub(crate) fn now(&self) -> Instant {
        let micros = self.settings().started.elapsed().as_micros();
        self.settings().start + Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    pub(crate) fn wall_now(&self) -> WallTime {
        self.settings().wall_at_start.at(self.now())
    }

    pub(crate) fn server_time_ms(&self) -> i64 {
        epoch_ms(self.wall_now())
    }

    /// Lets a client in; `None` when the engine stops.
    pub(crate) fn join(&self, sight: Sight, resume_from: Option<u64>) -> Option<Joined> {
        self.hub().join(sight, resume_from, (self.settings(), self.now()))
    }

    pub(crate) fn leave(&self, client: u64) {
        self.hub().leave(client);
    }

    pub(crate) fn cut_slow(&self, client: u64) {
        self.hub().cut(client, Cut::Slow);
    }

    /// Tells the daemon if an agent's presence is not what it was last told.
    pub(crate) async fn report_presence(&self, agent: Option<AgentId>) {
        let Some(agent) = agent else { return };
        let mut reported = self.0.reported.lock().await;
        let connected = self.connected_agents().contains(&agent);
        if reported.insert(agent, connected).unwrap_or(false) != connected {
            // Nobody listens any more when the engine stops.
            let _ = self.0.presence.send(Presence { agent, connected }).await;
        }
    }

    /// The session of a token's hash; `Ok(None)`: none, or over.
    pub(crate) async fn session(&self, token_sha256: &str) -> Result<Option<Session>, Problem> {
        let (reply, answer) = oneshot::channel();
        let now = self.wall_now();
        let query = Query::FindSession { token_sha256: token_sha256.to_owned(), now };
        match request(&self.0.asks, Ask { query, reply }, answer).await? {
            Ok(Answer::Session(session)) => Ok(session.filter(|session| session.expires > now)),
            Ok(_) => Err(Problem::unavailable()),
            Err(error) => Err((&error).into()),
        }
    }

    /// What an agent is called.
    pub(crate) fn agent_name(&self, agent: AgentId) -> Option<String> {
        self.hub().names().agents.get(&agent).cloned()
    }

    /// Why a contact waits and why it went where it went.
    pub(crate) async fn why(&self, contact: ContactId) -> Result<schema::WhyStory, Problem> {
        let (reply, answer) = oneshot::channel();
        match request(&self.0.asks, Ask { query: Query::Why(contact), reply }, answer).await? {
            Ok(Answer::Why(Some(story))) => {
                let names = self.hub().names();
                Ok(Converter { settings: self.settings(), names: &names, now: self.now() }.why(&story))
            }
            Ok(Answer::Why(None)) => Err((&QueryError::NotFound).into()),
            Ok(_) => Err(Problem::unavailable()),
            Err(error) => Err((&error).into()),
        }
    }

    pub(crate) async fn wish(&self, agent: Option<AgentId>, by: String, wish: Wish) -> Result<(), Problem> {
        let (reply, verdict) = oneshot::channel();
        request(&self.0.wishes, WishRequest { agent, by, wish, reply }, verdict).await?.map_err(Problem::from)
    }

    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.0.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn request<Q, A>(to: &mpsc::Sender<Q>, question: Q, answer: oneshot::Receiver<A>) -> Result<A, Problem> {
    let exchange = async {
        to.send(question).await.ok()?;
        answer.await.ok()
    };
    tokio::time::timeout(PATIENCE, exchange).await.ok().flatten().ok_or_else(Problem::unavailable)
}
