//! Reports and what was kept of the logs to attributions.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use logscan_catalogue::{Catalogue, CauseId};
use logscan_parser::{Level, Source};
use rayon::prelude::*;

use crate::answer::{Answer, pack};
use crate::attribution::{Correlation, Join, Role, Verdict};
use crate::blind::{Blind, Field, Hit, What};
use crate::chance::{Chance, Elsewhere};
use crate::clock::{Offset, Offsets, Seen};
use crate::join::{Index, Reach, Wanted, by_request};
use crate::odds::Odds;
use crate::origin::{Finding, Lexicon, Origin, Request, Served, Shape};
use crate::report::{Moment, Report};
use crate::same::Unique;
use crate::sieve::{Gathered, RaySample, Tells, sample};
use crate::span::Span;
use crate::words;

/// Below this an explanation is none.
const LIKELY: f64 = 0.5;

/// Reports of more errors than this are taken for this many.
const MOST_OF_A_ROW: u64 = 40;

/// How to correlate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings<'c> {
    /// Where kinds and causes come from.
    pub catalogue: &'c Catalogue,
    /// How far from a report evidence may lie.
    pub window: Duration,
    /// The edge's time minus the origin's, in seconds, where it is known; otherwise it is found out.
    pub clock_offset: Option<f64>,
    /// Requests that the edge saw answered well: they are not explained, and tell how clocks differ.
    pub others: &'c [Report],
    /// Number of workers; 0 is one per processor. The answers do not depend on it.
    pub threads: usize,
}

