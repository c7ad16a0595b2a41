//! What the simulator does with each key of a scenario, seen from outside.

use acd::api::ContactRule;
use domain::{QueueExit, Visit};
use planning::simulate::{
    Arrivals, Callback, Centre, ContactType, Distribution, Group, Need, Replication, Report, Scenario, ScenarioError,
    Shift, Unusable, Warning, Widening, replay,
};

fn need(named: &[(&str, u8)]) -> Need {
    named.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect()
}

fn kind(name: &str, rate: f64, service: Distribution) -> ContactType {
    ContactType { arrivals: Arrivals::Poisson(vec![(0.0, rate)]), service: Some(service), ..ContactType::new(name) }
}

fn group(name: &str, agents: u32) -> Group {
    Group { agents, ..Group::new(name) }
}

/// One type before one group.
fn single(rate: f64, service: Distribution, agents: u32) -> Scenario {
    let mut scenario = Scenario::default();
    (scenario.run.calls, scenario.run.warmup_calls, scenario.run.replications) = (20_000, 2_000, 4);
    scenario.types.push(kind("calls", rate, service));
    scenario.groups.push(group("floor", agents));
    scenario
}

fn play(scenario: Scenario) -> Report {
    let centre = Centre::new(scenario).unwrap();
    let samples: Vec<_> =
        (0..centre.scenario().run.replications).map(|n| Replication::new(&centre, n).finish()).collect();
    Report::new(&centre, &samples)
}

fn all(report: &Report, name: &str) -> f64 {
    report.all.mean(name).unwrap()
}

fn of(report: &Report, kind: &str, name: &str) -> f64 {
    let (_, measures) = report.types.iter().find(|(known, _)| known == kind).unwrap();
    measures.mean(name).unwrap()
}

fn is_near(value: f64, expected: f64, relative: f64) {
    assert!((value - expected).abs() <= relative * expected.abs(), "{value} is not near {expected}");
}

#[test]
fn the_same_seed_gives_the_same_figures_and_another_seed_others() {
    let scenario = single(0.05, Distribution::Lognormal { mean: 180.0, cv: 1.5 }, 11);
    let other = {
        let mut other = scenario.clone();
        other.run.seed = 2;
        other
    };
    let first = play(scenario.clone());
    assert_eq!(first, play(scenario));
    assert_ne!(first, play(other));
}

#[test]
fn going_on_in_small_steps_changes_nothing() {
    let centre = Centre::new(single(0.05, Distribution::Exp(180.0), 11)).unwrap();
    let whole = Replication::new(&centre, 3).finish();
    let mut steps = Replication::new(&centre, 3);
    while steps.advance(7) {}
    let (whole, steps) = (Report::new(&centre, &[whole]), Report::new(&centre, &[steps.finish()]));
    assert_eq!(whole, steps);
}

#[test]
fn scenarios_with_one_seed_see_the_same_callers() {
    // Nobody waits in either: the only difference would be the callers themselves.
    let few = play(single(0.01, Distribution::Exp(100.0), 40));
    let many = play(single(0.01, Distribution::Exp(100.0), 80));
    assert_eq!(few.lasted_s, many.lasted_s);
    is_near(all(&few, "occupancy"), 2.0 * all(&many, "occupancy"), 1e-9);
}

#[test]
fn a_service_that_never_varies_halves_the_wait_of_one_agent() {
    // Pollaczek and Khinchine: W = λ E[S²] / (2 (1 − ρ)).
    let mut scenario = single(0.008, Distribution::Det(100.0), 1);
    scenario.run.calls = 200_000;
    is_near(all(&play(scenario), "mean_wait_all"), 0.008 * 10_000.0 / 2.0 / 0.2, 0.03);
}

#[test]
fn service_may_differ_from_group_to_group() {
    let mut scenario = single(0.0001, Distribution::Det(100.0), 1);
    scenario.groups[0].service = vec![("calls".to_owned(), Distribution::Det(50.0))];
    is_near(all(&play(scenario), "occupancy"), 0.005, 0.02);
}

