//! Reports for programs and for people.

use planning::simulate::{Centre, Curve, Estimate, Measures, QueueLimits, Report};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Everything as one JSON object. A figure with a dot in its name also stands in nested objects.
/// `without`: the same without calls back and messages.
pub(super) fn json(centre: &Centre, report: &Report, without: Option<&Report>) -> Value {
    let mut whole = found(report);
    whole.insert("run".to_owned(), run(centre, report));
    if let Some(without) = without {
        whole.insert("without".to_owned(), Value::Object(found(without)));
    }
    Value::Object(whole)
}

fn found(report: &Report) -> Map<String, Value> {
    let types = report.types.iter().map(|(name, measures)| (name.clone(), of_measures(measures)));
    let groups =
        report.groups.iter().map(|(name, occupancy)| (name.clone(), json!({ "occupancy": value(*occupancy) })));
    Map::from_iter([
        ("types".to_owned(), Value::Object(types.collect())),
        ("groups".to_owned(), Value::Object(groups.collect())),
        ("all".to_owned(), of_measures(&report.all)),
    ])
}

fn run(centre: &Centre, report: &Report) -> Value {
    let scenario = centre.scenario();
    json!({
            "calls": scenario.run.calls,
            "warmup_calls": scenario.run.warmup_calls,
            "replications": scenario.run.replications,
            "seed": scenario.run.seed,
            "lines": scenario.run.lines,
            "thresholds_s": scenario.run.thresholds_s,
            "short_abandon_s": scenario.run.short_s,
            "until_s": scenario.run.until_s,
            "agents": centre.agents(),
            "arrived": report.arrived,
            "simulated_s": report.lasted_s,
    })
}

fn value(estimate: Estimate) -> Value {
    json!({ "mean": estimate.mean, "ci95": estimate.half_width })
}

fn of_measures(measures: &Measures) -> Value {
    let mut object = Map::new();
    for (name, estimate) in measures.iter() {
        object.insert(name.to_owned(), value(estimate));
    }
    for (name, estimate) in measures.iter().filter(|(name, _)| name.contains('.')) {
        // A group's name may itself have dots: served_by has two levels, sl three.
        let parts = if name.starts_with("sl.") { 3 } else { 2 };
        let path: Vec<&str> = name.splitn(parts, '.').collect();
        nest(&mut object, &path, value(estimate));
    }
    Value::Object(object)
}

fn nest(object: &mut Map<String, Value>, path: &[&str], leaf: Value) {
    match path {
        [] => {}
        [name] => drop(object.insert((*name).to_owned(), leaf)),
        [name, rest @ ..] => {
            if let Value::Object(inner) = object.entry(*name).or_insert_with(|| json!({})) {
                nest(inner, rest, leaf);
            }
        }
    }
}

/// What calls back and messages do to live callers: with and without them.
pub(super) fn compared(centre: &Centre, report: &Report, without: &Report) -> String {
    let titles = ["live callers", "answered", "abandoned", "ASA s", "mean wait s"];
    let mut lines = vec![titles.map(str::to_owned).to_vec()];
    lines[0].extend(thresholds(centre).iter().map(|threshold| format!("SL {threshold} s")));
    lines[0].push("occupancy".to_owned());
    for (report, how) in [(report, "with the offers"), (without, "without")] {
        for (name, measures, _) in rows(report) {
            let share = |figure: &str| percent(measures.named(figure));
            let mut line = vec![format!("{name}, {how}"), answered(measures), share("p_abandon")];
            line.push(seconds(measures.named("asa_answered")));
            line.push(seconds(measures.named("mean_wait_all")));
            line.extend(thresholds(centre).iter().map(|threshold| share(&format!("sl.offered.{threshold}"))));
            line.push(percent(report.all.named("occupancy")));
            lines.push(line);
        }
    }
    let mut text = "\n".to_owned();
    lay_out(&mut text, &lines);
    text
}

