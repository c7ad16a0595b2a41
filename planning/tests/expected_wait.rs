//! The forecaster of the engine beside the predictors of the literature, by the offered wait.

use planning::predict::{Constant, Head, Ours, Predictor, QueueLength, Score, Table, World, measure};

/// Ours, then the rival.
fn against(world: World, rival: impl Predictor) -> [Score; 2] {
    let mut predictors: Vec<Box<dyn Predictor>> = vec![Box::new(Ours::new(&world)), Box::new(rival)];
    measure(&world, &mut predictors).try_into().unwrap()
}

#[track_caller]
fn assert_honest(ours: &Score) {
    assert!(ours.count > 8_000, "{ours:?}");
    assert!(ours.bias.abs() <= 0.03, "{ours:?}");
    let covered = ours.covered.unwrap();
    assert!((0.88..=0.92).contains(&covered), "{ours:?}");
}

#[test]
fn in_one_pool_with_abandonment_it_is_nearly_as_good_as_the_optimum() {
    for (agents, load, patience_s) in [(5, 0.9, 360.0), (10, 1.0, 180.0), (30, 1.1, 120.0), (100, 1.05, 180.0)] {
        let optimum = QueueLength { handle_s: 180.0, patience_s: Some(patience_s) };
        let [ours, optimum] = against(World { contacts: 60_000, ..World::one_pool(agents, load, patience_s) }, optimum);
        assert!(ours.rms_error_s <= 1.05 * optimum.rms_error_s, "{ours:?} {optimum:?}");
        assert_honest(&ours);
    }
}

#[test]
fn with_shared_skills_it_is_at_least_as_good_as_the_learned_table() {
    for skills in 1..=3 {
        for (load, patience_s) in [(0.95, 600.0), (1.1, 300.0)] {
            let floor = World { contacts: 60_000, ..World::six_kinds(skills, load, Some(patience_s)) };
            let [ours, table] = against(floor, Table::new(false));
            assert!(ours.rms_error_s <= table.rms_error_s, "{skills} skills: {ours:?} {table:?}");
            assert_honest(&ours);
        }
    }
}

#[test]
fn it_stays_honest_where_kinds_differ_in_priority_and_service_is_not_exponential() {
    let mut floor = World { contacts: 200_000, ..World::six_kinds(2, 1.0, Some(600.0)) };
    floor.kinds[0].priority = 120;
    floor.kinds[1].priority = 60;
    floor.kinds[2].handle_cv = 0.5;
    floor.kinds[3].handle_s = 300.0;
    let [ours, head] = against(floor, Head);
    assert!(ours.rms_error_s < head.rms_error_s);
    assert!(ours.worst_kind_bias.abs() < 0.06, "{ours:?}");
    assert_honest(&ours);
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    let floor = || World { contacts: 30_000, ..World::six_kinds(2, 1.0, Some(600.0)) };
    let play = || measure(&floor(), &mut [Box::new(Ours::new(&floor())) as Box<dyn Predictor>]);
    assert_eq!(play(), play());
    let mut constant: Vec<Box<dyn Predictor>> = vec![Box::<Constant>::default()];
    assert_eq!(measure(&floor(), &mut constant)[0].count, play()[0].count, "predictors do not change the floor");
}
