//! The simulator against theory and against simulations that share nothing with it.
//!
//! Short runs by default. With `SWITCHROOM_SOAK` set the runs are those of `examples/scenarios`, and with `--nocapture`
//! the table of `docs/routing-proof.md` is printed.

#![allow(clippy::print_stdout, reason = "the table of the proof is printed")]

mod chain;
mod designs;
mod erlang;
mod naive;
mod priorities;
mod waits;

use planning::simulate::{
    Arrivals, Centre, ContactType, Distribution, Estimate, Group, Replication, Report, Sample, Scenario, Widening,
};
use std::sync::atomic::{AtomicU32, Ordering};

const REPLICATIONS: u32 = 20;
/// Student's t for 19 degrees of freedom: half-widths are so many standard errors.
const T_19: f64 = 2.093_024_054;

fn is_soak() -> bool {
    std::env::var_os("SWITCHROOM_SOAK").is_some()
}

/// Works through numbers on two threads; the results in order of the numbers.
fn in_parallel<T: Send>(numbers: u32, work: impl Fn(u32) -> T + Sync) -> Vec<T> {
    let next = AtomicU32::new(0);
    let part = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= numbers {
                return done;
            }
            done.push((number, work(number)));
        }
    };
    let mut done: Vec<(u32, T)> = std::thread::scope(|scope| {
        let others = scope.spawn(part);
        let mut done = part();
        done.extend(others.join().unwrap());
        done
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Contacts of a replication in the short version.
const SHORT: u64 = 40_000;

/// A scenario with the run of its example, contacts and warm-up and seed; the short version has fewer contacts.
fn scenario((calls, warmup_calls, seed): (u64, u64, u64)) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.run.calls = if is_soak() { calls } else { SHORT };
    // A warm-up depends on the load, not on how long one measures.
    scenario.run.warmup_calls = warmup_calls.min(scenario.run.calls / 5);
    scenario.run.replications = REPLICATIONS;
    scenario.run.seed = seed;
    scenario
}

fn play(scenario: Scenario) -> Report {
    let replications = scenario.run.replications;
    let centre = Centre::new(scenario).unwrap();
    assert_eq!(centre.warnings(), []);
    let samples: Vec<Sample> = in_parallel(replications, |number| Replication::new(&centre, number).finish());
    Report::new(&centre, &samples)
}

/// A type with exponential service of this mean.
fn kind(name: &str, rate: f64, mean_s: f64) -> ContactType {
    ContactType {
        arrivals: Arrivals::Poisson(vec![(0.0, rate)]),
        service: Some(Distribution::Exp(mean_s)),
        ..ContactType::new(name)
    }
}

fn need(after_s: f64, skill: &str, level: u8) -> Widening {
    Widening { after_s, need: vec![(skill.to_owned(), level)] }
}

fn group(name: &str, agents: u32, skills: &[(&str, u8)]) -> Group {
    let skills = skills.iter().map(|(skill, level)| ((*skill).to_owned(), *level)).collect();
    Group { agents, skills, ..Group::new(name) }
}

/// Figures beside their references.
struct Proof {
    scenario: &'static str,
    failures: Vec<String>,
}

impl Proof {
    /// `scenario`: the file in `examples/scenarios`.
    fn new(scenario: &'static str) -> Self {
        Self { scenario, failures: Vec::new() }
    }

    /// A figure must be within three standard errors of its reference, and known to 2 % in the long version.
    fn row(&mut self, figure: &str, simulated: Option<Estimate>, (reference, reference_error): (f64, f64)) {
        let simulated = simulated.unwrap_or_else(|| panic!("{}: there is no {figure}", self.scenario));
        let (Some(mean), Some(half_width)) = (simulated.mean, simulated.half_width) else {
            panic!("{}: {figure} has no figures", self.scenario)
        };
        let error = (half_width / T_19).hypot(reference_error).max(1e-12);
        let off = (mean - reference) / error;
        let known_to = half_width / reference.abs().max(1e-300) * 100.0;
        let row = format!(
            "| `{}` | {figure} | {mean:.5} | ±{half_width:.5} ({known_to:.2} %) | {reference:.5} | {off:+.2} |",
            self.scenario
        );
        println!("{row}");
        // Rare events are known less well, and say little.
        let is_known = !is_soak() || known_to <= 2.0 || reference.abs() < 0.01;
        if off.abs() > 3.0 || !is_known {
            self.failures.push(row);
        }
    }

    /// Figures of the report that an exact reference knows.
    fn exact(&mut self, report: &Report, of: &str, references: &[(&str, f64)]) {
        for (name, reference) in references {
            let measures = report.types.iter().find(|(kind, _)| kind == of).map_or(&report.all, |(_, own)| own);
            self.row(&format!("{of} {name}"), measures.named(name), (*reference, 0.0));
        }
    }

    fn done(self) {
        assert!(self.failures.is_empty(), "beyond three standard errors:\n{}", self.failures.join("\n"));
    }
}
