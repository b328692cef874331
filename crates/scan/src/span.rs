//! Reading one stretch of a log: bytes to events.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use logscan_catalogue::{Catalogue, Namer, Namers};
use logscan_parser::{Frame, Frames, Record, Source, Stamp, Start, Unwrapper};
use memchr::memchr;

use crate::block::{Rest, fill, last_line, whole};
use crate::clock::Clock;
use crate::event::{Event, Item, Unnamed};
use crate::grammar::{Grammar, Told, Unwrapped};
use crate::progress::Progress;
use crate::stats::Tally;
use crate::torn;
use crate::zone::Zone;
use logscan_catalogue::Timestamp;

/// Bytes of one record that are kept; nginx and php-fpm write far less.
pub(crate) const MAX_KEPT: usize = 1 << 20;

/// Bytes that are read at once after the end of a span.
const BEYOND: usize = 4096;

/// What all spans of a scan share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'c> {
    pub(crate) catalogue: &'c Catalogue,
    /// Namers by this catalogue, one for each span that is being read.
    pub(crate) namers: &'c Namers<'c>,
    /// The only source whose records count.
    pub(crate) only: Option<Source>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) buffer: usize,
    pub(crate) progress: &'c Progress,
    /// Nobody wants the rest any more.
    pub(crate) stop: &'c AtomicBool,
}

impl Rules<'_> {
    pub(crate) fn ended(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.progress.is_cancelled()
    }
}

/// A stretch of a log and the state in which it begins.
#[derive(Debug)]
pub(crate) struct Span {
    /// Offset of the first byte that the reader yields.
    pub(crate) start: u64,
    /// Records with a time that begin here or later are of the next span. (One line longer than [`MAX_KEPT`] may
    /// be taken all the same: the next span passes over it.)
    pub(crate) stop: Option<u64>,
    /// The reader begins one byte before the span, and what precedes its first record with a time is of the
    /// span before.
    pub(crate) joins: bool,
    pub(crate) grammar: Arc<Grammar>,
    pub(crate) clock: Clock,
    /// Whether records without any time are taken in spite of a window.
    pub(crate) take_untimed: bool,
    /// The reader itself tells how far it is.
    pub(crate) counted: bool,
}

impl Span {
    /// Whether what is read of the rest does not depend on what stands before a line that a record with a time begins
    /// with. `default` is the zone of stamps that name none: where clocks are set back, the order of all lines counts.
    pub(crate) fn can_be_cut(&self, default: Zone) -> bool {
        self.grammar.wrap.is_none() && default.is_steady() && self.clock.zone().is_steady()
    }

    /// The same for a piece that begins with such a line.
    pub(crate) fn piece(&self, start: u64) -> Span {
        let (grammar, clock) = (Arc::clone(&self.grammar), self.clock.clone());
        Span { start, grammar, clock, ..*self }
    }
}

/// How a span ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) tally: Tally,
    /// Why it ended before its end.
    pub(crate) error: Option<io::Error>,
}

struct Reading<'c, F> {
    rules: Rules<'c>,
    namer: Namer<'c>,
    grammar: Arc<Grammar>,
    unwrapper: Unwrapper,
    /// The lines at hand without what was around them.
    unwrapped: Unwrapped,
    /// Lines of an entry whose end has not come yet.
    pending: Option<Pending>,
    /// Where the last line begins.
    last_line: Option<u64>,
    clock: Clock,
    take_untimed: bool,
    counted: bool,
    stop: Option<u64>,
    each: F,
    tally: Tally,
    /// Length so far of a line too long to be kept.
    long_line: u64,
    /// Time of the last record, for those that have none.
    at: Option<Timestamp>,
    /// Whether lines that begin nothing can go on with the record before them.
    goes_on: bool,
    /// Whether the last record was inside the window; lines that continue it share its fate.
    inside: bool,
}

/// Lines of an entry that were read before those at hand.
#[derive(Clone, Copy)]
struct Pending {
    offset: u64,
    lines: u64,
}

