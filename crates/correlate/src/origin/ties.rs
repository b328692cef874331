//! Ties between lines of different logs that only time connects.

#[cfg(test)]
mod tests;

use crate::assign::{Pair, assign};
use crate::span::{Span, seconds};

/// Ties each of `left` to one of `right`, each used once, so that they lie as near to each other as can be; none
/// further apart than `slack` microseconds. `extra` adds to the cost of a pair, in seconds, or forbids it.
pub(crate) fn tie(
    left: &[Span],
    right: &[Span],
    slack: i64,
    extra: impl Fn(usize, usize) -> Option<f32>,
) -> Vec<Option<usize>> {
    /// More candidates than that do not make the answer better.
    const MOST: usize = 48;
    let mut order: Vec<usize> = (0..right.len()).collect();
    let at = |place: usize| right.get(place).copied().unwrap_or_default();
    order.sort_by_key(|r| at(*r).from);
    // Intervals are of a second at most, so what begins earlier than that does not reach.
    let widest = right.iter().map(|r| r.until - r.from).max().unwrap_or(0);
    let mut pairs = Vec::new();
    for (l, span) in left.iter().enumerate() {
        let first = order.partition_point(|r| at(*r).from < span.from - slack - widest);
        let near = order.iter().skip(first).take_while(|r| at(**r).from <= span.until + slack);
        let mut taken = 0;
        for r in near {
            let gap = span.gap(at(*r));
            if gap > slack || taken >= MOST {
                continue;
            }
            let Some(extra) = extra(l, *r) else { continue };
            // Within a second of each other, order decides.
            let order = seconds((span.middle() - at(*r).middle()).abs()) * 0.05;
            if let (Ok(left), Ok(right)) = (u32::try_from(l), u32::try_from(*r)) {
                pairs.push(Pair { left, right, cost: seconds(gap) + order + extra });
                taken += 1;
            }
        }
    }
    let found = assign(left.len(), right.len(), &pairs, seconds(slack) * 2.0 + 10.0);
    found.into_iter().map(|r| r.map(|r| r as usize)).collect()
}
