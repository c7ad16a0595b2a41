//! REFER (RFC 3515) received in a session, and what its sender is notified of. Replaces (RFC 3891) in both of its
//! places: in Refer-To and in an INVITE.

use crate::api::{Effect, Replaced};
use crate::cause;
use crate::endpoint::Endpoint;
use crate::leg::Leg;
use crate::message::{HeaderName, Method, NameAddr, Params, Request, reason_phrase};
use crate::request::Arrival;
use crate::session::{Closing, Session};
use crate::shared::Core;
use crate::timers::LegTimer;
use crate::transaction::TxId;
use crate::transaction::client::{Outcome, User};
use core::time::Duration;
use domain::{Cause, LegId};

/// Seconds for which the sender of a REFER is notified: longer than phones ring.
const EXPIRES_S: u64 = 180;

/// The media type of a piece of a SIP message (RFC 3420).
const SIPFRAG: &str = "message/sipfrag;version=2.0";

/// The peer's REFER.
pub(crate) struct Referral {
    /// Present until the call has decided.
    asked: Option<(TxId, Request)>,
    /// The value of Event.
    event: String,
    /// The peer wants no notifications (RFC 4488).
    silent: bool,
    /// What was notified last.
    status: u16,
}

/// What a REFER asks for.
pub(crate) struct Wish {
    to: String,
    replaces: Option<Replaced>,
    referred_by: Option<String>,
}

impl Replaced {
    /// Reads the value of Replaces. `None` if it lacks what it must have (RFC 3891 §6.1).
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (call_id, params) = value.split_once(';')?;
        let params = Params::parse(params)?;
        // §6.1: a tag of 0 is that of a peer which gives none.
        let tag = |name: &str| params.get(name).map(|tag| if tag == "0" { "" } else { tag }.to_owned());
        let (to_tag, from_tag) = (tag("to-tag")?, tag("from-tag")?);
        let call_id = call_id.trim();
        let early_only = params.has("early-only");
        (!call_id.is_empty()).then(|| Self { leg: None, call_id: call_id.to_owned(), to_tag, from_tag, early_only })
    }
}

/// The value of Replaces, for an INVITE to who has the dialog.
impl core::fmt::Display for Replaced {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let tag = |tag: &str| if tag.is_empty() { "0".to_owned() } else { tag.to_owned() };
        write!(f, "{};to-tag={};from-tag={}", self.call_id, tag(&self.to_tag), tag(&self.from_tag))?;
        if self.early_only { f.write_str(";early-only") } else { Ok(()) }
    }
}

impl Wish {
    /// Of a REFER.
    ///
    /// # Errors
    /// The status that refuses it.
    fn of(request: &Request) -> Result<Self, u16> {
        let headers = &request.headers;
        let to = headers.single(&HeaderName::ReferTo).ok().and_then(NameAddr::parse).ok_or(400_u16)?;
        let mut uri = to.uri;
        if uri.params.get("method").is_some_and(|method| method != Method::Invite.as_str()) {
            // §2.4.2: other things than calls are not done for anybody.
            return Err(603);
        }
        let replaces = match uri.header(HeaderName::Replaces.as_str()) {
            Some(value) => Some(Replaced::parse(&value).ok_or(400_u16)?),
            None => None,
        };
        uri.headers.clear();
        uri.params.remove("method");
        let referred_by = headers.first(&HeaderName::ReferredBy).and_then(NameAddr::parse);
        Ok(Self { to: uri.to_string(), replaces, referred_by: referred_by.map(|by| by.uri.to_string()) })
    }
}

impl Session {
    fn on_refer(&mut self, id: LegId, core: &mut Core, arrival: &Arrival, wish: Result<Wish, u16>) {
        let request = &arrival.request;
        let Some(tx) = self.enter(core, arrival) else { return };
        let wish = match wish {
            Ok(wish) => wish,
            Err(code) => return self.respond(core, tx, request, code),
        };
        if self.referral.is_some() {
            self.respond(core, tx, request, 491);
            return;
        }
        self.refers = self.refers.saturating_add(1);
        let number = request.headers.cseq().map(|(number, _)| number).unwrap_or_default();
        // §2.4.6: all but the first are told apart by the number of their REFER.
        let event = if self.refers == 1 { "refer".to_owned() } else { format!("refer;id={number}") };
        let silent = request
            .headers
            .first(&HeaderName::ReferSub)
            .is_some_and(|value| value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("false"));
        self.referral = Some(Referral { asked: Some((tx, request.clone())), event, silent, status: 100 });
        let Wish { to, replaces, referred_by } = wish;
        core.emit(Effect::Referred { leg: id, to, replaces, referred_by });
    }

    /// The call will do it: 202, and the first NOTIFY at once (§2.4.4).
    pub(crate) fn accept_refer(&mut self, id: LegId, core: &mut Core) {
        let Some(referral) = &mut self.referral else { return };
        let Some((tx, request)) = referral.asked.take() else { return };
        let silent = referral.silent;
        let mut response = core.dialog_response(&request, &self.dialog, 202);
        if silent {
            response.headers.push(HeaderName::ReferSub, "false");
        }
        core.respond(tx, &response);
        if silent {
            self.referral = None;
        } else {
            core.arm(id, LegTimer::Refer, Duration::from_secs(EXPIRES_S));
            self.refer_progress(id, core, 100);
        }
    }

