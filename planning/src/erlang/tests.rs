//! Against published figures, against figures with many digits, and against independent ways to the same ones.
#![allow(
    clippy::excessive_precision,
    reason = "the reference figures are quoted with all the digits they were reckoned to"
)]

use super::window::Departures;
use super::*;
use proptest::prelude::*;

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * right.abs()
}

#[track_caller]
fn assert_close(left: f64, right: f64, what: &str) {
    assert!(close(left, right), "{what}: {left:e} instead of {right:e}");
}

fn of(calls_per_hour: f64, handle_s: f64, patience_s: Option<f64>, agents: u32, thresholds: &[f64]) -> Outlook {
    outlook(&Demand::new(calls_per_hour, handle_s, patience_s).unwrap(), agents, thresholds).unwrap().unwrap()
}

#[test]
fn published_figures_come_out() {
    let delay = of(200.0, 180.0, None, 14, &[20.0]);
    assert!((delay.figures.p_wait - 0.174_131_9).abs() < 5e-8);
    assert!((delay.service[0].offered - 0.888_35).abs() < 5e-6);
    assert!((delay.figures.asa_s - 7.836).abs() < 5e-4);
    let patience = of(2880.0, 60.0, Some(120.0), 50, &[]).figures;
    assert!((patience.p_abandon - 0.0309).abs() < 5e-5);
    assert!((patience.mean_wait_s - 3.71).abs() < 5e-3);
    assert!((patience.asa_s - 3.62).abs() < 5e-3);
    assert!((patience.mean_queue - 2.97).abs() < 5e-3);
    assert!((patience.occupancy - 0.930).abs() < 5e-4);
}

/// Erlang B with 40 digits: erlangs, lines, share lost.
const LOST: &[(f64, u32, f64)] = &[
    (10.0, 18, 0.007_142_438_157_899_778),
    (9990.0, 10_000, 0.007_317_186_887_268_938_5),
    (0.01, 3, 1.650_083_056_930_670_6e-7),
    (1.0, 150, 6.438_906_328_996_142e-264),
    (100_000.0, 10_000, 0.900_001_111_083_677_4),
];

#[test]
fn lost_calls_agree_with_many_digits() {
    for &(erlangs, lines, lost) in LOST {
        assert_close(p_block(erlangs, lines), lost, &format!("B({erlangs}, {lines})"));
    }
    assert_eq!(p_block(0.0, 3), 0.0);
    assert_eq!(p_block(5.0, 0), 1.0);
}

/// A pool and what arithmetic with 40 to 120 digits makes of the definitions.
struct Case {
    demand: (f64, f64, f64),
    agents: u32,
    /// `p_wait`, `p_abandon`, `mean_wait_s`, `asa_s`, `mean_queue`, `occupancy`.
    figures: [f64; 6],
    /// Threshold; offered, answered, `no_early`, positive.
    service: (f64, [f64; 4]),
}

const CASES: &[Case] = &[
    Case {
        demand: (2880.0, 60.0, 120.0),
        agents: 50,
        figures: [
            0.467_774_068_553_790_39,
            0.030_912_249_162_193_218,
            3.709_469_899_463_186,
            3.615_900_239_553_114_4,
            2.967_575_919_570_549,
            0.930_324_240_804_294_5,
        ],
        service: (
            20.0,
            [0.943_018_954_746_981_1, 0.973_099_653_701_856_8, 0.972_029_602_986_986_9, 0.972_864_391_707_808_1],
        ),
    },
    Case {
        demand: (0.5, 180.0, 60.0),
        agents: 1,
        figures: [
            0.024_539_474_548_671_705,
            0.018_421_018_053_131_788,
            1.105_261_083_187_907_3,
            0.281_070_425_707_821_38,
            0.000_153_508_483_776_098_24,
            0.024_539_474_548_671_705,
        ],
        service: (
            20.0,
            [0.977_650_653_424_703_5, 0.995_997_949_635_827_3, 0.984_151_806_094_267_8, 0.984_256_496_780_684_3],
        ),
    },
    Case {
        demand: (360_000.0, 100.0, 90.0),
        agents: 10_000,
        figures: [
            0.488_198_039_465_374_64,
            0.004_094_444_447_975_880_3,
            0.368_500_000_317_829_23,
            0.367_570_878_014_647_35,
            36.850_000_031_782_923,
            0.995_905_555_552_024_12,
        ],
        service: (20.0, [0.995_905_555_552_024_1, 1.0, 1.0, 1.0]),
    },
    Case {
        demand: (200_000.0, 180.0, 300.0),
        agents: 9000,
        figures: [1.0, 0.1, 30.0, 31.598_154_808_459_001, 1_666.666_666_666_666_7, 1.0],
        service: (
            20.0,
            [8.525_019_998_232_448e-7, 9.472_244_442_480_498e-7, 9.112_727_240_394_857e-7, 0.064_493_866_136_515_59],
        ),
    },
    Case {
        demand: (100.0, 300.0, 30.0),
        agents: 2,
        figures: [
            0.883_681_363_157_738_05,
            0.775_453_761_751_900_52,
            23.263_612_852_557_016,
            14.669_763_150_805_113,
            0.646_211_468_126_583_76,
            0.935_609_326_033_747_85,
        ],
        service: (
            200.0,
            [0.224_490_599_955_402_7, 0.999_752_218_994_489_1, 0.998_514_557_843_649_5, 0.999_666_036_115_084],
        ),
    },
    Case {
        demand: (500_000.0, 180.0, 60.0),
        agents: 10_000,
        figures: [1.0, 0.6, 36.0, 54.968_444_362_449_3, 5_000.0, 1.0],
        service: (
            35.0,
            [1.110_546_119_646_922_4e-92, 2.776_365_299_117_306e-92, 1.990_100_673_882_2e-92, 0.441_964_854_229_952_9],
        ),
    },
];

