//! How much of what time alone explains would have been explained by chance.

use std::collections::BTreeMap;

use logscan_catalogue::CauseId;

use crate::blind::{Blind, Field, Hit, What};
use crate::rng::Rng;
use crate::span::{SECOND, Span};

/// Times that the reports are moved, where they are few; of many, each run says more.
const RUNS: usize = 300;

/// How many reports are moved in all.
const MOVED: usize = 60_000;

/// What chance explains.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chance {
    /// For each cause: found, expected by chance.
    causes: BTreeMap<CauseId, (f64, f64)>,
    /// The share of reports that are of something that the logs hold.
    real: f64,
}

impl Chance {
    /// Moves the reports in time, each run by another amount, round and round the time that they and the logs span.
    pub(crate) fn new(
        field: &Field<'_>,
        reports: &[Blind],
        hits: &[Option<Hit>],
        moved: impl Fn(Span) -> Span,
    ) -> Chance {
        let found: Vec<&Hit> = hits.iter().flatten().collect();
        if found.is_empty() {
            return Chance::default();
        }
        let times = reports.iter().map(|b| moved(b.wanted.start));
        let from = times.clone().map(|s| s.from).min().unwrap_or(0);
        let until = times.map(|s| s.until).max().unwrap_or(0);
        let served = field.origin.served.span().unwrap_or(Span::new(from, until));
        // Errors come in bursts; a day around them is enough to know how usual the events are.
        let day = 86_400 * SECOND;
        let from = from.min(served.from.max(from - day));
        let until = until.max(served.until.min(until + day));
        let length = (until - from).max(60 * SECOND);
        let runs = (MOVED / reports.len().max(1)).clamp(8, RUNS);
        let mut rng = Rng::new(520);
        let mut expected: BTreeMap<CauseId, f64> = BTreeMap::new();
        let mut any = 0.0;
        #[allow(clippy::cast_precision_loss)]
        let each = 1.0 / runs as f64;
        for _ in 0..runs {
            let by = i64::try_from(rng.below(u64::try_from(length).unwrap_or(1))).unwrap_or(0);
            let around = |span: Span| {
                let span = moved(span);
                let to = from + (span.from - from + by).rem_euclid(length);
                span.moved(to - span.from)
            };
            for hit in field.fit(reports, around).into_iter().flatten() {
                *expected.entry(hit.cause).or_default() += each;
                any += each;
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let (all, n) = (reports.len() as f64, found.len() as f64);
        // Some share of the reports is of what the logs hold, the rest meets events by chance:
        // found = share * all + (1 - share) * by chance. Where reports are few, not much is sure.
        let q = (any / all).min(0.98);
        let real = ((n - all * q + 0.5) / (all * (1.0 - q) + 0.75)).clamp(0.0, 1.0);
        let mut causes: BTreeMap<CauseId, (f64, f64)> = BTreeMap::new();
        for hit in found {
            causes.entry(hit.cause).or_default().0 += 1.0;
        }
        for (cause, expected) in expected {
            causes.entry(cause).or_default().1 = expected;
        }
        Chance { causes, real }
    }

    /// How likely a hit is the real one.
    pub(crate) fn real(&self, hit: &Hit) -> f64 {
        let (found, expected) = self.causes.get(&hit.cause).copied().unwrap_or((1.0, 0.0));
        // A few of a kind may be there by chance though one or two fewer would be usual.
        let by_chance = ((1.0 - self.real) * (expected + expected.sqrt()) / found.max(1.0)).min(1.0);
        // What fits badly is real less often.
        let fits = 1.0 / (1.0 + ((f64::from(hit.cost) - 3.0) * 1.5).exp());
        let direct = match hit.what {
            What::State(_) | What::Silence(_) => 0.98,
            _ => 0.97,
        };
        (1.0 - by_chance) * fits.min(1.0) * direct
    }

    /// For each cause, how many reports chance would have explained.
    pub(crate) fn expected(&self) -> BTreeMap<CauseId, f64> {
        self.causes.iter().map(|(cause, (_, expected))| (*cause, *expected)).collect()
    }
}
