//! Which times the logs reach, and what would hold a time that they do not.

use logscan_catalogue::Timestamp;
use logscan_parser::Source;

use crate::origin::Served;
use crate::sieve::Coverage;
use crate::span::{SECOND, Span};

const HOUR: i64 = 3600 * SECOND;

/// Zones differ from each other by no more hours than this.
const FARTHEST: i64 = 14;

/// Which times the logs reach.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    reached: Vec<Reached>,
}

/// What one input reaches.
#[derive(Clone, Copy, Debug)]
struct Reached {
    source: Source,
    /// From its first record to its last.
    held: Span,
    /// The same, and as long before and after as it may have had nothing to say.
    wide: Span,
}

impl Reached {
    fn is_access(&self) -> bool {
        matches!(self.source, Source::NginxAccess | Source::ApacheAccess)
    }
}

impl Reach {
    pub(crate) fn new(coverage: &[Coverage], served: &Served) -> Reach {
        let reached = coverage
            .iter()
            .filter_map(|c| {
                let held = Span::new(c.first?.micros(), c.last?.micros() + SECOND);
                let access = matches!(c.source, Source::NginxAccess | Source::ApacheAccess);
                // An error log may be silent for long; an access log goes on as long as requests come.
                let slack = if access {
                    let total = i64::try_from(served.total()).unwrap_or(i64::MAX).max(1);
                    ((held.until - held.from) / total * 20).clamp(10 * SECOND, HOUR)
                } else {
                    HOUR
                };
                Some(Reached { source: c.source, held, wide: held.wider(slack) })
            })
            .collect();
        Reach { reached }
    }

