//! Which of many literals stand in a text, at a cost that does not grow with their number.
//!
//! Of every literal a few bytes in its middle are known by each window of four bytes in them. A literal that stands in a
//! text has one of these windows at a multiple of the stride, wherever it stands, so it is enough to look at every fifth
//! window or so. The few literals that are too short for that are looked for one by one.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use foldhash::fast::RandomState;
use memchr::memmem::Finder;

/// Bytes of a window.
const WINDOW: usize = 4;

/// The longest stride. Literals must be longer than that to be found, and most are.
const LONGEST_STRIDE: usize = 12;

/// So many literals are looked for one by one.
const FEW: usize = 4;

/// What stands in very many texts. Windows of it are looked up often, so literals are known by others where they can.
const COMMON: &[u8] = b"FastCGI sent in stderr: \"PHP message: PHP Warning:  Undefined variable $ in /var/www/ on line \
    while reading response header from upstream while SSL handshaking (110: Connection timed out) failed \
    (2: No such file or directory) client sent closed connection directory /var/cache/nginx/proxy_temp/ .php \
    NOTICE: PHP message: PHP Fatal error:  Uncaught Stack trace: thrown in [pool www] child said into stderr: \"";

/// So many literals would have to share a window for it to be as bad as a common one.
const COMMON_WEIGHT: u32 = 50;

/// The bits of [`Windows::seen`], in words.
const SEEN_WORDS: usize = 1024;

/// Slots of [`Windows::starts`].
const SLOTS: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Literals {
    windows: Option<Windows>,
    /// Those that are too short, with their numbers.
    few: Vec<(Finder<'static>, usize)>,
    /// The same where they are not few.
    many: Option<(AhoCorasick, Vec<usize>)>,
}

/// The literals that are long enough.
#[derive(Debug)]
struct Windows {
    stride: usize,
    /// A bit for every window of a literal, by its hash: most windows of a text are none.
    seen: Box<[u64; SEEN_WORDS]>,
    /// Where the shapes of windows begin in `shapes`, by the hash of the window.
    starts: Vec<u32>,
    shapes: Vec<Shape>,
    /// Numbers of the literals of each shape.
    members: Vec<usize>,
    /// The literals, by their numbers; those of others are empty.
    texts: Vec<Box<[u8]>>,
    /// The number of a literal, where a shape has more than a few.
    by_text: HashMap<Box<[u8]>, usize, RandomState>,
}

/// Literals of one length that have a window at the same place.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Hash of the window, which that of another never has.
    hash: u32,
    /// Bytes before the window.
    before: usize,
    len: usize,
    /// Where its literals are in `members`, and how many there are.
    first: usize,
    count: usize,
}

impl Literals {
    /// The numbers of literals are their places in the list; none is empty and none comes twice.
    pub(crate) fn new(literals: &[Vec<u8>]) -> Literals {
        let lens: Vec<usize> = literals.iter().map(Vec::len).collect();
        let stride = stride(&lens);
        let is_long = |literal: &[u8]| stride.is_some_and(|stride| literal.len() >= least(stride));
        let short = || literals.iter().enumerate().filter(|(_, l)| !is_long(l));
        let mut all = Literals::default();
        if short().count() > FEW {
            all.many = AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(short().map(|(_, l)| l))
                .ok()
                .map(|automaton| (automaton, short().map(|(number, _)| number).collect()));
        }
        if all.many.is_none() {
            all.few = short().map(|(number, l)| (Finder::new(l).into_owned(), number)).collect();
        }
        all.windows = stride.map(|stride| Windows::new(literals, stride));
        all
    }

    /// Hands out the number of every literal that stands in a text, some more than once.
    #[inline]
    pub(crate) fn each(&self, text: &[u8], mut found: impl FnMut(usize)) {
        if let Some(windows) = &self.windows {
            windows.each(text, &mut found);
        }
        for (finder, number) in &self.few {
            if finder.find(text).is_some() {
                found(*number);
            }
        }
        if let Some((automaton, numbers)) = &self.many {
            for at in automaton.find_overlapping_iter(text) {
                if let Some(number) = numbers.get(at.pattern().as_usize()) {
                    found(*number);
                }
            }
        }
    }
}

/// The shortest literal that a stride finds wherever it stands.
fn least(stride: usize) -> usize {
    stride + WINDOW - 1
}

/// The stride that costs least; `None` where all literals are looked for one by one.
fn stride(lens: &[usize]) -> Option<usize> {
    // In instructions, for a text of the usual hundred bytes.
    let cost = |stride: usize| {
        let short = lens.iter().filter(|len| **len < least(stride)).count();
        900 / stride + if short > FEW { 1500 } else { short * 70 }
    };
    (1..=LONGEST_STRIDE).min_by_key(|s| cost(*s)).filter(|_| lens.len() > FEW / 2)
}

