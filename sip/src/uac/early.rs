//! Early dialogs of an outgoing INVITE (RFC 3261 §12.1.2, RFC 3262 §4): one for each callee that rings.

use super::{Attempt, Calling};
use crate::api::Counter;
use crate::endpoint::Endpoint;
use crate::leg::Leg;
use crate::message::{HeaderName, Method, Response};
use crate::reliable::{RAck, rseq_of};
use crate::request::Arrival;
use crate::session::{First, Session, authorize};
use crate::shared::Core;
use crate::timers::LegTimer;
use crate::transaction::TxId;
use crate::transaction::client::{Outcome, User};
use domain::LegId;

/// Greatest number of early dialogs of one call. More phones do not ring at once; a peer that makes more is broken.
const EARLY_MAX: usize = 32;

/// One early dialog.
pub(crate) struct Early {
    /// The transaction of the INVITE.
    pub(super) tx: TxId,
    /// The dialog.
    pub(super) session: Session,
    /// RSeq of the last response that was acknowledged.
    rseq: Option<u32>,
    /// Early media that need not be the answer.
    pub(super) preview: Option<String>,
}

/// A PRACK under way.
pub(crate) struct Prack {
    leg: LegId,
    ours: String,
    theirs: String,
    rack: RAck,
}

/// What a provisional response is to the call.
pub(super) enum News {
    /// It came before, or too early: nothing is told.
    None,
    /// It is told with this description.
    Told(Option<String>),
}

impl Calling {
    /// The early dialog with these tags.
    pub(crate) fn early_mut(&mut self, ours: &str, theirs: &str) -> Option<&mut Session> {
        let mut sessions = self.early.iter_mut().map(|early| &mut early.session);
        sessions.find(|session| session.dialog.local_tag == ours && session.dialog.remote_tag == theirs)
    }

    /// The early dialog in which the peer's offer waits for the call.
    pub(crate) fn asked_mut(&mut self) -> Option<&mut Session> {
        self.early.iter_mut().map(|early| &mut early.session).find(|session| session.theirs.is_some())
    }

    /// The call wants this offer sent: in every early dialog that allows it, and in those that come.
    pub(crate) fn offer(&mut self, id: LegId, core: &mut Core, sdp: String) {
        for early in &mut self.early {
            early.session.offer(id, core, sdp.clone());
        }
        self.queued = Some(sdp);
    }

    /// A timer of the leg has come.
    pub(crate) fn on_timer(&mut self, id: LegId, core: &mut Core, timer: LegTimer) {
        for early in &mut self.early {
            early.session.on_timer(id, core, timer);
        }
    }

    /// A provisional response above 100: makes its dialog, acknowledges it if that is asked for.
    pub(super) fn on_provisional(
        &mut self,
        core: &mut Core,
        (tx, attempt): (TxId, &Attempt),
        response: &Response,
    ) -> News {
        let sdp = response.sdp().map(str::to_owned);
        let Some(at) = self.early_of(tx, attempt, response) else { return News::Told(sdp) };
        let (id, number) = (attempt.leg, attempt.dialog.local_seq);
        let Some(early) = self.early.get_mut(at) else { return News::Told(sdp) };
        let Some(rseq) = rseq_of(response) else {
            if sdp.is_some() && early.session.first == First::AwaitsAnswer {
                early.preview.clone_from(&sdp);
            }
            return News::Told(sdp);
        };
        if early.rseq.is_some_and(|last| rseq != last.saturating_add(1)) {
            // §4: repeated, or a later one overtook it and comes again.
            core.count(Counter::Retransmission);
            return News::None;
        }
        early.rseq = Some(rseq);
        early.session.prack(id, core, RAck { rseq, number }, None);
        if early.session.first != First::AwaitsAnswer {
            // §5: the answer is settled, and an offer cannot stand here.
            return News::Told(None);
        }
        if let Some(sdp) = &sdp {
            early.session.first = First::Done;
            early.session.remote_sdp.clone_from(sdp);
            early.session.flush(id, core);
        }
        News::Told(sdp)
    }

    /// The place of the dialog of this response; `None` if it makes none.
    fn early_of(&mut self, tx: TxId, attempt: &Attempt, response: &Response) -> Option<usize> {
        let to = response.headers.to().ok()?;
        let tag = to.tag().filter(|tag| !tag.is_empty())?;
        let known = |early: &Early| early.tx == tx && early.session.dialog.remote_tag == tag;
        if let Some(at) = self.early.iter().position(known) {
            let contact = response.headers.contacts().unwrap_or_default().into_iter().next();
            if let Some(early) = self.early.get_mut(at) {
                early.session.dialog.refresh(contact);
            }
            return Some(at);
        }
        if self.early.len() >= EARLY_MAX {
            return None;
        }
        let dialog = attempt.dialog.of_response(response)?;
        let descriptions = (self.invite.sdp.clone(), String::new());
        let mut session = Session::early(dialog, attempt.trunk, First::AwaitsAnswer, descriptions);
        session.queued.clone_from(&self.queued);
        self.early.push(Early { tx, session, rseq: None, preview: None });
        self.early.len().checked_sub(1)
    }