impl<'c> Settings<'c> {
    /// With a window of 30 seconds, and clocks to be found out.
    pub fn new(catalogue: &'c Catalogue) -> Settings<'c> {
        Settings { catalogue, window: Duration::from_secs(30), clock_offset: None, others: &[], threads: 0 }
    }

    fn window(&self) -> Reach {
        Reach::of(i64::try_from(self.window.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Explains each report, or says that the logs do not.
///
/// The answers are in the order of the reports, and depend on that order no more than on chance.
pub fn correlate(reports: &[Report], gathered: Gathered, settings: &Settings<'_>) -> Correlation {
    match rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build() {
        Ok(pool) => pool.install(|| explain(reports, gathered, settings)),
        // No thread could be started: there is still this one.
        Err(_) => explain(reports, gathered, settings),
    }
}

fn explain(reports: &[Report], gathered: Gathered, settings: &Settings<'_>) -> Correlation {
    let Some(lexicon) = Lexicon::new(settings.catalogue) else { return Correlation::default() };
    let table = Odds::new(settings.catalogue);
    let Gathered { events, texts, served, rays, coverage, tells, addresses, slightest, dropped, .. } =
        gathered;
    let mut sources: Vec<Source> = coverage.iter().map(|c| c.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let shifts = crate::shifts::shifts(&events, &lexicon);
    // nginx logs failures of requests at level error: a log that begins at a graver one does not witness them.
    let has_error_log = sources.iter().any(|s| matches!(s, Source::NginxError | Source::ApacheError))
        && slightest.values().max().is_none_or(|level| *level >= Level::Error);
    let origin = Origin::new(&events, Served::new(served), has_error_log, &shifts, &lexicon);
    let window = settings.window();
    let ((index, field), (witnesses, mut unique)) = rayon::join(
        || {
            let field = || Field::new(&events, &origin, &lexicon, &table, &addresses, window);
            rayon::join(|| Index::new(&events, &origin, &lexicon), field)
        },
        || (words::Witnesses::new(&coverage, &events, &slightest), Unique::of(reports)),
    );
    let repeated = unique.repeated;
    let mut work = Work {
        reports: &unique.reports,
        times: unique.times.clone(),
        events: &events,
        lexicon: &lexicon,
        table: &table,
        origin: &origin,
        field: &field,
        settings,
        tells: &tells,
        coverage: words::Reach::new(&coverage, &origin.served),
        taken: vec![false; origin.requests.len()],
        answers: vec![None; unique.reports.len()],
    };
    work.by_ray(&index);
    let offset = work.offsets(&index, &rays);
    work.by_request(&index, &offset);
    // It is large, and what comes takes memory, too.
    drop(index);
    let once = work.is_repeated(repeated, &offset);
    if once {
        work.times.iter_mut().for_each(|times| *times /= repeated);
    }
    let by_chance = work.blind(&offset);
    let mut answers = work.finish(&offset, &witnesses);
    // What comes out takes memory, too.
    drop(work);
    drop(field);
    drop(origin);
    if once {
        unique.undo_repetition();
    }
    let answers: Vec<Answer> = unique
        .owner
        .iter()
        .filter_map(|copy| {
            let of = answers.get_mut(copy.of)?;
            if of.len() == 1 && unique.times.get(copy.of) == Some(&1) && unique.repeated < 2 {
                return of.pop();
            }
            of.get(copy.number as usize).or(of.last()).cloned()
        })
        .collect();
    let clocks = clocks(&sources, &offset, &shifts);
    let advice = words::advice(&words::Lacking {
        reports,
        answers: &answers,
        events: &events,
        witnesses: &witnesses,
        tells: &tells,
        addresses: &addresses,
        dropped,
        lexicon: &lexicon,
    });
    pack(reports, (events, &texts), answers, clocks, advice, &by_chance, &lexicon)
}

/// The clocks of all sources.
fn clocks(sources: &[Source], offsets: &Offsets, shifts: &HashMap<Source, i64>) -> Vec<crate::Clock> {
    sources
        .iter()
        .map(|source| {
            // A shift is to be added to a stamp; so much less is the edge ahead of it.
            let shift = shifts.get(source).copied().unwrap_or(0);
            let clock = Offset { at: offsets.main.at + shift, ..offsets.main }.clock(*source);
            crate::Clock { steps: offsets.steps(shift), ..clock }
        })
        .collect()
}

struct Work<'a> {
    reports: &'a [&'a Report],
    /// How often each was given.
    times: Vec<u32>,
    events: &'a [crate::Event],
    lexicon: &'a Lexicon<'a>,
    table: &'a Odds<'a>,
    origin: &'a Origin,
    field: &'a Field<'a>,
    settings: &'a Settings<'a>,
    tells: &'a Tells,
    coverage: words::Reach,
    /// Requests that a report is known to be about.
    taken: Vec<bool>,
    answers: Vec<Option<Found>>,
}

/// What a report was tied to.
#[derive(Clone, Debug)]
struct Found {
    join: Join,
    /// The requests, the telling one first.
    requests: Vec<usize>,
    /// How sure the tie is.
    tied: f64,
    hit: Option<Hit>,
    /// How many of a row's errors it explains.
    share: f64,
    /// What explains others that cannot be told from it, with how sure that is.
    others: Vec<(Hit, f64)>,
}

impl Work<'_> {
    fn finding(&self, request: usize) -> Option<&Finding> {
        self.origin.findings.get(request).and_then(Option::as_ref)
    }

    /// How well a request's finding explains a report, 0 to 1.
    fn explains(&self, request: usize, report: &Report) -> f64 {
        let Some(finding) = self.finding(request) else { return 0.0 };
        let status = self.origin.requests.get(request).and_then(|r| r.status);
        let weight = f64::from(self.table.given(finding.cause, report.status, status));
        let fits = match weight {
            w if w >= 0.25 => 1.0,
            w if w > 0.0 => 0.75,
            _ => 0.0,
        };
        f64::from(finding.sure) * fits
    }

    fn by_ray(&mut self, index: &Index<'_>) {
        for (number, report) in self.reports.iter().enumerate() {
            let Some(ray) = report.ray else { continue };
            let mut requests: Vec<usize> = index.of_ray(ray).iter().map(|r| *r as usize).collect();
            if requests.is_empty() {
                continue;
            }
            // The edge tries again where it got no answer: the line that explains the most counts.
            requests.sort_by(|a, b| self.explains(*b, report).total_cmp(&self.explains(*a, report)));
            for request in &requests {
                if let Some(taken) = self.taken.get_mut(*request) {
                    *taken = true;
                }
            }
            let found =
                Found { join: Join::RayId, requests, tied: 0.995, hit: None, share: 1.0, others: Vec::new() };
            if let Some(slot) = self.answers.get_mut(number) {
                *slot = Some(found);
            }
        }
    }

    /// How far the edge's clock is ahead.
    fn offsets(&self, index: &Index<'_>, rays: &[RaySample]) -> Offsets {
        if let Some(given) = self.settings.clock_offset {
            return Offsets::given(given);
        }
        let blinds = |(n, r): (usize, &&Report)| self.as_blind(n, r).into_iter().map(move |b| (n, b));
        let blinds: Vec<(usize, Blind)> = self.reports.iter().enumerate().flat_map(blinds).collect();
        let asked: Vec<&Report> = self.reports.iter().copied().chain(sample(self.settings.others)).collect();
        let seen = Seen {
            asked: &asked,
            reports: self.reports,
            blinds: &blinds,
            rays,
            index,
            origin: self.origin,
            table: self.table,
            field: &self.open(),
        };
        seen.offsets()
    }

    /// What may explain a report without a request.
    fn open(&self) -> Field<'_> {
        self.field.without(&self.taken)
    }

    fn wanted(&self, report: &Report, offset: &Offsets) -> Option<Wanted> {
        let then = report.when.map_or(0, |w| w.from.micros());
        let of = offset.of(then);
        Wanted::of(report, of.then(then), of.uncertainty)
    }

    fn by_request(&mut self, index: &Index<'_>, offset: &Offsets) {
        let open: Vec<(usize, &Report, Wanted)> = self
            .reports
            .iter()
            .copied()
            .enumerate()
            .filter(|(n, r)| r.uri.is_some() && self.answers.get(*n).is_some_and(Option::is_none))
            .filter_map(|(n, r)| Some((n, r, self.wanted(r, offset)?)))
            .collect();
        let found = by_request(&open, index, self.table, self.settings.window(), &self.taken);
        for ((number, _, _), request) in open.iter().zip(found) {
            let Some(request) = request.map(|r| r as usize) else { continue };
            // An ordinary answer proves little: others ask for the same at the same time.
            if let Some(taken) = self.taken.get_mut(request) {
                *taken = true;
            }
            if let Some(slot) = self.answers.get_mut(*number) {
                let requests = vec![request];
                *slot = Some(Found {
                    join: Join::Request,
                    requests,
                    tied: 0.97,
                    hit: None,
                    share: 1.0,
                    others: Vec::new(),
                });
            }
        }
    }

    /// A report as many times as it was given, or as a row of analytics counts, without its request.
    fn as_blind(&self, number: usize, report: &Report) -> Vec<Blind> {
        let Some(wanted) = Wanted::of(report, 0, 0) else { return Vec::new() };
        let row = is_row(report);
        let known = report.ray.is_some() || report.uri.is_some();
        let given = if known { 1 } else { self.times.get(number).copied().unwrap_or(1).into() };
        let times = if row { report.count } else { given }.clamp(1, MOST_OF_A_ROW);
        let blind = Blind {
            wanted,
            status: report.status,
            origin_status: report.origin_status,
            edge: report.edge.as_deref().map(Into::into),
            named: report.uri.is_some() && !self.origin.served.is_empty(),
        };
        vec![blind; usize::try_from(times).unwrap_or(1)]
    }

    /// What is left, each report as often as it stands for an error.
    fn left(&self) -> (Vec<usize>, Vec<Blind>) {
        let (mut owners, mut blinds) = (Vec::new(), Vec::new());
        for (number, report) in self.reports.iter().enumerate() {
            let found = self.answers.get(number).and_then(Option::as_ref);
            // A request that is known for certain to have been answered was hit by no state.
            let settled = found.is_some_and(|f| {
                f.join == Join::RayId || f.requests.first().is_some_and(|r| self.explains(*r, report) > 0.0)
            });
            if !settled {
                let all = self.as_blind(number, report);
                owners.extend(vec![number; all.len()]);
                blinds.extend(all);
            }
        }
        (owners, blinds)
    }

    /// Whether reports that are all there several times are the same errors given again, rather than several of each
    /// second: then the logs hold too few.
    fn is_repeated(&self, repeated: u32, offset: &Offsets) -> bool {
        let (_, blinds) = self.left();
        if repeated < 2 || blinds.is_empty() {
            return repeated >= 2;
        }
        let mut field = self.open();
        let moved = |span: Span| offset.origin_time(span);
        field.learn(&blinds, moved);
        let hits = field.fit(&blinds, moved).iter().flatten().count();
        #[allow(clippy::cast_precision_loss)]
        let share = hits as f64 / blinds.len() as f64;
        share <= 1.25 / f64::from(repeated)
    }

    /// Explains what is left by time alone, and says how many of each cause chance would have explained.
    fn blind(&mut self, offset: &Offsets) -> BTreeMap<CauseId, f64> {
        let (owners, blinds) = self.left();
        let mut field = self.open();
        let moved = |span: Span| offset.origin_time(span);
        field.learn(&blinds, moved);
        let fit = |field: &Field<'_>| {
            let elsewhere = || Elsewhere::new(field, &blinds, moved);
            let (hits, elsewhere) = rayon::join(|| field.fit(&blinds, moved), elsewhere);
            let chance = Chance::new(&hits, elsewhere);
            (hits, chance)
        };
        let (_, chance) = fit(&field);
        field.doubt(chance.against());
        let (hits, chance) = fit(&field);
        let mut by_report: BTreeMap<usize, Vec<Hit>> = BTreeMap::new();
        let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
        for (owner, hit) in owners.iter().zip(&hits) {
            *rows.entry(*owner).or_default() += 1;
            if let Some(hit) = hit {
                by_report.entry(*owner).or_default().push(*hit);
            }
        }
        let mut new: Vec<(usize, Found)> = Vec::new();
        for (owner, mut hits) in by_report {
            let all = rows.get(&owner).copied().unwrap_or(1).max(1);
            let row = self.reports.get(owner).is_some_and(|r| is_row(r));
            let mut share = 1.0;
            if row {
                // A row of analytics has one answer: what explains the most of it.
                let most = most(&hits);
                #[allow(clippy::cast_precision_loss)]
                let of = hits.iter().filter(|h| Some(h.cause) == most).count() as f64;
                hits.retain(|h| Some(h.cause) == most);
                #[allow(clippy::cast_precision_loss)]
                let all = all as f64;
                share = of / all;
                hits.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.what.cmp(&b.what)));
            } else {
                hits.sort_by_key(|h| (self.when(h.what), h.what));
            }
            let found = |hit: Hit, requests: Vec<usize>| {
                let join = match hit.what {
                    What::State(_) | What::Silence(_) => Join::Interval,
                    _ => Join::Time,
                };
                Found { join, requests, tied: chance.real(&hit), hit: Some(hit), share, others: Vec::new() }
            };
            let Some(first) = hits.first().copied() else { continue };
            let asked = |h: &Hit| if let What::Request(r) = h.what { Some(r) } else { None };
            let requests = hits.iter().take(if row { 3 } else { 1 }).filter_map(asked).collect();
            let others =
                if row { Vec::new() } else { hits.iter().skip(1).map(|h| (*h, chance.real(h))).collect() };
            new.push((owner, Found { others, ..found(first, requests) }));
        }
        for (owner, found) in new {
            let Some(report) = self.reports.get(owner) else { continue };
            let better = self.answers.get(owner).and_then(Option::as_ref).is_none_or(|old| {
                // It seemed to be answered in the ordinary way; a state that befell it then says more, if it is
                // likely.
                old.requests.first().is_none_or(|r| self.explains(*r, report) == 0.0) && found.tied >= LIKELY
            });
            if better && let Some(slot) = self.answers.get_mut(owner) {
                *slot = Some(found);
            }
        }
        chance.expected()
    }

    /// When something happened, for an order.
    fn when(&self, what: What) -> i64 {
        match what {
            What::Request(place) => self.origin.requests.get(place).map_or(0, |r| r.end.from),
            What::Loose(place) => self.origin.loose.get(place).map_or(0, |l| l.at.from),
            What::State(place) => self.origin.states.get(place).map_or(0, |s| s.span.from),
            What::Silence(_) => 0,
        }
    }

    /// The answers to each report: one, or where several cannot be told apart one for each.
    fn finish(&self, offset: &Offsets, witnesses: &words::Witnesses) -> Vec<Vec<Answer>> {
        let field = self.field;
        let answer = |report: &Report, found: Option<&Found>| {
            let explained = found.and_then(|f| self.explained(report, f, field));
            match explained.filter(|a| a.confidence >= LIKELY) {
                Some(answer) => answer,
                None => self.unexplained(report, found, offset, witnesses, field),
            }
        };
        self.reports
            .par_iter()
            .zip(&self.answers)
            .zip(&self.times)
            .map(|((report, found), times)| {
                let mut answers = vec![answer(report, found.as_ref())];
                let others = found.iter().flat_map(|f| f.others.iter().map(move |other| (f, other)));
                for (of, (hit, tied)) in others {
                    let requests = if let What::Request(r) = hit.what { vec![r] } else { Vec::new() };
                    let found =
                        Found { hit: Some(*hit), tied: *tied, requests, others: Vec::new(), ..of.clone() };
                    answers.push(answer(report, Some(&found)));
                }
                // For some of them the logs show nothing; which ones is not to be known.
                let once =
                    |f: &Found| f.hit.is_some_and(|h| matches!(h.what, What::Request(_) | What::Loose(_)));
                let alike = report.ray.is_none() && report.uri.is_none() && !is_row(report);
                if alike && found.as_ref().is_some_and(once) && answers.len() < *times as usize {
                    answers.push(answer(report, None));
                }
                answers
            })
            .collect()
    }

    fn explained(&self, report: &Report, found: &Found, field: &Field<'_>) -> Option<Answer> {
        let Some(hit) = found.hit else {
            let request = found.requests.first()?;
            let finding = self.finding(*request)?;
            let sure = self.explains(*request, report) * found.tied;
            return (sure > 0.0).then(|| self.answer(finding, found, sure));
        };
        match hit.what {
            What::Request(request) => {
                let finding = self.finding(request)?;
                let sure = f64::from(finding.sure) * found.tied * found.share;
                let mut answer = self.answer(finding, found, sure);
                for more in found.requests.iter().skip(1).filter_map(|r| self.finding(*r)) {
                    answer.lines.extend(more.primary.iter().map(|l| (*l, Role::Primary)));
                }
                Some(answer)
            }
            What::Loose(place) => {
                let loose = self.origin.loose.get(place)?;
                let sure = 0.95 * found.tied * found.share;
                Some(Answer::of(loose.cause, sure, found.join, vec![(loose.event, Role::Primary)]))
            }
            What::State(place) => {
                let state = self.origin.states.get(place)?;
                let sure = f64::from(state.sure) * found.tied * found.share;
                let join = if state.shape == Shape::Lasting { Join::Interval } else { found.join };
                Some(Answer::of(state.cause, sure, join, state.lines.clone()))
            }
            What::Silence(place) => {
                let sure = 0.8 * found.tied * found.share;
                let because = field.silence(place).map(|gap| words::silence(gap, &self.origin.served));
                let answer = Answer::of(hit.cause, sure, Join::Interval, Vec::new());
                Some(Answer { because: because.into_iter().collect(), ..answer })
            }
        }
    }

    fn answer(&self, finding: &Finding, found: &Found, sure: f64) -> Answer {
        let mut lines: Vec<(usize, Role)> = finding.primary.iter().map(|l| (*l, Role::Primary)).collect();
        lines.extend(finding.supporting.iter().map(|l| (*l, Role::Supporting)));
        // The edge asked more than once.
        if found.join == Join::RayId {
            for again in found.requests.iter().skip(1) {
                let request = self.origin.requests.get(*again);
                lines.extend(request.into_iter().flat_map(Request::lines).map(|l| (l, Role::Supporting)));
            }
        }
        // The chain begins with the request.
        lines.sort_by_key(|(line, _)| !self.events.get(*line).is_some_and(crate::Event::is_request));
        let mut answer = Answer::of(finding.cause, sure, found.join, lines);
        answer.alternatives =
            finding.alternatives.iter().map(|(c, w)| (*c, f64::from(*w) * found.tied)).collect();
        answer
    }

    fn unexplained(
        &self,
        report: &Report,
        found: Option<&Found>,
        offset: &Offsets,
        witnesses: &words::Witnesses,
        field: &Field<'_>,
    ) -> Answer {
        let none = self.lexicon.causes.none;
        let wanted = self.wanted(report, offset);
        let covered = wanted.is_some_and(|w| self.coverage.holds(w.start));
        let join = found.filter(|f| f.hit.is_none()).map_or(Join::None, |f| f.join);
        let lines = found
            .filter(|f| f.hit.is_none())
            .into_iter()
            .flat_map(|f| &f.requests)
            .filter_map(|r| self.origin.requests.get(*r))
            .flat_map(Request::lines)
            .map(|l| (l, Role::Supporting))
            .collect();
        let mut answer = Answer::of(none, 0.0, join, lines);
        if !covered && found.is_none_or(|f| f.hit.is_some()) {
            answer.verdict = Verdict::NotCovered;
            answer.confidence = 0.9;
            answer.look_next = self.coverage.missing(wanted.map(|w| w.start));
            return answer;
        }
        answer.verdict = Verdict::Unexplained;
        // What was likelier than any other explanation and still not likely.
        let guess = found.and_then(|f| self.explained(report, f, field));
        answer.confidence = guess.as_ref().map_or(0.9, |g| (1.0 - g.confidence).clamp(0.5, 0.9));
        answer.alternatives = guess.iter().map(|g| (g.cause, g.confidence)).collect();
        let request = found.filter(|f| f.hit.is_none()).and_then(|f| f.requests.first()).copied();
        let seen = words::Seen {
            report,
            request: request.and_then(|r| self.origin.requests.get(r)),
            by_ray: join == Join::RayId,
            start: wanted.map(|w| w.start),
            served: &self.origin.served,
            tells: self.tells,
            witnesses,
            events: self.events,
            limits: self.settings.catalogue.limits(),
            has_guess: guess.is_some(),
        };
        (answer.ruled_out, answer.look_next) = words::unexplained(&seen);
        answer
    }
}

/// Whether a report is a row of grouped analytics.
fn is_row(report: &Report) -> bool {
    report.when.is_some_and(|w| w.moment == Moment::Within)
}

/// The cause of most of them.
fn most(hits: &[Hit]) -> Option<CauseId> {
    let mut counts: BTreeMap<CauseId, usize> = BTreeMap::new();
    for hit in hits {
        *counts.entry(hit.cause).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(cause, n)| (*n, std::cmp::Reverse(*cause))).map(|(cause, _)| cause)
}
