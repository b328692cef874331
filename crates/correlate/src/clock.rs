//! How far the edge's clock is ahead of the origin's.

use logscan_parser::Source;

use crate::attribution::{Clock, Method};
use crate::blind::{Blind, Field, NOTHING};
use crate::join::{Index, Wanted, status_cost};
use crate::odds::Odds;
use crate::origin::Origin;
use crate::report::{Moment, Report};
use crate::rng::Rng;
use crate::sieve::RaySample;
use crate::span::{SECOND, Span};
use crate::stab::{Peak, Vote, best, drift, peaks, refine};

/// Clocks are off by seconds, or by hours where a zone is mistaken; never by more than the zones of the earth differ.
const FARTHEST: i64 = 15 * 3600 * SECOND;

/// Clocks that nobody knows anything of are taken to agree to this.
const UNKNOWN: i64 = 2 * SECOND;

/// By how much an offset must explain reports better than none, in the steps of costs: as the best of many offsets
/// that were tried it is better anyhow.
const CLEARLY: f32 = 6.0;

/// What was found out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Offset {
    /// The edge's time minus the origin's, in microseconds.
    pub(crate) at: i64,
    /// Give or take.
    pub(crate) uncertainty: i64,
    pub(crate) method: Method,
    pub(crate) support: u64,
    /// Seconds a day, before and after `pivot`.
    pub(crate) drift: Option<f64>,
    /// When `at` holds.
    pub(crate) pivot: i64,
}

impl Offset {
    pub(crate) fn given(seconds: f64) -> Offset {
        #[allow(clippy::cast_possible_truncation)]
        let at = (seconds.clamp(-1e6, 1e6) * 1e6) as i64;
        Offset { at, uncertainty: SECOND / 10, method: Method::Given, support: 0, drift: None, pivot: 0 }
    }

    pub(crate) fn none() -> Offset {
        Offset { at: 0, uncertainty: UNKNOWN, method: Method::None, support: 0, drift: None, pivot: 0 }
    }

    /// The offset at an instant.
    pub(crate) fn then(&self, instant: i64) -> i64 {
        let Some(per_day) = self.drift else { return self.at };
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let drifted = ((instant - self.pivot) as f64 / 86_400.0 * per_day) as i64;
        self.at.saturating_add(drifted)
    }

    /// As it is told.
    pub(crate) fn clock(self, source: Source) -> Clock {
        let half_hours = (self.at + 900 * SECOND).div_euclid(1800 * SECOND);
        let mistake = half_hours * 1800;
        let is_mistake = mistake != 0 && (self.at - mistake * SECOND).abs() <= 300 * SECOND;
        #[allow(clippy::cast_precision_loss)]
        let seconds = |micros: i64| micros as f64 / 1e6;
        Clock {
            source,
            offset: seconds(self.at),
            uncertainty: seconds(self.uncertainty),
            drift: self.drift,
            method: self.method,
            support: self.support,
            zone_mistake: if is_mistake { mistake } else { 0 },
        }
    }
}

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

/// Offsets near zero are likelier than others, and after them those of a mistaken zone.
fn likelihood(offset: Span) -> f32 {
    let away = offset.gap(Span::default());
    let zone = {
        let half_hours = (offset.middle() + 900 * SECOND).div_euclid(1800 * SECOND);
        Span::new(half_hours * 1800 * SECOND, half_hours * 1800 * SECOND).gap(offset)
    };
    match () {
        () if away <= 2 * SECOND => 1.2,
        () if away <= 10 * SECOND => 1.15,
        () if away <= 120 * SECOND => 1.1,
        () if zone <= 10 * SECOND => 1.08,
        () if zone <= 120 * SECOND => 1.04,
        () => 1.0,
    }
}

/// Of a wide range of offsets the one that is likelier than all others: no offset, or that of a mistaken zone.
fn usual(range: Span) -> Option<i64> {
    let half_hour = 1800 * SECOND;
    let nearest = range.from.saturating_add(half_hour - 1).div_euclid(half_hour) * half_hour;
    let wide = range.until - range.from > 6 * SECOND;
    let zone = if range.holds(0) { Some(0) } else { Some(nearest).filter(|at| range.holds(*at)) };
    // Otherwise the shortest waiting.
    zone.or(Some(range.from + 2 * SECOND)).filter(|_| wide)
}

