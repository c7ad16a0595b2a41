//! An independent simulator of decision traces: who must get whom, found by looking at everybody before each decision,
//! in plain numbers and without the routing engine; and random traces to try both on.

mod floor;
mod generate;
mod settings;

pub use floor::Floor;
pub use generate::generate;

use domain::Channel;

/// Skills that a trace may name, from 0.
pub const SKILLS: usize = 8;

/// How an agent is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing in hand for the longest time.
    LongestIdle,
    /// The smallest share of busy time.
    LeastOccupied,
    /// The largest sum of levels over the needed skills.
    BestLevel,
}

/// From a time on, these least levels of these skills; a level of 0 needs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Milliseconds after the arrival.
    pub after_ms: u64,
    /// Skills with levels.
    pub need: Vec<(usize, u8)>,
}

/// A contact that asks for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The contact.
    pub id: u64,
    /// The channel.
    pub channel: Channel,
    /// Points.
    pub priority: i64,
    /// Points per second.
    pub age_per_s: i64,
    /// What is needed, in order of time; the first step holds from the arrival.
    pub steps: Vec<Step>,
    /// The preferred agent.
    pub sticky: Option<u64>,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// The agent.
    pub id: u64,
    /// The level of each skill, 0 for none.
    pub levels: [u8; SKILLS],
    /// Contacts of each channel at once, in the order of [`Channel::ALL`].
    pub capacity: [u8; 7],
}

/// A line of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The rule, and the sticky window in milliseconds.
    Config(Rule, u64),
    /// An agent appears, away.
    Agent(Worker),
    /// The agent takes new work.
    Ready(u64),
    /// The agent takes no new work.
    Away(u64),
    /// A contact asks.
    Contact(Customer),
    /// The contact gives up, if it waits.
    Abandon(u64),
    /// The contact's service ends, if it is served.
    Finish(u64),
    /// Time passes.
    Tick,
}

/// A contact goes to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Milliseconds since the start of the trace.
    pub at_ms: u64,
    /// The contact.
    pub contact: u64,
    /// The agent.
    pub agent: u64,
}

/// Every assignment of a trace, in the order in which they must be made.
#[must_use]
pub fn assignments(trace: &[(u64, Event)]) -> Vec<Assignment> {
    let mut floor = Floor::default();
    trace.iter().flat_map(|(at_ms, event)| floor.step(*at_ms, event)).collect()
}
