//! ModSecurity's audit log, in its serial form and as JSON.

mod json;
mod serial;

use crate::civil::{Civil, Stamp, clock, fraction, month_number, number, two_digits};
use crate::record::Start;
use crate::syslog::numeric_offset;

/// A transaction in ModSecurity's audit log (version 2: `apache2/msc_logging.c`; version 3: `src/transaction.cc`).
///
/// Values of the JSON form are as written there, with its escapes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audit<'b> {
    /// The transaction: ModSecurity's lines in the error log have the same.
    pub unique_id: Option<&'b [u8]>,
    /// Address of the client.
    pub client: Option<&'b [u8]>,
    /// The first line of the request: `GET / HTTP/1.1`. Version 3 writes no such line as JSON: see `uri`.
    pub request: Option<&'b [u8]>,
    /// Method, where it stands by itself.
    pub method: Option<&'b [u8]>,
    /// Path and arguments, where they stand by themselves.
    pub uri: Option<&'b [u8]>,
    /// Host header.
    pub host: Option<&'b [u8]>,
    /// Status of the answer; 403 also where the connection was closed without one.
    pub status: Option<u16>,
    /// A rule kept the request from being served.
    pub intercepted: bool,
    /// The first message.
    pub message: &'b [u8],
    /// The part with the messages and what was done: section H, or what the JSON form has in its place.
    pub text: &'b [u8],
}

/// What a line begins, if it begins a transaction. `None` for any other line.
pub(crate) fn start(line: &[u8]) -> Option<Start> {
    if json::looks_like_head(line) {
        return Some(Start::Line);
    }
    serial::looks_like_head(line).then_some(Start::Untimed)
}

/// Parses a transaction.
pub(crate) fn parse(text: &[u8]) -> Option<(Option<Stamp>, Audit<'_>)> {
    if json::looks_like_head(text) {
        return json::parse(text);
    }
    if serial::looks_like_head(text) { serial::parse(text) } else { None }
}

/// `22/Nov/2026:14:03:07.123456 +0000`; version 3 writes no fraction.
fn stamp(text: &[u8]) -> Option<Stamp> {
    let (date, rest) = text.split_at_checked(12)?;
    let &[d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':'] = date else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let day = Civil::new(i64::from(year), month_number(&[m1, m2, m3])?, two_digits(d1, d2)?, 0, 0, 0)?;
    let (time, rest) = rest.split_at_checked(8)?;
    let seconds = day.seconds + clock(time)?;
    let (nanos, rest) = rest.strip_prefix(b".").and_then(fraction).unwrap_or((0, rest));
    let (_, offset) = numeric_offset(rest.strip_prefix(b" ")?).ok()?;
    Some(Stamp::Offset(Civil { seconds, nanos }, offset))
}

/// Three digits.
fn status(text: &[u8]) -> Option<u16> {
    text.get(..3).and_then(number).and_then(|n| u16::try_from(n).ok())
}

#[cfg(test)]
mod tests;
