//! The learned table.

use super::{Predictor, Quote, Scene, Seen};
use domain::{ContactId, Instant};
use std::collections::BTreeMap;

/// Samples from which on a cell is used.
const ENOUGH: u32 = 5;

/// Waits by (waiting of this kind, waiting of all kinds / 4); the wait of the head of the line until a cell has samples.
#[derive(Clone, Debug, Default)]
pub struct Table {
    cells: BTreeMap<(u16, u32, u32), (f64, u32)>,
    quoted: BTreeMap<ContactId, (u16, u32, u32)>,
    by_kind: bool,
}

impl Table {
    /// With a table for each kind, or one for all.
    #[must_use]
    pub fn new(by_kind: bool) -> Self {
        Self { by_kind, ..Self::default() }
    }
}

impl Predictor for Table {
    fn name(&self) -> String {
        if self.by_kind { "table by kind" } else { "table" }.into()
    }

    fn note(&mut self, _: Instant, seen: &Seen) {
        if let Seen::Known { contact, wait_s } = seen
            && let Some(cell) = self.quoted.remove(contact)
        {
            let (sum, count) = self.cells.entry(cell).or_default();
            *sum += wait_s;
            *count += 1;
        }
    }

    fn quote(&mut self, _: Instant, scene: &Scene<'_>) -> Quote {
        let kind = if self.by_kind { scene.kind.0 } else { 0 };
        let cell = (kind, scene.own() as u32, scene.all() as u32 / 4);
        self.quoted.insert(scene.contact, cell);
        let known = self.cells.get(&cell).filter(|(_, count)| *count >= ENOUGH);
        Quote { mean_s: known.map_or(scene.head(), |(sum, count)| sum / f64::from(*count)), p90_s: None }
    }
}
