//! Names with their counts, in bounded memory.

use std::hash::{BuildHasher, Hasher};

/// Names that are kept.
const MAX_NAMES: usize = 1024;

/// Bytes of the names that are kept. A client may send a name of any length.
const MAX_BYTES: usize = 64 * 1024;

/// Names and bytes above these bounds that may come together before some are let go, so that not every new
/// name costs a search for the one that must go.
const SLACK_NAMES: usize = 255;
const SLACK_BYTES: usize = 16 * 1024;

/// How often each of some names came.
///
/// Where there are more names than are kept, those are kept whose hashes are lowest: a choice that does not
/// depend on the order in which they come, so every count that is told is exact, and the same for every number
/// of threads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Top {
    entries: Vec<Entry>,
    /// The names one after the other.
    text: Vec<u8>,
    index: Index,
    /// The entry that was counted last, which often is the next one, too.
    recent: usize,
    /// Names whose ranks are at or above this are not kept any more.
    limit: Option<u64>,
}

/// A name and how often it came.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    len: u32,
    count: u64,
    rank: u64,
}

impl Entry {
    fn name(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..).and_then(|rest| rest.get(..self.len as usize)).unwrap_or_default()
    }
}

impl Top {
    pub(crate) fn add(&mut self, name: &[u8]) {
        match self.entries.get_mut(self.recent) {
            Some(entry) if is_same(entry.name(&self.text), name) => entry.count += 1,
            _ => self.sum(name, 1),
        }
    }

    pub(crate) fn merge(&mut self, other: &Top) {
        if let Some(limit) = other.limit {
            self.lower(limit);
        }
        for entry in &other.entries {
            self.sum(entry.name(&other.text), entry.count);
        }
    }

    /// The names, the most frequent first.
    pub(crate) fn sorted(&self) -> Vec<(&[u8], u64)> {
        let limit = self.bound();
        let kept = self.entries.iter().filter(|e| limit.is_none_or(|limit| e.rank < limit));
        let mut names: Vec<(&[u8], u64)> = kept.map(|e| (e.name(&self.text), e.count)).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        names
    }

    /// Whether there were more names than are kept.
    pub(crate) fn is_partial(&self) -> bool {
        self.bound().is_some()
    }

    /// Adds so many of a name.
    #[inline]
    pub(super) fn sum(&mut self, name: &[u8], count: u64) {
        let hash = self.index.hash(name);
        let (entries, text) = (&mut self.entries, &self.text);
        let found = self.index.find(hash, |at| match entries.get_mut(at) {
            Some(entry) if is_same(entry.name(text), name) => {
                entry.count += count;
                true
            }
            _ => false,
        });
        match found {
            Some(at) => self.recent = at,
            None => self.insert(hash, name, count),
        }
    }

    #[cold]
    fn insert(&mut self, hash: u64, name: &[u8], count: u64) {
        let rank = rank(name);
        if self.limit.is_some_and(|limit| rank >= limit) {
            return;
        }
        if name.len() > MAX_BYTES {
            return self.lower(rank);
        }
        self.make_room(name.len());
        self.recent = self.entries.len();
        self.entries.push(Entry { start: short(self.text.len()), len: short(name.len()), count, rank });
        self.text.extend_from_slice(name);
        if self.index.is_full(self.entries.len()) {
            self.index();
        } else {
            self.index.insert(hash, self.recent);
        }
        let too_many = self.entries.len() > MAX_NAMES + SLACK_NAMES;
        if (too_many || self.text.len() > MAX_BYTES + SLACK_BYTES)
            && let Some(limit) = self.bound()
        {
            self.lower(limit);
        }
    }

    /// Grows as vectors do, but no further than ever needed.
    fn make_room(&mut self, bytes: usize) {
        let (entries, text) = (&mut self.entries, &mut self.text);
        if entries.len() == entries.capacity() && entries.len() * 2 > MAX_NAMES {
            entries.reserve_exact((MAX_NAMES + SLACK_NAMES + 1).saturating_sub(entries.len()));
        }
        if text.capacity() - text.len() < bytes && (text.len() + bytes) * 2 > MAX_BYTES {
            text.reserve_exact((MAX_BYTES + SLACK_BYTES).saturating_sub(text.len()).max(bytes));
        }
    }