/// Live contacts answered, on average.
fn answered(measures: &Measures) -> String {
    let named = measures.named("answered");
    if named.is_some() {
        return number(named);
    }
    // Where nobody can flow out, whoever has not given up was answered.
    let kept = |offered: f64| Some(offered * (1.0 - measures.mean("p_abandon")?));
    measures.mean("offered").and_then(kept).map_or_else(|| "–".to_owned(), |count| format!("{count:.1}"))
}

/// A table for people.
pub(super) fn table(centre: &Centre, report: &Report) -> String {
    let run = &centre.scenario().run;
    let mut text = format!(
        "{} contacts in {} replications of {}, {} {}. ± is the half-width of the 95 % confidence interval.\n\n",
        grouped(report.arrived),
        run.replications,
        duration(report.lasted_s),
        centre.agents(),
        if centre.agents() == 1 { "agent" } else { "agents" },
    );
    lay_out(&mut text, &by_type(centre, report));
    let _ = writeln!(
        text,
        "\nShares are of the contacts that were not blocked. SL T: answered within T seconds of them all (the variant \
         `offered`; --json has the others).\n"
    );
    lay_out(&mut text, &by_group(centre, report));
    if centre.scenario().callback.is_some() {
        text.push('\n');
        lay_out(&mut text, &callbacks(report));
    }
    let types = &centre.scenario().types;
    let calls_back = types.iter().any(|kind| kind.callback.is_some());
    let takes_messages = types.iter().any(|kind| kind.voicemail.is_some());
    let limited = types.iter().any(|kind| kind.limits != QueueLimits::default());
    if calls_back || takes_messages || limited {
        text.push('\n');
        lay_out(&mut text, &ways_out(report));
    }
    if calls_back {
        text.push('\n');
        lay_out(&mut text, &calls_back_by_type(report));
    }
    if takes_messages {
        text.push('\n');
        lay_out(&mut text, &messages(report));
    }
    text
}

/// A table with a line for each type.
fn table_of(report: &Report, titles: &[&str], cells: impl Fn(&Measures) -> Vec<String>) -> Vec<Vec<String>> {
    let mut lines = vec![titles.iter().map(|title| (*title).to_owned()).collect()];
    lines.extend(rows(report).map(|(name, measures, _)| {
        let mut line = vec![name.to_owned()];
        line.extend(cells(measures));
        line
    }));
    lines
}

/// What became of live callers. Who flowed out is neither answered nor abandoned.
fn ways_out(report: &Report) -> Vec<Vec<String>> {
    let titles = ["live callers", "answered", "abandoned", "flowed out", "abandoned of those who stayed"];
    table_of(report, &titles, |measures| {
        let counts = ["answered", "abandoned", "flowed_out"].map(|name| number(measures.named(name)));
        counts.into_iter().chain([percent(measures.named("p_abandon_live"))]).collect()
    })
}

fn calls_back_by_type(report: &Report) -> Vec<Vec<String>> {
    let titles = [
        "calls back",
        "booked",
        "tries",
        "reached",
        "failed",
        "cancelled",
        "wait until reached s",
        "told s",
        "first try after s",
    ];
    table_of(report, &titles, |measures| {
        let named = |name: &str| measures.named(&format!("callback.{name}"));
        let counts = ["booked", "tries", "reached", "failed", "cancelled"].map(|name| number(named(name)));
        let waits = ["mean_wait", "promised", "first_try"].map(|name| seconds(named(name)));
        counts.into_iter().chain(waits).collect()
    })
}

fn messages(report: &Report) -> Vec<Vec<String>> {
    table_of(report, &["messages", "left", "heard", "wait until heard s"], |measures| {
        let named = |name: &str| measures.named(&format!("voicemail.{name}"));
        vec![number(named("left")), number(named("heard")), seconds(named("mean_wait"))]
    })
}

/// The figures of all types, then those of all contacts where there are several types.
fn rows(report: &Report) -> impl Iterator<Item = (&str, &Measures, &Curve)> {
    let types = report.types.iter().map(|(name, measures)| (name.as_str(), measures));
    let all = (report.types.len() > 1).then_some(("all", &report.all));
    types.chain(all).zip(&report.curves).map(|((name, measures), curve)| (name, measures, curve))
}

