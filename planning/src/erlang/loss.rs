//! Erlang B.

/// The weight of all states with a free agent over the weight of the state in which just all agents are busy:
/// `r(0) = 0, r(n) = n / a × (1 + r(n − 1))`. Infinite without load, and where that last state is beyond all numbers.
pub(super) fn idle_weight(erlangs: f64, agents: u32) -> f64 {
    (1..=agents).fold(0.0, |weight, n| f64::from(n) / erlangs * (1.0 + weight))
}

/// Erlang B: the share of calls that find all of `agents` lines busy, when such calls are lost.
#[must_use]
pub fn p_block(erlangs: f64, agents: u32) -> f64 {
    1.0 / (1.0 + idle_weight(erlangs, agents))
}
