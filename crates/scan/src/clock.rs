//! From stamps to instants, in the order of the lines.

use logscan_parser::{Civil, Stamp};

use crate::grammar::Told;
use crate::zone::{Local2Utc, Zone};
use logscan_catalogue::Timestamp;

/// How far a line may be stamped before an earlier line of the same log: workers write side by side. A step
/// back of more than this, in the hour that clocks repeat, is the clock being set back.
const DISORDER: i64 = 60;

/// How far a line may be after the time of the log's last change: zones may be mistaken.
const CHANGE_SLACK: i64 = 86_400;

/// How far a line may be stamped after the log's last line: the hour that clocks repeat may lie between them.
const LAST_SLACK: i64 = 3600 + DISORDER;

/// Turns the stamps of one log into instants.
///
/// In the hour that clocks repeat in autumn, a stamp means the first of the two until a line steps back.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// Zone of stamps that name none.
    default: Zone,
    /// When the machine was started, for stamps that count from there.
    boot: Option<Timestamp>,
    /// Time, in the default zone, of the log's last change or of its last line, and how many seconds stamps without
    /// a year may be after it.
    latest: Civil,
    slack: i64,
    main: Local,
    /// Zones that lines name besides that of the log's first line.
    others: Vec<Local>,
    /// The last local time in the default zone, and its offset, if no other stamp came after it. The same time once more
    /// means the same instant: whether clocks were set back is told by lines that step back.
    last: Option<(i64, i32)>,
}

/// Zones of one log that are kept apart.
const MAX_ZONES: usize = 8;

/// Where the lines of one zone are.
#[derive(Clone, Debug)]
struct Local {
    zone: Zone,
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
        Clock {
            default: zone,
            boot: None,
            latest: zone.civil(changed),
            slack: CHANGE_SLACK,
            main: Local::new(zone),
            others: Vec::new(),
            last: None,
        }
    }

    /// The same clock for a log whose first line is this, with the start of the machine.
    pub(crate) fn for_log(&self, first: Option<Told>, boot: Option<Timestamp>) -> Clock {
        let zone = first.and_then(|t| t.zone).unwrap_or(self.default);
        Clock { boot, main: Local::new(zone), others: Vec::new(), last: None, ..self.clone() }
    }

    /// The same clock for a log whose last line is this: of stamps without a year, none is after it.
    pub(crate) fn up_to(&self, last: Option<Told>) -> Clock {
        match last.map(|t| t.stamp) {
            Some(stamp @ Stamp::Yearless(_)) => {
                let latest = self.civil(stamp);
                let slack = if latest < self.latest { LAST_SLACK } else { self.slack };
                Clock { latest: latest.min(self.latest), slack, ..self.clone() }
            }
            _ => self.clone(),
        }
    }

    /// The same clock for a later part of the log, before which the clock was set back at `at`.
    pub(crate) fn resumed(&self, at: Option<i64>) -> Clock {
        Clock {
            main: Local { set_back: at, ..Local::new(self.main.zone) },
            others: Vec::new(),
            last: None,
            ..self.clone()
        }
    }

    /// Zone of the log's first line.
    pub(crate) fn zone(&self) -> Zone {
        self.main.zone
    }

    /// The local time at which the clock was seen to be set back.
    pub(crate) fn set_back(&self) -> Option<i64> {
        self.main.set_back
    }

    /// The instant of the next line's stamp; `None` where it counts from a start that is not known.
    #[inline]
    pub(crate) fn instant(&mut self, told: Told) -> Option<Timestamp> {
        if let (Stamp::Local(civil), None, Some((seconds, offset))) = (told.stamp, told.zone, self.last)
            && civil.seconds == seconds
        {
            return Some(shifted(civil, offset));
        }
        self.next_instant(told)
    }

    #[inline(never)]
    fn next_instant(&mut self, told: Told) -> Option<Timestamp> {
        self.last = None;
        let civil = self.civil(told.stamp);
        match told.stamp {
            Stamp::Offset(_, offset) => Some(shifted(civil, offset)),
            Stamp::Uptime(since) => self.since_boot(since),
            Stamp::Local(_) | Stamp::Yearless(_) => {
                let offset = self.local(told.zone.unwrap_or(self.default)).offset(civil.seconds);
                if told.zone.is_none() {
                    self.last = Some((civil.seconds, offset));
                }
                Some(shifted(civil, offset))
            }
        }
    }

    /// The latest instant that a stamp can mean, whatever lines stand before it.
    pub(crate) fn latest_instant(&self, told: Told) -> Option<Timestamp> {
        let civil = self.civil(told.stamp);
        match told.stamp {
            Stamp::Offset(_, offset) => Some(shifted(civil, offset)),
            Stamp::Uptime(since) => self.since_boot(since),
            Stamp::Local(_) | Stamp::Yearless(_) => {
                let (Local2Utc::Once(offset) | Local2Utc::Twice(_, offset)) =
                    told.zone.unwrap_or(self.default).local_to_utc(civil.seconds);
                Some(shifted(civil, offset))
            }
        }
    }

    /// The time that a stamp gives, with its year.
    pub(crate) fn civil(&self, stamp: Stamp) -> Civil {
        match stamp {
            Stamp::Local(civil) | Stamp::Offset(civil, _) | Stamp::Uptime(civil) => civil,
            Stamp::Yearless(civil) => self.with_year(civil),
        }
    }

    fn since_boot(&self, since: Civil) -> Option<Timestamp> {
        let boot = self.boot?;
        let nanos = boot.nanos + since.nanos;
        let carry = nanos / 1_000_000_000;
        Some(Timestamp {
            seconds: boot.seconds + since.seconds + i64::from(carry),
            nanos: nanos % 1_000_000_000,
        })
    }

    fn local(&mut self, zone: Zone) -> &mut Local {
        if zone == self.main.zone {
            return &mut self.main;
        }
        let known = self.others.iter().position(|l| l.zone == zone);
        let at = known.unwrap_or_else(|| {
            if self.others.len() >= MAX_ZONES {
                self.others.clear();
            }
            self.others.push(Local::new(zone));
            self.others.len() - 1
        });
        self.others.get_mut(at).unwrap_or(&mut self.main)
    }

    /// The latest year that does not put a stamp after the log's end.
    fn with_year(&self, civil: Civil) -> Civil {
        let (year, _, _) = self.latest.date();
        let years = [year + 1, year].map(|year| civil.with_year(year));
        let found = years.into_iter().find(|at| at.seconds <= self.latest.seconds + self.slack);
        found.unwrap_or_else(|| civil.with_year(year - 1))
    }
}