/// Reads a span to its end and hands out its events. `each` ends it by returning `false`. So much of the buffer is filled
/// already: it comes before what is left to be read.
pub(crate) fn read_span(
    reader: &mut dyn Read,
    (buffer, filled): (&mut Vec<u8>, usize),
    span: Span,
    rules: Rules<'_>,
    each: impl FnMut(&Item<'_>) -> bool,
) -> Ended {
    let mut reading = Reading {
        rules,
        namer: rules.namers.take(),
        unwrapper: span.grammar.unwrapper_at(u64::from(span.joins)),
        unwrapped: Unwrapped::default(),
        pending: None,
        last_line: None,
        grammar: span.grammar,
        clock: span.clock,
        take_untimed: span.take_untimed,
        counted: span.counted,
        stop: span.stop,
        each,
        tally: Tally::default(),
        long_line: 0,
        at: None,
        goes_on: false,
        inside: rules.since.is_none() && rules.until.is_none() || span.take_untimed,
    };
    let error = reading.run(reader, (buffer, filled), span.start, span.joins).err();
    reading.give_up_pending();
    rules.namers.give_back(reading.namer);
    Ended { tally: reading.tally, error }
}

/// Where a frame stands in the input.
#[derive(Clone, Copy)]
struct Spot {
    /// Offset of its first byte.
    offset: u64,
    /// Number of its first line, from 0.
    line: u64,
    /// How many lines of the input it has.
    lines: u64,
    /// Bytes of these lines.
    bytes: u64,
    /// The time that a wrapper gives its first line.
    at: Option<Stamp>,
    /// Its last line has no newline.
    torn: Option<u64>,
    /// Its end may be missing.
    open: bool,
    /// Whether a span that begins before its line could begin with it.
    meets: bool,
}

/// What the bytes that come next are to the span.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The rest of a line that is passed over; then lines of the span before, or lines of this one.
    Discard { joining: bool },
    /// Whole lines, of the span before until the first record with a time.
    Join,
    /// Lines of this span.
    Read,
}

/// What a step did with the bytes in the buffer.
enum Step {
    /// That many are done with.
    Used(usize),
    /// More must be read first.
    More,
    /// The span is over.
    Over,
}

