//! Where the context list begins.

use memchr::{memchr, memchr_iter, memrchr};

use super::context::{Name, bare_value, is_torn_key, next_key};
use super::{MAX_RECORD, message, stderr};
use crate::near::{Set, leading_address};

/// Splits what follows the head into text and context list.
///
/// The text may quote a path or a header with `, client: ` in it, so the list begins at the first place that
/// is outside quotes and where an address follows. A script's standard error is not counted so: there the list
/// begins after the closing quote and the action, as nginx writes them.
pub(super) fn split(body: &[u8], cut: bool) -> (&[u8], &[u8]) {
    let is_stderr = body.starts_with(stderr::PREFIX);
    let at = if is_stderr { after_stderr(body, cut) } else { list_start(body, cut) };
    let at = at.or_else(|| torn_start(body).filter(|_| cut));
    at.and_then(|at| body.split_at_checked(at)).unwrap_or((body, b""))
}

fn list_start(body: &[u8], cut: bool) -> Option<usize> {
    let mut likely = None;
    let mut possible = None;
    let mut quotes = 0usize;
    let mut counted = 0;
    for at in memchr_iter(b',', body) {
        let Some((text, rest)) = body.split_at_checked(at) else { break };
        if !begins_list(text, rest, cut) {
            continue;
        }
        quotes += quotes_in(body.get(counted..at).unwrap_or_default());
        counted = at;
        let sound = quotes == 0 || has_sound_server(rest);
        if sound && quotes.is_multiple_of(2) {
            return Some(at);
        }
        // A path may hold a single quote, and then all is the wrong way round.
        if sound && has_ended(text) {
            likely.get_or_insert(at);
        }
        possible.get_or_insert(at);
    }
    // A cut record may hold no list, but still the path that imitates one.
    likely.or_else(|| possible.filter(|_| !cut))
}

/// Counts the quotes in a part of a text: in most there is none.
fn quotes_in(text: &[u8]) -> usize {
    if memchr(b'"', text).is_none() { 0 } else { memchr_iter(b'"', text).count() }
}

fn begins_list(text: &[u8], rest: &[u8], cut: bool) -> bool {
    let Some((place, key, value)) = next_key(rest, 0) else { return false };
    match key.name {
        Name::Client => is_address(value, place + 1, cut),
        Name::Lua => is_lua_phase(value, cut),
        Name::Resolver | Name::Responder => true,
        // `send() failed ... while logging to syslog, server: ADDR` (`src/core/ngx_syslog.c`).
        Name::Server => text.ends_with(b" while logging to syslog"),
        _ => false,
    }
}

static OF_ADDRESS: Set = Set::of(b"0123456789abcdefABCDEF.:");

/// How many bytes at the beginning of a text are an address.
#[inline]
pub(super) fn address(text: &[u8]) -> Option<usize> {
    match leading_address(text) {
        // Nothing that is in other addresses goes on with it.
        Some(len) if text.get(len) == Some(&b',') => Some(len),
        _ => {
            let len = OF_ADDRESS.leading(text);
            text.get(..len)?.iter().any(|b| matches!(b, b'.' | b':')).then_some(len)
        }
    }
}

/// Whether an address, and after it the end or another key, begins here.
fn is_address(value: &[u8], order: usize, cut: bool) -> bool {
    let (value, quoted) = value.strip_prefix(b"\"").map_or((value, false), |v| (v, true));
    let len = match value.strip_prefix(b"unix:") {
        Some(_) => 5,
        None => OF_ADDRESS.leading(value),
    };
    let (address, next) = value.split_at_checked(len).unwrap_or((value, b""));
    if next.is_empty() && cut {
        return true;
    }
    let next = if quoted { next.strip_prefix(b"\"").unwrap_or(next) } else { next };
    let next = next.strip_prefix(b" using starttls").unwrap_or(next);
    // What nearly always follows is asked for first.
    let follows = next.is_empty()
        || next.starts_with(b", server: ")
        || next_key(next, order).is_some()
        || (cut && (is_torn_key(next, order) || b" using starttls".starts_with(next)));
    follows && address.iter().any(|b| matches!(b, b'.' | b':'))
}

/// `ngx.timer`, `init_worker_by_lua*`, `ssl_certificate_by_lua*` ... (`ngx_http_lua_util.c`).
fn is_lua_phase(value: &[u8], cut: bool) -> bool {
    let phases: [&[u8]; 6] = [
        b"ngx.timer",
        b"init_worker_by_lua*",
        b"ssl_certificate_by_lua*",
        b"ssl_client_hello_by_lua*",
        b"ssl_session_fetch_by_lua*",
        b"ssl_session_store_by_lua*",
    ];
    let ends = |rest: &[u8]| rest.is_empty() || rest.starts_with(b", ") || (cut && rest == b",");
    phases.iter().any(|p| value.strip_prefix(*p).is_some_and(ends) || (cut && p.starts_with(value)))
}

/// Whether the server of a list could be one: where the list is part of a quoted text, its server would run on
/// into what follows that text.
fn has_sound_server(list: &[u8]) -> bool {
    let list = list.get(..list.len().min(MAX_RECORD)).unwrap_or_default();
    let Some((client, _, value)) = next_key(list, 0) else { return false };
    match next_key(bare_value(value, client + 1).1, client + 1) {
        Some((place, key, value)) if key.name == Name::Server => {
            let server = bare_value(value, place + 1).0;
            memchr(b'"', server.strip_prefix(b"\"").unwrap_or(server)).is_none()
        }
        _ => true,
    }
}

/// Whether a text ends as nginx's texts mostly do: in an errno, a quoted value or an action.
fn has_ended(text: &[u8]) -> bool {
    matches!(text.last(), Some(b')' | b'"' | b']')) || message::action(text).is_some()
}

/// The list of a record that was cut inside its first key.
fn torn_start(body: &[u8]) -> Option<usize> {
    let at = memrchr(b',', body)?;
    let (text, rest) = body.split_at_checked(at)?;
    (is_torn_key(rest, 0) && has_ended(text)).then_some(at)
}

/// The list after a script's standard error: the first place where quote, action and address follow each
/// other; else, as nginx need not be doing anything, the last with quote and address.
fn after_stderr(body: &[u8], cut: bool) -> Option<usize> {
    let mut last = None;
    for at in memchr_iter(b',', body) {
        let Some((text, rest)) = body.split_at_checked(at) else { break };
        if !begins_list(text, rest, cut) {
            continue;
        }
        if message::action(text).is_some_and(|(before, _)| before.ends_with(b"\"")) {
            return Some(at);
        }
        if text.ends_with(b"\"") {
            last = Some(at);
        }
    }
    last
}
