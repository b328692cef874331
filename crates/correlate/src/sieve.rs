//! What is kept of the logs: only what can matter to some report.
//!
//! Logs may be far larger than the reports, so each record is judged as it comes by: requests that failed, and whatever
//! speaks for a cause, are kept; of ordinary requests those that a report may be about; all others are only counted.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::FixedState;
use foldhash::{HashSet, HashSetExt};
use logscan_catalogue::{Catalogue, CauseId, KindId, Named, Ranges, Timestamp};
use logscan_parser::{Access, Body, Level, Record, Source};

use crate::event::{self, Event};
use crate::join::path;
use crate::ray::RayId;
use crate::report::Report;
use crate::shared::Words;
use crate::texts::Texts;

/// Events that a part holds before it is handed over. They are taken out of it one by one, so that more would only
/// leave holes in memory.
const FULL: usize = 8_192;

/// Seconds and times of Ray IDs that it holds.
const FULL_OF_TIMES: usize = 65_536;

/// Ray IDs whose times are kept of each part, and altogether.
const RAY_SAMPLES: usize = 60_000;

/// Ordinary requests that are kept for reports that may be about them. Where there are more, those of the paths that
/// are asked for most are left out: of requests that come every second none can be told to be the one.
const MAX_ORDINARY: usize = 100_000;

/// Ray IDs are believed to tell the time if they do so to within a day.
const BELIEVABLE: i64 = 25 * 3600 * 1_000_000;

/// How much a kind of event matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Weight {
    /// Not at all.
    Nothing,
    /// It speaks for a cause, or marks the beginning or the end of a state.
    Telling,
}

/// Whether a request is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Keep {
    No,
    /// As long as there are not too many: it was answered in the ordinary way, and its path is that of a report.
    Spare,
    Yes,
}

impl From<bool> for Keep {
    fn from(keep: bool) -> Keep {
        if keep { Keep::Yes } else { Keep::No }
    }
}

/// Decides which records are kept, in workers side by side.
#[derive(Debug)]
pub struct Sieve {
    kinds: Vec<Weight>,
    tls: Option<CauseId>,
    edge: Ranges,
    rays: HashSet<RayId>,
    /// Paths of reports whose request may have been answered in the ordinary way.
    ordinary: HashSet<u64>,
    /// The same of reports with a Ray ID: a request with another one is not theirs.
    traced: HashSet<u64>,
    /// The same of all reports.
    requests: HashSet<u64>,
    /// Some report has no request, so any failed one may be its.
    blind: bool,
    words: Words,
    left_out: Arc<LeftOut>,
}

/// Paths of which ordinary requests are not kept any more. It grows while logs are read in order; what a worker leaves
/// out by it would be left out later.
#[derive(Debug, Default)]
struct LeftOut {
    any: AtomicBool,
    paths: RwLock<Arc<HashSet<u64>>>,
}

impl LeftOut {
    /// Those of now; `None` where there are none.
    fn now(&self) -> Option<Arc<HashSet<u64>>> {
        let paths = || Arc::clone(&self.paths.read().unwrap_or_else(PoisonError::into_inner));
        self.any.load(Ordering::Relaxed).then(paths)
    }

    fn extend(&self, more: impl IntoIterator<Item = u64>) {
        let mut paths = self.paths.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut paths).extend(more);
        self.any.store(true, Ordering::Relaxed);
    }
}

/// What was kept of a stretch of a log.
#[derive(Debug, Default)]
pub struct Kept {
    events: Vec<Event>,
    texts: Texts,
    /// Requests by second.
    served: Vec<(i64, u32)>,
    /// Time of a Ray ID, and when its request was logged.
    rays: Vec<RaySample>,
    /// By minute: addresses that were looked at, and those of them that are the edge's.
    addresses: Vec<(i64, u32, u32)>,
    /// What the access log tells.
    tells: Tells,
    /// Level of the gravest and the slightest message of an error log.
    slightest: Option<Level>,
    /// Ordinary requests that are not kept any more.
    dropped: u64,
    left_out: Option<Arc<LeftOut>>,
    /// Their paths, as they were when the part was begun.
    skipped: Option<Arc<HashSet<u64>>>,
}

/// A Ray ID's time and the time of its request at the origin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RaySample {
    /// On the edge's clock.
    pub(crate) edge: i64,
    /// When the request was logged, on the origin's.
    pub(crate) logged: i64,
    /// The log has fractions of a second.
    pub(crate) fine: bool,
    /// How long the request took.
    pub(crate) took: Option<i64>,
}

/// What an access log tells of requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tells {
    pub(crate) requests: u64,
    pub(crate) rays: u64,
    pub(crate) took: u64,
    pub(crate) head: u64,
    pub(crate) upstream: u64,
    pub(crate) connection: u64,
    pub(crate) host: u64,
}

