//! What values look like: how a format is told from another that would fit as well.

use super::fill::{is_address, present};
use super::scan;

/// `a5e879cb61d3c7e5-FRA`, also without the data centre.
pub(super) fn is_ray(text: &[u8]) -> bool {
    let Some((id, rest)) = text.split_at_checked(16) else { return false };
    let hex = id.iter().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    let place = rest.strip_prefix(b"-").is_some_and(|p| p.len() == 3 && p.iter().all(u8::is_ascii_uppercase));
    hex && (rest.is_empty() || place)
}

/// `$request_id`: 32 hex digits, with dashes where a proxy made it.
pub(super) fn is_request_id(text: &[u8]) -> bool {
    let hex = text.iter().filter(|b| b.is_ascii_hexdigit()).count();
    let dashes = text.iter().filter(|b| **b == b'-').count();
    hex == 32 && hex + dashes == text.len() && matches!(dashes, 0 | 4)
}

/// One of the words of `$upstream_cache_status`.
pub(super) fn is_cache(text: &[u8]) -> bool {
    let words: [&[u8]; 7] = [b"HIT", b"MISS", b"EXPIRED", b"BYPASS", b"STALE", b"UPDATING", b"REVALIDATED"];
    words.contains(&text)
}

/// The value of `X-Forwarded-For`.
pub(super) fn is_forwarded(text: &[u8]) -> bool {
    let mut items = text.split(|b| *b == b',').map(<[u8]>::trim_ascii);
    items.all(|item| item == b"unknown" || is_address(without_port(item)))
}

fn without_port(text: &[u8]) -> &[u8] {
    if let Some(inner) = text.strip_prefix(b"[") {
        let end = memchr::memchr(b']', inner).unwrap_or(inner.len());
        return inner.get(..end).unwrap_or(inner);
    }
    match memchr::memchr_iter(b':', text).count() {
        1 => text.split(|b| *b == b':').next().unwrap_or(text),
        _ => text,
    }
}

/// A host name or address, with or without port.
pub(super) fn is_host(text: &[u8]) -> bool {
    let name = without_port(text);
    let port = text.get(name.len()..).unwrap_or_default();
    if text.starts_with(b"[") {
        return is_address(name) && name.contains(&b':');
    }
    let letters = name.iter().any(u8::is_ascii_alphabetic);
    let named = name == b"_" || (letters && name.iter().all(|b| scan::name(*b) && !matches!(b, b'[' | b']')));
    let port =
        matches!(port, []) || matches!(port, [b':', digits @ ..] if digits.iter().all(u8::is_ascii_digit));
    (named && port && !is_ray(text) && !is_request_id(text) && !is_cache(text)) || is_address(name)
}

/// A host name that cannot be another word: with a dot in it.
pub(super) fn is_dotted_host(text: &[u8]) -> bool {
    is_host(text)
        && text.iter().skip(1).any(|b| *b == b'.')
        && !is_address(without_port(text))
        && !is_time_span(text)
}

/// Elements of `$upstream_addr`: with port, or a path, or the name of a group.
pub(super) fn is_upstream(text: &[u8]) -> bool {
    elements(text).all(|e| present(e).is_none() || e.starts_with(b"unix:") || (is_host(e) && !is_address(e)))
}

/// The same, and sure to be no host.
pub(super) fn is_upstream_with_port(text: &[u8]) -> bool {
    let with_port = |e: &[u8]| {
        let host = without_port(e);
        e.starts_with(b"unix:/") || (host.len() < e.len() && is_address(host))
    };
    elements(text).all(|e| present(e).is_none() || with_port(e))
}

/// `0.003`, `0.003, 0.120`.
pub(super) fn is_time_span(text: &[u8]) -> bool {
    let span = |e: &[u8]| {
        let dot = memchr::memchr(b'.', e);
        let digits = e.iter().filter(|b| b.is_ascii_digit()).count();
        dot.is_some_and(|d| d > 0 && d + 4 == e.len()) && digits + 1 == e.len()
    };
    elements(text).all(|e| present(e).is_none() || span(e))
}

/// `200`, `502, 200`.
pub(super) fn is_statuses(text: &[u8]) -> bool {
    let status =
        |e: &[u8]| e.len() == 3 && matches!(e, [b'1'..=b'5', ..]) && e.iter().all(u8::is_ascii_digit);
    elements(text).all(|e| present(e).is_none() || status(e))
}

/// The elements of a list of tries.
pub(super) fn elements(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| matches!(b, b',' | b' ')).filter(|e| !e.is_empty() && *e != b":")
}
