//! Bytes of a file of reports: unpacked, as UTF-8, a bounded line at a time.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;

/// Bytes at the beginning that the form is told by, and the longest line.
pub(super) const HEAD: usize = 1 << 20;

/// The longest document that is read as a whole.
pub(super) const MAX_DOCUMENT: u64 = 256 << 20;

/// A file, with its beginning at hand.
pub(super) struct Source<'r> {
    /// Its beginning: 1 MiB, or all of it.
    pub(super) head: Vec<u8>,
    /// It holds no more than its beginning.
    pub(super) complete: bool,
    /// What was wrong with the bytes behind the beginning.
    failed: Option<io::Error>,
    rest: Box<dyn Read + 'r>,
}

impl<'r> Source<'r> {
    /// Opens a file: gzip is unpacked, UTF-16 with a byte order mark recoded.
    pub(super) fn open(input: impl Read + 'r) -> io::Result<Source<'r>> {
        let (start, input) = peek(input, 2)?;
        let unpacked: Box<dyn Read + 'r> = match start.as_slice() {
            [0x1f, 0x8b] => Box::new(MultiGzDecoder::new(BufReader::new(input))),
            _ => Box::new(input),
        };
        let (start, input) = peek(unpacked, 2)?;
        let mut text: Box<dyn Read + 'r> = match start.as_slice() {
            [0xff, 0xfe] => Box::new(Utf16::new(input, u16::from_le_bytes)),
            [0xfe, 0xff] => Box::new(Utf16::new(input, u16::from_be_bytes)),
            _ => Box::new(input),
        };
        let mut head = Vec::new();
        // One byte more than a line may have: a line that fills it is too long.
        let read = (&mut text).take(HEAD as u64 + 1).read_to_end(&mut head);
        let failed = read.err();
        if head.is_empty()
            && let Some(error) = failed
        {
            return Err(error);
        }
        let complete = head.len() <= HEAD;
        Ok(Source { head, complete, failed, rest: text })
    }

    /// All lines.
    pub(super) fn lines(self) -> Lines<impl BufRead + use<'r>> {
        let rest: Box<dyn Read + 'r> = match self.failed {
            Some(error) => Box::new(Failed(Some(error))),
            None => self.rest,
        };
        Lines { input: BufReader::with_capacity(1 << 16, Cursor::new(self.head).chain(rest)), number: 0 }
    }

    /// All bytes, or none where they are too many.
    pub(super) fn whole(mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let room = MAX_DOCUMENT.saturating_sub(self.head.len() as u64);
        self.rest.take(room + 1).read_to_end(&mut self.head)?;
        Ok((self.head.len() as u64 <= MAX_DOCUMENT).then_some(self.head))
    }
}

/// The first bytes, and all of them again.
fn peek<'r>(mut input: impl Read + 'r, bytes: u64) -> io::Result<(Vec<u8>, impl Read + 'r)> {
    let mut start = Vec::new();
    (&mut input).take(bytes).read_to_end(&mut start)?;
    Ok((start.clone(), Cursor::new(start).chain(input)))
}

/// Fails once, then ends.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// It was read.
    Whole,
    /// It was too long to be.
    TooLong,
    /// There is none.
    End,
}

/// Lines of a file.
pub(super) struct Lines<R> {
    input: R,
    /// The number of the last line, from 1.
    pub(super) number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads the next line, without its end and without a byte order mark.
    pub(super) fn next(&mut self, line: &mut String) -> io::Result<Line> {
        let mut bytes = std::mem::take(line).into_bytes();
        bytes.clear();
        let read = (&mut self.input).take(HEAD as u64 + 1).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(Line::End);
        }
        self.number += 1;
        if bytes.pop_if(|b| *b == b'\n').is_none() && read > HEAD {
            self.skip_line()?;
            return Ok(Line::TooLong);
        }
        bytes.pop_if(|b| *b == b'\r');
        if bytes.starts_with("\u{feff}".as_bytes()) {
            bytes.drain(..3);
        }
        // Bytes that are no UTF-8 come from URIs and names of programs; what matters here is ASCII.
        *line = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        Ok(Line::Whole)
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let (length, done) = match memchr::memchr(b'\n', buffer) {
                Some(end) => (end + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            };
            self.input.consume(length);
            if done {
                return Ok(());
            }
        }
    }
}

/// UTF-16 to UTF-8.
struct Utf16<R> {
    input: R,
    unit: fn([u8; 2]) -> u16,
    /// A byte without its second half.
    odd: Option<u8>,
    /// A first half of a pair.
    high: Option<u16>,
    ready: Vec<u8>,
    given: usize,
}

impl<R: Read> Utf16<R> {
    fn new(input: R, unit: fn([u8; 2]) -> u16) -> Utf16<R> {
        Utf16 { input, unit, odd: None, high: None, ready: Vec::new(), given: 0 }
    }

    fn refill(&mut self) -> io::Result<()> {
        let mut buffer = [0u8; 8192];
        self.ready.clear();
        self.given = 0;
        while self.ready.is_empty() {
            let read = self.input.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            let bytes = self.odd.take().into_iter().chain(buffer.iter().take(read).copied());
            let mut units = Vec::with_capacity(read / 2 + 2);
            units.extend(self.high.take());
            let mut first = None;
            for byte in bytes {
                match first.take() {
                    None => first = Some(byte),
                    Some(first) => units.push((self.unit)([first, byte])),
                }
            }
            self.odd = first;
            if let Some(high) = units.pop_if(|u| (0xd800..0xdc00).contains(u)) {
                self.high = Some(high);
            }
            for char in char::decode_utf16(units) {
                let char = char.unwrap_or(char::REPLACEMENT_CHARACTER);
                self.ready.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.ready.len() {
            self.refill()?;
        }
        let mut ready = self.ready.get(self.given..).unwrap_or_default();
        let read = ready.read(buffer)?;
        self.given += read;
        Ok(read)
    }
}