/// From requests that reports and logs both have.
pub(crate) fn by_requests(
    reports: &[&Report],
    index: &Index<'_>,
    origin: &Origin,
    table: &Odds<'_>,
) -> Option<Offset> {
    const REPORTS: usize = 3000;
    const ALIKE: usize = 300;
    let step = reports.len().div_ceil(REPORTS).max(1);
    let mut votes = Vec::new();
    let mut voters = 0;
    for (group, report) in (0u32..).zip(reports.iter().step_by(step)) {
        let Some(wanted) = Wanted::of(report, 0, 0) else { continue };
        if report.when.is_none_or(|w| w.moment != Moment::Start) {
            continue;
        }
        let mut mine = Vec::new();
        for place in index.alike(report).take(ALIKE) {
            let Some(request) = origin.requests.get(place as usize) else { continue };
            let Some(status) = status_cost(report, request, table) else { continue };
            let known = request.start.until - request.start.from <= 2 * SECOND;
            let span = match (known, wanted.end) {
                (true, _) => Span::new(
                    wanted.start.from - request.start.until,
                    wanted.start.until - request.start.from,
                ),
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
                mine.push((span, (-status).exp()));
            }
        }
        voters += u32::from(!mine.is_empty());
        #[allow(clippy::cast_precision_loss)]
        let share = 1.0 / (mine.len().max(1) as f32).sqrt();
        votes.extend(mine.into_iter().map(|(s, w)| Vote {
            from: s.from,
            until: s.until,
            group,
            weight: w * share,
        }));
    }
    if voters == 0 {
        return None;
    }
    let score = |p: &Peak| p.weight * f64::from(likelihood(Span::new(p.from, p.until)));
    let found = peaks(&votes, SECOND, 20);
    let peak = found.iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    // One request alone may be anybody's, unless it is at the right time as it is.
    let near = Span::new(peak.from, peak.until).gap(Span::default()) <= 5 * SECOND;
    if peak.groups < 2 && (!near || peak.weight < 0.6) || peak.groups * 5 < voters || peak.weight < 0.5 {
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

/// From the pattern of times: the offset at which the most reports are explained, if it is more than chance gives.
pub(crate) fn by_times(reports: &[Blind], field: &Field<'_>) -> Option<Offset> {
    const REPORTS: usize = 150;
    const TARGETS: usize = 1500;
    if field.is_empty() || reports.is_empty() {
        return None;
    }
    let step = reports.len().div_ceil(REPORTS).max(1);
    let sample: Vec<Blind> = reports.iter().step_by(step).cloned().collect();
    let targets = |status: Option<u16>| {
        let all = field.targets(status);
        let step = all.len().div_ceil(TARGETS).max(1);
        all.into_iter().step_by(step).collect::<Vec<_>>()
    };
    let mut by_status: Vec<(Option<u16>, Vec<(Span, f32)>)> = Vec::new();
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
        let zero = Span::new(-SECOND / 10, SECOND / 10);
        let found = peaks(&votes, SECOND, 12);
        let candidates = found.iter().map(|p| Span::new(p.from, p.until)).chain(Some(zero));
        candidates
            .map(|c| (c, gain(sample, field, c.middle(), SECOND / 4) * likelihood(c)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let (span, score) = search(&sample)?;
    #[allow(clippy::cast_precision_loss)]
    let all = sample.len() as f32;
    let share = gain(&sample, field, span.middle(), SECOND / 4) / all;
    // Clocks that agree explain nearly as much: then they do.
    let agreeing = gain(&sample, field, 0, SECOND / 4) / all;
    let better = (share - agreeing) * all * NOTHING;
    if std::env::var_os("DBG").is_some() {
        eprintln!(
            "times: n {} span {:?} share {share} agreeing {agreeing} better {better}",
            sample.len(),
            span
        );
    }
    if share < 0.4 || better < CLEARLY {
        return None;
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
    Some(Offset {
        at,
        uncertainty,
        method: Method::Time,
        support: sample.len() as u64,
        drift: None,
        pivot: 0,
    })
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
