//! The table of client transactions: it matches responses, retransmits, acknowledges, cancels.

use super::{Act, Class, Timer, TxId, client_invite, client_other};
use crate::api::{Counter, Destination, Effect};
use crate::message::{HeaderName, Method, Request, Response};
use crate::shared::{Core, TRANSACTIONS_MAX};
use crate::slim::slim;
use crate::timers::{Key, due};
use crate::uac::{Attempt, Forked, Prack};
use domain::{Cause, LegId};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Greatest number of answers of forks to one INVITE that are acknowledged. A peer that sends more is broken.
const FORKS_MAX: usize = 16;

/// Who hears about the responses.
pub(crate) enum User {
    /// An INVITE that makes a dialog.
    Attempt(Box<Attempt>),
    /// A re-INVITE or UPDATE of this leg.
    Offer(LegId),
    /// The BYE of this leg.
    Bye(LegId),
    /// A NOTIFY of this leg.
    Notify(LegId),
    /// A REFER of this leg.
    Refer(LegId),
    /// A REGISTER to the trunk at this place of the setup.
    Register(usize),
    /// An answered INVITE, of which other forks may answer.
    Forked(Box<Forked>),
    /// OPTIONS to the trunk at this place of the setup.
    TrunkProbe(usize),
    /// OPTIONS to the phone of this binding.
    PhoneProbe(u64),
    /// A PRACK.
    Prack(Box<Prack>),
    /// Nobody.
    Nobody,
}

/// What came of a request.
pub(crate) enum Outcome {
    /// A response.
    Response(Response),
    /// None in time.
    Timeout,
    /// It could not be sent.
    Unreachable,
}

/// What the user of a transaction is to be told.
pub(crate) struct Delivery {
    /// The transaction.
    pub(crate) tx: TxId,
    /// Its user, taken out of it. Put it back with [`Core::give_back`] to hear more.
    pub(crate) user: User,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

enum State {
    Invite(client_invite::State),
    Other(client_other::State),
}

#[derive(Clone, Copy)]
enum Event {
    Response(Class),
    Cancel,
    Timer(Timer),
}

struct Acknowledged {
    tag: String,
    to: Destination,
    bytes: Vec<u8>,
}

struct Client {
    key: Arc<str>,
    to: Destination,
    state: State,
    /// The request; empty after the final response.
    bytes: Vec<u8>,
    /// The INVITE without its body, from which ACK and CANCEL are made; gone after the final response.
    head: Option<Box<Request>>,
    /// The ACK for a refusal.
    ack: Vec<u8>,
    /// The ACKs for 2xx, by the To tags of the forks.
    acknowledged: Vec<Acknowledged>,
    user: User,
}

/// All client transactions.
#[derive(Default)]
pub(crate) struct Clients {
    by_id: HashMap<TxId, Client>,
    by_key: HashMap<Arc<str>, TxId>,
    by_destination: BTreeSet<(Destination, TxId)>,
}

impl Clients {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// True while the transaction is there.
    pub(crate) fn has(&self, tx: TxId) -> bool {
        self.by_id.contains_key(&tx)
    }

    /// The transactions towards a destination.
    pub(crate) fn towards(&self, to: Destination) -> Vec<TxId> {
        self.by_destination.range((to, TxId(0))..=(to, TxId(u64::MAX))).map(|(_, tx)| *tx).collect()
    }
}

fn key(branch: &str, method: &Method) -> String {
    format!("{branch} {method}")
}

impl Core {
    /// Sends a request in a new transaction (§17.1). The Via is added here.
    ///
    /// # Errors
    /// The user comes back if the connection is gone or the table is full.
    pub(crate) fn request(&mut self, request: Request, to: Destination, user: User) -> Result<TxId, User> {
        let branch = self.dice.branch();
        self.launch(request, to, user, &branch)
    }

    fn launch(&mut self, mut request: Request, to: Destination, user: User, branch: &str) -> Result<TxId, User> {
        let Some(transport) = self.transport(to) else { return Err(user) };
        if self.clients.len() >= TRANSACTIONS_MAX {
            return Err(user);
        }
        request.headers.push_front(HeaderName::Via, self.via(transport, branch).to_string());
        request.headers.push(HeaderName::UserAgent, self.setup.agent_name.as_str());
        let bytes = request.to_bytes();
        let key: Arc<str> = key(branch, &request.method).into();
        let (link, mut acts) = (self.link(to), Vec::new());
        let (state, head) = if request.method == Method::Invite {
            request.body.clear();
            (State::Invite(client_invite::start(&link, &mut acts)), Some(Box::new(request)))
        } else {
            (State::Other(client_other::start(&link, &mut acts)), None)
        };
        let tx = self.next_tx();
        self.clients.by_key.insert(Arc::clone(&key), tx);
        self.clients.by_destination.insert((to, tx));
        let client = Client { key, to, state, bytes, head, ack: Vec::new(), acknowledged: Vec::new(), user };
        self.clients.by_id.insert(tx, client);
        self.perform(tx, &acts);
        Ok(tx)
    }

