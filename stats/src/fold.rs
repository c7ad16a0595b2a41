//! The fold of visits: the whole period, and by interval in every attribution.

use crate::api::{Attribution, Span, Thresholds};
use crate::figures::Figures;
use crate::grid::Grid;
use domain::{QueueExit, Visit};
use std::collections::BTreeMap;

/// Durations that fell into one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Clipped {
    /// Time in queue, in milliseconds.
    pub queue_ms: u128,
    /// Talk, hold and after-contact work of answered contacts, in milliseconds.
    pub handle_ms: u128,
}

/// Figures of visits, whole and by interval. The order in which visits and folds are added does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    thresholds: Thresholds,
    grid: Grid,
    whole: Figures,
    by_interval: BTreeMap<(Attribution, i64), Figures>,
    clipped: BTreeMap<i64, Clipped>,
}

impl Fold {
    /// A fold without any visit.
    #[must_use]
    pub fn new(thresholds: Thresholds, grid: Grid) -> Self {
        Self { thresholds, grid, whole: Figures::default(), by_interval: BTreeMap::new(), clipped: BTreeMap::new() }
    }

    /// Adds a visit. The work is that of the intervals that it touches.
    pub fn add(&mut self, visit: &Visit) {
        self.whole.add(visit, self.thresholds);
        for attribution in Attribution::ALL {
            let at = match attribution {
                Attribution::Arrival => visit.enter_ms,
                Attribution::Exit => visit.exit_ms,
                Attribution::Completion => visit.completion_ms(),
            };
            let key = (attribution, self.grid.around(at).start_ms);
            self.by_interval.entry(key).or_default().add(visit, self.thresholds);
        }
        for (interval, part) in self.grid.split(Span::new(visit.enter_ms, visit.exit_ms)) {
            self.clipped.entry(interval.start_ms).or_default().queue_ms += u128::from(part.length_ms());
        }
        if visit.exit == QueueExit::Answered {
            for (interval, part) in self.grid.split(Span::new(visit.exit_ms, visit.completion_ms())) {
                self.clipped.entry(interval.start_ms).or_default().handle_ms += u128::from(part.length_ms());
            }
        }
    }

    /// Adds another fold; `false`, and nothing happens, if it has other thresholds or other intervals.
    #[must_use]
    pub fn merge(&mut self, other: &Self) -> bool {
        if (self.thresholds, &self.grid) != (other.thresholds, &other.grid) {
            return false;
        }
        self.whole.merge(&other.whole);
        for (key, figures) in &other.by_interval {
            self.by_interval.entry(*key).or_default().merge(figures);
        }
        for (start, clipped) in &other.clipped {
            let own = self.clipped.entry(*start).or_default();
            own.queue_ms += clipped.queue_ms;
            own.handle_ms += clipped.handle_ms;
        }
        true
    }

    /// The whole period.
    #[must_use]
    pub fn whole(&self) -> &Figures {
        &self.whole
    }

    /// The figures of each interval to which a visit belongs, by the interval's start in milliseconds, in order.
    pub fn intervals(&self, attribution: Attribution) -> impl Iterator<Item = (i64, &Figures)> {
        let all = (attribution, i64::MIN)..=(attribution, i64::MAX);
        self.by_interval.range(all).map(|((_, start), figures)| (*start, figures))
    }

    /// Durations split at the borders of intervals, by the interval's start in milliseconds, in order.
    pub fn clipped(&self) -> impl Iterator<Item = (i64, &Clipped)> {
        self.clipped.iter().map(|(start, clipped)| (*start, clipped))
    }
}
