//! How a queue calls its customers back.

use crate::model::{CallbackMode, CallbackSettings};
use crate::reader::Table;

const MODES: &[(&str, CallbackMode)] =
    &[("agent_first", CallbackMode::AgentFirst), ("customer_first", CallbackMode::CustomerFirst)];

/// `callback = { … }` of a queue; `None`: it offers none.
pub(crate) fn callback(queue: &Table<'_>) -> Option<CallbackSettings> {
    let table = queue.table("callback")?;
    let number = |key, range, default: u32| {
        table.int(key, range).and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
    };
    let settings = CallbackSettings {
        mode: table.choice("mode", MODES).unwrap_or_default(),
        attempts: u8::try_from(number("attempts", 1..=20, 3)).unwrap_or(3),
        pause: table.seconds("pause_s", 900, 1..=86_400),
        ring: table.seconds("ring_s", 30, 5..=120),
        min_wait: table.seconds("min_wait_s", 120, 0..=86_400),
        most_open: number("most_open", 0..=100_000, 100),
        within: table.seconds("within_s", 3_600, 1..=604_800),
        most_load_percent: number("most_load_percent", 1..=1_000, 95),
        quarantine: table.seconds("quarantine_s", 60, 0..=86_400),
    };
    table.done();
    Some(settings)
}
