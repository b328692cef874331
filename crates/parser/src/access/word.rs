//! Eight bytes at a time: what is short is found and read faster so than by a call or byte by byte.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const TOPS: u64 = u64::from_le_bytes([0x80; 8]);

/// The first eight bytes of a text.
#[inline]
pub(super) fn head(text: &[u8]) -> Option<u64> {
    text.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// Marks where the byte stands. Only the first mark counts, and marks after it may be wrong.
#[inline]
fn marks(word: u64, byte: u8) -> u64 {
    let differs = word ^ (ONES * u64::from(byte));
    differs.wrapping_sub(ONES) & !differs & TOPS
}

/// The number of the byte that the first mark is at.
#[inline]
fn place(marks: u64) -> usize {
    (marks.trailing_zeros() / 8) as usize
}

/// The last eight bytes of a text, and what is before them.
#[inline]
pub(super) fn tail(text: &[u8]) -> Option<(&[u8], u64)> {
    text.split_last_chunk().map(|(before, chunk)| (before, u64::from_le_bytes(*chunk)))
}

/// Whether the byte stands in a word.
#[inline]
pub(super) fn holds(word: u64, byte: u8) -> bool {
    marks(word, byte) != 0
}

/// Where a byte stands first.
#[inline]
pub(super) fn find(byte: u8, text: &[u8]) -> Option<usize> {
    match head(text).map(|word| marks(word, byte)) {
        Some(found) if found != 0 => Some(place(found)),
        _ => memchr::memchr(byte, text),
    }
}

/// Where one of two bytes stands first.
#[inline]
pub(super) fn find2(a: u8, b: u8, text: &[u8]) -> Option<usize> {
    match head(text).map(|word| marks(word, a) | marks(word, b)) {
        Some(found) if found != 0 => Some(place(found)),
        _ => memchr::memchr2(a, b, text),
    }
}

/// How many digits the text begins with, and their value where they are some that fit `u64`.
#[inline]
pub(super) fn number(text: &[u8]) -> (usize, Option<u64>) {
    let word = head(text).map(|word| word ^ (ONES * u64::from(b'0')));
    let others = word.map_or(0, |word| (word.wrapping_add(ONES * 0x76) | word) & TOPS);
    let (Some(word), false) = (word, others == 0) else { return long_number(text) };
    let len = place(others);
    if len == 0 {
        return (0, None);
    }
    // Zeros before the digits make them eight; then neighbours are put together, twice, fourfold, eightfold.
    let digits = word << (64 - 8 * len);
    let pairs = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
    (len, Some(fours.wrapping_mul(10_000 << 32 | 1) >> 32))
}

#[cold]
fn long_number(text: &[u8]) -> (usize, Option<u64>) {
    let len = text.iter().take_while(|b| b.is_ascii_digit()).count();
    (len, text.get(..len).and_then(crate::civil::number))
}

/// Literal text with its first bytes as a word, for most literals are short.
#[derive(Clone, Debug, Default)]
pub(super) struct Literal {
    text: Box<[u8]>,
    word: u64,
    mask: u64,
}

impl Literal {
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether it stands at a place of the text.
    #[inline]
    pub(super) fn follows(&self, text: &[u8], at: usize) -> bool {
        text.get(at..).is_some_and(|rest| self.after(rest).is_some())
    }

    /// What follows it, where the text begins with it.
    #[inline]
    pub(super) fn after<'b>(&self, text: &'b [u8]) -> Option<&'b [u8]> {
        let begins = match head(text) {
            Some(word) if self.text.len() <= 8 => (word ^ self.word) & self.mask == 0,
            // A loop is quicker than a call for what is left before the end of a line.
            None => self.text.len() <= text.len() && self.text.iter().zip(text).all(|(a, b)| a == b),
            _ => text.starts_with(&self.text),
        };
        if begins { text.get(self.text.len()..) } else { None }
    }
}

impl From<Vec<u8>> for Literal {
    fn from(text: Vec<u8>) -> Literal {
        let byte = |of: fn(u8) -> u8| {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(&text).for_each(|(byte, b)| *byte = of(*b));
            u64::from_le_bytes(bytes)
        };
        Literal { word: byte(|b| b), mask: byte(|_| 0xff), text: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop_oneof![any::<u8>(), Just(b' '), Just(b'!'), Just(b'"'), Just(0xa0)], 0..40)
    }

    proptest! {
        #[test]
        fn bytes_are_found_where_they_are(text in bytes(), a in prop_oneof![any::<u8>(), Just(b' ')], b in any::<u8>()) {
            prop_assert_eq!(find(a, &text), text.iter().position(|x| *x == a));
            prop_assert_eq!(find2(a, b, &text), text.iter().position(|x| *x == a || *x == b));
        }

        #[test]
        fn numbers_are_what_they_are(digits in "[0-9]{0,21}", after in bytes()) {
            let text = [digits.as_bytes(), &after].concat();
            let len = text.iter().take_while(|b| b.is_ascii_digit()).count();
            prop_assert_eq!(number(&text), (len, crate::civil::number(&text[..len])));
        }

        #[test]
        fn literals_follow_where_they_stand(text in "[ab]{0,20}", literal in "[ab]{0,10}", at in 0usize..22) {
            let stands = text.get(at..).is_some_and(|rest| rest.starts_with(&literal));
            prop_assert_eq!(Literal::from(literal.into_bytes()).follows(text.as_bytes(), at), stands);
        }
    }
}
