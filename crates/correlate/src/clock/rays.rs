//! Clocks by the times that Ray IDs in access logs carry.

#[cfg(test)]
mod tests;

use crate::attribution::Method;
use crate::sieve::RaySample;
use crate::span::{SECOND, Span};
use crate::stab::{Vote, best, drift, refine};

use super::Offset;

/// From the times that Ray IDs in access logs carry.
pub(crate) fn by_rays(samples: &[RaySample]) -> Option<Offset> {
    /// Most requests end at once.
    const QUICK: i64 = SECOND / 4;
    let spans: Vec<(i64, Span)> = samples
        .iter()
        .map(|s| {
            let logged = Span::new(s.logged, s.logged + if s.fine { 999 } else { SECOND - 1 });
            let began = match s.took {
                Some(took) => logged.moved(-took).wider(1000),
                None => Span::new(logged.from - QUICK, logged.until),
            };
            (s.logged, Span::new(s.edge - began.until, s.edge + 9_999 - began.from))
        })
        .collect();
    let votes: Vec<Vote> = (0u32..)
        .zip(&spans)
        .map(|(group, (_, span))| Vote { from: span.from, until: span.until, group, weight: 1.0 })
        .collect();
    let peak = best(&votes, SECOND)?;
    // Made-up IDs agree on nothing.
    if peak.groups < 2 && samples.len() > 1
        || peak.groups * 5 < u32::try_from(samples.len()).unwrap_or(u32::MAX)
    {
        return None;
    }
    let (at, uncertainty) = refine(&votes, Span::new(peak.from, peak.until).middle(), SECOND)?;
    let near: Vec<(i64, i64, i64)> = spans
        .iter()
        .filter(|(_, s)| s.holds_near(at, 10 * SECOND))
        .map(|(t, s)| (*t, s.from, s.until))
        .collect();
    let drift = drift(&near).map(|d| d.per_day);
    let pivot = near.get(near.len() / 2).map_or(0, |(t, _, _)| *t);
    let (method, support) = (Method::RayId, u64::from(peak.groups));
    Some(Offset { at, uncertainty: uncertainty.max(5_000), method, support, drift, pivot })
}

impl Span {
    fn holds_near(self, at: i64, within: i64) -> bool {
        self.wider(within).holds(at)
    }
}
