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
    let after = inner.get(dot + 1..)?;
    let (nanos, rest) = fraction(after)?;
    // The kernel always writes microseconds; `[0.12]` is some program's own.
    (after.len() - rest.len() == 6).then_some(())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    const CRASH: &str = "php-fpm8.2[15638]: segfault at 10 ip 1 sp 2 error 6";

    fn up(seconds: i64, micros: u32) -> Stamp {
        Stamp::Uptime(Civil { seconds, nanos: micros * 1000 })
    }

    #[test]
    fn every_form_of_dmesg() {
        let day = Civil::new(2026, 11, 3, 15, 32, 19).unwrap();
        let precise = Civil { nanos: 174_079_000, ..day };
        for (head, at, level) in [
            ("[11415.078301]", up(11415, 78_301), None),
            ("[   12.078301]", up(12, 78_301), None),
            ("[    0.000000]", up(0, 0), None),
            ("[11417.174079 <    0.000005>]", up(11417, 174_079), None),
            ("[Tue Nov  3 15:32:19 2026]", Stamp::Local(day), None),
            ("[Tue Nov  3 15:32:19 2026 <    0.000005>]", Stamp::Local(day), None),
            ("2026-11-03T15:32:19,174079+00:00", Stamp::Offset(precise, 0), None),
            ("2026-11-03T15:32:19,174079-03:30", Stamp::Offset(precise, -12_600), None),
            ("<6>[11417.174079]", up(11417, 174_079), Some(Level::Info)),
            ("<3>[    0.000000]", up(0, 0), Some(Level::Error)),
            ("kern  :err   : [11417.174099]", up(11417, 174_099), Some(Level::Error)),
            ("kern  :warn  : [Tue Nov  3 15:32:19 2026]", Stamp::Local(day), Some(Level::Warn)),
            ("daemon:notice: [11417.174099]", up(11417, 174_099), Some(Level::Notice)),
            (
                "authpriv:info  : 2026-11-03T15:32:19,174079+00:00",
                Stamp::Offset(precise, 0),
                Some(Level::Info),
            ),
        ] {
            let line = format!("{head} {CRASH}");
            assert!(looks_like_head(line.as_bytes()), "{line}");
            let (found, kernel) = parse(line.as_bytes()).unwrap();
            assert_eq!((found, kernel.level, kernel.text), (at, level, CRASH.as_bytes()), "{line}");
        }
        let called = parse(b"[    0.000000] [    T0] Linux version 6.1").unwrap();
        assert_eq!(called.1.text, b"Linux version 6.1");
    }

    #[test]
    fn lines_of_the_audit_log() {
        let text = "type=AVC msg=audit(1763820187.123:88): avc:  denied  { name_connect } for  pid=2211";
        for line in [text.to_owned(), format!("node=web1.example.com {text}")] {
            assert!(looks_like_head(line.as_bytes()));
            let (at, kernel) = parse(line.as_bytes()).unwrap();
            assert_eq!(at, Stamp::Offset(Civil { seconds: 1_763_820_187, nanos: 123_000_000 }, 0));
            assert_eq!(kernel.text, text.as_bytes());
        }
    }

    #[test]
    fn heads_of_others() {
        for line in [
            "[23-Nov-2026 05:55:49] NOTICE: x",
            "[23-Nov-2026 06:00:55 UTC] PHP Warning:  x",
            "[Sun Nov 22 14:03:07.123456 2026] [core:error] [pid 5] x",
            "[Sun Nov 22 14:03:07 2026] [error] x",
            "[Sun Nov 22 14:03:07 2026] [core:error] x",
            "[Sun Nov 22 14:03:07 2026] [:notice] x",
            "[Sun Nov 31 14:03:07 2026] x",
            "Mon Nov 23 11:14:20 2026 (5): Fatal Error x",
            "2026-11-22T14:03:07.123456+00:00 web1 kernel: x",
            "2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  x",
            "2026/11/23 10:46:33 [error] 1#1: x",
            "<187>Nov 23 10:46:33 vm nginx: x",
            "<999999>[ 1.000000] x",
            "[0.12] 5 rows",
            "[1.234] 5 rows",
            "[12] x",
            "[  +0.000012] x",
            "[0x00007f3b0ea14250] f() /a.php:4",
            "kern: [    1.000000] x",
            "type=AVC x",
            "type=AVC msg=audit(x:88): x",
            "type:info: [    1.000000] x",
            "[",
            "<",
            "",
        ] {
            assert!(!looks_like_head(line.as_bytes()), "{line}");
        }
        let drm = "[Sun Nov 22 14:03:07 2026] [drm:f] *ERROR* x";
        assert!(looks_like_head(drm.as_bytes()), "brackets that hold no level");
    }
}
