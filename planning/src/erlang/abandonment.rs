//! Erlang A: the birth-death chain with `death(n) = min(n, N)μ + (n − N)⁺θ`.
//!
//! A caller who finds all agents busy and q waiting would, if endlessly patient, wait `V`, the sum of q + 1 exponential
//! times with the rates `R + iθ`, i = 0..q, for those ahead leave by service or impatience. So `exp(−θV)` has the beta
//! distribution with `c = R/θ` and `q + 1`. With the caller's own patience, independent and exponential with θ:
//! answered with `V ≤ t` has the chance `c/(c + q + 1) × P(Beta(c + 1, q + 1) ≥ exp(−θt))`, and still waiting after `t`
//! has `exp(−θt) × P(V > t)`. Both are positive sums over q.

use super::loss::idle_weight;
use super::window::{Departures, Sum, Window};
use super::{Demand, Figures, Outlook, ServiceLevel};

/// Weight above the peak, relative to it, below which longer queues are left out.
const CUT: f64 = 1e-30;

/// A pool of agents in equilibrium.
pub(super) struct Pool {
    /// Arrivals per second.
    arrivals: f64,
    /// Calls that all agents end per second.
    service: f64,
    /// Callers in line who give up, per second and caller.
    impatience: f64,
    /// Share of time with a free agent.
    free: f64,
    /// Share of time with all agents busy and so many waiting.
    queue: Window,
    erlangs: f64,
    agents: f64,
}

impl Pool {
    pub(super) fn new(demand: &Demand, patience_s: f64, agents: u32) -> Self {
        let (arrivals, impatience) = (demand.rate(), 1.0 / patience_s);
        let service = f64::from(agents) / demand.handle_s;
        let peak = ((arrivals - service) / impatience).max(0.0).floor() as u64;
        let mut queue = Window::around(peak, CUT, |waiting| arrivals / (service + (waiting + 1.0) * impatience));
        let idle = if queue.first == 0 { queue.weights[0] * idle_weight(demand.erlangs(), agents) } else { 0.0 };
        let busy = queue.total();
        let free = if idle.is_finite() { idle / (idle + busy) } else { 1.0 };
        queue.weights.iter_mut().for_each(|weight| *weight /= idle + busy);
        Self { arrivals, service, impatience, free, queue, erlangs: demand.erlangs(), agents: f64::from(agents) }
    }

    /// The chance that a caller who finds so many waiting is answered at last.
    fn answered(&self, waiting: f64) -> f64 {
        self.service / (self.service + (waiting + 1.0) * self.impatience)
    }

    pub(super) fn outlook(&self, thresholds_s: &[f64]) -> Outlook {
        let p_answer = self.p_answer();
        let service = thresholds_s.iter().map(|threshold_s| self.service_level(*threshold_s, p_answer)).collect();
        let given_up =
            |(q, share): (f64, f64)| share * (q + 1.0) * self.impatience / (self.service + (q + 1.0) * self.impatience);
        let p_abandon = self.queue.iter().map(given_up).collect::<Sum>().value();
        let mean_wait_s = p_abandon / self.impatience;
        let figures = Figures {
            p_wait: self.queue.total(),
            p_abandon,
            mean_wait_s,
            asa_s: self.answered_wait() / p_answer,
            mean_queue: self.arrivals * mean_wait_s,
            occupancy: self.erlangs * p_answer / self.agents,
        };
        Outlook { figures, service }
    }

    /// Share of callers who are answered.
    fn p_answer(&self) -> f64 {
        let waited = self.queue.iter().map(|(q, share)| share * self.answered(q)).collect::<Sum>().value();
        self.free + waited
    }

    /// The wait of those who are answered, per caller: given that a caller with q ahead is answered, the wait is the
    /// sum of q + 1 exponential times with the rates `R + iθ`, i = 1..q + 1.
    fn answered_wait(&self) -> f64 {
        let step = |place: f64| 1.0 / (self.service + place * self.impatience);
        let mut wait: Sum = (1..=self.queue.first).map(|place| step(place as f64)).collect();
        let mut total = Sum::default();
        for (q, share) in self.queue.iter() {
            wait.add(step(q + 1.0));
            total.add(share * self.answered(q) * wait.value());
        }
        total.value()
    }

    fn service_level(&self, threshold_s: f64, p_answer: f64) -> ServiceLevel {
        let (shape, spent) = (self.service / self.impatience, threshold_s * self.impatience);
        let run = (self.queue.first, self.queue.weights.len());
        let waits = Departures { shape, spent }.up_to(run.0, run.1);
        let answers = Departures { shape: shape + 1.0, spent }.up_to(run.0, run.1);
        let (stays, gone) = ((-spent).exp(), -(-spent).exp_m1());
        let out = self.queue.iter().zip(&waits).map(|((_, share), (_, more))| share * (gone + stays * more));
        let positive = self.free + out.collect::<Sum>().value();
        let soon = self.queue.iter().zip(&answers).map(|((q, share), (_, more))| share * self.answered(q) * more);
        let offered = self.free + soon.collect::<Sum>().value();
        let given_up = (positive - offered).max(0.0);
        ServiceLevel {
            threshold_s,
            offered,
            answered: offered / p_answer,
            no_early: offered / (1.0 - given_up),
            positive,
        }
    }
}
