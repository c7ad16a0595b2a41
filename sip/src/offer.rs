//! Offers inside a session: re-INVITE and UPDATE both ways, glare, refreshes (RFC 3261 §14, RFC 3311, RFC 4028).

use crate::api::{Counter, Effect};
use crate::message::{HeaderName, Method, Request, Response, SUPPORTED};
use crate::reliable::{RAck, rseq_of};
use crate::session::{First, Session, authorize};
use crate::session_timer::{self, INTERVAL_MAX_S, SessionTimer, TooSmall};
use crate::shared::Core;
use crate::timers::LegTimer;
use crate::transaction::TxId;
use crate::transaction::client::{Outcome, User};
use domain::{Cause, LegId};

/// The media type of session descriptions.
pub(crate) const SDP: &str = "application/sdp";

/// A peer whose former offer we still answer may try again within so many milliseconds (§14.2, RFC 3311 §5.2).
const RETRY_AFTER_MAX_MS: u64 = 10_000;

/// Why we send an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The call wants it.
    Change,
    /// The session timer, by re-INVITE with the description that we sent last.
    Refresh,
    /// The session timer, by UPDATE without a body.
    Update,
}

/// Our re-INVITE or UPDATE under way.
pub(crate) struct Ours {
    /// Its transaction.
    pub(crate) tx: TxId,
    purpose: Purpose,
    method: Method,
    sdp: String,
    authenticated: bool,
    /// RSeq of the last reliable response to it.
    rseq: Option<u32>,
    /// The answer, if a reliable response brought it.
    answer: Option<String>,
}

/// The peer's re-INVITE or UPDATE that the call has not answered.
pub(crate) struct Theirs {
    /// Its transaction.
    pub(crate) tx: TxId,
    /// The request.
    pub(crate) request: Request,
    /// What it asks of the session timer, which counts when it is accepted; `None`: it cannot ask.
    refresh: Option<Refresh>,
}

/// The session timer as a request asks for it; without one, there is none from its 2xx on.
#[derive(Clone, Copy)]
struct Refresh(Option<SessionTimer>);

impl Session {
    /// The call wants this offer sent. A newer one takes the place of one that still waits.
    pub(crate) fn offer(&mut self, id: LegId, core: &mut Core, sdp: String) {
        if self.closing.is_none() {
            self.queued = Some(sdp);
            self.flush(id, core);
        }
    }

    /// Sends the offer that waits, if nothing is under way.
    pub(crate) fn flush(&mut self, id: LegId, core: &mut Core) {
        let idle = self.ours.is_none() && self.theirs.is_none() && self.unacked.is_none();
        // RFC 3311 §5.1: only UPDATE can offer in an early dialog, and only when the first exchange is settled.
        let allowed = !self.early || (self.first == First::Done && self.dialog.allows_update);
        if idle
            && allowed
            && !self.glare
            && self.closing.is_none()
            && let Some(sdp) = self.queued.take()
        {
            self.send_offer(id, core, (Purpose::Change, sdp), None);
        }
    }

    /// Our turn to refresh the session. An offer under way does that too, unless it is refused.
    pub(crate) fn refresh(&mut self, id: LegId, core: &mut Core) {
        if self.closing.is_some() {
            return;
        }
        if self.ours.is_some() || self.theirs.is_some() || self.unacked.is_some() {
            core.arm(id, LegTimer::Refresh, core.setup.timers.t2);
            return;
        }
        let purpose = if self.dialog.allows_update { Purpose::Update } else { Purpose::Refresh };
        let sdp = self.local_sdp.clone();
        self.send_offer(id, core, (purpose, sdp), None);
    }

    fn send_offer(
        &mut self,
        id: LegId,
        core: &mut Core,
        (purpose, sdp): (Purpose, String),
        authorization: Option<(HeaderName, String)>,
    ) {
        let method = if self.early || purpose == Purpose::Update { Method::Update } else { Method::Invite };
        let mut request = self.dialog.request(method.clone());
        request.headers.push(HeaderName::Allow, crate::message::ALLOW);
        request.headers.push(HeaderName::Supported, SUPPORTED.join(", "));
        if let Some(timer) = self.timer.filter(|_| !self.early) {
            timer.ask(&mut request, self.min_se);
        }
        let authenticated = authorization.is_some();
        if let Some((name, value)) = authorization {
            request.headers.push(name, value);
        }
        if purpose != Purpose::Update {
            request.set_body(SDP, sdp.as_bytes());
        }
        let to = self.dialog.destination(core);
        match core.request(request, to, User::Offer(id)) {
            Ok(tx) => self.ours = Some(Ours { tx, purpose, method, sdp, authenticated, rseq: None, answer: None }),
            Err(_) => self.refused(id, core, purpose),
        }
    }

