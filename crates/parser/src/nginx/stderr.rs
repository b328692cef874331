//! What a FastCGI program wrote to its standard error.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use crate::php::PhpMessage;

pub(super) const PREFIX: &[u8] = b"FastCGI sent in stderr: \"";
const MARK: &[u8] = b"PHP message: ";

/// The end of a mark, which stands in fewer texts than its beginning.
static MESSAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"message: "));

/// The text between the quotes; where the record was cut, all that is left.
pub(super) fn text_of(message: &[u8]) -> Option<&[u8]> {
    let text = message.strip_prefix(PREFIX)?;
    Some(text.strip_suffix(b"\"").unwrap_or(text))
}

/// Whether a record is the beginning of one whose text goes on: nginx writes the closing quote and what it was doing
/// after the last line of the text. Longer than nginx writes them, none is open.
pub(crate) fn is_open(record: &[u8]) -> bool {
    record.len() < super::MAX_RECORD
        && memmem::find(record, PREFIX).is_some()
        && memmem::find(record, b"\" while ").is_none()
}

/// The messages in a text that php-fpm sent: `PHP message: A; PHP message: B`.
///
/// Old versions put a newline between them. Texts of php-fpm itself (`Primary script unknown`) carry no mark
/// and come out as one message.
#[derive(Clone, Debug)]
pub struct PhpMessages<'b> {
    rest: &'b [u8],
    /// What a line break is written as.
    newline: &'static [u8],
}

impl<'b> PhpMessages<'b> {
    pub(crate) fn new(text: &'b [u8]) -> PhpMessages<'b> {
        PhpMessages { rest: text, newline: b"\n" }
    }

    /// Of a text in which line breaks are escaped, as Apache writes it.
    pub(crate) fn escaped(text: &'b [u8]) -> PhpMessages<'b> {
        // What PHP sends in two parts becomes two records, and the second begins where the first ended.
        let rest = text.strip_prefix(b"; ").filter(|r| r.starts_with(MARK)).unwrap_or(text);
        PhpMessages { rest, newline: b"\\n" }
    }
}

impl<'b> Iterator for PhpMessages<'b> {
    type Item = PhpMessage<'b>;

    fn next(&mut self) -> Option<PhpMessage<'b>> {
        if self.rest.is_empty() {
            return None;
        }
        let text = self.rest.strip_prefix(MARK).unwrap_or(self.rest);
        let next = next_mark(text, self.newline);
        let (one, rest) = match next {
            Some(at) => text.split_at_checked(at)?,
            None => (text, &b""[..]),
        };
        self.rest = rest;
        let one = one.strip_suffix(b"; ").filter(|_| next.is_some()).unwrap_or(one);
        let mut one = one.trim_ascii_end();
        while let Some(shorter) = one.strip_suffix(self.newline) {
            one = shorter;
        }
        Some(PhpMessage::parse(one))
    }
}

/// Where the next mark is, which stands after `; ` or a line break.
fn next_mark(text: &[u8], newline: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let end = from + MESSAGE.find(text.get(from..)?)?;
        let before = text.get(..end)?.strip_suffix(b"PHP ");
        if let Some(before) = before.filter(|before| before.ends_with(b"; ") || before.ends_with(newline)) {
            return Some(before.len());
        }
        from = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "PHP message: ",
            "PHP message: ",
            "PHP ",
            "message: ",
            "; ",
            ";",
            " ",
            "\n",
            "\\n",
            "x",
            "PHP Warning:  ",
        ])
    }

    proptest! {
        #[test]
        fn marks_are_where_a_plain_search_finds_them(pieces in prop::collection::vec(piece(), 0..12)) {
            let text = pieces.concat();
            let text = text.as_bytes();
            for newline in [&b"\n"[..], b"\\n"] {
                let found = memmem::find_iter(text, MARK)
                    .find(|at| text[..*at].ends_with(b"; ") || text[..*at].ends_with(newline));
                prop_assert_eq!(next_mark(text, newline), found);
            }
        }
    }
}
