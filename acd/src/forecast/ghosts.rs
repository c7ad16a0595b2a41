//! Those who gave up, each in its place until an agent would have taken it.

use super::{Kind, Quoted};
use domain::Instant;
use std::collections::{BTreeMap, VecDeque};

/// Ghosts kept for each kind; beyond it the oldest is forgotten.
const MOST: usize = 4_096;

/// The ghosts, for each kind in order of age.
#[derive(Clone, Debug, Default)]
pub(super) struct Ghosts {
    kinds: BTreeMap<Kind, VecDeque<Quoted>>,
}

impl Ghosts {
    pub(super) fn add(&mut self, quoted: Quoted) {
        let line = self.kinds.entry(quoted.kind).or_default();
        let at = line.partition_point(|ghost| ghost.rank.since <= quoted.rank.since);
        line.insert(at, quoted);
        if line.len() > MOST {
            line.pop_front();
        }
    }

    /// Ghosts that an agent for these kinds would have taken rather than a contact of this score.
    pub(super) fn taken(&mut self, now: Instant, kinds: &[Kind], score: i64) -> Vec<Quoted> {
        let mut taken = Vec::new();
        for kind in kinds {
            let Some(line) = self.kinds.get_mut(kind) else { continue };
            if line.iter().all(|ghost| ghost.rank.score(now) < score) {
                continue;
            }
            let (gone, stay) = core::mem::take(line).into_iter().partition(|ghost| ghost.rank.score(now) >= score);
            *line = stay;
            taken.extend::<VecDeque<Quoted>>(gone);
        }
        taken
    }
}
