//! Opening hours: weekly windows, recurrence rules (RFC 5545) and holidays in a named time zone, as moments of opening
//! and closing.
//!
//! It never reads a clock or a file: the moment in question is an argument, and the rules of time zones are compiled
//! in. Times in rules are those of the clock on the wall in the schedule's zone.
//!
//! ```
//! use domain::WallTime;
//! use hours::{Hours, Opening, Schedule, State};
//! use std::sync::Arc;
//!
//! let open = vec![Opening::weekly("mon-fri", "09:00", "17:30")?];
//! let schedule = Schedule::new("office".parse().unwrap(), "Office", "Europe/Berlin", open, Vec::new())?;
//! // Monday 2026-11-23, 08:00 UTC: nine o'clock in Berlin.
//! let monday = WallTime::from_micros(1_795_420_800_000_000);
//! assert!(matches!(Hours::new(Arc::new(schedule), monday).state(monday), State::Open { .. }));
//! # Ok::<(), hours::RuleError>(())
//! ```

mod rule;
mod schedule;
mod span;
#[cfg(test)]
mod tests;
mod wall;

pub use rule::{Holiday, Opening, RuleError};
pub use schedule::{Hours, Schedule, State, Why};
