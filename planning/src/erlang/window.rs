//! Distributions over whole numbers that are known by the ratio of neighbours.

/// Where a scaled weight counts as nothing: below it, products lose digits.
const NOTHING: f64 = f64::MIN_POSITIVE;

/// Spread above which a distribution of departures is not listed around its peak but run through from its start.
const WIDEST: f64 = 1e5;

/// Adds without losing the small terms (Neumaier 1974).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    pub(super) fn add(&mut self, term: f64) {
        let next = self.sum + term;
        self.lost += if self.sum.abs() >= term.abs() { (self.sum - next) + term } else { (term - next) + self.sum };
        self.sum = next;
    }

    pub(super) fn value(self) -> f64 {
        self.sum + self.lost
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.add(term));
        sum
    }
}

/// Weights of the whole numbers from `first` on, scaled to 1 at the peak. What lies outside is nothing beside them.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) first: u64,
    pub(super) weights: Vec<f64>,
}

impl Window {
    /// The weights around `peak`, downwards as far as numbers go and upwards to `cut`; `ratio(k)` is the weight of
    /// `k + 1` over that of `k`, and falls with `k`.
    pub(super) fn around(peak: u64, cut: f64, ratio: impl Fn(f64) -> f64) -> Self {
        let mut weights = Vec::new();
        let (mut first, mut weight) = (peak, 1.0);
        while first > 0 {
            weight /= ratio((first - 1) as f64);
            if weight < NOTHING {
                break;
            }
            first -= 1;
            weights.push(weight);
        }
        weights.reverse();
        let (mut at, mut weight) = (peak, 1.0);
        while weight > cut {
            weights.push(weight);
            weight *= ratio(at as f64);
            at += 1;
        }
        Self { first, weights }
    }

    pub(super) fn total(&self) -> f64 {
        self.weights.iter().copied().collect::<Sum>().value()
    }

    /// The numbers with their weights.
    pub(super) fn iter(&self) -> impl Iterator<Item = (f64, f64)> {
        (self.first..).map(|k| k as f64).zip(self.weights.iter().copied())
    }
}

/// How many leave the line in front of a patient caller within a time, as long as there is somebody to leave.
///
/// With `shape = R/θ` and `spent = θt` it is the negative binomial distribution with the success probability
/// `exp(−spent)`; "at most q have left" is the incomplete beta function `I_exp(−spent)(shape, q + 1)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Departures {
    pub(super) shape: f64,
    pub(super) spent: f64,
}

impl Departures {
    fn ratio(self, k: f64) -> f64 {
        (self.shape + k) / (k + 1.0) * -(-self.spent).exp_m1()
    }

    /// For each q of a run of `count` numbers from `first` on: the chances that at most q, and that more, have left.
    pub(super) fn up_to(self, first: u64, count: usize) -> Vec<(f64, f64)> {
        let fail = (-self.spent).exp();
        let spread = (self.shape.sqrt() + 1.0) / fail;
        if spread <= WIDEST { self.around_peak(first, count) } else { self.run_through(first, count) }
    }

    fn around_peak(self, first: u64, count: usize) -> Vec<(f64, f64)> {
        let peak = ((self.shape - 1.0) * self.spent.exp_m1()).max(0.0).floor() as u64;
        let window = Window::around(peak, NOTHING, |k| self.ratio(k));
        let total = window.total();
        let mut more: Vec<f64> = Vec::with_capacity(window.weights.len());
        let mut sum = Sum::default();
        for weight in window.weights.iter().rev() {
            more.push(sum.value() / total);
            sum.add(*weight);
        }
        more.reverse();
        let mut sum = Sum::default();
        let most = window.weights.iter().map(|weight| {
            sum.add(*weight);
            sum.value() / total
        });
        let known: Vec<(f64, f64)> = most.zip(more).collect();
        let end = window.first + known.len() as u64;
        (first..)
            .take(count)
            .map(|q| match q {
                q if q < window.first => (0.0, 1.0),
                q if q >= end => (1.0, 0.0),
                q => known[(q - window.first) as usize],
            })
            .collect()
    }

    /// From `k = 0`, whose chance is `exp(−shape × spent)`, with the exponent kept apart.
    fn run_through(self, first: u64, count: usize) -> Vec<(f64, f64)> {
        const STEP: f64 = 1e200;
        let (mut weight, mut most, mut exponent) = (1.0, 0.0, -self.shape * self.spent);
        let mut chances = Vec::with_capacity(count);
        for q in 0..first + count as u64 {
            most += weight;
            weight *= self.ratio(q as f64);
            if most > STEP || weight > STEP {
                (weight, most, exponent) = (weight / STEP, most / STEP, exponent + STEP.ln());
            }
            if q >= first {
                let chance = (most * exponent.exp()).min(1.0);
                chances.push((chance, 1.0 - chance));
            }
        }
        chances
    }
}
