//! The engine's clock: microseconds since the start, and the wall time at which it started.

use domain::{Instant, WallTime};
use std::time::{SystemTime, UNIX_EPOCH};

/// The one place where the daemon reads time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: std::time::Instant,
    wall_at_start: WallTime,
}

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: std::time::Instant::now(), wall_at_start: wall_now() }
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// The same moment on the machine's monotonic clock.
    #[must_use]
    pub fn started(&self) -> std::time::Instant {
        self.start
    }

    /// Wall time at the start.
    #[must_use]
    pub fn wall_at_start(&self) -> WallTime {
        self.wall_at_start
    }

    /// The runtime's instant for one of ours.
    #[must_use]
    pub fn to_tokio(self, at: Instant) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.start + std::time::Duration::from_micros(at.as_micros()))
    }
}

/// Wall time now.
#[must_use]
pub fn wall_now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