/// Whose addresses an access log has: the visitors', or the edge's.
///
/// A server can be set up anew, and hosts of it differently, so it is asked for a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    /// By minute: requests whose address was looked at, and those of them that came from the edge's.
    minutes: BTreeMap<i64, (u32, u32)>,
}

impl Addresses {
    pub(crate) fn add(&mut self, minute: i64, looked_at: u32, edge: u32) {
        let sums = self.minutes.entry(minute).or_default();
        *sums = (sums.0.saturating_add(looked_at), sums.1.saturating_add(edge));
    }

    /// Whether the log has the edge's addresses around a time, so that whoever has another came past the edge.
    pub(crate) fn are_edges(&self, at: i64) -> bool {
        let minute = at.div_euclid(MINUTE);
        let around = self.minutes.range(minute - 1..=minute + 1);
        let (looked_at, edge) = around.fold((0, 0), |a, (_, b)| (a.0 + u64::from(b.0), a.1 + u64::from(b.1)));
        looked_at >= 4 && edge * 2 > looked_at
    }

    /// Whether most of the log has the edge's addresses.
    pub(crate) fn are_mostly_edges(&self) -> bool {
        let sum = |a: (u64, u64), b: &(u32, u32)| (a.0 + u64::from(b.0), a.1 + u64::from(b.1));
        let (looked_at, edge) = self.minutes.values().fold((0, 0), sum);
        edge * 2 > looked_at
    }
}

/// In microseconds.
const MINUTE: i64 = 60_000_000;

/// What was kept of all logs.
#[derive(Debug, Default)]
pub struct Gathered {
    pub(crate) events: Vec<Event>,
    pub(crate) texts: Texts,
    pub(crate) served: BTreeMap<i64, u32>,
    pub(crate) rays: Vec<RaySample>,
    pub(crate) coverage: Vec<Coverage>,
    pub(crate) tells: Tells,
    pub(crate) addresses: Addresses,
    /// The slightest level seen in each error log.
    pub(crate) slightest: HashMap<u32, Level>,
    /// Ordinary requests that could not be kept.
    pub(crate) dropped: u64,
    ordinary: usize,
    /// Of these, how many each path has.
    paths: foldhash::HashMap<u64, usize>,
    stride: usize,
    seen_rays: usize,
}

/// An input as the correlation sees it: what it holds, from when to when.
#[derive(Clone, PartialEq, Debug)]
pub struct Coverage {
    /// Number of the input.
    pub input: u32,
    /// The log that it is.
    pub source: Source,
    /// Time of its first record.
    pub first: Option<Timestamp>,
    /// Time of its last record.
    pub last: Option<Timestamp>,
}

impl Coverage {
    /// What an input covers.
    pub fn new(input: u32, source: Source, first: Option<Timestamp>, last: Option<Timestamp>) -> Coverage {
        Coverage { input, source, first, last }
    }
}

/// So many requests that were answered well are enough to know how clocks differ.
const OTHERS: usize = 300;

/// Some of them, evenly spread.
pub(crate) fn sample(others: &[Report]) -> impl Iterator<Item = &Report> {
    others.iter().step_by(others.len().div_ceil(OTHERS).max(1))
}

/// The path of a URI, without the query, which reports may lack.
pub(crate) fn request_key(uri: &[u8]) -> u64 {
    let path = path(uri);
    // The same everywhere in a run. Whoever finds paths of one key has more requests kept, up to the limit.
    FixedState::with_seed(520).hash_one(path)
}

/// Causes that never make an error at the edge, so that their messages are noise here.
const NOISE: &[&str] = &[
    "routine",
    "other",
    "config-warning",
    "php-warning",
    "file-not-found",
    "access-denied",
    "client-bad-request",
    "client-request-too-big",
    "client-abort",
    "idle-timeout",
    "cache-error",
    "logging-error",
    "firewall-block",
    "php-script-missing",
    "nginx-misconfigured",
];

/// Kinds of such causes that mark the beginning or the end of a state all the same.
pub(crate) const MARKS: &[&str] = &[
    "proc-start-workers",
    "proc-signal-hup",
    "proc-start-worker",
    "proc-event-method",
    "unit-started",
    "unit-starting",
    "unit-reloaded",
    "fpm-child-started",
];

