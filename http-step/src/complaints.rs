//! What the log says of requests that fail: never more than a line a second, and of whom was asked the host only.

use domain::{HttpAnswer, HttpOrigin};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(1);

/// When the log was last told, and of how many it was not told since.
#[derive(Default)]
pub(crate) struct Complaints(Mutex<(Option<Instant>, u64)>);

impl Complaints {
    pub(crate) fn tell(&self, origin: &HttpOrigin, answer: &HttpAnswer) {
        let why = match answer {
            HttpAnswer::Taken(_) | HttpAnswer::NotFound => return,
            HttpAnswer::TimedOut => "it took too long".to_owned(),
            HttpAnswer::Failed(failure) => failure.to_string(),
        };
        if let Some(untold) = self.may(Instant::now()) {
            tracing::warn!(host = origin.authority(), untold, "a flow asked over HTTP in vain: {why}");
        }
    }

    /// How many were not told before this one, if this one may be told.
    fn may(&self, now: Instant) -> Option<u64> {
        let (last, untold) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| now.duration_since(last) < EVERY) {
            *untold += 1;
            return None;
        }
        *last = Some(now);
        Some(core::mem::take(untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_second_is_told_and_with_it_how_many_were_not() {
        let (complaints, start) = (Complaints::default(), Instant::now());
        let at = |ms| complaints.may(start + Duration::from_millis(ms));
        assert_eq!([at(0), at(10), at(999), at(1_000), at(2_100)], [Some(0), None, None, Some(2), Some(0)]);
    }
}
