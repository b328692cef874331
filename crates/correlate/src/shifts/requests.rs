//! Error log and access log of a web server: both name the request.

use foldhash::{HashMap, HashMapExt};
use logscan_parser::{Level, Source};
use rayon::prelude::*;

use crate::event::Event;
use crate::origin::Part;
use crate::span::{SECOND, Span};

use super::agree::{Pair, Rule, by_clock, by_zone};
use super::{Known, QUARTER, micros, sampled};

/// Lines about one request do not lie further apart, unless it takes longer than anybody waits.
const LONGEST: i64 = 130 * SECOND;

/// A request that is as common as this is no clue.
const COMMON: usize = 300;

/// How a request is told from others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Key<'e> {
    Connection(u64, &'e [u8]),
    Client(&'e str, &'e [u8]),
    Uri(&'e [u8]),
}

type Of<'e> = fn(&'e Event) -> Option<Key<'e>>;

impl<'e> Key<'e> {
    /// By what both logs have, the most telling first; and how many pairs of lines with it prove a shift.
    const ALL: [(Of<'e>, usize); 3] = [
        (|e| Some(Key::Connection(e.connection?, e.uri.as_deref()?)), 1),
        (|e| Some(Key::Client(e.client.as_deref()?, e.uri.as_deref()?)), 2),
        (|e| Some(Key::Uri(e.uri.as_deref()?)), 2),
    ];
}

/// What is to be added to the stamps of an error log to have them on the clock of the access log.
pub(super) fn shift(known: &Known<'_>, errors: Source, access: Source) -> Option<i64> {
    let of = |source: Source| known.events.iter().filter(move |e| e.source == Some(source));
    let lines: Vec<&Event> = of(errors).filter(|e| e.uri.is_some() && e.child.is_none()).collect();
    let requests: Vec<&Event> = of(access).filter(|e| e.uri.is_some()).collect();
    let first = requests.iter().map(|e| known.at(e)).min()?;
    let last = requests.iter().map(|e| known.at(e)).max()?;
    for (key, least) in Key::ALL {
        let mut alike: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
        for (place, request) in requests.iter().enumerate() {
            if let Some(key) = key(request) {
                alike.entry(key).or_default().push(place);
            }
        }
        let alike_to = |e| key(e).and_then(|k| alike.get(&k));
        let telling = lines.par_iter().copied().filter(|e| alike_to(*e).is_some_and(|l| l.len() <= COMMON));
        let lines: Vec<&Event> = sampled(telling.collect());
        let mut pairs = Vec::new();
        for (left, line) in (0u32..).zip(&lines) {
            for place in alike_to(*line).into_iter().flatten() {
                let Some(request) = requests.get(*place).filter(|r| is_same(line, r)) else { continue };
                let (Ok(right), (span, at_once)) = (u32::try_from(*place), bring(known, line, request))
                else {
                    continue;
                };
                pairs.push(Pair { left, right, span, at_once });
            }
        }
        if pairs.is_empty() {
            continue;
        }
        let inside = |e: &&&Event| (first..=last).contains(&known.at(e));
        let rule = Rule {
            step: 2 * QUARTER,
            skew: 0,
            slack: SECOND,
            least,
            enough: 0.75,
            inside: lines.iter().filter(inside).count(),
            telling: 1.0,
        };
        return by_zone(&pairs, rule).or_else(|| by_clock(&pairs, rule));
    }
    None
}

/// Whether nothing that both lines tell speaks against their being about one request.
fn is_same(line: &Event, request: &Event) -> bool {
    fn agree<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
        a.zip(b).is_none_or(|(a, b)| a == b)
    }
    agree(line.method.as_ref(), request.method.as_ref())
        && agree(line.connection.as_ref(), request.connection.as_ref())
        && agree(line.pid.as_ref(), request.pid.as_ref())
}

/// The shifts that bring a line into the time of a request; whether it was written as the request ended.
fn bring(known: &Known<'_>, line: &Event, request: &Event) -> (Span, bool) {
    let wide = |e: &Event| Span::new(known.at(e), known.at(e) + if e.fine { 999 } else { SECOND - 1 });
    let (line_at, logged) = (wide(line), wide(request));
    let took = request.took.map(micros);
    // nginx logs a request when it has ended, Apache notes when it began.
    let end = match (request.source, took) {
        (Some(Source::ApacheAccess), Some(took)) => logged.moved(took),
        (Some(Source::ApacheAccess), None) => Span::new(logged.from, logged.until + 3 * SECOND),
        _ => logged,
    };
    let upto = |from: i64| Span::new(from - line_at.until, end.until - line_at.from);
    let at_once = ends_request(known, line, request)
        && (took.is_some() || request.source != Some(Source::ApacheAccess));
    if at_once {
        return (upto(end.from), true);
    }
    // What is written earlier in a request lies within it.
    (upto(end.from - took.unwrap_or(3 * SECOND).clamp(0, LONGEST)), false)
}

/// Whether a line is about the failure that ends its request: an upstream's, and no other one was asked.
fn ends_request(known: &Known<'_>, line: &Event, request: &Event) -> bool {
    let asked_again = request.upstream_status.as_ref().is_some_and(|s| s.contains([',', ':']));
    line.upstream.is_some()
        && line.level.is_some_and(|level| level <= Level::Error)
        && known.lexicon.part(line) != Part::Stderr
        && !request.is_ordinary()
        && !asked_again
}
