//! Contact logs: one JSON object a line.

use crate::commands::Failure;
use domain::{QueueExit, Visit};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Times beyond this many milliseconds from zero (more than 30,000 years) are taken for a mistake.
const FARTHEST_MS: i64 = 1_000_000_000_000_000;
/// What a line looks like.
const EXAMPLE: &str = r#"{"id":0,"enter":18611,"exit":20000,"outcome":"answered","talk":248119,"hold":0,"acw":61000}"#;

/// A line of a contact log. Fields not named here are passed over.
#[derive(Deserialize)]
struct Line {
    enter: i64,
    exit: i64,
    outcome: Outcome,
    talk: Option<u64>,
    hold: Option<u64>,
    acw: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Answered,
    Abandoned,
    Flowout,
}

/// Reads a contact log, `-` from standard input, and gives every visit in order. Empty lines are passed over.
///
/// # Errors
/// [`Failure::File`] when the file cannot be read, [`Failure::Line`] for the first line that is no contact, with what
/// is wrong and how to mend it; also when `take` says so.
pub(crate) fn read(path: &Path, mut take: impl FnMut(Visit) -> Result<(), String>) -> Result<(), Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), source };
    let mut reader: Box<dyn BufRead> = match path.to_str() {
        Some("-") => Box::new(io::stdin().lock()),
        _ => Box::new(BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?)),
    };
    let (mut text, mut line) = (Vec::new(), 0);
    loop {
        text.clear();
        line += 1;
        if reader.read_until(b'\n', &mut text).map_err(failed)? == 0 {
            return Ok(());
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        visit(&text).and_then(&mut take).map_err(|why| Failure::Line { path: path.to_owned(), line, why })?;
    }
}

fn visit(text: &[u8]) -> Result<Visit, String> {
    let line: Line = serde_json::from_slice(text).map_err(|error| {
        let what = error.to_string();
        let (what, _) = what.split_once(" at line ").unwrap_or((&what, ""));
        format!(
            "{what} (column {}); a line is a JSON object with whole milliseconds, such as {EXAMPLE}",
            error.column()
        )
    })?;
    let Line { enter, exit, outcome, talk, hold, acw } = line;
    if exit < enter {
        return Err(format!("`exit` {exit} is before `enter` {enter}; the contact must enter before it leaves"));
    }
    if outcome == Outcome::Answered && [talk, hold, acw].contains(&None) {
        return Err(
            "an answered contact needs `talk`, `hold` and `acw` in milliseconds (0 where there was none)".into()
        );
    }
    let parts = [talk, hold, acw].map(Option::unwrap_or_default);
    let far = |time: i64| time.unsigned_abs() > FARTHEST_MS.unsigned_abs();
    if far(enter) || far(exit) || parts.iter().any(|part| *part > FARTHEST_MS.unsigned_abs()) {
        return Err(format!("a time lies beyond {FARTHEST_MS} ms; give milliseconds, not micro- or nanoseconds"));
    }
    let exit_word = match outcome {
        Outcome::Answered => QueueExit::Answered,
        Outcome::Abandoned => QueueExit::Abandoned,
        Outcome::Flowout => QueueExit::FlowedOut,
    };
    let [talk_ms, hold_ms, acw_ms] = parts;
    Ok(Visit { enter_ms: enter, exit_ms: exit, exit: exit_word, talk_ms, hold_ms, acw_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_more_fields_than_asked_for_is_a_contact() {
        let line = br#"{"id":7,"queue":"sales","enter":5,"exit":9,"outcome":"answered","talk":3,"hold":1,"acw":2}"#;
        let expected = Visit { enter_ms: 5, exit_ms: 9, exit: QueueExit::Answered, talk_ms: 3, hold_ms: 1, acw_ms: 2 };
        assert_eq!(visit(line), Ok(expected));
        assert_eq!(visit(br#"{"enter":5,"exit":5,"outcome":"flowout"}"#).unwrap().exit, QueueExit::FlowedOut);
    }

    #[test]
    fn a_bad_line_says_what_is_wrong_and_how_to_mend_it() {
        for (line, says) in [
            ("{", "EOF while parsing"),
            ("7", "invalid type"),
            (r#"{"enter":1,"outcome":"abandoned"}"#, "missing field `exit`"),
            (r#"{"enter":1.5,"exit":2,"outcome":"abandoned"}"#, "floating point"),
            (r#"{"enter":1,"exit":2,"outcome":"lost"}"#, "unknown variant `lost`"),
            (r#"{"enter":9,"exit":2,"outcome":"abandoned"}"#, "must enter before it leaves"),
            (r#"{"enter":1,"exit":2,"outcome":"answered"}"#, "needs `talk`"),
            (r#"{"enter":1,"exit":2,"outcome":"answered","talk":-1,"hold":0,"acw":0}"#, "-1"),
            (r#"{"enter":1700000000000000000,"exit":1700000000000000000,"outcome":"abandoned"}"#, "not micro"),
        ] {
            let why = visit(line.as_bytes()).unwrap_err();
            assert!(why.contains(says), "{line}: {why}");
            assert!(!why.contains("at line"), "{why}");
        }
    }

    #[test]
    fn a_line_that_is_no_utf_8_is_refused() {
        assert!(visit(b"{\"enter\":1,\xff}").is_err());
    }
}
