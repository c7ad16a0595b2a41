//! Intervals: where one ends and the next begins.

use crate::api::Span;
use crate::zone::Zone;

/// The borders of intervals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grid {
    /// Multiples of a length in milliseconds.
    Every(i64),
    /// Multiples of a length in milliseconds on the clocks of a zone. Where clocks change, an interval ends, so that
    /// the hour which is shown twice counts as two.
    Local(i64, Zone),
}

impl Grid {
    /// Multiples of a length in milliseconds; 0 counts as 1.
    #[must_use]
    pub fn every(length_ms: u64) -> Self {
        Self::Every(length(length_ms))
    }

    /// Intervals of a length in milliseconds, usually 15, 30 or 60 minutes, on local clocks; 0 counts as 1.
    #[must_use]
    pub fn local(length_ms: u64, zone: Zone) -> Self {
        Self::Local(length(length_ms), zone)
    }

    /// The interval that holds a moment.
    #[must_use]
    pub fn around(&self, at_ms: i64) -> Span {
        match self {
            Self::Every(length) => multiples(*length, 0, at_ms),
            Self::Local(length, zone) => {
                let season = zone.season(at_ms);
                multiples(*length, season.offset_ms, at_ms).within(season.span)
            }
        }
    }

    /// The intervals that a stretch of time touches, each with their common part.
    pub fn split(&self, span: Span) -> impl Iterator<Item = (Span, Span)> + '_ {
        let mut at = span.start_ms;
        core::iter::from_fn(move || {
            if at >= span.end_ms {
                return None;
            }
            let interval = self.around(at);
            // The last interval that numbers can tell ends with them.
            at = interval.end_ms.max(at.saturating_add(1));
            Some((interval, interval.within(span)))
        })
    }
}

fn length(length_ms: u64) -> i64 {
    i64::try_from(length_ms).unwrap_or(i64::MAX).max(1)
}

fn multiples(length: i64, offset_ms: i64, at_ms: i64) -> Span {
    let local = at_ms.saturating_add(offset_ms);
    let start = local.div_euclid(length).saturating_mul(length).saturating_sub(offset_ms);
    Span::new(start, start.saturating_add(length))
}