impl<F: FnMut(&Item<'_>) -> bool> Reading<'_, F> {
    fn run(
        &mut self,
        reader: &mut dyn Read,
        (buffer, mut filled): (&mut Vec<u8>, usize),
        mut base: u64,
        joins: bool,
    ) -> io::Result<()> {
        buffer.resize(buffer.len().max(self.rules.buffer), 0);
        let mut phase = if joins { Phase::Discard { joining: true } } else { Phase::Read };
        let mut end = Ok(false);
        while !self.rules.ended() {
            if matches!(end, Ok(false)) {
                let most = self.wanted(base + filled as u64).saturating_add(filled).min(buffer.len());
                end = fill(reader, buffer.get_mut(..most).unwrap_or_default(), &mut filled);
            }
            let bytes = buffer.get(..filled).unwrap_or_default();
            let rest = Rest { last: !matches!(end, Ok(false)), failed: end.is_err() };
            match self.step(&mut phase, bytes, base, rest) {
                Step::Over => return Ok(()),
                Step::Used(used) => {
                    base += used as u64;
                    buffer.copy_within(used..filled, 0);
                    filled -= used;
                    if rest.last && filled == 0 {
                        break;
                    }
                }
                Step::More if rest.last => break,
                Step::More if filled < buffer.len() => {}
                Step::More => buffer.resize((buffer.len() * 2).min(MAX_KEPT).max(buffer.len()), 0),
            }
        }
        end.map(|_| ())
    }

    /// How many bytes are wanted from an offset on: up to the stop, and some to see what the next span begins with.
    fn wanted(&self, offset: u64) -> usize {
        let left = self.stop.map(|stop| usize::try_from(stop.saturating_sub(offset)).unwrap_or(usize::MAX));
        left.map_or(usize::MAX, |left| left.saturating_add(BEYOND))
    }

    fn step(&mut self, phase: &mut Phase, bytes: &[u8], base: u64, rest: Rest) -> Step {
        match *phase {
            Phase::Discard { joining } => self.discard(phase, joining, bytes, base, rest),
            Phase::Join => self.join(phase, bytes, base, rest),
            Phase::Read => self.read(phase, bytes, base, rest),
        }
    }

    /// Passes over the rest of a line.
    fn discard(&mut self, phase: &mut Phase, joining: bool, bytes: &[u8], base: u64, rest: Rest) -> Step {
        // The line goes on up to the stop: none begins before it.
        if joining && self.is_of_next(base) {
            return Step::Over;
        }
        let newline = memchr(b'\n', bytes);
        let used = newline.map_or(bytes.len(), |n| n + 1);
        if newline.is_some() {
            *phase = if joining { Phase::Join } else { Phase::Read };
        }
        if !joining {
            self.unwrapper.pass(bytes.get(..used).unwrap_or_default());
            self.count_bytes(used as u64);
            self.long_line += used as u64;
            if newline.is_none() && rest.last && !rest.failed {
                self.tally.torn = Some(self.long_line);
            }
        }
        Step::Used(used)
    }

    /// Passes over what the span before reads: all lines before the first record with a time.
    fn join(&mut self, phase: &mut Phase, bytes: &[u8], base: u64, rest: Rest) -> Step {
        let mut at = 0;
        while let Some(line) = bytes.get(at..).filter(|l| !l.is_empty()) {
            let offset = base + at as u64;
            if self.is_of_next(offset) {
                return Step::Over;
            }
            let len = match memchr(b'\n', line) {
                Some(len) => len,
                None if rest.last => line.len(),
                None if at == 0 && bytes.len() >= MAX_KEPT => {
                    *phase = Phase::Discard { joining: true };
                    self.unwrapper.pass(bytes);
                    self.last_line = Some(offset);
                    return Step::Used(bytes.len());
                }
                None => break,
            };
            // A last line without a newline may be cut, and what is around it, too.
            let whole = len < line.len() || self.grammar.wrap.is_none();
            if whole && line.get(..len).is_some_and(|line| self.has_time(line)) {
                *phase = Phase::Read;
                return Step::Used(at);
            }
            self.last_line = Some(offset);
            at = (at + len + 1).min(bytes.len());
        }
        if at == 0 { Step::More } else { Step::Used(at) }
    }

    fn read(&mut self, phase: &mut Phase, bytes: &[u8], base: u64, rest: Rest) -> Step {
        let to = whole(bytes, rest, &self.grammar);
        if to == 0 {
            if rest.last || bytes.len() < MAX_KEPT {
                return Step::More;
            }
            // Not one whole line fits: take what there is, and pass over the rest of the line.
            *phase = Phase::Discard { joining: false };
            self.long_line(bytes, base);
            return Step::Used(bytes.len());
        }
        let block = bytes.get(..to).unwrap_or_default();
        if self.block(block, base, rest.last && !rest.failed) { Step::Used(to) } else { Step::Over }
    }

    fn count_bytes(&mut self, bytes: u64) {
        let before = self.tally.bytes;
        self.tally.bytes += bytes;
        self.tell(before);
    }

    /// Tells all readers how many bytes were handled since there were so many.
    fn tell(&self, before: u64) {
        if !self.counted {
            self.rules.progress.add(self.tally.bytes - before);
        }
    }

    /// Handles frames; `false` where the span is over.
    fn block(&mut self, block: &[u8], base: u64, last: bool) -> bool {
        let grammar = Arc::clone(&self.grammar);
        if !grammar.wrap.is_none() {
            return self.wrapped(block, base, last, &grammar);
        }
        let cut = if last { torn::loose_end(block, &grammar.format, self.rules.catalogue) } else { 0 };
        let (whole, cut) = block.split_at_checked(block.len() - cut).unwrap_or((block, b""));
        let lines_before = self.tally.all_lines;
        let mut frames = Frames::of(whole, &grammar.format);
        let mut record = None;
        let bytes_before = self.tally.bytes;
        let mut going_on = true;
        while let Some(frame) = frames.read(&mut record).filter(|_| going_on) {
            let torn = last && frame.offset + frame.bytes.len() == whole.len();
            let spot = Spot {
                offset: base + frame.offset as u64,
                line: lines_before + frame.line,
                lines: frame.lines,
                bytes: frame.bytes.len() as u64 + u64::from(!torn),
                at: None,
                torn: torn.then(|| last_line(frame.bytes).len() as u64),
                open: torn,
                meets: true,
            };
            going_on = self.place(&frame, record.as_ref(), spot);
        }
        self.tell(bytes_before);
        if !going_on {
            return false;
        }
        if !cut.is_empty() {
            self.count_bytes(cut.len() as u64);
            self.tally.torn = Some(cut.len() as u64);
            self.unrecognized(1, 0, self.tally.all_lines);
            self.tally.all_lines += 1;
        }
        true
    }

    /// The same, where something is around lines.
    fn wrapped(&mut self, block: &[u8], base: u64, last: bool, grammar: &Grammar) -> bool {
        let mut unwrapped = std::mem::take(&mut self.unwrapped);
        unwrapped.fill(block, &mut self.unwrapper);
        let torn = last && !block.ends_with(b"\n");
        if last {
            unwrapped.finish(&mut self.unwrapper, torn, |text| {
                torn::loose_end(text, &grammar.format, self.rules.catalogue)
            });
        }
        let open = last && !unwrapped.text.ends_with(b"\n");
        let pending = self.pending.take();
        let before = pending.map_or(0, |p| p.lines);
        let lines_before = self.tally.all_lines;
        let mut at = 0;
        let mut going_on = true;
        let mut frames = Frames::of(&unwrapped.text, &grammar.format);
        let mut record = None;
        let bytes_before = self.tally.bytes;
        while let Some(frame) = frames.read(&mut record).filter(|_| going_on) {
            // Lines of the input that begin inside the frame are of it, as are all that are left after the last, save
            // those of an entry that goes on.
            let from = at;
            let end = frames.offset();
            at += unwrapped.lines.iter().skip(at).take_while(|l| l.text < end).count();
            let is_last = end == unwrapped.text.len();
            let offset = |n: usize| unwrapped.lines.get(n).map_or(block.len(), |l| l.offset);
            let first = pending.filter(|_| from == 0);
            let carried = first.map_or(0, |p| p.lines);
            // A line that brought more than one frame is of the first of them.
            if at == from && carried == 0 {
                continue;
            }
            let spot = Spot {
                offset: first.map_or(base + offset(from) as u64, |p| p.offset),
                line: lines_before + if from == 0 { 0 } else { before + from as u64 },
                lines: (at - from) as u64 + carried,
                bytes: (offset(at) - offset(from)) as u64,
                at: unwrapped.lines.get(from).and_then(|l| l.at),
                torn: None,
                open: open && is_last,
                meets: self.could_meet(&unwrapped, from, grammar),
            };
            going_on = self.place(&frame, record.as_ref(), spot);
            let last_of_frame = at.checked_sub(1).and_then(|n| unwrapped.lines.get(n));
            self.last_line = last_of_frame.map(|l| base + l.offset as u64).or(self.last_line);
        }
        self.tell(bytes_before);
        if going_on {
            if torn {
                self.tally.torn = Some(last_line(block).len() as u64);
            }
            self.without_text(&unwrapped, at, block.len(), base, pending.filter(|_| at == 0));
        }
        self.unwrapped = unwrapped;
        going_on
    }

    /// Whether a span could begin with a line: where lines come in parts, it must be seen that the line before is whole.
    fn could_meet(&self, unwrapped: &Unwrapped, line: usize, grammar: &Grammar) -> bool {
        let joint = unwrapped.lines.get(line).is_some_and(|l| l.joint);
        let seen = || self.stop.is_none_or(|stop| self.last_line.is_some_and(|last| last >= stop));
        joint && (!grammar.wrap.has_parts() || seen())
    }

    /// Whether a line at an offset is of the next span, were it one that spans meet at.
    fn is_of_next(&self, offset: u64) -> bool {
        let Some(stop) = self.stop.filter(|stop| offset >= *stop) else { return false };
        // The next span sees the line before only if that one, too, begins after the stop.
        !self.grammar.wrap.has_parts() || self.last_line.is_none_or(|last| last >= stop)
    }

    /// Lines that brought no text: those of an entry that goes on.
    fn without_text(
        &mut self,
        unwrapped: &Unwrapped,
        from: usize,
        len: usize,
        base: u64,
        pending: Option<Pending>,
    ) {
        let lines = (unwrapped.lines.len() - from) as u64;
        let start = unwrapped.lines.get(from).map_or(len, |l| l.offset);
        self.count_bytes((len - start) as u64);
        let offset = pending.map_or(base + start as u64, |p| p.offset);
        let lines = lines + pending.map_or(0, |p| p.lines);
        if lines > 0 {
            self.pending = Some(Pending { offset, lines });
        }
        if !self.unwrapper.is_inside_entry() {
            self.give_up_pending();
        }
    }

    /// Counts the lines of an entry that has no end.
    fn give_up_pending(&mut self) {
        if let Some(Pending { lines, .. }) = self.pending.take() {
            self.unrecognized(lines, 0, self.tally.all_lines);
            self.tally.all_lines += lines;
        }
    }

    /// Counts a frame and handles it; `false` where the span is over.
    // Done for each record: inside the loop, no part of the spot has to be put together.
    #[inline(always)]
    fn place(&mut self, frame: &Frame<'_>, record: Option<&Record<'_>>, spot: Spot) -> bool {
        if self.stop.is_some_and(|stop| spot.offset >= stop)
            && spot.meets
            && frame.start.is_timed()
            && record.is_some_and(|r| r.at.is_some() && self.wants(r))
        {
            return false;
        }
        if spot.torn.is_some() {
            self.tally.torn = spot.torn;
        }
        self.tally.bytes += spot.bytes;
        self.frame(frame, record, spot)
    }

    #[inline(always)]
    fn frame(&mut self, frame: &Frame<'_>, record: Option<&Record<'_>>, spot: Spot) -> bool {
        self.tally.all_lines += spot.lines;
        // Of a record that is longer than a block the rest begins a block of its own.
        let rest = self.goes_on && frame.offset == 0 && frame.is_orphan();
        let Some(record) = record.filter(|record| !rest && self.wants(record)) else {
            self.no_record(frame, rest, spot);
            return true;
        };
        self.goes_on = matches!(frame.start, Start::Timed | Start::Untimed);
        let told = Told::of(record).or(spot.at.map(|stamp| Told { stamp, zone: None }));
        if let Some(told) = told {
            self.at = self.clock.instant(told);
        }
        self.inside = self.in_window(self.at);
        if !self.inside {
            return true;
        }
        let catalogue = self.rules.catalogue;
        let named = self.namer.name(record).and_then(|named| Some((named, catalogue.kind(named.kind)?)));
        if spot.open && !torn::is_whole(record, named.map(|(_, kind)| kind), &self.grammar.format) {
            self.unrecognized(1, spot.lines.saturating_sub(1), spot.line);
            return true;
        }
        self.tally.lines += spot.lines;
        self.tally.records += 1;
        self.tally.continued += spot.lines.saturating_sub(1);
        self.tally.count(record);
        if let Some(at) = self.at.filter(|_| told.is_some()) {
            self.tally.saw(at);
        }
        let (at, offset, line) = (self.at, spot.offset, spot.line);
        let Some((named, kind)) = named else {
            return (self.each)(&Item::Unnamed(Unnamed { record, at, offset, line }));
        };
        self.tally.events += 1;
        (self.each)(&Item::Event(Event { record, named, kind, at, offset, line }))
    }

    /// Lines that are no record. They share the fate of the record before them, having no time.
    fn no_record(&mut self, frame: &Frame<'_>, rest: bool, spot: Spot) {
        let marker = frame.start == Start::Marker;
        // After it come lines of another log.
        self.goes_on &= !marker;
        let blank = marker || frame.bytes.trim_ascii().is_empty();
        if blank || rest || (frame.start == Start::Continuation && self.goes_on) {
            if self.inside {
                self.tally.lines += spot.lines;
                self.tally.continued += spot.lines;
            }
            return;
        }
        // Where a first line cannot be read, the lines that go on with it belong to it all the same.
        let unrecognized = if frame.start == Start::Continuation { spot.lines } else { spot.lines.min(1) };
        self.unrecognized(unrecognized, spot.lines - unrecognized, spot.line);
    }

    fn unrecognized(&mut self, lines: u64, continued: u64, first: u64) {
        if !self.inside {
            return;
        }
        self.tally.lines += lines + continued;
        self.tally.unrecognized += lines;
        self.tally.continued += continued;
        if lines > 0 {
            self.tally.first_unrecognized.get_or_insert(first);
        }
    }

    fn wants(&self, record: &Record<'_>) -> bool {
        self.rules.only.is_none_or(|source| source == record.source())
    }

    /// Whether a record begins with this line of the input whose time can be read.
    fn has_time(&mut self, line: &[u8]) -> bool {
        let only = self.rules.only;
        let wanted = |r: &Record<'_>| only.is_none_or(|source| source == r.source());
        self.grammar.has_time(line, &mut self.unwrapper, wanted)
    }

    fn in_window(&self, at: Option<Timestamp>) -> bool {
        match at {
            Some(at) => self.rules.since.is_none_or(|s| at >= s) && self.rules.until.is_none_or(|u| at < u),
            None => (self.rules.since.is_none() && self.rules.until.is_none()) || self.take_untimed,
        }
    }

    fn long_line(&mut self, bytes: &[u8], offset: u64) {
        self.last_line = Some(offset);
        self.unwrapper.pass(bytes);
        let line = self.tally.all_lines + self.pending.map_or(0, |p| p.lines);
        self.tally.long_lines += 1;
        self.tally.first_long.get_or_insert(line);
        self.long_line = bytes.len() as u64;
        self.count_bytes(bytes.len() as u64);
        if let Some(pending) = &mut self.pending {
            pending.lines += 1;
            return;
        }
        let spot = Spot { offset, line, lines: 1, bytes: 0, at: None, torn: None, open: false, meets: true };
        let grammar = Arc::clone(&self.grammar);
        // Of what is around such a line, the end is missing.
        match Frames::of(bytes, &grammar.format).next().filter(|_| grammar.wrap.is_none()) {
            Some(frame) => _ = self.frame(&frame, frame.record().as_ref(), spot),
            None => {
                self.unrecognized(1, 0, line);
                self.tally.all_lines += 1;
            }
        }
    }
}
