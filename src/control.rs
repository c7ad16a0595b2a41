//! The control loop: it owns the switchboard, awaits its inbox and its deadline, and carries out what it wants.

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::mirror::Tap;
use domain::{
    CommandError, ContactEvent, ContactEventKind, ContactId, Emergency, Explanation, FloorView, HttpRequest, Instant,
    Query, ScheduleId, TrunkId,
};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use switchboard::api::{LookupBy, TrunkState};
use switchboard::{Effect, Input, Switchboard};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, info, warn};

/// The floor is published at most this often.
const FLOOR_EVERY: Duration = Duration::from_millis(200);
/// And at least this often, though nothing happens: a console takes a floor of some seconds for a lost one.
const FLOOR_AT_REST: Duration = Duration::from_secs(2);
/// Inputs taken in one go before deadlines are looked at again.
const BATCH: usize = 64;

/// A wish from a console or the API.
pub struct WishRequest {
    /// On behalf of this agent; `None`: it steers the floor.
    pub agent: Option<domain::AgentId>,
    /// The wish.
    pub wish: domain::Wish,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<(), CommandError>>,
}

/// A look at a waiting contact's chances. The loop reads them off the machine between two inputs, for whoever asks:
/// for every contact at once they would be far more than is ever looked at.
pub struct ExplainRequest {
    /// The contact.
    pub contact: ContactId,
    /// Where they go; `None`: it is not in line.
    pub reply: oneshot::Sender<Option<Explanation>>,
}

/// What the loop is woken by.
pub struct Inbox {
    /// SIP, from the transports' reader tasks.
    pub sip: mpsc::Receiver<sip::api::Fact>,
    /// Everything else.
    pub inputs: mpsc::Receiver<Input>,
    /// Wishes.
    pub wishes: mpsc::Receiver<WishRequest>,
    /// Looks at waiting contacts.
    pub explains: mpsc::Receiver<ExplainRequest>,
}

/// Where effects go.
pub struct Shells {
    /// SIP transports.
    pub transports: sip_io::Transports,
    /// Media workers.
    pub workers: media_io::Workers,
    /// The contact history's writer.
    pub journal: crm::Journal,
    /// The store, for look-ups.
    pub store: crm::Store,
    /// Consoles.
    pub bridge: cti_bridge::Bridge,
    /// Answers to look-ups come back here.
    pub back: mpsc::Sender<Input>,
    /// The published floor.
    pub floor: watch::Sender<Arc<FloorView>>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Who looks at the wire.
    pub tap: Tap,
    /// Who knows where hosts are.
    pub names: sip_io::Names,
    /// Who asks other systems what flows want to know.
    pub steps: http_step::HttpSteps,
}

fn log_trunk(trunk: TrunkId, state: TrunkState) {
    match state {
        TrunkState::Up => info!(%trunk, "the trunk answers again"),
        TrunkState::Down => warn!(%trunk, "the trunk does not answer: numbers are not dialled by it"),
        TrunkState::Registered => info!(%trunk, "registered with the trunk"),
        TrunkState::Unregistered(status) => warn!(%trunk, ?status, "not registered with the trunk; it is tried again"),
    }
}

/// The control loop.
pub struct Control {
    board: Switchboard,
    clock: Clock,
    shells: Shells,
    waiting: HashMap<u64, oneshot::Sender<Result<(), CommandError>>>,
    next_ticket: u64,
    floor_at: Instant,
    floor_stale: bool,
    /// Calls whose first event is not kept yet, so that they cannot be answered, and when they came.
    unkept: VecDeque<(ContactId, std::time::Instant)>,
    /// Where look-ups are made: not on the loop's own thread.
    runtime: Handle,
    /// Where it is kept which schedules a person has closed.
    emergencies: watch::Sender<BTreeMap<ScheduleId, Emergency>>,
}

