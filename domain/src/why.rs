//! Reasons of routing as people read them: why a contact was offered to an agent, who would get it now, and why not
//! the others.

use crate::{
    AgentId, ContactId, ExpectedWait, Instant, OfferId, OfferResult, Proficiency, QueueId, ReasonCode, SkillId,
    WallTime,
};
use core::fmt;

/// The rule by which a queue chose among eligible agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoutingRule {
    /// Idle longest.
    LongestIdle,
    /// The smallest share of busy time.
    LeastOccupied,
    /// The largest sum of levels.
    BestLevel,
    /// The fewest contacts answered.
    FewestContacts,
    /// The order of the queue's members.
    RingOrder,
    /// A draw by weight.
    WeightedRandom,
    /// Several at once.
    RingAll,
}

impl RoutingRule {
    /// Every rule.
    pub const ALL: [Self; 7] = [
        Self::LongestIdle,
        Self::LeastOccupied,
        Self::BestLevel,
        Self::FewestContacts,
        Self::RingOrder,
        Self::WeightedRandom,
        Self::RingAll,
    ];

    /// The word in configurations and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LongestIdle => "longest_idle",
            Self::LeastOccupied => "least_occupied",
            Self::BestLevel => "best_level",
            Self::FewestContacts => "fewest_contacts",
            Self::RingOrder => "ring_order",
            Self::WeightedRandom => "weighted_random",
            Self::RingAll => "ring_all",
        }
    }

    /// What its figure counts, for a line of text.
    const fn unit(self) -> &'static str {
        match self {
            Self::LongestIdle | Self::RingAll => " ms idle",
            Self::LeastOccupied => "/1048576 occupied",
            Self::BestLevel => " level",
            Self::FewestContacts => " answered",
            Self::RingOrder => ". in order",
            Self::WeightedRandom => " weight",
        }
    }
}

/// What keeps an agent from a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// Not a member of the contact's queue.
    NotAMember,
    /// Not signed in.
    LoggedOut,
    /// Not ready, for this reason.
    NotReady(ReasonCode),
    /// The phone, the console or the audio is not usable.
    Unroutable,
    /// Held for this offer.
    Reserved(OfferId),
    /// In after-contact work.
    WrapUp,
    /// Busy with work that leaves no room.
    NoCapacity,
    /// Cooling down after a failed offer.
    CoolingDown {
        /// For so many milliseconds more.
        left_ms: u64,
    },
    /// A needed skill is missing or its level too low.
    Skill {
        /// The skill.
        skill: SkillId,
        /// The level held; 0: none.
        held: u8,
        /// The level needed.
        needed: u8,
    },
    /// Helps this queue out only with contacts of a greater age.
    MemberDelay {
        /// In so many milliseconds.
        left_ms: u64,
    },
    /// The contact waits for its preferred agent.
    StickyWindow {
        /// For so many milliseconds more.
        left_ms: u64,
    },
    /// The queue has as many contacts in service as it may.
    QueueCap,
}

impl Exclusion {
    /// The word in APIs and in stored events.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotAMember => "not_a_member",
            Self::LoggedOut => "logged_out",
            Self::NotReady(_) => "not_ready",
            Self::Unroutable => "unroutable",
            Self::Reserved(_) => "reserved",
            Self::WrapUp => "wrap_up",
            Self::NoCapacity => "no_capacity",
            Self::CoolingDown { .. } => "cooling_down",
            Self::Skill { .. } => "skill",
            Self::MemberDelay { .. } => "member_delay",
            Self::StickyWindow { .. } => "sticky_window",
            Self::QueueCap => "queue_cap",
        }
    }

    /// The milliseconds after which it ends by itself, where it does.
    #[must_use]
    pub const fn left_ms(&self) -> Option<u64> {
        match self {
            Self::CoolingDown { left_ms } | Self::MemberDelay { left_ms } | Self::StickyWindow { left_ms } => {
                Some(*left_ms)
            }
            _ => None,
        }
    }
}

/// Whole seconds, a part of one counting as one.
const fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1_000)
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAMember => f.write_str("not a member of the queue"),
            Self::LoggedOut => f.write_str("not signed in"),
            Self::NotReady(reason) => write!(f, "not ready: {reason}"),
            Self::Unroutable => f.write_str("phone, console or audio not usable"),
            Self::Reserved(_) => f.write_str("is being rung for another contact"),
            Self::WrapUp => f.write_str("in after-contact work"),
            Self::NoCapacity => f.write_str("busy"),
            Self::CoolingDown { left_ms } => write!(f, "cooling down for another {} s", seconds(*left_ms)),
            Self::Skill { skill, held: 0, needed } => write!(f, "lacks {skill}, level {needed} needed"),
            Self::Skill { skill, held, needed } => write!(f, "{skill} at level {held}, {needed} needed"),
            Self::MemberDelay { left_ms } => write!(f, "helps out in {} s", seconds(*left_ms)),
            Self::StickyWindow { left_ms } => {
                write!(f, "the contact waits for its preferred agent for another {} s", seconds(*left_ms))
            }
            Self::QueueCap => f.write_str("the queue serves as many contacts as it may"),
        }
    }
}

