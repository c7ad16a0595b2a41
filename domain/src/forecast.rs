//! What those who wait can be told of their wait, and how honest that has been.

/// A forecast of the time until an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedWait {
    /// The mean, in milliseconds.
    pub mean_ms: u64,
    /// Nine waits in ten are at most so long, in milliseconds.
    pub p90_ms: u64,
}

/// How honest the forecasts told on entering a line have been, over the contacts whose wait is known: those answered,
/// and those who gave up when an agent would have taken them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Honesty {
    /// Contacts.
    pub contacts: u64,
    /// Sum of the means told, in milliseconds.
    pub told_ms: u64,
    /// Sum of the waits, in milliseconds.
    pub waited_ms: u64,
    /// Root of the mean squared error of the means told, in milliseconds.
    pub rms_error_ms: u64,
    /// Contacts whose wait was at most the 90th percentile told.
    pub covered: u64,
}

impl Honesty {
    /// What was told too much, over what was waited, in thousandths; `None` before anybody has waited.
    #[must_use]
    pub fn bias_permille(&self) -> Option<i64> {
        let error = i128::from(self.told_ms) - i128::from(self.waited_ms);
        (self.waited_ms > 0).then(|| i64::try_from(error * 1_000 / i128::from(self.waited_ms)).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bias_is_what_was_told_too_much_over_what_was_waited() {
        let honesty = Honesty { contacts: 2, told_ms: 97_000, waited_ms: 100_000, rms_error_ms: 0, covered: 2 };
        assert_eq!(honesty.bias_permille(), Some(-30));
        assert_eq!(Honesty::default().bias_permille(), None);
    }
}
