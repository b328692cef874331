//! Times as people type them.

use std::fmt;

use logscan_parser::Civil;

use crate::zone::{Zone, midnight, rfc3339};
use logscan_catalogue::Timestamp;

/// A text is none of the forms of a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhenError(String);

impl fmt::Display for WhenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no time: give 1h, 90m, 1h30m, 2d, today, yesterday, 2026-03-29, \"2026-03-29 10:00\", \
             2026-03-29T10:00:00+02:00 or @1774778400",
            self.0
        )
    }
}

impl std::error::Error for WhenError {}

/// Reads a time: a duration before `now`, a day, a local time in `zone`, RFC 3339, or `@` and Unix seconds.
///
/// # Errors
///
/// Where the text is none of these.
pub fn parse_when(text: &str, zone: Zone, now: Timestamp) -> Result<Timestamp, WhenError> {
    let text = text.trim();
    let day = |days: i64| {
        let start = midnight(zone, now);
        zone.instant(Civil { seconds: start.seconds - days * 86_400, nanos: 0 })
    };
    let found = match text {
        "now" => Some(now),
        "today" => Some(day(0)),
        "yesterday" => Some(day(1)),
        _ => unix(text)
            .or_else(|| ago(text).map(|s| Timestamp { seconds: now.seconds - s, nanos: now.nanos }))
            .or_else(|| rfc3339(text))
            .or_else(|| local(text).map(|civil| zone.instant(civil))),
    };
    found.ok_or_else(|| WhenError(text.to_owned()))
}

/// `@1774778400`, `@1774778400.25`.
fn unix(text: &str) -> Option<Timestamp> {
    let digits = text.strip_prefix('@')?;
    let (seconds, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let scale = 10u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some(Timestamp { seconds: seconds.parse().ok()?, nanos: fraction.parse::<u32>().ok()? * scale })
}

/// `1h30m` in seconds. A number needs its unit.
fn ago(text: &str) -> Option<i64> {
    let mut total = 0i64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at_checked(letters)?;
        let seconds = match unit {
            "s" | "sec" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 7 * 86_400,
            _ => return None,
        };
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(seconds)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// `2026-03-29`, `2026-03-29 10:00`, `2026-03-29T10:00:05`.
fn local(text: &str) -> Option<Civil> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let mut clock = [0u32; 3];
    if let Some(time) = time {
        let fields: Vec<&str> = time.split(':').collect();
        if fields.len() < 2 || fields.len() > 3 {
            return None;
        }
        for (slot, field) in clock.iter_mut().zip(fields) {
            *slot = field.parse().ok()?;
        }
    }
    let [hour, minute, second] = clock;
    Civil::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?, hour, minute, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> String {
        let now = Timestamp::from_seconds(1_795_435_218);
        parse_when(text, "Europe/Berlin".parse().unwrap(), now)
            .map_or_else(|e| e.to_string(), |t| t.to_string())
    }

    #[test]
    fn all_forms() {
        assert_eq!(at("1h"), "2026-11-23T11:00:18Z");
        assert_eq!(at("1h30m"), "2026-11-23T10:30:18Z");
        assert_eq!(at("90m"), "2026-11-23T10:30:18Z");
        assert_eq!(at("2d"), "2026-11-21T12:00:18Z");
        assert_eq!(at("today"), "2026-11-22T23:00:00Z");
        assert_eq!(at("yesterday"), "2026-11-21T23:00:00Z");
        assert_eq!(at("2026-03-29"), "2026-03-28T23:00:00Z");
        assert_eq!(at("2026-03-29 10:00"), "2026-03-29T08:00:00Z");
        assert_eq!(at("2026-03-29 10:00:05"), "2026-03-29T08:00:05Z");
        assert_eq!(at("2026-03-29T10:00:05Z"), "2026-03-29T10:00:05Z");
        assert_eq!(at("2026-03-29T10:00:05+05:30"), "2026-03-29T04:30:05Z");
        assert_eq!(at("@1774778400"), "2026-03-29T10:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_said() {
        for text in ["", "5", "1x", "h", "2026-13-01", "2026-03-29 25:00", "@", "tomorrowish", "-1h"] {
            assert!(at(text).contains("is no time"), "{text}: {}", at(text));
        }
    }
}
