//! Where a host is (RFC 3263): by NAPTR, SRV and address records. Each record that is needed and not known is asked for as
//! a value; the answers are kept as long as they hold, those that there is nothing as well.

use crate::api::{Destination, Effect, Transport};
use crate::dice::Dice;
use crate::endpoint::Endpoint;
use crate::message::{self, Uri};
use crate::timers::{Key, TrunkTimer};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use domain::Instant;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A question to the domain name system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// The NAPTR records of a name (RFC 3403).
    Naptr(String),
    /// The SRV records of a name (RFC 2782).
    Srv(String),
    /// The A and AAAA records of a name, those of a preferred family first.
    Addresses(String),
}

/// A NAPTR record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naptr {
    /// The least is looked at first.
    pub order: u16,
    /// Among equals of order, the least first.
    pub preference: u16,
    /// `S`: the replacement has SRV records.
    pub flags: String,
    /// `SIP+D2U`, `SIP+D2T`, `SIPS+D2T` …
    pub services: String,
    /// The next name.
    pub replacement: String,
}

/// An SRV record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    /// The least is tried first.
    pub priority: u16,
    /// The share among equals of priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host; `.`: the service is not there.
    pub target: String,
}

/// The records that answer a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// NAPTR records.
    Naptr(Vec<Naptr>),
    /// SRV records.
    Srv(Vec<Srv>),
    /// Addresses.
    Addresses(Vec<IpAddr>),
    /// There are none, or nobody could be asked.
    Nothing,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// To which question.
    pub question: Question,
    /// The records.
    pub records: Records,
    /// How long it holds.
    pub ttl: Duration,
}

/// A host that is to be found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Its port, if one is named: then no SRV records are looked at.
    pub port: Option<u16>,
    /// The transport, if one is named.
    pub transport: Option<Transport>,
}

impl Host {
    /// The host of a URI; `None` for an address, and for hosts to be reached by TLS or WebSocket.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let message::Host::Name(name) = &uri.host else { return None };
        let transport = match uri.transport().map(str::to_ascii_lowercase).as_deref() {
            _ if uri.is_tls() => return None,
            None => None,
            Some("udp") => Some(Transport::Udp),
            Some("tcp") => Some(Transport::Tcp),
            Some(_) => return None,
        };
        Some(Self { name: name.clone(), port: uri.port, transport })
    }

    /// The URI of a user there; an empty user names the host itself.
    pub(crate) fn uri(&self, user: &str) -> Uri {
        let mut uri = Uri::sip(user, message::Host::Name(self.name.clone()), self.port);
        if user.is_empty() {
            uri.user = None;
        }
        if self.transport == Some(Transport::Tcp) {
            uri.params.set("transport", Some("tcp"));
        }
        uri
    }
}

/// What is known of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Located {
    /// Ways to it, the best one first; when one does not answer the next is tried (§4.3). It holds until then.
    At(VecDeque<Destination>, Instant),
    /// These records are needed first. Those that were asked for already are not named again.
    Needs(Vec<Question>),
    /// It is nowhere, until then.
    Nowhere(Instant),
}

/// Answers hold at least so long, whatever they say: a call needs several, and they must not run out under its hands.
const LEAST: Duration = Duration::from_secs(5);
/// Answers hold at most so long.
const LONGEST: Duration = Duration::from_secs(86_400);
/// That there is nothing holds at most so long (RFC 2308 §5 allows hours; a carrier that mends its records is not to wait).
const NOTHING_LONGEST: Duration = Duration::from_secs(300);
/// Answers kept; when there are more, those that do not hold any more go, and if that is not enough, all.
const ANSWERS_MAX: usize = 10_000;
/// Records of one answer that are looked at.
const RECORDS_MAX: usize = 32;

/// Records are asked for, and kept while they hold.
#[derive(Debug, Default)]
pub(crate) struct Locator {
    known: BTreeMap<Question, (Records, Instant)>,
    asked: BTreeSet<Question>,
}

/// One walk through what is known; what is missing is noted.
struct Walk<'a> {
    known: &'a BTreeMap<Question, (Records, Instant)>,
    now: Instant,
    /// When the first of the answers runs out.
    until: Instant,
    missing: Vec<Question>,
}

const NONE: &Records = &Records::Nothing;

