//! From stamps to instants, in the order of the lines.

use logscan_parser::{Civil, Stamp};

use crate::time::Timestamp;
use crate::zone::{Local2Utc, Zone};

/// How far a line may be stamped before an earlier line of the same log: workers write side by side. A step
/// back of more than this, in the hour that clocks repeat, is the clock being set back.
const DISORDER: i64 = 60;

/// Turns the stamps of one log into instants.
///
/// In the hour that clocks repeat in autumn, a stamp means the first of the two until a line steps back.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    zone: Zone,
    /// Year that stamps without one are taken to be at most of: that of the log's last change.
    latest: Civil,
    /// Minute of the last lookup, and what it gave.
    cached: Option<(i64, Local2Utc)>,
    /// The latest local time seen, and its offset.
    highest: Option<(i64, i32)>,
    /// Local time at which the clock was seen to be set back.
    set_back: Option<i64>,
}

impl Clock {
    /// A clock for a log that was last changed at `changed`.
    pub(crate) fn new(zone: Zone, changed: Timestamp) -> Clock {
        Clock { zone, latest: zone.civil(changed), cached: None, highest: None, set_back: None }
    }

    /// The same clock for a later part of the log, before which the clock was set back at `at`.
    pub(crate) fn resumed(&self, at: Option<i64>) -> Clock {
        Clock { set_back: at, highest: None, cached: None, ..self.clone() }
    }

    /// The local time at which the clock was seen to be set back.
    pub(crate) fn set_back(&self) -> Option<i64> {
        self.set_back
    }

    /// The instant of the next line's stamp.
    pub(crate) fn instant(&mut self, stamp: Stamp) -> Timestamp {
        let civil = self.civil(stamp);
        if let Stamp::Offset(_, offset) = stamp {
            return shifted(civil, offset);
        }
        let offset = match self.lookup(civil.seconds) {
            Local2Utc::Twice(first, second) if !self.is_second(civil.seconds, first, second) => first,
            Local2Utc::Once(offset) | Local2Utc::Twice(_, offset) => offset,
        };
        self.highest = self.highest.max(Some((civil.seconds, offset)));
        shifted(civil, offset)
    }

    /// The latest instant that a stamp can mean, whatever lines stand before it.
    pub(crate) fn latest_instant(&self, stamp: Stamp) -> Timestamp {
        let civil = self.civil(stamp);
        if let Stamp::Offset(_, offset) = stamp {
            return shifted(civil, offset);
        }
        let (Local2Utc::Once(offset) | Local2Utc::Twice(_, offset)) = self.zone.local_to_utc(civil.seconds);
        shifted(civil, offset)
    }

    /// The time that a stamp gives, with its year.
    pub(crate) fn civil(&self, stamp: Stamp) -> Civil {
        match stamp {
            Stamp::Local(civil) | Stamp::Offset(civil, _) | Stamp::Uptime(civil) => civil,
            Stamp::Yearless(civil) => self.with_year(civil),
        }
    }

    fn lookup(&mut self, local: i64) -> Local2Utc {
        let minute = local.div_euclid(60);
        match self.cached {
            Some((cached, found)) if cached == minute => found,
            _ => {
                let found = self.zone.local_to_utc(local);
                self.cached = Some((minute, found));
                found
            }
        }
    }

    /// Whether a local time that comes twice, with these offsets, is meant the second time.
    fn is_second(&mut self, local: i64, first: i32, second: i32) -> bool {
        let length = i64::from(first) - i64::from(second);
        if self.set_back.is_some_and(|at| (local - at).abs() <= length) {
            return true;
        }
        let Some((highest, offset)) = self.highest else { return false };
        let back = highest - local;
        // Clocks were set back after that line, or it was written when both times were over.
        let set_back = back > DISORDER || (back > 0 && offset == second);
        // A stamp of long ago says nothing of this change.
        if set_back && back <= length + DISORDER {
            self.set_back = Some(local);
            return true;
        }
        false
    }

    /// The year that puts a stamp at most a day after the log's last change.
    fn with_year(&self, civil: Civil) -> Civil {
        let (year, _, _) = self.latest.date();
        let this = civil.with_year(year);
        if this.seconds > self.latest.seconds + 86_400 { civil.with_year(year - 1) } else { this }
    }
}

fn shifted(civil: Civil, offset: i32) -> Timestamp {
    Timestamp { seconds: civil.seconds - i64::from(offset), nanos: civil.nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(h: u32, m: u32, s: u32) -> Stamp {
        Stamp::Local(Civil::new(2026, 10, 25, h, m, s).unwrap())
    }

    fn clock() -> Clock {
        Clock::new("Europe/Berlin".parse().unwrap(), Timestamp::from_seconds(1_795_435_218))
    }

    #[test]
    fn the_repeated_hour_goes_by_the_order_of_lines() {
        let mut clock = clock();
        let stamps =
            [(1, 59, 59), (2, 0, 0), (2, 30, 0), (2, 59, 58), (2, 59, 57), (2, 0, 1), (2, 30, 0), (3, 0, 0)];
        let times: Vec<String> =
            stamps.iter().map(|(h, m, s)| clock.instant(local(*h, *m, *s)).to_string()).collect();
        let expected = [
            "2026-10-24T23:59:59Z",
            "2026-10-25T00:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T00:59:58Z",
            "2026-10-25T00:59:57Z",
            "2026-10-25T01:00:01Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T02:00:00Z",
        ];
        assert_eq!(times, expected);
    }

    #[test]
    fn a_late_line_after_the_hour_is_of_its_second_time() {
        let mut clock = clock();
        for (h, m, s) in [(2, 50, 0), (2, 5, 0), (3, 0, 1)] {
            clock.instant(local(h, m, s));
        }
        assert_eq!(clock.instant(local(2, 59, 59)).to_string(), "2026-10-25T01:59:59Z");
    }

    #[test]
    fn a_missing_year_is_that_of_the_last_change_or_the_one_before() {
        let mut clock = Clock::new("UTC".parse().unwrap(), Timestamp::from_seconds(1_795_435_218));
        let of = |m, d| Stamp::Yearless(Civil::new(1972, m, d, 0, 0, 0).unwrap());
        assert_eq!(clock.instant(of(11, 23)).to_string(), "2026-11-23T00:00:00Z");
        assert_eq!(clock.instant(of(12, 31)).to_string(), "2025-12-31T00:00:00Z");
    }
}
