//! Typed access to a table. Every mismatch becomes a problem, and reading goes on.

use crate::report::{Place, Placed, Report, hint};
use crate::tree::{Entry, Item, Value};
use core::cell::RefCell;
use core::fmt::Display;
use core::net::SocketAddr;
use core::ops::RangeInclusive;
use core::str::FromStr;
use core::time::Duration;

/// A table that is being read.
pub(crate) struct Table<'a> {
    pub(crate) report: &'a Report,
    pub(crate) place: Place,
    path: String,
    entries: &'a [Entry],
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Table<'a> {
    pub(crate) fn root(report: &'a Report, file: usize, entries: &'a [Entry]) -> Self {
        Self::new(report, Place { file, at: 0 }, String::new(), entries)
    }

    fn new(report: &'a Report, place: Place, path: String, entries: &'a [Entry]) -> Self {
        Self { report, place, path, entries, asked: RefCell::new(Vec::new()) }
    }

    /// The path of a key.
    pub(crate) fn path(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            ("", key) => key.to_owned(),
            (path, "") => path.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }

    fn at(&self, at: usize) -> Place {
        Place { file: self.place.file, at }
    }

    /// Tells that something is wrong with the value of a key.
    pub(crate) fn refuse(&self, code: &'static str, place: Place, key: &str, why: String) {
        self.report.error(code, place, &self.path(key), why, None);
    }

    fn refuse_type(&self, key: &str, item: &Item, wanted: &str) {
        let why = format!("`{key}` must be {wanted}, not {}", item.value.kind());
        self.refuse("wrong_type", self.at(item.at), key, why);
    }

    /// The value of a key; the key counts as known from here on.
    pub(crate) fn item(&self, key: &'static str) -> Option<&'a Item> {
        self.asked.borrow_mut().push(key);
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.item)
    }

    /// The value of a key; asks for nothing.
    pub(crate) fn peek(&self, key: &str) -> Option<&'a Value> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.item.value)
    }

    /// The place of a key's value, or of the table.
    pub(crate) fn place_of(&self, key: &str) -> Place {
        let item = self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.item);
        item.map_or(self.place, |item| self.at(item.at))
    }

    pub(crate) fn has(&self, key: &'static str) -> bool {
        self.item(key).is_some()
    }

    /// Tells that a key is missing.
    pub(crate) fn miss(&self, key: &'static str) {
        let what = if self.path.is_empty() { "the configuration".to_owned() } else { format!("`{}`", self.path) };
        let why = format!("{what} needs `{key}`");
        self.report.error("missing_key", self.place, &self.path(key), why, None);
    }

    pub(crate) fn text(&self, key: &'static str) -> Option<Placed<String>> {
        let item = self.item(key)?;
        match &item.value {
            Value::Text(text) => Some(Placed { value: text.clone(), place: self.at(item.at) }),
            _ => {
                self.refuse_type(key, item, "a text");
                None
            }
        }
    }

    pub(crate) fn need_text(&self, key: &'static str) -> Option<Placed<String>> {
        if !self.has(key) {
            self.miss(key);
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.refuse("out_of_range", text.place, key, format!("`{key}` must not be empty"));
            return None;
        }
        Some(text)
    }

    /// A text that must not be empty if it is there.
    pub(crate) fn need_text_if_any(&self, key: &'static str) -> Option<Placed<String>> {
        if self.has(key) { self.need_text(key) } else { None }
    }

    /// Something that has a text form, such as an id.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self, key: &'static str, code: &'static str) -> Option<Placed<T>> {
        let text = self.text(key)?;
        self.parse(key, code, &text)
    }

    fn parse<T: FromStr<Err: Display>>(
        &self,
        key: &str,
        code: &'static str,
        text: &Placed<String>,
    ) -> Option<Placed<T>> {
        match text.value.parse() {
            Ok(value) => Some(Placed { value, place: text.place }),
            Err(error) => {
                self.refuse(code, text.place, key, format!("`{}`: {error}", text.value));
                None
            }
        }
    }

    /// An id out of a text that was read already.
    pub(crate) fn read_id<T: FromStr<Err: Display>>(&self, key: &str, text: &Placed<String>) -> Option<Placed<T>> {
        self.parse(key, "bad_id", text)
    }

    pub(crate) fn id<T: FromStr<Err: Display>>(&self, key: &'static str) -> Option<Placed<T>> {
        self.parsed(key, "bad_id")
    }

    pub(crate) fn need_id<T: FromStr<Err: Display>>(&self, key: &'static str) -> Option<Placed<T>> {
        if !self.has(key) {
            self.miss(key);
        }
        self.id(key)
    }

    pub(crate) fn ids<T: FromStr<Err: Display>>(&self, key: &'static str) -> Vec<Placed<T>> {
        self.texts(key).iter().filter_map(|text| self.parse(key, "bad_id", text)).collect()
    }

    /// An address with a port.
    pub(crate) fn address(&self, key: &'static str) -> Option<SocketAddr> {
        let text = self.text(key)?;
        let address = text.value.parse().ok();
        if address.is_none() {
            let why = format!("`{}` is no address with a port", text.value);
            let example = Some("such as 127.0.0.1:5060".to_owned());
            self.report.error("bad_address", text.place, &self.path(key), why, example);
        }
        address
    }

    /// A list of texts; one text alone counts as a list of one.
    pub(crate) fn texts(&self, key: &'static str) -> Vec<Placed<String>> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let items = match &item.value {
            Value::List(items) => items,
            _ => core::slice::from_ref(item),
        };
        let text = |item: &Item| match &item.value {
            Value::Text(text) => Some(Placed { value: text.clone(), place: self.at(item.at) }),
            _ => {
                self.refuse_type(key, item, "a list of texts");
                None
            }
        };
        items.iter().filter_map(text).collect()
    }

    pub(crate) fn flag(&self, key: &'static str, default: bool) -> bool {
        match self.item(key) {
            None => default,
            Some(Item { value: Value::Flag(flag), .. }) => *flag,
            Some(item) => {
                self.refuse_type(key, item, "true or false");
                default
            }
        }
    }

    pub(crate) fn int(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let item = self.item(key)?;
        match &item.value {
            Value::Int(number) if range.contains(number) => Some(*number),
            Value::Int(number) => {
                let why = format!("`{key}` must be {} to {}, not {number}", range.start(), range.end());
                self.refuse("out_of_range", self.at(item.at), key, why);
                None
            }
            _ => {
                self.refuse_type(key, item, "a whole number");
                None
            }
        }
    }

    /// A length of time in a unit, with a fraction if need be.
    fn time(&self, key: &'static str, unit_ms: u64, range: RangeInclusive<u64>) -> Option<Duration> {
        let item = self.item(key)?;
        let units = match &item.value {
            Value::Int(number) => *number as f64,
            Value::Float(number) => *number,
            _ => {
                self.refuse_type(key, item, "a number");
                return None;
            }
        };
        let fits = units >= *range.start() as f64 && units <= *range.end() as f64;
        if !fits {
            let why = format!("`{key}` must be {} to {}, not {units}", range.start(), range.end());
            self.refuse("out_of_range", self.at(item.at), key, why);
            return None;
        }
        Some(Duration::from_millis((units * unit_ms as f64).round() as u64))
    }

    pub(crate) fn seconds(&self, key: &'static str, default_s: u64, range: RangeInclusive<u64>) -> Duration {
        self.time(key, 1_000, range).unwrap_or(Duration::from_secs(default_s))
    }

    pub(crate) fn millis(&self, key: &'static str, default_ms: u64, range: RangeInclusive<u64>) -> Duration {
        self.time(key, 1, range).unwrap_or(Duration::from_millis(default_ms))
    }

    /// One of several words.
    pub(crate) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let chosen = choices.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
        if chosen.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let why = format!("`{}` is no value of `{key}`", text.value);
            self.report.error("bad_choice", text.place, &self.path(key), why, hint(&text.value, &words));
        }
        chosen
    }

    pub(crate) fn table(&self, key: &'static str) -> Option<Table<'a>> {
        let item = self.item(key)?;
        self.as_table(key, self.path(key), item)
    }

    pub(crate) fn as_table(&self, key: &str, path: String, item: &'a Item) -> Option<Table<'a>> {
        match &item.value {
            Value::Table(entries) => Some(Table::new(self.report, self.at(item.at), path, entries)),
            _ => {
                self.refuse_type(key, item, "a table");
                None
            }
        }
    }

    /// The tables of a list of tables.
    pub(crate) fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let Value::List(items) = &item.value else {
            self.refuse_type(key, item, &format!("a list of tables, written [[{}]]", self.path(key)));
            return Vec::new();
        };
        let table = |(n, item): (usize, &'a Item)| self.as_table(key, format!("{}[{n}]", self.path(key)), item);
        items.iter().enumerate().filter_map(table).collect()
    }

    /// The entries of a table whose keys are names.
    pub(crate) fn named(&self) -> impl Iterator<Item = (Placed<String>, &'a Item)> {
        self.entries.iter().map(|entry| (Placed { value: entry.key.clone(), place: self.at(entry.at) }, &entry.item))
    }

    /// A name that must be one of those known.
    pub(crate) fn known(
        &self,
        key: &str,
        code: &'static str,
        what: &str,
        (name, place): (&str, Place),
        known: &[&str],
    ) -> bool {
        let found = known.contains(&name);
        if !found {
            self.report.error(code, place, &self.path(key), format!("there is no {what} `{name}`"), hint(name, known));
        }
        found
    }

    /// Everything was asked for: keys that nobody asked for are problems.
    pub(crate) fn done(&self) {
        let mut asked = self.asked.borrow().clone();
        asked.sort_unstable();
        asked.dedup();
        for entry in self.entries.iter().filter(|entry| !asked.contains(&entry.key.as_str())) {
            let why = match self.path.as_str() {
                "" => format!("unknown key `{}`", entry.key),
                path => format!("unknown key `{}` in `{path}`", entry.key),
            };
            self.report.error("unknown_key", self.at(entry.at), &self.path(&entry.key), why, hint(&entry.key, &asked));
        }
    }
}
