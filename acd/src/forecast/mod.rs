//! Expected wait: what a caller can be told on entering the line, and how honest that has been.
//!
//! A [`Forecaster`] watches who waits, who could serve whom, how long service takes and who gives up. A quote begins
//! with a flow: agents who end their contacts at the present pace, and contacts ahead who take them in order, thinned
//! by those who give up. In one pool this is the optimum (`Σ 1/(Nμ + iθ)`), where agents share skills it knows which of
//! those ahead compete for the same agents. A correction, learned from what the waits then were, makes it unbiased, and
//! the 90th percentile is steered until one wait in ten is longer.
//!
//! It learns from the *offered* wait, also of those who gave up: such a contact's ghost keeps its place until an agent
//! would have taken it. To learn only from the answered would flatter.
//!
//! It decides nothing, therefore it may reckon in floating point; the same observations give the same quotes.

mod fluid;
mod ghosts;
mod kinds;
mod lanes;
mod learning;
mod staff;
mod watch;

#[cfg(test)]
mod tests;

use domain::{AgentId, ContactId, Instant};
use fluid::Flow;
use ghosts::Ghosts;
use lanes::{Lanes, Standing};
use learning::Learning;
use staff::Staff;
use std::collections::BTreeMap;

pub use watch::{Expected, Noted, Watch};

/// A type of contact: those that the same agents can take. The caller numbers them from 0, without large gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u16);

/// How a contact is ordered among those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Thousandths of a point: a thousand for each point of priority.
    pub points: i64,
    /// Points per second of age.
    pub age_per_s: u32,
    /// When its age began.
    pub since: Instant,
}

impl Rank {
    /// The score at a moment (`docs/routing.md` 2.4).
    #[must_use]
    pub fn score(&self, now: Instant) -> i64 {
        let age = i64::try_from(now.since(self.since).as_millis()).unwrap_or(i64::MAX);
        self.points.saturating_add(age.saturating_mul(i64::from(self.age_per_s)))
    }
}

/// What a contact can be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The mean of the time until an agent, in seconds from now.
    pub mean_s: f64,
    /// Nine waits in ten are at most so long, in seconds from now.
    pub p90_s: f64,
}

/// How honest the quotes on entry have been, over the quoted contacts whose offered wait is known.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Honesty {
    /// Contacts.
    pub contacts: u64,
    /// Sum of the waits, in seconds.
    pub wait_s: f64,
    /// Sum of quote − wait, in seconds. Over `wait_s` it is the bias.
    pub error_s: f64,
    /// Sum of (quote − wait)², in seconds squared.
    pub squared_error: f64,
    /// Contacts whose wait was at most the 90th percentile quoted.
    pub covered: u64,
}

impl Honesty {
    fn note(&mut self, quote: &Forecast, wait_s: f64) {
        let error = quote.mean_s - wait_s;
        self.contacts += 1;
        self.wait_s += wait_s;
        self.error_s += error;
        self.squared_error += error * error;
        self.covered += u64::from(wait_s <= quote.p90_s);
    }

    fn with(self, other: &Self) -> Self {
        Self {
            contacts: self.contacts + other.contacts,
            wait_s: self.wait_s + other.wait_s,
            error_s: self.error_s + other.error_s,
            squared_error: self.squared_error + other.squared_error,
            covered: self.covered + other.covered,
        }
    }
}

/// A contact that has entered the line and is quoted.
#[derive(Clone, Debug)]
struct Quoted {
    kind: Kind,
    rank: Rank,
    entered: Instant,
    quote: Option<(Flow, Forecast)>,
}

/// Watches the floor and quotes waits.
#[derive(Clone, Debug, Default)]
pub struct Forecaster {
    staff: Staff,
    lanes: Lanes,
    waiting: BTreeMap<ContactId, Quoted>,
    ghosts: Ghosts,
    learning: Learning,
    honesty: BTreeMap<Kind, Honesty>,
}

impl Forecaster {
    /// A forecaster that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this agent takes contacts of these kinds; none: the agent takes nothing new.
    pub fn staffed(&mut self, agent: AgentId, kinds: &[Kind]) {
        self.staff.set(agent, kinds);
    }

