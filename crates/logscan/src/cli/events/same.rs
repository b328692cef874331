//! What lines have in common with lines before them, kept as it is written.

use std::io::Write;

use logscan_catalogue::{Named, Timestamp};
use logscan_parser::Source;
use logscan_scan::Event;

use crate::cli::plain::padded;

const DAY: i64 = 86_400;

/// Texts that come again.
#[derive(Debug, Default)]
pub(super) struct Same {
    day: Option<i64>,
    /// `2026-11-23T`.
    date: Vec<u8>,
    second: Option<i64>,
    time: Vec<u8>,
    /// By the place of the kind in the catalogue. A kind has few causes and mostly one source.
    names: Vec<Vec<Names>>,
}

#[derive(Debug)]
struct Names {
    named: Named,
    source: Source,
    text: Vec<u8>,
}

impl Same {
    /// Writes a time as it is told everywhere.
    pub(super) fn timestamp(&mut self, out: &mut Vec<u8>, at: Timestamp) {
        let day = at.seconds.div_euclid(DAY);
        if self.day != Some(day) {
            self.day = Some(day);
            self.date.clear();
            // Writing to a vector cannot fail.
            let _ = write!(self.date, "{}", Timestamp::from_seconds(day.saturating_mul(DAY)));
            self.date.truncate(self.date.len().saturating_sub(b"00:00:00Z".len()));
        }
        out.extend_from_slice(&self.date);
        let second = u32::try_from(at.seconds.rem_euclid(DAY)).unwrap_or(0);
        let digits = |n: u32| [b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
        let ([h1, h2], [m1, m2], [s1, s2]) =
            (digits(second / 3600), digits(second / 60 % 60), digits(second % 60));
        out.extend_from_slice(&[h1, h2, b':', m1, m2, b':', s1, s2]);
        fraction(out, at.nanos);
        out.push(b'Z');
    }

    /// The text of a second, which `write` makes.
    pub(super) fn time(&mut self, second: i64, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        if self.second != Some(second) {
            self.second = Some(second);
            self.time.clear();
            write(&mut self.time);
        }
        &self.time
    }

    /// The text for an event's kind, cause and source, which `write` makes.
    pub(super) fn names(&mut self, event: &Event<'_>, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        let (named, source) = (event.named, event.record.source());
        let place = named.kind.index();
        if place >= self.names.len() {
            self.names.resize_with(place + 1, Vec::new);
        }
        let Some(known) = self.names.get_mut(place) else { return &[] };
        let at = known.iter().position(|n| n.named == named && n.source == source).unwrap_or_else(|| {
            let mut text = Vec::new();
            write(&mut text);
            known.push(Names { named, source, text });
            known.len() - 1
        });
        known.get(at).map_or(&[], |names| &names.text)
    }
}

/// The part of a second: with milliseconds, microseconds or nanoseconds.
fn fraction(out: &mut Vec<u8>, nanos: u32) {
    if nanos == 0 {
        return;
    }
    out.push(b'.');
    match nanos {
        n if n % 1_000_000 == 0 => padded::<3>(out, n / 1_000_000),
        n if n % 1000 == 0 => padded::<6>(out, n / 1000),
        n => padded::<9>(out, n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_they_are_told_elsewhere() {
        let mut same = Same::default();
        let days =
            [-719_529 * DAY, -DAY, 0, 1_795_392_000, 253_402_300_800, -62_167_219_200 - 400 * 366 * DAY];
        for day in days {
            for second in [0, 1, 59, 60, 3599, 3600, 43_218, 86_399, 86_400, -1] {
                for nanos in [0, 1, 1000, 25_000, 250_000_000, 576_763_000, 999_999_999] {
                    let at = Timestamp { seconds: day + second, nanos };
                    let mut out = Vec::new();
                    same.timestamp(&mut out, at);
                    assert_eq!(String::from_utf8(out).unwrap(), at.to_string());
                }
            }
        }
    }
}
