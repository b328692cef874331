//! The form of most records, `TEXT, client: ADDRESS, server: NAME...`, read from one end to the other.
//!
//! What is read so is what [`list::split`](super::list::split), [`message::split`](super::message::split) and
//! [`Context::read`](super::Context::read) find; what has any other form is left to them.

use memchr::memchr;

use super::context::next_key;
use super::list::address;
use super::{Context, NginxError, message, stderr};
use crate::near::is_odd;

/// Reads what follows the head of a record that is not cut. `None` if it has another form: then the error is half
/// written.
#[inline]
pub(super) fn read<'b>(error: &mut NginxError<'b>, body: &'b [u8]) -> Option<()> {
    let list = list(body)?;
    let text = list.map_or(body, |list| list.text);
    let parts = if text.starts_with(stderr::PREFIX) {
        let parts = message::split_printed(text);
        // The list follows the closing quote and an action.
        if list.is_some() && (parts.action.is_none() || parts.message.last() != Some(&b'"')) {
            return None;
        }
        parts
    } else {
        // Of the list, the client and more than sixteen bytes have been read: there is no quote among them.
        if list.is_some() && is_odd(b'"', body.as_chunks::<16>().0.get(..text.len().div_ceil(16))?) {
            return None;
        }
        message::split_own(text)
    };
    error.text = text;
    error.message = parts.message;
    error.errno = parts.errno;
    error.action = parts.action;
    error.context = Context::default();
    match list {
        Some(list) => {
            error.context.client = Some(list.client);
            error.context.read_from_server(list.server)
        }
        None => Some(()),
    }
}

#[derive(Clone, Copy)]
struct List<'b> {
    /// What is before it.
    text: &'b [u8],
    client: &'b [u8],
    /// What follows the key of the server.
    server: &'b [u8],
}

/// The list of a body, if it has one. `None` if another list could begin in it.
#[inline(always)]
fn list(body: &[u8]) -> Option<Option<List<'_>>> {
    let mut from = 0;
    while let Some(at) = memchr(b',', body.get(from..)?) {
        let (text, rest) = body.split_at_checked(from + at)?;
        if let Some(value) = rest.strip_prefix(b", client: ") {
            let (client, rest) = value.split_at_checked(address(value)?)?;
            let server = rest.strip_prefix(b", server: ")?;
            return Some(Some(List { text, client, server }));
        }
        // Only what has the look of a key could begin another list.
        if matches!(rest.get(2), Some(b'c' | b'u' | b'r' | b's')) && next_key(rest, 0).is_some() {
            return None;
        }
        from += at + 1;
    }
    Some(None)
}
