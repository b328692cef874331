//! Counts of what was read.

use std::path::PathBuf;

use logscan_parser::{Body, Record, Source};

use logscan_catalogue::Timestamp;

/// Statuses have three digits.
const STATUSES: u16 = 1000;

/// What one input held. `lines` is always `records + continued + unrecognized`.
///
/// With a window, lines outside of it are not counted.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InputStats {
    /// The file, `-` for standard input.
    pub file: PathBuf,
    /// The log that most of its records are of.
    pub source: Source,
    /// Bytes read, uncompressed.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// Records.
    pub records: u64,
    /// Lines that continue a record.
    pub continued: u64,
    /// Lines that are no record and belong to none.
    pub unrecognized: u64,
    /// Records that were named.
    pub events: u64,
    /// Time of the earliest record.
    pub first: Option<Timestamp>,
    /// Time of the latest record.
    pub last: Option<Timestamp>,
    /// How many requests had each status, where it is an access log.
    pub statuses: Vec<(u16, u64)>,
}

/// Counts of a span, or of several after each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) bytes: u64,
    /// All lines, outside the window too: for line numbers.
    pub(crate) all_lines: u64,
    pub(crate) lines: u64,
    pub(crate) records: u64,
    pub(crate) continued: u64,
    pub(crate) unrecognized: u64,
    /// Number of the first of them, from 0.
    pub(crate) first_unrecognized: Option<u64>,
    pub(crate) events: u64,
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    /// Records of each source, in the order of [`Source::ALL`].
    pub(crate) by_source: [u64; Source::ALL.len()],
    /// Requests by status; empty where there are none.
    pub(crate) statuses: Vec<u64>,
    pub(crate) long_lines: u64,
    /// Number of the first of them, from 0.
    pub(crate) first_long: Option<u64>,
    /// Length of a last line without a newline.
    pub(crate) torn: Option<u64>,
}

impl Tally {
    /// Adds the counts of the lines that follow.
    pub(crate) fn append(&mut self, next: &Tally) {
        let after = |line: Option<u64>| line.map(|l| l + self.all_lines);
        self.first_unrecognized = self.first_unrecognized.or_else(|| after(next.first_unrecognized));
        self.first_long = self.first_long.or_else(|| after(next.first_long));
        self.bytes += next.bytes;
        self.all_lines += next.all_lines;
        self.lines += next.lines;
        self.records += next.records;
        self.continued += next.continued;
        self.unrecognized += next.unrecognized;
        self.events += next.events;
        self.first = earliest(self.first, next.first);
        self.last = self.last.max(next.last);
        for (sum, n) in self.by_source.iter_mut().zip(next.by_source) {
            *sum += n;
        }
        if self.statuses.len() < next.statuses.len() {
            self.statuses.resize(next.statuses.len(), 0);
        }
        for (sum, n) in self.statuses.iter_mut().zip(&next.statuses) {
            *sum += n;
        }
        self.long_lines += next.long_lines;
        self.torn = next.torn.or(self.torn);
    }

    #[inline]
    pub(crate) fn saw(&mut self, at: Timestamp) {
        if self.last == Some(at) {
            return;
        }
        self.first = earliest(self.first, Some(at));
        self.last = self.last.max(Some(at));
    }

    /// Counts a record by its source, and a request by its status.
    #[inline]
    pub(crate) fn count(&mut self, record: &Record<'_>) {
        if let Some(count) = self.by_source.get_mut(record.source() as usize) {
            *count += 1;
        }
        if let Body::Access(access) = &record.body
            && let Some(status) = access.status.filter(|s| *s < STATUSES)
        {
            if self.statuses.is_empty() {
                self.statuses.resize(usize::from(STATUSES), 0);
            }
            if let Some(count) = self.statuses.get_mut(usize::from(status)) {
                *count += 1;
            }
        }
    }

    fn source(&self) -> Source {
        let most = Source::ALL.into_iter().zip(self.by_source).rev().max_by_key(|(_, count)| *count);
        most.filter(|(_, count)| *count > 0).map_or(Source::Other, |(source, _)| source)
    }

    pub(crate) fn into_stats(self, file: PathBuf) -> InputStats {
        InputStats {
            source: self.source(),
            file,
            bytes: self.bytes,
            lines: self.lines,
            records: self.records,
            continued: self.continued,
            unrecognized: self.unrecognized,
            events: self.events,
            first: self.first,
            last: self.last,
            statuses: (0..).zip(self.statuses).filter(|(_, count)| *count > 0).collect(),
        }
    }
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_counted_by_their_place() {
        for (place, source) in Source::ALL.into_iter().enumerate() {
            assert_eq!(source as usize, place);
        }
    }
}
