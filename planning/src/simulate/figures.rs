//! The figures of one replication, with their names.

use super::centre::Centre;
use super::floor::Area;
use super::tally::{Tally, Within};

/// A figure with its name; `None` where its denominator is 0.
pub(super) type Figure = (String, Option<f64>);

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Busy time of time signed in.
pub(super) fn occupancy<'a>(areas: impl IntoIterator<Item = &'a Area>) -> Option<f64> {
    let add = |sum: Area, area: &Area| Area { signed_in: sum.signed_in + area.signed_in, busy: sum.busy + area.busy };
    let sum = areas.into_iter().fold(Area::default(), add);
    share(sum.busy, sum.signed_in)
}

/// Every figure of the contacts in a tally, always in the same order.
pub(super) fn figures(centre: &Centre, tally: &Tally) -> Vec<Figure> {
    let admitted = tally.admitted();
    let mut figures: Vec<Figure> = [
        ("offered", Some(tally.offered as f64)),
        ("p_block", share(tally.blocked, tally.offered)),
        ("p_wait", share(tally.waited, admitted)),
        ("p_abandon", share(tally.abandoned.count, admitted)),
        ("mean_wait_all", tally.answered.mean_with(&tally.abandoned)),
        ("asa_answered", tally.answered.mean()),
        ("sd_wait_answered", tally.answered.deviation()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let groups = centre.scenario().groups.iter().zip(&tally.served_by);
    figures.extend(
        groups.map(|(group, served)| (format!("served_by.{}", group.name), share(*served, tally.answered.count))),
    );
    for (threshold, within) in centre.scenario().run.thresholds_s.iter().zip(&tally.within) {
        figures.extend(service_levels(tally, *threshold, within));
    }
    if centre.scenario().callback.is_some() {
        figures.extend(callbacks(tally));
    }
    figures
}

/// The variants of the service level at one threshold.
fn service_levels(tally: &Tally, threshold: f64, within: &Within) -> impl Iterator<Item = Figure> {
    let (offered, ended) = (tally.admitted(), tally.answered.count + tally.abandoned.count);
    [
        ("offered", share(within.answered, offered)),
        ("answered", share(within.answered, tally.answered.count)),
        ("no_short", share(within.answered, offered - tally.short_abandons)),
        ("no_early", share(within.answered, offered - within.abandoned)),
        ("answered_abandoned", share(within.answered, ended)),
        ("positive", share(within.answered + within.abandoned, offered)),
        ("removed", share(within.answered + within.abandoned + within.unreached, offered)),
    ]
    .into_iter()
    .map(move |(variant, value)| (format!("sl.{variant}.{threshold}"), value))
}

fn callbacks(tally: &Tally) -> impl Iterator<Item = Figure> {
    let (admitted, virtuals) = (tally.admitted(), tally.virtuals.count);
    [
        ("asa_live", tally.live.mean()),
        ("p_abandon_live", share(tally.abandoned.count, admitted - virtuals)),
        ("virtual_mean_wait", tally.virtuals.mean()),
        ("p_virtual", share(virtuals, admitted)),
        ("p_callback_failed", share(tally.unreached, admitted)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
}
