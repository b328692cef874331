//! The kinds that come into question for a record, in the order in which they are tried.

/// So many lists are kept without an allocation; a text that holds more is no program's.
const LISTS: usize = 12;

/// Ascending lists of places, merged.
#[derive(Debug)]
pub(crate) struct Question<'m> {
    lists: [&'m [u16]; LISTS],
    len: usize,
    /// Places of further lists, a bit for each.
    others: Vec<u64>,
}

impl<'m> Question<'m> {
    /// Begins with one list.
    #[inline]
    pub(crate) fn new(first: &'m [u16]) -> Question<'m> {
        let mut question = Question { lists: [&[]; LISTS], len: 0, others: Vec::new() };
        if !first.is_empty() {
            question.add(first);
        }
        question
    }

    /// Adds a list; one that is there already changes nothing.
    #[inline]
    pub(crate) fn add(&mut self, places: &'m [u16]) {
        let known = self.lists.get(..self.len).unwrap_or_default();
        if known.iter().any(|list| std::ptr::eq(*list, places)) {
            return;
        }
        if let Some(list) = self.lists.get_mut(self.len) {
            *list = places;
            self.len += 1;
            return;
        }
        self.add_other(places);
    }

    #[cold]
    fn add_other(&mut self, places: &[u16]) {
        for place in places {
            let word = usize::from(place >> 6);
            if self.others.len() <= word {
                self.others.resize(word + 1, 0);
            }
            if let Some(word) = self.others.get_mut(word) {
                *word |= 1 << (place & 63);
            }
        }
    }

    /// The lowest place.
    #[inline]
    pub(crate) fn lowest(&self) -> Option<u16> {
        let lists = self.lists.get(..self.len).unwrap_or_default();
        let mut lowest = None;
        for place in lists.iter().filter_map(|list| list.first().copied()) {
            lowest = Some(lowest.map_or(place, |lowest: u16| lowest.min(place)));
        }
        if self.others.is_empty() { lowest } else { lowest.into_iter().chain(self.lowest_other()).min() }
    }

    #[cold]
    fn lowest_other(&self) -> Option<u16> {
        let (word, at) = self.others.iter().zip(0u16..).find(|(word, _)| **word != 0)?;
        Some(at * 64 + u16::try_from(word.trailing_zeros()).ok()?)
    }

    /// Takes the lowest place away.
    #[inline]
    pub(crate) fn pass(&mut self, lowest: u16) {
        for list in self.lists.get_mut(..self.len).unwrap_or_default() {
            if let Some((_, rest)) = list.split_first().filter(|(first, _)| **first == lowest) {
                *list = rest;
            }
        }
        if let Some(word) = self.others.get_mut(usize::from(lowest >> 6)) {
            *word &= !(1 << (lowest & 63));
        }
    }
}