    /// The logs that decide whether a time is reached: the access logs, where there are some.
    fn deciding(&self) -> impl Iterator<Item = &Reached> + '_ {
        let any = self.reached.iter().any(Reached::is_access);
        self.reached.iter().filter(move |r| !any || r.is_access())
    }

    /// Whether the logs reach a time: the access log, where there is one.
    pub(crate) fn holds(&self, span: Span) -> bool {
        self.deciding().any(|r| r.wide.meets(span))
    }

    /// What would be needed to know, for a time on the origin's clock.
    pub(crate) fn missing(&self, start: Option<Span>) -> Vec<String> {
        let Some(start) = start else {
            return vec!["The report tells no time and no Ray ID that tells it: give either.".to_owned()];
        };
        let spans = || self.deciding().map(|r| r.held);
        let (Some(first), Some(last)) = (spans().map(|s| s.from).min(), spans().map(|s| s.until).max())
        else {
            return vec![
                "No log that was read has a line near that time. Give the file that holds it: a rotated one, one of \
                 a backup, or one of another server behind this name."
                    .to_owned(),
            ];
        };
        let access = self.deciding().any(Reached::is_access);
        let (name, file) = if access { ("access log", "access.log") } else { ("log", "error.log") };
        let mut words = vec![if start.until < first {
            format!(
                "It lies before the first line of the {name}. Give the rotated file before it: {file}.1, \
                 {file}.2.gz ..., or one of a backup."
            )
        } else if start.from > last {
            format!(
                "It lies after the last line of the {name}. Give the file that goes on from there (a copy may have \
                 been made too early), or find out why the log ends: full disk, rotation without reopening, another \
                 access_log."
            )
        } else {
            format!(
                "It lies between the files of the {name} that were read. Give the rotated file of that time, or look \
                 for it in a backup."
            )
        }];
        words.extend(self.hours(start).map(|hours| {
            let side = if hours < 0 { "earlier" } else { "later" };
            let s = if hours.abs() == 1 { "" } else { "s" };
            format!(
                "If the log's times were {} hour{s} {side}, it would hold the report: if they are of another zone, \
                 say so with --tz.",
                hours.abs()
            )
        }));
        words.extend(self.held());
        words
    }

    /// By how many whole hours at the least the logs' times would have to be moved to reach a time.
    fn hours(&self, start: Span) -> Option<i64> {
        (1..=FARTHEST)
            .flat_map(|h| [-h, h])
            .find(|h| self.deciding().any(|r| r.held.moved(h * HOUR).meets(start)))
    }

    /// What the logs hold, by source.
    fn held(&self) -> Option<String> {
        let mut sources: Vec<Source> = self.reached.iter().map(|r| r.source).collect();
        sources.sort_unstable();
        sources.dedup();
        let held: Vec<String> = sources
            .iter()
            .filter_map(|source| {
                let spans = || self.reached.iter().filter(|r| r.source == *source).map(|r| r.held);
                let (from, until) = (spans().map(|s| s.from).min()?, spans().map(|s| s.until).max()?);
                let at = |micros: i64| Timestamp::from_seconds(micros.div_euclid(SECOND));
                Some(format!("{source} from {} until {}", at(from), at(until - SECOND)))
            })
            .collect();
        (!held.is_empty()).then(|| format!("The logs hold {}.", held.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T12:00:00Z.
    const NOON: i64 = 1_795_435_200;

    fn log(source: Source, from: i64, until: i64) -> Coverage {
        let at = |s| Some(Timestamp::from_seconds(NOON + s));
        Coverage::new(0, source, at(from), at(until))
    }

    fn reach(coverage: &[Coverage]) -> Reach {
        Reach::new(coverage, &Served::default())
    }

    fn at(second: i64) -> Span {
        Span::new((NOON + second) * SECOND, (NOON + second) * SECOND)
    }

    fn missing(coverage: &[Coverage], second: i64) -> String {
        reach(coverage).missing(Some(at(second))).join("\n")
    }

    #[test]
    fn the_access_log_decides_where_there_is_one() {
        let logs = [log(Source::NginxAccess, 0, 60), log(Source::NginxError, -86_400, 60)];
        assert!(reach(&logs).holds(at(30)));
        assert!(!reach(&logs).holds(at(-7200)));
        assert!(reach(&logs[1..]).holds(at(-7200)));
    }

    #[test]
    fn a_time_before_the_first_line_is_in_the_rotated_file() {
        let told = missing(&[log(Source::NginxAccess, 0, 60)], -20 * 3600);
        assert!(told.contains("before the first line of the access log"), "{told}");
        assert!(told.contains("access.log.1"), "{told}");
        assert!(told.contains("nginx-access from 2026-11-23T12:00:00Z until 2026-11-23T12:01:00Z"), "{told}");
        assert!(!told.contains("--tz"), "{told}");
    }

    #[test]
    fn a_time_after_the_last_line_is_in_the_file_that_goes_on() {
        let told = missing(&[log(Source::NginxAccess, 0, 60)], 20 * 3600);
        assert!(told.contains("after the last line"), "{told}");
    }

    #[test]
    fn a_time_between_files_is_in_one_that_was_not_given() {
        let logs = [log(Source::NginxAccess, 0, 60), log(Source::NginxAccess, 200_000, 200_060)];
        let told = missing(&logs, 100_000);
        assert!(told.contains("between the files"), "{told}");
    }

    #[test]
    fn an_hour_that_would_bring_it_in_hints_at_the_zone() {
        let logs = [log(Source::NginxAccess, 0, 600)];
        let early = missing(&logs, -2 * 3600 + 300);
        assert!(early.contains("2 hours earlier") && early.contains("--tz"), "{early}");
        let late = missing(&logs, 3600 + 300);
        assert!(late.contains("1 hour later") && late.contains("--tz"), "{late}");
        // Half an hour past the end no whole hour helps.
        let none = missing(&logs, 1800);
        assert!(!none.contains("--tz"), "{none}");
    }

    #[test]
    fn without_a_line_or_a_time_that_is_what_is_said() {
        assert!(missing(&[], 0).contains("No log that was read has a line"));
        let untimed = reach(&[log(Source::NginxAccess, 0, 60)]).missing(None).join(" ");
        assert!(untimed.contains("no time"), "{untimed}");
    }

    #[test]
    fn reports_of_the_same_side_are_told_alike() {
        let logs = [log(Source::NginxAccess, 0, 60)];
        assert_eq!(missing(&logs, -20 * 3600), missing(&logs, -21 * 3600));
    }
}
