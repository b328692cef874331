//! Lines of names and values: LTSV (`time:...<TAB>status:200`) and `time="..." status=200`.

use memchr::memchr;

use super::keys::{Dialect, Path};
use super::named::Named;
use super::scan::unescaped;

/// Hands all values with known names to the sink; `false` where the line has another form.
pub(super) fn ltsv(line: &[u8], sink: &mut impl Named) -> bool {
    let mut from = 0;
    let mut pairs = 0;
    for part in line.split(|b| *b == b'\t') {
        let end = from + part.len();
        if !part.is_empty() {
            let Some(colon) = memchr(b':', part) else { return false };
            let name = part.get(..colon).unwrap_or_default();
            if !is_name(name) {
                return false;
            }
            sink.take(Path::ROOT.join(name).field(Dialect::Ltsv), from + colon + 1, end);
            pairs += 1;
        }
        from = end + 1;
    }
    pairs > 1
}

/// The same for `name=value name="value"`.
pub(super) fn logfmt(line: &[u8], sink: &mut impl Named) -> bool {
    let mut at = 0;
    let mut pairs = 0;
    loop {
        let blanks = line
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t' | b','))
            .count();
        at += blanks;
        let rest = line.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return pairs > 1;
        }
        let Some(equals) = memchr(b'=', rest) else { return false };
        let name = rest.get(..equals).unwrap_or_default();
        if !is_name(name) {
            return false;
        }
        let field = Path::ROOT.join(name).field(Dialect::Logfmt);
        let from = at + equals + 1;
        let Some((start, len, after)) = value(line.get(from..).unwrap_or_default()) else { return false };
        sink.take(field, from + start, from + start + len);
        pairs += 1;
        at = from + after;
    }
}

/// Where the value begins, its length, and where the rest begins.
fn value(text: &[u8]) -> Option<(usize, usize, usize)> {
    let (close, inner) = match text.split_first() {
        Some((b'"', inner)) => (b'"', inner),
        // `[::1]:80, 10.0.0.1:80` has brackets of its own.
        Some((b'[', inner)) if is_bracketed(inner) => (b']', inner),
        _ => {
            let len = bare(text);
            return Some((0, len, len));
        }
    };
    let len = unescaped(close, inner);
    (len < inner.len()).then_some((1, len, len + 2))
}

/// Whether the bracket that is open closes the value.
fn is_bracketed(inner: &[u8]) -> bool {
    let after = inner.get(unescaped(b']', inner) + 1..).unwrap_or_default();
    matches!(after.first(), None | Some(b' ' | b'\t' | b','))
}

/// The length of a value without quotes; lists of several tries have blanks in them.
fn bare(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(blank) = memchr(b' ', rest) else { break };
        let (before, after) = rest.split_at_checked(blank).unwrap_or((rest, b""));
        if after.starts_with(b" : ") {
            at += blank + 3;
            continue;
        }
        let next = after.get(1..).unwrap_or_default();
        let word = memchr(b' ', next).and_then(|end| next.get(..end)).unwrap_or(next);
        // A comma may also divide pairs.
        if before.ends_with(b",") && memchr(b'=', word).is_none() {
            at += blank + 1;
            continue;
        }
        return at + if before.ends_with(b",") { blank - 1 } else { blank };
    }
    text.len()
}

fn is_name(name: &[u8]) -> bool {
    let of = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'@' | b'$');
    !name.is_empty() && name.iter().all(of) && !name.first().is_some_and(u8::is_ascii_digit)
}
