//! A database for one case, and a running writer on it.

use crm::{Journal, Store, Stored, Writer, WriterOptions};
use domain::{
    Ani, Answer, Cause, Channel, ContactDetail, ContactEvent, ContactEventKind as Kind, ContactId, Dnis, EndedBy,
    Instant, InteractionId, OfferId, OfferResult, Outcome, Priority, Query, QueryError, Redacted, WallTime,
};
use std::time::Duration;
use tokio::sync::mpsc;

/// Wall time at the start of every test's engine: 2026-01-05T08:00:00Z.
pub const START: WallTime = WallTime::from_micros(1_767_600_000_000_000);

/// Longer than anything here takes; a test that reaches it hangs.
const HANGS: Duration = Duration::from_secs(60);

/// An empty database and a directory for the spool.
pub struct Place {
    pub url: String,
    pub dir: tempfile::TempDir,
}

/// A store with its writer.
pub struct Rig {
    pub store: Store,
    pub journal: Journal,
    pub writer: Writer,
    stored: mpsc::UnboundedReceiver<Stored>,
}

impl Place {
    /// A SQLite file.
    pub fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("switchroom.db").display());
        Self { url, dir }
    }

    /// The database at `url`.
    pub fn at(url: String) -> Self {
        Self { url, dir: tempfile::tempdir().unwrap() }
    }

    /// The store.
    pub async fn store(&self) -> Store {
        Store::open(&self.url, self.dir.path()).await.unwrap()
    }

    /// The store and a writer with the usual patience and little patience with the database.
    pub async fn rig(&self) -> Rig {
        let options = WriterOptions::new(START);
        self.rig_with(WriterOptions { commit_within: Duration::from_millis(400), ..options }).await
    }

    /// The store and a writer.
    pub async fn rig_with(&self, options: WriterOptions) -> Rig {
        let store = self.store().await;
        let (sender, stored) = mpsc::unbounded_channel();
        let (journal, writer) = store.start_writer(options, move |event| _ = sender.send(event)).unwrap();
        Rig { store, journal, writer, stored }
    }
}

impl Rig {
    /// Ends as a crash would.
    pub async fn crash(self) {
        self.writer.crash().await;
    }

    /// Hands in the events of one contact.
    pub fn append(&self, events: &[ContactEvent]) {
        events.iter().for_each(|event| self.journal.append(event.clone()));
    }

    /// Waits until so many events were reported as stored.
    pub async fn stored(&mut self, count: usize) -> Vec<Stored> {
        let mut seen = Vec::new();
        while seen.len() < count {
            seen.push(tokio::time::timeout(HANGS, self.stored.recv()).await.expect("not stored in time").unwrap());
        }
        seen
    }

    /// Hands in events and waits until they are stored.
    pub async fn keep(&mut self, events: &[ContactEvent]) {
        self.append(events);
        let stored = self.stored(events.len()).await;
        let expected: Vec<_> = events.iter().map(|event| Stored { contact: event.contact, seq: event.seq }).collect();
        assert_eq!(stored, expected);
    }
}

/// Asks again until the answer is yes.
pub async fn until(mut yes: impl FnMut() -> bool) {
    let asked = async {
        while !yes() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(HANGS, asked).await.expect("it never came true");
}

/// One contact with its story.
pub async fn detail(store: &Store, contact: ContactId) -> ContactDetail {
    match store.answer(Query::Contact(contact)).await.unwrap() {
        Answer::Contact(Some(detail)) => *detail,
        other => panic!("no contact: {other:?}"),
    }
}

/// The customer in an answer.
pub fn customer(answer: Result<Answer, QueryError>) -> Option<domain::Customer> {
    match answer.unwrap() {
        Answer::Customer(customer) => customer.map(|customer| *customer),
        other => panic!("no customer: {other:?}"),
    }
}

/// The events of a contact, one second apart, beginning with the contact's number in minutes.
pub fn story(contact: u128, kinds: Vec<Kind>) -> Vec<ContactEvent> {
    let begin = u64::try_from(contact).unwrap() * 60_000;
    let event = |(seq, kind)| ContactEvent {
        contact: ContactId::new(contact),
        seq,
        at: Instant::from_millis(begin + u64::from(seq) * 1_000),
        kind,
    };
    (1u32..).zip(kinds).map(event).collect()
}

/// A call arrives.
pub fn started(ani: &str) -> Kind {
    Kind::Started {
        channel: Channel::Voice,
        ani: Ani::new(ani),
        caller_name: Redacted::from("Marta"),
        dnis: Dnis::new("6000"),
        entry_point: None,
        trunk: None,
        dialled_by: None,
    }
}

/// A call enters a queue.
pub fn queued(queue: &str) -> Kind {
    Kind::Queued { queue: queue.parse().unwrap(), priority: Priority(0) }
}

/// A call is offered to an agent, who answers.
pub fn answered(contact: u128, agent: &str, queue: &str) -> Vec<Kind> {
    let (offer, interaction) = (OfferId::new(contact as u64), InteractionId::new(contact));
    let agent = agent.parse().unwrap();
    vec![
        Kind::Offered {
            offer,
            interaction,
            agent,
            queue: queue.parse().unwrap(),
            why: "longest idle".to_owned(),
            decision: None,
        },
        Kind::Ringing { offer, agent },
        Kind::OfferEnded { offer, agent, result: OfferResult::Answered },
        Kind::Connected { interaction, agent },
    ]
}

/// A call is over.
pub fn over(outcome: Outcome) -> Vec<Kind> {
    vec![
        Kind::CustomerLeft { by: EndedBy::Customer, cause: Cause::Normal },
        Kind::Closed { outcome, by: EndedBy::Customer },
    ]
}
