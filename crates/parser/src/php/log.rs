//! The log of PHP itself: `error_log` of php.ini.
//!
//! A record is written by `main/main.c: php_log_err_with_severity`: `[22-Nov-2026 14:03:07 ZONE] MESSAGE`, the
//! message with all its line breaks. OPcache writes in a form of its own.

use super::PhpMessage;
use crate::civil::Stamp;

/// A record of PHP's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhpError<'b> {
    /// Process id, where OPcache writes it.
    pub pid: Option<u32>,
    /// All that follows the head, stack trace included.
    pub text: &'b [u8],
}

impl<'b> PhpError<'b> {
    /// The message with its kind.
    pub fn message(&self) -> PhpMessage<'b> {
        PhpMessage::parse(self.text)
    }
}

/// A record with its time and the zone that it names.
pub(crate) struct Logged<'b> {
    pub(crate) at: Option<Stamp>,
    pub(crate) zone: Option<&'b [u8]>,
    pub(crate) body: PhpError<'b>,
}

/// Whether a line begins as a record of PHP's log does.
pub(crate) fn looks_like_head(_line: &[u8]) -> bool {
    false
}

/// Whether a line is of the inside of a record, so that without its head it is still worth one.
pub(crate) fn is_orphan(_line: &[u8]) -> bool {
    false
}

/// Parses a record, or an orphan.
pub(crate) fn parse(_text: &[u8]) -> Option<Logged<'_>> {
    None
}
