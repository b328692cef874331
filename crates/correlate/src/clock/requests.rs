//! Clocks by requests that reports and logs both have.

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use crate::assign::joined;
use crate::attribution::Method;
use crate::join::{Index, Wanted, status_cost};
use crate::odds::Odds;
use crate::origin::Origin;
use crate::report::{Moment, Report};
use crate::span::{SECOND, Span};
use crate::stab::{Peak, Vote, peaks, refine};

use super::{FARTHEST, Offset, likelihood};

/// Of a wide range of offsets the one that is likelier than all others: no offset, or that of a mistaken zone.
fn usual(range: Span) -> Option<i64> {
    let half_hour = 1800 * SECOND;
    let nearest = range.from.saturating_add(half_hour - 1).div_euclid(half_hour) * half_hour;
    let wide = range.until - range.from > 6 * SECOND;
    let zone = if range.holds(0) { Some(0) } else { Some(nearest).filter(|at| range.holds(*at)) };
    // Otherwise the shortest waiting.
    zone.or(Some(range.from + 2 * SECOND)).filter(|_| wide)
}

/// Adds the offsets at which a report would be about a request that is like it.
fn vote(
    group: u32,
    report: &Report,
    index: &Index<'_>,
    origin: &Origin,
    table: &Odds<'_>,
    votes: &mut Vec<Vote>,
) {
    const ALIKE: usize = 300;
    let Some(wanted) = Wanted::of(report, 0, 0) else { return };
    if report.when.is_none_or(|w| w.moment != Moment::Start) {
        return;
    }
    let first = votes.len();
    for place in index.alike(report).take(ALIKE) {
        let Some(request) = origin.requests.get(place as usize) else { continue };
        let Some(status) = status_cost(report, request, table) else { continue };
        let known = request.start.until - request.start.from <= 2 * SECOND;
        let span = match (known, wanted.end) {
            (true, _) => {
                Span::new(wanted.start.from - request.start.until, wanted.start.until - request.start.from)
            }
            (false, Some(end)) => Span::new(end.from - request.end.until, end.until - request.end.from),
            // Somebody waited for long, nobody says how long.
            (false, None) => {
                let waited =
                    if matches!(request.status, Some(499 | 504)) { 125 * SECOND } else { SECOND / 4 };
                Span::new(
                    wanted.start.from - request.end.until,
                    wanted.start.until - request.end.from + waited,
                )
            }
        };
        if span.gap(Span::new(-FARTHEST, FARTHEST)) == 0 {
            votes.push(Vote { from: span.from, until: span.until, group, weight: (-status).exp() });
        }
    }
    #[allow(clippy::cast_precision_loss)]
    let share = 1.0 / ((votes.len() - first).max(1) as f32).sqrt();
    votes.iter_mut().skip(first).for_each(|vote| vote.weight *= share);
}

/// From requests that reports and logs both have.
///
/// `believed` is preferred to others that fit little better.
pub(crate) fn by_requests(
    reports: &[&Report],
    index: &Index<'_>,
    origin: &Origin,
    table: &Odds<'_>,
    believed: Option<i64>,
) -> Option<Offset> {
    const REPORTS: usize = 3000;
    let step = reports.len().div_ceil(REPORTS).max(1);
    /// So many reports are worth another worker.
    const PIECE: usize = 128;
    let asked: Vec<(u32, &Report)> = (0..).zip(reports.iter().step_by(step).copied()).collect();
    let of_piece = |asked: &[(u32, &Report)]| {
        let mut votes = Vec::new();
        asked.iter().for_each(|(group, report)| vote(*group, report, index, origin, table, &mut votes));
        votes
    };
    let votes = joined(asked.par_chunks(PIECE).map(of_piece).collect());
    let voters = (0u32..).zip(votes.chunk_by(|a, b| a.group == b.group)).last().map_or(0, |(n, _)| n + 1);
    if voters == 0 {
        return None;
    }
    let preferred = |p: &Peak| match believed {
        Some(at) if Span::new(p.from, p.until).wider(SECOND).holds(at) => 1.3,
        Some(_) => 1.0,
        None => f64::from(likelihood(Span::new(p.from, p.until))),
    };
    let score = |p: &Peak| p.weight * preferred(p);
    let found = peaks(&votes, SECOND, 20);
    let peak = found.iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    // One request alone may be anybody's, unless it is at the right time as it is.
    let near = Span::new(peak.from, peak.until).gap(Span::default()) <= 5 * SECOND;
    let weak = peak.groups < 2 && (!near || peak.weight < 0.6) || voters > 2 && peak.weight < 1.1;
    // A few that fit by chance do not speak for all.
    let few = peak.groups < 6 && peak.groups as usize * 8 < reports.len();
    if weak || few || peak.groups * 5 < voters || peak.weight < 0.5 {
        return None;
    }
    let plateau = Span::new(peak.from, peak.until);
    let (at, uncertainty) = match usual(plateau) {
        // Requests that waited allow for much.
        Some(at) => (at, 3 * SECOND),
        None => refine(&votes, plateau.middle(), SECOND)?,
    };
    let uncertainty = uncertainty.max(if peak.groups < 3 { SECOND / 2 } else { SECOND / 20 });
    Some(Offset {
        at,
        uncertainty,
        method: Method::Request,
        support: u64::from(peak.groups),
        drift: None,
        pivot: 0,
    })
}
