//! From the clock on the wall to moments, over changes of the clock.

use crate::span::Span;
use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// No change of a clock leaves out more.
const GAP_MAX_MIN: i64 = 26 * 60;

fn moment(zone: Tz, wall: NaiveDateTime, pick: impl Fn(DateTime<Tz>, DateTime<Tz>) -> DateTime<Tz>) -> i64 {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(moment) => moment.timestamp(),
        LocalResult::Ambiguous(first, last) => pick(first, last).timestamp(),
        // The clock jumps over this time: the moment at which it does.
        LocalResult::None => {
            let later = (1..=GAP_MAX_MIN).filter_map(|minutes| wall.checked_add_signed(TimeDelta::minutes(minutes)));
            let after = later.filter_map(|wall| zone.from_local_datetime(&wall).earliest()).next();
            after.map_or_else(|| wall.and_utc().timestamp(), |moment| moment.timestamp())
        }
    }
}

/// The stretch between two times on the wall. One that comes twice opens at the first and closes at the second; one that
/// does not come is the moment at which the clock jumps over it.
pub(crate) fn stretch(zone: Tz, from: NaiveDateTime, to: NaiveDateTime) -> Span {
    Span { start: moment(zone, from, |first, _| first), end: moment(zone, to, |_, last| last) }
}

/// The time on the wall at a moment.
pub(crate) fn at(zone: Tz, seconds: i64) -> NaiveDateTime {
    let utc = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    utc.with_timezone(&zone).naive_local()
}
