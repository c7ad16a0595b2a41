//! Sentences about opening hours, over all machines.

use super::*;
use domain::{ClosedWhy, PromptId, ScheduleId};

/// The engine starts on Thursday 1970-01-01 at 00:00 UTC.
const OFFICE: &str = r#"
[[schedule]]
id = "office"
zone = "Etc/UTC"
open = [{ days = "mon-sun", from = "09:00", to = "17:00" }]
closed = [{ on = "01-02", name = "Inventory" }]
[[trunk]]
id = "lan"
sources = ["127.0.0.0/8"]
[[entry]]
id = "main"
dnis = "8000"
flow = "direct"
[[queue]]
id = "billing"
hours = "office"
wrap_up_s = 0
[[agent]]
id = "li.wei"
phone = "sip:li.wei@127.0.0.3:5060"
queues = ["billing"]
[flow.direct]
start = "hours"
[flow.direct.node.hours]
type = "hours"
schedule = "office"
open = "line"
closed = "try"
holiday = "bye"
emergency = "bye"
[flow.direct.node.try]
type = "enqueue"
queue = "billing"
closed = "shut"
[flow.direct.node.line]
type = "enqueue"
queue = "billing"
closed = "shut"
[flow.direct.node.shut]
type = "hangup"
[flow.direct.node.bye]
type = "hangup"
"#;

fn path(bench: &Bench) -> Vec<String> {
    let contact = bench.contact();
    let of_contact = |effect: &Effect| match effect {
        Effect::Store(event) if event.contact == contact => match event.kind {
            ContactEventKind::NodeEntered { node } => Some(node.to_string()),
            _ => None,
        },
        _ => None,
    };
    bench.log.iter().filter_map(of_contact).collect()
}

fn office() -> ScheduleId {
    "office".parse().unwrap()
}

fn close(bench: &mut Bench, closed: bool, prompt: Option<PromptId>) -> Result<(), CommandError> {
    bench.steer(Wish::CloseSchedule { schedule: office(), closed, prompt })
}

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn callers_go_by_the_hours_and_a_queue_lets_nobody_in_outside_of_them() {
    let mut bench = Bench::with(OFFICE, 10);
    bench.call("a");
    assert_eq!(path(&bench), ["hours", "try", "shut"], "the queue sends the caller back by `closed`");
    bench.pass(HOUR * 9);
    bench.call("b");
    assert_eq!(path(&bench), ["hours", "line"]);
    bench.pass(HOUR * 8);
    let waiting = bench.board.floor(bench.now).waiting.len();
    assert_eq!(waiting, 1, "who is in line when it closes stays");
    bench.call("c");
    assert_eq!(path(&bench), ["hours", "try", "shut"]);
    bench.pass(HOUR * 18);
    bench.call("d");
    assert_eq!(path(&bench), ["hours", "bye"], "the second of January is a holiday");
}

#[test]
fn one_switch_closes_at_once_and_is_kept() {
    let mut bench = Bench::with(OFFICE, 10);
    bench.pass(HOUR * 10);
    close(&mut bench, true, None).unwrap();
    let kept = bench.log.iter().rev().find_map(|effect| match effect {
        Effect::KeepEmergencies(closed) => Some(closed.clone()),
        _ => None,
    });
    assert!(kept.unwrap().contains_key(&office()));
    bench.call("a");
    assert_eq!(path(&bench), ["hours", "bye"]);
    let shown = &bench.board.floor(bench.now).schedules[0];
    assert_eq!(shown.closed, Some(ClosedWhy::Emergency));
    assert_eq!(shown.emergency.as_ref().map(|emergency| emergency.since.as_micros()), Some(36_000_000_000));
    close(&mut bench, false, None).unwrap();
    bench.call("b");
    assert_eq!(path(&bench), ["hours", "line"]);
    assert_eq!(
        bench.steer(Wish::CloseSchedule { schedule: "shop".parse().unwrap(), closed: true, prompt: None }),
        Err(CommandError::UnknownSchedule)
    );
}

#[test]
fn a_schedule_closed_before_the_restart_is_closed_after_it() {
    let mut setup = setup(OFFICE, 10);
    let since = WallTime::from_micros(0);
    setup.emergencies = [(office(), domain::Emergency { prompt: None, since })].into();
    setup.wall_at_start = WallTime::from_micros(36_000_000_000);
    let mut log = Vec::new();
    let board = Switchboard::new(Instant::ZERO, setup, &mut log);
    let mut bench = Bench { board, now: Instant::ZERO, log };
    bench.call("a");
    assert_eq!(path(&bench), ["hours", "bye"]);
}

#[test]
fn the_floor_shows_the_state_the_next_change_and_the_openings_of_two_weeks() {
    let bench = Bench::with(OFFICE, 10);
    let shown = bench.board.floor(bench.now).schedules.remove(0);
    assert_eq!(shown.closed, Some(ClosedWhy::Hours));
    assert_eq!(shown.next_change.map(|at| at.as_micros()), Some(9 * 3_600_000_000));
    assert_eq!(shown.openings.len(), 13, "fourteen days and one holiday");
}

#[test]
fn new_hours_hold_at_once() {
    let mut bench = Bench::with(OFFICE, 10);
    bench.reconfigure(&OFFICE.replace("09:00", "00:00"));
    bench.call("a");
    assert_eq!(path(&bench), ["hours", "line"]);
}
