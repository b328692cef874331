//! The status that a line of text tells.

use crate::report::state::{is_edge, names_status, three_digits};

/// Where a number of three digits stands.
struct Number {
    start: usize,
    end: usize,
}

/// The status in a line, where `stamp` is the place of its time. In a line that tells when (`timed`), a number beside
/// the time or between blanks is one too.
pub(super) fn of(line: &str, stamp: Option<(usize, usize)>, timed: bool) -> Option<u16> {
    let bytes = line.as_bytes();
    let mut spare = None;
    let mut position = 0;
    let mut before = "";
    while position < bytes.len() {
        let rest = line.get(position..)?;
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        if length == 0 {
            position += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let word = rest.get(..length)?;
        let (start, end) = (position, position + length);
        position = end;
        if stamp.is_some_and(|(s, e)| start >= s && end <= e) {
            before = "";
            continue;
        }
        if let Some(value) = three_digits(word) {
            let number = Number { start, end };
            let labelled =
                names_status(before) && (value >= 500 || before.len() != 1 || is_http(line, start));
            let bare = number.is_bare(bytes);
            let beside =
                bare && stamp.is_some_and(|(s, e)| only_marks(line, e, start) || only_marks(line, end, s));
            if (is_edge(value) && !number.has_unit(line)) || labelled || beside {
                return Some(value);
            }
            if timed && bare && value >= 500 && spare.is_none() && !number.has_unit(line) {
                spare = Some(value);
            }
        }
        before = word;
    }
    spare
}

impl Number {
    /// Whether blanks, marks or the line's ends stand around it.
    fn is_bare(&self, bytes: &[u8]) -> bool {
        let mark = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_whitespace() || b",;|\"'()[]:".contains(b));
        mark(self.start.checked_sub(1).and_then(|p| bytes.get(p))) && mark(bytes.get(self.end))
    }

    /// Whether it counts something: milliseconds, bytes.
    fn has_unit(&self, line: &str) -> bool {
        let after = line.get(self.end..).unwrap_or_default().trim_start();
        let word = after.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        ["ms", "s", "sec", "seconds", "bytes", "b", "kb", "mb", "requests", "times", "visitors"]
            .iter()
            .any(|unit| word.eq_ignore_ascii_case(unit))
    }
}

/// Whether `HTTP/1.1` stands before a place, with nothing but marks between.
fn is_http(line: &str, place: usize) -> bool {
    let before = line.get(..place).unwrap_or_default().trim_end_matches([' ', '"', '\t']);
    let name = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').as_bytes();
    let start = name.len().saturating_sub(5);
    name.len() < before.len() && name.get(start..).is_some_and(|n| n.eq_ignore_ascii_case(b"http/"))
}

/// Whether there is nothing but blanks and marks from one place to another.
fn only_marks(line: &str, from: usize, to: usize) -> bool {
    from <= to
        && line
            .get(from..to)
            .is_some_and(|t| t.len() <= 8 && t.chars().all(|c| !c.is_alphanumeric() && c != '/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_stamp(line: &str) -> Option<u16> {
        let end = line.find("Z").unwrap() + 1;
        let start = line.find("2026").unwrap();
        of(line, Some((start, end)), true)
    }

    #[test]
    fn beside_a_time() {
        assert_eq!(with_stamp("2026-11-22T14:03:07Z 503 shop.example.com"), Some(503));
        assert_eq!(with_stamp("2026-11-22T14:03:07Z 200 /a 521"), Some(200));
        assert_eq!(with_stamp("503, 2026-11-22T14:03:07Z"), Some(503));
        assert_eq!(with_stamp("2026-11-22T14:03:07Z GET /a 502"), Some(502));
        assert_eq!(with_stamp("2026-11-22T14:03:07Z took 512 ms"), None);
        assert_eq!(with_stamp("2026-11-22T14:03:07Z"), None);
    }

    #[test]
    fn of_requests_and_pages() {
        assert_eq!(of("\"GET / HTTP/1.1\" 200 520 \"-\"", None, true), Some(200));
        assert_eq!(of("< HTTP/2 520", None, false), Some(520));
        assert_eq!(of("error code: 502", None, false), Some(502));
        assert_eq!(of("we had 520 errors, and 502 visitors", None, false), Some(520));
        assert_eq!(of("room 502", None, false), None);
    }
}
