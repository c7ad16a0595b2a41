//! Who would get a contact now, and why not the others: the rules of eligibility one by one, in the order in which
//! [`Exclusion`] names them. What matching keeps in classes follows from the same rules.

use crate::api::{AgentRule, Exclusion, Explanation, PASSED_OVER, Verdict};
use crate::contact::Contact;
use crate::engine::Engine;
use crate::place::ring_at;
use crate::ranks::{Rank, agent_of, figure_of, prefix, rank};
use domain::{AgentState, ContactId, Instant, NextState, Proficiency, SkillId};

type Need = [(SkillId, Proficiency)];

impl Engine {
    /// Why a contact in line waits: what it needs, who would get it now, and what excludes the others. It looks at
    /// every agent and everybody in the queue: for people's questions, not for decisions. Now is the time of the last
    /// input: a `Fact::Tick` brings it up. `None`: not in line.
    #[must_use]
    pub fn explain(&self, contact: ContactId) -> Option<Explanation> {
        let slot = self.contacts.find(contact)?;
        let waiting = &self.contacts[slot];
        let queue = self.queue(waiting.queue);
        let rings = waiting.rings(queue);
        let (ring, _) = ring_at(rings, waiting.waited(self.now));
        let need = ring.map_or(&[][..], |ring| &rings[ring].need);
        Some(Explanation {
            contact,
            queue: queue.setup.id,
            score: waiting.order(queue).score_at(waiting.rate(queue), self.now),
            position: self.position(contact)?,
            ring: ring.unwrap_or(0).try_into().unwrap_or(u16::MAX),
            need: need.to_vec(),
            next_change: self.next_change(waiting),
            rule: queue.setup.agent_rule,
            agents: self.verdicts(waiting, need),
        })
    }

    /// When the need, the members who may help, or the sticky window next change.
    fn next_change(&self, contact: &Contact) -> Option<Instant> {
        let queue = self.queue(contact.queue);
        let (since, waited) = (contact.ask.since, contact.waited(self.now));
        let (_, widens) = ring_at(contact.rings(queue), waited);
        let helps = queue.index.tiers.iter().copied().find(|delay| *delay > waited);
        widens.into_iter().chain(helps).map(|after| since + after).chain(self.window(contact)).min()
    }

    /// When the sticky window closes, if only the preferred agent is eligible now.
    fn window(&self, contact: &Contact) -> Option<Instant> {
        let until = contact.ask.since + self.rules.sticky;
        let preferred = self.agent(self.agent_number(contact.ask.sticky?)?);
        (self.now < until && preferred.is_accepting()).then_some(until)
    }

