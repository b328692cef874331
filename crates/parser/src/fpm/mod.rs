//! php-fpm's error log, slow log and pool access log.
//!
//! The error log's line is written by `sapi/fpm/fpm/zlog.c: vzlog`:
//! `[DD-Mon-YYYY HH:MM:SS] LEVEL: [pool NAME] MESSAGE`. At `log_level = debug` every line has microseconds and
//! `pid N, FUNCTION(), line N: ` before the message. With `error_log = syslog` time and level are left to
//! syslog and the level stands in brackets.

mod access;
mod slow;
mod worker;

pub use access::FpmAccess;
pub use slow::{FpmSlow, Frames as SlowFrames};

pub(crate) use slow::{block as slow_block, is_orphan as is_slow_orphan};
pub use worker::{Output, Stream, Worker};

use crate::civil::{Civil, Stamp, clock, fraction, month_number, number, two_digits};
use crate::level::Level;
use crate::php::PhpMessage;

/// A record of php-fpm's error log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fpm<'b> {
    /// The level. Lines of workers carry a level of their own inside `said into stderr`.
    pub level: Option<Level>,
    /// The pool's name; absent on lines of the master.
    pub pool: Option<&'b [u8]>,
    /// The message after level and pool.
    pub text: &'b [u8],
    /// Where in php-fpm's source the line was written; at debug level only.
    pub origin: Option<Origin<'b>>,
    /// The line came through syslog, where its priority says nothing of the level.
    pub syslog: bool,
    /// The line is a worker's output without any head (`decorate_workers_output = no`).
    pub undecorated: bool,
}

/// `pid N, FUNCTION(), line N: ` of a line at debug level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin<'b> {
    /// The process that wrote the line; missing in workers.
    pub pid: Option<u32>,
    /// The C function.
    pub function: &'b [u8],
    /// Its line in the source file.
    pub line: u32,
}

impl<'b> Fpm<'b> {
    /// What the line tells of a worker process, where it is one of those.
    pub fn worker(&self) -> Option<Worker<'b>> {
        worker::parse(self.text)
    }

    /// The message of PHP in a worker's output.
    pub fn php_message(&self) -> Option<PhpMessage<'b>> {
        let text = match self.worker() {
            Some(Worker::Said { output, .. }) => output.text,
            _ if self.undecorated => self.text,
            _ => return None,
        };
        let text = text.strip_prefix(b"NOTICE: ")?;
        let mark = b"PHP message: ";
        // At debug level workers say where they write from.
        let message = text.strip_prefix(mark).or_else(|| origin(text)?.1.strip_prefix(mark));
        message.map(PhpMessage::parse)
    }
}

/// A line with a time: the time, and what follows `] `.
pub(crate) struct Stamped<'b> {
    pub(crate) at: Stamp,
    pub(crate) rest: &'b [u8],
}

/// Whether the line begins as one with a time does. Cheap: asked for every line of a log.
pub(crate) fn looks_like_head(line: &[u8]) -> bool {
    after_time(line).is_some_and(goes_on)
}

/// What follows `[23-Nov-2026 06:00:55`.
pub(crate) fn after_time(line: &[u8]) -> Option<&[u8]> {
    let (head, rest) = line.split_first_chunk::<21>()?;
    let &[b'[', d1, d2, b'-', m, _, _, b'-', y1, _, _, y4, b' ', h1, h2, b':', _, _, b':', s1, s2] = head
    else {
        return None;
    };
    let digits = [d1, d2, y1, y4, h1, h2, s1, s2].iter().all(u8::is_ascii_digit);
    (digits && m.is_ascii_uppercase()).then_some(rest)
}

/// Whether a level or a pool follows the time. Applications write such times too, and what they print can stand
/// inside a record. A line that ends before is a torn one of php-fpm.
fn goes_on(rest: &[u8]) -> bool {
    let micros = rest.strip_prefix(b".").map(|f| f.iter().take_while(|b| b.is_ascii_digit()).count() + 1);
    let Some(rest) = rest.get(micros.unwrap_or(0)..) else { return false };
    let Some(rest) = rest.strip_prefix(b"]") else { return rest.is_empty() };
    let marks: [&[u8]; 6] = [b" NOTICE:", b" WARNING:", b" ERROR:", b" DEBUG:", b" ALERT:", b"  [pool "];
    marks.iter().any(|mark| rest.starts_with(mark) || mark.starts_with(rest))
}

