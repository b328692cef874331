//! What a scan hands out.

use logscan_catalogue::{Kind, Named};
use logscan_parser::Record;

use logscan_catalogue::Timestamp;

/// A record with its name, time and place, borrowed from the buffer it was read into.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'b> {
    /// The record.
    pub record: &'b Record<'b>,
    /// Its kind and cause, as ids of the catalogue.
    pub named: Named,
    /// Its kind.
    pub kind: &'b Kind,
    /// When it was written; `None` where neither it nor a line before it has a time.
    pub at: Option<Timestamp>,
    /// Offset of its first byte in the unpacked stream.
    pub offset: u64,
    /// Its line, counted from the start of the span: add [`crate::Place::line_base`].
    pub line: u64,
}

/// A record that no kind fits, as an ordinary request, with its time and place.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Unnamed<'b> {
    /// The record.
    pub record: &'b Record<'b>,
    /// When it was written; `None` where neither it nor a line before it has a time.
    pub at: Option<Timestamp>,
    /// Offset of its first byte in the unpacked stream.
    pub offset: u64,
    /// Its line, counted from the start of the span: add [`crate::Place::line_base`].
    pub line: u64,
}

/// A record on its way to the fold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'b> {
    Event(Event<'b>),
    Unnamed(Unnamed<'b>),
}
