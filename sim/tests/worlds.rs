//! Many small worlds, each from its seed.

use sim::World;

const CALLERS: usize = 40;

/// Plays the worlds of these seeds and tells every seed that failed.
fn play(seeds: core::ops::Range<u64>) -> (usize, usize) {
    let (mut contacts, mut answered, mut failed) = (0, 0, Vec::new());
    for seed in seeds {
        let outcome = World::new(seed, CALLERS).run();
        contacts += outcome.contacts;
        answered += outcome.answered;
        if !outcome.faults.is_empty() {
            failed.push(format!("seed {seed}:\n  {}", outcome.faults.join("\n  ")));
        }
    }
    let shown: Vec<String> = failed.iter().take(12).cloned().collect();
    assert!(failed.is_empty(), "{} worlds failed\n{}", failed.len(), shown.join("\n"));
    (contacts, answered)
}

#[test]
fn nothing_is_lost_held_twice_or_left_behind_in_any_world() {
    let worlds = if std::env::var_os("SWITCHROOM_SOAK").is_some() { 5_000 } else { 60 };
    let (contacts, answered) = play(0..worlds);
    // A world in which nobody talks proves nothing.
    assert!(contacts as u64 > worlds * 30, "only {contacts} contacts");
    assert!(answered * 4 > contacts, "only {answered} of {contacts} contacts were answered");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [1, 2, 3] {
        assert_eq!(World::new(seed, CALLERS).run(), World::new(seed, CALLERS).run());
    }
    assert_ne!(World::new(1, CALLERS).run().trace, World::new(2, CALLERS).run().trace);
}
