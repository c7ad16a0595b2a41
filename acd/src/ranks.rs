//! Available agents of a class in order of rank.
//!
//! A rank is one number, the lower the better: preference (8 bits), the rule's figure (32), with work in hand (1),
//! idle since or last assigned at in microseconds (55), the agent's number (32). An agent who is taken is not looked
//! for: the rank goes stale and is dropped when it comes up, so that an agent of many classes costs nothing there.

use domain::Instant;

/// A rank, see the module.
pub(crate) type Rank = u128;

/// The greatest time that a rank holds, a thousand years on.
const TIME_MAX: u64 = (1 << 55) - 1;

/// Preference and figure, the upper part of a rank.
#[inline]
pub(crate) const fn prefix(preference: u8, figure: u32) -> u64 {
    (preference as u64) << 32 | figure as u64
}

/// The part of a rank that is the agent's own, whatever the class: with work in hand, and the time.
#[inline]
pub(crate) fn idleness(loaded: bool, time: Instant) -> u64 {
    u64::from(loaded) << 55 | time.as_micros().min(TIME_MAX)
}

#[inline]
pub(crate) const fn rank(prefix: u64, idleness: u64, agent: u32) -> Rank {
    (prefix as u128) << 88 | (idleness as u128) << 32 | agent as u128
}

#[inline]
pub(crate) const fn agent_of(rank: Rank) -> u32 {
    rank as u32
}

#[inline]
pub(crate) const fn preference_of(rank: Rank) -> u8 {
    (rank >> 120) as u8
}

#[inline]
pub(crate) const fn figure_of(rank: Rank) -> u32 {
    (rank >> 88) as u32
}

#[inline]
pub(crate) const fn idleness_of(rank: Rank) -> u64 {
    (rank >> 32) as u64 & ((1 << 56) - 1)
}

/// The same rank with another figure.
#[inline]
pub(crate) const fn with_figure(rank: Rank, figure: u32) -> Rank {
    rank & !(0xFFFF_FFFF << 88) | (figure as u128) << 88
}

/// Takes a rank into the best ones, which are in order.
#[inline]
pub(crate) fn keep_best(best: &mut [Option<Rank>], rank: Rank) {
    let mut moving = Some(rank);
    for place in best {
        if *place == moving {
            return;
        }
        if place.is_none_or(|there| moving.is_some_and(|rank| rank < there)) {
            moving = core::mem::replace(place, moving);
        }
        if moving.is_none() {
            return;
        }
    }
}

/// A binary heap of ranks, the least first, stale ones among them.
#[derive(Debug, Default)]
pub(crate) struct Ranks(Vec<Rank>);

impl Ranks {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn push(&mut self, rank: Rank) {
        self.0.push(rank);
        self.up(self.0.len() - 1);
    }

    /// All ranks, in no order, stale ones and doubles among them.
    pub(crate) fn all(&self) -> &[Rank] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Drops stale ranks and doubles.
    pub(crate) fn prune(&mut self, stands: impl Fn(Rank) -> bool) {
        self.0.retain(|rank| stands(*rank));
        self.0.sort_unstable();
        self.0.dedup();
    }

    /// The best rank that stands.
    #[inline]
    pub(crate) fn first(&mut self, stands: impl Fn(Rank) -> bool) -> Option<Rank> {
        while let Some(rank) = self.0.first() {
            if stands(*rank) {
                return Some(*rank);
            }
            self.remove(0);
        }
        None
    }

    /// The three best ranks that stand, in order. Stale ones that it meets are dropped.
    pub(crate) fn best(&mut self, stands: impl Fn(Rank) -> bool) -> [Option<Rank>; 3] {
        loop {
            match self.search(&stands) {
                Ok(found) => return found,
                Err(stale) => self.remove(stale),
            }
        }
    }

    /// Walks down from the top, always to the least rank next to those seen; `Err` is the place of one to be dropped.
    fn search(&self, stands: &impl Fn(Rank) -> bool) -> Result<[Option<Rank>; 3], usize> {
        let mut found = [None; 3];
        let mut border = [0, usize::MAX, usize::MAX, usize::MAX];
        let rank_at = |at: usize| self.0.get(at).copied().unwrap_or(Rank::MAX);
        for nth in 0..found.len() {
            let mut next = 0;
            for other in 1..border.len() {
                if rank_at(border[other]) < rank_at(border[next]) {
                    next = other;
                }
            }
            let at = border[next];
            let Some(rank) = self.0.get(at).copied() else { break };
            if !stands(rank) || (nth > 0 && found[nth - 1] == Some(rank)) {
                return Err(at);
            }
            found[nth] = Some(rank);
            border[next] = 2 * at + 1;
            if let Some(free) = border.iter_mut().find(|at| **at == usize::MAX) {
                *free = 2 * at + 2;
            }
        }
        Ok(found)
    }

    fn remove(&mut self, at: usize) {
        let Some(last) = self.0.pop() else { return };
        if at < self.0.len() {
            self.0[at] = last;
            self.up(at);
            self.down(at);
        }
    }

    fn up(&mut self, mut at: usize) {
        while at > 0 && self.0[at] < self.0[(at - 1) / 2] {
            self.0.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn down(&mut self, mut at: usize) {
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= self.0.len() {
                return;
            }
            let least = if right < self.0.len() && self.0[right] < self.0[left] { right } else { left };
            if self.0[at] <= self.0[least] {
                return;
            }
            self.0.swap(at, least);
            at = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_rank_is_taken_apart_as_it_was_put_together() {
        let idle = idleness(true, Instant::from_millis(7));
        let rank = rank(prefix(3, 9), idle, 42);
        assert_eq!((preference_of(rank), figure_of(rank), idleness_of(rank), agent_of(rank)), (3, 9, idle, 42));
        assert_eq!(figure_of(with_figure(rank, 5)), 5);
        assert_eq!(with_figure(with_figure(rank, 5), 9), rank);
        assert_eq!(idleness(false, Instant::from_micros(u64::MAX)), TIME_MAX);
    }

    proptest! {
        #[test]
        fn the_three_best_are_the_least_that_stand_each_once(
            ranks in prop::collection::vec(0..60u128, 0..80),
            stale in prop::collection::btree_set(0..60u128, 0..60),
        ) {
            let mut all = Ranks::default();
            ranks.iter().for_each(|rank| all.push(*rank));
            let standing: BTreeSet<Rank> = ranks.into_iter().filter(|rank| !stale.contains(rank)).collect();
            let stands = |rank: Rank| !stale.contains(&rank);
            let found: Vec<Rank> = all.best(stands).into_iter().flatten().collect();
            prop_assert_eq!(&found, &standing.iter().copied().take(3).collect::<Vec<_>>());
            prop_assert_eq!(all.first(stands), standing.first().copied());
            let mut best = [None; 3];
            standing.iter().rev().chain(&standing).for_each(|rank| keep_best(&mut best, *rank));
            prop_assert_eq!(best.into_iter().flatten().collect::<Vec<_>>(), found);
        }
    }
}
