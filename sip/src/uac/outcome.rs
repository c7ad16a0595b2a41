//! What comes of an outgoing INVITE: progress, answers, refusals; the end of those that nobody wants any more.

use super::forked::Forked;
use super::{Attempt, Early};
use crate::api::Effect;
use crate::cause;
use crate::dialog::Dialog;
use crate::endpoint::Endpoint;
use crate::leg::Leg;
use crate::message::{HeaderName, Method, Response};
use crate::session::{First, Session, authorize};
use crate::session_timer::{self, SessionTimer};
use crate::shared::Core;
use crate::transaction::TxId;
use crate::transaction::client::{Delivery, Outcome, User};
use crate::uac::early::News;
use domain::{Cause, LegId};

/// How often one INVITE is sent again with credentials or another session interval.
const TRIES_MAX: u8 = 4;

impl Endpoint {
    /// What came of an attempt.
    pub(crate) fn on_attempt(&mut self, tx: TxId, attempt: Box<Attempt>, outcome: Outcome) {
        match outcome {
            Outcome::Response(response) if response.code < 200 => self.on_progress(tx, attempt, &response),
            Outcome::Response(response) if response.code < 300 => self.on_answer(tx, attempt, &response),
            Outcome::Response(response) => self.on_refusal(tx, &attempt, &response),
            Outcome::Timeout if self.core.clients.has(tx) => {
                let leg = attempt.leg;
                self.cancel_attempt(tx, attempt, Cause::NoAnswer);
                self.lose(leg, tx, Cause::NoAnswer, None);
            }
            Outcome::Timeout | Outcome::Unreachable
                if attempt.cancelled.is_none()
                    && (self.redirect(tx, &attempt, None) || self.fail_over(tx, &attempt, None)) => {}
            Outcome::Timeout => {
                let cause = if attempt.provisional { Cause::NoAnswer } else { Cause::Unreachable };
                self.lose(attempt.leg, tx, cause, None);
            }
            Outcome::Unreachable => self.lose(attempt.leg, tx, Cause::Unreachable, None),
        }
    }

    fn on_progress(&mut self, tx: TxId, mut attempt: Box<Attempt>, response: &Response) {
        attempt.provisional = true;
        if let Some(cause) = attempt.cancelled {
            self.core.cancel(tx, cause);
        } else if response.code > 100
            && let Some(calling) = self.legs.calling_mut(attempt.leg)
            && let News::Told(sdp) = calling.on_provisional(&mut self.core, (tx, &attempt), response)
        {
            if sdp.is_some() {
                attempt.early_sdp.clone_from(&sdp);
            }
            self.core.emit(Effect::Progress { leg: attempt.leg, status: response.code, sdp });
        }
        self.core.give_back(tx, User::Attempt(attempt));
    }

    /// A 2xx: of the call, of a fork that lost, or one that crossed our CANCEL (§13.2.2.4).
    fn on_answer(&mut self, tx: TxId, attempt: Box<Attempt>, response: &Response) {
        let Some(mut dialog) = attempt.dialog.of_response(response) else {
            self.core.give_back(tx, User::Attempt(attempt));
            return;
        };
        let number = attempt.dialog.local_seq;
        acknowledge(&mut self.core, tx, &dialog, number, attempt.authorization.as_ref());
        let calling = self.legs.calling_mut(attempt.leg).filter(|_| attempt.cancelled.is_none());
        let wanted = calling.is_some();
        let early = calling.and_then(|calling| calling.take_early(tx, &dialog.remote_tag));
        let (id, browser, trunk, wish) = (attempt.leg, attempt.browser, attempt.trunk, attempt.wish);
        if let Some((_, number)) = attempt.numbers.iter().find(|(tag, _)| *tag == dialog.remote_tag) {
            dialog.local_seq = *number;
        }
        let mut attempt = *attempt;
        let preview = attempt.early_sdp.take();
        self.core.give_back(tx, User::Forked(Forked::of(attempt)));
        if !wanted {
            self.hang_up_fork(dialog, Cause::AnsweredElsewhere);
            return;
        }
        match confirmed(early, dialog, response, preview) {
            Ok(mut session) => {
                session.trunk = trunk;
                session.min_se = wish.min_s;
                self.take_answer(id, tx, session, response, browser);
            }
            Err(dialog) => {
                self.hang_up_fork(*dialog, Cause::NoCodec);
                self.fail(id, Some(tx), Cause::NoCodec, None);
            }
        }
    }

