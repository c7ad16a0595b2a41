//! An incoming INVITE from its arrival to its final response (RFC 3261 §13.3, §9.2).

use crate::api::{Counter, Effect, IncomingInvite, Peer};
use crate::caller;
use crate::cause;
use crate::dialog::{Dialog, Hop};
use crate::endpoint::Endpoint;
use crate::leg::Leg;
use crate::message::{HeaderName, Method, Request, Response, Scheme};
use crate::offer::SDP;
use crate::reliable::{Acknowledged, Reliable};
use crate::request::Arrival;
use crate::session::{First, Session};
use crate::session_timer::{self, SessionTimer, TooSmall};
use crate::shared::{Core, LEGS_MAX, RETRY_AFTER_S, home_of};
use crate::timers::LegTimer;
use crate::transaction::TxId;
use core::time::Duration;
use domain::{Cause, LegId};

/// How often an unreliable provisional response is repeated, so that the timer C of proxies does not end the call
/// (§13.3.1.1).
const PROVISIONAL_REPEAT: Duration = Duration::from_secs(60);

/// An incoming INVITE without a final response.
pub(crate) struct Ringing {
    /// Its transaction.
    pub(crate) tx: TxId,
    /// The INVITE, to which the final response belongs.
    pub(crate) invite: Request,
    /// The early dialog.
    pub(crate) session: Session,
    /// The unreliable response sent last.
    provisional: Option<Response>,
    /// Present if the caller takes reliable responses.
    reliable: Option<Reliable>,
    /// The description of the 200 that waits for a PRACK.
    answer: Option<String>,
}

/// The scheme that our Contact in this dialog must have (§12.1.1): that of the Request-URI, or of the first hop on the
/// way back to the caller, if one of them is SIPS.
fn asked_scheme(invite: &Request) -> Scheme {
    let headers = &invite.headers;
    let route = headers.record_route().unwrap_or_default().into_iter().next();
    let back = route.or_else(|| headers.contacts().unwrap_or_default().into_iter().next());
    let is_sips = invite.uri.scheme == Scheme::Sips || back.is_some_and(|back| back.uri.scheme == Scheme::Sips);
    if is_sips { Scheme::Sips } else { Scheme::Sip }
}

impl Ringing {
    fn respond(&self, core: &mut Core, code: u16) {
        let response = core.dialog_response(&self.invite, &self.session.dialog, code);
        core.respond(self.tx, &response);
    }

    fn ring(&mut self, id: LegId, core: &mut Core, sdp: Option<String>) {
        if self.answer.is_some() {
            return;
        }
        if self.reliable.is_some() {
            let code = if sdp.is_some() { 183 } else { 180 };
            self.send_reliably(id, core, code, sdp);
            return;
        }
        // RFC 3261 §13.2.1: an offer of ours must not get lost.
        let sdp = sdp.filter(|_| self.session.first != First::Open);
        let code = if sdp.is_some() { 183 } else { 180 };
        let mut response = core.dialog_response(&self.invite, &self.session.dialog, code);
        if let Some(sdp) = sdp {
            response.set_body(SDP, sdp.into_bytes());
        }
        core.respond(self.tx, &response);
        core.arm(id, LegTimer::Ringing, PROVISIONAL_REPEAT);
        self.provisional = Some(response);
    }

    fn send_reliably(&mut self, id: LegId, core: &mut Core, code: u16, sdp: Option<String>) {
        if let Some(reliable) = &mut self.reliable {
            reliable.send(id, core, (self.tx, &self.invite, &mut self.session), (code, sdp));
        }
    }

    /// A timer of the leg has come.
    pub(crate) fn on_timer(&mut self, id: LegId, core: &mut Core, timer: LegTimer) {
        match (timer, &mut self.reliable, &self.provisional) {
            (LegTimer::Reliable, Some(reliable), _) => reliable.resend(id, core, self.tx),
            (LegTimer::Ringing, Some(reliable), _) => {
                let code = reliable.code();
                self.send_reliably(id, core, code, None);
            }
            (LegTimer::Ringing, None, Some(response)) => {
                core.respond(self.tx, response);
                core.arm(id, LegTimer::Ringing, PROVISIONAL_REPEAT);
            }
            (LegTimer::Glare, ..) => self.session.on_timer(id, core, timer),
            _ => {}
        }
    }

    fn refuse(&self, core: &mut Core, code: u16, cause: Cause, retry_after_s: Option<u32>) {
        let mut response = core.dialog_response(&self.invite, &self.session.dialog, code);
        response.headers.push(HeaderName::Reason, cause::reason(cause));
        if let Some(seconds) = retry_after_s {
            response.headers.push(HeaderName::RetryAfter, seconds.to_string());
        }
        core.respond(self.tx, &response);
    }

