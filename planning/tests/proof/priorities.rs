//! Several types before one pool of agents: who waits how long.

use crate::{Proof, group, kind, play, scenario};
use planning::erlang::{Demand, outlook};
use planning::simulate::Scenario;

const AGENTS: u32 = 10;
const MEAN_S: f64 = 180.0;

/// Shares of the agents' time that the types need.
fn before_ten_agents(run: (u64, u64, u64), loads: &[f64]) -> Scenario {
    let mut before = scenario(run);
    for (load, name) in loads.iter().zip(["first", "second", "third"]) {
        before.types.push(kind(name, load * f64::from(AGENTS) / MEAN_S, MEAN_S));
    }
    before.groups.push(group("floor", AGENTS, &[]));
    before
}

/// Mean wait in a line without priorities, and the chance of waiting.
fn in_order(loads: &[f64]) -> (f64, f64) {
    let load: f64 = loads.iter().sum();
    let demand = Demand::new(load * f64::from(AGENTS) / MEAN_S * 3_600.0, MEAN_S, None).unwrap();
    let figures = outlook(&demand, AGENTS, &[]).unwrap().unwrap().figures;
    (figures.mean_wait_s, figures.p_wait)
}

#[test]
fn a_strict_priority_gives_cobhams_waits() {
    // Cobham 1954: W_k = W_0 / ((1 − σ_{k−1})(1 − σ_k)), with σ_k the load of the k most urgent types.
    let loads = [0.4, 0.5];
    let mut strict = before_ten_agents((2_000_000, 20_000, 10), &loads);
    strict.types[0].priority = 100.0;
    strict.types.iter_mut().for_each(|kind| kind.age_per_s = 0.0);
    let report = play(strict);
    let (_, p_wait) = in_order(&loads);
    let residual = p_wait * MEAN_S / f64::from(AGENTS);
    let (first, both) = (1.0 - loads[0], 1.0 - loads[0] - loads[1]);
    let mut proof = Proof::new("priority-strict.toml");
    proof.exact(&report, "first", &[("p_wait", p_wait), ("mean_wait_all", residual / first)]);
    proof.exact(&report, "second", &[("p_wait", p_wait), ("mean_wait_all", residual / (first * both))]);
    proof.done();
}

#[test]
fn ageing_at_different_rates_gives_kleinrocks_waits() {
    // Kleinrock 1964, from the slowest rate up: with W the wait without priorities,
    // W_p = (W − Σ_{i<p} ρ_i W_i (1 − b_i/b_p)) / (1 − Σ_{i>p} ρ_i (1 − b_p/b_i)).
    let (loads, rates) = ([0.3, 0.3, 0.3], [1.0, 2.0, 4.0]);
    let mut ageing = before_ten_agents((2_000_000, 20_000, 11), &loads);
    for (kind, rate) in ageing.types.iter_mut().zip(rates) {
        kind.age_per_s = rate;
    }
    let report = play(ageing);
    let (wait, p_wait) = in_order(&loads);
    let mut waits: Vec<f64> = Vec::new();
    for (own, rate) in rates.iter().enumerate() {
        let slower: f64 = (0..own).map(|i| loads[i] * waits[i] * (1.0 - rates[i] / rate)).sum();
        let faster: f64 = (own + 1..3).map(|i| loads[i] * (1.0 - rate / rates[i])).sum();
        waits.push((wait - slower) / (1.0 - faster));
    }
    let mut proof = Proof::new("priority-ageing.toml");
    for (name, wait) in ["first", "second", "third"].into_iter().zip(waits) {
        proof.exact(&report, name, &[("p_wait", p_wait), ("mean_wait_all", wait)]);
    }
    proof.done();
}
