//! TOML tables read key by key; every mismatch becomes a problem with its place, and reading goes on.

use config::{Level, Problem};
use std::cell::RefCell;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place.
type Value<'t> = Spanned<DeValue<'t>>;

/// A text and the problems found in it so far.
pub(super) struct Text<'t> {
    name: &'t str,
    text: &'t str,
    problems: RefCell<Vec<(usize, Problem)>>,
}

impl<'t> Text<'t> {
    pub(super) const fn new(name: &'t str, text: &'t str) -> Self {
        Self { name, text, problems: RefCell::new(Vec::new()) }
    }

    /// Tells that something is wrong.
    pub(super) fn refuse(&self, code: &'static str, at: usize, path: &str, why: String, hint: Option<String>) {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let problem = Problem {
            level: Level::Error,
            code,
            file: self.name.to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            path: path.to_owned(),
            why,
            hint,
        };
        self.problems.borrow_mut().push((at, problem));
    }

    /// The problems in order of place.
    pub(super) fn problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(at, _)| *at);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }
}

/// The known name that was most likely meant, or all of them where they are few.
pub(super) fn hint(name: &str, known: &[&str]) -> Option<String> {
    let most = (name.chars().count() / 3).max(1);
    let distance = |other: &&&str| strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
    match known.iter().min_by_key(distance).filter(|other| distance(other) <= most) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if known.is_empty() || known.len() > 12 => None,
        None => Some(format!("known: {}", known.join(", "))),
    }
}

/// A value under a key.
pub(super) struct Field<'t> {
    text: &'t Text<'t>,
    path: String,
    value: &'t Value<'t>,
}

impl<'t> Field<'t> {
    pub(super) fn at(&self) -> usize {
        self.value.span().start
    }

    pub(super) fn refuse(&self, code: &'static str, why: String, hint: Option<String>) {
        self.text.refuse(code, self.at(), &self.path, why, hint);
    }

    fn refuse_type(&self, wanted: &str) {
        let kind = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.refuse("wrong_type", format!("`{}` must be {wanted}, not {kind}", self.path), None);
    }

    fn any_number(&self) -> Option<f64> {
        match self.value.get_ref() {
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number as f64)
            }
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        }
    }

    /// A number within a range.
    pub(super) fn number(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let Some(number) = self.any_number() else {
            self.refuse_type("a number");
            return None;
        };
        if range.contains(&number) {
            return Some(number);
        }
        let why = format!("`{}` must be {} to {}, not {number}", self.path, range.start(), range.end());
        self.refuse("out_of_range", why, None);
        None
    }

    /// A whole number within a range.
    pub(super) fn whole(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let DeValue::Integer(number) = self.value.get_ref() else {
            self.refuse_type("a whole number");
            return None;
        };
        let number = u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| range.contains(number));
        if number.is_none() {
            let why = format!("`{}` must be {} to {}", self.path, range.start(), range.end());
            self.refuse("out_of_range", why, None);
        }
        number
    }

    /// The text, if it is one; otherwise nothing is told.
    pub(super) fn word(&self) -> Option<&'t str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// True or false.
    pub(super) fn flag(&self) -> Option<bool> {
        let DeValue::Boolean(flag) = self.value.get_ref() else {
            self.refuse_type("true or false");
            return None;
        };
        Some(*flag)
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let Some(word) = self.word() else {
            self.refuse_type("a text");
            return None;
        };
        let chosen = choices.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
        if chosen.is_none() {
            let words: Vec<&str> = choices.iter().map(|(known, _)| *known).collect();
            self.refuse("bad_choice", format!("`{word}` is no value of `{}`", self.path), hint(word, &words));
        }
        chosen
    }

    /// The items, if it is a list; otherwise nothing is told.
    pub(super) fn items(&self) -> Option<Vec<Field<'t>>> {
        let DeValue::Array(items) = self.value.get_ref() else { return None };
        let item = |(n, value)| Field { text: self.text, path: format!("{}[{n}]", self.path), value };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The items of a list.
    pub(super) fn list(&self, wanted: &str) -> Vec<Field<'t>> {
        self.items().unwrap_or_else(|| {
            self.refuse_type(wanted);
            Vec::new()
        })
    }

    /// A list of so many numbers.
    pub(super) fn numbers<const N: usize>(&self, wanted: &str) -> Option<[f64; N]> {
        let numbers: Option<Vec<f64>> = self.items()?.iter().map(Self::any_number).collect();
        let numbers = numbers.and_then(|numbers| <[f64; N]>::try_from(numbers).ok());
        if numbers.is_none() {
            self.refuse("wrong_type", format!("`{}` must be {wanted}", self.path), None);
        }
        numbers
    }

    pub(super) fn table(&self, wanted: &str) -> Option<Table<'t>> {
        let DeValue::Table(entries) = self.value.get_ref() else {
            self.refuse_type(wanted);
            return None;
        };
        Some(Table { text: self.text, at: self.at(), path: self.path.clone(), entries, asked: RefCell::default() })
    }
}

/// A table that is being read.
pub(super) struct Table<'t> {
    text: &'t Text<'t>,
    at: usize,
    path: String,
    entries: &'t DeTable<'t>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'t> Table<'t> {
    pub(super) fn root(text: &'t Text<'t>, entries: &'t DeTable<'t>) -> Self {
        Self { text, at: 0, path: String::new(), entries, asked: RefCell::default() }
    }

    fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key; the key counts as known from here on.
    pub(super) fn field(&self, key: &'static str) -> Option<Field<'t>> {
        self.asked.borrow_mut().push(key);
        let value = self.entries.get(key)?;
        Some(Field { text: self.text, path: self.path(key), value })
    }

    /// The value of a key that must be there; `such`: an example.
    pub(super) fn need(&self, key: &'static str, such: &str) -> Option<Field<'t>> {
        let field = self.field(key);
        if field.is_none() {
            let what = if self.path.is_empty() { "the scenario".to_owned() } else { format!("`{}`", self.path) };
            let why = format!("{what} needs `{key}`");
            self.text.refuse("missing_key", self.at, &self.path(key), why, Some(format!("such as {such}")));
        }
        field
    }

    pub(super) fn table(&self, key: &'static str) -> Option<Table<'t>> {
        self.field(key)?.table(&format!("a table, written [{}]", self.path(key)))
    }

    pub(super) fn number(&self, key: &'static str, default: f64, range: RangeInclusive<f64>) -> f64 {
        self.field(key).and_then(|field| field.number(range)).unwrap_or(default)
    }

    /// The entries of a table whose keys are names, in the order in which they are written.
    pub(super) fn named(&self) -> Vec<(&'t str, Field<'t>)> {
        let mut entries: Vec<(usize, &'t str, &'t Value<'t>)> =
            self.entries.iter().map(|(key, value)| (key.span().start, key.get_ref().as_ref(), value)).collect();
        entries.sort_by_key(|(at, ..)| *at);
        let field = |(_, name, value)| (name, Field { text: self.text, path: self.path(name), value });
        entries.into_iter().map(field).collect()
    }

    /// Everything was asked for: keys that nobody asked for are problems.
    pub(super) fn done(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.entries.iter().filter(|(key, _)| !asked.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref().as_ref();
            let why = match self.path.as_str() {
                "" => format!("unknown key `{name}`"),
                path => format!("unknown key `{name}` in `{path}`"),
            };
            self.text.refuse("unknown_key", key.span().start, &self.path(name), why, hint(name, &asked));
        }
    }
}
