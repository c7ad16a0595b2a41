//! A time zone: what local clocks show, and where local days begin.

use crate::api::Span;

/// Milliseconds that a local clock shows from midnight to midnight.
const DAY_MS: i64 = 86_400_000;

/// A time zone as the list of its offsets from UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    first_ms: i64,
    /// From this moment (UTC, in milliseconds) local time minus UTC is so many milliseconds.
    changes: Vec<(i64, i64)>,
}

/// A stretch of time with one offset.
#[derive(Clone, Copy)]
pub(crate) struct Season {
    pub span: Span,
    /// Local time minus UTC, in milliseconds.
    pub offset_ms: i64,
}

impl Zone {
    /// UTC.
    pub const UTC: Self = Self { first_ms: 0, changes: Vec::new() };

    /// A zone with one offset: local time minus UTC, in seconds.
    #[must_use]
    pub fn fixed(offset_s: i32) -> Self {
        Self { first_ms: i64::from(offset_s) * 1_000, changes: Vec::new() }
    }

    /// A zone that begins with the offset `first_s` and takes each further one, in seconds, at its moment (UTC, in
    /// milliseconds), such as the changes of a year with daylight saving time.
    #[must_use]
    pub fn with_changes(first_s: i32, changes: &[(i64, i32)]) -> Self {
        let mut changes: Vec<_> = changes.iter().map(|(at, offset)| (*at, i64::from(*offset) * 1_000)).collect();
        changes.sort_by_key(|(at, _)| *at);
        Self { first_ms: i64::from(first_s) * 1_000, changes }
    }

    /// The stretch of one offset around a moment.
    pub(crate) fn season(&self, at_ms: i64) -> Season {
        self.season_number(self.changes.partition_point(|(from, _)| *from <= at_ms))
    }

    fn season_number(&self, number: usize) -> Season {
        let before = number.checked_sub(1).and_then(|before| self.changes.get(before));
        let (start_ms, offset_ms) = before.copied().unwrap_or((i64::MIN, self.first_ms));
        let end_ms = self.changes.get(number).map_or(i64::MAX, |(at, _)| *at);
        Season { span: Span::new(start_ms, end_ms), offset_ms }
    }

    /// The local day around a moment: from the first moment at which local clocks show midnight or later to the first
    /// at which they show the next midnight or later. It has 24 hours; 23 or 25 where clocks change.
    #[must_use]
    pub fn day(&self, at_ms: i64) -> Span {
        let shown = at_ms.saturating_add(self.season(at_ms).offset_ms).div_euclid(DAY_MS);
        // Where clocks go back over midnight they show the day before once more: it is over all the same.
        let date = if self.begins(shown + 1) <= at_ms { shown + 1 } else { shown };
        Span::new(self.begins(date), self.begins(date + 1))
    }

    fn begins(&self, date: i64) -> i64 {
        let midnight = date.saturating_mul(DAY_MS);
        let seasons = (0..=self.changes.len()).map(|number| self.season_number(number));
        let candidates = seasons.map(|season| {
            let moment = midnight.saturating_sub(season.offset_ms).max(season.span.start_ms);
            (moment, season.span.end_ms)
        });
        candidates.into_iter().find(|(moment, end)| moment < end).map_or(i64::MAX, |(moment, _)| moment)
    }
}
