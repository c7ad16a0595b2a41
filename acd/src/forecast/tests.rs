//! What the forecaster says on small floors.

use super::*;
use proptest::prelude::*;

const ALPHA: Kind = Kind(0);
const BETA: Kind = Kind(1);

fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1_000)
}

fn agent(number: u32) -> AgentId {
    number.to_string().parse().unwrap()
}

fn contact(number: u32) -> ContactId {
    ContactId::new(number.into())
}

fn plain(now: Instant) -> Rank {
    Rank { points: 0, age_per_s: 1, since: now }
}

/// Agents who take these kinds, each busy since the 100th second with a call of the first one, after calls of 100 s.
fn busy(kinds: &[&[Kind]]) -> Forecaster {
    let mut forecaster = Forecaster::new();
    for (number, kinds) in (0..).zip(kinds) {
        forecaster.staffed(agent(number), kinds);
        forecaster.answered(at(0), contact(number), kinds[0], agent(number));
        forecaster.finished(at(100), contact(number), agent(number));
        forecaster.answered(at(100), contact(1_000 + number), kinds[0], agent(number));
    }
    forecaster
}

#[track_caller]
fn assert_near(got: f64, wanted: f64) {
    assert!((got - wanted).abs() < 0.01 * wanted, "{got} instead of {wanted}");
}

#[test]
fn nothing_is_quoted_before_anything_was_served_or_without_agents() {
    let mut fresh = Forecaster::new();
    fresh.staffed(agent(0), &[ALPHA]);
    assert_eq!(fresh.entered(at(0), contact(1), ALPHA, plain(at(0))), None);
    let mut other = busy(&[&[ALPHA]]);
    assert_eq!(other.entered(at(150), contact(1), BETA, plain(at(150))), None);
    assert_eq!(other.forecast(at(150), contact(2)), None);
}

#[test]
fn in_one_pool_the_wait_is_the_place_over_the_pace() {
    let mut floor = busy(&[&[ALPHA], &[ALPHA]]);
    for place in 1..=4 {
        let quote = floor.entered(at(150), contact(place), ALPHA, plain(at(150))).unwrap();
        assert_near(quote.mean_s, 50.0 * f64::from(place));
        assert!(quote.p90_s > quote.mean_s);
    }
}

#[test]
fn the_more_ahead_the_narrower_the_spread() {
    let mut floor = busy(&[&[ALPHA], &[ALPHA]]);
    let spread = |quote: Forecast| quote.p90_s / quote.mean_s;
    let first = spread(floor.entered(at(150), contact(1), ALPHA, plain(at(150))).unwrap());
    for n in 2..40 {
        floor.entered(at(150), contact(n), ALPHA, plain(at(150)));
    }
    let last = spread(floor.entered(at(150), contact(40), ALPHA, plain(at(150))).unwrap());
    assert!(first > 2.2 && first < 2.4, "an exponential wait: {first}");
    assert!(last < 1.3, "the sum of forty: {last}");
}

#[test]
fn a_quote_follows_the_place_as_the_line_moves() {
    let mut floor = busy(&[&[ALPHA], &[ALPHA]]);
    for n in 1..=3 {
        floor.entered(at(150), contact(n), ALPHA, plain(at(150)));
    }
    let before = floor.forecast(at(151), contact(3)).unwrap().mean_s;
    floor.left(contact(1));
    let after = floor.forecast(at(151), contact(3)).unwrap().mean_s;
    assert_near(before, 150.0);
    assert_near(after, 100.0);
}

#[test]
fn those_who_give_up_make_room() {
    let mut floor = busy(&[&[ALPHA], &[ALPHA]]);
    for n in 0..200 {
        floor.entered(at(150), contact(n), ALPHA, plain(at(150)));
        floor.abandoned(at(170), contact(n));
    }
    for n in 300..310 {
        floor.entered(at(170), contact(n), ALPHA, plain(at(170)));
    }
    let quote = floor.forecast(at(170), contact(309)).unwrap().mean_s;
    let patience: f64 = (0..10).map(|ahead| 1.0 / (0.02 + f64::from(ahead) / 20.0)).sum();
    assert!((quote - patience).abs() < 0.03 * patience, "{quote} instead of {patience}");
}

#[test]
fn only_those_who_compete_for_the_same_agents_are_in_the_way() {
    let mut apart = busy(&[&[ALPHA], &[BETA]]);
    for n in 0..5 {
        apart.entered(at(150), contact(n), BETA, plain(at(150)));
    }
    assert_near(apart.forecast_for(at(150), ALPHA, &plain(at(150))).unwrap().mean_s, 100.0);
    let mut shared = busy(&[&[ALPHA, BETA], &[BETA]]);
    for n in 0..4 {
        shared.entered(at(150), contact(n), BETA, plain(at(150)));
    }
    assert_near(shared.forecast_for(at(150), ALPHA, &plain(at(150))).unwrap().mean_s, 300.0);
}

