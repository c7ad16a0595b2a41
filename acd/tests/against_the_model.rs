//! Random scripts, told to the engine and to the naive model: the same offers, ends, exits and overflows in the same
//! order, the same explanations and counters, and the invariants after each input.
//!
//! `PROPTEST_CASES` tells how many scripts are played, short ones and long ones of 10,000 inputs. A failing script is
//! cut down, and its seed is kept in `tests/regressions`, from where it is played first ever after.

mod model;
mod pair;
mod script;

use acd::api::Setup;
use pair::Pair;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use script::cut::{Steps, script};
use script::floor;
use std::collections::BTreeMap;

/// Inputs of a long script.
const LONG: usize = 10_000;

/// Short scripts for each case that `PROPTEST_CASES` asks for (256 unless told).
const SHORT_PER_CASE: u32 = 4;

/// Cases for each long script.
const CASES_PER_LONG: u32 = 8;

/// Tries for cutting down a failing script.
const CUTS: u32 = 4_000;

/// What must happen and be told in random scripts, or they prove little.
const EVERY_RULE: [&str; 43] = [
    "ended Answered",
    "ended Busy",
    "ended CustomerLeft",
    "ended Declined",
    "ended NoAnswer",
    "ended Unreachable",
    "ended Withdrawn",
    "explained Err CoolingDown",
    "explained Err LoggedOut",
    "explained Err MemberDelay",
    "explained Err NoCapacity",
    "explained Err NotAMember",
    "explained Err NotReady",
    "explained Err QueueCap",
    "explained Err Reserved",
    "explained Err Skill",
    "explained Err StickyWindow",
    "explained Err Unroutable",
    "explained Err WrapUp",
    "explained Ok",
    "left Closed",
    "left Full",
    "left LongestWait",
    "left NoAgents",
    "left Overflow",
    "offered BestLevel",
    "offered FewestContacts",
    "offered LeastOccupied",
    "offered LongestIdle",
    "offered RingAll",
    "offered RingOrder",
    "offered WeightedRandom",
    "overflowed Closed",
    "overflowed Full",
    "overflowed LongestWait",
    "overflowed NoAgents",
    "overflowed Overflow",
    "passed over CoolingDown",
    "passed over MemberDelay",
    "passed over NoCapacity",
    "passed over StickyWindow",
    "wrapped up false",
    "wrapped up true",
];

/// Plays so many scripts of these lengths; of the first that fails, the least that still fails is told.
fn play_many(cases: u32, (least, most): (usize, usize), regressions: &'static str) {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(regressions)) as _);
    let settings = ProptestConfig { cases, failure_persistence, max_shrink_iters: CUTS, ..ProptestConfig::default() };
    let strategy = (floor::setup(), prop::bool::weighted(0.15), script(least, most));
    let played = TestRunner::new(settings).run(&strategy, |(setup, at_once, script)| {
        play(setup, at_once, &script);
        Ok(())
    });
    if let Err(error) = played {
        panic!("{error}");
    }
}

fn play(setup: Setup, at_once: bool, Steps(script): &Steps) -> Pair {
    let mut pair = Pair::new(setup, at_once);
    for step in script {
        pair.run(step);
    }
    pair.wait(60_000_000);
    pair
}

#[test]
fn random_scripts_reach_every_rule() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::new();
    for _ in 0..8 {
        let (setup, script) = (floor::setup(), script(LONG, LONG)).new_tree(&mut runner).unwrap().current();
        for (word, times) in play(setup, false, &script).seen {
            *seen.entry(word).or_insert(0) += times;
        }
    }
    for word in EVERY_RULE {
        assert!(seen.keys().any(|seen| seen.starts_with(word)), "{word} never happened: {seen:#?}");
    }
}

#[test]
fn the_engine_decides_as_the_naive_model_does() {
    let cases = ProptestConfig::default().cases.saturating_mul(SHORT_PER_CASE);
    play_many(cases, (1, 200), concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/short.txt"));
}

#[test]
fn they_still_agree_after_ten_thousand_inputs() {
    let cases = ProptestConfig::default().cases.div_ceil(CASES_PER_LONG);
    play_many(cases, (LONG, LONG), concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/long.txt"));
}