    fn verdicts(&self, contact: &Contact, need: &Need) -> Vec<Verdict> {
        let (mut eligible, mut members, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for number in (0..self.agents.len() as u32).filter(|number| self.agent(*number).known) {
            let agent = self.agent(number).setup.id;
            match self.exclusion(number, contact, need) {
                None => eligible.push(self.full_rank(number, contact, need)),
                Some(Exclusion::NotAMember) => others.push(Verdict { agent, verdict: Err(Exclusion::NotAMember) }),
                Some(exclusion) => members.push(Verdict { agent, verdict: Err(exclusion) }),
            }
        }
        eligible.sort_unstable();
        let ranked = eligible.into_iter().zip(1..).map(|(rank, place)| {
            let agent = self.agent(agent_of(rank)).setup.id;
            Verdict { agent, verdict: Ok((place, self.full_figure(rank, contact))) }
        });
        ranked.chain(members).chain(others).collect()
    }

    /// The rank of an eligible agent by the queue's rule. A draw is not part of it.
    fn full_rank(&self, number: u32, contact: &Contact, need: &Need) -> Rank {
        let agent = self.agent(number);
        let membership = agent.index.part(contact.queue).map(|part| part.membership);
        let (preference, order) = membership.map_or((0, 0), |part| (part.preference, part.order));
        let figure = match self.queue(contact.queue).setup.agent_rule {
            AgentRule::LongestIdle | AgentRule::RingAll(_) | AgentRule::WeightedRandom => 0,
            AgentRule::LeastOccupied => agent.clock.occupancy(self.now),
            AgentRule::BestLevel => u32::MAX - need.iter().map(|(skill, _)| self.level(number, *skill)).sum::<u32>(),
            AgentRule::FewestContacts => u32::try_from(agent.tally.answered).unwrap_or(u32::MAX),
            AgentRule::RingOrder => order.into(),
        };
        rank(prefix(preference, figure), agent.idleness(), number)
    }

    fn full_figure(&self, rank: Rank, contact: &Contact) -> i64 {
        let agent = self.agent(agent_of(rank));
        match self.queue(contact.queue).setup.agent_rule {
            AgentRule::LongestIdle | AgentRule::RingAll(_) => {
                i64::try_from(self.now.since(agent.idle_time()).as_millis()).unwrap_or(i64::MAX)
            }
            AgentRule::WeightedRandom => {
                agent.index.part(contact.queue).map_or(1, |part| part.membership.weight.max(1).into())
            }
            AgentRule::BestLevel => (u32::MAX - figure_of(rank)).into(),
            AgentRule::LeastOccupied | AgentRule::FewestContacts | AgentRule::RingOrder => figure_of(rank).into(),
        }
    }

    fn level(&self, number: u32, skill: SkillId) -> u32 {
        let skills = &self.agent(number).setup.skills;
        skills.binary_search_by_key(&skill, |(s, _)| *s).map_or(0, |at| skills[at].1.level().into())
    }

    /// Ready members who were idle at least as long as the chosen agent, in order of their ids, and what excludes
    /// each; at most eight.
    pub(crate) fn passed_over(&self, slot: u32, chosen: u32) -> Vec<(domain::AgentId, Exclusion)> {
        let contact = &self.contacts[slot];
        let queue = self.queue(contact.queue);
        let rings = contact.rings(queue);
        let (ring, _) = ring_at(rings, contact.waited(self.now));
        let need = ring.map_or(&[][..], |ring| &rings[ring].need);
        let limit = self.agent(chosen).idleness();
        let members = queue.index.members.iter().copied();
        let longer = members.filter(|number| {
            let agent = self.agent(*number);
            agent.state() == AgentState::Ready && agent.idleness() <= limit
        });
        let excluded =
            longer.filter_map(|number| Some((self.agent(number).setup.id, self.exclusion(number, contact, need)?)));
        excluded.take(PASSED_OVER).collect()
    }

    /// The first rule that keeps an agent from a contact.
    pub(crate) fn exclusion(&self, number: u32, contact: &Contact, need: &Need) -> Option<Exclusion> {
        let agent = self.agent(number);
        let Some(part) = agent.index.part(contact.queue) else { return Some(Exclusion::NotAMember) };
        self.absence(number)
            .or_else(|| self.occupation(number, contact))
            .or_else(|| agent.presence.cooling.map(Exclusion::CoolingDown))
            .or_else(|| {
                need.iter().find_map(|(skill, least)| {
                    let held = self.level(number, *skill) as u8;
                    (held < least.level()).then(|| Exclusion::Skill(*skill, held, least.level()))
                })
            })
            .or_else(|| {
                let helps = contact.ask.since + part.membership.delay;
                (self.now < helps).then_some(Exclusion::MemberDelay(helps))
            })
            .or_else(|| {
                let is_preferred = contact.ask.sticky == Some(agent.setup.id);
                self.window(contact).filter(|_| !is_preferred).map(Exclusion::StickyWindow)
            })
            .or_else(|| self.queue(contact.queue).is_capped().then_some(Exclusion::QueueCap))
    }

    /// Logged out, not ready (or about to be), unroutable.
    fn absence(&self, number: u32) -> Option<Exclusion> {
        let presence = &self.agent(number).presence;
        match (presence.next, presence.away) {
            _ if !presence.signed_in => Some(Exclusion::LoggedOut),
            (Some(NextState::LoggedOut), _) => Some(Exclusion::LoggedOut),
            (Some(NextState::NotReady(reason)), _) | (_, Some(reason)) => Some(Exclusion::NotReady(reason)),
            _ => (!presence.routable).then_some(Exclusion::Unroutable),
        }
    }

    /// Reserved, in wrap-up, no capacity.
    fn occupation(&self, number: u32, contact: &Contact) -> Option<Exclusion> {
        let agent = self.agent(number);
        match agent.state() {
            AgentState::Reserved(offer) => Some(Exclusion::Reserved(offer)),
            AgentState::AfterContactWork => Some(Exclusion::WrapUp),
            _ => {
                let has_room = agent.capacity.has_room(contact.ask.channel, &agent.hands, &self.rules.interrupts);
                (!has_room).then_some(Exclusion::NoCapacity)
            }
        }
    }
}
