//! The live figures of the queues beside the contact log of the same day.

use crate::support::{Bench, Plan, Rest, answer, report, until};
use domain::{Counts, ServiceLevelGoal};
use serde_json::Value;
use std::process::Command;
use switchroom::phone::{Order, Report};

/// What the floor shows of the one queue.
fn shown(bench: &Bench) -> (Counts, ServiceLevelGoal) {
    let floor = bench.daemon.floor();
    let floor = floor.borrow();
    (floor.queues[0].counts, floor.queues[0].goal)
}

/// `switchroom stats` over today's log as the API gives it, and the log.
async fn stats(bench: &Bench, goal: ServiceLevelGoal) -> (Value, Vec<Value>) {
    let rest = Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await;
    let log = rest.text("/contact-log").await;
    let file = bench.dir.path().join("log.jsonl");
    std::fs::write(&file, &log).unwrap();
    let stats = Command::new(env!("CARGO_BIN_EXE_switchroom"))
        .args(["stats", "--log", file.to_str().unwrap(), "--json", "--interval-ms", "900000"])
        .args(["--threshold-ms", &goal.within_ms.to_string(), "--short-ms", &goal.short_abandon_ms.to_string()])
        .output()
        .unwrap();
    assert!(stats.status.success(), "{}", String::from_utf8_lossy(&stats.stderr));
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (serde_json::from_slice(&stats.stdout).unwrap(), lines)
}

/// The counters that `switchroom stats` found.
fn counted(stats: &Value, lines: &[Value]) -> Counts {
    let whole = &stats["whole_period"];
    let number = |name: &str| whole[name].as_u64().unwrap();
    let answered = lines.iter().filter(|line| line["outcome"] == "answered");
    let wait = |line: &Value| line["exit"].as_u64().unwrap() - line["enter"].as_u64().unwrap();
    Counts {
        offered: number("offered"),
        answered: number("answered"),
        answered_within: number("answered_in_T"),
        abandoned: number("abandoned"),
        short_abandons: number("short_abandons"),
        flowed_out: number("flowout"),
        wait_answered_ms: answered.map(wait).sum(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_a_day_are_those_of_its_log_and_outlive_a_restart() {
    let plan = Plan { wrap_up_s: 0, ..Plan::default() };
    let (bench, mut phones) = Bench::with_phones(&plan, &["anna"]).await;
    bench.floor_of_queues().await;
    // One talks, one gives up behind the first, one hangs up in the menu, one is answered at last.
    let first = bench.call_answered("8001").await;
    answer(&mut phones[0]).await;
    let impatient = bench.call_answered("8001").await;
    until("the second in line", async || (shown(&bench).0.offered == 2).then_some(())).await;
    impatient.order(Order::HangUp).await;
    let menu = bench.call_answered("8000").await;
    menu.order(Order::HangUp).await;
    until("the second gave up", async || (shown(&bench).0.abandoned == 1).then_some(())).await;
    first.order(Order::HangUp).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    let last = bench.call_answered("8001").await;
    answer(&mut phones[0]).await;
    last.order(Order::HangUp).await;
    bench.quiet().await;
    until("four stories", async || {
        let contacts = bench.contacts().await;
        (contacts.len() == 4 && contacts.iter().all(|contact| contact.closed.is_some())).then_some(())
    })
    .await;

    let (counts, goal) = shown(&bench);
    let (stats, lines) = stats(&bench, goal).await;
    assert_eq!(counted(&stats, &lines), counts);
    assert_eq!((counts.offered, counts.answered, counts.abandoned), (3, 2, 1));
    let talk: u64 = lines.iter().filter_map(|line| line["talk"].as_u64()).sum();
    let aht = stats["whole_period"]["aht_ms"].as_f64().unwrap();
    assert!(talk > 0 && (aht - talk as f64 / 2.0).abs() < 1e-6, "{aht} of {talk}");

    let bench = bench.restart().await;
    bench.floor_of_queues().await;
    assert_eq!(shown(&bench).0, counts);
    bench.stop().await;
}
