//! The index of a setup: numbers of ids, members of queues, holders of skills, classes.
//!
//! Everything here follows from setups, agents and contacts, and is made anew from them when the setup changes.

use crate::agent::{Index, Part, Place, Standing, fixed_prefix};
use crate::api::AgentRule;
use crate::capacity::bit;
use crate::class::{ANYBODY, ClassKey, Classes};
use crate::due::Timers;
use crate::engine::{Engine, Pending};
use crate::hash::Keyed;
use crate::queue::QueueIndex;
use domain::{AgentId, Proficiency, QueueId, SkillId};

/// Numbers of ids, and who holds which skill.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    agents: Keyed<AgentId, u32>,
    queues: Keyed<QueueId, u32>,
    skills: Keyed<SkillId, u32>,
    /// For each skill its holders, in order.
    holders: Vec<Vec<u32>>,
}

impl Roster {
    #[inline]
    pub(crate) fn agent(&self, id: AgentId) -> Option<u32> {
        self.agents.get(&id).copied()
    }

    #[inline]
    pub(crate) fn queue(&self, id: QueueId) -> Option<u32> {
        self.queues.get(&id).copied()
    }

    fn add_holder(&mut self, agent: u32, skill: SkillId) -> u32 {
        let next = self.holders.len() as u32;
        let skill = *self.skills.entry(skill).or_insert(next);
        if skill == next {
            self.holders.push(Vec::new());
        }
        self.holders[skill as usize].push(agent);
        skill
    }

    /// The need by numbers of skills; `None`: nobody holds one of them.
    fn numbered(&self, need: &[(SkillId, Proficiency)]) -> Option<Vec<(u32, u8)>> {
        need.iter().map(|(skill, least)| Some((*self.skills.get(skill)?, least.level()))).collect()
    }

    /// The holders of the rarest of these skills; `None` for no skills.
    fn rarest(&self, need: &[(u32, u8)]) -> Option<&[u32]> {
        need.iter().map(|(skill, _)| self.holders[*skill as usize].as_slice()).min_by_key(|holders| holders.len())
    }
}

impl Engine {
    /// Makes the whole index anew. Matching has to look at everything afterwards.
    pub(crate) fn index(&mut self) {
        self.roster = Roster::default();
        self.rules.has_caps = self.queues.iter().any(|queue| queue.setup.limits.most_in_service.is_some());
        self.classes = Classes::new(self.contacts.slots());
        self.timers = Timers::new(self.agents.len(), self.contacts.slots());
        self.pending = Pending::default();
        self.index_queues();
        for number in 0..self.agents.len() as u32 {
            self.index_agent(number);
        }
        self.count_service();
        for slot in 0..self.contacts.slots() {
            let Some(contact) = self.contacts.at(slot) else { continue };
            let is_offered = !contact.ringing.is_empty();
            self.contacts[slot].class = crate::heap::NONE;
            self.contacts[slot].preferred = crate::heap::NONE;
            if !is_offered {
                self.place(slot);
            }
        }
    }

    fn index_queues(&mut self) {
        for (number, queue) in self.queues.iter_mut().enumerate() {
            self.roster.queues.insert(queue.setup.id, number as u32);
            let rings = queue.setup.requirement.rings().iter();
            let needs = rings.map(|ring| self.classes.intern(&ring.need)).collect();
            queue.index = QueueIndex { needs, ..QueueIndex::default() };
        }
        for agent in &self.agents {
            for part in &agent.setup.queues {
                let queue = self.roster.queue(part.queue).map(|number| &mut self.queues[number as usize]);
                if let Some(queue) = queue.filter(|_| !part.delay.is_zero()) {
                    queue.index.tiers.push(part.delay);
                }
            }
        }
        for queue in &mut self.queues {
            queue.index.tiers.sort_unstable();
            queue.index.tiers.dedup();
        }
    }

    fn index_agent(&mut self, number: u32) {
        let agent = &mut self.agents[number as usize];
        self.roster.agents.insert(agent.setup.id, number);
        let mut index =
            Index { accepting: agent.is_accepting(), signed_in: agent.presence.signed_in, ..Index::default() };
        for (skill, level) in &agent.setup.skills {
            index.skills.push((self.roster.add_holder(number, *skill), level.level()));
        }
        index.skills.sort_unstable();
        for membership in &agent.setup.queues {
            let Some(queue) = self.roster.queues.get(&membership.queue).copied() else { continue };
            let at = &mut self.queues[queue as usize].index;
            if at.members.last() == Some(&number) {
                continue;
            }
            at.members.push(number);
            at.signed_in += u32::from(index.signed_in);
            let tier = at.tiers.partition_point(|delay| *delay <= membership.delay) as u16;
            index.parts.push(Part { queue, tier, membership: *membership });
        }
        agent.index = index;
        let available = agent.availability(&self.rules.interrupts);
        let standing = Standing {
            idleness: agent.idleness(),
            answered: u32::try_from(agent.tally.answered).unwrap_or(u32::MAX),
            available,
            listed: available,
            dirty: false,
        };
        self.standing.truncate(number as usize);
        self.standing.push(standing);
        self.arm_agent(number);
    }

    /// Who holds contacts of the queues that have a cap.
    fn count_service(&mut self) {
        let offers = self.agents.iter().filter_map(|agent| agent.offer);
        for held in offers {
            self.queues[held.queue as usize].begin_service(self.contacts[held.contact].id);
        }
        for hand in self.agents.iter().flat_map(|agent| &agent.hands) {
            if let Some(queue) = hand.queue.filter(|_| hand.brought && hand.wrap_up.is_none()) {
                self.queues[queue as usize].begin_service(hand.contact);
            }
        }
    }

    /// Makes the class of this key. This looks at all members of its queue, or all holders of the rarest needed skill.
    pub(crate) fn make_class(&mut self, key: ClassKey, need: &[(SkillId, Proficiency)]) -> u32 {
        let queue = &mut self.queues[key.queue as usize];
        let rule = queue.setup.agent_rule;
        let counts = rule == AgentRule::FewestContacts;
        let class = self.classes.add(key, counts);
        queue.index.classes.push(class);
        let Some(need) = self.roster.numbered(need) else { return class };
        let only = [key.only];
        let asked = match key.only {
            ANYBODY => self.roster.rarest(&need).unwrap_or(&queue.index.members),
            _ => &only,
        };
        let channel = bit(key.channel);
        for number in asked {
            let agent = &mut self.agents[*number as usize];
            let Some(part) = agent.index.part(key.queue).filter(|part| part.tier <= key.tier) else { continue };
            let Some(sum) = agent.index.level_sum(&need).filter(|_| agent.capacity.channels & channel != 0) else {
                continue;
            };
            let prefix = fixed_prefix(rule, &part.membership, sum);
            let place = Place { class, channel, counts, sum, prefix };
            agent.index.add(place);
            let standing = &self.standing[*number as usize];
            let made = self.classes.class_mut(class);
            made.agents += 1;
            if standing.listed & channel != 0 {
                made.idle.push(standing.rank(&place, *number));
            }
        }
        class
    }

    /// Classes for one agent only live while somebody waits in them.
    pub(crate) fn drop_sticky_class(&mut self, class: u32) {
        let key = self.classes.class(class).key;
        if key.only != ANYBODY {
            self.agent_mut(key.only).index.remove(class);
            self.queue_mut(key.queue).index.classes.retain(|other| *other != class);
            self.classes.remove(class);
        }
    }
}
