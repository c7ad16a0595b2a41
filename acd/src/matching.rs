//! Matching: the contact that goes first among those with an eligible agent, to the best agents by the queue's rule,
//! until none is left.
//!
//! When the engine rests no eligible pair exists, so a new pair has an agent whose availability changed, or a
//! contact that entered a class since, or a queue below its cap again. Only those are looked at.

use crate::api::{AgentRule, CANDIDATES, ContactRule, Effect, Why};
use crate::choice::{Best, equals};
use crate::class::millis;
use crate::engine::Engine;
use crate::ranks::{Rank, agent_of};

/// More newly available agents than this are put among the idle at once, and their classes are compared instead.
const DIRTY_MAX: usize = 8;

/// Matching without an offer would go on for ever, which is worse than a restart.
const SERVED: &str = "a class is matched only if a contact waits in it and an available agent serves it";

/// The class whose first contact goes before those seen so far.
#[derive(Clone, Copy, Debug)]
struct Lead {
    /// What the contact rule puts before the score.
    before: i64,
    score: i64,
    class: u32,
}

impl Engine {
    /// Makes offers until no eligible pair is left.
    pub(crate) fn match_all(&mut self, effects: &mut Vec<Effect>) {
        if self.pending.dirty.len() > DIRTY_MAX {
            self.list_many();
        }
        while let Some(class) = self.first_class() {
            self.decide(class, effects);
        }
        while let Some(class) = self.pending.fresh.pop() {
            self.classes.class_mut(class).fresh = false;
        }
        self.list_dirty();
    }

    /// Lists everybody who became available, and lets the classes compete that they can serve.
    fn list_many(&mut self) {
        for at in 0..self.pending.dirty.len() {
            let number = self.pending.dirty[at];
            for place in 0..self.agent(number).index.places.len() {
                let class = self.agent(number).index.places[place].class;
                if self.classes.is_waiting(class) {
                    self.note_fresh(class);
                }
            }
        }
        self.list_dirty();
    }

    /// The class of the contact that goes first among those with an eligible agent.
    fn first_class(&mut self) -> Option<u32> {
        let mut lead = None;
        let is_plain = self.rules.contact_rule == ContactRule::Score && !self.rules.has_caps;
        let now_ms = millis(self.now);
        for number in &self.pending.dirty {
            let available = self.standing[*number as usize].available;
            if available == 0 {
                continue;
            }
            let bits = &self.agents[*number as usize].index.bits;
            if is_plain {
                let class = self.classes.best_of(bits, available, now_ms);
                lead = class.map_or(lead, |class| self.further(lead, class, now_ms));
                continue;
            }
            for class in self.classes.waiting_of(bits, available) {
                lead = self.further(lead, class, now_ms);
            }
        }
        for at in 0..self.pending.fresh.len() {
            let class = self.pending.fresh[at];
            if self.classes.is_waiting(class) && self.has_idle(class) {
                lead = self.further(lead, class, now_ms);
            }
        }
        lead.map(|lead| lead.class)
    }

    /// This class, if its first contact goes before the lead so far and its queue is not at its cap.
    #[inline]
    fn further(&self, lead: Option<Lead>, class: u32, now_ms: i64) -> Option<Lead> {
        let head = self.classes.head(class);
        if self.rules.has_caps && self.queue(head.queue).is_capped() {
            return lead;
        }
        let before = match self.rules.contact_rule {
            ContactRule::Score => 0,
            ContactRule::LongestQueueFirst => i64::from(self.queue(head.queue).index.unoffered),
            ContactRule::AgentLevelFirst => self.best_sum(class),
        };
        let new = Lead { before, score: head.score(now_ms), class };
        let Some(old) = lead else { return Some(new) };
        let (ours, theirs) = ((new.before, new.score), (old.before, old.score));
        let goes_first = ours > theirs || (ours == theirs && self.classes.is_older(class, old.class));
        if goes_first { Some(new) } else { lead }
    }

    /// The largest sum of levels over the needed skills among the agents who can be offered a contact of the class.
    fn best_sum(&self, class: u32) -> i64 {
        let sum = |rank: Rank| self.agent(agent_of(rank)).index.place(class).map_or(0, |place| place.sum.into());
        self.all_ranks(class).map(sum).max().unwrap_or(0)
    }

    /// Offers the first contact of a class to its best agents.
    fn decide(&mut self, class: u32, effects: &mut Vec<Effect>) {
        let (_, slot) = self.classes.first(class).expect(SERVED);
        let queue = self.classes.head(class).queue;
        let rule = self.queue(queue).setup.agent_rule;
        if let (AgentRule::RingAll(most), false) = (rule, self.rules.at_once) {
            return self.ring_all(class, slot, most.max(1).into(), effects);
        }
        let best = self.choose(class, rule);
        let agent = agent_of(best[0].expect(SERVED));
        let why = self.why(class, slot, rule, &best);
        if self.rules.at_once {
            self.assign(slot, agent, why, effects);
        } else {
            self.make_offer(slot, agent, why, effects);
        }
    }

    /// Offers a contact to the first so many of the best preference.
    fn ring_all(&mut self, class: u32, slot: u32, most: usize, effects: &mut Vec<Effect>) {
        let rule = AgentRule::RingAll(u8::try_from(most).unwrap_or(u8::MAX));
        let mut ranks = self.ranks_in_order(class);
        let chosen = &equals(&ranks)[..equals(&ranks).len().min(most)];
        assert!(!chosen.is_empty(), "{SERVED}");
        let reasons: Vec<(u32, Why)> = chosen
            .iter()
            .map(|chosen| {
                let others = ranks.iter().copied().filter(|rank| rank != chosen);
                let mut best = [Some(*chosen), None, None];
                best[1..].iter_mut().zip(others).for_each(|(place, rank)| *place = Some(rank));
                (agent_of(*chosen), self.why(class, slot, rule, &best))
            })
            .collect();
        ranks.clear();
        self.pending.ranks = ranks;
        for (agent, why) in reasons {
            self.make_offer(slot, agent, why, effects);
        }
    }

    /// The decision in figures.
    #[inline]
    fn why(&self, class: u32, slot: u32, rule: AgentRule, best: &Best) -> Why {
        let mut candidates = [None; CANDIDATES];
        let best = if self.rules.quiet { &[None; CANDIDATES] } else { best };
        for (told, rank) in candidates.iter_mut().zip(best.iter().flatten()) {
            *told = Some((self.agent(agent_of(*rank)).setup.id, self.told_figure(class, rule, *rank)));
        }
        let passed_over = match best[0].filter(|_| self.rules.explains) {
            Some(chosen) => self.passed_over(slot, agent_of(chosen)),
            None => Vec::new(),
        };
        let (score, ring) = (self.classes.head(class).score(millis(self.now)), self.contacts[slot].ring);
        Why { score, ring, rule: self.queue(self.classes.head(class).queue).setup.agent_rule, candidates, passed_over }
    }
}