impl Sieve {
    /// A sieve for these reports.
    pub fn new(reports: &[Report], catalogue: &Catalogue) -> Sieve {
        let noise = |name: &str| NOISE.contains(&name);
        let kinds = catalogue
            .kind_ids()
            .zip(catalogue.kinds())
            .map(|(id, kind)| {
                let speaks = |cause: &CauseId| catalogue.cause(*cause).is_some_and(|c| !noise(&c.id));
                let telling = catalogue.causes_of(id).iter().any(speaks);
                if telling || MARKS.contains(&kind.id.as_ref()) { Weight::Telling } else { Weight::Nothing }
            })
            .collect();
        let mut sieve = Sieve {
            kinds,
            tls: catalogue.cause_named("tls-handshake").map(|(id, _)| id),
            edge: catalogue.edge().clone(),
            rays: HashSet::new(),
            ordinary: HashSet::new(),
            traced: HashSet::new(),
            requests: HashSet::new(),
            blind: false,
            words: Words::new(),
            left_out: Arc::default(),
        };
        for report in reports {
            sieve.rays.extend(report.ray);
            match &report.uri {
                Some(uri) => {
                    let key = request_key(uri.as_bytes());
                    sieve.requests.insert(key);
                    // What the origin answered and the edge passed on cannot have been an ordinary answer.
                    let passed_on = report.origin_status.is_some_and(|s| s >= 500)
                        || report.status.is_some_and(|s| matches!(s, 500..=519));
                    if !passed_on {
                        let of = if report.ray.is_some() { &mut sieve.traced } else { &mut sieve.ordinary };
                        of.insert(key);
                    }
                }
                None => sieve.blind = true,
            }
        }
        sieve
    }

    /// Lets requests pass that the edge saw answered well, too: they tell how clocks differ.
    #[must_use]
    pub fn with_others(mut self, others: &[Report]) -> Sieve {
        for other in sample(others) {
            self.rays.extend(other.ray);
            let of = if other.ray.is_some() { &mut self.traced } else { &mut self.ordinary };
            of.extend(other.uri.as_ref().map(|uri| request_key(uri.as_bytes())));
        }
        self
    }

    fn weight(&self, kind: KindId) -> Weight {
        self.kinds.get(kind.index()).copied().unwrap_or(Weight::Telling)
    }

    /// Keeps a record, if it can matter. `line` is counted from the start of the stretch.
    pub fn add(
        &self,
        kept: &mut Kept,
        record: &Record<'_>,
        named: Option<Named>,
        at: Option<Timestamp>,
        offset: u64,
        line: u64,
    ) {
        let Some(at) = at else { return };
        let keep = match &record.body {
            Body::Access(access) => self.request(kept, access, named, at),
            Body::NginxError(error) => {
                kept.slightest = kept.slightest.max(error.level);
                named.is_some_and(|n| self.weight(n.kind) == Weight::Telling).into()
            }
            _ => named.is_some_and(|n| self.weight(n.kind) == Weight::Telling).into(),
        };
        if keep == Keep::No {
            return;
        }
        let mut event = Event { offset, line: Some(line), ..Event::lean(record, named, at, &self.words) };
        event.spare = keep == Keep::Spare;
        if self.citable(&event) {
            event.packed = kept.texts.add(event::text(record));
        }
        kept.events.push(event);
    }

    /// Whether some report could cite it: the text of others need not be kept.
    fn citable(&self, event: &Event) -> bool {
        self.blind
            || event.ray.is_some_and(|ray| self.rays.contains(&ray))
            || event.uri.as_ref().is_none_or(|uri| self.requests.contains(&request_key(uri)))
    }

    /// Counts a request; whether it is kept.
    fn request(&self, kept: &mut Kept, access: &Access<'_>, named: Option<Named>, at: Timestamp) -> Keep {
        let ray = access.ray().and_then(RayId::parse);
        let status = access.status.unwrap_or(0);
        // Bytes that are no request, on a port where none are expected, do not show that requests were served.
        let served = access.method.is_some() && !matches!(status, 0 | 400);
        if served {
            match kept.served.last_mut() {
                Some((second, count)) if *second == at.seconds => *count = count.saturating_add(1),
                _ => kept.served.push((at.seconds, 1)),
            }
            let tells = &mut kept.tells;
            tells.requests += 1;
            // A part of them is enough to know whose addresses the log has.
            if at.seconds % 2 == 0
                && let Some(client) = access.client
            {
                let (minute, edge) = (at.seconds.div_euclid(60), u32::from(self.edge.contains(client)));
                match kept.addresses.last_mut() {
                    Some((last, looked_at, edges)) if *last == minute => {
                        *looked_at += 1;
                        *edges += edge;
                    }
                    _ => kept.addresses.push((minute, 1, edge)),
                }
            }
            tells.rays += u64::from(access.logs_ray);
            tells.took += u64::from(access.request_time.is_some());
            tells.head += u64::from(access.bytes_sent.is_some() && access.body_bytes_sent.is_some());
            tells.upstream += u64::from(access.logs_upstream);
            tells.connection += u64::from(access.connection.is_some());
            tells.host += u64::from(access.host.is_some());
        }
        if let Some(ray) = ray {
            let (edge, logged) = (ray.time().micros(), at.micros());
            if (edge - logged).abs() < BELIEVABLE && kept.rays.len() < RAY_SAMPLES {
                let took = access.request_time.and_then(|t| i64::try_from(t.as_micros()).ok());
                kept.rays.push(RaySample { edge, logged, fine: at.nanos != 0, took });
            }
            if self.rays.contains(&ray) {
                return Keep::Yes;
            }
        }
        let failed = status >= 500 || matches!(status, 444 | 499) || status < 100;
        let telling = named.is_some_and(|n| {
            self.weight(n.kind) == Weight::Telling && (status != 400 || Some(n.cause) == self.tls)
        });
        if failed || telling {
            return Keep::Yes;
        }
        if self.ordinary.is_empty() && (ray.is_some() || self.traced.is_empty()) {
            return Keep::No;
        }
        let Some(path) = access.uri.map(request_key) else { return Keep::No };
        if !self.ordinary.contains(&path) && (ray.is_some() || !self.traced.contains(&path)) {
            return Keep::No;
        }
        if kept.skipped.is_none() {
            kept.skipped = self.left_out.now();
        }
        if kept.skipped.as_ref().is_some_and(|skipped| skipped.contains(&path)) {
            kept.dropped += 1;
            return Keep::No;
        }
        kept.left_out.get_or_insert_with(|| Arc::clone(&self.left_out));
        Keep::Spare
    }
}

