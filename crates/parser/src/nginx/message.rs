//! Message, errno and action of a text.

use memchr::{memchr, memmem, memrchr_iter};

use super::action;
use crate::civil::number;

/// The parts of a text.
pub(super) struct Parts<'b> {
    pub(super) message: &'b [u8],
    pub(super) errno: Option<u32>,
    pub(super) action: Option<&'b [u8]>,
}

/// Splits `MESSAGE (ERRNO: TEXT) while ACTION` from its end.
///
/// Messages may hold ` while ` themselves (`rewrite or internal redirection cycle while processing "..."`), so
/// the last one counts, and only where an action of nginx follows.
pub(super) fn split(text: &[u8]) -> Parts<'_> {
    let (before, action) = match last_while(text) {
        Some((before, action)) if action::known(action) => (before, Some(action)),
        _ => (text, None),
    };
    // What a script prints may look like an errno; nginx writes none with it.
    if before.starts_with(super::stderr::PREFIX) {
        return Parts { message: before, errno: None, action };
    }
    Parts { message: before, errno: last_errno(before), action }
}

fn last_while(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // The longest action has less than 128 bytes with its address; looking no further back keeps this cheap.
    let from = text.len().saturating_sub(160);
    let at = from + memmem::rfind(text.get(from..)?, b" while ")?;
    Some((text.get(..at)?, text.get(at + 7..)?))
}

/// The last ` (NUMBER: TEXT)`, which is at the end but for ` in FILE:LINE` of configuration errors.
fn last_errno(text: &[u8]) -> Option<u32> {
    if !text.ends_with(b")") && memmem::find(text, b") ").is_none() {
        return None;
    }
    memrchr_iter(b'(', text).take(4).find_map(|open| {
        let inner = text.get(open + 1..)?;
        let colon = memchr(b':', inner.get(..inner.len().min(6))?)?;
        let errno = number(inner.get(..colon)?)?;
        let after = inner.get(colon + 1..)?;
        let blank = open.checked_sub(1).and_then(|at| text.get(at));
        (blank == Some(&b' ') && after.starts_with(b" ") && memchr(b')', after).is_some())
            .then(|| u32::try_from(errno).ok())?
    })
}
