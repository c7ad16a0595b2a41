//! Values as people say them, in recorded pieces: numbers, digits, money, dates, times of day, waits.
//!
//! It knows two grammars. Chinese (`zh`, `zh-CN` …) has its own; every other language has the order of English, and
//! recordings of its own if somebody made them. It makes no sound and knows of no file: a piece is the name of a prompt.

mod calendar;
mod en;
#[cfg(test)]
mod tests;
mod zh;

pub use calendar::{Date, TimeOfDay};
use core::time::Duration;
use domain::{Language, PromptId};
use std::collections::BTreeSet;

/// The largest number that is said as a number; beyond it, digit by digit.
pub const NUMBER_MAX: u64 = 999_999_999_999;

/// The pieces of waits beside numbers.
const WAITS: [&str; 5] =
    ["wait-less-than-a-minute", "wait-about", "wait-minute", "wait-minutes", "wait-more-than-an-hour"];

/// A currency whose amounts can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Currency {
    /// Euro.
    Eur,
    /// US dollar.
    Usd,
    /// Pound sterling.
    Gbp,
    /// Renminbi.
    Cny,
}

impl Currency {
    /// Each with its code (ISO 4217).
    pub const CODES: &[(&str, Self)] =
        &[("EUR", Self::Eur), ("USD", Self::Usd), ("GBP", Self::Gbp), ("CNY", Self::Cny)];
}

/// What kind of value is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A whole number.
    Number,
    /// Digits, one by one.
    Digits,
    /// An amount of money.
    Money(Currency),
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// How long somebody will wait, in minutes.
    AboutMinutes,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Number,
        Self::Digits,
        Self::Money(Currency::Eur),
        Self::Money(Currency::Usd),
        Self::Money(Currency::Gbp),
        Self::Money(Currency::Cny),
        Self::Date,
        Self::Time,
        Self::AboutMinutes,
    ];

    /// The word for it in a flow file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Digits => "digits",
            Self::Money(_) => "money",
            Self::Date => "date",
            Self::Time => "time",
            Self::AboutMinutes => "about_minutes",
        }
    }
}

/// A whole number: "one thousand two hundred", 一千二百. Digit by digit beyond [`NUMBER_MAX`].
#[must_use]
pub fn number(language: Language, number: i64) -> Vec<PromptId> {
    let mut said = sign(number);
    let size = number.unsigned_abs();
    if is_chinese(language) {
        zh::number(size, &mut said);
    } else {
        en::number(size, &mut said);
    }
    said
}

/// Digits, one by one; whatever is no digit is left out.
#[must_use]
pub fn digits(_language: Language, text: &str) -> Vec<PromptId> {
    text.chars().filter_map(|c| c.to_digit(10)).map(digit).collect()
}

/// An amount in hundredths of its currency: 1250 is "twelve euros and fifty cents", 十二元五角.
#[must_use]
pub fn money(language: Language, hundredths: i64, currency: Currency) -> Vec<PromptId> {
    let mut said = sign(hundredths);
    let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    if is_chinese(language) {
        zh::money(whole, rest, currency, &mut said);
    } else {
        en::money(whole, rest, currency, &mut said);
    }
    said
}

/// A date: "Sunday the twenty second of November twenty twenty six", 二零二六年十一月二十二日星期日.
#[must_use]
pub fn date(language: Language, date: Date) -> Vec<PromptId> {
    let mut said = Vec::new();
    if is_chinese(language) {
        zh::date(date, &mut said);
    } else {
        en::date(date, &mut said);
    }
    said
}

/// A time of day: "nine thirty a.m.", "noon", 上午九点三十分.
#[must_use]
pub fn time(language: Language, time: TimeOfDay) -> Vec<PromptId> {
    let mut said = Vec::new();
    if is_chinese(language) {
        zh::time(time, &mut said);
    } else {
        en::time(time, &mut said);
    }
    said
}

