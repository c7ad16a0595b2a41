//! The grammar of English.

use super::{Currency, Date, Kind, TimeOfDay, digit, piece, too_large};
use domain::PromptId;

const SCALES: [(u64, &str); 3] =
    [(1_000_000_000, "number-billion"), (1_000_000, "number-million"), (1_000, "number-thousand")];

/// Zero to 999 999 999 999; digit by digit beyond.
pub(super) fn number(number: u64, said: &mut Vec<PromptId>) {
    if too_large(number, said) {
        return;
    }
    if number == 0 {
        said.push(digit(0));
    }
    let mut rest = number;
    for (scale, name) in SCALES {
        if rest >= scale {
            below_thousand((rest / scale) as u32, said);
            said.push(piece(name));
            rest %= scale;
        }
    }
    below_thousand(rest as u32, said);
}

fn below_thousand(number: u32, said: &mut Vec<PromptId>) {
    if number >= 100 {
        said.extend([digit(number / 100), piece("number-hundred")]);
    }
    below_hundred(number % 100, said);
}

/// Nothing for zero.
fn below_hundred(number: u32, said: &mut Vec<PromptId>) {
    let (tens, ones) = (number / 10 * 10, number % 10);
    match number {
        0 => {}
        1..10 => said.push(digit(number)),
        10..20 => said.push(piece(&format!("number-{number}"))),
        _ => {
            said.push(piece(&format!("number-{tens}")));
            below_hundred(ones, said);
        }
    }
}

/// One and many of a currency, and of its hundredth.
fn units(currency: Currency) -> [&'static str; 4] {
    match currency {
        Currency::Eur => ["unit-euro", "unit-euros", "unit-cent", "unit-cents"],
        Currency::Usd => ["unit-dollar", "unit-dollars", "unit-cent", "unit-cents"],
        Currency::Gbp => ["unit-pound", "unit-pounds", "unit-penny", "unit-pence"],
        Currency::Cny => ["unit-yuan", "unit-yuan", "unit-fen", "unit-fen"],
    }
}

pub(super) fn money(whole: u64, rest: u64, currency: Currency, said: &mut Vec<PromptId>) {
    let [unit, units, part, parts] = units(currency);
    if whole > 0 || rest == 0 {
        number(whole, said);
        said.push(piece(if whole == 1 { unit } else { units }));
    }
    if whole > 0 && rest > 0 {
        said.push(piece("and"));
    }
    if rest > 0 {
        number(rest, said);
        said.push(piece(if rest == 1 { part } else { parts }));
    }
}

pub(super) fn date(date: Date, said: &mut Vec<PromptId>) {
    let name = |what: &str, n: u8| piece(&format!("{what}-{n}"));
    said.extend([name("weekday", date.weekday()), name("day", date.day()), name("month", date.month())]);
    year(u32::from(date.year()), said);
}

/// "Nineteen ninety nine", "two thousand five", "nineteen oh five", "nineteen hundred".
fn year(year: u32, said: &mut Vec<PromptId>) {
    let (century, rest) = (year / 100, year % 100);
    if century < 10 || (century % 10 == 0 && rest < 10) {
        return number(u64::from(year), said);
    }
    below_hundred(century, said);
    match rest {
        0 => said.push(piece("number-hundred")),
        1..10 => said.extend([piece("oh"), digit(rest)]),
        _ => below_hundred(rest, said),
    }
}

pub(super) fn time(time: TimeOfDay, said: &mut Vec<PromptId>) {
    let (hour, minute) = (u32::from(time.hour()), u32::from(time.minute()));
    if minute == 0 && hour % 12 == 0 {
        return said.push(piece(if hour == 0 { "time-midnight" } else { "time-noon" }));
    }
    below_hundred(if hour % 12 == 0 { 12 } else { hour % 12 }, said);
    match minute {
        0 => said.push(piece("time-oclock")),
        1..10 => said.extend([piece("oh"), digit(minute)]),
        _ => below_hundred(minute, said),
    }
    said.push(piece(if hour < 12 { "time-am" } else { "time-pm" }));
}

/// Every piece of a kind, without the digits.
pub(super) fn pieces(kind: Kind) -> Vec<String> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let small = || (10..20).chain((20..100).step_by(10)).map(|n| format!("number-{n}"));
    let numbers = || {
        let large = ["number-hundred", "number-thousand", "number-million", "number-billion", "number-minus"];
        small().chain(names(&large)).collect::<Vec<_>>()
    };
    let row = |what: &'static str, n: u8| (1..=n).map(move |n| format!("{what}-{n}"));
    match kind {
        Kind::Number => numbers(),
        Kind::Digits => Vec::new(),
        Kind::Money(currency) => [numbers(), names(&units(currency)), names(&["and"])].concat(),
        Kind::Date => {
            let year = small().chain(names(&["number-hundred", "number-thousand", "oh"]));
            row("weekday", 7).chain(row("day", 31)).chain(row("month", 12)).chain(year).collect()
        }
        Kind::Time => {
            let words = ["time-midnight", "time-noon", "time-oclock", "time-am", "time-pm", "oh"];
            small().chain(names(&words)).collect()
        }
        Kind::AboutMinutes => small().chain(names(&super::WAITS)).collect(),
    }
}
