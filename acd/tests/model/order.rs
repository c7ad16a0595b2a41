//! Which contact goes first, and to whom.

use super::{Caller, Model, ms};
use acd::api::{AgentRule, ContactRule};
use core::cmp::Reverse;
use domain::{AgentId, ContactId, Instant};

impl Model {
    pub(super) fn score(&self, caller: &Caller) -> i64 {
        let queue = &self.queues[&caller.queue].setup;
        let points = i64::from(queue.base_priority.0) + caller.priority;
        let age_ms = self.now.as_millis() - caller.since.as_millis();
        1_000 * points + i64::from(caller.age_per_s.unwrap_or(queue.age_per_s)) * age_ms as i64
    }

    /// What goes before the score, most first.
    fn precedence(&self, caller: &Caller, eligible: &[AgentId]) -> i64 {
        match self.contact_rule {
            ContactRule::Score => 0,
            ContactRule::LongestQueueFirst => {
                self.line.values().filter(|c| c.queue == caller.queue && c.offered.is_empty()).count() as i64
            }
            ContactRule::AgentLevelFirst => {
                eligible.iter().map(|id| self.level_sum(*id, caller)).max().unwrap_or_default()
            }
        }
    }

    fn level_sum(&self, id: AgentId, caller: &Caller) -> i64 {
        let skills = &self.agents[&id].profile.skills;
        self.need(caller).1.iter().map(|(skill, _)| skills.get(skill).map_or(0, |l| i64::from(l.level()))).sum()
    }

    /// Longest idle first; agents with work in hand after all others.
    pub(super) fn idle_rank(&self, id: AgentId) -> (bool, Instant, AgentId) {
        let agent = &self.agents[&id];
        match agent.idle {
            Some(idle) => (false, idle, id),
            None => (true, agent.assigned, id),
        }
    }

    fn figure(&self, id: AgentId, caller: &Caller) -> i64 {
        let agent = &self.agents[&id];
        let part = agent.part(caller.queue).expect("an eligible agent is a member");
        match self.queues[&caller.queue].setup.agent_rule {
            AgentRule::LongestIdle | AgentRule::RingAll(_) => ms(self.now.since(self.idle_rank(id).1)) as i64,
            AgentRule::LeastOccupied => (ms(agent.busy) * (1 << 20) / ms(agent.on).max(1)) as i64,
            AgentRule::BestLevel => self.level_sum(id, caller),
            AgentRule::FewestContacts => agent.answered,
            AgentRule::RingOrder => i64::from(part.order),
            AgentRule::WeightedRandom => i64::from(part.weight.max(1)),
        }
    }

    /// Eligible agents of a contact, the best first, each with the rule's figure. A draw is not part of it.
    pub(super) fn ranked(&self, caller: &Caller) -> Vec<(AgentId, i64)> {
        let rule = self.queues[&caller.queue].setup.agent_rule;
        let eligible = self.agents.keys().filter(|id| self.exclusion(**id, caller).is_none());
        let mut agents: Vec<(AgentId, i64)> = eligible.map(|id| (*id, self.figure(*id, caller))).collect();
        agents.sort_by_key(|(id, figure)| {
            let key = match rule {
                AgentRule::LeastOccupied | AgentRule::FewestContacts | AgentRule::RingOrder => *figure,
                AgentRule::BestLevel => -*figure,
                AgentRule::LongestIdle | AgentRule::RingAll(_) | AgentRule::WeightedRandom => 0,
            };
            (self.preference(*id, caller), key, self.idle_rank(*id))
        });
        agents
    }

    pub(super) fn preference(&self, id: AgentId, caller: &Caller) -> u8 {
        self.agents[&id].part(caller.queue).expect("an eligible agent is a member").preference
    }

    /// The contact that goes first among those with an eligible agent, and its agents, the best first.
    pub fn best_pair(&self) -> Option<(ContactId, Vec<(AgentId, i64)>)> {
        let unoffered = self.line.iter().filter(|(_, caller)| caller.offered.is_empty());
        let with_agents = unoffered.map(|(contact, caller)| (*contact, self.ranked(caller)));
        with_agents.filter(|(_, agents)| !agents.is_empty()).min_by_key(|(contact, agents)| {
            let caller = &self.line[contact];
            let ids: Vec<AgentId> = agents.iter().map(|(id, _)| *id).collect();
            (Reverse(self.precedence(caller, &ids)), Reverse(self.score(caller)), caller.since, *contact)
        })
    }

    /// The agent in whose share the next random number falls, put before the others.
    pub(super) fn drawn_first(&mut self, caller: &Caller, mut agents: Vec<(AgentId, i64)>) -> Vec<(AgentId, i64)> {
        let best = agents.iter().map(|(id, _)| self.preference(*id, caller)).min();
        let mut shares: Vec<_> = agents.iter().filter(|(id, _)| Some(self.preference(*id, caller)) == best).collect();
        shares.sort();
        let total: i64 = shares.iter().map(|(_, weight)| weight).sum();
        let random = self.next_random();
        let mut place = ((u128::from(random) * total as u128) >> 64) as i64;
        let chosen = shares.iter().find(|(_, weight)| {
            place -= weight;
            place < 0
        });
        let chosen = chosen.expect("the place is below the sum of all shares").0;
        agents.sort_by_key(|(id, _)| *id != chosen);
        agents
    }

    /// `SplitMix64`, as Steele, Lea and Flood published it in 2014.
    fn next_random(&mut self) -> u64 {
        self.draw = self.draw.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.draw;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
