//! One day told twice: by the planner's simulation of the routing engine, and by the real switchboard with SIP, flows and
//! calls, from whose events the live figures and the history are folded.

use acd::callback::CapacityTest;
use core::time::Duration;
use domain::{CallbackCounts, Counts};
use planning::simulate::{
    Arrivals, Centre, ContactType, Distribution, Group, QueueCallback, Replication, Report, Scenario, callers,
};
use sim::day::{Caller, Pace, Played};
use std::collections::BTreeMap;

const AGENTS: u32 = 12;
/// The goal of the queue.
const WITHIN_S: f64 = 20.0;
/// A wait is counted in whole milliseconds of the clock: it may be less by one than it is in microseconds.
const CLOCK_S: f64 = 0.001;

fn scenario(callback: QueueCallback, seed: u64) -> Scenario {
    let mut scenario = Scenario::default();
    (scenario.run.calls, scenario.run.warmup_calls, scenario.run.replications) = (1_000_000, 0, 1);
    (scenario.run.seed, scenario.run.thresholds_s, scenario.run.until_s) = (seed, vec![WITHIN_S], Some(28_800.0));
    // About 600 calls in eight hours, with a rush in the middle for which there are too few agents.
    let rates = vec![(0.0, 0.015), (7_200.0, 0.035), (10_800.0, 0.015), (18_000.0, 0.03), (21_600.0, 0.01)];
    scenario.types.push(ContactType {
        arrivals: Arrivals::Poisson(rates),
        service: Some(Distribution::Lognormal { mean: 400.0, cv: 0.8 }),
        wrap_up: Some(Distribution::Exp(60.0)),
        patience: Some(Distribution::Exp(300.0)),
        callback: Some(callback),
        ..ContactType::new("calls")
    });
    scenario.groups.push(Group { agents: AGENTS, answer_s: 4.0, ..Group::new("floor") });
    scenario.rules.ringing.offer_timeout_s = 60.0;
    scenario
}

fn callback() -> QueueCallback {
    QueueCallback {
        offer_after_s: 30.0,
        accept: 0.5,
        test: CapacityTest {
            min_wait: Duration::from_secs(60),
            most_open: 8,
            within: Duration::from_secs(3_600),
            most_load_percent: 130,
        },
        attempts: 2,
        pause_s: 300.0,
        ring_s: 25.0,
        reached: 0.7,
        answer_s: 8.0,
        calls_again: 0.2,
        calls_again_after: Distribution::Exp(200.0),
        ..QueueCallback::default()
    }
}

/// The same in the words of the configuration.
fn words(callback: &QueueCallback) -> String {
    let mode = if callback.customer_first { "customer_first" } else { "agent_first" };
    let test = callback.test;
    format!(
        "goal = {{ within_s = {WITHIN_S} }}\n\
         callback = {{ mode = \"{mode}\", attempts = {}, pause_s = {}, ring_s = {}, min_wait_s = {}, most_open = {}, \
         within_s = {}, most_load_percent = {} }}",
        callback.attempts,
        callback.pause_s,
        callback.ring_s,
        test.min_wait.as_secs(),
        test.most_open,
        test.within.as_secs(),
        test.most_load_percent,
    )
}

fn simulated(centre: &Centre) -> Report {
    Report::new(centre, &[Replication::new(centre, 0).finish()])
}

fn played(centre: &Centre, callback: &QueueCallback) -> Played {
    let caller = |caller: planning::simulate::Caller| Caller {
        at_us: caller.at_us,
        patience_us: caller.patience_us,
        service_us: caller.service_us[0],
        wrap_up_us: caller.wrap_up_us.unwrap(),
        accepts: caller.accepts,
        tries: caller.tries,
        rings_in: caller.rings_in,
    };
    let callers: Vec<Caller> = callers(centre, 0).into_iter().map(caller).collect();
    let micros = |seconds: f64| (seconds * 1e6) as u64;
    let pace =
        Pace { agent_us: 4_000_000, customer_us: micros(callback.answer_s), key_us: micros(callback.offer_after_s) };
    sim::day::play(AGENTS as usize, &words(callback), &callers, pace)
}

