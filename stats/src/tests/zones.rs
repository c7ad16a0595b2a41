use crate::{Grid, Span, Zone};

const HOUR: i64 = 3_600_000;
/// 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC: Berlin goes to and from daylight saving time.
const SPRING: i64 = 1_774_746_000_000;
const AUTUMN: i64 = 1_792_890_000_000;

fn berlin() -> Zone {
    Zone::with_changes(3_600, &[(AUTUMN, 3_600), (SPRING, 7_200)])
}

fn intervals(grid: &Grid, span: Span) -> Vec<Span> {
    grid.split(span).map(|(interval, _)| interval).collect()
}

#[test]
fn a_day_has_24_hours_and_23_or_25_where_clocks_change() {
    let zone = berlin();
    let lengths = [SPRING - 30 * HOUR, SPRING, SPRING + 30 * HOUR, AUTUMN].map(|at| zone.day(at).length_ms());
    assert_eq!(lengths, [24, 23, 24, 25].map(|hours: u64| hours * 3_600_000));
    let spring = zone.day(SPRING);
    assert_eq!(spring, Span::new(SPRING - 2 * HOUR, SPRING + 21 * HOUR));
}

#[test]
fn the_days_of_a_year_leave_no_gap() {
    let zone = berlin();
    let mut day = zone.day(SPRING - 90 * 24 * HOUR);
    let first = day.start_ms;
    for _ in 0..365 {
        let next = zone.day(day.end_ms);
        assert_eq!(next.start_ms, day.end_ms);
        assert!(zone.day(next.end_ms - 1) == next && zone.day(next.start_ms) == next);
        day = next;
    }
    assert_eq!(day.start_ms - first, 365 * 24 * HOUR, "the hour lost in spring is found in autumn");
}

#[test]
fn quarters_of_a_day_are_92_96_or_100() {
    let grid = Grid::local(900_000, berlin());
    for (at, count) in [(SPRING, 92), (SPRING + 48 * HOUR, 96), (AUTUMN, 100)] {
        let day = berlin().day(at);
        let quarters = intervals(&grid, day);
        assert_eq!(quarters.len(), count);
        assert!(quarters.iter().all(|quarter| quarter.length_ms() == 900_000));
        assert_eq!((quarters[0].start_ms, quarters[count - 1].end_ms), (day.start_ms, day.end_ms));
    }
}

#[test]
fn intervals_begin_at_local_hours_where_the_offset_is_odd() {
    let nepal = Grid::local(3_600_000, Zone::fixed(20_700));
    assert_eq!(nepal.around(0), Span::new(-45 * 60_000, 15 * 60_000), "05:00 to 06:00 in Kathmandu");
}

#[test]
fn a_change_that_skips_or_repeats_midnight_still_gives_one_day_after_the_other() {
    // Clocks go from 24:00 to 01:00, and later from 00:30 back to 23:30.
    let zone = Zone::with_changes(0, &[(24 * HOUR, 3_600), (10 * 24 * HOUR - HOUR / 2, 0)]);
    assert_eq!(zone.day(HOUR), Span::new(0, 24 * HOUR));
    assert_eq!(zone.day(24 * HOUR), Span::new(24 * HOUR, 47 * HOUR));
    let repeated = zone.day(10 * 24 * HOUR - HOUR);
    assert_eq!(repeated.start_ms, 10 * 24 * HOUR - HOUR);
    assert_eq!(zone.day(10 * 24 * HOUR - HOUR / 2), repeated, "23:30 again belongs to the day that began");
    assert_eq!(repeated.length_ms(), 25 * 3_600_000);
}

#[test]
fn without_a_zone_intervals_are_plain_division() {
    let grid = Grid::every(1_800_000);
    assert_eq!(grid.around(1_799_999).start_ms, 0);
    assert_eq!(grid.around(1_800_000).start_ms, 1_800_000);
    assert_eq!(grid.around(-1).start_ms, -1_800_000);
    assert_eq!(intervals(&grid, Span::new(5, 5)), []);
}
