//! The stamps in lines of logs: reading them, and writing others in their place.

use std::ops::Range;

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

/// Milliseconds since 1970, UTC.
pub(crate) type Millis = i64;

/// 2012-10-12T00:00:00Z, from which Ray IDs count centiseconds.
const RAY_EPOCH: Millis = 1_350_000_000_000;

/// What a stamp means that names no zone, or no year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    pub(crate) zone: Tz,
    pub(crate) year: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// nginx's error log.
    Slashes,
    /// php-fpm's logs.
    Dashes,
    /// PHP's own log, with the name of the zone behind.
    Named,
    /// `$time_local`.
    Clf,
    /// `$time_iso8601`.
    Iso,
    /// `$msec`.
    Epoch,
    Syslog,
    /// The kernel's own stamp: seconds since it booted.
    Boot,
}

const SLASHES: &str = "%Y/%m/%d %H:%M:%S";
const DASHES: &str = "%d-%b-%Y %H:%M:%S";
const CLF: &str = "%d/%b/%Y:%H:%M:%S %z";
const ISO: &str = "%Y-%m-%dT%H:%M:%S%:z";
const SYSLOG: &str = "%b %e %H:%M:%S";

/// When a line was written, if it says so.
pub(crate) fn when(line: &[u8], clock: Clock) -> Option<Millis> {
    let found = stamps(line);
    let exact = found.iter().find(|(_, form)| *form == Form::Epoch);
    let (at, form) = exact.or(found.first())?;
    Some(read(text(line, at), *form, clock))
}

/// The line as if it had been written `by` milliseconds later on a machine with the clock `new`.
pub(crate) fn moved(line: &[u8], old: Clock, new: Clock, by: Millis) -> Vec<u8> {
    let found = stamps(line);
    let exact = found.iter().find(|(_, form)| *form == Form::Epoch);
    let exact = exact.map(|(at, form)| read(text(line, at), *form, old));
    let mut out = Vec::with_capacity(line.len() + 16);
    let mut done = 0;
    for (at, form) in found {
        out.extend_from_slice(&line[done..at.start]);
        done = at.end;
        let stamp = text(line, &at);
        if form == Form::Boot {
            let seconds: f64 = stamp.trim_start().parse().unwrap();
            let seconds = seconds + f64::from(i32::try_from(by).unwrap()) / 1000.0;
            out.extend_from_slice(format!("{seconds:>width$.6}", width = stamp.len()).as_bytes());
            continue;
        }
        let was = exact.unwrap_or_else(|| read(stamp, form, old));
        let zone = if form == Form::Named && old.zone == new.zone { named(stamp) } else { new.zone };
        out.extend_from_slice(written(was + by, form, zone).as_bytes());
    }
    out.extend_from_slice(&line[done..]);
    out
}

/// Where stamps stand in a line, in order.
fn stamps(line: &[u8]) -> Vec<(Range<usize>, Form)> {
    let naive = |at: Range<usize>, form: &str| {
        let stamp = line.get(at).and_then(|s| std::str::from_utf8(s).ok());
        stamp.is_some_and(|s| NaiveDateTime::parse_from_str(s, form).is_ok())
    };
    if naive(0..19, SLASHES) {
        return vec![(0..19, Form::Slashes)];
    }
    if line.first() == Some(&b'[') && naive(1..21, DASHES) {
        if line.get(21) == Some(&b']') {
            return vec![(1..21, Form::Dashes)];
        }
        let end = 21 + line[21..].iter().position(|b| *b == b']').unwrap();
        return vec![(1..end, Form::Named)];
    }
    let syslog = line.get(..15).and_then(|s| std::str::from_utf8(s).ok());
    if syslog
        .is_some_and(|s| NaiveDateTime::parse_from_str(&format!("2024 {s}"), &format!("%Y {SYSLOG}")).is_ok())
    {
        let boot = after(line, b"kernel: [").and_then(|start| {
            let end = start + line[start..].iter().position(|b| *b == b']')?;
            Some((start..end, Form::Boot))
        });
        return [(0..15, Form::Syslog)].into_iter().chain(boot).collect();
    }
    of_request(line)
}

