//! Finding places in a plain file by position: times by bisection, and where a clock was set back.

use std::fs::File;
use std::io;

use memchr::{memchr, memrchr};

use crate::clock::Clock;
use crate::grammar::{Grammar, Told};
use crate::span::MAX_KEPT;
use crate::zone::{Local2Utc, Zone};
use logscan_catalogue::Timestamp;

/// Bytes looked at for one stamp.
const PROBE: usize = 4 * 1024;

/// Where so many bytes hold no record that is late enough, none before them is.
const CALM: u64 = 128 * 1024;

/// Such a stretch is looked for in so many bytes.
const MAX_CALM: u64 = 4 << 20;

/// Workers of one program write side by side, and a stamp is taken a little before its line is written.
const DISORDER: i64 = 120;

/// Reads at a position without moving any cursor, as several workers do on one file.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
}

/// Fills the buffer from a position as far as the file goes.
pub(crate) fn fill_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|r| !r.is_empty()) {
        match read_at(file, rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// Zeros that are passed over in search of the first line: a crash of the machine leaves some megabytes at most.
const MAX_ZEROS: u64 = 64 << 20;

/// Fills the buffer from the start of a file, or, where it begins with zeros that fill the buffer, from the first
/// buffer that has something else.
pub(crate) fn fill_past_zeros(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut at = 0;
    loop {
        let filled = fill_at(file, buffer, at)?;
        let zeros = buffer.get(..filled).is_some_and(|b| b.iter().all(|b| *b == 0));
        if !zeros || filled < buffer.len() || at >= MAX_ZEROS {
            return Ok(filled);
        }
        at += filled as u64;
    }
}

/// The first stamp at or after a position, with the position of its line.
fn stamp_after(file: &File, grammar: &Grammar, from: u64, size: u64) -> io::Result<Option<(u64, Told)>> {
    let mut buffer = vec![0u8; PROBE];
    let mut at = from;
    while at < size {
        let filled = fill_at(file, &mut buffer, at)?;
        let bytes = buffer.get(..filled).unwrap_or_default();
        // A position inside a line says nothing of it: go to the next one.
        let skip = if at == 0 { Some(0) } else { memchr(b'\n', bytes).map(|n| n + 1) };
        if let Some(skip) = skip {
            let lines = bytes.get(skip..).unwrap_or_default();
            let lines_at = at + skip as u64;
            if let Some((offset, told)) = grammar.stamps(lines, &mut grammar.unwrapper_at(lines_at)).first() {
                return Ok(Some((lines_at + *offset as u64, *told)));
            }
        }
        if filled < buffer.len() {
            break;
        }
        // The last line of the probe may be the one, only cut.
        at += (filled as u64 / 2).max(1);
    }
    Ok(None)
}

/// A position before which every record is older than `since`; lines after it may be, too.
pub(crate) fn start_of(
    file: &File,
    size: u64,
    grammar: &Grammar,
    clock: &Clock,
    since: Timestamp,
) -> io::Result<u64> {
    // A repeated hour counts as its second time, so that no line is taken for older than it is.
    let is_before = |told, wanted| clock.latest_instant(told).is_some_and(|at| at.seconds < wanted);
    let early = bisect(file, (0, size), grammar, |told| is_before(told, since.seconds - DISORDER))?;
    // In a busy log two minutes are many bytes. No line is written before its time, so those that are late enough begin
    // at one place, where older ones of slower workers stand between them: what is before these is one calm stretch.
    let mut end = bisect(file, (early, size), grammar, |told| is_before(told, since.seconds))?;
    let (mut back, mut buffer) = (CALM, Vec::new());
    loop {
        let from = end.saturating_sub(back);
        if from <= early || back > MAX_CALM {
            return Ok(early);
        }
        buffer.resize(usize::try_from(end - from).unwrap_or_default(), 0);
        let filled = fill_at(file, &mut buffer, from)?;
        let bytes = buffer.get(..filled).unwrap_or_default();
        let skip = memchr(b'\n', bytes).map_or(filled, |n| n + 1);
        let lines = bytes.get(skip..).unwrap_or_default();
        let lines_at = from + skip as u64;
        let stamps = grammar.stamps(lines, &mut grammar.unwrapper_at(lines_at));
        let at = |(offset, _): &(usize, Told)| lines_at + *offset as u64;
        if let Some(late) = stamps.iter().find(|(_, told)| !is_before(*told, since.seconds)) {
            (end, back) = (at(late), CALM);
            continue;
        }
        // Lines without a time say nothing, and may be of a late record.
        match stamps.first().map(at) {
            Some(first) if end - first >= CALM / 2 => return Ok(first),
            _ => back *= 2,
        }
    }
}

/// A position after which every record is at or after `until`.
pub(crate) fn end_of(
    file: &File,
    size: u64,
    grammar: &Grammar,
    clock: &Clock,
    until: Timestamp,
) -> io::Result<u64> {
    let wanted = until.seconds + DISORDER + 3600;
    let (mut low, mut high) = (0u64, size);
    while high.saturating_sub(low) > PROBE as u64 {
        let middle = low + (high - low) / 2;
        match stamp_after(file, grammar, middle, high)? {
            // A repeated hour counts as its first time, so that no line is taken for later than it is.
            Some((_, told)) if clock.resumed(None).instant(told).is_some_and(|at| at.seconds > wanted) => {
                high = middle;
            }
            Some((at, _)) => low = at,
            None => high = middle,
        }
    }
    Ok(if size - high < PROBE as u64 { size } else { high })
}

/// Where a clock was set back while the file was written: position of the first line after, and its local time.
/// Lines of another zone than the first one's do not count.
pub(crate) fn set_backs(
    file: &File,
    size: u64,
    grammar: &Grammar,
    clock: &Clock,
    ends: Option<(Told, Told)>,
) -> io::Result<Vec<(u64, i64)>> {
    let Some((first, last)) = ends else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let (from, to) = (clock.civil(first.stamp).seconds, clock.civil(last.stamp).seconds);
    for (from, to) in repeated_hours(clock.zone(), from, to) {
        // Instants do not decide here, local times do.
        let start = bisect(file, (0, size), grammar, |told| clock.civil(told.stamp).seconds < from - 3600)?;
        if let Some(place) = watch(file, start, size, grammar, clock, (from, to))? {
            found.push(place);
        }
    }
    Ok(found)
}

/// The first and the last stamp of a file.
pub(crate) fn ends(file: &File, size: u64, grammar: &Grammar) -> io::Result<Option<(Told, Told)>> {
    let Some((_, first)) = stamp_after(file, grammar, 0, size)? else { return Ok(None) };
    Ok(Some((first, last_stamp(file, grammar, size)?.unwrap_or(first))))
}

fn last_stamp(file: &File, grammar: &Grammar, size: u64) -> io::Result<Option<Told>> {
    let mut back = PROBE as u64;
    loop {
        let from = size.saturating_sub(back);
        let mut buffer = vec![0u8; usize::try_from(size - from).unwrap_or(PROBE)];
        let filled = fill_at(file, &mut buffer, from)?;
        let bytes = buffer.get(..filled).unwrap_or_default();
        let skip = if from == 0 { 0 } else { memchr(b'\n', bytes).map_or(filled, |n| n + 1) };
        let lines = bytes.get(skip..).unwrap_or_default();
        let lines_at = from + skip as u64;
        if let Some((_, last)) = grammar.stamps(lines, &mut grammar.unwrapper_at(lines_at)).last() {
            return Ok(Some(*last));
        }
        if from == 0 || back > 4 << 20 {
            return Ok(None);
        }
        back *= 4;
    }
}

/// The start of a line that is `early`, as all lines before it, and not far before the first that is not; else the start
/// of where is looked.
fn bisect(
    file: &File,
    (mut low, mut high): (u64, u64),
    grammar: &Grammar,
    early: impl Fn(Told) -> bool,
) -> io::Result<u64> {
    // A file that shrinks meanwhile may turn them round.
    while high.saturating_sub(low) > PROBE as u64 {
        let middle = low + (high - low) / 2;
        match stamp_after(file, grammar, middle, high)? {
            Some((at, told)) if early(told) => low = at,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// Reads stamps from the start of a line on until past an hour that comes twice, and tells where the clock was set
/// back in it.
fn watch(
    file: &File,
    start: u64,
    size: u64,
    grammar: &Grammar,
    clock: &Clock,
    (from, to): (i64, i64),
) -> io::Result<Option<(u64, i64)>> {
    let mut clock = clock.resumed(None);
    let mut buffer = vec![0u8; MAX_KEPT];
    let (mut at, mut inside_line) = (start, false);
    let mut unwrapper = grammar.unwrapper_at(start);
    while at < size {
        let filled = fill_at(file, &mut buffer, at)?;
        let bytes = buffer.get(..filled).unwrap_or_default();
        let begin = if inside_line { memchr(b'\n', bytes).map_or(filled, |n| n + 1) } else { 0 };
        let end = memrchr(b'\n', bytes).map_or(filled, |n| n + 1);
        for (offset, told) in grammar.stamps(bytes.get(begin..end).unwrap_or_default(), &mut unwrapper) {
            if clock.civil(told.stamp).seconds > to + DISORDER {
                return Ok(None);
            }
            clock.instant(told);
            // A change of years before may come first.
            if let Some(local) = clock.set_back().filter(|local| *local >= from - 60) {
                let place = at + (begin + offset) as u64;
                // Spans meet at the second line after their start.
                let parts = grammar.wrap.has_parts();
                return Ok(Some((if parts { line_before(file, place)? } else { place }, local)));
            }
        }
        inside_line = !bytes.get(..end).is_some_and(|b| b.ends_with(b"\n"));
        at += end.max(1) as u64;
    }
    Ok(None)
}

/// Where the line before the one at a position begins, or the start of the file.
fn line_before(file: &File, place: u64) -> io::Result<u64> {
    let from = place.saturating_sub(MAX_KEPT as u64);
    let mut buffer = vec![0u8; usize::try_from(place - from).unwrap_or(MAX_KEPT)];
    let filled = fill_at(file, &mut buffer, from)?;
    let before = buffer.get(..filled.saturating_sub(1)).unwrap_or_default();
    Ok(from + memrchr(b'\n', before).map_or(0, |n| n as u64 + 1))
}

/// Local times that come twice between two local times, as first and last second.
fn repeated_hours(zone: Zone, from: i64, to: i64) -> Vec<(i64, i64)> {
    const DAY: i64 = 86_400;
    // A log that ends in the hour's second time may end, in local time, before it begins.
    let (from, to) = (from.min(to) - 3600, from.max(to) + 3600);
    // No log is older than these programs, or of a far future: a hostile stamp must not cost much.
    let (from, to) = (from.max(0), to.min(from.max(0) + 100 * 366 * DAY));
    let mut found = Vec::new();
    let mut at = from - DAY;
    while at <= to {
        let offset = |local: i64| match zone.local_to_utc(local) {
            Local2Utc::Once(offset) | Local2Utc::Twice(offset, _) => offset,
        };
        if offset(at) > offset(at + DAY) {
            let mut twice = (0..=DAY / 60)
                .map(|m| at + m * 60)
                .filter(|l| matches!(zone.local_to_utc(*l), Local2Utc::Twice(..)));
            if let Some(first) = twice.next() {
                found.push((first, twice.next_back().unwrap_or(first) + 59));
            }
        }
        at += DAY;
    }
    found.retain(|(first, last)| *last >= from && *first <= to);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use logscan_parser::Civil;

    #[test]
    fn the_hours_that_come_twice() {
        let local = |y, m, d, h, min, s| Civil::new(y, m, d, h, min, s).unwrap().seconds;
        let zone = "Europe/Berlin".parse().unwrap();
        let found = repeated_hours(zone, local(2025, 1, 1, 0, 0, 0), local(2026, 12, 1, 0, 0, 0));
        let expected = [
            (local(2025, 10, 26, 2, 0, 0), local(2025, 10, 26, 2, 59, 59)),
            (local(2026, 10, 25, 2, 0, 0), local(2026, 10, 25, 2, 59, 59)),
        ];
        assert_eq!(found, expected);
        assert!(repeated_hours("UTC".parse().unwrap(), 0, 2_000_000_000).is_empty());
    }
}
