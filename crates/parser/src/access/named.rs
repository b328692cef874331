//! Values that a line itself names.

use super::element::{Field, Kind};
use super::fill::{Fill, present};
use crate::civil::Stamp;

/// Takes the values of a line that names them.
pub(super) trait Named {
    /// A value whose name means this field, as a range of the line.
    fn take(&mut self, field: Field, from: usize, to: usize);
}

/// Fills an `Access`, with the finest of several times and the first of other values.
pub(super) struct NamedFill<'a, 'b> {
    fill: Fill<'a, 'b>,
    line: &'b [u8],
    time: u8,
    request: bool,
}

impl<'a, 'b> NamedFill<'a, 'b> {
    pub(super) fn new(fill: Fill<'a, 'b>, line: &'b [u8]) -> NamedFill<'a, 'b> {
        NamedFill { fill, line, time: 0, request: false }
    }

    /// The time that was found, where the line has a place for a request and its status: else it is no access log's. Of a
    /// client that said nothing there is none, but the place.
    pub(super) fn finish(self) -> Option<Option<Stamp>> {
        let is_access = self.request && self.fill.has(Field::Status);
        let at = self.fill.finish();
        is_access.then_some(at)
    }
}

impl Named for NamedFill<'_, '_> {
    fn take(&mut self, field: Field, from: usize, to: usize) {
        self.request |= matches!(field, Field::Request | Field::Method | Field::Uri | Field::Path);
        self.fill.has_place(field);
        let Some(value) = self.line.get(from..to).and_then(present) else { return };
        if field == Field::Time {
            // The finer one counts: a log may have `time` and `msec`.
            let finer = precision(value);
            if finer <= self.time {
                return;
            }
            self.time = finer;
        } else if self.fill.has(field) {
            return;
        }
        self.fill.set(field, Kind::Text, from, to);
    }
}

/// How exactly a time is written; 0 where it is none.
fn precision(text: &[u8]) -> u8 {
    match super::clock::any(text) {
        Some(at) if at.civil().nanos > 0 => 3,
        Some(_) if memchr::memchr(b'.', text).is_some() => 2,
        Some(_) => 1,
        None => 0,
    }
}
