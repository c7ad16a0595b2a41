use crate::{Attribution, Clipped, Figures, Fold, Grid, Ratio, ServiceLevel, Thresholds};
use domain::{QueueExit, Visit};

const LIMITS: Thresholds = Thresholds { within_ms: 20_000, short_abandon_ms: 5_000 };

fn visit(enter_ms: i64, wait_ms: i64, exit: QueueExit, parts: [u64; 3]) -> Visit {
    let [talk_ms, hold_ms, acw_ms] = parts;
    Visit { enter_ms, exit_ms: enter_ms + wait_ms, exit, talk_ms, hold_ms, acw_ms }
}

/// Eight contacts around the border at 900,000 ms.
fn log() -> Vec<Visit> {
    use QueueExit::{Abandoned, Answered, FlowedOut};
    vec![
        visit(0, 0, Answered, [60_000, 0, 10_000]),
        visit(1_000, 20_000, Answered, [100_000, 30_000, 20_000]),
        visit(2_000, 20_001, Answered, [50_000, 0, 0]),
        visit(3_000, 5_000, Abandoned, [0; 3]),
        visit(4_000, 5_001, Abandoned, [0; 3]),
        visit(890_000, 30_000, Abandoned, [0; 3]),
        visit(895_000, 15_000, FlowedOut, [0; 3]),
        visit(899_999, 1, Answered, [900_000, 0, 1]),
    ]
}

fn fold(visits: &[Visit]) -> Fold {
    let mut fold = Fold::new(LIMITS, Grid::every(900_000));
    visits.iter().for_each(|visit| fold.add(visit));
    fold
}

fn by_interval(fold: &Fold, attribution: Attribution) -> Vec<(i64, u64, u64, u64, u64)> {
    let row = |(start, f): (i64, &Figures)| (start / 900_000, f.offered, f.answered, f.abandoned, f.flowed_out);
    fold.intervals(attribution).map(row).collect()
}

#[test]
fn a_small_log_gives_what_was_computed_by_hand() {
    let whole = *fold(&log()).whole();
    let counts = (whole.offered, whole.answered, whole.abandoned, whole.flowed_out);
    assert_eq!(counts, (8, 4, 3, 1));
    let within = (whole.answered_within, whole.abandoned_within, whole.flowed_out_within, whole.short_abandons);
    assert_eq!(within, (3, 2, 1, 1), "a wait of exactly T or S counts as within it");
    assert_eq!(whole.asa_ms(), Ratio { part: 40_002, whole: 4 });
    assert_eq!(whole.aht_ms(), Ratio { part: 1_170_001, whole: 4 });
    let parts = whole.aht_parts_ms().map(|ratio| ratio.part);
    assert_eq!(parts, [1_110_000, 30_000, 30_001]);
    assert_eq!(whole.abandon_rate(), Ratio { part: 3, whole: 8 });
    assert_eq!(whole.abandon_rate_no_short(), Ratio { part: 2, whole: 7 });
}

#[test]
fn each_variant_of_the_service_level_has_its_own_fraction() {
    let whole = *fold(&log()).whole();
    let fractions = ServiceLevel::ALL.map(|variant| whole.service_level(variant)).map(|r| (r.part, r.whole));
    assert_eq!(fractions, [(3, 8), (3, 4), (3, 7), (3, 6), (3, 7), (5, 8), (6, 8)]);
}

#[test]
fn each_attribution_puts_a_contact_where_it_says() {
    let fold = fold(&log());
    assert_eq!(by_interval(&fold, Attribution::Arrival), [(0, 8, 4, 3, 1)]);
    assert_eq!(by_interval(&fold, Attribution::Exit), [(0, 5, 3, 2, 0), (1, 3, 1, 1, 1)]);
    let completion = [(0, 5, 3, 2, 0), (1, 2, 0, 1, 1), (2, 1, 1, 0, 0)];
    assert_eq!(by_interval(&fold, Attribution::Completion), completion);
}

#[test]
fn durations_are_split_at_the_border() {
    let clipped: Vec<_> = fold(&log()).clipped().map(|(start, clipped)| (start, *clipped)).collect();
    let first = Clipped { queue_ms: 20_000 + 20_001 + 5_000 + 5_001 + 10_000 + 5_000 + 1, handle_ms: 270_000 };
    let second = Clipped { queue_ms: 20_000 + 10_000, handle_ms: 900_000 };
    let third = Clipped { queue_ms: 0, handle_ms: 1 };
    assert_eq!(clipped, [(0, first), (900_000, second), (1_800_000, third)]);
}

#[test]
fn the_published_example_comes_out() {
    let answered = |wait| visit(0, wait, QueueExit::Answered, [0; 3]);
    let early = visit(0, 10_000, QueueExit::Abandoned, [0; 3]);
    let visits = [vec![answered(10_000); 70], vec![early; 10], vec![answered(30_000); 20]].concat();
    let whole = *fold(&visits).whole();
    let permille = |variant| whole.service_level(variant).permille();
    assert_eq!(permille(ServiceLevel::NoEarly), Some(777), "70 of 90: 77.8 %");
    assert_eq!(permille(ServiceLevel::Offered), Some(700));
    assert_eq!(permille(ServiceLevel::Positive), Some(800));
}

#[test]
fn nothing_counted_tells_nothing() {
    let none = Figures::default();
    assert!(ServiceLevel::ALL.iter().all(|variant| none.service_level(*variant).value().is_none()));
    assert_eq!((none.asa_ms().value(), none.aht_ms().value(), none.abandon_rate().permille()), (None, None, None));
    let mut short = Figures::default();
    short.add(&visit(0, 10, QueueExit::Abandoned, [0; 3]), LIMITS);
    assert_eq!(short.service_level(ServiceLevel::NoShort).value(), None, "only short abandons: nothing to tell");
    assert_eq!(short.service_level(ServiceLevel::Offered).value(), Some(0.0));
}

#[test]
fn times_before_the_epoch_and_at_the_ends_of_numbers_are_counted() {
    let mut fold = Fold::new(LIMITS, Grid::every(u64::MAX));
    let ends = [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (-1, 0), (i64::MAX - 1, i64::MAX)];
    for (enter_ms, exit_ms) in ends {
        let max = u64::MAX;
        fold.add(&Visit { enter_ms, exit_ms, exit: QueueExit::Answered, talk_ms: max, hold_ms: max, acw_ms: max });
    }
    assert_eq!(fold.whole().offered, 4);
    let negative = Fold::new(LIMITS, Grid::every(1_000));
    let mut negative = negative;
    negative.add(&visit(-1, 2, QueueExit::Abandoned, [0; 3]));
    assert_eq!(negative.intervals(Attribution::Arrival).next().map(|(start, _)| start), Some(-1_000));
    assert_eq!(negative.intervals(Attribution::Exit).next().map(|(start, _)| start), Some(0));
}

#[test]
fn folds_of_other_thresholds_are_not_merged() {
    let mut fold = fold(&log());
    let before = fold.clone();
    let other = Fold::new(Thresholds { within_ms: 1, ..LIMITS }, Grid::every(900_000));
    assert!(!fold.merge(&other) && !fold.merge(&Fold::new(LIMITS, Grid::every(1))));
    assert_eq!(fold, before);
}
