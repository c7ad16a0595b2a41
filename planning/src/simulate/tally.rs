//! What is counted of the contacts of a type, in whole numbers.

/// Sums of waits in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moments {
    pub(super) count: u64,
    sum_us: u128,
    squares: u128,
    longest_us: u64,
}

impl Moments {
    fn add(&mut self, wait_us: u64) {
        let wait = u128::from(wait_us);
        self.count += 1;
        self.sum_us += wait;
        self.squares += wait * wait;
        self.longest_us = self.longest_us.max(wait_us);
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum_us += other.sum_us;
        self.squares += other.squares;
        self.longest_us = self.longest_us.max(other.longest_us);
    }

    /// In seconds; `None` of nothing.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_us as f64 / self.count as f64 / 1e6)
    }

    /// The standard deviation in seconds; `None` of fewer than two.
    pub(super) fn deviation(&self) -> Option<f64> {
        let count = self.count as f64;
        let mean = self.sum_us as f64 / count;
        let variance = (self.squares as f64 / count - mean * mean).max(0.0) * count / (count - 1.0);
        (self.count > 1).then(|| variance.sqrt() / 1e6)
    }

    /// The longest in seconds; `None` of nothing.
    pub(super) fn longest(&self) -> Option<f64> {
        (self.count > 0).then(|| self.longest_us as f64 / 1e6)
    }

    /// Two sums together.
    pub(super) fn with(&self, other: &Self) -> Self {
        let mut both = *self;
        both.merge(other);
        both
    }
}

/// How a contact left the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Served by this group.
    Answered(u16),
    /// Given up.
    Abandoned,
    /// Called back in vain.
    Unreached,
    /// Gone on to a call back, a message, or out of the line by a limit.
    FlowedOut,
    /// Gone on to the queue of another type.
    Overflowed,
}

/// Exits within a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Within {
    pub(super) answered: u64,
    pub(super) abandoned: u64,
    pub(super) unreached: u64,
    pub(super) flowed_out: u64,
    pub(super) overflowed: u64,
}

/// Calls back that are contacts of their own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backs {
    pub(super) booked: u64,
    pub(super) tries: u64,
    /// Until the customer was joined with an agent, since it was booked.
    pub(super) reached: Moments,
    pub(super) failed: u64,
    /// Those whose customers were served when they rang in.
    pub(super) cancelled: u64,
    /// Until the first try, of those who were told a wait.
    pub(super) first_try: Moments,
    /// What these were told.
    pub(super) promised: Moments,
}

impl Backs {
    pub(super) fn reach(&mut self, wait_us: u64) {
        self.reached.add(wait_us);
    }

    /// The first try, after so long, of one that was told so much.
    pub(super) fn keep_promise(&mut self, wait_us: u64, promised_us: u64) {
        self.first_try.add(wait_us);
        self.promised.add(promised_us);
    }

    fn merge(&mut self, other: &Self) {
        self.booked += other.booked;
        self.tries += other.tries;
        self.reached.merge(&other.reached);
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.first_try.merge(&other.first_try);
        self.promised.merge(&other.promised);
    }
}

/// Messages.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Messages {
    pub(super) left: u64,
    /// Until an agent heard them, since they were spoken.
    pub(super) heard: Moments,
}

impl Messages {
    pub(super) fn hear(&mut self, wait_us: u64) {
        self.heard.add(wait_us);
    }

    fn merge(&mut self, other: &Self) {
        self.left += other.left;
        self.heard.merge(&other.heard);
    }
}

/// The measured contacts of a type.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) offered: u64,
    pub(super) blocked: u64,
    /// Those who waited at all.
    pub(super) waited: u64,
    pub(super) answered: Moments,
    pub(super) abandoned: Moments,
    pub(super) unreached: u64,
    pub(super) flowed_out: u64,
    /// Those that went on to the queue of another type, and those that came from one.
    pub(super) overflowed: u64,
    pub(super) overflowed_in: u64,
    pub(super) backs: Backs,
    pub(super) messages: Messages,
    /// Those answered without being called back.
    pub(super) live: Moments,
    /// Those who chose to be called back, until an agent dialled.
    pub(super) virtuals: Moments,
    /// By threshold.
    pub(super) within: Vec<Within>,
    pub(super) short_abandons: u64,
    /// By group.
    pub(super) served_by: Vec<u64>,
    pub(super) waits: Histogram,
}

impl Tally {
    pub(super) fn new(thresholds: usize, groups: usize) -> Self {
        Self { within: vec![Within::default(); thresholds], served_by: vec![0; groups], ..Self::default() }
    }

    /// Not blocked.
    pub(super) const fn admitted(&self) -> u64 {
        self.offered - self.blocked
    }

