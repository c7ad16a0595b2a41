//! Rules that depend on how long a contact has waited, and places kept by those who are called back.

use crate::naive::{Counts, Floor, Hold, Kind, Pool, simulate};
use crate::{Proof, REPLICATIONS, group, in_parallel, is_soak, kind, need, play, scenario};
use acd::api::AgentRule;
use planning::erlang::{Demand, outlook};
use planning::simulate::{Callback, Distribution, Report, Scenario};

/// The mean of a figure over replications of the naive simulation, and its standard error.
fn reference(floor: &Floor, run: (u64, u64), threshold: f64, of: impl Fn(&[Counts]) -> Vec<f64>) -> Vec<(f64, f64)> {
    // The naive simulation's own error should not blur the comparison.
    let replications = if is_soak() { 100 } else { REPLICATIONS };
    let samples = in_parallel(replications, |number| simulate(floor, run, threshold, u64::from(number) + 1));
    let figures: Vec<Vec<f64>> = samples.iter().map(|counts| of(counts)).collect();
    let n = figures.len() as f64;
    let column = |at: usize| {
        let mean = figures.iter().map(|row| row[at]).sum::<f64>() / n;
        let squares = figures.iter().map(|row| (row[at] - mean).powi(2)).sum::<f64>();
        (mean, (squares / (n - 1.0) / n).sqrt())
    };
    (0..figures[0].len()).map(column).collect()
}

/// As many contacts as the simulator plays, but for the slowness of the naive simulation.
fn run_of(scenario: &Scenario) -> (u64, u64) {
    (scenario.run.calls, scenario.run.warmup_calls)
}

const BY_TYPE: [&str; 6] = ["p_wait", "p_abandon", "mean_wait_all", "asa_answered", "sl.offered.20", "served_by.a"];

fn by_type(counts: &[Counts]) -> Vec<f64> {
    let of = |of: &Counts| {
        let ended = of.answered + of.abandoned;
        [
            of.waited / of.offered,
            of.abandoned / of.offered,
            (of.wait_answered + of.wait_abandoned) / ended,
            of.wait_answered / of.answered,
            of.answered_in / of.offered,
            of.served_by[0] / of.answered,
        ]
    };
    counts.iter().flat_map(of).collect()
}

fn compare(file: &'static str, report: &Report, expected: &[(f64, f64)]) {
    let mut proof = Proof::new(file);
    let mut expected = expected.iter();
    for (name, measures) in &report.types {
        for figure in BY_TYPE {
            let reference = *expected.next().unwrap();
            proof.row(&format!("{name} {figure}"), measures.named(figure), reference);
        }
    }
    proof.done();
}

fn naive_kind(rate: f64, patience: f64, rings: Vec<(f64, Vec<(usize, u8)>)>) -> Kind {
    Kind { rate, patience: Some(patience), priority: 0.0, age_per_s: 1.0, rings }
}

#[test]
fn rings_that_widen_let_others_in_at_that_moment() {
    // Type one needs level 8 of its skill, after 15 s level 4, after 40 s nothing; type two shares the agents.
    let mut widening = scenario((400_000, 10_000, 15));
    let mut one = kind("one", 0.05, 100.0);
    one.rings = vec![need(0.0, "sales", 8), need(15.0, "sales", 4), need(40.0, "sales", 0)];
    let mut two = kind("two", 0.03, 100.0);
    two.rings = vec![need(0.0, "support", 1)];
    widening.types = vec![one, two];
    widening.types.iter_mut().for_each(|of| of.patience = Some(Distribution::Exp(150.0)));
    widening.groups = vec![
        group("a", 3, &[("sales", 9)]),
        group("b", 2, &[("sales", 5), ("support", 3)]),
        group("c", 3, &[("support", 7)]),
    ];
    let floor = Floor {
        kinds: vec![
            naive_kind(0.05, 150.0, vec![(0.0, vec![(0, 8)]), (15.0, vec![(0, 4)]), (40.0, vec![])]),
            naive_kind(0.03, 150.0, vec![(0.0, vec![(1, 1)])]),
        ],
        pools: [(3, [9, 0]), (2, [5, 3]), (3, [0, 7])]
            .map(|(agents, levels)| Pool {
                agents,
                levels: levels.into(),
                service: vec![100.0; 2],
                delay: vec![0.0; 2],
            })
            .into(),
        ..Floor::default()
    };
    let expected = reference(&floor, run_of(&widening), 20.0, by_type);
    compare("rings.toml", &play(widening), &expected);
}