    fn refused(&mut self, id: LegId, core: &mut Core, purpose: Purpose) {
        if self.closing.is_some() {
            return;
        }
        if purpose == Purpose::Change {
            core.emit(Effect::ReinviteRefused { leg: id });
        } else if let Some(timer) = self.timer.filter(|timer| timer.ours) {
            core.arm(id, LegTimer::Refresh, timer.retry_after());
        }
    }

    /// What came of our re-INVITE or UPDATE.
    pub(crate) fn on_offer_outcome(&mut self, id: LegId, core: &mut Core, tx: TxId, outcome: Outcome) {
        let Some(mut ours) = self.ours.take_if(|ours| ours.tx == tx) else { return };
        match outcome {
            Outcome::Response(response) if response.code < 200 => {
                self.on_provisional(id, core, &mut ours, &response);
                core.give_back(tx, User::Offer(id));
                self.ours = Some(ours);
                return;
            }
            Outcome::Response(response) if response.code < 300 => self.on_accepted(id, core, ours, &response),
            Outcome::Response(response) => self.on_refused(id, core, ours, &response),
            Outcome::Timeout => {
                core.forget_client(tx);
                // §12.2.1.2: nobody is there any more.
                self.lost(id, core, ours.purpose, Cause::Unreachable);
            }
            // A browser may come back on another connection; the media tell whether it does.
            Outcome::Unreachable => self.refused(id, core, ours.purpose),
        }
        self.flush(id, core);
    }

    /// A reliable response to our re-INVITE is acknowledged like one to an INVITE (RFC 3262 §4).
    fn on_provisional(&mut self, id: LegId, core: &mut Core, ours: &mut Ours, response: &Response) {
        let (Some(rseq), Ok((number, _))) = (rseq_of(response), response.headers.cseq()) else { return };
        if ours.rseq.is_some_and(|last| rseq != last.saturating_add(1)) {
            core.count(Counter::Retransmission);
            return;
        }
        ours.rseq = Some(rseq);
        ours.answer = ours.answer.take().or_else(|| response.sdp().map(str::to_owned));
        self.prack(id, core, RAck { rseq, number }, None);
    }

    fn on_accepted(&mut self, id: LegId, core: &mut Core, ours: Ours, response: &Response) {
        self.dialog.refresh(response.headers.contacts().unwrap_or_default().into_iter().next());
        if ours.method == Method::Invite {
            self.acknowledge(core, ours.tx, response);
        }
        if self.closing.is_some() {
            return;
        }
        // An offer that was made before the answer asked for no timer.
        if ours.method == Method::Invite || ours.purpose == Purpose::Update {
            self.timer = SessionTimer::of_response(&response.headers);
            session_timer::restart(core, id, self.timer);
        }
        if ours.purpose == Purpose::Update {
            return;
        }
        let Some(sdp) = ours.answer.as_deref().or_else(|| response.sdp()) else {
            self.refused(id, core, ours.purpose);
            return;
        };
        self.local_sdp = ours.sdp;
        let changed = self.remote_sdp != sdp;
        sdp.clone_into(&mut self.remote_sdp);
        if ours.purpose == Purpose::Change || changed {
            core.emit(Effect::ReinviteAnswered { leg: id, sdp: sdp.to_owned() });
        }
    }

    /// Sends the ACK for a 2xx to our INVITE (§13.2.2.4).
    pub(crate) fn acknowledge(&self, core: &mut Core, tx: TxId, response: &Response) {
        let number = response.headers.cseq().map(|(number, _)| number).unwrap_or(self.dialog.local_seq);
        let ack = self.dialog.build(Method::Ack, number);
        let to = self.dialog.destination(core);
        core.acknowledge(tx, &self.dialog.remote_tag, ack, to);
    }

