//! Sentences about opening hours.

use crate::{Holiday, Hours, Opening, RuleError, Schedule, State, Why};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use domain::WallTime;
use proptest::prelude::*;
use std::sync::Arc;

fn utc(text: &str) -> WallTime {
    let moment = DateTime::parse_from_rfc3339(text).unwrap();
    WallTime::from_micros(moment.timestamp_micros())
}

fn shown(at: WallTime) -> String {
    let moment = DateTime::from_timestamp_micros(at.as_micros()).unwrap();
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn hours(zone: &str, open: Vec<Opening>, closed: Vec<Holiday>) -> Hours {
    let schedule = Schedule::new("office".parse().unwrap(), "Office", zone, open, closed).unwrap();
    Hours::new(Arc::new(schedule), utc("2026-01-01T00:00:00Z"))
}

fn weekly(on: &str, from: &str, to: &str) -> Opening {
    Opening::weekly(on, from, to).unwrap()
}

/// `open until …`, `closed until …`, with why.
fn told(hours: &mut Hours, at: &str) -> String {
    let until = |at: Option<WallTime>| at.map_or_else(|| "further notice".to_owned(), shown);
    hours.turn(utc(at));
    match hours.state(utc(at)) {
        State::Open { until: end } => format!("open until {}", until(end)),
        State::Closed { next, why: Why::Hours } => format!("closed until {}", until(next)),
        State::Closed { next, why: Why::Holiday(name) } => format!("{name} until {}", until(next)),
    }
}

#[test]
fn an_office_is_open_on_its_days_at_its_times() {
    let mut office = hours("Europe/Berlin", vec![weekly("mon-fri", "09:00", "17:30")], Vec::new());
    // 2026-11-23 is a Monday; Berlin is an hour ahead.
    assert_eq!(told(&mut office, "2026-11-23T07:59:59Z"), "closed until 2026-11-23T08:00:00Z");
    assert_eq!(told(&mut office, "2026-11-23T08:00:00Z"), "open until 2026-11-23T16:30:00Z");
    assert_eq!(told(&mut office, "2026-11-23T16:30:00Z"), "closed until 2026-11-24T08:00:00Z");
    assert_eq!(told(&mut office, "2026-11-27T20:00:00Z"), "closed until 2026-11-30T08:00:00Z");
    assert_eq!(office.schedule().local(utc("2026-11-23T08:00:00Z")), "2026-11-23T09:00");
}

#[test]
fn clocks_that_change_move_the_moments_and_not_the_times_on_the_wall() {
    // Zone, the last opening before and the first after each change of the clock in 2026.
    let cases = [
        ("Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-28T16:00:00Z", "2026-03-29T07:00:00Z"),
        ("Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-24T15:00:00Z", "2026-10-25T08:00:00Z"),
        ("America/New_York", "2026-03-07T18:00:00Z", "2026-03-07T22:00:00Z", "2026-03-08T13:00:00Z"),
        ("America/New_York", "2026-10-31T18:00:00Z", "2026-10-31T21:00:00Z", "2026-11-01T14:00:00Z"),
        ("Asia/Shanghai", "2026-03-28T05:00:00Z", "2026-03-28T09:00:00Z", "2026-03-29T01:00:00Z"),
    ];
    for (zone, noon, closes, opens) in cases {
        let mut shop = hours(zone, vec![weekly("mon-sun", "09:00", "17:00")], Vec::new());
        assert_eq!(told(&mut shop, noon), format!("open until {closes}"), "{zone}");
        assert_eq!(told(&mut shop, closes), format!("closed until {opens}"), "{zone}");
    }
}

#[test]
fn a_night_over_a_change_of_the_clock_is_an_hour_shorter_or_longer() {
    let cases = [
        ("Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"),
        ("Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"),
        ("America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T10:00:00Z"),
        ("America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T11:00:00Z"),
        ("Asia/Shanghai", "2026-03-28T14:00:00Z", "2026-03-28T22:00:00Z"),
    ];
    for (zone, opens, closes) in cases {
        let mut night = hours(zone, vec![weekly("sat", "22:00", "06:00")], Vec::new());
        assert_eq!(told(&mut night, opens), format!("open until {closes}"), "{zone}");
    }
}

#[test]
fn a_time_that_does_not_come_is_the_jump_and_one_that_comes_twice_opens_early_and_closes_late() {
    let mut gap = hours("Europe/Berlin", vec![weekly("sun", "02:30", "05:00")], Vec::new());
    assert_eq!(told(&mut gap, "2026-03-29T00:00:00Z"), "closed until 2026-03-29T01:00:00Z");
    let mut gap = hours("Europe/Berlin", vec![weekly("sun", "00:00", "02:30")], Vec::new());
    assert_eq!(told(&mut gap, "2026-03-29T00:00:00Z"), "open until 2026-03-29T01:00:00Z");
    let mut twice = hours("Europe/Berlin", vec![weekly("sun", "02:15", "02:45")], Vec::new());
    assert_eq!(told(&mut twice, "2026-10-25T00:00:00Z"), "closed until 2026-10-25T00:15:00Z");
    assert_eq!(told(&mut twice, "2026-10-25T01:00:00Z"), "open until 2026-10-25T01:45:00Z");
}

#[test]
fn holidays_close_whole_days_also_the_rest_of_a_night() {
    let closed = vec![
        Holiday::new("Christmas", "12-25").unwrap(),
        Holiday::new("Works outing", "2026-12-23").unwrap(),
        Holiday::new("Thanksgiving", "DTSTART:20201126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH").unwrap(),
    ];
    let mut bar = hours("America/New_York", vec![weekly("mon-sun", "20:00", "02:00")], closed);
    assert_eq!(told(&mut bar, "2026-12-25T01:00:00Z"), "open until 2026-12-25T05:00:00Z");
    assert_eq!(told(&mut bar, "2026-12-25T05:00:00Z"), "Christmas until 2026-12-26T05:00:00Z");
    assert_eq!(told(&mut bar, "2026-12-23T12:00:00Z"), "Works outing until 2026-12-24T05:00:00Z");
    assert_eq!(told(&mut bar, "2026-11-26T12:00:00Z"), "Thanksgiving until 2026-11-27T05:00:00Z");
    assert_eq!(told(&mut bar, "2027-12-25T12:00:00Z"), "Christmas until 2027-12-26T05:00:00Z");
}

#[test]
fn rules_of_icalendar_say_what_weekly_windows_cannot() {
    let text = "DTSTART:20260105T090000\nDURATION:PT3H30M\nRRULE:FREQ=MONTHLY;BYDAY=1SA;UNTIL=20261231\n\
                RDATE:20261227T100000\nEXDATE:20261107T090000";
    let mut market = hours("Europe/Berlin", vec![Opening::rule(text).unwrap()], Vec::new());
    assert_eq!(told(&mut market, "2026-10-03T08:00:00Z"), "open until 2026-10-03T10:30:00Z");
    assert_eq!(told(&mut market, "2026-11-07T09:00:00Z"), "closed until 2026-12-05T08:00:00Z");
    assert_eq!(told(&mut market, "2026-12-05T13:00:00Z"), "closed until 2026-12-27T09:00:00Z");
    assert_eq!(told(&mut market, "2026-12-28T00:00:00Z"), "closed until further notice");
    let once = "DTSTART:20261130T100000\nDTEND:20261130T120000";
    let mut once = hours("Europe/Berlin", vec![Opening::rule(once).unwrap()], Vec::new());
    assert_eq!(told(&mut once, "2026-11-29T00:00:00Z"), "closed until 2026-11-30T09:00:00Z");
}

#[test]
fn what_is_always_open_never_closes_and_what_touches_is_one() {
    let mut always = hours("Europe/Berlin", vec![weekly("mon-sun", "00:00", "24:00")], Vec::new());
    assert_eq!(told(&mut always, "2026-10-25T00:30:00Z"), "open until further notice");
    let halves = vec![weekly("mon", "09:00", "12:00"), weekly("mon", "12:00", "15:00")];
    let mut day = hours("Asia/Shanghai", halves, Vec::new());
    assert_eq!(told(&mut day, "2026-11-23T02:00:00Z"), "open until 2026-11-23T07:00:00Z");
    let mut never = hours("Asia/Shanghai", Vec::new(), Vec::new());
    assert_eq!(told(&mut never, "2026-11-23T02:00:00Z"), "closed until further notice");
}

#[test]
fn the_openings_of_the_next_days_are_told_in_order() {
    let mut office = hours("Europe/Berlin", vec![weekly("mon,wed", "09:00", "10:00")], Vec::new());
    office.turn(utc("2026-11-23T08:30:00Z"));
    let openings = office.openings(utc("2026-11-23T08:30:00Z"), utc("2026-11-30T08:00:00Z"));
    let openings: Vec<String> =
        openings.into_iter().map(|(from, to)| format!("{} {}", shown(from), shown(to))).collect();
    assert_eq!(openings, ["2026-11-23T08:30:00Z 2026-11-23T09:00:00Z", "2026-11-25T08:00:00Z 2026-11-25T09:00:00Z"]);
}

#[test]
fn mistakes_are_told() {
    let rule = |text: &str| Opening::rule(text).map(|_| ()).unwrap_err();
    assert_eq!(Opening::weekly("mon-fry", "09:00", "10:00").unwrap_err(), RuleError::Days("mon-fry".to_owned()));
    assert_eq!(Opening::weekly("mon", "9:00", "10:00").unwrap_err(), RuleError::Time("9:00".to_owned()));
    assert_eq!(Opening::weekly("mon", "09:00", "24:01").unwrap_err(), RuleError::Time("24:01".to_owned()));
    assert_eq!(Holiday::new("", "2026-02-30").unwrap_err(), RuleError::Date("2026-02-30".to_owned()));
    assert_eq!(Holiday::new("", "13-01").unwrap_err(), RuleError::Date("13-01".to_owned()));
    assert_eq!(rule("RRULE:FREQ=DAILY"), RuleError::NoStart);
    assert_eq!(rule("DTSTART:20260101T090000\nRRULE:FREQ=DAILY"), RuleError::NoLength);
    assert_eq!(rule("DTSTART:20260101T090000Z\nDURATION:PT1H"), RuleError::OwnZone);
    assert_eq!(rule("DTSTART;TZID=Europe/Berlin:20260101T090000\nDURATION:PT1H"), RuleError::OwnZone);
    assert_eq!(rule("DTSTART:20260101T090000\nDURATION:PT1H\nRRULE:FREQ=SECONDLY"), RuleError::TooOften);
    assert_eq!(rule("DTSTART:20260101T090000\nDURATION:P8D"), RuleError::NoLength);
    assert!(matches!(rule("DTSTART:20260101T090000\nDURATION:PT1H\nRRULE:FREQ=NEVER"), RuleError::Rule(_)));
    assert_eq!(rule("SUMMARY:Office"), RuleError::Line("SUMMARY:Office".to_owned()));
    let zone = Schedule::new("a".parse().unwrap(), "A", "Europe/Berln", Vec::new(), Vec::new()).map(|_| ());
    assert_eq!(zone, Err(RuleError::Zone("Europe/Berln".to_owned())));
}

/// A weekly window as the model sees it: on which days, from and to in minutes of the day (`to` after `from`).
#[derive(Clone, Debug)]
struct Window {
    days: Vec<usize>,
    from: u32,
    to: u32,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn clock(minutes: u32) -> String {
    let of_day = if minutes > 24 * 60 { minutes - 24 * 60 } else { minutes };
    format!("{:02}:{:02}", of_day / 60, of_day % 60)
}

fn any_window() -> impl Strategy<Value = Window> {
    // Around the hours in which clocks change, and over midnight.
    let start = prop_oneof![0u32..300, 0u32..1_440, 1_320u32..1_440];
    (prop::collection::btree_set(0usize..7, 1..7), start, 1u32..600).prop_map(|(days, from, length)| Window {
        days: days.into_iter().collect(),
        from,
        to: from + length,
    })
}

/// Each minute of these days, with the time on the wall.
fn minutes(zone: Tz, first: NaiveDate, days: i64) -> Vec<(i64, NaiveDateTime)> {
    let start = first.and_time(NaiveTime::MIN).and_utc().timestamp() / 60;
    let minute = |minute: i64| {
        let moment = DateTime::from_timestamp(minute * 60, 0).unwrap();
        (minute * 60, moment.with_timezone(&zone).naive_local())
    };
    (start..start + days * 24 * 60).map(minute).collect()
}

/// Whether it is open at each minute, worked out minute by minute.
fn model(minutes: &[(i64, NaiveDateTime)], windows: &[Window], holidays: &[NaiveDate]) -> Vec<bool> {
    let mut open = vec![false; minutes.len()];
    let first = minutes[0].1.date() - Days::new(2);
    let last = minutes[minutes.len() - 1].1.date() + Days::new(2);
    for window in windows {
        for date in first.iter_days().take_while(|date| *date <= last) {
            if !window.days.contains(&(date.weekday().num_days_from_monday() as usize)) {
                continue;
            }
            let wall = |minutes: u32| date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes.into());
            let (from, to) = (wall(window.from), wall(window.to));
            let Some(begin) = minutes.iter().position(|(_, wall)| *wall >= from) else { continue };
            let Some(end) = minutes.iter().rposition(|(_, wall)| *wall < to) else { continue };
            if begin <= end {
                open[begin..=end].fill(true);
            }
        }
    }
    for (open, (_, wall)) in open.iter_mut().zip(minutes) {
        *open &= !holidays.contains(&wall.date());
    }
    open
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn the_schedule_agrees_with_a_model_that_looks_at_every_minute(
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]),
        change in prop::sample::select(vec!["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04"]),
        windows in prop::collection::vec(any_window(), 0..4),
        holidays in prop::collection::vec(0u64..8, 0..2),
    ) {
        let zone_of: Tz = zone.parse().unwrap();
        let first: NaiveDate = change.parse::<NaiveDate>().unwrap() - Days::new(3);
        let holidays: Vec<NaiveDate> = holidays.into_iter().map(|day| first + Days::new(day)).collect();
        let minutes = minutes(zone_of, first, 7);
        let expected = model(&minutes, &windows, &holidays);
        let opening = |window: &Window| {
            let days: Vec<&str> = window.days.iter().map(|day| DAYS[*day]).collect();
            weekly(&days.join(","), &clock(window.from), &clock(window.to))
        };
        let open = windows.iter().map(opening).collect();
        let closed = holidays.iter().map(|date| Holiday::new("", &date.to_string()).unwrap()).collect();
        let mut hours = hours(zone, open, closed);
        for (index, (second, wall)) in minutes.iter().enumerate() {
            hours.turn(WallTime::from_micros(second * 1_000_000));
            let state = hours.state(WallTime::from_micros(second * 1_000_000));
            prop_assert_eq!(state.is_open(), expected[index], "{} in {}", wall, zone);
            // What is said of the next change holds up to there.
            if let Some(at) = state.changes() {
                let until = minutes.partition_point(|(second, _)| second * 1_000_000 < at.as_micros());
                prop_assert!(expected[index..until].iter().all(|open| *open == state.is_open()), "{} in {}", wall, zone);
            }
        }
    }
}
