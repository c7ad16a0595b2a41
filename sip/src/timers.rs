//! Deadlines in order of time: the next one is found without looking at all transactions.

use crate::api::Reason;
use crate::slim::slim;
use crate::transaction::{Timer, TxId};
use domain::{Instant, LegId};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// A timer of an INVITE usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum LegTimer {
    /// Repeat the last provisional response, so that proxies keep the call (RFC 3261 §13.3.1.1).
    Ringing,
    /// Repeat the reliable provisional response that waits for its PRACK (RFC 3262 §3).
    Reliable,
    /// No PRACK came in 64·T1.
    NoPrack,
    /// Repeat the 2xx that waits for its ACK (§13.3.1.4).
    Resend,
    /// No ACK came in 64·T1.
    NoAck,
    /// Try the re-INVITE again after 491 (§14.1).
    Glare,
    /// The subscription of a REFER ends (RFC 3515 §2.4.4).
    Refer,
    /// Our turn to refresh the session (RFC 4028 §10).
    Refresh,
    /// The session ends unless it is refreshed before.
    Expiry,
    /// The trunk that is called should have said something, as there is another one.
    Silence,
}

/// A timer of a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TrunkTimer {
    /// Register with it, for the first time or again.
    Register,
    /// Ask whether it is there.
    Ask,
    /// It should have answered.
    Patience,
    /// Look anew where it is.
    Locate,
}

/// A timer of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum PhoneTimer {
    /// Ask whether the phone is there.
    Ask,
    /// It should have answered.
    Patience,
}

/// Whose deadline it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A client transaction.
    Client(TxId, Timer),
    /// A server transaction.
    Server(TxId, Timer),
    /// An INVITE usage.
    Leg(LegId, LegTimer),
    /// A binding of the registrar, by its number.
    Binding(u64),
    /// A trunk, by its place in the setup.
    Trunk(usize, TrunkTimer),
    /// Whether the phone of a binding is there.
    Phone(u64, PhoneTimer),
}

impl Key {
    fn reason(self) -> Reason {
        match self {
            Self::Client(..) | Self::Server(..) | Self::Leg(_, LegTimer::Ringing | LegTimer::Silence) => {
                Reason::Transaction
            }
            Self::Leg(_, LegTimer::Reliable | LegTimer::NoPrack) => Reason::Prack,
            Self::Leg(_, LegTimer::Resend | LegTimer::NoAck) => Reason::Ack,
            Self::Leg(_, LegTimer::Glare) => Reason::Glare,
            Self::Leg(_, LegTimer::Refresh | LegTimer::Expiry) => Reason::SessionTimer,
            Self::Leg(_, LegTimer::Refer) => Reason::Subscription,
            Self::Binding(_) => Reason::Binding,
            Self::Trunk(_, TrunkTimer::Register) => Reason::Registration,
            Self::Trunk(_, TrunkTimer::Ask | TrunkTimer::Patience | TrunkTimer::Locate) | Self::Phone(..) => {
                Reason::KeepAlive
            }
        }
    }
}

/// Transactions that only wait for stragglers end together at these steps, in microseconds: each end by itself would wake the
/// engine once more for nearly every message of a call.
const LINGER_STEP_US: u64 = 250_000;

/// When a timer of a transaction fires that is armed now. What is seen on the wire is exact; the end of a transaction is not.
pub(crate) fn due(now: Instant, timer: Timer, after: Duration) -> Instant {
    let at = now + after;
    if timer != Timer::Linger || after.is_zero() {
        return at;
    }
    Instant::from_micros(at.as_micros().div_ceil(LINGER_STEP_US).saturating_mul(LINGER_STEP_US))
}

/// All deadlines of an endpoint. Each key has at most one.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    ordered: BTreeSet<(Instant, Key)>,
    by_key: HashMap<Key, Instant>,
}

impl Deadlines {
    /// Sets or moves the deadline of `key`.
    pub(crate) fn set(&mut self, key: Key, at: Instant) {
        if let Some(old) = self.by_key.insert(key, at) {
            self.ordered.remove(&(old, key));
        }
        self.ordered.insert((at, key));
    }

    /// Forgets the deadline of `key`, if it has one.
    pub(crate) fn clear(&mut self, key: Key) {
        if let Some(old) = self.by_key.remove(&key) {
            self.ordered.remove(&(old, key));
            slim(&mut self.by_key);
        }
    }

    /// The deadline of `key`.
    pub(crate) fn of(&self, key: Key) -> Option<Instant> {
        self.by_key.get(&key).copied()
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<(Instant, Reason)> {
        self.ordered.first().map(|(at, key)| (*at, key.reason()))
    }

    /// Takes out the earliest deadline that is not after `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Key> {
        let &(at, key) = self.ordered.first()?;
        if at > now {
            return None;
        }
        self.ordered.pop_first();
        self.by_key.remove(&key);
        slim(&mut self.by_key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_in_order_and_move_with_their_key() {
        let mut deadlines = Deadlines::default();
        deadlines.set(Key::Binding(1), Instant::from_millis(30));
        deadlines.set(Key::Binding(2), Instant::from_millis(20));
        deadlines.set(Key::Binding(1), Instant::from_millis(10));
        deadlines.set(Key::Binding(3), Instant::from_millis(5));
        deadlines.clear(Key::Binding(3));
        assert_eq!(deadlines.next(), Some((Instant::from_millis(10), Reason::Binding)));
        assert_eq!(deadlines.pop_due(Instant::from_millis(9)), None);
        assert_eq!(deadlines.pop_due(Instant::from_millis(20)), Some(Key::Binding(1)));
        assert_eq!(deadlines.pop_due(Instant::from_millis(20)), Some(Key::Binding(2)));
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn what_is_seen_on_the_wire_is_exact_and_the_ends_of_transactions_fall_together() {
        let (now, t1) = (Instant::from_millis(1_001), Duration::from_millis(500));
        assert_eq!(due(now, Timer::Retransmit, t1), Instant::from_millis(1_501));
        assert_eq!(due(now, Timer::Timeout, t1), Instant::from_millis(1_501));
        for earlier in [1_001, 1_100, 1_250] {
            assert_eq!(due(Instant::from_millis(earlier), Timer::Linger, t1), Instant::from_millis(1_750));
        }
        assert_eq!(due(now, Timer::Linger, Duration::ZERO), now, "nobody waits for stragglers of a connection");
    }
}
