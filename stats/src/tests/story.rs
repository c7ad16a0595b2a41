use crate::{Day, Figures, Thresholds, Zone, visits};
use domain::{
    Cause, ContactEventKind as Kind, ContactId, EndedBy, InteractionId, Outcome, Priority, QueueExit, QueueId,
    QueueVisit, WallTime,
};

const LIMITS: Thresholds = Thresholds { within_ms: 20_000, short_abandon_ms: 5_000 };
const DAY: i64 = 86_400_000;

fn queue(name: &str) -> QueueId {
    name.parse().unwrap()
}

fn part(number: u128) -> InteractionId {
    InteractionId::new(number)
}

fn queued(name: &str) -> Kind {
    Kind::Queued { queue: queue(name), priority: Priority::default() }
}

fn connected(number: u128) -> Kind {
    Kind::Connected { interaction: part(number), agent: "li".parse().unwrap() }
}

fn ended(number: u128) -> Kind {
    Kind::InteractionEnded { interaction: part(number), agent: "li".parse().unwrap() }
}

fn wrapped_up(number: u128) -> Kind {
    Kind::WrapUpEnded { interaction: part(number), agent: "li".parse().unwrap() }
}

fn started() -> Kind {
    Kind::Started {
        channel: domain::Channel::Voice,
        ani: domain::Ani::default(),
        caller_name: domain::Redacted::default(),
        dnis: domain::Dnis::new(String::new()),
        entry_point: None,
        trunk: None,
        dialled_by: None,
    }
}

fn left(by: EndedBy, cause: Cause) -> Kind {
    Kind::CustomerLeft { by, cause }
}

fn closed(outcome: Outcome) -> Kind {
    Kind::Closed { outcome, by: EndedBy::Customer }
}

fn log(events: &[(i64, Kind)]) -> Vec<QueueVisit> {
    visits(ContactId::new(1), events.iter().map(|(ms, kind)| (WallTime::from_micros(ms * 1_000 + 999), kind)))
}

fn rows(events: &[(i64, Kind)]) -> Vec<(QueueExit, i64, i64, [u64; 3])> {
    let row = |v: &QueueVisit| {
        let v = v.visit;
        (v.exit, v.enter_ms, v.exit_ms, [v.talk_ms, v.hold_ms, v.acw_ms])
    };
    log(events).iter().map(row).collect()
}

/// Ten seconds in line, forty of talk with ten on hold, five of after-contact work.
fn answered() -> Vec<(i64, Kind)> {
    vec![
        (0, started()),
        (1_000, queued("sales")),
        (11_000, connected(7)),
        (20_000, Kind::Held { interaction: part(7) }),
        (30_000, Kind::Resumed { interaction: part(7) }),
        (51_000, left(EndedBy::Customer, Cause::Normal)),
        (51_000, ended(7)),
        (56_000, wrapped_up(7)),
        (56_000, closed(Outcome::Answered)),
    ]
}

#[test]
fn an_answered_contact_is_one_visit_with_its_three_parts() {
    assert_eq!(rows(&answered()), [(QueueExit::Answered, 1_000, 11_000, [30_000, 10_000, 5_000])]);
    assert_eq!(log(&answered())[0].visit.completion_ms(), 56_000);
}

#[test]
fn who_leaves_the_line_has_abandoned_and_who_is_sent_on_has_not() {
    let leave = |by, cause| rows(&[(0, queued("sales")), (4_000, left(by, cause))])[0].0;
    assert_eq!(leave(EndedBy::Customer, Cause::Normal), QueueExit::Abandoned);
    assert_eq!(leave(EndedBy::System, Cause::MediaTimeout), QueueExit::Abandoned);
    assert_eq!(leave(EndedBy::Flow, Cause::Normal), QueueExit::FlowedOut);
    assert_eq!(leave(EndedBy::System, Cause::InternalError), QueueExit::FlowedOut);
}

#[test]
fn the_wait_counts_from_the_first_queue() {
    let moved = [(0, queued("sales")), (9_000, queued("support")), (15_000, connected(1)), (16_000, ended(1))];
    let expected = [(QueueExit::FlowedOut, 0, 9_000, [0; 3]), (QueueExit::Answered, 0, 15_000, [1_000, 0, 0])];
    assert_eq!(rows(&moved), expected);
}

#[test]
fn a_transfer_into_a_queue_is_a_new_visit_and_to_an_agent_is_not() {
    let transferred = |to: &str| Kind::Transferred { interaction: part(1), to: to.to_owned() };
    let start = vec![(0, queued("sales")), (1_000, connected(1)), (5_000, transferred("x"))];
    let by_queue = [
        start.clone(),
        vec![
            (5_000, queued("support")),
            (6_000, wrapped_up(1)),
            (8_000, connected(2)),
            (9_000, closed(Outcome::Answered)),
        ],
    ];
    let expected =
        [(QueueExit::Answered, 0, 1_000, [4_000, 0, 1_000]), (QueueExit::Answered, 5_000, 8_000, [1_000, 0, 0])];
    assert_eq!(rows(&by_queue.concat()), expected);
    let to_agent = [start, vec![(8_000, connected(2)), (9_000, closed(Outcome::Answered))]].concat();
    assert_eq!(rows(&to_agent), [(QueueExit::Answered, 0, 1_000, [5_000, 0, 4_000])]);
}

