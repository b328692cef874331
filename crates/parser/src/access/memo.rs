//! What the line before said, so that it need not be read again where the next says the same.

use super::clock;
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
    /// The time of `22/Nov/2026:14:03:07 +0000`, as [`clock::local`] tells it.
    #[inline]
    pub(super) fn local(&mut self, text: &[u8; 26]) -> Option<Stamp> {
        if self.local.0 != *text {
            self.local = (*text, clock::local(text));
        }
        self.local.1
    }

    /// The time of `2026-11-22T14:03:07+00:00`, as [`clock::any`] tells it.
    #[inline]
    pub(super) fn iso(&mut self, text: &[u8; 25]) -> Option<Stamp> {
        if self.iso.0 != *text {
            self.iso = (*text, clock::any(text));
        }
        self.iso.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_at_first_is_true() {
        let memo = Memo::default();
        assert_eq!(memo.local.1, clock::local(&memo.local.0));
        assert_eq!(memo.iso.1, clock::any(&memo.iso.0));
    }

    #[test]
    fn times_that_change_are_told_as_they_are() {
        let mut memo = Memo::default();
        for second in ["00", "00", "07", "61", "61", "x0", "07", "00"] {
            let local = format!("22/Nov/2026:14:03:{second} +0100");
            let local = local.as_bytes().first_chunk().unwrap();
            assert_eq!(memo.local(local), clock::local(local));
            let iso = format!("2026-11-22T14:03:{second}+01:00");
            let iso = iso.as_bytes().first_chunk().unwrap();
            assert_eq!(memo.iso(iso), clock::any(iso));
        }
    }
}
