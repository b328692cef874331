//! Logs of one machine whose stamps are in different zones, or were written by clocks that differ.
//!
//! nginx's error log, php-fpm's logs and syslog write local time without a zone, so one of them that was written in
//! another zone (a container in UTC, a process that was started before the machine's zone was changed) is read hours
//! off. Lines about one event in two logs show that. A shift is believed only where chance does not explain it: a wrong
//! one ties errors to lines that have nothing to do with them.

mod agree;
mod deaths;
mod php;
mod proof;
mod requests;
mod zones;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use logscan_parser::Source;

use crate::event::Event;
use crate::origin::Lexicon;
use crate::span::SECOND;

/// Zones of the earth differ by quarters of an hour.
const QUARTER: i64 = 900 * SECOND;

/// No two logs are taken to be further apart, in microseconds.
const FARTHEST: i64 = 15 * 3600 * SECOND;

/// Stamps further from 1970 than this are cut, so that no sum of some overflows: 70,000 years.
const FAR: i64 = i64::MAX / 4;

/// Lines of a log that are looked at.
const SAMPLE: usize = 2000;

/// What is to be added to the stamps of a source, in microseconds, to have them on the clock of the access log; where
/// there is none, of the web server's error log. Sources that need nothing, or of which nothing is proven, are not in it.
///
/// A source has one shift: inputs of one source that were written in different zones, such as nginx's error log in a
/// file and a copy of its lines in the journal, are not told apart.
pub(crate) fn shifts(events: &[Event], lexicon: &Lexicon<'_>) -> HashMap<Source, i64> {
    let mut known = Known { events, lexicon, shifts: HashMap::new() };
    for (errors, access) in
        [(Source::NginxError, Source::NginxAccess), (Source::ApacheError, Source::ApacheAccess)]
    {
        let shift = requests::shift(&known, errors, access);
        known.add(errors, shift);
    }
    let shift = php::shift(&known, Source::PhpFpm);
    known.add(Source::PhpFpm, shift);
    // php-fpm's master writes both, with the same clock (zlog_print_time of zlog.c).
    known.add(Source::PhpSlow, shift);
    let shift = php::shift(&known, Source::PhpError);
    known.add(Source::PhpError, shift);
    for source in [Source::Kernel, Source::Systemd] {
        let shift = deaths::shift(&known, source);
        known.add(source, shift);
    }
    known.shifts
}

/// What is known of the clocks so far.
struct Known<'a> {
    events: &'a [Event],
    lexicon: &'a Lexicon<'a>,
    shifts: HashMap<Source, i64>,
}

impl Known<'_> {
    fn add(&mut self, source: Source, shift: Option<i64>) {
        if let Some(shift) = shift.filter(|s| *s != 0)
            && self.events.iter().any(|e| e.source == Some(source))
        {
            self.shifts.insert(source, shift);
        }
    }

    /// When a line was written, as far as is known on the clock of the reference.
    fn at(&self, event: &Event) -> i64 {
        let shift = event.source.and_then(|s| self.shifts.get(&s)).copied().unwrap_or(0);
        event.at.micros().clamp(-FAR, FAR) + shift
    }

    /// By how little, zones apart, the machine's clock is off that of the access log, which may be another's.
    fn skew(&self) -> i64 {
        let shift = self.shifts.get(&Source::NginxError).or(self.shifts.get(&Source::ApacheError));
        shift.map_or(0, |shift| shift - nearest(*shift, QUARTER))
    }
}

/// The multiple of `step` that is nearest.
fn nearest(at: i64, step: i64) -> i64 {
    at.saturating_add(step / 2).div_euclid(step) * step
}

/// A time in microseconds; what is longer than a year is no request's.
fn micros(time: Duration) -> i64 {
    const LONGEST: i64 = 366 * 86_400 * SECOND;
    i64::try_from(time.as_micros()).map_or(LONGEST, |micros| micros.min(LONGEST))
}

/// So many of the items at most, evenly spread.
fn sampled<T>(items: Vec<T>) -> Vec<T> {
    let step = items.len().div_ceil(SAMPLE).max(1);
    items.into_iter().step_by(step).collect()
}
