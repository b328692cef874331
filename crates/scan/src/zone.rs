//! Time zones: from the local time that logs write to instants.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, Local, MappedLocalTime, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use logscan_parser::Civil;

use logscan_catalogue::Timestamp;

/// The zone of stamps that name none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Zone {
    /// The machine's own: `TZ`, else `/etc/localtime`.
    #[default]
    Machine,
    /// A zone of the IANA database.
    Named(Tz),
    /// A fixed offset from UTC.
    Fixed(FixedOffset),
}

/// A zone's name is neither in the IANA database nor an offset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneError(String);

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no time zone `{}`: give an IANA name (Europe/Berlin, UTC) or an offset (+02:00)", self.0)
    }
}

impl std::error::Error for ZoneError {}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(name: &str) -> Result<Zone, ZoneError> {
        if name.eq_ignore_ascii_case("local") {
            return Ok(Zone::Machine);
        }
        if let Some(offset) = fixed(name) {
            return Ok(Zone::Fixed(offset));
        }
        Tz::from_str_insensitive(name).map(Zone::Named).map_err(|_| ZoneError(name.to_owned()))
    }
}

/// `+02:00`, `-0530`, `+2`, `Z`.
fn fixed(name: &str) -> Option<FixedOffset> {
    if name == "Z" {
        return FixedOffset::east_opt(0);
    }
    let (sign, digits) = match name.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    if hours.is_empty() || hours.len() > 2 || !digits.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then(|| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)))?
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Zone::Machine => f.write_str("local"),
            Zone::Named(tz) => f.write_str(tz.name()),
            Zone::Fixed(offset) => offset.fmt(f),
        }
    }
}

/// What a local time is in a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Local2Utc {
    /// Once: seconds east of UTC.
    Once(i32),
    /// Twice, as clocks are set back: offsets of the first and of the second time.
    Twice(i32, i32),
}

