//! What Apache and apachectl print to standard error without a head, before a log is open.

use memchr::{memchr, memmem};

use super::message;

/// Whether a line begins a record without a time.
pub(crate) fn is_startup(line: &[u8]) -> bool {
    match line.first() {
        Some(b'A') => numbered(line) || failed_action(line),
        // `(98)Address already in use: AH00072: make_sock: ...`.
        Some(b'(') => after_errno(line).is_some_and(numbered),
        // `apache2: Syntax error on line 15 of ...` (`server/main.c: main`).
        Some(b'a') => line.starts_with(b"apache2: "),
        Some(b'h') => line.starts_with(b"httpd: "),
        // `server/mpm/event/event.c: event_open_logs`, without a number.
        Some(b'n') => line.starts_with(b"no listening sockets available, shutting down"),
        _ => false,
    }
}

/// Whether a line is the reason that follows `Syntax error on line 12 of FILE:`, where that line is missing.
pub(crate) fn is_reason(line: &[u8]) -> bool {
    let begins: [&[u8]; 4] = [
        b"Invalid command '",
        b"SSLCertificateFile: file '",
        b"SSLCertificateKeyFile: file '",
        b"DocumentRoot '",
    ];
    begins.iter().any(|b| line.starts_with(b))
}

fn numbered(line: &[u8]) -> bool {
    message::code(line).is_some()
}

/// `Action 'start' failed.` of apachectl.
fn failed_action(line: &[u8]) -> bool {
    let end = memchr(b'\n', line).unwrap_or(line.len());
    line.starts_with(b"Action '")
        && line.get(..end).is_some_and(|l| l.trim_ascii_end().ends_with(b"' failed."))
}

fn after_errno(line: &[u8]) -> Option<&[u8]> {
    let start = line.get(..line.len().min(200))?;
    line.get(memmem::find(start, b": ")? + 2..)
}