    fn on_refused(&mut self, id: LegId, core: &mut Core, ours: Ours, response: &Response) {
        if self.closing.is_some() {
            return;
        }
        if ours.method == Method::Update && ours.purpose == Purpose::Change && !self.early {
            // The answer has come meanwhile: what was refused before it is offered by re-INVITE now.
            self.queued.get_or_insert(ours.sdp);
            return;
        }
        if !ours.authenticated
            && let Some(authorization) = authorize(core, self.trunk, response, &ours.method, &self.dialog)
        {
            self.send_offer(id, core, (ours.purpose, ours.sdp), Some(authorization));
            return;
        }
        match response.code {
            408 => self.lost(id, core, ours.purpose, Cause::Unreachable),
            // §12.2.1.2: the peer knows nothing of this dialog.
            481 => self.lost(id, core, ours.purpose, Cause::PeerError),
            491 => self.on_glare(id, core, ours),
            422 if self.lengthen(response) => {
                self.send_offer(id, core, (ours.purpose, ours.sdp), None);
            }
            405 | 501 if ours.method == Method::Update => {
                self.dialog.allows_update = false;
                if ours.purpose == Purpose::Change {
                    // By re-INVITE, once the call is answered.
                    self.queued.get_or_insert(ours.sdp);
                } else {
                    self.refresh(id, core);
                }
            }
            _ => self.refused(id, core, ours.purpose),
        }
    }

    /// The peer does not know the dialog, or is gone. Before the answer, the INVITE itself will tell.
    fn lost(&mut self, id: LegId, core: &mut Core, purpose: Purpose, cause: Cause) {
        if self.early {
            self.refused(id, core, purpose);
        } else {
            self.end(id, core, cause);
        }
    }

    /// RFC 4028 §7.3: tries again with the interval that the peer asks for. False if that is no longer one.
    fn lengthen(&mut self, response: &Response) -> bool {
        let Some(timer) = &mut self.timer else { return false };
        let least = response.headers.min_se().ok().flatten().unwrap_or_default();
        let longer = least > timer.interval_s && least <= INTERVAL_MAX_S;
        if longer {
            (timer.interval_s, self.min_se) = (least, self.min_se.max(least));
        }
        longer
    }

    /// §14.1: who owns the Call-ID waits longer, so that the other's offer comes first.
    fn on_glare(&mut self, id: LegId, core: &mut Core, ours: Ours) {
        let wait = if self.dialog.owns_call_id { core.dice.between(2_100, 4_000) } else { core.dice.between(0, 2_000) };
        if ours.purpose == Purpose::Change {
            self.queued.get_or_insert(ours.sdp);
            self.glare = true;
            core.arm(id, LegTimer::Glare, wait);
        } else {
            core.arm(id, LegTimer::Refresh, wait);
        }
    }

    /// The peer's re-INVITE.
    pub(crate) fn on_reinvite(&mut self, id: LegId, core: &mut Core, tx: TxId, request: &Request) {
        core.servers.set_leg(tx, id);
        if self.put_off(core, tx, request) {
            return;
        }
        let Some(refresh) = self.refresh_of(core, tx, request) else { return };
        self.presume_ack(id, core);
        self.take_up(id, core, tx, request, Some(refresh));
    }

    /// Refuses a change that crosses one of ours, or one while another of the peer's is open (RFC 3261 §14.2,
    /// RFC 3311 §5.2).
    fn put_off(&mut self, core: &mut Core, tx: TxId, request: &Request) -> bool {
        let crossing = self.ours.as_ref().is_some_and(|ours| ours.purpose != Purpose::Update);
        let unanswered =
            self.unacked.as_ref().is_some_and(|unacked| unacked.offers) || self.first == First::AwaitsAnswer;
        if crossing || unanswered {
            self.respond(core, tx, request, 491);
        } else if self.theirs.is_some() || matches!(self.first, First::Open | First::OwesAnswer) {
            self.respond_later(core, tx, request);
        } else {
            return false;
        }
        true
    }

    /// The peer's UPDATE (RFC 3311 §5.2).
    pub(crate) fn on_update(&mut self, id: LegId, core: &mut Core, tx: TxId, request: &Request) {
        if request.sdp().is_some() && self.put_off(core, tx, request) {
            return;
        }
        let Some(refresh) = self.refresh_of(core, tx, request) else { return };
        // Before the answer it is the INVITE that asks for a timer.
        let refresh = Some(refresh).filter(|_| !self.early);
        if request.sdp().is_some() {
            self.take_up(id, core, tx, request, refresh);
        } else {
            self.retarget(request);
            let response = self.accept(id, core, request, refresh);
            core.respond(tx, &response);
        }
    }