/// Abbreviations that name an offset and are no zone of the IANA database.
const ABBREVIATIONS: &[(&str, i32)] = &[
    ("BST", 1),
    ("CEST", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("WEST", 1),
    ("JST", 9),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

impl Zone {
    /// The zone of a name as PHP and journalctl write it into lines; `None` where it is not known.
    pub(crate) fn in_log(name: &[u8]) -> Option<Zone> {
        let name = std::str::from_utf8(name).ok()?;
        if let Some(offset) = fixed(name) {
            return Some(Zone::Fixed(offset));
        }
        if let Some((_, hours)) = ABBREVIATIONS.iter().find(|(known, _)| *known == name) {
            return FixedOffset::east_opt(hours * 3600).map(Zone::Fixed);
        }
        name.parse().ok().map(Zone::Named)
    }

    /// The offset, or both, at a local time. A time that clocks skip has the offset from before the change.
    pub(crate) fn local_to_utc(self, local: i64) -> Local2Utc {
        let Some(naive) = DateTime::from_timestamp(local, 0).map(|t| t.naive_utc()) else {
            return Local2Utc::Once(0);
        };
        let found = match self {
            Zone::Machine => mapped(&Local, &naive),
            Zone::Named(tz) => mapped(&tz, &naive),
            Zone::Fixed(offset) => Some(Local2Utc::Once(offset.local_minus_utc())),
        };
        found.unwrap_or_else(|| match self.local_to_utc(local - 3 * 3600) {
            Local2Utc::Once(offset) | Local2Utc::Twice(_, offset) => Local2Utc::Once(offset),
        })
    }

    /// Seconds east of UTC at an instant.
    pub fn offset_at(self, at: Timestamp) -> i32 {
        let utc = DateTime::from_timestamp(at.seconds, 0).unwrap_or_default().naive_utc();
        match self {
            Zone::Machine => Local.offset_from_utc_datetime(&utc).fix().local_minus_utc(),
            Zone::Named(tz) => tz.offset_from_utc_datetime(&utc).fix().local_minus_utc(),
            Zone::Fixed(offset) => offset.local_minus_utc(),
        }
    }

    /// Whether the offset from UTC has been the same since before there were the servers whose logs are read, and will be
    /// as far as is known.
    pub(crate) fn is_steady(self) -> bool {
        const WEEK: i64 = 7 * 86_400;
        let offset = |week: i64| self.offset_at(Timestamp::from_seconds(week * WEEK));
        // From 1995 to 2050: no change is undone within a week.
        matches!(self, Zone::Fixed(_)) || (1304..4175).all(|week| offset(week) == offset(1304))
    }

    /// The local time of an instant.
    pub fn civil(self, at: Timestamp) -> Civil {
        Civil { seconds: at.seconds + i64::from(self.offset_at(at)), nanos: at.nanos }
    }

    /// The instant of a local time; the earlier one where it comes twice.
    pub fn instant(self, civil: Civil) -> Timestamp {
        let (Local2Utc::Once(offset) | Local2Utc::Twice(offset, _)) = self.local_to_utc(civil.seconds);
        Timestamp { seconds: civil.seconds - i64::from(offset), nanos: civil.nanos }
    }
}

fn mapped<T: TimeZone>(zone: &T, naive: &NaiveDateTime) -> Option<Local2Utc> {
    let seconds = |t: DateTime<T>| t.offset().fix().local_minus_utc();
    let seconds = |t: Option<DateTime<T>>| t.map(seconds);
    match zone.from_local_datetime(naive) {
        MappedLocalTime::Single(t) => seconds(Some(t)).map(Local2Utc::Once),
        MappedLocalTime::Ambiguous(first, second) => {
            Some(Local2Utc::Twice(seconds(Some(first))?, seconds(Some(second))?))
        }
        MappedLocalTime::None => None,
    }
}

/// Today's local midnight, as a local time.
pub(crate) fn midnight(zone: Zone, now: Timestamp) -> Civil {
    let civil = zone.civil(now);
    Civil { seconds: civil.seconds - civil.seconds.rem_euclid(86_400), nanos: 0 }
}

/// Seconds since 1970 of an RFC 3339 text.
pub(crate) fn rfc3339(text: &str) -> Option<Timestamp> {
    let t = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    Some(Timestamp { seconds: t.timestamp(), nanos: t.timestamp_subsec_nanos() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_offsets() {
        assert_eq!("+02:00".parse::<Zone>().unwrap().to_string(), "+02:00");
        assert_eq!("-0530".parse::<Zone>().unwrap().to_string(), "-05:30");
        assert_eq!("europe/berlin".parse::<Zone>().unwrap().to_string(), "Europe/Berlin");
        assert!("Mars/Olympus".parse::<Zone>().is_err());
        assert!("+99".parse::<Zone>().is_err());
    }

    #[test]
    fn which_zones_are_steady() {
        let steady = |name: &str| name.parse::<Zone>().unwrap().is_steady();
        assert!(steady("UTC") && steady("+05:30") && steady("Asia/Kolkata") && steady("Asia/Tokyo"));
        assert!(!steady("Europe/Berlin") && !steady("Australia/Lord_Howe") && !steady("Africa/Casablanca"));
    }

    #[test]
    fn the_repeated_and_the_skipped_hour() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let local = |m, d, h| Civil::new(2026, m, d, h, 30, 0).unwrap().seconds;
        assert_eq!(berlin.local_to_utc(local(10, 25, 2)), Local2Utc::Twice(7200, 3600));
        assert_eq!(berlin.local_to_utc(local(10, 25, 3)), Local2Utc::Once(3600));
        assert_eq!(berlin.local_to_utc(local(3, 29, 2)), Local2Utc::Once(3600));
        assert_eq!(berlin.local_to_utc(local(3, 29, 3)), Local2Utc::Once(7200));
    }
}
