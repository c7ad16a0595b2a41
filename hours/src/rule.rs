//! What people write: weekly windows, iCalendar text, dates.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rrule::{RRuleSet, Tz};

/// What is wrong with a schedule's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No such zone in the IANA database.
    #[error("there is no time zone `{0}`; zones have names such as Europe/Berlin")]
    Zone(String),
    /// No days of the week.
    #[error("`{0}` are no days of the week, such as mon-fri or sat,sun")]
    Days(String),
    /// No time of day.
    #[error("`{0}` is no time of day from 00:00 to 24:00")]
    Time(String),
    /// No date.
    #[error("`{0}` is no date: 2026-12-25, or 12-25 for every year")]
    Date(String),
    /// A line that means nothing here.
    #[error("`{0}` is not understood: DTSTART, DTEND, DURATION, RRULE, RDATE and EXDATE are")]
    Line(String),
    /// Times with a zone of their own.
    #[error("times are those of the schedule's own time zone: leave `Z` and TZID out")]
    OwnZone,
    /// No beginning.
    #[error("DTSTART is missing")]
    NoStart,
    /// Neither an end nor a length, or one that is not longer than nothing and at most a week.
    #[error("DTEND or DURATION must say how long it is open, at most a week")]
    NoLength,
    /// The rule recurs more often than hourly.
    #[error("the rule recurs every minute or second")]
    TooOften,
    /// The rule itself.
    #[error("the rule is not understood: {0}")]
    Rule(String),
}

/// From a time on the wall to another.
pub(crate) type Stretch = (NaiveDateTime, NaiveDateTime);

/// Something that recurs.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Times on the wall, taken for UTC, so that no change of the clock moves them.
    set: RRuleSet,
    lasts: TimeDelta,
}

/// Most occurrences that are looked at: an hourly rule has as many in seven years.
const OCCURRENCES_MAX: u16 = u16::MAX;

/// Longest stretch of one occurrence.
const LONGEST: TimeDelta = TimeDelta::days(7);

/// A stretch that recurs, on which it is open.
#[derive(Clone, Debug)]
pub struct Opening(Open);

#[derive(Clone, Debug)]
enum Open {
    /// Days of the week, Monday first; minutes from the beginning of the day. `to` may lie in the next day.
    Weekly {
        days: [bool; 7],
        from: i64,
        to: i64,
    },
    Rule(Box<Rule>),
}

/// Days on which it is closed, whatever else is said.
#[derive(Clone, Debug)]
pub struct Holiday {
    name: String,
    when: When,
}

#[derive(Clone, Debug)]
enum When {
    Date(NaiveDate),
    Yearly(u32, u32),
    Rule(Box<Rule>),
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn days(text: &str) -> Option<[bool; 7]> {
    let number = |day: &str| DAYS.iter().position(|known| *known == day.trim().to_ascii_lowercase());
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        let length = (last + 7 - first) % 7;
        for day in first..=first + length {
            days[day % 7] = true;
        }
    }
    Some(days)
}

/// Minutes from the beginning of the day; 24:00 is its end.
fn minutes(text: &str) -> Result<i64, RuleError> {
    let wrong = || RuleError::Time(text.to_owned());
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let number = |part: &str| (part.len() == 2).then(|| part.parse::<u8>().ok()).flatten().map(i64::from);
    let (hour, minute) = (number(hour).ok_or_else(wrong)?, number(minute).ok_or_else(wrong)?);
    let of_day = hour * 60 + minute;
    if minute < 60 && of_day <= 24 * 60 { Ok(of_day) } else { Err(wrong()) }
}

impl Opening {
    /// Days such as `mon-fri` or `sat,sun`, and times such as `09:00` and `17:30`. An end that is not after the beginning
    /// is one of the next day.
    ///
    /// # Errors
    /// `Days`, `Time`.
    pub fn weekly(on: &str, from: &str, to: &str) -> Result<Self, RuleError> {
        let days = days(on).ok_or_else(|| RuleError::Days(on.to_owned()))?;
        let (from, to) = (minutes(from)?, minutes(to)?);
        let to = if to <= from { to + 24 * 60 } else { to };
        Ok(Self(Open::Weekly { days, from, to }))
    }