impl Walk<'_> {
    fn ask(&mut self, question: Question) -> &Records {
        match self.known.get(&question) {
            Some((records, until)) if *until > self.now => {
                self.until = self.until.min(*until);
                records
            }
            _ => {
                self.missing.push(question);
                NONE
            }
        }
    }

    fn naptr(&mut self, name: &str) -> Vec<Naptr> {
        match self.ask(Question::Naptr(lower(name))) {
            Records::Naptr(records) => records.iter().take(RECORDS_MAX).cloned().collect(),
            _ => Vec::new(),
        }
    }

    fn srv(&mut self, name: &str) -> Vec<Srv> {
        match self.ask(Question::Srv(lower(name))) {
            Records::Srv(records) => records.iter().take(RECORDS_MAX).cloned().collect(),
            _ => Vec::new(),
        }
    }

    fn addresses(&mut self, name: &str, port: u16) -> Vec<SocketAddr> {
        match self.ask(Question::Addresses(lower(name))) {
            Records::Addresses(found) => found.iter().take(RECORDS_MAX).map(|ip| SocketAddr::new(*ip, port)).collect(),
            _ => Vec::new(),
        }
    }

    /// The targets of SRV records in the order of the dice.
    fn targets(&mut self, dice: &mut Dice, name: &str, transport: Transport) -> Option<Vec<Destination>> {
        let records = self.srv(name);
        if records.is_empty() {
            return None;
        }
        let there = records.into_iter().filter(|record| record.target != ".");
        let weighted = there.map(|record| (record.priority, record.weight, record)).collect();
        let mut ways = Vec::new();
        for record in dice.in_order(weighted) {
            ways.extend(self.addresses(&record.target, record.port).into_iter().map(|at| way(transport, at)));
        }
        Some(ways)
    }

    /// The ways to a host whose transport is to be chosen (§4.1).
    fn by_service(&mut self, dice: &mut Dice, host: &Host) -> Vec<Destination> {
        let mut records = self.naptr(&host.name);
        if !self.missing.is_empty() {
            return Vec::new();
        }
        records.retain(|record| record.flags.eq_ignore_ascii_case("s") && service(&record.services).is_some());
        records.sort_by_key(|record| (record.order, record.preference));
        let mut ways = Vec::new();
        for record in &records {
            let Some(transport) = service(&record.services) else { continue };
            ways.extend(self.targets(dice, &record.replacement, transport).unwrap_or_default());
        }
        if !records.is_empty() {
            return ways;
        }
        let mut has_records = false;
        for transport in [Transport::Udp, Transport::Tcp] {
            if let Some(found) = self.targets(dice, &srv_name(transport, &host.name), transport) {
                has_records = true;
                ways.extend(found);
            }
        }
        if !has_records && self.missing.is_empty() { self.by_name(host, Transport::Udp) } else { ways }
    }

    fn by_name(&mut self, host: &Host, transport: Transport) -> Vec<Destination> {
        let port = host.port.unwrap_or(if transport == Transport::Tls { 5061 } else { 5060 });
        self.addresses(&host.name, port).into_iter().map(|at| way(transport, at)).collect()
    }

    fn ways(&mut self, dice: &mut Dice, host: &Host) -> Vec<Destination> {
        match (host.transport, host.port) {
            // A port that is named is the port (§4.2); without a transport, UDP (§4.1).
            (transport, Some(_)) => self.by_name(host, transport.unwrap_or(Transport::Udp)),
            (Some(transport), None) => {
                let found = self.targets(dice, &srv_name(transport, &host.name), transport);
                match found {
                    Some(ways) => ways,
                    None if self.missing.is_empty() => self.by_name(host, transport),
                    None => Vec::new(),
                }
            }
            (None, None) => self.by_service(dice, host),
        }
    }
}

