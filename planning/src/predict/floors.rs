//! Floors on which predictors are compared.

use super::{Kindred, World};

/// Contacts from which predictors learn before their quotes count.
const LEARNING: u32 = 20_000;

/// Kinds of the shared floor, and agents who prefer each of them.
const KINDS: usize = 6;
const PREFERRING: usize = 15;

impl World {
    /// One pool: agents who take everything, calls of 180 s, this load for each agent, callers with this mean patience.
    #[must_use]
    pub fn one_pool(agents: usize, load: f64, patience_s: f64) -> Self {
        let handle_s = 180.0;
        let kindred = Kindred {
            rate_per_s: load * agents as f64 / handle_s,
            handle_s,
            handle_cv: 1.0,
            patience_s: Some(patience_s),
            priority: 0,
        };
        Self { kinds: vec![kindred], agents: vec![vec![0]; agents], ..Self::empty() }
    }

    /// Six kinds of calls of 600 s and 90 agents with so many skills each (1 to 3), spread evenly, after Wallace and
    /// Whitt (2005); this load for each agent, callers with this mean patience.
    #[must_use]
    pub fn six_kinds(skills: usize, load: f64, patience_s: Option<f64>) -> Self {
        let (handle_s, agents) = (600.0, KINDS * PREFERRING);
        let kindred = Kindred {
            rate_per_s: load * agents as f64 / handle_s / KINDS as f64,
            handle_s,
            handle_cv: 1.0,
            patience_s,
            priority: 0,
        };
        let agents = (0..agents).map(|agent| skills_of(agent, skills)).collect();
        Self { kinds: vec![kindred; KINDS], agents, ..Self::empty() }
    }

    fn empty() -> Self {
        Self { kinds: Vec::new(), agents: Vec::new(), lines: None, contacts: 120_000, learning: LEARNING, seed: 1 }
    }
}

/// The preferred kind, then others in turn so that every pair is equally frequent.
fn skills_of(agent: usize, count: usize) -> Vec<u16> {
    let (first, place) = (agent / PREFERRING, agent % PREFERRING);
    let second = (first + 1 + place % (KINDS - 1)) % KINDS;
    let rest: Vec<usize> = (0..KINDS).filter(|kind| *kind != first && *kind != second).collect();
    let third = rest[(place / (KINDS - 1) + place) % rest.len()];
    [first, second, third].into_iter().take(count).map(|kind| kind as u16).collect()
}
