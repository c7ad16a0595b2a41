//! The database goes away and comes back; every event arrives exactly once.

use crate::place::{Place, Rig, answered, detail, over, queued, started, story, until};
use crate::postgres::Cluster;
use crm::Store;
use domain::{ContactEvent, ContactId, Outcome};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};

/// Somebody else holds the tables for as long as this lives.
enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    async fn take(place: &Place) -> Self {
        if place.url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(&place.url).await.unwrap();
            connection.execute("BEGIN IMMEDIATE").await.unwrap();
            Self::Sqlite(connection)
        } else {
            let mut connection = PgConnection::connect(&place.url).await.unwrap();
            connection.execute("BEGIN").await.unwrap();
            connection.execute("LOCK TABLE contact_events IN ACCESS EXCLUSIVE MODE").await.unwrap();
            Self::Postgres(connection)
        }
    }

    async fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}

fn call(contact: u128) -> Vec<ContactEvent> {
    let mut kinds = vec![started("+493023125042"), queued("support")];
    kinds.extend(answered(contact, "wei", "support"));
    kinds.extend(over(Outcome::Answered));
    story(contact, kinds)
}

async fn assert_whole(store: &Store, contacts: std::ops::RangeInclusive<u128>) {
    for contact in contacts {
        let (id, expected) = (ContactId::new(contact), call(contact));
        let found = detail(store, id).await;
        let seqs: Vec<u32> = found.events.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, expected.iter().map(|event| event.seq).collect::<Vec<_>>());
        assert_eq!(found.row, crm::fold::recompute(id, &found.events).row);
        assert_eq!((found.row.events as usize, found.interactions.len()), (expected.len(), 1));
    }
}

async fn keep(rig: &mut Rig, contacts: std::ops::RangeInclusive<u128>) {
    for contact in contacts {
        rig.keep(&call(contact)).await;
    }
}

pub async fn events_outlive_a_slow_database_and_arrive_once(place: &Place) {
    let mut rig = place.rig().await;
    rig.keep(&call(1)[..3]).await;
    let lock = Lock::take(place).await;
    // Acknowledged although the database is blocked: they are in the spool.
    rig.keep(&call(1)[3..]).await;
    keep(&mut rig, 2..=60).await;
    until(|| rig.journal.health().spooled > 0).await;
    assert!(!rig.journal.health().failing);
    lock.release().await;
    until(|| rig.journal.health().spooled == 0).await;
    keep(&mut rig, 61..=62).await;
    assert_whole(&rig.store, 1..=62).await;
    rig.writer.stop().await;
}

pub async fn a_killed_writer_leaves_its_spool_to_the_next_start(place: &Place) {
    let mut rig = place.rig().await;
    rig.keep(&call(1)[..4]).await;
    let lock = Lock::take(place).await;
    rig.keep(&call(1)[4..]).await;
    keep(&mut rig, 2..=3).await;
    rig.crash().await;
    let spool = place.dir.path().join("contact-events.spool");
    let spooled = std::fs::read(&spool).unwrap();
    assert!(!spooled.is_empty());
    lock.release().await;
    // The second time is a kill between the database's commit and the cleaning of the spool, the third a kill
    // in the middle of a write to it.
    let torn = [spooled.as_slice(), b"0000ffff 12"].concat();
    for bytes in [&spooled, &spooled, &torn] {
        std::fs::write(&spool, bytes).unwrap();
        let store = place.store().await;
        assert_eq!(store.spool_depth(), 0);
        assert_eq!(store.close_interrupted(crm::wall_now()).await.unwrap(), []);
        assert_whole(&store, 1..=3).await;
        store.close().await;
    }
}

pub async fn events_outlive_a_restart(cluster: &Cluster) {
    let place = cluster.place("restart").await;
    let mut rig = place.rig().await;
    keep(&mut rig, 1..=1).await;
    cluster.halt();
    keep(&mut rig, 2..=9).await;
    assert!(rig.store.ping().await.is_err());
    until(|| rig.journal.health().spooled > 0).await;
    cluster.resume();
    until(|| rig.journal.health().spooled == 0).await;
    keep(&mut rig, 10..=10).await;
    assert_whole(&rig.store, 1..=10).await;
    rig.writer.stop().await;
}
