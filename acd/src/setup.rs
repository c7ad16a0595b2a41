//! What an engine is built from: queues, agents, rules and limits. A checked configuration makes it.

use core::time::Duration;
use domain::{AgentId, Channel, Priority, Proficiency, QueueId, Requirement, ServiceLevelGoal, SkillId};

/// How a queue chooses among eligible agents (`docs/routing.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum AgentRule {
    /// The agent who has been idle longest.
    #[default]
    LongestIdle,
    /// The agent with the smallest share of busy time; then longest idle.
    LeastOccupied,
    /// The agent with the largest sum of levels over the needed skills; then longest idle.
    BestLevel,
    /// The agent who has answered the fewest offers since the counters began; then longest idle.
    FewestContacts,
    /// The agent of the lowest [`Membership::order`]; then longest idle.
    RingOrder,
    /// One drawn by [`Membership::weight`] among the eligible agents of the best preference.
    WeightedRandom,
    /// So many agents at once, those idle longest; the first to answer wins. 0 counts as 1.
    RingAll(u8),
}

/// Which contact goes first among those with an eligible agent (`docs/routing.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ContactRule {
    /// The highest score.
    #[default]
    Score,
    /// The one in the queue where most contacts wait; then the highest score.
    LongestQueueFirst,
    /// The one whose best eligible agent has the largest sum of levels over the needed skills; then the highest score.
    AgentLevelFirst,
}

/// What an agent does after an offer that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoolDowns {
    /// After the agent declined.
    pub declined: Duration,
    /// After the agent's phone was busy.
    pub busy: Duration,
    /// After the agent's phone could not be reached.
    pub unreachable: Duration,
    /// After no answer that `no_answer_limit` does not turn into `NotReady`.
    pub no_answer: Duration,
    /// So many offers in a row without an answer make the agent `NotReady(rona)`; 0: never. Any answer, decline or
    /// new readiness begins the row anew.
    pub no_answer_limit: u8,
}

/// Where contacts of a full, late, empty or closed queue go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// The queue, entered with age kept and, where the contact brought one, its own requirement.
    pub to: QueueId,
    /// A contact that waited so long in this queue moves on, unless it is being offered. Zero: only by another limit.
    pub after: Duration,
}

/// Limits of a queue. A contact that a limit meets goes to the overflow queue, or leaves the line ([`Effect::Exit`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Limits {
    /// Most contacts in line, those being offered too. A contact above it is turned away on entry.
    pub most_waiting: Option<u32>,
    /// Longest wait in this queue. A contact that is being offered then goes on ringing, and leaves if that fails.
    pub longest_wait: Option<Duration>,
    /// Most contacts offered or served at once over all agents; those in wrap-up do not count. Above it contacts wait.
    pub most_in_service: Option<u32>,
    /// Contacts do not enter, and do not stay, while no member is signed in.
    pub needs_agents: bool,
    /// Where to.
    pub overflow: Option<Overflow>,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSetup {
    /// The id.
    pub id: QueueId,
    /// The name.
    pub name: String,
    /// The goal.
    pub goal: ServiceLevelGoal,
    /// Added to each contact's priority.
    pub base_priority: Priority,
    /// Points that a waiting contact gains per second.
    pub age_per_s: u32,
    /// How an agent is chosen.
    pub agent_rule: AgentRule,
    /// How long an offer rings.
    pub offer_timeout: Duration,
    /// After-contact work: its length; zero: none.
    pub wrap_up: Duration,
    /// What `ExtendWrapUp` adds.
    pub wrap_up_extension: Duration,
    /// After a failed offer.
    pub cool_downs: CoolDowns,
    /// Needed of every contact of this queue, when the flow says nothing else.
    pub requirement: Requirement,
    /// Length, wait and service limits.
    pub limits: Limits,
}

impl QueueSetup {
    /// A queue with the defaults of the configuration: longest idle, offers of 20 s, no wrap-up, no cool-downs, RONA at
    /// the first unanswered offer, no limits.
    #[must_use]
    pub fn new(id: QueueId) -> Self {
        Self {
            id,
            name: id.to_string(),
            goal: ServiceLevelGoal { share_percent: 80, within_ms: 20_000, short_abandon_ms: 5_000 },
            base_priority: Priority::default(),
            age_per_s: 1,
            agent_rule: AgentRule::default(),
            offer_timeout: Duration::from_secs(20),
            wrap_up: Duration::ZERO,
            wrap_up_extension: Duration::ZERO,
            cool_downs: CoolDowns {
                declined: Duration::ZERO,
                busy: Duration::ZERO,
                unreachable: Duration::ZERO,
                no_answer: Duration::ZERO,
                no_answer_limit: 1,
            },
            requirement: Requirement::default(),
            limits: Limits::default(),
        }
    }
}

/// An agent's part in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The queue.
    pub queue: QueueId,
    /// The agent is eligible only for contacts of at least this age.
    pub delay: Duration,
    /// Agents of a lower number go before those of a higher one, whatever the agent rule says.
    pub preference: u8,
    /// The place in the ring order, lowest first.
    pub order: u16,
    /// The weight of the weighted draw; 0 counts as 1.
    pub weight: u16,
}

impl From<QueueId> for Membership {
    /// A plain member: no delay, preference 1, order 0, weight 1.
    fn from(queue: QueueId) -> Self {
        Self { queue, delay: Duration::ZERO, preference: 1, order: 0, weight: 1 }
    }
}

/// A contact of one channel may be offered to an agent who serves contacts of another, although voice is exclusive.
/// It needs a free unit of its own channel all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interrupt {
    /// The channel of the contact that is offered.
    pub by: Channel,
    /// The channel of what the agent has in hand. Work in wrap-up is never interrupted.
    pub over: Channel,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSetup {
    /// The id.
    pub id: AgentId,
    /// The name.
    pub name: String,
    /// Skills with levels.
    pub skills: Vec<(SkillId, Proficiency)>,
    /// Queues served, each once.
    pub queues: Vec<Membership>,
    /// Contacts of each channel at once; voice is exclusive. A channel not named: none; nothing named: one voice
    /// contact. Callbacks are calls: where they are not named, voice's figure holds.
    pub capacity: Vec<(Channel, u8)>,
}

/// What an engine is built from. A checked configuration makes it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Setup {
    /// Queues.
    pub queues: Vec<QueueSetup>,
    /// Agents.
    pub agents: Vec<AgentSetup>,
    /// Sticky window: only the preferred agent for so long (`docs/routing.md` 2.3); zero: no stickiness.
    pub sticky: Duration,
    /// Which contact goes first.
    pub contact_rule: ContactRule,
    /// What may be offered over what.
    pub interrupts: Vec<Interrupt>,
    /// Seed of the generator for weighted draws.
    pub seed: u64,
}
