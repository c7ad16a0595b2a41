//! What is to be simulated, as a planner says it: plain values, unchecked until [`super::Centre::new`].

use super::distribution::Distribution;
use super::treatment::{QueueCallback, QueueLimits, QueueVoicemail};
use acd::api::{AgentRule, ContactRule};

/// A contact centre and how long to watch it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// Length, warm-up, seed, limits.
    pub run: Run,
    /// Who asks.
    pub types: Vec<ContactType>,
    /// Who answers.
    pub groups: Vec<Group>,
    /// Who goes first, to whom, and what an unanswered offer costs.
    pub rules: Rules,
    /// Virtual hold, where callers may keep their place and be called back.
    pub callback: Option<Callback>,
}

/// How long to watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Contacts that arrive in one replication, the warm-up too.
    pub calls: u64,
    /// The first contacts, which are not measured because the centre starts empty.
    pub warmup_calls: u64,
    /// Independent replications.
    pub replications: u32,
    /// What the random streams start from.
    pub seed: u64,
    /// At most so many contacts in the centre, waiting or served; more are blocked. `None`: no limit.
    pub lines: Option<u32>,
    /// Service levels are told for these waits, in seconds.
    pub thresholds_s: Vec<f64>,
    /// An abandon after at most so many seconds is a short one.
    pub short_s: f64,
    /// No arrivals after so many seconds, for runs of a day; `calls` is then a limit.
    pub until_s: Option<f64>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            calls: 200_000,
            warmup_calls: 10_000,
            replications: 10,
            seed: 1,
            lines: None,
            thresholds_s: vec![10.0, 20.0, 30.0, 60.0, 120.0],
            short_s: 5.0,
            until_s: None,
        }
    }
}

/// When contacts of a type arrive.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// A Poisson stream: from each second on, so many a second. Sorted by time; nothing before the first.
    Poisson(Vec<(f64, f64)>),
    /// Those of a contact log, in order of time.
    Logged(Vec<Logged>),
}

/// One contact of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When it arrived, in microseconds after the start.
    pub at_us: u64,
    /// How long it was served, in microseconds. `None`: it was not; drawn among those that were.
    pub service_us: Option<u64>,
    /// After-contact work, in microseconds.
    pub wrap_up_us: u64,
}

/// Skills and the least level of each; 0 drops the skill.
pub type Need = Vec<(String, u8)>;

/// From a moment of the wait on, this is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Widening {
    /// Seconds since the contact asked.
    pub after_s: f64,
    /// What is needed.
    pub need: Need,
}

/// Contacts of one kind: one queue.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactType {
    /// The name.
    pub name: String,
    /// When they arrive.
    pub arrivals: Arrivals,
    /// How long a contact waits before it abandons, in seconds; `None`: for ever.
    pub patience: Option<Distribution>,
    /// Points; one is worth a second of waiting at rate 1.
    pub priority: f64,
    /// Points per second of waiting.
    pub age_per_s: f64,
    /// What is needed of an agent, over time. Empty: nothing.
    pub rings: Vec<Widening>,
    /// Service by groups that do not say otherwise, in seconds.
    pub service: Option<Distribution>,
    /// After-contact work, in seconds; `None`: none.
    pub wrap_up: Option<Distribution>,
    /// Calls back that are contacts of their own; `None`: none are offered.
    pub callback: Option<QueueCallback>,
    /// Messages; `None`: none are taken.
    pub voicemail: Option<QueueVoicemail>,
    /// How many may wait, and how long.
    pub limits: QueueLimits,
}

impl ContactType {
    /// Contacts that do not arrive yet, need nothing and wait for ever.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            arrivals: Arrivals::Poisson(Vec::new()),
            patience: None,
            priority: 0.0,
            age_per_s: 1.0,
            rings: Vec::new(),
            service: None,
            wrap_up: None,
            callback: None,
            voicemail: None,
            limits: QueueLimits::default(),
        }
    }
}

/// Agents who come and go together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// They sign in after so many seconds.
    pub from_s: f64,
    /// They sign out then, after the contact in hand.
    pub to_s: f64,
    /// How many.
    pub agents: u32,
}

/// Identical agents.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The name.
    pub name: String,
    /// Agents who are there all the time.
    pub agents: u32,
    /// More agents by the clock.
    pub shifts: Vec<Shift>,
    /// Skills with levels 1 to 10.
    pub skills: Need,
    /// Service by type where it differs from the type's own, in seconds.
    pub service: Vec<(String, Distribution)>,
    /// By type: helps out only with contacts that have waited so many seconds.
    pub delay_s: Vec<(String, f64)>,
    /// By type: groups of a lower number go before those of a higher one; 1 where nothing is said.
    pub preference: Vec<(String, u8)>,
    /// Seconds that an offer rings before it is answered or declined.
    pub answer_s: f64,
    /// The share of offers that are not answered.
    pub rona: f64,
    /// The share of offers that are declined.
    pub decline: f64,
}

impl Group {
    /// A group without agents that answers at once.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            agents: 0,
            shifts: Vec::new(),
            skills: Vec::new(),
            service: Vec::new(),
            delay_s: Vec::new(),
            preference: Vec::new(),
            answer_s: 0.0,
            rona: 0.0,
            decline: 0.0,
        }
    }
}

/// The rules of the routing engine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rules {
    /// How an agent is chosen.
    pub agent_rule: AgentRule,
    /// Which contact goes first.
    pub contact_rule: ContactRule,
    /// Offers that are not answered at once.
    pub ringing: Ringing,
}

/// What an offer costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ringing {
    /// An unanswered offer ends after so many seconds.
    pub offer_timeout_s: f64,
    /// The agent is then offered nothing for so many seconds.
    pub no_answer_s: f64,
    /// An agent who declined is offered nothing for so many seconds.
    pub declined_s: f64,
}

impl Default for Ringing {
    fn default() -> Self {
        Self { offer_timeout_s: 20.0, no_answer_s: 30.0, declined_s: 30.0 }
    }
}

/// Virtual hold: a caller may hang up, keep the place in line and be called back.
///
/// Offered to a contact that no agent takes at once, when `(contacts waiting before it + 1) × aht_s / agents signed in`
/// is at least `offer_at_s`. Those who accept wait without abandoning and stay on their line's count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Callback {
    /// The forecast wait from which it is offered, in seconds.
    pub offer_at_s: f64,
    /// The share of callers who accept.
    pub accept: f64,
    /// The handling time that the forecast reckons with, in seconds.
    pub aht_s: f64,
    /// Seconds for which the agent is held until the customer answers.
    pub dial_s: f64,
    /// The share of customers who answer.
    pub answer: f64,
    /// Seconds after which the agent gives up where the customer does not answer, from the beginning of the dialling.
    pub no_answer_s: f64,
}
