//! What both sides must agree on whenever they rest.

use super::{Pair, nth};
use crate::model::{Happening, Offered};
use acd::api::{Effect, Fact};
use domain::{ContactId, Counts};

impl Pair {
    /// After an input: the same happened on both sides, and both stand alike.
    pub(super) fn compare(&mut self, effects: &[Effect]) {
        self.model.settle();
        let theirs: Vec<Happening> = effects.iter().filter_map(happening).collect();
        let ours = core::mem::take(&mut self.model.log);
        assert_eq!(theirs, ours, "engine, then model, at {:?}", self.now);
        self.ledger.book(self.now, effects);
        theirs.iter().for_each(|happening| self.note(happening));
        self.ledger.check(&self.engine);
        self.compare_agents();
        self.compare_queues();
        assert_eq!(self.engine.deadline().filter(|(at, _)| *at <= self.now), None, "everything due is done");
    }

    fn compare_agents(&self) {
        for (id, agent) in self.model.agents.iter().filter(|(_, agent)| agent.known) {
            assert_eq!(self.engine.agent_state(*id), Some(agent.state()), "agent {id} at {:?}", self.now);
            let served: Vec<ContactId> = agent.served.iter().map(|s| s.contact).collect();
            assert_eq!(self.engine.in_hand(*id).collect::<Vec<_>>(), served, "in the hand of {id}");
        }
    }

    fn compare_queues(&self) {
        let (queues, _, waiting) = self.engine.floor(self.now);
        assert_eq!(waiting.len(), self.model.line.len(), "nobody in line is lost or doubled");
        for queue in queues.iter().filter(|queue| self.is_known(queue.id)) {
            let Counts { offered, answered, abandoned, flowed_out, .. } = queue.counts;
            assert_eq!(queue.counts, self.model.queues[&queue.id].counts, "{}", queue.id);
            assert_eq!(offered, answered + abandoned + flowed_out + u64::from(queue.waiting), "counters add up");
        }
        for (contact, caller) in &self.model.line {
            assert_eq!(self.engine.queue_of(*contact), Some(caller.queue));
        }
    }

    /// Both sides tell the same of who would get a contact, and why not the others.
    pub(super) fn explain(&mut self, pick: usize) {
        self.fact(Fact::Tick, |_| {});
        let Some(contact) = nth(self.model.line.keys().copied(), pick) else { return };
        let ours = self.model.explain(contact);
        let theirs = self.engine.explain(contact).expect("the contact is in line");
        assert_eq!((theirs.contact, theirs.queue, theirs.score), (contact, ours.queue, ours.score));
        assert_eq!((theirs.position, theirs.ring, theirs.rule), (ours.position, ours.ring, ours.rule));
        assert_eq!(theirs.need, ours.need);
        assert_eq!(theirs.next_change, self.model.next_change(contact));
        let agents: Vec<_> = theirs.agents.iter().map(|verdict| (verdict.agent, verdict.verdict)).collect();
        assert_eq!(agents, ours.agents, "engine, then model, at {:?}", self.now);
        agents.iter().for_each(|(_, verdict)| self.count("explained", verdict));
    }

    fn note(&mut self, happening: &Happening) {
        match happening {
            Happening::Offered(offered) => {
                self.count("offered", &offered.rule);
                offered.passed_over.iter().for_each(|(_, exclusion)| self.count("passed over", exclusion));
            }
            Happening::Ended(_, _, _, result) => self.count("ended", result),
            Happening::WrappedUp(_, _, timed_out) => self.count("wrapped up", timed_out),
            Happening::Exited(_, _, reason) => self.count("left", reason),
            Happening::Overflowed(_, _, _, reason) => self.count("overflowed", reason),
        }
    }

    /// Counts by what it is and the words of the value, without its numbers.
    fn count(&mut self, what: &str, value: &impl core::fmt::Debug) {
        let told = format!("{value:?}");
        let words = told.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
        let words: Vec<&str> = words.take_while(|word| !word.starts_with('s')).take(2).collect();
        *self.seen.entry(format!("{what} {}", words.join(" "))).or_default() += 1;
    }
}

fn happening(effect: &Effect) -> Option<Happening> {
    Some(match effect.clone() {
        Effect::Offer { offer, contact, agent, queue, deadline, why } => {
            let mut passed_over = why.passed_over;
            passed_over.sort_by_key(|(agent, _)| *agent);
            let best = why.candidates.into_iter().flatten().collect();
            let (score, ring, rule) = (why.score, why.ring, why.rule);
            Happening::Offered(Offered { offer, contact, agent, queue, deadline, score, ring, rule, best, passed_over })
        }
        Effect::OfferEnded { offer, contact, agent, result } => Happening::Ended(offer, contact, agent, result),
        Effect::WrapUpEnded { agent, contact, timed_out } => Happening::WrappedUp(agent, contact, timed_out),
        Effect::Exit { contact, queue, reason } => Happening::Exited(contact, queue, reason),
        Effect::Overflowed { contact, from, to, reason } => Happening::Overflowed(contact, from, to, reason),
        Effect::AgentState { .. } => return None,
    })
}
