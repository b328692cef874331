//! Bytes and numbers written as they are, many at a time.

/// The place of the first byte for which a test holds.
///
/// Sixteen bytes are tested in one step: the compiler makes vectors of them.
#[inline]
pub(crate) fn find(bytes: &[u8], is: impl Fn(u8) -> bool + Copy) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<16>();
    let clear = chunks.iter().take_while(|chunk| !any(chunk, is)).count();
    if clear == chunks.len() && is_clear(rest, is) {
        return None;
    }
    let from = clear * 16;
    let at = bytes.get(from..)?.iter().position(|b| is(*b))?;
    Some(from + at)
}

/// Whether a test holds for none of a few bytes: parts of one length that together are all of them.
#[inline]
fn is_clear(bytes: &[u8], is: impl Fn(u8) -> bool + Copy) -> bool {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return !any(first, is) && !any(last, is);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return !any(first, is) && !any(last, is);
    }
    !bytes.iter().any(|b| is(*b))
}

#[inline]
fn any<const N: usize>(bytes: &[u8; N], is: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |any, byte| any | is(*byte))
}

/// Writes a number.
pub(crate) fn decimal(out: &mut Vec<u8>, number: u64) {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut len = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        len += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(20 - len..).unwrap_or_default());
}

/// Writes the last `N` digits of a number, with zeros before it.
pub(crate) fn padded<const N: usize>(out: &mut Vec<u8>, number: u32) {
    let mut digits = [b'0'; N];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_is_found_wherever_it_stands() {
        for len in 0..70 {
            let mut bytes = vec![b'a'; len];
            assert_eq!(find(&bytes, |b| b == b'x'), None);
            for at in (0..len).rev() {
                bytes[at] = b'x';
                assert_eq!(find(&bytes, |b| b == b'x'), Some(at), "{at} of {len}");
            }
        }
    }

    #[test]
    fn numbers() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut out = Vec::new();
            decimal(&mut out, number);
            assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
        let mut out = Vec::new();
        padded::<3>(&mut out, 7);
        padded::<9>(&mut out, 576_763_000);
        assert_eq!(out, b"007576763000");
    }
}
