//! How an input is written: what is around its lines, and the format of them.

use logscan_parser::{Format, Frames, Record, Stamp, Unwrapped as Line, Unwrapper, Wrap};
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
    /// such lines: what comes after one does not depend on what came before it. `unwrapper` has been given the lines
    /// before.
    pub(crate) fn has_time(
        &self,
        line: &[u8],
        unwrapper: &mut Unwrapper,
        wanted: impl FnOnce(&Record<'_>) -> bool,
    ) -> bool {
        let ask = |line: &[u8]| {
            self.format.start(line).is_timed()
                && self.format.parse(line).is_some_and(|r| r.at.is_some() && wanted(&r))
        };
        if self.wrap.is_none() {
            return ask(line);
        }
        let mut text = Vec::new();
        unwrapper.line(line, &mut text).joint && ask(first_line(&text))
    }

    /// Whether a line of the input, with the line before it, looks as if a record with a time began with it.
    pub(crate) fn starts_timed(&self, before: &[u8], line: &[u8]) -> bool {
        if self.wrap.is_none() {
            return self.format.start(line).is_timed();
        }
        let mut text = Vec::new();
        let mut unwrapper = Unwrapper::new(self.wrap);
        if self.wrap.has_parts() {
            unwrapper.line(before, &mut text);
            text.clear();
        }
        unwrapper.line(line, &mut text).joint && self.format.start(first_line(&text)).is_timed()
    }

    /// The stamps of records in some lines, with the offsets of these. `unwrapper` has been given the lines before.
    pub(crate) fn stamps(&self, lines: &[u8], unwrapper: &mut Unwrapper) -> Vec<(usize, Told)> {
        let found = |text: &[u8], place: &dyn Fn(usize) -> usize| {
            let mut frames = Frames::of(text, &self.format);
            let (mut record, mut stamps) = (None, Vec::new());
            while let Some(frame) = frames.read(&mut record) {
                let told = record.as_ref().filter(|_| frame.start.is_timed()).and_then(Told::of);
                stamps.extend(told.map(|told| (place(frame.offset), told)));
            }
            stamps
        };
        if self.wrap.is_none() {
            return found(lines, &|offset| offset);
        }
        let mut unwrapped = Unwrapped::default();
        unwrapped.fill(lines, unwrapper);
        found(&unwrapped.text, &|offset| unwrapped.offset_of(offset))
    }

    /// The stamps in the first lines of an input.
    pub(crate) fn first_stamps(&self, head: &[u8]) -> Vec<(usize, Told)> {
        self.stamps(head, &mut Unwrapper::new(self.wrap))
    }

    /// What takes off the wrappers of lines from an offset in the input on.
    pub(crate) fn unwrapper_at(&self, offset: u64) -> Unwrapper {
        if offset == 0 { Unwrapper::new(self.wrap) } else { Unwrapper::inside(self.wrap) }
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|b| *b == b'\n').next().unwrap_or_default()
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
    /// Whether reading could begin with it.
    pub(crate) joint: bool,
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
            let before = self.text.len();
            let Line { at, joint, closed, ended } = match len {
                Some(_) => unwrapper.line(line, &mut self.text),
                None => unwrapper.last_line(line, &mut self.text),
            };
            self.lines.push(Piece {
                text: before + usize::from(ended),
                offset,
                at,
                joint: joint && len.is_some(),
            });
            // A last line without a newline has none afterwards, either: that is how it is known as torn.
            if len.is_none() && !closed && self.text.len() > before && self.text.last() == Some(&b'\n') {
                self.text.pop();
            }
            offset += line.len() + 1;
        }
    }

    /// Takes an entry that ends with the input, and a last line that was cut: of it, `loose_end` belongs to no record.
    pub(crate) fn finish(
        &mut self,
        unwrapper: &mut Unwrapper,
        torn: bool,
        loose_end: impl FnOnce(&[u8]) -> usize,
    ) {
        let before = self.text.len();
        unwrapper.finish(&mut self.text);
        if torn && self.text.len() > before {
            self.text.pop();
        }
        let cut = if torn { loose_end(&self.text) } else { 0 };
        if cut > 0 {
            self.text.truncate(self.text.len() - cut);
            self.text.push(0);
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