impl Control {
    /// A loop around this switchboard. `first` are the effects of its making; `emergencies` keeps what people closed.
    /// Look-ups are made on the present runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(
        board: Switchboard,
        clock: Clock,
        shells: Shells,
        first: Vec<Effect>,
        emergencies: watch::Sender<BTreeMap<ScheduleId, Emergency>>,
    ) -> Self {
        let mut control = Self {
            board,
            clock,
            shells,
            waiting: HashMap::new(),
            next_ticket: 0,
            floor_at: Instant::ZERO,
            floor_stale: true,
            unkept: VecDeque::new(),
            runtime: Handle::current(),
            emergencies,
        };
        control.carry_out(first);
        control
    }

    /// Runs until `stop` is cancelled and every call is over, or `stop` is cancelled and `patience` has passed.
    pub async fn run(mut self, mut inbox: Inbox, mut stop: oneshot::Receiver<Duration>) {
        let mut patience: Option<tokio::time::Instant> = None;
        loop {
            self.publish_floor();
            if let Some(until) = patience
                && (self.board.legs() == 0 || tokio::time::Instant::now() >= until)
            {
                return;
            }
            let wake = self.wake_at(patience);
            tokio::select! {
                biased;
                asked = &mut stop, if patience.is_none() => {
                    patience = Some(tokio::time::Instant::now() + asked.unwrap_or_default());
                    self.handle(Input::Drain);
                }
                Some(input) = inbox.inputs.recv() => {
                    self.handle(input);
                    self.drain(&mut inbox).await;
                }
                Some(request) = inbox.wishes.recv() => self.wish(request),
                Some(fact) = inbox.sip.recv() => {
                    self.handle(Input::Sip(fact));
                    self.drain(&mut inbox).await;
                }
                Some(request) = inbox.explains.recv() => {
                    self.handle(Input::Tick);
                    // The asker may have gone away.
                    let _ = request.reply.send(self.board.explain(self.clock.now(), request.contact));
                }
                () = tokio::time::sleep_until(wake) => self.tick(),
            }
        }
    }

    async fn drain(&mut self, inbox: &mut Inbox) {
        for _ in 0..BATCH {
            if let Ok(input) = inbox.inputs.try_recv() {
                self.handle(input);
            } else if let Ok(fact) = inbox.sip.try_recv() {
                self.handle(Input::Sip(fact));
            } else {
                return;
            }
        }
        // Whoever reads the sockets on this thread must see how many wait.
        tokio::task::yield_now().await;
    }

    fn wake_at(&self, patience: Option<tokio::time::Instant>) -> tokio::time::Instant {
        let deadline = self.board.deadline().map(|(at, _)| self.clock.to_tokio(at));
        let floor = self.floor_stale.then(|| self.clock.to_tokio(self.floor_at + FLOOR_EVERY));
        let idle = tokio::time::Instant::now() + Duration::from_secs(1);
        [deadline, floor, patience].into_iter().flatten().fold(idle, tokio::time::Instant::min)
    }

    fn tick(&mut self) {
        let due = self.board.deadline().is_some_and(|(at, _)| at <= self.clock.now());
        if due {
            self.handle(Input::Tick);
        }
    }

    fn handle(&mut self, input: Input) {
        if let Input::Stored(contact) = input {
            self.kept(contact);
        }
        let mut out = Vec::new();
        let received = if let Input::Sip(fact) = &input { self.shells.tap.look(fact) } else { None };
        self.board.handle(self.clock.now(), input, &mut out);
        self.floor_stale = true;
        if let Some(received) = received {
            self.shells.tap.received(received, &out);
        }
        self.carry_out(out);
    }

    /// Notes that a call waits for the history, or that it needs to wait no more: the door is told how late we are.
    fn watch_history(&mut self, event: &ContactEvent) {
        match event.kind {
            ContactEventKind::Started { .. } => {
                self.unkept.push_back((event.contact, std::time::Instant::now()));
                self.tell_door();
            }
            ContactEventKind::Closed { .. } => self.kept(event.contact),
            _ => {}
        }
    }

    fn kept(&mut self, contact: ContactId) {
        // What came first is kept first, nearly always.
        if let Some(at) = self.unkept.iter().position(|(waiting, _)| *waiting == contact) {
            self.unkept.remove(at);
            self.tell_door();
        }
    }

    fn tell_door(&self) {
        self.shells.transports.calls_wait_since(self.unkept.front().map(|(_, came)| *came));
    }

    fn wish(&mut self, request: WishRequest) {
        self.next_ticket += 1;
        self.waiting.insert(self.next_ticket, request.reply);
        let wish = Box::new(request.wish);
        self.handle(Input::Wish { ticket: self.next_ticket, agent: request.agent, wish });
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { to, bytes } => {
                    self.shells.tap.sent(to, &bytes);
                    self.shells.transports.send(to, bytes);
                }
                Effect::Close(flow) => self.shells.transports.close(flow),
                Effect::Resolve(question) => self.resolve(question),
                Effect::Unlocated { host } => warn!(host, "no address is known for this name"),
                Effect::Media(command) => self.shells.workers.send(command),
                Effect::Store(event) => {
                    debug!(contact = %event.contact, event = event.kind.as_str(), "contact event");
                    self.shells.metrics.contact_event(&event.kind);
                    self.watch_history(&event);
                    self.shells.journal.append(event);
                }
                Effect::Desk(event) => self.shells.bridge.publish(event),
                Effect::Lookup { contact, asker, by, value } => self.look_up(contact, asker, by, value),
                Effect::HttpStep { contact, request } => self.ask(contact, request),
                Effect::Replied { ticket, result } => {
                    if let Some(reply) = self.waiting.remove(&ticket) {
                        // The asker may have gone away; the wish was carried out all the same.
                        let _ = reply.send(result);
                    }
                }
                Effect::Count(counter) => self.shells.metrics.sip(counter),
                Effect::Door(note) => self.shells.transports.note(note),
                Effect::Trunk { trunk, state } => log_trunk(trunk, state),
                Effect::KeepEmergencies(closed) => _ = self.emergencies.send_replace(closed),
                // Told to the tap before.
                Effect::Dialog { .. } => {}
                Effect::FlowNote { contact, note } => warn!(%contact, node = %note.node, "{}", note.kind),
            }
        }
    }

    fn resolve(&self, question: sip::locate::Question) {
        let (names, back) = (self.shells.names.clone(), self.shells.back.clone());
        self.runtime.spawn(async move {
            let answer = names.answer(question).await;
            // The loop is gone only when the daemon stops.
            let _ = back.send(Input::Sip(sip::api::Fact::Resolved(answer))).await;
        });
    }

    fn ask(&self, contact: ContactId, request: Box<HttpRequest>) {
        let (steps, back) = (self.shells.steps.clone(), self.shells.back.clone());
        self.runtime.spawn(async move {
            let answer = steps.ask(&request).await;
            // The loop is gone only when the daemon stops.
            let _ = back.send(Input::HttpStep { contact, number: request.number, answer }).await;
        });
    }

    fn look_up(&self, contact: ContactId, asker: switchboard::api::Asker, by: LookupBy, value: domain::Redacted) {
        let (store, back) = (self.shells.store.clone(), self.shells.back.clone());
        self.runtime.spawn(async move {
            let query = match by {
                LookupBy::Number => Query::CustomerByNumber { number: value },
                LookupBy::Account => Query::CustomerByAccount { account: value },
            };
            let customer = match store.answer(query).await {
                Ok(domain::Answer::Customer(customer)) => customer,
                Ok(_) => None,
                Err(error) => {
                    warn!(%contact, %error, "the customer could not be looked up");
                    None
                }
            };
            // The loop is gone only when the daemon stops.
            let _ = back.send(Input::Found { contact, asker, customer }).await;
        });
    }

    fn publish_floor(&mut self) {
        let now = self.clock.now();
        let pause = if self.floor_stale { FLOOR_EVERY } else { FLOOR_AT_REST };
        if now < self.floor_at + pause {
            return;
        }
        self.floor_stale = false;
        self.floor_at = now;
        self.shells.metrics.in_progress(self.board.legs(), self.board.transactions());
        let floor = Arc::new(self.board.floor(now));
        self.shells.bridge.publish_floor(Arc::clone(&floor));
        self.shells.floor.send_replace(floor);
    }
}
