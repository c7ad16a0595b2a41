//! What is said of a value, piece by piece.

use super::*;
use proptest::prelude::*;

/// `kind text → pieces in English | pieces in Chinese`. `d5` stands for `digit-5`, `n-…` for `number-…`.
const SAID: &str = "
number 0 → d0 | d0
number 1 → d1 | d1
number 2 → d2 | d2
number 10 → n-10 | n-10
number 12 → n-12 | n-10 d2
number 19 → n-19 | n-10 d9
number 20 → n-20 | d2 n-10
number 21 → n-20 d1 | d2 n-10 d1
number 99 → n-90 d9 | d9 n-10 d9
number 100 → d1 n-hundred | d1 n-hundred
number 105 → d1 n-hundred d5 | d1 n-hundred d0 d5
number 110 → d1 n-hundred n-10 | d1 n-hundred d1 n-10
number 200 → d2 n-hundred | d2 n-hundred
number 222 → d2 n-hundred n-20 d2 | d2 n-hundred d2 n-10 d2
number 1001 → d1 n-thousand d1 | d1 n-thousand d0 d1
number 1010 → d1 n-thousand n-10 | d1 n-thousand d0 d1 n-10
number 2000 → d2 n-thousand | n-liang n-thousand
number 2222 → d2 n-thousand d2 n-hundred n-20 d2 | n-liang n-thousand d2 n-hundred d2 n-10 d2
number 10000 → n-10 n-thousand | d1 n-ten-thousand
number 10010 → n-10 n-thousand n-10 | d1 n-ten-thousand d0 d1 n-10
number 20000 → n-20 n-thousand | n-liang n-ten-thousand
number 32000 → n-30 d2 n-thousand | d3 n-ten-thousand d2 n-thousand
number 100000 → d1 n-hundred n-thousand | n-10 n-ten-thousand
number 120500 → d1 n-hundred n-20 n-thousand d5 n-hundred | n-10 d2 n-ten-thousand d0 d5 n-hundred
number 1000000 → d1 n-million | d1 n-hundred n-ten-thousand
number 2000000 → d2 n-million | d2 n-hundred n-ten-thousand
number 100000000 → d1 n-hundred n-million | d1 n-hundred-million
number 100000001 → d1 n-hundred n-million d1 | d1 n-hundred-million d0 d1
number 200020000 → d2 n-hundred n-million n-20 n-thousand | n-liang n-hundred-million d0 d2 n-ten-thousand
number 1000000000 → d1 n-billion | n-10 n-hundred-million
number -7 → n-minus d7 | n-minus d7
number -1200 → n-minus d1 n-thousand d2 n-hundred | n-minus d1 n-thousand d2 n-hundred
number 1000000000000 → d1 d0 d0 d0 d0 d0 d0 d0 d0 d0 d0 d0 d0 | d1 d0 d0 d0 d0 d0 d0 d0 d0 d0 d0 d0 d0
digits 4071 → d4 d0 d7 d1 | d4 d0 d7 d1
digits +49 30 → d4 d9 d3 d0 | d4 d9 d3 d0
EUR 0 → d0 unit-euros | d0 unit-euro
EUR 1 → d1 unit-euro | d1 unit-euro
EUR 2 → d2 unit-euros | n-liang unit-euro
EUR 12.50 → n-12 unit-euros and n-50 unit-cents | n-10 d2 unit-euro d5 n-10 unit-euro-cent
EUR 1.01 → d1 unit-euro and d1 unit-cent | d1 unit-euro d1 unit-euro-cent
EUR 0.99 → n-90 d9 unit-cents | d9 n-10 d9 unit-euro-cent
EUR 1200.00 → d1 n-thousand d2 n-hundred unit-euros | d1 n-thousand d2 n-hundred unit-euro
USD 5.2 → d5 unit-dollars and n-20 unit-cents | d5 unit-dollar d2 n-10 unit-us-cent
USD 1 → d1 unit-dollar | d1 unit-dollar
GBP 2.01 → d2 unit-pounds and d1 unit-penny | n-liang unit-pound d1 unit-penny
GBP 0.02 → d2 unit-pence | n-liang unit-penny
CNY 2 → d2 unit-yuan | n-liang unit-yuan
CNY 12.50 → n-12 unit-yuan and n-50 unit-fen | n-10 d2 unit-yuan d5 unit-jiao
CNY 3.05 → d3 unit-yuan and d5 unit-fen | d3 unit-yuan d0 d5 unit-fen
CNY 3.25 → d3 unit-yuan and n-20 d5 unit-fen | d3 unit-yuan d2 unit-jiao d5 unit-fen
CNY 0.20 → n-20 unit-fen | n-liang unit-jiao
CNY 0.05 → d5 unit-fen | d5 unit-fen
CNY -8.80 → n-minus d8 unit-yuan and n-80 unit-fen | n-minus d8 unit-yuan d8 unit-jiao
date 2026-11-22 → weekday-7 day-22 month-11 n-20 n-20 d6 | d2 d0 d2 d6 year month-11 day-22 weekday-7
date 2000-02-29 → weekday-2 day-29 month-2 d2 n-thousand | d2 d0 d0 d0 year month-2 day-29 weekday-2
date 2005-01-01 → weekday-6 day-1 month-1 d2 n-thousand d5 | d2 d0 d0 d5 year month-1 day-1 weekday-6
date 1905-12-31 → weekday-7 day-31 month-12 n-19 oh d5 | d1 d9 d0 d5 year month-12 day-31 weekday-7
date 1900-03-01 → weekday-4 day-1 month-3 n-19 n-hundred | d1 d9 d0 d0 year month-3 day-1 weekday-4
date 2026-11-22T09:30 → weekday-7 day-22 month-11 n-20 n-20 d6 | d2 d0 d2 d6 year month-11 day-22 weekday-7
time 09:00 → d9 time-oclock time-am | time-am d9 time-oclock
time 9:30 → d9 n-30 time-am | time-am d9 time-oclock d3 n-10 time-minute
time 00:00 → time-midnight | time-dawn d0 time-oclock
time 00:05 → n-12 oh d5 time-am | time-dawn d0 time-oclock d0 d5 time-minute
time 02:15 → d2 n-15 time-am | time-dawn n-liang time-oclock n-10 d5 time-minute
time 12:00 → time-noon | time-noon n-10 d2 time-oclock
time 12:02 → n-12 oh d2 time-pm | time-noon n-10 d2 time-oclock d0 d2 time-minute
time 14:00 → d2 time-oclock time-pm | time-pm n-liang time-oclock
time 20:45:10 → d8 n-40 d5 time-pm | time-evening d8 time-oclock d4 n-10 d5 time-minute
time 2026-11-22T23:59 → n-11 n-50 d9 time-pm | time-evening n-10 d1 time-oclock d5 n-10 d9 time-minute
about_minutes 0 → wait-less-than-a-minute | wait-less-than-a-minute
about_minutes 1 → wait-about d1 wait-minute | wait-about d1 wait-minute
about_minutes 2 → wait-about d2 wait-minutes | wait-about n-liang wait-minutes
about_minutes 10 → wait-about n-10 wait-minutes | wait-about n-10 wait-minutes
about_minutes 11 → wait-about n-15 wait-minutes | wait-about n-10 d5 wait-minutes
about_minutes 60 → wait-about n-60 wait-minutes | wait-about d6 n-10 wait-minutes
about_minutes 61 → wait-more-than-an-hour | wait-more-than-an-hour
";

