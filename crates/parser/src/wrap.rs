//! What others put around a program's lines: container runtimes, the journal's export, a terminal's colours.
//!
//! * Docker's `json-file` driver: `{"log":"LINE\n","stream":"stderr","time":"..."}`, long lines in parts of 16 KiB
//!   of which only the last ends in `\n` (`daemon/logger/jsonfilelog/jsonlog/jsonlog.go`).
//! * The log format of Kubernetes' CRI: `TIME STREAM F LINE`, with `P` for a part that goes on in the next line.
//! * `docker logs -t` and `kubectl logs --timestamps`: `TIME LINE`; `docker compose logs`: `SERVICE-1  | LINE`.
//! * `journalctl -o json` and `-o export`: an object or a block of fields an entry; made into a line of syslog here.
//! * Colours (`ESC [ ... m`) of `grep --color`, `ccze` and the like.

use crate::civil::{Civil, Stamp, number};
use crate::json::{self, Members, Value};
use crate::syslog::rfc3339_stamp;

/// What is around the lines of an input.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Wrap {
    outer: Outer,
    colours: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Outer {
    #[default]
    Nothing,
    DockerJson,
    Cri,
    Time,
    Compose,
    JournalJson,
    JournalExport,
}

/// What a line brought.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Unwrapped {
    /// The time that the wrapper gives the line.
    pub at: Option<Stamp>,
}

/// Bytes of one entry of the journal that are kept.
const MAX_ENTRY: usize = 1 << 20;

impl Wrap {
    /// What is around the lines that begin an input.
    pub fn detect(head: &[u8]) -> Wrap {
        let lines =
            || head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).filter(|l| !l.is_empty()).take(50);
        // A last line that is cut, or a line of the runtime itself, is none of these.
        let most = |fits: fn(&[u8]) -> bool| {
            let (fit, all) = lines().fold((0, 0), |(fit, all), l| (fit + usize::from(fits(l)), all + 1));
            fit > 0 && fit * 10 >= (all - usize::from(all > 1)) * 9
        };
        let outer = if most(|l| docker(l).is_some()) {
            Outer::DockerJson
        } else if most(|l| Entry::of_json(l).is_some()) {
            Outer::JournalJson
        } else if is_export(head) {
            Outer::JournalExport
        } else if most(|l| cri(l).is_some()) {
            Outer::Cri
        } else if most(|l| timed(l).is_some()) {
            Outer::Time
        } else if most(|l| compose(l).is_some()) {
            Outer::Compose
        } else {
            Outer::Nothing
        };
        Wrap { outer, colours: has_colours(head) }
    }

    /// Whether lines are what the program wrote.
    pub fn is_none(self) -> bool {
        self == Wrap::default()
    }

    /// Whether entries have several lines, so that reading cannot begin inside the input.
    pub fn is_sequential(self) -> bool {
        self.outer == Outer::JournalExport
    }
}

/// Takes off what is around lines. One for each stretch that is read from its beginning to its end.
#[derive(Clone, Debug, Default)]
pub struct Unwrapper {
    wrap: Wrap,
    entry: Entry,
    /// Field and bytes so far of a value that has line breaks in it.
    binary: Option<(Vec<u8>, Vec<u8>)>,
    /// Bytes of such a value that are passed over.
    skip: usize,
    scratch: Vec<u8>,
}

impl Unwrapper {
    /// For lines that are wrapped so.
    pub fn new(wrap: Wrap) -> Unwrapper {
        Unwrapper { wrap, ..Unwrapper::default() }
    }

    /// Appends what a line (without its newline) holds, with a newline unless it goes on in the next line. A line
    /// that is not wrapped so is taken as it is. Of several lines of one entry, the last appends it.
    pub fn line(&mut self, line: &[u8], out: &mut Vec<u8>) -> Unwrapped {
        let begin = out.len();
        let unwrapped = self.outer(line, out);
        if self.wrap.colours && memchr::memchr(0x1b, out.get(begin..).unwrap_or_default()).is_some() {
            self.scratch.clear();
            without_colours(out.get(begin..).unwrap_or_default(), &mut self.scratch);
            out.truncate(begin);
            out.extend_from_slice(&self.scratch);
        }
        unwrapped
    }

    fn outer(&mut self, line: &[u8], out: &mut Vec<u8>) -> Unwrapped {
        let whole = |text: &[u8], out: &mut Vec<u8>| {
            out.extend_from_slice(text);
            out.push(b'\n');
        };
        match self.wrap.outer {
            Outer::Nothing => whole(line, out),
            Outer::DockerJson => match docker(line) {
                Some((log, at)) => {
                    json::unescape(log, out);
                    return Unwrapped { at };
                }
                None => whole(line, out),
            },
            Outer::Cri => match cri(line) {
                Some((at, true, text)) => {
                    whole(text, out);
                    return Unwrapped { at: Some(at) };
                }
                Some((at, false, text)) => {
                    out.extend_from_slice(text);
                    return Unwrapped { at: Some(at) };
                }
                None => whole(line, out),
            },
            Outer::Time => match timed(line) {
                Some((at, text)) => {
                    whole(text, out);
                    return Unwrapped { at: Some(at) };
                }
                None => whole(line, out),
            },
            Outer::Compose => whole(compose(line).unwrap_or(line), out),
            Outer::JournalJson => match Entry::of_json(line) {
                Some(entry) => entry.write(out),
                None => whole(line, out),
            },
            Outer::JournalExport => self.export(line, out),
        }
        Unwrapped::default()
    }

