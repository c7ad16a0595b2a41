//! The contact history.

use crate::place::{Place, START, answered, detail, over, queued, started, story};
use crm::{StoreError, WriterOptions};
use domain::{
    AgentId, Answer, Channel, ContactEventKind as Kind, ContactFilter, ContactId, Instant, InteractionId, Language,
    LegQuality, LegRole, NewCustomer, Outcome, Priority, Query, QueryError, RecordingId, Redacted, VoicemailOrder,
};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::time::Duration;

fn leg(role: LegRole, agent: Option<AgentId>) -> LegQuality {
    LegQuality {
        role,
        agent,
        codec: "PCMU".to_owned(),
        received: 998,
        lost: 2,
        peer_lost: 1,
        jitter_mean_us: 3_000,
        jitter_max_us: 12_000,
        round_trip_us: agent.map(|_| 40_000),
        mos_hundredths: (role == LegRole::Customer).then_some(433),
    }
}

fn whole_call(contact: u128) -> Vec<domain::ContactEvent> {
    let (interaction, agent) = (InteractionId::new(contact), "wei".parse().unwrap());
    let recording = RecordingId::new(contact);
    let mut kinds = vec![started("+493023125042"), queued("support")];
    kinds.extend(answered(contact, "wei", "support"));
    kinds.extend([
        Kind::RecordingStarted { recording },
        Kind::Held { interaction },
        Kind::Resumed { interaction },
        Kind::NotesSaved { interaction, text: Redacted::from("晚安 🎧\nsecond line") },
    ]);
    let (question, queue) = ("satisfaction".parse().unwrap(), Some("support".parse().unwrap()));
    kinds.extend([
        Kind::InteractionEnded { interaction, agent },
        Kind::SurveyAnswered { question, answer: 5, agent: Some(agent), queue },
        over(Outcome::Answered).remove(0),
    ]);
    kinds.extend([Kind::WrapUpEnded { interaction, agent }, over(Outcome::Answered).remove(1)]);
    kinds.push(Kind::RecordingFinished {
        recording,
        path: "2026/01/05/a.wav".to_owned(),
        duration_ms: 4_000,
        sha256: "ab".repeat(32),
        gap_ms: 20,
    });
    kinds.push(Kind::LegQuality(leg(LegRole::Customer, None)));
    kinds.push(Kind::LegQuality(leg(LegRole::Agent, Some(agent))));
    story(contact, kinds)
}

pub async fn a_call_becomes_a_row_that_equals_its_recomputation(place: &Place) {
    let mut rig = place.rig().await;
    // Three calls at the same time, their events mixed.
    let calls: Vec<_> = (1..=3).map(whole_call).collect();
    let mixed: Vec<_> = (0..calls[0].len()).flat_map(|n| calls.iter().map(move |call| call[n].clone())).collect();
    rig.keep(&mixed).await;
    for call in &calls {
        let found = detail(&rig.store, call[0].contact).await;
        let fold = crm::fold::recompute(call[0].contact, &found.events);
        assert_eq!(found.row, fold.row);
        assert_eq!(found.interactions, fold.parts.iter().map(|part| part.row.clone()).collect::<Vec<_>>());
        assert_eq!(found.recordings, fold.recordings);
        assert_eq!(found.legs, fold.legs.iter().map(|(_, leg)| leg.clone()).collect::<Vec<_>>());
        assert_eq!(found.legs, [leg(LegRole::Customer, None), leg(LegRole::Agent, Some("wei".parse().unwrap()))]);
        assert_eq!(found.survey, fold.survey.iter().map(|(_, given)| given.clone()).collect::<Vec<_>>());
        assert_eq!(found.survey.iter().map(|given| given.answer).collect::<Vec<_>>(), [5]);
        assert_eq!(found.events.len(), call.len());
        let row = &found.row;
        assert_eq!((row.wait_ms, row.ring_ms, row.talk_ms, row.hold_ms), (4_000, 3_000, 4_000, 1_000));
        assert_eq!(row.started, START.at(call[0].at));
        assert_eq!(row.notes.0, "晚安 🎧\nsecond line");
        assert_eq!(found.recordings[0].state, "complete");
    }
    rig.writer.stop().await;
}

pub async fn first_events_and_full_batches_do_not_wait_and_a_stop_stores_the_rest(place: &Place) {
    let hour = Duration::from_secs(3_600);
    let mut rig = place.rig_with(WriterOptions { patience: hour, ..WriterOptions::new(START) }).await;
    let node = || Kind::NodeEntered { node: "menu".parse().unwrap() };
    let mut kinds = vec![started("6001")];
    kinds.extend(std::iter::repeat_with(node).take(201));
    let events = story(1, kinds);
    rig.keep(&events[..1]).await;
    rig.keep(&events[1..201]).await;
    rig.append(&events[201..]);
    assert_eq!(rig.journal.health().backlog, 1);
    rig.writer.stop().await;
    assert_eq!(detail(&rig.store, ContactId::new(1)).await.events.len(), 202);
}