/// Both stories of a day; fails with the first figure that differs.
fn compare(callback: QueueCallback, seed: u64) -> (Counts, CallbackCounts) {
    let centre = Centre::new(scenario(callback, seed)).unwrap();
    let (report, played) = (simulated(&centre), played(&centre, &callback));
    let queue = &played.floor.queues[0];
    let (live, back) = (queue.counts, queue.callbacks);
    let figure = |name: &str| report.all.mean(name).unwrap_or_else(|| panic!("the simulation tells no {name}"));
    for (name, counted) in [
        ("offered", live.offered),
        ("answered", live.answered),
        ("abandoned", live.abandoned),
        ("flowed_out", live.flowed_out),
        ("callback.booked", back.booked),
        ("callback.tries", back.tries),
        ("callback.reached", back.reached),
        ("callback.failed", back.failed),
        ("callback.cancelled", back.cancelled),
        ("callback.open", u64::from(back.open)),
    ] {
        assert_eq!(figure(name), counted as f64, "{name} in seed {seed}: {live:?} {back:?}");
    }
    let answered = live.answered as f64;
    let level = figure(&format!("sl.answered.{WITHIN_S}")) * answered;
    assert!((level - live.answered_within as f64).abs() < 1e-6, "{level} and {live:?}");
    let near = |name: &str, counted_ms: u64, of: u64| {
        let counted = counted_ms as f64 / 1_000.0 / of as f64;
        assert!((figure(name) - counted).abs() <= CLOCK_S, "{name} in seed {seed}: {} and {counted}", figure(name));
    };
    near("asa_answered", live.wait_answered_ms, live.answered);
    near("callback.mean_wait", back.wait_reached_ms, back.reached);
    history_tells_the_same(&played);
    (live, back)
}

/// The contact log and the steps of calls back, folded from the stored events, are the live figures.
fn history_tells_the_same(played: &Played) {
    let mut contacts: BTreeMap<domain::ContactId, Vec<(domain::WallTime, &domain::ContactEventKind)>> = BTreeMap::new();
    for (contact, at, kind) in &played.events {
        contacts.entry(*contact).or_default().push((*at, kind));
    }
    let queue = &played.floor.queues[0];
    let (mut figures, mut backs) = (stats::Figures::default(), stats::CallbackFigures::default());
    for (contact, events) in contacts {
        for visited in stats::visits(contact, events.iter().copied()) {
            figures.add(&visited.visit, queue.goal.into());
        }
        for step in stats::callback_steps(contact, events.iter().copied()) {
            backs.add(step.mark);
        }
    }
    assert_eq!((figures.offered, figures.answered), (queue.counts.offered, queue.counts.answered));
    assert_eq!((figures.abandoned, figures.flowed_out), (queue.counts.abandoned, queue.counts.flowed_out));
    assert_eq!((backs.booked, backs.tries), (queue.callbacks.booked, queue.callbacks.tries));
    assert_eq!((backs.reached, backs.failed), (queue.callbacks.reached, queue.callbacks.failed));
    let live = figures.abandon_rate_live().value().unwrap();
    let all = figures.abandon_rate().value().unwrap();
    assert!(live > all, "of those who stayed on the line more gave up ({live}) than of all who came ({all})");
}

#[test]
fn simulation_and_live_counters_tell_the_same_day_when_agents_call_first() {
    let (live, back) = compare(callback(), 11);
    assert!((500..700).contains(&live.offered), "{live:?}");
    assert!(live.abandoned > 10 && live.answered > 300, "{live:?}");
    assert!(back.booked > 20 && back.failed > 0 && back.cancelled > 0, "{back:?}");
    assert!(back.tries > back.reached, "{back:?}");
}

#[test]
fn simulation_and_live_counters_tell_the_same_day_when_customers_are_called_first() {
    let (_, back) = compare(QueueCallback { customer_first: true, ..callback() }, 12);
    assert!(back.booked > 20 && back.reached > 0, "{back:?}");
}

#[test]
fn simulation_and_live_counters_tell_the_same_days_of_many_seeds() {
    for seed in 20..30 {
        compare(callback(), seed);
    }
}

#[test]
fn a_day_on_which_nobody_is_called_back_is_the_same_too() {
    let nobody = QueueCallback { accept: 0.0, ..callback() };
    let centre = Centre::new(scenario(nobody, 13)).unwrap();
    let (report, played) = (simulated(&centre), played(&centre, &nobody));
    let counts = played.floor.queues[0].counts;
    let figure = |name: &str| report.all.mean(name).unwrap();
    assert_eq!(figure("offered"), counts.offered as f64);
    assert_eq!((figure("answered"), figure("abandoned")), (counts.answered as f64, counts.abandoned as f64));
    assert_eq!((counts.flowed_out, played.floor.queues[0].callbacks.booked), (0, 0));
}
