//! Classes: all waiting contacts that the same agents can take form one class, ordered by score.
//!
//! Within a class the score of every contact grows at the same rate, so that the order by
//! `age_per_s × since − 1000 × priority` never changes; classes of different rates are compared at their heads.

use crate::capacity::bit;
use crate::hash::Keyed;
use crate::heap::{Heap, NONE, Places};
use crate::ranks::Ranks;
use core::cmp::Ordering;
use domain::{Channel, ContactId, Instant, Proficiency, SkillId};

/// The need of nothing, always the first one.
pub(crate) const NO_NEED: u32 = 0;

/// What the contacts of a class have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClassKey {
    pub(crate) queue: u32,
    /// The interned need.
    pub(crate) need: u32,
    /// Only this agent is eligible, as a sticky window is open; or [`NONE`].
    pub(crate) only: u32,
    /// Points per second of age.
    pub(crate) rate: u32,
    /// How many of the members' delays are over.
    pub(crate) tier: u16,
    pub(crate) channel: Channel,
}

/// A waiting contact's place: the first has the highest score, is the oldest, has the lowest id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// The constant part of the score, negated.
    pub(crate) score: i64,
    pub(crate) since: Instant,
    /// The two halves of the contact's id.
    pub(crate) id: (u64, u64),
}

impl Order {
    /// `points` are thousandths of a point of priority.
    #[inline]
    pub(crate) fn new(points: i64, rate: u32, since: Instant, contact: ContactId) -> Self {
        let score = i64::from(rate).saturating_mul(millis(since)).saturating_sub(points);
        let id = contact.number();
        Self { score, since, id: ((id >> 64) as u64, id as u64) }
    }

    #[inline]
    pub(crate) fn score_at(&self, rate: u32, now: Instant) -> i64 {
        score(rate, millis(now), self.score)
    }
}

impl Ord for Order {
    /// Scores nearly always differ, so that the rest is rarely looked at.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if self.score != other.score {
            return self.score.cmp(&other.score);
        }
        (self.since, self.id).cmp(&(other.since, other.id))
    }
}

impl PartialOrd for Order {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whole milliseconds, for scores.
#[inline]
pub(crate) fn millis(at: Instant) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
}

#[inline]
fn score(rate: u32, now_ms: i64, order: i64) -> i64 {
    i64::from(rate).saturating_mul(now_ms).saturating_sub(order)
}

/// A class.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) key: ClassKey,
    pub(crate) waiting: Heap<Order>,
    /// Available agents who were not taken by the last match.
    pub(crate) idle: Ranks,
    /// Agents who can serve it.
    pub(crate) agents: u32,
    /// The number of contacts answered goes into the ranks.
    pub(crate) counts: bool,
    /// In the list of classes that may have a new pair.
    pub(crate) fresh: bool,
}

/// What is compared between classes, apart from them so that it touches little memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// [`Order::score`] of the first contact.
    pub(crate) order: i64,
    pub(crate) rate: u32,
    pub(crate) queue: u32,
    /// The bit of the channel.
    pub(crate) channel: u8,
}

impl Head {
    #[inline]
    pub(crate) fn score(&self, now_ms: i64) -> i64 {
        score(self.rate, now_ms, self.order)
    }
}

/// All classes, and which of them have contacts waiting.
#[derive(Debug, Default)]
pub(crate) struct Classes {
    needs: Keyed<Vec<(SkillId, Proficiency)>, u32>,
    by_key: Keyed<ClassKey, u32>,
    /// The class for everybody that was found last: with few classes it is mostly the next one too.
    recent: Option<(ClassKey, u32)>,
    all: Vec<Class>,
    heads: Vec<Head>,
    waiting: Vec<u64>,
    /// Numbers of classes that are no more.
    free: Vec<u32>,
    /// Where each contact stands in the heap of its class.
    places: Places,
}

impl Classes {
    /// No classes, for contacts in so many slots.
    pub(crate) fn new(slots: u32) -> Self {
        let mut classes = Self { places: Places::none(slots as usize), ..Self::default() };
        classes.needs.insert(Vec::new(), NO_NEED);
        classes
    }

    pub(crate) fn grow(&mut self) {
        self.places.grow();
    }

    /// The number of a need.
    pub(crate) fn intern(&mut self, need: &[(SkillId, Proficiency)]) -> u32 {
        if let Some(id) = self.needs.get(need) {
            return *id;
        }
        let id = self.needs.len() as u32;
        self.needs.insert(need.to_vec(), id);
        id
    }