/// Thresholds that the table has room for.
fn thresholds(centre: &Centre) -> &[f64] {
    let thresholds = &centre.scenario().run.thresholds_s;
    &thresholds[..thresholds.len().min(3)]
}

fn by_type(centre: &Centre, report: &Report) -> Vec<Vec<String>> {
    let run = &centre.scenario().run;
    let shares = [("p_block", "blocked"), ("p_wait", "had to wait"), ("p_abandon", "abandoned")];
    let shares = &shares[usize::from(run.lines.is_none())..];
    let mut head = vec!["type".to_owned(), "offered".to_owned()];
    head.extend(shares.iter().map(|(_, title)| (*title).to_owned()));
    head.extend(["ASA s", "mean wait s", "p90 s"].map(str::to_owned));
    head.extend(thresholds(centre).iter().map(|threshold| format!("SL {threshold} s")));
    let mut lines = vec![head];
    for (name, measures, curve) in rows(report) {
        let offered = measures.mean("offered").map_or_else(|| "–".to_owned(), |count| grouped(count.round() as u64));
        let mut line = vec![name.to_owned(), offered];
        line.extend(shares.iter().map(|(figure, _)| percent(measures.named(figure))));
        line.push(seconds(measures.named("asa_answered")));
        line.push(seconds(measures.named("mean_wait_all")));
        line.push(curve.median_and_p90.1.map_or_else(|| "–".to_owned(), |wait| format!("{wait:.1}")));
        let levels = thresholds(centre).iter().map(|threshold| measures.named(&format!("sl.offered.{threshold}")));
        line.extend(levels.map(percent));
        lines.push(line);
    }
    lines
}

fn by_group(centre: &Centre, report: &Report) -> Vec<Vec<String>> {
    let mut head = vec!["group".to_owned(), "agents".to_owned(), "occupancy".to_owned()];
    head.extend(report.types.iter().map(|(name, _)| format!("share of {name}")));
    let mut lines = vec![head];
    for ((name, occupancy), group) in report.groups.iter().zip(&centre.scenario().groups) {
        let staff = group.agents + group.shifts.iter().map(|shift| shift.agents).sum::<u32>();
        let mut line = vec![name.clone(), grouped(u64::from(staff)), percent(Some(*occupancy))];
        let served = report.types.iter().map(|(_, measures)| measures.named(&format!("served_by.{name}")));
        line.extend(served.map(percent));
        lines.push(line);
    }
    if report.groups.len() > 1 {
        let all = report.all.named("occupancy");
        lines.push(vec!["all".to_owned(), grouped(centre.agents() as u64), percent(all)]);
    }
    lines
}

fn callbacks(report: &Report) -> Vec<Vec<String>> {
    let titles = ["type", "called back", "their wait s", "called in vain", "ASA live s", "abandoned live"];
    let mut lines = vec![titles.map(str::to_owned).to_vec()];
    for (name, measures, _) in rows(report) {
        lines.push(vec![
            name.to_owned(),
            percent(measures.named("p_virtual")),
            seconds(measures.named("virtual_mean_wait")),
            percent(measures.named("p_callback_failed")),
            seconds(measures.named("asa_live")),
            percent(measures.named("p_abandon_live")),
        ]);
    }
    lines
}

