//! A last line without a newline: still being written, or cut by a full disk or a crash.
//!
//! It is read where its form proves that it is whole, as the last line of a file that somebody made by hand mostly
//! is; of a part of a line nothing is told, for a part of a host, of a number or of a message is a wrong one.

use logscan_catalogue::{Catalogue, Kind};
use logscan_parser::{AccessFormat, Body, Format, Frames, Record, Worker};
use memchr::memrchr;

/// Length of the last line where it has no newline and cannot be told to end the record that it goes on with: it may be
/// a part of a head. What stands before it are whole lines.
pub(crate) fn loose_end(bytes: &[u8], format: &Format, catalogue: &Catalogue) -> usize {
    let tail = memrchr(b'\n', bytes).map_or(bytes, |at| bytes.get(at + 1..).unwrap_or_default());
    if tail.is_empty() {
        return 0;
    }
    let last = Frames::of(bytes, format).last().filter(|frame| frame.lines > 1);
    let Some(record) = last.and_then(|frame| frame.record()) else { return 0 };
    let before = record.raw.len().checked_sub(tail.len()).and_then(|len| record.raw.get(..len));
    let named = catalogue.name(&record).and_then(|named| catalogue.kind(named.kind));
    let ends = match record.body {
        // The context list follows what was sent in several lines.
        Body::NginxError(_) => is_quoted(record.raw.trim_ascii_end()) && is_whole(&record, named, format),
        // What was done to a transaction stands at its end: without that, nothing is told of it.
        Body::Audit(_) => !before.is_some_and(is_last_section),
        // The reason why Apache did not start stands in a line of its own.
        Body::ApacheError(_) => before.is_some_and(|b| b.trim_ascii_end().ends_with(b":")),
        _ => false,
    };
    if ends { 0 } else { tail.len() }
}

/// Whether a record that ends without a newline is whole: its kind is known by more than its level, and
///
/// * an access line is of a format that ends in text of its own, which a line that was cut does not fit;
/// * a line of nginx tells the request, and it or what comes after it is closed by a quote;
/// * what a worker of php-fpm said is closed by a quote, and the line of its end has its last words;
/// * a transaction of ModSecurity has its last section, or its object is closed;
/// * a crash that the kernel tells of ends in the bracket behind the module or the processor, a message of systemd in
///   a full stop, one of lfd in the name of a setting in brackets, one of ModSecurity in the transaction's ID.
///
/// All others end in numbers, addresses and names, of which a part looks like another, or in words that may go on.
pub(crate) fn is_whole(record: &Record<'_>, kind: Option<&Kind>, format: &Format) -> bool {
    let raw = record.raw.trim_ascii_end();
    let by_text = kind.is_some_and(|k| !k.literals.is_empty() || k.regex.is_some());
    match &record.body {
        Body::Access(_) => format.access().iter().all(AccessFormat::ends_closed),
        Body::Audit(_) => raw.ends_with(b"}") || is_last_section(raw),
        Body::NginxError(error) => by_text && error.context.request.is_some() && is_quoted(raw),
        Body::Fpm(fpm) => {
            by_text
                && match fpm.worker() {
                    Some(Worker::Said { .. }) => is_quoted(raw),
                    _ => raw.ends_with(b" seconds from start"),
                }
        }
        Body::Kernel(kernel) => {
            by_text && kernel.crash().is_some() && matches!(raw.last(), Some(b']' | b')'))
        }
        Body::Systemd(_) => by_text && raw.ends_with(b"."),
        Body::Guard(_) => by_text && raw.ends_with(b"]"),
        Body::ApacheError(error) => {
            by_text && raw.ends_with(b"\"]") && error.modsecurity().is_some_and(|m| m.unique_id.is_some())
        }
        _ => false,
    }
}

/// Whether a text ends in a quote that is not the first of two.
fn is_quoted(raw: &[u8]) -> bool {
    raw.ends_with(b"\"") && !raw.ends_with(b": \"")
}

/// Whether a text ends in the mark after which a transaction of ModSecurity is over.
fn is_last_section(raw: &[u8]) -> bool {
    raw.trim_ascii_end().ends_with(b"-Z--")
}

#[cfg(test)]
mod tests;
