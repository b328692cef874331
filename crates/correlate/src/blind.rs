//! Reports that name no request: by time alone, weighed by how well what happened then explains them.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use logscan_catalogue::{CauseId, Limits};
use rayon::prelude::*;

use crate::assign::{Pair, assign};
use crate::event::Event;
use crate::join::{LOOKED_AT, Reach, Waits, Wanted, is_inner, lateness};
use crate::odds::Odds;
use crate::origin::{Lexicon, Loose, Origin, Request, Shape, State};
use crate::shared::Word;
use crate::sieve::Addresses;
use crate::span::{SECOND, Span, seconds};
use crate::stab::{Vote, best};

/// A report that nothing explains costs this much.
pub(crate) const NOTHING: f32 = 4.5;

/// Times without requests that are looked at, the longest.
const GAPS: usize = 1000;

/// Something that may be what a report is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum What {
    /// A failed request.
    Request(usize),
    /// A connection that failed.
    Loose(usize),
    /// A state of the origin.
    State(usize),
    /// A time in which nothing was served though much would be usual; the number of the gap.
    Silence(usize),
}

/// A report as this module sees it.
#[derive(Clone, Debug)]
pub(crate) struct Blind {
    pub(crate) wanted: Wanted,
    pub(crate) status: Option<u16>,
    /// What the origin answered, where the edge says that.
    pub(crate) origin_status: Option<u16>,
    /// Address that the edge connected from.
    pub(crate) edge: Option<Box<str>>,
    /// It names a request, which no log has: then it cannot be about another.
    pub(crate) named: bool,
}

/// What explains a report best.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Hit {
    pub(crate) what: What,
    pub(crate) cause: CauseId,
    /// Such events come without a report as well: visitors that leave, scanners that are dropped.
    pub(crate) common: bool,
    /// As long as it lasts, nothing else can be: nobody answers.
    pub(crate) certain: bool,
    pub(crate) cost: f32,
}

/// What each of some reports may be.
#[derive(Default)]
struct Candidates {
    /// The state that explains each report best.
    hits: Vec<Option<Hit>>,
    /// Requests and connections, of which each can explain one report.
    pairs: Vec<Pair>,
    /// Of each pair its own cost, and whether such events are common.
    costs: Vec<(f32, bool)>,
}

impl Candidates {
    fn joined(pieces: Vec<Candidates>) -> Candidates {
        let mut all = Candidates::default();
        for mut piece in pieces {
            all.hits.append(&mut piece.hits);
            all.pairs.append(&mut piece.pairs);
            all.costs.append(&mut piece.costs);
        }
        all
    }
}

/// A cause, and whether its events are of the common sort.
pub(crate) type Class = (CauseId, bool);

impl Hit {
    pub(crate) fn class(&self) -> Class {
        (self.cause, self.common)
    }
}

/// Whether such a request is logged all the time without anybody's complaint.
fn is_common(request: &Request, against: f32) -> bool {
    request.status == Some(444) || against > 1.0
}

/// Everything that may explain a report without a request.
#[derive(Clone)]
pub(crate) struct Field<'a> {
    pub(crate) origin: &'a Origin,
    table: &'a Odds<'a>,
    silence: Vec<Span>,
    /// The last instant that any state up to this one reaches: they are in the order of their beginnings.
    lasting: Vec<i64>,
    down: CauseId,
    /// Failed requests in the order of their ends, and what speaks against each.
    requests: Vec<(usize, f32)>,
    /// Other failures, in order of time.
    loose: Vec<usize>,
    loose_address: Vec<Option<Word>>,
    waits: Waits,
    window: Reach,
    /// What speaks against causes whose events are mostly not reported.
    against: BTreeMap<Class, f32>,
    /// The time that the access log reaches; no limits where there is none.
    reach: Span,
}