    /// Takes all early dialogs of an INVITE out that was refused.
    pub(super) fn take_all_early(&mut self, tx: TxId) -> Vec<Early> {
        let (lost, rest) = core::mem::take(&mut self.early).into_iter().partition(|early| early.tx == tx);
        self.early = rest;
        lost
    }

    /// Takes the early dialog out that this 2xx confirms.
    pub(super) fn take_early(&mut self, tx: TxId, tag: &str) -> Option<Early> {
        let known = |early: &Early| early.tx == tx && early.session.dialog.remote_tag == tag;
        self.early.iter().position(known).map(|at| self.early.swap_remove(at))
    }
}

impl Session {
    /// PRACK (RFC 3262 §4).
    pub(crate) fn prack(
        &mut self,
        id: LegId,
        core: &mut Core,
        rack: RAck,
        authorization: Option<(HeaderName, String)>,
    ) {
        let mut request = self.dialog.request(Method::Prack);
        request.headers.push(HeaderName::RAck, rack.to_string());
        let user = if authorization.is_none() {
            let (ours, theirs) = (self.dialog.local_tag.clone(), self.dialog.remote_tag.clone());
            User::Prack(Box::new(Prack { leg: id, ours, theirs, rack }))
        } else {
            User::Nobody
        };
        if let Some((name, value)) = authorization {
            request.headers.push(name, value);
        }
        let to = self.dialog.destination(core);
        // If it cannot be sent, the peer gives the INVITE up.
        let _ = core.request(request, to, user);
    }
}

impl Endpoint {
    /// What came of a PRACK: a challenge is answered once, all else is the peer's own business.
    pub(crate) fn on_prack_outcome(&mut self, prack: &Prack, outcome: &Outcome) {
        let Outcome::Response(response) = outcome else { return };
        let session = match self.legs.leg_mut(prack.leg) {
            Some(Leg::Calling(calling)) => calling.early_mut(&prack.ours, &prack.theirs),
            Some(Leg::Up(session)) if session.dialog.remote_tag == prack.theirs => Some(&mut **session),
            _ => None,
        };
        let (core, Some(session)) = (&mut self.core, session) else { return };
        if let Some(authorization) = authorize(core, session.trunk, response, &Method::Prack, &session.dialog) {
            session.prack(prack.leg, core, prack.rack, Some(authorization));
        }
    }

    /// A request inside an early dialog of an outgoing INVITE.
    pub(crate) fn on_calling_request(&mut self, id: LegId, arrival: &Arrival) {
        let request = &arrival.request;
        let (Ok(from), Ok(to)) = (request.headers.from(), request.headers.to()) else { return };
        let (ours, theirs) = (to.tag().unwrap_or_default(), from.tag().unwrap_or_default());
        let calling = self.legs.calling_mut(id);
        let Some(session) = calling.and_then(|calling| calling.early_mut(ours, theirs)) else { return };
        let core = &mut self.core;
        let tx = core.open_server(request, &arrival.key, arrival.reply_to);
        let number = request.headers.cseq().map(|(number, _)| number).unwrap_or_default();
        if session.dialog.is_out_of_order(number) {
            session.respond(core, tx, request, 500);
        } else {
            session.dialog.follow(arrival.source);
            session.on_early_request(id, core, tx, request);
        }
    }

    /// What came of our re-INVITE or UPDATE, in whatever dialog of the leg it was sent.
    pub(crate) fn on_offer(&mut self, id: LegId, tx: TxId, outcome: Outcome) {
        match self.legs.leg_mut(id) {
            Some(Leg::Ringing(ringing)) => ringing.session.on_offer_outcome(id, &mut self.core, tx, outcome),
            Some(Leg::Calling(calling)) => {
                let sent = |early: &&mut Early| early.session.ours.as_ref().is_some_and(|ours| ours.tx == tx);
                if let Some(early) = calling.early.iter_mut().find(sent) {
                    early.session.on_offer_outcome(id, &mut self.core, tx, outcome);
                }
            }
            _ => self.with_session(id, |session, core| session.on_offer_outcome(id, core, tx, outcome)),
        }
    }

    /// Early dialogs of callees that did not get the call: what their peers wait for is refused, and the numbers of
    /// their requests are kept for a 2xx that may still come.
    pub(super) fn leave_early(&mut self, early: Vec<Early>) {
        for mut early in early {
            early.session.refuse_theirs(&mut self.core, 487);
            let dialog = &early.session.dialog;
            match self.core.take_user(early.tx) {
                Some(User::Attempt(mut attempt)) => {
                    attempt.numbers.push((dialog.remote_tag.clone(), dialog.local_seq));
                    self.core.give_back(early.tx, User::Attempt(attempt));
                }
                Some(User::Forked(mut forked)) => {
                    forked.numbers.push((dialog.remote_tag.clone(), dialog.local_seq));
                    self.core.give_back(early.tx, User::Forked(forked));
                }
                Some(other) => self.core.give_back(early.tx, other),
                None => {}
            }
        }
    }
}
