//! What others put around a program's lines: container runtimes, the journal's export, a terminal's colours.
//!
//! * Docker's `json-file` driver: `{"log":"LINE\n","stream":"stderr","time":"..."}`, long lines in parts of 16 KiB
//!   of which only the last ends in `\n` (`daemon/logger/jsonfilelog/jsonlog/jsonlog.go`).
//! * The log format of Kubernetes' CRI: `TIME STREAM F LINE`, with `P` for a part that goes on in the next line.
//! * `docker logs -t` and `kubectl logs --timestamps`: `TIME LINE`; `docker compose logs`: `SERVICE-1  | LINE`.
//! * `journalctl -o json` and `-o export`: an object or a block of fields an entry; made into a line of syslog here.
//! * Colours (`ESC [ ... m`) of `grep --color`, `ccze` and the like.

mod colours;
mod journal;

use crate::civil::Stamp;
use crate::format::without_junk;
use crate::json::{self, Members, Value};
use crate::syslog::rfc3339_stamp;
use colours::{has_colours, without_colours};
use journal::Entry;

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
    /// It holds whole lines of the program: it neither goes on with the line before it nor goes on in the next.
    pub joint: bool,
    /// The wrapper tells that it is whole, so that it needs no newline of its own.
    pub closed: bool,
    /// What was appended begins with a newline, which ends the part before.
    pub ended: bool,
}

/// Bytes of one entry of the journal that are kept.
const MAX_ENTRY: usize = 1 << 20;

impl Wrap {
    /// What is around the lines that begin an input.
    pub fn detect(head: &[u8]) -> Wrap {
        let colours = has_colours(head);
        let mut plain = Vec::new();
        if colours {
            without_colours(head, &mut plain);
        }
        let head = if colours { &plain } else { head };
        let lines = || {
            let lines = head.split(|b| *b == b'\n').map(|l| without_junk(l).trim_ascii_end());
            lines.filter(|l| !l.is_empty()).take(50)
        };
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
        Wrap { outer, colours }
    }

    /// Whether lines are what the program wrote.
    pub fn is_none(self) -> bool {
        self == Wrap::default()
    }

    /// Whether entries have several lines, so that reading cannot begin inside the input.
    pub fn is_sequential(self) -> bool {
        self.outer == Outer::JournalExport
    }

    /// Whether a line of the program may come in several lines, so that one of them alone does not tell whether
    /// something begins with it.
    pub fn has_parts(self) -> bool {
        matches!(self.outer, Outer::DockerJson | Outer::Cri)
    }
}

/// Takes off what is around lines. One for each stretch that is read from its beginning to its end.
#[derive(Clone, Debug, Default)]
pub struct Unwrapper {
    wrap: Wrap,
    /// The line before goes on in the next one.
    after_part: bool,
    entry: Entry,
    /// Lines of an entry came, but not its end.
    inside_entry: bool,
    /// Field and bytes so far of a value that has line breaks in it.
    binary: Option<(Vec<u8>, Vec<u8>)>,
    /// Bytes of such a value that are passed over.
    skip: usize,
    scratch: Vec<u8>,
}

/// A line that stands for one that nothing can be made of, as zeros do: it is no part of any record.
const NOTHING: &[u8] = b"\0";

