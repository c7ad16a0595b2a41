//! Classes: all waiting contacts that the same agents can take form one class, ordered by score.
//!
//! Within a class the score of every contact grows at the same rate, so that the order by
//! `1000 × priority − age_per_s × since` never changes; classes of different rates are compared at their heads.

use domain::{Channel, ContactId, Instant, Proficiency, SkillId};
use std::collections::{BTreeMap, BTreeSet};

/// What the contacts of a class have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClassKey {
    pub(crate) queue: u32,
    pub(crate) channel: Channel,
    /// The interned need.
    pub(crate) need: u32,
    /// Only this agent is eligible: a sticky window is open.
    pub(crate) only: Option<u32>,
}

/// A waiting contact's place: the first has the highest score, is the oldest, has the lowest id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The constant part of the score, negated.
    pub(crate) order: i64,
    pub(crate) since: Instant,
    pub(crate) contact: ContactId,
}

/// An available agent's place: the first is the best by the queue's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// The rule's own figure, lower is better; 0 where only idleness counts.
    pub(crate) figure: i64,
    /// Has work in hand.
    pub(crate) loaded: bool,
    /// Idle since, or last assigned at.
    pub(crate) time: Instant,
    pub(crate) agent: u32,
}

/// A class.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) key: ClassKey,
    /// Points per millisecond of age, in thousandths of a priority point.
    pub(crate) rate: i64,
    pub(crate) waiting: BTreeSet<Place>,
    pub(crate) idle: BTreeSet<Rank>,
}

/// The best waiting contact of a class, at an instant. The greatest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) score: i64,
    pub(crate) place: Place,
    pub(crate) class: u32,
}

impl Head {
    pub(crate) fn goes_before(&self, other: &Self) -> bool {
        let rank = |head: &Self| (core::cmp::Reverse(head.score), head.place.since, head.place.contact);
        rank(self) < rank(other)
    }
}

/// All classes, and which of them have contacts waiting.
#[derive(Debug, Default)]
pub(crate) struct Classes {
    needs: BTreeMap<Vec<(SkillId, Proficiency)>, u32>,
    by_key: BTreeMap<ClassKey, u32>,
    all: Vec<Class>,
    /// First places, apart from the classes so that comparing them touches little memory.
    heads: Vec<Option<(Place, i64)>>,
    waiting: Vec<u64>,
    /// Numbers of classes that are no more.
    free: Vec<u32>,
}

impl Classes {
    /// The number of a need.
    pub(crate) fn intern_need(&mut self, need: &[(SkillId, Proficiency)]) -> u32 {
        if let Some(id) = self.needs.get(need) {
            return *id;
        }
        let id = self.needs.len() as u32;
        self.needs.insert(need.to_vec(), id);
        id
    }

    pub(crate) fn find(&self, key: &ClassKey) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    pub(crate) fn add(&mut self, key: ClassKey, rate: i64) -> u32 {
        let class = Class { key, rate, waiting: BTreeSet::new(), idle: BTreeSet::new() };
        let id = if let Some(id) = self.free.pop() {
            self.all[id as usize] = class;
            id
        } else {
            self.all.push(class);
            self.heads.push(None);
            (self.all.len() - 1) as u32
        };
        self.by_key.insert(key, id);
        id
    }

    /// Gives up an empty class.
    pub(crate) fn remove(&mut self, id: u32) {
        let class = &mut self.all[id as usize];
        class.idle.clear();
        self.by_key.remove(&class.key);
        self.free.push(id);
    }

    pub(crate) fn class(&self, id: u32) -> &Class {
        &self.all[id as usize]
    }

    pub(crate) fn class_mut(&mut self, id: u32) -> &mut Class {
        &mut self.all[id as usize]
    }

    pub(crate) fn insert(&mut self, id: u32, place: Place) {
        self.all[id as usize].waiting.insert(place);
        self.note_head(id);
    }

    /// Takes a contact out; true if the class is empty now.
    pub(crate) fn take(&mut self, id: u32, place: &Place) -> bool {
        self.all[id as usize].waiting.remove(place);
        self.note_head(id);
        self.heads[id as usize].is_none()
    }

    fn note_head(&mut self, id: u32) {
        let class = &self.all[id as usize];
        let head = class.waiting.first().map(|place| (*place, class.rate));
        self.heads[id as usize] = head;
        let word = id as usize / 64;
        if self.waiting.len() <= word {
            self.waiting.resize(word + 1, 0);
        }
        if head.is_some() {
            self.waiting[word] |= 1 << (id % 64);
        } else {
            self.waiting[word] &= !(1 << (id % 64));
        }
    }

    /// The head of a class, if anybody waits there.
    pub(crate) fn head(&self, id: u32, now: Instant) -> Option<Head> {
        let (place, rate) = (*self.heads.get(id as usize)?)?;
        let grown = rate.saturating_mul(i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        Some(Head { score: grown.saturating_sub(place.order), place, class: id })
    }

    /// The best head among the classes of this bit set, on these channels.
    pub(crate) fn best_head(&self, bits: &[u64], channels: u8, now: Instant) -> Option<Head> {
        let mut best: Option<Head> = None;
        for (word, (mine, waiting)) in bits.iter().zip(&self.waiting).enumerate() {
            let mut both = mine & waiting;
            while both != 0 {
                let id = word as u32 * 64 + both.trailing_zeros();
                both &= both - 1;
                if crate::agent::bit(self.all[id as usize].key.channel) & channels == 0 {
                    continue;
                }
                best = better(best, self.head(id, now));
            }
        }
        best
    }
}

/// The head that goes first.
pub(crate) fn better(one: Option<Head>, other: Option<Head>) -> Option<Head> {
    match (one, other) {
        (Some(a), Some(b)) => Some(if b.goes_before(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}
