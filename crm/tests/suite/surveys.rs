//! The list of answers to surveys.

use crate::place::{Place, START, over, started, story};
use domain::{
    Answer, ContactEvent, ContactEventKind as Kind, ContactId, Instant, Outcome, Query, SurveyAnswer, WallTime,
};

fn minute(number: u64) -> WallTime {
    START.at(Instant::from_millis(number * 60_000))
}

async fn answers(
    store: &crm::Store,
    (from, to): (WallTime, WallTime),
    queue: Option<&str>,
) -> (Vec<(ContactId, SurveyAnswer)>, usize) {
    let (mut found, mut pages, mut cursor) = (Vec::new(), 0, None);
    loop {
        let query = Query::Surveys { from, to, queue: queue.map(|queue| queue.parse().unwrap()), cursor };
        let Answer::Surveys(page) = store.answer(query).await.unwrap() else { panic!("no answers") };
        found.extend(page.items);
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            return (found, pages);
        }
    }
}

fn asked(contact: u128, queue: Option<&str>, digits: &[u8]) -> Vec<ContactEvent> {
    let (question, agent) = ("satisfaction".parse().unwrap(), Some("wei".parse().unwrap()));
    let queue = queue.map(|queue| queue.parse().unwrap());
    let mut kinds = vec![started("1")];
    kinds.extend(digits.iter().map(|answer| Kind::SurveyAnswered { question, answer: *answer, agent, queue }));
    kinds.extend(over(Outcome::Answered));
    story(contact, kinds)
}

fn digits(found: &[(ContactId, SurveyAnswer)]) -> Vec<(u128, u8)> {
    found.iter().map(|(contact, given)| (contact.number(), given.answer)).collect()
}

pub async fn answers_are_listed_by_time_and_queue(place: &Place) {
    let mut rig = place.rig().await;
    for events in [asked(1, Some("support"), &[5, 2]), asked(2, None, &[4]), asked(3, Some("sales"), &[1])] {
        rig.keep(&events).await;
    }
    let (all, _) = answers(&rig.store, (minute(0), minute(60)), None).await;
    assert_eq!(digits(&all), [(1, 5), (1, 2), (2, 4), (3, 1)]);
    let (some, _) = answers(&rig.store, (minute(2), minute(3)), None).await;
    assert_eq!(digits(&some), [(2, 4)]);
    let (sales, _) = answers(&rig.store, (minute(0), minute(60)), Some("sales")).await;
    assert_eq!(digits(&sales), [(3, 1)]);
    assert_eq!(sales[0].1.agent, Some("wei".parse().unwrap()));
    let query = Query::Surveys { from: minute(0), to: minute(60), queue: None, cursor: Some("nonsense".to_owned()) };
    assert!(rig.store.answer(query).await.is_err());
    rig.writer.stop().await;
}

pub async fn a_long_list_of_answers_comes_in_pages_without_gap_or_repeat(place: &Place) {
    let mut rig = place.rig().await;
    // All answers of a contact at the same time: pages end within a contact.
    for contact in 1..=3 {
        let mut events = asked(contact, None, &[3; 400]);
        let at = events[0].at;
        events.iter_mut().for_each(|event| event.at = at);
        rig.keep(&events).await;
    }
    let (all, pages) = answers(&rig.store, (minute(0), minute(60)), None).await;
    assert_eq!((all.len(), pages), (1_200, 3));
    let of = |number: u128| all.iter().filter(|(contact, _)| contact.number() == number).count();
    assert_eq!([of(1), of(2), of(3)], [400; 3]);
    rig.writer.stop().await;
}
