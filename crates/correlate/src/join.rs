//! Reports to requests: by Ray ID, then by what is asked for and when.

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use foldhash::{HashMap, HashMapExt};
use logscan_catalogue::Ranges;
use rayon::prelude::*;

use crate::assign::{Pair, assign, joined};
use crate::event::Event;
use crate::odds::Odds;
use crate::origin::{Lexicon, Origin, Request};
use crate::ray::RayId;
use crate::report::{Moment, Report};
use crate::span::{SECOND, Span, seconds};

/// A report without a request costs this much.
pub(crate) const UNMATCHED: f32 = 9.0;

/// Requests near a report that are looked at, however many there are.
pub(crate) const LOOKED_AT: usize = 4000;

/// What a report asks of a request, on the origin's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// When it began.
    pub(crate) start: Span,
    /// When it ended, where the report tells.
    pub(crate) end: Option<Span>,
}

impl Wanted {
    /// What a report asks for, with the edge's clock ahead by `offset`, give or take `uncertainty`.
    pub(crate) fn of(report: &Report, offset: i64, uncertainty: i64) -> Option<Wanted> {
        let when = report.when?;
        let told = Span::new(when.from.micros(), when.until.micros() - 1).moved(-offset).wider(uncertainty);
        // How long the edge waited for the origin is told in milliseconds, its own times often in whole seconds.
        let waited = report.origin_took.filter(|t| !t.is_zero()).or(report.took);
        let took = waited.and_then(|t| i64::try_from(t.as_micros()).ok());
        let coarse = if took.is_some_and(|t| t % SECOND == 0) { SECOND } else { 0 };
        Some(match (when.moment, took) {
            (Moment::End, Some(took)) => Wanted { start: told.moved(-took).wider(coarse), end: Some(told) },
            // Monitors and pages tell when they saw the error; how long they waited is open.
            (Moment::End, None) => {
                Wanted { start: Span::new(told.from - 130 * SECOND, told.until), end: Some(told) }
            }
            (_, Some(took)) => Wanted { start: told, end: Some(told.moved(took).wider(coarse)) },
            (_, None) => Wanted { start: told, end: None },
        })
    }
}

