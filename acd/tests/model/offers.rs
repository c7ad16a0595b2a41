//! Offers: made, answered, failed.

use super::{Caller, Happening, Lease, Model, Offered, Served, Wish, ms};
use acd::api::{AgentRule, Exclusion};
use core::time::Duration;
use domain::{AgentId, AgentState, ContactId, OfferId, OfferResult, QueueId};

impl Model {
    /// Offers a contact to the agents whom the rule chooses from these, the best first.
    pub(super) fn offer(&mut self, contact: ContactId, agents: Vec<(AgentId, i64)>) {
        let caller = self.line[&contact].clone();
        let rule = self.queues[&caller.queue].setup.agent_rule;
        let agents = if rule == AgentRule::WeightedRandom { self.drawn_first(&caller, agents) } else { agents };
        let chosen: Vec<AgentId> = match rule {
            AgentRule::RingAll(most) => {
                let best = self.preference(agents[0].0, &caller);
                let equals = agents.iter().map(|(id, _)| *id).filter(|id| self.preference(*id, &caller) == best);
                equals.take(usize::from(most.max(1))).collect()
            }
            _ => vec![agents[0].0],
        };
        let (score, ring) = (self.score(&caller), self.need(&caller).0);
        let deadline = self.now + self.queues[&caller.queue].setup.offer_timeout;
        let passed_over: Vec<_> = chosen.iter().map(|id| self.passed_over(*id, &caller)).collect();
        for (at, (agent, passed_over)) in chosen.into_iter().zip(passed_over).enumerate() {
            if !self.line.contains_key(&contact) {
                return;
            }
            let offer = OfferId::new(self.next);
            self.next += 1;
            let best = best_three(agent, at, &agents);
            let queue = caller.queue;
            self.log.push(Happening::Offered(Offered {
                offer,
                contact,
                agent,
                queue,
                deadline,
                score,
                ring,
                rule,
                best,
                passed_over,
            }));
            self.line.get_mut(&contact).unwrap().offered.insert(offer);
            self.agents.get_mut(&agent).unwrap().ringing = Some(offer);
            self.leases.insert(offer, Lease { contact, agent, queue, deadline });
            if self.at_once {
                self.end(offer, OfferResult::Answered);
            }
        }
    }

    /// Ready members who were idle at least as long as the chosen agent, and what excluded them.
    fn passed_over(&self, chosen: AgentId, caller: &Caller) -> Vec<(AgentId, Exclusion)> {
        let limit = self.idle_rank(chosen);
        let ready =
            self.agents.iter().filter(|(_, a)| a.state() == AgentState::Ready && a.part(caller.queue).is_some());
        let longer = ready.filter(|(id, _)| {
            let rank = self.idle_rank(**id);
            (rank.0, rank.1) <= (limit.0, limit.1)
        });
        longer.filter_map(|(id, _)| Some((*id, self.exclusion(*id, caller)?))).collect()
    }

    /// Ends an offer; the contact may be out of the line already.
    pub fn end(&mut self, offer: OfferId, result: OfferResult) {
        let Some(lease) = self.leases.remove(&offer) else { return };
        self.log.push(Happening::Ended(offer, lease.contact, lease.agent, result));
        self.agents.get_mut(&lease.agent).unwrap().ringing = None;
        if result == OfferResult::Answered {
            self.answer(offer, &lease);
            return;
        }
        self.penalise(lease.agent, lease.queue, result);
        if let Some(caller) = self.line.get_mut(&lease.contact) {
            caller.offered.remove(&offer);
            self.send_on_if_due(lease.contact);
        }
    }

    fn answer(&mut self, offer: OfferId, lease: &Lease) {
        let caller = self.line.remove(&lease.contact).unwrap();
        let wait = ms(self.now.since(caller.entered));
        let queue = self.queues.get_mut(&lease.queue).unwrap();
        queue.counts.answered += 1;
        queue.counts.wait_answered_ms += wait;
        queue.counts.answered_within += u64::from(wait <= queue.setup.goal.within_ms);
        let agent = self.agents.get_mut(&lease.agent).unwrap();
        agent.answered += 1;
        agent.unanswered = 0;
        agent.assigned = self.now;
        let (contact, channel, queue) = (lease.contact, caller.channel, Some(lease.queue));
        self.take(lease.agent, Served { contact, queue, channel, brought: true, until: None });
        for other in caller.offered.into_iter().filter(|other| *other != offer) {
            self.end(other, OfferResult::Withdrawn);
        }
    }

    fn penalise(&mut self, agent: AgentId, queue: QueueId, result: OfferResult) {
        let rule = self.queues[&queue].setup.cool_downs;
        let agent = self.agents.get_mut(&agent).unwrap();
        let pause = match result {
            OfferResult::Declined => {
                agent.unanswered = 0;
                rule.declined
            }
            OfferResult::Busy => rule.busy,
            OfferResult::Unreachable => rule.unreachable,
            OfferResult::NoAnswer => {
                agent.unanswered += 1;
                if rule.no_answer_limit > 0 && agent.unanswered >= u32::from(rule.no_answer_limit) {
                    agent.wish = if agent.known { Wish::Away("rona".parse().unwrap()) } else { Wish::Out };
                    Duration::ZERO
                } else {
                    rule.no_answer
                }
            }
            _ => Duration::ZERO,
        };
        if pause > Duration::ZERO {
            agent.cool = Some(self.now + pause);
        }
    }
}

/// The three best, the chosen one (at this place in the order) before the others.
fn best_three(chosen: AgentId, at: usize, agents: &[(AgentId, i64)]) -> Vec<(AgentId, i64)> {
    let others = agents.iter().filter(|(id, _)| *id != chosen);
    agents.get(at).into_iter().chain(others).take(3).copied().collect()
}
