//! How much of what time alone explains would have been explained by chance.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use logscan_catalogue::CauseId;
use rayon::prelude::*;

use crate::blind::{Blind, Class, Field, Hit, What};
use crate::rng::Rng;
use crate::span::{SECOND, Span};

/// How often the reports are moved.
const RUNS: usize = 200;

/// How many of them at a time.
const PIECE: usize = 200;

/// Around the reports, events are as usual as between them.
const AROUND: i64 = 5 * SECOND;

/// What chance explains.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chance {
    classes: BTreeMap<Class, Tally>,
    /// The share of reports that are of something that the logs hold.
    real: f64,
    /// How likely a report that meets a single event is of one at all.
    logged: f64,
}

/// What is known of the events that speak for a cause.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Reports that they explain.
    found: f64,
    /// Reports that they would have explained by chance.
    expected: f64,
    /// Events between the reports; each can explain one.
    events: f64,
    /// How many of these explain a report.
    met: f64,
    /// How many of them would have met one by chance.
    met_by_chance: f64,
}

impl Tally {
    /// The share of the events that reports are about: some are, the others meet reports by chance. Where chance meets
    /// nearly all of them nothing can be told, and what is usual counts.
    fn reported(&self, common: bool) -> f64 {
        let usually = if common { SELDOM } else { USUALLY };
        let chance = (self.met_by_chance / self.events.max(1.0)).clamp(0.0, 0.98);
        let met = self.met / self.events.max(self.met).max(1.0);
        let seen = ((met - chance) / (1.0 - chance)).clamp(0.0, 1.0);
        let told = (1.0 - chance) * self.events;
        (seen * told + usually * DOUBT) / (told + DOUBT)
    }

    /// How likely an event that meets a report is what it is about.
    fn meant(&self, common: bool) -> f64 {
        let chance = (self.met_by_chance / self.events.max(1.0)).clamp(0.02, 0.98);
        let reported = self.reported(common);
        reported / (reported + (1.0 - reported) * chance)
    }
}

/// The share of failed requests that come to be reported, where nothing is known.
const USUALLY: f64 = 0.8;

/// The same of those that come without complaints as well.
const SELDOM: f64 = 0.4;

/// How many events outweigh that.
const DOUBT: f64 = 2.0;

/// How many of each cause were explained, on the average of some runs.
type Counts = BTreeMap<Class, f64>;

/// What the reports would meet if they had come at other times.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    /// How many each cause would explain.
    expected: Counts,
    /// How many single events of each cause they would meet around the reports.
    met: Counts,
    /// How many single events there are around them.
    events: Counts,
}

impl Elsewhere {
    /// Moves the reports in time, each run by another amount, round and round the time that they and the logs span.
    pub(crate) fn new(
        field: &Field<'_>,
        reports: &[Blind],
        moved: impl Fn(Span) -> Span + Sync,
    ) -> Elsewhere {
        if reports.is_empty() {
            return Elsewhere::default();
        }
        let times = reports.iter().map(|b| moved(b.wanted.start));
        let from = times.clone().map(|s| s.from).min().unwrap_or(0);
        let until = times.map(|s| s.until).max().unwrap_or(0);
        let near = Span::new(from - AROUND, until + AROUND);
        let served = field.origin.served.span().unwrap_or(near);
        // Errors come in bursts; a day around them is enough to know how usual the events are.
        let day = 86_400 * SECOND;
        let wide = Span::new(from.min(served.from.max(from - day)), until.max(served.until.min(until + day)));
        let wide = Span::new(wide.from, wide.until.max(wide.from + 60 * SECOND));
        Elsewhere {
            expected: average(field, reports, wide, &moved, |_| true),
            met: average(field, reports, near, &moved, is_single),
            events: field.events(near),
        }
    }
}

/// Whether it is a single event, which can explain one report.
fn is_single(hit: &Hit) -> bool {
    matches!(hit.what, What::Request(_) | What::Loose(_))
}