pub(crate) fn stamped(line: &[u8]) -> Option<Stamped<'_>> {
    let rest = line.strip_prefix(b"[")?;
    let (date, rest) = rest.split_at_checked(11)?;
    let &[d1, d2, b'-', m1, m2, m3, b'-', y1, y2, y3, y4] = date else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let month = month_number(&[m1, m2, m3])?;
    let day = Civil::new(i64::from(year), month, two_digits(d1, d2)?, 0, 0, 0)?;
    let (time, rest) = rest.strip_prefix(b" ")?.split_at_checked(8)?;
    let (nanos, rest) = match rest.strip_prefix(b".") {
        Some(rest) => fraction(rest)?,
        None => (0, rest),
    };
    let at = Stamp::Local(Civil { seconds: day.seconds + clock(time)?, nanos });
    Some(Stamped { at, rest: rest.strip_prefix(b"]")? })
}

/// Reads what follows the time: `LEVEL: [pool NAME] MESSAGE`.
pub(crate) fn decorated(rest: &[u8]) -> Option<Fpm<'_>> {
    let rest = rest.strip_prefix(b" ")?;
    let colon = memchr::memchr(b':', rest.get(..rest.len().min(9))?)?;
    let level = Level::from_fpm(rest.get(..colon)?)?;
    let rest = rest.get(colon + 1..)?;
    Some(message(Some(level), rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// Reads a line that syslog carried: `[LEVEL] MESSAGE`.
pub(crate) fn syslogged(rest: &[u8]) -> Option<Fpm<'_>> {
    let inner = rest.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', inner.get(..inner.len().min(8))?)?;
    let level = Level::from_fpm(inner.get(..close)?)?;
    let rest = inner.get(close + 1..)?;
    Some(Fpm { syslog: true, ..message(Some(level), rest.strip_prefix(b" ").unwrap_or(rest)) })
}

/// Reads a worker's output without a head: `NOTICE: PHP message: ...`.
pub(crate) fn undecorated(line: &[u8]) -> Option<Fpm<'_>> {
    let colon = memchr::memchr(b':', line.get(..line.len().min(8))?)?;
    let level = Level::from_fpm(line.get(..colon)?)?;
    line.get(colon + 1..)?.strip_prefix(b" ")?;
    Some(Fpm { level: Some(level), pool: None, text: line, origin: None, syslog: false, undecorated: true })
}

fn message(level: Option<Level>, rest: &[u8]) -> Fpm<'_> {
    let (origin, rest) = origin(rest).map_or((None, rest), |(o, rest)| (Some(o), rest));
    let (pool, text) = pool(rest).map_or((None, rest), |(p, rest)| (Some(p), rest));
    Fpm { level, pool, text, origin, syslog: false, undecorated: false }
}

pub(crate) fn pool(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = rest.strip_prefix(b"[pool ")?;
    let close = memchr::memchr(b']', inner)?;
    Some((inner.get(..close)?, inner.get(close + 1..)?.strip_prefix(b" ")?))
}

/// `pid 10309, fpm_children_bury(), line 289: `; in workers without the pid.
fn origin(rest: &[u8]) -> Option<(Origin<'_>, &[u8])> {
    let (pid, rest) = match rest.strip_prefix(b"pid ") {
        Some(after) => {
            let comma = memchr::memchr(b',', after.get(..after.len().min(12))?)?;
            let pid = u32::try_from(number(after.get(..comma)?)?).ok()?;
            (Some(pid), after.get(comma + 1..)?.strip_prefix(b" ")?)
        }
        None => (None, rest),
    };
    let mark = memchr::memmem::find(rest.get(..rest.len().min(96))?, b"(), line ")?;
    let function = rest.get(..mark)?;
    if memchr::memchr(b' ', function).is_some() {
        return None;
    }
    let after = rest.get(mark + 9..)?;
    let colon = memchr::memchr(b':', after.get(..after.len().min(12))?)?;
    let line = u32::try_from(number(after.get(..colon)?)?).ok()?;
    Some((Origin { pid, function, line }, after.get(colon + 1..)?.strip_prefix(b" ")?))
}

#[cfg(test)]
mod tests;