fn of_request(line: &[u8]) -> Vec<(Range<usize>, Form)> {
    let offset = |at: &Range<usize>, form: &str| {
        let stamp = line.get(at.clone()).and_then(|s| std::str::from_utf8(s).ok());
        stamp.is_some_and(|s| DateTime::parse_from_str(s, form).is_ok())
    };
    let iso = after(line, b"\"time\":\"").map(|s| s..s + 25).filter(|at| offset(at, ISO));
    let epoch = after(line, b"\"msec\":").map(|s| s..s + 14);
    let clf = after(line, b" [").map(|s| s..s + 26).filter(|at| offset(at, CLF));
    match (iso, epoch, clf) {
        (Some(iso), Some(epoch), _) => vec![(iso, Form::Iso), (epoch, Form::Epoch)],
        (Some(iso), None, _) => vec![(iso, Form::Iso)],
        (None, _, Some(clf)) => vec![(clf, Form::Clf)],
        _ => Vec::new(),
    }
}

fn read(stamp: &str, form: Form, clock: Clock) -> Millis {
    let local = |stamp: &str, form: &str, zone: Tz| {
        let civil = NaiveDateTime::parse_from_str(stamp, form).unwrap();
        zone.from_local_datetime(&civil).earliest().unwrap().timestamp_millis()
    };
    let offset =
        |form: &str| DateTime::<FixedOffset>::parse_from_str(stamp, form).unwrap().timestamp_millis();
    match form {
        Form::Slashes => local(stamp, SLASHES, clock.zone),
        Form::Dashes => local(stamp, DASHES, clock.zone),
        Form::Named => local(&stamp[..20], DASHES, named(stamp)),
        Form::Syslog => local(&format!("{} {stamp}", clock.year), &format!("%Y {SYSLOG}"), clock.zone),
        Form::Clf => offset(CLF),
        Form::Iso => offset(ISO),
        Form::Epoch => stamp.replace('.', "").parse().unwrap(),
        Form::Boot => unreachable!("no time of day"),
    }
}

fn written(at: Millis, form: Form, zone: Tz) -> String {
    let utc = DateTime::from_timestamp_millis(at).unwrap();
    let local = |form: &str| utc.with_timezone(&zone).format(form).to_string();
    match form {
        Form::Slashes => local(SLASHES),
        Form::Dashes => local(DASHES),
        Form::Named => format!("{} {zone}", local(DASHES)),
        Form::Syslog => local(SYSLOG),
        Form::Clf => local(CLF),
        Form::Iso => local(ISO),
        Form::Epoch => format!("{}.{:03}", at.div_euclid(1000), at.rem_euclid(1000)),
        Form::Boot => unreachable!("no time of day"),
    }
}

/// The zone behind a stamp of PHP.
fn named(stamp: &str) -> Tz {
    stamp[21..].parse().unwrap()
}

fn text<'l>(line: &'l [u8], at: &Range<usize>) -> &'l str {
    std::str::from_utf8(&line[at.clone()]).unwrap()
}

/// Where what follows `mark` begins.
pub(crate) fn after(line: &[u8], mark: &[u8]) -> Option<usize> {
    line.windows(mark.len()).position(|w| w == mark).map(|at| at + mark.len())
}

/// The time that a Ray ID carries, to the centisecond.
pub(crate) fn of_ray(ray: &str) -> Option<Millis> {
    Some(RAY_EPOCH + i64::from_str_radix(ray.get(..9)?, 16).ok()? * 10)
}

/// The Ray ID that a request would have had `by` milliseconds later.
pub(crate) fn ray_moved(ray: &str, by: Millis) -> String {
    let ticks = (of_ray(ray).unwrap() - RAY_EPOCH + by).div_euclid(10);
    format!("{ticks:09x}{}", &ray[9..])
}

/// Where Ray IDs stand in a request's line: 16 hexadecimal digits that carry a time of the same days.
pub(crate) fn rays(line: &[u8], near: Millis) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in line.split(|b| !b.is_ascii_alphanumeric()) {
        let at = start..start + word.len();
        start = at.end + 1;
        let hex = word.len() == 16 && word.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let time = std::str::from_utf8(word).ok().filter(|_| hex).and_then(of_ray);
        if time.is_some_and(|t| (t - near).abs() < 2 * 86_400_000) {
            found.push(at);
        }
    }
    found
}

/// The line with its Ray IDs replaced by what `change` makes of them.
pub(crate) fn with_rays(line: &[u8], near: Millis, change: &mut dyn FnMut(&str) -> String) -> Vec<u8> {
    let mut out = line.to_vec();
    for at in rays(line, near) {
        let ray = change(text(line, &at));
        assert_eq!(ray.len(), 16);
        out[at].copy_from_slice(ray.as_bytes());
    }
    out
}
