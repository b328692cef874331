//! What part of a buffer can be handled at once.

use std::io::{self, Read};

use memchr::memrchr;

use crate::grammar::Grammar;
use crate::span::MAX_KEPT;

/// The bytes after the last newline.
pub(crate) fn last_line(bytes: &[u8]) -> &[u8] {
    memrchr(b'\n', bytes).and_then(|at| bytes.get(at + 1..)).unwrap_or(bytes)
}

/// What comes after the bytes in the buffer.
#[derive(Clone, Copy)]
pub(crate) struct Rest {
    /// Nothing.
    pub(crate) last: bool,
    /// Reading failed: a last line without a newline is only part of one.
    pub(crate) failed: bool,
}

/// How many of the bytes can be handled now: up to the last record that has a time, since lines that are still
/// to come may continue it.
pub(crate) fn whole(bytes: &[u8], rest: Rest, grammar: &Grammar) -> usize {
    if rest.last && !rest.failed {
        return bytes.len();
    }
    let lines = memrchr(b'\n', bytes).map_or(0, |at| at + 1);
    if rest.last {
        return lines;
    }
    if grammar.wrap.is_sequential() {
        // Entries end in an empty line.
        let end = memchr::memmem::rfind(bytes, b"\n\n").map_or(0, |at| at + 2);
        return if end == 0 && bytes.len() >= MAX_KEPT { lines } else { end };
    }
    let mut at = lines;
    while let Some(before) = at.checked_sub(1) {
        let begin = bytes.get(..before).and_then(|b| memrchr(b'\n', b)).map_or(0, |n| n + 1);
        let prior = begin.checked_sub(1).and_then(|end| bytes.get(..end));
        if let Some((prior, line)) = prior.map(last_line).zip(bytes.get(begin..before))
            && grammar.starts_timed(prior, line)
        {
            return begin;
        }
        at = begin;
    }
    // One record fills all: wait for its end as long as there is room.
    if bytes.len() < MAX_KEPT { 0 } else { lines }
}

/// Fills the buffer once; whether the end has come.
pub(crate) fn fill(reader: &mut dyn Read, buffer: &mut [u8], filled: &mut usize) -> io::Result<bool> {
    while let Some(room) = buffer.get_mut(*filled..).filter(|r| !r.is_empty()) {
        match reader.read(room) {
            Ok(0) => return Ok(true),
            Ok(n) => *filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(false)
}
