//! Bytes of a log as text that can do no harm.

use std::fmt::Write as _;

use super::plain::find;

/// Text for a terminal: whatever is not printable is shown as an escape, never sent.
///
/// Control bytes could move the cursor or change colours; marks of writing direction and of no width could
/// make a line look like another one.
pub(crate) fn terminal(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(safe, "\\x{:02x}", u32::from(c));
            }
            c if is_deceptive(c) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Writes the same.
pub(crate) fn push_terminal(out: &mut Vec<u8>, bytes: &[u8]) {
    match find(bytes, |byte| byte.wrapping_sub(0x20) >= 0x5f) {
        None => out.extend_from_slice(bytes),
        Some(_) => out.extend_from_slice(terminal(bytes).as_bytes()),
    }
}

/// Text of several lines for a terminal.
pub(crate) fn lines(text: &str) -> String {
    text.split('\n').map(|line| terminal(line.as_bytes())).collect::<Vec<_>>().join("\n")
}

/// Characters without a shape of their own: direction marks, joiners, variation tags, line separators.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A cell of a table that a spreadsheet may open: what would be taken for a formula begins with a quote.
pub(crate) fn cell(bytes: &[u8]) -> String {
    let text = terminal(bytes);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

/// The first `width` columns of a text, with an ellipsis where it is longer: one that an ASCII terminal can show,
/// where it must.
pub(crate) fn shorten(text: &str, width: usize, unicode: bool) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= width {
        return text.to_owned();
    }
    let ellipsis = if unicode { "…" } else { "..." };
    let room = width.saturating_sub(ellipsis.width());
    let mut used = 0;
    let mut short: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    short.push_str(ellipsis);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_shown_not_sent() {
        assert_eq!(terminal(b"a\x1b[2Jb\x07\x9b\n"), "a\\x1b[2Jb\\x07\u{fffd}\\n");
        assert_eq!(terminal("a\u{9b}31m\u{202e}x\u{200b}".as_bytes()), "a\\x9b31m\\u{202e}x\\u{200b}");
        assert_eq!(terminal("Müller – 日本".as_bytes()), "Müller – 日本");
    }

    #[test]
    fn what_is_written_is_what_is_told() {
        for byte in 0..=255 {
            for text in [vec![byte], [&[b'a'; 20][..], &[byte], b"z"].concat()] {
                let mut out = Vec::new();
                push_terminal(&mut out, &text);
                assert_eq!(out, terminal(&text).as_bytes());
            }
        }
    }

    #[test]
    fn cells_are_no_formulas() {
        assert_eq!(cell(b"=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(cell(b"-"), "'-");
        assert_eq!(cell(b"GET /"), "GET /");
    }

    #[test]
    fn shortened_by_columns() {
        assert_eq!(shorten("abcdef", 6, true), "abcdef");
        assert_eq!(shorten("abcdefg", 6, true), "abcde…");
        assert_eq!(shorten("日本語です", 6, true), "日本…");
        assert_eq!(shorten("abcdef", 6, false), "abcdef");
        assert_eq!(shorten("abcdefg", 6, false), "abc...");
    }
}
