//! Predictors of the wait, beside each other on one floor.
//!
//! What is known of them stands in the literature: Ibrahim and Whitt 2009 (queue length and delay history), Whitt 1999
//! (queue length with abandonment), Thiongane, Chan and L'Ecuyer 2015 (learned tables).

mod floors;
mod known;
mod ours;
mod table;
mod world;

pub use known::{Average, Centre, CommonAgents, Constant, Head, LastServed, QueueLength};
pub use ours::Ours;
pub use table::Table;
pub use world::{Kindred, Score, World, measure};

use acd::forecast::{Kind, Rank};
use domain::{AgentId, ContactId, Instant};

/// What happens on the floor, as the predictors see it.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The contact was taken by an agent, perhaps at once.
    Answered {
        /// The contact.
        contact: ContactId,
        /// Its kind.
        kind: Kind,
        /// Who took it.
        agent: AgentId,
        /// How long it waited, in seconds.
        wait_s: f64,
    },
    /// The contact gave up.
    Abandoned(ContactId),
    /// The agent is done with the contact.
    Finished {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentId,
        /// Handling time in seconds.
        handled_s: f64,
    },
    /// The agent found nobody to take.
    Idle(AgentId),
    /// The contact's offered wait is known: it was taken, or its ghost would have been.
    Known {
        /// The contact.
        contact: ContactId,
        /// In seconds.
        wait_s: f64,
    },
}

/// A contact that has to wait, and the floor that it sees.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// The contact.
    pub contact: ContactId,
    /// Its kind.
    pub kind: Kind,
    /// Its standing.
    pub rank: Rank,
    /// Contacts waiting, by kind, without this one.
    pub waiting: &'a [u32],
    /// How long the one at the head of each kind has waited, in seconds.
    pub head_s: &'a [Option<f64>],
    /// Kinds that each agent takes.
    pub able: &'a [Vec<Kind>],
}

impl Scene<'_> {
    /// Waiting contacts of its kind.
    #[must_use]
    pub fn own(&self) -> f64 {
        f64::from(self.waiting[usize::from(self.kind.0)])
    }

    /// Waiting contacts of all kinds.
    #[must_use]
    pub fn all(&self) -> f64 {
        f64::from(self.waiting.iter().sum::<u32>())
    }

    /// How long the head of its kind has waited; 0 when there is none.
    #[must_use]
    pub fn head(&self) -> f64 {
        self.head_s[usize::from(self.kind.0)].unwrap_or(0.0)
    }

    /// Agents who take its kind.
    #[must_use]
    pub fn servers(&self) -> f64 {
        self.able.iter().filter(|kinds| kinds.contains(&self.kind)).count() as f64
    }
}

/// A quote, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    /// The mean.
    pub mean_s: f64,
    /// The 90th percentile, by predictors that have one.
    pub p90_s: Option<f64>,
}

/// A predictor of waits.
pub trait Predictor {
    /// What it is called.
    fn name(&self) -> String;

    /// Takes note of what happens.
    fn note(&mut self, now: Instant, seen: &Seen);

    /// The wait that it quotes.
    fn quote(&mut self, now: Instant, scene: &Scene<'_>) -> Quote;
}
