//! Clocks that are set in between: each run of reports has an offset of its own, where it shows one.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use logscan_catalogue::Timestamp;
use rayon::prelude::*;

use crate::attribution::Method;
use crate::blind::{Blind, Field, Hit, What};
use crate::join::Index;
use crate::odds::Odds;
use crate::origin::Origin;
use crate::report::Report;
use crate::sieve::RaySample;
use crate::span::{SECOND, Span};

use super::Offset;
use super::rays::by_rays;
use super::requests::by_requests;
use super::times::by_times;

/// Reports that lie further apart may have another clock.
const PAUSE: i64 = 60 * SECOND;

/// More runs than that are not looked at one by one.
const MOST: usize = 100;

/// Offsets by the time of reports.
#[derive(Clone, Debug)]
pub(crate) struct Offsets {
    /// That of most reports.
    pub(crate) main: Offset,
    /// Those of runs that differ from it, by their first instant on the edge's clock.
    pub(crate) others: Vec<(Span, Offset)>,
}

/// What offsets are found by.
pub(crate) struct Seen<'a> {
    /// The reports, and requests that were answered well.
    pub(crate) asked: &'a [&'a Report],
    pub(crate) reports: &'a [&'a Report],
    /// The reports as they stand without their requests, with the number of each.
    pub(crate) blinds: &'a [(usize, Blind)],
    pub(crate) rays: &'a [RaySample],
    pub(crate) index: &'a Index<'a>,
    pub(crate) origin: &'a Origin,
    pub(crate) table: &'a Odds<'a>,
    pub(crate) field: &'a Field<'a>,
}

impl Offsets {
    /// Where the offset changes, for logs whose stamps are `shift` off.
    pub(crate) fn steps(&self, shift: i64) -> Vec<(Timestamp, f64)> {
        #[allow(clippy::cast_precision_loss)]
        let seconds = |offset: &Offset| (offset.at + shift) as f64 / 1e6;
        self.others.iter().map(|(run, o)| (Timestamp::from_micros(run.from), seconds(o))).collect()
    }

    pub(crate) fn given(seconds: f64) -> Offsets {
        Offsets { main: Offset::given(seconds), others: Vec::new() }
    }

    /// That of an instant on the edge's clock.
    pub(crate) fn of(&self, instant: i64) -> &Offset {
        // An error ends after the last of them began.
        let other = self.others.iter().find(|(run, _)| run.wider(PAUSE / 2).holds(instant));
        other.map_or(&self.main, |(_, offset)| offset)
    }

    /// A time of the edge on the origin's clock, as wide as it is uncertain.
    pub(crate) fn origin_time(&self, span: Span) -> Span {
        let offset = self.of(span.from);
        span.moved(-offset.then(span.from)).wider(offset.uncertainty)
    }
}

impl Seen<'_> {
    /// By the strongest joins there are: for all reports, then for each run of them.
    pub(crate) fn offsets(&self) -> Offsets {
        let main = by_rays(self.rays)
            .or_else(|| by_requests(self.asked, self.index, self.origin, self.table, None))
            .or_else(|| {
                let blinds: Vec<Blind> = self.blinds.iter().map(|(_, b)| b.clone()).collect();
                by_times(&blinds, self.field, &[0])
            })
            .unwrap_or_else(Offset::none);
        let runs = self.runs();
        let runs = if (2..=MOST).contains(&runs.len()) { runs } else { Vec::new() };
        let firm: Vec<Firm> = runs.par_iter().map(|run| self.firm(*run, &main)).collect();
        // Looked up before and not in between: a worker that waits for it could be given the next run.
        let hits = if firm.contains(&Firm::Open) { self.hits(&main) } else { Vec::new() };
        let of_run = |(run, firm): (Span, Firm)| match firm {
            Firm::Known(offset) => Some((run, offset?)),
            Firm::Open => Some((run, self.by_times(run, &main, &hits)?)),
        };
        let others = runs.into_par_iter().zip(firm).filter_map(of_run).collect();
        Offsets { main, others }
    }

    /// What explains each report if all have the same offset.
    fn hits(&self, main: &Offset) -> Vec<Option<Hit>> {
        let blinds: Vec<Blind> = self.blinds.iter().map(|(_, b)| b.clone()).collect();
        self.field.fit(&blinds, |span| span.moved(-main.then(span.from)).wider(main.uncertainty))
    }

    /// From the first report to the last of each run.
    fn runs(&self) -> Vec<Span> {
        let mut runs: Vec<Span> = Vec::new();
        let whens = self.reports.iter().filter_map(|r| r.when);
        for when in whens {
            let span = Span::new(when.from.micros(), when.until.micros());
            match runs.last_mut().filter(|run| run.gap(span) <= PAUSE) {
                Some(run) => run.until = run.until.max(span.until),
                None => runs.push(span),
            }
        }
        runs
    }

    /// What Ray IDs and requests say of a run.
    fn firm(&self, run: Span, main: &Offset) -> Firm {
        let around = run.wider(PAUSE / 2);
        let rays: Vec<RaySample> = self.rays.iter().filter(|s| around.holds(s.edge)).copied().collect();
        let believed = main.then(run.from);
        let differs = |offset: &Offset| differs(offset, run, main);
        if let Some(offset) = by_rays(&rays).filter(|o| o.support >= 3) {
            return Firm::Known(Some(offset).filter(differs));
        }
        let of_run = |r: &Report| r.when.is_some_and(|w| run.holds(w.from.micros()));
        let reports: Vec<&Report> = self.asked.iter().copied().filter(|r| of_run(r)).collect();
        let by_request = by_requests(&reports, self.index, self.origin, self.table, Some(believed));
        if let Some(offset) =
            by_request.filter(|o| o.support >= 3 || usize::try_from(o.support) == Ok(reports.len()))
        {
            return Firm::Known(Some(offset).filter(differs));
        }
        if main.method == Method::RayId { Firm::Known(None) } else { Firm::Open }
    }

    /// The offset of a run by the pattern of times. `hits` is what explains all reports if it is that of the others.
    fn by_times(&self, run: Span, main: &Offset, hits: &[Option<Hit>]) -> Option<Offset> {
        let of_run = |r: &Report| r.when.is_some_and(|w| run.holds(w.from.micros()));
        let of_run = |number: usize| self.reports.get(number).is_some_and(|r| of_run(r));
        let blinds: Vec<Blind> =
            self.blinds.iter().filter(|(n, _)| of_run(*n)).map(|(_, b)| b.clone()).collect();
        // What the reports of other runs are about is not what these are about: else any burst would do.
        let others = self.blinds.iter().zip(hits).filter(|((n, _), _)| !of_run(*n));
        let used: HashSet<What> = others.filter_map(|(_, hit)| Some(hit.as_ref()?.what)).collect();
        let bases = [main.then(run.from), 0];
        by_times(&blinds, &self.field.except(&used), &bases).filter(|offset| differs(offset, run, main))
    }
}

/// What is known of the offset of a run.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Firm {
    /// That it is another, or, with `None`, that it is that of all.
    Known(Option<Offset>),
    /// Nothing, but what times may tell.
    Open,
}

/// Whether the offset of a run is another than that of all.
fn differs(offset: &Offset, run: Span, main: &Offset) -> bool {
    (offset.at - main.then(run.from)).abs() > offset.uncertainty + main.uncertainty + SECOND / 2
}
