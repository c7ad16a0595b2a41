//! The one sequence of events, the desks folded from it, the events kept for a resume, and the clients who listen.
//! Everything is done at once under the caller's lock: nothing here waits.

use crate::convert::Converter;
use crate::fold::DeskFold;
use crate::schema::{EventBody, EventMessage, ServerMessage, Snapshot};
use crate::{Names, Settings};
use axum::extract::ws::Utf8Bytes;
use domain::{AgentId, Audience, DeskEvent, FloorView, Instant};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

/// Events kept for a resume.
const RING_EVENTS: usize = 10_000;
/// How long events are kept for a resume.
const RING_AGE: Duration = Duration::from_secs(600);
/// Messages that a client may leave unread.
pub(crate) const CLIENT_QUEUE: usize = 256;

/// What a client may see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// The client's own agent.
    pub(crate) agent: Option<AgentId>,
    /// Every agent's events, and the floor.
    pub(crate) all: bool,
}

impl Sight {
    fn sees(&self, agent: AgentId) -> bool {
        self.all || self.agent == Some(agent)
    }
}

/// Why a client is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It reads too slowly.
    Slow,
    /// The engine stops.
    Stopping,
}

/// A client's end of the hub.
pub(crate) struct Joined {
    pub(crate) client: u64,
    /// The newest number when it joined.
    pub(crate) seq: u64,
    pub(crate) resumed: bool,
    /// What it is told first: the missed events, or a snapshot.
    pub(crate) backlog: Vec<Utf8Bytes>,
    pub(crate) queue: mpsc::Receiver<Utf8Bytes>,
    pub(crate) cut: oneshot::Receiver<Cut>,
    /// For replies, into the same queue.
    pub(crate) replies: mpsc::Sender<Utf8Bytes>,
}

struct Client {
    sight: Sight,
    queue: mpsc::Sender<Utf8Bytes>,
    cut: oneshot::Sender<Cut>,
}

/// An event for those who resume. It becomes text when somebody reads it: most agents with desk phones have no console.
struct Kept {
    seq: u64,
    agent: AgentId,
    event: DeskEvent,
}

