//! What the waits then were, against what the flow had said.

use super::fluid::Flow;
use super::{Forecast, Kind};
use std::collections::BTreeMap;

/// Terms of the correction.
const TERMS: usize = 3;

/// The correction forgets: after so many waits an old one has lost two thirds of its weight.
const MEMORY: f64 = 8_000.0;

/// So does that of a kind.
const KIND_MEMORY: f64 = 3_000.0;

/// So many usual waits' worth of trust in a kind being like the others.
const KIND_TRUST: f64 = 100.0;

/// So many waits' worth of trust in the flow as it is.
const TRUST: f64 = 50.0;

/// Classes of spread, by the number of contacts that end before it is one's turn, in powers of √2.
const SPREADS: usize = 24;

/// The correction leaves at least this share of the flow's wait.
const LEAST: f64 = 0.2;

/// The share of waits that may be longer than the percentile quoted.
const LONGER: f64 = 0.1;

/// The standard normal variate that nine in ten stay below.
const NORMAL_90: f64 = 1.281_551_565_544_6;

/// Weighted least squares that forget: the wait as a linear function of the flow's terms.
#[derive(Clone, Debug)]
struct Regression {
    /// Sums of products of terms.
    products: [[f64; TERMS]; TERMS],
    /// Sums of products of terms and waits.
    answers: [f64; TERMS],
    factors: [f64; TERMS],
}

impl Default for Regression {
    /// As if the flow had been right often enough to be trusted, and its other terms were known to be nothing.
    fn default() -> Self {
        let mut products = [[0.0; TERMS]; TERMS];
        (0..TERMS).for_each(|at| products[at][at] = TRUST);
        let mut first = [0.0; TERMS];
        first[0] = 1.0;
        Self { products, answers: first.map(|factor| factor * TRUST), factors: first }
    }
}

impl Regression {
    fn value(&self, terms: &[f64; TERMS]) -> f64 {
        self.factors.iter().zip(terms).map(|(factor, term)| factor * term).sum()
    }

    fn add(&mut self, terms: &[f64; TERMS], wait: f64, weight: f64) {
        let keep = 1.0 - 1.0 / MEMORY;
        for (row, left) in terms.iter().enumerate() {
            for (column, right) in terms.iter().enumerate() {
                self.products[row][column] = self.products[row][column] * keep + weight * left * right;
            }
            self.answers[row] = self.answers[row] * keep + weight * left * wait;
        }
        if let Some(factors) = solve(self.products, self.answers) {
            self.factors = factors;
        }
    }
}

/// Elimination for a positive matrix; `None` where it is as good as singular.
fn solve(mut matrix: [[f64; TERMS]; TERMS], mut right: [f64; TERMS]) -> Option<[f64; TERMS]> {
    for at in 0..TERMS {
        let pivot = matrix[at][at];
        if pivot.is_nan() || pivot < 1e-12 {
            return None;
        }
        for below in at + 1..TERMS {
            let factor = matrix[below][at] / pivot;
            let row = matrix[at];
            (0..TERMS).for_each(|column| matrix[below][column] -= factor * row[column]);
            right[below] -= factor * right[at];
        }
    }
    for at in (0..TERMS).rev() {
        let known: f64 = (at + 1..TERMS).map(|column| matrix[at][column] * right[column]).sum();
        right[at] = (right[at] - known) / matrix[at][at];
    }
    right.iter().all(|factor| factor.is_finite()).then_some(right)
}

/// The 90th percentile over the mean, steered by how often it was passed.
#[derive(Clone, Copy, Debug)]
struct Steered {
    factor: f64,
    seen: f64,
}

impl Steered {
    fn note(&mut self, longer: bool) {
        self.seen += 1.0;
        let step = (3.0 / (self.seen + 20.0)).max(0.01);
        let push = if longer { 1.0 - LONGER } else { -LONGER };
        self.factor = (self.factor * (1.0 + step * push)).clamp(1.0, 50.0);
    }
}

/// Waits of a kind over what was reckoned for them, in seconds, forgetting.
#[derive(Clone, Copy, Debug, Default)]
struct Ratio {
    waits: f64,
    reckoned: f64,
}

impl Ratio {
    fn note(&mut self, wait: f64, reckoned: f64) {
        let keep = 1.0 - 1.0 / KIND_MEMORY;
        self.waits = self.waits * keep + wait;
        self.reckoned = self.reckoned * keep + reckoned;
    }

    /// Drawn towards 1 while little is known; `common` is a usual wait.
    fn value(self, common: f64) -> f64 {
        let lent = KIND_TRUST * common.max(1e-9);
        ((self.waits + lent) / (self.reckoned + lent)).clamp(0.2, 5.0)
    }
}

/// What was learned.
#[derive(Clone, Debug)]
pub(super) struct Learning {
    regression: Regression,
    spreads: [Steered; SPREADS],
    kinds: BTreeMap<Kind, Ratio>,
    /// A usual wait, in seconds: the mean of late.
    common_s: f64,
}

impl Default for Learning {
    fn default() -> Self {
        let mut spreads = [Steered { factor: 1.0, seen: 0.0 }; SPREADS];
        for (class, steered) in spreads.iter_mut().enumerate() {
            steered.factor = gamma_90(2.0_f64.powf(class as f64 / 2.0));
        }
        Self { regression: Regression::default(), spreads, kinds: BTreeMap::new(), common_s: 0.0 }
    }
}

/// The 90th percentile of a gamma distribution over its mean (Wilson and Hilferty 1931).
fn gamma_90(shape: f64) -> f64 {
    let small = 1.0 / (9.0 * shape);
    (1.0 - small + NORMAL_90 * small.sqrt()).powi(3)
}

fn spread_class(flow: &Flow) -> usize {
    let ends = (flow.wait_s * flow.rate).max(1.0);
    ((ends.log2() * 2.0) as usize).min(SPREADS - 1)
}

/// The flow's terms in units of the time between two agents coming free.
fn terms(flow: &Flow) -> [f64; TERMS] {
    [flow.wait_s * flow.rate, 1.0, flow.own_ahead]
}

impl Learning {
    fn plain(&self, flow: &Flow) -> f64 {
        let terms = terms(flow);
        self.regression.value(&terms).max(LEAST * terms[0]) / flow.rate
    }

    pub(super) fn quote(&self, kind: Kind, flow: &Flow) -> Forecast {
        let ratio = self.kinds.get(&kind).map_or(1.0, |ratio| ratio.value(self.common_s));
        let mean_s = self.plain(flow) * ratio;
        Forecast { mean_s, p90_s: mean_s * self.spreads[spread_class(flow)].factor }
    }

    pub(super) fn learn(&mut self, kind: Kind, flow: &Flow, quoted: &Forecast, wait_s: f64) {
        let reckoned = self.plain(flow);
        self.common_s += (wait_s - self.common_s) / 500.0;
        self.kinds.entry(kind).or_default().note(wait_s, reckoned);
        let terms = terms(flow);
        self.regression.add(&terms, wait_s * flow.rate, 1.0 / terms[0].max(1.0));
        self.spreads[spread_class(flow)].note(wait_s > quoted.p90_s);
    }
}