    fn answer(self, id: LegId, core: &mut Core, sdp: String) -> Session {
        let Self { tx, invite, mut session, reliable, .. } = self;
        let mut response = core.dialog_response(&invite, &session.dialog, 200);
        if let Some(timer) = session.timer {
            timer.grant(&mut response);
        }
        let offers = session.first == First::Open;
        if offers || session.first == First::OwesAnswer {
            response.set_body(SDP, sdp.as_bytes());
            session.local_sdp = sdp;
        } else if session.local_sdp != sdp {
            // RFC 3262 §5: the descriptions are settled. A change of them follows.
            session.queued = Some(sdp);
        }
        let sent = core.respond(tx, &response);
        disarm(core, id);
        session.unpracked = reliable.and_then(|reliable| reliable.outstanding());
        session.confirm();
        session_timer::restart(core, id, session.timer);
        let number = invite.headers.cseq().map(|(number, _)| number).unwrap_or_default();
        if let Some(sent) = sent {
            session.await_ack(id, core, sent, (number, offers, true));
        }
        session
    }
}

/// Stops the timers that only run before the final response.
fn disarm(core: &mut Core, id: LegId) {
    for timer in [LegTimer::Ringing, LegTimer::Reliable, LegTimer::NoPrack] {
        core.disarm(id, timer);
    }
}

impl Endpoint {
    /// A new INVITE of a known peer.
    pub(crate) fn on_invite(&mut self, arrival: Arrival, peer: Peer) {
        if self.core.draining || self.legs.len() >= LEGS_MAX {
            let mut response = Response::to(&arrival.request, 503, "");
            response.headers.push(HeaderName::RetryAfter, RETRY_AFTER_S.to_string());
            self.finish_with(&arrival, response);
            return;
        }
        let timer = match SessionTimer::of_request(&arrival.request.headers, self.core.setup.policy.session) {
            Ok(timer) => timer,
            Err(TooSmall) => {
                let mut response = Response::to(&arrival.request, 422, "");
                let least = session_timer::least(self.core.setup.policy.session);
                response.headers.push(HeaderName::MinSe, least.to_string());
                self.finish_with(&arrival, response);
                return;
            }
        };
        let replaces = match self.replaced(&arrival.request) {
            Ok(replaces) => replaces,
            Err(code) => return self.finish_with(&arrival, Response::to(&arrival.request, code, "")),
        };
        let core = &mut self.core;
        let contact = core.contact(home_of(arrival.source), &asked_scheme(&arrival.request));
        let hop = hop(&arrival, &peer);
        let Some(dialog) = Dialog::of_invite(&arrival.request, core.dice.tag(), hop, contact) else {
            self.finish_with(&arrival, Response::to(&arrival.request, 400, ""));
            return;
        };
        core.on_caller(arrival.source);
        let (id, tx) = (core.dice.leg(), core.open_server(&arrival.request, &arrival.key, arrival.reply_to));
        core.servers.set_leg(tx, id);
        core.respond(tx, &Response::to(&arrival.request, 100, ""));
        let trunk = if let Peer::Trunk(trunk) = &peer { Some(*trunk) } else { None };
        let incoming = IncomingInvite { replaces, ..caller::describe(core, id, &arrival, peer) };
        let first = if incoming.sdp.is_some() { First::OwesAnswer } else { First::Open };
        let remote = incoming.sdp.clone().unwrap_or_default();
        let mut session = Session::early(dialog, trunk, first, (String::new(), remote));
        session.timer = timer;
        let reliable = Reliable::of_invite(core, &arrival.request);
        let ringing = Ringing { tx, invite: arrival.request, session, provisional: None, reliable, answer: None };
        self.legs.insert(id, Leg::Ringing(Box::new(ringing)));
        self.core.emit(Effect::Incoming(Box::new(incoming)));
    }

    /// Responds to a request in a transaction of its own.
    pub(crate) fn finish_with(&mut self, arrival: &Arrival, mut response: Response) {
        let tag = self.core.dice.tag();
        self.core.finish(&mut response, &tag);
        let tx = self.core.open_server(&arrival.request, &arrival.key, arrival.reply_to);
        self.core.respond(tx, &response);
    }

    /// 180 or 183.
    pub(crate) fn ring(&mut self, id: LegId, sdp: Option<String>) {
        if let Some(ringing) = self.legs.ringing_mut(id) {
            ringing.ring(id, &mut self.core, sdp);
        }
    }

    /// 200, at once or after the PRACK of a description (RFC 3262 §3).
    pub(crate) fn answer(&mut self, id: LegId, sdp: String) {
        let Some(ringing) = self.legs.ringing_mut(id) else { return };
        if ringing.reliable.as_ref().is_some_and(Reliable::holds_description) {
            ringing.answer = Some(sdp);
            return;
        }
        if let Some(Leg::Ringing(ringing)) = self.legs.remove(id) {
            let session = ringing.answer(id, &mut self.core, sdp);
            self.legs.insert(id, Leg::Up(Box::new(session)));
        }
    }

    /// A refusal by the call.
    pub(crate) fn reject(&mut self, id: LegId, cause: Cause, retry_after_s: Option<u32>) {
        let Some(ringing) = self.legs.ringing_mut(id) else { return };
        ringing.refuse(&mut self.core, cause::status(cause), cause, retry_after_s);
        self.forget_ringing(id, cause);
    }

