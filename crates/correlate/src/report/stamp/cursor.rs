//! A place in a text, and small things that are read there.

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Cursor<'a> {
    text: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning of a text.
    pub(in crate::report) fn new(text: &'a [u8]) -> Cursor<'a> {
        Cursor { text, position: 0 }
    }

    /// Bytes that lie behind.
    pub(in crate::report) fn position(&self) -> usize {
        self.position
    }

    /// Whether nothing follows.
    pub(in crate::report) fn at_end(&self) -> bool {
        self.position >= self.text.len()
    }

    /// The next byte.
    pub(in crate::report) fn peek(&self) -> Option<u8> {
        self.ahead(0)
    }

    /// The byte after so many.
    pub(in crate::report) fn ahead(&self, bytes: usize) -> Option<u8> {
        self.text.get(self.position + bytes).copied()
    }

    /// Passes over bytes.
    pub(in crate::report) fn skip(&mut self, bytes: usize) {
        self.position = (self.position + bytes).min(self.text.len());
    }

    /// Passes over a byte, if it is this one.
    pub(in crate::report) fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.skip(1))
    }

    /// Passes over a text, if it stands here in either case of letters.
    pub(in crate::report) fn take_word(&mut self, word: &[u8]) -> Option<()> {
        let here = self.text.get(self.position..self.position + word.len())?;
        here.eq_ignore_ascii_case(word).then(|| self.skip(word.len()))
    }

    /// Passes over blanks, also the narrow one that browsers write before `PM`, and tells whether there were any.
    pub(in crate::report) fn blanks(&mut self) -> bool {
        let start = self.position;
        for _ in 0..8 {
            if matches!(self.peek(), Some(b' ' | b'\t')) {
                self.skip(1);
            } else if self
                .take_word("\u{202f}".as_bytes())
                .or_else(|| self.take_word("\u{a0}".as_bytes()))
                .is_none()
            {
                break;
            }
        }
        self.position > start
    }

    /// A number of at most `most` digits that no further digit follows, and how many digits it has.
    pub(in crate::report) fn number(&mut self, most: usize) -> Option<(u64, usize)> {
        let digits = self.digits(most + 1);
        if digits == 0 || digits > most {
            return None;
        }
        let text = self.text.get(self.position..self.position + digits)?;
        let value = std::str::from_utf8(text).ok()?.parse().ok()?;
        self.skip(digits);
        Some((value, digits))
    }

    /// How many digits stand here, counted to at most `most`.
    pub(in crate::report) fn digits(&self, most: usize) -> usize {
        self.text.iter().skip(self.position).take(most).take_while(|b| b.is_ascii_digit()).count()
    }

    /// A number of one or two digits.
    pub(in crate::report) fn short(&mut self) -> Option<u32> {
        let (value, _) = self.number(2)?;
        u32::try_from(value).ok()
    }

    /// Exactly two digits, whatever follows.
    pub(in crate::report) fn two(&mut self) -> Option<u32> {
        let (&tens, &ones) = (self.text.get(self.position)?, self.text.get(self.position + 1)?);
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return None;
        }
        self.skip(2);
        Some(u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
    }

    /// A mark and the digits of a fraction behind it: nanoseconds, and what the last digit stands for.
    pub(in crate::report) fn fraction(&mut self, marks: &[u8]) -> Option<(u32, u64)> {
        if !marks.contains(&self.peek()?) || !self.ahead(1)?.is_ascii_digit() {
            return None;
        }
        self.skip(1);
        let (mut nanos, mut width) = (0u32, super::SECOND);
        // Digits after the ninth are finer than a nanosecond; a fraction of more than 20 is none of a time.
        for _ in 0..20 {
            let Some(digit) = self.peek().filter(u8::is_ascii_digit) else { break };
            self.skip(1);
            if width > 1 {
                width /= 10;
                nanos += u32::from(digit - b'0') * u32::try_from(width).unwrap_or(0);
            }
        }
        Some((nanos, width))
    }

    /// The letters that stand here, at most `most`.
    pub(in crate::report) fn letters(&self, most: usize) -> &'a [u8] {
        let count =
            self.text.iter().skip(self.position).take(most).take_while(|b| b.is_ascii_alphabetic()).count();
        self.text.get(self.position..self.position + count).unwrap_or_default()
    }

    /// Whether a word or number ends here.
    pub(in crate::report) fn at_boundary(&self) -> bool {
        self.peek().is_none_or(|b| !b.is_ascii_alphanumeric())
    }
}