/// What is inside a line.
enum Inside<'b> {
    /// Text of Docker with its escapes; it goes on in the next line unless it ends in a newline.
    Escaped(&'b [u8]),
    Whole(&'b [u8]),
    Part(&'b [u8]),
    Entry(Entry),
    /// The line is not wrapped so.
    Bare,
}

impl Unwrapper {
    /// For lines that are wrapped so, from the first one on.
    pub fn new(wrap: Wrap) -> Unwrapper {
        Unwrapper { wrap, ..Unwrapper::default() }
    }

    /// For lines that are wrapped so, from the middle of an input: the first may go on with one that is not known.
    pub fn inside(wrap: Wrap) -> Unwrapper {
        Unwrapper { wrap, after_part: wrap.has_parts(), ..Unwrapper::default() }
    }

    /// Appends what a line (without its newline) holds, with a newline unless it goes on in the next line. A line
    /// that is not wrapped so is taken as it is. Of several lines of one entry, the last appends it.
    ///
    /// The rest of a line whose beginning is not in `out` is indented, since nothing begins with it.
    pub fn line(&mut self, line: &[u8], out: &mut Vec<u8>) -> Unwrapped {
        if self.wrap.outer == Outer::JournalExport {
            self.export(line, out);
            return Unwrapped { joint: true, ..Unwrapped::default() };
        }
        let clean = if self.wrap.outer == Outer::Nothing { line } else { without_junk(line) };
        let line = if clean.is_empty() { line } else { clean };
        // Around the wrapper, too, may be colours.
        if self.wrap.colours && memchr::memchr(0x1b, line).is_some() {
            let mut plain = std::mem::take(&mut self.scratch);
            plain.clear();
            without_colours(line, &mut plain);
            let unwrapped = self.append(&plain, out);
            self.scratch = plain;
            return unwrapped;
        }
        self.append(line, out)
    }

    fn append(&mut self, line: &[u8], out: &mut Vec<u8>) -> Unwrapped {
        let after_part = std::mem::take(&mut self.after_part);
        let (at, inside) = self.wrap.inside(line);
        let fresh = out.last().is_none_or(|b| *b == b'\n');
        let ended = after_part && !fresh && matches!(inside, Inside::Bare);
        if ended {
            out.push(b'\n');
        } else if after_part && fresh && !matches!(inside, Inside::Bare) {
            out.push(b' ');
        }
        let begin = out.len();
        let mut closed = false;
        match inside {
            Inside::Escaped(log) => {
                closed = true;
                self.after_part = !unescape_log(log, out);
            }
            Inside::Whole(text) => {
                out.extend_from_slice(text);
                out.push(b'\n');
            }
            Inside::Part(text) => {
                out.extend_from_slice(text);
                self.after_part = true;
            }
            Inside::Entry(entry) => {
                closed = true;
                entry.write(out);
            }
            Inside::Bare => {
                let broken = self.wrap.is_json() && line.starts_with(b"{");
                out.extend_from_slice(if broken { NOTHING } else { line });
                out.push(b'\n');
            }
        }
        if self.wrap.is_json() {
            self.take_off_colours(begin, out);
        }
        Unwrapped { at, joint: !after_part && !self.after_part, closed, ended }
    }

    /// Takes a last line that has no newline. Where the end of what should be around it is missing, nothing is made
    /// of it.
    pub fn last_line(&mut self, line: &[u8], out: &mut Vec<u8>) -> Unwrapped {
        let wrapped = !matches!(self.wrap.outer, Outer::Nothing | Outer::JournalExport);
        let mut plain = Vec::new();
        without_colours(line, &mut plain);
        if wrapped && matches!(self.wrap.inside(&plain).1, Inside::Bare) {
            return self.line(NOTHING, out);
        }
        self.line(line, out)
    }

    /// Whether an entry has begun and not ended.
    pub fn is_inside_entry(&self) -> bool {
        self.inside_entry
    }

    /// Appends an entry whose end is that of the input.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.inside_entry && self.binary.is_none() && self.skip == 0 {
            self.end_entry(out);
        }
    }

    /// Takes notice of bytes of a line that is too long to be given.
    pub fn pass(&mut self, bytes: &[u8]) {
        self.after_part = false;
        if self.wrap.outer != Outer::JournalExport {
            return;
        }
        self.inside_entry = true;
        if self.skip > 0 {
            self.skip = self.skip.saturating_sub(bytes.len());
        } else if self.binary.is_some() {
            self.binary(bytes);
        }
    }

    /// A line of `FIELD=VALUE`, or of a value that is framed by its length (`src/shared/logs-show.c:
    /// output_export`), or the empty line that ends an entry.
    fn export(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if self.skip > 0 {
            self.skip = self.skip.saturating_sub(line.len() + 1);
            return;
        }
        if self.binary.is_some() {
            self.binary(line);
            self.binary(b"\n");
            return;
        }
        if line.is_empty() {
            self.end_entry(out);
            return;
        }
        self.inside_entry = true;
        match memchr::memchr(b'=', line) {
            Some(at) => {
                let value = line.get(at + 1..).unwrap_or_default();
                self.entry.field(line.get(..at).unwrap_or_default(), value);
            }
            None => self.binary = Some((line.to_owned(), Vec::new())),
        }
    }

    /// More bytes of a value that is framed by its length.
    fn binary(&mut self, more: &[u8]) {
        let Some((field, mut bytes)) = self.binary.take() else { return };
        bytes.extend_from_slice(more);
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
    }

    fn end_entry(&mut self, out: &mut Vec<u8>) {
        self.inside_entry = false;
        let begin = out.len();
        std::mem::take(&mut self.entry).write(out);
        if out.len() == begin {
            out.extend_from_slice(NOTHING);
            out.push(b'\n');
        }
        self.take_off_colours(begin, out);
    }

    /// The escapes of JSON hide colours, so that they are looked for in any case.
    fn take_off_colours(&mut self, begin: usize, out: &mut Vec<u8>) {
        let text = out.get(begin..).unwrap_or_default();
        if memchr::memchr(0x1b, text).is_some() {
            self.scratch.clear();
            without_colours(text, &mut self.scratch);
            out.truncate(begin);
            out.extend_from_slice(&self.scratch);
        }
    }
}