impl Kept {
    fn text(&self, names: &Names, settings: &Settings) -> Utf8Bytes {
        let convert = Converter { settings, names, now: self.event.at };
        message(self.seq, convert.ms(self.event.at), Some(self.agent), convert.body(&self.event.body))
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Hub {
    names: Arc<Names>,
    seq: u64,
    ring: VecDeque<Kept>,
    /// The newest event that is no longer in the ring.
    dropped: u64,
    /// When somebody was here last who may come back and resume.
    here: Option<Instant>,
    desks: BTreeMap<AgentId, DeskFold>,
    /// The newest floor with its number.
    floor: Option<(u64, Arc<FloorView>)>,
    clients: BTreeMap<u64, Client>,
    next_client: u64,
    slow: u64,
    stopping: bool,
}

impl Hub {
    pub(crate) fn new(names: Names) -> Self {
        Self { names: Arc::new(names), ..Self::default() }
    }

    pub(crate) fn rename(&mut self, names: Names) {
        self.names = Arc::new(names);
    }

    pub(crate) fn names(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }

    fn convert<'a>(&'a self, settings: &'a Settings, now: Instant) -> Converter<'a> {
        Converter { settings, names: &self.names, now }
    }

    pub(crate) fn publish(&mut self, event: DeskEvent, settings: &Settings) {
        let Audience::Agent(agent) = event.to;
        self.seq += 1;
        self.desks.entry(agent).or_default().apply(event.at, &event.body);
        let kept = Kept { seq: self.seq, agent, event };
        if self.clients.values().any(|client| client.sight.sees(agent)) {
            let text = kept.text(&self.names, settings);
            self.send(&text, |sight| sight.sees(agent));
        }
        self.keep(kept);
    }

    pub(crate) fn publish_floor(&mut self, floor: Arc<FloorView>, settings: &Settings) {
        self.seq += 1;
        if self.clients.values().any(|client| client.sight.all) {
            let text = self.floor_message(self.seq, &floor, settings);
            self.send(&text, |sight| sight.all);
        }
        self.floor = Some((self.seq, floor));
    }

    fn keep(&mut self, event: Kept) {
        let at = event.event.at;
        if !self.clients.is_empty() {
            self.here = Some(at);
        }
        // With desk phones alone nobody ever resumes.
        if self.here.is_none_or(|here| at.since(here) > RING_AGE) {
            self.dropped = event.seq;
            self.ring = VecDeque::new();
            return;
        }
        self.ring.push_back(event);
        let old = |kept: &Kept| at.since(kept.event.at) > RING_AGE;
        while self.ring.len() > RING_EVENTS || self.ring.front().is_some_and(old) {
            let Some(gone) = self.ring.pop_front() else { break };
            self.dropped = gone.seq;
        }
    }

    fn send(&mut self, text: &Utf8Bytes, audience: impl Fn(&Sight) -> bool) {
        let mut full = Vec::new();
        for (id, client) in self.clients.iter().filter(|(_, client)| audience(&client.sight)) {
            // A closed queue is a client about to leave; it says so itself.
            if let Err(TrySendError::Full(_)) = client.queue.try_send(text.clone()) {
                full.push(*id);
            }
        }
        for id in full {
            self.cut(id, Cut::Slow);
        }
    }

    /// Cuts a client off. The client counts once, however often it is cut.
    pub(crate) fn cut(&mut self, client: u64, why: Cut) {
        if let Some(client) = self.clients.remove(&client) {
            self.slow += u64::from(why == Cut::Slow);
            // The receiver is gone when the client is already leaving.
            let _ = client.cut.send(why);
        }
    }

    /// Cuts everybody off and lets nobody in any more.
    pub(crate) fn stop(&mut self) {
        self.stopping = true;
        let all: Vec<u64> = self.clients.keys().copied().collect();
        all.into_iter().for_each(|client| self.cut(client, Cut::Stopping));
    }

    /// Lets a client in at this moment; `resume_from` is its last number if it belongs to this sequence.
    pub(crate) fn join(
        &mut self,
        sight: Sight,
        resume_from: Option<u64>,
        (settings, now): (&Settings, Instant),
    ) -> Option<Joined> {
        if self.stopping {
            return None;
        }
        let (queue_in, queue) = mpsc::channel(CLIENT_QUEUE);
        let (cut_in, cut) = oneshot::channel();
        let resume_from = resume_from.filter(|seen| (self.dropped..=self.seq).contains(seen));
        let backlog = match resume_from {
            Some(seen) => self.missed(&sight, seen, settings),
            None => vec![self.snapshot(&sight, &self.convert(settings, now))],
        };
        self.next_client += 1;
        self.here = Some(now);
        let replies = queue_in.clone();
        self.clients.insert(self.next_client, Client { sight, queue: queue_in, cut: cut_in });
        let (client, seq) = (self.next_client, self.seq);
        Some(Joined { client, seq, resumed: resume_from.is_some(), backlog, queue, cut, replies })
    }

    pub(crate) fn leave(&mut self, client: u64) {
        self.clients.remove(&client);
    }

    fn missed(&self, sight: &Sight, seen: u64, settings: &Settings) -> Vec<Utf8Bytes> {
        let from = self.ring.partition_point(|kept| kept.seq <= seen);
        let events = self.ring.range(from..).filter(|kept| sight.sees(kept.agent));
        let mut missed: Vec<(u64, Utf8Bytes)> =
            events.map(|kept| (kept.seq, kept.text(&self.names, settings))).collect();
        if let Some((seq, floor)) = self.floor.as_ref().filter(|(seq, _)| sight.all && *seq > seen) {
            let place = missed.partition_point(|(other, _)| other < seq);
            missed.insert(place, (*seq, self.floor_message(*seq, floor, settings)));
        }
        missed.into_iter().map(|(_, text)| text).collect()
    }

    fn snapshot(&self, sight: &Sight, now: &Converter<'_>) -> Utf8Bytes {
        let blank = DeskFold::default();
        let desk = sight.agent.map(|agent| now.desk(agent, self.desks.get(&agent).unwrap_or(&blank)));
        let floor = self.floor.as_ref().filter(|_| sight.all).map(|(_, floor)| now.floor(floor));
        write(&ServerMessage::Snapshot(Box::new(Snapshot { seq: self.seq, at: now.ms(now.now), desk, floor })))
    }

    fn floor_message(&self, seq: u64, floor: &FloorView, settings: &Settings) -> Utf8Bytes {
        let convert = self.convert(settings, floor.at);
        message(seq, convert.ms(floor.at), None, EventBody::Floor(Box::new(convert.floor(floor))))
    }

    pub(crate) fn connected_agents(&self) -> BTreeSet<AgentId> {
        self.clients.values().filter_map(|client| client.sight.agent).collect()
    }

    pub(crate) fn clients(&self) -> usize {
        self.clients.len()
    }

    pub(crate) fn slow_readers_cut(&self) -> u64 {
        self.slow
    }
}

fn message(seq: u64, at: i64, agent: Option<AgentId>, event: EventBody) -> Utf8Bytes {
    let agent = agent.map(|agent| agent.to_string());
    write(&ServerMessage::Event(Box::new(EventMessage { seq, at, agent, event })))
}

/// A message as text.
pub(crate) fn write(message: &ServerMessage) -> Utf8Bytes {
    let text = serde_json::to_string(message);
    text.unwrap_or_else(|e| unreachable!("messages are made of strings, numbers and lists: {e}")).into()
}
