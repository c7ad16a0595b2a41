//! One day told twice: by the planner's simulation of the routing engine, and by the real switchboard with SIP, flows and
//! calls, from whose events the live figures and the history are folded.

use acd::callback::CapacityTest;
use core::time::Duration;
use domain::{CallbackCounts, CallbackMark, ContactEventKind as Kind, ContactId, Counts, WallTime};
use planning::simulate::{
    Arrivals, Centre, ContactType, Distribution, Group, QueueCallback, QueueLimits, QueueVoicemail, Replication,
    Report, Scenario, callers,
};
use sim::day::{Caller, Pace, Played};
use std::collections::BTreeMap;

const AGENTS: u32 = 12;
/// The goal of the queue.
const WITHIN_S: f64 = 20.0;
/// A wait is counted in whole milliseconds of the clock: it may be less by one than it is in microseconds.
const CLOCK_S: f64 = 0.001;

/// Some of those who have waited for two minutes leave a message.
const MESSAGES: QueueVoicemail = QueueVoicemail {
    offer_after_s: 120.0,
    accept: 0.3,
    speak_s: 25.0,
    handle: Distribution::Lognormal { mean: 90.0, cv: 0.5 },
};

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
        voicemail: Some(MESSAGES),
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
fn words(callback: &QueueCallback, limits: &QueueLimits) -> String {
    let mode = if callback.customer_first { "customer_first" } else { "agent_first" };
    let test = callback.test;
    let limit = limits.max_wait_s.map(|wait| format!("max_wait_s = {wait}\n")).unwrap_or_default();
    format!(
        "{limit}goal = {{ within_s = {WITHIN_S} }}\n\
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
        leaves: caller.leaves,
        message_us: caller.message_us,
        tries: caller.tries,
        rings_in: caller.rings_in,
    };
    let callers: Vec<Caller> = callers(centre, 0).into_iter().map(caller).collect();
    let micros = |seconds: f64| (seconds * 1e6) as u64;
    let pace = Pace {
        agent_us: 4_000_000,
        customer_us: micros(callback.answer_s),
        key_us: micros(callback.offer_after_s),
        message_us: micros(MESSAGES.offer_after_s),
        speak_us: micros(MESSAGES.speak_s),
    };
    let words = words(callback, &centre.scenario().types[0].limits);
    sim::day::play(AGENTS as usize, &words, &callers, pace)
}

/// The waits of those who were called back, and of the messages that an agent heard, in milliseconds.
fn waits_apart(stories: &Stories<'_>) -> (Vec<u64>, Vec<u64>) {
    let (mut reached, mut heard) = (Vec::new(), Vec::new());
    for (contact, events) in stories {
        for step in stats::callback_steps(*contact, events.iter().copied()) {
            if let CallbackMark::Reached { wait_ms } = step.mark {
                reached.push(wait_ms);
            }
        }
        let at = |fits: fn(&Kind) -> bool| events.iter().find(|(_, kind)| fits(kind)).map(|(at, _)| at.as_micros());
        if at(|kind| matches!(kind, Kind::VoicemailRequested(_))).is_some() {
            let spoken = at(|kind| matches!(kind, Kind::RecordingFinished { .. }));
            let taken = at(|kind| matches!(kind, Kind::Connected { .. }));
            heard.extend(taken.zip(spoken).map(|(taken, spoken)| (taken - spoken) as u64 / 1_000));
        }
    }
    (reached, heard)
}

/// What became of messages.
#[derive(Debug)]
struct Messages {
    left: usize,
    heard: usize,
}

/// Both stories of a day; fails with the first figure that differs.
fn compare(callback: QueueCallback, seed: u64) -> (Counts, CallbackCounts, Messages) {
    compare_days(scenario(callback, seed), callback)
}