impl Chance {
    /// Sets what was found against what would be found elsewhere.
    pub(crate) fn new(hits: &[Option<Hit>], elsewhere: Elsewhere) -> Chance {
        if hits.iter().all(Option::is_none) {
            return Chance::default();
        }
        let mut chance = Chance::default();
        let any: f64 = elsewhere.expected.values().sum();
        for (cause, expected) in elsewhere.expected {
            chance.classes.entry(cause).or_default().expected = expected;
        }
        for (cause, met) in elsewhere.met {
            chance.classes.entry(cause).or_default().met_by_chance = met;
        }
        for (cause, events) in elsewhere.events {
            chance.classes.entry(cause).or_default().events = events;
        }
        let met_by_chance: f64 = chance.classes.values().map(|t| t.met_by_chance).sum();
        let (mut found, mut met) = (0.0, 0.0);
        for hit in hits.iter().flatten() {
            let class = chance.classes.entry(hit.class()).or_default();
            class.found += 1.0;
            class.met += f64::from(u8::from(is_single(hit)));
            met += f64::from(u8::from(is_single(hit)));
            found += 1.0;
        }
        #[allow(clippy::cast_precision_loss)]
        let all = hits.len() as f64;
        // Some share of the reports is of what the logs hold, the rest meets events by chance:
        // found = share * all + (1 - share) * by chance. Where reports are few, not much is sure.
        let q = (any / all).min(0.98);
        chance.real = ((found - all * q + 0.5) / (all * (1.0 - q) + 0.75)).clamp(0.0, 1.0);
        let q = (met_by_chance / all).clamp(0.01, 0.97);
        let of_log = ((met - all * q + 0.5) / (all * (1.0 - q) + 0.75)).clamp(0.0, 1.0);
        chance.logged = of_log / (of_log + (1.0 - of_log) * q);
        chance
    }

    /// How likely a hit is the real one.
    pub(crate) fn real(&self, hit: &Hit) -> f64 {
        let class = self.classes.get(&hit.class()).copied().unwrap_or_default();
        let meant = match hit.what {
            _ if hit.certain => 1.0,
            What::State(_) | What::Silence(_) => {
                // A few of a kind may be there by chance though one or two fewer would be usual.
                let usual = class.expected + class.expected.sqrt();
                1.0 - ((1.0 - self.real) * usual / class.found.max(1.0)).min(1.0)
            }
            _ => class.meant(hit.common).min(self.logged),
        };
        // What fits badly is real less often.
        let fits = 1.0 / (1.0 + ((f64::from(hit.cost) - 3.0) * 1.5).exp());
        meant * fits
    }

    /// What speaks against common events, where most of them are not reported.
    pub(crate) fn against(&self) -> BTreeMap<Class, f32> {
        #[allow(clippy::cast_possible_truncation)]
        let against = |tally: &Tally| -(tally.reported(true).max(0.05).ln() * 0.7) as f32;
        self.classes
            .iter()
            .filter(|((_, common), _)| *common)
            .map(|(class, t)| (*class, against(t)))
            .collect()
    }

    /// For each cause, how many reports chance would have explained.
    pub(crate) fn expected(&self) -> BTreeMap<CauseId, f64> {
        let mut sums = BTreeMap::new();
        for ((cause, _), tally) in &self.classes {
            *sums.entry(*cause).or_default() += tally.expected;
        }
        sums
    }
}

/// What is explained of reports that are moved round and round a stretch of time.
fn average(
    field: &Field<'_>,
    reports: &[Blind],
    stretch: Span,
    moved: &(impl Fn(Span) -> Span + Sync),
    counts: impl Fn(&Hit) -> bool + Sync,
) -> Counts {
    let length = (stretch.until - stretch.from).max(SECOND);
    // Of very many reports each run moves another piece, as dense as they are.
    let size = reports.len().min(PIECE);
    #[allow(clippy::cast_precision_loss)]
    let each = reports.len() as f64 / size.max(1) as f64 / RUNS as f64;
    let mut rng = Rng::new(520);
    let runs: Vec<(i64, usize)> = (0..RUNS)
        .map(|_| {
            let by = i64::try_from(rng.below(u64::try_from(length).unwrap_or(1))).unwrap_or(0);
            let first = usize::try_from(rng.below((reports.len() - size + 1) as u64)).unwrap_or(0);
            (by, first)
        })
        .collect();
    let run = |(by, first): (i64, usize)| -> BTreeMap<Class, u32> {
        let piece = reports.get(first..first + size).unwrap_or(reports);
        let around = |span: Span| {
            let span = moved(span);
            let to = stretch.from + (span.from - stretch.from + by).rem_euclid(length);
            span.moved(to - span.from)
        };
        let mut found = BTreeMap::new();
        for hit in field.fit(piece, around).into_iter().flatten().filter(&counts) {
            *found.entry(hit.class()).or_default() += 1;
        }
        found
    };
    let found: Vec<BTreeMap<Class, u32>> = runs.into_par_iter().map(run).collect();
    let mut sums = Counts::new();
    for (class, count) in found.into_iter().flatten() {
        *sums.entry(class).or_default() += f64::from(count);
    }
    sums.values_mut().for_each(|sum| *sum *= each);
    sums
}