#[test]
fn after_contact_work_keeps_the_agent_busy() {
    let mut scenario = single(0.01, Distribution::Exp(100.0), 3);
    scenario.types[0].wrap_up = Some(Distribution::Exp(50.0));
    let report = play(scenario);
    is_near(all(&report, "occupancy"), 0.5, 0.03);
    // As if talk and work were one service of 150 s on average.
    let together = play(single(0.01, Distribution::Lognormal { mean: 150.0, cv: 0.745 }, 3));
    is_near(all(&report, "mean_wait_all"), all(&together, "mean_wait_all"), 0.15);
}

#[test]
fn nobody_is_blocked_while_a_line_is_free() {
    let mut scenario = single(0.1, Distribution::Exp(100.0), 20);
    scenario.run.lines = Some(20);
    let report = play(scenario);
    assert_eq!(all(&report, "p_wait"), 0.0);
    is_near(all(&report, "p_block"), 0.00187, 0.3);
    is_near(all(&report, "offered"), 18_000.0, 1e-12);
}

#[test]
fn who_loses_patience_is_gone() {
    let mut scenario = single(1.0, Distribution::Det(1_000.0), 1);
    scenario.types[0].patience = Some(Distribution::Det(10.0));
    let report = play(scenario);
    // One of a thousand is served, after at most ten seconds; the others have waited exactly ten.
    is_near(all(&report, "p_abandon"), 0.999, 0.001);
    is_near(all(&report, "mean_wait_all"), 10.0, 0.002);
    assert!(all(&report, "asa_answered") < 10.0);
    assert_eq!(all(&report, "sl.positive.10"), 1.0);
}

#[test]
fn service_levels_differ_as_their_formulas_say() {
    let mut scenario = single(0.06, Distribution::Exp(180.0), 9);
    scenario.types[0].patience = Some(Distribution::Exp(60.0));
    let report = play(scenario);
    let (within, abandoned) = (all(&report, "sl.offered.20"), all(&report, "p_abandon"));
    is_near(all(&report, "sl.answered_abandoned.20"), within, 1e-12);
    is_near(all(&report, "sl.answered.20"), within / (1.0 - abandoned), 1e-3);
    let early = all(&report, "sl.positive.20") - within;
    is_near(all(&report, "sl.no_early.20"), within / (1.0 - early), 1e-3);
    is_near(all(&report, "sl.removed.20"), all(&report, "sl.positive.20"), 1e-12);
    assert!(all(&report, "sl.no_short.20") > within && all(&report, "sl.no_short.20") < all(&report, "sl.no_early.20"));
}

#[test]
fn arrivals_follow_their_profile() {
    let mut scenario = single(0.0, Distribution::Exp(1.0), 5);
    scenario.types[0].arrivals = Arrivals::Poisson(vec![(1_000.0, 1.0), (2_000.0, 0.0), (3_000.0, 3.0)]);
    scenario.run.until_s = Some(4_000.0);
    scenario.run.warmup_calls = 0;
    scenario.run.replications = 20;
    let report = play(scenario);
    is_near(all(&report, "offered"), 4_000.0, 0.02);
    is_near(report.lasted_s, 4_000.0, 0.01);
}

#[test]
fn agents_come_and_go_with_their_shifts() {
    let mut scenario = single(0.01, Distribution::Det(10.0), 0);
    scenario.groups[0].shifts =
        vec![Shift { from_s: 0.0, to_s: 1_000.0, agents: 1 }, Shift { from_s: 5_000.0, to_s: 6_000.0, agents: 1 }];
    scenario.run.until_s = Some(6_000.0);
    scenario.run.warmup_calls = 0;
    scenario.run.replications = 50;
    let report = play(scenario);
    // Those who come between the shifts wait for the second one.
    is_near(all(&report, "p_wait"), 0.72, 0.1);
    assert!(all(&report, "mean_wait_all") > 1_000.0);
    assert_eq!(all(&report, "p_abandon"), 0.0);
}

