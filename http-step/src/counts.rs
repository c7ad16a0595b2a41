//! Requests by what became of them.

use domain::{HttpAnswer, HttpFailure};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const RESULTS: [&str; 13] = [
    "answered",
    "not_found",
    "timed_out",
    "unknown_host",
    "unreachable",
    "forbidden",
    "insecure",
    "busy",
    "unsendable",
    "status",
    "too_big",
    "not_json",
    "broken",
];

fn place(answer: &HttpAnswer) -> usize {
    match answer {
        HttpAnswer::Taken(_) => 0,
        HttpAnswer::NotFound => 1,
        HttpAnswer::TimedOut => 2,
        HttpAnswer::Failed(failure) => match failure {
            HttpFailure::Unknown => 3,
            HttpFailure::Unreachable => 4,
            HttpFailure::Forbidden => 5,
            HttpFailure::Insecure => 6,
            HttpFailure::Busy => 7,
            HttpFailure::Unsendable => 8,
            HttpFailure::Status(_) => 9,
            HttpFailure::TooBig => 10,
            HttpFailure::NotJson => 11,
            HttpFailure::Broken => 12,
        },
    }
}

#[derive(Default)]
pub(crate) struct Counts {
    results: [AtomicU64; RESULTS.len()],
    again: AtomicU64,
}

impl Counts {
    pub(crate) fn count(&self, answer: &HttpAnswer) {
        self.results[place(answer)].fetch_add(1, Relaxed);
    }

    pub(crate) fn again(&self) {
        self.again.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self) -> (Vec<(&'static str, u64)>, u64) {
        let counts = RESULTS.into_iter().zip(&self.results).map(|(name, count)| (name, count.load(Relaxed)));
        (counts.collect(), self.again.load(Relaxed))
    }
}