impl Kept {
    /// Whether it should be handed over, for memory to stay bounded.
    pub fn is_full(&self) -> bool {
        self.events.len() >= FULL || self.rays.len() >= FULL_OF_TIMES || self.served.len() >= FULL_OF_TIMES
    }
}

impl Gathered {
    /// Adds what was kept of a stretch of an input. `line_base` is the number of the stretch's first line, from 1.
    pub fn merge(&mut self, kept: Kept, input: u32, line_base: Option<u64>) {
        let moved = self.texts.append(kept.texts);
        // What was left out since the part was begun.
        let left_out = kept.left_out.as_ref().and_then(|l| l.now());
        for mut event in kept.events {
            if event.spare && !self.keeps(&event, left_out.as_deref()) {
                continue;
            }
            event.input = input;
            if !event.packed.is_empty() {
                event.packed = moved(event.packed);
            }
            event.line = event.line.zip(line_base).map(|(line, base)| line + base);
            self.events.push(event);
        }
        self.dropped += kept.dropped;
        if let Some(left_out) = kept.left_out.filter(|_| self.ordinary > MAX_ORDINARY) {
            self.thin_out(&left_out);
        }
        for (second, count) in kept.served {
            *self.served.entry(second).or_default() += count;
        }
        for sample in kept.rays {
            let stride = self.stride.max(1);
            if self.seen_rays.is_multiple_of(stride) {
                self.rays.push(sample);
            }
            self.seen_rays += 1;
            if self.rays.len() > RAY_SAMPLES {
                let mut place = 0;
                self.rays.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.stride = stride * 2;
            }
        }
        let tells = &mut self.tells;
        tells.requests += kept.tells.requests;
        tells.rays += kept.tells.rays;
        tells.took += kept.tells.took;
        tells.head += kept.tells.head;
        tells.upstream += kept.tells.upstream;
        tells.connection += kept.tells.connection;
        tells.host += kept.tells.host;
        for (minute, looked_at, edge) in kept.addresses {
            self.addresses.add(minute, looked_at, edge);
        }
        if let Some(level) = kept.slightest {
            let known = self.slightest.entry(input).or_insert(level);
            *known = (*known).max(level);
        }
    }

    /// Whether an ordinary request is kept.
    fn keeps(&mut self, event: &Event, left_out: Option<&HashSet<u64>>) -> bool {
        let Some(uri) = &event.uri else { return true };
        let path = request_key(uri);
        if left_out.is_some_and(|paths| paths.contains(&path)) {
            self.dropped += 1;
            return false;
        }
        self.ordinary += 1;
        *self.paths.entry(path).or_default() += 1;
        true
    }

    /// Leaves out the paths that are asked for most, until half of what may be kept is left.
    fn thin_out(&mut self, left_out: &LeftOut) {
        let mut paths: Vec<(usize, u64)> = self.paths.iter().map(|(path, count)| (*count, *path)).collect();
        paths.sort_unstable();
        let mut gone: HashSet<u64> = HashSet::new();
        while self.ordinary > MAX_ORDINARY / 2 {
            let Some((count, path)) = paths.pop() else { break };
            self.ordinary -= count;
            self.dropped += count as u64;
            self.paths.remove(&path);
            gone.insert(path);
        }
        self.events.retain(|event| {
            !event.spare || event.uri.as_ref().is_none_or(|uri| !gone.contains(&request_key(uri)))
        });
        left_out.extend(gone);
    }

    /// Says what an input covers, once it was read.
    pub fn covers(&mut self, coverage: Coverage) {
        self.coverage.push(coverage);
    }
}
