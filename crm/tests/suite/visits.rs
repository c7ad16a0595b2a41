//! The contact log.

use crate::place::{Place, START, answered, over, queued, started, story};
use domain::{
    Answer, ContactEvent, ContactEventKind as Kind, ContactId, Instant, InteractionId, Outcome, Query, QueueExit,
    QueueVisit, WallTime,
};
use std::collections::BTreeSet;

fn minute(number: u64) -> WallTime {
    START.at(Instant::from_millis(number * 60_000))
}

/// Every page, and their number.
async fn visits(store: &crm::Store, from: WallTime, to: WallTime, queue: Option<&str>) -> (Vec<QueueVisit>, usize) {
    let (mut found, mut pages, mut cursor) = (Vec::new(), 0, None);
    loop {
        let query = Query::Visits { from, to, queue: queue.map(|queue| queue.parse().unwrap()), cursor };
        let Answer::Visits(page) = store.answer(query).await.unwrap() else { panic!("no visits") };
        found.extend(page.items);
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            return (found, pages);
        }
    }
}

fn numbers(visits: &[QueueVisit]) -> Vec<u128> {
    visits.iter().map(|visited| visited.contact.number()).collect()
}

/// Held for a second of five, and two seconds of after-contact work.
fn served(contact: u128) -> Vec<ContactEvent> {
    let (interaction, agent) = (InteractionId::new(contact), "wei".parse().unwrap());
    let mut kinds = vec![started("1"), queued("support")];
    kinds.extend(answered(contact, "wei", "support"));
    kinds.extend([Kind::Held { interaction }, Kind::Resumed { interaction }]);
    kinds.extend([over(Outcome::Answered).remove(0), Kind::InteractionEnded { interaction, agent }]);
    kinds.extend([Kind::WrapUpEnded { interaction, agent }, over(Outcome::Answered).remove(1)]);
    story(contact, kinds)
}

fn gave_up(contact: u128) -> Vec<ContactEvent> {
    let mut kinds = vec![started("2"), queued("sales")];
    kinds.extend(over(Outcome::Abandoned));
    story(contact, kinds)
}

pub async fn the_log_has_every_visit_that_ended_in_time(place: &Place) {
    let mut rig = place.rig().await;
    let mut served_himself = vec![started("3")];
    served_himself.extend(over(Outcome::SelfServed));
    let waiting = story(4, vec![started("4"), queued("support")]);
    for events in [served(1), gave_up(2), story(3, served_himself), waiting] {
        rig.keep(&events).await;
    }
    let (all, _) = visits(&rig.store, minute(0), minute(60), None).await;
    assert_eq!(numbers(&all), [1, 2]);
    let (visit, begin) = (all[0].visit, minute(1).as_micros() / 1_000);
    assert_eq!((visit.exit, visit.enter_ms - begin, visit.exit_ms - begin), (QueueExit::Answered, 2_000, 6_000));
    assert_eq!((visit.talk_ms, visit.hold_ms, visit.acw_ms), (2_000, 1_000, 2_000));
    assert_eq!((all[1].queue.as_str(), all[1].visit.exit), ("sales", QueueExit::Abandoned));
    assert_eq!(numbers(&visits(&rig.store, minute(0), minute(60), Some("sales")).await.0), [2]);
    assert_eq!(numbers(&visits(&rig.store, minute(2), minute(60), None).await.0), [2], "by the end of the visit");
    assert_eq!(numbers(&visits(&rig.store, minute(0), minute(2), None).await.0), [1]);
    rig.writer.stop().await;
}

pub async fn a_long_log_comes_in_pages_without_gap_or_repeat(place: &Place) {
    let mut rig = place.rig().await;
    let events: Vec<ContactEvent> = (1..=1_100).flat_map(gave_up).collect();
    rig.keep(&events).await;
    let (all, pages) = visits(&rig.store, minute(0), minute(1_200), None).await;
    let once: BTreeSet<ContactId> = all.iter().map(|visited| visited.contact).collect();
    assert_eq!((all.len(), once.len(), pages), (1_100, 1_100, 3));
    rig.writer.stop().await;
}