#[test]
fn callers_who_lose_patience_agree_with_many_digits() {
    for case in CASES {
        let (calls, handle, patience) = case.demand;
        let outlook = of(calls, handle, Some(patience), case.agents, &[case.service.0]);
        let (figures, level) = (outlook.figures, outlook.service[0]);
        let got = [
            figures.p_wait,
            figures.p_abandon,
            figures.mean_wait_s,
            figures.asa_s,
            figures.mean_queue,
            figures.occupancy,
        ];
        for (at, (got, wanted)) in got.iter().zip(case.figures).enumerate() {
            assert_close(*got, wanted, &format!("{:?}, {} agents: figure {at}", case.demand, case.agents));
        }
        let got = [level.offered, level.answered, level.no_early, level.positive];
        for (at, (got, wanted)) in got.iter().zip(case.service.1).enumerate() {
            assert_close(*got, wanted, &format!("{:?}, {} agents: level {at}", case.demand, case.agents));
        }
    }
}

/// `∫ x^(a−1) (1−x)^(b−1)` from 0 to `x`, over the same to 1, by Simpson's rule in `x = sin²φ`.
fn beta(a: f64, b: f64, x: f64) -> f64 {
    let peak = (a / (a + b)).sqrt().asin();
    let height = |phi: f64| (2.0 * a - 1.0) * phi.sin().ln() + (2.0 * b - 1.0) * phi.cos().ln();
    let top = height(peak);
    let area = |from: f64, to: f64| {
        let steps = 20_000;
        let width = (to - from) / f64::from(steps);
        let weight = |step: i32| match step {
            0 => 1.0,
            step if step == steps => 1.0,
            step => 2.0 + 2.0 * f64::from(step % 2),
        };
        let value = |step: i32| (height(from + width * f64::from(step)) - top).exp();
        (0..=steps).map(|step| weight(step) * value(step)).filter(|v| v.is_finite()).sum::<f64>() * width / 3.0
    };
    let end = x.sqrt().asin();
    let low = area(1e-12, end);
    low / (low + area(end, core::f64::consts::FRAC_PI_2 - 1e-12))
}