pub async fn contacts_cut_off_by_a_crash_are_closed_as_system(place: &Place) {
    let mut rig = place.rig().await;
    let mut talking = vec![started("1"), queued("support")];
    talking.extend(answered(1, "wei", "support"));
    let waiting = vec![started("2"), queued("support")];
    let mut done = vec![started("3")];
    done.extend(over(Outcome::SelfServed));
    for (contact, kinds) in [(1, talking), (2, waiting), (3, done)] {
        rig.keep(&story(contact, kinds)).await;
    }
    rig.crash().await;
    let store = place.store().await;
    let now = START.at(Instant::from_millis(3_600_000));
    let closed = store.close_interrupted(now).await.unwrap();
    assert_eq!(closed, [ContactId::new(1), ContactId::new(2)]);
    for contact in closed {
        let found = detail(&store, contact).await;
        assert_eq!((found.row.outcome.as_deref(), found.row.ended_by.as_deref()), (Some("system"), Some("system")));
        assert_eq!(found.row.closed, Some(now));
        assert_eq!(found.events.last().unwrap().kind, "closed");
        assert_eq!(found.row, crm::fold::recompute(contact, &found.events).row);
        assert!(found.interactions.iter().all(|part| part.ended.is_some()));
    }
    assert_eq!(store.close_interrupted(now).await.unwrap(), []);
}

pub async fn a_mended_recording_gets_its_row(place: &Place) {
    let mut rig = place.rig().await;
    let recording = RecordingId::new(7);
    rig.keep(&story(1, vec![started("1"), Kind::RecordingStarted { recording }])).await;
    rig.crash().await;
    let store = place.store().await;
    store.close_interrupted(START.at(Instant::from_millis(90_000))).await.unwrap();
    for _ in 0..2 {
        assert!(store.recording_recovered(recording, "a.wav", 1_500, "00ff").await.unwrap());
    }
    assert!(!store.recording_recovered(RecordingId::new(8), "b.wav", 1, "").await.unwrap());
    let Answer::Recording(Some(row)) = store.answer(Query::Recording(recording)).await.unwrap() else { panic!() };
    assert_eq!((row.state.as_str(), row.path.as_str(), row.duration_ms), ("recovered", "a.wav", 1_500));
    assert_eq!(detail(&store, ContactId::new(1)).await.events.len(), 4);
}

async fn page(store: &crm::Store, filter: &ContactFilter, cursor: Option<String>) -> (Vec<u128>, Option<String>) {
    let query = Query::Contacts { filter: filter.clone(), cursor, limit: 4 };
    let Answer::Contacts(page) = store.answer(query).await.unwrap() else { panic!() };
    (page.items.iter().map(|row| row.id.number()).collect(), page.next)
}

pub async fn pages_go_from_the_newest_to_the_oldest_without_gap_or_repeat(place: &Place) {
    let mut rig = place.rig().await;
    for contact in 1..=10 {
        let mut events = story(contact, vec![started("1")]);
        // Contacts that start at the same time are told apart by their ids.
        events[0].at = Instant::from_millis(u64::try_from(contact / 3).unwrap());
        rig.keep(&events).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let (ids, next) = page(&rig.store, &ContactFilter::default(), cursor).await;
        assert!(ids.len() <= 4);
        seen.extend(ids);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=10).rev().collect::<Vec<u128>>());
    let nonsense = Query::Contacts { filter: ContactFilter::default(), cursor: Some("'; --".into()), limit: 4 };
    assert_eq!(rig.store.answer(nonsense).await.unwrap_err(), QueryError::BadCursor);
    rig.writer.stop().await;
}

pub async fn filters_choose_contacts(place: &Place) {
    let mut rig = place.rig().await;
    let fields = NewCustomer { name: Redacted::from("Marta"), ..NewCustomer::default() };
    let saved = crate::place::customer(rig.store.answer(Query::SaveCustomer { id: None, fields }).await).unwrap();
    let mut first = vec![started("+493023125042"), queued("sales"), queued("support")];
    first.push(Kind::CustomerIdentified { customer: saved.id });
    first.extend(answered(1, "wei", "support"));
    first.extend(over(Outcome::Answered));
    let mut second = vec![started("+44207946%_!"), queued("sales")];
    second.extend(over(Outcome::Abandoned));
    rig.keep(&story(1, first)).await;
    rig.keep(&story(2, second)).await;
    let all = ContactFilter::default;
    let of = |n: u64| Some(START.at(Instant::from_millis(n * 60_000)));
    let cases = [
        (ContactFilter { agent: "wei".parse().ok(), ..all() }, vec![1]),
        (ContactFilter { agent: "ann".parse().ok(), ..all() }, vec![]),
        (ContactFilter { queue: "sales".parse().ok(), ..all() }, vec![2, 1]),
        (ContactFilter { queue: "support".parse().ok(), ..all() }, vec![1]),
        (ContactFilter { customer: Some(saved.id), ..all() }, vec![1]),
        (ContactFilter { outcome: Some("abandoned".into()), ..all() }, vec![2]),
        (ContactFilter { number: Some("5042".into()), ..all() }, vec![1]),
        (ContactFilter { number: Some("%_!".into()), ..all() }, vec![2]),
        (ContactFilter { number: Some("_".into()), ..all() }, vec![]),
        (ContactFilter { from: of(2), ..all() }, vec![2]),
        (ContactFilter { to: of(2), ..all() }, vec![1]),
        (ContactFilter { outcome: Some("' OR 1=1 --\0".into()), ..all() }, vec![]),
    ];
    for (filter, expected) in cases {
        assert_eq!(page(&rig.store, &filter, None).await.0, expected, "{filter:?}");
    }
    let found = detail(&rig.store, ContactId::new(1)).await;
    assert_eq!(found.row.customer_name, Some(Redacted::from("Marta")));
    rig.writer.stop().await;
}

