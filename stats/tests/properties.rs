//! What holds for every log: order does not matter, folds add up, intervals sum to the day.

use domain::{QueueExit, Visit};
use proptest::prelude::*;
use stats::{Attribution, Clipped, Figures, Fold, Grid, Presence, ServiceLevel, Span, Staff, Thresholds, Work, Zone};

const DAY: i64 = 86_400_000;
/// Clocks go back an hour at four in the night of the second day.
const BACK: i64 = DAY + 4 * 3_600_000;

fn visit() -> impl Strategy<Value = Visit> {
    let way_out = prop::sample::select(QueueExit::ALL.to_vec());
    let times = (0..3 * DAY, 0..600_000i64, 0..2_000_000u64, 0..60_000u64, 0..120_000u64);
    (times, way_out).prop_map(|((enter_ms, wait, talk_ms, hold_ms, acw_ms), exit)| {
        let handled = u64::from(exit == QueueExit::Answered);
        let (talk_ms, hold_ms, acw_ms) = (talk_ms * handled, hold_ms * handled, acw_ms * handled);
        Visit { enter_ms, exit_ms: enter_ms + wait, exit, talk_ms, hold_ms, acw_ms }
    })
}

fn grid() -> impl Strategy<Value = Grid> {
    let zone = Zone::with_changes(7_200, &[(BACK, 3_600)]);
    let local = prop::sample::select(vec![900_000, 1_800_000, 3_600_000]);
    prop_oneof![(1_000..9_000_000u64).prop_map(Grid::every), local.prop_map(move |ms| Grid::local(ms, zone.clone()))]
}

fn thresholds() -> impl Strategy<Value = Thresholds> {
    (0..700_000u64, 0..60_000u64).prop_map(|(within_ms, short_abandon_ms)| Thresholds { within_ms, short_abandon_ms })
}

fn fold(visits: &[Visit], thresholds: Thresholds, grid: &Grid) -> Fold {
    let mut fold = Fold::new(thresholds, grid.clone());
    visits.iter().for_each(|visit| fold.add(visit));
    fold
}

fn merged(folds: &[&Fold]) -> Fold {
    let mut sum = folds[0].clone();
    assert!(folds[1..].iter().all(|fold| sum.merge(fold)));
    sum
}

proptest! {
    #[test]
    fn a_shuffled_log_gives_the_same_fold(
        (visits, shuffled) in prop::collection::vec(visit(), 0..60)
            .prop_flat_map(|visits| (Just(visits.clone()), Just(visits).prop_shuffle())),
        thresholds in thresholds(),
        grid in grid(),
    ) {
        prop_assert_eq!(fold(&visits, thresholds, &grid), fold(&shuffled, thresholds, &grid));
    }

    #[test]
    fn merging_is_associative_and_gives_the_fold_of_all(
        parts in prop::collection::vec(prop::collection::vec(visit(), 0..20), 3),
        thresholds in thresholds(),
        grid in grid(),
    ) {
        let folds: Vec<Fold> = parts.iter().map(|part| fold(part, thresholds, &grid)).collect();
        let [a, b, c] = &folds[..] else { unreachable!("three parts") };
        let left = merged(&[&merged(&[a, b]), c]);
        prop_assert_eq!(&left, &merged(&[a, &merged(&[b, c])]));
        prop_assert_eq!(&left, &merged(&[c, b, a]));
        prop_assert_eq!(left, fold(&parts.concat(), thresholds, &grid));
    }

    #[test]
    fn intervals_sum_to_the_day_in_every_attribution(
        visits in prop::collection::vec(visit(), 0..60),
        thresholds in thresholds(),
        grid in grid(),
    ) {
        let fold = fold(&visits, thresholds, &grid);
        for attribution in Attribution::ALL {
            let mut sum = Figures::default();
            fold.intervals(attribution).for_each(|(_, figures)| sum.merge(figures));
            prop_assert_eq!(&sum, fold.whole());
        }
        let sum = fold.clipped().fold(Clipped::default(), |sum, (_, part)| Clipped {
            queue_ms: sum.queue_ms + part.queue_ms,
            handle_ms: sum.handle_ms + part.handle_ms,
        });
        prop_assert_eq!(sum.queue_ms, visits.iter().map(|v| u128::from(v.wait_ms())).sum::<u128>());
        prop_assert_eq!(sum.handle_ms, visits.iter().map(|v| u128::from(v.handle_ms())).sum::<u128>());
    }

    #[test]
    fn levels_lie_between_nothing_and_all_and_in_their_known_order(
        visits in prop::collection::vec(visit(), 1..60),
        thresholds in thresholds(),
    ) {
        let fold = fold(&visits, thresholds, &Grid::every(900_000));
        let level = |variant| fold.whole().service_level(variant).value();
        for variant in ServiceLevel::ALL {
            prop_assert!(level(variant).is_none_or(|share| (0.0..=1.0).contains(&share)));
        }
        prop_assert!(level(ServiceLevel::Offered) <= level(ServiceLevel::Positive));
        prop_assert!(level(ServiceLevel::Positive) <= level(ServiceLevel::Removed));
        prop_assert!(level(ServiceLevel::NoEarly).is_none_or(|share| Some(share) >= level(ServiceLevel::Offered)));
    }

    #[test]
    fn each_moment_lies_in_one_interval_that_borders_on_the_next(at in -2 * DAY..4 * DAY, grid in grid()) {
        let interval = grid.around(at);
        prop_assert!(interval.holds(at));
        prop_assert_eq!(grid.around(interval.start_ms), interval);
        prop_assert_eq!(grid.around(interval.end_ms - 1), interval);
        prop_assert_eq!(grid.around(interval.end_ms).start_ms, interval.end_ms);
    }

    #[test]
    fn an_agents_time_counts_once_and_sums_over_intervals(
        spans in prop::collection::vec((0..100_000i64, 0..50_000i64, 0..6usize), 0..12),
    ) {
        let works = [Work::Break, Work::Idle, Work::Ring, Work::AfterContactWork, Work::Hold, Work::Talk];
        let agent = "li".parse().expect("a name");
        let presence = |(start, length, work): &(i64, i64, usize)| {
            Presence { agent, span: Span::new(*start, start + length), work: works[*work] }
        };
        let presences: Vec<Presence> = spans.iter().map(presence).collect();
        let total = |grid: Grid| {
            let mut sum = Staff::default();
            Staff::fold(&presences, &grid).values().for_each(|staff| sum.merge(staff));
            sum
        };
        let sum = total(Grid::every(1_000_000));
        prop_assert_eq!(sum, total(Grid::every(7_000)));
        let covered = (0..150_000i64).step_by(50).filter(|at| presences.iter().any(|p| p.span.holds(*at))).count();
        let counted = (sum.break_ms + sum.idle_ms + sum.occupied_ms()) as f64 / 50.0;
        prop_assert!((counted - covered as f64).abs() <= 2.0 * spans.len() as f64 + 1.0);
    }
}
