//! The fixed part at the start of a line.

use crate::civil::{Civil, Stamp, clock, fraction, month_number, number, two_digits};
use crate::level::Level;
use crate::syslog::dashed_date;

/// The head of a line and what follows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'b> {
    pub(super) at: Option<Stamp>,
    pub(super) module: Option<&'b [u8]>,
    pub(super) level: Option<Level>,
    pub(super) pid: Option<u32>,
    pub(super) tid: Option<u64>,
    /// Written as 2.4 writes it: the client has a port.
    pub(super) new: bool,
    pub(super) rest: &'b [u8],
}

impl<'b> Head<'b> {
    /// A line without a head.
    pub(super) fn none(rest: &'b [u8]) -> Head<'b> {
        Head { at: None, module: None, level: None, pid: None, tid: None, new: true, rest }
    }
}

/// Whether a line begins as one with a time does.
pub(crate) fn looks_like_head(line: &[u8]) -> bool {
    timed(line).is_some()
}

/// The head of a line, with its time or (in syslog) without.
pub(super) fn head(line: &[u8]) -> Option<Head<'_>> {
    timed(line).or_else(|| brackets(line, None, true))
}

fn timed(line: &[u8]) -> Option<Head<'_>> {
    let inner = line.strip_prefix(b"[")?;
    if inner.first()?.is_ascii_digit() {
        let (at, rest) = dashed_time(inner)?;
        return brackets(rest, Some(Stamp::Local(at)), true);
    }
    let (at, rest) = unix_time(inner)?;
    brackets(rest, Some(Stamp::Local(at)), false)
}

/// `Sun Nov 22 14:03:07.123456 2026] `: `%t` and `%{u}t` of `ErrorLogFormat` (`server/log.c: log_ctime`). 2.2 writes
/// no fraction; the year comes last all the same.
fn unix_time(text: &[u8]) -> Option<(Civil, &[u8])> {
    let (start, rest) = text.split_at_checked(19)?;
    let &[w1, w2, w3, b' ', m1, m2, m3, b' ', d1, d2, b' ', ref time @ ..] = start else { return None };
    if !(w1.is_ascii_uppercase() && w2.is_ascii_lowercase() && w3.is_ascii_lowercase()) {
        return None;
    }
    let month = month_number(&[m1, m2, m3])?;
    let day = two_digits(if d1 == b' ' { b'0' } else { d1 }, d2)?;
    let time = clock(time)?;
    let (nanos, rest) = rest.strip_prefix(b".").and_then(fraction).unwrap_or((0, rest));
    let (year, rest) = rest.strip_prefix(b" ")?.split_at_checked(4)?;
    let &[y1, y2, y3, y4] = year else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let date = Civil::new(i64::from(year), month, day, 0, 0, 0)?;
    Some((Civil { seconds: date.seconds + time, nanos }, rest.strip_prefix(b"] ")?))
}

/// `2026-11-22 14:03:07.123456] `: `%{c}t` and `%{cu}t`.
fn dashed_time(text: &[u8]) -> Option<(Civil, &[u8])> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = dashed_date(date)?;
    let (time, rest) = rest.strip_prefix(b" ")?.split_at_checked(8)?;
    let time = clock(time)?;
    let (nanos, rest) = rest.strip_prefix(b".").and_then(fraction).unwrap_or((0, rest));
    Some((Civil { seconds: date.seconds + time, nanos }, rest.strip_prefix(b"] ")?))
}

/// `[MODULE:LEVEL] [pid N:tid N] `, or `[LEVEL] ` alone. With `strict` a level alone is not enough: other programs
/// write it after such a time, too.
fn brackets(text: &[u8], at: Option<Stamp>, strict: bool) -> Option<Head<'_>> {
    let (first, mut rest) = bracket(text)?;
    let (module, name) = match memchr::memchr(b':', first) {
        Some(colon) => (Some(first.get(..colon)?), first.get(colon + 1..)?),
        None => (None, first),
    };
    let level = level(name)?;
    let of_module = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if !module.is_none_or(|m| m.iter().all(of_module)) || (strict && module.is_none() && !has_pid(rest)) {
        return None;
    }
    let new = module.is_some() || has_pid(rest);
    let mut head = Head {
        at,
        module: module.filter(|m| !m.is_empty() && *m != b"-"),
        level: Some(level),
        pid: None,
        tid: None,
        new,
        rest,
    };
    // A format may have the ids of request and connection in brackets of their own.
    for _ in 0..4 {
        let Some((inner, after)) = bracket(rest) else { break };
        if let Some(process) = inner.strip_prefix(b"pid ") {
            (head.pid, head.tid) = ids(process);
        } else if !inner.starts_with(b"R:") && !inner.starts_with(b"C:") {
            break;
        }
        rest = after;
    }
    head.rest = rest;
    Some(head)
}

fn has_pid(rest: &[u8]) -> bool {
    rest.starts_with(b"[pid ")
}

/// `[INNER] ` and what follows; nothing longer than such a bracket can be.
fn bracket(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b"[")?;
    let close = inner.iter().take(64).position(|b| *b == b']')?;
    let rest = inner.get(close + 1..)?;
    // A line may end here: its message is empty.
    let rest = if rest.is_empty() { rest } else { rest.strip_prefix(b" ")? };
    Some((inner.get(..close)?, rest))
}

/// `server/log.c: priorities`.
fn level(name: &[u8]) -> Option<Level> {
    match name {
        [b't', b'r', b'a', b'c', b'e', b'1'..=b'8'] => Some(Level::Debug),
        _ => Level::from_nginx(name),
    }
}

/// `3311:tid 139640311`. A thread may be written in hexadecimal.
fn ids(text: &[u8]) -> (Option<u32>, Option<u64>) {
    let (pid, tid) = match memchr::memmem::find(text, b":tid ") {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 5..).unwrap_or_default()),
        None => (text, &b""[..]),
    };
    (number(pid).and_then(|n| u32::try_from(n).ok()), number(tid).or_else(|| hexadecimal(tid)))
}

fn hexadecimal(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    digits.iter().try_fold(0u64, |n, b| Some(n * 16 + u64::from(char::from(*b).to_digit(16)?)))
}