    /// The call is answered.
    fn take_answer(&mut self, id: LegId, tx: TxId, mut session: Session, response: &Response, browser: bool) {
        let Some(Leg::Calling(calling)) = self.legs.remove(id) else { return };
        self.leave_early(calling.early);
        self.cancel_all(&calling.attempts, Some(tx), Cause::AnsweredElsewhere);
        if session.local_sdp.is_empty() {
            session.local_sdp = calling.invite.sdp;
            session.queued = calling.queued;
        }
        session.timer = SessionTimer::of_response(&response.headers);
        session_timer::restart(&mut self.core, id, session.timer);
        let sdp = session.remote_sdp.clone();
        self.legs.insert(id, Leg::Up(Box::new(session)));
        self.core.emit(Effect::Answered { leg: id, sdp, browser });
        self.with_session(id, |session, core| session.flush(id, core));
    }

    pub(super) fn hang_up_fork(&mut self, mut dialog: Dialog, cause: Cause) {
        let mut bye = dialog.request(Method::Bye);
        Core::explain(&mut bye, cause);
        let to = dialog.destination(&self.core);
        // If it cannot be sent, nobody is there to hang up on.
        let _ = self.core.request(bye, to, User::Nobody);
    }

    fn on_refusal(&mut self, tx: TxId, attempt: &Attempt, response: &Response) {
        if attempt.cancelled.is_none() && attempt.tries < TRIES_MAX && self.try_again(tx, attempt, response) {
            return;
        }
        if attempt.cancelled.is_none()
            && (self.redirect(tx, attempt, Some(response)) || self.fail_over(tx, attempt, Some(response.code)))
        {
            return;
        }
        self.lose(attempt.leg, tx, cause::from_status(response.code), Some(response.code));
    }

    /// The same INVITE again: with the credentials of the trunk (§22.2), or with the session interval that is asked
    /// for (RFC 4028 §7.3). False if that is not possible.
    fn try_again(&mut self, tx: TxId, attempt: &Attempt, response: &Response) -> bool {
        let core = &mut self.core;
        let mut next = attempt.again();
        if response.code == 422 {
            let Some(wish) = attempt.wish.after(response) else { return false };
            next.wish = wish;
        } else if attempt.authorization.is_none() {
            next.authorization = authorize(core, attempt.trunk, response, &Method::Invite, &attempt.dialog);
        }
        if response.code != 422 && next.authorization.is_none() {
            return false;
        }
        self.replace(tx, next)
    }

    /// Sends an attempt in the place of one that was refused. False if it cannot be sent.
    pub(super) fn replace(&mut self, tx: TxId, next: Box<Attempt>) -> bool {
        let Some(calling) = self.legs.calling_mut(next.leg) else { return false };
        let request = next.request(&self.core, &calling.invite);
        let to = next.dialog.destination(&self.core);
        let Ok(sent) = self.core.request(request, to, User::Attempt(next)) else { return false };
        calling.attempts.retain(|known| *known != tx);
        calling.attempts.push(sent);
        let early = calling.take_all_early(tx);
        self.leave_early(early);
        true
    }

    /// An attempt has failed. The call has failed when all have; the worst news of them is told.
    fn lose(&mut self, id: LegId, tx: TxId, cause: Cause, status: Option<u16>) {
        let Some(calling) = self.legs.calling_mut(id) else { return };
        if !calling.attempts.contains(&tx) {
            return;
        }
        calling.attempts.retain(|known| *known != tx);
        let early = calling.take_all_early(tx);
        if calling.worst.is_none_or(|(worst, _)| weight(cause) > weight(worst)) {
            calling.worst = Some((cause, status));
        }
        let over = calling.attempts.is_empty().then(|| calling.worst.unwrap_or((cause, status)));
        self.leave_early(early);
        if let Some((cause, status)) = over {
            self.fail(id, None, cause, status);
        }
    }

    fn fail(&mut self, id: LegId, but: Option<TxId>, cause: Cause, status: Option<u16>) {
        if let Some(Leg::Calling(calling)) = self.legs.remove(id) {
            self.leave_early(calling.early);
            self.cancel_all(&calling.attempts, but, cause);
            self.core.emit(Effect::Failed { leg: id, cause, status });
        }
    }

    /// The call gives up before the answer.
    pub(crate) fn give_up(&mut self, id: LegId, cause: Cause) {
        if let Some(Leg::Calling(calling)) = self.legs.remove(id) {
            self.leave_early(calling.early);
            self.cancel_all(&calling.attempts, None, cause);
            self.core.emit(Effect::Failed { leg: id, cause: Cause::Cancelled, status: None });
        }
    }

