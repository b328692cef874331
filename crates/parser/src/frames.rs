//! Cutting bytes into frames: a line with the lines that continue it.

use memchr::memchr;

use crate::fpm;
use crate::record::{Record, Start, start};

/// Lines that belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'b> {
    /// All its bytes, without the newline of the last line.
    pub bytes: &'b [u8],
    /// Offset of its first byte within the bytes given to [`Frames`].
    pub offset: usize,
    /// Lines before it, within those bytes.
    pub line: u64,
    /// How many lines it has.
    pub lines: u64,
    /// What its first line is. [`Start::Continuation`] only where no record precedes it.
    pub start: Start,
}

impl<'b> Frame<'b> {
    /// The record in the frame; `None` where it is none that this crate knows.
    pub fn record(&self) -> Option<Record<'b>> {
        match self.start {
            Start::Foreign | Start::Continuation => None,
            Start::Timed | Start::Untimed => Record::parse(self.bytes),
        }
    }
}

/// Iterator over the frames of some bytes that begin at the start of a line.
///
/// A last line without a newline is a line like any other.
#[derive(Clone, Debug)]
pub struct Frames<'b> {
    bytes: &'b [u8],
    offset: usize,
    line: u64,
    /// Start of the line at `offset`, where it has been asked for already.
    known: Option<Start>,
}

impl<'b> Frames<'b> {
    /// Frames of `bytes`.
    pub fn new(bytes: &'b [u8]) -> Frames<'b> {
        Frames { bytes, offset: 0, line: 0, known: None }
    }

    /// The line at `at` without its newline, and where the next begins.
    fn line_at(&self, at: usize) -> Option<(&'b [u8], usize)> {
        let rest = self.bytes.get(at..).filter(|r| !r.is_empty())?;
        let len = memchr(b'\n', rest).unwrap_or(rest.len());
        Some((rest.get(..len)?, at + len + 1))
    }
}

impl<'b> Iterator for Frames<'b> {
    type Item = Frame<'b>;

    fn next(&mut self) -> Option<Frame<'b>> {
        let from = self.offset;
        let (first, mut next) = self.line_at(from)?;
        let mut start_of_frame = self.known.take().unwrap_or_else(|| start(first));
        if start_of_frame == Start::Continuation && fpm::is_slow_orphan(first) {
            start_of_frame = Start::Untimed;
        }
        let mut end = from + first.len();
        let mut lines = 1;
        // A foreign line stands alone: what follows it does not belong to it.
        let alone = start_of_frame == Start::Foreign;
        while let Some((line, after)) = self.line_at(next).filter(|_| !alone) {
            let start = start(line);
            if start != Start::Continuation
                || (start_of_frame == Start::Continuation && fpm::is_slow_orphan(line))
            {
                self.known = Some(start);
                break;
            }
            end = next + line.len();
            next = after;
            lines += 1;
        }
        let frame = Frame {
            bytes: self.bytes.get(from..end)?,
            offset: from,
            line: self.line,
            lines,
            start: start_of_frame,
        };
        self.offset = next;
        self.line += lines;
        Some(frame)
    }
}
