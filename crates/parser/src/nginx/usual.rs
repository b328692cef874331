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
    let (at, client, server) = list(body)?;
    let text = body.get(..at)?;
    let parts = if text.starts_with(stderr::PREFIX) {
        // The list follows the closing quote and an action.
        let parts = message::split_printed(text);
        if parts.action.is_none() || !parts.message.ends_with(b"\"") {
            return None;
        }
        parts
    } else {
        // Of the list, the client and more than sixteen bytes have been read: there is no quote among them.
        if is_odd(b'"', body.as_chunks::<16>().0.get(..at.div_ceil(16))?) {
            return None;
        }
        message::split(text)
    };
    error.text = text;
    error.message = parts.message;
    error.errno = parts.errno;
    error.action = parts.action;
    error.context = Context::default();
    error.context.client = Some(client);
    error.context.read_from_server(server)
}

/// Where the list begins, the client, and what follows the key of the server.
#[inline]
fn list(body: &[u8]) -> Option<(usize, &[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + memchr(b',', body.get(from..)?)?;
        let rest = body.get(at..)?;
        if let Some(value) = rest.strip_prefix(b", client: ")
            && let Some((client, rest)) = value.split_at_checked(address(value)?)
            && let Some(server) = rest.strip_prefix(b", server: ")
        {
            return Some((at, client, server));
        }
        // Only what has the look of a key could begin another list.
        if matches!(rest.get(2), Some(b'c' | b'u' | b'r' | b's')) && next_key(rest, 0).is_some() {
            return None;
        }
        from = at + 1;
    }
}