    /// The rank that bounds what is kept: that of the first name that is one too many, or too long, when they stand
    /// by their ranks.
    fn bound(&self) -> Option<u64> {
        if self.entries.len() <= MAX_NAMES && self.text.len() <= MAX_BYTES {
            return self.limit;
        }
        let mut ranks: Vec<(u64, usize)> = self.entries.iter().map(|e| (e.rank, e.len as usize)).collect();
        ranks.sort_unstable();
        let mut bytes = 0;
        let first = ranks.iter().enumerate().find(|(place, (_, len))| {
            bytes += len;
            *place >= MAX_NAMES || bytes > MAX_BYTES
        });
        first.map(|(_, (rank, _))| *rank).or(self.limit)
    }

    fn lower(&mut self, limit: u64) {
        if self.limit.is_some_and(|l| l <= limit) {
            return;
        }
        self.limit = Some(limit);
        let before = std::mem::take(&mut self.text);
        self.entries.retain(|e| e.rank < limit);
        self.text.reserve_exact(self.entries.iter().map(|e| e.len as usize).sum());
        for entry in &mut self.entries {
            let name = entry.name(&before);
            entry.start = short(self.text.len());
            self.text.extend_from_slice(name);
        }
        self.recent = 0;
        self.index();
    }

    /// Makes the index anew.
    fn index(&mut self) {
        self.index.clear(self.entries.len());
        for (at, entry) in self.entries.iter().enumerate() {
            self.index.insert(self.index.hash(entry.name(&self.text)), at);
        }
    }
}

/// A place in a text, which is never longer than twice [`MAX_BYTES`] and a name.
fn short(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Whether two names are the same. Most are short: a call costs more than comparing them word by word.
#[inline]
pub(super) fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() > 64 {
        return a == b;
    }
    let (mut a, mut b) = (a, b);
    let (Some(a_end), Some(b_end)) = (a.last_chunk::<8>(), b.last_chunk::<8>()) else {
        return a.iter().eq(b);
    };
    // Names of a list differ at their ends rather than at their beginnings.
    if a_end != b_end {
        return false;
    }
    while let (Some((one, after)), Some((other, others))) =
        (a.split_first_chunk::<8>(), b.split_first_chunk::<8>())
    {
        if one != other {
            return false;
        }
        (a, b) = (after, others);
    }
    true
}

/// Places of entries by the hashes of their names: open addressing with linear probing. The hash is keyed by
/// chance, so that nobody can send names that collide.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    state: foldhash::fast::RandomState,
    /// Sixteen bits of the hash and, counted from 1, the place; 0 where free. As many as a power of two.
    slots: Vec<u32>,
}

impl Index {
    #[inline]
    pub(super) fn hash(&self, name: &[u8]) -> u64 {
        let mut hasher = self.state.build_hasher();
        // Of names of middling length two words say all; of those that have these in common, each is of another length.
        match (name.first_chunk::<16>(), name.last_chunk::<16>()) {
            (Some(begin), Some(end)) if name.len() <= 32 => {
                hasher.write_u128(u128::from_le_bytes(*begin));
                hasher.write_u128(u128::from_le_bytes(*end));
            }
            _ => hasher.write(name),
        }
        hasher.finish()
    }

    /// The place of the entry with this hash that is the one.
    #[inline]
    pub(super) fn find(&self, hash: u64, mut is: impl FnMut(usize) -> bool) -> Option<usize> {
        let tag = tag(hash);
        let mut at = self.home(hash);
        loop {
            let slot = *self.slots.get(at)?;
            if slot == 0 {
                return None;
            }
            let place = (slot & PLACE) as usize - 1;
            if slot & !PLACE == tag && is(place) {
                return Some(place);
            }
            at = self.after(at);
        }
    }

    /// Whether there is no room for so many.
    pub(super) fn is_full(&self, entries: usize) -> bool {
        entries * 8 > self.slots.len() * 5
    }

    /// Empties it, with room for as many as there are, and some more.
    pub(super) fn clear(&mut self, entries: usize) {
        let room = (entries * 8 / 5 + 1).next_power_of_two().max(16);
        self.slots.clear();
        self.slots.resize(room, 0);
    }

    pub(super) fn insert(&mut self, hash: u64, place: usize) {
        let Some(slot) = u32::try_from(place + 1).ok().filter(|p| *p <= PLACE) else { return };
        let mut at = self.home(hash);
        while self.slots.get(at).is_some_and(|slot| *slot != 0) {
            at = self.after(at);
        }
        if let Some(free) = self.slots.get_mut(at) {
            *free = tag(hash) | slot;
        }
    }

    fn home(&self, hash: u64) -> usize {
        (hash >> 32) as u32 as usize & self.slots.len().wrapping_sub(1)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & self.slots.len().wrapping_sub(1)
    }
}

