use crate::{Grid, Presence, Ratio, Span, Staff, Work};
use domain::AgentId;

fn agent(name: &str) -> AgentId {
    name.parse().unwrap()
}

fn presences(name: &str, spans: &[(i64, i64, Work)]) -> Vec<Presence> {
    let one = |(start, end, work): &(i64, i64, Work)| Presence {
        agent: agent(name),
        span: Span::new(*start, *end),
        work: *work,
    };
    spans.iter().map(one).collect()
}

fn whole(presences: &[Presence]) -> Staff {
    let mut sum = Staff::default();
    Staff::fold(presences, &Grid::every(1_000)).values().for_each(|staff| sum.merge(staff));
    sum
}

#[test]
fn occupancy_counts_ringing_and_shows_it_apart() {
    let day = [(0, 100, Work::Break), (100, 300, Work::Idle), (300, 310, Work::Ring), (310, 400, Work::Talk)];
    let sum = whole(&[presences("li", &day), presences("li", &[(400, 500, Work::AfterContactWork)])].concat());
    assert_eq!(sum.occupancy(), Ratio { part: 200, whole: 400 });
    assert_eq!(sum.ring_share(), Ratio { part: 10, whole: 400 });
    assert_eq!(sum.utilisation(500), Ratio { part: 200, whole: 500 });
}

#[test]
fn contacts_at_the_same_time_count_once() {
    let chats = [(0, 1_000, Work::Idle), (100, 400, Work::Talk), (200, 600, Work::Talk), (300, 700, Work::Hold)];
    let sum = whole(&presences("li", &chats));
    assert_eq!((sum.talk_ms, sum.hold_ms, sum.idle_ms), (500, 100, 400));
    assert_eq!(sum.occupancy(), Ratio { part: 600, whole: 1_000 });
}

#[test]
fn time_is_split_at_the_borders_and_kept_by_agent() {
    let both = [presences("li", &[(500, 2_500, Work::Talk)]), presences("max", &[(0, 1_000, Work::Idle)])].concat();
    let fold = Staff::fold(&both, &Grid::every(1_000));
    let talk: Vec<_> = fold.iter().map(|((who, start), staff)| (*who, *start, staff.talk_ms)).collect();
    let (li, max) = (agent("li"), agent("max"));
    assert_eq!(talk.iter().filter(|row| row.0 == li).map(|row| row.2).collect::<Vec<_>>(), [500, 1_000, 500]);
    assert!(talk.contains(&(max, 0, 0)) && talk.len() == 4);
}

#[test]
fn empty_and_reversed_stretches_are_nothing() {
    assert_eq!(whole(&presences("li", &[(5, 5, Work::Talk), (9, 3, Work::Talk)])), Staff::default());
}
