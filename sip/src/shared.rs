//! What all parts of the endpoint share: the setup, the clock of this call, the effects, the tables.

use crate::api::{Counter, Destination, DoorNote, Effect, FlowId, Setup, Source, Transport};
use crate::cause;
use crate::dialog::Dialog;
use crate::dice::Dice;
use crate::message::{ALLOW, HeaderName, Request, Response, SUPPORTED, Scheme, Uri, Via};
use crate::registrar::Registrar;
use crate::timers::{Deadlines, Key, LegTimer};
use crate::transaction::client::Clients;
use crate::transaction::server::Servers;
use crate::transaction::{Link, TxId};
use core::net::SocketAddr;
use domain::{Cause, Instant, LegId, TrunkId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Greatest number of transactions of each side. A lingering one holds about 3 kB for 32 s: this many are 400 MB,
/// and enough for 2 000 calls a second.
pub(crate) const TRANSACTIONS_MAX: usize = 131_072;

/// Greatest number of legs. More calls than one machine can carry media for would only die later and worse.
pub(crate) const LEGS_MAX: usize = 20_000;

/// Seconds that a caller is asked to wait when we are full or draining.
pub(crate) const RETRY_AFTER_S: u32 = 30;

/// The user part of our Contact.
const CONTACT_USER: &str = "switchroom";

/// The state that transactions, usages and the registrar work on.
pub(crate) struct Core {
    /// The setup.
    pub(crate) setup: Setup,
    /// Chance.
    pub(crate) dice: Dice,
    /// The time of the fact or command that is being handled.
    pub(crate) now: Instant,
    /// Effects of the fact or command that is being handled.
    pub(crate) out: Vec<Effect>,
    /// All deadlines.
    pub(crate) deadlines: Deadlines,
    /// Client transactions.
    pub(crate) clients: Clients,
    /// Server transactions.
    pub(crate) servers: Servers,
    /// Bindings.
    pub(crate) registrar: Registrar,
    /// Open connections.
    pub(crate) live: BTreeMap<FlowId, Transport>,
    /// Those among them by which a call came from somebody who may call.
    pub(crate) callers: BTreeSet<FlowId>,
    /// Where somebody is known, as the door was told.
    homes_told: BTreeSet<Destination>,
    /// No new calls.
    pub(crate) draining: bool,
    secret: [u8; 16],
    last_tx: u64,
}

impl Core {
    /// An empty state.
    pub(crate) fn new(setup: Setup, mut dice: Dice) -> Self {
        let secret = dice.bytes();
        Self {
            setup,
            dice,
            now: Instant::ZERO,
            out: Vec::new(),
            deadlines: Deadlines::default(),
            clients: Clients::default(),
            servers: Servers::default(),
            registrar: Registrar::default(),
            live: BTreeMap::new(),
            callers: BTreeSet::new(),
            homes_told: BTreeSet::new(),
            draining: false,
            secret,
            last_tx: 0,
        }
    }

    /// A number for a new transaction.
    pub(crate) fn next_tx(&mut self) -> TxId {
        self.last_tx += 1;
        TxId(self.last_tx)
    }

    /// Emits an effect.
    pub(crate) fn emit(&mut self, effect: Effect) {
        self.out.push(effect);
    }

    /// Counts something.
    pub(crate) fn count(&mut self, counter: Counter) {
        self.emit(Effect::Count(counter));
    }

    /// A wrong password came, or one that was used before.
    pub(crate) fn on_wrong_password(&mut self, source: Source) {
        self.count(Counter::AuthFailed);
        self.emit(Effect::Door(DoorNote::Failure(source.remote.ip())));
    }

    /// A call came from there, of somebody who may call.
    pub(crate) fn on_caller(&mut self, source: Source) {
        if let Some(flow) = source.flow {
            self.callers.insert(flow);
            self.tell_home(Destination::Flow(flow));
        }
    }

    /// Tells the door if it has changed whether somebody is known there.
    pub(crate) fn tell_home(&mut self, at: Destination) {
        let calls = matches!(at, Destination::Flow(flow) if self.callers.contains(&flow));
        let known = calls || self.registrar.is_home(at);
        let changed = if known { self.homes_told.insert(at) } else { self.homes_told.remove(&at) };
        if changed {
            self.emit(Effect::Door(DoorNote::Home { at, known }));
        }
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, to: Destination, bytes: Vec<u8>) {
        self.emit(Effect::Send { to, bytes });
    }

    /// Starts or moves a timer of a leg.
    pub(crate) fn arm(&mut self, leg: LegId, timer: LegTimer, after: core::time::Duration) {
        self.deadlines.set(Key::Leg(leg, timer), self.now + after);
    }

    /// Stops a timer of a leg.
    pub(crate) fn disarm(&mut self, leg: LegId, timer: LegTimer) {
        self.deadlines.clear(Key::Leg(leg, timer));
    }

    /// When a timer of a leg is due.
    pub(crate) fn deadline_of(&self, leg: LegId, timer: LegTimer) -> Option<Instant> {
        self.deadlines.of(Key::Leg(leg, timer))
    }

    /// What the transaction machines may look at, for this destination.
    pub(crate) fn link(&self, to: Destination) -> Link {
        Link { timers: self.setup.timers, reliable: !matches!(to, Destination::Udp(_)) }
    }

    /// The transport of a destination; `None` for a connection that is gone.
    pub(crate) fn transport(&self, to: Destination) -> Option<Transport> {
        match to {
            Destination::Udp(_) => Some(Transport::Udp),
            Destination::Tcp(_) => Some(Transport::Tcp),
            Destination::Tls(_) => Some(Transport::Tls),
            Destination::Flow(flow) => self.live.get(&flow).copied(),
        }
    }

    /// Our Via towards a destination (§18.1.1); `rport` for those behind NAT (RFC 3581).
    pub(crate) fn via(&self, transport: Transport, branch: &str) -> Via {
        let mut via = Via::new(transport.via(), self.address(transport), branch);
        via.params.set("rport", None);
        via
    }

    /// Where peers reach us by a transport.
    fn address(&self, transport: Transport) -> SocketAddr {
        match transport {
            Transport::Tls => self.setup.tls_advertised.unwrap_or(self.setup.advertised),
            Transport::Udp | Transport::Tcp | Transport::Ws | Transport::Wss => self.setup.advertised,
        }
    }

    /// Our URI towards a destination. `scheme` is that of whom we talk to: a SIPS URI is answered by one (§12.1.1), and
    /// its transport is the one below TLS (RFC 5630 §3.1.3).
    pub(crate) fn our_uri(&self, user: &str, to: Destination, scheme: &Scheme) -> Uri {
        let transport = self.transport(to).unwrap_or(Transport::Udp);
        let mut uri = Uri::from_addr(user, self.address(transport));
        let is_sips = *scheme == Scheme::Sips && transport.is_secure();
        let name = match transport {
            Transport::Udp => None,
            Transport::Tls if is_sips => None,
            Transport::Tcp => Some("tcp"),
            Transport::Tls => Some("tls"),
            // RFC 7118 §5: one name for both.
            Transport::Ws | Transport::Wss => Some("ws"),
        };
        if is_sips {
            uri.scheme = Scheme::Sips;
        }
        if name.is_some() {
            uri.params.set("transport", name);
        }
        uri
    }

    /// Our Contact towards a destination.
    pub(crate) fn contact(&self, to: Destination, scheme: &Scheme) -> String {
        format!("<{}>", self.our_uri(CONTACT_USER, to, scheme))
    }

    /// The host in our own addresses of record.
    pub(crate) fn domain(&self) -> String {
        self.setup
            .domains
            .first()
            .cloned()
            .unwrap_or_else(|| Uri::from_addr("", self.setup.advertised).host.to_string())
    }

    /// The credentials with which challenges of this trunk are answered.
    pub(crate) fn credentials(&self, trunk: Option<TrunkId>) -> Option<&crate::api::Credentials> {
        let id = trunk?;
        self.setup.trunks.iter().find(|trunk| trunk.id == id)?.credentials.as_ref()
    }

    /// Adds what every response of ours has: a To tag (§8.2.6.2) and Server.
    pub(crate) fn finish(&self, response: &mut Response, to_tag: &str) {
        if response.code > 100 {
            response.add_to_tag(to_tag);
            response.headers.push(HeaderName::Server, self.setup.agent_name.as_str());
        }
    }

    /// A response inside a dialog, or one that makes it: with our tag, the route and our Contact (§12.1.1).
    pub(crate) fn dialog_response(&self, request: &Request, dialog: &Dialog, code: u16) -> Response {
        let mut response = Response::to(request, code, "");
        self.finish(&mut response, &dialog.local_tag);
        if code < 300 {
            response.headers.copy(&request.headers, &HeaderName::RecordRoute);
            response.headers.push(HeaderName::Contact, dialog.contact.as_str());
        }
        if (200..300).contains(&code) {
            self.describe(&mut response);
        }
        response
    }

    /// Adds Allow and Supported.
    pub(crate) fn describe(&self, response: &mut Response) {
        response.headers.push(HeaderName::Allow, ALLOW);
        response.headers.push(HeaderName::Supported, SUPPORTED.join(", "));
    }

    /// Adds Allow and Supported to a request outside of calls.
    pub(crate) fn describe_request(&self, request: &mut Request) {
        request.headers.push(HeaderName::Allow, ALLOW);
        request.headers.push(HeaderName::Supported, SUPPORTED.join(", "));
    }

    /// Adds Reason (RFC 3326).
    pub(crate) fn explain(request: &mut Request, cause: Cause) {
        request.headers.push(HeaderName::Reason, cause::reason(cause));
    }

    /// A To tag that is the same for every repetition of a request that we answer without state (§8.2.7).
    pub(crate) fn stateless_tag(&self, request_via: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(request_via.as_bytes());
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Answers without keeping a transaction (§8.2.7).
    pub(crate) fn reply(&mut self, to: Destination, mut response: Response) {
        let tag = self.stateless_tag(response.headers.first(&HeaderName::Via).unwrap_or_default());
        self.finish(&mut response, &tag);
        self.send(to, response.to_bytes());
    }
}

/// Where the answers to a request go (§18.2.2, RFC 3581 §4): the same connection, or the address that sent it, at
/// the port in its Via unless `rport` asks for the port it came from.
pub(crate) fn reply_destination(via: Option<&Via>, source: Source) -> Destination {
    match source.flow {
        Some(flow) => Destination::Flow(flow),
        None => {
            let port = via.map_or(source.remote.port(), |via| match via.rport() {
                Some(_) => source.remote.port(),
                None => via.port.unwrap_or(5060),
            });
            Destination::Udp(SocketAddr::new(source.remote.ip(), port))
        }
    }
}

/// Where a source can be reached: its connection or its address.
pub(crate) fn home_of(source: Source) -> Destination {
    source.flow.map_or(Destination::Udp(source.remote), Destination::Flow)
}
