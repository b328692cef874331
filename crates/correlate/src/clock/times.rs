//! Clocks by the pattern of times.

#[cfg(test)]
mod tests;

use crate::attribution::Method;
use crate::blind::{Blind, Field, NOTHING};
use crate::join::Wanted;
use crate::rng::Rng;
use crate::span::{SECOND, Span};
use crate::stab::{Vote, peaks};

use super::{FARTHEST, Offset, UNKNOWN, likelihood};

/// Where reports are explained, and how well.
type Targets = Vec<(Span, f32)>;

/// By how much an offset must explain reports better than none, in the steps of costs: as the best of many offsets
/// that were tried it is better anyhow.
const CLEARLY: f32 = 6.0;

/// From the pattern of times: the offset at which the most reports are explained, if it is more than chance gives.
///
/// `bases` are offsets that are believed as long as no other explains clearly more; the first is what is believed anyhow.
pub(crate) fn by_times(reports: &[Blind], field: &Field<'_>, bases: &[i64]) -> Option<Offset> {
    const REPORTS: usize = 150;
    const TARGETS: usize = 1500;
    if field.is_empty() || reports.is_empty() {
        return None;
    }
    // Errors fill the time in which nothing is served.
    let from = reports.iter().map(|b| b.wanted.start.from).min().unwrap_or(0);
    let until = reports.iter().map(|b| b.wanted.start.from).max().unwrap_or(0);
    let mut field = field.clone();
    field.forget_silence((until - from).saturating_mul(2).saturating_add(3 * SECOND));
    let field = &field;
    let step = reports.len().div_ceil(REPORTS).max(1);
    let sample: Vec<Blind> = reports.iter().step_by(step).cloned().collect();
    let targets = |status: Option<u16>| {
        let all = field.targets(status);
        let step = all.len().div_ceil(TARGETS).max(1);
        all.into_iter().step_by(step).collect::<Targets>()
    };
    let mut by_status: Vec<(Option<u16>, Targets)> = Vec::new();
    for blind in &sample {
        if !by_status.iter().any(|(status, _)| *status == blind.status) {
            by_status.push((blind.status, targets(blind.status)));
        }
    }
    let search = |sample: &[Blind]| -> Option<(Span, f32)> {
        let mut votes = Vec::new();
        for (group, blind) in (0u32..).zip(sample) {
            let Some((_, targets)) = by_status.iter().find(|(s, _)| *s == blind.status) else { continue };
            let wide = blind.wanted.start.until - blind.wanted.start.from;
            // A report of an hour agrees with everything.
            if wide > 600 * SECOND {
                continue;
            }
            for (span, weight) in targets {
                let vote =
                    Span::new(blind.wanted.start.from - span.until, blind.wanted.start.until - span.from);
                if vote.gap(Span::new(-FARTHEST, FARTHEST)) == 0 {
                    votes.push(Vote { from: vote.from, until: vote.until, group, weight: *weight });
                }
            }
        }
        let found = peaks(&votes, SECOND, 12);
        let candidates = found.iter().map(|p| Span::new(p.from, p.until));
        candidates
            .chain(bases.iter().map(|base| Span::new(base - SECOND / 10, base + SECOND / 10)))
            .map(|c| (c, gain(sample, field, c.middle(), SECOND / 4) * likelihood(c)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let (span, score) = search(&sample)?;
    #[allow(clippy::cast_precision_loss)]
    let all = sample.len() as f32;
    let share = gain(&sample, field, span.middle(), SECOND / 4) / all;
    let believed: Vec<(i64, f32)> =
        bases.iter().map(|base| (*base, gain(&sample, field, *base, SECOND / 4) / all)).collect();
    let (first, agreeing) = believed.first().copied().unwrap_or_default();
    let best = believed.iter().max_by(|a, b| a.1.total_cmp(&b.1)).copied().unwrap_or_default();
    let (support, method) = (sample.len() as u64, Method::Time);
    let better = (share - best.1) * all * NOTHING;
    if share < 0.4 || better < CLEARLY {
        let other = best.0 != first && (best.1 - agreeing) * all * NOTHING >= CLEARLY;
        let (at, uncertainty) = (best.0, UNKNOWN);
        return other.then_some(Offset { at, uncertainty, method, support, drift: None, pivot: 0 });
    }
    // The fewer reports, the easier they are explained somewhere: then only by an offset that clocks are known to have.
    let usual = likelihood(span) > 1.0;
    if sample.len() < 3 || sample.len() < 8 && !usual {
        return None;
    }
    // Of what is explained anyhow chance moves about as much as the root of the number.
    if share < 0.8 && (share < 0.6 || better < CLEARLY + 4.0 * all.sqrt()) {
        let null = null_scores(&sample, &search);
        #[allow(clippy::cast_precision_loss)]
        let count = null.len().max(1) as f32;
        let mean = null.iter().sum::<f32>() / count;
        let deviation = (null.iter().map(|n| (n - mean).powi(2)).sum::<f32>() / count).sqrt();
        if score < mean + 1.5 * deviation.max(0.15) {
            return None;
        }
    }
    let at = span.middle();
    let uncertainty = ((span.until - span.from) / 2).clamp(SECOND / 2, 3 * SECOND);
    Some(Offset { at, uncertainty, method, support, drift: None, pivot: 0 })
}

/// How much of the reports is explained with an offset.
fn gain(sample: &[Blind], field: &Field<'_>, offset: i64, uncertainty: i64) -> f32 {
    let hits = field.fit(sample, |span| span.moved(-offset).wider(uncertainty));
    hits.into_iter().flatten().map(|hit| (NOTHING - hit.cost) / NOTHING).sum()
}

/// The same search with reports at times by chance, over the same stretch.
fn null_scores(sample: &[Blind], search: &impl Fn(&[Blind]) -> Option<(Span, f32)>) -> Vec<f32> {
    const RUNS: usize = 24;
    let from = sample.iter().map(|b| b.wanted.start.from).min().unwrap_or(0);
    let until = sample.iter().map(|b| b.wanted.start.from).max().unwrap_or(0);
    let stretch = u64::try_from(until - from).unwrap_or(0).max(1_000_000);
    let mut rng = Rng::new(520);
    (0..RUNS)
        .filter_map(|_| {
            let scattered: Vec<Blind> = sample
                .iter()
                .map(|blind| {
                    let to = from + i64::try_from(rng.below(stretch)).unwrap_or(0);
                    let by = to - blind.wanted.start.from;
                    let wanted = Wanted {
                        start: blind.wanted.start.moved(by),
                        end: blind.wanted.end.map(|e| e.moved(by)),
                    };
                    Blind { wanted, ..blind.clone() }
                })
                .collect();
            search(&scattered).map(|(_, score)| score)
        })
        .collect()
}
