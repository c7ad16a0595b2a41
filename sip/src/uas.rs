//! An incoming INVITE from its arrival to its final response (RFC 3261 §13.3, §9.2).

use crate::api::{Counter, Effect, IncomingInvite, Peer, Transport};
use crate::cause;
use crate::dialog::{Dialog, Hop};
use crate::endpoint::Endpoint;
use crate::leg::Leg;
use crate::message::{HeaderName, Method, NameAddr, Request, Response};
use crate::offer::SDP;
use crate::request::Arrival;
use crate::session::Session;
use crate::session_timer::{self, INTERVAL_MIN_S, SessionTimer, TooSmall};
use crate::shared::{Core, LEGS_MAX, RETRY_AFTER_S, home_of};
use crate::timers::LegTimer;
use crate::transaction::TxId;
use core::time::Duration;
use domain::{Cause, LegId, TrunkId};

/// How often a provisional response is repeated, so that the timer C of proxies does not end the call (§13.3.1.1).
const PROVISIONAL_REPEAT: Duration = Duration::from_secs(60);

/// An incoming INVITE without a final response.
pub(crate) struct Ringing {
    /// Its transaction.
    pub(crate) tx: TxId,
    /// The INVITE, to which the final response belongs.
    pub(crate) invite: Request,
    /// The early dialog.
    pub(crate) dialog: Dialog,
    trunk: Option<TrunkId>,
    timer: Option<SessionTimer>,
    provisional: Option<Response>,
}

impl Ringing {
    fn respond(&self, core: &mut Core, code: u16) {
        let response = core.dialog_response(&self.invite, &self.dialog, code);
        core.respond(self.tx, &response);
    }

    fn ring(&mut self, id: LegId, core: &mut Core, sdp: Option<&str>) {
        let code = if sdp.is_some() { 183 } else { 180 };
        let mut response = core.dialog_response(&self.invite, &self.dialog, code);
        if let Some(sdp) = sdp {
            response.set_body(SDP, sdp.as_bytes());
        }
        core.respond(self.tx, &response);
        core.arm(id, LegTimer::Ringing, PROVISIONAL_REPEAT);
        self.provisional = Some(response);
    }

    /// Repeats the last provisional response.
    pub(crate) fn on_timer(&self, id: LegId, core: &mut Core) {
        if let Some(response) = &self.provisional {
            core.respond(self.tx, response);
            core.arm(id, LegTimer::Ringing, PROVISIONAL_REPEAT);
        }
    }

    fn refuse(&self, core: &mut Core, cause: Cause, retry_after_s: Option<u32>) {
        let mut response = core.dialog_response(&self.invite, &self.dialog, cause::status(cause));
        response.headers.push(HeaderName::Reason, cause::reason(cause));
        if let Some(seconds) = retry_after_s {
            response.headers.push(HeaderName::RetryAfter, seconds.to_string());
        }
        core.respond(self.tx, &response);
    }

    fn answer(self, id: LegId, core: &mut Core, sdp: String) -> Session {
        let mut response = core.dialog_response(&self.invite, &self.dialog, 200);
        if let Some(timer) = self.timer {
            timer.grant(&mut response);
        }
        response.set_body(SDP, sdp.as_bytes());
        let sent = core.respond(self.tx, &response);
        core.disarm(id, LegTimer::Ringing);
        let remote = self.invite.sdp().map(str::to_owned);
        let number = self.dialog.remote_seq.unwrap_or_default();
        let number = self.invite.headers.cseq().map_or(number, |(number, _)| number);
        let offers = remote.is_none();
        let mut session = Session::new(self.dialog, self.trunk, sdp, remote.unwrap_or_default());
        session.timer = self.timer;
        session_timer::restart(core, id, self.timer);
        if let Some(sent) = sent {
            session.await_ack(id, core, sent, (number, offers, true));
        }
        session
    }