/// The first column to the left, the others to the right.
fn lay_out(text: &mut String, lines: &[Vec<String>]) {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for line in lines {
        let mut row = String::new();
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = if column == 0 { write!(row, "{cell:<width$}") } else { write!(row, "  {cell:>width$}") };
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
}

/// The mean with its half-width, or a dash where there is none. A figure that never varies has no half-width.
fn cell(estimate: Option<Estimate>, scale: f64, unit: &str) -> String {
    let Some((mean, half_width)) = estimate.and_then(|estimate| Some((estimate.mean?, estimate.half_width))) else {
        return "–".to_owned();
    };
    let mean = mean * scale;
    let digits = if mean.abs() < 10.0 { 2 } else { 1 };
    match half_width {
        Some(half_width) if half_width > 1e-9 => format!("{mean:.digits$} ±{:.digits$}{unit}", half_width * scale),
        _ => format!("{mean:.digits$}{unit}"),
    }
}

fn percent(estimate: Option<Estimate>) -> String {
    cell(estimate, 100.0, " %")
}

fn number(estimate: Option<Estimate>) -> String {
    cell(estimate, 1.0, "")
}

fn seconds(estimate: Option<Estimate>) -> String {
    cell(estimate, 1.0, "")
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 3_600.0 => format!("{s:.0} s"),
        s if s < 172_800.0 => format!("{:.1} hours", s / 3_600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planning::simulate::{Arrivals, ContactType, Distribution, Group, Scenario};

    fn played() -> (Centre, Report) {
        let mut scenario = Scenario::default();
        (scenario.run.calls, scenario.run.warmup_calls, scenario.run.replications) = (2_000, 100, 3);
        scenario.types.push(ContactType {
            arrivals: Arrivals::Poisson(vec![(0.0, 0.05)]),
            service: Some(Distribution::Exp(180.0)),
            patience: Some(Distribution::Exp(60.0)),
            ..ContactType::new("sales")
        });
        scenario.groups.push(Group { agents: 10, ..Group::new("floor.1") });
        let centre = Centre::new(scenario).unwrap();
        let report = super::super::play::play(&centre);
        (centre, report)
    }

    #[test]
    fn json_has_each_figure_by_its_name_and_nested() {
        let (centre, report) = played();
        let json = json(&centre, &report, Some(&report));
        let sales = &json["types"]["sales"];
        assert!(sales["sl.offered.20"]["mean"].as_f64().unwrap() > 0.5);
        assert_eq!(sales["sl.offered.20"], sales["sl"]["offered"]["20"]);
        assert_eq!(sales["served_by.floor.1"]["mean"], 1.0);
        assert_eq!(sales["served_by"]["floor.1"]["mean"], 1.0);
        assert_eq!(json["all"]["offered"]["mean"], 1_900.0);
        assert_eq!(json["without"]["all"], json["all"]);
        assert_eq!(json["all"]["offered"]["ci95"], 0.0);
        assert!(json["groups"]["floor.1"]["occupancy"]["ci95"].as_f64().unwrap() > 0.0);
        assert_eq!(json["all"]["occupancy"], json["groups"]["floor.1"]["occupancy"]);
    }

    #[test]
    fn those_who_take_a_call_back_are_told_apart_from_those_who_wait() {
        let mut scenario = played().0.scenario().clone();
        scenario.types[0].callback = Some(planning::simulate::QueueCallback {
            accept: 0.5,
            test: acd::callback::CapacityTest {
                min_wait: core::time::Duration::ZERO,
                most_open: 100,
                within: core::time::Duration::from_secs(3_600),
                most_load_percent: 200,
            },
            ..planning::simulate::QueueCallback::default()
        });
        let (centre, before) = (Centre::new(scenario).unwrap(), played().1);
        let report = super::super::play::play(&centre);
        let table = table(&centre, &report);
        for words in ["flowed out", "abandoned of those who stayed", "wait until reached s", "first try after s"] {
            assert!(table.contains(words), "{words} is missing in {table}");
        }
        let json = json(&centre, &report, None);
        let booked = json["types"]["sales"]["callback"]["booked"]["mean"].as_f64().unwrap();
        assert!(booked > 10.0, "{booked}");
        assert_eq!(json["types"]["sales"]["flowed_out"], json["types"]["sales"]["callback.booked"]);
        let compared = compared(&centre, &report, &before);
        assert!(compared.contains("sales, with the offers") && compared.contains("sales, without"), "{compared}");
    }

    #[test]
    fn the_table_names_types_groups_and_intervals() {
        let (centre, report) = played();
        let table = table(&centre, &report);
        assert!(table.contains("6,000 contacts in 3 replications"), "{table}");
        assert!(table.lines().any(|line| line.starts_with("sales") && line.contains('±')), "{table}");
        assert!(table.lines().any(|line| line.starts_with("floor.1") && line.contains("100.0 %")), "{table}");
    }
}
