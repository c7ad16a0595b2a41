//! A contact centre in virtual time, on the routing engine that serves real contacts.
//!
//! A [`Scenario`] says what is asked: contacts by type, agents by group, rules. [`Centre::new`] checks it. A
//! [`Replication`] plays it once with random streams of its own, and a [`Report`] compares replications: each figure is
//! a mean with the half-width of its 95 % confidence interval.
//!
//! Streams are separate for each type's arrivals, patience and service, so that two scenarios with the same seed see
//! the same callers (common random numbers). Same scenario, seed and number of the replication: same figures, on every
//! machine.
//!
//! ```
//! use planning::simulate::{Arrivals, Centre, ContactType, Distribution, Group, Replication, Report, Scenario};
//!
//! let mut scenario = Scenario::default();
//! scenario.run.calls = 2_000;
//! scenario.run.warmup_calls = 200;
//! scenario.types.push(ContactType {
//!     arrivals: Arrivals::Poisson(vec![(0.0, 0.05)]),
//!     service: Some(Distribution::Exp(180.0)),
//!     ..ContactType::new("sales")
//! });
//! scenario.groups.push(Group { agents: 14, ..Group::new("floor") });
//! let centre = Centre::new(scenario).unwrap();
//! let samples: Vec<_> = (0..3).map(|number| Replication::new(&centre, number).finish()).collect();
//! let report = Report::new(&centre, &samples);
//! assert!(report.all.mean("p_wait").unwrap() < 0.2);
//! ```

mod agents;
mod apart;
mod callers;
mod centre;
mod contacts;
mod distribution;
mod draws;
mod events;
mod figures;
mod floor;
mod history;
mod replication;
mod report;
mod scenario;
mod student;
mod tally;
mod treatment;

pub use callers::{Caller, callers};
pub use centre::{Centre, ScenarioError, Warning};
pub use distribution::Distribution;
pub use history::{Unusable, replay};
pub use replication::{Replication, Sample};
pub use report::{Curve, Estimate, Measures, Report};
pub use scenario::{
    Arrivals, Callback, ContactType, Group, Logged, Need, Ringing, Rules, Run, Scenario, Shift, Widening,
};
pub use treatment::{QueueCallback, QueueLimits, QueueVoicemail};
