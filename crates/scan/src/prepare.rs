//! Opening an input: what it is, and how it is cut into spans.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use crate::clock::Clock;
use crate::detect::{self, Looks};
use crate::gunzip::Gunzip;
use crate::input::{Found, Input};
use crate::problem::{Problem, What};
use crate::progress::Progress;
use crate::seek;
use crate::span::Span;
use crate::time::Timestamp;
use crate::zone::Zone;

/// Bytes that decide what a file is.
const HEAD: usize = 64 * 1024;

/// Files below this size are read whole: finding the start by bisection would save nothing, and lines can be
/// numbered only from the start.
const SEEK_FROM: u64 = 1 << 20;

/// Stamps of one log are sorted to within seconds; clocks of files and lines differ by little.
const MARGIN: i64 = 3600;

pub(crate) type Stream = Box<dyn Read + Send>;

/// An input ready to be read.
pub(crate) struct Prepared {
    pub(crate) body: Readable,
    /// Whether the reading starts at the first line, so that lines can be numbered.
    pub(crate) from_start: bool,
}

/// What is to be read.
pub(crate) enum Readable {
    /// A plain file, in spans.
    File(Arc<File>, Vec<Span>, u64),
    /// A stream, from its start.
    Stream(Stream, Span),
}

/// What the scan wants of an input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes {
    pub(crate) zone: Zone,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) span: u64,
    pub(crate) any_format: bool,
}

/// Opens an input. `Ok(None)` where nothing of it is wanted.
pub(crate) fn prepare(
    input: &Input,
    wishes: Wishes,
    progress: &Arc<Progress>,
) -> Result<Option<Prepared>, Problem> {
    let fail = |e| Problem::from_io(&input.path, e);
    let counted = |reader| Counted { reader, progress: Arc::clone(progress) };
    if input.path == Path::new("-") {
        return stream(input, counted(Box::new(io::stdin())), Timestamp::now(), wishes);
    }
    let meta = std::fs::metadata(&input.path).map_err(fail)?;
    if !meta.is_file() && !is_readable_stream(&meta) {
        return Err(Problem::new(&input.path, What::NotAFile));
    }
    let modified = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    let changed = modified
        .map_or_else(Timestamp::now, |d| Timestamp::from_seconds(i64::try_from(d.as_secs()).unwrap_or(0)));
    // A rotated file was last written when it was rotated: what is older than the window is not even opened.
    if input.found == Found::Rotated && wishes.since.is_some_and(|s| changed.seconds + MARGIN < s.seconds) {
        return Ok(None);
    }
    let mut file = File::open(&input.path).map_err(fail)?;
    if !meta.is_file() {
        return stream(input, counted(Box::new(file)), changed, wishes);
    }
    let size = meta.len();
    let mut head = vec![0u8; HEAD];
    let filled = seek::fill_past_zeros(&file, &mut head).map_err(fail)?;
    head.truncate(filled);
    if is_gzip(&head) {
        // On some systems, reading by position moves the cursor.
        file.rewind().map_err(fail)?;
        return stream(input, counted(Box::new(file)), changed, wishes);
    }
    let clock = Clock::new(wishes.zone, changed);
    judge(input, &head, &clock, changed, wishes)?
        .map(|take_untimed| plain(file, size, clock, take_untimed, wishes).map_err(fail))
        .transpose()
}

#[cfg(unix)]
fn is_readable_stream(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    meta.file_type().is_fifo() || meta.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_readable_stream(_meta: &std::fs::Metadata) -> bool {
    false
}

fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b])
}

/// Whether the head is of a log that is known and of the window: `Ok(None)` where the log can be left out, else
/// whether records before all stamps are of the window. They go with the first stamp, and without any, with the
/// file's last change.
fn judge(
    input: &Input,
    head: &[u8],
    clock: &Clock,
    changed: Timestamp,
    wishes: Wishes,
) -> Result<Option<bool>, Problem> {
    if head.is_empty() {
        return Err(Problem::new(&input.path, What::Empty));
    }
    if !(wishes.any_format && input.found == Found::Named) {
        match detect::looks(head) {
            Looks::Log => {}
            Looks::Syslog if input.found == Found::Named => {}
            Looks::Syslog => {
                return Err(Problem::new(
                    &input.path,
                    What::Foreign("a syslog file without lines of nginx or php-fpm"),
                ));
            }
            Looks::Other(words) => return Err(Problem::new(&input.path, What::Foreign(words))),
        }
    }
    let first = detect::first_stamp(head).map(|s| clock.resumed(None).instant(s));
    let late = wishes.until.zip(first).is_some_and(|(until, first)| first.seconds > until.seconds + MARGIN);
    let take_untimed = wishes.since.is_none_or(|since| first.unwrap_or(changed) >= since)
        && wishes.until.zip(first).is_none_or(|(until, first)| first < until);
    Ok((!late).then_some(take_untimed))
}