    fn cancel_all(&mut self, attempts: &[TxId], but: Option<TxId>, cause: Cause) {
        for tx in attempts.iter().filter(|tx| Some(**tx) != but) {
            match self.core.take_user(*tx) {
                Some(User::Attempt(attempt)) => self.cancel_attempt(*tx, attempt, cause),
                Some(other) => self.core.give_back(*tx, other),
                None => {}
            }
        }
    }

    /// CANCEL, at once if a provisional response came, else with the first one (§9.1).
    pub(super) fn cancel_attempt(&mut self, tx: TxId, mut attempt: Box<Attempt>, cause: Cause) {
        attempt.cancelled = Some(cause);
        if attempt.provisional {
            self.core.cancel(tx, cause);
        }
        self.core.give_back(tx, User::Attempt(attempt));
    }

    /// What came of any of our requests.
    pub(crate) fn deliver(&mut self, delivery: Delivery) {
        let Delivery { tx, user, outcome } = delivery;
        match user {
            User::Attempt(attempt) => self.on_attempt(tx, attempt, outcome),
            User::Forked(forked) => self.on_forked(tx, forked, &outcome),
            User::Offer(id) => self.on_offer(id, tx, outcome),
            User::Notify(id) => self.with_session(id, |session, core| session.on_notify_outcome(id, core, &outcome)),
            User::Refer(id) => self.with_session(id, |session, core| session.on_refer_outcome(id, core, &outcome)),
            User::Register(at) => self.on_register_outcome(at, &outcome),
            User::TrunkProbe(at) => self.on_trunk_probe(at, tx, &outcome),
            User::PhoneProbe(binding) => self.on_phone_probe(binding, &outcome),
            User::Prack(prack) => self.on_prack_outcome(&prack, &outcome),
            User::Bye(id) => self.with_session(id, |session, core| session.on_bye_outcome(id, core, tx, &outcome)),
            User::Nobody => {
                // A re-INVITE of a session that is gone rings for ever otherwise.
                if matches!(outcome, Outcome::Timeout) {
                    self.core.forget_client(tx);
                }
            }
        }
    }

    /// HangUp in whatever age the leg is.
    pub(crate) fn hang_up(&mut self, id: LegId, cause: Cause) {
        match self.legs.leg_mut(id) {
            Some(Leg::Ringing(_)) => self.reject(id, cause, None),
            Some(Leg::Calling(_)) => self.give_up(id, cause),
            Some(Leg::Up(_)) => self.with_session(id, |session, core| session.end(id, core, cause)),
            // Its host is being looked for.
            None if self.waiting.remove(&id).is_some() => {
                self.core.emit(Effect::Failed { leg: id, cause: Cause::Cancelled, status: None });
            }
            None => {}
        }
    }
}

/// Which of several failures says most to the caller.
const fn weight(cause: Cause) -> u8 {
    match cause {
        Cause::Busy => 3,
        Cause::Declined => 2,
        Cause::Unreachable => 0,
        _ => 1,
    }
}

/// The session that a 2xx confirms. Its description is the answer only if none was settled before (RFC 3262 §5).
///
/// # Errors
/// The dialog, if nobody described the session.
fn confirmed(
    early: Option<Early>,
    dialog: Dialog,
    response: &Response,
    preview: Option<String>,
) -> Result<Session, Box<Dialog>> {
    let said = response.sdp().map(str::to_owned);
    let Some(Early { mut session, preview: own, .. }) = early else {
        let Some(sdp) = said.or(preview) else { return Err(Box::new(dialog)) };
        return Ok(Session::new(dialog, None, String::new(), sdp));
    };
    // §13.2.2.4: the route set is that of the 2xx.
    session.dialog.routes = dialog.routes;
    session.dialog.target = dialog.target;
    session.dialog.allows_update |= dialog.allows_update;
    if session.first != First::Done {
        let Some(sdp) = said.or(own) else { return Err(Box::new(session.dialog)) };
        session.remote_sdp = sdp;
    }
    session.confirm();
    Ok(session)
}

/// Sends the ACK for a 2xx of this dialog; `number`: of its INVITE (§13.2.2.4).
pub(super) fn acknowledge(
    core: &mut Core,
    tx: TxId,
    dialog: &Dialog,
    number: u32,
    authorization: Option<&(HeaderName, String)>,
) {
    let mut ack = dialog.build(Method::Ack, number);
    if let Some((name, value)) = authorization {
        ack.headers.push(name.clone(), value.as_str());
    }
    let to = dialog.destination(core);
    core.acknowledge(tx, &dialog.remote_tag, ack, to);
}
