//! Looking at a few bytes of a line at once: where they are short, a call of memchr costs more than it saves.

use memchr::memchr;

use crate::civil::number;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// So far a byte is looked for without memchr.
const NEAR: usize = 64;

/// Where a byte first stands in a text, as memchr tells: for bytes that stand near most of the time.
#[inline]
pub(crate) fn near(byte: u8, text: &[u8]) -> Option<usize> {
    let pattern = u64::from(byte) * ONES;
    let mut rest = text;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        let differ = u64::from_le_bytes(*eight) ^ pattern;
        // The lowest high bit that is set is that of the first byte that is zero.
        let zeros = differ.wrapping_sub(ONES) & !differ & HIGH;
        let at = text.len() - rest.len();
        if zeros != 0 {
            return Some(at + place(zeros));
        }
        rest = after;
        if at >= NEAR - 8 {
            return Some(at + 8 + memchr(byte, rest)?);
        }
    }
    let at = rest.iter().position(|b| *b == byte)?;
    Some(text.len() - rest.len() + at)
}

/// Where one of two bytes first stands in a short text.
#[inline]
pub(crate) fn near_either(one: u8, other: u8, text: &[u8]) -> Option<usize> {
    let (one_pattern, other_pattern) = (u64::from(one) * ONES, u64::from(other) * ONES);
    let mut rest = text;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        let eight = u64::from_le_bytes(*eight);
        let (a, b) = (eight ^ one_pattern, eight ^ other_pattern);
        let zeros = ((a.wrapping_sub(ONES) & !a) | (b.wrapping_sub(ONES) & !b)) & HIGH;
        if zeros != 0 {
            return Some(text.len() - rest.len() + place(zeros));
        }
        rest = after;
    }
    let at = rest.iter().position(|b| *b == one || *b == other)?;
    Some(text.len() - rest.len() + at)
}

/// Some bytes, told from the others by one look.
pub(crate) struct Set([bool; 256]);

impl Set {
    pub(crate) const fn of(mut bytes: &[u8]) -> Set {
        let mut set = [false; 256];
        while let [byte, rest @ ..] = bytes {
            // Only asked when this is compiled, and a byte is less than 256.
            #[allow(clippy::indexing_slicing)]
            {
                set[*byte as usize] = true;
            }
            bytes = rest;
        }
        Set(set)
    }

    /// How many bytes at the beginning of a text are of the set.
    #[inline]
    pub(crate) fn leading(&self, text: &[u8]) -> usize {
        let mut rest = text;
        while let [byte, after @ ..] = rest
            && self.0.get(usize::from(*byte)) == Some(&true)
        {
            rest = after;
        }
        text.len() - rest.len()
    }
}

/// The number at the beginning of a text, and how many digits it has. Of no digits, or of more than 19, none.
#[inline(always)]
pub(crate) fn leading_number(text: &[u8]) -> Option<(u64, usize)> {
    if let Some(eight) = text.first_chunk::<8>() {
        let digits = u64::from_le_bytes(*eight) ^ (ONES * u64::from(b'0'));
        // A byte above 9 gets its high bit by the sum, or has it.
        let others = (digits.wrapping_add(ONES * 0x76) | digits) & HIGH;
        if others != 0 {
            let len = place(others);
            return (len > 0).then(|| (value(digits << (64 - 8 * len)), len));
        }
    }
    other_number(text)
}

/// The same, where it is long or the text ends soon.
#[cold]
fn other_number(text: &[u8]) -> Option<(u64, usize)> {
    let len = text.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    Some((number(text.get(..len)?)?, len))
}

/// The number that eight digits make up, the first in the lowest byte.
#[inline]
fn value(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

/// The place of the lowest byte in which a bit is set.
#[inline]
fn place(bits: u64) -> usize {
    (bits.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn near_finds_what_memchr_finds(text in proptest::collection::vec(any::<u8>(), 0..200), byte: u8) {
            prop_assert_eq!(near(byte, &text), memchr(byte, &text));
        }

        #[test]
        fn near_finds_among_bytes_that_differ_little(text in "[\u{1}!\"#\u{7f}]{0,100}", byte in 0u8..=255) {
            prop_assert_eq!(near(byte, text.as_bytes()), memchr(byte, text.as_bytes()));
            prop_assert_eq!(near(b'"', text.as_bytes()), memchr(b'"', text.as_bytes()));
        }

        #[test]
        fn the_nearer_of_two_is_found(text in "[\u{1}!\"#\u{7f}]{0,100}", one in 0u8..=255) {
            let text = text.as_bytes();
            prop_assert_eq!(near_either(one, b'"', text), memchr::memchr2(one, b'"', text));
            prop_assert_eq!(near_either(b'!', b'"', text), memchr::memchr2(b'!', b'"', text));
        }

        #[test]
        fn a_set_takes_its_own_bytes(text in "[a-f ]{0,20}") {
            let len = text.bytes().take_while(|b| b"ace".contains(b)).count();
            prop_assert_eq!(Set::of(b"ace").leading(text.as_bytes()), len);
        }

        #[test]
        fn numbers_are_read(text in "[0-9]{0,22}(.[0-9x]{0,9})?") {
            let text = text.as_bytes();
            let len = text.iter().take_while(|b| b.is_ascii_digit()).count();
            prop_assert_eq!(leading_number(text), number(&text[..len]).map(|n| (n, len)));
        }

        #[test]
        fn other_bytes_end_a_number(digits in "[0-9]{0,7}", byte: u8, rest in "[0-9]{8}") {
            prop_assume!(!byte.is_ascii_digit());
            let text = [digits.as_bytes(), &[byte], rest.as_bytes()].concat();
            prop_assert_eq!(leading_number(&text), number(digits.as_bytes()).map(|n| (n, digits.len())));
        }
    }
}
