//! Instants.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use logscan_parser::Civil;

/// An instant in UTC, with the precision of the log it comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
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

    /// The instant of microseconds since 1970.
    pub fn from_micros(micros: i64) -> Timestamp {
        let nanos = u32::try_from(micros.rem_euclid(1_000_000) * 1000).unwrap_or(0);
        Timestamp { seconds: micros.div_euclid(1_000_000), nanos }
    }

    /// Microseconds since 1970; what is finer is cut off.
    pub fn micros(self) -> i64 {
        self.seconds.saturating_mul(1_000_000).saturating_add(i64::from(self.nanos / 1000))
    }

    /// The instant of now.
    pub fn now() -> Timestamp {
        // A clock before 1970 is as good as none.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp { seconds: i64::try_from(now.as_secs()).unwrap_or(0), nanos: now.subsec_nanos() }
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

    #[test]
    fn microseconds_there_and_back() {
        for micros in [0, 1, 999_999, 1_000_000, -1, -1_000_001, 1_795_435_218_250_000] {
            assert_eq!(Timestamp::from_micros(micros).micros(), micros);
        }
        assert_eq!(Timestamp::from_micros(-1), Timestamp { seconds: -1, nanos: 999_999_000 });
    }
}
