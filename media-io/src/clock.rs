//! One reading of the clock in both shapes: the system's for sockets and `rtc`, our own for the pure parts.

use std::time::Instant;

/// A point in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// The system's monotonic clock.
    pub(crate) system: Instant,
    /// Microseconds since the workers' start.
    pub(crate) media: domain::Instant,
}

/// The workers' clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    epoch: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Self {
        Self { epoch: Instant::now() }
    }

    /// Read the clock.
    pub(crate) fn now(&self) -> Now {
        let system = Instant::now();
        let micros = u64::try_from(system.duration_since(self.epoch).as_micros()).unwrap_or(u64::MAX);
        Now { system, media: domain::Instant::from_micros(micros) }
    }
}
