//! Calendar times as logs write them: year to second, without a zone.

use std::fmt;

/// A calendar time without a zone, as it stands in a log line.
///
/// Ordered and subtracted as if it were UTC. It becomes an instant only through a zone, which this crate
/// knows nothing of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Civil {
    /// Seconds since 1970-01-01 00:00:00 of the same (unnamed) zone.
    pub seconds: i64,
    /// Nanoseconds within the second; 0 where the log writes whole seconds.
    pub nanos: u32,
}

impl Civil {
    /// The time of these fields, or `None` where they name no day or no second of one.
    ///
    /// A leap second (`:60`) is taken for the second that follows.
    pub fn new(year: i64, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Civil> {
        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let time = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Some(Civil { seconds: days_from_civil(year, month, day) * 86_400 + time, nanos: 0 })
    }

    /// Year, month (1 to 12) and day (1 to 31).
    pub fn date(self) -> (i64, u32, u32) {
        civil_from_days(self.seconds.div_euclid(86_400))
    }

    /// The same month, day and time in another year; 29 February becomes 1 March where there is none.
    pub fn with_year(self, year: i64) -> Civil {
        let (_, month, day) = self.date();
        let days = days_from_civil(year, month, day);
        Civil { seconds: days * 86_400 + self.seconds.rem_euclid(86_400), nanos: self.nanos }
    }
}

/// `YYYY-MM-DD HH:MM:SS`, with the fraction where there is one.
impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let second = self.seconds.rem_euclid(86_400);
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02}")?;
        if self.nanos != 0 {
            write!(f, ".{:06}", self.nanos / 1000)?;
        }
        Ok(())
    }
}

/// A time stamp with what the log says of its zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stamp {
    /// Local time of the machine that wrote it (nginx's error log, php-fpm).
    Local(Civil),
    /// Local time without a year (RFC 3164 syslog); the year of `Civil` means nothing.
    Yearless(Civil),
    /// Time with its offset from UTC in seconds, east positive (RFC 3339 syslog, access logs).
    Offset(Civil, i32),
    /// Time since the machine's start (dmesg); `Civil` counts from 1970-01-01 as if that were the start.
    Uptime(Civil),
}

impl Stamp {
    /// The time as written.
    pub fn civil(self) -> Civil {
        match self {
            Stamp::Local(c) | Stamp::Yearless(c) | Stamp::Offset(c, _) | Stamp::Uptime(c) => c,
        }
    }
}

/// Days from 1970-01-01 to the given day of the proleptic Gregorian calendar.
pub(crate) fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    // Counted in years that begin in March, so that the leap day is the last of a year.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The number of an English three-letter month name (`Jan` is 1), as all these programs write it.
pub(crate) fn month_number(name: &[u8]) -> Option<u32> {
    Some(match name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

/// The value of two ASCII digits.
pub(crate) fn two_digits(tens: u8, ones: u8) -> Option<u32> {
    let (t, o) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (t <= 9 && o <= 9).then(|| u32::from(t) * 10 + u32::from(o))
}

/// The value of an all-digit slice that fits `u64`.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0u64, |n, b| {
        let d = b.wrapping_sub(b'0');
        (d <= 9).then(|| n * 10 + u64::from(d))
    })
}

/// `HH:MM:SS` as seconds of the day; `:60` counts as the second that follows.
pub(crate) fn clock(text: &[u8]) -> Option<i64> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = text else { return None };
    let (h, m, s) = (two_digits(h1, h2)?, two_digits(m1, m2)?, two_digits(s1, s2)?);
    (h < 24 && m < 60 && s <= 60).then(|| i64::from(h) * 3600 + i64::from(m) * 60 + i64::from(s))
}

/// `22/Nov/2026:14:03:07`, as access logs write it before the offset.
pub(crate) fn clf_time(text: &[u8]) -> Option<Civil> {
    let (date, time) = text.split_at_checked(11)?;
    let &[d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4] = date else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let day = Civil::new(i64::from(year), month_number(&[m1, m2, m3])?, two_digits(d1, d2)?, 0, 0, 0)?;
    Some(Civil { seconds: day.seconds + clock(time.strip_prefix(b":")?)?, nanos: 0 })
}

/// `.` and up to nine digits after a second, as nanoseconds; the rest follows. `None` where no digit stands.
pub(crate) fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let len = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(len)?;
    let first = digits.get(..len.min(9))?;
    let value = number(first)?;
    let scale = 10u64.pow(9 - u32::try_from(first.len()).ok()?);
    Some((u32::try_from(value * scale).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        assert_eq!(Civil::new(1970, 1, 1, 0, 0, 0).unwrap().seconds, 0);
        assert_eq!(Civil::new(2026, 11, 23, 12, 0, 18).unwrap().seconds, 1_795_435_218);
        assert_eq!(Civil::new(2024, 2, 29, 23, 59, 59).unwrap().to_string(), "2024-02-29 23:59:59");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert_eq!(Civil::new(2023, 2, 29, 0, 0, 0), None);
        assert_eq!(Civil::new(2026, 13, 1, 0, 0, 0), None);
        assert_eq!(Civil::new(2026, 4, 31, 0, 0, 0), None);
        assert_eq!(Civil::new(2026, 1, 1, 24, 0, 0), None);
        assert_eq!(Civil::new(2026, 1, 1, 0, 60, 0), None);
    }

    proptest! {
        #[test]
        fn a_day_keeps_its_date(year in 1i64..9999, month in 1u32..=12, day in 1u32..=28) {
            let c = Civil::new(year, month, day, 1, 2, 3).unwrap();
            prop_assert_eq!(c.date(), (year, month, day));
        }

        #[test]
        fn days_follow_each_other(days in -1_000_000i64..3_000_000) {
            let (y, m, d) = civil_from_days(days);
            prop_assert_eq!(days_from_civil(y, m, d), days);
        }
    }
}