fn kind(word: &str) -> Kind {
    let currency = |(code, currency): &(&str, Currency)| (*code == word).then_some(Kind::Money(*currency));
    let money = Currency::CODES.iter().find_map(currency);
    money.unwrap_or_else(|| *Kind::ALL.iter().find(|kind| kind.word() == word).unwrap())
}

fn short(said: &[PromptId]) -> String {
    let short = |piece: &PromptId| piece.as_str().replace("digit-", "d").replace("number-", "n-");
    said.iter().map(short).collect::<Vec<_>>().join(" ")
}

#[test]
fn values_are_said_as_people_say_them() {
    let mut cases = 0;
    for line in SAID.trim().lines() {
        let (value, said) = line.split_once(" → ").unwrap();
        let ((word, text), (english, chinese)) = (value.split_once(' ').unwrap(), said.split_once(" | ").unwrap());
        for (language, expected) in [(Language::EN, english), (Language::ZH, chinese)] {
            let said = of_text(language, kind(word), text).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(short(&said), expected, "{language}: {line}");
            let allowed = pieces_of(language, kind(word));
            assert!(said.iter().all(|piece| allowed.contains(piece)), "{language}: {line}");
            cases += 1;
        }
    }
    assert!(cases >= 120, "{cases}");
}

#[test]
fn what_is_no_value_is_not_said() {
    let wrong = [
        (Kind::Number, ["", "x", "1.5", "99999999999999999999"]),
        (Kind::Digits, ["", "x", "*", "#"]),
        (Kind::Money(Currency::Eur), ["", "1.234", "1.", "1,50"]),
        (Kind::Date, ["2026-02-29", "2026-13-01", "22.11.2026", "2026-11-22-1"]),
        (Kind::Time, ["24:00", "9", "09:60", "09:00:00:00"]),
        (Kind::AboutMinutes, ["", "-1", "1.5", "99999999999999999999"]),
    ];
    for (kind, texts) in wrong {
        for text in texts {
            assert_eq!(of_text(Language::EN, kind, text), None, "{kind:?} {text}");
        }
    }
}

