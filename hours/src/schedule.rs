//! A schedule, and what it says of a moment.

use crate::rule::{Holiday, Opening, RuleError};
use crate::span::{Span, merged, without};
use crate::wall;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use domain::{ScheduleId, WallTime};
use std::sync::Arc;

/// How far ahead the next opening is looked for, in days: at least, and reckoned at once.
const AHEAD_DAYS: i64 = 31;
const RECKONED_DAYS: u64 = 62;

const DAY_S: i64 = 86_400;

/// When it is open, and when not.
#[derive(Clone, Debug)]
pub struct Schedule {
    id: ScheduleId,
    name: String,
    zone: Tz,
    open: Vec<Opening>,
    closed: Vec<Holiday>,
}

/// Whether it is open at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Open.
    Open {
        /// Until then; `None`: for a month at least.
        until: Option<WallTime>,
    },
    /// Closed.
    Closed {
        /// When it opens next; `None`: not for a month at least.
        next: Option<WallTime>,
        /// Why.
        why: Why,
    },
}

impl State {
    /// Open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// When that changes.
    #[must_use]
    pub const fn changes(&self) -> Option<WallTime> {
        match self {
            Self::Open { until } => *until,
            Self::Closed { next, .. } => *next,
        }
    }
}

/// Why it is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is not the time.
    Hours,
    /// It is a holiday of this name.
    Holiday(String),
}

impl Schedule {
    /// A schedule in a zone of the IANA database, such as `Europe/Berlin`.
    ///
    /// # Errors
    /// `Zone`.
    pub fn new(
        id: ScheduleId,
        name: &str,
        zone: &str,
        open: Vec<Opening>,
        closed: Vec<Holiday>,
    ) -> Result<Self, RuleError> {
        let zone = zone.parse().map_err(|_| RuleError::Zone(zone.to_owned()))?;
        Ok(Self { id, name: name.to_owned(), zone, open, closed })
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> ScheduleId {
        self.id
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of its zone.
    #[must_use]
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    /// The time on the wall at a moment, `YYYY-MM-DDTHH:MM`.
    #[must_use]
    pub fn local(&self, at: WallTime) -> String {
        wall::at(self.zone, seconds(at)).format("%Y-%m-%dT%H:%M").to_string()
    }

    /// The moment at which the clock on the wall first shows this time, given as if it were UTC.
    #[must_use]
    pub fn moment(&self, wall: WallTime) -> WallTime {
        let naive = wall::at(Tz::UTC, seconds(wall));
        wall_time(wall::stretch(self.zone, naive, naive).start)
    }

    /// When it is open within these days, and the holidays there.
    fn reckon(&self, first: NaiveDate, last: NaiveDate) -> (Vec<Span>, Vec<(Span, usize)>) {
        let span = |(from, to)| wall::stretch(self.zone, from, to);
        let open = self.open.iter().flat_map(|opening| opening.stretches(first, last)).map(span).collect();
        let of = |(number, holiday): (usize, &Holiday)| {
            holiday.stretches(first, last).into_iter().map(move |stretch| (stretch, number))
        };
        let holidays = self.closed.iter().enumerate().flat_map(of);
        let holidays: Vec<(Span, usize)> = holidays.map(|(stretch, number)| (span(stretch), number)).collect();
        let holes = merged(holidays.iter().map(|(span, _)| *span).collect());
        (without(&merged(open), &holes), holidays)
    }
}

fn seconds(at: WallTime) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

fn wall_time(seconds: i64) -> WallTime {
    WallTime::from_micros(seconds.saturating_mul(1_000_000))
}

/// A schedule with its openings of the weeks around now.
#[derive(Clone, Debug)]
pub struct Hours {
    schedule: Arc<Schedule>,
    reckoned: Span,
    open: Vec<Span>,
    holidays: Vec<(Span, usize)>,
}

impl Hours {
    /// The openings of the weeks around this moment.
    #[must_use]
    pub fn new(schedule: Arc<Schedule>, now: WallTime) -> Self {
        let mut hours = Self { schedule, reckoned: Span { start: 0, end: 0 }, open: Vec::new(), holidays: Vec::new() };
        hours.turn(now);
        hours
    }

    /// The schedule.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Reckons further weeks when this moment comes near the end of those that are known: to be called from time to
    /// time. It costs nothing in between.
    pub fn turn(&mut self, now: WallTime) {
        let now = seconds(now);
        if self.reckoned.start <= now && now + AHEAD_DAYS * DAY_S <= self.reckoned.end {
            return;
        }
        let today = wall::at(self.schedule.zone, now).date();
        let first = today.checked_sub_days(Days::new(2)).unwrap_or(today);
        let last = today.checked_add_days(Days::new(RECKONED_DAYS)).unwrap_or(today);
        (self.open, self.holidays) = self.schedule.reckon(first, last);
        // What reaches over the last day is not known to its end.
        self.reckoned = Span { start: now - DAY_S, end: now + (RECKONED_DAYS as i64 - 2) * DAY_S };
    }

    /// Whether it is open, and when that changes. For the month after [`Hours::turn`].
    #[must_use]
    pub fn state(&self, now: WallTime) -> State {
        let now = seconds(now);
        let next = self.open.partition_point(|span| span.end <= now);
        match self.open.get(next) {
            Some(span) if span.holds(now) => {
                State::Open { until: (span.end < self.reckoned.end).then(|| wall_time(span.end)) }
            }
            later => State::Closed { next: later.map(|span| wall_time(span.start)), why: self.why(now) },
        }
    }

    /// When it is open between two moments of the month after [`Hours::turn`]: from, to.
    #[must_use]
    pub fn openings(&self, from: WallTime, to: WallTime) -> Vec<(WallTime, WallTime)> {
        let (from, to) = (seconds(from), seconds(to));
        let within = self.open.iter().filter(|span| span.end > from && span.start < to);
        within.map(|span| (wall_time(span.start.max(from)), wall_time(span.end.min(to)))).collect()
    }

    fn why(&self, now: i64) -> Why {
        let holiday = self.holidays.iter().find(|(span, _)| span.holds(now));
        holiday.map_or(Why::Hours, |(_, number)| Why::Holiday(self.schedule.closed[*number].name().to_owned()))
    }
}
