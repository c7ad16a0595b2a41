//! Reliable provisional responses (RFC 3262): those that we send, until their PRACK comes.

use crate::message::{HeaderError, HeaderName, Headers, Method, Request, Response};
use crate::session::{First, Session};
use crate::shared::Core;
use crate::timers::LegTimer;
use crate::transaction::TxId;
use core::time::Duration;
use domain::LegId;
use std::collections::VecDeque;

/// The option tag (§8.1).
pub(crate) const TAG: &str = "100rel";

/// How often a new reliable response follows, so that the timer C of proxies does not end the call (§3).
const REPEAT: Duration = Duration::from_secs(150);

/// Greatest number of responses that wait for the PRACK of the one before them. The call has few things to say
/// before the answer; more than this says nothing new.
const WAITING_MAX: usize = 4;

/// What RAck names (§7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RAck {
    /// RSeq of the response.
    pub(crate) rseq: u32,
    /// CSeq number of the INVITE.
    pub(crate) number: u32,
}

impl RAck {
    /// Of a PRACK; `None` if it is missing, cannot be read, or names another method than INVITE.
    pub(crate) fn of(headers: &Headers) -> Option<Self> {
        let mut words = headers.single(&HeaderName::RAck).ok()?.split_ascii_whitespace();
        let mut number = || words.next()?.parse().ok();
        let (rseq, number) = (number()?, number()?);
        let invite = words.next() == Some(Method::Invite.as_str()) && words.next().is_none();
        invite.then_some(Self { rseq, number })
    }
}

impl core::fmt::Display for RAck {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {} {}", self.rseq, self.number, Method::Invite)
    }
}

/// True if a message names the option tag in this field.
pub(crate) fn has_tag(headers: &Headers, name: &HeaderName) -> bool {
    headers.list(name).iter().any(|tag| tag.eq_ignore_ascii_case(TAG))
}

/// RSeq of a response that is to be acknowledged (§4).
pub(crate) fn rseq_of(response: &Response) -> Option<u32> {
    let is_reliable = response.code > 100 && has_tag(&response.headers, &HeaderName::Require);
    let rseq: Result<Option<u32>, HeaderError> = response.headers.number(&HeaderName::RSeq);
    rseq.ok().flatten().filter(|rseq| is_reliable && *rseq > 0)
}

/// A response that waits for its PRACK.
struct Pending {
    rack: RAck,
    response: Response,
    interval: Duration,
}

/// The reliable responses to one INVITE.
pub(crate) struct Reliable {
    number: u32,
    last: u32,
    /// The status sent last.
    code: u16,
    pending: Option<Pending>,
    waiting: VecDeque<(u16, Option<String>)>,
}

/// What a PRACK did.
pub(crate) enum Acknowledged {
    /// Nothing waits for it: 481 (§3).
    No,
    /// It is to bring the answer to our offer and does not: 400, and the response goes on to be repeated.
    Unanswered,
    /// It is right. The answer to our offer, if one was open.
    Yes(Option<String>),
}

impl Reliable {
    /// For the INVITE with this CSeq number, if its sender knows or wants reliable responses. The first RSeq is
    /// chance, small enough that it never wraps (§3).
    pub(crate) fn of_invite(core: &mut Core, invite: &Request) -> Option<Self> {
        let knows = [HeaderName::Supported, HeaderName::Require].iter().any(|name| has_tag(&invite.headers, name));
        if !knows {
            return None;
        }
        let number = invite.headers.cseq().ok()?.0;
        let last = u32::from_le_bytes(core.dice.bytes()) & 0x3fff_ffff;
        Some(Self { number, last, code: 180, pending: None, waiting: VecDeque::new() })
    }

    /// True if a session description of ours waits for its PRACK: no 2xx may be sent before that (§3).
    pub(crate) fn holds_description(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.response.sdp().is_some())
    }

    /// What a PRACK may still name once the final response is sent.
    pub(crate) fn outstanding(&self) -> Option<RAck> {
        self.pending.as_ref().map(|pending| pending.rack)
    }

    /// Sends a response now, or after the PRACK of the one before it. Gives what was sent.
    pub(crate) fn send(
        &mut self,
        id: LegId,
        core: &mut Core,
        (tx, invite, session): (TxId, &Request, &mut Session),
        (code, sdp): (u16, Option<String>),
    ) {
        if self.pending.is_some() {
            if self.waiting.back() != Some(&(code, sdp.clone())) && self.waiting.len() < WAITING_MAX {
                self.waiting.push_back((code, sdp));
            }
            return;
        }
        (self.last, self.code) = (self.last.saturating_add(1), code);
        let rack = RAck { rseq: self.last, number: self.number };
        let mut response = core.dialog_response(invite, &session.dialog, code);
        core.describe(&mut response);
        response.headers.push(HeaderName::Require, TAG);
        response.headers.push(HeaderName::RSeq, rack.rseq.to_string());
        if let Some(sdp) = session.early_description(id, core, sdp) {
            response.set_body(crate::offer::SDP, sdp.into_bytes());
        }
        core.respond(tx, &response);
        let interval = core.setup.timers.t1;
        core.disarm(id, LegTimer::Ringing);
        core.arm(id, LegTimer::Reliable, interval);
        core.arm(id, LegTimer::NoPrack, interval.saturating_mul(64));
        self.pending = Some(Pending { rack, response, interval });
    }

    /// The status sent last.
    pub(crate) const fn code(&self) -> u16 {
        self.code
    }

    /// Repeats the response whose PRACK has not come. The interval doubles without a bound (§3).
    pub(crate) fn resend(&mut self, id: LegId, core: &mut Core, tx: TxId) {
        let Some(pending) = &mut self.pending else { return };
        pending.interval = pending.interval.saturating_mul(2);
        core.respond(tx, &pending.response);
        core.arm(id, LegTimer::Reliable, pending.interval);
    }

    /// A PRACK has come.
    pub(crate) fn acknowledge(
        &mut self,
        id: LegId,
        core: &mut Core,
        prack: &Request,
        session: &mut Session,
    ) -> Acknowledged {
        let rack = RAck::of(&prack.headers);
        if rack.is_none() || self.outstanding() != rack {
            return Acknowledged::No;
        }
        let answer = prack.sdp().filter(|_| session.first == First::AwaitsAnswer).map(str::to_owned);
        if self.holds_description() {
            match (session.first, &answer) {
                (First::AwaitsAnswer, None) => return Acknowledged::Unanswered,
                (First::AwaitsAnswer, Some(answer)) => session.remote_sdp.clone_from(answer),
                _ => {}
            }
            session.first = First::Done;
        }
        self.pending = None;
        core.disarm(id, LegTimer::Reliable);
        core.disarm(id, LegTimer::NoPrack);
        core.arm(id, LegTimer::Ringing, REPEAT);
        Acknowledged::Yes(answer)
    }

    /// The next response that waits, if none is pending.
    pub(crate) fn next(&mut self) -> Option<(u16, Option<String>)> {
        if self.pending.is_some() { None } else { self.waiting.pop_front() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rack(value: &str) -> Option<RAck> {
        let mut headers = Headers::default();
        headers.push(HeaderName::RAck, value);
        RAck::of(&headers)
    }

    #[test]
    fn rack_is_two_numbers_and_the_method() {
        assert_eq!(rack("776656 1 INVITE"), Some(RAck { rseq: 776_656, number: 1 }));
        for wrong in ["", "1", "1 2", "1 2 BYE", "1 2 INVITE 3", "-1 2 INVITE", "4294967296 1 INVITE", "a b INVITE"] {
            assert_eq!(rack(wrong), None, "{wrong}");
        }
    }
}
