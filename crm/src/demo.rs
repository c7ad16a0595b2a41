//! Invented customers with past contacts, so that a new demo is not an empty house.
//!
//! Everything is made from one fixed list: two demos started at the same time hold the same story. Telephone
//! numbers come from the ranges that regulators keep for films.

use crate::customers::{check, write};
use crate::db::vals;
use crate::persist::{self, Entry};
use crate::{Store, StoreError};
use domain::{
    AgentId, Ani, Cause, Channel, ContactEventKind as Kind, ContactId, CustomerId, DispositionBy, DispositionCode,
    Dnis, EndedBy, InteractionId, NewCustomer, OfferId, OfferResult, Outcome, Priority, QueueId, Redacted, WallTime,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Past contacts.
const CONTACTS: u32 = 44;
/// Days over which they are spread.
const DAYS: u64 = 30;
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Name, company, tier, account, language, telephone numbers, e-mail, notes.
type Person = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

const PEOPLE: [Person; 14] = [
    (
        "Marta Keller",
        "Keller Bakery GmbH",
        "gold",
        "K-1001",
        "de",
        &["+49 30 23125 042", "+49 171 3920012"],
        "marta@keller-bakery.example",
        "Runs two shops; calls before six are normal for her.",
    ),
    (
        "王芳",
        "晨光贸易有限公司",
        "gold",
        "K-1002",
        "zh",
        &["+86 139 1234 5678"],
        "wang.fang@chenguang.example",
        "Prefers Mandarin; sends photos of parts by mail.",
    ),
    (
        "Sam Softphone",
        "Demo",
        "silver",
        "K-1003",
        "en",
        &["6001"],
        "sam@demo.example",
        "This is you, calling from the demo's SIP account 6001.",
    ),
    (
        "Tom Becker",
        "Becker & Sohn Elektro",
        "silver",
        "K-1004",
        "de",
        &["+49 40 66969 017"],
        "tom@becker-elektro.example",
        "Wants invoices by post.",
    ),
    (
        "Aisha Rahman",
        "Northwind Clinics",
        "gold",
        "K-1005",
        "en",
        &["+44 20 7946 0123"],
        "aisha.rahman@northwind.example",
        "Patient safety: urgent calls go first.",
    ),
    ("李明", "海岸物流", "silver", "K-1006", "zh", &["+86 138 2345 6789"], "li.ming@haian.example", ""),
    (
        "Jonas Weber",
        "",
        "",
        "K-1007",
        "de",
        &["+49 89 99998 311"],
        "jonas.weber@mail.example",
        "Bought the starter set in March.",
    ),
    (
        "Elena Rossi",
        "Rossi Interiors",
        "silver",
        "K-1008",
        "en",
        &["+44 161 496 0244"],
        "elena@rossi-interiors.example",
        "",
    ),
    ("陈静", "", "", "K-1009", "zh", &["+86 137 3456 7890"], "chen.jing@mail.example", "Asked about instalments."),
    (
        "Paul Novak",
        "Novak Garden Centre",
        "silver",
        "K-1010",
        "en",
        &["+44 117 496 0031"],
        "paul@novak-garden.example",
        "Seasonal: busy from April to June.",
    ),
    (
        "Greta Lindqvist",
        "Lindqvist Design",
        "gold",
        "K-1011",
        "en",
        &["+44 131 496 0712"],
        "greta@lindqvist.example",
        "Has a service contract with four-hour response.",
    ),
    ("Murat Yilmaz", "Yilmaz Feinkost", "", "K-1012", "de", &["+49 221 4710 155"], "murat@yilmaz.example", ""),
    (
        "张伟",
        "星河科技",
        "gold",
        "K-1013",
        "zh",
        &["+86 136 4567 8901"],
        "zhang.wei@xinghe.example",
        "Technical contact for the whole group.",
    ),
    ("Sophie Martin", "", "", "K-1014", "en", &["+44 29 2018 0456"], "sophie.martin@mail.example", ""),
];

const NOTES: [&str; 8] = [
    "Delivery was a day late; refunded the shipping.",
    "Explained the invoice line by line, all clear now.",
    "Router restarted and updated, line is stable.",
    "Wants an offer for ten more seats by Friday.",
    "Password reset, identity checked by account number.",
    "客户询问发票抬头，已更正。",
    "Asked for a call back when the part is in stock.",
    "Adresse geändert, Bestätigung geht per Post.",
];

/// What the demo's floor has, as the configuration seeded it.
struct Floor {
    agents: Vec<AgentId>,
    queues: Vec<QueueId>,
    dispositions: Vec<DispositionCode>,
}

/// A small stream of numbers that depends on nothing but its seed.
struct Dice([u8; 32], usize);

impl Dice {
    fn new(seed: u32) -> Self {
        Self(Sha256::digest(format!("switchroom demo contact {seed}")).into(), 0)
    }

    /// A number below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        let at = (self.1 * 2) % 30;
        self.1 += 1;
        (u64::from(self.0[at]) << 8 | u64::from(self.0[at + 1])) % sides.max(1)
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        list.get(usize::try_from(self.roll(list.len() as u64)).unwrap_or(0)).copied()
    }
}

