//! Customers from CSV: every row is checked, good rows are written together, bad rows are named.
//!
//! Cells are text, whatever they begin with: a formula is kept as it stands and never evaluated.

use crate::Store;
use crate::customers::{Checked, account_owner, check, random_id, write};
use crate::error::Failure;
use crate::phone::Numbering;
use csv::{ReaderBuilder, StringRecord};
use domain::{ImportReport, NewCustomer, QueryError, Redacted, RowError};
use std::collections::BTreeMap;

/// The columns, in any order; only `name` must be there.
const COLUMNS: [&str; 8] = ["name", "company", "tier", "account", "language", "phones", "emails", "notes"];
/// Most errors in one report.
const ERRORS_MAX: usize = 1_000;

/// Imports customers; with `dry_run` everything is done and taken back.
pub(crate) async fn import(store: &Store, csv: &str, dry_run: bool) -> Result<ImportReport, Failure> {
    let mut report = ImportReport::default();
    let rows = read(store.numbering, csv, &mut report.errors);
    let mut tx = store.db.begin().await?;
    for checked in &rows {
        let known = account_owner(&mut tx, checked.account()).await?;
        match known {
            Some(_) => report.changed += 1,
            None => report.added += 1,
        }
        let id = match known {
            Some(id) => id,
            None => random_id()?,
        };
        write(&mut tx, id, checked).await?;
    }
    if dry_run {
        tx.rollback().await?
    } else {
        tx.commit().await?
    }
    report.errors.sort_by_key(|error| error.line);
    report.errors.truncate(ERRORS_MAX);
    Ok(report)
}

fn read(numbering: Numbering, csv: &str, errors: &mut Vec<RowError>) -> Vec<Checked> {
    let csv = csv.strip_prefix('\u{feff}').unwrap_or(csv);
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(csv.as_bytes());
    let Some(columns) = reader.headers().ok().and_then(|header| read_header(header, errors)) else {
        return Vec::new();
    };
    let mut rows: Vec<Checked> = Vec::new();
    let mut lines = Lines { text: csv, offset: 0, line: 1 };
    let mut accounts: BTreeMap<String, u64> = BTreeMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                errors.push(row_error(lines.line, "", format!("cannot be read: {error}")));
                continue;
            }
        };
        let line = lines.of(&record);
        match read_row(numbering, &columns, &record) {
            Err((column, why)) => errors.push(row_error(line, &column, why)),
            Ok(checked) => match first_use(&mut accounts, checked.account(), line) {
                Some(first) => errors.push(row_error(line, "account", format!("is on line {first} already"))),
                None => rows.push(checked),
            },
        }
    }
    rows
}

/// Counts lines as an editor shows them: the reader itself counts a record's line before it has passed the end of
/// the line above.
struct Lines<'a> {
    text: &'a str,
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, record: &StringRecord) -> u64 {
        let begin = record.position().and_then(|position| usize::try_from(position.byte()).ok());
        let rest = begin.and_then(|begin| self.text.get(begin..)).unwrap_or_default();
        let first = self.text.len() - rest.trim_start_matches(['\r', '\n']).len();
        let passed = self.text.get(self.offset..first).unwrap_or_default();
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count() as u64;
        self.offset = self.offset.max(first);
        self.line
    }
}

/// The line that has this account number already, if there is one.
fn first_use(accounts: &mut BTreeMap<String, u64>, account: &str, line: u64) -> Option<u64> {
    if account.is_empty() {
        return None;
    }
    let first = *accounts.entry(account.to_owned()).or_insert(line);
    (first != line).then_some(first)
}

fn read_header(header: &StringRecord, errors: &mut Vec<RowError>) -> Option<Vec<String>> {
    let columns: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    let before = errors.len();
    for (index, name) in columns.iter().enumerate() {
        if !COLUMNS.contains(&name.as_str()) {
            let why = format!("is no column; there are {}", COLUMNS.join(", "));
            errors.push(row_error(1, name, why));
        } else if columns.iter().take(index).any(|other| other == name) {
            errors.push(row_error(1, name, "is there twice".to_owned()));
        }
    }
    if !columns.iter().any(|name| name == "name") {
        errors.push(row_error(1, "name", "is missing; the first line names the columns".to_owned()));
    }
    (errors.len() == before).then_some(columns)
}

fn row_error(line: u64, column: &str, why: String) -> RowError {
    RowError { line, column: column.to_owned(), why }
}

fn read_row(numbering: Numbering, columns: &[String], record: &StringRecord) -> Result<Checked, (String, String)> {
    if record.len() > columns.len() {
        let why =
            format!("the row has {} fields, the header {}; quote values with commas", record.len(), columns.len());
        return Err((columns.last().cloned().unwrap_or_default(), why));
    }
    let cell = |name: &str| {
        let index = columns.iter().position(|column| column == name);
        index.and_then(|index| record.get(index)).unwrap_or_default().trim()
    };
    let several = |name: &str| {
        let parts = cell(name).split(';').map(str::trim).filter(|part| !part.is_empty());
        parts.map(Redacted::from).collect::<Vec<_>>()
    };
    let language = match cell("language") {
        "" => None,
        tag => {
            Some(tag.parse().map_err(|_| ("language".to_owned(), format!("`{tag}` is no tag such as en or zh-CN")))?)
        }
    };
    let fields = NewCustomer {
        name: Redacted::from(cell("name")),
        company: cell("company").to_owned(),
        tier: cell("tier").to_owned(),
        account: cell("account").to_owned(),
        language,
        notes: cell("notes").to_owned(),
        phones: several("phones"),
        emails: several("emails"),
    };
    check(numbering, &fields).map_err(|error| match error {
        QueryError::BadField { field, why } => (field, why),
        other => (String::new(), other.to_string()),
    })
}
