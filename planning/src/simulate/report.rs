//! What several replications say together.

use super::centre::Centre;
use super::figures::{Figure, figures, occupancy};
use super::replication::Sample;
use super::student::mean_and_half_width;
use super::tally::Tally;

/// A figure over replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean; `None` where no replication has the figure.
    pub mean: Option<f64>,
    /// The half-width of the 95 % confidence interval (Student's t); `None` of fewer than two replications.
    pub half_width: Option<f64>,
}

impl Estimate {
    fn of(figures: &[Option<f64>]) -> Self {
        let known: Vec<f64> = figures.iter().copied().flatten().collect();
        let (mean, half_width) = mean_and_half_width(&known);
        Self { mean, half_width }
    }
}

/// Figures by name, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures(Vec<(String, Estimate)>);

impl Measures {
    /// Of each replication the same figures in the same order.
    fn of(replications: &[Vec<Figure>]) -> Self {
        let Some(first) = replications.first() else { return Self::default() };
        let estimate = |at: usize| {
            let column: Vec<Option<f64>> = replications.iter().map(|figures| figures[at].1).collect();
            Estimate::of(&column)
        };
        Self(first.iter().enumerate().map(|(at, (name, _))| (name.clone(), estimate(at))).collect())
    }

    /// The figures in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Estimate)> {
        self.0.iter().map(|(name, estimate)| (name.as_str(), *estimate))
    }

    /// The figure of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Estimate> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, estimate)| *estimate)
    }

    /// The mean of the figure of this name.
    #[must_use]
    pub fn mean(&self, name: &str) -> Option<f64> {
        self.named(name)?.mean
    }
}

/// How the waits of the answered contacts of a type are spread, over all replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The type.
    pub name: String,
    /// Seconds, and the share of the admitted contacts that were answered within them; rising.
    pub points: Vec<(f64, f64)>,
    /// The median and the 90th percentile of the wait of the answered, in seconds, each within 3 %.
    pub median_and_p90: (Option<f64>, Option<f64>),
}

impl Curve {
    fn of(name: &str, tally: &Tally) -> Self {
        let admitted = tally.admitted().max(1) as f64;
        let points = tally.waits.steps().into_iter().map(|(wait, up_to)| (wait, up_to as f64 / admitted)).collect();
        let median_and_p90 = (tally.waits.quantile(0.5), tally.waits.quantile(0.9));
        Self { name: name.to_owned(), points, median_and_p90 }
    }
}

/// What a simulation found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// By type.
    pub types: Vec<(String, Measures)>,
    /// Occupancy by group.
    pub groups: Vec<(String, Estimate)>,
    /// All contacts, and the occupancy of all agents.
    pub all: Measures,
    /// The waits by type, then those of all, called `all`.
    pub curves: Vec<Curve>,
    /// Contacts that arrived in all replications, the warm-ups too.
    pub arrived: u64,
    /// The mean length of a replication in simulated seconds.
    pub lasted_s: f64,
}

impl Report {
    /// Compares replications of one centre.
    #[must_use]
    pub fn new(centre: &Centre, samples: &[Sample]) -> Self {
        let scenario = centre.scenario();
        let of_type = |at: usize| -> Vec<Vec<Figure>> {
            samples.iter().map(|sample| figures(centre, &sample.tallies[at])).collect()
        };
        let types = scenario.types.iter().enumerate();
        let of_group =
            |at: usize| -> Vec<Option<f64>> { samples.iter().map(|sample| occupancy([&sample.areas[at]])).collect() };
        let groups = scenario.groups.iter().enumerate();
        let all: Vec<Vec<Figure>> = samples.iter().map(|sample| of_all(centre, sample)).collect();
        let lasted: f64 = samples.iter().map(Sample::lasted_s).sum();
        Self {
            types: types.map(|(at, kind)| (kind.name.clone(), Measures::of(&of_type(at)))).collect(),
            groups: groups.map(|(at, group)| (group.name.clone(), Estimate::of(&of_group(at)))).collect(),
            all: Measures::of(&all),
            curves: curves(centre, samples),
            arrived: samples.iter().map(|sample| sample.arrived).sum(),
            lasted_s: lasted / samples.len().max(1) as f64,
        }
    }
}

fn together<'a>(centre: &Centre, tallies: impl IntoIterator<Item = &'a Tally>) -> Tally {
    let (thresholds, groups) = (centre.thresholds_us.len(), centre.scenario().groups.len());
    let mut sum = Tally::new(thresholds, groups);
    tallies.into_iter().for_each(|tally| sum.merge(tally));
    sum
}

fn of_all(centre: &Centre, sample: &Sample) -> Vec<Figure> {
    let mut figures = figures(centre, &together(centre, &sample.tallies).without_overflows());
    figures.insert(8, ("occupancy".to_owned(), occupancy(&sample.areas)));
    figures
}

fn curves(centre: &Centre, samples: &[Sample]) -> Vec<Curve> {
    let of_type = |at: usize| together(centre, samples.iter().map(|sample| &sample.tallies[at]));
    let types = centre.scenario().types.iter().enumerate();
    let mut curves: Vec<Curve> = types.map(|(at, kind)| Curve::of(&kind.name, &of_type(at))).collect();
    let all = together(centre, samples.iter().flat_map(|sample| &sample.tallies));
    curves.push(Curve::of("all", &all.without_overflows()));
    curves
}
