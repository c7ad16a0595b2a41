//! Who waits, in lanes of equal standing, each in order of age.

use super::Kind;
use domain::{ContactId, Instant};
use std::collections::{BTreeMap, VecDeque};

/// Contacts ahead up to this number are looked at one by one, beyond it by their numbers.
const ONE_BY_ONE: usize = 256;

/// Into at most so many parts a long line is cut; each holds its share of every kind.
const PARTS: usize = 32;

/// A quote looks at most at about so many pairs of contact and group of agents.
const MOST_PAIRS: usize = 6_000;

/// What contacts of one lane have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    pub(super) kind: Kind,
    pub(super) points: i64,
    pub(super) age_per_s: u32,
}

impl Standing {
    /// Contacts of this standing whose age began by then are ahead of the score, at this moment.
    fn ahead_since(&self, now: Instant, score: i64) -> Option<Instant> {
        let short_of = i128::from(score) - i128::from(self.points);
        if short_of <= 0 {
            return Some(now);
        }
        let age_ms = u64::try_from(short_of).ok()?.checked_div(u64::from(self.age_per_s))?;
        now.as_millis().checked_sub(age_ms).map(Instant::from_millis)
    }
}

/// Those of one standing, in order of age.
type Lane = VecDeque<(Instant, ContactId)>;

/// Everybody who waits.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    lanes: BTreeMap<Standing, Lane>,
}

impl Lanes {
    pub(super) fn insert(&mut self, standing: Standing, since: Instant, contact: ContactId) {
        let lane = self.lanes.entry(standing).or_default();
        let at = lane.partition_point(|place| *place < (since, contact));
        lane.insert(at, (since, contact));
    }

    pub(super) fn remove(&mut self, standing: &Standing, since: Instant, contact: ContactId) {
        let Some(lane) = self.lanes.get_mut(standing) else { return };
        if let Ok(at) = lane.binary_search(&(since, contact)) {
            lane.remove(at);
        }
        if lane.is_empty() {
            self.lanes.remove(standing);
        }
    }

    /// Those ahead of a score, in the order in which they are served: kinds with how many of them come next. Of equal
    /// score the older, then the lower id is ahead; `place` is what is compared with them, `None` for one who comes
    /// now and is behind all. `breadth` is how many groups of agents are looked at for each entry: the more, the coarser the order.
    pub(super) fn ahead(
        &self,
        now: Instant,
        score: i64,
        place: Option<(Instant, ContactId)>,
        breadth: usize,
    ) -> Vec<(Kind, f64)> {
        let ranked: Vec<(&Standing, &Lane, usize)> = self
            .lanes
            .iter()
            .filter_map(|(standing, lane)| {
                let until = standing.ahead_since(now, score)?;
                let count = lane.partition_point(|(since, _)| *since <= until);
                (count > 0).then_some((standing, lane, count))
            })
            .collect();
        let most = MOST_PAIRS / breadth.max(1);
        if ranked.iter().map(|(.., count)| count).sum::<usize>() > ONE_BY_ONE.min(most) {
            return in_parts(ranked.into_iter().map(|(standing, _, count)| (standing.kind, count)), most);
        }
        let mut line: Vec<(i64, Instant, ContactId, Kind)> = Vec::new();
        for (standing, lane, count) in ranked {
            line.extend(lane.iter().take(count).map(|(since, contact)| {
                let age = i64::try_from(now.since(*since).as_millis()).unwrap_or(i64::MAX);
                let score = standing.points.saturating_add(age.saturating_mul(i64::from(standing.age_per_s)));
                (score.saturating_neg(), *since, *contact, standing.kind)
            }));
        }
        if let Some((since, contact)) = place {
            line.retain(|(other, at, id, _)| (*other, *at, *id) < (score.saturating_neg(), since, contact));
        }
        line.sort_unstable();
        line.into_iter().map(|(.., kind)| (kind, 1.0)).collect()
    }
}

/// As if the kinds stood evenly mixed, in about `most` entries.
fn in_parts(counts: impl Iterator<Item = (Kind, usize)>, most: usize) -> Vec<(Kind, f64)> {
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    counts.for_each(|(kind, count)| *kinds.entry(kind).or_default() += count);
    let parts = (most / kinds.len().max(1)).clamp(1, PARTS);
    let part: Vec<(Kind, f64)> = kinds.into_iter().map(|(kind, count)| (kind, count as f64 / parts as f64)).collect();
    (0..parts).flat_map(|_| part.iter().copied()).collect()
}
