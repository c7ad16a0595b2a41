//! The table of server transactions: it absorbs retransmissions and repeats responses.

use super::{Act, Class, Timer, TxId, server_invite, server_other};
use crate::api::{Counter, Destination, Effect};
use crate::message::{HeaderName, Method, Request, Response, Via};
use crate::shared::{Core, TRANSACTIONS_MAX};
use crate::slim::slim;
use crate::timers::{Key, due};
use domain::LegId;
use std::collections::HashMap;
use std::sync::Arc;

enum State {
    Invite(server_invite::State),
    Other(server_other::State),
}

#[derive(Clone, Copy)]
enum Event {
    Request,
    Ack,
    Respond(Class),
    Timer(Timer),
}

struct Server {
    key: Arc<str>,
    merge: Option<Arc<str>>,
    to: Destination,
    state: State,
    /// The last response; empty when it need not be repeated here.
    last: Vec<u8>,
    /// The leg that an INVITE made or belongs to.
    leg: Option<LegId>,
}

/// All server transactions.
#[derive(Default)]
pub(crate) struct Servers {
    by_id: HashMap<TxId, Server>,
    by_key: HashMap<Arc<str>, TxId>,
    by_merge: HashMap<Arc<str>, TxId>,
}

impl Servers {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The transaction with this key.
    pub(crate) fn find(&self, key: &str) -> Option<TxId> {
        self.by_key.get(key).copied()
    }

    /// True if a transaction of the same request that came by another way is here (§8.2.2.2).
    pub(crate) fn is_merged(&self, merge: &str) -> bool {
        self.by_merge.contains_key(merge)
    }

    /// The leg of an INVITE.
    pub(crate) fn leg(&self, tx: TxId) -> Option<LegId> {
        self.by_id.get(&tx)?.leg
    }

    /// Names the leg of an INVITE.
    pub(crate) fn set_leg(&mut self, tx: TxId, leg: LegId) {
        if let Some(server) = self.by_id.get_mut(&tx) {
            server.leg = Some(leg);
        }
    }

    /// True if another one has room.
    pub(crate) fn has_room(&self) -> bool {
        self.by_id.len() < TRANSACTIONS_MAX
    }
}

/// The key of the transaction of a request (§17.2.3): branch, sent-by and method, where ACK belongs to its INVITE.
/// The Call-ID is added because branches of careless phones repeat. Without the magic cookie the fields of RFC 2543
/// are taken.
pub(crate) fn key(request: &Request, via: &Via, method: &Method) -> String {
    let method = if *method == Method::Ack { &Method::Invite } else { method };
    let call_id = request.headers.first(&HeaderName::CallId).unwrap_or_default();
    match via.branch() {
        Some(branch) if branch.starts_with("z9hG4bK") && branch.len() > 7 => {
            format!("{branch}|{}|{call_id}|{method}", via.sent_by())
        }
        _ => {
            let from = request.headers.first(&HeaderName::From).unwrap_or_default();
            let number = request.headers.cseq().map(|(number, _)| number).unwrap_or_default();
            format!("{}|{from}|{call_id}|{number}|{via}|{method}", request.uri)
        }
    }
}

/// What merged copies of one request share (§8.2.2.2); `None` inside a dialog.
pub(crate) fn merge_key(request: &Request) -> Option<String> {
    let headers = &request.headers;
    let (from, to) = (headers.from().ok()?, headers.to().ok()?);
    if to.tag().is_some() || matches!(request.method, Method::Ack | Method::Cancel) {
        return None;
    }
    let cseq = headers.first(&HeaderName::CSeq)?;
    Some(format!("{}|{}|{cseq}", headers.call_id().ok()?, from.tag()?))
}

impl Core {
    /// Opens the transaction of a request; responses go to `to`.
    pub(crate) fn open_server(&mut self, request: &Request, key: &str, to: Destination) -> TxId {
        let tx = self.next_tx();
        let state = if request.method == Method::Invite {
            State::Invite(server_invite::State::Proceeding)
        } else {
            State::Other(server_other::State::Trying)
        };
        let (key, merge): (Arc<str>, Option<Arc<str>>) = (key.into(), merge_key(request).map(Into::into));
        if let Some(merge) = &merge {
            self.servers.by_merge.insert(Arc::clone(merge), tx);
        }
        self.servers.by_key.insert(Arc::clone(&key), tx);
        let server = Server { key, merge, to, state, last: Vec::new(), leg: None };
        self.servers.by_id.insert(tx, server);
        tx
    }