/// Why a contact was offered to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The contact's score.
    pub score: i64,
    /// The ring of the requirement in force, from 0.
    pub ring: u16,
    /// The rule that chose.
    pub rule: RoutingRule,
    /// The best candidates with the rule's figures, the chosen one first.
    pub candidates: Vec<(AgentId, i64)>,
    /// Ready agents idle at least as long as the chosen one, and what kept each from the contact.
    pub passed_over: Vec<(AgentId, Exclusion)>,
}

impl fmt::Display for Decision {
    /// One line for a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; score {}; ring {}", self.rule.as_str().replace('_', " "), self.score, self.ring)?;
        for (n, (agent, figure)) in self.candidates.iter().enumerate() {
            write!(f, "{} {agent} {figure}{}", if n == 0 { ";" } else { "," }, self.rule.unit())?;
        }
        Ok(())
    }
}

/// What one agent is to a waiting contact at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The agent.
    pub agent: AgentId,
    /// `Ok`: eligible, with the rank from 1 and the rule's figure. Otherwise what keeps the agent away.
    pub verdict: Result<(u32, i64), Exclusion>,
}

/// Who would get a waiting contact at this moment, and why not the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The moment.
    pub at: Instant,
    /// The contact.
    pub contact: ContactId,
    /// Its queue.
    pub queue: QueueId,
    /// Its score.
    pub score: i64,
    /// Its place in the queue, from 1.
    pub position: u32,
    /// The ring of the requirement in force, from 0.
    pub ring: u16,
    /// What it needs.
    pub need: Vec<(SkillId, Proficiency)>,
    /// When need, delays or sticky window next change.
    pub next_change: Option<Instant>,
    /// What it can be told now; `None` while nobody on duty will serve it, or before anything was served.
    pub expected: Option<ExpectedWait>,
    /// When its place was told first, and what it could be told then.
    pub told: Option<(Instant, ExpectedWait)>,
    /// The rule that would choose.
    pub rule: RoutingRule,
    /// Eligible agents by rank, then the excluded.
    pub agents: Vec<Verdict>,
}

/// An offer of the past with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastDecision {
    /// When it was made.
    pub at: WallTime,
    /// The offer.
    pub offer: OfferId,
    /// To whom.
    pub agent: AgentId,
    /// The queue.
    pub queue: QueueId,
    /// How it ended; `None`: it rings.
    pub result: Option<OfferResult>,
    /// The reasons in one line.
    pub line: String,
    /// The reasons, unless an older version wrote the event.
    pub decision: Option<Decision>,
}

/// Why a contact waits, and why it went where it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyStory {
    /// The contact.
    pub contact: ContactId,
    /// When this was true.
    pub at: WallTime,
    /// Its chances now; `None`: it is not in line.
    pub waiting: Option<Explanation>,
    /// Its offers so far, in order.
    pub decisions: Vec<PastDecision>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_reads_as_one_line() {
        let agent = |id: &str| id.parse().unwrap();
        let decision = Decision {
            score: 63_500,
            ring: 1,
            rule: RoutingRule::LongestIdle,
            candidates: vec![(agent("ana.ruiz"), 51_230), (agent("li.wei"), 31_000)],
            passed_over: Vec::new(),
        };
        let line = "longest idle; score 63500; ring 1; ana.ruiz 51230 ms idle, li.wei 31000 ms idle";
        assert_eq!(decision.to_string(), line);
    }

    #[test]
    fn exclusions_are_told_in_words() {
        let skill = "billing".parse().unwrap();
        assert_eq!(Exclusion::Skill { skill, held: 0, needed: 5 }.to_string(), "lacks billing, level 5 needed");
        assert_eq!(Exclusion::Skill { skill, held: 2, needed: 5 }.to_string(), "billing at level 2, 5 needed");
        assert_eq!(Exclusion::CoolingDown { left_ms: 7_001 }.to_string(), "cooling down for another 8 s");
        assert_eq!(Exclusion::CoolingDown { left_ms: 7_001 }.left_ms(), Some(7_001));
        assert_eq!(Exclusion::WrapUp.left_ms(), None);
    }
}
