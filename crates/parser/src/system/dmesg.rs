//! The kernel's ring buffer as `dmesg` prints it, and lines of the audit log.
//!
//! `dmesg` (util-linux `sys-utils/dmesg.c: print_record`) writes the time since the machine's start, and by option the
//! calendar's (`-T`, `--time-format iso`), each perhaps after facility and level (`-x`, `-r`). The calendar's times are
//! the time since the start added to the clock of now, so they may be minutes off.

use super::Kernel;
use super::kernel::kernel;
use crate::civil::{Civil, Stamp, clock, fraction, month_number, number, two_digits};
use crate::level::Level;
use crate::syslog::{dashed_date, facility, numeric_offset, priority, severity};

/// Whether a line begins as one of dmesg, or of the audit log, does.
pub(crate) fn looks_like_head(line: &[u8]) -> bool {
    match line.first() {
        Some(b'[' | b'<' | b'0'..=b'9') => head(line).is_some(),
        Some(b'a'..=b'z') => audit(line).is_some() || head(line).is_some(),
        _ => false,
    }
}

/// Parses a line of dmesg, in any of its forms, or of the audit log.
pub(crate) fn parse(text: &[u8]) -> Option<(Stamp, Kernel<'_>)> {
    if let Some(audit) = audit(text) {
        return Some(audit);
    }
    let (at, level, rest) = head(text)?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    Some((at, Kernel { level, ..kernel(rest) }))
}

/// Time and level, and what follows the time.
fn head(line: &[u8]) -> Option<(Stamp, Option<Level>, &[u8])> {
    let (level, rest) = match line.first()? {
        b'<' => {
            let (priority, rest) = priority(line)?;
            (priority.and_then(|p| Level::ALL.get(usize::from(p % 8)).copied()), rest)
        }
        b'a'..=b'z' => {
            let (level, rest) = decoded(line)?;
            (Some(level), rest)
        }
        _ => (None, line),
    };
    let (at, rest) = match rest.first()? {
        b'[' => uptime(rest).or_else(|| calendar(rest))?,
        _ => iso(rest)?,
    };
    Some((at, level, rest))
}

/// `[ 4848.848801]`, and with `-d` `[ 4848.848801 <    0.000123>]`: the time since the start.
pub(crate) fn uptime(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let inner = line.strip_prefix(b"[")?;
    let padding = inner.iter().take(8).take_while(|b| **b == b' ').count();
    let inner = inner.get(padding..)?;
    let dot = memchr::memchr(b'.', inner.get(..inner.len().min(12))?)?;
    let seconds = i64::try_from(number(inner.get(..dot)?)?).ok()?;
    let (nanos, rest) = fraction(inner.get(dot + 1..)?)?;
    Some((Stamp::Uptime(Civil { seconds, nanos }), closed(rest)?))
}

/// What follows the bracket after a time, and after the distance from the record before.
fn closed(rest: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = rest.strip_prefix(b"]") {
        return Some(rest);
    }
    let delta = rest.strip_prefix(b" <")?;
    let end = memchr::memchr(b'>', delta.get(..delta.len().min(24))?)?;
    let number = |b: &u8| b.is_ascii_digit() || matches!(b, b' ' | b'.' | b'+' | b'-');
    delta.get(..end)?.iter().all(number).then_some(())?;
    delta.get(end + 1..)?.strip_prefix(b"]")
}

/// `[Mon Nov 23 11:13:48 2026]`, as ctime() writes it. Apache writes the same time, and after it a level.
fn calendar(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (head, rest) = line.split_first_chunk::<25>()?;
    let &[b'[', w1, w2, w3, b' ', m1, m2, m3, b' ', d1, d2, b' ', ref tail @ ..] = head else { return None };
    let (time, year) = tail.split_at_checked(8)?;
    let &[b' ', y1, y2, y3, y4] = year else { return None };
    [w1, w2, w3].iter().all(u8::is_ascii_alphabetic).then_some(())?;
    let tens = if d1 == b' ' { b'0' } else { d1 };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let day = Civil::new(i64::from(year), month_number(&[m1, m2, m3])?, two_digits(tens, d2)?, 0, 0, 0)?;
    let rest = closed(rest).filter(|rest| !is_apache(rest))?;
    Some((Stamp::Local(Civil { seconds: day.seconds + clock(time)?, nanos: 0 }), rest))
}

/// Whether `[error] ` or `[core:error] ` follows a time.
fn is_apache(rest: &[u8]) -> bool {
    let level = || {
        let inner = rest.strip_prefix(b" [")?;
        let close = memchr::memchr(b']', inner.get(..inner.len().min(48))?)?;
        let name = inner.get(..close)?;
        let level = memchr::memrchr(b':', name).map_or(Some(name), |colon| name.get(colon + 1..))?;
        Some(Level::from_nginx(level).is_some() || level.starts_with(b"trace"))
    };
    level().unwrap_or(false)
}

/// `2026-11-23T11:13:48,914408+00:00`: the comma tells it from the times of syslog.
fn iso(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (date, rest) = line.split_at_checked(10)?;
    let (time, rest) = rest.strip_prefix(b"T")?.split_at_checked(8)?;
    let (nanos, rest) = fraction(rest.strip_prefix(b",")?)?;
    let (rest, offset) = numeric_offset(rest).ok()?;
    let civil = Civil { seconds: dashed_date(date)?.seconds + clock(time)?, nanos };
    Some((Stamp::Offset(civil, offset), rest))
}

/// `kern  :info  : ` of `dmesg -x`.
fn decoded(line: &[u8]) -> Option<(Level, &[u8])> {
    let (name, rest) = padded(line)?;
    facility(name)?;
    let (name, rest) = padded(rest)?;
    Some((severity(name)?, rest.strip_prefix(b" ")?))
}

/// A name padded with blanks up to a colon, and what follows that.
fn padded(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', text.get(..text.len().min(10))?)?;
    Some((text.get(..colon)?.trim_ascii_end(), text.get(colon + 1..)?))
}

/// `type=AVC msg=audit(1763820187.123:88): ...` of auditd's log, after `node=NAME ` where several machines share it.
fn audit(line: &[u8]) -> Option<(Stamp, Kernel<'_>)> {
    let text = match line.strip_prefix(b"node=") {
        Some(named) => named.get(memchr::memchr(b' ', named.get(..named.len().min(256))?)? + 1..)?,
        None => line,
    };
    let rest = text.strip_prefix(b"type=")?;
    let blank = memchr::memchr(b' ', rest.get(..rest.len().min(48))?)?;
    let rest = rest.get(blank..)?.strip_prefix(b" msg=audit(")?;
    let dot = memchr::memchr(b'.', rest.get(..rest.len().min(12))?)?;
    let seconds = i64::try_from(number(rest.get(..dot)?)?).ok()?;
    let (nanos, rest) = fraction(rest.get(dot + 1..)?)?;
    rest.strip_prefix(b":")?;
    Some((Stamp::Offset(Civil { seconds, nanos }, 0), Kernel { text, level: None }))
}
