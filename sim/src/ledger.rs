//! Live figures beside the contact log: both come from the same events, so they must be the same numbers.

use domain::{ContactEvent, ContactEventKind, ContactId, Counts, FloorView, QueueView, QueueVisit, WallTime};
use stats::Figures;
use std::collections::BTreeMap;

/// Every event of every contact, with its wall time.
#[derive(Default)]
pub(crate) struct Ledger {
    events: BTreeMap<ContactId, Vec<(WallTime, ContactEventKind)>>,
}

impl Ledger {
    /// Keeps an event.
    pub fn keep(&mut self, at: WallTime, event: &ContactEvent) {
        self.events.entry(event.contact).or_default().push((at, event.kind.clone()));
    }

    /// Compares the counters of the floor with those of the log of the same day; nobody may wait any more.
    pub fn check(&self, floor: &FloorView) -> Vec<String> {
        let today_ms = floor.counts_since.as_micros().div_euclid(1_000);
        let visits = |(contact, events): (&ContactId, &Vec<(WallTime, ContactEventKind)>)| {
            stats::visits(*contact, events.iter().map(|(at, kind)| (*at, kind)))
        };
        let visits: Vec<QueueVisit> =
            self.events.iter().flat_map(visits).filter(|visited| visited.visit.exit_ms >= today_ms).collect();
        floor.queues.iter().filter_map(|queue| difference(queue, &visits)).collect()
    }
}

/// How much the counters of the running day hold, for proof that comparing them proves something.
pub(crate) fn tally(floor: &FloorView, tally: &mut BTreeMap<String, usize>) {
    for Counts { answered, abandoned, flowed_out, .. } in floor.queues.iter().map(|queue| queue.counts) {
        for (word, count) in [("answered", answered), ("abandoned", abandoned), ("flowed out", flowed_out)] {
            if count > 0 {
                *tally.entry(format!("{word} since midnight")).or_default() += count as usize;
            }
        }
    }
}

fn difference(queue: &QueueView, visits: &[QueueVisit]) -> Option<String> {
    let mut figures = Figures::default();
    for visited in visits.iter().filter(|visited| visited.queue == queue.id) {
        figures.add(&visited.visit, queue.goal.into());
    }
    let logged = Counts {
        offered: figures.offered,
        answered: figures.answered,
        answered_within: figures.answered_within,
        abandoned: figures.abandoned,
        short_abandons: figures.short_abandons,
        flowed_out: figures.flowed_out,
        wait_answered_ms: u64::try_from(figures.wait_answered_ms).unwrap_or(u64::MAX),
    };
    let (shown, logged) = ((queue.counts, queue.longest_wait_ms), (logged, figures.longest_wait_ms));
    let differs = logged != shown;
    differs.then(|| format!("{} shows {shown:?}, and its log says {logged:?}", queue.id))
}
