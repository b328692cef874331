//! What the line before said, so that it need not be read again where the next says the same.

use super::{clock, scan, word};
use crate::civil::Stamp;

/// Times of the line before. Most lines are of the same second as it.
#[derive(Clone, Debug)]
pub(crate) struct Memo {
    local: ([u8; 26], Option<Stamp>),
    iso: ([u8; 25], Option<Stamp>),
}

impl Default for Memo {
    fn default() -> Memo {
        Memo { local: (*b"01/Jan/1970:00:00:00 +0000", EPOCH), iso: (*b"1970-01-01T00:00:00+00:00", EPOCH) }
    }
}

const EPOCH: Option<Stamp> = Some(Stamp::Offset(crate::Civil { seconds: 0, nanos: 0 }, 0));

impl Memo {
    /// The time of `22/Nov/2026:14:03:07 +0000`, as [`clock::local`] tells it; `None` for what does not look like one.
    #[inline]
    pub(super) fn local(&mut self, text: &[u8; 26]) -> Option<Option<Stamp>> {
        if !same(&self.local.0, text) {
            if !scan::is_time_local(text) {
                return None;
            }
            self.local = (*text, clock::local(text));
        }
        Some(self.local.1)
    }

    /// The time of `2026-11-22T14:03:07+00:00`, as [`clock::any`] tells it; `None` for what does not look like one.
    #[inline]
    pub(super) fn iso(&mut self, text: &[u8; 25]) -> Option<Option<Stamp>> {
        if !same(&self.iso.0, text) {
            if !text.iter().all(|b| scan::time_iso(*b)) {
                return None;
            }
            self.iso = (*text, clock::any(text));
        }
        Some(self.iso.1)
    }
}

/// Whether two texts of the same length are the same, without a call. They are at least eight bytes long.
#[inline]
fn same<const N: usize>(a: &[u8; N], b: &[u8; N]) -> bool {
    let words = |text: &[u8; N], at: usize| word::head(text.get(at..).unwrap_or_default()).unwrap_or(0);
    (0..N / 8).map(|n| n * 8).chain([N - 8]).fold(0, |differs, at| differs | (words(a, at) ^ words(b, at)))
        == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_at_first_is_true() {
        let memo = Memo::default();
        assert!(scan::is_time_local(&memo.local.0) && memo.iso.0.iter().all(|b| scan::time_iso(*b)));
        assert_eq!(memo.local.1, clock::local(&memo.local.0));
        assert_eq!(memo.iso.1, clock::any(&memo.iso.0));
    }

    #[test]
    fn texts_that_differ_anywhere_are_not_the_same() {
        let text = *b"22/Nov/2026:14:03:07 +0000";
        assert!(same(&text, &text.clone()));
        for at in 0..text.len() {
            let mut other = text;
            other[at] ^= 1;
            assert!(!same(&text, &other), "{at}");
        }
    }

    #[test]
    fn times_that_change_are_told_as_they_are() {
        let mut memo = Memo::default();
        for second in ["00", "00", "07", "61", "61", "x0", "07", "00"] {
            let local = format!("22/Nov/2026:14:03:{second} +0100");
            let local = local.as_bytes().first_chunk().unwrap();
            let looks = scan::is_time_local(local);
            assert_eq!(memo.local(local), looks.then(|| clock::local(local)));
            let iso = format!("2026-11-22T14:03:{second}+01:00");
            let iso = iso.as_bytes().first_chunk().unwrap();
            let looks = iso.iter().all(|b| scan::time_iso(*b));
            assert_eq!(memo.iso(iso), looks.then(|| clock::any(iso)));
        }
    }
}