    /// Answers a refresh, or asks the call about a change.
    fn take_up(&mut self, id: LegId, core: &mut Core, tx: TxId, request: &Request, refresh: Option<Refresh>) {
        self.retarget(request);
        let unchanged = request.sdp().is_some_and(|sdp| sdp == self.remote_sdp);
        self.theirs = Some(Theirs { tx, request: request.clone(), refresh });
        if unchanged {
            self.answer_theirs(id, core, self.local_sdp.clone());
            return;
        }
        if request.method == Method::Invite {
            core.respond(tx, &Response::to(request, 100, ""));
        }
        core.emit(Effect::Reinvited { leg: id, sdp: request.sdp().map(str::to_owned) });
    }

    /// The offer of a PRACK (RFC 3262 §5). Its answer must stand in the response.
    pub(crate) fn on_prack_offer(&mut self, id: LegId, core: &mut Core, tx: TxId, request: &Request) {
        if self.first == First::Done && self.theirs.is_none() && self.ours.is_none() {
            self.take_up(id, core, tx, request, None);
        } else {
            self.respond(core, tx, request, 488);
        }
    }

    /// 500 with Retry-After (§14.2).
    pub(crate) fn respond_later(&self, core: &mut Core, tx: TxId, request: &Request) {
        let mut response = core.dialog_response(request, &self.dialog, 500);
        let seconds = core.dice.between(0, RETRY_AFTER_MAX_MS).as_secs();
        response.headers.push(HeaderName::RetryAfter, seconds.to_string());
        core.respond(tx, &response);
    }

    /// What a request asks of the session timer; `None` if it was refused.
    fn refresh_of(&self, core: &mut Core, tx: TxId, request: &Request) -> Option<Refresh> {
        match SessionTimer::of_request(&request.headers, core.setup.policy.session) {
            Ok(timer) => Some(Refresh(timer)),
            Err(TooSmall) => {
                let mut response = core.dialog_response(request, &self.dialog, 422);
                response.headers.push(HeaderName::MinSe, session_timer::least(core.setup.policy.session).to_string());
                core.respond(tx, &response);
                None
            }
        }
    }

    /// Target refresh by a request of the peer (§12.2.2).
    fn retarget(&mut self, request: &Request) {
        self.dialog.refresh(request.headers.contacts().unwrap_or_default().into_iter().next());
    }

    /// The 2xx to a request of the peer. The session timer starts anew with it (RFC 4028 §9).
    fn accept(&mut self, id: LegId, core: &mut Core, request: &Request, refresh: Option<Refresh>) -> Response {
        let mut response = core.dialog_response(request, &self.dialog, 200);
        if let Some(Refresh(timer)) = refresh {
            self.timer = timer;
            session_timer::restart(core, id, timer);
            if let Some(timer) = timer {
                timer.grant(&mut response);
            }
        }
        response
    }

    /// The call answers the peer's offer, or makes one if the peer asked for it.
    pub(crate) fn answer_theirs(&mut self, id: LegId, core: &mut Core, sdp: String) {
        let Some(Theirs { tx, request, refresh }) = self.theirs.take() else { return };
        let mut response = self.accept(id, core, &request, refresh);
        response.set_body(SDP, sdp.as_bytes());
        self.local_sdp = sdp;
        if let Some(offer) = request.sdp() {
            offer.clone_into(&mut self.remote_sdp);
        }
        let sent = core.respond(tx, &response);
        if request.method == Method::Invite {
            let number = request.headers.cseq().map(|(number, _)| number).unwrap_or_default();
            let offers = request.sdp().is_none();
            if let Some(sent) = sent {
                self.await_ack(id, core, sent, (number, offers, false));
            }
        }
        self.flush(id, core);
    }

    /// The call refuses the peer's offer.
    pub(crate) fn refuse_offer(&mut self, id: LegId, core: &mut Core) {
        self.refuse_theirs(core, 488);
        self.flush(id, core);
    }

    /// The peer withdraws its re-INVITE by CANCEL.
    pub(crate) fn on_cancel(&mut self, id: LegId, core: &mut Core, tx: TxId) {
        if self.theirs.as_ref().is_some_and(|theirs| theirs.tx == tx) {
            self.refuse_theirs(core, 487);
            self.flush(id, core);
        }
    }
}
