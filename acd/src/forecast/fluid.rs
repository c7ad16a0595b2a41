//! The line as a flow: agents come free at a steady pace, and those ahead take them in order.

use super::Kind;
use std::collections::BTreeMap;

/// Agents who take the same kinds.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// In order.
    pub(super) kinds: Vec<Kind>,
    /// Contacts that they end per second.
    pub(super) rate: f64,
}

/// What the floor can do.
#[derive(Clone, Debug, Default)]
pub(super) struct Supply {
    pub(super) groups: Vec<Group>,
    /// The groups that take a kind, by their numbers.
    pub(super) able: BTreeMap<Kind, Vec<usize>>,
    /// Per second of waiting, for kinds that were seen waiting.
    pub(super) impatience: BTreeMap<Kind, f64>,
    /// For the others.
    pub(super) common_impatience: f64,
}

impl Supply {
    pub(super) fn new(groups: Vec<Group>, impatience: BTreeMap<Kind, f64>, common_impatience: f64) -> Self {
        let mut able: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
        for (at, group) in groups.iter().enumerate().filter(|(_, group)| group.rate > 0.0) {
            group.kinds.iter().for_each(|kind| able.entry(*kind).or_default().push(at));
        }
        Self { groups, able, impatience, common_impatience }
    }

    /// How much there is to look at for each contact ahead.
    pub(super) fn breadth(&self) -> usize {
        self.able.values().map(Vec::len).max().unwrap_or(0)
    }

    fn rate(&self, kind: Kind) -> f64 {
        self.able.get(&kind).into_iter().flatten().map(|at| self.groups[*at].rate).sum()
    }

    fn impatience(&self, kind: Kind) -> f64 {
        self.impatience.get(&kind).copied().unwrap_or(self.common_impatience)
    }
}

/// What the flow says of a contact, and what the correction looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Flow {
    /// The wait, in seconds.
    pub(super) wait_s: f64,
    /// Contacts per second that end with agents who could take this one.
    pub(super) rate: f64,
    /// Contacts of its kind ahead.
    pub(super) own_ahead: f64,
}

/// The flow for a contact of a kind behind those ahead; `None` when nobody who could take it will come free.
pub(super) fn flow(supply: &Supply, ahead: &[(Kind, f64)], kind: Kind) -> Option<Flow> {
    let mut levels = Levels { supply, taken_until: vec![0.0; supply.groups.len()], order: Vec::new() };
    let mut flow = Flow { wait_s: 0.0, rate: supply.rate(kind), own_ahead: 0.0 };
    if flow.rate <= 0.0 {
        return None;
    }
    for (other, count) in ahead {
        flow.own_ahead += if *other == kind { *count } else { 0.0 };
        levels.fill(*other, *count);
    }
    flow.wait_s = levels.pour(kind, |_, _| 1.0)?;
    Some(flow)
}

/// Up to when each group's agents are taken.
struct Levels<'a> {
    supply: &'a Supply,
    taken_until: Vec<f64>,
    /// The groups being looked at: taken until, pace.
    order: Vec<(f64, f64)>,
}

impl Levels<'_> {
    /// Contacts ahead take agents as far as they have not given up by then. In one pool, behind j others, such a contact
    /// counts `c / (c + j + 1)` with c = pace / impatience; here j is read off the time at which it would be served.
    fn fill(&mut self, kind: Kind, count: f64) {
        let impatience = self.supply.impatience(kind);
        self.pour(kind, |begin, pace| {
            let steady = pace / impatience;
            if steady < 1e9 { steady * (count / ((steady + 0.5) * (impatience * begin).exp())).ln_1p() } else { count }
        });
    }

    /// Takes agents from the groups able, where they come free first, and tells when the last one does. How many is
    /// asked with the time of the first to come free and the pace of all.
    fn pour(&mut self, kind: Kind, count: impl Fn(f64, f64) -> f64) -> Option<f64> {
        let able = self.supply.able.get(&kind)?;
        self.order.clear();
        self.order.extend(able.iter().map(|at| (self.taken_until[*at], self.supply.groups[*at].rate)));
        self.order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let pace: f64 = self.order.iter().map(|(_, rate)| rate).sum();
        let count = count(self.order.first()?.0, pace);
        let (mut rate, mut spent, mut level) = (0.0, 0.0, 0.0);
        for (at, (begin, speed)) in self.order.iter().enumerate() {
            rate += speed;
            spent += speed * begin;
            level = (count + spent) / rate;
            if self.order.get(at + 1).is_none_or(|(next, _)| level <= *next) {
                break;
            }
        }
        for at in able {
            self.taken_until[*at] = self.taken_until[*at].max(level);
        }
        Some(level)
    }
}