    /// iCalendar text (RFC 5545 §3.8.2, §3.8.5), a property a line: DTSTART, DTEND or DURATION, RRULE, RDATE, EXDATE.
    ///
    /// # Errors
    /// Everything but `Zone`, `Days` and `Time`.
    pub fn rule(text: &str) -> Result<Self, RuleError> {
        Ok(Self(Open::Rule(Box::new(Rule::parse(text, None)?))))
    }

    /// Its stretches that touch the days from `first` to `last`.
    pub(crate) fn stretches(&self, first: NaiveDate, last: NaiveDate) -> Vec<Stretch> {
        match &self.0 {
            Open::Rule(rule) => rule.stretches(first, last),
            Open::Weekly { days, from, to } => {
                let on = |date: &NaiveDate| days[date.weekday().num_days_from_monday() as usize];
                let wall = |date: NaiveDate, minutes: i64| date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes);
                // One that began the day before may reach into the first day.
                let first = first.pred_opt().unwrap_or(first);
                let dates = first.iter_days().take_while(|date| *date <= last).filter(on);
                dates.map(|date| (wall(date, *from), wall(date, *to))).collect()
            }
        }
    }
}

impl Holiday {
    /// A date (`2026-12-25`), one of every year (`12-25`), or iCalendar text without a length: whole days.
    ///
    /// # Errors
    /// `Date`, or what is wrong with the text.
    pub fn new(name: &str, when: &str) -> Result<Self, RuleError> {
        let name = name.to_owned();
        if when.contains(':') {
            let rule = Rule::parse(when, Some(TimeDelta::days(1)))?;
            return Ok(Self { name, when: When::Rule(Box::new(rule)) });
        }
        let wrong = || RuleError::Date(when.to_owned());
        if when.len() == 5 {
            // A leap year, so that every date there is can be named.
            let date = NaiveDate::parse_from_str(&format!("2024-{when}"), "%Y-%m-%d").map_err(|_| wrong())?;
            return Ok(Self { name, when: When::Yearly(date.month(), date.day()) });
        }
        let date = NaiveDate::parse_from_str(when, "%Y-%m-%d").map_err(|_| wrong())?;
        Ok(Self { name, when: When::Date(date) })
    }

    /// What it is called; empty: nothing.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its stretches that touch the days from `first` to `last`.
    pub(crate) fn stretches(&self, first: NaiveDate, last: NaiveDate) -> Vec<Stretch> {
        let day = |date: NaiveDate| {
            let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
            (date.and_time(NaiveTime::MIN), next.and_time(NaiveTime::MIN))
        };
        let dates = || first.iter_days().take_while(|date| *date <= last);
        match &self.when {
            When::Rule(rule) => rule.stretches(first, last),
            When::Date(date) => dates().filter(|known| known == date).map(day).collect(),
            When::Yearly(month, of_month) => {
                dates().filter(|date| (date.month(), date.day()) == (*month, *of_month)).map(day).collect()
            }
        }
    }
}

/// A date or a time on the wall as iCalendar writes it.
fn wall(text: &str) -> Result<NaiveDateTime, RuleError> {
    if text.ends_with(['Z', 'z']) {
        return Err(RuleError::OwnZone);
    }
    let date = NaiveDate::parse_from_str(text, "%Y%m%d").map(|date| date.and_time(NaiveTime::MIN));
    date.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S")).map_err(|_| RuleError::Date(text.to_owned()))
}

/// A time on the wall, written as if it were UTC.
fn as_utc(wall: NaiveDateTime) -> String {
    wall.format("%Y%m%dT%H%M%SZ").to_string()
}

fn list_as_utc(texts: &str) -> Result<String, RuleError> {
    let times: Result<Vec<String>, RuleError> = texts.split(',').map(|text| wall(text.trim()).map(as_utc)).collect();
    Ok(times?.join(","))
}

