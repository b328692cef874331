//! Dates, and the stamps that begin with them.

use logscan_parser::Civil;

use super::time::{Clock, clock, packed, zone};
use super::{Cursor, Hints, Seen, Written};

/// A day as written: year, month, day.
#[derive(Clone, Copy)]
struct Date {
    year: i64,
    month: u32,
    day: u32,
    guessed: bool,
}

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];

const WEEKDAYS: [&[u8]; 7] =
    [b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];

/// A name of `names` in full or cut to three or more letters: its number from 1.
fn name(cursor: &mut Cursor<'_>, names: &[&[u8]]) -> Option<u32> {
    let word = cursor.letters(10);
    if word.len() < 3 {
        return None;
    }
    let fits = |n: &&[u8]| n.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let number = names.iter().position(fits)?;
    cursor.skip(word.len());
    u32::try_from(number + 1).ok()
}

/// A stamp that begins with a digit: with the year, or with the day or month.
pub(super) fn numeric(cursor: &mut Cursor<'_>, hints: Hints) -> Option<Seen> {
    match cursor.digits(15) {
        4 => year_first(cursor),
        8 | 14 => compact(cursor),
        1 | 2 => day_first(cursor, hints),
        _ => None,
    }
}

/// `2026-11-22T14:03:07Z`, `2026/11/22 14:03:07`.
fn year_first(cursor: &mut Cursor<'_>) -> Option<Seen> {
    let (year, _) = cursor.number(4)?;
    let mark = cursor.peek().filter(|b| b"-/.".contains(b))?;
    cursor.skip(1);
    let month = cursor.short()?;
    cursor.take(mark)?;
    let day = cursor.short()?;
    with_time(cursor, Date { year: i64::try_from(year).ok()?, month, day, guessed: false })
}

/// `20261122T140307Z`, `20261122140307`.
fn compact(cursor: &mut Cursor<'_>) -> Option<Seen> {
    let mut here = *cursor;
    let year = here.two()? * 100 + here.two()?;
    let (month, day) = (here.two()?, here.two()?);
    if !(1990..2100).contains(&year) {
        return None;
    }
    if here.peek().is_some_and(|b| !b.is_ascii_digit()) {
        here.take_word(b"t")?;
    }
    let clock = packed(&mut here)?;
    let offset = zone(&mut here);
    if !here.at_boundary() {
        return None;
    }
    *cursor = here;
    Some(stamp(Date { year: i64::from(year), month, day, guessed: false }, clock, offset))
}

/// `22/Nov/2026:14:03:07 +0000`, `22 Nov 2026 14:03:07`, `22-Nov-26 14:03:07`, `22.11.2026 14:03`,
/// `11/22/2026, 2:03:07 PM`.
fn day_first(cursor: &mut Cursor<'_>, hints: Hints) -> Option<Seen> {
    let first = cursor.short()?;
    // `22nd November`.
    for ending in [&b"st"[..], b"nd", b"rd", b"th"] {
        if cursor.letters(3).eq_ignore_ascii_case(ending) {
            cursor.skip(2);
        }
    }
    let mark = cursor.peek().filter(|b| b"-/. ".contains(b))?;
    cursor.skip(1);
    cursor.blanks();
    if cursor.peek()?.is_ascii_alphabetic() {
        let month = name(cursor, &MONTHS)?;
        cursor.take(b'.').or_else(|| cursor.take(b','));
        if !cursor.blanks() {
            cursor.take(mark)?;
        }
        let year = year(cursor)?;
        return with_time(cursor, Date { year, month, day: first, guessed: false });
    }
    if mark == b' ' {
        return None;
    }
    let second = cursor.short()?;
    cursor.take(mark)?;
    if cursor.digits(5) != 4 {
        return None;
    }
    let year = year(cursor)?;
    // Only slashes are in use both ways; where neither number can be a month, there is no such day anyway.
    let month_first = mark == b'/' && first <= 12 && (second > 12 || !hints.day_first);
    let guessed = mark == b'/' && first <= 12 && second <= 12 && first != second;
    let (month, day) = if month_first { (first, second) } else { (second, first) };
    with_time(cursor, Date { year, month, day, guessed })
}

