//! Names that many groups have in common.

use super::top::{Index, is_same};

/// So many names are known at most, of so many bytes in all, and no longer one.
const MAX_NAMES: usize = 256;
const MAX_BYTES: usize = 16 * 1024;
const MAX_NAME: usize = 128;

/// Numbers for the names that come first. A hundred groups list the same hosts: where each counts them by number, a name
/// is looked up in one small table that stays near, not in a hundred.
#[derive(Debug, Default)]
pub(super) struct Known {
    names: Vec<(usize, usize)>,
    /// The names one after the other.
    text: Vec<u8>,
    index: Index,
    /// The number that was asked for last, which often is the next one, too.
    recent: usize,
}

/// How often known names came, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Numbered(Vec<u32>);

impl Known {
    /// The number of a name; `None` where no more names are taken.
    #[inline]
    pub(super) fn number(&mut self, name: &[u8]) -> Option<usize> {
        if self.name(self.recent).is_some_and(|recent| is_same(recent, name)) {
            return Some(self.recent);
        }
        let hash = self.index.hash(name);
        let found = self.index.find(hash, |at| self.name(at).is_some_and(|known| is_same(known, name)));
        self.recent = match found {
            Some(at) => at,
            None => self.take(hash, name)?,
        };
        Some(self.recent)
    }

    #[inline]
    fn name(&self, number: usize) -> Option<&[u8]> {
        let (start, len) = *self.names.get(number)?;
        self.text.get(start..)?.get(..len)
    }

    fn take(&mut self, hash: u64, name: &[u8]) -> Option<usize> {
        let number = self.names.len();
        if number == MAX_NAMES || name.len() > MAX_NAME || self.text.len() + name.len() > MAX_BYTES {
            return None;
        }
        self.names.push((self.text.len(), name.len()));
        self.text.extend_from_slice(name);
        if self.index.is_full(self.names.len()) {
            self.index.clear(self.names.len());
            for at in 0..self.names.len() {
                let hash = self.index.hash(self.name(at).unwrap_or_default());
                self.index.insert(hash, at);
            }
        } else {
            self.index.insert(hash, number);
        }
        Some(number)
    }
}

impl Numbered {
    /// Counts a name; `false` where it has come as often as can be counted here.
    #[inline]
    pub(super) fn add(&mut self, number: usize) -> bool {
        if self.0.len() <= number {
            self.0.resize(number + 1, 0);
        }
        let count = self.0.get_mut(number);
        count.is_some_and(|count| match count.checked_add(1) {
            Some(more) => {
                *count = more;
                true
            }
            None => false,
        })
    }

    /// The names that came, and how often; none of them any more.
    pub(super) fn drain<'k>(&mut self, known: &'k Known) -> impl Iterator<Item = (&'k [u8], u64)> + use<'k> {
        let counts = std::mem::take(&mut self.0).into_iter().enumerate();
        counts
            .filter(|(_, count)| *count > 0)
            .filter_map(|(at, count)| Some((known.name(at)?, u64::from(count))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_number_each() {
        let mut known = Known::default();
        let mut numbered = Numbered::default();
        for round in 1..=3u64 {
            for n in 0..2 * MAX_NAMES {
                let number = known.number(format!("h{n}.example.com").as_bytes());
                assert_eq!(number, (n < MAX_NAMES).then_some(n), "round {round}");
                assert!(number.is_none_or(|number| numbered.add(number)));
            }
        }
        let counts: Vec<(&[u8], u64)> = numbered.drain(&known).collect();
        assert_eq!(counts.len(), MAX_NAMES);
        assert!(
            counts
                .iter()
                .enumerate()
                .all(|(n, (name, count))| { *name == format!("h{n}.example.com").as_bytes() && *count == 3 })
        );
        assert_eq!(numbered.drain(&known).count(), 0);
    }

    #[test]
    fn room_is_bounded() {
        let mut known = Known::default();
        assert_eq!(known.number(&[b'x'; MAX_NAME + 1]), None);
        let taken =
            (0..MAX_NAMES).filter(|n| known.number(format!("{n:0>MAX_NAME$}").as_bytes()).is_some()).count();
        assert_eq!(taken, MAX_BYTES / MAX_NAME);
        assert_eq!(known.number(b"x"), None);
        assert_eq!(known.number(b""), Some(taken), "an empty name needs no room");
    }

    #[test]
    fn what_cannot_be_counted_is_told() {
        let mut numbered = Numbered(vec![u32::MAX - 1]);
        assert!(numbered.add(0));
        assert!(!numbered.add(0));
        let mut known = Known::default();
        known.number(b"a");
        assert_eq!(numbered.drain(&known).collect::<Vec<_>>(), [(&b"a"[..], u64::from(u32::MAX))]);
    }
}
