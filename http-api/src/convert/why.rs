//! Reasons of routing as JSON bodies.

use super::{expected_wait, named_queue};
use crate::dto::{
    AgentVerdict, Candidate, Chances, Excluded, NamedAgent, NeededSkill, PassedOver, PastOffer, ToldWait, WhyReasons,
    WhyStory,
};
use crate::state::{Clock, wall_ms};
use domain::{AgentId, Decision, Exclusion, Explanation, FloorView, OfferResult, PastDecision, Verdict};

/// Agents told of one contact.
const AGENTS_TOLD: usize = 200;

/// The floor, for the names, and the clock.
pub(crate) struct Words<'a> {
    pub(crate) floor: &'a FloorView,
    pub(crate) clock: Clock,
}

impl Words<'_> {
    pub(crate) fn why(&self, story: &domain::WhyStory) -> WhyStory {
        WhyStory {
            contact: story.contact.to_string(),
            at: wall_ms(story.at),
            waiting: story.waiting.as_ref().map(|told| self.chances(told)),
            decisions: story.decisions.iter().map(|past| self.past_offer(past)).collect(),
        }
    }

    fn chances(&self, told: &Explanation) -> Chances {
        let need = |(skill, level): &(domain::SkillId, domain::Proficiency)| NeededSkill {
            skill: skill.to_string(),
            level: level.level(),
        };
        Chances {
            queue: named_queue(told.queue, self.floor),
            position: told.position,
            score: told.score,
            ring: told.ring,
            need: told.need.iter().map(need).collect(),
            next_change_at: told.next_change.map(|at| self.clock.wall_ms(at)),
            expected_wait: told.expected.map(expected_wait),
            told_wait: told.told.map(|(at, told)| ToldWait {
                at: self.clock.wall_ms(at),
                mean_ms: told.mean_ms,
                p90_ms: told.p90_ms,
            }),
            rule: told.rule.as_str().to_owned(),
            agents: told.agents.iter().take(AGENTS_TOLD).map(|of| self.verdict(of)).collect(),
        }
    }

    fn verdict(&self, of: &Verdict) -> AgentVerdict {
        let eligible = of.verdict.ok();
        AgentVerdict {
            agent: self.agent(of.agent),
            eligible: eligible.is_some(),
            rank: eligible.map(|(rank, _)| rank),
            figure: eligible.map(|(_, figure)| figure),
            excluded: of.verdict.err().map(excluded),
        }
    }

    fn past_offer(&self, past: &PastDecision) -> PastOffer {
        PastOffer {
            at: wall_ms(past.at),
            offer: past.offer.to_string(),
            agent: self.agent(past.agent),
            queue: named_queue(past.queue, self.floor),
            result: past.result.map(|result: OfferResult| result.as_str().to_owned()),
            line: past.line.clone(),
            why: past.decision.as_ref().map(|decision| self.reasons(decision)),
        }
    }

    fn reasons(&self, decision: &Decision) -> WhyReasons {
        let candidate = |(agent, figure): &(AgentId, i64)| Candidate { agent: self.agent(*agent), figure: *figure };
        let passed =
            |(agent, why): &(AgentId, Exclusion)| PassedOver { agent: self.agent(*agent), excluded: excluded(*why) };
        WhyReasons {
            score: decision.score,
            ring: decision.ring,
            rule: decision.rule.as_str().to_owned(),
            candidates: decision.candidates.iter().map(candidate).collect(),
            passed_over: decision.passed_over.iter().map(passed).collect(),
        }
    }

    fn agent(&self, id: AgentId) -> NamedAgent {
        let known = self.floor.agents.iter().find(|agent| agent.id == id);
        let name = known.map_or_else(|| id.to_string(), |agent| agent.name.clone());
        NamedAgent { id: id.to_string(), name }
    }
}

fn excluded(why: Exclusion) -> Excluded {
    let (skill, held, needed) = match why {
        Exclusion::Skill { skill, held, needed } => (Some(skill.to_string()), Some(held), Some(needed)),
        _ => (None, None, None),
    };
    let reason = if let Exclusion::NotReady(reason) = why { Some(reason.to_string()) } else { None };
    Excluded {
        code: why.as_str().to_owned(),
        text: why.to_string(),
        skill,
        held,
        needed,
        reason,
        left_ms: why.left_ms(),
    }
}
