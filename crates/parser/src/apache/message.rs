//! What follows the head: source line, errno, client, message, referer.

use memchr::memmem;

use super::head::Head;
use super::{Peer, SourceLine};
use crate::civil::number;

/// The parts of what follows the head.
pub(super) struct Parts<'b> {
    pub(super) origin: Option<SourceLine<'b>>,
    pub(super) errno: Option<(u32, &'b [u8])>,
    pub(super) client: Option<Peer<'b>>,
    pub(super) remote: Option<Peer<'b>>,
    pub(super) text: &'b [u8],
    pub(super) message: &'b [u8],
    pub(super) referer: Option<&'b [u8]>,
}

pub(super) fn split<'b>(head: &Head<'b>) -> Parts<'b> {
    let (origin, all) = source_line(head.rest).map_or((None, head.rest), |(o, rest)| (Some(o), rest));
    let mut errno = errno(all);
    let mut rest = errno.map_or(all, |(_, _, rest)| rest);
    let (mut client, mut remote) = (None, None);
    if let Some((peer, after)) = peer(rest, b"[client ", head.new) {
        (client, rest) = (Some(peer), after);
    } else if let Some((peer, after)) = peer(rest, b"[remote ", head.new) {
        (remote, rest) = (Some(peer), after);
    }
    // 2.2 writes the client first.
    if errno.is_none() && client.is_some() {
        errno = self::errno(rest);
        rest = errno.map_or(rest, |(_, _, rest)| rest);
    }
    // ModSecurity names the client once more.
    if let Some((_, after)) =
        peer(rest, b"[client ", head.new).filter(|(_, r)| r.starts_with(b"ModSecurity: "))
    {
        rest = after;
    }
    let (message, referer) = if head.level.is_some() { referer(rest) } else { (rest, None) };
    let text = all.get(..all.len() - (rest.len() - message.len())).unwrap_or(all);
    Parts {
        origin,
        errno: errno.map(|(number, words, _)| (number, words)),
        client,
        remote,
        text,
        message,
        referer,
    }
}

/// `mod_proxy_fcgi.c(1032): `.
fn source_line(text: &[u8]) -> Option<(SourceLine<'_>, &[u8])> {
    let of_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let len = text.iter().take(64).take_while(of_name).count();
    let (file, rest) = text.split_at_checked(len)?;
    if !(file.ends_with(b".c") || file.ends_with(b".cc") || file.ends_with(b".cpp")) {
        return None;
    }
    let rest = rest.strip_prefix(b"(")?;
    let close = rest.iter().take(8).position(|b| *b == b')')?;
    let line = u32::try_from(number(rest.get(..close)?)?).ok()?;
    Some((SourceLine { file, line }, rest.get(close + 1..)?.strip_prefix(b": ")?))
}

/// `(104)Connection reset by peer: ` (`server/log.c: log_apr_status`).
fn errno(text: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let inner = text.strip_prefix(b"(")?;
    let close = inner.iter().take(16).position(|b| *b == b')')?;
    let digits = inner.get(..close)?;
    // Numbers of the resolver and of other systems have a range of their own in APR.
    let (digits, base) = match (digits.strip_prefix(b"EAI "), digits.strip_prefix(b"OS ")) {
        (Some(digits), _) => (digits, 670_000),
        (_, Some(digits)) => (digits, 720_000),
        _ => (digits, 0),
    };
    let number = u32::try_from(number(digits)? + base).ok()?;
    let rest = inner.get(close + 1..)?;
    // The longest text of APR has about 90 bytes.
    let end = memmem::find(rest.get(..rest.len().min(160))?, b": ")?;
    Some((number, rest.get(..end)?, rest.get(end + 2..)?))
}

/// `[client 192.0.2.7:41022] `. IPv6 addresses stand without brackets, so that only the last colon is of the port.
fn peer<'b>(text: &'b [u8], open: &[u8], new: bool) -> Option<(Peer<'b>, &'b [u8])> {
    let inner = text.strip_prefix(open)?;
    let close = inner.iter().take(100).position(|b| *b == b']')?;
    let (whole, rest) = (inner.get(..close)?, inner.get(close + 1..)?);
    let rest = if rest.is_empty() { rest } else { rest.strip_prefix(b" ")? };
    let with_port = || {
        let colon = memchr::memrchr(b':', whole)?;
        let (address, digits) = (whole.get(..colon)?, whole.get(colon + 1..)?);
        // 2.2 writes the address alone, and its last group may look like a port.
        let sure = new || digits.len() > 4 || memchr::memchr(b':', address).is_none();
        let port = u16::try_from(number(digits)?).ok()?;
        (sure && !address.is_empty() && !address.ends_with(b":"))
            .then_some(Peer { address, port: Some(port) })
    };
    Some((with_port().unwrap_or(Peer { address: whole, port: None }), rest))
}

/// Takes `, referer: URL` off the end.
///
/// A client chooses the header, so the first mark counts: what it puts there never gets into the message. A
/// script's standard error may hold the mark itself; the referer then follows the closing quote.
fn referer(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let found = if text.starts_with(b"AH01071: Got error '") {
        memmem::rfind(text, b"', referer: ").map(|at| at + 1)
    } else {
        memmem::find(text, b", referer: ")
    };
    let split = found.and_then(|at| Some((text.get(..at)?, text.get(at + 11..)?)));
    split.map_or((text, None), |(message, referer)| (message, Some(referer)))
}

/// `AH01075` of `AH01075: ...`; numbers have five digits.
pub(super) fn code(message: &[u8]) -> Option<&[u8]> {
    let (code, rest) = message.split_at_checked(7)?;
    let digits = code.strip_prefix(b"AH")?;
    (digits.iter().all(u8::is_ascii_digit) && rest.starts_with(b": ")).then_some(code)
}
