//! `switchroom plan`: Erlang's formulas.

use super::Failure;
use clap::{Args, ValueEnum};
use planning::Error;
use planning::erlang::{Demand, Goal, MOST, Metric, Model, Outlook, Staffing, Variant, outlook, p_block, staff};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// `switchroom plan`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  switchroom plan --model erlang-c --calls-per-hour 200 --aht-s 180 --agents 14
  switchroom plan --model erlang-a --calls-per-hour 2880 --aht-s 60 --patience-s 120 --goal sl.offered.20=0.8 --json
  switchroom plan --model erlang-b --erlangs 12.5 --goal p_block=0.01

Goals: sl.VARIANT.SECONDS=share (offered, answered, no_early, positive) is the least that is wanted; asa_s, mean_wait_s,
p_wait, p_abandon, mean_queue, occupancy and p_block (erlang-b) the most.")]
pub struct Plan {
    /// The model.
    #[arg(long, value_enum)]
    model: Formula,
    /// Calls offered per hour.
    #[arg(long, value_name = "CALLS")]
    calls_per_hour: Option<f64>,
    /// Mean handling time, after-contact work included, in seconds.
    #[arg(long, value_name = "SECONDS")]
    aht_s: Option<f64>,
    /// Mean patience in seconds (erlang-a).
    #[arg(long, value_name = "SECONDS")]
    patience_s: Option<f64>,
    /// Offered load in erlangs, in place of calls and handling time (erlang-b).
    #[arg(long, conflicts_with_all = ["calls_per_hour", "aht_s"])]
    erlangs: Option<f64>,
    /// Agents, or lines.
    #[arg(long, required_unless_present = "goal", conflicts_with = "goal")]
    agents: Option<u32>,
    /// Find the smallest number of agents that reaches this goal.
    #[arg(long, value_name = "FIGURE=NUMBER")]
    goal: Option<Goal>,
    /// Thresholds of the service level in seconds.
    #[arg(long, value_name = "SECONDS,…", value_delimiter = ',', default_value = "10,20,30,60")]
    thresholds_s: Vec<f64>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// A model of a pool of agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Formula {
    /// Calls that find all lines busy are lost.
    ErlangB,
    /// Callers wait, however long it takes.
    ErlangC,
    /// Callers wait until they lose patience.
    ErlangA,
}

impl Formula {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ErlangA => "erlang-a",
            Self::ErlangB => "erlang-b",
            Self::ErlangC => "erlang-c",
        }
    }
}

/// Runs it.
///
/// # Errors
/// [`Failure::Question`] for figures that the formulas cannot take.
pub fn run(plan: &Plan) -> Result<ExitCode, Failure> {
    let report = match plan.model {
        Formula::ErlangB => loss(plan)?,
        Formula::ErlangC | Formula::ErlangA => delay(plan)?,
    };
    if plan.json {
        println!("{report}");
    } else {
        print!("{}", table(&report));
    }
    Ok(ExitCode::SUCCESS)
}

fn loss(plan: &Plan) -> Result<Value, Error> {
    let erlangs = match (plan.erlangs, plan.calls_per_hour, plan.aht_s) {
        (Some(erlangs), ..) => erlangs,
        (None, Some(calls), Some(aht_s)) => Demand::new(calls, aht_s, None)?.erlangs(),
        _ => return Err(missing("--erlangs", "given for erlang-b, or --calls-per-hour and --aht-s")),
    };
    if !(0.0..=f64::from(MOST)).contains(&erlangs) {
        return Err(missing("the load", "0 to 1,000,000 erlangs"));
    }
    let staffing = plan.goal.map(|goal| staff(&Model::Loss(erlangs), &goal)).transpose()?;
    let agents = staffing.map_or(plan.agents, |staffing| Some(staffing.agents)).unwrap_or_default();
    if agents > MOST {
        return Err(missing("the number of agents", "0 to 1,000,000"));
    }
    let mut report = json!({ "model": plan.model.as_str(), "erlangs": erlangs, "p_block": p_block(erlangs, agents) });
    note_staffing(&mut report, staffing);
    Ok(report)
}

fn delay(plan: &Plan) -> Result<Value, Error> {
    let patience_s = match (plan.model, plan.patience_s) {
        (Formula::ErlangA, None) => return Err(missing("--patience-s", "given for erlang-a")),
        (Formula::ErlangA, patience_s) => patience_s,
        _ => None,
    };
    let calls = plan.calls_per_hour.ok_or_else(|| missing("--calls-per-hour", "given for this model"))?;
    let aht_s = plan.aht_s.ok_or_else(|| missing("--aht-s", "given for this model"))?;
    let demand = Demand::new(calls, aht_s, patience_s)?;
    let mut thresholds_s = plan.thresholds_s.clone();
    if let Some(Goal { metric: Metric::ServiceLevel(_, threshold_s), .. }) = plan.goal
        && !thresholds_s.contains(&threshold_s)
    {
        thresholds_s.push(threshold_s);
    }
    let staffing = plan.goal.map(|goal| staff(&Model::Delay(demand), &goal)).transpose()?;
    let agents = staffing.map_or(plan.agents, |staffing| Some(staffing.agents)).unwrap_or_default();
    let outlook = outlook(&demand, agents, &thresholds_s)?;
    let mut report = json!({
        "model": plan.model.as_str(),
        "erlangs": demand.erlangs(),
        "stable": outlook.is_some(),
    });
    note_outlook(&mut report, outlook.as_ref(), &thresholds_s);
    note_staffing(&mut report, staffing);
    Ok(report)
}

const fn missing(what: &'static str, range: &'static str) -> Error {
    Error::OutOfRange { what, range }
}

