//! Matching: the highest score that has an eligible agent, to the best agent by the queue's rule, until none is left.
//!
//! When the engine rests no eligible pair exists, so a new pair has an agent whose availability changed or a
//! contact that entered a class since. Only those are looked at.

use crate::agent::bit;
use crate::api::{AgentRule, Effect, Why};
use crate::class::{Class, Head, Rank, better};
use crate::engine::Engine;
use domain::{Instant, OfferResult};

/// Candidates named with a decision.
const CANDIDATES: usize = 3;

impl Engine {
    /// Makes offers until no eligible pair is left.
    pub(crate) fn match_all(&mut self, now: Instant, at_once: bool, effects: &mut Vec<Effect>) {
        self.fresh.sort_unstable();
        self.fresh.dedup();
        while let Some(head) = self.best_pair(now) {
            let candidates = self.candidates(head.class, now);
            let offer = self.make_offer(now, head, &candidates, effects);
            if at_once {
                self.end_offer(now, offer, OfferResult::Answered, effects);
            }
        }
        self.fresh.clear();
        self.list_dirty();
    }

    /// The contact that goes first among those with an eligible agent.
    fn best_pair(&self, now: Instant) -> Option<Head> {
        let freed = self.dirty.iter().map(|number| self.agent(*number)).filter_map(|agent| {
            let channels = agent.availability();
            (channels != 0).then(|| self.classes.best_head(&agent.index.bits, channels, now))?
        });
        let entered = self.fresh.iter().filter_map(|class| {
            (!self.classes.class(*class).idle.is_empty()).then(|| self.classes.head(*class, now))?
        });
        freed.chain(entered).fold(None, |best, head| better(best, Some(head)))
    }

    /// The best available agents of a class, the best first, each with the rank in full.
    fn candidates(&self, id: u32, now: Instant) -> Vec<Rank> {
        let class = self.classes.class(id);
        let rule = self.queue(class.key.queue).setup.agent_rule;
        let listed = class.idle.iter().copied();
        let mut ranks: Vec<Rank> = match rule {
            AgentRule::LeastOccupied => listed.map(|rank| self.by_occupancy(rank, now)).collect(),
            AgentRule::LongestIdle | AgentRule::BestLevel => listed.take(CANDIDATES).collect(),
        };
        ranks.extend(self.dirty.iter().filter_map(|number| self.unlisted_rank(*number, id, class, rule, now)));
        ranks.sort_unstable();
        ranks.truncate(CANDIDATES);
        ranks
    }

    fn by_occupancy(&self, rank: Rank, now: Instant) -> Rank {
        Rank { figure: self.agent(rank.agent).clock.occupancy(now), ..rank }
    }

    /// The rank of an agent who is not in the idle sets yet.
    fn unlisted_rank(&self, number: u32, id: u32, class: &Class, rule: AgentRule, now: Instant) -> Option<Rank> {
        let agent = self.agent(number);
        if !agent.index.serves(id) || agent.availability() & bit(class.key.channel) == 0 {
            return None;
        }
        let (loaded, time) = agent.idle_rank();
        let figure = match rule {
            AgentRule::LongestIdle => 0,
            AgentRule::LeastOccupied => agent.clock.occupancy(now),
            AgentRule::BestLevel => {
                -agent.index.classes.iter().find(|(class, _)| *class == id).map(|(_, sum)| i64::from(*sum))?
            }
        };
        Some(Rank { figure, loaded, time, agent: number })
    }

    /// The decision in figures.
    pub(crate) fn why(&self, now: Instant, head: Head, candidates: &[Rank]) -> Why {
        let rule = self.queue(self.classes.class(head.class).key.queue).setup.agent_rule;
        let ring = self.contacts.get(&head.place.contact).and_then(|contact| contact.ring(now)).unwrap_or(0);
        let figure = |rank: &Rank| match rule {
            AgentRule::LongestIdle => i64::try_from(now.since(rank.time).as_millis()).unwrap_or(i64::MAX),
            AgentRule::LeastOccupied => rank.figure,
            AgentRule::BestLevel => -rank.figure,
        };
        Why {
            score: head.score,
            ring: u16::try_from(ring).unwrap_or(u16::MAX),
            rule,
            candidates: candidates.iter().map(|rank| (self.agent(rank.agent).setup.id, figure(rank))).collect(),
        }
    }
}
