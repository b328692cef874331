//! Counts over time, in bounded memory and without knowing the range beforehand.

/// Widths of bins in seconds; each is a multiple of the one before, so bins can be joined.
const STEPS: &[i64] = &[
    1,
    10,
    60,
    300,
    900,
    3600,
    10_800,
    43_200,
    86_400,
    604_800,
    2_419_200,
    29_030_400,
    290_304_000,
    2_903_040_000,
];

/// Bins that are kept before they are joined: more than a timeline shows, of hundreds of kinds.
const MAX_BINS: usize = 256;

/// How often something happened in each stretch of time.
///
/// Adding in any order, and in any number of parts that are merged, gives the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    step: usize,
    /// Number of each bin with its count, the earliest first.
    bins: Vec<(i64, u64)>,
    recent: Recent,
}

/// The bin that was counted last, which mostly is the next one, too.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    /// Its seconds, the end exclusive. None at first.
    start: i64,
    end: i64,
    /// Its place among the bins.
    at: usize,
}

impl Histogram {
    #[inline]
    pub(crate) fn add(&mut self, seconds: i64) {
        let Recent { start, end, at } = self.recent;
        match self.bins.get_mut(at) {
            Some((_, count)) if start <= seconds && seconds < end => *count += 1,
            _ => self.add_elsewhere(seconds),
        }
    }

    #[inline(never)]
    fn add_elsewhere(&mut self, seconds: i64) {
        let width = self.width();
        let bin = seconds.div_euclid(width);
        let at = self.count(bin, 1);
        let start = bin.saturating_mul(width);
        self.recent = Recent { start, end: start.saturating_add(width), at };
        if self.bins.len() > MAX_BINS {
            self.bound();
        }
    }

    pub(crate) fn merge(&mut self, other: &Histogram) {
        self.widen(other.step);
        let factor = self.width() / other.width();
        for (bin, count) in &other.bins {
            self.count(bin.div_euclid(factor), *count);
        }
        // Bins may have moved.
        self.recent = Recent::default();
        self.bound();
    }

    pub(crate) fn width(&self) -> i64 {
        STEPS.get(self.step).copied().unwrap_or(1)
    }

    /// Counts in `len` bins of `width` seconds from `start` on.
    pub(crate) fn counts(&self, start: i64, width: i64, len: usize) -> Vec<u64> {
        let mut counts = vec![0; len];
        for (bin, count) in &self.bins {
            let at = usize::try_from((bin * self.width() - start).div_euclid(width)).ok();
            if let Some(slot) = at.and_then(|at| counts.get_mut(at)) {
                *slot += count;
            }
        }
        counts
    }

    /// Adds to a bin, whose place it tells.
    #[inline]
    fn count(&mut self, bin: i64, count: u64) -> usize {
        // Most times come in order.
        let at = match self.bins.last_mut() {
            Some((last, sum)) if *last == bin => {
                *sum += count;
                return self.bins.len() - 1;
            }
            Some((last, _)) if *last > bin => self.bins.partition_point(|(b, _)| *b < bin),
            _ => self.bins.len(),
        };
        match self.bins.get_mut(at) {
            Some((found, sum)) if *found == bin => *sum += count,
            _ => {
                if self.bins.len() == MAX_BINS {
                    // No more than one can be above the bound.
                    self.bins.reserve_exact(1);
                }
                self.bins.insert(at, (bin, count));
            }
        }
        at
    }

    #[cold]
    fn bound(&mut self) {
        while self.bins.len() > MAX_BINS && self.step + 1 < STEPS.len() {
            self.widen(self.step + 1);
        }
    }

    fn widen(&mut self, step: usize) {
        if step <= self.step {
            return;
        }
        let before = self.width();
        self.step = step;
        let factor = self.width() / before;
        self.bins.iter_mut().for_each(|(bin, _)| *bin = bin.div_euclid(factor));
        self.bins.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        self.recent = Recent::default();
    }
}

/// The least width of bins, of at least `least` seconds, with which the range takes no more than `most` bins.
pub(crate) fn step_for(range: (i64, i64), least: i64, most: i64) -> i64 {
    let bins = |step: i64| range.1.div_euclid(step) - range.0.div_euclid(step) + 1;
    STEPS.iter().copied().filter(|s| *s >= least).find(|s| bins(*s) <= most).unwrap_or(2_903_040_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// All counts in a map, joined at the end only: what the bins must be, however they came about.
    fn simply(times: &[i64]) -> (i64, Vec<(i64, u64)>) {
        let bins = |width: i64| {
            let mut bins: BTreeMap<i64, u64> = BTreeMap::new();
            times.iter().for_each(|t| *bins.entry(t.div_euclid(width)).or_insert(0) += 1);
            bins
        };
        let width = STEPS.iter().copied().find(|w| bins(*w).len() <= MAX_BINS).unwrap();
        (width, bins(width).into_iter().collect())
    }

    fn series() -> Vec<Vec<i64>> {
        vec![
            // A mix of near and far times, so that bins are joined at different moments in whole and parts.
            (0..20_000i64).map(|n| n * n % 7_919 * 37 + (n % 3) * 1_000_000).collect(),
            (0..20_000i64).map(|n| 1_795_435_218 + n / 7).collect(),
            (0..20_000i64).rev().map(|n| n * 997 - 5_000_000).collect(),
            // Lines of several processes, a little out of order.
            (0..20_000i64).map(|n| n / 5 + n % 3).collect(),
            (0..5_000i64).map(|n| n * 86_400 * 400).collect(),
            vec![-1, 0, 1, -1, i64::from(i32::MIN)],
            Vec::new(),
        ]
    }

    #[test]
    fn parts_give_what_the_whole_gives() {
        for times in series() {
            let (width, bins) = simply(&times);
            for size in [1, 13, 500, 19_999, 20_000] {
                let mut merged = Histogram::default();
                for chunk in times.chunks(size) {
                    let mut part = Histogram::default();
                    chunk.iter().for_each(|t| part.add(*t));
                    merged.merge(&part);
                }
                assert_eq!((merged.width(), &merged.bins), (width, &bins), "parts of {size}");
            }
            let mut whole = Histogram::default();
            times.iter().for_each(|t| whole.add(*t));
            assert_eq!((whole.width(), whole.bins), (width, bins));
        }
    }

    #[test]
    fn what_is_added_after_a_merge_is_counted_where_it_belongs() {
        let mut h = Histogram::default();
        h.add(50);
        let mut earlier = Histogram::default();
        earlier.add(10);
        h.merge(&earlier);
        h.add(50);
        assert_eq!(h.bins, [(10, 1), (50, 2)]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut h = Histogram::default();
        (0..1_000_000i64).for_each(|n| h.add(n * 997));
        assert!(h.bins.len() <= MAX_BINS);
        assert!(h.bins.capacity() <= MAX_BINS + 1);
    }

    #[test]
    fn bins_of_a_timeline() {
        let mut h = Histogram::default();
        [100, 101, 109, 110, 165].iter().for_each(|t| h.add(*t));
        assert_eq!(step_for((100, 166), 1, 10), 10);
        assert_eq!(h.counts(100, 10, 7), [3, 1, 0, 0, 0, 0, 1]);
    }
}
