//! Instants.

use std::fmt;

use logscan_parser::Civil;

/// An instant in UTC, with the precision of the log it comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
}

impl Timestamp {
    /// The instant of whole seconds since 1970.
    pub fn from_seconds(seconds: i64) -> Timestamp {
        Timestamp { seconds, nanos: 0 }
    }

    /// The instant of now.
    pub fn now() -> Timestamp {
        let now = chrono::Utc::now();
        Timestamp { seconds: now.timestamp(), nanos: now.timestamp_subsec_nanos() }
    }
}

/// RFC 3339 in UTC: `2026-11-23T12:00:18Z`; with milli- or microseconds where the source has them.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = Civil { seconds: self.seconds, nanos: 0 };
        let (year, month, day) = civil.date();
        let second = self.seconds.rem_euclid(86_400);
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}")?;
        match self.nanos {
            0 => {}
            n if n % 1_000_000 == 0 => write!(f, ".{:03}", n / 1_000_000)?,
            n if n % 1000 == 0 => write!(f, ".{:06}", n / 1000)?,
            n => write!(f, ".{n:09}")?,
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_with_the_precision_there_is() {
        let at = |nanos| Timestamp { seconds: 1_795_435_218, nanos }.to_string();
        assert_eq!(at(0), "2026-11-23T12:00:18Z");
        assert_eq!(at(250_000_000), "2026-11-23T12:00:18.250Z");
        assert_eq!(at(576_763_000), "2026-11-23T12:00:18.576763Z");
    }
}
