//! Session timers (RFC 4028): who refreshes, when, and when a silent session ends.

use crate::api::SessionInterval;
use crate::message::{HeaderName, Headers, Request, Response};
use crate::shared::Core;
use crate::timers::LegTimer;
use core::time::Duration;
use domain::LegId;

/// The least session interval that there is, in seconds (§4).
const INTERVAL_MIN_S: u32 = 90;

/// The greatest interval that we keep: a day, so that no peer makes us wait for ever.
pub(crate) const INTERVAL_MAX_S: u32 = 86_400;

/// The least interval that we accept.
pub(crate) fn least(policy: SessionInterval) -> u32 {
    policy.min_s.clamp(INTERVAL_MIN_S, INTERVAL_MAX_S)
}

/// What we ask for in an INVITE (§7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    interval_s: u32,
    /// The greatest Min-SE that anybody on the way has told.
    pub(crate) min_s: u32,
}

impl Wish {
    /// The first one.
    pub(crate) fn of(policy: SessionInterval) -> Self {
        let min_s = least(policy);
        let interval_s = if policy.interval_s == 0 { 0 } else { policy.interval_s.clamp(min_s, INTERVAL_MAX_S) };
        Self { interval_s, min_s }
    }

    /// The next one, after this 422 (§7.3). `None` if it asks for no more than we did, or for too much.
    pub(crate) fn after(self, refusal: &Response) -> Option<Self> {
        let min_s = refusal.headers.min_se().ok()??;
        let greater = min_s > self.min_s && min_s <= INTERVAL_MAX_S;
        (greater && self.interval_s > 0).then_some(Self { interval_s: self.interval_s.max(min_s), min_s })
    }

    /// Writes it into an INVITE. Who answers chooses who refreshes.
    pub(crate) fn ask(self, request: &mut Request) {
        if self.interval_s > 0 {
            request.headers.push(HeaderName::SessionExpires, self.interval_s.to_string());
            request.headers.push(HeaderName::MinSe, self.min_s.to_string());
        }
    }
}

/// The timer of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    /// The session interval in seconds.
    pub(crate) interval_s: u32,
    /// True if we refresh.
    pub(crate) ours: bool,
}

/// The peer asks for a shorter interval than we accept: 422 (§6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooSmall;

impl SessionTimer {
    /// What a request asks for (§9). The peer refreshes if it can. If it can and asks for nothing, we do.
    ///
    /// # Errors
    /// [`TooSmall`], to a peer that knows session timers and can try again.
    pub(crate) fn of_request(headers: &Headers, policy: SessionInterval) -> Result<Option<Self>, TooSmall> {
        let knows = headers.supported().iter().any(|tag| tag.eq_ignore_ascii_case("timer"));
        let least = least(policy);
        let Ok(Some((interval_s, refresher))) = headers.session_expires() else {
            let interval_s = policy.interval_s.max(headers.min_se().ok().flatten().unwrap_or_default()).max(least);
            let wanted = knows && policy.interval_s > 0;
            return Ok(wanted.then_some(Self { interval_s: interval_s.min(INTERVAL_MAX_S), ours: true }));
        };
        if knows && interval_s < least {
            return Err(TooSmall);
        }
        let ours = match refresher.as_deref() {
            Some("uas") => true,
            _ => !knows,
        };
        Ok(Some(Self { interval_s: interval_s.clamp(least, INTERVAL_MAX_S), ours }))
    }

    /// What a 2xx to our request settles (§7.2).
    pub(crate) fn of_response(headers: &Headers) -> Option<Self> {
        let (interval_s, refresher) = headers.session_expires().ok()??;
        let ours = refresher.as_deref() != Some("uas");
        Some(Self { interval_s: interval_s.clamp(INTERVAL_MIN_S, INTERVAL_MAX_S), ours })
    }

    /// Writes the timer into our 2xx (§9).
    pub(crate) fn grant(self, response: &mut Response) {
        let refresher = if self.ours { "uas" } else { "uac" };
        let value = format!("{};refresher={refresher}", self.interval_s);
        response.headers.push(HeaderName::SessionExpires, value);
        if !self.ours {
            response.headers.push(HeaderName::Require, "timer");
        }
    }