/// A stamp that begins with the name of a weekday or a month.
pub(super) fn named(cursor: &mut Cursor<'_>, hints: Hints) -> Option<Seen> {
    if name(cursor, &WEEKDAYS).is_some() {
        cursor.take(b',');
        cursor.blanks();
        if cursor.peek()?.is_ascii_digit() {
            return numeric(cursor, hints);
        }
    }
    let month = name(cursor, &MONTHS)?;
    cursor.take(b'.');
    cursor.blanks();
    let day = cursor.short()?;
    let mut here = *cursor;
    here.take(b',');
    here.blanks();
    if here.digits(5) == 4 {
        // `Nov 22, 2026 2:03 PM`.
        let year = year(&mut here)?;
        *cursor = here;
        return with_time(cursor, Date { year, month, day, guessed: false });
    }
    // `Nov 22 14:03:07`, `Nov 22 14:03:07 UTC 2026`.
    let time = clock(&mut here)?;
    let mut offset = zone(&mut here);
    let mut after = here;
    after.blanks();
    let year = match after.digits(5) {
        4 => year(&mut after).filter(|y| (1970..2200).contains(y) && after.at_boundary()),
        _ => None,
    };
    if year.is_some() {
        here = after;
        offset = offset.or_else(|| zone(&mut here));
    }
    *cursor = here;
    Some(stamp_of(month, day, year, time, offset, hints))
}

/// With the year that is written, or else the one that makes it the latest before tomorrow.
fn stamp_of(month: u32, day: u32, year: Option<i64>, time: Clock, offset: Option<i32>, hints: Hints) -> Seen {
    let with = |year| stamp(Date { year, month, day, guessed: false }, time, offset);
    if let Some(year) = year {
        return with(year);
    }
    let (this_year, ..) = hints.now.date();
    let past = |seen: &Seen| matches!(seen, Seen::Time(w) if w.at.seconds <= hints.now.seconds + 86_400);
    // 29 February may lie eight years back.
    (0..=8).map(|back| with(this_year - back)).find(past).unwrap_or(Seen::Never)
}

/// A year of four digits, or of two.
fn year(cursor: &mut Cursor<'_>) -> Option<i64> {
    match cursor.number(4)? {
        (year, 4) => i64::try_from(year).ok(),
        (year, 2) => i64::try_from(year + if year < 70 { 2000 } else { 1900 }).ok(),
        _ => None,
    }
}

/// The time of day behind a date, if there is one.
fn with_time(cursor: &mut Cursor<'_>, date: Date) -> Option<Seen> {
    let mut here = *cursor;
    // `T`, `_`, `:`, `, ` and ` at ` stand between.
    let joined = matches!(here.peek(), Some(b'T' | b't' | b'_' | b':'))
        && here.ahead(1).is_some_and(|b| b.is_ascii_digit());
    if joined {
        here.skip(1);
    } else {
        here.take(b',');
        here.blanks();
        let between = here.take_word(b"at ").or_else(|| here.take_word(b"um ")).or_else(|| here.take(b'-'));
        if between.is_some() {
            here.blanks();
        }
    }
    let time = if joined && here.digits(7) == 6 { packed(&mut here) } else { clock(&mut here) };
    let Some(time) = time else {
        // A number that goes on (`2026-11-22-1`, a version) is no day.
        if cursor.at_boundary() {
            let day = Civil::new(date.year, date.month, date.day, 0, 0, 0);
            return Some(if day.is_some() { Seen::Day } else { Seen::Never });
        }
        return None;
    };
    let offset = zone(&mut here);
    if offset.is_some() {
        named_zone(&mut here);
    }
    *cursor = here;
    Some(stamp(date, time, offset))
}

/// `[Europe/Berlin]` behind an offset (RFC 9557) says nothing more.
fn named_zone(cursor: &mut Cursor<'_>) {
    let mut here = *cursor;
    if here.take(b'[').is_none() {
        return;
    }
    for _ in 0..64 {
        match here.peek() {
            Some(b']') => {
                here.skip(1);
                *cursor = here;
                return;
            }
            Some(b) if b.is_ascii_alphanumeric() || b"/_+-=".contains(&b) => here.skip(1),
            // The bracket may have been taken off with those around the stamp.
            None => return *cursor = here,
            _ => return,
        }
    }
}

/// Date and time of day together.
fn stamp(date: Date, time: Clock, offset: Option<i32>) -> Seen {
    match Civil::new(date.year, date.month, date.day, time.hour, time.minute, time.second) {
        Some(civil) => Seen::Time(Written {
            at: Civil { nanos: time.nanos, ..civil },
            offset,
            width: time.width,
            guessed: date.guessed && !time.halved,
        }),
        None => Seen::Never,
    }
}
