//! The endpoint: it hands facts, commands and deadlines to the part that they concern.

use crate::api::{Command, Credentials, Destination, Effect, Fact, OutgoingInvite, Reason, Setup};
use crate::auth::Guard;
use crate::carrier::Carrier;
use crate::dice::Dice;
use crate::keep_alive::Probe;
use crate::leg::{Leg, Legs};
use crate::locate::Locator;
use crate::message::Message;
use crate::session::Session;
use crate::shared::Core;
use crate::timers::{Key, LegTimer};
use domain::{Instant, LegId};
use std::collections::BTreeMap;

/// A SIP endpoint: user agent for many calls at once, and registrar (RFC 3261 §6).
///
/// Every leg that began, by [`Effect::Incoming`] or [`Command::Invite`], reports its end exactly once, by
/// [`Effect::Ended`] or [`Effect::Failed`], also when the end was our own wish.
pub struct Endpoint {
    pub(crate) core: Core,
    pub(crate) legs: Legs,
    pub(crate) guard: Guard,
    /// Our registration with each trunk of the setup.
    pub(crate) carriers: Vec<Option<Carrier>>,
    /// What is known of each trunk of the setup.
    pub(crate) probes: Vec<Probe>,
    /// Where hosts are.
    pub(crate) locator: Locator,
    /// Calls whose host is being looked for.
    pub(crate) waiting: BTreeMap<LegId, Box<OutgoingInvite>>,
}

impl core::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Endpoint({} legs, {} transactions)", self.legs(), self.transactions())
    }
}

impl Endpoint {
    /// An endpoint of this setup. All its chance comes from the seed.
    #[must_use]
    pub fn new(setup: Setup, seed: [u8; 32]) -> Self {
        let mut dice = Dice::new(seed);
        let guard = Guard::new(&setup, dice.bytes());
        let trunks = setup.trunks.clone();
        let mut core = Core::new(setup, dice);
        let carriers = trunks.iter().map(|trunk| Carrier::of(&mut core, trunk)).collect();
        let probes = trunks.iter().map(|_| Probe::default()).collect();
        let (legs, locator, waiting) = (Legs::default(), Locator::default(), BTreeMap::new());
        let mut endpoint = Self { core, legs, guard, carriers, probes, locator, waiting };
        endpoint.watch_trunks();
        endpoint
    }

    /// Takes a fact. `now` never goes back.
    pub fn handle(&mut self, now: Instant, fact: Fact, effects: &mut Vec<Effect>) {
        self.collect(now, effects, |endpoint| match fact {
            Fact::Received { source, message } => {
                if let Some(flow) = source.flow {
                    endpoint.core.live.insert(flow, source.transport);
                }
                match message {
                    Ok(Message::Request(request)) => endpoint.on_request(request, source),
                    Ok(Message::Response(response)) => {
                        if let Some(delivery) = endpoint.core.on_response(response) {
                            endpoint.deliver(delivery);
                        }
                    }
                    Err(error) => endpoint.on_unparsable(source, &error),
                }
            }
            Fact::FlowClosed(flow) => {
                endpoint.core.live.remove(&flow);
                endpoint.core.callers.remove(&flow);
                endpoint.unbind_all(Destination::Flow(flow));
                endpoint.core.tell_home(Destination::Flow(flow));
                endpoint.on_unreachable(Destination::Flow(flow));
            }
            Fact::SendFailed(to) => {
                endpoint.on_home_lost(to);
                endpoint.on_unreachable(to);
            }
            Fact::Resolved(answer) => endpoint.on_resolved(answer),
            Fact::Tick => endpoint.on_tick(),
        });
    }

    /// Carries out a command. Unknown and ended legs are ignored.
    pub fn command(&mut self, now: Instant, command: Command, effects: &mut Vec<Effect>) {
        self.collect(now, effects, |endpoint| match command {
            Command::Ring { leg, sdp } => endpoint.ring(leg, sdp),
            Command::Answer { leg, sdp } => endpoint.answer(leg, sdp),
            Command::Reject { leg, cause, retry_after_s } => endpoint.reject(leg, cause, retry_after_s),
            Command::Invite(invite) => endpoint.invite(invite),
            Command::HangUp { leg, cause } => endpoint.hang_up(leg, cause),
            Command::Reinvite { leg, sdp } => endpoint.offer(leg, sdp),
            Command::AnswerReinvite { leg, sdp } => {
                endpoint.with_asked(leg, |session, core| session.answer_theirs(leg, core, sdp));
            }
            Command::RefuseReinvite { leg } => {
                endpoint.with_asked(leg, |session, core| session.refuse_offer(leg, core));
            }
            Command::Refer { leg, to, replaces } => endpoint.send_refer(leg, &to, replaces),
            Command::AcceptRefer { leg } => endpoint.answer_refer(leg, None),
            Command::RefuseRefer { leg, cause } => endpoint.answer_refer(leg, Some(cause)),
            Command::ReferProgress { leg, status } => {
                endpoint.with_session(leg, |session, core| session.refer_progress(leg, core, status.clamp(100, 699)));
            }
            Command::Drain => {
                endpoint.core.draining = true;
                endpoint.unregister();
            }
        });
    }

