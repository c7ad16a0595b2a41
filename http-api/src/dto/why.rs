//! Why a contact waits, who would get it now, and why it went where it went.

use super::{ExpectedWait, NamedQueue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An agent with the name.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct NamedAgent {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// A contact's chances and its offers so far.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WhyStory {
    /// The contact.
    pub contact: String,
    /// When this was true.
    pub at: i64,
    /// Its chances; `null` when it is not in line.
    pub waiting: Option<Chances>,
    /// Its offers, in order.
    pub decisions: Vec<PastOffer>,
}

/// The chances of a contact in line.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Chances {
    /// The queue.
    pub queue: NamedQueue,
    /// The place in its queue, from 1.
    pub position: u32,
    /// The score: the contact with the highest goes first.
    pub score: i64,
    /// The ring of its requirement in force, from 0.
    pub ring: u16,
    /// What it needs now.
    pub need: Vec<NeededSkill>,
    /// When ring, member delay or sticky window next change.
    pub next_change_at: Option<i64>,
    /// What it can be told now; `null` while nobody on duty will serve it, or before anything was served.
    pub expected_wait: Option<ExpectedWait>,
    /// What it could be told when it took this place in line.
    pub told_wait: Option<ToldWait>,
    /// The queue's rule: `longest_idle`, `least_occupied`, `best_level`, `fewest_contacts`, `ring_order`,
    /// `weighted_random`, `ring_all`.
    pub rule: String,
    /// Eligible agents by rank, then the queue's other agents, then all others; at most 200.
    pub agents: Vec<AgentVerdict>,
}

/// A forecast at an earlier moment.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ToldWait {
    /// When.
    pub at: i64,
    /// The mean of the time until an agent, from then on.
    pub mean_ms: u64,
    /// Nine waits in ten are at most so long.
    pub p90_ms: u64,
}

/// A skill that is needed.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct NeededSkill {
    /// The skill.
    pub skill: String,
    /// The least level, 1 to 10.
    pub level: u8,
}

/// What one agent is to the contact.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct AgentVerdict {
    /// The agent.
    pub agent: NamedAgent,
    /// May get the contact now.
    pub eligible: bool,
    /// The rank among the eligible, from 1.
    pub rank: Option<u32>,
    /// The rule's figure: milliseconds idle, occupancy in 2^20ths, sum of levels, contacts answered, order or weight.
    pub figure: Option<i64>,
    /// What keeps the agent from the contact.
    pub excluded: Option<Excluded>,
}

/// What keeps an agent from a contact.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Excluded {
    /// `not_a_member`, `logged_out`, `not_ready`, `unroutable`, `reserved`, `wrap_up`, `no_capacity`, `cooling_down`,
    /// `skill`, `member_delay`, `sticky_window`, `queue_cap`.
    pub code: String,
    /// The same in English.
    pub text: String,
    /// The skill that is missing or too low, for `skill`.
    pub skill: Option<String>,
    /// The level held, for `skill`; 0: none.
    pub held: Option<u8>,
    /// The level needed, for `skill`.
    pub needed: Option<u8>,
    /// The reason code, for `not_ready`.
    pub reason: Option<String>,
    /// How long it lasts, for `cooling_down`, `member_delay` and `sticky_window`.
    pub left_ms: Option<u64>,
}

/// An offer of the past.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct PastOffer {
    /// When it was made.
    pub at: i64,
    /// The offer.
    pub offer: String,
    /// To whom.
    pub agent: NamedAgent,
    /// The queue.
    pub queue: NamedQueue,
    /// `answered`, `declined`, `busy`, `no_answer`, `unreachable`, `customer_left`, `withdrawn`; `null` while it rings.
    pub result: Option<String>,
    /// The reasons in one line.
    pub line: String,
    /// The reasons; `null` when an older version made the offer.
    pub why: Option<WhyReasons>,
}

/// Why a contact was offered to an agent.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WhyReasons {
    /// The contact's score.
    pub score: i64,
    /// The ring in force, from 0.
    pub ring: u16,
    /// The queue's rule.
    pub rule: String,
    /// The best candidates, the chosen one first.
    pub candidates: Vec<Candidate>,
    /// Ready agents idle at least as long as the chosen one, and what kept each from the contact.
    pub passed_over: Vec<PassedOver>,
}

/// A candidate.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The agent.
    pub agent: NamedAgent,
    /// The rule's figure.
    pub figure: i64,
}

/// A ready agent who was passed over.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct PassedOver {
    /// The agent.
    pub agent: NamedAgent,
    /// What kept the agent from the contact.
    pub excluded: Excluded,
}
