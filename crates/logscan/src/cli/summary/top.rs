//! Names with their counts, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

/// Names that are kept.
const MAX_NAMES: usize = 1024;

/// How often each of some names came.
///
/// Where there are more names than are kept, those are kept whose hashes are lowest: a choice that does not
/// depend on the order in which they come, so every count that is told is exact, and the same for every number
/// of threads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Top {
    counts: HashMap<Box<[u8]>, u64, Fnv>,
    /// Hashes at or above this are not kept any more.
    limit: Option<u64>,
}

impl Top {
    pub(crate) fn add(&mut self, name: &[u8]) {
        if let Some(count) = self.counts.get_mut(name) {
            *count += 1;
        } else {
            self.insert(name, 1);
        }
    }

    pub(crate) fn merge(&mut self, other: Top) {
        if let Some(limit) = other.limit {
            self.lower(limit);
        }
        for (name, count) in other.counts {
            match self.counts.get_mut(&name) {
                Some(sum) => *sum += count,
                None => self.insert(&name, count),
            }
        }
    }

    /// The names, the most frequent first.
    pub(crate) fn sorted(&self) -> Vec<(&[u8], u64)> {
        let mut names: Vec<(&[u8], u64)> = self.counts.iter().map(|(n, c)| (&**n, *c)).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        names
    }

    /// Whether there were more names than are kept.
    pub(crate) fn is_partial(&self) -> bool {
        self.limit.is_some()
    }

    fn insert(&mut self, name: &[u8], count: u64) {
        let hash = Fnv.hash_one(name);
        if self.limit.is_some_and(|limit| hash >= limit) {
            return;
        }
        self.counts.insert(name.into(), count);
        if self.counts.len() > MAX_NAMES
            && let Some(highest) = self.counts.keys().map(|n| Fnv.hash_one(&**n)).max()
        {
            self.lower(highest);
        }
    }

    fn lower(&mut self, limit: u64) {
        if self.limit.is_none_or(|l| limit < l) {
            self.limit = Some(limit);
            self.counts.retain(|name, _| Fnv.hash_one(&**name) < limit);
        }
    }
}

/// FNV-1a with a final mix: the same in every run, as the choice of names must be.
#[derive(Clone, Copy, Debug, Default)]
struct Fnv;

#[derive(Debug)]
struct FnvHasher(u64);

impl BuildHasher for Fnv {
    type Hasher = FnvHasher;

    fn build_hasher(&self) -> FnvHasher {
        FnvHasher(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for FnvHasher {
    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_exact_and_sorted() {
        let mut top = Top::default();
        for name in ["b", "a", "b", "c", "a", "b"] {
            top.add(name.as_bytes());
        }
        assert_eq!(top.sorted(), [(&b"b"[..], 3), (b"a", 2), (b"c", 1)]);
        assert!(!top.is_partial());
    }

    #[test]
    fn many_names_are_chosen_from_alike_in_whole_and_parts() {
        let names: Vec<String> = (0..20_000).map(|n| format!("host{}.example.com", n % 5_000)).collect();
        let mut whole = Top::default();
        names.iter().for_each(|n| whole.add(n.as_bytes()));
        assert!(whole.is_partial() && whole.counts.len() <= MAX_NAMES);
        assert!(whole.counts.values().all(|c| *c == 4), "a kept name lost some of its counts");
        for size in [1, 700, 19_000] {
            let mut merged = Top::default();
            for chunk in names.chunks(size) {
                let mut part = Top::default();
                chunk.iter().for_each(|n| part.add(n.as_bytes()));
                merged.merge(part);
            }
            assert_eq!(merged.sorted(), whole.sorted(), "parts of {size}");
        }
    }
}
