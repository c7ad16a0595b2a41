//! The engine's clock: microseconds since an origin some time before the start, and the wall time of that origin.

use domain::{Instant, WallTime};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long before the start the engine's clock began: what is taken up from the history of before, such as the age of a call
/// back, has a place on it.
const BEFORE: Duration = Duration::from_secs(400 * 86_400);

/// The one place where the daemon reads time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: std::time::Instant,
    wall_at_origin: WallTime,
}

impl Clock {
    /// The moment of the start.
    pub const START: Instant = Instant::from_micros(BEFORE.as_micros() as u64);

    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        let before = i64::try_from(BEFORE.as_micros()).unwrap_or(0);
        let wall_at_origin = WallTime::from_micros(wall_now().as_micros() - before);
        Self { start: std::time::Instant::now(), wall_at_origin }
    }

    /// Time since the origin.
    #[must_use]
    pub fn now(&self) -> Instant {
        let since = BEFORE + self.start.elapsed();
        Instant::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// The moment of the start on the machine's monotonic clock.
    #[must_use]
    pub fn started(&self) -> std::time::Instant {
        self.start
    }

    /// Wall time at the origin, which is [`Instant::ZERO`].
    #[must_use]
    pub fn wall_at_start(&self) -> WallTime {
        self.wall_at_origin
    }

    /// The machine's instant for one of ours.
    #[must_use]
    pub fn to_std(self, at: Instant) -> std::time::Instant {
        self.start + Duration::from_micros(at.as_micros()).saturating_sub(BEFORE)
    }
}

/// Wall time now.
#[must_use]
pub fn wall_now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
