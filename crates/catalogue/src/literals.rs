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
    /// The literals, by their numbers; those of others are empty.
    texts: Vec<Box<[u8]>>,
    /// The number of a literal, where a shape has more than a few.
    by_text: HashMap<Box<[u8]>, usize, RandomState>,
}

/// A literal that has a window at some place, or literals of one length that have.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Hash of the window, which that of another never has.
    hash: u32,
    /// Bytes before the window.
    before: u32,
    len: u32,
    /// Four bytes of the literal, as far from the window as can be, and how many are before them.
    probe: [u8; WINDOW],
    probe_at: u32,
    /// The literal; `None` where they are many.
    number: Option<u32>,
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
            texts: literals.iter().map(|l| l.as_slice().into()).collect(),
            by_text: HashMap::default(),
        };
        for alike in known.chunk_by(|a, b| (a.0, a.1, a.2) == (b.0, b.1, b.2)) {
            let of_alike = |(_, _, _, number): &(_, _, _, usize)| Some((*number, literals.get(*number)?));
            let members = alike.iter().filter_map(of_alike);
            if alike.len() > FEW {
                all.by_text.extend(members.map(|(number, literal)| (literal.as_slice().into(), number)));
                all.add(alike.first().copied(), None);
            } else {
                members.zip(alike).for_each(|((_, literal), known)| all.add(Some(*known), Some(literal)));
            }
        }
        let mut sum = 0;
        for start in &mut all.starts {
            sum += *start;
            *start = sum;
        }
        all
    }

    /// Adds a literal, or those that are alike: the hash of a window, bytes before it, length and number.
    fn add(&mut self, known: Option<(u32, usize, usize, usize)>, literal: Option<&Vec<u8>>) {
        let Some((hash, before, len, number)) = known else { return };
        let narrow = |n: usize| u32::try_from(n).ok();
        let probe_at = if before >= len - WINDOW - before { 0 } else { len - WINDOW };
        let probe = literal.and_then(|l| l.get(probe_at..)?.first_chunk().copied());
        let (Some(before), Some(len), Some(probe_at)) = (narrow(before), narrow(len), narrow(probe_at)) else {
            return;
        };
        let number = literal.and_then(|_| narrow(number));
        let probe = probe.unwrap_or_default();
        self.shapes.push(Shape { hash, before, len, probe, probe_at, number });
        let (word, bit) = bit(hash);
        if let Some(word) = self.seen.get_mut(word) {
            *word |= bit;
        }
        if let Some(count) = self.starts.get_mut(slot(hash) + 1) {
            *count += 1;
        }
    }

    #[inline]
    fn each(&self, text: &[u8], found: &mut impl FnMut(usize)) {
        match self.stride {
            5 => self.each_of_stride::<5>(text, found),
            _ => self.each_from(text, 0, found),
        }
    }

    /// The same with a stride that is known, so that several windows are looked up at once.
    #[inline]
    fn each_of_stride<const STRIDE: usize>(&self, text: &[u8], found: &mut impl FnMut(usize)) {
        let mut at = 0;
        while let Some(block) = text.get(at..at + 3 * STRIDE + WINDOW) {
            for n in 0..4 {
                if let Some(window) = block.get(n * STRIDE..).and_then(|rest| rest.first_chunk()) {
                    let hash = hash(*window);
                    if self.is_seen(hash) {
                        self.at_window(text, at + n * STRIDE, hash, found);
                    }
                }
            }
            at += 4 * STRIDE;
        }
        self.each_from(text, at, found);
    }

    #[inline(always)]
    fn is_seen(&self, hash: u32) -> bool {
        let (word, bit) = bit(hash);
        self.seen.get(word).is_some_and(|word| word & bit != 0)
    }

    #[inline]
    fn each_from(&self, text: &[u8], mut at: usize, found: &mut impl FnMut(usize)) {
        while let Some(window) = text.get(at..).and_then(|rest| rest.first_chunk()) {
            let hash = hash(*window);
            if self.is_seen(hash) {
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
            let Some(from) = at.checked_sub(shape.before as usize) else { continue };
            let Some(rest) = text.get(from..) else { continue };
            let Some(number) = shape.number else {
                let piece = rest.get(..shape.len as usize);
                if let Some(number) = piece.and_then(|piece| self.by_text.get(piece)) {
                    found(*number);
                }
                continue;
            };
            let probe = rest.get(shape.probe_at as usize..).and_then(|rest| rest.first_chunk());
            if probe != Some(&shape.probe) {
                continue;
            }
            let number = number as usize;
            if self.texts.get(number).is_some_and(|literal| rest.starts_with(literal)) {
                found(number);
            }
        }
    }
}

#[cfg(test)]
mod tests;