#[test]
fn a_restart_ends_what_it_cut_off_at_the_last_event() {
    let cut = |mut events: Vec<(i64, Kind)>| {
        events.push((900_000, closed(Outcome::System)));
        rows(&events)
    };
    assert_eq!(cut(vec![(0, queued("sales")), (4_000, queued("sales"))]), [(QueueExit::FlowedOut, 0, 4_000, [0; 3])]);
    let talking = vec![(0, queued("sales")), (1_000, connected(1)), (6_000, Kind::Held { interaction: part(1) })];
    assert_eq!(cut(talking), [(QueueExit::Answered, 0, 1_000, [5_000, 0, 0])]);
}

#[test]
fn a_call_that_an_agent_dialled_is_in_no_queue() {
    assert_eq!(rows(&[(0, connected(1)), (9_000, ended(1)), (9_500, wrapped_up(1))]), []);
}

fn today(now_ms: i64) -> Day {
    let now = WallTime::from_micros(now_ms * 1_000);
    Day::new(Zone::fixed(3_600), now, [(queue("sales"), LIMITS), (queue("support"), LIMITS)])
}

fn tell(day: &mut Day, contact: u128, from_ms: i64, events: &[(i64, Kind)]) {
    for (ms, kind) in events {
        day.on_event(ContactId::new(contact), WallTime::from_micros((from_ms + ms) * 1_000), kind);
    }
}

fn of(visits: &[QueueVisit]) -> Figures {
    let mut figures = Figures::default();
    visits.iter().for_each(|visited| figures.add(&visited.visit, LIMITS));
    figures
}

#[test]
fn live_figures_are_those_of_the_log() {
    let mut day = today(0);
    tell(&mut day, 1, 0, &answered());
    let gone = [(0, started()), (60_000, queued("sales")), (64_000, left(EndedBy::Customer, Cause::Normal))];
    tell(&mut day, 2, 0, &gone);
    let both = [log(&answered()), log(&gone)].concat();
    assert_eq!(day.figures(queue("sales")), Some(&of(&both)));
    assert_eq!(day.figures(queue("support")), Some(&Figures::default()));
    let mut after_restart = today(70_000);
    both.iter().for_each(|visited| after_restart.recall(visited));
    assert_eq!(after_restart.figures(queue("sales")), day.figures(queue("sales")));
}

#[test]
fn at_local_midnight_those_who_wait_are_offered_to_the_new_day() {
    let midnight = 23 * 3_600_000;
    let mut day = today(midnight - 60_000);
    assert_eq!(day.ends(), WallTime::from_micros(midnight * 1_000));
    let waiting = [(0, started()), (0, queued("sales"))];
    tell(&mut day, 1, midnight - 30_000, &waiting);
    tell(&mut day, 2, midnight - 30_000, &answered()[..3]);
    assert!(!day.turn(WallTime::from_micros(midnight * 1_000 - 1)));
    assert!(day.turn(WallTime::from_micros(midnight * 1_000)));
    assert_eq!(day.span().start_ms, midnight);
    let offered = Figures { offered: 1, ..Figures::default() };
    assert_eq!(day.figures(queue("sales")), Some(&offered));
    tell(&mut day, 2, midnight - 30_000, &answered()[3..]);
    assert_eq!(day.figures(queue("sales")), Some(&offered), "answered yesterday: its talk is yesterday's too");
    tell(&mut day, 1, midnight + 1_000, &[(0, left(EndedBy::Customer, Cause::Normal))]);
    let figures = day.figures(queue("sales")).unwrap();
    assert_eq!((figures.offered, figures.abandoned, figures.short_abandons), (1, 1, 0));
    assert_eq!(figures.wait_abandoned_ms, 31_000);
}

#[test]
fn visits_of_other_days_are_not_recalled() {
    let mut day = today(3 * DAY);
    log(&answered()).iter().for_each(|visited| day.recall(visited));
    assert_eq!(day.figures(queue("sales")), Some(&Figures::default()));
}

#[test]
fn a_queue_that_comes_later_counts_from_then_on_and_others_keep_their_count() {
    let mut day = today(0);
    tell(&mut day, 1, 0, &answered());
    day.set_queues([(queue("sales"), LIMITS), (queue("new"), LIMITS)]);
    assert_eq!(day.figures(queue("sales")).map(|f| f.answered), Some(1));
    assert_eq!((day.figures(queue("new")), day.figures(queue("support"))), (Some(&Figures::default()), None));
}
