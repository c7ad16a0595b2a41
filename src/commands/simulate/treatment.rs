//! What a scenario says of those who wait: calls back, messages, limits.

use super::read::distribution;
use super::table::{Field, Table};
use acd::callback::CapacityTest;
use core::time::Duration;
use planning::simulate::{Distribution, QueueCallback, QueueLimits, QueueVoicemail};

/// The longest time that can be told, in seconds.
const LONGEST_S: f64 = 1e7;

/// `callback = { … }` of a type, in the words of a queue of the configuration, and what its callers do.
pub(super) fn callback(field: &Field<'_>) -> Option<QueueCallback> {
    let table = field.table("a table such as { offer_after_s = 60, accept = 0.4 }")?;
    let plain = QueueCallback::default();
    let seconds = |key, default, range| Duration::from_secs_f64(table.number(key, default, range));
    let count = |key, range, default: u32| {
        let given = table.field(key).and_then(|field| field.whole(range));
        given.and_then(|given| u32::try_from(given).ok()).unwrap_or(default)
    };
    let share = |key, default| table.number(key, default, 0.0..=1.0);
    let modes = [("agent_first", false), ("customer_first", true)];
    let accept = table.need("accept", "accept = 0.4").and_then(|field| field.number(0.0..=1.0));
    let again = table.field("calls_again_after").map(|field| distribution(&field, "{ exp = 600 }"));
    let callback = QueueCallback {
        offer_after_s: table.number("offer_after_s", plain.offer_after_s, 0.0..=LONGEST_S),
        accept: accept.unwrap_or_default(),
        test: CapacityTest {
            min_wait: seconds("min_wait_s", plain.test.min_wait.as_secs_f64(), 0.0..=86_400.0),
            most_open: count("most_open", 0..=100_000, plain.test.most_open),
            within: seconds("within_s", plain.test.within.as_secs_f64(), 1.0..=604_800.0),
            most_load_percent: count("most_load_percent", 1..=1_000, plain.test.most_load_percent),
        },
        customer_first: table.field("mode").and_then(|field| field.choice(&modes)).unwrap_or_default(),
        attempts: count("attempts", 1..=20, plain.attempts.into()) as u8,
        pause_s: table.number("pause_s", plain.pause_s, 1.0..=86_400.0),
        ring_s: table.number("ring_s", plain.ring_s, 0.0..=120.0),
        reached: share("reached", plain.reached),
        answer_s: table.number("answer_s", plain.answer_s, 0.0..=120.0),
        calls_again: share("calls_again", plain.calls_again),
        calls_again_after: again.flatten().unwrap_or(plain.calls_again_after),
    };
    table.done();
    accept.map(|_| callback)
}

/// `voicemail = { … }` of a type.
pub(super) fn voicemail(field: &Field<'_>) -> Option<QueueVoicemail> {
    let table = field.table("a table such as { offer_after_s = 120, accept = 0.3, handle = { exp = 90 } }")?;
    let accept = table.need("accept", "accept = 0.3").and_then(|field| field.number(0.0..=1.0));
    let handle = table.need("handle", "handle = { exp = 90 }");
    let handle: Option<Distribution> = handle.and_then(|field| distribution(&field, "{ exp = 90 }"));
    let offer_after_s = table.number("offer_after_s", 0.0, 0.0..=LONGEST_S);
    let speak_s = table.number("speak_s", 30.0, 0.0..=LONGEST_S);
    table.done();
    Some(QueueVoicemail { offer_after_s, accept: accept?, speak_s, handle: handle? })
}

/// `max_waiting`, `max_wait_s`, `needs_agents` and `overflow` of a type, as of a queue. `types`: every type there is.
pub(super) fn limits(table: &Table<'_>, types: &[&str]) -> QueueLimits {
    let most = table.field("max_waiting").and_then(|field| field.whole(1..=1_000_000));
    QueueLimits {
        max_waiting: most.and_then(|most| u32::try_from(most).ok()),
        max_wait_s: table.field("max_wait_s").and_then(|field| field.number(1e-3..=LONGEST_S)),
        needs_agents: table.field("needs_agents").and_then(|field| field.flag()).unwrap_or_default(),
        overflow: table.field("overflow").and_then(|field| overflow(&field, types)),
    }
}

fn overflow(field: &Field<'_>, types: &[&str]) -> Option<(String, f64)> {
    let table = field.table("a table such as { to = \"sales\", after_s = 60 }")?;
    let named: Vec<(&str, &str)> = types.iter().map(|name| (*name, *name)).collect();
    let to = table.need("to", "to = \"sales\"").and_then(|field| field.choice(&named));
    let after_s = table.number("after_s", 0.0, 0.0..=LONGEST_S);
    table.done();
    Some((to?.to_owned(), after_s))
}
