//! Lines that are JSON objects, read by their keys.

use super::keys::{Dialect, Path};
use super::named::Named;

/// How deep objects may stand in each other.
const DEPTH: usize = 8;

/// Hands all values with known keys to the sink; `false` where the line is no object.
///
/// Strings are handed on as they are written, without their quotes. Of arrays only the first string is read:
/// that is how some servers write the headers of a request.
pub(super) fn read(line: &[u8], sink: &mut impl Named) -> bool {
    let mut reader = Reader { line, at: 0 };
    reader.blanks();
    let whole = reader.eat(b'{') && reader.object(Path::ROOT, DEPTH, sink).is_some();
    reader.blanks();
    whole && reader.at == line.len()
}

struct Reader<'b> {
    line: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// The rest of an object whose brace is open.
    fn object(&mut self, path: Path, depth: usize, sink: &mut impl Named) -> Option<()> {
        self.blanks();
        if self.eat(b'}') {
            return Some(());
        }
        loop {
            self.blanks();
            let (from, to) = self.string()?;
            let key = path.join(self.line.get(from..to)?);
            self.blanks();
            if !self.eat(b':') {
                return None;
            }
            self.value(key, depth, sink)?;
            self.blanks();
            if self.eat(b'}') {
                return Some(());
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }

    fn value(&mut self, path: Path, depth: usize, sink: &mut impl Named) -> Option<()> {
        self.blanks();
        match self.peek()? {
            b'"' => {
                let (from, to) = self.string()?;
                sink.take(path.field(Dialect::Json), from, to);
            }
            b'{' => {
                self.at += 1;
                self.object(path, depth.checked_sub(1)?, sink)?;
            }
            b'[' => {
                self.at += 1;
                self.array(path, depth.checked_sub(1)?, sink)?;
            }
            _ => {
                let from = self.at;
                // An unquoted variable may be empty or a dash: no JSON, but written all the same.
                while self.peek().is_some_and(|b| !matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'"')) {
                    self.at += 1;
                }
                let text = self.line.get(from..self.at)?;
                if !matches!(text, b"null" | b"true" | b"false") {
                    sink.take(path.field(Dialect::Json), from, self.at);
                }
            }
        }
        Some(())
    }

    fn array(&mut self, path: Path, depth: usize, sink: &mut impl Named) -> Option<()> {
        let mut first = true;
        loop {
            self.blanks();
            if self.eat(b']') {
                return Some(());
            }
            if first && self.peek() == Some(b'"') {
                self.value(path, depth, sink)?;
            } else {
                let before = self.at;
                self.value(Path::ROOT, depth, &mut Nowhere)?;
                // An empty element is none.
                if self.at == before && self.peek() != Some(b',') {
                    return None;
                }
            }
            first = false;
            self.blanks();
            if !self.eat(b',') && self.peek() != Some(b']') {
                return None;
            }
        }
    }

    /// A string, its range without quotes.
    fn string(&mut self) -> Option<(usize, usize)> {
        if !self.eat(b'"') {
            return None;
        }
        let from = self.at;
        let rest = self.line.get(from..)?;
        let len = super::scan::unescaped(b'"', rest);
        self.at = from + len + 1;
        (len < rest.len()).then_some((from, from + len))
    }
}

struct Nowhere;

impl Named for Nowhere {
    fn take(&mut self, _: super::element::Field, _: usize, _: usize) {}
}
