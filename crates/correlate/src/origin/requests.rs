//! Requests at the origin: lines of access logs, each with the error lines that are about it.

#[cfg(test)]
mod tests;

use foldhash::{HashMap, HashMapExt};
use logscan_parser::Source;
use rayon::prelude::*;

use crate::assign::{Pair, assign, joined};
use crate::event::Event;
use crate::shared::Word;
use crate::span::{SECOND, Span, seconds};

use super::lexicon::{Lexicon, Part};
use super::times::Times;

/// Error lines of one request do not lie further apart, unless it takes longer than anybody waits.
const LONGEST: i64 = 130 * SECOND;

/// Cost of an error line that no access line is found for.
const ALONE: f32 = 20.0;

/// A request that the origin answered, or failed to.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Its line in the access log.
    pub(crate) access: Option<usize>,
    /// Lines about it in the error log, in the order of time.
    pub(crate) errors: Vec<usize>,
    /// When it began, on the origin's clock.
    pub(crate) start: Span,
    /// When it ended.
    pub(crate) end: Span,
    /// What it was answered.
    pub(crate) status: Option<u16>,
}

impl Request {
    /// All its lines.
    pub(crate) fn lines(&self) -> impl Iterator<Item = usize> + '_ {
        self.access.into_iter().chain(self.errors.iter().copied())
    }

    /// A line that names the request.
    pub(crate) fn line(&self) -> Option<usize> {
        self.lines().next()
    }
}

/// Lines of an error log about one request.
struct Group {
    lines: Vec<usize>,
    span: Span,
}

/// All requests among the events, those of access logs first.
pub(crate) fn requests(events: &[Event], times: &Times, lexicon: &Lexicon<'_>) -> Vec<Request> {
    let (groups, (mut requests, by_uri)) =
        rayon::join(|| groups(events, times, lexicon), || logged(events, times));
    let pairs = pairs(events, &groups, &requests, &by_uri);
    let found = assign(groups.len(), requests.len(), &pairs, ALONE);
    for (group, request) in groups.into_iter().zip(found) {
        match request.and_then(|r| requests.get_mut(r as usize)) {
            Some(request) => request.errors.extend(group.lines),
            None => requests.push(Request {
                access: None,
                start: Span::new(group.span.from - LONGEST, group.span.until),
                end: group.span,
                errors: group.lines,
                status: None,
            }),
        }
    }
    requests
}

/// Requests by what they ask for, those of each in the order of their ends.
type ByUri<'e> = HashMap<&'e [u8], Vec<u32>>;

/// The requests that access logs have.
fn logged<'e>(events: &'e [Event], times: &Times) -> (Vec<Request>, ByUri<'e>) {
    let mut requests: Vec<Request> = Vec::new();
    let mut by_uri = ByUri::new();
    for (place, event) in events.iter().enumerate().filter(|(_, e)| e.is_request()) {
        let (start, end) = bounds(event, times.of(place));
        if let Some(uri) = &event.uri {
            by_uri.entry(uri).or_default().push(index(requests.len()));
        }
        let access = Some(place);
        requests.push(Request { access, errors: Vec::new(), start, end, status: event.status });
    }
    for list in by_uri.values_mut() {
        list.sort_by_key(|r| end_of(&requests, *r));
    }
    (requests, by_uri)
}

