//! Whether a caller may be offered a call back: the capacity test.

use core::time::Duration;
use domain::{CallbackRefusal, Instant};

/// How long an arrival counts when the load of a queue is reckoned: of those that came so long ago a third counts.
const LOAD_WINDOW: Duration = Duration::from_secs(900);

/// Arrivals of live callers, each counting less the longer ago it was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    weight: f64,
    at: Instant,
}

impl Load {
    fn faded(self, now: Instant) -> f64 {
        self.weight * (-now.since(self.at).as_secs_f64() / LOAD_WINDOW.as_secs_f64()).exp()
    }

    /// A caller came.
    pub fn arrived(&mut self, now: Instant) {
        *self = Self { weight: self.faded(now) + 1.0, at: now };
    }

    /// Callers per second.
    #[must_use]
    pub fn rate(self, now: Instant) -> f64 {
        self.faded(now) / LOAD_WINDOW.as_secs_f64()
    }
}

/// What a queue is like at the moment of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Agents of the queue who are signed in and not away.
    pub staffed: u32,
    /// What one who came now would wait, in seconds; `None`: unknown.
    pub expected_s: Option<f64>,
    /// Calls back of the queue that are not over.
    pub open: u32,
    /// How long an agent has a live contact of the queue in hand, on average today, in seconds; `None`: unknown yet.
    pub handle_s: Option<f64>,
    /// Live callers per second.
    pub rate: f64,
}

/// When a queue offers to call back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapacityTest {
    /// Offered when the expected wait is at least so long; zero: always.
    pub min_wait: Duration,
    /// More calls back than this are not open at once.
    pub most_open: u32,
    /// Not offered when the calls back that are open, and this one, would keep the agents busy for longer.
    pub within: Duration,
    /// Not offered when live callers alone need more of the agents' time than this, in percent of all of it.
    pub most_load_percent: u32,
}

impl CapacityTest {
    /// Whether a caller may be offered a call back: the wait is long enough to be worth it, and live callers would not pay
    /// for it. While as many come as can be served, whoever is called back takes the place of one who gives up, so that
    /// live callers wait longer: then none is offered.
    ///
    /// # Errors
    /// Why not: the first reason that holds.
    pub fn offers(&self, standing: &Standing) -> Result<(), CallbackRefusal> {
        let long = standing.expected_s.is_some_and(|mean_s| mean_s >= self.min_wait.as_secs_f64());
        if !self.min_wait.is_zero() && !long {
            return Err(CallbackRefusal::ShortWait);
        }
        if standing.staffed == 0 {
            return Err(CallbackRefusal::NoAgents);
        }
        if standing.open >= self.most_open {
            return Err(CallbackRefusal::ManyOpen);
        }
        let Some(handle_s) = standing.handle_s else { return Ok(()) };
        let load = standing.rate * handle_s / f64::from(standing.staffed);
        let backlog_s = f64::from(standing.open + 1) * handle_s / f64::from(standing.staffed);
        match (load * 100.0 <= f64::from(self.most_load_percent), backlog_s <= self.within.as_secs_f64()) {
            (true, true) => Ok(()),
            (false, _) => Err(CallbackRefusal::Load),
            (true, false) => Err(CallbackRefusal::Backlog),
        }
    }
}