pub async fn messages_that_wait_are_listed_for_the_agents_of_their_queue(place: &Place) {
    let mut rig = place.rig().await;
    let left = |contact, queue: &str, rest: Vec<Kind>| {
        let order = VoicemailOrder {
            queue: queue.parse().unwrap(),
            from: ContactId::new(99),
            priority: Priority(0),
            language: Language::EN,
        };
        let mut first = started("1");
        if let Kind::Started { channel, .. } = &mut first {
            *channel = Channel::Voicemail;
        }
        let begun = [first, Kind::VoicemailRequested(Box::new(order)), queued(queue)];
        story(contact, begun.into_iter().chain(rest).collect())
    };
    for events in [
        left(1, "sales_a", vec![]),
        left(2, "sales.a", vec![]),
        left(3, "sales_a", over(Outcome::Cancelled)),
        left(4, "sales_a", answered(4, "wei", "sales_a")),
        story(5, vec![started("1"), queued("sales_a")]),
    ] {
        rig.keep(&events).await;
    }
    let (own, messages) = (ContactFilter { agent: "ann".parse().ok(), ..Default::default() }, Some(Channel::Voicemail));
    let of = |queues: &[&str]| queues.iter().map(|queue| queue.parse().unwrap()).collect::<Vec<_>>();
    let cases = [
        (ContactFilter { channel: messages, ..Default::default() }, vec![4, 3, 2, 1]),
        (ContactFilter { channel: Some(Channel::Voice), ..Default::default() }, vec![5]),
        (own.clone(), vec![]),
        (ContactFilter { waiting_in: of(&["sales_a", "x"]), channel: messages, ..own.clone() }, vec![1]),
        (ContactFilter { waiting_in: of(&["x", "sales.a"]), ..own.clone() }, vec![2]),
        (ContactFilter { agent: "wei".parse().ok(), waiting_in: of(&["sales_a"]), ..own }, vec![4, 1]),
    ];
    for (filter, expected) in cases {
        assert_eq!(page(&rig.store, &filter, None).await.0, expected, "{filter:?}");
    }
    rig.writer.stop().await;
}

pub async fn poison_is_stored_and_blocks_nothing(place: &Place) {
    let mut rig = place.rig().await;
    let long = "名".repeat(10_000);
    for (contact, poison) in
        (1..).zip(["zażółć 🎧", "nul \0 nul", long.as_str(), "'; DROP TABLE contacts; --", "\u{202e}"])
    {
        let mut kinds = vec![started(poison)];
        if let Kind::Started { caller_name, .. } = &mut kinds[0] {
            *caller_name = Redacted::from(poison);
        }
        kinds.extend(answered(contact, "wei", "support"));
        let text = Redacted::from(poison);
        kinds.push(Kind::NotesSaved { interaction: InteractionId::new(contact), text });
        rig.keep(&story(contact, kinds)).await;
        let found = detail(&rig.store, ContactId::new(contact)).await;
        let expected = poison.replace('\0', "\u{fffd}");
        assert_eq!((found.row.ani.0, found.row.notes.0), (expected.clone(), expected));
    }
    assert_eq!(rig.journal.health().spooled, 0);
    rig.writer.stop().await;
}

pub async fn a_database_of_a_newer_version_is_left_alone(place: &Place) {
    place.store().await.close().await;
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        SELECT 9999, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    if place.url.starts_with("sqlite") {
        SqliteConnection::connect(&place.url).await.unwrap().execute(sql).await.unwrap();
    } else {
        PgConnection::connect(&place.url).await.unwrap().execute(sql).await.unwrap();
    }
    let refused = crm::Store::open(&place.url, place.dir.path()).await.unwrap_err();
    assert!(matches!(refused, StoreError::NewerSchema(9999)), "{refused}");
}