/// A hash that no other window has: the factor is odd.
fn hash(window: [u8; WINDOW]) -> u32 {
    u32::from_le_bytes(window).wrapping_mul(0x9E37_79B1)
}

/// The hashes of a literal's windows.
fn hashes(literal: &[u8]) -> impl Iterator<Item = u32> {
    literal.windows(WINDOW).filter_map(|window| window.try_into().ok()).map(hash)
}

/// Word and bit of a hash in [`Windows::seen`]: its upper sixteen bits.
fn bit(hash: u32) -> (usize, u64) {
    let place = hash >> 16;
    ((place >> 6) as usize & (SEEN_WORDS - 1), 1 << (place & 63))
}

/// Slot of a hash in [`Windows::starts`]: its upper twelve bits.
fn slot(hash: u32) -> usize {
    (hash >> 20) as usize
}

impl Windows {
    fn new(literals: &[Vec<u8>], stride: usize) -> Windows {
        let long = || literals.iter().enumerate().filter(|(_, l)| l.len() >= least(stride));
        // How many literals have a window, roughly.
        let mut times = vec![0u32; SLOTS];
        let of_literals = long().flat_map(|(_, l)| hashes(l)).map(|hash| (hash, 1));
        for (hash, weight) in of_literals.chain(hashes(COMMON).map(|hash| (hash, COMMON_WEIGHT))) {
            if let Some(times) = times.get_mut(slot(hash)) {
                *times += weight;
            }
        }
        // Hash of the window, bytes before it, length and number, of all windows by which a literal is known.
        let mut known = Vec::new();
        for (number, literal) in long() {
            let times: Vec<u32> =
                hashes(literal).map(|hash| times.get(slot(hash)).copied().unwrap_or_default()).collect();
            let shared = |from: &usize| times.iter().skip(*from).take(stride).sum::<u32>();
            // Where it shares fewest windows with others.
            let from = (0..=times.len().saturating_sub(stride)).min_by_key(shared).unwrap_or(0);
            let chosen = hashes(literal).enumerate().skip(from).take(stride);
            known.extend(chosen.map(|(before, hash)| (hash, before, literal.len(), number)));
        }
        known.sort_unstable();
        let mut all = Windows {
            stride,
            seen: Box::new([0; SEEN_WORDS]),
            starts: vec![0; SLOTS + 1],
            shapes: Vec::new(),
            members: Vec::new(),
            texts: literals.iter().map(|_| Box::default()).collect(),
            by_text: HashMap::default(),
        };
        for alike in known.chunk_by(|a, b| (a.0, a.1, a.2) == (b.0, b.1, b.2)) {
            let Some((hash, before, len, _)) = alike.first().copied() else { continue };
            let (first, count) = (all.members.len(), alike.len());
            all.members.extend(alike.iter().map(|(_, _, _, number)| number));
            all.shapes.push(Shape { hash, before, len, first, count });
            for (_, _, _, number) in alike {
                let Some(literal) = literals.get(*number) else { continue };
                if count > FEW {
                    all.by_text.insert(literal.as_slice().into(), *number);
                }
                if let Some(text) = all.texts.get_mut(*number) {
                    *text = literal.as_slice().into();
                }
            }
            let (word, bit) = bit(hash);
            if let Some(word) = all.seen.get_mut(word) {
                *word |= bit;
            }
            if let Some(count) = all.starts.get_mut(slot(hash) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut all.starts {
            sum += *start;
            *start = sum;
        }
        all
    }

    #[inline]
    fn each(&self, text: &[u8], found: &mut impl FnMut(usize)) {
        let mut at = 0;
        while let Some(window) = text.get(at..).and_then(|rest| rest.first_chunk()) {
            let hash = hash(*window);
            let (word, bit) = bit(hash);
            if self.seen.get(word).is_some_and(|word| word & bit != 0) {
                self.at_window(text, at, hash, found);
            }
            at += self.stride;
        }
    }

    /// Compares the literals that have a window with what stands around it.
    #[inline(never)]
    fn at_window(&self, text: &[u8], at: usize, hash: u32, found: &mut impl FnMut(usize)) {
        let slot = slot(hash);
        let (from, to) = (self.starts.get(slot), self.starts.get(slot + 1));
        let (Some(from), Some(to)) = (from, to) else { return };
        let shapes = self.shapes.get(*from as usize..*to as usize).unwrap_or_default();
        for shape in shapes.iter().filter(|s| s.hash == hash) {
            let from = at.checked_sub(shape.before);
            let Some(piece) = from.and_then(|from| text.get(from..from.saturating_add(shape.len))) else {
                continue;
            };
            if shape.count > FEW {
                if let Some(number) = self.by_text.get(piece) {
                    found(*number);
                }
                continue;
            }
            let members = self.members.get(shape.first..shape.first + shape.count);
            for number in members.unwrap_or_default() {
                if self.texts.get(*number).is_some_and(|text| **text == *piece) {
                    found(*number);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
