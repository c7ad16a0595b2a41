//! Answers to surveys, from the CSV that the engine writes.

use super::{percent, rounded};
use crate::commands::Failure;
use ::stats::Surveys;
use domain::{QuestionId, QueueId};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The columns that are read, by their names in the first line; others are passed over.
const COLUMNS: [&str; 3] = ["queue", "question", "answer"];
/// The greatest answer.
const DIGIT_MAX: u8 = 9;

/// Reads answers, `-` from standard input.
///
/// # Errors
/// [`Failure::File`] when the file cannot be read, [`Failure::Line`] for the first line that is no answer.
pub(super) fn read(path: &Path) -> Result<Surveys, Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), source };
    let mut text = String::new();
    let mut reader: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(io::stdin().lock()),
        _ => Box::new(File::open(path).map_err(failed)?),
    };
    reader.read_to_string(&mut text).map_err(failed)?;
    fold(&text).map_err(|(line, why)| Failure::Line { path: path.to_owned(), line, why })
}

/// The fold of a file; else the line, from 1, and what is wrong there.
fn fold(text: &str) -> Result<Surveys, (usize, String)> {
    let mut lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    let head: Vec<&str> = lines.next().map(|(_, head)| cells(head)).unwrap_or_default();
    let place = |name: &str| head.iter().position(|cell| *cell == name);
    let missing = |name: &str| (1, format!("there is no column `{name}`; GET /api/v1/surveys writes such a file"));
    let mut at = [0; COLUMNS.len()];
    for (at, name) in at.iter_mut().zip(COLUMNS) {
        *at = place(name).ok_or_else(|| missing(name))?;
    }
    let mut surveys = Surveys::default();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let cells = cells(line);
        let [queue, question, answer] = at.map(|at| cells.get(at).copied().unwrap_or_default());
        let bad = |what: &str, text: &str| (number, format!("`{text}` is no {what}"));
        let queue: Option<QueueId> = match queue {
            "" => None,
            queue => Some(queue.parse().map_err(|_| bad("queue", queue))?),
        };
        let question: QuestionId = question.parse().map_err(|_| bad("question", question))?;
        let digit = answer.parse().ok().filter(|digit| *digit <= DIGIT_MAX).ok_or_else(|| bad("digit", answer))?;
        surveys.add(queue, question, digit);
    }
    Ok(surveys)
}

/// Ids and numbers hold neither commas nor quotes; a spreadsheet may have put quotes around them.
fn cells(line: &str) -> Vec<&str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"')).collect()
}

/// For programs.
pub(super) fn report(surveys: &Surveys) -> Value {
    let row = |(queue, question, score): (Option<QueueId>, QuestionId, &::stats::Score)| {
        json!({
            "queue": queue.map(|queue| queue.to_string()), "question": question.as_str(), "answers": score.answers,
            "mean": rounded(score.mean()), "good": rounded(score.good_share()),
        })
    };
    json!({ "surveys": surveys.scores().map(row).collect::<Vec<_>>() })
}

/// For people.
pub(super) fn table(surveys: &Surveys) -> String {
    let mut text = String::new();
    let [queue, question, answers, mean, good] = ["queue", "question", "answers", "mean", "4 and more"];
    // A text cannot refuse to be written to.
    let _ = writeln!(text, "{queue:<32}{question:<32}{answers:>8}{mean:>7}{good:>12}");
    for (queue, question, score) in surveys.scores() {
        let queue = queue.map_or_else(|| "-".to_owned(), |queue| queue.to_string());
        let mean = score.mean().value().map_or_else(|| "-".to_owned(), |mean| format!("{mean:.2}"));
        let (answers, good) = (score.answers, percent(score.good_share()));
        let _ = writeln!(text, "{queue:<32}{question:<32}{answers:>8}{mean:>7}{good:>12}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "contact,at,queue,agent,question,answer\r\nC1,1000,billing,li.wei,satisfaction,5\r\n\
                        C2,2000,billing,ana,satisfaction,2\r\n\r\nC3,3000,,,satisfaction,4\r\n";

    #[test]
    fn the_engines_list_becomes_figures_by_queue_and_question() {
        let surveys = fold(FILE).unwrap();
        let row = |queue: Option<&str>, answers: u64, mean: f64, good: f64| json!({ "queue": queue, "question": "satisfaction", "answers": answers, "mean": mean, "good": good });
        let rows = json!([row(None, 1, 4.0, 1.0), row(Some("billing"), 2, 3.5, 0.5)]);
        assert_eq!(report(&surveys), json!({ "surveys": rows }));
        let table = table(&surveys);
        assert!(table.contains("3.50") && table.contains("50.0 %"), "{table}");
    }

    #[test]
    fn columns_may_stand_in_any_order_and_in_quotes() {
        let file = "\"answer\",\"question\",\"queue\"\n\"3\",\"solved\",\"support\"\n";
        let surveys = fold(file).unwrap();
        let rows: Vec<_> = surveys.scores().map(|(queue, _, score)| (queue.unwrap().to_string(), score.sum)).collect();
        assert_eq!(rows, [("support".to_owned(), 3)]);
    }

    #[test]
    fn what_is_no_answer_is_named_by_its_line() {
        for (file, line) in [
            ("", 1),
            ("contact,at\n", 1),
            ("queue,question,answer\nbilling,satisfaction,5\nbilling,satisfaction,10\n", 3),
            ("queue,question,answer\nbilling,satisfaction\n", 2),
            ("queue,question,answer\nbil ling,satisfaction,1\n", 2),
            ("queue,question,answer\nbilling,,1\n", 2),
        ] {
            assert_eq!(fold(file).map_err(|(line, _)| line), Err(line), "{file}");
        }
    }
}
