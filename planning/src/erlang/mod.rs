//! Erlang's formulas: loss (B), delay (C), and delay with callers who lose patience (A).
//!
//! Sources: Erlang 1917 (B, C); Palm 1937 (A); Garnett, Mandelbaum and Reiman 2002; Gans, Koole and Mandelbaum 2003.
//! All recursions add positive terms only and are scaled, so that small figures are as exact as large ones: the relative
//! error stays below 1e-9 for 0.001 to 1,000,000 erlangs.
//!
//! ```
//! use planning::erlang::{Demand, outlook};
//!
//! // 100 calls in half an hour of 180 s each, 14 agents.
//! let demand = Demand::new(200.0, 180.0, None).unwrap();
//! let outlook = outlook(&demand, 14, &[20.0]).unwrap().unwrap();
//! assert!((outlook.figures.p_wait - 0.174_131_9).abs() < 1e-7);
//! assert!((outlook.service[0].offered - 0.888_35).abs() < 1e-5);
//! ```

mod abandonment;
mod goal;
mod loss;
mod window;

#[cfg(test)]
mod tests;

pub use goal::{Goal, Metric, Model, Staffing, Variant, staff};
pub use loss::p_block;

use crate::Error;

/// Most agents, and most erlangs, that are reckoned with.
pub const MOST: u32 = 1_000_000;

/// Longest mean handling time, patience and threshold, in seconds (30 years).
const LONGEST_S: f64 = 1e9;

/// What callers ask of a pool of agents: a Poisson stream, exponential handling times, exponential patience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    calls_per_hour: f64,
    handle_s: f64,
    patience_s: Option<f64>,
}

impl Demand {
    /// So many calls per hour with this mean handling time and mean patience, in seconds (`None`: nobody gives up).
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for negative or boundless figures and for more than [`MOST`] erlangs.
    pub fn new(calls_per_hour: f64, handle_s: f64, patience_s: Option<f64>) -> Result<Self, Error> {
        let demand = Self { calls_per_hour, handle_s, patience_s };
        let time = |s: f64| (1e-6..=LONGEST_S).contains(&s);
        if !time(handle_s) {
            return Err(Error::OutOfRange { what: "the mean handling time", range: "0.000001 to 1,000,000,000 s" });
        }
        if patience_s.is_some_and(|s| !time(s)) {
            return Err(Error::OutOfRange { what: "the mean patience", range: "0.000001 to 1,000,000,000 s" });
        }
        if !(calls_per_hour >= 0.0 && demand.erlangs() <= f64::from(MOST)) {
            return Err(Error::OutOfRange { what: "the load", range: "0 to 1,000,000 erlangs" });
        }
        Ok(demand)
    }

    /// The offered load, in erlangs.
    #[must_use]
    pub fn erlangs(&self) -> f64 {
        self.calls_per_hour * self.handle_s / 3600.0
    }

    /// Arrivals per second.
    fn rate(&self) -> f64 {
        self.calls_per_hour / 3600.0
    }
}

/// Long-run figures of a pool of agents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Share of callers who find every agent busy.
    pub p_wait: f64,
    /// Share of callers who give up.
    pub p_abandon: f64,
    /// Mean wait of all callers, in seconds.
    pub mean_wait_s: f64,
    /// Mean wait of the answered callers, in seconds.
    pub asa_s: f64,
    /// Mean number of callers waiting.
    pub mean_queue: f64,
    /// Share of the agents' time that is spent on calls.
    pub occupancy: f64,
}

/// The service level for one threshold `T`, in four variants. All bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServiceLevel {
    /// `T` in seconds.
    pub threshold_s: f64,
    /// Answered within `T`, over all callers.
    pub offered: f64,
    /// Answered within `T`, over the answered.
    pub answered: f64,
    /// Answered within `T`, over those who did not give up within `T`.
    pub no_early: f64,
    /// Answered or given up within `T`, over all callers.
    pub positive: f64,
}

/// What a pool of agents makes of a demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// The figures that need no threshold.
    pub figures: Figures,
    /// The service level for each threshold asked for, in their order.
    pub service: Vec<ServiceLevel>,
}

/// Figures of `agents` agents under this demand: Erlang A where callers lose patience, else Erlang C, and then `None`
/// where the load is at or above the number of agents, so that the line grows for ever.
///
/// # Errors
/// [`Error::OutOfRange`] for no or too many agents and for negative thresholds.
pub fn outlook(demand: &Demand, agents: u32, thresholds_s: &[f64]) -> Result<Option<Outlook>, Error> {
    if agents == 0 || agents > MOST {
        return Err(Error::OutOfRange { what: "the number of agents", range: "1 to 1,000,000" });
    }
    if thresholds_s.iter().any(|t| !(0.0..=LONGEST_S).contains(t)) {
        return Err(Error::OutOfRange { what: "a threshold", range: "0 to 1,000,000,000 s" });
    }
    Ok(match demand.patience_s {
        Some(patience_s) => Some(abandonment::Pool::new(demand, patience_s, agents).outlook(thresholds_s)),
        None => delay(demand, agents, thresholds_s),
    })
}

/// Erlang C.
fn delay(demand: &Demand, agents: u32, thresholds_s: &[f64]) -> Option<Outlook> {
    let (erlangs, places) = (demand.erlangs(), f64::from(agents));
    let spare = places - erlangs;
    if spare <= 0.0 {
        return None;
    }
    let lost = p_block(erlangs, agents);
    let p_wait = places * lost / (spare + erlangs * lost);
    let at_once = spare * (1.0 - lost) / (spare + erlangs * lost);
    let mean_wait_s = p_wait * demand.handle_s / spare;
    let figures = Figures {
        p_wait,
        p_abandon: 0.0,
        mean_wait_s,
        asa_s: mean_wait_s,
        mean_queue: p_wait * erlangs / spare,
        occupancy: erlangs / places,
    };
    let service = thresholds_s.iter().map(|&threshold_s| {
        let within = at_once - p_wait * (-spare / demand.handle_s * threshold_s).exp_m1();
        ServiceLevel { threshold_s, offered: within, answered: within, no_early: within, positive: within }
    });
    Some(Outlook { figures, service: service.collect() })
}
