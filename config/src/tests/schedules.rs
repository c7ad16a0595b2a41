//! What the check says of opening hours.

use super::*;
use domain::WallTime;
use hours::{Hours, State};
use ivr::Node;
use std::sync::Arc;

const OFFICE: &str = r#"[[schedule]]
id = "office"
name = "Office"
zone = "Europe/Berlin"
open = [{ days = "mon-fri", from = "09:00", to = "17:30" }, "DTSTART:20261128T100000\nDURATION:PT2H"]
closed = ["2026-11-24", { on = "12-25", name = "Christmas" }, "DTSTART:20261001\nRRULE:FREQ=YEARLY"]
[[queue]]
id = "billing"
hours = "office"
[[agent]]
id = "a"
queues = ["billing"]
[[entry]]
dnis = "8"
flow = "f"
[flow.f]
start = "hours"
[flow.f.node.hours]
type = "hours"
schedule = "office"
variable = "opens"
open = "line"
closed = "bye"
holiday = "bye"
[flow.f.node.line]
type = "enqueue"
queue = "billing"
closed = "bye"
[flow.f.node.bye]
type = "hangup"
prompts = [{ date = "$opens" }, { time = "$opens" }]
"#;

#[test]
fn opening_hours_can_be_written_as_windows_rules_and_holidays() {
    let config = check(OFFICE).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let schedule = config.schedules()[0].clone();
    assert_eq!((schedule.name(), schedule.zone()), ("Office", "Europe/Berlin"));
    // Monday 2026-11-23, 08:00 UTC.
    let monday = WallTime::from_micros(1_795_420_800_000_000);
    let hours = Hours::new(Arc::clone(&schedule), monday);
    assert!(matches!(hours.state(monday), State::Open { .. }));
    let day = |days: i64| WallTime::from_micros(monday.as_micros() + days * 86_400_000_000);
    assert!(!hours.state(day(1)).is_open(), "a holiday");
    assert!(!hours.state(day(5)).is_open(), "Saturday opens at ten");
    assert!(hours.state(WallTime::from_micros(day(5).as_micros() + 3_600_000_000)).is_open());
    assert_eq!(config.queues()[0].hours.map(|id| id.to_string()).as_deref(), Some("office"));
    let flow = config.flow("f".parse().unwrap()).unwrap();
    assert!(matches!(flow.node("hours".parse().unwrap()), Some(Node::Hours(_))));
}

#[test]
fn mistakes_in_opening_hours_are_told_where_they_stand() {
    let cases = [
        ("Europe/Berlin", "Europe/Berln", "4:8 bad_schedule"),
        ("mon-fri", "mon-fry", "5:9 bad_schedule"),
        ("DURATION:PT2H", "RRULE:FREQ=DAILY", "5:61 bad_schedule"),
        ("2026-11-24", "2026-11-31", "6:11 bad_schedule"),
        ("hours = \"office\"", "hours = \"ofice\"", "9:9 unknown_schedule"),
        ("schedule = \"office\"", "schedule = \"ofice\"", "20:12 unknown_schedule"),
        ("zone = \"Europe/Berlin\"\n", "", "1:1 missing_key"),
    ];
    for (right, wrong, problem) in cases {
        let found = check(&OFFICE.replacen(right, wrong, 1)).expect_err("accepted");
        assert_eq!(told(&found)[0], problem, "{wrong}: {found:?}");
    }
}
