//! The contact log.

use crate::place::{Place, START, answered, over, queued, started, story};
use domain::{
    Answer, AsideMark, CallbackMark, CallbackOrder, Channel, ContactEvent, ContactEventKind as Kind, ContactId, Dnis,
    Instant, InteractionId, Language, Outcome, Priority, Query, QueueExit, QueueVisit, VoicemailOrder, WallTime,
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

fn called_back(contact: u128, rest: Vec<Kind>) -> Vec<ContactEvent> {
    let mut first = started("");
    if let Kind::Started { channel, .. } = &mut first {
        *channel = Channel::Callback;
    }
    let order = CallbackOrder {
        queue: "sales".parse().unwrap(),
        number: Dnis::new("+49301234567"),
        from: None,
        age_ms: 0,
        priority: Priority(0),
        requirement: None,
        language: Some(Language::EN),
        at: None,
        agent: None,
    };
    let mut kinds = vec![first, Kind::CallbackRequested(Box::new(order))];
    kinds.extend(rest);
    story(contact, kinds)
}

pub async fn calls_back_are_told_from_their_first_step_on_while_they_are_open_or_of_today(place: &Place) {
    let mut rig = place.rig().await;
    let tried = || vec![Kind::CallbackDialled { attempt: 1 }];
    let failed: Vec<Kind> = tried().into_iter().chain([over(Outcome::Unanswered).remove(1)]).collect();
    for events in [called_back(1, failed.clone()), called_back(2, tried()), called_back(3, failed), gave_up(4)] {
        rig.keep(&events).await;
    }
    let query = Query::Callbacks { from: minute(2), to: minute(60), cursor: None };
    let Answer::Callbacks(page) = rig.store.answer(query).await.unwrap() else { panic!("no steps") };
    let steps: Vec<_> = page.items.iter().map(|step| (step.contact.number(), step.mark)).collect();
    let expected = [
        (2, CallbackMark::Booked),
        (2, CallbackMark::Tried),
        (3, CallbackMark::Booked),
        (3, CallbackMark::Tried),
        (3, CallbackMark::Failed),
    ];
    assert_eq!((steps.as_slice(), page.next), (expected.as_slice(), None), "the first was over before");
    assert!(page.items.iter().all(|step| step.queue.as_str() == "sales"));
    assert_eq!(page.items[0].at_ms - minute(2).as_micros() / 1_000, 2_000);
    rig.writer.stop().await;
}

pub async fn steps_of_messages_and_surveys_are_told_while_they_are_open_or_of_today(place: &Place) {
    let mut rig = place.rig().await;
    let message = |contact, rest: Vec<Kind>| {
        let mut first = started("");
        if let Kind::Started { channel, .. } = &mut first {
            *channel = Channel::Voicemail;
        }
        let (queue, from) = ("sales".parse().unwrap(), ContactId::new(9));
        let order = VoicemailOrder { queue, from, priority: Priority(0), language: Language::EN };
        story(contact, [first, Kind::VoicemailRequested(Box::new(order))].into_iter().chain(rest).collect())
    };
    let asked = || Kind::SurveyStarted {
        flow: "how".parse().unwrap(),
        interaction: InteractionId::new(1),
        queue: "sales".parse().ok(),
    };
    let skipped: Vec<Kind> = [started("1"), asked()].into_iter().chain(over(Outcome::Answered)).collect();
    for events in [story(1, skipped.clone()), message(2, vec![queued("sales")]), story(3, skipped), gave_up(4)] {
        rig.keep(&events).await;
    }
    let query = Query::Asides { from: minute(2), to: minute(60), cursor: None };
    let Answer::Asides(page) = rig.store.answer(query).await.unwrap() else { panic!("no steps") };
    let steps: Vec<_> = page.items.iter().map(|step| (step.contact.number(), step.mark)).collect();
    let expected = [
        (2, AsideMark::MessageBegun),
        (2, AsideMark::MessageLeft),
        (3, AsideMark::SurveyBegun),
        (3, AsideMark::SurveySkipped),
    ];
    assert_eq!((steps.as_slice(), page.next), (expected.as_slice(), None), "the first was over before");
    rig.writer.stop().await;
}
