//! Short texts that many events share: hosts, methods, addresses, URIs.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::HashSet;

/// Sets that texts are spread over, so that workers seldom wait for each other.
const SHARDS: usize = 16;

/// Texts that a set holds before it begins anew: those in use stay, and are shared no longer.
const MAX_SHARED: usize = 1 << 15;

/// A text that is stored once for all events that have it.
pub struct Word<T: ?Sized = str>(Arc<Box<T>>);

impl<T: ?Sized> Clone for Word<T> {
    fn clone(&self) -> Word<T> {
        Word(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for Word<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> Borrow<T> for Word<T> {
    fn borrow(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Word<T> {
    fn eq(&self, other: &Word<T>) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl<T: ?Sized + Eq> Eq for Word<T> {}

impl<T: ?Sized + Hash> Hash for Word<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: ?Sized> From<&T> for Word<T>
where
    for<'t> Box<T>: From<&'t T>,
{
    fn from(text: &T) -> Word<T> {
        Word(Arc::new(text.into()))
    }
}

/// The texts seen so far.
#[derive(Debug)]
pub(crate) struct Words {
    texts: Set<str>,
    bytes: Set<[u8]>,
}

type Set<T> = [Mutex<HashSet<Word<T>>>; SHARDS];

impl Words {
    pub(crate) fn new() -> Words {
        Words {
            texts: std::array::from_fn(|_| Mutex::default()),
            bytes: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// The text, as it is shared.
    pub(crate) fn text(&self, text: &str) -> Word {
        shared(&self.texts, text, text.as_bytes())
    }

    /// Bytes that need be no text.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Word<[u8]> {
        shared(&self.bytes, bytes, bytes)
    }
}

fn shared<T: ?Sized + Hash + Eq>(set: &Set<T>, text: &T, bytes: &[u8]) -> Word<T>
where
    for<'t> Box<T>: From<&'t T>,
{
    let last = bytes.last().map_or(0, |b| usize::from(*b));
    let Some(shard) = set.get((bytes.len() + last) % SHARDS) else { return text.into() };
    let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(word) = shard.get(text) {
        return word.clone();
    }
    if shard.len() >= MAX_SHARED {
        shard.clear();
    }
    let word = Word::from(text);
    shard.insert(word.clone());
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_all() {
        let words = Words::new();
        let (one, other) = (words.text("example.com"), words.text("example.com"));
        assert!(Arc::ptr_eq(&one.0, &other.0) && one == other && &*one == "example.com");
        assert_ne!(words.bytes(b"/a"), words.bytes(b"/b"));
        assert_eq!(Word::<str>::from("example.com"), one);
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let words = Words::new();
        for number in 0..MAX_SHARED * SHARDS * 2 {
            words.text(&number.to_string());
        }
        let held = |shard: &Mutex<HashSet<Word>>| shard.lock().unwrap().len();
        assert!(words.texts.iter().all(|shard| held(shard) <= MAX_SHARED));
    }
}