    /// Writes the timer into our re-INVITE or UPDATE (§7.4): roles stay as they are, and a Min-SE above the least
    /// that there is is told on.
    pub(crate) fn ask(self, request: &mut Request, min_s: u32) {
        let refresher = if self.ours { "uac" } else { "uas" };
        let value = format!("{};refresher={refresher}", self.interval_s);
        request.headers.push(HeaderName::SessionExpires, value);
        if min_s > INTERVAL_MIN_S {
            request.headers.push(HeaderName::MinSe, min_s.to_string());
        }
    }

    /// How long to wait before a refresh that failed is tried again: often enough before the session ends.
    pub(crate) fn retry_after(self) -> Duration {
        Duration::from_secs(u64::from(self.interval_s)) / 12
    }

    /// Half of the interval, when we refresh (§10).
    fn refresh_after(self) -> Duration {
        Duration::from_secs(u64::from(self.interval_s)) / 2
    }

    /// The interval less the smaller of 32 s and a third of it, when the session ends (§10).
    fn expires_after(self) -> Duration {
        Duration::from_secs(u64::from(self.interval_s - (self.interval_s / 3).min(32)))
    }
}

/// Starts the timers of a session anew, or stops them.
pub(crate) fn restart(core: &mut Core, leg: LegId, timer: Option<SessionTimer>) {
    core.disarm(leg, LegTimer::Refresh);
    core.disarm(leg, LegTimer::Expiry);
    let Some(timer) = timer else { return };
    core.arm(leg, LegTimer::Expiry, timer.expires_after());
    if timer.ours {
        core.arm(leg, LegTimer::Refresh, timer.refresh_after());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(HeaderName, &str)]) -> Headers {
        let mut headers = Headers::default();
        for (name, value) in fields {
            headers.push(name.clone(), *value);
        }
        headers
    }

    fn of_request(headers: &Headers) -> Result<Option<SessionTimer>, TooSmall> {
        SessionTimer::of_request(headers, SessionInterval::default())
    }

    #[test]
    fn who_asks_for_nothing_but_knows_timers_gets_ours_and_others_get_none() {
        let knows = headers(&[(HeaderName::Supported, "timer"), (HeaderName::MinSe, "2000")]);
        assert_eq!(of_request(&knows), Ok(Some(SessionTimer { interval_s: 2000, ours: true })));
        assert_eq!(of_request(&headers(&[])), Ok(None));
        let none = SessionInterval { interval_s: 0, min_s: 90 };
        assert_eq!(SessionTimer::of_request(&knows, none), Ok(None));
    }

    #[test]
    fn the_peer_refreshes_if_it_knows_how_and_we_do_if_not() {
        let knows = headers(&[(HeaderName::SessionExpires, "1800"), (HeaderName::Supported, "timer")]);
        assert_eq!(of_request(&knows), Ok(Some(SessionTimer { interval_s: 1800, ours: false })));
        let by_proxy = headers(&[(HeaderName::SessionExpires, "1800")]);
        assert_eq!(of_request(&by_proxy), Ok(Some(SessionTimer { interval_s: 1800, ours: true })));
        let wishes = headers(&[(HeaderName::SessionExpires, "300;refresher=uas"), (HeaderName::Supported, "timer")]);
        assert_eq!(of_request(&wishes), Ok(Some(SessionTimer { interval_s: 300, ours: true })));
    }

    #[test]
    fn less_than_90_seconds_is_too_small() {
        let short = headers(&[(HeaderName::SessionExpires, "89"), (HeaderName::Supported, "timer")]);
        assert_eq!(of_request(&short), Err(TooSmall));
    }

    #[test]
    fn a_session_is_refreshed_at_half_and_ends_32_seconds_or_a_third_before_its_interval() {
        let long = SessionTimer { interval_s: 1800, ours: true };
        assert_eq!((long.refresh_after().as_secs(), long.expires_after().as_secs()), (900, 1768));
        let short = SessionTimer { interval_s: 90, ours: true };
        assert_eq!((short.refresh_after().as_secs(), short.expires_after().as_secs()), (45, 60));
    }
}
