//! Cutting bytes into frames: a line with the lines that continue it.

use memchr::memchr;

use crate::access::Memo;
use crate::format::Format;
use crate::record::{Record, Start};

/// Lines that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'b> {
    /// All its bytes, without the newline of the last line.
    pub bytes: &'b [u8],
    /// Offset of its first byte within the bytes given to [`Frames`].
    pub offset: usize,
    /// Lines before it, within those bytes.
    pub line: u64,
    /// How many lines it has.
    pub lines: u64,
    /// What its first line is. [`Start::Continuation`] only where no record precedes it that it could go on with.
    pub start: Start,
    format: &'b Format,
}

impl<'b> Frame<'b> {
    /// The record in the frame; `None` where it is none that this crate knows. [`Frames::read`] is the faster way.
    pub fn record(&self) -> Option<Record<'b>> {
        match self.start {
            Start::Foreign | Start::Continuation | Start::Marker => None,
            Start::Timed | Start::Indented | Start::Line | Start::Untimed => self.format.parse(self.bytes),
        }
    }

    /// Whether it is the inside of a record of which the beginning is missing: frames of a stack that are worth a
    /// record all the same. The caller knows whether the beginning was in bytes before these.
    pub fn is_orphan(&self) -> bool {
        let end = memchr(b'\n', self.bytes).unwrap_or(self.bytes.len());
        self.start == Start::Untimed && self.bytes.get(..end).is_some_and(Format::is_orphan)
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
    /// What the line at `offset` begins, where it has been asked for already.
    known: Option<Start>,
    /// Its record, where that had to be parsed to tell.
    ahead: Option<Record<'b>>,
    memo: Memo,
    format: &'b Format,
}

impl<'b> Frames<'b> {
    /// Frames of bytes of which nothing is known.
    pub fn new(bytes: &'b [u8]) -> Frames<'b> {
        Frames::of(bytes, Format::ANY)
    }

    /// Frames of bytes in a format.
    pub fn of(bytes: &'b [u8], format: &'b Format) -> Frames<'b> {
        Frames { bytes, offset: 0, line: 0, known: None, ahead: None, memo: Memo::default(), format }
    }

    /// The next frame, with its record put in `record`: what [`Frame::record`] would give, but what was found out about
    /// the record to cut it off is not done again. What is in `record` before is of no account, but to hand in the
    /// record before is quicker than to hand in nothing.
    pub fn read(&mut self, record: &mut Option<Record<'b>>) -> Option<Frame<'b>> {
        let frame = self.cut(record)?;
        if record.is_none() {
            *record = frame.record();
        }
        Some(frame)
    }

    /// Offset of the line that the next frame begins with, or of the end.
    pub fn offset(&self) -> usize {
        self.offset.min(self.bytes.len())
    }

    /// The next frame. Its record is only there where it had to be parsed.
    #[inline]
    fn cut(&mut self, record: &mut Option<Record<'b>>) -> Option<Frame<'b>> {
        let from = self.offset;
        let (first, mut next) = self.line_at(from)?;
        let mut start = match self.known.take() {
            Some(start) => {
                *record = None;
                if self.ahead.is_some() {
                    *record = self.ahead.take();
                }
                start
            }
            None => self.format.begin(first, record, &mut self.memo),
        };
        if start == Start::Continuation && Format::is_orphan(first) {
            start = Start::Untimed;
        }
        let mut end = from + first.len();
        let mut lines = 1;
        // What is no record stands alone: what follows it does not belong to it.
        let alone = matches!(start, Start::Foreign | Start::Marker) || record.is_some();
        while !alone && let Some((line, after)) = self.line_at(next) {
            let begins = self.format.begin(line, &mut self.ahead, &mut self.memo);
            let is_inside = match begins {
                Start::Continuation => goes_on(start, line),
                Start::Untimed => self.is_inside(from, end, line),
                _ => false,
            };
            if !is_inside {
                self.known = Some(begins);
                break;
            }
            end = next + line.len();
            next = after;
            lines += 1;
        }
        let bytes = self.bytes.get(from..end)?;
        let frame = Frame { bytes, offset: from, line: self.line, lines, start, format: self.format };
        self.offset = next;
        self.line += lines;
        Some(frame)
    }

    /// Whether a line that begins a record by itself goes on with the one in these bytes all the same.
    fn is_inside(&self, from: usize, end: usize, line: &[u8]) -> bool {
        self.bytes.get(from..end).is_some_and(|record| Format::is_inside(record, line))
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
        self.cut(&mut None)
    }
}

/// Whether a line that begins nothing goes on with what began so.
fn goes_on(start: Start, line: &[u8]) -> bool {
    match start {
        Start::Timed | Start::Untimed => true,
        Start::Continuation => !Format::is_orphan(line),
        Start::Indented => matches!(line.first(), None | Some(b' ' | b'\t' | b'\r')),
        Start::Line | Start::Foreign | Start::Marker => false,
    }
}
