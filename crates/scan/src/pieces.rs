//! A stream cut into pieces, so that several workers read the lines of what one unpacks.

use std::io;
use std::sync::Arc;

use logscan_parser::{Record, Source};

use crate::block::fill;
use crate::grammar::Grammar;
use crate::prepare::{Broken, Stream};
use crate::span::MAX_KEPT;

/// So much is cut off at once, at most. Where twice as much has no line to cut before, the rest is one piece.
pub(crate) const SIZE: usize = MAX_KEPT / 2;

/// The pieces of a stream. Each begins with a line that a record with a time begins with, so what is read of it does not
/// depend on those before it.
pub(crate) struct Pieces {
    stream: Option<Stream>,
    grammar: Arc<Grammar>,
    /// The only source whose records count.
    only: Option<Source>,
    size: usize,
    /// What is unpacked of the next piece.
    begun: Vec<u8>,
    offset: u64,
}

/// Part of a stream.
pub(crate) struct Piece {
    /// Where it begins in the stream.
    pub(crate) offset: u64,
    /// A buffer, and how much of it is filled.
    pub(crate) bytes: Vec<u8>,
    pub(crate) filled: usize,
    /// What comes after these bytes: nothing, an error, or all that is left of the stream.
    pub(crate) rest: Stream,
}

impl Pieces {
    /// `grammar` must be one of lines that nothing is around.
    pub(crate) fn new(stream: Stream, grammar: Arc<Grammar>, only: Option<Source>, size: usize) -> Pieces {
        Pieces { stream: Some(stream), grammar, only, size, begun: Vec::new(), offset: 0 }
    }

    /// The next piece, in a buffer that was of one before or is empty.
    pub(crate) fn next(&mut self, mut bytes: Vec<u8>) -> Option<Piece> {
        let mut stream = self.stream.take()?;
        let offset = self.offset;
        let most = 2 * self.size;
        // One byte of room is left, to see the end at once.
        bytes.resize(most + 1, 0);
        let mut filled = self.begun.len();
        bytes.get_mut(..filled)?.copy_from_slice(&self.begun);
        self.begun.clear();
        loop {
            let room = bytes.get_mut(..most.min(filled + self.size))?;
            let rest: Stream = match fill(&mut stream, room, &mut filled) {
                Ok(true) => Box::new(io::empty()),
                Err(error) => Box::new(Broken(Some(error))),
                Ok(false) => {
                    if let Some(cut) = self.cut(bytes.get(..filled)?) {
                        self.begun.extend_from_slice(bytes.get(cut..filled)?);
                        self.offset += cut as u64;
                        self.stream = Some(stream);
                        return Some(Piece { offset, bytes, filled: cut, rest: Box::new(io::empty()) });
                    }
                    if filled < most {
                        continue;
                    }
                    // More than that is never kept of a line.
                    bytes.truncate(MAX_KEPT);
                    stream
                }
            };
            return Some(Piece { offset, bytes, filled, rest });
        }
    }

    /// Where the last whole line stands that a record with a time begins with, if not at the beginning.
    fn cut(&self, bytes: &[u8]) -> Option<usize> {
        let wanted = |r: &Record<'_>| self.only.is_none_or(|only| only == r.source());
        let mut end = memchr::memrchr(b'\n', bytes)?;
        loop {
            let begin = memchr::memrchr(b'\n', bytes.get(..end)?)? + 1;
            if self.grammar.has_time(bytes.get(begin..end)?, &mut self.grammar.unwrapper_at(0), wanted) {
                return Some(begin);
            }
            end = begin - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use proptest::prelude::*;

    use super::*;
    use crate::detect::{Known, grammar};

    const LINES: [&str; 4] = [
        "2026/11/23 12:00:00 [error] 7#7: *1 FastCGI sent in stderr: \"PHP message: x in /a.php:3",
        "#0 {main}",
        "  thrown in /a.php on line 3\" while reading response header from upstream",
        "",
    ];

    fn pieces(text: &[u8], error: bool, size: usize) -> Vec<(u64, Vec<u8>, bool)> {
        let known = Known { given: None, configured: &[], server: logscan_parser::AccessServer::Nginx };
        let grammar = Arc::new(grammar(LINES[0].as_bytes(), known).0);
        let text = Cursor::new(text.to_vec());
        let stream: Stream = match error {
            true => Box::new(text.chain(Broken(Some(io::ErrorKind::InvalidData.into())))),
            false => Box::new(text),
        };
        let mut pieces = Pieces::new(stream, grammar, None, size);
        let mut room = Vec::new();
        let next = || {
            let Piece { offset, bytes, filled, mut rest } = pieces.next(std::mem::take(&mut room))?;
            let mut piece = bytes[..filled].to_vec();
            let failed = rest.read_to_end(&mut piece).is_err();
            room = bytes;
            Some((offset, piece, failed))
        };
        std::iter::from_fn(next).collect()
    }

    proptest! {
        #[test]
        fn pieces_are_the_stream(lines in prop::collection::vec(0usize..4, 0..60), size in 1usize..400, error: bool) {
            let text = lines.iter().flat_map(|n| [LINES[*n], "\n"]).collect::<String>().into_bytes();
            let pieces = pieces(&text, error, size);
            let mut all = Vec::new();
            for (n, (offset, bytes, failed)) in pieces.iter().enumerate() {
                prop_assert_eq!(*offset, all.len() as u64);
                prop_assert_eq!(*failed, error && n + 1 == pieces.len());
                prop_assert!(n == 0 || bytes.starts_with(LINES[0].as_bytes()));
                all.extend_from_slice(bytes);
            }
            prop_assert_eq!(all, text);
        }
    }

    #[test]
    fn a_stream_is_cut_before_records_only() {
        let record = LINES.map(|line| format!("{line}\n")).concat();
        let text = record.repeat(50);
        let pieces = pieces(text.as_bytes(), false, 1000);
        assert!(pieces.len() > 5, "{}", pieces.len());
        assert!(pieces.iter().all(|(_, bytes, _)| bytes.len() % record.len() == 0));
    }

    #[test]
    fn what_cannot_be_cut_is_one_piece() {
        let text = format!("{}\n{}\n{}", LINES[0], "x".repeat(100_000), LINES[0]);
        let pieces = pieces(text.as_bytes(), false, 100);
        assert_eq!(pieces.len(), 1);
    }
}
