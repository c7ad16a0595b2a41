//! A token bucket per key, for the routes that strangers may call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Keys remembered at once. Beyond it, full buckets are forgotten first, then everything: a flood of addresses must
/// not eat the memory.
const KEYS_MAX: usize = 10_000;

/// Token buckets by key.
pub(crate) struct Limiter {
    burst: u32,
    every: Duration,
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    tokens: u32,
    refilled: Instant,
}

impl Limiter {
    /// `burst` requests at once, then one more after each `every`.
    pub(crate) fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one token, or says after how many seconds there is one.
    pub(crate) fn take(&self, key: &str) -> Result<(), u64> {
        self.take_at(key, Instant::now())
    }

    fn take_at(&self, key: &str, now: Instant) -> Result<(), u64> {
        let mut buckets = self.lock();
        if buckets.len() >= KEYS_MAX && !buckets.contains_key(key) {
            self.forget(&mut buckets, now);
        }
        let bucket = buckets.entry(key.to_owned()).or_insert(Bucket { tokens: self.burst, refilled: now });
        self.refill(bucket, now);
        if bucket.tokens == 0 {
            let wait = self.every.saturating_sub(now.duration_since(bucket.refilled));
            return Err(wait.as_secs().saturating_add(1));
        }
        bucket.tokens -= 1;
        Ok(())
    }

    /// Gives a token back: the request was a good one.
    pub(crate) fn give_back(&self, key: &str) {
        if let Some(bucket) = self.lock().get_mut(key) {
            bucket.tokens = self.burst.min(bucket.tokens.saturating_add(1));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refill(&self, bucket: &mut Bucket, now: Instant) {
        let periods = now.duration_since(bucket.refilled).as_nanos() / self.every.as_nanos().max(1);
        let periods = u32::try_from(periods).unwrap_or(u32::MAX);
        if periods > 0 {
            bucket.tokens = self.burst.min(bucket.tokens.saturating_add(periods));
            bucket.refilled += self.every.saturating_mul(periods);
        }
        if bucket.tokens == self.burst {
            bucket.refilled = now;
        }
    }

    fn forget(&self, buckets: &mut HashMap<String, Bucket>, now: Instant) {
        buckets.retain(|_, bucket| {
            self.refill(bucket, now);
            bucket.tokens < self.burst
        });
        if buckets.len() >= KEYS_MAX {
            buckets.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_one_request_per_period() {
        let limiter = Limiter::new(2, Duration::from_secs(6));
        let start = Instant::now();
        let take = |key, after_s| limiter.take_at(key, start + Duration::from_secs(after_s));
        assert_eq!([take("a", 0), take("a", 0), take("a", 0)], [Ok(()), Ok(()), Err(7)]);
        assert_eq!(take("b", 0), Ok(()), "another key has its own bucket");
        assert_eq!(take("a", 6), Ok(()));
        assert!(take("a", 6).is_err());
        limiter.give_back("a");
        assert_eq!(take("a", 6), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_is_forgotten() {
        let limiter = Limiter::new(1, Duration::from_secs(6));
        (0..=KEYS_MAX).for_each(|key| assert_eq!(limiter.take(&key.to_string()), Ok(())));
        assert!(limiter.lock().len() <= KEYS_MAX);
    }
}