    /// Cancels an INVITE to which a provisional response came (§9.1). Without one nothing may be sent yet.
    pub(crate) fn cancel(&mut self, tx: TxId, cause: Cause) {
        let Some(client) = self.clients.by_id.get(&tx) else { return };
        let (State::Invite(client_invite::State::Proceeding), Some(head)) = (&client.state, &client.head) else {
            return;
        };
        let mut request = echo(head, Method::Cancel);
        let (to, branch) = (client.to, branch_of(&client.key));
        Self::explain(&mut request, cause);
        // A CANCEL that cannot be sent leaves the INVITE to its own time-out.
        let _ = self.launch(request, to, User::Nobody, &branch);
        self.step(tx, Event::Cancel);
    }

    /// Gives a re-INVITE whose dialog has ended no more than 64·T1 for its final response.
    pub(crate) fn abandon(&mut self, tx: TxId) {
        self.step(tx, Event::Cancel);
    }

    /// Puts the user back, to hear more.
    pub(crate) fn give_back(&mut self, tx: TxId, user: User) {
        if let Some(client) = self.clients.by_id.get_mut(&tx) {
            client.user = user;
        }
    }

    /// Takes the user out.
    pub(crate) fn take_user(&mut self, tx: TxId) -> Option<User> {
        self.clients.by_id.get_mut(&tx).map(|client| core::mem::replace(&mut client.user, User::Nobody))
    }

    /// Sends the ACK for a 2xx and keeps it for repetitions of that 2xx (§13.2.2.4).
    pub(crate) fn acknowledge(&mut self, tx: TxId, tag: &str, mut ack: Request, to: Destination) {
        let Some(transport) = self.transport(to) else { return };
        let branch = self.dice.branch();
        ack.headers.push_front(HeaderName::Via, self.via(transport, &branch).to_string());
        ack.headers.push(HeaderName::UserAgent, self.setup.agent_name.as_str());
        let bytes = ack.to_bytes();
        if let Some(client) = self.clients.by_id.get_mut(&tx) {
            // One, nearly always.
            client.acknowledged.reserve_exact(1);
            client.acknowledged.push(Acknowledged { tag: tag.to_owned(), to, bytes: bytes.clone() });
        }
        self.send(to, bytes);
    }

    /// A response has arrived (§17.1.3).
    pub(crate) fn on_response(&mut self, response: Response) -> Option<Delivery> {
        let Some(tx) = self.find_client(&response) else {
            self.count(Counter::StrayResponse);
            return None;
        };
        let class = Class::of(response.code);
        if class == Class::Success && self.repeat_ack(tx, &response) {
            return None;
        }
        if class == Class::Failure {
            self.prepare_ack(tx, &response);
        }
        let verdict = self.step(tx, Event::Response(class));
        if !verdict.deliver {
            return None;
        }
        let user = self.take_user(tx)?;
        Some(Delivery { tx, user, outcome: Outcome::Response(response) })
    }

    fn find_client(&self, response: &Response) -> Option<TxId> {
        let via = response.headers.via_top().ok()?;
        let (_, method) = response.headers.cseq().ok()?;
        self.clients.by_key.get(key(via.branch()?, &method).as_str()).copied()
    }

    /// True if the 2xx needs nothing more than the ACK that was already sent for it.
    fn repeat_ack(&mut self, tx: TxId, response: &Response) -> bool {
        let Some(client) = self.clients.by_id.get(&tx) else { return false };
        let tag = response.headers.to().ok();
        let tag = tag.as_ref().and_then(|to| to.tag()).unwrap_or_default();
        let known = client.acknowledged.iter().find(|known| known.tag == tag);
        let again = known.map(|known| (known.to, known.bytes.clone()));
        let too_many = client.acknowledged.len() >= FORKS_MAX;
        if let Some((to, bytes)) = again {
            self.count(Counter::Retransmission);
            self.send(to, bytes);
            return true;
        }
        too_many
    }

    fn prepare_ack(&mut self, tx: TxId, response: &Response) {
        let Some(client) = self.clients.by_id.get_mut(&tx) else { return };
        let Some(head) = &client.head else { return };
        let mut ack = echo(head, Method::Ack);
        if let Some(via) = head.headers.first(&HeaderName::Via) {
            ack.headers.push_front(HeaderName::Via, via);
        }
        if let Some(to) = response.headers.first(&HeaderName::To) {
            ack.headers.set(HeaderName::To, to);
        }
        client.ack = ack.to_bytes();
    }

    /// A timer of a client transaction has come.
    pub(crate) fn on_client_timer(&mut self, tx: TxId, timer: Timer) -> Option<Delivery> {
        // The user must be taken first: a transaction that expires is gone afterwards.
        let user = self.take_user(tx)?;
        let verdict = self.step(tx, Event::Timer(timer));
        if verdict.expire {
            return Some(Delivery { tx, user, outcome: Outcome::Timeout });
        }
        self.give_back(tx, user);
        None
    }

