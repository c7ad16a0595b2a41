//! The grammar of Chinese.
//!
//! 二 becomes 两 before a thing that is counted, and before 千, 万 and 亿 at the head of a number; behind a larger unit
//! it stays 二 (吕叔湘, 现代汉语八百词, 「二」与「两」).

use super::{Currency, Date, Kind, TimeOfDay, digit, piece, too_large};
use domain::PromptId;

/// Zero to 9999 亿 9999 万 9999; digit by digit beyond.
pub(super) fn number(number: u64, said: &mut Vec<PromptId>) {
    if too_large(number, said) {
        return;
    }
    if number == 0 {
        said.push(digit(0));
    }
    let parts = [
        (number / 100_000_000, Some("number-hundred-million")),
        (number / 10_000 % 10_000, Some("number-ten-thousand")),
        (number % 10_000, None),
    ];
    let (mut first, mut gap) = (true, false);
    for (part, unit) in parts {
        if part == 0 {
            gap = !first;
            continue;
        }
        if !first && (gap || part < 1_000) {
            said.push(digit(0));
        }
        if part == 2 && first && unit.is_some() {
            said.push(piece("number-liang"));
        } else {
            below_ten_thousand(part as u32, first, said);
        }
        said.extend(unit.map(piece));
        (first, gap) = (false, false);
    }
}

/// 1 to 9999. `first`: nothing was said before.
fn below_ten_thousand(part: u32, first: bool, said: &mut Vec<PromptId>) {
    let scales = [(1_000, Some("number-thousand")), (100, Some("number-hundred")), (10, Some("number-10")), (1, None)];
    let (mut begun, mut gap) = (false, false);
    for (scale, unit) in scales {
        let n = part / scale % 10;
        if n == 0 {
            gap = begun;
            continue;
        }
        if gap {
            said.push(digit(0));
        }
        let at_head = first && !begun;
        match (n, scale) {
            (2, 1_000) if at_head => said.push(piece("number-liang")),
            // 十二, not 一十二.
            (1, 10) if at_head => {}
            _ => said.push(digit(n)),
        }
        said.extend(unit.map(piece));
        (begun, gap) = (true, false);
    }
}

/// A number before what is counted: 两元, 十二元.
pub(super) fn counted(n: u64, said: &mut Vec<PromptId>) {
    if n == 2 {
        said.push(piece("number-liang"));
    } else {
        number(n, said);
    }
}

/// A currency and its hundredth.
fn units(currency: Currency) -> [&'static str; 2] {
    match currency {
        Currency::Eur => ["unit-euro", "unit-euro-cent"],
        Currency::Usd => ["unit-dollar", "unit-us-cent"],
        Currency::Gbp => ["unit-pound", "unit-penny"],
        Currency::Cny => ["unit-yuan", "unit-fen"],
    }
}

pub(super) fn money(whole: u64, rest: u64, currency: Currency, said: &mut Vec<PromptId>) {
    let [unit, part] = units(currency);
    if whole > 0 || rest == 0 {
        counted(whole, said);
        said.push(piece(unit));
    }
    let parts = match currency {
        Currency::Cny => vec![(rest / 10, "unit-jiao"), (rest % 10, part)],
        _ => vec![(rest, part)],
    };
    let (mut begun, mut gap) = (whole > 0, false);
    for (n, unit) in parts {
        if n == 0 {
            gap = begun && currency == Currency::Cny;
            continue;
        }
        if gap {
            said.push(digit(0));
        }
        if begun {
            number(n, said)
        } else {
            counted(n, said)
        }
        said.push(piece(unit));
        (begun, gap) = (true, false);
    }
}

pub(super) fn date(date: Date, said: &mut Vec<PromptId>) {
    let name = |what: &str, n: u8| piece(&format!("{what}-{n}"));
    said.extend(date.year().to_string().chars().filter_map(|c| c.to_digit(10)).map(digit));
    said.push(piece("year"));
    said.extend([name("month", date.month()), name("day", date.day()), name("weekday", date.weekday())]);
}

pub(super) fn time(time: TimeOfDay, said: &mut Vec<PromptId>) {
    let (hour, minute) = (u64::from(time.hour()), u64::from(time.minute()));
    let (part, hour) = match hour {
        0..6 => ("time-dawn", hour),
        6..12 => ("time-am", hour),
        12 => ("time-noon", hour),
        13..18 => ("time-pm", hour - 12),
        _ => ("time-evening", hour - 12),
    };
    said.push(piece(part));
    counted(hour, said);
    said.push(piece("time-oclock"));
    if minute == 0 {
        return;
    }
    if minute < 10 {
        said.push(digit(0));
    }
    number(minute, said);
    said.push(piece("time-minute"));
}

/// Every piece of a kind, without the digits.
pub(super) fn pieces(kind: Kind) -> Vec<String> {
    const NUMBERS: &[&str] = &[
        "number-10",
        "number-hundred",
        "number-thousand",
        "number-ten-thousand",
        "number-hundred-million",
        "number-liang",
        "number-minus",
    ];
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let row = |what: &'static str, n: u8| (1..=n).map(move |n| format!("{what}-{n}"));
    match kind {
        Kind::Number => names(NUMBERS),
        Kind::Digits => Vec::new(),
        Kind::Money(currency) => {
            let jiao: &[&str] = if currency == Currency::Cny { &["unit-jiao"] } else { &[] };
            names(&[NUMBERS, &units(currency), jiao].concat())
        }
        Kind::Date => row("weekday", 7).chain(row("day", 31)).chain(row("month", 12)).chain(names(&["year"])).collect(),
        Kind::Time => names(&[
            "number-10",
            "number-liang",
            "time-dawn",
            "time-am",
            "time-noon",
            "time-pm",
            "time-evening",
            "time-oclock",
            "time-minute",
        ]),
        Kind::AboutMinutes => [names(&["number-10", "number-liang"]), names(&super::WAITS)].concat(),
    }
}
