//! `switchroom stats`: a contact log through the fold of the live figures.

pub(crate) mod log;
mod survey;

use super::Failure;
use ::stats::{Attribution, Figures, Fold, Grid, Ratio, ServiceLevel, Span, Thresholds};
use clap::{Args, ValueHint};
use domain::Visit;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A contact that touches more intervals than this is taken for a mistake of units.
const INTERVALS_MAX: u64 = 1_000_000;

/// `switchroom stats`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  switchroom stats --log monday.jsonl
  switchroom stats --log monday.jsonl --threshold-ms 20000 --short-ms 5000 --interval-ms 1800000 --json

One contact a line, times in whole milliseconds on any clock:
  {\"id\":0,\"enter\":18611,\"exit\":20000,\"outcome\":\"answered|abandoned|flowout\",\"talk\":248119,\"hold\":0,\"acw\":61000}
The engine writes such a log of its own day at GET /api/v1/contact-log, and answers to surveys, for --survey, at
GET /api/v1/surveys.")]
pub struct Stats {
    /// The contact log, JSON lines; - reads standard input.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, required_unless_present = "survey")]
    log: Option<PathBuf>,
    /// Instead of a log: answers to surveys, CSV; count, mean and share of 4 and more by queue and question.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "log")]
    survey: Option<PathBuf>,
    /// T: a wait of at most so many milliseconds is within the service level.
    #[arg(long, value_name = "MS", default_value_t = 20_000)]
    threshold_ms: u64,
    /// S: an abandon after at most so many milliseconds is short.
    #[arg(long, value_name = "MS", default_value_t = 5_000)]
    short_ms: u64,
    /// H: length of an interval in milliseconds; interval n begins at n × H.
    #[arg(long, value_name = "MS", default_value_t = 900_000, value_parser = clap::value_parser!(u64).range(1..))]
    interval_ms: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs it.
///
/// # Errors
/// [`Failure::File`] for a log that cannot be read, [`Failure::Line`] for a line that is no contact.
pub fn run(args: &Stats) -> Result<ExitCode, Failure> {
    let text = match &args.survey {
        Some(path) => {
            let surveys = survey::read(path)?;
            if args.json { format!("{}\n", survey::report(&surveys)) } else { survey::table(&surveys) }
        }
        None => {
            let fold = fold(args)?;
            if args.json { format!("{}\n", report(&fold, args.interval_ms)) } else { table(&fold, args) }
        }
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        written => {
            written.map(|()| ExitCode::SUCCESS).map_err(|source| Failure::File { path: "stdout".into(), source })
        }
    }
}

fn fold(args: &Stats) -> Result<Fold, Failure> {
    let thresholds = Thresholds { within_ms: args.threshold_ms, short_abandon_ms: args.short_ms };
    let mut fold = Fold::new(thresholds, Grid::every(args.interval_ms));
    let log = args.log.as_deref().unwrap_or_else(|| Path::new("-"));
    log::read(log, |visit: Visit| {
        let intervals = Span::new(visit.enter_ms, visit.completion_ms()).length_ms() / args.interval_ms;
        if intervals > INTERVALS_MAX {
            return Err(format!("the contact lasts for {intervals} intervals; are its times milliseconds?"));
        }
        fold.add(&visit);
        Ok(())
    })?;
    Ok(fold)
}

/// The number of the interval that begins at a time.
fn index(start_ms: i64, interval_ms: u64) -> i64 {
    start_ms.div_euclid(i64::try_from(interval_ms).unwrap_or(i64::MAX))
}

/// Nine digits after the point, as a decimal reader rounds them; null where there is nothing to tell.
fn rounded(ratio: Ratio) -> Value {
    ratio.value().and_then(|value| format!("{value:.9}").parse::<f64>().ok()).map_or(Value::Null, Value::from)
}

fn figures(figures: &Figures) -> Value {
    let level = |variant: ServiceLevel| (variant.as_str().to_owned(), rounded(figures.service_level(variant)));
    json!({
        "offered": figures.offered,
        "answered": figures.answered,
        "abandoned": figures.abandoned,
        "flowout": figures.flowed_out,
        "answered_in_T": figures.answered_within,
        "abandoned_in_T": figures.abandoned_within,
        "short_abandons": figures.short_abandons,
        "sl": ServiceLevel::ALL.map(level).into_iter().collect::<Map<_, _>>(),
        "asa_ms": rounded(figures.asa_ms()),
        "longest_wait_ms": figures.longest_wait_ms,
        "abandon_rate": rounded(figures.abandon_rate()),
        "abandon_rate_live": rounded(figures.abandon_rate_live()),
        "abandon_rate_no_short": rounded(figures.abandon_rate_no_short()),
        "aht_ms": rounded(figures.aht_ms()),
    })
}

fn report(fold: &Fold, interval_ms: u64) -> Value {
    let mut report = Map::from_iter([("whole_period".to_owned(), figures(fold.whole()))]);
    for attribution in Attribution::ALL {
        let rows = fold.intervals(attribution);
        let rows: Map<_, _> =
            rows.map(|(start, counted)| (index(start, interval_ms).to_string(), figures(counted))).collect();
        report.insert(attribution.as_str().to_owned(), Value::Object(rows));
    }
    let clipped: Map<_, _> = fold
        .clipped()
        .map(|(start, clipped)| {
            // Sums of plausible times fit; serde_json writes no wider numbers.
            let [queue_ms, handle_ms] =
                [clipped.queue_ms, clipped.handle_ms].map(|ms| u64::try_from(ms).unwrap_or(u64::MAX));
            (index(start, interval_ms).to_string(), json!({ "queue_ms": queue_ms, "handle_ms": handle_ms }))
        })
        .collect();
    report.insert("clipped".to_owned(), Value::Object(clipped));
    Value::Object(report)
}

fn percent(ratio: Ratio) -> String {
    ratio.value().map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn seconds(ratio: Ratio) -> String {
    ratio.value().map_or_else(|| "-".to_owned(), |ms| format!("{:.1} s", ms / 1_000.0))
}

/// A text cannot refuse to be written to.
fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{words}");
}

fn table(fold: &Fold, args: &Stats) -> String {
    let mut text = String::new();
    let whole = fold.whole();
    let (within, short) = (args.threshold_ms as f64 / 1_000.0, args.short_ms as f64 / 1_000.0);
    line(
        &mut text,
        format_args!("T = {within} s, S = {short} s, intervals of {} s\n", args.interval_ms as f64 / 1_000.0),
    );
    line(
        &mut text,
        format_args!("offered {}, answered {} ({} within T)", whole.offered, whole.answered, whole.answered_within),
    );
    let (abandoned, early, shorts) = (whole.abandoned, whole.abandoned_within, whole.short_abandons);
    line(
        &mut text,
        format_args!("abandoned {abandoned} ({early} within T, {shorts} short), flowed out {}\n", whole.flowed_out),
    );
    for variant in ServiceLevel::ALL {
        let (name, share) = (variant.as_str(), percent(whole.service_level(variant)));
        line(&mut text, format_args!("service level {name:<20}{share:>9}"));
    }
    line(&mut text, format_args!("abandon rate {:>30}", percent(whole.abandon_rate())));
    line(&mut text, format_args!("abandon rate no_short {:>21}", percent(whole.abandon_rate_no_short())));
    line(&mut text, format_args!("ASA {:>39}", seconds(whole.asa_ms())));
    let longest = Ratio { part: whole.longest_wait_ms.into(), whole: 1 };
    line(&mut text, format_args!("longest wait {:>30}", seconds(longest)));
    let [talk, hold, acw] = whole.aht_parts_ms().map(seconds);
    line(&mut text, format_args!("AHT {:>39}   talk {talk} + hold {hold} + ACW {acw}", seconds(whole.aht_ms())));
    for attribution in Attribution::ALL {
        rows(&mut text, fold, attribution, args.interval_ms);
    }
    line(&mut text, format_args!("\nby interval, clipped: durations split at the borders"));
    line(&mut text, format_args!("{:>10}{:>14}{:>14}", "interval", "in queue", "handled"));
    for (start, clipped) in fold.clipped() {
        let [queue, handle] = [clipped.queue_ms, clipped.handle_ms].map(|part| seconds(Ratio { part, whole: 1 }));
        line(&mut text, format_args!("{:>10}{queue:>14}{handle:>14}", index(start, args.interval_ms)));
    }
    text
}

fn rows(text: &mut String, fold: &Fold, attribution: Attribution, interval_ms: u64) {
    line(text, format_args!("\nby interval, attribution {} (SL no_short)", attribution.as_str()));
    let [interval, offered, answered] = ["interval", "offered", "answered"];
    let [abandoned, flowed_out, level, asa, aht] = ["abandoned", "flowed out", "SL", "ASA", "AHT"];
    line(
        text,
        format_args!(
            "{interval:>10}{offered:>9}{answered:>10}{abandoned:>11}{flowed_out:>12}{level:>10}{asa:>11}{aht:>11}"
        ),
    );
    for (start, row) in fold.intervals(attribution) {
        let (number, level) = (index(start, interval_ms), percent(row.service_level(ServiceLevel::NoShort)));
        let counts = format!("{:>9}{:>10}{:>11}{:>12}", row.offered, row.answered, row.abandoned, row.flowed_out);
        let (asa, aht) = (seconds(row.asa_ms()), seconds(row.aht_ms()));
        line(text, format_args!("{number:>10}{counts}{level:>10}{asa:>11}{aht:>11}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        stats: Stats,
    }

    fn args(log: &str, more: &[&str]) -> (tempfile::NamedTempFile, Stats) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(log.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let words = ["stats", "--log", &path].into_iter().chain(more.iter().copied());
        let stats = Line::try_parse_from(words.map(str::to_owned)).unwrap().stats;
        (file, stats)
    }

    const LOG: &str = r#"{"id":0,"enter":-1,"exit":999,"outcome":"answered","talk":700,"hold":200,"acw":100}

{"id":1,"enter":500,"exit":2500,"outcome":"abandoned","talk":0,"hold":0,"acw":0}
{"id":2,"enter":1000,"exit":1001,"outcome":"answered","talk":1,"hold":0,"acw":0}
{"id":3,"enter":1000,"exit":1000,"outcome":"flowout"}
"#;

    #[test]
    fn the_report_has_the_shape_that_programs_read() {
        let (_file, args) = args(LOG, &["--threshold-ms", "1000", "--short-ms", "2000", "--interval-ms", "1000"]);
        let report = report(&fold(&args).unwrap(), 1_000);
        let whole = json!({
            "offered": 4, "answered": 2, "abandoned": 1, "flowout": 1,
            "answered_in_T": 2, "abandoned_in_T": 0, "short_abandons": 1,
            "sl": { "offered": 0.5, "answered": 1.0, "no_short": 0.666666667, "no_early": 0.5,
                    "answered_abandoned": 0.666666667, "positive": 0.5, "removed": 0.75 },
            "asa_ms": 500.5, "longest_wait_ms": 2_000, "abandon_rate": 0.25, "abandon_rate_live": 0.333333333, "abandon_rate_no_short": 0.0, "aht_ms": 500.5,
        });
        assert_eq!(report["whole_period"], whole);
        let offered = |attribution: &str| -> Vec<(String, u64)> {
            let rows = report[attribution].as_object().unwrap().iter();
            rows.map(|(key, row)| (key.clone(), row["offered"].as_u64().unwrap())).collect()
        };
        let rows = |rows: &[(&str, u64)]| rows.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect::<Vec<_>>();
        assert_eq!(offered("arrival"), rows(&[("-1", 1), ("0", 1), ("1", 2)]));
        assert_eq!(offered("exit"), rows(&[("0", 1), ("1", 2), ("2", 1)]));
        assert_eq!(offered("completion"), rows(&[("1", 3), ("2", 1)]));
        assert_eq!(report["arrival"]["0"]["asa_ms"], Value::Null);
        let clipped = json!({
            "-1": { "queue_ms": 1, "handle_ms": 0 }, "0": { "queue_ms": 1499, "handle_ms": 1 },
            "1": { "queue_ms": 1001, "handle_ms": 1000 }, "2": { "queue_ms": 500, "handle_ms": 0 },
        });
        assert_eq!(report["clipped"], clipped);
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let (_file, stats) = args(&format!("{LOG}{{\"enter\":1}}\n"), &[]);
        let said = fold(&stats).unwrap_err().to_string();
        assert!(said.contains(":6: missing field `exit`"), "{said}");
        let long = r#"{"enter":0,"exit":1800000000000,"outcome":"abandoned"}"#;
        let (_file, stats) = args(long, &["--interval-ms", "1000"]);
        assert!(fold(&stats).unwrap_err().to_string().contains("are its times milliseconds?"));
    }

    #[test]
    fn an_empty_log_has_figures_of_nothing() {
        let (_file, stats) = args("", &[]);
        let report = report(&fold(&stats).unwrap(), 900_000);
        assert_eq!(report["whole_period"]["sl"]["removed"], Value::Null);
        assert_eq!(report["clipped"], json!({}));
    }

    #[test]
    fn the_table_names_variants_and_attributions() {
        let (_file, stats) = args(LOG, &["--interval-ms", "1000"]);
        let table = table(&fold(&stats).unwrap(), &stats);
        for words in ["no_early", "answered_abandoned", "attribution completion", "SL no_short", "clipped", "ACW 0.1 s"]
        {
            assert!(table.contains(words), "{words} in\n{table}");
        }
    }
}
