//! Reasons: why a contact went to an agent, who would get it now, and why not the others.

use crate::setup::AgentRule;
use domain::{AgentId, ContactId, Instant, OfferId, Proficiency, QueueId, ReasonCode, SkillId};

/// Best candidates kept with a decision.
pub const CANDIDATES: usize = 3;

/// Passed-over agents named with a decision.
pub const PASSED_OVER: usize = 8;

/// Why this contact went to this agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The contact's score.
    pub score: i64,
    /// The ring in force, from 0.
    pub ring: u16,
    /// The rule that chose.
    pub rule: AgentRule,
    /// The best candidates in order of rank, the chosen one first, each with the rule's figure (idle ms, occupancy
    /// 2^20ths, level sum, contacts answered, order, weight).
    pub candidates: [Option<(AgentId, i64)>; CANDIDATES],
    /// Ready agents of the queue who were idle at least as long as the chosen one, and the rule that excluded each;
    /// only with [`crate::Engine::explain_decisions`].
    pub passed_over: Vec<(AgentId, Exclusion)>,
}

/// The rule that keeps an agent from a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// Not a member of the contact's queue.
    NotAMember,
    /// Logged out.
    LoggedOut,
    /// Not ready.
    NotReady(ReasonCode),
    /// The agent's phone, socket or media is unusable.
    Unroutable,
    /// Reserved by this offer.
    Reserved(OfferId),
    /// In wrap-up.
    WrapUp,
    /// Busy: no free unit of the channel, or the work in hand may not be interrupted.
    NoCapacity,
    /// A cool-down runs until then.
    CoolingDown(Instant),
    /// A needed skill is missing or its level too low: the skill, the level held (0: none), the level needed.
    Skill(SkillId, u8, u8),
    /// The agent's delay for this queue ends then.
    MemberDelay(Instant),
    /// The contact waits for its preferred agent until then.
    StickyWindow(Instant),
    /// The queue has as many contacts in service as it may.
    QueueCap,
}

/// What one agent is to one contact at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The agent.
    pub agent: AgentId,
    /// `Ok`: eligible, with the rank among the eligible from 1 and the rule's figure. Else the first rule that
    /// excludes, in the order of [`Exclusion`].
    pub verdict: Result<(u32, i64), Exclusion>,
}

/// Who would get this contact now, and why not the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The contact.
    pub contact: ContactId,
    /// Its queue.
    pub queue: QueueId,
    /// The score now.
    pub score: i64,
    /// Its place in the queue, from 1.
    pub position: u32,
    /// The ring in force, from 0.
    pub ring: u16,
    /// What it needs now.
    pub need: Vec<(SkillId, Proficiency)>,
    /// When the need, the delays or the window next change.
    pub next_change: Option<Instant>,
    /// The rule that would choose.
    pub rule: AgentRule,
    /// Eligible agents by rank, then the excluded members by id, then the excluded others.
    pub agents: Vec<Verdict>,
}
