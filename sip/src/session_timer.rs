//! Session timers (RFC 4028): who refreshes, when, and when a silent session ends.

use crate::message::{HeaderName, Headers, Request, Response};
use crate::shared::Core;
use crate::timers::LegTimer;
use core::time::Duration;
use domain::LegId;

/// The least session interval that we accept, in seconds (§4).
pub(crate) const INTERVAL_MIN_S: u32 = 90;

/// The greatest interval that we keep: a day, so that no peer makes us wait for ever.
const INTERVAL_MAX_S: u32 = 86_400;

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
    /// What a request asks for (§9). The peer refreshes if it can.
    ///
    /// # Errors
    /// [`TooSmall`], to a peer that knows session timers and can try again.
    pub(crate) fn of_request(headers: &Headers) -> Result<Option<Self>, TooSmall> {
        let Ok(Some((interval_s, refresher))) = headers.session_expires() else { return Ok(None) };
        let knows = headers.supported().iter().any(|tag| tag.eq_ignore_ascii_case("timer"));
        if knows && interval_s < INTERVAL_MIN_S {
            return Err(TooSmall);
        }
        let ours = match refresher.as_deref() {
            Some("uas") => true,
            _ => !knows,
        };
        Ok(Some(Self { interval_s: interval_s.clamp(INTERVAL_MIN_S, INTERVAL_MAX_S), ours }))
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

    /// Writes the timer into our re-INVITE or UPDATE (§7.4): roles stay as they are.
    pub(crate) fn ask(self, request: &mut Request) {
        let refresher = if self.ours { "uac" } else { "uas" };
        let value = format!("{};refresher={refresher}", self.interval_s);
        request.headers.push(HeaderName::SessionExpires, value);
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

    #[test]
    fn the_peer_refreshes_if_it_knows_how_and_we_do_if_not() {
        let knows = headers(&[(HeaderName::SessionExpires, "1800"), (HeaderName::Supported, "timer")]);
        assert_eq!(SessionTimer::of_request(&knows), Ok(Some(SessionTimer { interval_s: 1800, ours: false })));
        let by_proxy = headers(&[(HeaderName::SessionExpires, "1800")]);
        assert_eq!(SessionTimer::of_request(&by_proxy), Ok(Some(SessionTimer { interval_s: 1800, ours: true })));
        let wishes = headers(&[(HeaderName::SessionExpires, "300;refresher=uas"), (HeaderName::Supported, "timer")]);
        assert_eq!(SessionTimer::of_request(&wishes), Ok(Some(SessionTimer { interval_s: 300, ours: true })));
    }

    #[test]
    fn less_than_90_seconds_is_too_small() {
        let short = headers(&[(HeaderName::SessionExpires, "89"), (HeaderName::Supported, "timer")]);
        assert_eq!(SessionTimer::of_request(&short), Err(TooSmall));
    }

    #[test]
    fn a_session_is_refreshed_at_half_and_ends_32_seconds_or_a_third_before_its_interval() {
        let long = SessionTimer { interval_s: 1800, ours: true };
        assert_eq!((long.refresh_after().as_secs(), long.expires_after().as_secs()), (900, 1768));
        let short = SessionTimer { interval_s: 90, ours: true };
        assert_eq!((short.refresh_after().as_secs(), short.expires_after().as_secs()), (45, 60));
    }
}
