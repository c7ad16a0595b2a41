//! Time accounts of an agent.

use domain::Instant;

/// Time accounts, brought up to `mark`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    pub(crate) mark: Instant,
    pub(crate) busy_us: u64,
    pub(crate) on_us: u64,
    pub(crate) busy: bool,
    pub(crate) on: bool,
    pub(crate) idle: bool,
    /// When the agent last became ready with nothing in hand.
    pub(crate) idle_since: Instant,
    /// When the last offer was answered.
    pub(crate) assigned: Instant,
}

impl Clock {
    /// Books the time so far, then goes on with these conditions.
    #[inline]
    pub(crate) fn turn(&mut self, now: Instant, in_hand: bool, accepting: bool) {
        let passed = now.as_micros().saturating_sub(self.mark.as_micros());
        self.busy_us = self.busy_us.saturating_add(if self.busy { passed } else { 0 });
        self.on_us = self.on_us.saturating_add(if self.on { passed } else { 0 });
        self.mark = now;
        self.busy = in_hand;
        self.on = in_hand || accepting;
        let idle = accepting && !in_hand;
        if idle && !self.idle {
            self.idle_since = now;
        }
        self.idle = idle;
    }

    /// Share of busy time in 2^20ths; at most 2^20, as nobody is busy and not on.
    pub(crate) fn occupancy(&self, now: Instant) -> u32 {
        let passed = now.as_micros().saturating_sub(self.mark.as_micros());
        let busy_ms = self.busy_us.saturating_add(if self.busy { passed } else { 0 }) / 1_000;
        let on_ms = self.on_us.saturating_add(if self.on { passed } else { 0 }) / 1_000;
        u32::try_from(busy_ms.saturating_mul(1 << 20) / on_ms.max(1)).unwrap_or(u32::MAX)
    }
}
