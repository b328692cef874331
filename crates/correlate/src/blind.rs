//! Reports that name no request: by time alone, weighed by how well what happened then explains them.

use logscan_catalogue::{CauseId, Limits, Ranges};

use crate::assign::{Pair, assign};
use crate::event::Event;
use crate::join::{LOOKED_AT, Wanted, lateness};
use crate::odds::Odds;
use crate::origin::{Lexicon, Loose, Origin, Request, Shape, State};
use crate::shared::Word;
use crate::span::{SECOND, Span, seconds};

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
    pub(crate) cost: f32,
}

/// Everything that may explain a report without a request.
pub(crate) struct Field<'a> {
    pub(crate) origin: &'a Origin,
    table: &'a Odds<'a>,
    silence: Vec<Span>,
    /// The last instant that any state up to this one reaches: they are in the order of their beginnings.
    reach: Vec<i64>,
    down: CauseId,
    /// Failed requests in the order of their ends, and what speaks against each.
    requests: Vec<(usize, f32)>,
    /// Other failures, in order of time.
    loose: Vec<usize>,
    loose_address: Vec<Option<Word>>,
}

impl<'a> Field<'a> {
    /// `taken` are requests that a report is known to be about.
    pub(crate) fn new(
        events: &'a [Event],
        origin: &'a Origin,
        lexicon: &Lexicon<'_>,
        table: &'a Odds<'a>,
        limits: &Limits,
        has_edge: bool,
        taken: &[bool],
    ) -> Field<'a> {
        let limit = edge_limit(origin, limits);
        let mut requests: Vec<(usize, f32)> = Vec::new();
        for (place, request) in origin.requests.iter().enumerate() {
            // Where the log has the edge's addresses, whoever has another came past it.
            let stranger = |e: &Event| {
                has_edge && e.client.as_ref().is_some_and(|c| !Ranges::cloudflare().contains(c.as_bytes()))
            };
            let line = request.line().and_then(|l| events.get(l));
            let direct = line.is_some_and(|e| lexicon.is_direct(e) || stranger(e));
            let Some(finding) = origin.findings.get(place).and_then(Option::as_ref) else { continue };
            if direct || taken.get(place).copied().unwrap_or(false) {
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
        // A handshake that a stranger failed at is nobody's report.
        loose.retain(|l| {
            let client = origin.loose.get(*l).and_then(|l| events.get(l.event)?.client.as_deref());
            client.is_none_or(|c| {
                Ranges::cloudflare().contains(c.as_bytes()) || c.starts_with("127.") || c.starts_with("10.")
            })
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
        let reach = origin.states.iter().map(|state| {
            last = last.max(state.span.until);
            last
        });
        let reach = reach.collect();
        Field {
            origin,
            table,
            silence,
            reach,
            down: lexicon.causes.nginx_down,
            requests,
            loose,
            loose_address,
        }
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
    pub(crate) fn fit(&self, reports: &[Blind], moved: impl Fn(Span) -> Span) -> Vec<Option<Hit>> {
        /// More than this are never near each other in time.
        const STRETCH: usize = 4096;
        let mut used = vec![false; self.requests.len() + self.loose.len()];
        reports.chunks(STRETCH).flat_map(|stretch| self.stretch(stretch, &moved, &mut used)).collect()
    }

    fn stretch(
        &self,
        reports: &[Blind],
        moved: &impl Fn(Span) -> Span,
        used: &mut [bool],
    ) -> Vec<Option<Hit>> {
        let mut hits: Vec<Option<Hit>> = Vec::with_capacity(reports.len());
        let mut pairs = Vec::new();
        let mut costs: Vec<f32> = Vec::new();
        for (left, blind) in (0u32..).zip(reports) {
            let wanted = Wanted { start: moved(blind.wanted.start), end: blind.wanted.end.map(moved) };
            let state = self.state(blind, wanted);
            let without = state.map_or(NOTHING, |s| s.cost.min(NOTHING));
            let mut once = |right: usize, hit: Hit| {
                if hit.cost < without
                    && !used.get(right).copied().unwrap_or(false)
                    && let Ok(right) = u32::try_from(right)
                {
                    // All reports have the same cost of being left, so that the sum is of what is gained.
                    pairs.push(Pair { left, right, cost: (hit.cost + NOTHING - without).max(0.0) });
                    costs.push(hit.cost);
                }
            };
            if !blind.named {
                self.each_request(blind, wanted, &mut once);
            }
            self.each_loose(blind, wanted, &mut once);
            hits.push(state.filter(|s| s.cost < NOTHING));
        }
        // Numbers without those that are far away, in the same order.
        let mut rights: Vec<u32> = pairs.iter().map(|pair| pair.right).collect();
        rights.sort_unstable();
        rights.dedup();
        for pair in &mut pairs {
            let near = rights.binary_search(&pair.right).unwrap_or(0);
            pair.right = u32::try_from(near).unwrap_or(u32::MAX);
        }
        let found = assign(reports.len(), rights.len(), &pairs, NOTHING);
        for (pair, cost) in pairs.iter().zip(costs) {
            if found.get(pair.left as usize).copied().flatten() == Some(pair.right)
                && let Some(slot) = hits.get_mut(pair.left as usize)
                && let Some(right) = rights.get(pair.right as usize).map(|r| *r as usize)
                && let Some((what, cause)) = self.right(right)
            {
                *slot = Some(Hit { what, cause, cost });
                if let Some(used) = used.get_mut(right) {
                    *used = true;
                }
            }
        }
        hits
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
        let first = self.requests.partition_point(|(p, _)| end(*p) < wanted.start.from - 3 * SECOND);
        let last = wanted.end.map_or(wanted.start.until + 130 * SECOND, |e| e.until + 10 * SECOND);
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
            let cost = lateness(wanted, request) - (weight.min(1.0) * line).ln() * 0.5 + against;
            each(right, Hit { what: What::Request(*place), cause: finding.cause, cost });
            taken += 1;
            if taken >= MOST {
                break;
            }
        }
    }

    fn each_loose(&self, blind: &Blind, wanted: Wanted, each: &mut impl FnMut(usize, Hit)) {
        const MOST: usize = 64;
        let at = |place: usize| self.origin.loose.get(place).map(|l| l.at).unwrap_or_default();
        let first = self.loose.partition_point(|l| at(*l).from < wanted.start.from - 3 * SECOND);
        let last = wanted.end.map_or(wanted.start.until + 10 * SECOND, |e| e.until + 2 * SECOND);
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
            let cost = early + late - weight.ln() * 0.5;
            each(self.requests.len() + number, Hit { what: What::Loose(*place), cause: *cause, cost });
        }
    }

    /// The state that explains a report best.
    fn state(&self, blind: &Blind, wanted: Wanted) -> Option<Hit> {
        let passed_on = blind.origin_status.is_some_and(|s| s > 0);
        // None counts that was over two seconds before, or that begins more than twenty seconds after.
        let first = self.reach.partition_point(|until| *until < wanted.start.from - 2 * SECOND);
        let end = wanted.end.map_or(wanted.start.until, |e| e.until.max(wanted.start.until));
        let near = self.origin.states.iter().enumerate().skip(first);
        let near = near.take_while(|(_, state)| state.span.from <= end + 20 * SECOND);
        let states = near.filter(|_| !passed_on).filter_map(|(place, state)| {
            let weight = self.table.weight(state.like, blind.status) * state.sure;
            let cost = Self::state_cost(state, blind, wanted)? - weight.max(1e-6).ln() + 0.2;
            (weight > 0.0).then_some(Hit { what: What::State(place), cause: state.cause, cost })
        });
        let silences = self.silence.iter().enumerate().filter(|_| !passed_on).filter_map(|(place, gap)| {
            let weight = self.table.weight(self.down, blind.status) * 0.5;
            let inside = gap.wider(SECOND).meets(wanted.start);
            (weight > 0.0 && inside).then_some(Hit {
                what: What::Silence(place),
                cause: self.down,
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
