//! The vocabulary of figures: thresholds, variants, attributions, ratios.

use domain::ServiceLevelGoal;

/// The two limits that figures are counted by. Both are inclusive: a wait of exactly T counts as within T.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Thresholds {
    /// T, in milliseconds: answered in time.
    pub within_ms: u64,
    /// S, in milliseconds: an abandon so early is short.
    pub short_abandon_ms: u64,
}

impl From<ServiceLevelGoal> for Thresholds {
    fn from(goal: ServiceLevelGoal) -> Self {
        Self { within_ms: goal.within_ms, short_abandon_ms: goal.short_abandon_ms }
    }
}

/// A variant of the service level. Name it beside every figure: they differ by many points on the same day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ServiceLevel {
    /// Answered within T over all that entered.
    Offered,
    /// Answered within T over all answered (Avaya CMS, Asterisk).
    Answered,
    /// Answered within T over those offered but for short abandons. The default.
    NoShort,
    /// Answered within T over those offered but for abandons within T (Cisco, abandons ignored).
    NoEarly,
    /// Answered within T over answered and abandoned (Genesys without flow-outs).
    AnsweredAbandoned,
    /// Answered or abandoned within T over all that entered (Cisco, abandons positive).
    Positive,
    /// Gone in whatever way within T over all that entered (Amazon).
    Removed,
}

impl ServiceLevel {
    /// Every variant.
    pub const ALL: [Self; 7] = [
        Self::Offered,
        Self::Answered,
        Self::NoShort,
        Self::NoEarly,
        Self::AnsweredAbandoned,
        Self::Positive,
        Self::Removed,
    ];

    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Answered => "answered",
            Self::NoShort => "no_short",
            Self::NoEarly => "no_early",
            Self::AnsweredAbandoned => "answered_abandoned",
            Self::Positive => "positive",
            Self::Removed => "removed",
        }
    }
}

/// By which moment a contact belongs to an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribution {
    /// The entry into the queue.
    Arrival,
    /// The exit from the queue.
    Exit,
    /// The end of the after-contact work.
    Completion,
}

impl Attribution {
    /// Every attribution of whole contacts. Durations split at the borders are [`crate::Clipped`].
    pub const ALL: [Self; 3] = [Self::Arrival, Self::Exit, Self::Completion];

    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Exit => "exit",
            Self::Completion => "completion",
        }
    }
}

/// A ratio of whole numbers, not divided yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    /// The numerator.
    pub part: u128,
    /// The denominator; 0: there is nothing to tell.
    pub whole: u128,
}

impl Ratio {
    /// The quotient; `None` where the denominator is 0.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    /// The quotient in thousandths, rounded down; `None` where the denominator is 0.
    #[must_use]
    pub fn permille(self) -> Option<u32> {
        let thousandths = self.part.saturating_mul(1_000).checked_div(self.whole)?;
        Some(u32::try_from(thousandths).unwrap_or(u32::MAX))
    }
}

/// A stretch of time, its end excluded, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first millisecond.
    pub start_ms: i64,
    /// The first millisecond after it.
    pub end_ms: i64,
}

impl Span {
    /// The stretch between two times; empty if the end is not after the start.
    #[must_use]
    pub const fn new(start_ms: i64, end_ms: i64) -> Self {
        Self { start_ms, end_ms }
    }

    /// Its length in milliseconds; never below zero.
    #[must_use]
    pub const fn length_ms(self) -> u64 {
        if self.end_ms > self.start_ms { self.end_ms.abs_diff(self.start_ms) } else { 0 }
    }

    /// Does the moment lie in it?
    #[must_use]
    pub const fn holds(self, at_ms: i64) -> bool {
        self.start_ms <= at_ms && at_ms < self.end_ms
    }

    /// What both have in common; may be empty.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self::new(self.start_ms.max(other.start_ms), self.end_ms.min(other.end_ms))
    }
}
