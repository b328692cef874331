//! Records: one or more lines with their parsed form, and where each begins.

use memchr::memchr;

use crate::civil::Stamp;
use crate::fpm::{self, Fpm, FpmAccess, FpmSlow};
use crate::level::Level;
use crate::nginx::{self, NginxError};
use crate::source::Source;
use crate::syslog::{Carrier, carrier};

/// A record, borrowed from the bytes it was read from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Record<'b> {
    /// The record's bytes: all its lines without the newline of the last.
    pub raw: &'b [u8],
    /// Its time as written; `None` where the program writes none (start-up lines of nginx, undecorated output).
    pub at: Option<Stamp>,
    /// The syslog prefix that stood before it.
    pub carrier: Option<Carrier<'b>>,
    /// What it says.
    pub body: Body<'b>,
}

/// The kinds of records.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
// A body lives on the stack and is never moved far: boxing the large one would cost an allocation a line.
#[allow(clippy::large_enum_variant)]
pub enum Body<'b> {
    /// nginx's error log.
    NginxError(NginxError<'b>),
    /// php-fpm's error log.
    Fpm(Fpm<'b>),
    /// A pool's slow log.
    FpmSlow(FpmSlow<'b>),
    /// A pool's access log.
    FpmAccess(FpmAccess<'b>),
}

/// What a line is to the record before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// It begins a record that has a time.
    Timed,
    /// It begins a record without a time of its own.
    Untimed,
    /// It goes on with the record before it, if there is one.
    Continuation,
    /// It is a line of something else: another program's syslog line, PHP's own log, zeros left by a crash.
    Foreign,
}

/// Tells what a line (without its newline) is to the record before it.
pub fn start(line: &[u8]) -> Start {
    if nginx::looks_like_head(line) || fpm::looks_like_head(line) {
        return Start::Timed;
    }
    match line.first() {
        // Most continuations are stack frames, indented text or empty.
        None | Some(b'#' | b' ' | b'\t' | b'\r') => Start::Continuation,
        _ => slow_start(line),
    }
}

#[cold]
fn slow_start(line: &[u8]) -> Start {
    let clean = without_junk(line);
    if trimmed(clean).is_empty() || fpm::is_phps_own(clean) {
        return Start::Foreign;
    }
    if nginx::looks_like_head(clean) || fpm::looks_like_head(clean) {
        return Start::Timed;
    }
    if clean.starts_with(b"nginx: ") || clean.starts_with(b"angie: ") || fpm::undecorated(clean).is_some() {
        return Start::Untimed;
    }
    match carrier(clean) {
        Some((c, inner)) => {
            if carried(c.tag, inner).is_some() {
                Start::Timed
            } else {
                Start::Foreign
            }
        }
        None if FpmAccess::parse(clean).is_some() => Start::Timed,
        None => Start::Continuation,
    }
}

/// Takes off what is no part of a line: a byte order mark, and the zeros that a crash of the machine leaves
/// where a block was allocated but never written.
fn without_junk(line: &[u8]) -> &[u8] {
    let zeros = line.iter().take_while(|b| **b == 0).count();
    let line = line.get(zeros..).unwrap_or_default();
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

impl<'b> Record<'b> {
    /// Parses the bytes of one record: its first line must be one that [`start`] calls a beginning, or a line
    /// from the inside of a slow-log block. `None` where no grammar fits.
    pub fn parse(raw: &'b [u8]) -> Option<Record<'b>> {
        let text = trimmed(without_junk(raw));
        if let Some((at, body)) = nginx_body(text) {
            return Some(Record { raw, at, carrier: None, body });
        }
        if text.first() == Some(&b'[')
            && let Some(stamped) = fpm::stamped(text)
        {
            let body = fpm::decorated(stamped.rest).map(Body::Fpm).or_else(|| slow_block(stamped.rest))?;
            return Some(Record { raw, at: Some(stamped.at), carrier: None, body });
        }
        if let Some((c, inner)) = carrier(text) {
            let (at, body) = carried(c.tag, inner)?;
            return Some(Record { raw, at: at.or(Some(c.at)), carrier: Some(c), body });
        }
        let (at, body) = bare(text)?;
        Some(Record { raw, at, carrier: None, body })
    }

    /// The log that such a record is written to.
    pub fn source(&self) -> Source {
        match self.body {
            Body::NginxError(_) => Source::NginxError,
            Body::Fpm(_) | Body::FpmAccess(_) => Source::PhpFpm,
            Body::FpmSlow(_) => Source::PhpSlow,
        }
    }

    /// The level it was written at.
    pub fn level(&self) -> Option<Level> {
        match &self.body {
            Body::NginxError(e) => e.level,
            Body::Fpm(f) => f.level,
            Body::FpmSlow(_) | Body::FpmAccess(_) => None,
        }
    }

    /// The message with what belongs to it, without head and context list: what a rule looks at.
    pub fn text(&self) -> &'b [u8] {
        match &self.body {
            Body::NginxError(e) => e.text,
            Body::Fpm(f) => f.text,
            Body::FpmSlow(s) => s.text,
            Body::FpmAccess(a) => a.text,
        }
    }
}

/// Without a carriage return at the end, and without the empty lines that may follow a record.
fn trimmed(raw: &[u8]) -> &[u8] {
    let ends = raw.iter().rev().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    raw.get(..raw.len() - ends).unwrap_or(raw)
}

fn nginx_body(text: &[u8]) -> Option<(Option<Stamp>, Body<'_>)> {
    let head = nginx::head(text)?;
    Some((head.at, Body::NginxError(NginxError::parse_body(head, text.len()))))
}

fn slow_block(rest: &[u8]) -> Option<Body<'_>> {
    let end = memchr(b'\n', rest).unwrap_or(rest.len());
    let (first, body) = rest.split_at_checked(end)?;
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    fpm::slow_block(trimmed(first), body).map(Body::FpmSlow)
}

/// The record inside a syslog line, told by its text: tags can be set freely.
fn carried<'b>(tag: &[u8], inner: &'b [u8]) -> Option<(Option<Stamp>, Body<'b>)> {
    if let Some(nginx) = nginx_body(inner) {
        return Some(nginx);
    }
    if fpm::looks_like_head(inner) {
        let stamped = fpm::stamped(inner)?;
        return Some((Some(stamped.at), Body::Fpm(fpm::decorated(stamped.rest)?)));
    }
    if memchr::memmem::find(tag, b"php").is_some() || memchr::memmem::find(tag, b"fpm").is_some() {
        return fpm::syslogged(inner).map(|f| (None, Body::Fpm(f)));
    }
    None
}

fn bare(text: &[u8]) -> Option<(Option<Stamp>, Body<'_>)> {
    if let Some(f) = fpm::undecorated(text) {
        return Some((None, Body::Fpm(f)));
    }
    let end = memchr(b'\n', text).unwrap_or(text.len());
    let (first, body) = text.split_at_checked(end)?;
    if fpm::is_slow_orphan(first) {
        let body = body.strip_prefix(b"\n").unwrap_or(body);
        return Some((None, Body::FpmSlow(FpmSlow { pool: None, pid: None, text: trimmed(first), body })));
    }
    // What follows an access line belongs to it no more than to anything else, but it must not spoil it.
    FpmAccess::parse(first).map(|(at, a)| (Some(at), Body::FpmAccess(a)))
}