/// Figures, or null for each where the line grows for ever.
fn note_outlook(report: &mut Value, outlook: Option<&Outlook>, thresholds_s: &[f64]) {
    let figures = outlook.map(|outlook| outlook.figures);
    report["p_wait"] = figures.map(|f| f.p_wait).into();
    report["p_abandon"] = figures.map(|f| f.p_abandon).into();
    report["mean_wait_s"] = figures.map(|f| f.mean_wait_s).into();
    report["asa_s"] = figures.map(|f| f.asa_s).into();
    report["mean_queue"] = figures.map(|f| f.mean_queue).into();
    report["occupancy"] = figures.map(|f| f.occupancy).into();
    let shares = |variant: Variant| -> Map<String, Value> {
        let share = |at: usize| outlook.and_then(|outlook| outlook.service.get(at)).map(|level| variant.of(level));
        thresholds_s.iter().enumerate().map(|(at, t)| (t.to_string(), share(at).into())).collect()
    };
    let levels: Map<String, Value> =
        Variant::ALL.into_iter().map(|variant| (variant.as_str().to_owned(), shares(variant).into())).collect();
    report["sl"] = levels.into();
}

fn note_staffing(report: &mut Value, staffing: Option<Staffing>) {
    if let Some(Staffing { agents, with_one_less }) = staffing {
        report["agents"] = agents.into();
        report["with_one_less"] = with_one_less.into();
    }
}

/// What the figures of a report are called in a table, and how many digits they need there.
const ROWS: &[(&str, &str, usize)] = &[
    ("erlangs", "load, erlangs", 3),
    ("agents", "agents needed", 0),
    ("with_one_less", "the goal's figure with one less", 4),
    ("p_block", "share of calls lost", 6),
    ("p_wait", "share of callers who wait", 4),
    ("p_abandon", "share of callers who give up", 4),
    ("mean_wait_s", "mean wait of all, s", 2),
    ("asa_s", "mean wait of the answered (ASA), s", 2),
    ("mean_queue", "mean number waiting", 2),
    ("occupancy", "occupancy", 4),
];

fn table(report: &Value) -> String {
    let figure = |value: &Value, digits| value.as_f64().map_or_else(|| "-".to_owned(), |x| format!("{x:.digits$}"));
    let mut text = String::new();
    for (key, words, digits) in ROWS {
        if let Some(value) = report.get(key) {
            text.push_str(&format!("{words:<36}{:>14}\n", figure(value, *digits)));
        }
    }
    if report["stable"] == false {
        text.push_str("unstable: the load is at or above the number of agents, so the line grows for ever\n");
    }
    let Some(levels) = report["sl"].as_object().filter(|_| report["stable"] == true) else { return text };
    text.push_str("\nservice level within");
    let thresholds = levels.values().next().and_then(Value::as_object);
    for threshold in thresholds.into_iter().flat_map(Map::keys) {
        text.push_str(&format!("{:>10}", format!("{threshold} s")));
    }
    for (variant, shares) in levels {
        text.push_str(&format!("\n  {variant:<18}"));
        for share in shares.as_object().into_iter().flat_map(Map::values) {
            text.push_str(&format!("{:>10}", figure(share, 4)));
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        plan: Plan,
    }

    fn report(line: &str) -> Result<Value, Error> {
        let plan = Line::try_parse_from(["plan"].into_iter().chain(line.split(' '))).unwrap().plan;
        if plan.model == Formula::ErlangB { loss(&plan) } else { delay(&plan) }
    }

    #[test]
    fn the_report_has_the_shape_that_programs_read() {
        let report =
            report("--model erlang-c --calls-per-hour 200 --aht-s 180 --agents 14 --thresholds-s 20,60").unwrap();
        let keys: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
        let figures = ["p_wait", "p_abandon", "mean_wait_s", "asa_s", "mean_queue", "occupancy", "sl"];
        assert_eq!(keys[..3], ["model", "erlangs", "stable"]);
        assert_eq!(keys[3..], figures);
        assert!((report["p_wait"].as_f64().unwrap() - 0.174_131_9).abs() < 1e-7);
        assert!((report["sl"]["offered"]["20"].as_f64().unwrap() - 0.888_35).abs() < 1e-5);
        assert_eq!(report["sl"].as_object().unwrap().len(), 4);
    }

    #[test]
    fn an_unstable_pool_has_no_figures() {
        let report = report("--model erlang-c --calls-per-hour 280 --aht-s 180 --agents 14").unwrap();
        assert_eq!(report["stable"], false);
        assert!(report["asa_s"].is_null() && report["sl"]["positive"]["20"].is_null());
        assert!(table(&report).contains("unstable"));
    }

    #[test]
    fn a_goal_gives_the_smallest_number_of_agents() {
        let report = report("--model erlang-c --calls-per-hour 200 --aht-s 180 --goal sl.offered.25=0.8").unwrap();
        assert_eq!(report["agents"], 13);
        assert!(report["with_one_less"].as_f64().unwrap() < 0.8);
        assert!(report["sl"]["offered"]["25"].as_f64().unwrap() >= 0.8);
    }

    #[test]
    fn lost_calls_need_no_handling_time() {
        let report = report("--model erlang-b --erlangs 10 --goal p_block=0.01").unwrap();
        assert_eq!(report["agents"], 18);
        assert!(report["with_one_less"].as_f64().unwrap() > 0.01);
    }

    #[test]
    fn what_is_missing_is_named() {
        let message = report("--model erlang-a --calls-per-hour 1 --aht-s 1 --agents 1").unwrap_err().to_string();
        assert_eq!(message, "--patience-s must be given for erlang-a");
        assert!(report("--model erlang-c --calls-per-hour NaN --aht-s 1 --agents 1").is_err());
        assert!(report("--model erlang-c --calls-per-hour 1 --aht-s 1 --agents 0").is_err());
    }
}