    /// A line of `FIELD=VALUE`, or of a value that is framed by its length (`src/shared/logs-show.c:
    /// output_export`), or the empty line that ends an entry.
    fn export(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if self.skip > 0 {
            self.skip = self.skip.saturating_sub(line.len() + 1);
            return;
        }
        if let Some((field, mut bytes)) = self.binary.take() {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
            let Some(length) = bytes.first_chunk::<8>().map(|n| u64::from_le_bytes(*n)) else {
                self.binary = Some((field, bytes));
                return;
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            // The value is followed by a newline of its own.
            let wanted = length.saturating_add(9);
            if bytes.len() >= wanted {
                self.entry.field(&field, bytes.get(8..8 + length).unwrap_or_default());
            } else if wanted > MAX_ENTRY {
                self.skip = wanted - bytes.len();
            } else {
                self.binary = Some((field, bytes));
            }
            return;
        }
        if line.is_empty() {
            std::mem::take(&mut self.entry).write(out);
            return;
        }
        match memchr::memchr(b'=', line) {
            Some(at) => {
                let value = line.get(at + 1..).unwrap_or_default();
                self.entry.field(line.get(..at).unwrap_or_default(), value);
            }
            None => self.binary = Some((line.to_owned(), Vec::new())),
        }
    }
}

/// The line in Docker's object, with its escapes, and its time.
fn docker(line: &[u8]) -> Option<(&[u8], Option<Stamp>)> {
    let mut members = Members::new(line)?;
    let (mut log, mut at) = (None, None);
    for (key, value) in members.by_ref() {
        match (key, value) {
            (b"log", Value::Text(text)) => log = Some(text),
            (b"time", Value::Text(text)) => {
                at = rfc3339_stamp(text).filter(|(_, rest)| rest.is_empty()).map(|(at, _)| at)
            }
            (b"stream" | b"attrs", _) => {}
            _ => return None,
        }
    }
    members.is_whole().then_some((log?, at))
}

/// Time, whether the line is whole, and the line.
fn cri(line: &[u8]) -> Option<(Stamp, bool, &[u8])> {
    let (at, rest) = rfc3339_stamp(line)?;
    let rest = rest.strip_prefix(b" stdout ").or_else(|| rest.strip_prefix(b" stderr "))?;
    // Tags are joined with colons; the first tells whether the line is whole.
    let (tags, text) = rest.split_at_checked(memchr::memchr(b' ', rest)?)?;
    let text = text.strip_prefix(b" ")?;
    match tags.split(|b| *b == b':').next()? {
        b"F" => Some((at, true, text)),
        b"P" => Some((at, false, text)),
        _ => None,
    }
}

/// `2026-11-22T14:03:07.123456789Z LINE`: nine digits, as no syslog writes them.
fn timed(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (at, rest) = rfc3339_stamp(line)?;
    let precise =
        line.get(19) == Some(&b'.') && line.get(20..29).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
    // Docker leaves out zeros at the end; what follows must then be no host and tag.
    let rest = rest.strip_prefix(b" ")?;
    let utc = line.get(..line.len() - rest.len() - 1).is_some_and(|stamp| stamp.ends_with(b"Z"));
    (precise || (utc && crate::syslog::carrier(line).is_none())).then_some((at, rest))
}

/// `nginx-1  | LINE`.
fn compose(line: &[u8]) -> Option<&[u8]> {
    let bar = memchr::memmem::find(line.get(..line.len().min(80))?, b" | ")?;
    let name = line.get(..bar)?.trim_ascii_end();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (!name.is_empty() && name.iter().all(plain)).then(|| line.get(bar + 3..))?
}

fn is_export(head: &[u8]) -> bool {
    let begins = head.starts_with(b"__CURSOR=") || head.starts_with(b"__REALTIME_TIMESTAMP=");
    begins
        && memchr::memmem::find(head, b"\n__REALTIME_TIMESTAMP=").is_some() | head.starts_with(b"__REALTIME")
}

/// Fields of an entry of the journal.
#[derive(Clone, Debug, Default)]
struct Entry {
    /// Microseconds since 1970: when the source wrote it, when the journal got it.
    source_time: Option<u64>,
    time: Option<u64>,
    host: Vec<u8>,
    identifier: Vec<u8>,
    command: Vec<u8>,
    pid: Vec<u8>,
    priority: Vec<u8>,
    kernel: bool,
    message: Vec<u8>,
}

impl Entry {
    fn of_json(line: &[u8]) -> Option<Entry> {
        let mut members = Members::new(line)?;
        let mut entry = Entry::default();
        let mut text = Vec::new();
        for (key, value) in members.by_ref() {
            text.clear();
            match value {
                Value::Text(inner) => json::unescape(inner, &mut text),
                Value::Nested(array) => bytes_of(array, &mut text),
                Value::Bare(_) => {}
            }
            entry.field(key, &text);
        }
        (members.is_whole() && entry.time.is_some()).then_some(entry)
    }

