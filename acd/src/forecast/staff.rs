//! Who could serve whom, how fast, and how patient those who wait are.

use super::Kind;
use super::fluid::{Group, Supply};
use domain::{AgentId, ContactId, Instant};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A mean forgets: after so many values an old one has lost two thirds of its weight.
const MEMORY: f64 = 1_500.0;

/// A kind's own figure weighs as much as that of all kinds when it rests on so many values.
const TRUST: f64 = 30.0;

/// A mean that forgets slowly.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        let keep = 1.0 - 1.0 / MEMORY;
        self.sum = self.sum * keep + value;
        self.weight = self.weight * keep + 1.0;
    }

    fn value(self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

/// How often waiting ends by giving up: events over time at risk, which counts those who were answered too.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hazard {
    ends: f64,
    time_s: f64,
}

impl Hazard {
    fn add(&mut self, time_s: f64, ended: bool) {
        let keep = 1.0 - 1.0 / MEMORY;
        self.ends = self.ends * keep + f64::from(u8::from(ended));
        self.time_s = self.time_s * keep + time_s;
    }

    fn rate(self) -> f64 {
        if self.time_s > 0.0 { self.ends / self.time_s } else { 0.0 }
    }
}

/// What is known of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Habits {
    handling: Mean,
    impatience: Hazard,
}

/// A contact in an agent's hands.
#[derive(Clone, Copy, Debug)]
struct Hand {
    contact: ContactId,
    kind: Kind,
    since: Instant,
}

#[derive(Clone, Debug, Default)]
struct Member {
    /// Empty: takes nothing new.
    kinds: Vec<Kind>,
    hands: Vec<Hand>,
}

/// Agents and what is known of their work.
#[derive(Clone, Debug, Default)]
pub(super) struct Staff {
    members: BTreeMap<AgentId, Member>,
    /// Contacts in hand by what their agents take, then by kind.
    groups: BTreeMap<Vec<Kind>, BTreeMap<Kind, u32>>,
    kinds: BTreeMap<Kind, Habits>,
    all: Habits,
    /// What was last reckoned, and when.
    supply: Option<(Supply, Instant)>,
}

impl Staff {
    pub(super) fn set(&mut self, agent: AgentId, kinds: &[Kind]) {
        let mut kinds = kinds.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        if self.kinds_of(agent) == kinds {
            return;
        }
        self.supply = None;
        let member = self.members.entry(agent).or_default();
        let hands = member.hands.clone();
        let before = core::mem::replace(&mut member.kinds, kinds.clone());
        for hand in &hands {
            self.count(&before, hand.kind, false);
            self.count(&kinds, hand.kind, true);
        }
        if kinds.is_empty() && hands.is_empty() {
            self.members.remove(&agent);
        }
    }

    pub(super) fn kinds_of(&self, agent: AgentId) -> &[Kind] {
        self.members.get(&agent).map_or(&[], |member| &member.kinds)
    }

    fn count(&mut self, kinds: &[Kind], kind: Kind, more: bool) {
        if kinds.is_empty() {
            return;
        }
        let group = self.groups.entry(kinds.to_vec()).or_default();
        let count = group.entry(kind).or_default();
        *count = if more { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            group.remove(&kind);
        }
        if group.is_empty() {
            self.groups.remove(kinds);
        }
    }

    pub(super) fn took(&mut self, now: Instant, agent: AgentId, contact: ContactId, kind: Kind) {
        let Some(member) = self.members.get_mut(&agent) else { return };
        member.hands.push(Hand { contact, kind, since: now });
        let kinds = member.kinds.clone();
        self.count(&kinds, kind, true);
    }

    pub(super) fn done(&mut self, now: Instant, agent: AgentId, contact: ContactId) {
        let Some(member) = self.members.get_mut(&agent) else { return };
        let Some(at) = member.hands.iter().position(|hand| hand.contact == contact) else { return };
        let hand = member.hands.swap_remove(at);
        let (kinds, gone) = (member.kinds.clone(), member.kinds.is_empty() && member.hands.is_empty());
        self.count(&kinds, hand.kind, false);
        if gone {
            self.members.remove(&agent);
        }
        let handled = super::seconds(now, hand.since);
        self.kinds.entry(hand.kind).or_default().handling.add(handled);
        self.all.handling.add(handled);
    }

    pub(super) fn waited(&mut self, kind: Kind, time_s: f64, gave_up: bool) {
        self.kinds.entry(kind).or_default().impatience.add(time_s, gave_up);
        self.all.impatience.add(time_s, gave_up);
    }

    /// The mean handling time of a kind, drawn towards that of all while little is known.
    fn handling_s(&self, kind: Kind) -> Option<f64> {
        let all = self.all.handling.value()?;
        let own = self.kinds.get(&kind).map_or_else(Mean::default, |habits| habits.handling);
        Some(((own.sum + TRUST * all) / (own.weight + TRUST)).max(1e-3))
    }

    fn impatience(&self, habits: &Habits) -> f64 {
        let all = self.all.impatience.rate();
        let (own, lent) = (habits.impatience, TRUST * self.all.handling.value().unwrap_or(1.0));
        (own.ends + all * lent) / (own.time_s + lent)
    }

    /// What the agents on duty end at present; `None` before anything has ended.
    pub(super) fn supply(&self, now: Instant) -> Option<Cow<'_, Supply>> {
        self.all.handling.value()?;
        Some(self.recent(now).map_or_else(|| Cow::Owned(self.reckon()), Cow::Borrowed))
    }

    /// Reckons the supply anew when it is older than a small part of a handling time, or when somebody's kinds have
    /// changed.
    pub(super) fn refresh(&mut self, now: Instant) {
        if self.recent(now).is_none() {
            self.supply = Some((self.reckon(), now));
        }
    }

    fn recent(&self, now: Instant) -> Option<&Supply> {
        let least = (self.all.handling.value()? / 50.0).min(1.0);
        self.supply.as_ref().filter(|(_, at)| super::seconds(now, *at) < least).map(|(supply, _)| supply)
    }

    fn reckon(&self) -> Supply {
        let rate = |hands: &BTreeMap<Kind, u32>| {
            hands.iter().filter_map(|(kind, count)| Some(f64::from(*count) / self.handling_s(*kind)?)).sum()
        };
        let groups = self.groups.iter().map(|(kinds, hands)| Group { kinds: kinds.clone(), rate: rate(hands) });
        let impatience = self.kinds.iter().map(|(kind, habits)| (*kind, self.impatience(habits)));
        Supply::new(groups.collect(), impatience.collect(), self.all.impatience.rate())
    }
}
