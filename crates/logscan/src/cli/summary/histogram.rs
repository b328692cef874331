//! Counts over time, in bounded memory and without knowing the range beforehand.

use std::collections::BTreeMap;

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

/// Bins that are kept before they are joined.
const MAX_BINS: usize = 2048;

/// How often something happened in each stretch of time.
///
/// Adding in any order, and in any number of parts that are merged, gives the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    step: usize,
    bins: BTreeMap<i64, u64>,
}

impl Histogram {
    pub(crate) fn add(&mut self, seconds: i64) {
        *self.bins.entry(seconds.div_euclid(self.width())).or_insert(0) += 1;
        self.bound();
    }

    pub(crate) fn merge(&mut self, other: &Histogram) {
        self.widen(other.step);
        let factor = self.width() / other.width();
        for (bin, count) in &other.bins {
            *self.bins.entry(bin.div_euclid(factor)).or_insert(0) += count;
        }
        self.bound();
    }

    /// Seconds of the first and after the last bin.
    pub(crate) fn range(&self) -> Option<(i64, i64)> {
        let (first, _) = self.bins.first_key_value()?;
        let (last, _) = self.bins.last_key_value()?;
        Some((first * self.width(), (last + 1) * self.width()))
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
        let bins = std::mem::take(&mut self.bins);
        for (bin, count) in bins {
            *self.bins.entry(bin.div_euclid(factor)).or_insert(0) += count;
        }
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

    #[test]
    fn parts_give_what_the_whole_gives() {
        // A mix of near and far times, so that bins are joined at different moments in whole and parts.
        let times: Vec<i64> = (0..20_000i64).map(|n| n * n % 7_919 * 37 + (n % 3) * 1_000_000).collect();
        let mut whole = Histogram::default();
        times.iter().for_each(|t| whole.add(*t));
        for size in [1, 13, 500, 19_999] {
            let mut merged = Histogram::default();
            for chunk in times.chunks(size) {
                let mut part = Histogram::default();
                chunk.iter().for_each(|t| part.add(*t));
                merged.merge(&part);
            }
            assert_eq!(merged.bins, whole.bins, "parts of {size}");
            assert_eq!(merged.step, whole.step);
        }
        assert_eq!(whole.bins.values().sum::<u64>(), 20_000);
    }

    #[test]
    fn memory_is_bounded() {
        let mut h = Histogram::default();
        (0..1_000_000i64).for_each(|n| h.add(n * 997));
        assert!(h.bins.len() <= MAX_BINS);
    }

    #[test]
    fn bins_of_a_timeline() {
        let mut h = Histogram::default();
        [100, 101, 109, 110, 165].iter().for_each(|t| h.add(*t));
        assert_eq!(h.range(), Some((100, 166)));
        assert_eq!(step_for((100, 166), 1, 10), 10);
        assert_eq!(h.counts(100, 10, 7), [3, 1, 0, 0, 0, 0, 1]);
    }
}