/// The bits of a slot that tell a place.
const PLACE: u32 = 0xffff;

/// Bits of the hash that do not choose the slot.
fn tag(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(!PLACE)).unwrap_or(0)
}

/// What chooses the names that are kept: FNV-1a with a final mix, the same in every run.
fn rank(name: &[u8]) -> u64 {
    Fnv.hash_one(name)
}

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
    use std::collections::HashMap;

    /// All names in a map, and of these the lowest by rank: what must be kept, however they came.
    fn simply(names: &[Vec<u8>]) -> (Vec<(Vec<u8>, u64)>, bool) {
        let mut counts: HashMap<&[u8], u64> = HashMap::new();
        names.iter().for_each(|n| *counts.entry(n).or_insert(0) += 1);
        let mut by_rank: Vec<(&[u8], u64)> = counts.into_iter().collect();
        by_rank.sort_by_key(|(name, _)| rank(name));
        let mut bytes = 0;
        let fits = |(name, _): &&(&[u8], u64)| {
            bytes += name.len();
            bytes <= MAX_BYTES
        };
        let kept = by_rank.iter().take(MAX_NAMES).take_while(fits).count();
        let is_partial = kept < by_rank.len();
        by_rank.truncate(kept);
        by_rank.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        (by_rank.into_iter().map(|(n, c)| (n.to_vec(), c)).collect(), is_partial)
    }

    fn told(top: &Top) -> (Vec<(Vec<u8>, u64)>, bool) {
        (top.sorted().into_iter().map(|(n, c)| (n.to_vec(), c)).collect(), top.is_partial())
    }

    fn check(names: &[Vec<u8>]) {
        let expected = simply(names);
        for size in [1, 700, 19_000, names.len().max(1)] {
            let mut merged = Top::default();
            for chunk in names.chunks(size) {
                let mut part = Top::default();
                chunk.iter().for_each(|n| part.add(n));
                merged.merge(&part);
                assert!(merged.entries.len() <= MAX_NAMES + SLACK_NAMES);
                assert!(merged.entries.capacity() <= MAX_NAMES + SLACK_NAMES + 1);
                assert!(merged.text.capacity() <= MAX_BYTES * 2 + SLACK_BYTES);
                assert!(merged.index.slots.len() <= 2048);
            }
            assert!(told(&merged) == expected, "parts of {size}");
        }
    }

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
    fn names_are_the_same_if_all_their_bytes_are() {
        let name: Vec<u8> = (0..80).collect();
        for len in 0..name.len() {
            assert!(is_same(&name[..len], &name[..len]));
            assert!(!is_same(&name[..len], &name[..len + 1]));
            for at in 0..len {
                let mut other = name[..len].to_vec();
                other[at] ^= 0x80;
                assert!(!is_same(&name[..len], &other), "{len} bytes, the other at {at}");
            }
        }
    }

    #[test]
    fn an_empty_name_is_a_name() {
        let mut top = Top::default();
        ["", "a", "", ""].iter().for_each(|n| top.add(n.as_bytes()));
        assert_eq!(top.sorted(), [(&b""[..], 3), (b"a", 1)]);
    }

    #[test]
    fn ranks_are_those_of_former_versions() {
        assert_eq!(rank(b"example.com"), 0xc81b_aa3c_2280_bbe4);
    }

    #[test]
    fn many_names_are_chosen_from_alike_in_whole_and_parts() {
        for different in [1, 1024, 1025, 1280, 1281, 5_000, 20_000] {
            let names: Vec<Vec<u8>> =
                (0..20_000).map(|n| format!("host{}.example.com", n % different).into_bytes()).collect();
            check(&names);
        }
        check(&[]);
    }

    #[test]
    fn names_that_come_in_the_worst_order() {
        let mut names: Vec<Vec<u8>> = (0..20_000).map(|n| format!("host{n}").into_bytes()).collect();
        names.sort_by_key(|n| std::cmp::Reverse(rank(n)));
        check(&names);
    }

    #[test]
    fn long_names_take_no_more_room_than_many() {
        let long = |n: usize| format!("{n}.{}", "x".repeat(n * n % 3_000)).into_bytes();
        let names: Vec<Vec<u8>> = (0..4_000).map(|n| long(n % 1_500)).collect();
        assert!(simply(&names).1, "some must go");
        check(&names);
        let mut huge = vec![vec![b'y'; 1 << 20], b"a".to_vec()];
        check(&huge);
        huge.extend((0..500).map(|n| vec![b'z'; n * 100]));
        check(&huge);
    }
}
