//! Many small worlds, each from its seed.

use sim::World;
use std::collections::BTreeMap;

const CALLERS: usize = 40;

/// What has to happen somewhere, or the worlds prove little.
const NEEDED: &[&str] = &[
    "abandoned since midnight",
    "call moved to another phone",
    "second call answered",
    "secure_entry_ended",
    "transfer by phone refused",
    "transferred by phone",
    "answered since midnight",
    "closed Abandoned by Customer",
    "closed Answered by Agent",
    "closed Answered by Customer",
    "closed Cancelled by Customer",
    "closed FlowedOut by Flow",
    "closed Unanswered by System",
    "closed Rejected by System",
    "closed SelfServed by Customer",
    "closed SelfServed by Flow",
    "conference_started",
    "connected",
    "consult_answered",
    "consult_ended Busy",
    "consult_ended Cancelled",
    "consult_ended Completed",
    "consult_ended CustomerLeft",
    "consult_ended Declined",
    "consult_ended Left",
    "consult_ended Unreachable",
    "consult_offered",
    "customer_identified",
    "disposition_set Agent",
    "disposition_set Timeout",
    "flowed out since midnight",
    "held",
    "masking_ended",
    "monitor_ended",
    "monitored Barge",
    "monitored Listen",
    "monitored Whisper",
    "node_entered",
    "overflowed",
    "queue_left",
    "reprioritised",
    "notes_saved",
    "offer_ended Answered",
    "offer_ended Busy",
    "offer_ended CustomerLeft",
    "offer_ended Declined",
    "offer_ended NoAnswer",
    "offer_ended Unreachable",
    "offer_ended Withdrawn",
    "phone gone",
    "phone registered",
    "recording_finished",
    "recording_paused",
    "recording_resumed",
    "resumed",
    "ringing",
    "transferred agent",
    "transferred number",
    "transferred queue",
    "wrap_up_ended",
];

/// Plays the worlds of these seeds, tells every seed that failed, and counts what happened.
fn play(seeds: core::ops::Range<u64>) -> BTreeMap<String, usize> {
    let (mut tally, mut failed) = (BTreeMap::<String, usize>::new(), Vec::new());
    for seed in seeds {
        let outcome = World::new(seed, CALLERS).run();
        for (word, count) in outcome.tally {
            *tally.entry(word).or_default() += count;
        }
        if !outcome.faults.is_empty() {
            failed.push(format!("seed {seed}:\n  {}", outcome.faults.join("\n  ")));
        }
    }
    let shown: Vec<String> = failed.iter().take(12).cloned().collect();
    assert!(failed.is_empty(), "{} worlds failed\n{}", failed.len(), shown.join("\n"));
    tally
}

#[test]
fn nothing_is_lost_held_twice_or_left_behind_in_any_world() {
    let worlds = if std::env::var_os("SWITCHROOM_SOAK").is_some() { 5_000 } else { 60 };
    let tally = play(0..worlds);
    let never: Vec<_> = NEEDED.iter().filter(|word| !tally.contains_key(**word)).collect();
    assert!(never.is_empty(), "never seen: {never:?} in {tally:#?}");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [1, 2, 3] {
        assert_eq!(World::new(seed, CALLERS).run(), World::new(seed, CALLERS).run());
    }
    assert_ne!(World::new(1, CALLERS).run().trace, World::new(2, CALLERS).run().trace);
}
