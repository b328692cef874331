//! How an input is written: what is around its lines, and the format of them.

use logscan_parser::{Format, Frames, Record, Stamp, Unwrapper, Wrap};
use memchr::memchr;

use crate::zone::Zone;

/// How an input is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grammar {
    pub(crate) format: Format,
    pub(crate) wrap: Wrap,
}

/// A stamp with the zone that its line names.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Told {
    pub(crate) stamp: Stamp,
    pub(crate) zone: Option<Zone>,
}

impl Told {
    /// The time that a record tells.
    pub(crate) fn of(record: &Record<'_>) -> Option<Told> {
        Some(Told { stamp: record.at?, zone: record.zone.and_then(Zone::in_log) })
    }
}

impl Grammar {
    /// Whether a record with a time begins with this line of the input, if `wanted` says yes to it. Spans meet at
    /// such lines: what comes after one does not depend on what came before it.
    pub(crate) fn has_time(&self, line: &[u8], wanted: impl FnOnce(&Record<'_>) -> bool) -> bool {
        self.on(line, |line| {
            self.format.start(line).is_timed()
                && self.format.parse(line).is_some_and(|r| r.at.is_some() && wanted(&r))
        })
    }

    /// Whether a line of the input looks as if a record with a time began with it.
    pub(crate) fn starts_timed(&self, line: &[u8]) -> bool {
        self.on(line, |line| self.format.start(line).is_timed())
    }

    fn on(&self, line: &[u8], ask: impl FnOnce(&[u8]) -> bool) -> bool {
        if self.wrap.is_none() {
            return ask(line);
        }
        let mut text = Vec::new();
        Unwrapper::new(self.wrap).line(line, &mut text);
        ask(text.split(|b| *b == b'\n').next().unwrap_or_default())
    }

    /// The stamps of records in some lines, with the offsets of these.
    pub(crate) fn stamps(&self, lines: &[u8]) -> Vec<(usize, Told)> {
        let found = |text: &[u8], place: &dyn Fn(usize) -> usize| {
            let timed = Frames::of(text, &self.format).filter(|f| f.start.is_timed());
            timed.filter_map(|f| Some((place(f.offset), Told::of(&f.record()?)?))).collect()
        };
        if self.wrap.is_none() {
            return found(lines, &|offset| offset);
        }
        let mut unwrapped = Unwrapped::default();
        unwrapped.fill(lines, &mut Unwrapper::new(self.wrap));
        found(&unwrapped.text, &|offset| unwrapped.offset_of(offset))
    }
}

/// Lines of an input without what was around them, and where they came from.
#[derive(Debug, Default)]
pub(crate) struct Unwrapped {
    pub(crate) text: Vec<u8>,
    pub(crate) lines: Vec<Piece>,
}

/// A line of the input: where it stands, where in the text its content begins, and when its wrapper got it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) text: usize,
    pub(crate) offset: usize,
    pub(crate) at: Option<Stamp>,
}

impl Unwrapped {
    /// Takes off what is around lines, in the place of what was there.
    pub(crate) fn fill(&mut self, lines: &[u8], unwrapper: &mut Unwrapper) {
        self.text.clear();
        self.lines.clear();
        let mut offset = 0;
        while let Some(rest) = lines.get(offset..).filter(|r| !r.is_empty()) {
            let len = memchr(b'\n', rest);
            let line = rest.get(..len.unwrap_or(rest.len())).unwrap_or(rest);
            let text = self.text.len();
            let at = unwrapper.line(line, &mut self.text).at;
            self.lines.push(Piece { text, offset, at });
            // A last line without a newline has none afterwards, either: that is how it is known as torn.
            if len.is_none() && self.text.last() == Some(&b'\n') {
                self.text.pop();
            }
            offset += line.len() + 1;
        }
    }

    /// The offset in the input of the line that an offset in the text is of.
    pub(crate) fn offset_of(&self, text: usize) -> usize {
        let after = self.lines.partition_point(|l| l.text <= text);
        // Of several lines that begin at one place, the first holds the beginning.
        let last = self.lines.get(after.saturating_sub(1)).map_or(0, |l| l.text);
        let first = self.lines.partition_point(|l| l.text < last);
        self.lines.get(first).map_or(0, |l| l.offset)
    }
}