    /// The request came again.
    pub(crate) fn on_retransmission(&mut self, tx: TxId) {
        self.step_server(tx, Event::Request);
    }

    /// An ACK with the branch of this INVITE came. True if it is for a 2xx and belongs to the dialog.
    pub(crate) fn on_server_ack(&mut self, tx: TxId) -> bool {
        self.step_server(tx, Event::Ack)
    }

    /// A timer of a server transaction has come.
    pub(crate) fn on_server_timer(&mut self, tx: TxId, timer: Timer) {
        self.step_server(tx, Event::Timer(timer));
    }

    /// Sends a response in its transaction and gives back what was sent, for the 2xx that the usage must repeat.
    pub(crate) fn respond(&mut self, tx: TxId, response: &Response) -> Option<(Destination, Vec<u8>)> {
        let server = self.servers.by_id.get_mut(&tx)?;
        let bytes = response.to_bytes();
        // A copy takes no more room than it needs.
        server.last = bytes.clone();
        let sent = (server.to, bytes);
        let class = Class::of(response.code);
        let is_invite = matches!(server.state, State::Invite(_));
        self.step_server(tx, Event::Respond(class));
        if is_invite
            && class == Class::Success
            && let Some(server) = self.servers.by_id.get_mut(&tx)
        {
            server.last = Vec::new();
        }
        Some(sent)
    }

    fn step_server(&mut self, tx: TxId, event: Event) -> bool {
        let Some(server) = self.servers.by_id.get(&tx) else { return false };
        let (link, mut acts) = (self.link(server.to), Vec::new());
        let (next, over) = match &server.state {
            State::Invite(state) => {
                let event = match event {
                    Event::Request => server_invite::Event::Request,
                    Event::Ack => server_invite::Event::Ack,
                    Event::Respond(class) => server_invite::Event::Respond(class),
                    Event::Timer(timer) => server_invite::Event::Timer(timer),
                };
                let next = server_invite::step(*state, event, &link, &mut acts);
                (State::Invite(next), next == server_invite::State::Terminated)
            }
            State::Other(state) => {
                let event = match event {
                    Event::Request | Event::Ack => server_other::Event::Request,
                    Event::Respond(class) => server_other::Event::Respond(class),
                    Event::Timer(timer) => server_other::Event::Timer(timer),
                };
                let next = server_other::step(*state, event, &link, &mut acts);
                (State::Other(next), next == server_other::State::Terminated)
            }
        };
        if let Some(server) = self.servers.by_id.get_mut(&tx) {
            server.state = next;
        }
        let deliver = self.perform_server(tx, &acts);
        if over {
            self.forget_server(tx);
        }
        deliver
    }

    fn perform_server(&mut self, tx: TxId, acts: &[Act]) -> bool {
        let mut deliver = false;
        let Some(server) = self.servers.by_id.get(&tx) else { return false };
        for act in acts {
            match act {
                Act::Send if server.last.is_empty() => {}
                Act::Send => self.out.push(Effect::Send { to: server.to, bytes: server.last.clone() }),
                Act::Deliver => deliver = true,
                Act::Absorb => self.out.push(Effect::Count(Counter::Retransmission)),
                Act::Arm(timer, after) => {
                    self.deadlines.set(Key::Server(tx, *timer), due(self.now, *timer, *after));
                }
                Act::Disarm(timer) => self.deadlines.clear(Key::Server(tx, *timer)),
                // Client machines only.
                Act::Ack | Act::Expire => {}
            }
        }
        deliver
    }

    fn forget_server(&mut self, tx: TxId) {
        let Some(server) = self.servers.by_id.remove(&tx) else { return };
        self.servers.by_key.remove(&server.key);
        if let Some(merge) = &server.merge
            && self.servers.by_merge.get(merge) == Some(&tx)
        {
            self.servers.by_merge.remove(merge);
        }
        slim(&mut self.servers.by_id);
        slim(&mut self.servers.by_key);
        slim(&mut self.servers.by_merge);
        for timer in [Timer::Retransmit, Timer::Timeout, Timer::Linger] {
            self.deadlines.clear(Key::Server(tx, timer));
        }
    }
}