impl Local {
    fn new(zone: Zone) -> Local {
        Local { zone, cached: None, highest: None, set_back: None }
    }

    /// Seconds east of UTC at the local time of the next line.
    fn offset(&mut self, local: i64) -> i32 {
        let offset = match self.lookup(local) {
            Local2Utc::Twice(first, second) if !self.is_second(local, first, second) => first,
            Local2Utc::Once(offset) | Local2Utc::Twice(_, offset) => offset,
        };
        self.highest = self.highest.max(Some((local, offset)));
        offset
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
}

fn shifted(civil: Civil, offset: i32) -> Timestamp {
    Timestamp { seconds: civil.seconds - i64::from(offset), nanos: civil.nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(h: u32, m: u32, s: u32) -> Told {
        Told { stamp: Stamp::Local(Civil::new(2026, 10, 25, h, m, s).unwrap()), zone: None }
    }

    fn yearless(month: u32, day: u32) -> Told {
        Told { stamp: Stamp::Yearless(Civil::new(1972, month, day, 0, 0, 0).unwrap()), zone: None }
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
            stamps.iter().map(|(h, m, s)| clock.instant(local(*h, *m, *s)).unwrap().to_string()).collect();
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
    fn a_time_that_comes_again_is_the_same_instant() {
        // Each stamp once and thrice, in a log that steps back into and within the repeated hour.
        let stamps =
            [(1, 59, 59), (2, 0, 0), (2, 59, 59), (2, 59, 0), (2, 0, 0), (2, 30, 0), (3, 0, 0), (2, 59, 30)];
        let (mut once, mut often) = (clock(), clock());
        for (h, m, s) in stamps {
            let at = once.instant(local(h, m, s));
            // What a zone that is named says in between does no harm.
            let named = Told { zone: Some("Asia/Tokyo".parse().unwrap()), ..local(h, m, s) };
            let tokyo = often.instant(named);
            for _ in 0..3 {
                assert_eq!(often.instant(local(h, m, s)), at, "{h}:{m}:{s}");
            }
            assert_eq!(often.instant(named), tokyo);
            assert_eq!(often.set_back(), once.set_back());
        }
        assert!(once.set_back().is_some());
    }

    #[test]
    fn a_late_line_after_the_hour_is_of_its_second_time() {
        let mut clock = clock();
        for (h, m, s) in [(2, 50, 0), (2, 5, 0), (3, 0, 1)] {
            clock.instant(local(h, m, s));
        }
        assert_eq!(clock.instant(local(2, 59, 59)).unwrap().to_string(), "2026-10-25T01:59:59Z");
    }

    #[test]
    fn a_missing_year_is_that_of_the_last_change_or_the_one_before() {
        let mut clock = Clock::new("UTC".parse().unwrap(), Timestamp::from_seconds(1_795_435_218));
        assert_eq!(clock.instant(yearless(11, 23)).unwrap().to_string(), "2026-11-23T00:00:00Z");
        assert_eq!(clock.instant(yearless(12, 31)).unwrap().to_string(), "2025-12-31T00:00:00Z");
    }

    #[test]
    fn no_line_without_a_year_is_after_the_last_one() {
        // A log of the turn of the year that was copied in December, more than a day before the next.
        let changed = Timestamp::from_seconds(Civil::new(2026, 12, 30, 12, 0, 0).unwrap().seconds);
        let clock = Clock::new("UTC".parse().unwrap(), changed);
        assert_eq!(clock.clone().instant(yearless(12, 31)).unwrap().to_string(), "2026-12-31T00:00:00Z");
        let mut clock = clock.up_to(Some(yearless(1, 1)));
        assert_eq!(clock.instant(yearless(12, 31)).unwrap().to_string(), "2025-12-31T00:00:00Z");
        assert_eq!(clock.instant(yearless(1, 1)).unwrap().to_string(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn a_line_may_be_a_little_after_the_end_at_new_year() {
        let told = |month, day, h, min, s| Told {
            stamp: Stamp::Yearless(Civil::new(1972, month, day, h, min, s).unwrap()),
            zone: None,
        };
        let changed = Timestamp::from_seconds(Civil::new(2027, 3, 1, 12, 0, 0).unwrap().seconds);
        let mut clock = Clock::new("UTC".parse().unwrap(), changed).up_to(Some(told(12, 31, 23, 59, 59)));
        assert_eq!(clock.instant(told(1, 1, 0, 0, 2)).unwrap().to_string(), "2027-01-01T00:00:02Z");
        // A log of a whole year.
        assert_eq!(clock.instant(told(1, 1, 9, 0, 0)).unwrap().to_string(), "2026-01-01T09:00:00Z");
        // Its clock may be ahead of the zone that is given, here of a machine in Tokyo.
        let changed = Timestamp::from_seconds(Civil::new(2026, 12, 31, 15, 0, 5).unwrap().seconds);
        let mut clock = Clock::new("UTC".parse().unwrap(), changed);
        assert_eq!(clock.instant(told(1, 1, 0, 0, 5)).unwrap().to_string(), "2027-01-01T00:00:05Z");
    }

    #[test]
    fn a_zone_that_a_line_names_counts() {
        let mut clock = clock();
        let told = |zone: &str| Told { zone: Some(zone.parse().unwrap()), ..local(2, 30, 0) };
        assert_eq!(clock.instant(told("UTC")).unwrap().to_string(), "2026-10-25T02:30:00Z");
        assert_eq!(clock.instant(told("America/New_York")).unwrap().to_string(), "2026-10-25T06:30:00Z");
        assert_eq!(clock.instant(local(2, 30, 0)).unwrap().to_string(), "2026-10-25T00:30:00Z");
    }

    #[test]
    fn times_since_the_start_need_the_start() {
        let since = Told { stamp: Stamp::Uptime(Civil { seconds: 10, nanos: 600_000_000 }), zone: None };
        assert_eq!(clock().instant(since), None);
        let boot = Timestamp { seconds: 1_795_435_218, nanos: 500_000_000 };
        let mut clock = clock().for_log(Some(since), Some(boot));
        assert_eq!(clock.instant(since).unwrap().to_string(), "2026-11-23T12:00:29.100Z");
    }
}