#[test]
fn agents_with_a_delay_help_out_only_those_who_waited_so_long() {
    // Sales agents take support after 30 s, and support waits with more points. Best level first.
    let mut helping = scenario((400_000, 10_000, 16));
    let (mut sales, mut support) = (kind("sales", 0.04, 120.0), kind("support", 0.05, 90.0));
    sales.rings = vec![need(0.0, "sales", 1)];
    support.rings = vec![need(0.0, "support", 1)];
    support.priority = 10.0;
    support.age_per_s = 2.0;
    helping.types = vec![sales, support];
    helping.types.iter_mut().for_each(|of| of.patience = Some(Distribution::Exp(150.0)));
    helping.groups = vec![group("a", 6, &[("sales", 9), ("support", 2)]), group("b", 4, &[("support", 8)])];
    helping.groups[0].delay_s = vec![("support".to_owned(), 30.0)];
    helping.rules.agent_rule = AgentRule::BestLevel;
    let mut kinds =
        vec![naive_kind(0.04, 150.0, vec![(0.0, vec![(0, 1)])]), naive_kind(0.05, 150.0, vec![(0.0, vec![(1, 1)])])];
    (kinds[1].priority, kinds[1].age_per_s) = (10.0, 2.0);
    let pools = [(6, [9, 2], [0.0, 30.0]), (4, [0, 8], [0.0, 0.0])];
    let pools = pools
        .map(|(agents, levels, delay)| Pool {
            agents,
            levels: levels.into(),
            service: vec![120.0, 90.0],
            delay: delay.into(),
        })
        .into();
    let floor = Floor { kinds, pools, best_level: true, hold: None };
    let expected = reference(&floor, run_of(&helping), 20.0, by_type);
    compare("delayed-help.toml", &play(helping), &expected);
}

#[test]
fn callers_who_are_called_back_keep_their_place() {
    // Nobody abandons and everybody answers at once: the line is that of Erlang C, whoever hangs up meanwhile. Who finds
    // q waiting waits (q+1)/(Nμ) on average, and q is geometric above any bound.
    let (agents, mean_s, load, from) = (10_u32, 180.0, 9.0, 5.0);
    let mut hold = scenario((1_000_000, 20_000, 17));
    hold.types.push(kind("calls", load / mean_s, mean_s));
    hold.groups.push(group("floor", agents, &[]));
    let offer_at_s = (from + 1.0) * mean_s / f64::from(agents);
    hold.callback =
        Some(Callback { offer_at_s, accept: 0.6, aht_s: mean_s, dial_s: 0.0, answer: 1.0, no_answer_s: 0.0 });
    let report = play(hold);
    let demand = Demand::new(load / mean_s * 3_600.0, mean_s, None).unwrap();
    let figures = outlook(&demand, agents, &[]).unwrap().unwrap().figures;
    let busy: f64 = load / f64::from(agents);
    let p_virtual = 0.6 * figures.p_wait * busy.powf(from);
    let virtual_wait = (from + 1.0 + busy / (1.0 - busy)) * mean_s / f64::from(agents);
    let asa_live = (figures.mean_wait_s - p_virtual * virtual_wait) / (1.0 - p_virtual);
    let mut proof = Proof::new("callback-place.toml");
    proof.exact(
        &report,
        "all",
        &[
            ("mean_wait_all", figures.mean_wait_s),
            ("p_virtual", p_virtual),
            ("virtual_mean_wait", virtual_wait),
            ("asa_live", asa_live),
            ("p_callback_failed", 0.0),
        ],
    );
    proof.done();
}

#[test]
fn callbacks_cost_the_time_of_dialling_and_of_those_who_do_not_answer() {
    let (rate, mean_s, patience_s) = (0.12, 180.0, 150.0);
    let mut hold = scenario((400_000, 10_000, 18));
    hold.types.push(kind("calls", rate, mean_s));
    hold.types[0].patience = Some(Distribution::Exp(patience_s));
    hold.groups.push(group("a", 20, &[]));
    hold.callback =
        Some(Callback { offer_at_s: 60.0, accept: 0.6, aht_s: 180.0, dial_s: 12.0, answer: 0.85, no_answer_s: 25.0 });
    let rule = Hold { offer_at: 60.0, accept: 0.6, aht: 180.0, dial: 12.0, answer: 0.85, no_answer: 25.0 };
    let floor = Floor {
        kinds: vec![naive_kind(rate, patience_s, vec![])],
        pools: vec![Pool { agents: 20, levels: vec![], service: vec![mean_s], delay: vec![0.0] }],
        best_level: false,
        hold: Some(rule),
    };
    let names = ["p_wait", "asa_live", "p_abandon_live", "virtual_mean_wait", "p_virtual", "p_callback_failed"];
    let expected = reference(&floor, run_of(&hold), 20.0, |counts| {
        let of = &counts[0];
        vec![
            of.waited / of.offered,
            of.live_wait / of.live_answered,
            of.abandoned / (of.offered - of.virtuals),
            of.virtual_wait / of.virtuals,
            of.virtuals / of.offered,
            of.unreached / of.offered,
        ]
    });
    let report = play(hold);
    let mut proof = Proof::new("callback.toml");
    for (name, reference) in names.into_iter().zip(expected) {
        proof.row(name, report.all.named(name), reference);
    }
    proof.done();
}