    /// RFC 3262 §3: the caller does not get our provisional responses, and would get no others.
    pub(crate) fn on_no_prack(&mut self, id: LegId) {
        let Some(ringing) = self.legs.ringing_mut(id) else { return };
        ringing.refuse(&mut self.core, 504, Cause::Unreachable, None);
        self.forget_ringing(id, Cause::Unreachable);
    }

    fn forget_ringing(&mut self, id: LegId, cause: Cause) {
        if let Some(Leg::Ringing(mut ringing)) = self.legs.remove(id) {
            ringing.session.refuse_theirs(&mut self.core, 487);
        }
        disarm(&mut self.core, id);
        self.core.disarm(id, LegTimer::Glare);
        self.core.emit(Effect::Ended { leg: id, cause });
    }

    /// PRACK of one of our provisional responses (RFC 3262 §3).
    fn on_prack(&mut self, id: LegId, tx: TxId, request: &Request) {
        let Some(ringing) = self.legs.ringing_mut(id) else { return };
        let core = &mut self.core;
        let session = &mut ringing.session;
        let acknowledged = match &mut ringing.reliable {
            Some(reliable) => reliable.acknowledge(id, core, request, session),
            None => Acknowledged::No,
        };
        let answer = match acknowledged {
            Acknowledged::No => return session.respond(core, tx, request, 481),
            Acknowledged::Unanswered => return session.respond(core, tx, request, 400),
            Acknowledged::Yes(answer) => answer,
        };
        match answer {
            None if request.sdp().is_some() => session.on_prack_offer(id, core, tx, request),
            None => session.respond(core, tx, request, 200),
            Some(sdp) => {
                session.respond(core, tx, request, 200);
                core.emit(Effect::EarlyAnswered { leg: id, sdp });
            }
        }
        if let Some((code, sdp)) = ringing.reliable.as_mut().and_then(Reliable::next) {
            ringing.send_reliably(id, core, code, sdp);
        }
        ringing.session.flush(id, core);
        if let Some(sdp) = ringing.answer.take() {
            self.answer(id, sdp);
        }
    }

    /// CANCEL (§9.2): it has an answer of its own, and stops the INVITE if that has no final response yet.
    pub(crate) fn on_cancel(&mut self, arrival: &Arrival, invite: TxId) {
        let leg = self.core.servers.leg(invite);
        let tag = leg.and_then(|id| match self.legs.leg_mut(id)? {
            Leg::Ringing(ringing) => Some(ringing.session.dialog.local_tag.clone()),
            Leg::Up(session) => Some(session.dialog.local_tag.clone()),
            Leg::Calling(_) => None,
        });
        let tag = tag.unwrap_or_else(|| self.core.dice.tag());
        let tx = self.core.open_server(&arrival.request, &arrival.key, arrival.reply_to);
        let mut response = Response::to(&arrival.request, 200, "");
        self.core.finish(&mut response, &tag);
        self.core.respond(tx, &response);
        let Some(id) = leg else { return };
        match self.legs.leg_mut(id) {
            Some(Leg::Ringing(ringing)) if ringing.tx == invite => {
                ringing.respond(&mut self.core, 487);
                self.forget_ringing(id, Cause::Cancelled);
            }
            Some(Leg::Up(session)) => session.on_cancel(id, &mut self.core, invite),
            _ => {}
        }
    }

    /// A request inside the early dialog of an incoming INVITE.
    pub(crate) fn on_ringing_request(&mut self, id: LegId, arrival: &Arrival) {
        let Some(ringing) = self.legs.ringing_mut(id) else { return };
        let request = &arrival.request;
        let core = &mut self.core;
        let tx = core.open_server(request, &arrival.key, arrival.reply_to);
        let number = request.headers.cseq().map(|(number, _)| number).unwrap_or_default();
        let session = &mut ringing.session;
        if session.dialog.is_out_of_order(number) {
            return session.respond(core, tx, request, 500);
        }
        session.dialog.follow(arrival.source);
        match request.method {
            // §15: the caller may end an early dialog.
            Method::Bye => {
                session.respond(core, tx, request, 200);
                ringing.respond(core, 487);
                self.forget_ringing(id, Cause::Cancelled);
            }
            Method::Prack => self.on_prack(id, tx, request),
            _ => session.on_early_request(id, core, tx, request),
        }
    }

    /// An ACK that no transaction took: it belongs to a 2xx, or to nothing.
    pub(crate) fn on_dialog_ack(&mut self, request: &Request) {
        let found = self.find_dialog(request);
        match found {
            Some(id) if self.legs.session_mut(id).is_some() => {
                self.with_session(id, |session, core| session.on_ack(id, core, request));
            }
            _ => self.core.count(Counter::Retransmission),
        }
    }
}

/// Phones are reached where they were seen, trunks as RFC 3261 says.
fn hop(arrival: &Arrival, peer: &Peer) -> Hop {
    let to = home_of(arrival.source);
    match peer {
        Peer::User(user) => Hop::Home { to, user: Some(user.clone()) },
        Peer::Trunk(_) => Hop::Routed(to),
    }
}
