//! Entries of the journal, as lines of syslog.

use crate::civil::{Civil, number};
use crate::json::{self, Members, Value};

use super::{MAX_ENTRY, indented};

/// Fields of an entry of the journal.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
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
    pub(super) fn of_json(line: &[u8]) -> Option<Entry> {
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

    pub(super) fn field(&mut self, name: &[u8], value: &[u8]) {
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
    /// of the message are indented.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
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
        indented(self.message.strip_suffix(b"\n").unwrap_or(&self.message), out);
        out.push(b'\n');
    }
}

/// Bytes of an array of numbers, or of the first text or array of an array. Nesting is bounded where it is parsed.
fn bytes_of(array: &[u8], out: &mut Vec<u8>) {
    for element in json::elements(array) {
        match element {
            Value::Bare(digits) => out.extend(number(digits).and_then(|n| u8::try_from(n).ok())),
            Value::Text(inner) => return json::unescape(inner, out),
            // A field that the entry has several times: the first counts.
            Value::Nested(inner) => return bytes_of(inner, out),
        }
    }
}

/// A name without what would end it in a line of syslog.
fn word(name: &[u8], instead: &[u8], out: &mut Vec<u8>) {
    let name = if name.is_empty() { instead } else { name };
    let plain = |b: &u8| if *b > b' ' && *b != b':' && *b != 0x7f { *b } else { b'_' };
    out.extend(name.iter().map(plain));
}