    /// Nothing can be sent to the destination of this transaction.
    pub(crate) fn on_unreachable(&mut self, tx: TxId) -> Option<Delivery> {
        let client = self.clients.by_id.get(&tx)?;
        let lost = match (&client.state, client.to) {
            (State::Invite(client_invite::State::Calling(_)), _)
            | (State::Other(client_other::State::Trying(_)), _) => true,
            // A provisional response proves that datagrams get through: an ICMP error is about something else.
            (State::Invite(client_invite::State::Proceeding | client_invite::State::Cancelling), to)
            | (State::Other(client_other::State::Proceeding), to) => !matches!(to, Destination::Udp(_)),
            _ => false,
        };
        if !lost {
            return None;
        }
        let user = self.take_user(tx)?;
        self.forget_client(tx);
        Some(Delivery { tx, user, outcome: Outcome::Unreachable })
    }

    /// Ends a transaction at once.
    pub(crate) fn forget_client(&mut self, tx: TxId) {
        let Some(client) = self.clients.by_id.remove(&tx) else { return };
        self.clients.by_key.remove(&client.key);
        self.clients.by_destination.remove(&(client.to, tx));
        slim(&mut self.clients.by_id);
        slim(&mut self.clients.by_key);
        for timer in [Timer::Retransmit, Timer::Timeout, Timer::Linger] {
            self.deadlines.clear(Key::Client(tx, timer));
        }
    }

    fn step(&mut self, tx: TxId, event: Event) -> Verdict {
        let Some(client) = self.clients.by_id.get(&tx) else { return Verdict::default() };
        let (link, mut acts) = (self.link(client.to), Vec::new());
        let (next, over) = match (&client.state, event) {
            (State::Invite(state), event) => {
                let event = match event {
                    Event::Response(class) => client_invite::Event::Response(class),
                    Event::Cancel => client_invite::Event::Cancel,
                    Event::Timer(timer) => client_invite::Event::Timer(timer),
                };
                let next = client_invite::step(*state, event, &link, &mut acts);
                (State::Invite(next), next == client_invite::State::Terminated)
            }
            (State::Other(state), Event::Cancel) => (State::Other(*state), false),
            (State::Other(state), Event::Response(class)) => {
                other(*state, client_other::Event::Response(class), &link, &mut acts)
            }
            (State::Other(state), Event::Timer(timer)) => {
                other(*state, client_other::Event::Timer(timer), &link, &mut acts)
            }
        };
        if let Some(client) = self.clients.by_id.get_mut(&tx) {
            client.state = next;
        }
        let verdict = self.perform(tx, &acts);
        if over {
            self.forget_client(tx);
        }
        verdict
    }

    fn perform(&mut self, tx: TxId, acts: &[Act]) -> Verdict {
        let mut verdict = Verdict::default();
        let Some(client) = self.clients.by_id.get_mut(&tx) else { return verdict };
        for act in acts {
            match act {
                Act::Send => self.out.push(Effect::Send { to: client.to, bytes: client.bytes.clone() }),
                Act::Ack => self.out.push(Effect::Send { to: client.to, bytes: client.ack.clone() }),
                Act::Deliver => verdict.deliver = true,
                Act::Expire => verdict.expire = true,
                Act::Absorb => self.out.push(Effect::Count(Counter::Retransmission)),
                Act::Arm(timer, after) => {
                    if *timer == Timer::Linger {
                        client.bytes = Vec::new();
                        client.head = None;
                    }
                    self.deadlines.set(Key::Client(tx, *timer), due(self.now, *timer, *after));
                }
                Act::Disarm(timer) => self.deadlines.clear(Key::Client(tx, *timer)),
            }
        }
        verdict
    }
}

#[derive(Default)]
struct Verdict {
    deliver: bool,
    expire: bool,
}

fn other(
    state: client_other::State,
    event: client_other::Event,
    link: &super::Link,
    acts: &mut Vec<Act>,
) -> (State, bool) {
    let next = client_other::step(state, event, link, acts);
    (State::Other(next), next == client_other::State::Terminated)
}

fn branch_of(key: &str) -> String {
    key.split(' ').next().unwrap_or_default().to_owned()
}

/// The ACK for a refusal or the CANCEL of an INVITE: same target, route, From, To, Call-ID and CSeq number
/// (§9.1, §17.1.1.3).
fn echo(head: &Request, method: Method) -> Request {
    let mut request = Request::new(method, head.uri.clone());
    let names = [HeaderName::Route, HeaderName::MaxForwards, HeaderName::From, HeaderName::To, HeaderName::CallId];
    for name in names {
        request.headers.copy(&head.headers, &name);
    }
    if let Ok((number, _)) = head.headers.cseq() {
        let value = format!("{number} {}", request.method);
        request.headers.push(HeaderName::CSeq, value);
    }
    for name in [HeaderName::Authorization, HeaderName::ProxyAuthorization] {
        if request.method == Method::Ack {
            request.headers.copy(&head.headers, &name);
        }
    }
    request
}