/// `PT8H30M`, `P1D` (RFC 5545 §3.3.6).
fn length(text: &str) -> Option<TimeDelta> {
    let mut rest = text.strip_prefix('P')?;
    let (mut sum, mut number, mut in_time) = (TimeDelta::zero(), String::new(), false);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        if c == 'T' && number.is_empty() && !in_time {
            in_time = true;
            continue;
        }
        let many: i64 = number.parse().ok().filter(|many| *many <= 1_000_000)?;
        sum = sum.checked_add(&match (c, in_time) {
            ('W', false) => TimeDelta::try_weeks(many)?,
            ('D', false) => TimeDelta::try_days(many)?,
            ('H', true) => TimeDelta::try_hours(many)?,
            ('M', true) => TimeDelta::try_minutes(many)?,
            ('S', true) => TimeDelta::try_seconds(many)?,
            _ => return None,
        })?;
        number.clear();
    }
    number.is_empty().then_some(sum)
}

/// The rule with a last moment of the kind that a beginning in UTC needs.
fn until_as_utc(rule: &str) -> Result<String, RuleError> {
    let part = |part: &str| match part.split_once('=') {
        Some((key, value)) if key.eq_ignore_ascii_case("UNTIL") => {
            let value = value.trim_end_matches(['Z', 'z']);
            // A date means all of its day.
            let value = if value.len() == 8 { format!("{value}T235959") } else { value.to_owned() };
            Ok(format!("UNTIL={}", as_utc(wall(&value)?)))
        }
        Some((key, value)) if key.eq_ignore_ascii_case("FREQ") => match value.to_ascii_uppercase().as_str() {
            "SECONDLY" | "MINUTELY" => Err(RuleError::TooOften),
            _ => Ok(part.to_owned()),
        },
        _ => Ok(part.to_owned()),
    };
    let parts: Result<Vec<String>, RuleError> = rule.split(';').map(part).collect();
    Ok(parts?.join(";"))
}

impl Rule {
    /// `lasts`: how long an occurrence lasts that does not say it.
    fn parse(text: &str, lasts: Option<TimeDelta>) -> Result<Self, RuleError> {
        let (mut start, mut end, mut lasts, mut lines) = (None, None, lasts, Vec::new());
        let mut recurs = false;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or_else(|| RuleError::Line(line.to_owned()))?;
            let (name, parameters) = name.split_once(';').unwrap_or((name, ""));
            if parameters.to_ascii_uppercase().contains("TZID") {
                return Err(RuleError::OwnZone);
            }
            match name.to_ascii_uppercase().as_str() {
                "DTSTART" => start = Some(wall(value)?),
                "DTEND" => end = Some(wall(value)?),
                "DURATION" => lasts = Some(length(value).ok_or(RuleError::NoLength)?),
                "RRULE" => {
                    recurs = true;
                    lines.push(format!("RRULE:{}", until_as_utc(value)?));
                }
                name @ ("RDATE" | "EXDATE") => lines.push(format!("{name}:{}", list_as_utc(value)?)),
                _ => return Err(RuleError::Line(line.to_owned())),
            }
        }
        let start = start.ok_or(RuleError::NoStart)?;
        let lasts = end.map(|end| end - start).or(lasts).ok_or(RuleError::NoLength)?;
        if lasts <= TimeDelta::zero() || lasts > LONGEST {
            return Err(RuleError::NoLength);
        }
        if !recurs {
            lines.push("RRULE:FREQ=DAILY;COUNT=1".to_owned());
        }
        let text = format!("DTSTART:{}\n{}", as_utc(start), lines.join("\n"));
        let set = text.parse().map_err(|error: rrule::RRuleError| RuleError::Rule(error.to_string()))?;
        Ok(Self { set, lasts })
    }

    fn stretches(&self, first: NaiveDate, last: NaiveDate) -> Vec<Stretch> {
        let from = first.and_time(NaiveTime::MIN) - self.lasts;
        let to = last.and_time(NaiveTime::MIN) + TimeDelta::days(1);
        let set = self.set.clone().after(from.and_utc().with_timezone(&Tz::UTC));
        let found = set.before(to.and_utc().with_timezone(&Tz::UTC)).all(OCCURRENCES_MAX);
        found.dates.iter().map(|at| at.naive_utc()).map(|at| (at, at + self.lasts)).collect()
    }
}
