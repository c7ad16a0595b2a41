//! The control loop: it owns the switchboard, waits for its inbox and its deadline, and carries out what it wants.

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::mirror::Tap;
use domain::{
    CommandError, ContactEvent, ContactEventKind, ContactId, Emergency, Explanation, FloorView, HttpRequest, Instant,
    Query, ScheduleId, TrunkId,
};
use poller::{Poller, Ready, Token};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
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
/// Longest wait for anything at all.
const IDLE_AT_MOST: Duration = Duration::from_secs(1);
/// Inputs taken in one go before deadlines and datagrams are looked at again.
const BATCH: usize = 64;
/// The wait ends: somebody has put something into the inbox.
const CALLED: Token = Token(0);
/// Datagrams have come.
const DATAGRAMS: Token = Token(1);

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
    /// SIP datagrams, which the loop takes from the socket itself, into `sip`.
    pub datagrams: sip_io::Datagrams,
    /// SIP messages.
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

    /// Runs until `stop` is cancelled and every call is over, or `stop` is cancelled and `patience` has passed. The loop
    /// waits by itself and not in a runtime: a runtime's timers and its sockets wake their thread for themselves,
    /// too (`docs/adr/0013-signalling-waits-by-itself.md`).
    ///
    /// # Errors
    /// Those of the system: no descriptors, or the wait itself fails.
    pub fn run(mut self, mut inbox: Inbox, mut stop: oneshot::Receiver<Duration>) -> io::Result<()> {
        let poller = Poller::new(CALLED)?;
        poller.add(&inbox.datagrams, DATAGRAMS)?;
        let waker = poller.waker().into();
        let mut context = Context::from_waker(&waker);
        let mut ready = Ready::new();
        let mut patience: Option<std::time::Instant> = None;
        loop {
            if patience.is_none()
                && let Poll::Ready(asked) = Pin::new(&mut stop).poll(&mut context)
            {
                patience = Some(std::time::Instant::now() + asked.unwrap_or_default());
                self.handle(Input::Drain);
            }
            let has_more = self.drain(&mut inbox, &mut context);
            self.tick();
            self.publish_floor();
            let now = std::time::Instant::now();
            if patience.is_some_and(|until| self.board.legs() == 0 || now >= until) {
                return Ok(());
            }
            let left = if has_more { Duration::ZERO } else { self.wake_at(now, patience) - now };
            match poller.wait(&mut ready, left) {
                Err(why) if why.kind() != io::ErrorKind::Interrupted => return Err(why),
                _ => {}
            }
            if ready.tokens().any(|token| token == DATAGRAMS) {
                // The inbox is ours and open.
                let _ = inbox.datagrams.take();
            }
        }
    }

    /// Works on what has come, for a while; whether there is more. When there is not, whoever brings something calls.
    fn drain(&mut self, inbox: &mut Inbox, context: &mut Context<'_>) -> bool {
        for _ in 0..BATCH {
            if let Poll::Ready(Some(input)) = inbox.inputs.poll_recv(context) {
                self.handle(input);
            } else if let Poll::Ready(Some(request)) = inbox.wishes.poll_recv(context) {
                self.wish(request);
            } else if let Poll::Ready(Some(fact)) = inbox.sip.poll_recv(context) {
                self.handle(Input::Sip(fact));
            } else if let Poll::Ready(Some(request)) = inbox.explains.poll_recv(context) {
                self.handle(Input::Tick);
                // The asker may have gone away.
                let _ = request.reply.send(self.board.explain(self.clock.now(), request.contact));
            } else {
                return false;
            }
        }
        true
    }

    fn wake_at(&self, now: std::time::Instant, patience: Option<std::time::Instant>) -> std::time::Instant {
        let deadline = self.board.deadline().map(|(at, _)| self.clock.to_std(at));
        let floor = self.floor_stale.then(|| self.clock.to_std(self.floor_at + FLOOR_EVERY));
        let soonest =
            [deadline, floor, patience].into_iter().flatten().fold(now + IDLE_AT_MOST, std::time::Instant::min);
        soonest.max(now)
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
        let mut commands = Vec::new();
        for effect in effects {
            match effect {
                Effect::Send { to, bytes } => {
                    self.shells.tap.sent(to, &bytes);
                    self.shells.transports.send(to, bytes);
                }
                Effect::Close(flow) => self.shells.transports.close(flow),
                Effect::Resolve(question) => self.resolve(question),
                Effect::Unlocated { host } => warn!(host, "no address is known for this name"),
                Effect::Media(command) => commands.push(command),
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
        self.shells.workers.send_all(commands);
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
