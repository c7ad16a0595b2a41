//! Many calls, after which nothing may have grown or become slower.

use crate::daemon::{Daemon, House, Place};
use crate::figures::{print, quantile, setting};
use crate::peers::{Peers, Plan};
use std::time::Duration;

/// Calls of one round.
const ROUND: u64 = 1_000;
/// Calls before the first that counts: what lingers and what is kept for a while is there then.
const WARM_UP: u64 = 4_000;
/// Rounds at either end whose setup is compared: of a thousand calls the p99 is told by ten, and differs by a quarter from
/// round to round.
const COMPARED: usize = 3;
/// Calls that begin each second.
const RATE: u64 = 100;
/// Transactions linger for 64·T1 (RFC 3261 §17), ports rest, and tasks end.
const LINGER: Duration = Duration::from_secs(45);
/// Files, threads and tasks may differ by so many from before.
const MAY_DIFFER: f64 = 5.0;
/// The last rounds may take so much longer than the first.
const MAY_SLOW_DOWN: f64 = 1.2;
/// Memory may grow by so much while calls follow each other; a contact's events alone are ten times as much.
const MAY_GROW_KB_PER_CALL: f64 = 0.25;

/// What the daemon has: files, threads and tasks.
fn holdings(daemon: &Daemon) -> [(&'static str, f64); 3] {
    [
        ("files", daemon.files()),
        ("threads", daemon.threads().len() as f64),
        ("tasks", daemon.metric("switchroom_tasks")),
    ]
}

/// The slope of the line that fits best, of values one apart.
fn slope(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let (middle, mean) = ((count - 1.0) / 2.0, values.iter().sum::<f64>() / count);
    let along = |n: usize| n as f64 - middle;
    let spread: f64 = (0..values.len()).map(|n| along(n).powi(2)).sum();
    values.iter().enumerate().map(|(n, value)| along(n) * (value - mean)).sum::<f64>() / spread
}

/// Runs the calls of a soak.
///
/// # Panics
/// When something was left over, has grown or has become slower.
pub fn soak() {
    let rounds = setting("SWITCHROOM_BENCH_SOAK_CALLS", 20_000).div_ceil(ROUND).max(4);
    let mut peers = Peers::new(None).expect("the peers' sockets");
    let place =
        Place::new(&House { agents: 500, phones: peers.phones(), have_logins: false, record: false, treated: false });
    let daemon = place.start();
    let plan = Plan { calls_per_s: RATE as f64, lasting: Duration::from_secs(ROUND / RATE), ..Plan::default() };
    // What is made once has been made after this.
    peers.work(daemon.sip, plan.clone());
    std::thread::sleep(LINGER);
    let (before, idle) = (holdings(&daemon), daemon.rss_kb());
    let warm_up = Plan { lasting: Duration::from_secs(WARM_UP / RATE), leave: true, ..plan.clone() };
    peers.work(daemon.sip, warm_up);

    let (mut setups, mut memory, mut done) = (Vec::new(), Vec::new(), 0);
    for round in 1..=rounds {
        let mut tally = peers.work(daemon.sip, Plan { leave: round < rounds, ..plan.clone() });
        print(&format!("soak_{round}_setup_p99_ms"), quantile(&mut tally.setup, 990).as_secs_f64() * 1e3, "ms");
        setups.push(tally.setup);
        memory.push(daemon.rss_kb());
        done += tally.done;
        print(&format!("soak_{round}_memory"), daemon.rss_kb(), "kB");
        assert_eq!(tally.failed + tally.refused, 0, "calls failed");
    }
    std::thread::sleep(LINGER);
    print("soak_calls", done as f64, "calls");
    let p99 = |rounds: &[Vec<Duration>]| quantile(&mut rounds.concat(), 990).as_secs_f64();
    let slower = p99(&setups[setups.len() - COMPARED..]) / p99(&setups[..COMPARED]);
    print("soak_setup_p99_last_over_first", slower, "1");
    let growth = slope(&memory[memory.len() / 2..]) / ROUND as f64;
    print("soak_memory_slope", growth, "kB per call");
    print("soak_memory_over_idle", daemon.rss_kb() / idle, "1");
    let after = holdings(&daemon);
    for ((name, was), (_, is)) in before.into_iter().zip(after) {
        print(&format!("soak_{name}_more"), is - was, "1");
        assert!((is - was).abs() <= MAY_DIFFER, "{name}: {was} before, {is} after");
    }
    assert_eq!(daemon.metric("switchroom_calls"), 0.0, "calls are left");
    assert!(slower <= MAY_SLOW_DOWN, "setup became slower");
    assert!(growth <= MAY_GROW_KB_PER_CALL, "memory grows");
}
