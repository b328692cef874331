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
    #[inline(always)]
    pub(crate) fn new(first: &'m [u16]) -> Question<'m> {
        let mut lists = [&[][..]; LISTS];
        if let Some(list) = lists.first_mut() {
            *list = first;
        }
        Question { lists, len: usize::from(!first.is_empty()), others: Vec::new() }
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

    /// Takes the lowest place.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<u16> {
        let lists = self.lists.get_mut(..self.len).unwrap_or_default();
        let listed = lists.iter().filter_map(|list| list.first().copied()).min();
        if self.others.is_empty() {
            let place = listed?;
            pass(lists, place);
            return Some(place);
        }
        let other = self.others.iter().zip(0u16..).find(|(word, _)| **word != 0);
        let other = other.and_then(|(word, at)| Some(at * 64 + u16::try_from(word.trailing_zeros()).ok()?));
        let place = listed.into_iter().chain(other).min()?;
        pass(lists, place);
        if let Some(word) = self.others.get_mut(usize::from(place >> 6)) {
            *word &= !(1 << (place & 63));
        }
        Some(place)
    }
}

/// Takes a place away from lists that begin with it.
#[inline]
fn pass(lists: &mut [&[u16]], place: u16) {
    for list in lists {
        if let Some((_, rest)) = list.split_first().filter(|(first, _)| **first == place) {
            *list = rest;
        }
    }
}
