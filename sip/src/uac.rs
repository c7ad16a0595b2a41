//! An outgoing INVITE from the command to its answer (RFC 3261 §13.2): one attempt for each binding of the callee,
//! all at once. The first answer wins, the others are cancelled.

use crate::api::{Destination, Effect, OutgoingInvite, Target, Transport};
use crate::cause;
use crate::dialog::{Dialog, Hop, resolve};
use crate::endpoint::Endpoint;
use crate::leg::Leg;
use crate::message::{ALLOW, HeaderName, Host, Method, NameAddr, Request, Response, SUPPORTED, Uri};
use crate::offer::SDP;
use crate::session::{Session, authorize};
use crate::session_timer::{self, SessionTimer};
use crate::shared::{Core, LEGS_MAX};
use crate::transaction::TxId;
use crate::transaction::client::{Delivery, Outcome, User};
use domain::{Cause, LegId, TrunkId};

/// An outgoing INVITE without an answer.
pub(crate) struct Calling {
    invite: Box<OutgoingInvite>,
    attempts: Vec<TxId>,
    worst: Option<(Cause, Option<u16>)>,
}

/// One INVITE transaction of an outgoing call, with what its dialogs begin with.
pub(crate) struct Attempt {
    leg: LegId,
    dialog: Dialog,
    browser: bool,
    trunk: Option<TrunkId>,
    /// The credentials of the INVITE, which the ACK repeats (§13.2.2.4).
    authorization: Option<(HeaderName, String)>,
    /// A provisional response came: CANCEL may be sent.
    provisional: bool,
    /// The call does not want it any more.
    cancelled: Option<Cause>,
    /// Early media, for an answer that repeats no description.
    early_sdp: Option<String>,
}

/// One way to the callee.
struct Way {
    uri: Uri,
    to: Destination,
    hop: Hop,
    browser: bool,
    trunk: Option<TrunkId>,
}

impl Endpoint {
    /// Calls somebody.
    pub(crate) fn invite(&mut self, invite: Box<OutgoingInvite>) {
        let id = invite.leg;
        if self.legs.has(id) {
            return;
        }
        if self.legs.len() >= LEGS_MAX {
            self.core.emit(Effect::Failed { leg: id, cause: Cause::Overload, status: None });
            return;
        }
        let ways = match self.ways(&invite.to) {
            Ok(ways) => ways,
            Err(cause) => {
                self.core.emit(Effect::Failed { leg: id, cause, status: None });
                return;
            }
        };
        let attempts: Vec<TxId> = ways.into_iter().filter_map(|way| attempt(&mut self.core, &invite, way)).collect();
        if attempts.is_empty() {
            self.core.emit(Effect::Failed { leg: id, cause: Cause::Unreachable, status: None });
            return;
        }
        self.legs.insert(id, Leg::Calling(Box::new(Calling { invite, attempts, worst: None })));
    }

