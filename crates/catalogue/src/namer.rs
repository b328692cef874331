//! Naming records one after the other, of which many have the same text.
//!
//! A server says few things over and over, so what a text came to is remembered: a text that comes again is found by its
//! hash and compared byte by byte. What else of the record counts is looked at each time. The memory has a fixed size;
//! somebody who makes a server write ever new texts gets old ones forgotten, and never a record a wrong name.

use std::hash::{BuildHasher, Hasher};
use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;
use logscan_parser::{Body, Record, Source};

use crate::catalogue::{Catalogue, Named};
use crate::matcher::{Candidates, Matcher};
use crate::stem::{Probe, Stem};
use crate::traits::Traits;

/// So many texts are remembered.
const TEXTS: usize = 1024;

/// Longer texts are not remembered.
const LONGEST: usize = 256;

/// So many texts per remembered one are known to have been seen, by a part of their hash.
const SEEN: usize = 4;

/// After so many new texts of a kind its beginning is remembered, too. To name so many takes about as long as to find
/// out what the beginning says.
const MANY: u16 = 500;

/// The beginnings are in so many lists, of so many at most.
const STEM_LISTS: usize = 16;
const STEMS: usize = 8;

/// Names records one after the other: the same as [`Catalogue::name`], faster. One for each thread.
#[derive(Debug)]
pub struct Namer<'c> {
    catalogue: &'c Catalogue,
    memory: Memory,
}

/// Namers that are taken and given back, so that one goes on with what another remembers.
#[derive(Debug)]
pub struct Namers<'c> {
    catalogue: &'c Catalogue,
    idle: Mutex<Vec<Memory>>,
}

/// What texts came to.
#[derive(Debug)]
struct Memory {
    state: RandomState,
    /// How many texts it holds at most: a power of two.
    size: usize,
    /// Parts of the hashes of texts that came once. Only a text that comes again is worth remembering, so those that
    /// never do push out none that does.
    seen: Vec<u32>,
    slots: Vec<Slot>,
    /// The texts, [`LONGEST`] bytes for each slot.
    texts: Vec<u8>,
    /// How many new texts were of each kind, up to `many`.
    news: Vec<u16>,
    /// [`MANY`], save in tests.
    many: u16,
    /// Beginnings of texts of which very many are new, by the first byte, the longest first.
    stems: [Vec<Beginning>; STEM_LISTS],
}

/// A beginning of texts.
#[derive(Clone, Copy, Debug)]
struct Beginning {
    source: Source,
    probe: Probe,
    len: usize,
    /// The kind that it was taken of.
    place: u16,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u64,
    /// Source and traits of the record.
    traits: u64,
    /// Bytes of the text; 0 where there is none.
    len: usize,
    /// It was asked for since it was last to be pushed out.
    used: bool,
    answer: Answer,
}

/// What a text with its source and traits came to.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    /// The name, where nothing else of the record counts.
    named: Option<Named>,
    candidates: Candidates,
}

/// A text with its source and traits.
#[derive(Clone, Copy)]
struct Key<'b> {
    hash: u64,
    traits: u64,
    text: &'b [u8],
}

impl<'c> Namers<'c> {
    pub(crate) fn new(catalogue: &'c Catalogue) -> Namers<'c> {
        Namers { catalogue, idle: Mutex::default() }
    }

    /// Takes one.
    pub fn take(&self) -> Namer<'c> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Namer { catalogue: self.catalogue, memory: idle.unwrap_or_else(|| Memory::new(TEXTS)) }
    }

    /// Gives one back that was taken from here; one of another catalogue is dropped.
    pub fn give_back(&self, namer: Namer<'c>) {
        if std::ptr::eq(namer.catalogue, self.catalogue) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(namer.memory);
        }
    }
}

impl<'c> Namer<'c> {
    pub(crate) fn new(catalogue: &'c Catalogue) -> Namer<'c> {
        Namer { catalogue, memory: Memory::new(TEXTS) }
    }

    /// The catalogue that it names by.
    pub fn catalogue(&self) -> &'c Catalogue {
        self.catalogue
    }

