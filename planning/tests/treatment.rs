//! Calls back, messages and limits in the simulator, seen from outside.

use acd::callback::CapacityTest;
use core::time::Duration;
use planning::simulate::{
    Arrivals, Centre, ContactType, Distribution, Group, QueueCallback, QueueLimits, QueueVoicemail, Replication,
    Report, Scenario, ScenarioError, Shift,
};

/// Offered to whoever has to wait.
const ALWAYS: CapacityTest = CapacityTest {
    min_wait: Duration::ZERO,
    most_open: 1_000,
    within: Duration::from_secs(100_000),
    most_load_percent: 1_000,
};

fn callback() -> QueueCallback {
    QueueCallback { accept: 0.5, test: ALWAYS, ..QueueCallback::default() }
}

/// Two hours of calls of 180 s every 20 s, for eight agents; who waits gives up after four minutes on average.
fn busy() -> Scenario {
    let mut scenario = Scenario::default();
    (scenario.run.calls, scenario.run.warmup_calls, scenario.run.replications) = (1_000_000, 0, 20);
    scenario.run.until_s = Some(7_200.0);
    scenario.types.push(ContactType {
        arrivals: Arrivals::Poisson(vec![(0.0, 0.05)]),
        service: Some(Distribution::Exp(180.0)),
        wrap_up: Some(Distribution::Det(15.0)),
        patience: Some(Distribution::Exp(240.0)),
        ..ContactType::new("calls")
    });
    scenario.groups.push(Group { agents: 8, answer_s: 3.0, ..Group::new("floor") });
    scenario
}

fn with_callback(callback: QueueCallback) -> Scenario {
    let mut scenario = busy();
    scenario.types[0].callback = Some(callback);
    scenario
}

fn play(scenario: Scenario) -> Report {
    let centre = Centre::new(scenario).unwrap();
    let samples: Vec<_> =
        (0..centre.scenario().run.replications).map(|n| Replication::new(&centre, n).finish()).collect();
    Report::new(&centre, &samples)
}

