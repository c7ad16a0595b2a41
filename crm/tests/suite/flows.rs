//! Versions of files of flows, and drafts.

use crate::place::{Place, START};
use crm::{FlowDraft, FlowVersion, Store, sha256};
use domain::{Instant, WallTime};

const FILE: &str = "flows/main.toml";

fn minute(number: u64) -> WallTime {
    START.at(Instant::from_millis(number * 60_000))
}

async fn numbers(store: &Store, file: &str) -> Vec<u32> {
    store.flow_versions(file, 100).await.unwrap().iter().map(|version| version.number).collect()
}

pub async fn versions_are_counted_and_keep_their_texts(place: &Place) {
    let store = place.store().await;
    assert_eq!(numbers(&store, FILE).await, [0; 0]);
    let first = store.add_flow_version(FILE, "one 一", minute(1), None, "changed on disk").await.unwrap();
    let expected = FlowVersion {
        number: 1,
        sha256: sha256("one 一"),
        at: minute(1),
        by: None,
        note: "changed on disk".to_owned(),
    };
    assert_eq!(first, expected);
    let second = store.add_flow_version(FILE, "two\0", minute(2), Some("mona"), "a new menu").await.unwrap();
    store.add_flow_version("other.toml", "three", minute(3), None, "").await.unwrap();
    store.close().await;
    let store = place.store().await;
    assert_eq!(store.flow_versions(FILE, 100).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(store.flow_versions(FILE, 1).await.unwrap().first(), Some(&second));
    assert_eq!(numbers(&store, "other.toml").await, [1]);
    assert_eq!(store.flow_text(FILE, 1).await.unwrap(), Some((first, "one 一".to_owned())));
    assert_eq!(store.flow_text(FILE, 2).await.unwrap(), Some((second, "two\u{fffd}".to_owned())));
    assert_eq!(store.flow_text(FILE, 3).await.unwrap(), None);
    assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

pub async fn a_version_that_did_not_come_into_force_leaves_its_number(place: &Place) {
    let store = place.store().await;
    for text in ["one", "two"] {
        store.add_flow_version(FILE, text, minute(1), Some("mona"), "").await.unwrap();
    }
    store.drop_flow_version(FILE, 2).await.unwrap();
    store.drop_flow_version(FILE, 7).await.unwrap();
    assert_eq!(numbers(&store, FILE).await, [1]);
    assert_eq!(store.add_flow_version(FILE, "three", minute(2), None, "").await.unwrap().number, 2);
}

pub async fn each_writer_has_a_draft_of_a_file(place: &Place) {
    let store = place.store().await;
    let draft = |by: &str, text: &str, at| FlowDraft {
        by: by.to_owned(),
        text: text.to_owned(),
        base: sha256("one"),
        at: minute(at),
    };
    for (file, kept) in [
        (FILE, draft("mona", "m1", 1)),
        (FILE, draft("root", "r1", 2)),
        (FILE, draft("mona", "m2", 3)),
        ("other.toml", draft("mona", "o1", 4)),
    ] {
        store.keep_flow_draft(file, &kept).await.unwrap();
    }
    assert_eq!(store.flow_drafts(FILE).await.unwrap(), [draft("mona", "m2", 3), draft("root", "r1", 2)]);
    store.drop_flow_draft(FILE, "mona").await.unwrap();
    store.drop_flow_draft(FILE, "nobody").await.unwrap();
    assert_eq!(store.flow_drafts(FILE).await.unwrap(), [draft("root", "r1", 2)]);
    assert_eq!(store.flow_drafts("other.toml").await.unwrap(), [draft("mona", "o1", 4)]);
}
