//! Opening an input: what it is, and how it is cut into spans.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use logscan_parser::{AccessFormat, Civil, Source, Stamp};

use crate::boot;
use crate::clock::Clock;
use crate::detect::{self, Known};
use crate::grammar::{Grammar, Told};
use crate::gunzip::Gunzip;
use crate::input::{Found, Input};
use crate::problem::{Problem, What};
use crate::progress::Progress;
use crate::seek;
use crate::span::Span;
use crate::zone::Zone;
use logscan_catalogue::Timestamp;

/// Bytes that decide what a file is.
const HEAD: usize = 64 * 1024;

/// Files below this size are read whole: finding the start by bisection would save nothing, and lines can be
/// numbered only from the start.
const SEEK_FROM: u64 = 1 << 20;

/// Stamps of one log are sorted to within seconds; clocks of files and lines differ by little.
const MARGIN: i64 = 3600;

/// The kernel counts the time of its start back from now, so it moves as the clock is corrected.
const BOOT_DRIFT: i64 = 60;

pub(crate) type Stream = Box<dyn Read + Send>;

/// An input ready to be read.
pub(crate) struct Prepared {
    pub(crate) body: Readable,
    /// Whether the reading starts at the first line, so that lines can be numbered.
    pub(crate) from_start: bool,
    /// What must be told of its times.
    pub(crate) doubt: Option<What>,
}

/// What is to be read.
pub(crate) enum Readable {
    /// A plain file, in spans.
    File(Arc<File>, Vec<Span>, u64),
    /// A stream, from its start.
    Stream(Stream, Span),
    /// The same, of a file that is packed: it takes time to unpack, and never waits for anybody.
    Packed(Stream, Span),
}

/// What the scan wants of an input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes<'w> {
    pub(crate) zone: Zone,
    pub(crate) boot: Option<Timestamp>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) span: u64,
    /// The only source that inputs are taken for.
    pub(crate) only: Option<Source>,
    /// The form of all access logs.
    pub(crate) access: Option<&'w AccessFormat>,
}

/// Opens an input. `Ok(None)` where nothing of it is wanted.
pub(crate) fn prepare(
    input: &Input,
    wishes: Wishes<'_>,
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
        let prepared = stream(input, counted(Box::new(file)), changed, wishes)?;
        return Ok(prepared.map(|prepared| match prepared.body {
            Readable::Stream(text, span) => Prepared { body: Readable::Packed(text, span), ..prepared },
            body => Prepared { body, ..prepared },
        }));
    }
    let grammar = grammar_of(input, &head, wishes)?;
    let ends = seek::ends(&file, size, &grammar).map_err(fail)?;
    let clock = Clock::new(wishes.zone, changed).up_to(ends.map(|(_, last)| last));
    let (clock, doubt) = started(&clock, ends, changed, wishes);
    match judge(&grammar, &head, &clock, changed, wishes) {
        None => Ok(None),
        Some(take_untimed) => {
            let log = Log { grammar, clock, take_untimed, doubt };
            plain(file, size, ends, log, wishes).map(Some).map_err(fail)
        }
    }
}

/// What is known of an input before it is read.
struct Log {
    grammar: Grammar,
    clock: Clock,
    take_untimed: bool,
    doubt: Option<What>,
}

/// How an input is written.
fn grammar_of(input: &Input, head: &[u8], wishes: Wishes<'_>) -> Result<Grammar, Problem> {
    if head.is_empty() {
        return Err(Problem::new(&input.path, What::Empty));
    }
    let server = match wishes.only {
        Some(Source::ApacheAccess) => logscan_parser::AccessServer::Apache,
        Some(Source::NginxAccess) => logscan_parser::AccessServer::Nginx,
        _ => detect::server_of(&input.path),
    };
    let known = Known { given: wishes.access, configured: &input.access, server };
    if wishes.only.is_some() && input.found == Found::Named {
        return Ok(detect::grammar(head, known).0);
    }
    detect::judge(head, known).map_err(|words| Problem::new(&input.path, What::Foreign(words)))
}

