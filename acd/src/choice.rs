//! To whom: the best agents of a class by the queue's rule.
//!
//! The idle of a class stand in its ranks; those who became available since the last match stand nowhere yet and are
//! looked at one by one.

use crate::agent::Standing;
use crate::api::{AgentRule, CANDIDATES};
use crate::capacity::bit;
use crate::engine::Engine;
use crate::ranks::{Rank, agent_of, figure_of, idleness_of, keep_best, preference_of, with_figure};

/// The best candidates in order of rank, the chosen one first.
pub(crate) type Best = [Option<Rank>; CANDIDATES];

/// Whether a rank is still what it says: the agent is listed, and idle as it says.
#[inline]
pub(crate) fn stands(standing: &[Standing], channel: u8, counts: bool, rank: Rank) -> bool {
    let agent = &standing[agent_of(rank) as usize];
    let is_idle = agent.listed & channel != 0 && agent.idleness == idleness_of(rank);
    is_idle && (!counts || agent.answered == figure_of(rank))
}

impl Engine {
    /// Whether a class has an idle agent.
    #[inline]
    pub(crate) fn has_idle(&mut self, class: u32) -> bool {
        let standing = &self.standing;
        let class = self.classes.class_mut(class);
        let (channel, counts) = (bit(class.key.channel), class.counts);
        class.idle.first(|rank| stands(standing, channel, counts, rank)).is_some()
    }

    /// The best agents of a class with at least one. A quiet engine may name the chosen one alone.
    pub(crate) fn choose(&mut self, class: u32, rule: AgentRule) -> Best {
        match rule {
            AgentRule::LeastOccupied => self.least_occupied(class),
            AgentRule::WeightedRandom => self.drawn(class),
            AgentRule::LongestIdle
            | AgentRule::BestLevel
            | AgentRule::FewestContacts
            | AgentRule::RingOrder
            | AgentRule::RingAll(_) => self.first_in_rank(class),
        }
    }

    fn first_in_rank(&mut self, id: u32) -> Best {
        let standing = &self.standing;
        let class = self.classes.class_mut(id);
        let (channel, counts) = (bit(class.key.channel), class.counts);
        let stands = |rank| stands(standing, channel, counts, rank);
        let mut best = if self.rules.quiet { [class.idle.first(stands), None, None] } else { class.idle.best(stands) };
        self.dirty_ranks(id).for_each(|rank| keep_best(&mut best, rank));
        best
    }

    /// The ranks of those who became available since the last match and can serve the class.
    pub(crate) fn dirty_ranks(&self, id: u32) -> impl Iterator<Item = Rank> + '_ {
        let channel = bit(self.classes.class(id).key.channel);
        self.pending.dirty.iter().filter_map(move |number| {
            let standing = &self.standing[*number as usize];
            if standing.available & channel == 0 {
                return None;
            }
            Some(standing.rank(self.agent(*number).index.place(id)?, *number))
        })
    }

    /// The ranks of everybody who can be offered a contact of the class now; some stand there twice.
    pub(crate) fn all_ranks(&self, id: u32) -> impl Iterator<Item = Rank> + '_ {
        let class = self.classes.class(id);
        let channel = bit(class.key.channel);
        let idle = class.idle.all().iter().copied();
        let standing = idle.filter(move |rank| stands(&self.standing, channel, class.counts, *rank));
        standing.chain(self.dirty_ranks(id))
    }

    /// Occupancy changes with time, so that no order of it can be kept: it is worked out for everybody.
    fn least_occupied(&self, class: u32) -> Best {
        let mut best = [None; CANDIDATES];
        for rank in self.all_ranks(class) {
            let occupancy = self.agent(agent_of(rank)).clock.occupancy(self.now);
            keep_best(&mut best, with_figure(rank, occupancy));
        }
        best
    }

    /// Everybody of the best preference has a share by weight; the next number falls into one of them.
    fn drawn(&mut self, class: u32) -> Best {
        let mut shares = self.ranks_in_order(class);
        let mut best = [None; CANDIDATES];
        let rest = |best: &mut Best, shares: &[Rank], chosen: Rank| {
            let others = shares.iter().copied().filter(|rank| *rank != chosen);
            best[0] = Some(chosen);
            best[1..].iter_mut().zip(others).for_each(|(place, rank)| *place = Some(rank));
        };
        let equals = equals(&shares);
        let mut lots: Vec<(u32, Rank)> = equals.iter().map(|rank| (agent_of(*rank), *rank)).collect();
        lots.sort_unstable();
        let weights = lots.iter().map(|(agent, _)| self.weight(class, *agent));
        let total: u64 = weights.clone().sum();
        let ends = weights.scan(0, |end, weight| {
            *end += weight;
            Some(*end)
        });
        let ends: Vec<u64> = ends.collect();
        let drawn = self.draw.below(total.max(1));
        let lot = ends.partition_point(|end| *end <= drawn);
        if let Some((_, chosen)) = lots.get(lot) {
            rest(&mut best, &shares, *chosen);
        }
        shares.clear();
        self.pending.ranks = shares;
        best
    }

    /// Everybody who can be offered a contact of the class now, in order of rank. The caller gives the room back.
    pub(crate) fn ranks_in_order(&mut self, class: u32) -> Vec<Rank> {
        let mut ranks = core::mem::take(&mut self.pending.ranks);
        ranks.extend(self.all_ranks(class));
        ranks.sort_unstable();
        ranks.dedup();
        ranks
    }

    /// An agent's weight in the queue of a class.
    pub(crate) fn weight(&self, class: u32, agent: u32) -> u64 {
        let queue = self.classes.class(class).key.queue;
        let part = self.agent(agent).index.part(queue);
        part.map_or(1, |part| part.membership.weight.max(1).into())
    }

    /// A candidate's figure as it is told.
    pub(crate) fn told_figure(&self, class: u32, rule: AgentRule, rank: Rank) -> i64 {
        match rule {
            AgentRule::LongestIdle | AgentRule::RingAll(_) => {
                let idle = self.now.since(self.agent(agent_of(rank)).idle_time());
                i64::try_from(idle.as_millis()).unwrap_or(i64::MAX)
            }
            AgentRule::BestLevel => i64::from(u32::MAX - figure_of(rank)),
            AgentRule::WeightedRandom => self.weight(class, agent_of(rank)) as i64,
            AgentRule::LeastOccupied | AgentRule::FewestContacts | AgentRule::RingOrder => figure_of(rank).into(),
        }
    }
}

/// Those of the best preference, of ranks in order.
pub(crate) fn equals(ranks: &[Rank]) -> &[Rank] {
    let best = ranks.first().map(|rank| preference_of(*rank));
    &ranks[..ranks.partition_point(|rank| Some(preference_of(*rank)) == best)]
}