impl Store {
    /// Adds the invented customers and their contacts of the last 30 days. False: there are customers or contacts
    /// already, and nothing was done. Seed agents, queues and dispositions before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn demo_customers(&self, now: WallTime) -> Result<bool, StoreError> {
        let floor = self.demo_floor().await?;
        let mut tx = self.db.begin().await?;
        let sql = "SELECT 1 FROM customers UNION ALL SELECT 1 FROM contacts LIMIT 1";
        if !tx.fetch(sql, vals![]).await?.is_empty() {
            tx.rollback().await?;
            return Ok(false);
        }
        for (index, person) in (0u32..).zip(&PEOPLE) {
            match check(self.numbering, &fields(person)) {
                Ok(checked) => write(&mut tx, customer_id(index), &checked).await?,
                Err(error) => tracing::warn!(%error, "a demo customer does not fit this region"),
            }
        }
        let entries: Vec<Entry> = (0..CONTACTS).flat_map(|index| Story::new(index, now).tell(&floor)).collect();
        persist::write(&mut tx, &BTreeMap::new(), &entries).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn demo_floor(&self) -> Result<Floor, sqlx::Error> {
        let rows = self.db.fetch("SELECT id FROM queues ORDER BY id", vals![]).await?;
        Ok(Floor {
            agents: self.agents().await?.iter().map(|agent| agent.id).collect(),
            queues: rows.iter().map(|row| row.id(0)).collect::<Result<_, _>>()?,
            dispositions: self.dispositions().await?.iter().map(|row| row.code).collect(),
        })
    }
}

fn fields(person: &Person) -> NewCustomer {
    let (name, company, tier, account, language, phones, email, notes) = *person;
    NewCustomer {
        name: Redacted::from(name),
        company: company.to_owned(),
        tier: tier.to_owned(),
        account: account.to_owned(),
        language: language.parse().ok(),
        notes: notes.to_owned(),
        phones: phones.iter().copied().map(Redacted::from).collect(),
        emails: vec![Redacted::from(email)],
    }
}

