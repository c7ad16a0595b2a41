//! An answered INVITE usage: the 2xx that waits for its ACK, requests inside the dialog, BYE.

use crate::api::{Counter, Destination, Effect};
use crate::cause;
use crate::dialog::Dialog;
use crate::digest;
use crate::message::{HeaderName, Method, Request, Response};
use crate::offer::{Ours, Theirs};
use crate::refer::Referral;
use crate::reliable::RAck;
use crate::request::Arrival;
use crate::session_timer::{self, SessionTimer};
use crate::shared::Core;
use crate::timers::LegTimer;
use crate::transaction::TxId;
use crate::transaction::client::{Outcome, User};
use core::time::Duration;
use domain::{Cause, LegId, TrunkId};

/// Our 2xx that waits for its ACK (RFC 3261 §13.3.1.4).
pub(crate) struct Unacked {
    /// CSeq number of the INVITE.
    pub(crate) number: u32,
    /// True if it carries our offer: the ACK must bring the answer.
    pub(crate) offers: bool,
    /// True for the 2xx that answered the call.
    pub(crate) first: bool,
    to: Destination,
    bytes: Vec<u8>,
    interval: Duration,
}

/// How far the end of a session is.
pub(crate) enum Closing {
    /// BYE may not be sent before the ACK or its time-out (§15).
    AwaitsAck(Cause),
    /// Our BYE is under way.
    Bye {
        /// Its transaction.
        tx: TxId,
        /// Why, for a second try with credentials.
        cause: Cause,
        /// That second try.
        authenticated: bool,
    },
    /// Nothing more is to be sent.
    Done,
}

/// How far the first exchange of offer and answer is (RFC 3261 §13.2.1, RFC 3262 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// The INVITE that came offered nothing, nor did we.
    Open,
    /// The INVITE that came has an offer, to which nothing was said that counts.
    OwesAnswer,
    /// Our answer is under way in a reliable response whose PRACK has not come.
    Unconfirmed,
    /// Our offer is without an answer that counts.
    AwaitsAnswer,
    /// Both have spoken: each may offer anew.
    Done,
}

/// An INVITE usage that has a dialog: answered, or early.
pub(crate) struct Session {
    /// The dialog.
    pub(crate) dialog: Dialog,
    /// True before the final response to the INVITE.
    pub(crate) early: bool,
    /// The first exchange of descriptions.
    pub(crate) first: First,
    /// The reliable response whose PRACK had not come when the final one was sent.
    pub(crate) unpracked: Option<RAck>,
    /// Whose credentials answer challenges.
    pub(crate) trunk: Option<TrunkId>,
    /// The session description that we sent last.
    pub(crate) local_sdp: String,
    /// The one that the peer sent last; empty before it came.
    pub(crate) remote_sdp: String,
    /// Our 2xx without ACK.
    pub(crate) unacked: Option<Unacked>,
    /// Our re-INVITE or UPDATE under way.
    pub(crate) ours: Option<Ours>,
    /// The offer to be sent when nothing else is under way.
    pub(crate) queued: Option<String>,
    /// True while the wait after 491 lasts.
    pub(crate) glare: bool,
    /// The peer's re-INVITE or UPDATE that the call has not answered.
    pub(crate) theirs: Option<Theirs>,
    /// The peer's REFER, until the last notification.
    pub(crate) referral: Option<Referral>,
    /// Our REFER was sent, and the peer has not told the end of it.
    pub(crate) refers_peer: bool,
    /// How many REFERs came.
    pub(crate) refers: u32,
    /// The greatest Min-SE that anybody on the way has told (RFC 4028 §7.4).
    pub(crate) min_se: u32,
    /// The session timer.
    pub(crate) timer: Option<SessionTimer>,
    /// The end.
    pub(crate) closing: Option<Closing>,
}

impl Session {
    /// A session of this early dialog.
    pub(crate) fn early(
        dialog: Dialog,
        trunk: Option<TrunkId>,
        first: First,
        (local_sdp, remote_sdp): (String, String),
    ) -> Self {
        Self {
            dialog,
            early: true,
            first,
            unpracked: None,
            trunk,
            local_sdp,
            remote_sdp,
            unacked: None,
            ours: None,
            queued: None,
            glare: false,
            theirs: None,
            referral: None,
            refers_peer: false,
            refers: 0,
            min_se: 0,
            timer: None,
            closing: None,
        }
    }

