//! Sentences about the figures of calls back.

use crate::{CallbackFigures, Day, Thresholds, Zone, callback_steps};
use domain::{
    CallbackCancel, CallbackOrder, Cause, Channel, ContactEventKind as Kind, ContactId, Dnis, EndedBy, InteractionId,
    Language, Outcome, Priority, QueueId, WallTime,
};

const LIMITS: Thresholds = Thresholds { within_ms: 20_000, short_abandon_ms: 5_000 };
const DAY: i64 = 86_400_000;

fn queue() -> QueueId {
    "billing".parse().unwrap()
}

fn started(channel: Channel) -> Kind {
    Kind::Started {
        channel,
        ani: domain::Ani::default(),
        caller_name: domain::Redacted::default(),
        dnis: Dnis::new(String::new()),
        entry_point: None,
        trunk: None,
        dialled_by: None,
    }
}

fn requested() -> Kind {
    Kind::CallbackRequested(Box::new(CallbackOrder {
        queue: queue(),
        number: Dnis::new("+4930123"),
        from: None,
        age_ms: 40_000,
        priority: Priority(0),
        requirement: None,
        language: Some(Language::EN),
        at: None,
        agent: None,
    }))
}

fn dialled(attempt: u8) -> Kind {
    Kind::CallbackDialled { attempt }
}

fn missed(attempt: u8, again_ms: Option<u64>) -> Kind {
    Kind::CallbackMissed { attempt, cause: Cause::NoAnswer, again_ms }
}

fn connected() -> Kind {
    Kind::Connected { interaction: InteractionId::new(1), agent: "li".parse().unwrap() }
}

fn closed(outcome: Outcome) -> Kind {
    Kind::Closed { outcome, by: EndedBy::Agent }
}

fn day() -> Day {
    Day::new(Zone::fixed(0), WallTime::from_micros(0), [(queue(), LIMITS)])
}

/// The figures of a day in which this happens to a call back, by second.
fn counted(events: &[(i64, Kind)]) -> CallbackFigures {
    let mut day = day();
    for (s, kind) in events {
        day.on_event(ContactId::new(1), WallTime::from_micros(s * 1_000_000), kind);
    }
    assert_eq!(day.figures(queue()).copied(), Some(crate::Figures::default()), "live figures know nothing of it");
    *day.callbacks(queue()).unwrap()
}

#[test]
fn a_call_back_counts_its_tries_and_the_wait_until_its_customer_was_joined() {
    let figures = counted(&[
        (0, started(Channel::Callback)),
        (0, requested()),
        (60, dialled(1)),
        (90, missed(1, Some(300_000))),
        (390, dialled(2)),
        (400, connected()),
        (500, closed(Outcome::Answered)),
    ]);
    let expected = CallbackFigures { booked: 1, tries: 2, reached: 1, wait_reached_ms: 400_000, ..Default::default() };
    assert_eq!(figures, expected);
}

#[test]
fn one_that_was_called_in_vain_too_often_has_failed() {
    let figures = counted(&[
        (0, started(Channel::Callback)),
        (0, requested()),
        (60, dialled(1)),
        (90, missed(1, None)),
        (90, closed(Outcome::Unanswered)),
    ]);
    assert_eq!(figures, CallbackFigures { booked: 1, tries: 1, failed: 1, ..Default::default() });
}

#[test]
fn a_machine_that_answered_was_not_reached() {
    let events = [
        (0, started(Channel::Callback)),
        (0, requested()),
        (60, dialled(1)),
        (70, connected()),
        (75, missed(1, Some(300_000))),
        (400, Kind::CallbackCancelled { why: CallbackCancel::Reached }),
        (400, closed(Outcome::Cancelled)),
    ];
    assert_eq!(counted(&events), CallbackFigures { booked: 1, tries: 1, cancelled: 1, ..Default::default() });
}

#[test]
fn live_callers_make_no_steps() {
    let events = [started(Channel::Voice), connected(), closed(Outcome::Answered)];
    let told = events.iter().map(|kind| (WallTime::from_micros(0), kind));
    assert_eq!(callback_steps(ContactId::new(1), told), []);
}

#[test]
fn a_restart_in_the_middle_changes_no_figure() {
    let events = [
        (0, started(Channel::Callback)),
        (0, requested()),
        (60, dialled(1)),
        (90, missed(1, Some(300_000))),
        (390, dialled(2)),
        (400, connected()),
        (500, closed(Outcome::Answered)),
    ];
    let at = |s: i64| WallTime::from_micros(s * 1_000_000);
    let whole = counted(&events);
    // Its first two events are kept together.
    for cut in (0..=events.len()).filter(|cut| *cut != 1) {
        let mut after = day();
        let before = events[..cut].iter().map(|(s, kind)| (at(*s), kind));
        callback_steps(ContactId::new(1), before).iter().for_each(|step| after.recall_callback(step));
        for (s, kind) in &events[cut..] {
            after.on_event(ContactId::new(1), at(*s), kind);
        }
        assert_eq!(after.callbacks(queue()).copied(), Some(whole), "cut after {cut}");
    }
}

#[test]
fn each_step_counts_on_its_own_day() {
    let at = |ms: i64| WallTime::from_micros(ms * 1_000);
    let mut day = day();
    let contact = ContactId::new(1);
    day.on_event(contact, at(DAY - 10_000), &started(Channel::Callback));
    day.on_event(contact, at(DAY - 10_000), &requested());
    assert_eq!(day.callbacks(queue()).unwrap().booked, 1);
    day.on_event(contact, at(DAY + 5_000), &dialled(1));
    day.on_event(contact, at(DAY + 9_000), &connected());
    let expected = CallbackFigures { tries: 1, reached: 1, wait_reached_ms: 19_000, ..Default::default() };
    assert_eq!(day.callbacks(queue()).copied(), Some(expected));
}
