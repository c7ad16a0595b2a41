//! Who may have a contact, and the first rule that excludes the others.

use super::{Caller, Model, Person, Wish, is_call};
use acd::api::Exclusion;
use domain::{AgentId, AgentState, Channel, Instant, Proficiency, QueueId, SkillId};
use std::collections::BTreeSet;

impl Model {
    /// The ring in force and what it needs.
    pub(super) fn need<'a>(&'a self, caller: &'a Caller) -> (u16, &'a [(SkillId, Proficiency)]) {
        let waited = self.now.since(caller.since);
        let requirement = caller.requirement.as_ref().unwrap_or(&self.queues[&caller.queue].setup.requirement);
        let mut found = (0, &[][..]);
        for (number, ring) in requirement.rings().iter().enumerate() {
            if ring.after <= waited {
                found = (number as u16, &ring.need);
            }
        }
        found
    }

    /// The first rule that keeps this agent from this contact, in the written order.
    pub(super) fn exclusion(&self, id: AgentId, caller: &Caller) -> Option<Exclusion> {
        let agent = &self.agents[&id];
        if agent.part(caller.queue).is_none() {
            return Some(Exclusion::NotAMember);
        }
        self.absence(agent)
            .or_else(|| self.occupation(agent, caller.channel))
            .or_else(|| agent.cool.filter(|until| *until > self.now).map(Exclusion::CoolingDown))
            .or_else(|| self.lack(agent, caller))
            .or_else(|| self.patience(id, agent, caller))
            .or_else(|| self.is_capped(caller.queue).then_some(Exclusion::QueueCap))
    }

    /// Logged out, not ready (or about to be), unroutable.
    fn absence(&self, agent: &Person) -> Option<Exclusion> {
        match agent.wish {
            Wish::Out => Some(Exclusion::LoggedOut),
            Wish::Away(reason) => Some(Exclusion::NotReady(reason)),
            Wish::Ready if !agent.routable => Some(Exclusion::Unroutable),
            Wish::Ready => None,
        }
    }

    /// Reserved, in wrap-up, no capacity.
    fn occupation(&self, agent: &Person, channel: Channel) -> Option<Exclusion> {
        match agent.state() {
            AgentState::Reserved(offer) => return Some(Exclusion::Reserved(offer)),
            AgentState::AfterContactWork => return Some(Exclusion::WrapUp),
            _ => {}
        }
        let units = agent.profile.units.get(&channel).copied().unwrap_or(0);
        let used = agent.served.iter().filter(|s| s.channel == channel).count();
        let beside_all = agent.served.iter().all(|s| self.goes_beside(channel, s.channel, s.until.is_some()));
        (used >= usize::from(units) || !beside_all).then_some(Exclusion::NoCapacity)
    }

    /// Whether a contact of one channel may be offered beside work of another.
    fn goes_beside(&self, new: Channel, in_hand: Channel, wrap_up: bool) -> bool {
        match (is_call(new), is_call(in_hand)) {
            (false, false) => true,
            (true, true) => false,
            _ => !wrap_up && self.interrupts.iter().any(|rule| rule.by == new && rule.over == in_hand),
        }
    }

    fn lack(&self, agent: &Person, caller: &Caller) -> Option<Exclusion> {
        self.need(caller).1.iter().find_map(|(skill, least)| {
            let held = agent.profile.skills.get(skill).map_or(0, |level| level.level());
            (held < least.level()).then(|| Exclusion::Skill(*skill, held, least.level()))
        })
    }

    /// The member's delay and the sticky window.
    fn patience(&self, id: AgentId, agent: &Person, caller: &Caller) -> Option<Exclusion> {
        let help_from = caller.since + agent.part(caller.queue)?.delay;
        if self.now < help_from {
            return Some(Exclusion::MemberDelay(help_from));
        }
        let until = self.window(caller)?;
        (caller.sticky != Some(id)).then_some(Exclusion::StickyWindow(until))
    }

    /// When the sticky window closes, if only the preferred agent is eligible now.
    pub(super) fn window(&self, caller: &Caller) -> Option<Instant> {
        let until = caller.since + self.sticky;
        let preferred = self.agents.get(&caller.sticky?)?;
        (self.now < until && preferred.wish == Wish::Ready).then_some(until)
    }

    fn is_capped(&self, queue: QueueId) -> bool {
        let Some(most) = self.queues[&queue].setup.limits.most_in_service else { return false };
        let offered = self.line.iter().filter(|(_, c)| c.queue == queue && !c.offered.is_empty()).map(|(id, _)| *id);
        let all = self.agents.values().flat_map(|agent| &agent.served);
        let served = all.filter(|s| s.brought && s.queue == Some(queue) && s.until.is_none()).map(|s| s.contact);
        let in_service: BTreeSet<_> = offered.chain(served).collect();
        in_service.len() >= most as usize
    }
}
