//! What expressions see.

use crate::api::Env;
use crate::queue_info::QueueFigure;
use domain::{Customer, QueueId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names at the root of expressions.
pub const ROOTS: &[&str] = &["caller", "customer", "digits", "vars", "time", "queues", "language"];
/// Fields of `caller`: the number and name as signalled, the called number, and whether a customer was recognised.
pub const CALLER_FIELDS: &[&str] = &["number", "name", "called", "known"];
/// Fields of `customer`; empty or zero while the caller is unknown.
pub const CUSTOMER_FIELDS: &[&str] =
    &["name", "company", "tier", "language", "account", "contacts_7d", "contacts_total"];
/// Fields of `time`, local: hour 0–23, minute 0–59, weekday 1 (Monday) to 7 (Sunday), date `YYYY-MM-DD`.
pub const TIME_FIELDS: &[&str] = &["hour", "minute", "weekday", "date"];
/// Fields of `queues.<id>`.
pub const QUEUE_FIELDS: &[&str] = &["waiting", "ready", "longest_wait_s", "callback"];

/// The figure that a field of `queues.<id>` tells.
pub(crate) fn queue_field(field: &str) -> Option<QueueFigure> {
    let word = QueueFigure::WORDS.iter().find(|(word, _)| *word == field && QUEUE_FIELDS.contains(word));
    word.map(|(_, figure)| *figure)
}

/// What an expression reads of `queues`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueReads {
    /// Everything: it goes over the queues, or chooses one by a value.
    pub(crate) all: bool,
    /// Figures by queue.
    pub(crate) figures: BTreeSet<(QueueId, QueueFigure)>,
}

impl QueueReads {
    fn is_nothing(&self) -> bool {
        !self.all && self.figures.is_empty()
    }
}

/// The value of a variable.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
}

impl core::fmt::Debug for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} characters)", text.chars().count()),
            Self::Int(_) => f.write_str("Int"),
            Self::Bool(value) => write!(f, "Bool({value})"),
        }
    }
}

impl core::fmt::Display for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Bool(value) => write!(f, "{value}"),
        }
    }
}

impl Value {
    pub(crate) fn from_cel(value: &cel::Value) -> Option<Self> {
        match value {
            cel::Value::String(text) => Some(Self::Text(text.to_string())),
            cel::Value::Int(number) => Some(Self::Int(*number)),
            cel::Value::UInt(number) => i64::try_from(*number).ok().map(Self::Int),
            cel::Value::Bool(value) => Some(Self::Bool(*value)),
            cel::Value::Null => Some(Self::Text(String::new())),
            _ => None,
        }
    }

    fn to_cel(&self) -> cel::Value {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::Int(number) => (*number).into(),
            Self::Bool(value) => (*value).into(),
        }
    }
}

/// The variables of one evaluation.
#[derive(Default)]
pub(crate) struct Scope {
    roots: Vec<(&'static str, cel::Value)>,
}

impl Scope {
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, cel::Value)> {
        self.roots.iter().map(|(name, value)| (*name, value.clone()))
    }

    pub(crate) fn add(&mut self, root: &'static str, value: impl Into<cel::Value>) {
        self.roots.push((root, value.into()));
    }

    pub(crate) fn add_map<'a>(&mut self, root: &'static str, values: impl Iterator<Item = (&'a str, Value)>) {
        self.add(root, map(values.map(|(name, value)| (name, value.to_cel()))));
    }

    pub(crate) fn add_customer(&mut self, customer: Option<&Customer>) {
        let text = |text: fn(&Customer) -> &str| Value::Text(customer.map(text).unwrap_or_default().to_owned());
        let number = |number: fn(&Customer) -> u32| Value::Int(customer.map(number).unwrap_or_default().into());
        let fields = [
            ("name", text(|c| &c.name.0)),
            ("company", text(|c| &c.company)),
            ("tier", text(|c| &c.tier)),
            ("language", text(|c| c.language.as_ref().map_or("", |language| language.as_str()))),
            ("account", text(|c| &c.account)),
            ("contacts_7d", number(|c| c.contacts_7d)),
            ("contacts_total", number(|c| c.contacts_total)),
        ];
        self.add_map("customer", fields.into_iter());
    }

    pub(crate) fn add_time(&mut self, env: &Env<'_>) {
        let local_s = env.wall.as_micros().div_euclid(1_000_000).saturating_add(i64::from(env.utc_offset_s));
        let (days, of_day) = (local_s.div_euclid(86_400), local_s.rem_euclid(86_400));
        let fields = [
            ("hour", Value::Int(of_day / 3_600)),
            ("minute", Value::Int(of_day / 60 % 60)),
            // 1970-01-01 was a Thursday, the fourth day of the week.
            ("weekday", Value::Int((days + 3).rem_euclid(7) + 1)),
            ("date", Value::Text(date(days))),
        ];
        self.add_map("time", fields.into_iter());
    }

    /// `queues` is from now on what these reads need of it.
    pub(crate) fn set_queues(&mut self, env: &Env<'_>, reads: &QueueReads) {
        if reads.is_nothing() {
            return;
        }
        let every = |queue: QueueId| QUEUE_FIELDS.iter().filter_map(move |field| Some((queue, queue_field(field)?)));
        let all = if reads.all { (env.queues)() } else { Vec::new() };
        let wanted: BTreeSet<_> = all.into_iter().flat_map(every).chain(reads.figures.iter().copied()).collect();
        let mut queues: BTreeMap<QueueId, Vec<(&str, cel::Value)>> = BTreeMap::new();
        for (queue, figure) in wanted {
            if let Some(value) = (env.figure)(queue, figure) {
                queues.entry(queue).or_default().push((figure.word(), value.to_cel()));
            }
        }
        self.roots.retain(|(root, _)| *root != "queues");
        let figures = queues.iter().map(|(queue, figures)| (queue.as_str(), map(figures.iter().cloned())));
        self.add("queues", map(figures));
    }
}

/// A map of the expression language. Its entries have no order: expressions that go over them must not care.
fn map<'a>(entries: impl Iterator<Item = (&'a str, cel::Value)>) -> cel::Value {
    let entries = entries.map(|(name, value)| (name.into(), value)).collect();
    cel::Value::Map(cel::objects::Map { map: Arc::new(entries) })
}

/// The date so many days after 1970-01-01, by the rules of the Gregorian calendar.
fn date(days: i64) -> String {
    // Counted from 0000-03-01, so that a leap day is the last day of its year (Howard Hinnant, "chrono-compatible
    // low-level date algorithms", civil_from_days).
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
