//! Dates and times of day out of their text forms.

use core::str::FromStr;

/// A date of the Gregorian calendar, years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The date, if there is one.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let good = (1..=9_999).contains(&year) && (1..=days_of(year, month)).contains(&day);
        good.then_some(Self { year, month, day })
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    /// Days since 1970-01-01; negative before.
    #[must_use]
    pub fn days_since_1970(self) -> i64 {
        // Years from March to February, so that a leap day is the last (Howard Hinnant, "chrono-compatible low-level
        // date algorithms", days_from_civil).
        let (year, month) = (i64::from(self.year) - i64::from(self.month < 3), i64::from(self.month));
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// The day of the week, 1 (Monday) to 7 (Sunday; ISO 8601).
    #[must_use]
    pub fn weekday(self) -> u8 {
        // Tomohiko Sakamoto's congruence: the shift of each month, January and February counting to the year before.
        const SHIFTS: [u32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
        let year = u32::from(self.year) - u32::from(self.month < 3);
        let shift = SHIFTS[usize::from(self.month) - 1];
        let from_sunday = (year + year / 4 - year / 100 + year / 400 + shift + u32::from(self.day)) % 7;
        if from_sunday == 0 { 7 } else { from_sunday as u8 }
    }
}

fn days_of(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

/// A time of day, 0:00 to 23:59.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    /// The time, if there is one.
    #[must_use]
    pub const fn new(hour: u8, minute: u8) -> Option<Self> {
        if hour < 24 && minute < 60 { Some(Self { hour, minute }) } else { None }
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// The minute.
    #[must_use]
    pub const fn minute(self) -> u8 {
        self.minute
    }
}

/// Why a text is no date or time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is YYYY-MM-DD, a time HH:MM")]
pub struct NoSuchTime;

/// A number of so many digits.
fn field(text: Option<&str>, digits: core::ops::RangeInclusive<usize>) -> Option<u16> {
    let text = text.filter(|text| digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))?;
    text.parse().ok()
}

impl FromStr for Date {
    type Err = NoSuchTime;

    /// `YYYY-MM-DD` (ISO 8601).
    fn from_str(text: &str) -> Result<Self, NoSuchTime> {
        let mut fields = text.split('-');
        let mut next = |digits: usize| field(fields.next(), digits..=digits);
        let date = (|| Some((next(4)?, u8::try_from(next(2)?).ok()?, u8::try_from(next(2)?).ok()?)))();
        let (year, month, day) = date.filter(|_| fields.next().is_none()).ok_or(NoSuchTime)?;
        Self::new(year, month, day).ok_or(NoSuchTime)
    }
}

impl FromStr for TimeOfDay {
    type Err = NoSuchTime;

    /// `HH:MM` or `HH:MM:SS`; the seconds are not said.
    fn from_str(text: &str) -> Result<Self, NoSuchTime> {
        let mut fields = text.split(':');
        let hour = field(fields.next(), 1..=2).ok_or(NoSuchTime)?;
        let minute = field(fields.next(), 2..=2).ok_or(NoSuchTime)?;
        let second = fields.next().map_or(Some(0), |text| field(Some(text), 2..=2));
        let whole = second.is_some_and(|second| second < 60) && fields.next().is_none();
        let (Ok(hour), Ok(minute), true) = (u8::try_from(hour), u8::try_from(minute), whole) else {
            return Err(NoSuchTime);
        };
        Self::new(hour, minute).ok_or(NoSuchTime)
    }
}
