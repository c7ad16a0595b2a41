//! A day's contact log as the arrivals of a scenario.

use super::distribution::Distribution;
use super::scenario::{Arrivals, ContactType, Logged, Run};
use domain::{QueueExit, Visit};

/// Why a log cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No contacts.
    #[error("the log has no contacts")]
    Empty,
    /// Nobody was answered, so that nothing is known of the service.
    #[error("no contact of the log was answered: nothing tells how long service takes")]
    NothingAnswered,
}

/// Lets the contacts of a log be those of a type.
///
/// They arrive as long after `origin_ms` as they did. Those who were answered are served for as long as they were (talk
/// and hold, then after-contact work); the others, if they are answered now, for as long as one of those. Patience is
/// exponential with the maximum-likelihood mean: all waits of the log divided by the abandons; without an abandon
/// everybody waits for ever.
///
/// # Errors
/// When the log says too little.
pub fn replay(kind: &mut ContactType, log: &[Visit], origin_ms: i64) -> Result<(), Unusable> {
    if log.is_empty() {
        return Err(Unusable::Empty);
    }
    if !log.iter().any(|visit| visit.exit == QueueExit::Answered) {
        return Err(Unusable::NothingAnswered);
    }
    let abandons = log.iter().filter(|visit| visit.exit == QueueExit::Abandoned).count();
    let waits_ms: f64 = log.iter().map(|visit| visit.wait_ms() as f64).sum();
    let mean_s = waits_ms / 1_000.0 / abandons.max(1) as f64;
    kind.patience = (abandons > 0).then(|| Distribution::Exp(mean_s.clamp(1e-3, 1e7)));
    let mut contacts: Vec<Logged> = log.iter().map(|visit| logged(visit, origin_ms)).collect();
    contacts.sort_by_key(|contact| contact.at_us);
    kind.arrivals = Arrivals::Logged(contacts);
    Ok(())
}

fn logged(visit: &Visit, origin_ms: i64) -> Logged {
    let micros = |millis: u64| millis.saturating_mul(1_000);
    let since = if visit.enter_ms > origin_ms { visit.enter_ms.abs_diff(origin_ms) } else { 0 };
    let answered = visit.exit == QueueExit::Answered;
    Logged {
        at_us: micros(since),
        service_us: answered.then(|| micros(visit.talk_ms.saturating_add(visit.hold_ms))),
        wrap_up_us: micros(visit.acw_ms),
    }
}

impl Run {
    /// Measures every contact of a log, once for each replication: the day begins with an empty centre.
    pub const fn whole_log(&mut self, contacts: u64) {
        self.calls = contacts;
        self.warmup_calls = 0;
        self.until_s = None;
    }
}