    /// A request inside the early dialog, BYE apart. We have no reliable provisional responses, so an offer
    /// cannot be answered before the call is (RFC 3311 §5.2).
    fn on_request(&mut self, id: LegId, core: &mut Core, tx: TxId, request: &Request) {
        let code = match request.method {
            Method::Info | Method::Options => 200,
            Method::Update if request.sdp().is_none() => 200,
            Method::Update | Method::Invite => 500,
            _ => 405,
        };
        let mut response = core.dialog_response(request, &self.dialog, code);
        if code == 500 {
            response.headers.push(HeaderName::RetryAfter, "2");
        }
        if code == 405 {
            core.describe(&mut response);
        }
        core.respond(tx, &response);
        if let Some(digit) = crate::session::digit(request).filter(|_| request.method == Method::Info) {
            core.emit(Effect::InfoDigit { leg: id, digit });
        }
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
        let timer = match SessionTimer::of_request(&arrival.request.headers) {
            Ok(timer) => timer,
            Err(TooSmall) => {
                let mut response = Response::to(&arrival.request, 422, "");
                response.headers.push(HeaderName::MinSe, INTERVAL_MIN_S.to_string());
                self.finish_with(&arrival, response);
                return;
            }
        };
        let core = &mut self.core;
        let contact = core.contact(home_of(arrival.source));
        let hop = hop(&arrival, &peer);
        let Some(dialog) = Dialog::of_invite(&arrival.request, core.dice.tag(), hop, contact) else {
            self.finish_with(&arrival, Response::to(&arrival.request, 400, ""));
            return;
        };
        let (id, tx) = (core.dice.leg(), core.open_server(&arrival.request, &arrival.key, arrival.reply_to));
        core.servers.set_leg(tx, id);
        core.respond(tx, &Response::to(&arrival.request, 100, ""));
        let trunk = if let Peer::Trunk(trunk) = &peer { Some(*trunk) } else { None };
        let incoming = describe(id, &arrival, peer);
        let ringing = Ringing { tx, invite: arrival.request, dialog, trunk, timer, provisional: None };
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
    pub(crate) fn ring(&mut self, id: LegId, sdp: Option<&str>) {
        if let Some(ringing) = self.legs.ringing_mut(id) {
            ringing.ring(id, &mut self.core, sdp);
        }
    }

    /// 200.
    pub(crate) fn answer(&mut self, id: LegId, sdp: String) {
        if self.legs.ringing_mut(id).is_none() {
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
        ringing.refuse(&mut self.core, cause, retry_after_s);
        self.forget_ringing(id, cause);
    }

    fn forget_ringing(&mut self, id: LegId, cause: Cause) {
        self.legs.remove(id);
        self.core.disarm(id, LegTimer::Ringing);
        self.core.emit(Effect::Ended { leg: id, cause });
    }

    /// CANCEL (§9.2): it has an answer of its own, and stops the INVITE if that has no final response yet.
    pub(crate) fn on_cancel(&mut self, arrival: &Arrival, invite: TxId) {
        let leg = self.core.servers.leg(invite);
        let tag = leg.and_then(|id| match self.legs.leg_mut(id)? {
            Leg::Ringing(ringing) => Some(ringing.dialog.local_tag.clone()),
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
    pub(crate) fn on_early_request(&mut self, id: LegId, arrival: &Arrival) {
        let Some(ringing) = self.legs.ringing_mut(id) else { return };
        let request = &arrival.request;
        let core = &mut self.core;
        let tx = core.open_server(request, &arrival.key, arrival.reply_to);
        let number = request.headers.cseq().map(|(number, _)| number).unwrap_or_default();
        if ringing.dialog.is_out_of_order(number) {
            let response = core.dialog_response(request, &ringing.dialog, 500);
            core.respond(tx, &response);
        } else if request.method == Method::Bye {
            // §15: the caller may end an early dialog.
            let response = core.dialog_response(request, &ringing.dialog, 200);
            core.respond(tx, &response);
            ringing.respond(core, 487);
            self.forget_ringing(id, Cause::Cancelled);
        } else {
            ringing.on_request(id, core, tx, request);
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

fn describe(leg: LegId, arrival: &Arrival, peer: Peer) -> IncomingInvite {
    let request = &arrival.request;
    let caller = caller(request, &peer);
    let ani = caller.as_ref().map(number_of).unwrap_or_default();
    let caller_name = caller.filter(|_| !ani.is_empty()).map(|caller| caller.display).unwrap_or_default();
    IncomingInvite {
        leg,
        peer,
        browser: arrival.source.transport == Transport::Ws,
        dnis: strip_params(&request.uri.user_unescaped()),
        ani,
        caller_name,
        sdp: request.sdp().map(str::to_owned),
    }
}

/// RFC 3325: a trunk asserts who calls, unless the caller asked for privacy.
fn caller(request: &Request, peer: &Peer) -> Option<NameAddr> {
    let headers = &request.headers;
    let private = headers.first(&HeaderName::Privacy).is_some_and(|value| {
        value.split([';', ',']).any(|word| matches!(word.trim().to_ascii_lowercase().as_str(), "id" | "user"))
    });
    let asserted = headers.name_addrs(&HeaderName::PAssertedIdentity).unwrap_or_default().into_iter().next();
    match peer {
        Peer::Trunk(_) if !private => asserted.or_else(|| headers.from().ok()),
        _ => headers.from().ok(),
    }
}

fn number_of(caller: &NameAddr) -> String {
    let user = strip_params(&caller.uri.user_unescaped());
    let hidden = caller.uri.host.to_string().eq_ignore_ascii_case("anonymous.invalid");
    if hidden || user.eq_ignore_ascii_case("anonymous") { String::new() } else { user }
}

/// `+4930;phone-context=…`: the number alone.
fn strip_params(user: &str) -> String {
    user.split(';').next().unwrap_or_default().to_owned()
}