    /// Lets another user register, or changes the secret of one.
    pub fn add_user(&mut self, credentials: Credentials) {
        self.guard.add_user(credentials);
    }

    /// Forgets a user. The bindings expire with the next [`Fact::Tick`], which is due at once; calls go on.
    pub fn remove_user(&mut self, user: &str) {
        self.guard.remove_user(user);
        for binding in self.core.registrar.bindings(user) {
            self.core.deadlines.set(Key::Binding(binding.id), self.core.now);
        }
    }

    /// When to hand in [`Fact::Tick`] next, and why.
    #[must_use]
    pub fn deadline(&self) -> Option<(Instant, Reason)> {
        self.core.deadlines.next()
    }

    /// True if the user has a binding.
    #[must_use]
    pub fn is_registered(&self, user: &str) -> bool {
        !self.core.registrar.bindings(user).is_empty()
    }

    /// How many legs there are, those whose BYE is under way and those whose host is being looked for among them.
    #[must_use]
    pub fn legs(&self) -> usize {
        self.legs.len() + self.waiting.len()
    }

    /// The Call-ID of a leg; of one that calls several phones, that of the first.
    #[must_use]
    pub fn call_id(&self, leg: LegId) -> Option<String> {
        self.legs.call_id(leg)
    }

    /// How many transactions there are, the lingering ones among them.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.core.clients.len() + self.core.servers.len()
    }

    /// Runs a step with the time and the caller's buffer in place.
    fn collect(&mut self, now: Instant, effects: &mut Vec<Effect>, step: impl FnOnce(&mut Self)) {
        self.core.now = self.core.now.max(now);
        core::mem::swap(&mut self.core.out, effects);
        step(self);
        core::mem::swap(&mut self.core.out, effects);
    }

    fn on_tick(&mut self) {
        while let Some(key) = self.core.deadlines.pop_due(self.core.now) {
            match key {
                Key::Client(tx, timer) => {
                    if let Some(delivery) = self.core.on_client_timer(tx, timer) {
                        self.deliver(delivery);
                    }
                }
                Key::Server(tx, timer) => self.core.on_server_timer(tx, timer),
                Key::Leg(id, timer) => self.on_leg_timer(id, timer),
                Key::Binding(id) => self.unbind(id),
                Key::Trunk(at, timer) => self.on_trunk_timer(at, timer),
                Key::Phone(binding, timer) => self.on_phone_timer(binding, timer),
            }
        }
    }

    fn on_leg_timer(&mut self, id: LegId, timer: LegTimer) {
        if timer == LegTimer::Silence {
            return self.on_no_word(id);
        }
        match self.legs.leg_mut(id) {
            Some(Leg::Ringing(_)) if timer == LegTimer::NoPrack => self.on_no_prack(id),
            Some(Leg::Ringing(ringing)) => ringing.on_timer(id, &mut self.core, timer),
            Some(Leg::Up(_)) => self.with_session(id, |session, core| session.on_timer(id, core, timer)),
            Some(Leg::Calling(calling)) => calling.on_timer(id, &mut self.core, timer),
            None => {}
        }
    }

    fn on_unreachable(&mut self, to: Destination) {
        for tx in self.core.clients.towards(to) {
            if let Some(delivery) = self.core.on_unreachable(tx) {
                self.deliver(delivery);
            }
        }
    }

    /// The call wants to offer.
    fn offer(&mut self, id: LegId, sdp: String) {
        match self.legs.leg_mut(id) {
            Some(Leg::Ringing(ringing)) => ringing.session.offer(id, &mut self.core, sdp),
            Some(Leg::Calling(calling)) => calling.offer(id, &mut self.core, sdp),
            Some(Leg::Up(_)) => self.with_session(id, |session, core| session.offer(id, core, sdp)),
            None => {}
        }
    }

    /// Works on the dialog of a leg in which the peer's offer waits for the call.
    fn with_asked(&mut self, id: LegId, step: impl FnOnce(&mut Session, &mut Core)) {
        match self.legs.leg_mut(id) {
            Some(Leg::Ringing(ringing)) => step(&mut ringing.session, &mut self.core),
            Some(Leg::Calling(calling)) => {
                if let Some(session) = calling.asked_mut() {
                    step(session, &mut self.core);
                }
            }
            Some(Leg::Up(_)) => self.with_session(id, step),
            None => {}
        }
    }

    /// Works on an answered leg, and forgets it when it is over.
    pub(crate) fn with_session(&mut self, id: LegId, step: impl FnOnce(&mut Session, &mut Core)) {
        let Some(session) = self.legs.session_mut(id) else { return };
        step(session, &mut self.core);
        if session.is_over() {
            self.legs.remove(id);
            for timer in [
                LegTimer::Resend,
                LegTimer::NoAck,
                LegTimer::Glare,
                LegTimer::Refer,
                LegTimer::Refresh,
                LegTimer::Expiry,
            ] {
                self.core.disarm(id, timer);
            }
        }
    }
}