fn number(kind: &str, index: u32) -> u128 {
    let hash: [u8; 32] = Sha256::digest(format!("switchroom demo {kind} {index}")).into();
    hash.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

fn customer_id(index: u32) -> CustomerId {
    CustomerId::new(number("customer", index))
}

/// One past contact while it is told.
struct Story {
    contact: ContactId,
    interaction: InteractionId,
    person: u32,
    dice: Dice,
    now: WallTime,
    at: WallTime,
    entries: Vec<Entry>,
}

impl Story {
    fn new(index: u32, now: WallTime) -> Self {
        let mut dice = Dice::new(index);
        // Newer days have more contacts, and each begins in the eleven hours up to the present time of day.
        let days = dice.roll(DAYS).min(dice.roll(DAYS)).cast_signed();
        let seconds = 1_200 + dice.roll(11 * 3_600 - 1_200).cast_signed();
        let at = now.as_micros().saturating_sub(days * DAY).saturating_sub(seconds * SECOND);
        Self {
            contact: ContactId::new(number("contact", index)),
            interaction: InteractionId::new(number("interaction", index)),
            person: u32::try_from(dice.roll(PEOPLE.len() as u64)).unwrap_or(0),
            dice,
            now,
            at: WallTime::from_micros(at),
            entries: Vec::new(),
        }
    }

    fn tell(mut self, floor: &Floor) -> Vec<Entry> {
        let kind = self.dice.roll(10);
        self.arrive();
        match (kind, self.dice.pick(&floor.queues), self.dice.pick(&floor.agents)) {
            (0, _, _) | (_, None, _) | (_, _, None) => self.leave(Outcome::SelfServed, EndedBy::Flow),
            (1, Some(queue), _) => {
                self.queue(queue);
                self.pass(20, 90);
                self.leave(Outcome::Abandoned, EndedBy::Customer);
            }
            (_, Some(queue), Some(agent)) => {
                self.queue(queue);
                self.talk(queue, agent, floor);
            }
        }
        self.entries
    }

    fn arrive(&mut self) {
        let person = usize::try_from(self.person).unwrap_or(0);
        let phone = PEOPLE[person].5.first().copied().unwrap_or_default();
        let ani: String = phone.chars().filter(|c| !c.is_whitespace()).collect();
        self.happens(Kind::Started {
            channel: Channel::Voice,
            ani: Ani::new(ani),
            caller_name: Redacted::from(PEOPLE[person].0),
            dnis: Dnis::new("6000"),
            entry_point: None,
            trunk: None,
            dialled_by: None,
        });
        self.happens(Kind::CustomerIdentified { customer: customer_id(self.person) });
        for node in ["welcome", "menu"] {
            if let Ok(node) = node.parse() {
                self.happens(Kind::NodeEntered { node });
            }
            self.pass(3, 9);
        }
    }

    fn queue(&mut self, queue: QueueId) {
        if let Ok(node) = format!("to-{queue}").parse() {
            self.happens(Kind::NodeEntered { node });
        }
        self.happens(Kind::Queued { queue, priority: Priority(0) });
    }

    fn talk(&mut self, queue: QueueId, agent: AgentId, floor: &Floor) {
        let (offer, interaction) = (OfferId::new(self.contact.number() as u64), self.interaction);
        self.pass(2, 75);
        self.happens(Kind::Offered {
            offer,
            interaction,
            agent,
            queue,
            why: "longest idle".to_owned(),
            decision: None,
        });
        self.happens(Kind::Ringing { offer, agent });
        self.pass(2, 9);
        self.happens(Kind::OfferEnded { offer, agent, result: OfferResult::Answered });
        self.happens(Kind::Connected { interaction, agent });
        self.pass(40, 420);
        if self.dice.roll(3) == 0 {
            self.happens(Kind::Held { interaction });
            self.pass(10, 60);
            self.happens(Kind::Resumed { interaction });
            self.pass(15, 120);
        }
        let by = if self.dice.roll(4) == 0 { EndedBy::Agent } else { EndedBy::Customer };
        self.happens(Kind::CustomerLeft { by, cause: Cause::Normal });
        self.happens(Kind::InteractionEnded { interaction, agent });
        self.pass(8, 50);
        let text = Redacted::from(self.dice.pick(&NOTES).unwrap_or_default());
        self.happens(Kind::NotesSaved { interaction, text });
        if let Some(code) = self.dice.pick(&floor.dispositions) {
            self.happens(Kind::DispositionSet { interaction, code, by: DispositionBy::Agent });
        }
        self.happens(Kind::WrapUpEnded { interaction, agent });
        self.happens(Kind::Closed { outcome: Outcome::Answered, by });
    }

    fn leave(&mut self, outcome: Outcome, by: EndedBy) {
        self.happens(Kind::CustomerLeft { by, cause: Cause::Normal });
        self.happens(Kind::Closed { outcome, by });
    }

    /// Seconds go by, but never beyond the present.
    fn pass(&mut self, least: u64, most: u64) {
        let millis = least * 1_000 + self.dice.roll((most - least) * 1_000);
        let at = self.at.as_micros().saturating_add(millis.cast_signed() * 1_000);
        self.at = self.now.min(WallTime::from_micros(at));
    }

    fn happens(&mut self, kind: Kind) {
        let seq = u32::try_from(self.entries.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.entries.push(Entry::new(self.contact, seq, self.at, &kind));
    }
}
