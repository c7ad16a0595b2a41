//! TOML text as a tree in which every key and value knows its place.

use crate::report::{Place, Report};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value.
pub(crate) struct Item {
    pub(crate) at: usize,
    pub(crate) value: Value,
}

/// A key with its value.
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: usize,
    pub(crate) item: Item,
}

/// What a value is.
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Flag(bool),
    List(Vec<Item>),
    Table(Vec<Entry>),
    /// A date, or a number that no computer word holds.
    Other(&'static str),
}

impl Value {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number with a fraction",
            Self::Flag(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

/// Reads a source; its syntax errors go to the report, and what could be read comes back.
pub(crate) fn parse(report: &Report, file: usize) -> Vec<Entry> {
    let text = report.text(file);
    let (document, errors) = DeTable::parse_recoverable(&text);
    for error in &errors {
        let place = Place { file, at: error.span().map_or(0, |span| span.start) };
        report.error("syntax", place, "", error.message().to_owned(), None);
        report.is_broken(file);
    }
    table(document.get_ref())
}

fn table(table: &DeTable<'_>) -> Vec<Entry> {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let key: &Spanned<std::borrow::Cow<'_, str>> = key;
        Entry { key: key.get_ref().to_string(), at: key.span().start, item: item(value) }
    };
    let mut entries: Vec<Entry> = table.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn item(value: &Spanned<DeValue<'_>>) -> Item {
    let at = value.span().start;
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Other("a number that is too large"), Value::Int),
        DeValue::Float(number) => number.as_str().parse().map_or(Value::Other("an odd number"), Value::Float),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => Value::List(items.iter().map(item).collect()),
        DeValue::Table(entries) => Value::Table(table(entries)),
    };
    Item { at, value }
}
