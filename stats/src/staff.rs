//! What agents did with their time: occupancy, utilisation, and how long phones rang.

use crate::api::{Ratio, Span};
use crate::grid::Grid;
use domain::AgentId;
use std::collections::BTreeMap;

/// What an agent does, least first: of two things at once the greater counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Work {
    /// Signed in, not ready.
    Break,
    /// Ready, with nothing in hand.
    Idle,
    /// The phone rings.
    Ring,
    /// After-contact work.
    AfterContactWork,
    /// A customer is on hold.
    Hold,
    /// A customer is being served.
    Talk,
}

/// A stretch of an agent's time. Stretches of one agent may overlap, as with several chats at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Presence {
    /// The agent.
    pub agent: AgentId,
    /// From when to when.
    pub span: Span,
    /// What the agent did.
    pub work: Work,
}

/// Sums of agents' time, in milliseconds. Every millisecond of an agent counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Staff {
    /// Signed in, not ready.
    pub break_ms: u128,
    /// Ready, with nothing in hand.
    pub idle_ms: u128,
    /// The phone rang.
    pub ring_ms: u128,
    /// Talk.
    pub talk_ms: u128,
    /// Hold.
    pub hold_ms: u128,
    /// After-contact work.
    pub acw_ms: u128,
}

impl Staff {
    /// Sums by agent and by the interval's start in milliseconds.
    #[must_use]
    pub fn fold(presences: &[Presence], grid: &Grid) -> BTreeMap<(AgentId, i64), Self> {
        let mut by_agent: BTreeMap<AgentId, Vec<Presence>> = BTreeMap::new();
        for presence in presences {
            by_agent.entry(presence.agent).or_default().push(*presence);
        }
        let mut sums: BTreeMap<(AgentId, i64), Self> = BTreeMap::new();
        for (agent, presences) in by_agent {
            for (span, work) in once_each(&presences) {
                for (interval, part) in grid.split(span) {
                    sums.entry((agent, interval.start_ms)).or_default().add(work, part.length_ms());
                }
            }
        }
        sums
    }

    /// Adds time in milliseconds.
    pub fn add(&mut self, work: Work, length_ms: u64) {
        let sum = match work {
            Work::Break => &mut self.break_ms,
            Work::Idle => &mut self.idle_ms,
            Work::Ring => &mut self.ring_ms,
            Work::AfterContactWork => &mut self.acw_ms,
            Work::Hold => &mut self.hold_ms,
            Work::Talk => &mut self.talk_ms,
        };
        *sum += u128::from(length_ms);
    }

    /// Adds the sums of others.
    pub fn merge(&mut self, other: &Self) {
        self.break_ms += other.break_ms;
        self.idle_ms += other.idle_ms;
        self.ring_ms += other.ring_ms;
        self.talk_ms += other.talk_ms;
        self.hold_ms += other.hold_ms;
        self.acw_ms += other.acw_ms;
    }

    /// Time with at least one contact in hand, ringing too, in milliseconds.
    #[must_use]
    pub fn occupied_ms(&self) -> u128 {
        self.ring_ms + self.worked_ms()
    }

    /// Occupancy: time with at least one contact in hand over time signed in and not in a break.
    #[must_use]
    pub fn occupancy(&self) -> Ratio {
        Ratio { part: self.occupied_ms(), whole: self.on_ms() }
    }

    /// The part of [`Self::occupancy`] that only rang.
    #[must_use]
    pub fn ring_share(&self) -> Ratio {
        Ratio { part: self.ring_ms, whole: self.on_ms() }
    }

    /// Utilisation: time with at least one contact in hand over paid time in milliseconds.
    #[must_use]
    pub fn utilisation(&self, paid_ms: u64) -> Ratio {
        Ratio { part: self.occupied_ms(), whole: paid_ms.into() }
    }

    fn worked_ms(&self) -> u128 {
        self.talk_ms + self.hold_ms + self.acw_ms
    }

    fn on_ms(&self) -> u128 {
        self.idle_ms + self.occupied_ms()
    }
}

/// The same time of one agent without overlaps, the greatest work first served.
fn once_each(presences: &[Presence]) -> Vec<(Span, Work)> {
    let real = presences.iter().filter(|presence| presence.span.length_ms() > 0);
    let mut turns: Vec<(i64, Work, bool)> = real
        .flat_map(|presence| {
            [(presence.span.start_ms, presence.work, true), (presence.span.end_ms, presence.work, false)]
        })
        .collect();
    turns.sort_unstable();
    let mut running: BTreeMap<Work, usize> = BTreeMap::new();
    let mut parts = Vec::new();
    let mut since = i64::MIN;
    for (at, work, begins) in turns {
        if at > since
            && let Some((greatest, _)) = running.last_key_value()
        {
            parts.push((Span::new(since, at), *greatest));
        }
        since = at;
        let count = running.entry(work).or_default();
        *count = if begins { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            running.remove(&work);
        }
    }
    parts
}
