//! Transactions (RFC 3261 §17 with RFC 6026): four small machines and the tables that run them.
//!
//! A machine is a flat match from (state, event) to the next state and a list of acts. It knows no message, no
//! address and no clock; `client.rs` and `server.rs` carry the acts out.

pub(crate) mod client;
pub(crate) mod client_invite;
pub(crate) mod client_other;
pub(crate) mod reject;
pub(crate) mod server;
pub(crate) mod server_invite;
pub(crate) mod server_other;

use crate::api::Timers;
use core::time::Duration;

/// The number of a transaction inside this endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TxId(pub(crate) u64);

/// A timer of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A, E or G.
    Retransmit,
    /// B, F or H; in the Proceeding state of an INVITE client the patience of timer C.
    Timeout,
    /// D, I, J, K, L or M.
    Linger,
}

/// What a machine wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Send the request or the last response, again or for the first time.
    Send,
    /// Send the ACK for a refusal.
    Ack,
    /// Hand the message to the user of the transaction.
    Deliver,
    /// Tell the user that nobody answered.
    Expire,
    /// A retransmission was absorbed.
    Absorb,
    /// Start or move a timer.
    Arm(Timer, Duration),
    /// Stop a timer.
    Disarm(Timer),
}

/// What a machine may look at: the timer values and whether the transport is reliable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// T1, T2, T4.
    pub(crate) timers: Timers,
    /// TCP or WebSocket: nothing is retransmitted.
    pub(crate) reliable: bool,
}

impl Link {
    /// 64·T1: the longest wait for an answer (timers B, F, H, J, L, M).
    pub(crate) fn patience(&self) -> Duration {
        self.timers.t1.saturating_mul(64)
    }

    /// Twice the interval, at most T2.
    pub(crate) fn doubled(&self, interval: Duration) -> Duration {
        interval.saturating_mul(2).min(self.timers.t2)
    }

    /// The given time to linger, or none on a reliable transport.
    pub(crate) fn linger(&self, time: Duration) -> Duration {
        if self.reliable { Duration::ZERO } else { time }
    }
}

/// The class of a response, as far as a machine cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// 1xx.
    Provisional,
    /// 2xx.
    Success,
    /// 3xx to 6xx.
    Failure,
}

impl Class {
    /// The class of a status.
    pub(crate) const fn of(status: u16) -> Self {
        match status {
            0..=199 => Self::Provisional,
            200..=299 => Self::Success,
            _ => Self::Failure,
        }
    }
}

#[cfg(test)]
mod tests;
