//! One queue: Erlang's formulas.

use crate::{Proof, group, kind, play, scenario};
use planning::erlang::{Demand, outlook, p_block};
use planning::simulate::{Distribution, Scenario};

fn pool(run: (u64, u64, u64), agents: u32, (rate, mean_s): (f64, f64), patience_s: Option<f64>) -> Scenario {
    let mut pool = scenario(run);
    pool.types.push(kind("calls", rate, mean_s));
    pool.types[0].patience = patience_s.map(Distribution::Exp);
    pool.groups.push(group("floor", agents, &[]));
    pool
}

/// Plays a pool and lays the formula's figures beside it.
fn compare(name: &'static str, pool: Scenario, (rate, mean_s): (f64, f64), threshold_s: f64) {
    let patience_s = pool.types[0].patience.map(|patience| patience.mean());
    let demand = Demand::new(rate * 3_600.0, mean_s, patience_s).unwrap();
    let theory = outlook(&demand, pool.groups[0].agents, &[threshold_s]).unwrap().unwrap();
    let report = play(pool);
    let mut proof = Proof::new(name);
    let (figures, service) = (theory.figures, theory.service[0]);
    proof.exact(
        &report,
        "all",
        &[("p_wait", figures.p_wait), ("asa_answered", figures.asa_s), ("occupancy", figures.occupancy)],
    );
    proof.exact(&report, "all", &[(&format!("sl.offered.{threshold_s}"), service.offered)]);
    if patience_s.is_some() {
        proof.exact(
            &report,
            "all",
            &[
                ("p_abandon", figures.p_abandon),
                ("mean_wait_all", figures.mean_wait_s),
                (&format!("sl.answered.{threshold_s}"), service.answered),
                (&format!("sl.no_early.{threshold_s}"), service.no_early),
                (&format!("sl.positive.{threshold_s}"), service.positive),
            ],
        );
    }
    proof.done();
}

#[test]
fn erlang_c_of_five_agents() {
    let load = (4.0 / 180.0, 180.0);
    compare("erlang-c-5.toml", pool((1_000_000, 20_000, 2), 5, load, None), load, 30.0);
}

#[test]
fn erlang_c_of_fourteen_agents() {
    let load = (100.0 / 1_800.0, 180.0);
    compare("erlang-c-14.toml", pool((1_000_000, 20_000, 3), 14, load, None), load, 20.0);
}

#[test]
fn erlang_c_of_three_hundred_agents() {
    let load = (285.0 / 180.0, 180.0);
    compare("erlang-c-300.toml", pool((8_000_000, 40_000, 4), 300, load, None), load, 10.0);
}

#[test]
fn erlang_a_of_five_agents_with_little_to_do() {
    let load = (4.0 / 180.0, 180.0);
    compare("erlang-a-5-under.toml", pool((1_000_000, 20_000, 5), 5, load, Some(120.0)), load, 20.0);
}

#[test]
fn erlang_a_of_five_agents_with_too_much_to_do() {
    let load = (8.0 / 180.0, 180.0);
    compare("erlang-a-5-over.toml", pool((1_000_000, 20_000, 6), 5, load, Some(120.0)), load, 60.0);
}

#[test]
fn erlang_a_of_fifty_agents() {
    let load = (0.8, 60.0);
    compare("erlang-a-50.toml", pool((1_000_000, 20_000, 7), 50, load, Some(120.0)), load, 10.0);
}

#[test]
fn erlang_a_of_three_hundred_agents_with_little_to_do() {
    let load = (290.0 / 180.0, 180.0);
    compare("erlang-a-300-under.toml", pool((1_200_000, 40_000, 8), 300, load, Some(60.0)), load, 10.0);
}

#[test]
fn erlang_a_of_three_hundred_agents_with_too_much_to_do() {
    let load = (360.0 / 180.0, 180.0);
    compare("erlang-a-300-over.toml", pool((1_200_000, 40_000, 9), 300, load, Some(120.0)), load, 20.0);
}

#[test]
fn erlang_b_when_there_are_as_many_lines_as_agents() {
    let mut loss = pool((1_000_000, 20_000, 1), 20, (18.0 / 180.0, 180.0), None);
    loss.run.lines = Some(20);
    let report = play(loss);
    let mut proof = Proof::new("erlang-b-20.toml");
    let blocked = p_block(18.0, 20);
    proof.exact(&report, "all", &[("p_block", blocked), ("occupancy", 18.0 * (1.0 - blocked) / 20.0)]);
    proof.done();
}