    /// A contact that left the line after so many microseconds. Thresholds are inclusive.
    pub(super) fn leave(&mut self, exit: Exit, wait_us: u64, is_virtual: bool, thresholds_us: &[u64]) {
        self.waited += u64::from(wait_us > 0 && exit != Exit::Overflowed);
        if is_virtual {
            self.virtuals.add(wait_us);
        }
        let within = |part: fn(&mut Within) -> &mut u64, tally: &mut Vec<Within>| {
            for (within, threshold) in tally.iter_mut().zip(thresholds_us) {
                *part(within) += u64::from(wait_us <= *threshold);
            }
        };
        match exit {
            Exit::Answered(group) => {
                self.answered.add(wait_us);
                self.served_by[usize::from(group)] += 1;
                if !is_virtual {
                    self.live.add(wait_us);
                }
                self.waits.add(wait_us);
                within(|part| &mut part.answered, &mut self.within);
            }
            Exit::Abandoned => {
                self.abandoned.add(wait_us);
                within(|part| &mut part.abandoned, &mut self.within);
            }
            Exit::Unreached => {
                self.unreached += 1;
                within(|part| &mut part.unreached, &mut self.within);
            }
            Exit::FlowedOut => {
                self.flowed_out += 1;
                within(|part| &mut part.flowed_out, &mut self.within);
            }
            Exit::Overflowed => {
                self.overflowed += 1;
                within(|part| &mut part.overflowed, &mut self.within);
            }
        }
    }

    /// The tally of all types together: whoever went on to the queue of another type was offered once and is not gone.
    pub(super) fn without_overflows(mut self) -> Self {
        self.offered -= self.overflowed_in;
        (self.overflowed, self.overflowed_in) = (0, 0);
        self.within.iter_mut().for_each(|within| within.overflowed = 0);
        self
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        self.blocked += other.blocked;
        self.waited += other.waited;
        self.answered.merge(&other.answered);
        self.abandoned.merge(&other.abandoned);
        self.unreached += other.unreached;
        self.flowed_out += other.flowed_out;
        self.overflowed += other.overflowed;
        self.overflowed_in += other.overflowed_in;
        self.backs.merge(&other.backs);
        self.messages.merge(&other.messages);
        self.live.merge(&other.live);
        self.virtuals.merge(&other.virtuals);
        self.short_abandons += other.short_abandons;
        for (within, more) in self.within.iter_mut().zip(&other.within) {
            within.answered += more.answered;
            within.abandoned += more.abandoned;
            within.unreached += more.unreached;
            within.flowed_out += more.flowed_out;
            within.overflowed += more.overflowed;
        }
        for (served, more) in self.served_by.iter_mut().zip(&other.served_by) {
            *served += more;
        }
        self.waits.merge(&other.waits);
    }
}

/// Buckets of a doubling: a bucket is at most 3 % wide.
const PER_DOUBLING: u64 = 32;

/// How waits are spread, in buckets that grow with the wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histogram {
    counts: Vec<u64>,
}

impl Histogram {
    fn bucket(wait_us: u64) -> usize {
        if wait_us < PER_DOUBLING {
            return wait_us as usize;
        }
        let doubling = u64::from(63 - wait_us.leading_zeros()) - 5;
        ((doubling + 1) * PER_DOUBLING + ((wait_us >> doubling) & (PER_DOUBLING - 1))) as usize
    }

    /// The first wait in microseconds that is above a bucket.
    fn end_of(bucket: usize) -> u64 {
        let bucket = bucket as u64 + 1;
        if bucket <= PER_DOUBLING {
            return bucket;
        }
        let doubling = bucket / PER_DOUBLING - 1;
        (PER_DOUBLING + bucket % PER_DOUBLING).checked_shl(doubling as u32).unwrap_or(u64::MAX)
    }

    fn add(&mut self, wait_us: u64) {
        let bucket = Self::bucket(wait_us);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
    }

    fn merge(&mut self, other: &Self) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// For each bucket with contacts in it: where it ends in seconds, and how many are up to there.
    pub(super) fn steps(&self) -> Vec<(f64, u64)> {
        let mut steps = Vec::new();
        let mut sum = 0;
        for (bucket, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            sum += count;
            let end = if bucket == 0 { 0 } else { Self::end_of(bucket) };
            steps.push((end as f64 / 1e6, sum));
        }
        steps
    }

    /// The wait in seconds that this share of the contacts does not exceed; within 3 %.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let steps = self.steps();
        let all = steps.last()?.1 as f64;
        steps.iter().find(|(_, up_to)| *up_to as f64 >= share * all).map(|(wait, _)| *wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_they_say_and_are_at_most_three_percent_wide() {
        for wait in (0..2_000).chain((11..60).map(|power| (1_u64 << power) + 12_345)) {
            let end = Histogram::end_of(Histogram::bucket(wait));
            assert!(end > wait && end as f64 <= (wait as f64 * 1.032) + 1.0, "{wait} ends at {end}");
        }
    }

    #[test]
    fn a_wait_of_the_threshold_is_within_it() {
        let mut tally = Tally::new(1, 1);
        tally.leave(Exit::Answered(0), 20_000_000, false, &[20_000_000]);
        tally.leave(Exit::Answered(0), 20_000_001, false, &[20_000_000]);
        tally.leave(Exit::Abandoned, 20_000_000, false, &[20_000_000]);
        assert_eq!(tally.within[0], Within { answered: 1, abandoned: 1, ..Within::default() });
        assert_eq!((tally.answered.count, tally.waited), (2, 3));
    }
}
