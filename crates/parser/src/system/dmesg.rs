//! The kernel's ring buffer as `dmesg` prints it, and lines of the audit log.

use super::Kernel;
use crate::civil::Stamp;

/// Whether a line begins as one of dmesg does.
pub(crate) fn looks_like_head(_line: &[u8]) -> bool {
    false
}

/// Parses a line of dmesg, in any of its forms.
pub(crate) fn parse(_text: &[u8]) -> Option<(Stamp, Kernel<'_>)> {
    None
}
