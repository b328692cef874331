//! When the origin served requests, and when it did not.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::span::{SECOND, Span, seconds};

/// Requests by second, on the clock of the access log.
#[derive(Debug, Default)]
pub(crate) struct Served {
    seconds: BTreeMap<i64, u32>,
    total: u64,
}

/// A time in which no request was served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    /// From the last request before to the first after.
    pub(crate) span: Span,
    /// How many requests such a time has as a rule.
    pub(crate) expected: f32,
}

impl Served {
    pub(crate) fn new(seconds: BTreeMap<i64, u32>) -> Served {
        let total = seconds.values().map(|n| u64::from(*n)).sum();
        Served { seconds, total }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.seconds.is_empty()
    }

    /// From the first request to the last.
    pub(crate) fn span(&self) -> Option<Span> {
        let (first, last) = (self.seconds.keys().next()?, self.seconds.keys().next_back()?);
        Some(Span::new(first * SECOND, last * SECOND + SECOND - 1))
    }

    /// When the last request before an instant was served.
    pub(crate) fn before(&self, at: i64) -> Option<i64> {
        self.seconds.range(..at.div_euclid(SECOND)).next_back().map(|(s, _)| s * SECOND)
    }

    /// When the first request after an instant was served.
    pub(crate) fn after(&self, at: i64) -> Option<i64> {
        self.seconds.range(at.div_euclid(SECOND) + 1..).next().map(|(s, _)| s * SECOND)
    }

    /// Whether any request was served within an interval.
    pub(crate) fn any(&self, span: Span) -> bool {
        self.seconds.range(span.from.div_euclid(SECOND)..=span.until.div_euclid(SECOND)).next().is_some()
    }

    /// Requests a second, on the average around an instant.
    fn rate(&self, at: i64) -> f32 {
        let second = at.div_euclid(SECOND);
        let around = self.seconds.range(second - 600..=second + 600);
        let (mut first, mut last, mut count) = (i64::MAX, i64::MIN, 0u64);
        for (s, n) in around {
            first = first.min(*s);
            last = last.max(*s);
            count += u64::from(*n);
        }
        if count == 0 {
            return 0.0;
        }
        #[allow(clippy::cast_precision_loss)]
        let rate = count as f32 / (last - first + 1) as f32;
        rate
    }

    /// How many requests a time has as a rule.
    pub(crate) fn usual(&self, span: Span) -> f32 {
        self.rate(span.middle()) * seconds(span.until - span.from)
    }

    /// The time without requests that an interval lies in. `None` where requests were served in it, or where the log
    /// does not reach beyond it.
    pub(crate) fn gap(&self, span: Span) -> Option<Gap> {
        // A second that has requests may have them before or after.
        let inner = Span::new(span.from + SECOND, span.until - SECOND);
        if span.until - span.from > 2 * SECOND && self.any(inner) {
            return None;
        }
        let middle = span.middle();
        if self.seconds.contains_key(&middle.div_euclid(SECOND)) {
            return None;
        }
        let (from, until) = (self.before(middle)? + SECOND, self.after(middle)?);
        let gap = Span::new(from, until);
        Some(Gap { span: gap, expected: self.usual(gap) })
    }

    /// Gaps of a second and more in which at least so many requests would be usual, the longest first.
    pub(crate) fn gaps(&self, expected: f32) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut last: Option<i64> = None;
        for second in self.seconds.keys() {
            if let Some(last) = last.filter(|l| second - l > 1) {
                let span = Span::new((last + 1) * SECOND, second * SECOND);
                gaps.extend(self.gap(span).filter(|g| g.expected >= expected));
            }
            last = Some(*second);
        }
        gaps.sort_by_key(|g| std::cmp::Reverse(g.span.until - g.span.from));
        gaps
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }
}