    /// Names a record, as [`Catalogue::name`] does.
    pub fn name(&mut self, record: &Record<'_>) -> Option<Named> {
        // Requests are hardly ever the same, and hardly named by their text.
        if matches!(record.body, Body::Access(_)) {
            return self.catalogue.name(record);
        }
        let (text, source) = match &record.body {
            Body::NginxError(error) => (error.text, Source::NginxError),
            _ => (record.text(), record.source()),
        };
        let stem = self.memory.stem(&self.catalogue.matcher, source, text);
        if let Some(named) = stem.and_then(|stem| by_stem(self.catalogue, stem, source, record, text)) {
            return Some(named);
        }
        let traits = match &record.body {
            Body::NginxError(error) => Traits::of_nginx(error, record.carrier.is_some()).packed(),
            _ => Traits::of(record).packed(),
        };
        let Some(traits) = traits.filter(|_| !text.is_empty() && text.len() <= LONGEST) else {
            return self.not_remembered(record);
        };
        let key = self.memory.key(text, traits | (source as u64) << 24);
        match self.memory.get(key) {
            Some(Answer { named: Some(named), .. }) => Some(*named),
            Some(answer) => by_candidates(self.catalogue, &answer.candidates, record),
            None => self.not_known(record, key),
        }
    }

    /// Names a record whose text is not remembered, and remembers it where it came before.
    #[inline(never)]
    fn not_known(&mut self, record: &Record<'_>, key: Key<'_>) -> Option<Named> {
        if !self.memory.came_before(key) {
            return self.not_remembered(record);
        }
        let catalogue = self.catalogue;
        let index = catalogue.matcher.index(&catalogue.kinds, record.source())?;
        let traits = Traits::of(record);
        if index.message.looks_at_text() {
            let candidates = catalogue.matcher.candidates(index, &catalogue.kinds, record, &traits);
            if let Some(candidates) = candidates {
                let named = if index.by_line { None } else { decided(catalogue, &candidates) };
                self.memory.remember(key, Answer { named, candidates });
            }
        }
        catalogue.name_by(index, record, &traits)
    }

    /// Names a record whose text is new or too long to be remembered; of its kind the beginning may be.
    fn not_remembered(&mut self, record: &Record<'_>) -> Option<Named> {
        let named = self.catalogue.name(record)?;
        let place = named.kind.0;
        if self.memory.is_one_of_many(place) {
            let (matcher, kinds) = (&self.catalogue.matcher, &self.catalogue.kinds);
            if let Some(stem) = matcher.stem(kinds, record, place) {
                self.memory.add_stem(matcher, record.source(), place, stem);
            }
        }
        Some(named)
    }
}

/// What a record is named whose text has a known beginning. `None` where that says too little.
fn by_stem(
    catalogue: &Catalogue,
    stem: &Stem,
    source: Source,
    record: &Record<'_>,
    text: &[u8],
) -> Option<Named> {
    let (kinds, matcher) = (&catalogue.kinds, &catalogue.matcher);
    let traits = Traits::of(record);
    let place = stem.place(kinds, text, &traits)?;
    let index = matcher.index(kinds, source)?;
    let best = matcher.of_line(index, Some(place), kinds, record, &traits)?;
    catalogue.named(best, matcher.cause(best, kinds, record, &traits))
}

/// What a record is named for which some kinds come into question.
#[inline(never)]
fn by_candidates(catalogue: &Catalogue, candidates: &Candidates, record: &Record<'_>) -> Option<Named> {
    let (kinds, matcher) = (&catalogue.kinds, &catalogue.matcher);
    let index = matcher.index(kinds, record.source())?;
    let fitting = candidates.iter().map_while(Option::as_ref).find(|candidate| {
        candidate.sure
            || kinds.get(usize::from(candidate.place)).is_some_and(|k| matcher.deep_holds(k, record))
    });
    let place = fitting.map(|candidate| candidate.place);
    let best = match index.by_line {
        false => place?,
        true => matcher.of_line(index, place, kinds, record, &Traits::of(record))?,
    };
    let cause = match fitting.filter(|candidate| candidate.place == best) {
        Some(candidate) if candidate.causes == 0 => None,
        Some(candidate) => matcher.cause_of(kinds.get(usize::from(best))?, candidate.causes, record),
        None => matcher.cause(best, kinds, record, &Traits::of(record)),
    };
    catalogue.named(best, cause)
}

/// What all records are named for which some kinds come into question, if nothing else of them counts.
fn decided(catalogue: &Catalogue, candidates: &Candidates) -> Option<Named> {
    let first = candidates.first().copied().flatten().filter(|first| first.sure)?;
    if first.causes == 0 {
        return catalogue.named(first.place, None);
    }
    let kind = catalogue.kinds.get(usize::from(first.place))?;
    let at = first.causes.trailing_zeros() as usize;
    catalogue.named(first.place, Some(at).filter(|at| Matcher::is_plain_cause(kind, *at))?.into())
}