#[test]
fn whoever_has_more_points_goes_ahead() {
    let mut floor = busy(&[&[ALPHA]]);
    for n in 0..3 {
        floor.entered(at(150), contact(n), ALPHA, plain(at(150)));
    }
    let important = Rank { points: 60_000, age_per_s: 1, since: at(160) };
    assert_near(floor.forecast_for(at(160), ALPHA, &important).unwrap().mean_s, 100.0);
    assert_near(floor.forecast_for(at(160), ALPHA, &plain(at(160))).unwrap().mean_s, 400.0);
    assert_near(floor.forecast_for(at(220), ALPHA, &Rank { since: at(220), ..important }).unwrap().mean_s, 400.0);
}

#[test]
fn a_ghost_keeps_its_place_until_the_next_behind_it_is_taken() {
    let mut floor = busy(&[&[ALPHA]]);
    floor.entered(at(150), contact(1), ALPHA, plain(at(150)));
    floor.entered(at(160), contact(2), ALPHA, plain(at(160)));
    floor.abandoned(at(170), contact(1));
    assert_eq!(floor.honesty().contacts, 0);
    floor.finished(at(200), contact(1_000), agent(0));
    floor.answered(at(200), contact(2), ALPHA, agent(0));
    let honesty = floor.honesty();
    assert_eq!(honesty.contacts, 2);
    assert!((honesty.wait_s - 90.0).abs() < 1e-9, "50 s of the ghost and 40 s");
}

#[test]
fn an_agent_who_finds_nobody_would_have_taken_the_ghosts() {
    let mut floor = busy(&[&[ALPHA], &[BETA]]);
    floor.entered(at(150), contact(1), ALPHA, plain(at(150)));
    floor.abandoned(at(160), contact(1));
    floor.idle(at(170), agent(1));
    assert_eq!(floor.honesty().contacts, 0);
    floor.idle(at(190), agent(0));
    assert_eq!((floor.honesty().contacts, floor.honesty().wait_s), (1, 40.0));
}

#[test]
fn a_long_line_is_quoted_as_one_of_single_contacts_would_be() {
    let mut floor = busy(&[&[ALPHA, BETA], &[ALPHA], &[BETA]]);
    let mut last = 0.0;
    for n in 0..400 {
        let kind = if n % 2 == 0 { ALPHA } else { BETA };
        let quote = floor.entered(at(150), contact(n), kind, plain(at(150))).unwrap().mean_s;
        assert!(n < 10 || (quote - last).abs() < 0.2 * quote, "{n}: {last} then {quote}");
        last = quote;
    }
    assert!((last - 400.0 * 100.0 / 3.0).abs() < 0.02 * last, "{last}");
}

#[test]
fn an_agent_who_goes_away_counts_no_longer() {
    let mut floor = busy(&[&[ALPHA], &[ALPHA]]);
    assert_near(floor.forecast_for(at(150), ALPHA, &plain(at(150))).unwrap().mean_s, 50.0);
    floor.staffed(agent(1), &[]);
    assert_near(floor.forecast_for(at(150), ALPHA, &plain(at(150))).unwrap().mean_s, 100.0);
    floor.finished(at(200), contact(1_001), agent(1));
    floor.staffed(agent(0), &[]);
    assert_eq!(floor.forecast_for(at(200), ALPHA, &plain(at(200))), None);
}

/// A step of a random script: what, which contact, which agent, which kind, seconds that pass.
fn step() -> impl Strategy<Value = (u8, u32, u32, u16, u64)> {
    (0..8_u8, 0..12_u32, 0..4_u32, 0..3_u16, 0..90_u64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_told_in_whatever_order_quotes_are_finite_and_spread(
        script in proptest::collection::vec(step(), 0..400),
    ) {
        let (mut floor, mut now) = (Forecaster::new(), at(0));
        for (what, number, person, kind, passed) in script {
            now = now + core::time::Duration::from_secs(passed);
            let (id, kind) = (contact(number), Kind(kind));
            let rank = Rank { points: i64::from(number) * 700, age_per_s: number % 3, since: now };
            match what {
                0 | 1 => assert!(floor.entered(now, id, kind, rank).is_none_or(|quote| quote.mean_s > 0.0)),
                2 | 3 => floor.answered(now, id, kind, agent(person)),
                4 => floor.finished(now, id, agent(person)),
                5 => floor.abandoned(now, id),
                6 => floor.idle(now, agent(person)),
                _ => floor.staffed(agent(person), &[kind, Kind(0)][..passed as usize % 3]),
            }
            for quote in [floor.forecast(now, id), floor.forecast_for(now, kind, &rank)].into_iter().flatten() {
                prop_assert!(quote.mean_s.is_finite() && quote.mean_s > 0.0, "{quote:?}");
                prop_assert!(quote.p90_s.is_finite() && quote.p90_s >= quote.mean_s, "{quote:?}");
            }
        }
        let honesty = floor.honesty();
        prop_assert!(honesty.covered <= honesty.contacts && honesty.wait_s >= 0.0);
    }
}