fn compare_days(scenario: Scenario, callback: QueueCallback) -> (Counts, CallbackCounts, Messages) {
    let seed = scenario.run.seed;
    let centre = Centre::new(scenario).unwrap();
    let (report, played) = (simulated(&centre), played(&centre, &callback));
    let queue = &played.floor.queues[0];
    let (live, back) = (queue.counts, queue.callbacks);
    let figure = |name: &str| report.all.mean(name).unwrap_or_else(|| panic!("the simulation tells no {name}"));
    let stories = stories(&played);
    let (reached, heard) = waits_apart(&stories);
    let left = played.events.iter().filter(|(_, _, kind)| matches!(kind, Kind::VoicemailLeft { .. })).count();
    for (name, counted) in [
        ("voicemail.left", left as u64),
        ("voicemail.heard", heard.len() as u64),
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
    near("longest_wait", queue.longest_wait_ms, 1);
    near("callback.mean_wait", back.wait_reached_ms, back.reached);
    near("callback.longest_wait", reached.iter().copied().max().unwrap(), 1);
    if !heard.is_empty() {
        near("voicemail.mean_wait", heard.iter().sum(), heard.len() as u64);
        near("voicemail.longest_wait", heard.iter().copied().max().unwrap(), 1);
    }
    history_tells_the_same(&played, stories);
    (live, back, Messages { left, heard: heard.len() })
}

/// The events of each contact, in order.
type Stories<'a> = BTreeMap<ContactId, Vec<(WallTime, &'a Kind)>>;

fn stories(played: &Played) -> Stories<'_> {
    let mut stories = Stories::new();
    for (contact, at, kind) in &played.events {
        stories.entry(*contact).or_default().push((*at, kind));
    }
    stories
}

/// The contact log and the steps of calls back, folded from the stored events, are the live figures.
fn history_tells_the_same(played: &Played, contacts: Stories<'_>) {
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
    assert_eq!(figures.longest_wait_ms, queue.longest_wait_ms);
    assert_eq!((backs.booked, backs.tries), (queue.callbacks.booked, queue.callbacks.tries));
    assert_eq!((backs.reached, backs.failed), (queue.callbacks.reached, queue.callbacks.failed));
    let live = figures.abandon_rate_live().value().unwrap();
    let all = figures.abandon_rate().value().unwrap();
    assert!(live > all, "of those who stayed on the line more gave up ({live}) than of all who came ({all})");
}

#[test]
fn simulation_and_live_counters_tell_the_same_day_when_agents_call_first() {
    let (live, back, messages) = compare(callback(), 11);
    assert!((500..700).contains(&live.offered), "{live:?}");
    assert!(live.abandoned > 10 && live.answered > 300, "{live:?}");
    assert!(back.booked > 20 && back.failed > 0 && back.cancelled > 0, "{back:?}");
    assert!(back.tries > back.reached, "{back:?}");
    assert!(messages.left > 10 && messages.heard == messages.left, "{messages:?}");
}

#[test]
fn simulation_and_live_counters_tell_the_same_day_when_customers_are_called_first() {
    let (_, back, _) = compare(QueueCallback { customer_first: true, ..callback() }, 12);
    assert!(back.booked > 20 && back.reached > 0, "{back:?}");
}

#[test]
fn simulation_and_live_counters_tell_the_same_days_of_many_seeds() {
    for seed in 20..30 {
        compare(callback(), seed);
    }
}

#[test]
fn the_same_callers_are_sent_away_by_the_longest_wait_and_leave_messages_or_go() {
    let mut left = 0;
    for seed in 40..46 {
        let mut scenario = scenario(callback(), seed);
        scenario.types[0].limits.max_wait_s = Some(90.0);
        let (live, back, messages) = compare_days(scenario, callback());
        let sent_away = live.flowed_out - back.booked;
        // After two minutes in line a message is offered by key: who was sent away after a minute and a half left these.
        left += messages.left;
        assert!(sent_away > messages.left as u64, "some of {sent_away} go without a word: {messages:?}");
    }
    assert!(left > 20, "{left} messages in six days");
}

#[test]
fn a_day_on_which_nobody_leaves_the_line_but_by_the_telephone_is_the_same_too() {
    let nobody = QueueCallback { accept: 0.0, ..callback() };
    let mut scenario = scenario(nobody, 13);
    scenario.types[0].voicemail = None;
    let centre = Centre::new(scenario).unwrap();
    let (report, played) = (simulated(&centre), played(&centre, &nobody));
    let counts = played.floor.queues[0].counts;
    let figure = |name: &str| report.all.mean(name).unwrap();
    assert_eq!(figure("offered"), counts.offered as f64);
    assert_eq!((figure("answered"), figure("abandoned")), (counts.answered as f64, counts.abandoned as f64));
    assert_eq!((counts.flowed_out, played.floor.queues[0].callbacks.booked), (0, 0));
}