fn plain(file: File, size: u64, clock: Clock, take_untimed: bool, wishes: Wishes) -> io::Result<Prepared> {
    let (mut from, mut to) = (0, size);
    if size >= SEEK_FROM {
        if let Some(since) = wishes.since {
            from = seek::start_of(&file, size, &clock, since)?;
        }
        if let Some(until) = wishes.until {
            to = seek::end_of(&file, size, &clock, until)?;
        }
    }
    let set_backs = seek::set_backs(&file, size, wishes.zone, &clock)?;
    // A span that begins with the first line after a set-back knows of it, as do those after it.
    let cuts = (1..).map(|n| from + n * wishes.span).take_while(|at| *at < to);
    let places = set_backs.iter().map(|(place, _)| *place).filter(|place| (from..to).contains(place));
    let starts: BTreeSet<u64> = std::iter::once(from).chain(cuts).chain(places).collect();
    let stops = starts.iter().copied().skip(1).map(Some).chain([(to < size).then_some(to)]);
    let spans = starts
        .iter()
        .zip(stops)
        .map(|(&start, stop)| {
            let joins = start > 0;
            let before = set_backs.iter().rev().find(|(place, _)| *place <= start).map(|(_, local)| *local);
            let clock = clock.resumed(before);
            Span { start: start - u64::from(joins), stop, joins, clock, take_untimed, counted: false }
        })
        .collect();
    Ok(Prepared { body: Readable::File(Arc::new(file), spans, size), from_start: from == 0 })
}

fn stream(
    input: &Input,
    mut reader: Counted,
    changed: Timestamp,
    wishes: Wishes,
) -> Result<Option<Prepared>, Problem> {
    let fail = |e| Problem::from_io(&input.path, e);
    let mut magic = Vec::new();
    reader.by_ref().take(2).read_to_end(&mut magic).map_err(fail)?;
    let packed = is_gzip(&magic);
    let whole: Stream = Box::new(Cursor::new(magic).chain(reader));
    let mut text: Stream =
        if packed { Box::new(Gunzip::new(BufReader::with_capacity(HEAD, whole))) } else { whole };
    let mut head = Vec::new();
    let broken = text.by_ref().take(HEAD as u64).read_to_end(&mut head).err();
    let clock = Clock::new(wishes.zone, changed);
    // Part of a line does not tell what the file is.
    if !head.contains(&b'\n')
        && let Some(error) = broken
    {
        return Err(Problem::from_reading(&input.path, error, 0));
    }
    let Some(take_untimed) = judge(input, &head, &clock, changed, wishes)? else { return Ok(None) };
    let head = Cursor::new(head);
    // Where the head broke off, reading on would not fail again at the same place.
    let text: Stream = match broken {
        Some(error) => Box::new(head.chain(Broken(Some(error)))),
        None => Box::new(head.chain(text)),
    };
    let span = Span { start: 0, stop: None, joins: false, clock, take_untimed, counted: true };
    Ok(Some(Prepared { body: Readable::Stream(text, span), from_start: true }))
}

/// Counts what is read of a stream, before it is unpacked.
struct Counted {
    reader: Stream,
    progress: Arc<Progress>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.progress.add(read as u64);
        Ok(read)
    }
}

/// Fails once with an error that has been met before.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A plain file from a position up to the size it had when it was opened.
pub(crate) struct FileFrom {
    pub(crate) file: Arc<File>,
    pub(crate) at: u64,
    pub(crate) size: u64,
}

impl Read for FileFrom {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let room = buffer.len().min(left);
        let read = buffer.get_mut(..room).map_or(Ok(0), |b| seek::read_at(&self.file, b, self.at))?;
        self.at += read as u64;
        Ok(read)
    }
}