/// Requests by Ray ID and by URI.
pub(crate) struct Index<'a> {
    events: &'a [Event],
    edge: &'a Ranges,
    requests: &'a [Request],
    /// Ray IDs in order, and beside each its request.
    rays: Vec<RayId>,
    by_ray: Vec<u32>,
    /// By path, in the order of their ends.
    by_path: HashMap<&'a [u8], Vec<u32>>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(events: &'a [Event], origin: &'a Origin, lexicon: &Lexicon<'a>) -> Index<'a> {
        let mut by_ray: Vec<(RayId, u32)> = Vec::new();
        let mut by_path: HashMap<&[u8], Vec<u32>> = HashMap::new();
        for (place, request) in (0u32..).zip(&origin.requests) {
            let line = request.line().and_then(|l| events.get(l));
            let Some(line) = line else { continue };
            if let Some(ray) = line.ray {
                by_ray.push((ray, place));
            }
            if let Some(uri) = line.uri.as_deref().filter(|_| !lexicon.is_direct(line)) {
                by_path.entry(path(uri)).or_default().push(place);
            }
        }
        let end = |place: &u32| origin.requests.get(*place as usize).map_or(0, |r| r.end.from);
        for list in by_path.values_mut() {
            list.sort_by_key(end);
        }
        by_ray.sort_unstable();
        let (rays, by_ray) = by_ray.into_iter().unzip();
        Index { events, edge: lexicon.catalogue.edge(), requests: &origin.requests, rays, by_ray, by_path }
    }

    /// The requests of a Ray ID: several, where the edge tried again.
    pub(crate) fn of_ray(&self, ray: RayId) -> &[u32] {
        let first = self.rays.partition_point(|r| *r < ray);
        let last = self.rays.partition_point(|r| *r <= ray);
        self.by_ray.get(first..last).unwrap_or_default()
    }

    /// Requests that a report may be about, whatever the time, in the order of their ends. Of a path that is asked for
    /// all the time, those about the report's time.
    pub(crate) fn alike<'i>(&'i self, report: &'i Report) -> impl Iterator<Item = u32> + 'i {
        const MANY: usize = 2000;
        const AROUND: usize = 300;
        let list = report.uri.as_deref().and_then(|uri| self.by_path.get(path(uri.as_bytes())));
        let mut list: &[u32] = list.map_or(&[], Vec::as_slice);
        if let Some(when) = report.when.filter(|_| list.len() > MANY) {
            let end = |place: &u32| self.requests.get(*place as usize).map_or(0, |r| r.end.from);
            let middle = list.partition_point(|r| end(r) < when.from.micros());
            let last = (middle + AROUND).min(list.len());
            list = list.get(middle.saturating_sub(AROUND)..last).unwrap_or_default();
        }
        list.iter().copied().filter(|r| self.unlikeness(report, *r).is_some())
    }

    fn near<'i>(&'i self, report: &'i Report, from: i64, until: i64) -> impl Iterator<Item = u32> + 'i {
        let list = report.uri.as_deref().and_then(|uri| self.by_path.get(path(uri.as_bytes())));
        let list: &[u32] = list.map_or(&[], Vec::as_slice);
        let end = |place: &u32| self.requests.get(*place as usize).map_or(0, |r| r.end.from);
        let first = list.partition_point(|r| end(r) < from);
        let near = list.get(first..).unwrap_or_default().iter().copied().take(LOOKED_AT);
        near.take_while(move |r| end(r) <= until)
    }

    fn line(&self, request: u32) -> Option<&Event> {
        self.requests.get(request as usize)?.line().and_then(|l| self.events.get(l))
    }

    /// What speaks against a request being the reported one, apart from time; `None` where it cannot be.
    fn unlikeness(&self, report: &Report, request: u32) -> Option<f32> {
        let line = self.line(request)?;
        let mut cost = 0.0;
        if let (Some(ours), Some(theirs)) = (report.ray, line.ray)
            && ours != theirs
        {
            return None;
        }
        if let (Some(method), Some(logged)) = (&report.method, &line.method)
            && !method.eq_ignore_ascii_case(logged)
        {
            return None;
        }
        if let (Some(uri), Some(logged)) = (&report.uri, line.uri.as_deref()) {
            let same = if report.whole_uri {
                uri.as_bytes() == logged
            } else {
                path(uri.as_bytes()) == path(logged)
            };
            if !same {
                return None;
            }
        }
        if let Some(host) = &report.host {
            match (&line.host, &line.server) {
                (Some(logged), _) if !same_host(host, logged) => return None,
                // The name of the server block is one of several that it answers to.
                (None, Some(server)) if !same_host(host, server) => cost += 0.7,
                _ => {}
            }
        }
        Some(cost + self.address(report, line)?)
    }

    /// The log has the visitor's address, or the edge's.
    fn address(&self, report: &Report, line: &Event) -> Option<f32> {
        let parse = |text: &str| text.parse::<IpAddr>().ok();
        let Some(address) = line.client.as_deref() else { return Some(0.2) };
        // Mostly they are written alike.
        if report.client.as_deref() == Some(address) {
            return Some(-0.5);
        }
        if report.edge.as_deref() == Some(address) {
            return Some(-0.3);
        }
        let Some(logged) = parse(address) else { return Some(0.2) };
        let client = report.client.as_deref().and_then(parse);
        let edge = report.edge.as_deref().and_then(parse);
        if client == Some(logged) {
            return Some(-0.5);
        }
        if edge == Some(logged) {
            return Some(-0.3);
        }
        if self.edge.contains(address.as_bytes()) {
            return if edge.is_some() { None } else { Some(0.2) };
        }
        // Another proxy may stand between.
        if is_inner(logged) {
            return Some(0.2);
        }
        if client.is_some() { None } else { Some(0.2) }
    }
}

/// The path of a URI.
pub(crate) fn path(uri: &[u8]) -> &[u8] {
    memchr::memchr(b'?', uri).and_then(|at| uri.get(..at)).unwrap_or(uri)
}

fn same_host(a: &str, b: &str) -> bool {
    let bare = |host: &str| -> String {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
                name.to_owned()
            }
            _ => host,
        }
    };
    a.eq_ignore_ascii_case(b) || bare(a) == bare(b)
}

/// Whether an address is of a network of its own: private, loopback, link-local.
pub(crate) fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => a.is_private() || a.is_loopback() || a.is_link_local(),
        IpAddr::V6(a) => a.is_loopback() || (a.segments().first().is_some_and(|s| s & 0xfe00 == 0xfc00)),
    }
}

/// How far evidence may lie from a report, as a share of what is usual: the window that was asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Reach(f32);

impl Reach {
    /// Of a window, in microseconds; 30 seconds are usual.
    pub(crate) fn of(window: i64) -> Reach {
        Reach((seconds(window) / 30.0).clamp(0.02, 100.0))
    }

    /// A time that is usual, as much longer.
    pub(crate) fn far(self, usual: i64) -> i64 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let far = (usual as f32 * self.0) as i64;
        far
    }

    /// What a distance in time costs.
    pub(crate) fn cost(self, usual: f32) -> f32 {
        usual / self.0
    }
}

