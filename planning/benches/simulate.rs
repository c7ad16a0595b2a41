//! Simulated contacts per second on one core: one queue, a handful of agents up to a large floor, and shared skills.
//!
//! Prints `name value unit` lines. Run with `cargo bench --profile release -p planning --bench simulate`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use planning::simulate::{Arrivals, Centre, ContactType, Distribution, Group, Replication, Scenario, Widening};
use std::time::Instant;

const CONTACTS: u64 = 1_000_000;
const ROUNDS: u32 = 3;

/// One type that keeps this many agents 95 % busy.
fn single_queue(agents: u32, patience: Option<f64>) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.types.push(ContactType {
        arrivals: Arrivals::Poisson(vec![(0.0, 0.95 * f64::from(agents) / 180.0)]),
        service: Some(Distribution::Exp(180.0)),
        patience: patience.map(Distribution::Exp),
        ..ContactType::new("sales")
    });
    scenario.groups.push(Group { agents, ..Group::new("floor") });
    scenario
}

/// Six types and six groups of fifteen agents with two skills each.
fn six_types() -> Scenario {
    let mut scenario = Scenario::default();
    let skill = |number: usize| format!("s{}", number % 6);
    for number in 0..6 {
        scenario.types.push(ContactType {
            arrivals: Arrivals::Poisson(vec![(0.0, 0.0233)]),
            service: Some(Distribution::Exp(600.0)),
            rings: vec![Widening { after_s: 0.0, need: vec![(skill(number), 1)] }],
            ..ContactType::new(&skill(number))
        });
        let skills = vec![(skill(number), 10), (skill(number + 1), 9)];
        scenario.groups.push(Group { agents: 15, skills, ..Group::new(&format!("p{number}")) });
    }
    scenario
}

/// The best of some rounds: the others were disturbed.
fn measure(name: &str, mut scenario: Scenario) {
    scenario.run.calls = CONTACTS;
    let centre = Centre::new(scenario).expect("the scenario is in order");
    let seconds = (0..ROUNDS).map(|round| {
        let begun = Instant::now();
        let sample = Replication::new(&centre, round).finish();
        assert_eq!(sample.arrived(), CONTACTS);
        begun.elapsed().as_secs_f64()
    });
    let best = seconds.fold(f64::INFINITY, f64::min);
    println!("{name} {:.0} contacts/s", CONTACTS as f64 / best);
}

fn main() {
    measure("simulate_single_queue_14_agents", single_queue(14, None));
    measure("simulate_single_queue_100_agents", single_queue(100, None));
    measure("simulate_single_queue_100_agents_with_patience", single_queue(100, Some(120.0)));
    measure("simulate_single_queue_1000_agents", single_queue(1_000, None));
    measure("simulate_six_types_90_agents", six_types());
}
