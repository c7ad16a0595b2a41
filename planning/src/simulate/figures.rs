//! The figures of one replication, with their names.

use super::centre::Centre;
use super::floor::Area;
use super::tally::{Tally, Within};
use super::treatment::is_treated;

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
    let (admitted, waits) = (tally.admitted(), tally.answered.with(&tally.abandoned));
    let mut figures: Vec<Figure> = [
        ("offered", Some(tally.offered as f64)),
        ("p_block", share(tally.blocked, tally.offered)),
        ("p_wait", share(tally.waited, admitted)),
        ("p_abandon", share(tally.abandoned.count, admitted)),
        ("mean_wait_all", waits.mean()),
        ("asa_answered", tally.answered.mean()),
        ("sd_wait_answered", tally.answered.deviation()),
        ("longest_wait", waits.longest()),
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
    let types = &centre.scenario().types;
    if types.iter().any(is_treated) {
        figures.extend(ways_out(tally));
    }
    if types.iter().any(|kind| kind.callback.is_some()) {
        figures.extend(calls_back(tally));
    }
    if types.iter().any(|kind| kind.voicemail.is_some()) {
        figures.extend(messages(tally));
    }
    figures
}

/// The variants of the service level at one threshold.
fn service_levels(tally: &Tally, threshold: f64, within: &Within) -> impl Iterator<Item = Figure> {
    let (offered, ended) = (tally.admitted(), tally.answered.count + tally.abandoned.count);
    let moved_on = within.unreached + within.flowed_out + within.overflowed;
    let removed = within.answered + within.abandoned + moved_on;
    [
        ("offered", share(within.answered, offered)),
        ("answered", share(within.answered, tally.answered.count)),
        ("no_short", share(within.answered, offered - tally.short_abandons)),
        ("no_early", share(within.answered, offered - within.abandoned)),
        ("answered_abandoned", share(within.answered, ended)),
        ("positive", share(within.answered + within.abandoned, offered)),
        ("removed", share(removed, offered)),
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

/// What became of those who waited on the line.
fn ways_out(tally: &Tally) -> impl Iterator<Item = Figure> {
    let stayed = tally.answered.count + tally.abandoned.count;
    [
        ("answered", Some(tally.answered.count as f64)),
        ("abandoned", Some(tally.abandoned.count as f64)),
        ("flowed_out", Some((tally.flowed_out + tally.overflowed) as f64)),
        ("p_abandon_live", share(tally.abandoned.count, stayed)),
        ("p_flow_out", share(tally.flowed_out + tally.overflowed, tally.admitted())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
}

fn calls_back(tally: &Tally) -> impl Iterator<Item = Figure> {
    let backs = &tally.backs;
    let ended = backs.reached.count + backs.failed + backs.cancelled;
    [
        ("booked", Some(backs.booked as f64)),
        ("tries", Some(backs.tries as f64)),
        ("reached", Some(backs.reached.count as f64)),
        ("failed", Some(backs.failed as f64)),
        ("cancelled", Some(backs.cancelled as f64)),
        ("open", Some((backs.booked - ended) as f64)),
        ("p_reached", share(backs.reached.count, backs.booked)),
        ("mean_wait", backs.reached.mean()),
        ("longest_wait", backs.reached.longest()),
        ("promised", backs.promised.mean()),
        ("first_try", backs.first_try.mean()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("callback.{name}"), value))
}

fn messages(tally: &Tally) -> impl Iterator<Item = Figure> {
    let messages = &tally.messages;
    [
        ("left", Some(messages.left as f64)),
        ("heard", Some(messages.heard.count as f64)),
        ("mean_wait", messages.heard.mean()),
        ("longest_wait", messages.heard.longest()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("voicemail.{name}"), value))
}
