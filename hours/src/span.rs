//! Stretches of time, in seconds since 1970-01-01 UTC.

/// From `start` on, up to but not at `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub start: i64,
    pub end: i64,
}

impl Span {
    pub fn holds(&self, at: i64) -> bool {
        self.start <= at && at < self.end
    }
}

/// The same time in order, with what touches or overlaps made one.
pub(crate) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.start < span.end);
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// What of `spans` is not in `holes`. Both are merged.
pub(crate) fn without(spans: &[Span], holes: &[Span]) -> Vec<Span> {
    let mut left = Vec::with_capacity(spans.len());
    for span in spans {
        let mut rest = *span;
        for hole in holes.iter().filter(|hole| hole.end > span.start && hole.start < span.end) {
            if hole.start > rest.start {
                left.push(Span { start: rest.start, end: hole.start });
            }
            rest.start = rest.start.max(hole.end);
        }
        if rest.start < rest.end {
            left.push(rest);
        }
    }
    left
}
