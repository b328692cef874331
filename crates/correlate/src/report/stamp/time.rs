//! The time of day and the zone behind it.

use super::{Cursor, SECOND};

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Clock {
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    pub(super) nanos: u32,
    /// What the last written digit stands for, in nanoseconds.
    pub(super) width: u64,
    /// It has AM or PM.
    pub(super) halved: bool,
}

/// `14:03`, `14:03:07`, `14:03:07.420`, `14:03:07,420`, `2:03:07 PM`.
pub(super) fn clock(cursor: &mut Cursor<'_>) -> Option<Clock> {
    let mut here = *cursor;
    let hour = here.short()?;
    here.take(b':')?;
    let minute = here.two()?;
    let mut found = Clock { hour, minute, second: 0, nanos: 0, width: 60 * SECOND, halved: false };
    let mut with_seconds = here;
    if with_seconds.take(b':').is_some()
        && let Some(second) = with_seconds.two()
    {
        here = with_seconds;
        found.second = second;
        found.width = SECOND;
        if let Some((nanos, width)) = here.fraction(b".,") {
            (found.nanos, found.width) = (nanos, width);
        }
    }
    if here.peek().is_some_and(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut half = here;
    half.blanks();
    let late = match half.peek() {
        Some(b'p' | b'P') => Some(true),
        Some(b'a' | b'A') => Some(false),
        _ => None,
    };
    if let Some(late) = late {
        half.skip(1);
        let dotted = half.take(b'.').is_some();
        if half.take_word(b"m").is_some() && half.at_boundary() && (1..=12).contains(&hour) {
            if dotted {
                half.take(b'.');
            }
            here = half;
            found.hour = hour % 12 + if late { 12 } else { 0 };
            found.halved = true;
        }
    }
    *cursor = here;
    Some(found)
}

/// `140307`, as in `20261122T140307Z`.
pub(super) fn packed(cursor: &mut Cursor<'_>) -> Option<Clock> {
    let mut here = *cursor;
    let (hour, minute, second) = (here.two()?, here.two()?, here.two()?);
    let (nanos, width) = here.fraction(b".,").unwrap_or((0, SECOND));
    *cursor = here;
    Some(Clock { hour, minute, second, nanos, width, halved: false })
}

/// Abbreviations of zones that mean one thing: those of RFC 2822, and the common European ones.
const ZONES: &[(&[u8], i32)] = &[
    (b"UTC", 0),
    (b"GMT", 0),
    (b"Z", 0),
    (b"UT", 0),
    (b"WET", 0),
    (b"WEST", 60),
    (b"BST", 60),
    (b"CET", 60),
    (b"MEZ", 60),
    (b"CEST", 120),
    (b"MESZ", 120),
    (b"EET", 120),
    (b"EEST", 180),
    (b"MSK", 180),
    (b"JST", 540),
    (b"AEST", 600),
    (b"AEDT", 660),
    (b"EST", -300),
    (b"EDT", -240),
    (b"CST", -360),
    (b"CDT", -300),
    (b"MST", -420),
    (b"MDT", -360),
    (b"PST", -480),
    (b"PDT", -420),
];

/// The zone behind a time: `Z`, `+01:00`, ` +0100`, ` UTC`, ` (UTC)`, ` GMT+1`; seconds east of UTC.
pub(super) fn zone(cursor: &mut Cursor<'_>) -> Option<i32> {
    let mut here = *cursor;
    here.blanks();
    let parenthesis = here.take(b'(').is_some();
    let word = here.letters(5);
    let named =
        ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, minutes)| minutes * 60);
    let found = match named {
        Some(seconds) => {
            here.skip(word.len());
            // `GMT+1`, as some clients write it.
            let more = if seconds == 0 { numeric(&mut here) } else { None };
            if !here.at_boundary() {
                return None;
            }
            seconds + more.unwrap_or(0)
        }
        None if word.is_empty() => {
            let seconds = numeric(&mut here)?;
            // Go writes `+0000 UTC`.
            let mut after = here;
            after.blanks();
            let name = after.letters(5);
            if ZONES.iter().any(|(zone, _)| zone.eq_ignore_ascii_case(name)) {
                after.skip(name.len());
                if after.at_boundary() {
                    here = after;
                }
            }
            seconds
        }
        None => return None,
    };
    if parenthesis {
        here.take(b')');
    }
    *cursor = here;
    Some(found)
}

/// `+01:00`, `+0100`, `-05`, also with the minus sign of typesetters.
fn numeric(cursor: &mut Cursor<'_>) -> Option<i32> {
    let mut here = *cursor;
    let sign = if here.take(b'+').is_some() {
        1
    } else {
        here.take(b'-').or_else(|| here.take_word("\u{2212}".as_bytes()))?;
        -1
    };
    let (hours, minutes) = match here.digits(5) {
        4 => (here.two()?, here.two()?),
        2 => {
            let hours = here.two()?;
            let mut after = here;
            match after.take(b':').and_then(|()| after.two()) {
                Some(minutes) => {
                    here = after;
                    (hours, minutes)
                }
                None => (hours, 0),
            }
        }
        1 => (here.short()?, 0),
        _ => return None,
    };
    if hours > 14 || minutes > 59 || !here.at_boundary() {
        return None;
    }
    *cursor = here;
    Some(sign * (i32::try_from(hours * 60 + minutes).ok()? * 60))
}
