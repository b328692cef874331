//! How far a value reaches, by its own grammar.

use super::clock::Parts;
use super::element::Kind;
use super::template::Step;

/// A byte of a name or address with port.
#[inline]
pub(super) const fn name(b: u8) -> bool {
    // Names in other scripts are written raw with `escape=json`.
    b.is_ascii_alphanumeric()
        || b >= 0x80
        || matches!(b, b'-' | b'_' | b'.' | b':' | b'[' | b']' | b'%' | b'*')
}

/// A byte of what a client may name as the host (`src/http/ngx_http_request.c: ngx_http_validate_host`), save
/// those that divide columns.
#[inline]
pub(super) const fn host(b: u8) -> bool {
    word(b) && !matches!(b, b'/' | b'|' | b',' | b';' | b'#')
}

/// A byte of an address; Apache may write a name in its place.
#[inline]
pub(super) const fn address(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-' | b'_' | b'%')
}

/// A byte of what an upstream is called, `unix:` paths too.
#[inline]
pub(super) const fn upstream(b: u8) -> bool {
    name(b) || matches!(b, b'/' | b'@' | b'+' | b'~' | b'=')
}

/// The length of a host that a path follows, or as many dashes where the path is missing: the dash could be the
/// host's own.
pub(super) fn before_path(text: &[u8], dashes: usize) -> usize {
    let len = run(host, text);
    if text.get(len) == Some(&b'/') {
        return len;
    }
    let there =
        text.get(..len).unwrap_or_default().iter().rev().take(dashes).take_while(|b| **b == b'-').count();
    len - there
}

/// What is no blank and no quote.
#[inline]
pub(super) const fn word(b: u8) -> bool {
    b > b' ' && b != b'"' && b != 0x7f
}

/// The number of such bytes at the start.
#[inline]
pub(super) fn run(of: impl Fn(u8) -> bool, text: &[u8]) -> usize {
    text.iter().take_while(|b| of(**b)).count()
}

#[inline]
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// The longest value at the start of the text; 0 where none stands there, which may be meant.
#[inline]
pub(super) fn value(step: &Step, text: &[u8]) -> Option<usize> {
    let len = match step.kind {
        Kind::Status => match text {
            [a, b, c, ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => 3,
            _ => 0,
        },
        Kind::Number => match text {
            [b'-', rest @ ..] => 1 + digits(rest),
            _ => digits(text),
        },
        Kind::Seconds => seconds(text),
        Kind::TimeLocal => time_local(text),
        Kind::TimeIso => run(time_iso, text),
        Kind::Clock => step.clock.as_ref()?.read(text, &mut Parts::default())?,
        Kind::Protocol => match text {
            [b'H', b'T', b'T', b'P', b'/', rest @ ..] => {
                5 + rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count()
            }
            _ => 0,
        },
        Kind::IsArgs => usize::from(text.starts_with(b"?")),
        Kind::Statuses | Kind::Times | Kind::Numbers | Kind::Addresses => list(step.kind, text),
        Kind::Word => run(word, text),
        Kind::Host | Kind::HostHeader => run(host, text),
        Kind::Address => run(address, text),
        Kind::Text => return None,
    };
    Some(if len == 0 { usize::from(matches!(text, [b'-', ..])) } else { len })
}

fn seconds(text: &[u8]) -> usize {
    let whole = digits(text);
    match text.get(whole..) {
        Some([b'.', rest @ ..]) if whole > 0 && digits(rest) > 0 => whole + 1 + digits(rest),
        _ => whole,
    }
}

fn time_local(text: &[u8]) -> usize {
    if text.first_chunk().is_some_and(is_time_local) { 26 } else { 0 }
}

/// Whether it has the form of `22/Nov/2026:14:03:07 +0000`.
#[inline]
pub(super) fn is_time_local(text: &[u8; 26]) -> bool {
    matches!(text, [_, _, b'/', _, _, _, b'/', _, _, _, _, b':', .., b'+' | b'-', _, _, _, _])
}

/// A byte of `2026-11-22T14:03:07+00:00`.
#[inline]
pub(super) fn time_iso(b: u8) -> bool {
    b.is_ascii_digit() || matches!(b, b'T' | b':' | b'.' | b'+' | b'-' | b'Z')
}

fn list(kind: Kind, text: &[u8]) -> usize {
    let Some(mut len) = element(kind, text) else { return 0 };
    while let Some(rest) = text.get(len..) {
        let colon = matches!(rest, [b' ', b':', b' ', ..]);
        if !colon && !matches!(rest, [b',', b' ', ..]) {
            break;
        }
        let gap = if colon { 3 } else { 2 };
        let after = rest.get(gap..).unwrap_or_default();
        match element(kind, after) {
            Some(next) => len += gap + next,
            // Where the last try met no server nginx ends the list in the colon.
            None if colon => return len + gap,
            None => break,
        }
    }
    len
}

/// Where the last element of a list begins to be divided from those before.
pub(super) fn shorter(list: &[u8]) -> Option<usize> {
    let at = memchr::memmem::rfind(list, b", ");
    at.max(memchr::memmem::rfind(list, b" : "))
}

fn element(kind: Kind, text: &[u8]) -> Option<usize> {
    let len = match kind {
        Kind::Addresses => return Some(run(upstream, text)).filter(|n| *n > 0),
        Kind::Statuses => digits(text),
        Kind::Numbers => digits(text),
        // A span of time has a fraction; what has none belongs to what follows.
        _ => match seconds(text) {
            len if text.get(..len).is_some_and(|t| t.contains(&b'.')) => len,
            0 => 0,
            _ => return None,
        },
    };
    let len = if len == 0 && text.starts_with(b"-") { 1 } else { len };
    let sound = len > 0 && !(kind == Kind::Statuses && len > 3);
    let ends = !text.get(len).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.');
    (sound && ends).then_some(len)
}

/// The first `"` that is not escaped, or the end.
#[inline]
pub(super) fn quote(text: &[u8], backslash: bool) -> usize {
    if !backslash {
        return memchr::memchr(b'"', text).unwrap_or(text.len());
    }
    unescaped(b'"', text)
}

/// The first such byte before which no backslash stands that counts, or the end.
pub(super) fn unescaped(byte: u8, text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(found) = memchr::memchr2(byte, b'\\', rest) else { break };
        if rest.get(found) == Some(&byte) {
            return at + found;
        }
        at += found + 2;
    }
    text.len()
}
