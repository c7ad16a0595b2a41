//! Predictors of the wait beside each other, by the offered wait, and what a quote costs.
//!
//! Run with `cargo bench --profile release -p planning --bench expected_wait`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use acd::forecast::{Forecaster, Kind, Rank};
use domain::{AgentId, ContactId, Instant};
use planning::predict::{
    Average, Centre, CommonAgents, Constant, Head, LastServed, Ours, Predictor, QueueLength, Table, World, measure,
};

fn predictors(world: &World) -> Vec<Box<dyn Predictor>> {
    let (handle_s, patience_s) = (world.kinds[0].handle_s, world.kinds[0].patience_s);
    vec![
        Box::new(Ours::new(world)),
        Box::new(Table::new(false)),
        Box::new(Table::new(true)),
        Box::new(QueueLength { handle_s, patience_s: None }),
        Box::new(QueueLength { handle_s, patience_s: patience_s.or(Some(1e9)) }),
        Box::new(Centre { handle_s, patience_s }),
        Box::new(Head),
        Box::new(LastServed::new(1)),
        Box::new(LastServed::new(10)),
        Box::<CommonAgents>::default(),
        Box::<Average>::default(),
        Box::<Constant>::default(),
    ]
}

fn floors() -> Vec<(String, World)> {
    let mut floors = Vec::new();
    for (agents, load, patience_s) in [(5, 0.9, 360.0), (10, 1.0, 180.0), (30, 1.1, 120.0), (100, 1.05, 180.0)] {
        let name = format!("one pool, {agents} agents, load {load}, patience {patience_s} s");
        floors.push((name, World::one_pool(agents, load, patience_s)));
    }
    for skills in 1..=3 {
        let name = format!("six kinds, {skills} skills, load 0.95, patience 600 s");
        floors.push((name, World::six_kinds(skills, 0.95, Some(600.0))));
        let name = format!("six kinds, {skills} skills, load 0.93, endless patience, 120 lines");
        floors.push((name, World { lines: Some(120), ..World::six_kinds(skills, 84.0 / 90.0, None) }));
    }
    let mut priorities = World::six_kinds(2, 1.0, Some(600.0));
    priorities.kinds[0].priority = 120;
    priorities.kinds[1].priority = 60;
    floors.push(("six kinds, 2 skills, load 1, two kinds with priority".into(), priorities));
    floors
}

fn main() {
    for (name, world) in floors() {
        let scores = measure(&world, &mut predictors(&world));
        println!("{name}: {} waited, mean offered wait {:.1} s", scores[0].count, scores[0].mean_wait_s);
        println!("  {:<16}{:>10}{:>10}{:>12}{:>12}", "predictor", "RMSE s", "bias", "worst kind", "90th covers");
        for score in scores {
            let covered = score.covered.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
            println!(
                "  {:<16}{:>10.2}{:>8.1} %{:>10.1} %{covered:>12}",
                score.name,
                score.rms_error_s,
                100.0 * score.bias,
                100.0 * score.worst_kind_bias
            );
        }
    }
    for (waiting, kinds, groups) in [(10, 6, 30), (250, 6, 30), (1_000, 64, 200), (100_000, 64, 2_000)] {
        let quote_us = cost(waiting, kinds, groups);
        println!("quote at {waiting} waiting, {kinds} kinds, {groups} groups of agents: {quote_us:.1} µs");
    }
}

/// Microseconds for a contact that enters and leaves again.
fn cost(waiting: u32, kinds: u16, groups: u32) -> f64 {
    let mut forecaster = Forecaster::new();
    let agent = |number: u32| number.to_string().parse::<AgentId>().expect("digits are an id");
    let contact = |number: u32| ContactId::new(number.into());
    let at = |ms: u32| Instant::from_millis(ms.into());
    let rank = |ms: u32| Rank { points: 0, age_per_s: 1, since: at(ms) };
    for number in 0..groups {
        let first = (number % u32::from(kinds)) as u16;
        let taken: Vec<Kind> =
            (0..4_u32).map(|n| Kind((u32::from(first) + n * (1 + number / 7)) as u16 % kinds)).collect();
        forecaster.staffed(agent(number), &taken);
        for round in 0..2 {
            forecaster.answered(at(round * 60_000), contact(round * groups + number), taken[0], agent(number));
            if round == 0 {
                forecaster.finished(at(60_000), contact(number), agent(number));
            }
        }
    }
    let begin = 2 * groups;
    for number in 0..waiting {
        let (ms, kind) = (60_000 + number / 10, Kind((number % u32::from(kinds)) as u16));
        forecaster.entered(at(ms), contact(begin + number), kind, rank(ms));
    }
    let rounds = 1_000;
    let clock = std::time::Instant::now();
    for round in 0..rounds {
        let (ms, id) = (80_000 + round, contact(begin + waiting + round));
        let kind = Kind((round % u32::from(kinds)) as u16);
        assert!(forecaster.entered(at(ms), id, kind, rank(ms)).is_some());
        forecaster.left(id);
    }
    clock.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
}