#[test]
fn departures_are_the_incomplete_beta_function() {
    for (shape, spent, count) in [(37.5, 0.3, 40), (2.5, 1.0, 12), (800.0, 0.05, 80), (1.5, 6.0, 30)] {
        let departures = Departures { shape, spent };
        for (q, (at_most, more)) in departures.up_to(0, count).into_iter().enumerate() {
            let integral = beta(shape, q as f64 + 1.0, (-spent).exp());
            assert!((at_most - integral).abs() < 1e-9, "I({shape}, {q} + 1): {at_most} instead of {integral}");
            assert!((at_most + more - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn departures_over_a_long_time_are_run_through_from_the_start() {
    let long = Departures { shape: 20.0, spent: 12.0 };
    let runs = long.up_to(0, 300_000);
    for q in [0_usize, 1, 10, 30_000, 299_999] {
        let term = |k: f64| (20.0 + k) / (k + 1.0) * -(-12.0_f64).exp_m1();
        let sum = (0..=q).fold((1.0, 0.0), |(weight, sum), k| (weight * term(k as f64), sum + weight)).1;
        assert!((runs[q].0 - (sum.ln() - 240.0).exp()).abs() < 1e-9, "{q}");
    }
}

/// Waits of many callers drawn one by one: the service rates of those ahead, against the caller's patience.
#[test]
fn service_levels_are_those_of_callers_integrated_one_by_one() {
    let (calls, handle, patience, agents, threshold) = (600.0, 120.0, 90.0, 18_u32, 30.0);
    let outlook = of(calls, handle, Some(patience), agents, &[threshold]);
    let (rate, ends, leaves) = (calls / 3600.0, 18.0 / handle, 1.0 / patience);
    let mut weights = vec![1.0];
    for n in 1..200_u32 {
        let deaths = f64::from(n.min(agents)) / handle + f64::from(n.saturating_sub(agents)) * leaves;
        weights.push(weights[n as usize - 1] * rate / deaths);
    }
    let total: f64 = weights.iter().sum();
    // The chance to be answered within the threshold: states ahead of the caller as a chain with many small steps.
    let steps = 8_000;
    let step = threshold / f64::from(steps);
    let most = 200 - agents as usize;
    let mut ahead: Vec<f64> = (0..most).map(|q| weights[agents as usize + q] / total).collect();
    let (mut answered, mut given_up) = (weights[..agents as usize].iter().sum::<f64>() / total, 0.0);
    for _ in 0..steps {
        let flow = |state: &[f64]| -> (Vec<f64>, f64, f64) {
            let out = |q: usize| ends + q as f64 * leaves;
            let change = (0..most).map(|q| {
                let from_behind = if q + 1 < most { state[q + 1] * out(q + 1) } else { 0.0 };
                from_behind - state[q] * (out(q) + leaves)
            });
            (change.collect(), state[0] * ends, state.iter().sum::<f64>() * leaves)
        };
        let first = flow(&ahead);
        let middle: Vec<f64> = ahead.iter().zip(&first.0).map(|(s, d)| s + d * step / 2.0).collect();
        let second = flow(&middle);
        ahead.iter_mut().zip(&second.0).for_each(|(s, d)| *s += d * step);
        answered += second.1 * step;
        given_up += second.2 * step;
    }
    let level = outlook.service[0];
    assert!((level.offered - answered).abs() < 1e-7, "{} {answered}", level.offered);
    assert!((level.positive - answered - given_up).abs() < 1e-7, "{} {given_up}", level.positive);
    assert!((level.no_early - answered / (1.0 - given_up)).abs() < 1e-7);
}

#[test]
fn endless_patience_is_erlang_c() {
    let (patient, delay) = (of(200.0, 180.0, Some(1e9), 14, &[20.0]), of(200.0, 180.0, None, 14, &[20.0]));
    assert!((patient.figures.asa_s - delay.figures.asa_s).abs() < 1e-5);
    assert!((patient.service[0].offered - delay.service[0].offered).abs() < 1e-7);
}

#[test]
fn a_load_at_the_number_of_agents_has_no_figures_without_abandonment() {
    let demand = Demand::new(280.0, 180.0, None).unwrap();
    assert_eq!(outlook(&demand, 14, &[20.0]).unwrap(), None);
    assert!(outlook(&demand, 15, &[20.0]).unwrap().is_some());
}

#[test]
fn no_load_is_no_wait() {
    for patience in [None, Some(60.0)] {
        let outlook = of(0.0, 180.0, patience, 3, &[0.0]);
        assert_eq!(outlook.figures.mean_wait_s, 0.0);
        assert_eq!(outlook.figures.asa_s, 0.0);
        assert_eq!(outlook.service[0].answered, 1.0);
    }
}

#[test]
fn figures_that_cannot_be_are_refused() {
    assert!(Demand::new(f64::NAN, 1.0, None).is_err());
    assert!(Demand::new(f64::INFINITY, 1.0, None).is_err());
    assert!(Demand::new(-1.0, 1.0, None).is_err());
    assert!(Demand::new(1.0, 0.0, None).is_err());
    assert!(Demand::new(1.0, 1.0, Some(0.0)).is_err());
    let demand = Demand::new(1.0, 1.0, None).unwrap();
    assert!(outlook(&demand, 0, &[]).is_err());
    assert!(outlook(&demand, 1, &[f64::NAN]).is_err());
    for goal in ["", "asa_s", "asa_s=x", "sl.offered=0.8", "sl.best.20=0.8", "sl.offered.x=1", "asa_s=-1", "p_wait=NaN"]
    {
        assert!(goal.parse::<Goal>().is_err(), "{goal}");
    }
}

#[test]
fn goals_are_reached_by_the_smallest_number_and_missed_by_one_less() {
    let demand = Demand::new(2880.0, 60.0, Some(120.0)).unwrap();
    for (model, goals) in [
        (Model::Delay(demand), &["sl.offered.20=0.8", "sl.no_early.10=0.9", "asa_s=5", "p_abandon=0.02"][..]),
        (
            Model::Delay(Demand::new(2880.0, 60.0, None).unwrap()),
            &["sl.answered.20=0.8", "mean_wait_s=1", "p_wait=0.5"],
        ),
        (Model::Loss(40.0), &["p_block=0.01"]),
    ] {
        for goal in goals {
            let goal: Goal = goal.parse().unwrap();
            let staffing = staff(&model, &goal).unwrap();
            let met = |agents| match (goal.metric, model.figure(goal.metric, agents).unwrap()) {
                (_, None) => false,
                (Metric::ServiceLevel(..), Some(value)) => value >= goal.target,
                (_, Some(value)) => value <= goal.target,
            };
            let smallest = (1..).find(|agents| met(*agents)).unwrap();
            assert_eq!(staffing.agents, smallest, "{goal}");
            assert_eq!(staffing.with_one_less, model.figure(goal.metric, smallest - 1).unwrap());
        }
    }
    let never = "sl.offered.20=1.5".parse().unwrap();
    assert!(matches!(staff(&Model::Loss(1.0), &never), Err(Error::NoSuchFigure(_))));
    assert!(matches!(staff(&Model::Delay(demand), &never), Err(Error::OutOfReach { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_identities_hold(
        load in -2.0..4.3_f64, handle in 1.0..2000.0_f64, ratio in -2.0..3.0_f64, spare in 0.3..2.0_f64, t in 0.0..3.0_f64,
    ) {
        let (erlangs, patience) = (10_f64.powf(load), handle * 10_f64.powf(ratio));
        let agents = (erlangs * spare).ceil() as u32;
        let outlook = of(erlangs * 3600.0 / handle, handle, Some(patience), agents, &[0.0, t * handle]);
        let figures = outlook.figures;
        prop_assert!(close(figures.p_abandon, figures.mean_wait_s / patience));
        prop_assert!((figures.occupancy - erlangs * (1.0 - figures.p_abandon) / f64::from(agents)).abs() < 1e-9);
        prop_assert!(close(figures.mean_queue, figures.mean_wait_s * erlangs / handle));
        prop_assert!((outlook.service[0].offered - (1.0 - figures.p_wait)).abs() < 1e-9);
        let level = outlook.service[1];
        for share in [level.offered, level.answered, level.no_early, level.positive] {
            prop_assert!((-1e-12..=1.0 + 1e-9).contains(&share), "{level:?}");
        }
        prop_assert!(level.positive + 1e-9 >= level.no_early && level.no_early + 1e-9 >= level.offered, "{level:?}");
        prop_assert!(level.offered <= 1.0 - figures.p_abandon + 1e-9);
    }

    #[test]
    fn one_agent_more_is_never_worse(
        load in -1.0..2.5_f64, ratio in -1.5..2.0_f64, spare in 0.5..1.5_f64, t in 0.0..1.0_f64,
    ) {
        let (erlangs, handle) = (10_f64.powf(load), 100.0);
        let agents = (erlangs * spare).ceil() as u32;
        let patience = handle * 10_f64.powf(ratio);
        let [few, many] = [agents, agents + 1]
            .map(|agents| of(erlangs * 36.0, handle, Some(patience), agents, &[t * handle]));
        prop_assert!(many.figures.p_wait <= few.figures.p_wait + 1e-12);
        prop_assert!(many.figures.p_abandon <= few.figures.p_abandon + 1e-12);
        prop_assert!(many.figures.asa_s <= few.figures.asa_s + 1e-9);
        for variant in Variant::ALL {
            prop_assert!(variant.of(&many.service[0]) >= variant.of(&few.service[0]) - 1e-9, "{variant:?}");
        }
    }
}