#[test]
fn offers_that_ring_cost_time_and_missed_ones_keep_the_callers_place() {
    let mut scenario = single(0.01, Distribution::Exp(100.0), 4);
    scenario.groups[0].answer_s = 5.0;
    let answered = play(scenario.clone());
    assert_eq!(all(&answered, "p_wait"), 1.0);
    assert!(all(&answered, "asa_answered") > 5.0);
    scenario.groups[0].rona = 0.2;
    scenario.groups[0].decline = 0.1;
    scenario.rules.ringing.offer_timeout_s = 20.0;
    let missed = play(scenario);
    // Every fifth offer takes 20 s in vain before the next one, which takes 5 s.
    assert!(all(&missed, "asa_answered") > 10.0, "{}", all(&missed, "asa_answered"));
    assert_eq!(all(&missed, "served_by.floor"), 1.0);
}

#[test]
fn priorities_and_rates_may_be_fractions() {
    let with = |priority: f64, age_per_s: f64| {
        let mut scenario = single(0.02, Distribution::Exp(100.0), 5);
        scenario.types.push(kind("urgent", 0.02, Distribution::Exp(100.0)));
        scenario.types[1].priority = priority;
        scenario.types[1].age_per_s = age_per_s;
        scenario.types[0].age_per_s = age_per_s / 2.0;
        play(scenario)
    };
    // Only the proportion of points to rates matters.
    assert_eq!(with(3.0, 0.25), with(12.0, 1.0));
}

#[test]
fn the_longest_queue_may_go_first() {
    let mut scenario = single(0.03, Distribution::Exp(100.0), 5);
    scenario.types.push(kind("rare", 0.015, Distribution::Exp(100.0)));
    let by_score = play(scenario.clone());
    scenario.rules.contact_rule = ContactRule::LongestQueueFirst;
    let by_length = play(scenario);
    assert!(of(&by_length, "rare", "mean_wait_all") > 1.3 * of(&by_score, "rare", "mean_wait_all"));
    assert!(of(&by_length, "calls", "mean_wait_all") < of(&by_score, "calls", "mean_wait_all"));
}

#[test]
fn a_level_of_zero_needs_nobody_in_particular() {
    let mut scenario = single(0.001, Distribution::Det(10.0), 1);
    let ring = |after_s: f64, level: u8| Widening { after_s, need: need(&[("sales", level)]) };
    scenario.types[0].rings = vec![ring(0.0, 5), ring(7.0, 0)];
    // Its only agent lacks the skill, so that everybody waits for the second ring.
    let report = play(scenario);
    assert_eq!(all(&report, "sl.offered.10"), report.all.mean("sl.removed.10").unwrap());
    assert!(all(&report, "asa_answered") >= 7.0);
    assert_eq!(all(&report, "p_wait"), 1.0);
}

#[test]
fn a_group_of_a_lower_preference_number_goes_first() {
    let mut scenario = single(0.01, Distribution::Exp(100.0), 10);
    scenario.groups[0].preference = vec![("calls".to_owned(), 2)];
    scenario.groups.push(group("first", 10));
    let report = play(scenario);
    assert!(all(&report, "served_by.first") > 0.999);
}

#[test]
fn nobody_is_offered_a_callback_whom_an_agent_can_take() {
    let mut scenario = single(0.001, Distribution::Exp(100.0), 5);
    scenario.callback =
        Some(Callback { offer_at_s: 0.0, accept: 1.0, aht_s: 100.0, dial_s: 1.0, answer: 1.0, no_answer_s: 5.0 });
    let report = play(scenario);
    assert!(all(&report, "p_virtual") < 1e-3);
    assert_eq!(all(&report, "p_abandon_live"), 0.0);
}

#[test]
fn contacts_that_nobody_serves_wait_for_ever() {
    let mut scenario = single(0.01, Distribution::Exp(100.0), 2);
    scenario.types.push(ContactType { arrivals: Arrivals::Poisson(vec![(0.0, 0.01)]), ..ContactType::new("mail") });
    let report = play(scenario);
    assert_eq!(of(&report, "mail", "p_wait"), 1.0);
    assert_eq!(of(&report, "mail", "sl.offered.120"), 0.0);
    assert_eq!(report.types[1].1.mean("asa_answered"), None);
}