    /// A session of this dialog that was not early before.
    pub(crate) fn new(dialog: Dialog, trunk: Option<TrunkId>, local_sdp: String, remote_sdp: String) -> Self {
        let mut session = Self::early(dialog, trunk, First::Done, (local_sdp, remote_sdp));
        session.early = false;
        session
    }

    /// The INVITE was answered: the descriptions are settled, or about to be by the ACK.
    pub(crate) fn confirm(&mut self) {
        self.early = false;
        self.first = First::Done;
    }

    /// What of the call's early media goes into a reliable response (RFC 3262 §5): the first description, as the
    /// answer to the INVITE or as our offer. A later one is offered when that is allowed.
    pub(crate) fn early_description(&mut self, id: LegId, core: &mut Core, sdp: Option<String>) -> Option<String> {
        let sdp = sdp?;
        match self.first {
            First::OwesAnswer => self.first = First::Unconfirmed,
            First::Open => self.first = First::AwaitsAnswer,
            First::Unconfirmed | First::AwaitsAnswer | First::Done => {
                if sdp != self.local_sdp {
                    self.offer(id, core, sdp);
                }
                return None;
            }
        }
        self.local_sdp.clone_from(&sdp);
        Some(sdp)
    }

    /// True when nothing of it is under way any more.
    pub(crate) fn is_over(&self) -> bool {
        self.closing.as_ref().is_some_and(Closing::is_done) && self.ours.is_none() && self.referral.is_none()
    }

    /// Keeps a 2xx and repeats it until its ACK comes.
    pub(crate) fn await_ack(
        &mut self,
        id: LegId,
        core: &mut Core,
        sent: (Destination, Vec<u8>),
        unacked: (u32, bool, bool),
    ) {
        let interval = core.setup.timers.t1;
        let (number, offers, first) = unacked;
        self.unacked = Some(Unacked { number, offers, first, to: sent.0, bytes: sent.1, interval });
        core.arm(id, LegTimer::Resend, interval);
        core.arm(id, LegTimer::NoAck, interval.saturating_mul(64));
    }

    /// A timer of the leg has come.
    pub(crate) fn on_timer(&mut self, id: LegId, core: &mut Core, timer: LegTimer) {
        match timer {
            LegTimer::Ringing | LegTimer::Reliable | LegTimer::NoPrack | LegTimer::Silence => {}
            LegTimer::Resend => self.resend(id, core),
            LegTimer::NoAck => self.on_no_ack(id, core),
            LegTimer::Glare => {
                self.glare = false;
                self.flush(id, core);
            }
            LegTimer::Refer => self.on_refer_expiry(id, core),
            LegTimer::Refresh => self.refresh(id, core),
            LegTimer::Expiry => self.end(id, core, Cause::SessionExpired),
        }
    }

    fn resend(&mut self, id: LegId, core: &mut Core) {
        let Some(unacked) = &mut self.unacked else { return };
        unacked.interval = unacked.interval.saturating_mul(2).min(core.setup.timers.t2);
        core.send(unacked.to, unacked.bytes.clone());
        core.arm(id, LegTimer::Resend, unacked.interval);
    }

    fn on_no_ack(&mut self, id: LegId, core: &mut Core) {
        self.acked(id, core);
        match self.closing {
            None => self.end(id, core, Cause::Unreachable),
            Some(Closing::AwaitsAck(cause)) => self.send_bye(id, core, cause, None),
            Some(_) => {}
        }
    }

    fn acked(&mut self, id: LegId, core: &mut Core) -> Option<Unacked> {
        core.disarm(id, LegTimer::Resend);
        core.disarm(id, LegTimer::NoAck);
        self.unacked.take()
    }

    /// An ACK inside the dialog. Those for a 2xx that is no longer awaited are repetitions.
    pub(crate) fn on_ack(&mut self, id: LegId, core: &mut Core, request: &Request) {
        let number = request.headers.cseq().map(|(number, _)| number).ok();
        if self.unacked.as_ref().map(|unacked| unacked.number) != number {
            core.count(Counter::Retransmission);
            return;
        }
        let Some(unacked) = self.acked(id, core) else { return };
        if let Some(Closing::AwaitsAck(cause)) = self.closing {
            self.send_bye(id, core, cause, None);
            return;
        }
        let sdp = request.sdp().filter(|_| unacked.offers).map(str::to_owned);
        if let Some(sdp) = &sdp {
            self.remote_sdp.clone_from(sdp);
        }
        if unacked.first || sdp.is_some() {
            core.emit(Effect::Acked { leg: id, sdp });
        }
        self.flush(id, core);
    }