impl Default for Reach {
    fn default() -> Reach {
        Reach(1.0)
    }
}

/// How long requests wait until somebody gives up on them, where the logs do not say how long each took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Waits {
    /// The edge (499), in microseconds.
    pub(crate) edge: Option<i64>,
    /// nginx (504).
    pub(crate) nginx: Option<i64>,
}

/// How badly the time of a request fits, in steps of about a second.
pub(crate) fn lateness(wanted: Wanted, request: &Request, waits: Waits) -> f32 {
    // It must not have ended before it began at the edge.
    let early = seconds((wanted.start.from - request.end.until).max(0));
    let known = request.start.until - request.start.from <= 2 * SECOND;
    // Stamps of a second agree the better the more of it they share.
    let agree = |a: Span, b: Span| seconds(a.gap(b)) * 1.5 - a.overlap(b).ln() * 0.4;
    let late = match (known, wanted.end) {
        (true, Some(end)) => agree(wanted.start, request.start).max(seconds(end.gap(request.end))),
        (true, None) => agree(wanted.start, request.start),
        (false, Some(end)) => agree(end, request.end),
        // Most requests end at once; those that the edge or nginx gave up on do not.
        (false, None) => {
            let wait = match request.status {
                Some(499) => Some(waits.edge),
                Some(504) => Some(waits.nginx),
                _ => None,
            };
            let waited = seconds((request.end.from - wanted.start.until).max(0));
            match wait {
                Some(Some(wait)) => agree(wanted.start.moved(wait), request.end),
                Some(None) => waited * 0.04,
                None => {
                    let soon = Span::new(wanted.start.from, wanted.start.until + SECOND / 3);
                    waited * 0.5 - soon.overlap(request.end).ln() * 0.4
                }
            }
        }
    };
    early * 2.0 + late
}

/// For each report the request that is the likeliest, over all of them, each used once.
pub(crate) fn by_request(
    reports: &[(usize, &Report, Wanted)],
    index: &Index<'_>,
    table: &Odds<'_>,
    window: Reach,
    taken: &[bool],
) -> Vec<Option<u32>> {
    /// So many reports are worth another worker.
    const PIECE: usize = 1024;
    let lefts: Vec<u32> = (0..).take(reports.len()).collect();
    let of_piece = |(lefts, reports): (&[u32], &[(usize, &Report, Wanted)])| {
        let mut pairs = Vec::new();
        for (left, (_, report, wanted)) in lefts.iter().zip(reports) {
            candidates((*left, report, *wanted), index, table, window, taken, &mut pairs);
        }
        pairs
    };
    let pieces: Vec<Vec<Pair>> =
        lefts.par_chunks(PIECE).zip(reports.par_chunks(PIECE)).map(of_piece).collect();
    let pairs = joined(pieces);
    assign(reports.len(), index.requests.len(), &pairs, UNMATCHED)
}

/// Adds the requests that a report may be about.
fn candidates(
    (left, report, wanted): (u32, &Report, Wanted),
    index: &Index<'_>,
    table: &Odds<'_>,
    window: Reach,
    taken: &[bool],
    pairs: &mut Vec<Pair>,
) {
    /// More candidates than that do not make the answer better.
    const MOST: usize = 64;
    let last = wanted.end.map_or(wanted.start.until + 130 * SECOND, |end| end.until);
    let last = last + window.far(10 * SECOND);
    let enough = pairs.len() + MOST;
    for right in index.near(report, wanted.start.from - window.far(5 * SECOND), last) {
        if taken.get(right as usize).copied().unwrap_or(false) {
            continue;
        }
        let Some(request) = index.requests.get(right as usize) else { continue };
        let Some(status) = status_cost(report, request, table) else { continue };
        let late = window.cost(lateness(wanted, request, Waits::default()));
        // What is likest costs half a step less.
        if late + status >= UNMATCHED + 0.5 {
            continue;
        }
        let Some(unlike) = index.unlikeness(report, right) else { continue };
        let cost = (late + unlike + status).max(0.0);
        if cost < UNMATCHED {
            pairs.push(Pair { left, right, cost });
        }
        if pairs.len() >= enough {
            break;
        }
    }
}

/// How badly the status of a request fits what the edge says.
pub(crate) fn status_cost(report: &Report, request: &Request, table: &Odds<'_>) -> Option<f32> {
    let Some(status) = request.status else { return Some(0.3) };
    if let Some(origin) = report.origin_status.filter(|s| *s > 0) {
        // A rule may have changed what the log says, but seldom does.
        return if origin == status { Some(0.0) } else { None };
    }
    let weight = table.line(report.status, status);
    (weight > 0.0).then(|| -weight.ln())
}
