//! fail2ban's log.

use crate::civil::Stamp;
use crate::level::Level;

/// A record of fail2ban's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fail2ban<'b> {
    /// The level.
    pub level: Option<Level>,
    /// All that follows the level: `[jail] Ban 192.0.2.1`.
    pub text: &'b [u8],
}

/// Whether a line begins as one of fail2ban does.
pub(crate) fn looks_like_head(_line: &[u8]) -> bool {
    false
}

/// Parses a record of the file, or (with a tag `fail2ban...`) what syslog carries.
pub(crate) fn parse(_text: &[u8]) -> Option<(Option<Stamp>, Fail2ban<'_>)> {
    None
}
