//! Apache's error log.

use crate::civil::Stamp;
use crate::level::Level;

/// A record of Apache's error log (`server/log.c: do_errorlog_default`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ApacheError<'b> {
    /// The level; `None` on lines without a head.
    pub level: Option<Level>,
    /// The number before `)TEXT: `: of the system, or one of APR's own (70007 is a time-out).
    pub errno: Option<u32>,
    /// All that follows the brackets of module, level and process: errno, client, message.
    pub text: &'b [u8],
}

/// Whether a line begins a record: with a time, or one that start-up prints without.
pub(crate) fn looks_like_head(_line: &[u8]) -> bool {
    false
}

/// Whether a line begins a record without a time.
pub(crate) fn is_startup(_line: &[u8]) -> bool {
    false
}

/// Parses a record; syslog carries it without its time.
pub(crate) fn parse(_text: &[u8]) -> Option<(Option<Stamp>, ApacheError<'_>)> {
    None
}
