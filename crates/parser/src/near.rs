//! Looking at a few bytes of a line at once: where they are short, a call of memchr costs more than it saves.

use memchr::memchr;

use crate::civil::number;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// So far a byte is looked for without memchr.
const NEAR: usize = 64;

/// Where a byte first stands in a text, as memchr tells: for bytes that stand near most of the time.
#[inline(always)]
pub(crate) fn near(byte: u8, text: &[u8]) -> Option<usize> {
    near_one_of([byte], text)
}

/// Where one of some bytes first stands.
#[inline(always)]
pub(crate) fn near_one_of<const N: usize>(bytes: [u8; N], text: &[u8]) -> Option<usize> {
    let is_one = |b: &u8| bytes.iter().fold(false, |any, byte| any | (b == byte));
    let zeros = |word: u64| {
        bytes.iter().fold(0, |found, byte| {
            let differ = word ^ (u64::from(*byte) * ONES);
            // The lowest high bit that is set is that of the first byte that is zero.
            found | (differ.wrapping_sub(ONES) & !differ & HIGH)
        })
    };
    let mut rest = text;
    while let Some((sixteen, after)) = rest.split_first_chunk::<16>() {
        let at = text.len() - rest.len();
        // Compilers know how to ask this of all sixteen at once.
        if sixteen.iter().fold(false, |any, b| any | is_one(b)) {
            let [low, high] = words(sixteen).map(zeros);
            return Some(at + if low != 0 { place(low) } else { 8 + place(high) });
        }
        rest = after;
        if N == 1 && at >= NEAR - 16 {
            return Some(at + 16 + memchr(*bytes.first()?, rest)?);
        }
    }
    if let Some((eight, after)) = rest.split_first_chunk::<8>() {
        let found = zeros(u64::from_le_bytes(*eight));
        if found != 0 {
            return Some(text.len() - rest.len() + place(found));
        }
        rest = after;
    }
    let at = rest.iter().position(is_one)?;
    Some(text.len() - rest.len() + at)
}

/// Eight bytes and the eight after them, the first byte in the lowest place.
#[inline]
fn words(sixteen: &[u8; 16]) -> [u64; 2] {
    let all = u128::from_le_bytes(*sixteen);
    // What is cut off is the other half.
    #[allow(clippy::cast_possible_truncation)]
    [all as u64, (all >> 64) as u64]
}

/// Whether a byte that is rare stands in these an odd number of times.
#[inline]
pub(crate) fn is_odd(byte: u8, text: &[[u8; 16]]) -> bool {
    let mut odd = 0;
    for sixteen in text {
        if sixteen.iter().fold(false, |any, b| any | (*b == byte)) {
            for word in words(sixteen) {
                let differ = word ^ (u64::from(byte) * ONES);
                odd ^= ((differ & !HIGH) + !HIGH) | differ;
            }
        }
    }
    // Of sixteen bytes, an even number is cast out with those that differ.
    !(odd & HIGH).count_ones().is_multiple_of(2)
}

/// The length of an address of four numbers with dots between them, or of what is made of the same bytes, with a dot at
/// least, if another byte ends it before the sixteenth.
#[inline]
pub(crate) fn leading_address(text: &[u8]) -> Option<usize> {
    let [low, high] = words(text.first_chunk::<16>()?);
    let (others, dots) = no_address(low);
    if others != 0 {
        let len = place(others);
        // A dot before what ends it.
        return (dots != 0 && place(dots) < len).then_some(len);
    }
    let (others, more) = no_address(high);
    let len = 8 + place(others);
    (others != 0 && (dots != 0 || (more != 0 && 8 + place(more) < len))).then_some(len)
}