#[test]
fn a_wait_is_never_told_shorter_than_it_is() {
    let said = |s: u64| short(&about_minutes(Language::EN, Duration::from_secs(s)));
    assert_eq!(said(59), "wait-less-than-a-minute");
    assert_eq!(said(61), "wait-about d2 wait-minutes");
    assert_eq!(said(601), "wait-about n-15 wait-minutes");
    assert_eq!((said(3_600), said(3_601)), ("wait-about n-60 wait-minutes".into(), "wait-more-than-an-hour".into()));
}

#[test]
fn only_chinese_is_said_in_the_order_of_chinese() {
    let said = |tag: &str| short(&number(tag.parse().unwrap(), 2_000));
    assert_eq!(
        [said("zh-CN"), said("ZH"), said("de"), said("zhx")].map(|said| said.starts_with("n-liang")),
        [true, true, false, false]
    );
}

#[test]
fn days_are_counted_from_1970() {
    let days = |text: &str| text.parse::<Date>().unwrap().days_since_1970();
    assert_eq!(
        [days("1970-01-01"), days("1969-12-31"), days("2000-02-29"), days("2026-11-21")],
        [0, -1, 11_016, 20_778]
    );
    for date in ["2026-11-22", "2000-03-01", "1900-02-28"] {
        let weekday = (days(date) + 3).rem_euclid(7) + 1;
        assert_eq!(i64::from(date.parse::<Date>().unwrap().weekday()), weekday, "{date}");
    }
}

/// A piece of a number as a listener hears it.
fn heard(piece: &PromptId, chinese: bool) -> u64 {
    let name = piece.as_str();
    let small = name.strip_prefix("digit-").or_else(|| name.strip_prefix("number-"));
    match small.expect("a piece of a number") {
        "hundred" => 100,
        "thousand" => 1_000,
        "ten-thousand" => 10_000,
        "million" => 1_000_000,
        "hundred-million" => 100_000_000,
        "billion" => 1_000_000_000,
        "liang" if chinese => 2,
        n => n.parse().expect("a number"),
    }
}

/// What a listener understands: a unit multiplies what stands before it in its group.
fn understood(said: &[PromptId], chinese: bool) -> i64 {
    let (minus, said) = match said.split_first() {
        Some((first, rest)) if first.as_str() == "number-minus" => (true, rest),
        _ => (false, said),
    };
    let (large, units): (u64, &[u64]) = if chinese { (10_000, &[10, 100, 1_000]) } else { (1_000, &[100]) };
    let (mut total, mut group, mut last) = (0u64, 0u64, 0u64);
    for piece in said {
        match heard(piece, chinese) {
            n if n >= large => {
                total += (group + last) * n;
                (group, last) = (0, 0);
            }
            n if units.contains(&n) => {
                group += last.max(1) * n;
                last = 0;
            }
            n => last += n,
        }
    }
    let size = i64::try_from(total + group + last).unwrap();
    if minus { -size } else { size }
}

proptest! {
    #[test]
    fn a_listener_understands_every_number(exact in 0..=NUMBER_MAX, digits in 1u32..=12, minus: bool) {
        let size = i64::try_from(exact % 10u64.pow(digits)).unwrap();
        let value = if minus { -size } else { size };
        for language in [Language::EN, Language::ZH] {
            let said = number(language, value);
            prop_assert_eq!(understood(&said, language == Language::ZH), value, "{}: {}", language, short(&said));
            let allowed = pieces_of(language, Kind::Number);
            prop_assert!(said.iter().all(|piece| allowed.contains(piece)));
        }
    }

    #[test]
    fn every_value_has_its_pieces(n: i64, days in 0u16..9_999, month in 1u8..=12, day in 1u8..=31, minute in 0u16..1_440) {
        for language in [Language::EN, Language::ZH] {
            for (_, currency) in Currency::CODES {
                let allowed = pieces_of(language, Kind::Money(*currency));
                prop_assert!(money(language, n, *currency).iter().all(|piece| allowed.contains(piece)));
                prop_assert!(money(language, n % 100_000, *currency).iter().all(|piece| allowed.contains(piece)));
            }
            if let Some(day) = Date::new(days, month, day) {
                let allowed = pieces_of(language, Kind::Date);
                prop_assert!(date(language, day).iter().all(|piece| allowed.contains(piece)));
            }
            let time_of_day = TimeOfDay::new((minute / 60) as u8, (minute % 60) as u8).unwrap();
            let allowed = pieces_of(language, Kind::Time);
            prop_assert!(time(language, time_of_day).iter().all(|piece| allowed.contains(piece)));
            let allowed = pieces_of(language, Kind::AboutMinutes);
            let wait = Duration::from_secs(n.unsigned_abs() % 4_000);
            prop_assert!(about_minutes(language, wait).iter().all(|piece| allowed.contains(piece)));
        }
    }

    #[test]
    fn no_text_panics(text in ".{0,30}", numeric in "-?[0-9T:.-]{0,22}") {
        for kind in Kind::ALL {
            for text in [&text, &numeric] {
                let _ = of_text(Language::EN, *kind, text);
                let _ = of_text(Language::ZH, *kind, text);
            }
        }
    }
}