impl<'a> Field<'a> {
    pub(crate) fn new(
        events: &'a [Event],
        origin: &'a Origin,
        lexicon: &Lexicon<'_>,
        table: &'a Odds<'a>,
        addresses: &Addresses,
        window: Reach,
    ) -> Field<'a> {
        let edge = lexicon.catalogue.edge();
        let limit = edge_limit(origin, lexicon.catalogue.limits());
        let mut requests: Vec<(usize, f32)> = Vec::new();
        for (place, request) in origin.requests.iter().enumerate() {
            // Where the log has the edge's addresses, whoever has another came past it.
            let stranger = |e: &Event| {
                addresses.are_edges(e.at.micros())
                    && e.client.as_ref().is_some_and(|c| !edge.contains(c.as_bytes()))
            };
            let line = request.line().and_then(|l| events.get(l));
            let direct = line.is_some_and(|e| lexicon.is_direct(e) || stranger(e));
            let Some(finding) = origin.findings.get(place).and_then(Option::as_ref) else { continue };
            if direct {
                continue;
            }
            let mut against = 0.0;
            if request.status == Some(499) {
                let took = request.start.until - request.start.from <= 2 * SECOND;
                let at_limit =
                    limit.is_some_and(|l| (request.end.from - request.start.from - l).abs() < SECOND / 4);
                let seen_slow = finding.primary.len() > 1;
                against = match (took, at_limit) {
                    (true, true) => 0.1,
                    (true, false) => 3.5,
                    (false, _) if seen_slow => 0.5,
                    // Visitors go away all the time.
                    (false, _) => 2.8,
                };
            }
            requests.push((place, against));
        }
        let end = |place: usize| origin.requests.get(place).map_or(0, |r| r.end.from);
        requests.sort_by_key(|(place, _)| end(*place));
        let mut loose: Vec<usize> = (0..origin.loose.len()).collect();
        loose.sort_by_key(|l| origin.loose.get(*l).map_or(0, |l| l.at.from));
        // A handshake that a stranger failed at is nobody's report; another proxy may stand between.
        loose.retain(|l| {
            let client = origin.loose.get(*l).and_then(|l| events.get(l.event)?.client.as_deref());
            client.is_none_or(|c| edge.contains(c.as_bytes()) || c.parse().is_ok_and(is_inner))
        });
        let loose_address = loose
            .iter()
            .map(|l| origin.loose.get(*l).and_then(|l| events.get(l.event)?.client.clone()))
            .collect();
        // What is told in words needs no silence to prove it.
        let told = |gap: &Span| {
            let lasting = |s: &State| s.shape == Shape::Lasting && s.address.is_none();
            origin.states.iter().any(|s| lasting(s) && s.span.meets(*gap))
        };
        let silence = origin
            .served
            .gaps(6.0)
            .into_iter()
            .take(GAPS)
            .map(|gap| gap.span)
            .filter(|gap| !told(gap))
            .collect();
        let mut last = i64::MIN;
        let lasting = origin.states.iter().map(|state| {
            last = last.max(state.span.until);
            last
        });
        let lasting = lasting.collect();
        let reach =
            origin.served.span().map_or(Span::new(i64::MIN / 2, i64::MAX / 2), |s| s.wider(2 * SECOND));
        let (down, waits) = (lexicon.causes.nginx_down, Waits::default());
        Field {
            origin,
            table,
            silence,
            lasting,
            down,
            requests,
            loose,
            loose_address,
            waits,
            window,
            against: BTreeMap::new(),
            reach,
        }
    }

    /// The same without the requests that a report is known to be about.
    pub(crate) fn without(&self, taken: &[bool]) -> Field<'a> {
        let mut field = self.clone();
        field.requests.retain(|(place, _)| !taken.get(*place).copied().unwrap_or(false));
        field
    }

    /// The same without what explains others.
    pub(crate) fn except(&self, used: &HashSet<What>) -> Field<'a> {
        let mut field = self.clone();
        field.requests.retain(|(place, _)| !used.contains(&What::Request(*place)));
        let left: Vec<bool> = field.loose.iter().map(|l| !used.contains(&What::Loose(*l))).collect();
        let (mut loose, mut address) = (left.iter(), left.iter());
        field.loose.retain(|_| loose.next().copied().unwrap_or(true));
        field.loose_address.retain(|_| address.next().copied().unwrap_or(true));
        field
    }

    /// Finds out how long the edge and nginx wait, where the log does not tell it of each request: for one of them it
    /// is always the same.
    pub(crate) fn learn(&mut self, reports: &[Blind], moved: impl Fn(Span) -> Span) {
        let starts: Vec<Span> = reports.iter().filter(|b| !b.named).map(|b| moved(b.wanted.start)).collect();
        self.waits.edge = self.wait(499, &starts);
        self.waits.nginx = self.wait(504, &starts);
    }

    /// Passes over silences that are longer: reports can be moved into any of them.
    pub(crate) fn forget_silence(&mut self, longest: i64) {
        self.silence.retain(|gap| gap.until - gap.from <= longest);
    }

    /// Makes events of causes that are mostly not reported unlikelier.
    pub(crate) fn doubt(&mut self, against: BTreeMap<Class, f32>) {
        self.against = against;
    }

    /// How many single events speak for each cause within a time.
    pub(crate) fn events(&self, within: Span) -> BTreeMap<Class, f64> {
        let mut counts = BTreeMap::new();
        for (place, against) in &self.requests {
            let finding = self.origin.findings.get(*place).and_then(Option::as_ref);
            let Some(request) = self.request(*place).filter(|r| r.end.meets(within)) else { continue };
            if let Some(finding) = finding {
                *counts.entry((finding.cause, is_common(request, *against))).or_default() += 1.0;
            }
        }
        for loose in self.loose.iter().filter_map(|l| self.origin.loose.get(*l)) {
            if loose.at.meets(within) {
                *counts.entry((loose.cause, false)).or_default() += 1.0;
            }
        }
        counts
    }

    fn wait(&self, status: u16, starts: &[Span]) -> Option<i64> {
        const MOST: usize = 300;
        let ends: Vec<Span> = self
            .requests
            .iter()
            .filter_map(|(place, _)| self.request(*place))
            .filter(|r| r.status == Some(status) && r.start.until - r.start.from > 2 * SECOND)
            .map(|r| r.end)
            .collect();
        let step = ends.len().div_ceil(MOST).max(1);
        let some: Vec<Span> = ends.iter().step_by(step).copied().collect();
        let mut votes = Vec::new();
        for (group, end) in (0u32..).zip(&some) {
            let first = starts.partition_point(|s| s.until < end.from - 130 * SECOND);
            for start in starts.iter().skip(first).take_while(|s| s.from <= end.until).take(MOST) {
                let wait = Span::new(end.from - start.until, end.until - start.from);
                if wait.until >= 0 {
                    votes.push(Vote { from: wait.from.max(0), until: wait.until, group, weight: 1.0 });
                }
            }
        }
        let peak = best(&votes, SECOND)?;
        let enough = peak.groups >= 3 && peak.groups as usize * 10 >= some.len() * 6;
        enough.then(|| Span::new(peak.from, peak.until).middle())
    }

    pub(crate) fn request(&self, place: usize) -> Option<&Request> {
        self.origin.requests.get(place)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.requests.is_empty()
            && self.loose.is_empty()
            && self.origin.states.is_empty()
            && self.silence.is_empty()
    }

    /// The best explanation of each report: requests and connections are used once, states as often as need be.
    ///
    /// Very many reports are taken in stretches, so that memory does not grow with all that each of them may be.
    pub(crate) fn fit(&self, reports: &[Blind], moved: impl Fn(Span) -> Span + Sync) -> Vec<Option<Hit>> {
        /// More than this are never near each other in time.
        const STRETCH: usize = 4096;
        let mut used = vec![false; self.requests.len() + self.loose.len()];
        let mut hits = Vec::with_capacity(reports.len());
        let candidates = |stretch: &[Blind]| self.all_candidates(stretch, &moved);
        let mut next = reports.chunks(STRETCH).next().map(candidates);
        let mut rest = reports.chunks(STRETCH).skip(1);
        // While one is decided on, what the next may be is looked up: that does not depend on it.
        while let Some(these) = next {
            let (found, following) =
                rayon::join(|| self.decide(these, &mut used), || rest.next().map(candidates));
            hits.extend(found);
            next = following;
        }
        hits
    }

    fn all_candidates(&self, reports: &[Blind], moved: &(impl Fn(Span) -> Span + Sync)) -> Candidates {
        /// So many reports are worth another worker.
        const PIECE: usize = 512;
        let lefts: Vec<u32> = (0u32..).take(reports.len()).collect();
        let pieces: Vec<Candidates> = lefts
            .par_chunks(PIECE)
            .zip(reports.par_chunks(PIECE))
            .map(|(lefts, reports)| self.candidates(lefts, reports, moved))
            .collect();
        Candidates::joined(pieces)
    }

    /// The best explanation of each report, of all that it may be and that is not used yet.
    fn decide(&self, candidates: Candidates, used: &mut [bool]) -> Vec<Option<Hit>> {
        let Candidates { mut hits, pairs, costs } = candidates;
        let free = |pair: &Pair| !used.get(pair.right as usize).copied().unwrap_or(false);
        let (mut pairs, costs): (Vec<Pair>, Vec<(f32, bool)>) =
            pairs.into_iter().zip(costs).filter(|(pair, _)| free(pair)).unzip();
        // Numbers without those that are far away, in the same order.
        let rights = renumber(&mut pairs);
        let found = assign(hits.len(), rights.len(), &pairs, NOTHING);
        for (pair, (cost, common)) in pairs.iter().zip(costs) {
            if found.get(pair.left as usize).copied().flatten() == Some(pair.right)
                && let Some(slot) = hits.get_mut(pair.left as usize)
                && let Some(right) = rights.get(pair.right as usize).map(|r| *r as usize)
                && let Some((what, cause)) = self.right(right)
            {
                *slot = Some(Hit { what, cause, common, certain: false, cost });
                if let Some(used) = used.get_mut(right) {
                    *used = true;
                }
            }
        }
        hits
    }

    /// All that each report may be.
    fn candidates(&self, lefts: &[u32], reports: &[Blind], moved: &impl Fn(Span) -> Span) -> Candidates {
        let Candidates { mut hits, mut pairs, mut costs } = Candidates::default();
        for (left, blind) in lefts.iter().copied().zip(reports) {
            let wanted = Wanted { start: moved(blind.wanted.start), end: blind.wanted.end.map(moved) };
            let state = self.state(blind, wanted);
            let outside = if self.reach.meets(wanted.start) { 0.0 } else { 2.5 };
            let without = state.map_or(NOTHING, |s| s.cost.min(NOTHING));
            let mut once = |right: usize, hit: Hit| {
                let doubt = self.against.get(&hit.class()).copied().unwrap_or(0.0);
                let hit = Hit { cost: hit.cost + outside + doubt, ..hit };
                if hit.cost < without
                    && let Ok(right) = u32::try_from(right)
                {
                    // All reports have the same cost of being left, so that the sum is of what is gained.
                    pairs.push(Pair { left, right, cost: (hit.cost + NOTHING - without).max(0.0) });
                    costs.push((hit.cost, hit.common));
                }
            };
            if !blind.named {
                self.each_request(blind, wanted, &mut once);
            }
            self.each_loose(blind, wanted, &mut once);
            hits.push(state.filter(|s| s.cost < NOTHING));
        }
        Candidates { hits, pairs, costs }
    }

    /// What the number of a right stands for: requests come first, then connections.
    fn right(&self, right: usize) -> Option<(What, CauseId)> {
        match self.requests.get(right) {
            Some((place, _)) => {
                let finding = self.origin.findings.get(*place).and_then(Option::as_ref)?;
                Some((What::Request(*place), finding.cause))
            }
            None => {
                let place = *self.loose.get(right - self.requests.len())?;
                Some((What::Loose(place), self.origin.loose.get(place)?.cause))
            }
        }
    }

    fn each_request(&self, blind: &Blind, wanted: Wanted, each: &mut impl FnMut(usize, Hit)) {
        /// More candidates than that do not make the answer better.
        const MOST: usize = 64;
        let end = |place: usize| self.request(place).map_or(0, |r| r.end.from);
        let first =
            self.requests.partition_point(|(p, _)| end(*p) < wanted.start.from - self.window.far(3 * SECOND));
        let last = wanted.end.map_or(wanted.start.until + 130 * SECOND, |e| e.until);
        let last = last + self.window.far(10 * SECOND);
        let near = self.requests.iter().enumerate().skip(first).take(LOOKED_AT);
        let near = near.take_while(|(_, (p, _))| end(*p) <= last);
        let mut taken = 0;
        for (right, (place, against)) in near {
            let Some(request) = self.request(*place) else { continue };
            let Some(finding) = self.origin.findings.get(*place).and_then(Option::as_ref) else { continue };
            let weight = self.table.given(finding.cause, blind.status, request.status);
            let line = request.status.map_or(0.7, |s| match blind.origin_status.filter(|s| *s > 0) {
                Some(origin) => f32::from(u8::from(origin == s)),
                None => self.table.line(blind.status, s),
            });
            if weight <= 0.0 || line <= 0.0 {
                continue;
            }
            let late = self.window.cost(lateness(wanted, request, self.waits));
            let cost = late - (weight.min(1.0) * line).ln() * 0.5 + against;
            let common = is_common(request, *against);
            each(
                right,
                Hit { what: What::Request(*place), cause: finding.cause, common, certain: false, cost },
            );
            taken += 1;
            if taken >= MOST {
                break;
            }
        }
    }

    fn each_loose(&self, blind: &Blind, wanted: Wanted, each: &mut impl FnMut(usize, Hit)) {
        const MOST: usize = 64;
        let at = |place: usize| self.origin.loose.get(place).map(|l| l.at).unwrap_or_default();
        let first =
            self.loose.partition_point(|l| at(*l).from < wanted.start.from - self.window.far(3 * SECOND));
        let soon = self.window.far(10 * SECOND);
        let last = wanted.end.map_or(wanted.start.until + soon, |e| e.until + self.window.far(2 * SECOND));
        for (number, place) in self.loose.iter().enumerate().skip(first).take(MOST) {
            let Some(Loose { cause, at, .. }) = self.origin.loose.get(*place) else { continue };
            if at.from > last {
                break;
            }
            let weight = self.table.weight(*cause, blind.status);
            if weight <= 0.0 {
                continue;
            }
            let logged = self.loose_address.get(number).and_then(Option::as_deref);
            let other = matches!((&blind.edge, logged), (Some(edge), Some(client)) if **edge != *client);
            if other {
                continue;
            }
            let early = seconds((wanted.start.from - at.until).max(0)) * 3.0;
            let late = seconds((at.from - wanted.end.map_or(wanted.start.until, |e| e.until)).max(0)) * 1.0;
            let cost = self.window.cost(early + late) - weight.ln() * 0.5;
            each(
                self.requests.len() + number,
                Hit { what: What::Loose(*place), cause: *cause, common: false, certain: false, cost },
            );
        }
    }

    /// The state that explains a report best.
    fn state(&self, blind: &Blind, wanted: Wanted) -> Option<Hit> {
        let passed_on = blind.origin_status.is_some_and(|s| s > 0);
        // None counts that was over two seconds before, or that begins more than twenty seconds after.
        let first = self.lasting.partition_point(|until| *until < wanted.start.from - 2 * SECOND);
        let end = wanted.end.map_or(wanted.start.until, |e| e.until.max(wanted.start.until));
        let near = self.origin.states.iter().enumerate().skip(first);
        let near = near.take_while(|(_, state)| state.span.from <= end + 20 * SECOND);
        let states = near.filter(|_| !passed_on).filter_map(|(place, state)| {
            let weight = self.table.weight(state.like, blind.status) * state.sure;
            let cost = Self::state_cost(state, blind, wanted)? - weight.max(1e-6).ln() + 0.2;
            (weight > 0.0).then_some(Hit {
                what: What::State(place),
                cause: state.cause,
                common: false,
                // An address that was kept out then cannot have got an answer, either.
                certain: state.shape == Shape::Lasting
                    && (state.like == self.down || state.address.is_some() && blind.edge.is_some()),
                cost,
            })
        });
        let silences = self.silence.iter().enumerate().filter(|_| !passed_on).filter_map(|(place, gap)| {
            let weight = self.table.weight(self.down, blind.status) * 0.5;
            let inside = gap.wider(SECOND).meets(wanted.start);
            (weight > 0.0 && inside).then_some(Hit {
                what: What::Silence(place),
                cause: self.down,
                common: false,
                certain: false,
                cost: 0.5 - weight.ln(),
            })
        });
        states.chain(silences).min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    fn state_cost(state: &State, blind: &Blind, wanted: Wanted) -> Option<f32> {
        if let (Some(address), Some(edge)) = (&state.address, &blind.edge)
            && address != edge
        {
            return None;
        }
        let unknown = if state.address.is_some() && blind.edge.is_none() { 1.5 } else { 0.0 };
        match state.shape {
            Shape::Lasting => {
                let gap = seconds(state.span.gap(wanted.start));
                (gap < 2.0).then_some(gap * 2.0 + unknown)
            }
            // Who found nobody to connect to was not running then.
            Shape::Cut if matches!(blind.status, Some(521..=523)) => None,
            // It was running then: begun before, and ended at that instant where its end is known.
            Shape::Cut => {
                let early = seconds((wanted.start.from - state.span.until).max(0));
                let late = match wanted.end {
                    Some(end) => seconds(end.gap(state.span)),
                    None => seconds((state.span.from - wanted.start.until).max(0)) * 0.25,
                };
                (early < 1.5 && late < 5.0).then_some(early * 3.0 + late * 1.2 + unknown)
            }
        }
    }

    /// Where reports must lie for something to explain them: for each thing the interval of their beginning.
    pub(crate) fn targets(&self, status: Option<u16>) -> Vec<(Span, f32)> {
        let mut targets = Vec::new();
        for (place, against) in &self.requests {
            let Some(request) = self.request(*place) else { continue };
            let Some(finding) = self.origin.findings.get(*place).and_then(Option::as_ref) else { continue };
            let line = request.status.map_or(0.7, |s| self.table.line(status, s));
            let weight =
                self.table.given(finding.cause, status, request.status) * line * (-against * 0.7).exp();
            let known = request.start.until - request.start.from <= 2 * SECOND;
            let span = if known {
                request.start
            } else {
                Span::new(request.end.from - SECOND / 2, request.end.until)
            };
            targets.push((span, weight));
        }
        for place in &self.loose {
            let Some(loose) = self.origin.loose.get(*place) else { continue };
            targets.push((loose.at, self.table.weight(loose.cause, status)));
        }
        for state in &self.origin.states {
            let weight = self.table.weight(state.like, status) * state.sure;
            let span = match state.shape {
                Shape::Lasting => state.span,
                Shape::Cut => Span::new(state.span.from - 2 * SECOND, state.span.until),
            };
            targets.push((span, weight));
        }
        for gap in self.silence.iter().take(50) {
            targets.push((*gap, self.table.weight(self.down, status) * 0.5));
        }
        targets.retain(|(_, weight)| *weight > 0.02);
        targets
    }

    /// A gap by its number.
    pub(crate) fn silence(&self, place: usize) -> Option<Span> {
        self.silence.get(place).copied()
    }
}

