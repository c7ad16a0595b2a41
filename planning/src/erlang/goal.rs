//! Staffing: the smallest number of agents that reaches a goal.

use super::{Demand, MOST, Outlook, ServiceLevel, outlook, p_block};
use crate::Error;
use core::fmt;
use core::str::FromStr;

/// A variant of the service level ([`ServiceLevel`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Over all callers.
    Offered,
    /// Over the answered.
    Answered,
    /// Over those who did not give up within the threshold.
    NoEarly,
    /// Answered or given up within the threshold, over all callers.
    Positive,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Self; 4] = [Self::Offered, Self::Answered, Self::NoEarly, Self::Positive];

    /// The variant's word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Answered => "answered",
            Self::NoEarly => "no_early",
            Self::Positive => "positive",
        }
    }

    /// The variant's share.
    #[must_use]
    pub const fn of(self, level: &ServiceLevel) -> f64 {
        match self {
            Self::Offered => level.offered,
            Self::Answered => level.answered,
            Self::NoEarly => level.no_early,
            Self::Positive => level.positive,
        }
    }
}

/// A figure that a goal can be set for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// A service level with its threshold in seconds; the higher the better. All others: the lower the better.
    ServiceLevel(Variant, f64),
    /// Mean wait of the answered, in seconds.
    Asa,
    /// Mean wait of all, in seconds.
    MeanWait,
    /// Share of callers who wait.
    Wait,
    /// Share of callers who give up.
    Abandon,
    /// Share of calls lost (Erlang B).
    Block,
    /// Mean number of callers waiting.
    MeanQueue,
    /// Share of the agents' time spent on calls.
    Occupancy,
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceLevel(variant, threshold) => write!(f, "sl.{}.{threshold}", variant.as_str()),
            Self::Asa => f.write_str("asa_s"),
            Self::MeanWait => f.write_str("mean_wait_s"),
            Self::Wait => f.write_str("p_wait"),
            Self::Abandon => f.write_str("p_abandon"),
            Self::Block => f.write_str("p_block"),
            Self::MeanQueue => f.write_str("mean_queue"),
            Self::Occupancy => f.write_str("occupancy"),
        }
    }
}

/// A goal: a figure and what it has to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// The figure.
    pub metric: Metric,
    /// The least service level, or the most of anything else.
    pub target: f64,
}

impl Goal {
    fn is_met(&self, value: Option<f64>) -> bool {
        value.is_some_and(|value| match self.metric {
            Metric::ServiceLevel(..) => value >= self.target,
            _ => value <= self.target,
        })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.metric, self.target)
    }
}

impl FromStr for Goal {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::GoalSyntax(text.to_owned());
        let (name, target) = text.split_once('=').ok_or_else(wrong)?;
        let target: f64 = target.trim().parse().map_err(|_| wrong())?;
        let metric = match name.trim() {
            "asa_s" => Metric::Asa,
            "mean_wait_s" => Metric::MeanWait,
            "p_wait" => Metric::Wait,
            "p_abandon" => Metric::Abandon,
            "p_block" => Metric::Block,
            "mean_queue" => Metric::MeanQueue,
            "occupancy" => Metric::Occupancy,
            level => service_level(level).ok_or_else(wrong)?,
        };
        if target.is_finite() && target >= 0.0 { Ok(Self { metric, target }) } else { Err(wrong()) }
    }
}

fn service_level(name: &str) -> Option<Metric> {
    let (variant, threshold) = name.strip_prefix("sl.")?.split_once('.')?;
    let variant = Variant::ALL.into_iter().find(|known| known.as_str() == variant)?;
    let threshold: f64 = threshold.parse().ok()?;
    (threshold.is_finite() && threshold >= 0.0).then_some(Metric::ServiceLevel(variant, threshold))
}

/// What is reckoned with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Model {
    /// Calls that find all lines busy are lost (Erlang B), at this load in erlangs.
    Loss(f64),
    /// Callers wait (Erlang C), or wait until they lose patience (Erlang A).
    Delay(Demand),
}

impl Model {
    /// The figure with so many agents; `None` without agents, and where the line grows for ever.
    ///
    /// # Errors
    /// As [`outlook`]; [`Error::NoSuchFigure`] where the model does not have it.
    pub fn figure(&self, metric: Metric, agents: u32) -> Result<Option<f64>, Error> {
        match (self, metric) {
            (Self::Loss(erlangs), Metric::Block) => Ok(Some(p_block(*erlangs, agents))),
            (Self::Loss(_), _) | (Self::Delay(_), Metric::Block) => Err(Error::NoSuchFigure(metric.to_string())),
            (Self::Delay(_), _) if agents == 0 => Ok(None),
            (Self::Delay(demand), _) => {
                let threshold = if let Metric::ServiceLevel(_, threshold) = metric { Some(threshold) } else { None };
                Ok(outlook(demand, agents, threshold.as_slice())?.map(|outlook| pick(&outlook, metric)))
            }
        }
    }
}

fn pick(outlook: &Outlook, metric: Metric) -> f64 {
    let figures = &outlook.figures;
    match metric {
        Metric::ServiceLevel(variant, _) => outlook.service.first().map_or(f64::NAN, |level| variant.of(level)),
        Metric::Asa => figures.asa_s,
        Metric::MeanWait => figures.mean_wait_s,
        Metric::Wait => figures.p_wait,
        Metric::Abandon => figures.p_abandon,
        Metric::MeanQueue => figures.mean_queue,
        Metric::Occupancy => figures.occupancy,
        Metric::Block => f64::NAN,
    }
}

/// The answer to a goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Staffing {
    /// The smallest number of agents that reaches the goal.
    pub agents: u32,
    /// The goal's figure with one agent fewer; `None` where there is none.
    pub with_one_less: Option<f64>,
}

/// The smallest number of agents that reaches a goal. Every figure gets better with each agent, so it is bracketed.
///
/// # Errors
/// [`Error::OutOfReach`] where [`MOST`] agents do not reach it; as [`Model::figure`].
pub fn staff(model: &Model, goal: &Goal) -> Result<Staffing, Error> {
    let met = |agents: u32| model.figure(goal.metric, agents).map(|value| goal.is_met(value));
    let mut enough = 1;
    while !met(enough)? {
        if enough == MOST {
            return Err(Error::OutOfReach { goal: goal.to_string(), agents: MOST });
        }
        enough = (enough * 2).min(MOST);
    }
    let mut few = enough / 2;
    while enough - few > 1 {
        let middle = few + (enough - few) / 2;
        if met(middle)? {
            enough = middle;
        } else {
            few = middle;
        }
    }
    Ok(Staffing { agents: enough, with_one_less: model.figure(goal.metric, enough - 1)? })
}