/// Names are the same in any case (RFC 4343), and with or without the last dot.
fn lower(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn srv_name(transport: Transport, host: &str) -> String {
    match transport {
        Transport::Tls | Transport::Wss => format!("_sips._tcp.{host}"),
        Transport::Tcp | Transport::Ws => format!("_sip._tcp.{host}"),
        Transport::Udp => format!("_sip._udp.{host}"),
    }
}

/// The transport of a NAPTR service (§4.1). TLS is not chosen by a record alone: whoever wants it says so.
fn service(services: &str) -> Option<Transport> {
    match services.to_ascii_uppercase().as_str() {
        "SIP+D2U" => Some(Transport::Udp),
        "SIP+D2T" => Some(Transport::Tcp),
        _ => None,
    }
}

const fn way(transport: Transport, at: SocketAddr) -> Destination {
    match transport {
        Transport::Udp => Destination::Udp(at),
        Transport::Tcp | Transport::Ws => Destination::Tcp(at),
        Transport::Tls | Transport::Wss => Destination::Tls(at),
    }
}

impl Locator {
    /// An answer came.
    pub(crate) fn take(&mut self, now: Instant, answer: Answer) {
        self.asked.remove(&answer.question);
        if self.known.len() >= ANSWERS_MAX {
            self.known.retain(|_, (_, until)| *until > now);
        }
        if self.known.len() >= ANSWERS_MAX {
            self.known.clear();
        }
        let longest = if answer.records == Records::Nothing { NOTHING_LONGEST } else { LONGEST };
        let until = now + answer.ttl.clamp(LEAST, longest);
        self.known.insert(answer.question, (answer.records, until));
    }

    /// Where a host is. The order among equals is drawn anew each time.
    pub(crate) fn locate(&mut self, now: Instant, dice: &mut Dice, host: &Host) -> Located {
        let mut walk = Walk { known: &self.known, now, until: now + LONGEST, missing: Vec::new() };
        let ways = walk.ways(dice, host);
        let (missing, until) = (walk.missing, walk.until);
        if !missing.is_empty() {
            // The same host may be the target of several records.
            let new: BTreeSet<Question> =
                missing.into_iter().filter(|question| !self.asked.contains(question)).collect();
            self.asked.extend(new.iter().cloned());
            return Located::Needs(new.into_iter().collect());
        }
        if ways.is_empty() { Located::Nowhere(until) } else { Located::At(ways.into(), until) }
    }
}

impl Endpoint {
    /// The ways to a host, the best one first, none if it is nowhere; `None`: what is missing was asked for.
    pub(crate) fn locate(&mut self, host: &Host) -> Option<VecDeque<Destination>> {
        match self.locator.locate(self.core.now, &mut self.core.dice, host) {
            Located::At(ways, _) => Some(ways),
            Located::Nowhere(_) => {
                self.core.emit(Effect::Unlocated { host: host.name.clone() });
                Some(VecDeque::new())
            }
            Located::Needs(questions) => {
                questions.into_iter().for_each(|question| self.core.emit(Effect::Resolve(question)));
                None
            }
        }
    }

    /// An answer came: who waited for it may go on.
    pub(crate) fn on_resolved(&mut self, answer: Answer) {
        self.locator.take(self.core.now, answer);
        for at in 0..self.core.setup.trunks.len() {
            if self.core.deadlines.of(Key::Trunk(at, TrunkTimer::Locate)).is_none() {
                self.locate_trunk(at);
            }
        }
        for (_, invite) in core::mem::take(&mut self.waiting) {
            self.invite(invite);
        }
    }

    /// Looks where a trunk is that has a name, now and whenever that may have changed.
    pub(crate) fn locate_trunk(&mut self, at: usize) {
        let Some(host) = self.core.setup.trunks.get(at).and_then(|trunk| trunk.host.clone()) else { return };
        let (ways, until) = match self.locator.locate(self.core.now, &mut self.core.dice, &host) {
            Located::At(ways, until) => (ways, until),
            Located::Nowhere(until) => {
                self.core.emit(Effect::Unlocated { host: host.name });
                (VecDeque::new(), until)
            }
            Located::Needs(questions) => {
                questions.into_iter().for_each(|question| self.core.emit(Effect::Resolve(question)));
                return;
            }
        };
        self.core.deadlines.set(Key::Trunk(at, TrunkTimer::Locate), until);
        let Some(trunk) = self.core.setup.trunks.get_mut(at) else { return };
        // While the present one is still among them, there is no reason to leave it.
        if trunk.peer.is_some_and(|peer| ways.contains(&peer)) || ways.is_empty() {
            return;
        }
        let is_first = trunk.peer.replace(ways[0]).is_none();
        if is_first {
            self.watch_trunk(at);
        }
    }
}

#[cfg(test)]
mod tests;
