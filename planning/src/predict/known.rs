//! The predictors of the literature and of other products.

use super::{Predictor, Quote, Scene, Seen};
use acd::forecast::Kind;
use domain::Instant;
use std::collections::{BTreeMap, VecDeque};

const fn plain(mean_s: f64) -> Quote {
    Quote { mean_s, p90_s: None }
}

/// The mean of the offered waits so far, whatever the floor looks like.
#[derive(Clone, Debug, Default)]
pub struct Constant {
    sum: f64,
    count: f64,
}

impl Predictor for Constant {
    fn name(&self) -> String {
        "constant".into()
    }

    fn note(&mut self, _: Instant, seen: &Seen) {
        if let Seen::Known { wait_s, .. } = seen {
            self.sum += wait_s;
            self.count += 1.0;
        }
    }

    fn quote(&mut self, _: Instant, _: &Scene<'_>) -> Quote {
        plain(self.sum / self.count.max(1.0))
    }
}

/// QL and QLM: the contacts ahead in the own queue over the pace of all agents who take its kind, with or without those
/// who give up. It is told the true mean handling time and patience.
#[derive(Clone, Debug)]
pub struct QueueLength {
    /// Mean handling time in seconds.
    pub handle_s: f64,
    /// Mean patience in seconds; `None`: it does not reckon with abandonment (QL).
    pub patience_s: Option<f64>,
}

impl Predictor for QueueLength {
    fn name(&self) -> String {
        if self.patience_s.is_some() { "QLM" } else { "QL" }.into()
    }

    fn note(&mut self, _: Instant, _: &Seen) {}

    fn quote(&mut self, _: Instant, scene: &Scene<'_>) -> Quote {
        let (pace, leave) = (scene.servers() / self.handle_s, self.patience_s.map_or(0.0, |patience| 1.0 / patience));
        plain((0..=scene.own() as u32).map(|ahead| 1.0 / (pace + f64::from(ahead) * leave)).sum())
    }
}

/// QPOOL: the whole centre as one pool, with the true mean handling time and patience.
#[derive(Clone, Debug)]
pub struct Centre {
    /// Mean handling time in seconds.
    pub handle_s: f64,
    /// Mean patience in seconds.
    pub patience_s: Option<f64>,
}

impl Predictor for Centre {
    fn name(&self) -> String {
        "QPOOL".into()
    }

    fn note(&mut self, _: Instant, _: &Seen) {}

    fn quote(&mut self, _: Instant, scene: &Scene<'_>) -> Quote {
        let leave = self.patience_s.map_or(0.0, |patience| 1.0 / patience);
        let pace = scene.able.len() as f64 / self.handle_s;
        plain((0..=scene.all() as u32).map(|ahead| 1.0 / (pace + f64::from(ahead) * leave)).sum())
    }
}

/// HOL: as long as the head of the line has waited.
#[derive(Clone, Debug, Default)]
pub struct Head;

impl Predictor for Head {
    fn name(&self) -> String {
        "HOL".into()
    }

    fn note(&mut self, _: Instant, _: &Seen) {}

    fn quote(&mut self, _: Instant, scene: &Scene<'_>) -> Quote {
        plain(scene.head())
    }
}

/// LES: the mean wait of the last few of its kind who began to be served after waiting.
#[derive(Clone, Debug)]
pub struct LastServed {
    count: usize,
    waits: BTreeMap<Kind, VecDeque<f64>>,
}

impl LastServed {
    /// Over the last `count`.
    #[must_use]
    pub const fn new(count: usize) -> Self {
        Self { count, waits: BTreeMap::new() }
    }
}

impl Predictor for LastServed {
    fn name(&self) -> String {
        if self.count == 1 { "LES".into() } else { format!("LES{}", self.count) }
    }

    fn note(&mut self, _: Instant, seen: &Seen) {
        if let Seen::Answered { kind, wait_s, .. } = seen {
            let waits = self.waits.entry(*kind).or_default();
            waits.push_back(*wait_s);
            if waits.len() > self.count {
                waits.pop_front();
            }
        }
    }

    fn quote(&mut self, _: Instant, scene: &Scene<'_>) -> Quote {
        let waits = self.waits.get(&scene.kind);
        plain(waits.map_or(0.0, |waits| waits.iter().sum::<f64>() / waits.len().max(1) as f64))
    }
}

/// CCAI's formula: mean duration / agents × agents in common / agents × (queued − available).
#[derive(Clone, Debug, Default)]
pub struct CommonAgents {
    handled_s: f64,
    count: f64,
}

impl Predictor for CommonAgents {
    fn name(&self) -> String {
        "CCAI".into()
    }

    fn note(&mut self, _: Instant, seen: &Seen) {
        if let Seen::Finished { handled_s, .. } = seen {
            self.handled_s += handled_s;
            self.count += 1.0;
        }
    }

    /// Queued are the contacts of all kinds that compete for the same agents, and the new one; nobody is available.
    /// In common are, for each of them, the agents who take both kinds.
    fn quote(&mut self, _: Instant, scene: &Scene<'_>) -> Quote {
        let (servers, mean) = (scene.servers().max(1.0), self.handled_s / self.count.max(1.0));
        let common = |other: Kind| {
            scene.able.iter().filter(|kinds| kinds.contains(&scene.kind) && kinds.contains(&other)).count() as f64
        };
        let queued = scene.waiting.iter().enumerate().map(|(other, count)| {
            let ahead = f64::from(*count) + if other == usize::from(scene.kind.0) { 1.0 } else { 0.0 };
            ahead * common(Kind(other as u16)) / servers
        });
        plain(mean / servers * queued.sum::<f64>())
    }
}

/// Asterisk's hold time of a queue: `(3 × before + wait) / 4` at each answer, for everybody alike.
#[derive(Clone, Debug, Default)]
pub struct Average {
    kinds: BTreeMap<Kind, f64>,
}

impl Predictor for Average {
    fn name(&self) -> String {
        "Asterisk".into()
    }

    fn note(&mut self, _: Instant, seen: &Seen) {
        if let Seen::Answered { kind, wait_s, .. } = seen {
            let hold = self.kinds.entry(*kind).or_default();
            *hold = (3.0 * *hold + wait_s) / 4.0;
        }
    }

    fn quote(&mut self, _: Instant, scene: &Scene<'_>) -> Quote {
        plain(self.kinds.get(&scene.kind).copied().unwrap_or_default())
    }
}