/// Numbers rights anew, without gaps, in the same order; returns the old number of each.
fn renumber(pairs: &mut [Pair]) -> Vec<u32> {
    let Some(first) = pairs.iter().map(|pair| pair.right).min() else { return Vec::new() };
    let last = pairs.iter().map(|pair| pair.right).max().unwrap_or(first);
    let mut new = vec![None; (last - first) as usize + 1];
    let place = |right: u32| (right - first) as usize;
    for pair in &*pairs {
        if let Some(new) = new.get_mut(place(pair.right)) {
            *new = Some(0);
        }
    }
    let used = (first..=last).zip(&mut new).filter_map(|(old, new)| Some((old, new.as_mut()?)));
    let rights = (0u32..).zip(used).map(|(number, (old, new))| {
        *new = number;
        old
    });
    let rights = rights.collect();
    for pair in pairs {
        pair.right = new.get(place(pair.right)).copied().flatten().unwrap_or(u32::MAX);
    }
    rights
}

/// How long the edge waits, by the requests that it gave up on: visitors go away at any time, the edge always after the
/// same. Where the log does not show it, the limits that are documented.
fn edge_limit(origin: &Origin, limits: &Limits) -> Option<i64> {
    let mut took: Vec<i64> = origin
        .requests
        .iter()
        .filter(|r| r.status == Some(499) && r.start.until - r.start.from <= 2 * SECOND)
        .map(|r| r.end.from - r.start.from)
        .filter(|t| *t > SECOND)
        .collect();
    took.sort_unstable();
    let documented = took.iter().find(|t| {
        u64::try_from(**t).is_ok_and(|t| limits.is_at_read_timeout(std::time::Duration::from_micros(t)))
    });
    if let Some(documented) = documented {
        return Some(*documented);
    }
    let close = |at: usize| {
        let first = took.get(at).copied().unwrap_or(0);
        took.iter().skip(at).take_while(|t| **t - first <= SECOND / 10).count()
    };
    let best = (0..took.len()).max_by_key(|at| close(*at))?;
    (close(best) >= 2).then(|| took.get(best).copied()).flatten()
}
