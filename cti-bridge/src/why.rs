//! Reasons of routing as messages.

use crate::convert::{Converter, epoch_ms, expected_wait, result_word};
use crate::schema::{
    AgentCard, AgentVerdict, Candidate, Chances, Excluded, NeededSkill, PassedOver, PastOffer, Reasons, ToldWait,
    WhyStory,
};
use domain::{AgentId, Decision, Exclusion, Explanation, PastDecision, Verdict};

/// Agents told of one contact.
const AGENTS_TOLD: usize = 200;

impl Converter<'_> {
    pub(crate) fn why(&self, story: &domain::WhyStory) -> WhyStory {
        WhyStory {
            contact: story.contact.to_string(),
            at: epoch_ms(story.at),
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
            queue: self.queue(told.queue),
            position: told.position,
            score: told.score,
            ring: told.ring,
            need: told.need.iter().map(need).collect(),
            next_change_at: told.next_change.map(|at| self.ms(at)),
            expected_wait: told.expected.map(expected_wait),
            told_wait: told.told.map(|(at, told)| ToldWait {
                at: self.ms(at),
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
            at: epoch_ms(past.at),
            offer: past.offer.to_string(),
            agent: self.agent(past.agent),
            queue: self.queue(past.queue),
            result: past.result.map(result_word),
            line: past.line.clone(),
            why: past.decision.as_ref().map(|decision| self.reasons(decision)),
        }
    }

    fn reasons(&self, decision: &Decision) -> Reasons {
        let candidate = |(agent, figure): &(AgentId, i64)| Candidate { agent: self.agent(*agent), figure: *figure };
        let passed =
            |(agent, why): &(AgentId, Exclusion)| PassedOver { agent: self.agent(*agent), excluded: excluded(*why) };
        Reasons {
            score: decision.score,
            ring: decision.ring,
            rule: decision.rule.as_str().to_owned(),
            candidates: decision.candidates.iter().map(candidate).collect(),
            passed_over: decision.passed_over.iter().map(passed).collect(),
        }
    }

    pub(crate) fn agent(&self, id: AgentId) -> AgentCard {
        AgentCard { id: id.to_string(), name: self.names.agents.get(&id).cloned().unwrap_or_else(|| id.to_string()) }
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
