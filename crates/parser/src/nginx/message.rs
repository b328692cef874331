//! Message, errno and action of a text.

use memchr::{memchr, memrchr, memrchr_iter};

use super::action;
use crate::near::{leading_number, near};

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
    let (message, action) = action(text).map_or((text, None), |(before, action)| (before, Some(action)));
    Parts { message, errno: errno(message), action }
}

/// The same for a text that is none of a script.
#[inline(always)]
pub(super) fn split_own(text: &[u8]) -> Parts<'_> {
    let (message, action) = action(text).map_or((text, None), |(before, action)| (before, Some(action)));
    Parts { message, errno: own_errno(message), action }
}

/// The same for a text that begins with what a script printed: what looks like an errno in it is none of nginx's.
pub(super) fn split_printed(text: &[u8]) -> Parts<'_> {
    let (message, action) = action(text).map_or((text, None), |(before, action)| (before, Some(action)));
    Parts { message, errno: None, action }
}

/// A line of level debug: nginx adds no action to it.
pub(super) fn without_action(text: &[u8]) -> Parts<'_> {
    Parts { message: text, errno: errno(text), action: None }
}

/// The action at the end of a text, and what is before its ` while `.
#[inline(always)]
pub(super) fn action(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match action::usual(text) {
        Some(len) => {
            let begin = text.len().checked_sub(len)?;
            Some((text.get(..begin.checked_sub(b" while ".len())?)?, text.get(begin..)?))
        }
        None => any_action(text),
    }
}

#[inline(never)]
fn any_action(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // The longest action has less than 128 bytes with its address; looking no further back keeps this cheap.
    let from = text.len().saturating_sub(160);
    // Few words of an action have a `w` in them.
    let begins = |at: &usize| {
        let before = at.checked_sub(1).filter(|before| *before >= from);
        before.and_then(|before| text.get(before..)).is_some_and(|rest| rest.starts_with(b" while "))
    };
    let at = memrchr_iter(b'w', text.get(from..)?).map(|at| from + at).find(begins)? - 1;
    let action = text.get(at + 7..)?;
    if action::known(action) { Some((text.get(..at)?, action)) } else { None }
}

/// The last ` (NUMBER: TEXT)`. Only a configuration's file, or an action that is none of nginx's or was cut,
/// stands between it and the end.
fn errno(message: &[u8]) -> Option<u32> {
    // What a script prints may look like an errno; nginx writes none with it.
    if message.starts_with(super::stderr::PREFIX) {
        return None;
    }
    own_errno(message)
}

#[inline]
fn own_errno(message: &[u8]) -> Option<u32> {
    usual_errno(message).or_else(|| any_errno(message))
}

/// The errno that a message ends in, if it is one of those that are met most, in the words of most C libraries.
#[inline(always)]
fn usual_errno(message: &[u8]) -> Option<u32> {
    const fn word(bytes: &[u8; 8]) -> u64 {
        u64::from_le_bytes(*bytes)
    }
    const TIMED_OUT: u64 = word(b"med out)");
    const RESET: u64 = word(b"by peer)");
    const REFUSED: u64 = word(b"refused)");
    const NO_FILE: u64 = word(b"rectory)");
    const DENIED: u64 = word(b" denied)");
    const PIPE: u64 = word(b"en pipe)");
    // Compared with what is known when this is compiled, an end costs next to nothing.
    #[inline(always)]
    fn is<const N: usize>(message: &[u8], end: &[u8; N], errno: u32) -> Option<u32> {
        (message.last_chunk::<N>()? == end).then_some(errno)
    }
    match word(message.last_chunk()?) {
        TIMED_OUT => is(message, b" (110: Connection timed out)", 110),
        RESET => is(message, b" (104: Connection reset by peer)", 104),
        REFUSED => is(message, b" (111: Connection refused)", 111),
        NO_FILE => is(message, b" (2: No such file or directory)", 2),
        DENIED => is(message, b" (13: Permission denied)", 13),
        PIPE => is(message, b" (32: Broken pipe)", 32),
        _ => None,
    }
}

#[inline(never)]
fn any_errno(message: &[u8]) -> Option<u32> {
    let last = memrchr(b'(', message)?;
    errno_at(message, last).or_else(|| {
        let before = memrchr_iter(b'(', message.get(..last)?);
        before.take(7).find_map(|open| errno_at(message, open))
    })
}

/// The errno in brackets that open here.
#[inline]
fn errno_at(message: &[u8], open: usize) -> Option<u32> {
    let (before, inner) = (message.get(..open)?, message.get(open + 1..)?);
    if before.last() != Some(&b' ') {
        return None;
    }
    let (errno, len) = leading_number(inner)?;
    let words = inner.get(len..)?.strip_prefix(b": ")?;
    let close = near(b')', words)?;
    if !can_follow(words.get(close + 1..)?) {
        return None;
    }
    u32::try_from(errno).ok()
}

#[inline]
fn can_follow(rest: &[u8]) -> bool {
    if rest.is_empty() {
        return true;
    }
    let marks: [&[u8]; 2] = [b" in ", b" while "];
    // A quote would be the end of something that a client sent.
    marks.iter().any(|mark| rest.starts_with(mark) || mark.starts_with(rest)) && memchr(b'"', rest).is_none()
}