impl Wrap {
    fn is_json(self) -> bool {
        matches!(self.outer, Outer::DockerJson | Outer::JournalJson)
    }

    /// What is inside a line, and the time that the wrapper gives it.
    fn inside(self, line: &[u8]) -> (Option<Stamp>, Inside<'_>) {
        let found = match self.outer {
            Outer::Nothing | Outer::JournalExport => Some((None, Inside::Whole(line))),
            Outer::DockerJson => docker(line).map(|(log, at)| (at, Inside::Escaped(log))),
            Outer::Cri => cri(line).map(|(at, whole, text)| {
                // Where the lines were given ends of Windows, those inside a line are none.
                let part = text.strip_suffix(b"\r").unwrap_or(text);
                (Some(at), if whole { Inside::Whole(text) } else { Inside::Part(part) })
            }),
            Outer::Time => stamped(line).map(|(at, text)| (Some(at), Inside::Whole(text))),
            Outer::Compose => compose(line).map(|text| match timed(text) {
                Some((at, text)) => (Some(at), Inside::Whole(text)),
                None => (None, Inside::Whole(text)),
            }),
            Outer::JournalJson => Entry::of_json(line).map(|entry| (None, Inside::Entry(entry))),
        };
        found.unwrap_or((None, Inside::Bare))
    }
}

/// Appends what Docker took for a line; whether it ends there. Lines inside it, which Docker itself does not write,
/// are indented: they go on with the first.
fn unescape_log(log: &[u8], out: &mut Vec<u8>) -> bool {
    let begin = out.len();
    json::unescape(log, out);
    let text = out.get(begin..).unwrap_or_default();
    let whole = text.last() == Some(&b'\n');
    let inner = text.len() - usize::from(whole);
    if memchr::memchr(b'\n', text.get(..inner).unwrap_or_default()).is_some() {
        let text = text.to_owned();
        out.truncate(begin);
        indented(text.get(..inner).unwrap_or_default(), out);
        if whole {
            out.push(b'\n');
        }
    }
    whole
}

/// Appends lines, all but the first indented, as `journalctl -o short` shows them.
fn indented(text: &[u8], out: &mut Vec<u8>) {
    for (n, line) in text.split(|b| *b == b'\n').enumerate() {
        if n > 0 {
            out.extend_from_slice(b"\n ");
        }
        out.extend_from_slice(line);
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
                at = rfc3339_stamp(text).filter(|(_, rest)| rest.is_empty()).map(|(at, _)| at);
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
    // Tags are joined with colons; the first tells whether the line is whole. An editor may have taken off the blank
    // after which nothing stands.
    let (tags, text) = rest.split_at_checked(memchr::memchr(b' ', rest).unwrap_or(rest.len()))?;
    let text = text.strip_prefix(b" ").unwrap_or(text);
    match tags.split(|b| *b == b':').next()? {
        b"F" => Some((at, true, text)),
        b"P" => Some((at, false, text)),
        _ => None,
    }
}

/// `2026-11-22T14:03:07.123456789Z LINE`: more than six digits, as no syslog writes them.
fn timed(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let found = stamped(line)?;
    let digits = line.get(20..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    // Whole seconds stand before the lines of access logs themselves: `$time_iso8601 $remote_addr ...`.
    let divided = line.get(19) == Some(&b'.');
    // `kubectl` leaves out zeros at the end; what follows must then be no host and tag.
    (divided && (digits > 6 || crate::syslog::carrier(line).is_none())).then_some(found)
}

/// The same where it is known that times stand before lines.
fn stamped(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (at, rest) = rfc3339_stamp(line)?;
    // An editor may have taken off the blank after which nothing stands.
    Some((at, if rest.is_empty() { rest } else { rest.strip_prefix(b" ")? }))
}

/// `nginx-1  | LINE`.
fn compose(line: &[u8]) -> Option<&[u8]> {
    let start = line.get(..line.len().min(80))?;
    let Some(bar) = memchr::memmem::find(start, b" | ") else {
        // An editor may have taken off the blank after which nothing stands.
        let name = line.trim_ascii_end().strip_suffix(b" |")?;
        return is_service(name.trim_ascii_end()).then_some(b"");
    };
    let name = line.get(..bar)?.trim_ascii_end();
    is_service(name).then(|| line.get(bar + 3..))?
}

fn is_service(name: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() < 80 && name.iter().all(plain)
}

fn is_export(head: &[u8]) -> bool {
    let begins = head.starts_with(b"__CURSOR=") || head.starts_with(b"__REALTIME_TIMESTAMP=");
    begins
        && memchr::memmem::find(head, b"\n__REALTIME_TIMESTAMP=").is_some() | head.starts_with(b"__REALTIME")
}

#[cfg(test)]
mod tests;