fn visit(enter_ms: i64, exit_ms: i64, exit: QueueExit, talk_ms: u64) -> Visit {
    Visit { enter_ms, exit_ms, exit, talk_ms, hold_ms: 0, acw_ms: 1_000 }
}

#[test]
fn a_log_is_played_as_it_was_written() {
    let log = [
        visit(9_000, 9_000, QueueExit::Answered, 60_000),
        visit(10_000, 70_000, QueueExit::Answered, 30_000),
        visit(11_000, 51_000, QueueExit::Abandoned, 0),
    ];
    let mut scenario = single(0.0, Distribution::Exp(1.0), 1);
    replay(&mut scenario.types[0], &log, 9_000).unwrap();
    // 100 s of waiting and one abandon.
    assert_eq!(scenario.types[0].patience, Some(Distribution::Exp(100.0)));
    scenario.types[0].patience = None;
    scenario.run.whole_log(3);
    let report = play(scenario);
    assert_eq!(all(&report, "offered"), 3.0);
    // The second waits for the first and its work (61 s from 9 s on), the third for the second, too (31 s more).
    is_near(all(&report, "mean_wait_all"), (0.0 + 60.0 + 90.0) / 3.0, 1e-9);
}

#[test]
fn a_log_without_answers_is_refused() {
    let mut kind = ContactType::new("calls");
    assert_eq!(replay(&mut kind, &[], 0), Err(Unusable::Empty));
    let lost = [visit(0, 5, QueueExit::Abandoned, 0)];
    assert_eq!(replay(&mut kind, &lost, 0), Err(Unusable::NothingAnswered));
}

#[test]
fn what_cannot_be_played_is_refused() {
    let good = || single(0.01, Distribution::Exp(100.0), 2);
    let refused = |change: fn(&mut Scenario)| {
        let mut scenario = good();
        change(&mut scenario);
        Centre::new(scenario).unwrap_err()
    };
    assert_eq!(refused(|scenario| scenario.types.clear()), ScenarioError::NoTypes);
    assert_eq!(refused(|scenario| scenario.groups.clear()), ScenarioError::NoAgents);
    assert_eq!(
        refused(|scenario| scenario.types.push(ContactType::new("calls"))),
        ScenarioError::SameName("calls".into())
    );
    assert_eq!(
        refused(|scenario| scenario.run.warmup_calls = 20_000),
        ScenarioError::NothingMeasured { warmup: 20_000, calls: 20_000 }
    );
    let unknown = ScenarioError::UnknownType { group: "floor".into(), named: "call".into() };
    assert_eq!(refused(|scenario| scenario.groups[0].delay_s.push(("call".into(), 1.0))), unknown);
    let slow = refused(|scenario| scenario.types[0].arrivals = Arrivals::Poisson(vec![(0.0, 1e-6)]));
    assert_eq!(slow, ScenarioError::TooLong);
    for change in [
        (|scenario| scenario.groups[0].rona = 1.0) as fn(&mut Scenario),
        |scenario| scenario.types[0].service = Some(Distribution::Exp(0.0)),
        |scenario| scenario.types[0].patience = Some(Distribution::Exp(f64::NAN)),
        |scenario| scenario.types[0].priority = f64::INFINITY,
        |scenario| scenario.types[0].arrivals = Arrivals::Poisson(vec![(5.0, 1.0), (5.0, 2.0)]),
        |scenario| scenario.run.lines = Some(0),
    ] {
        assert!(matches!(refused(change), ScenarioError::OutOfRange { .. }));
    }
}

#[test]
fn what_is_likely_not_meant_is_warned_of() {
    let mut scenario = single(0.01, Distribution::Exp(100.0), 1);
    scenario.types.push(ContactType::new("mail"));
    scenario.types.push(kind("chat", 0.001, Distribution::Exp(100.0)));
    scenario.types[2].rings = vec![Widening { after_s: 0.0, need: need(&[("chat", 1)]) }];
    let centre = Centre::new(scenario).unwrap();
    assert_eq!(
        centre.warnings(),
        [
            Warning::NoService { group: "floor".into(), kind: "mail".into() },
            Warning::Unserved("mail".into()),
            Warning::Unserved("chat".into()),
            Warning::Unstable,
        ]
    );
}