    /// The contact has to wait: told after matching, for contacts in line that no agent is rung for.
    /// Gives what it can be told; `None` while nobody on duty takes such contacts, or before anything was served.
    pub fn entered(&mut self, now: Instant, contact: ContactId, kind: Kind, rank: Rank) -> Option<Forecast> {
        self.left(contact);
        self.staff.refresh(now);
        let flow = self.flow(now, kind, &rank, None);
        let quote = flow.map(|flow| (flow, self.learning.quote(kind, &flow)));
        self.lanes.insert(Standing { kind, points: rank.points, age_per_s: rank.age_per_s }, rank.since, contact);
        self.waiting.insert(contact, Quoted { kind, rank, entered: now, quote });
        quote.map(|(_, forecast)| forecast)
    }

    /// What a contact in line can be told now, by its present place.
    #[must_use]
    pub fn forecast(&self, now: Instant, contact: ContactId) -> Option<Forecast> {
        let Quoted { kind, rank, .. } = *self.waiting.get(&contact)?;
        let flow = self.flow(now, kind, &rank, Some((rank.since, contact)))?;
        Some(self.learning.quote(kind, &flow))
    }

    /// What a contact that came now would be told.
    #[must_use]
    pub fn forecast_for(&self, now: Instant, kind: Kind, rank: &Rank) -> Option<Forecast> {
        let flow = self.flow(now, kind, rank, None)?;
        Some(self.learning.quote(kind, &flow))
    }

    /// An agent took the contact, whether or not it had to wait.
    pub fn answered(&mut self, now: Instant, contact: ContactId, kind: Kind, agent: AgentId) {
        let rank = match self.take(contact) {
            Some(quoted) => {
                self.staff.waited(quoted.kind, seconds(now, quoted.entered), false);
                self.learn(now, &quoted);
                quoted.rank
            }
            None => Rank { points: 0, age_per_s: 1, since: now },
        };
        let score = rank.score(now);
        for ghost in self.ghosts.taken(now, self.staff.kinds_of(agent), score) {
            self.learn(now, &ghost);
        }
        self.staff.took(now, agent, contact, kind);
    }

    /// The contact gave up waiting.
    pub fn abandoned(&mut self, now: Instant, contact: ContactId) {
        if let Some(quoted) = self.take(contact) {
            self.staff.waited(quoted.kind, seconds(now, quoted.entered), true);
            self.ghosts.add(quoted);
        }
    }

    /// The contact left the line otherwise: nothing is learned from it.
    pub fn left(&mut self, contact: ContactId) {
        self.take(contact);
    }

    /// The agent is done with the contact, wrap-up included.
    pub fn finished(&mut self, now: Instant, contact: ContactId, agent: AgentId) {
        self.staff.done(now, agent, contact);
    }

    /// The agent is ready and, after matching, there was nobody to take: whoever had waited for such an agent would
    /// have been taken.
    pub fn idle(&mut self, now: Instant, agent: AgentId) {
        for ghost in self.ghosts.taken(now, self.staff.kinds_of(agent), i64::MIN) {
            self.learn(now, &ghost);
        }
    }

    /// How honest the quotes on entry have been.
    #[must_use]
    pub fn honesty(&self) -> Honesty {
        self.honesty_of(self.honesty.keys().copied())
    }

    /// The same of some kinds.
    pub fn honesty_of(&self, kinds: impl IntoIterator<Item = Kind>) -> Honesty {
        kinds.into_iter().filter_map(|kind| self.honesty.get(&kind)).fold(Honesty::default(), Honesty::with)
    }

    fn take(&mut self, contact: ContactId) -> Option<Quoted> {
        let quoted = self.waiting.remove(&contact)?;
        let standing = Standing { kind: quoted.kind, points: quoted.rank.points, age_per_s: quoted.rank.age_per_s };
        self.lanes.remove(&standing, quoted.rank.since, contact);
        Some(quoted)
    }

    fn learn(&mut self, now: Instant, quoted: &Quoted) {
        let Some((flow, forecast)) = &quoted.quote else { return };
        let wait_s = seconds(now, quoted.entered);
        self.honesty.entry(quoted.kind).or_default().note(forecast, wait_s);
        self.learning.learn(quoted.kind, flow, forecast, wait_s);
    }

    fn flow(&self, now: Instant, kind: Kind, rank: &Rank, place: Option<(Instant, ContactId)>) -> Option<Flow> {
        let supply = self.staff.supply(now)?;
        let ahead = self.lanes.ahead(now, rank.score(now), place, supply.breadth());
        fluid::flow(&supply, &ahead, kind)
    }
}

fn seconds(now: Instant, since: Instant) -> f64 {
    now.since(since).as_secs_f64()
}