    fn ways(&self, target: &Target) -> Result<Vec<Way>, Cause> {
        match target {
            Target::Registered(user) => {
                let bindings = self.core.registrar.bindings(user).iter().rev();
                Ok(bindings
                    .map(|binding| Way {
                        uri: binding.contact.clone(),
                        to: binding.to,
                        hop: Hop::Home { to: binding.to, user: Some(user.clone()) },
                        browser: binding.browser,
                        trunk: None,
                    })
                    .collect())
            }
            Target::Uri(text) => {
                let uri = Uri::parse(text).ok().filter(Uri::is_sip).ok_or(Cause::NotFound)?;
                let address = uri.addr().ok_or(Cause::Unreachable)?;
                let to = resolve(&uri, Destination::Udp(address));
                Ok(vec![Way { uri, to, hop: Hop::Routed(to), browser: false, trunk: None }])
            }
            Target::Trunk(id, number) => {
                let trunk = self.core.setup.trunks.iter().find(|trunk| trunk.id == *id).ok_or(Cause::NotFound)?;
                let to = trunk.peer.ok_or(Cause::Unreachable)?;
                let uri = trunk_uri(number, to, &self.core);
                Ok(vec![Way { uri, to, hop: Hop::Routed(to), browser: false, trunk: Some(*id) }])
            }
        }
    }

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
        } else if response.code > 100 && self.legs.calling_mut(attempt.leg).is_some() {
            let sdp = response.sdp().map(str::to_owned);
            if sdp.is_some() {
                attempt.early_sdp.clone_from(&sdp);
            }
            self.core.emit(Effect::Progress { leg: attempt.leg, status: response.code, sdp });
        }
        self.core.give_back(tx, User::Attempt(attempt));
    }

    /// A 2xx: of the call, of a fork that lost, or one that crossed our CANCEL (§13.2.2.4).
    fn on_answer(&mut self, tx: TxId, mut attempt: Box<Attempt>, response: &Response) {
        let Some(dialog) = attempt.dialog.of_response(response) else {
            self.core.give_back(tx, User::Attempt(attempt));
            return;
        };
        acknowledge(&mut self.core, tx, &attempt, &dialog);
        let (id, browser, trunk) = (attempt.leg, attempt.browser, attempt.trunk);
        let answer = response.sdp().map(str::to_owned).or_else(|| attempt.early_sdp.take());
        let wanted = attempt.cancelled.is_none() && self.legs.calling_mut(id).is_some();
        self.core.give_back(tx, User::Attempt(attempt));
        match answer {
            _ if !wanted => self.hang_up_fork(dialog, Cause::AnsweredElsewhere),
            None => {
                self.hang_up_fork(dialog, Cause::NoCodec);
                self.fail(id, Some(tx), Cause::NoCodec, None);
            }
            Some(sdp) => {
                let Some(Leg::Calling(calling)) = self.legs.remove(id) else { return };
                self.cancel_all(&calling.attempts, Some(tx), Cause::AnsweredElsewhere);
                let mut session = Session::new(dialog, trunk, calling.invite.sdp, sdp.clone());
                session.timer = SessionTimer::of_response(&response.headers);
                session_timer::restart(&mut self.core, id, session.timer);
                self.legs.insert(id, Leg::Up(Box::new(session)));
                self.core.emit(Effect::Answered { leg: id, sdp, browser });
            }
        }
    }

    fn hang_up_fork(&mut self, mut dialog: Dialog, cause: Cause) {
        let mut bye = dialog.request(Method::Bye);
        Core::explain(&mut bye, cause);
        let to = dialog.destination(&self.core);
        // If it cannot be sent, nobody is there to hang up on.
        let _ = self.core.request(bye, to, User::Nobody);
    }

    fn on_refusal(&mut self, tx: TxId, attempt: &Attempt, response: &Response) {
        let wanted = attempt.cancelled.is_none() && attempt.authorization.is_none();
        if wanted && self.try_with_credentials(tx, attempt, response) {
            return;
        }
        self.lose(attempt.leg, tx, cause::from_status(response.code), Some(response.code));
    }

    /// §22.2: the same INVITE again with the credentials of the trunk. False if that is not possible.
    fn try_with_credentials(&mut self, tx: TxId, attempt: &Attempt, response: &Response) -> bool {
        let Some(calling) = self.legs.calling_mut(attempt.leg) else { return false };
        let core = &mut self.core;
        let Some(authorization) = authorize(core, attempt.trunk, response, &Method::Invite, &attempt.dialog) else {
            return false;
        };
        let mut next = Box::new(Attempt {
            leg: attempt.leg,
            dialog: attempt.dialog.clone(),
            browser: attempt.browser,
            trunk: attempt.trunk,
            authorization: Some(authorization),
            provisional: false,
            cancelled: None,
            early_sdp: None,
        });
        next.dialog.local_seq = next.dialog.local_seq.saturating_add(1);
        let request = next.request(core, &calling.invite);
        let to = next.dialog.destination(core);
        match core.request(request, to, User::Attempt(next)) {
            Ok(next) => {
                calling.attempts.retain(|known| *known != tx);
                calling.attempts.push(next);
                true
            }
            Err(_) => false,
        }
    }

    /// An attempt has failed. The call has failed when all have; the worst news of them is told.
    fn lose(&mut self, id: LegId, tx: TxId, cause: Cause, status: Option<u16>) {
        let Some(calling) = self.legs.calling_mut(id) else { return };
        if !calling.attempts.contains(&tx) {
            return;
        }
        calling.attempts.retain(|known| *known != tx);
        if calling.worst.is_none_or(|(worst, _)| weight(cause) > weight(worst)) {
            calling.worst = Some((cause, status));
        }
        if calling.attempts.is_empty() {
            let (cause, status) = calling.worst.unwrap_or((cause, status));
            self.fail(id, None, cause, status);
        }
    }

    fn fail(&mut self, id: LegId, but: Option<TxId>, cause: Cause, status: Option<u16>) {
        if let Some(Leg::Calling(calling)) = self.legs.remove(id) {
            self.cancel_all(&calling.attempts, but, cause);
            self.core.emit(Effect::Failed { leg: id, cause, status });
        }
    }

    /// The call gives up before the answer.
    pub(crate) fn give_up(&mut self, id: LegId, cause: Cause) {
        if let Some(Leg::Calling(calling)) = self.legs.remove(id) {
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
    fn cancel_attempt(&mut self, tx: TxId, mut attempt: Box<Attempt>, cause: Cause) {
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
            User::Offer(id) => self.with_session(id, |session, core| session.on_offer_outcome(id, core, tx, outcome)),
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

fn trunk_uri(number: &str, to: Destination, core: &Core) -> Uri {
    let address = match to {
        Destination::Udp(address) | Destination::Tcp(address) => address,
        Destination::Flow(_) => core.setup.advertised,
    };
    let mut uri = Uri::from_addr(number, address);
    if core.transport(to) == Some(Transport::Tcp) {
        uri.params.set("transport", Some("tcp"));
    }
    uri
}

fn attempt(core: &mut Core, invite: &OutgoingInvite, way: Way) -> Option<TxId> {
    let tag = core.dice.tag();
    let callee = match &invite.to {
        Target::Registered(user) => {
            let domain = core.domain();
            Host::parse(&domain).map_or_else(|| way.uri.clone(), |host| Uri::sip(user, host, None))
        }
        Target::Uri(_) | Target::Trunk(..) => way.uri.clone(),
    };
    let dialog = Dialog {
        call_id: core.dice.call_id(),
        remote_tag: String::new(),
        local: caller(core, invite).with_tag(&tag).to_string(),
        local_tag: tag,
        remote: format!("<{callee}>"),
        target: way.uri,
        routes: Vec::new(),
        local_seq: 1,
        remote_seq: None,
        contact: core.contact(way.to),
        hop: way.hop,
        owns_call_id: true,
        allows_update: false,
    };
    let attempt = Attempt {
        leg: invite.leg,
        dialog,
        browser: way.browser,
        trunk: way.trunk,
        authorization: None,
        provisional: false,
        cancelled: None,
        early_sdp: None,
    };
    let request = attempt.request(core, invite);
    core.request(request, way.to, User::Attempt(Box::new(attempt))).ok()
}

/// From and P-Asserted-Identity; RFC 3323 §4.1.1.3 for callers without a number.
fn caller(core: &Core, invite: &OutgoingInvite) -> NameAddr {
    let (user, domain) = match invite.from_user.as_str() {
        "" => ("anonymous", "anonymous.invalid".to_owned()),
        user => (user, core.domain()),
    };
    let host = Host::parse(&domain).unwrap_or_else(|| core.setup.advertised.ip().into());
    let mut address = NameAddr::new(Uri::sip(user, host, None));
    address.display = if invite.from_user.is_empty() { "Anonymous".to_owned() } else { invite.from_name.clone() };
    address
}

impl Attempt {
    /// The INVITE.
    fn request(&self, core: &Core, invite: &OutgoingInvite) -> Request {
        let mut request = self.dialog.build(Method::Invite, self.dialog.local_seq);
        let headers = &mut request.headers;
        headers.push(HeaderName::Allow, ALLOW);
        headers.push(HeaderName::Supported, SUPPORTED.join(", "));
        if invite.from_user.is_empty() {
            headers.push(HeaderName::Privacy, "id");
        } else {
            headers.push(HeaderName::PAssertedIdentity, caller(core, invite).to_string());
        }
        for (name, value) in &invite.headers {
            headers.push(HeaderName::parse(name), value.as_str());
        }
        if let Some((name, value)) = &self.authorization {
            headers.push(name.clone(), value.as_str());
        }
        request.set_body(SDP, invite.sdp.as_bytes());
        request
    }
}

fn acknowledge(core: &mut Core, tx: TxId, attempt: &Attempt, dialog: &Dialog) {
    let mut ack = dialog.build(Method::Ack, dialog.local_seq);
    if let Some((name, value)) = &attempt.authorization {
        ack.headers.push(name.clone(), value.as_str());
    }
    let to = dialog.destination(core);
    core.acknowledge(tx, &dialog.remote_tag, ack, to);
}
