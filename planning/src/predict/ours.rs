//! Our own: the forecaster of the engine.

use super::{Predictor, Quote, Scene, Seen, World};
use acd::forecast::Forecaster;
use domain::Instant;

/// The forecaster of `acd`.
#[derive(Clone, Debug)]
pub struct Ours {
    forecaster: Forecaster,
}

impl Ours {
    /// On this floor.
    #[must_use]
    pub fn new(world: &World) -> Self {
        let mut forecaster = Forecaster::new();
        for (agent, kinds) in world.staff() {
            forecaster.staffed(agent, &kinds);
        }
        Self { forecaster }
    }

    /// What it says of itself.
    #[must_use]
    pub const fn forecaster(&self) -> &Forecaster {
        &self.forecaster
    }
}

impl Predictor for Ours {
    fn name(&self) -> String {
        "Switchroom".into()
    }

    fn note(&mut self, now: Instant, seen: &Seen) {
        match seen {
            Seen::Answered { contact, kind, agent, .. } => self.forecaster.answered(now, *contact, *kind, *agent),
            Seen::Abandoned(contact) => self.forecaster.abandoned(now, *contact),
            Seen::Finished { contact, agent, .. } => self.forecaster.finished(now, *contact, *agent),
            Seen::Idle(agent) => self.forecaster.idle(now, *agent),
            Seen::Known { .. } => {}
        }
    }

    fn quote(&mut self, now: Instant, scene: &Scene<'_>) -> Quote {
        let forecast = self.forecaster.entered(now, scene.contact, scene.kind, scene.rank);
        Quote {
            mean_s: forecast.map_or(0.0, |forecast| forecast.mean_s),
            p90_s: forecast.map(|forecast| forecast.p90_s),
        }
    }
}
