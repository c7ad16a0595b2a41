//! Who would get a contact now, and why not the others.

use super::Model;
use acd::api::{AgentRule, Exclusion};
use core::cmp::Reverse;
use domain::{AgentId, ContactId, Instant, Proficiency, QueueId, SkillId};

/// An eligible agent's rank and figure, or the first rule that excludes.
pub type Told = Result<(u32, i64), Exclusion>;

/// The answer for one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its queue.
    pub queue: QueueId,
    /// The score now.
    pub score: i64,
    /// Its place in the queue, from 1.
    pub position: u32,
    /// The ring in force.
    pub ring: u16,
    /// What it needs now.
    pub need: Vec<(SkillId, Proficiency)>,
    /// The rule that would choose.
    pub rule: AgentRule,
    /// Eligible agents by rank with figures, then the excluded members by id, then the excluded others by id.
    pub agents: Vec<(AgentId, Told)>,
}

impl Model {
    /// The answer for a contact in line.
    pub fn explain(&self, contact: ContactId) -> Answer {
        let caller = &self.line[&contact];
        let (ring, need) = self.need(caller);
        let ranked = self.ranked(caller);
        let eligible = ranked.iter().zip(1..).map(|((id, figure), rank)| (*id, Ok((rank, *figure))));
        let known = self.agents.iter().filter(|(_, agent)| agent.known);
        let mut excluded: Vec<_> = known.filter_map(|(id, _)| Some((*id, Err(self.exclusion(*id, caller)?)))).collect();
        excluded.sort_by_key(|(id, verdict)| (*verdict == Err(Exclusion::NotAMember), *id));
        Answer {
            queue: caller.queue,
            score: self.score(caller),
            position: self.position(contact),
            ring,
            need: need.to_vec(),
            rule: self.queues[&caller.queue].setup.agent_rule,
            agents: eligible.chain(excluded).collect(),
        }
    }

    fn position(&self, contact: ContactId) -> u32 {
        let key = |id: ContactId| (Reverse(self.score(&self.line[&id])), self.line[&id].since, id);
        let queue = self.line[&contact].queue;
        let others = self.line.iter().filter(|(id, caller)| caller.queue == queue && key(**id) < key(contact));
        1 + others.count() as u32
    }

    /// When the need, a member's delay or the sticky window of a contact next changes.
    pub fn next_change(&self, contact: ContactId) -> Option<Instant> {
        let caller = &self.line[&contact];
        let requirement = caller.requirement.as_ref().unwrap_or(&self.queues[&caller.queue].setup.requirement);
        let rings = requirement.rings().iter().map(|ring| caller.since + ring.after);
        let parts = self.agents.values().filter_map(|agent| agent.part(caller.queue));
        let delays = parts.map(|part| caller.since + part.delay);
        let changes = rings.chain(delays).filter(|at| *at > self.now);
        changes.chain(self.window(caller)).min()
    }
}
