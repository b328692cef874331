//! Guards with a log of their own: Imunify360's console.log. lfd writes in syslog's form.

use crate::civil::Stamp;
use crate::level::Level;
use crate::system::Other;

/// Whether a line begins as one of Imunify360 does.
pub(crate) fn looks_like_head(_line: &[u8]) -> bool {
    false
}

/// Parses a record.
pub(crate) fn parse(_text: &[u8]) -> Option<(Stamp, Option<Level>, Other<'_>)> {
    None
}
