//! The endpoint's only source of chance: one ChaCha generator, seeded at construction.

use core::fmt::Write;
use core::time::Duration;
use domain::LegId;
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use std::collections::VecDeque;

/// Draws tags, branches, Call-IDs, legs and keys.
pub(crate) struct Dice(ChaCha12Rng);

impl Dice {
    /// A generator from a seed.
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    /// A tag with 64 random bits (RFC 3261 §19.3 asks for 32).
    pub(crate) fn tag(&mut self) -> String {
        format!("{:016x}", self.0.next_u64())
    }

    /// A branch with the magic cookie (§8.1.1.7).
    pub(crate) fn branch(&mut self) -> String {
        format!("z9hG4bK{:016x}", self.0.next_u64())
    }

    /// A Call-ID with 128 random bits.
    pub(crate) fn call_id(&mut self) -> String {
        let mut text = String::with_capacity(32);
        for byte in self.bytes::<16>() {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// A number for a leg.
    pub(crate) fn leg(&mut self) -> LegId {
        LegId::new(self.0.next_u64())
    }

    /// Random bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// By priority, and among equals by weighted chance (RFC 2782).
    pub(crate) fn in_order<T>(&mut self, mut left: Vec<(u16, u16, T)>) -> VecDeque<T> {
        left.sort_by_key(|(priority, ..)| *priority);
        let mut ordered = VecDeque::with_capacity(left.len());
        while let Some(first) = left.first().map(|(priority, ..)| *priority) {
            let equals = left.iter().take_while(|(priority, ..)| *priority == first).count();
            let weights: Vec<u16> = left.iter().take(equals).map(|(_, weight, _)| *weight).collect();
            let at = if equals > 1 { self.drawn(&weights) } else { 0 };
            ordered.push_back(left.remove(at).2);
        }
        ordered
    }

    /// One of several, as their weights say.
    fn drawn(&mut self, weights: &[u16]) -> usize {
        let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        let mut draw = self.0.next_u64() % total.max(1);
        let hit = weights.iter().position(|weight| match draw.checked_sub(u64::from(*weight)) {
            Some(rest) => {
                draw = rest;
                false
            }
            None => true,
        });
        hit.unwrap_or(0)
    }

    /// A duration between `least_ms` and `most_ms`, in steps of 10 ms (§14.1).
    pub(crate) fn between(&mut self, least_ms: u64, most_ms: u64) -> Duration {
        let steps = most_ms.saturating_sub(least_ms) / 10 + 1;
        Duration::from_millis(least_ms + self.0.next_u64() % steps * 10)
    }
}
