//! OPTIONS that ask whether trunks and registered phones are there (RFC 3261 §11). Any answer says so, except those
//! that say that somebody behind the answering peer is not.

use crate::api::{Destination, Effect};
use crate::endpoint::Endpoint;
use crate::message::{ACCEPT, HeaderName, Method, NameAddr, Request, Uri};
use crate::shared::Core;
use crate::timers::{Key, PhoneTimer, TrunkTimer};
use crate::transaction::TxId;
use crate::transaction::client::{Outcome, User};

/// What is known of a trunk.
#[derive(Default)]
pub(crate) struct Probe {
    tx: Option<TxId>,
    failures: u8,
    /// What was told.
    up: Option<bool>,
}

impl Probe {
    /// True for a trunk that does not answer.
    pub(crate) fn is_down(&self) -> bool {
        self.up == Some(false)
    }
}

/// True if a peer is there.
fn is_there(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Response(response) => !matches!(response.code, 408 | 430 | 502..=504),
        Outcome::Timeout | Outcome::Unreachable => false,
    }
}

impl Core {
    /// Asks whether this URI is there. `None` if that cannot be sent.
    fn ask(&mut self, uri: Uri, to: Destination, user: User) -> Option<TxId> {
        let mut from = NameAddr::new(Uri::from_addr("switchroom", self.setup.advertised));
        from.params.set("tag", Some(&self.dice.tag()));
        let callee = format!("<{uri}>");
        let contact = self.contact(to, &uri.scheme);
        let mut request = Request::new(Method::Options, uri);
        let headers = &mut request.headers;
        headers.push(HeaderName::MaxForwards, "70");
        headers.push(HeaderName::From, from.to_string());
        headers.push(HeaderName::To, callee);
        headers.push(HeaderName::CallId, self.dice.call_id());
        headers.push(HeaderName::CSeq, format!("1 {}", Method::Options));
        headers.push(HeaderName::Contact, contact);
        headers.push(HeaderName::Accept, ACCEPT);
        self.describe_request(&mut request);
        self.request(request, to, user).ok()
    }

    /// The first question to a phone that has just registered; not to all of them at the same moment.
    pub(crate) fn watch(&mut self, binding: u64) {
        if let Some(every) = self.setup.policy.keep_alive.phones {
            let ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
            let after = self.dice.between(ms / 10 * 8, ms);
            self.deadlines.set(Key::Phone(binding, PhoneTimer::Ask), self.now + after);
        }
    }

    /// Nobody asks for this binding any more.
    pub(crate) fn unwatch(&mut self, binding: u64) {
        for timer in [PhoneTimer::Ask, PhoneTimer::Patience] {
            self.deadlines.clear(Key::Phone(binding, timer));
        }
    }

    /// A binding can be reached, or not any more.
    pub(crate) fn mark(&mut self, binding: u64, reachable: bool) {
        let Some((user, transport)) = self.registrar.mark(binding, reachable) else { return };
        self.emit(if reachable { Effect::Reachable { user, transport } } else { Effect::Unreachable { user } });
    }
}

impl Endpoint {
    /// A timer of a trunk has come.
    pub(crate) fn on_trunk_timer(&mut self, at: usize, timer: TrunkTimer) {
        match timer {
            TrunkTimer::Register => self.register(at),
            TrunkTimer::Ask => self.ask_trunk(at),
            TrunkTimer::Locate => self.locate_trunk(at),
            TrunkTimer::Patience => {
                if let Some(tx) = self.probes.get_mut(at).and_then(|probe| probe.tx.take()) {
                    self.core.forget_client(tx);
                    self.on_trunk_silence(at, false);
                }
            }
        }
    }

    fn ask_trunk(&mut self, at: usize) {
        let policy = self.core.setup.policy.keep_alive;
        let peer = self.core.setup.trunks.get(at).and_then(|trunk| trunk.peer);
        let (Some(every), Some(to)) = (policy.trunks, peer) else { return };
        let uri = crate::uac::trunk_uri("", to, &self.core);
        let tx = self.core.ask(uri, to, User::TrunkProbe(at));
        self.core.deadlines.set(Key::Trunk(at, TrunkTimer::Ask), self.core.now + every.max(policy.patience));
        match (self.probes.get_mut(at), tx) {
            (Some(probe), Some(tx)) => {
                probe.tx = Some(tx);
                self.core.deadlines.set(Key::Trunk(at, TrunkTimer::Patience), self.core.now + policy.patience);
            }
            _ => self.on_trunk_silence(at, true),
        }
    }