    /// A new INVITE from the peer proves that it has our 2xx, though its ACK was lost (RFC 5407 §3.1.4).
    pub(crate) fn presume_ack(&mut self, id: LegId, core: &mut Core) {
        if let Some(unacked) = self.acked(id, core)
            && unacked.first
        {
            core.emit(Effect::Acked { leg: id, sdp: None });
        }
    }

    /// Opens the transaction of a request inside the dialog. `None` if it was refused (§12.2.2).
    pub(crate) fn enter(&mut self, core: &mut Core, arrival: &Arrival) -> Option<TxId> {
        let request = &arrival.request;
        let tx = core.open_server(request, &arrival.key, arrival.reply_to);
        let number = request.headers.cseq().map(|(number, _)| number).unwrap_or_default();
        if self.dialog.is_out_of_order(number) {
            self.respond(core, tx, request, 500);
            return None;
        }
        if self.closing.is_some() && request.method != Method::Bye {
            self.respond(core, tx, request, 481);
            return None;
        }
        self.dialog.follow(arrival.source);
        Some(tx)
    }

    /// A request inside the dialog, ACK, CANCEL and REFER apart.
    pub(crate) fn on_request(&mut self, id: LegId, core: &mut Core, arrival: &Arrival) {
        let request = &arrival.request;
        let Some(tx) = self.enter(core, arrival) else { return };
        match request.method {
            Method::Bye => self.on_bye(id, core, tx, request),
            Method::Invite => self.on_reinvite(id, core, tx, request),
            Method::Update => self.on_update(id, core, tx, request),
            Method::Prack => {
                let rack = RAck::of(&request.headers);
                let known = rack.is_some() && self.unpracked == rack;
                self.unpracked.take_if(|_| known);
                self.respond(core, tx, request, if known { 200 } else { 481 });
            }
            _ => self.on_other_request(id, core, tx, request),
        }
    }

    /// A request inside the early dialog, ACK and CANCEL apart. BYE and PRACK of who called us are treated before.
    pub(crate) fn on_early_request(&mut self, id: LegId, core: &mut Core, tx: TxId, request: &Request) {
        match request.method {
            Method::Update => self.on_update(id, core, tx, request),
            // §14.2: the first INVITE has no final response.
            Method::Invite => self.respond_later(core, tx, request),
            Method::Bye | Method::Prack => self.respond(core, tx, request, 481),
            // Before the answer there is nobody to be transferred.
            Method::Refer => self.respond(core, tx, request, 603),
            _ => self.on_other_request(id, core, tx, request),
        }
    }

    fn on_other_request(&mut self, id: LegId, core: &mut Core, tx: TxId, request: &Request) {
        match request.method {
            Method::Info => self.on_info(id, core, tx, request),
            Method::Notify if self.refers_peer => self.on_notify(id, core, tx, request),
            Method::Options => {
                let mut response = core.dialog_response(request, &self.dialog, 200);
                response.headers.push(HeaderName::Accept, crate::message::ACCEPT);
                core.respond(tx, &response);
            }
            _ => {
                let mut response = core.dialog_response(request, &self.dialog, 405);
                core.describe(&mut response);
                core.respond(tx, &response);
            }
        }
    }

    /// Responds without a body.
    pub(crate) fn respond(&self, core: &mut Core, tx: TxId, request: &Request, code: u16) {
        let response = core.dialog_response(request, &self.dialog, code);
        core.respond(tx, &response);
    }

    fn on_info(&self, id: LegId, core: &mut Core, tx: TxId, request: &Request) {
        self.respond(core, tx, request, 200);
        if let Some(digit) = digit(request) {
            core.emit(Effect::InfoDigit { leg: id, digit });
        }
    }