impl Memory {
    fn new(size: usize) -> Memory {
        let seen = vec![0; size * SEEN];
        Memory {
            state: RandomState::default(),
            size,
            seen,
            slots: Vec::new(),
            texts: Vec::new(),
            news: Vec::new(),
            many: MANY,
            stems: [const { Vec::new() }; STEM_LISTS],
        }
    }

    /// What is known of the beginning that a text has, if that is remembered.
    #[inline]
    fn stem<'c>(&self, matcher: &'c Matcher, source: Source, text: &[u8]) -> Option<&'c Stem> {
        let first = usize::from(*text.first()?);
        let list = self.stems.get(first % STEM_LISTS)?;
        let mut stems = list
            .iter()
            .filter(|beginning| beginning.source == source && beginning.probe.stands(text))
            .filter_map(|beginning| matcher.known_stem(beginning.place));
        stems.find(|stem| stem.begins(text))
    }

    fn add_stem(&mut self, matcher: &Matcher, source: Source, place: u16, stem: &Stem) {
        let start = stem.start();
        let first = start.first().map_or(0, |first| usize::from(*first));
        let list = self.stems.get_mut(first % STEM_LISTS).filter(|list| list.len() < STEMS);
        let (Some(list), Some(probe)) = (list, stem.probe()) else { return };
        let known = |beginning: &Beginning| {
            beginning.source == source
                && matcher.known_stem(beginning.place).is_some_and(|known| known.start() == start)
        };
        if !list.iter().any(known) {
            list.push(Beginning { source, probe, len: start.len(), place });
            list.sort_by_key(|beginning| std::cmp::Reverse(beginning.len));
        }
    }

    /// Counts a new text of a kind: whether there were just so many that its beginning is worth remembering.
    fn is_one_of_many(&mut self, place: u16) -> bool {
        let place = usize::from(place);
        if self.news.len() <= place {
            self.news.resize(place + 1, 0);
        }
        let many = self.many;
        let Some(news) = self.news.get_mut(place).filter(|news| **news < many) else { return false };
        *news += 1;
        *news == many
    }

    #[inline]
    fn key<'b>(&self, text: &'b [u8], traits: u64) -> Key<'b> {
        let mut hasher = self.state.build_hasher();
        hasher.write(text);
        Key { hash: hasher.finish() ^ traits, traits, text }
    }

    /// The two slots that a text can be in.
    #[inline]
    fn places(&self, key: Key<'_>) -> [usize; 2] {
        let first = usize::try_from(key.hash >> 40).unwrap_or_default() & (self.size - 1);
        [first, first ^ 1]
    }

    #[inline]
    fn get(&mut self, key: Key<'_>) -> Option<&Answer> {
        let [first, second] = self.places(key);
        let place = if self.is_at(first, key) { first } else { second };
        if place == second && !self.is_at(second, key) {
            return None;
        }
        let slot = self.slots.get_mut(place)?;
        slot.used = true;
        Some(&slot.answer)
    }

    #[inline]
    fn is_at(&self, place: usize, key: Key<'_>) -> bool {
        let len = key.text.len();
        let from = place * LONGEST;
        self.slots
            .get(place)
            .is_some_and(|slot| slot.hash == key.hash && slot.traits == key.traits && slot.len == len)
            && self.texts.get(from..from + len) == Some(key.text)
    }

    /// Whether a text was seen, by a part of its hash; from now on it was.
    fn came_before(&mut self, key: Key<'_>) -> bool {
        let place = usize::try_from(key.hash >> 40).unwrap_or_default() & (self.seen.len() - 1);
        let part = u32::try_from(key.hash & u64::from(u32::MAX)).unwrap_or_default();
        self.seen.get_mut(place).is_some_and(|seen| std::mem::replace(seen, part) == part)
    }

    /// Puts a text in the place of one that was not asked for of late, if there is one.
    fn remember(&mut self, key: Key<'_>, answer: Answer) {
        if self.slots.is_empty() {
            self.slots = vec![Slot::default(); self.size];
            self.texts = vec![0; self.size * LONGEST];
        }
        let places = self.places(key);
        let is_free = |place: &usize| self.slots.get(*place).is_some_and(|slot| !slot.used);
        let Some(place) = places.into_iter().find(is_free) else {
            for place in places {
                if let Some(slot) = self.slots.get_mut(place) {
                    slot.used = false;
                }
            }
            return;
        };
        let from = place * LONGEST;
        let room = self.texts.get_mut(from..from + key.text.len());
        if let (Some(slot), Some(room)) = (self.slots.get_mut(place), room) {
            room.copy_from_slice(key.text);
            *slot = Slot { hash: key.hash, traits: key.traits, len: key.text.len(), used: false, answer };
        }
    }
}

#[cfg(test)]
mod tests;