/// The clock of a log with such first and last stamps, with the start of the machine where they count from it, and what
/// must be told of that.
fn started(
    clock: &Clock,
    ends: Option<(Told, Told)>,
    changed: Timestamp,
    wishes: Wishes<'_>,
) -> (Clock, Option<What>) {
    let (first, last) = ends.unzip();
    let uptime = [last, first].into_iter().flatten().find_map(|told| match told.stamp {
        Stamp::Uptime(since) => Some(since),
        _ => None,
    });
    let Some(since) = uptime else { return (clock.for_log(first, wishes.boot), None) };
    let (boot, doubt) = match (wishes.boot, boot::of_machine()) {
        (Some(given), _) => (Some(given), None),
        (None, Some(boot)) if may_be_of_run(boot, since, changed) => {
            (Some(boot), Some(What::BootAssumed { boot }))
        }
        _ => (None, Some(What::BootUnknown)),
    };
    (clock.for_log(first, boot), doubt)
}

/// Whether a log that was changed at `changed`, with a line from so long after its machine's start, may be of the run
/// that began at `boot`. One that was changed before, or tells of more than the machine had run, is of another run.
fn may_be_of_run(boot: Timestamp, since: Civil, changed: Timestamp) -> bool {
    boot.seconds - BOOT_DRIFT <= changed.seconds && boot.seconds + since.seconds <= changed.seconds + MARGIN
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

/// `None` where the log can be left out of the window, else whether records before all stamps are of the window.
/// They go with the first stamp, and without any, with the file's last change.
fn judge(
    grammar: &Grammar,
    head: &[u8],
    clock: &Clock,
    changed: Timestamp,
    wishes: Wishes<'_>,
) -> Option<bool> {
    let first = grammar.first_stamps(head).first().and_then(|(_, told)| clock.resumed(None).instant(*told));
    let late = wishes.until.zip(first).is_some_and(|(until, first)| first.seconds > until.seconds + MARGIN);
    let take_untimed = wishes.since.is_none_or(|since| first.unwrap_or(changed) >= since)
        && wishes.until.zip(first).is_none_or(|(until, first)| first < until);
    (!late).then_some(take_untimed)
}

fn plain(
    file: File,
    size: u64,
    ends: Option<(Told, Told)>,
    log: Log,
    wishes: Wishes<'_>,
) -> io::Result<Prepared> {
    let Log { grammar, clock, take_untimed, doubt } = log;
    let (mut from, mut to) = (0, size);
    let sequential = grammar.wrap.is_sequential();
    if size >= SEEK_FROM && !sequential {
        if let Some(since) = wishes.since {
            from = seek::start_of(&file, size, &grammar, &clock, since)?;
        }
        if let Some(until) = wishes.until {
            to = seek::end_of(&file, size, &grammar, &clock, until)?;
        }
    }
    let set_backs =
        if sequential { Vec::new() } else { seek::set_backs(&file, size, &grammar, &clock, ends)? };
    let length = if sequential { size.max(1) } else { wishes.span };
    // A span that begins with the first line after a set-back knows of it, as do those after it.
    let cuts = (1..).map(|n| from + n * length).take_while(|at| *at < to);
    let places = set_backs.iter().map(|(place, _)| *place).filter(|place| (from..to).contains(place));
    let starts: BTreeSet<u64> = std::iter::once(from).chain(cuts).chain(places).collect();
    let stops = starts.iter().copied().skip(1).map(Some).chain([(to < size).then_some(to)]);
    let grammar = Arc::new(grammar);
    let spans = starts
        .iter()
        .zip(stops)
        .map(|(&start, stop)| {
            let joins = start > 0;
            let before = set_backs.iter().rev().find(|(place, _)| *place <= start).map(|(_, local)| *local);
            let (clock, grammar) = (clock.resumed(before), Arc::clone(&grammar));
            Span {
                start: start - u64::from(joins),
                stop,
                joins,
                grammar,
                clock,
                take_untimed,
                counted: false,
            }
        })
        .collect();
    Ok(Prepared { body: Readable::File(Arc::new(file), spans, size), from_start: from == 0, doubt })
}

fn stream(
    input: &Input,
    mut reader: Counted,
    changed: Timestamp,
    wishes: Wishes<'_>,
) -> Result<Option<Prepared>, Problem> {
    let fail = |e| Problem::from_io(&input.path, e);
    let mut magic = Vec::new();
    reader.by_ref().take(GZIP_HEAD).read_to_end(&mut magic).map_err(fail)?;
    let packed = is_gzip(&magic);
    let changed = if packed { packed_at(&magic).map_or(changed, |at| at.min(changed)) } else { changed };
    let whole: Stream = Box::new(Cursor::new(magic).chain(reader));
    let mut text: Stream =
        if packed { Box::new(Gunzip::new(BufReader::with_capacity(HEAD, whole))) } else { whole };
    let mut head = Vec::new();
    let broken = text.by_ref().take(HEAD as u64).read_to_end(&mut head).err();
    // Part of a line does not tell what the file is.
    if !head.contains(&b'\n')
        && let Some(error) = broken
    {
        return Err(Problem::from_reading(&input.path, error, 0));
    }
    let grammar = grammar_of(input, &head, wishes)?;
    let stamps = grammar.first_stamps(&head);
    let ends = stamps.first().zip(stamps.last()).map(|((_, first), (_, last))| (*first, *last));
    // The last line is not known yet.
    let (clock, doubt) = started(&Clock::new(wishes.zone, changed), ends, changed, wishes);
    let Some(take_untimed) = judge(&grammar, &head, &clock, changed, wishes) else { return Ok(None) };
    let grammar = Arc::new(grammar);
    let head = Cursor::new(head);
    // Where the head broke off, reading on would not fail again at the same place.
    let text: Stream = match broken {
        Some(error) => Box::new(head.chain(Broken(Some(error)))),
        None => Box::new(head.chain(text)),
    };
    let span = Span { start: 0, stop: None, joins: false, grammar, clock, take_untimed, counted: true };
    Ok(Some(Prepared { body: Readable::Stream(text, span), from_start: true, doubt }))
}

/// Bytes of a gzip header up to and with its time.
const GZIP_HEAD: u64 = 8;

/// When the packed file was last changed, where its header tells (RFC 1952, 2.3: MTIME).
fn packed_at(head: &[u8]) -> Option<Timestamp> {
    let seconds = head.get(4..8)?.first_chunk::<4>().map(|b| u32::from_le_bytes(*b))?;
    (seconds > 0).then(|| Timestamp::from_seconds(i64::from(seconds)))
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
pub(crate) struct Broken(pub(crate) Option<io::Error>);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_run_of_the_machine_a_log_is_of() {
        let of = |boot, since, changed| {
            let since = Civil { seconds: since, nanos: 0 };
            may_be_of_run(Timestamp::from_seconds(boot), since, Timestamp::from_seconds(changed))
        };
        assert!(of(1_000_000, 500, 1_000_500));
        // The clock was corrected by some seconds after the start.
        assert!(of(1_000_010, 1, 1_000_005));
        // Saved before a restart half an hour later, with lines of its own first seconds.
        assert!(!of(1_000_000, 100, 998_200));
        // Of a machine that ran for longer.
        assert!(!of(1_000_000, 500_000, 1_000_500));
        // Packed long after.
        assert!(of(1_000_000, 500, 9_000_000));
    }

    fn wishes(boot: Option<Timestamp>) -> Wishes<'static> {
        let zone = "UTC".parse().unwrap();
        Wishes { zone, boot, since: None, until: None, span: 1, only: None, access: None }
    }

    #[test]
    fn what_is_told_of_times_since_the_start() {
        let told = |stamp| Told { stamp, zone: None };
        let day = Civil::new(2026, 11, 23, 12, 0, 0).unwrap();
        let since = |seconds| told(Stamp::Uptime(Civil { seconds, nanos: 0 }));
        let changed = Timestamp::from_seconds(day.seconds);
        let clock = Clock::new("UTC".parse().unwrap(), changed);
        let boot = Timestamp::from_seconds(1_000_000);
        // Given: taken without a word.
        let (mut known, doubt) = started(&clock, Some((since(1), since(90))), changed, wishes(Some(boot)));
        assert!(doubt.is_none());
        assert_eq!(known.instant(since(90)), Some(Timestamp::from_seconds(1_000_090)));
        // More than any machine has run: not this one's.
        let ages = since(200 * 366 * 86_400);
        let (mut unknown, doubt) = started(&clock, Some((since(1), ages)), changed, wishes(None));
        assert!(matches!(doubt, Some(What::BootUnknown)));
        assert_eq!(unknown.instant(since(90)), None);
        // Nothing counts from the start: nothing is told.
        let local = told(Stamp::Local(day));
        assert!(started(&clock, Some((local, local)), changed, wishes(None)).1.is_none());
        assert!(started(&clock, None, changed, wishes(None)).1.is_none());
    }
}