/// The high bits of bytes that are neither a digit nor a dot, right as far as the first of them, and of the dots.
#[inline]
fn no_address(bytes: u64) -> (u64, u64) {
    let digits = bytes ^ (ONES * u64::from(b'0'));
    let dots = bytes ^ (ONES * u64::from(b'.'));
    // A byte above 9 gets its high bit by the sum, or has it; one that is no zero likewise.
    let no_digits = digits.wrapping_add(ONES * 0x76) | digits;
    let no_dots = ((dots & !HIGH) + !HIGH) | dots;
    (no_digits & no_dots & HIGH, !no_dots & HIGH)
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

/// One to seven digits at the beginning of a word.
#[derive(Clone, Copy)]
pub(crate) struct Digits {
    /// How many there are.
    pub(crate) len: usize,
    /// Their values, the first in the lowest byte of the upper bytes.
    values: u64,
}

/// The digits at the beginning of eight bytes that are not all digits.
#[inline(always)]
pub(crate) fn short_number(word: u64) -> Option<Digits> {
    let (digits, others) = digits(word);
    let len = place(others);
    (others != 0 && len > 0).then(|| Digits { len, values: digits << (64 - 8 * len) })
}

/// The values of digits, and the high bits of bytes that are none, right as far as the first of them.
#[inline(always)]
fn digits(word: u64) -> (u64, u64) {
    let digits = word ^ (ONES * u64::from(b'0'));
    // A byte above 9 gets its high bit by the sum, or has it.
    (digits, (digits.wrapping_add(ONES * 0x76) | digits) & HIGH)
}

impl Digits {
    #[inline(always)]
    pub(crate) fn value(self) -> u64 {
        value(self.values)
    }

    /// The byte after them, in the word they were read from.
    #[inline(always)]
    pub(crate) fn after(self, word: u64) -> u8 {
        // What is cut off are the bytes after it.
        #[allow(clippy::cast_possible_truncation)]
        let byte = (word >> (8 * self.len)) as u8;
        byte
    }

    /// Whether another word begins with the same digits. Which byte comes after them is not asked.
    #[inline(always)]
    pub(crate) fn begin(self, word: u64) -> bool {
        (word ^ (ONES * u64::from(b'0'))) << (64 - 8 * self.len) == self.values
    }
}

/// The number at the beginning of a text, and how many digits it has. Of no digits, or of more than 19, none.
#[inline(always)]
pub(crate) fn leading_number(text: &[u8]) -> Option<(u64, usize)> {
    match text.first_chunk::<8>().and_then(|eight| short_number(u64::from_le_bytes(*eight))) {
        Some(digits) => Some((digits.value(), digits.len)),
        None => other_number(text),
    }
}

/// The same, where it is long or the text ends soon.
#[inline(never)]
fn other_number(text: &[u8]) -> Option<(u64, usize)> {
    // Numbers of connections grow to nine digits and more.
    let two = text.first_chunk::<16>().map(words).filter(|[first, _]| digits(*first).1 == 0);
    if let Some([first, second]) = two
        && let Some(rest) = short_number(second)
    {
        let power = 10u64.pow(u32::try_from(rest.len).ok()?);
        return Some((value(digits(first).0) * power + rest.value(), 8 + rest.len));
    }
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
        fn the_first_of_two_is_found(text in "[a-d,\"]{0,40}", before in 0usize..100) {
            let text = [&b"x".repeat(before), text.as_bytes()].concat();
            prop_assert_eq!(near_one_of([b',', b'"'], &text), memchr::memchr2(b',', b'"', &text));
            prop_assert_eq!(near(b'd', &text), memchr(b'd', &text));
        }

        #[test]
        fn odd_numbers_are_told(text in proptest::collection::vec(any::<u8>(), 0..200), quotes in "[\"#]{0,99}") {
            for text in [&text[..], quotes.as_bytes()] {
                let whole = text.as_chunks::<16>().0;
                let count = whole.as_flattened().iter().filter(|b| **b == b'"').count();
                prop_assert_eq!(is_odd(b'"', whole), !count.is_multiple_of(2));
            }
        }

        #[test]
        fn addresses_are_as_long_as_their_bytes(start in "[0-9./,:]{0,4}[0-9.]{0,17}", end: [u8; 16]) {
            for end in [end, *b", server: host, ", *b"/./././././././.", [b'0'; 16]] {
                let text = [start.as_bytes(), &end].concat();
                let len = text.iter().position(|b| !matches!(b, b'0'..=b'9' | b'.'));
                let len = len.filter(|len| *len < 16 && text[..*len].contains(&b'.'));
                prop_assert_eq!(leading_address(&text), len);
            }
            prop_assert_eq!(leading_address(&b"1.2.3.4, client"[..15]), None);
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
