//! Cutting bytes into frames: a line with the lines that continue it.

use memchr::memchr;

use crate::access::Memo;
use crate::format::Format;
use crate::nginx::{self, Heads, Timed};
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
    /// The line at `offset`, where it has been looked at already.
    known: Option<Line>,
    /// The head of the line that was looked at last, if it is one of nginx's error log.
    head: Timed,
    /// Its record, where that had to be parsed to tell what it is.
    ahead: Option<Record<'b>>,
    heads: Heads,
    memo: Memo,
    format: &'b Format,
}

/// A line, and what it begins.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// Its length without its newline.
    len: usize,
    start: Start,
    what: What,
}

/// What is known of a line's record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    /// Its head, as one of nginx's error log has it.
    Head,
    /// All: it had to be parsed.
    Parsed,
    Nothing,
}

impl<'b> Frames<'b> {
    /// Frames of bytes of which nothing is known.
    pub fn new(bytes: &'b [u8]) -> Frames<'b> {
        Frames::of(bytes, Format::ANY)
    }

    /// Frames of bytes in a format.
    pub fn of(bytes: &'b [u8], format: &'b Format) -> Frames<'b> {
        let (heads, memo) = (Heads::NEW, Memo::default());
        Frames { bytes, offset: 0, line: 0, known: None, head: Timed::NONE, ahead: None, heads, memo, format }
    }

    /// The next frame, with its record put in `record`: what [`Frame::record`] would give, but what was found out about
    /// the record to cut it off is not done again. What is in `record` before is of no account, but to hand in the
    /// record before is quicker than to hand in nothing.
    #[inline]
    pub fn read(&mut self, record: &mut Option<Record<'b>>) -> Option<Frame<'b>> {
        let line = self.first(record)?;
        let head = self.head;
        let frame = self.frame(line)?;
        match line.what {
            What::Head => nginx::read(record, frame.bytes, &head),
            What::Nothing => *record = frame.record(),
            What::Parsed => {}
        }
        Some(frame)
    }

    /// Offset of the line that the next frame begins with, or of the end.
    pub fn offset(&self) -> usize {
        self.offset.min(self.bytes.len())
    }

    /// The line that the next frame begins with. Its record is put in where it had to be parsed.
    #[inline(always)]
    fn first(&mut self, record: &mut Option<Record<'b>>) -> Option<Line> {
        match self.known.take() {
            Some(line) => {
                if line.what == What::Parsed {
                    *record = self.ahead.take();
                }
                Some(line)
            }
            None => {
                let text = self.line_at(self.offset)?;
                if self.heads.read(text, &mut self.head) {
                    return Some(Line { len: text.len(), start: Start::Timed, what: What::Head });
                }
                Some(other(text, self.format, &mut self.memo, record))
            }
        }
    }

    /// The frame that begins with a line.
    #[inline(always)]
    fn frame(&mut self, first: Line) -> Option<Frame<'b>> {
        let from = self.offset;
        let mut start = first.start;
        let mut end = from + first.len;
        if start == Start::Continuation && self.bytes.get(from..end).is_some_and(Format::is_orphan) {
            start = Start::Untimed;
        }
        let mut lines = 1;
        // What is no record stands alone: what follows it does not belong to it.
        let alone = matches!(start, Start::Foreign | Start::Marker) || first.what == What::Parsed;
        while !alone && let Some(text) = self.line_at(end + 1) {
            if self.heads.read(text, &mut self.head) {
                self.known = Some(Line { len: text.len(), start: Start::Timed, what: What::Head });
                break;
            }
            let line = other(text, self.format, &mut self.memo, &mut self.ahead);
            let is_inside = match line.start {
                Start::Continuation => goes_on(start, text),
                Start::Untimed => self.is_inside(from, end, text),
                _ => false,
            };
            if !is_inside {
                self.known = Some(line);
                break;
            }
            end += 1 + text.len();
            lines += 1;
        }
        let line = self.line;
        self.offset = end + 1;
        self.line += lines;
        Some(Frame {
            bytes: self.bytes.get(from..end)?,
            offset: from,
            line,
            lines,
            start,
            format: self.format,
        })
    }

    /// Whether a line that begins a record by itself goes on with the one in these bytes all the same.
    fn is_inside(&self, from: usize, end: usize, line: &[u8]) -> bool {
        self.bytes.get(from..end).is_some_and(|record| Format::is_inside(record, line))
    }

    /// The line at `at` without its newline.
    #[inline(always)]
    fn line_at(&self, at: usize) -> Option<&'b [u8]> {
        let rest = self.bytes.get(at..).filter(|r| !r.is_empty())?;
        rest.get(..memchr(b'\n', rest).unwrap_or(rest.len()))
    }
}

/// What a line begins that is none of nginx's error log.
fn other<'b>(text: &'b [u8], format: &Format, memo: &mut Memo, record: &mut Option<Record<'b>>) -> Line {
    let start = format.begin(text, record, memo);
    Line { len: text.len(), start, what: if record.is_some() { What::Parsed } else { What::Nothing } }
}

impl<'b> Iterator for Frames<'b> {
    type Item = Frame<'b>;

    fn next(&mut self) -> Option<Frame<'b>> {
        let line = self.first(&mut None)?;
        self.frame(line)
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