fn all(report: &Report, name: &str) -> f64 {
    report.all.mean(name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// Everybody is accounted for.
fn adds_up(report: &Report) {
    let live = all(report, "answered") + all(report, "abandoned") + all(report, "flowed_out");
    assert!((all(report, "offered") - live).abs() < 1e-6, "{} came, {live} left", all(report, "offered"));
    let ended = ["reached", "failed", "cancelled", "open"].map(|end| all(report, &format!("callback.{end}")));
    assert!((all(report, "callback.booked") - ended.iter().sum::<f64>()).abs() < 1e-6, "{ended:?}");
}

#[test]
fn whoever_takes_a_call_back_flows_out_and_is_reached() {
    let report = play(with_callback(callback()));
    adds_up(&report);
    assert!(all(&report, "callback.booked") > 20.0, "{}", all(&report, "callback.booked"));
    assert_eq!(all(&report, "callback.booked"), all(&report, "flowed_out"));
    assert_eq!(all(&report, "callback.booked"), all(&report, "callback.reached"));
    assert_eq!(all(&report, "callback.tries"), all(&report, "callback.booked"));
    let share = all(&report, "callback.booked") / all(&report, "offered");
    assert!((all(&report, "p_flow_out") - share).abs() < 0.01);
    assert!(
        all(&report, "callback.mean_wait") > 13.0,
        "the agent's telephone rings for 3 s and the customer's for 10 s"
    );
}

#[test]
fn live_abandonment_is_told_of_those_who_stayed_on_the_line() {
    let report = play(with_callback(callback()));
    let stayed = all(&report, "answered") + all(&report, "abandoned");
    let live = all(&report, "p_abandon_live");
    assert!((live - all(&report, "abandoned") / stayed).abs() < 0.02, "{live}");
    assert!(live > all(&report, "p_abandon"));
    let without = play(busy());
    assert!(
        all(&report, "asa_answered") > all(&without, "asa_answered"),
        "live callers pay for those who keep their place"
    );
    assert_eq!(all(&report, "offered"), all(&without, "offered"), "the same callers came");
}

#[test]
fn a_customer_who_is_never_reached_is_called_as_often_as_the_queue_says() {
    for customer_first in [false, true] {
        let report = play(with_callback(QueueCallback {
            reached: 0.0,
            attempts: 3,
            pause_s: 300.0,
            customer_first,
            ..callback()
        }));
        adds_up(&report);
        assert!(all(&report, "callback.booked") > 20.0);
        assert_eq!(
            all(&report, "callback.failed"),
            all(&report, "callback.booked"),
            "customer first: {customer_first}"
        );
        assert!((all(&report, "callback.tries") - 3.0 * all(&report, "callback.booked")).abs() < 1e-9);
        assert_eq!(all(&report, "callback.reached"), 0.0);
    }
}

#[test]
fn in_customer_first_mode_those_who_answer_are_joined_too() {
    let report = play(with_callback(QueueCallback { reached: 0.7, customer_first: true, ..callback() }));
    adds_up(&report);
    let (tries, booked) = (all(&report, "callback.tries"), all(&report, "callback.booked"));
    // With three tries of which 0.7 are answered: 1 + 0.3 + 0.09 on average.
    assert!((tries / booked - 1.39).abs() < 0.06, "{tries} tries of {booked}");
    assert!((all(&report, "callback.reached") / booked - 0.973).abs() < 0.02);
}

#[test]
fn none_is_booked_where_live_callers_would_pay_for_it() {
    let strict = CapacityTest { most_load_percent: 40, ..ALWAYS };
    let late = play(with_callback(QueueCallback { test: strict, ..callback() }));
    let always = play(with_callback(callback()));
    assert!(all(&late, "callback.booked") < all(&always, "callback.booked") / 4.0, "{}", all(&late, "callback.booked"));
    let short = CapacityTest { min_wait: Duration::from_secs(100_000), ..ALWAYS };
    assert_eq!(all(&play(with_callback(QueueCallback { test: short, ..callback() })), "callback.booked"), 0.0);
    let few = CapacityTest { most_open: 1, ..ALWAYS };
    assert!(
        all(&play(with_callback(QueueCallback { test: few, ..callback() })), "callback.booked")
            < all(&always, "callback.booked")
    );
}

#[test]
fn what_was_promised_is_told_beside_what_it_then_was() {
    let report = play(with_callback(callback()));
    let (promised, first) = (all(&report, "callback.promised"), all(&report, "callback.first_try"));
    assert!(promised > 0.0 && first > 0.0, "{promised} {first}");
    // The forecast learns from short days only: it need not be good, but of the right size.
    assert!((promised / first).ln().abs() < 0.7, "promised {promised} s, tried after {first} s");
}

#[test]
fn a_customer_who_rings_in_and_is_served_is_not_called_any_more() {
    let impatient = QueueCallback { calls_again: 1.0, calls_again_after: Distribution::Det(20.0), ..callback() };
    let report = play(with_callback(impatient));
    adds_up(&report);
    assert!(all(&report, "callback.cancelled") > 10.0, "{}", all(&report, "callback.cancelled"));
    assert!(all(&report, "offered") > all(&play(with_callback(callback())), "offered"));
}

#[test]
fn messages_are_left_and_heard() {
    let mut scenario = busy();
    scenario.types[0].voicemail =
        Some(QueueVoicemail { offer_after_s: 30.0, accept: 0.6, speak_s: 20.0, handle: Distribution::Exp(60.0) });
    let report = play(scenario);
    assert!(all(&report, "voicemail.left") > 10.0);
    assert_eq!(all(&report, "voicemail.left"), all(&report, "voicemail.heard"));
    assert_eq!(all(&report, "voicemail.left"), all(&report, "flowed_out"));
    assert!(all(&report, "voicemail.mean_wait") > 3.0);
}

#[test]
fn whoever_waits_too_long_goes_to_the_other_queue_and_is_counted_once_in_all() {
    let mut scenario = busy();
    scenario.groups[0].agents = 6;
    scenario.groups[0].service = vec![("calls".into(), Distribution::Exp(180.0))];
    scenario.types[0].limits = QueueLimits { overflow: Some(("help".into(), 60.0)), ..QueueLimits::default() };
    scenario.types.push(ContactType::new("help"));
    scenario.groups.push(Group {
        agents: 4,
        service: vec![("help".into(), Distribution::Exp(100.0))],
        ..Group::new("helpers")
    });
    // The helpers do not take calls.
    scenario.types[0].service = None;
    let report = play(scenario);
    let of = |kind: usize, name: &str| report.types[kind].1.mean(name).unwrap_or(f64::NAN);
    assert!(of(1, "offered") > 20.0);
    assert_eq!(of(0, "flowed_out"), of(1, "offered"));
    assert_eq!(all(&report, "offered"), of(0, "offered"));
    assert!(of(1, "asa_answered") >= 60.0, "their wait is that since they came");
    assert_eq!(all(&report, "flowed_out"), 0.0);
}

#[test]
fn a_call_back_whose_agents_have_gone_home_stays_open_and_the_day_ends() {
    let mut scenario = with_callback(QueueCallback { reached: 0.0, attempts: 20, pause_s: 3_600.0, ..callback() });
    scenario.run.replications = 1;
    scenario.groups[0].agents = 0;
    scenario.groups[0].shifts = vec![Shift { from_s: 0.0, to_s: 7_200.0, agents: 6 }];
    scenario.types[0].limits.needs_agents = true;
    let report = play(scenario);
    adds_up(&report);
    assert!(all(&report, "callback.open") > 0.0);
}

#[test]
fn treatment_that_cannot_be_played_is_refused() {
    let refused = |change: fn(&mut Scenario)| {
        let mut scenario = with_callback(callback());
        change(&mut scenario);
        Centre::new(scenario).unwrap_err()
    };
    for change in [
        (|scenario| scenario.types[0].callback.as_mut().unwrap().accept = 1.5) as fn(&mut Scenario),
        |scenario| scenario.types[0].callback.as_mut().unwrap().attempts = 0,
        |scenario| scenario.types[0].limits.overflow = Some(("calls".into(), 0.0)),
        |scenario| scenario.types[0].limits.overflow = Some(("nobody".into(), 0.0)),
        |scenario| scenario.types[0].limits.max_wait_s = Some(0.0),
        |scenario| {
            scenario.callback = Some(planning::simulate::Callback {
                offer_at_s: 1.0,
                accept: 1.0,
                aht_s: 1.0,
                dial_s: 1.0,
                answer: 1.0,
                no_answer_s: 1.0,
            });
        },
    ] {
        assert!(matches!(refused(change), ScenarioError::OutOfRange { .. }));
    }
}

#[test]
fn the_callers_of_a_run_are_known_beforehand() {
    let centre = Centre::new(with_callback(QueueCallback { reached: 0.5, ..callback() })).unwrap();
    let callers = planning::simulate::callers(&centre, 3);
    let report = Report::new(&centre, &[Replication::new(&centre, 3).finish()]);
    assert_eq!(callers.len() as f64, all(&report, "offered"));
    assert!(callers.is_sorted_by_key(|caller| caller.at_us));
    assert!(callers.iter().all(|caller| caller.tries.len() == 3 && caller.wrap_up_us == Some(15_000_000)));
    let accepting = callers.iter().filter(|caller| caller.accepts).count();
    assert!(accepting > callers.len() / 3 && accepting < callers.len() * 2 / 3);
}