    /// What came of a question to a trunk.
    pub(crate) fn on_trunk_probe(&mut self, at: usize, tx: TxId, outcome: &Outcome) {
        let Some(probe) = self.probes.get_mut(at).filter(|probe| probe.tx == Some(tx)) else { return };
        probe.tx = None;
        self.core.deadlines.clear(Key::Trunk(at, TrunkTimer::Patience));
        if !is_there(outcome) {
            self.on_trunk_silence(at, matches!(outcome, Outcome::Unreachable));
            return;
        }
        probe.failures = 0;
        if probe.up.replace(true) != Some(true)
            && let Some(trunk) = self.core.setup.trunks.get(at)
        {
            let trunk = trunk.id;
            self.core.emit(Effect::TrunkUp { trunk });
        }
    }

    /// A trunk did not answer. It is asked again at once, until it counts as down.
    fn on_trunk_silence(&mut self, at: usize, unreachable: bool) {
        let most = self.core.setup.policy.keep_alive.failures;
        let (Some(probe), Some(trunk)) = (self.probes.get_mut(at), self.core.setup.trunks.get(at)) else { return };
        probe.failures = probe.failures.saturating_add(1);
        if probe.failures < most && !unreachable {
            self.core.deadlines.set(Key::Trunk(at, TrunkTimer::Ask), self.core.now);
        } else if probe.up.replace(false) != Some(false) {
            let trunk = trunk.id;
            self.core.emit(Effect::TrunkDown { trunk });
        }
    }

    /// A timer of a binding has come.
    pub(crate) fn on_phone_timer(&mut self, binding: u64, timer: PhoneTimer) {
        let core = &mut self.core;
        match timer {
            PhoneTimer::Ask => {
                let policy = core.setup.policy.keep_alive;
                let known = core.registrar.binding(binding).map(|known| (known.contact.clone(), known.to));
                let (Some(every), Some((uri, to))) = (policy.phones, known) else { return };
                core.deadlines.set(Key::Phone(binding, PhoneTimer::Ask), core.now + every.max(policy.patience));
                match core.ask(uri, to, User::PhoneProbe(binding)) {
                    Some(_) => {
                        core.deadlines.set(Key::Phone(binding, PhoneTimer::Patience), core.now + policy.patience)
                    }
                    None => core.mark(binding, false),
                }
            }
            PhoneTimer::Patience => core.mark(binding, false),
        }
    }

    /// What came of a question to a phone. A late answer counts as well.
    pub(crate) fn on_phone_probe(&mut self, binding: u64, outcome: &Outcome) {
        self.core.deadlines.clear(Key::Phone(binding, PhoneTimer::Patience));
        self.core.mark(binding, is_there(outcome));
    }

    /// Nothing can be sent there: the phones whose home it is cannot be reached, until they answer again.
    pub(crate) fn on_home_lost(&mut self, to: Destination) {
        if self.core.setup.policy.keep_alive.phones.is_some() {
            for binding in self.core.registrar.at(to) {
                self.core.mark(binding, false);
            }
        }
    }

    /// The first questions and registrations are due at once.
    pub(crate) fn watch_trunks(&mut self) {
        for at in 0..self.core.setup.trunks.len() {
            if self.core.setup.trunks.get(at).is_some_and(|trunk| trunk.host.is_some()) {
                self.core.deadlines.set(Key::Trunk(at, TrunkTimer::Locate), self.core.now);
            } else {
                self.watch_trunk(at);
            }
        }
    }

    /// The first question to a trunk and the first registration with it are due.
    pub(crate) fn watch_trunk(&mut self, at: usize) {
        if self.carriers.get(at).is_some_and(Option::is_some) {
            self.core.deadlines.set(Key::Trunk(at, TrunkTimer::Register), self.core.now);
        }
        let asks = self.core.setup.policy.keep_alive.trunks.is_some();
        if asks && self.core.setup.trunks.get(at).is_some_and(|trunk| trunk.peer.is_some()) {
            self.core.deadlines.set(Key::Trunk(at, TrunkTimer::Ask), self.core.now);
        }
    }
}
