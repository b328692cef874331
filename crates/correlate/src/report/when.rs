//! From stamps as written, and Ray IDs, to a time on the edge's clock.

use std::time::Duration;

use logscan_catalogue::Timestamp;
use logscan_parser::Civil;

use super::options::ReadOptions;
use super::problem::What;
use super::stamp::{Hints, SECOND, Seen, Written};
use super::{Moment, When};
use crate::ray::RayId;

/// How long before the end of a request its Ray ID may have been given, in seconds: the edge waits for up to 125 s
/// as a rule, and with retries a little longer.
const LONGEST: i64 = 200;

/// How far the Ray ID and the start of a request may be apart, in seconds.
const NEAR: i64 = 1;

/// What a Ray ID is exact to, in nanoseconds.
const RAY_STEP: u64 = 10_000_000;

/// 2013-01-01T00:00:00Z: Ray IDs with an earlier time are taken for made up.
pub(super) const OLDEST: i64 = 1_356_998_400;

/// A stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Span {
    /// From a moment on, so many nanoseconds.
    pub(super) fn new(from: Timestamp, nanos: u64) -> Span {
        Span { from, until: later(from, nanos) }
    }
}

/// So many nanoseconds later.
pub(super) fn later(at: Timestamp, nanos: u64) -> Timestamp {
    let sum = u64::from(at.nanos) + nanos % SECOND;
    let seconds = i64::try_from(nanos / SECOND + sum / SECOND).unwrap_or(i64::MAX);
    Timestamp { seconds: at.seconds.saturating_add(seconds), nanos: u32::try_from(sum % SECOND).unwrap_or(0) }
}

/// The time from one moment to another, nothing where the other is earlier.
pub(super) fn between(from: Timestamp, until: Timestamp) -> Duration {
    let to_nanos = |t: Timestamp| i128::from(t.seconds) * i128::from(SECOND) + i128::from(t.nanos);
    let nanos = (to_nanos(until) - to_nanos(from)).max(0);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// What is known of the time of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// Its beginning.
    pub(super) start: Option<Span>,
    /// Its end.
    pub(super) end: Option<Span>,
    /// It ran at some time in this stretch.
    pub(super) within: Option<Span>,
    /// Its Ray ID.
    pub(super) ray: Option<RayId>,
}

impl Known {
    /// The best there is of it, and how long the request took.
    pub(super) fn resolve(self, now: Timestamp) -> (Option<When>, Option<Duration>) {
        let ray = self.ray.map(RayId::time);
        let by_ray = |at: Timestamp| {
            let span = Span::new(at, RAY_STEP);
            Some(When { from: span.from, until: span.until, moment: Moment::Start })
        };
        if let Some(start) = self.start {
            let took = self.end.map(|end| between(start.from, end.from));
            let coarse = later(start.from, RAY_STEP) < start.until;
            let near =
                |at: &Timestamp| at.seconds >= start.from.seconds - NEAR && *at <= plus(start.until, NEAR);
            return match ray.filter(near) {
                Some(at) if coarse => (by_ray(at), took),
                _ => (Some(When { from: start.from, until: start.until, moment: Moment::Start }), took),
            };
        }
        if let Some(end) = self.end {
            let before = |at: &Timestamp| *at >= plus(end.from, -LONGEST) && *at <= plus(end.until, NEAR);
            return match ray.filter(before) {
                Some(at) => (by_ray(at), Some(between(at, end.from))),
                None => (Some(When { from: end.from, until: end.until, moment: Moment::End }), None),
            };
        }
        if let Some(span) = self.within {
            return (Some(When { from: span.from, until: span.until, moment: Moment::Within }), None);
        }
        match ray {
            Some(at) if is_plausible(at, now) => (by_ray(at), None),
            _ => (None, None),
        }
    }
}

/// Whether a stamp and a Ray ID can be of one request: the ID was given shortly before the stamp, or at once.
pub(super) fn belong(stamp: Span, ray: RayId) -> bool {
    let at = ray.time();
    at >= plus(stamp.from, -LONGEST) && at <= plus(stamp.until, NEAR)
}

/// Whether the time of a Ray ID can be one: not before Cloudflare had them, not after tomorrow.
pub(super) fn is_plausible(at: Timestamp, now: Timestamp) -> bool {
    at.seconds >= OLDEST && at.seconds <= now.seconds + 86_400
}

/// So many seconds later.
pub(super) fn plus(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp { seconds: at.seconds.saturating_add(seconds), ..at }
}

/// How stamps of a file are understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock<'o> {
    pub(super) options: &'o ReadOptions<'o>,
    /// `03/04/2026` is the third of April in this file.
    pub(super) day_first: bool,
}

impl Clock<'_> {
    /// What stamps leave open.
    pub(super) fn hints(&self) -> Hints {
        let now = self.options.now;
        Hints { now: Civil { seconds: now.seconds, nanos: 0 }, day_first: self.day_first }
    }

    /// The stretch of time that a stamp stands for.
    ///
    /// # Errors
    ///
    /// Where it is a time that cannot be, or none at all.
    pub(super) fn span(&self, seen: Seen, text: &[u8]) -> Result<Span, What> {
        match seen {
            Seen::Time(written) => self.instant(written).ok_or_else(|| What::Skipped(words(text))),
            Seen::Day => Err(What::NoTime),
            Seen::Never => Err(What::NoDay(words(text))),
        }
    }

    fn instant(&self, written: Written) -> Option<Span> {
        let at = match (written.offset, self.options.zone) {
            (Some(offset), _) => utc(written.at, offset),
            (None, None) => utc(written.at, 0),
            (None, Some(zone)) => zone(written.at)?,
        };
        Some(Span::new(at, written.width))
    }
}

/// The instant of a local time that is so many seconds east of UTC.
fn utc(at: Civil, offset: i32) -> Timestamp {
    Timestamp { seconds: at.seconds.saturating_sub(i64::from(offset)), nanos: at.nanos }
}

/// A stamp as written, for a message: no longer than stamps are, without what could harm a terminal.
pub(super) fn words(text: &[u8]) -> String {
    let text = text.get(..text.len().min(48)).unwrap_or_default();
    String::from_utf8_lossy(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