/// When a request began and ended: nginx logs its end, Apache its beginning.
fn bounds(event: &Event, at: Span) -> (Span, Span) {
    let took = event.took.and_then(|t| i64::try_from(t.as_micros()).ok());
    match (event.source, took) {
        (Some(Source::ApacheAccess), Some(took)) => (at, at.moved(took)),
        (Some(Source::ApacheAccess), None) => (at, Span::new(at.from, at.until + LONGEST)),
        (_, Some(took)) => (at.moved(-took), at),
        (_, None) => (Span::new(at.from - LONGEST, at.until), at),
    }
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn end_of(requests: &[Request], place: u32) -> i64 {
    requests.get(place as usize).map_or(0, |r| r.end.from)
}

/// Error lines of the same worker, connection and request, as long as none of them comes a second time.
fn groups(events: &[Event], times: &Times, lexicon: &Lexicon<'_>) -> Vec<Group> {
    let mut order: Vec<usize> = events
        .iter()
        .enumerate()
        .filter(|(_, e)| !e.is_request() && e.uri.is_some() && e.child.is_none())
        .map(|(place, _)| place)
        .collect();
    order.sort_by_key(|p| times.of(*p).from);
    let mut groups: Vec<Group> = Vec::new();
    type Of<'e> = (u32, Option<u32>, Option<u64>, Option<&'e str>, Option<&'e [u8]>);
    let mut last: HashMap<Of<'_>, usize> = HashMap::new();
    for place in order {
        let Some(event) = events.get(place) else { continue };
        let of = (event.input, event.pid, event.connection, event.client.as_deref(), event.uri.as_deref());
        let at = times.of(place);
        let again = |other: &usize| {
            events.get(*other).is_some_and(|other| {
                lexicon.part(event) != Part::Stderr
                    && other.named == event.named
                    && other.upstream == event.upstream
            })
        };
        let open = last.get(&of).copied().filter(|_| event.connection.is_some());
        let open = open.and_then(|g| groups.get_mut(g));
        match open.filter(|g| at.gap(g.span) <= LONGEST && !g.lines.iter().any(again)) {
            Some(group) => {
                group.lines.push(place);
                group.span = Span::new(group.span.from, at.until);
            }
            None => {
                last.insert(of, groups.len());
                groups.push(Group { lines: vec![place], span: at });
            }
        }
    }
    groups
}

/// Which access lines each group may be about.
fn pairs(events: &[Event], groups: &[Group], requests: &[Request], by_uri: &ByUri<'_>) -> Vec<Pair> {
    /// So many groups are worth another worker.
    const PIECE: usize = 1024;
    let numbers: Vec<u32> = (0..).take(groups.len()).collect();
    let of_piece = |(numbers, groups): (&[u32], &[Group])| {
        let mut pairs = Vec::new();
        for (number, group) in numbers.iter().zip(groups) {
            candidates(events, *number, group, requests, by_uri, &mut pairs);
        }
        pairs
    };
    let pieces: Vec<Vec<Pair>> =
        numbers.par_chunks(PIECE).zip(groups.par_chunks(PIECE)).map(of_piece).collect();
    joined(pieces)
}

/// Adds the access lines that a group may be about.
fn candidates(
    events: &[Event],
    number: u32,
    group: &Group,
    requests: &[Request],
    by_uri: &ByUri<'_>,
    pairs: &mut Vec<Pair>,
) {
    /// More candidates than that are not looked at, and the best of them are taken.
    const LOOKED_AT: usize = 400;
    const MOST: usize = 24;
    let Some(error) = group.lines.last().and_then(|l| events.get(*l)) else { return };
    let Some(same) = error.uri.as_deref().and_then(|uri| by_uri.get(uri)) else { return };
    let first = same.partition_point(|r| end_of(requests, *r) < group.span.from - 3 * SECOND);
    let mut near: Vec<Pair> = Vec::new();
    for place in same.iter().skip(first).take(LOOKED_AT) {
        let Some(request) = requests.get(*place as usize) else { continue };
        let Some(access) = request.access.and_then(|a| events.get(a)) else { continue };
        if request.end.from > group.span.until + LONGEST {
            break;
        }
        // What costs more is never used.
        if let Some(cost) = cost(error, access, group, request).filter(|cost| *cost <= ALONE) {
            near.push(Pair { left: number, right: *place, cost });
        }
    }
    near.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.right.cmp(&b.right)));
    pairs.extend(near.into_iter().take(MOST));
}

/// How badly an error line fits a line of an access log; `None` where it cannot be.
fn cost(error: &Event, access: &Event, group: &Group, request: &Request) -> Option<f32> {
    let differ = |a: &Option<Word>, b: &Option<Word>| matches!((a, b), (Some(a), Some(b)) if a != b);
    if let (Some(a), Some(b)) = (error.connection, access.connection)
        && a != b
    {
        return None;
    }
    if let (Some(a), Some(b)) = (error.pid, access.pid)
        && a != b
    {
        return None;
    }
    if differ(&error.method, &access.method) {
        return None;
    }
    let mut cost = seconds(group.span.gap(request.end));
    if !request.start.wider(SECOND).meets(group.span) && group.span.until < request.start.from {
        cost += 10.0;
    }
    // Formats may log another address than the connection's.
    if differ(&error.client, &access.client) {
        cost += 15.0;
    }
    if differ(&error.host, &access.host) {
        cost += 5.0;
    }
    if access.is_ordinary() {
        cost += 3.0;
    }
    Some(cost)
}