/// A wait, as waiting callers are told: "less than one minute", "about five minutes", "more than one hour". It is never
/// told shorter than it is: minutes are rounded up, beyond ten to a multiple of five.
#[must_use]
pub fn about_minutes(language: Language, wait: Duration) -> Vec<PromptId> {
    let minutes = wait.as_secs().div_ceil(60);
    let told = if minutes > 10 { minutes.next_multiple_of(5) } else { minutes };
    match wait.as_secs() {
        0..60 => vec![piece("wait-less-than-a-minute")],
        60..=3_600 => {
            let mut said = vec![piece("wait-about")];
            counted(language, told, &mut said);
            said.push(piece(if told == 1 { "wait-minute" } else { "wait-minutes" }));
            said
        }
        _ => vec![piece("wait-more-than-an-hour")],
    }
}

/// A value given as text; `None` if the text is no value of this kind. Numbers are whole, money has up to two digits
/// after the point, dates are `YYYY-MM-DD`, times `HH:MM` (of a date with a time, `YYYY-MM-DDTHH:MM`, either is taken).
#[must_use]
pub fn of_text(language: Language, kind: Kind, text: &str) -> Option<Vec<PromptId>> {
    let text = text.trim();
    match kind {
        Kind::Number => Some(number(language, text.parse().ok()?)),
        Kind::Digits => Some(digits(language, text)).filter(|said| !said.is_empty()),
        Kind::Money(currency) => Some(money(language, hundredths(text)?, currency)),
        Kind::Date => Some(date(language, text.split('T').next()?.parse().ok()?)),
        Kind::Time => Some(time(language, text.rsplit('T').next()?.parse().ok()?)),
        Kind::AboutMinutes => {
            Some(about_minutes(language, Duration::from_secs(text.parse::<u64>().ok()?.checked_mul(60)?)))
        }
    }
}

/// Every piece that a kind of value may need in a language.
#[must_use]
pub fn pieces_of(language: Language, kind: Kind) -> BTreeSet<PromptId> {
    let digits = (0..10).map(|n| format!("digit-{n}"));
    let own: Vec<String> = if is_chinese(language) { zh::pieces(kind) } else { en::pieces(kind) };
    digits.chain(own).map(|name| piece(&name)).collect()
}

/// Every piece that may be needed in a language.
#[must_use]
pub fn pieces(language: Language) -> BTreeSet<PromptId> {
    Kind::ALL.iter().flat_map(|kind| pieces_of(language, *kind)).collect()
}

/// `12`, `-12.5`, `12.50`: in hundredths.
fn hundredths(text: &str) -> Option<i64> {
    let (minus, size) = text.strip_prefix('-').map_or((false, text), |size| (true, size));
    let (whole, rest) = size.split_once('.').unwrap_or((size, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(rest) || rest.len() > 2 {
        return None;
    }
    let rest = rest.parse::<i64>().ok()? * if rest.len() == 1 { 10 } else { 1 };
    let size = whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(rest)?;
    Some(if minus { -size } else { size })
}

/// A number that is too large for words.
fn too_large(number: u64, said: &mut Vec<PromptId>) -> bool {
    if number > NUMBER_MAX {
        said.extend(digits(Language::EN, &number.to_string()));
    }
    number > NUMBER_MAX
}

/// A number before the thing that is counted.
fn counted(language: Language, number: u64, said: &mut Vec<PromptId>) {
    if is_chinese(language) {
        zh::counted(number, said);
    } else {
        en::number(number, said);
    }
}

fn is_chinese(language: Language) -> bool {
    let tag = language.as_str();
    tag.split('-').next().is_some_and(|first| first.eq_ignore_ascii_case("zh"))
}

fn sign(number: i64) -> Vec<PromptId> {
    if number < 0 { vec![piece("number-minus")] } else { Vec::new() }
}

fn digit(n: u32) -> PromptId {
    piece(&format!("digit-{n}"))
}

fn piece(name: &str) -> PromptId {
    name.parse().expect("the names of pieces are ids")
}