    #[inline]
    pub(crate) fn find(&mut self, key: &ClassKey) -> Option<u32> {
        if let Some((recent, id)) = &self.recent
            && recent == key
        {
            return Some(*id);
        }
        let id = *self.by_key.get(key)?;
        if key.only == ANYBODY {
            self.recent = Some((*key, id));
        }
        Some(id)
    }

    pub(crate) fn add(&mut self, key: ClassKey, counts: bool) -> u32 {
        let class = Class { key, waiting: Heap::default(), idle: Ranks::default(), agents: 0, counts, fresh: false };
        let head = Head { order: 0, rate: key.rate, queue: key.queue, channel: bit(key.channel) };
        let id = if let Some(id) = self.free.pop() {
            self.all[id as usize] = class;
            self.heads[id as usize] = head;
            id
        } else {
            self.all.push(class);
            self.heads.push(head);
            self.waiting.resize(self.all.len().div_ceil(64), 0);
            (self.all.len() - 1) as u32
        };
        self.by_key.insert(key, id);
        id
    }

    /// Gives up an empty class.
    pub(crate) fn remove(&mut self, id: u32) {
        let class = &mut self.all[id as usize];
        class.idle.clear();
        class.fresh = false;
        self.by_key.remove(&class.key);
        self.free.push(id);
    }

    #[inline]
    pub(crate) fn class(&self, id: u32) -> &Class {
        &self.all[id as usize]
    }

    #[inline]
    pub(crate) fn class_mut(&mut self, id: u32) -> &mut Class {
        &mut self.all[id as usize]
    }

    pub(crate) fn all_mut(&mut self) -> &mut [Class] {
        &mut self.all
    }

    #[inline]
    pub(crate) fn head(&self, id: u32) -> &Head {
        &self.heads[id as usize]
    }

    /// The classes of this bit set where contacts wait, on these channels.
    pub(crate) fn waiting_of(&self, bits: &[u64], channels: u8) -> impl Iterator<Item = u32> {
        let words = bits.iter().zip(&self.waiting).zip(0..);
        let classes = words.flat_map(|((mine, waiting), word)| ones(mine & waiting).map(move |bit| word * 64 + bit));
        classes.filter(move |class| self.heads[*class as usize].channel & channels != 0)
    }

    /// Of these the one whose first contact has the highest score; at the same score the oldest. It is asked for
    /// each time that an agent is freed, and looks at nothing but bits and heads.
    pub(crate) fn best_of(&self, bits: &[u64], channels: u8, now_ms: i64) -> Option<u32> {
        let (mut best, mut best_score) = (NONE, i64::MIN);
        for (((mine, waiting), heads), word) in bits.iter().zip(&self.waiting).zip(self.heads.chunks(64)).zip(0..) {
            for bit in ones(mine & waiting) {
                let head = &heads[bit as usize];
                let score = head.score(now_ms);
                if score < best_score || head.channel & channels == 0 {
                    continue;
                }
                let class = word * 64 + bit;
                if score > best_score || best == NONE || self.is_older(class, best) {
                    (best, best_score) = (class, score);
                }
            }
        }
        (best != NONE).then_some(best)
    }

    #[inline]
    pub(crate) fn is_waiting(&self, id: u32) -> bool {
        self.waiting[id as usize / 64] & (1 << (id % 64)) != 0
    }

    #[inline]
    pub(crate) fn first(&self, id: u32) -> Option<(Order, u32)> {
        self.all[id as usize].waiting.first()
    }

    #[inline]
    pub(crate) fn insert(&mut self, id: u32, order: Order, slot: u32) {
        self.all[id as usize].waiting.push(&mut self.places, order, slot);
        self.note_head(id);
    }

    /// Takes a contact out; true if the class is empty now.
    #[inline]
    pub(crate) fn take(&mut self, id: u32, slot: u32) -> bool {
        self.all[id as usize].waiting.remove(&mut self.places, slot);
        self.note_head(id);
        self.all[id as usize].waiting.is_empty()
    }

    #[inline]
    fn note_head(&mut self, id: u32) {
        let word = &mut self.waiting[id as usize / 64];
        if let Some((order, _)) = self.all[id as usize].waiting.first() {
            self.heads[id as usize].order = order.score;
            *word |= 1 << (id % 64);
        } else {
            *word &= !(1 << (id % 64));
        }
    }

    /// Whether the head of one class goes before the head of another at the same score.
    pub(crate) fn is_older(&self, one: u32, other: u32) -> bool {
        let age = |id: u32| self.first(id).map(|(order, _)| (order.since, order.id));
        age(one) < age(other)
    }
}

/// The numbers of the bits that are set, upwards.
#[inline]
fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    core::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

/// The key of a class for everybody.
pub(crate) const ANYBODY: u32 = NONE;
