//! Stamps of time in the forms that people and programs write them.
//!
//! | form | as in |
//! | --- | --- |
//! | `2026-11-22T14:03:07.420Z`, `2026-11-22 14:03:07+01:00`, `20261122T140307Z` | RFC 3339, ISO 8601 |
//! | `2026/11/22 14:03:07`, `22-Nov-2026 14:03:07`, `22/Nov/2026:14:03:07 +0000` | nginx, PHP, access logs |
//! | `Sun, 22 Nov 2026 14:03:07 GMT`, `Sunday, 22-Nov-26 14:03:07 GMT` | RFC 2822, HTTP |
//! | `Sun Nov 22 14:03:07.123456 2026`, `Nov 22 14:03:07`, `Nov 22, 2026 2:03 PM` | Apache, syslog, mails |
//! | `22.11.2026 14:03`, `11/22/2026, 2:03:07 PM` | spreadsheets |
//! | `1795356187`, `1795356187420`, `1795356187420000`, `1795356187420000000`, `@1795356187.42` | Unix s, ms, us, ns |

mod cursor;
mod date;
mod time;

#[cfg(test)]
mod tests;

use logscan_parser::Civil;

pub(super) use cursor::Cursor;

/// Nanoseconds of a second.
pub(super) const SECOND: u64 = 1_000_000_000;

/// A time as it stands in a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Written {
    /// Its fields, cut to the unit that is written.
    pub(super) at: Civil,
    /// Seconds east of UTC, where it says so.
    pub(super) offset: Option<i32>,
    /// How much time the last written digit stands for, in nanoseconds.
    pub(super) width: u64,
    /// Month and day could be the other way round.
    pub(super) guessed: bool,
}

/// What stands where a stamp could.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Seen {
    /// A time.
    Time(Written),
    /// A day without a time of day.
    Day,
    /// The form of a time, but no such day or hour exists.
    Never,
}

/// What a stamp leaves open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hints {
    /// Now, for stamps without a year: they lie before.
    pub(super) now: Civil,
    /// `03/04/2026` is the third of April.
    pub(super) day_first: bool,
}

/// A stamp in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Found {
    pub(super) seen: Seen,
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
}

/// Reads the stamp that a text begins with, and tells its length. A bare number is none.
pub(super) fn at(text: &[u8], hints: Hints) -> Option<(Seen, usize)> {
    let mut cursor = Cursor::new(text);
    let seen = match text.first()? {
        b'@' => {
            cursor.skip(1);
            unix(&mut cursor).map(Seen::Time)
        }
        b'0'..=b'9' => date::numeric(&mut cursor, hints),
        b if b.is_ascii_alphabetic() => date::named(&mut cursor, hints),
        _ => None,
    }?;
    Some((seen, cursor.position()))
}

/// Reads a text that is nothing but a stamp, maybe in quotes or brackets; bare numbers count Unix time.
pub(super) fn whole(text: &[u8], hints: Hints) -> Option<Seen> {
    let text = bare(text);
    if text.first()?.is_ascii_digit() {
        let mut cursor = Cursor::new(text);
        if let Some(written) = unix(&mut cursor)
            && cursor.at_end()
        {
            return Some(Seen::Time(written));
        }
    }
    let (seen, length) = at(text, hints)?;
    (length == text.len()).then_some(seen)
}

/// Reads what a field for times holds: a stamp, with anything that may follow it.
pub(super) fn field(text: &[u8], hints: Hints) -> Option<Seen> {
    whole(text, hints).or_else(|| Some(find(bare(text), 0, hints)?.seen))
}

/// Looks for a stamp in a text. Days without a time of day are passed over; an impossible time is told only where
/// no other is found.
pub(super) fn find(text: &[u8], from: usize, hints: Hints) -> Option<Found> {
    let mut never = None;
    let mut position = from;
    let mut before = position.checked_sub(1).and_then(|p| text.get(p).copied());
    while let Some(&byte) = text.get(position) {
        let begins = match before {
            Some(b) => !b.is_ascii_alphanumeric() && b < 0x80,
            None => true,
        };
        if begins
            && (byte.is_ascii_alphanumeric() || byte == b'@')
            && let Some((seen, length)) = at(text.get(position..)?, hints)
        {
            let found = Found { seen, start: position, end: position + length };
            match seen {
                Seen::Time(_) => return Some(found),
                Seen::Never => never = never.or(Some(found)),
                Seen::Day => {}
            }
            position = found.end.max(position + 1);
            before = text.get(position - 1).copied();
            continue;
        }
        before = Some(byte);
        position += 1;
    }
    never
}

/// Without the blanks, quotes and brackets around it.
pub(super) fn bare(text: &[u8]) -> &[u8] {
    let cover = |b: &u8| b.is_ascii_whitespace() || b"\"'`[]()<>".contains(b);
    let text = text.trim_ascii_start();
    let start = text.iter().take_while(|b| cover(b)).count();
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.iter().rev().take_while(|b| cover(b) || matches!(b, b',' | b';')).count();
    rest.get(..rest.len() - end).unwrap_or_default()
}

/// Unix time: 10 digits are seconds, 13 milliseconds, 16 microseconds, 19 nanoseconds; a fraction of the first two.
fn unix(cursor: &mut Cursor<'_>) -> Option<Written> {
    let (value, digits) = cursor.number(20)?;
    let unit = match digits {
        10 => SECOND,
        13 => 1_000_000,
        16 => 1000,
        19 => 1,
        _ => return None,
    };
    let per_second = SECOND / unit;
    let mut nanos = value % per_second * unit;
    let mut width = unit;
    if matches!(digits, 10 | 13)
        && let Some((fraction, fraction_width)) = cursor.fraction(b".")
    {
        let scale = SECOND / unit;
        nanos += u64::from(fraction) / scale;
        width = (fraction_width / scale).max(1);
    }
    let seconds = i64::try_from(value / per_second).ok()?;
    let nanos = u32::try_from(nanos).ok()?;
    // Exporters write nanoseconds of clocks that count milli- or microseconds.
    let width = if digits == 19 { honest_width(nanos) } else { width };
    Some(Written { at: Civil { seconds, nanos }, offset: Some(0), width, guessed: false })
}

/// What nanoseconds are really exact to, judged by the zeros at their end.
fn honest_width(nanos: u32) -> u64 {
    match nanos {
        n if n % 1_000_000 == 0 => 1_000_000,
        _ => 1000,
    }
}