    /// The call will not.
    pub(crate) fn refuse_refer(&mut self, core: &mut Core, code: u16) {
        let Some(referral) = self.referral.take_if(|referral| referral.asked.is_some()) else { return };
        if let Some((tx, request)) = referral.asked {
            self.respond(core, tx, &request, code);
        }
    }

    /// How far the call to the target is. A final status ends the subscription.
    pub(crate) fn refer_progress(&mut self, id: LegId, core: &mut Core, status: u16) {
        let Some(referral) = self.referral.as_mut().filter(|referral| referral.asked.is_none()) else { return };
        referral.status = status;
        if status < 200 {
            let left = core.deadline_of(id, LegTimer::Refer).map_or(0, |at| at.since(core.now).as_secs());
            self.notify(id, core, &format!("active;expires={left}"));
        } else {
            self.notify(id, core, "terminated;reason=noresource");
            self.forget_referral(id, core);
        }
    }

    /// The subscription has lasted long enough.
    pub(crate) fn on_refer_expiry(&mut self, id: LegId, core: &mut Core) {
        self.notify(id, core, "terminated;reason=timeout");
        self.forget_referral(id, core);
    }

    fn forget_referral(&mut self, id: LegId, core: &mut Core) {
        core.disarm(id, LegTimer::Refer);
        self.referral = None;
    }

    fn notify(&mut self, id: LegId, core: &mut Core, state: &str) {
        let Some(referral) = &self.referral else { return };
        let mut request = self.dialog.request(Method::Notify);
        request.headers.push(HeaderName::Event, referral.event.as_str());
        request.headers.push(HeaderName::SubscriptionState, state);
        let body = format!("SIP/2.0 {} {}\r\n", referral.status, reason_phrase(referral.status));
        request.set_body(SIPFRAG, body.into_bytes());
        let to = self.dialog.destination(core);
        if core.request(request, to, User::Notify(id)).is_err() {
            self.forget_referral(id, core);
        }
    }

    /// What came of a NOTIFY: who does not know the subscription, or is gone, gets no more (RFC 6665 §4.2.2).
    pub(crate) fn on_notify_outcome(&mut self, id: LegId, core: &mut Core, outcome: &Outcome) {
        let gone = match outcome {
            Outcome::Response(response) => {
                matches!(response.code, 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604)
            }
            Outcome::Timeout | Outcome::Unreachable => true,
        };
        if gone && self.referral.as_ref().is_some_and(|referral| referral.asked.is_none()) {
            self.forget_referral(id, core);
        }
    }
}

impl Endpoint {
    /// REFER in a session.
    pub(crate) fn on_refer(&mut self, id: LegId, arrival: &Arrival) {
        let mut wish = Wish::of(&arrival.request);
        if let Ok(Wish { replaces: Some(replaced), .. }) = &mut wish {
            replaced.leg = self.find_leg(&replaced.call_id, &replaced.to_tag, &replaced.from_tag);
        }
        self.with_session(id, |session, core| session.on_refer(id, core, arrival, wish));
    }

    /// The call has decided about a REFER.
    pub(crate) fn answer_refer(&mut self, id: LegId, refused: Option<Cause>) {
        self.with_session(id, |session, core| match refused {
            None => session.accept_refer(id, core),
            Some(cause) => session.refuse_refer(core, cause::status(cause)),
        });
    }

    /// The leg that a new INVITE wants to take the place of (RFC 3891 §3).
    ///
    /// # Errors
    /// The status that refuses the INVITE.
    pub(crate) fn replaced(&mut self, invite: &Request) -> Result<Option<LegId>, u16> {
        if !invite.headers.has(&HeaderName::Replaces) {
            return Ok(None);
        }
        let value = invite.headers.single(&HeaderName::Replaces).map_err(|_| 400_u16)?;
        let Replaced { call_id, to_tag, from_tag, early_only, .. } = Replaced::parse(value).ok_or(400_u16)?;
        let id = self.find_leg(&call_id, &to_tag, &from_tag).ok_or(481_u16)?;
        match self.legs.leg_mut(id) {
            Some(Leg::Up(session)) if session.closing.is_some() => Err(603),
            Some(Leg::Up(_)) if early_only => Err(486),
            Some(Leg::Up(_) | Leg::Calling(_)) => Ok(Some(id)),
            // An early dialog that the other side began cannot be replaced.
            Some(Leg::Ringing(_)) | None => Err(481),
        }
    }
}

impl Closing {
    /// True when nothing more is to be sent for the INVITE usage.
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_names_a_dialog_by_call_id_and_both_tags() {
        let read = Replaced::parse("98732@sip.example.com;from-tag=r33th4x0r ;to-tag=ff87ff;early-only").unwrap();
        assert_eq!(
            (read.call_id.as_str(), read.to_tag.as_str(), read.from_tag.as_str()),
            ("98732@sip.example.com", "ff87ff", "r33th4x0r")
        );
        assert!(read.early_only);
        assert_eq!(Replaced::parse(&read.to_string()), Some(read));
        assert_eq!(Replaced::parse("a;to-tag=0;from-tag=1").unwrap().to_tag, "");
        for wrong in ["", "a", "a;to-tag=1", "a;from-tag=1", ";to-tag=1;from-tag=2", "a;to-tag=1;from-tag=\""] {
            assert_eq!(Replaced::parse(wrong), None, "{wrong}");
        }
    }
}