    fn on_bye(&mut self, id: LegId, core: &mut Core, tx: TxId, request: &Request) {
        self.respond(core, tx, request, 200);
        self.refuse_theirs(core, 487);
        self.refuse_refer(core, 487);
        self.acked(id, core);
        if self.closing.is_none() {
            let reason = request.headers.first(&HeaderName::Reason).and_then(cause::from_reason);
            self.close(id, core, reason.unwrap_or(Cause::Normal));
        }
        self.closing = Some(Closing::Done);
    }

    /// The peer's offer, if one waits for the call, is refused because the session ends or the peer withdrew it.
    pub(crate) fn refuse_theirs(&mut self, core: &mut Core, code: u16) {
        if let Some(theirs) = self.theirs.take() {
            self.respond(core, theirs.tx, &theirs.request, code);
        }
    }

    /// Ends the session with BYE and tells the call.
    pub(crate) fn end(&mut self, id: LegId, core: &mut Core, cause: Cause) {
        if self.closing.is_some() {
            return;
        }
        self.refuse_theirs(core, 487);
        self.refuse_refer(core, 487);
        self.close(id, core, cause);
        if self.unacked.is_some() {
            self.closing = Some(Closing::AwaitsAck(cause));
        } else {
            self.send_bye(id, core, cause, None);
        }
    }

    /// Tells the call, once, and stops what only a living session needs.
    fn close(&mut self, id: LegId, core: &mut Core, cause: Cause) {
        core.emit(Effect::Ended { leg: id, cause });
        core.disarm(id, LegTimer::Glare);
        session_timer::restart(core, id, None);
        self.queued = None;
        if let Some(ours) = &self.ours {
            core.abandon(ours.tx);
        }
    }

    fn send_bye(&mut self, id: LegId, core: &mut Core, cause: Cause, authorization: Option<(HeaderName, String)>) {
        let mut bye = self.dialog.request(Method::Bye);
        Core::explain(&mut bye, cause);
        let authenticated = authorization.is_some();
        if let Some((name, value)) = authorization {
            bye.headers.push(name, value);
        }
        let to = self.dialog.destination(core);
        self.closing = Some(match core.request(bye, to, User::Bye(id)) {
            Ok(tx) => Closing::Bye { tx, cause, authenticated },
            Err(_) => Closing::Done,
        });
    }

    /// What came of our BYE. Whatever it is, the dialog is over (§15.1.1), but a challenge is answered once, so that
    /// the peer's side is over as well.
    pub(crate) fn on_bye_outcome(&mut self, id: LegId, core: &mut Core, tx: TxId, outcome: &Outcome) {
        let Some(Closing::Bye { tx: ours, cause, authenticated }) = self.closing else { return };
        if tx != ours {
            return;
        }
        self.closing = Some(Closing::Done);
        if let Outcome::Response(response) = outcome
            && !authenticated
            && let Some(authorization) = authorize(core, self.trunk, response, &Method::Bye, &self.dialog)
        {
            self.send_bye(id, core, cause, Some(authorization));
        }
    }
}

/// The header field that answers a challenge with the credentials of the trunk (§22.2, §22.3).
pub(crate) fn authorize(
    core: &mut Core,
    trunk: Option<TrunkId>,
    response: &Response,
    method: &Method,
    dialog: &Dialog,
) -> Option<(HeaderName, String)> {
    let (challenge, answer) = match response.code {
        401 => (HeaderName::WwwAuthenticate, HeaderName::Authorization),
        407 => (HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization),
        _ => return None,
    };
    let cnonce = core.dice.tag();
    let credentials = core.credentials(trunk)?;
    let challenges: Vec<&str> = response.headers.all(&challenge).collect();
    let uri = dialog.build(method.clone(), dialog.local_seq).uri;
    Some((answer, digest::answer(&challenges, method, &uri, credentials, &cnonce)?))
}

/// The digit of an INFO: `Signal=5` of `application/dtmf-relay`, or the text of `application/dtmf`. Some phones
/// write star and hash as their event numbers 10 and 11.
pub(crate) fn digit(request: &Request) -> Option<char> {
    let body = core::str::from_utf8(&request.body).ok()?;
    let signal = match request.headers.content_type()?.as_str() {
        "application/dtmf-relay" => body.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
        })?,
        "application/dtmf" => body.trim(),
        _ => return None,
    };
    let digit = match signal {
        "10" => '*',
        "11" => '#',
        other => other.chars().next().filter(|_| other.len() == 1)?.to_ascii_uppercase(),
    };
    matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D').then_some(digit)
}
