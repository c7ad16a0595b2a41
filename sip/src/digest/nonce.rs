//! Nonces that carry their own time, sealed with a key: only those that were used are remembered.

use super::{hex, same};
use core::time::Duration;
use domain::Instant;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;

/// How long a nonce may be used.
pub const NONCE_LIFE: Duration = Duration::from_secs(300);

/// Greatest number of used nonces remembered. When there are more, the oldest count as too old.
const REMEMBERED_MAX: usize = 65_536;

/// What a nonce is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceState {
    /// Ours, young enough, and the count is new.
    Fresh,
    /// Too old, or not sealed by us.
    Stale,
    /// The count was used before.
    Replayed,
}

/// Mints and checks nonces.
pub struct Nonces {
    key: [u8; 32],
    /// By time and salt of the nonce.
    used: BTreeMap<(Instant, u64), Window>,
    /// Nonces minted up to here are too old, whatever their age.
    forgotten: Option<Instant>,
}

impl core::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Nonces({} used)", self.used.len())
    }
}

impl Nonces {
    /// Nonces sealed with this key.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key, used: BTreeMap::new(), forgotten: None }
    }

    /// A new nonce. `salt` keeps two of the same time apart.
    #[must_use]
    pub fn mint(&self, now: Instant, salt: u64) -> String {
        let stamp = format!("{:016x}{salt:016x}", now.as_micros());
        let seal = self.seal(&stamp);
        stamp + &seal
    }

    /// Judges a nonce whose owner has proved to know the password, and notes that this count is used.
    pub fn use_once(&mut self, nonce: &str, nc: u32, now: Instant) -> NonceState {
        let Some(id) = self.open(nonce) else { return NonceState::Stale };
        let (minted, _) = id;
        if minted > now || now.since(minted) > NONCE_LIFE || self.forgotten.is_some_and(|until| minted <= until) {
            return NonceState::Stale;
        }
        let is_new = self.used.entry(id).or_default().admit(nc);
        self.forget(now);
        if is_new { NonceState::Fresh } else { NonceState::Replayed }
    }

    fn forget(&mut self, now: Instant) {
        while let Some(oldest) = self.used.first_entry() {
            let (minted, _) = *oldest.key();
            let expired = now.since(minted) > NONCE_LIFE;
            if !expired && self.used.len() <= REMEMBERED_MAX {
                return;
            }
            self.used.pop_first();
            self.forgotten = Some(minted);
        }
    }

    fn open(&self, nonce: &str) -> Option<(Instant, u64)> {
        let (stamp, seal) = nonce.split_at_checked(32)?;
        if !same(self.seal(stamp).as_bytes(), seal.as_bytes()) {
            return None;
        }
        let (minted, salt) = stamp.split_at_checked(16)?;
        let minted = Instant::from_micros(u64::from_str_radix(minted, 16).ok()?);
        Some((minted, u64::from_str_radix(salt, 16).ok()?))
    }

    /// The first half of the HMAC: 128 bits.
    fn seal(&self, stamp: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        mac.update(stamp.as_bytes());
        hex(&mac.finalize().into_bytes()).chars().take(32).collect()
    }
}

/// Which of the last 64 counts were used. Requests may overtake each other, so lower counts can still come.
#[derive(Default)]
struct Window {
    highest: u32,
    /// Bit `n`: `highest - n` was used.
    seen: u64,
}

impl Window {
    /// True if this count is new. Zero is none (RFC 7616 §3.4: the first one is 1).
    fn admit(&mut self, nc: u32) -> bool {
        if nc == 0 {
            return false;
        }
        if nc > self.highest {
            self.seen = self.seen.checked_shl(nc.saturating_sub(self.highest)).unwrap_or(0) | 1;
            self.highest = nc;
            return true;
        }
        let bit = 1_u64.checked_shl(self.highest.saturating_sub(nc)).unwrap_or(0);
        let is_new = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        is_new
    }
}
