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
    NOTICE: PHP message: PHP Fatal error:  Uncaught Stack trace: thrown in [pool www] child said into stderr: \" \
    PHP Deprecated:  Creation of dynamic property ::$ is deprecated in Uncaught Error: Call to undefined function \
    Allowed memory size of bytes exhausted (tried to allocate Maximum execution time of seconds exceeded in /app/ \
    upstream response is buffered to a temporary file /var/lib/nginx/fastcgi/1/00/0000000001 while reading upstream \
    a client request body is buffered to client 172. closed keepalive connection directory index of \" is forbidden \
    open() \"/var/www/html/index.php\" failed (13: Permission denied) .html .com .org .net example. /wp-content/ \
    while connecting to upstream while sending request to upstream while waiting for request app plugins/ App\\ ->handle() \
    ModSecurity: Access denied with code 403 (phase 2). Matched \"Operator `Ge' with parameter against variable (Value: \
    [file \"/usr/share/modsecurity-crs/rules/ [line \"80\"] [id \"949110\"] [rev \"\"] [msg \"Inbound Anomaly Score Exceeded\"] \
    [data \"\"] [severity \"2\"] [ver \"OWASP_CRS/3.3.2\"] [maturity \"0\"] [accuracy \"0\"] [tag \"application-multi\"] [hostname \
    [uri \"/\"] [unique_id \"16\"] [ref \"\"]";

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
    /// Where the windows of a slot begin in `sights`.
    starts: Vec<u32>,
    /// All windows of literals, those of one slot one after the other, with what else tells them from others.
    sights: Vec<Sight>,
    /// The literals of each of them.
    shapes: Vec<Shape>,
    /// The literals, by their numbers; those of others are empty.
    texts: Vec<Box<[u8]>>,
    /// The number of a literal, where a shape has more than a few.
    by_text: HashMap<Box<[u8]>, usize, RandomState>,
}

/// What is looked at first where a window of a literal may stand: most are of another text.
#[derive(Clone, Copy, Debug)]
struct Sight {
    /// Hash of the window, which that of another never has.
    hash: u32,
    /// Four bytes of the literal, as far from the window as can be.
    probe: [u8; WINDOW],
    /// Where they stand, seen from the window.
    probe_at: i32,
    /// It is the last of its slot.
    last: bool,
}

/// A literal that has a window at some place, or many of one length that have.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Bytes before the window.
    before: usize,
    len: usize,
    /// The literal; `None` where they are many.
    number: Option<usize>,
}

/// A window by which a literal is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Known {
    hash: u32,
    /// Bytes before the window.
    before: usize,
    len: usize,
    /// The literal.
    number: usize,
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

    /// Whether one of them stands in a text.
    pub(crate) fn stand(&self, text: &[u8]) -> bool {
        let mut one = false;
        self.each(text, |_| one = true);
        one
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
        let mut known = Vec::new();
        for (number, literal) in long() {
            let times: Vec<u32> =
                hashes(literal).map(|hash| times.get(slot(hash)).copied().unwrap_or_default()).collect();
            // Where it shares fewest windows with others.
            let shared = times.windows(stride).map(|times| times.iter().sum::<u32>());
            let from = shared.enumerate().min_by_key(|(_, shared)| *shared).map_or(0, |(from, _)| from);
            let chosen = hashes(literal).enumerate().skip(from).take(stride);
            let len = literal.len();
            known.extend(chosen.map(|(before, hash)| Known { hash, before, len, number }));
        }
        known.sort_unstable();
        let mut all = Windows {
            stride,
            seen: Box::new([0; SEEN_WORDS]),
            starts: vec![u32::MAX; SLOTS],
            sights: Vec::new(),
            shapes: Vec::new(),
            texts: literals.iter().map(|l| l.as_slice().into()).collect(),
            by_text: HashMap::default(),
        };
        for alike in known.chunk_by(|a, b| (a.hash, a.before, a.len) == (b.hash, b.before, b.len)) {
            if alike.len() <= FEW {
                alike.iter().for_each(|known| all.add(*known, literals, false));
                continue;
            }
            let text_of = |known: &Known| Some((literals.get(known.number)?.as_slice().into(), known.number));
            all.by_text.extend(alike.iter().filter_map(text_of));
            alike.iter().take(1).for_each(|known| all.add(*known, literals, true));
        }
        all
    }

    /// Adds a literal, or those that are like it. Windows of one slot come one after the other.
    fn add(&mut self, known: Known, literals: &[Vec<u8>], many: bool) {
        let Known { hash, before, len, number } = known;
        let after = len - WINDOW - before;
        let probe_at = match before >= after {
            _ if many => before,
            true => 0,
            false => len - WINDOW,
        };
        let probe = literals.get(number).and_then(|l| l.get(probe_at..)?.first_chunk().copied());
        let narrow = |n: usize| i32::try_from(n).ok();
        let (Some(probe), Some(at), Some(window)) = (probe, narrow(probe_at), narrow(before)) else { return };
        if let Some(start) = self.starts.get_mut(slot(hash)).filter(|start| **start == u32::MAX) {
            *start = u32::try_from(self.sights.len()).unwrap_or(u32::MAX);
        } else if let Some(sight) = self.sights.last_mut() {
            sight.last = false;
        }
        self.sights.push(Sight { hash, probe, probe_at: at - window, last: true });
        self.shapes.push(Shape { before, len, number: (!many).then_some(number) });
        let (word, bit) = bit(hash);
        if let Some(word) = self.seen.get_mut(word) {
            *word |= bit;
        }
    }

    #[inline]
    fn each(&self, text: &[u8], found: &mut impl FnMut(usize)) {
        match self.stride {
            5 => self.each_of_stride::<5>(text, found),
            8 => self.each_of_stride::<8>(text, found),
            10 => self.each_of_stride::<10>(text, found),
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

    /// Looks for the literals that have a window, where one may stand.
    #[inline]
    fn at_window(&self, text: &[u8], at: usize, hash: u32, found: &mut impl FnMut(usize)) {
        let mut next = self.starts.get(slot(hash)).map_or(usize::MAX, |start| *start as usize);
        while let Some(sight) = self.sights.get(next) {
            if sight.hash == hash {
                let probe = at.checked_add_signed(sight.probe_at as isize).and_then(|from| text.get(from..));
                if probe.and_then(|rest| rest.first_chunk()) == Some(&sight.probe) {
                    self.compare(text, at, next, found);
                }
            }
            if sight.last {
                return;
            }
            next += 1;
        }
    }

    /// Compares the literals of a shape with what stands around a window.
    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, shape: usize, found: &mut impl FnMut(usize)) {
        let Some(shape) = self.shapes.get(shape) else { return };
        let rest = at.checked_sub(shape.before).and_then(|from| text.get(from..));
        let Some(piece) = rest.and_then(|rest| rest.get(..shape.len)) else { return };
        match shape.number {
            Some(number) if self.texts.get(number).is_some_and(|literal| **literal == *piece) => {
                found(number);
            }
            Some(_) => {}
            None => {
                if let Some(number) = self.by_text.get(piece) {
                    found(*number);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