    fn field(&mut self, name: &[u8], value: &[u8]) {
        let keep = |slot: &mut Vec<u8>| {
            slot.clear();
            slot.extend_from_slice(value.get(..value.len().min(MAX_ENTRY)).unwrap_or(value));
        };
        match name {
            b"__REALTIME_TIMESTAMP" => self.time = number(value),
            b"_SOURCE_REALTIME_TIMESTAMP" => self.source_time = number(value),
            b"_HOSTNAME" => keep(&mut self.host),
            b"SYSLOG_IDENTIFIER" => keep(&mut self.identifier),
            b"_COMM" => keep(&mut self.command),
            b"SYSLOG_PID" => keep(&mut self.pid),
            b"_PID" if self.pid.is_empty() => keep(&mut self.pid),
            b"PRIORITY" => keep(&mut self.priority),
            b"_TRANSPORT" => self.kernel = value == b"kernel",
            b"MESSAGE" => keep(&mut self.message),
            _ => {}
        }
    }

    /// Writes the entry as a line of syslog: `<6>2026-11-22T14:03:07.123456Z web1 nginx[7]: MESSAGE`. Further lines
    /// of the message are indented, as `journalctl -o short` shows them.
    fn write(&self, out: &mut Vec<u8>) {
        let Some(micros) = self.source_time.or(self.time) else { return };
        if !self.priority.is_empty()
            && self.priority.iter().all(u8::is_ascii_digit)
            && self.priority.len() <= 3
        {
            out.push(b'<');
            out.extend_from_slice(&self.priority);
            out.push(b'>');
        }
        let seconds = i64::try_from(micros / 1_000_000).unwrap_or(0);
        let at = Civil { seconds, nanos: 0 }.to_string().replacen(' ', "T", 1);
        out.extend_from_slice(at.as_bytes());
        out.extend_from_slice(format!(".{:06}Z ", micros % 1_000_000).as_bytes());
        word(&self.host, b"-", out);
        out.push(b' ');
        let tag = if self.identifier.is_empty() { &self.command } else { &self.identifier };
        word(if self.kernel { b"kernel" } else { tag }, b"unknown", out);
        if !self.pid.is_empty() && self.pid.iter().all(u8::is_ascii_digit) && !self.kernel {
            out.push(b'[');
            out.extend_from_slice(&self.pid);
            out.push(b']');
        }
        out.extend_from_slice(b": ");
        let message = self.message.strip_suffix(b"\n").unwrap_or(&self.message);
        for (n, line) in message.split(|b| *b == b'\n').enumerate() {
            if n > 0 {
                out.extend_from_slice(b"\n ");
            }
            out.extend_from_slice(line);
        }
        out.push(b'\n');
    }
}

/// Bytes of an array of numbers, or of the first text of an array.
fn bytes_of(array: &[u8], out: &mut Vec<u8>) {
    for element in json::elements(array) {
        match element {
            Value::Bare(digits) => out.extend(number(digits).and_then(|n| u8::try_from(n).ok())),
            Value::Text(inner) => return json::unescape(inner, out),
            Value::Nested(_) => {}
        }
    }
}

/// A name without what would end it in a line of syslog.
fn word(name: &[u8], instead: &[u8], out: &mut Vec<u8>) {
    let name = if name.is_empty() { instead } else { name };
    let plain = |b: &u8| if *b > b' ' && *b != b':' && *b != 0x7f { *b } else { b'_' };
    out.extend(name.iter().map(plain));
}

fn has_colours(head: &[u8]) -> bool {
    memchr::memchr_iter(0x1b, head).any(|at| head.get(at..).is_some_and(|rest| colour(rest).is_some()))
}

/// Length of `ESC [ 1 ; 31 m` or `ESC [ K` at the start of a text.
fn colour(text: &[u8]) -> Option<usize> {
    let inner = text.strip_prefix(b"\x1b[")?;
    let len = inner.iter().take(24).take_while(|b| b.is_ascii_digit() || **b == b';').count();
    matches!(inner.get(len), Some(b'm' | b'K')).then_some(len + 3)
}

fn without_colours(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(0x1b, rest) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, b""));
        out.extend_from_slice(plain);
        let len = colour(escape).unwrap_or(1);
        if len == 1 {
            out.push(0x1b);
        }
        rest = escape.get(len..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests;
