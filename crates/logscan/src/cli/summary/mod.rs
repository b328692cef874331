//! The summary: events by kind and cause.

mod histogram;
mod known;
mod names;
mod top;

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use logscan_catalogue::{Catalogue, Cause, Kind, Named};
use logscan_scan::{Event, Folder, InputStats, Inputs, Outcome, Place, Scan, Timestamp};

pub(crate) use histogram::{Histogram, step_for};
pub(crate) use top::Top;

use super::filter::Filter;
use names::{Counted, Names};

/// Bytes of a sample that are kept.
const MAX_SAMPLE: usize = 8 * 1024;

/// What is listed of the events of a kind: names in JSON and CSV, label in text.
pub(crate) const LISTS: [List; 6] = [
    List { plural: "hosts", counts: "host_counts", label: "host" },
    List { plural: "upstreams", counts: "upstream_counts", label: "upstream" },
    List { plural: "pools", counts: "pool_counts", label: "pool" },
    List { plural: "components", counts: "component_counts", label: "in" },
    List { plural: "units", counts: "unit_counts", label: "unit" },
    List { plural: "ips", counts: "ip_counts", label: "address" },
];

/// A list of names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub(crate) plural: &'static str,
    pub(crate) counts: &'static str,
    pub(crate) label: &'static str,
}

/// All events of a kind with one cause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) count: u64,
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    pub(crate) lists: [Top; LISTS.len()],
    pub(crate) times: Histogram,
    pub(crate) example: Option<Example>,
}

/// The first event of a group: the earliest, and of several at the same time the first that is read.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    pub(crate) file: PathBuf,
    /// Line, from 1, where lines were counted.
    pub(crate) line: Option<u64>,
    pub(crate) offset: u64,
    pub(crate) at: Option<Timestamp>,
    pub(crate) text: Vec<u8>,
}

/// The fold. What is the same whatever the order of events is, a worker goes on with from one stretch to the next:
/// there are no more of these than workers, and they are put together once, at the end.
struct Summing<'a> {
    filter: &'a Filter,
    /// Those that no worker has in hand.
    counts: Mutex<Vec<Counts>>,
}

/// A stretch of a log.
#[derive(Debug, Default)]
struct Part {
    events: u64,
    counts: Counts,
    /// The first event that each group has here.
    examples: Vec<(Named, Example)>,
}

impl Folder for Summing<'_> {
    type Part = Part;

    fn part(&self) -> Part {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Part { counts: counts.unwrap_or_default(), ..Part::default() }
    }

    fn add(&self, part: &mut Part, event: &Event<'_>) {
        if self.filter.keeps(event) {
            part.events += 1;
            part.counts.add(event);
        }
    }

    fn end(&self, part: &mut Part) {
        let mut counts = std::mem::take(&mut part.counts);
        for Slot { named, group, .. } in counts.kinds.iter_mut().flatten() {
            part.examples.extend(group.example.take().map(|example| (*named, example)));
        }
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).push(counts);
    }
}

/// Groups of events, and the first event of each in the stretch at hand.
#[derive(Debug, Default)]
struct Counts {
    /// By the place of the kind in the catalogue. A kind has few causes, mostly one.
    kinds: Vec<Vec<Slot>>,
    names: Names,
}

#[derive(Debug)]
struct Slot {
    named: Named,
    counted: Counted,
    group: Box<Group>,
}

impl Counts {
    fn add(&mut self, event: &Event<'_>) {
        let Some(Slot { counted, group, .. }) = slot(&mut self.kinds, event.named) else { return };
        group.add(event);
        self.names.count(event.record, counted, &mut group.lists);
    }

    /// Puts all names into the lists of their groups.
    fn settle(&mut self) {
        for Slot { counted, group, .. } in self.kinds.iter_mut().flatten() {
            self.names.settle(counted, &mut group.lists);
        }
    }

    /// Adds what another counted to what is settled, a group at a time, for the room that it takes to be free again.
    fn merge(&mut self, other: Counts) {
        for Slot { named, mut counted, mut group } in other.kinds.into_iter().flatten() {
            other.names.settle(&mut counted, &mut group.lists);
            if let Some(sum) = slot(&mut self.kinds, named) {
                sum.group.merge(&group);
            }
        }
    }
}

/// The group of a kind and cause.
#[inline]
fn slot(kinds: &mut Vec<Vec<Slot>>, named: Named) -> Option<&mut Slot> {
    let place = named.kind.index();
    let known = kinds.get(place).and_then(|causes| causes.iter().position(|slot| slot.named == named));
    let at = known.unwrap_or_else(|| new_slot(kinds, named));
    kinds.get_mut(place)?.get_mut(at)
}

/// Makes an empty group; its place among those of its kind.
#[cold]
fn new_slot(kinds: &mut Vec<Vec<Slot>>, named: Named) -> usize {
    let place = named.kind.index();
    if place >= kinds.len() {
        kinds.resize_with(place + 1, Vec::new);
    }
    let Some(causes) = kinds.get_mut(place) else { return 0 };
    causes.push(Slot { named, counted: Counted::default(), group: Box::default() });
    causes.len() - 1
}

/// Whether a time is before another; a time that is not known is after all others.
fn is_earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a < b,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

impl Group {
    fn add(&mut self, event: &Event<'_>) {
        self.count += 1;
        if self.example.as_ref().is_none_or(|e| is_earlier(event.at, e.at)) {
            self.takes_for_example(event);
        }
        if let Some(at) = event.at {
            self.saw(at, at);
            self.times.add(at.seconds);
        }
    }

    /// Which file it is of is not known here, nor which line of the file.
    #[cold]
    fn takes_for_example(&mut self, event: &Event<'_>) {
        let mut text = self.example.take().map_or_else(Vec::new, |e| e.text);
        text.clear();
        text.extend(event.record.raw.iter().take(MAX_SAMPLE));
        let (file, line) = (PathBuf::new(), Some(event.line));
        self.example = Some(Example { file, line, offset: event.offset, at: event.at, text });
    }

    fn saw(&mut self, first: Timestamp, last: Timestamp) {
        if self.first.is_none_or(|f| first < f) {
            self.first = Some(first);
        }
        if self.last.is_none_or(|l| l < last) {
            self.last = Some(last);
        }
    }

    fn merge(&mut self, other: &Group) {
        self.count += other.count;
        if let (Some(first), Some(last)) = (other.first, other.last) {
            self.saw(first, last);
        }
        for (list, more) in self.lists.iter_mut().zip(&other.lists) {
            list.merge(more);
        }
        self.times.merge(&other.times);
    }
}

/// A kind with one cause, and what was seen of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'s> {
    pub(crate) kind: &'s Kind,
    pub(crate) cause: &'s Cause,
    pub(crate) group: &'s Group,
}

impl Row<'_> {
    /// What to do: of the kind, or, where a record speaks for another cause than the kind mostly does, of
    /// that cause.
    pub(crate) fn fix(&self) -> &[logscan_catalogue::Text] {
        let other = self.cause.id != self.kind.cause && !self.cause.fix.is_empty() && self.by_message();
        if other { &self.cause.fix } else { &self.kind.fix }
    }

    /// Whether the cause differs by what the message says, not by whom it is about.
    fn by_message(&self) -> bool {
        self.kind.cause_when.iter().any(|w| w.cause == self.cause.id && !w.literals.is_empty())
    }
}

/// The whole summary.
#[derive(Debug)]
pub(crate) struct Summary {
    groups: Vec<(Named, Box<Group>)>,
    pub(crate) inputs: Vec<InputStats>,
}

impl Summary {
    /// Scans the inputs.
    pub(crate) fn of(scan: &Scan<'_>, inputs: &Inputs, filter: &Filter) -> (Summary, Outcome) {
        let mut examples: HashMap<Named, Example> = HashMap::new();
        let mut events: HashMap<usize, u64> = HashMap::new();
        let summing = Summing { filter, counts: Mutex::default() };
        let mut outcome = scan.run(inputs, &summing, |part: Part, place: Place<'_>| {
            *events.entry(place.input).or_insert(0) += part.events;
            for (named, example) in part.examples {
                if examples.get(&named).is_none_or(|e| is_earlier(example.at, e.at)) {
                    let line = place.line_base.zip(example.line).map(|(base, line)| base + line);
                    examples.insert(named, Example { file: place.path.to_owned(), line, ..example });
                }
            }
            ControlFlow::Continue(())
        });
        let mut counts = summing.counts.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter();
        let mut all = counts.next().unwrap_or_default();
        all.settle();
        counts.for_each(|more| all.merge(more));
        let with_example = |Slot { named, mut group, .. }| {
            group.example = examples.remove(&named);
            (named, group)
        };
        let groups = all.kinds.into_iter().flatten().map(with_example).collect();
        // What the filters left.
        let mut by_path: HashMap<&Path, u64> = HashMap::new();
        for (input, count) in events {
            if let Some(input) = inputs.files.get(input) {
                *by_path.entry(&input.path).or_insert(0) += count;
            }
        }
        for input in &mut outcome.inputs {
            input.events = by_path.get(&*input.file).copied().unwrap_or(0);
        }
        let summary = Summary { groups, inputs: std::mem::take(&mut outcome.inputs) };
        (summary, outcome)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Kinds and causes, the most important first: by severity, whether the cause is known, count and name.
    pub(crate) fn rows<'s>(&'s self, catalogue: &'s Catalogue) -> Vec<Row<'s>> {
        let mut rows: Vec<Row<'s>> = self
            .groups
            .iter()
            .filter_map(|(named, group)| {
                Some(Row { kind: catalogue.kind(named.kind)?, cause: catalogue.cause(named.cause)?, group })
            })
            .collect();
        rows.sort_by(|a, b| {
            // What only shows that something failed comes after what says why.
            let open = |r: &Row<'s>| matches!(&*r.cause.id, "other" | "app-error-response");
            let key = |r: &Row<'s>| (r.kind.severity, open(r), std::cmp::Reverse(r.group.count));
            key(a).cmp(&key(b)).then_with(|| (&a.kind.id, &a.cause.id).cmp(&(&b.kind.id, &b.cause.id)))
        });
        rows
    }

    /// Requests by status over all access logs, the lowest first.
    pub(crate) fn statuses(&self) -> BTreeMap<u16, u64> {
        let mut sums = BTreeMap::new();
        for (status, count) in self.inputs.iter().flat_map(|i| &i.statuses) {
            *sums.entry(*status).or_insert(0) += count;
        }
        sums
    }

    /// Earliest and latest time of a record.
    pub(crate) fn covered(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.inputs.iter().filter_map(|i| i.first).min()?;
        let last = self.inputs.iter().filter_map(|i| i.last).max()?;
        Some((first, last))
    }

    /// The range of all events in seconds, and the least width of bins that all of them have.
    pub(crate) fn range(&self) -> Option<((i64, i64), i64)> {
        let groups = || self.groups.iter().map(|(_, group)| group);
        let first = groups().filter_map(|g| g.first).min()?;
        let last = groups().filter_map(|g| g.last).max()?;
        let least = groups().map(|g| g.times.width()).max()?;
        let range = (first.seconds, last.seconds + 1);
        Some((range, least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render;

    /// Lines of many hosts, plugins and upstreams, out of order, with several at the same time.
    fn log() -> String {
        let mut log = String::new();
        for n in 0..6_000u64 {
            let second = n * 7_919 % 1_200;
            let at = format!("2026/11/23 12:{:02}:{:02}", second / 60 % 60, second % 60);
            let host = format!("h{}.example.com", n * n % 2_999);
            let says = match n % 5 {
                0 => "access forbidden by rule".to_owned(),
                1 => "upstream timed out (110: Connection timed out) while reading response header from upstream"
                    .to_owned(),
                2 => format!("open() \"/var/www/{n}\" failed (2: No such file or directory)"),
                3 => format!(
                    "FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught Error: x in \
                     /var/www/wp-content/plugins/p{}/a.php:3\nStack trace:\n#0 {{main}}\n  thrown in \
                     /var/www/wp-content/plugins/p{}/a.php on line 3\" while reading response header from upstream",
                    n % 17,
                    n % 17
                ),
                _ => "connect() failed (111: Connection refused) while connecting to upstream".to_owned(),
            };
            log.push_str(&format!(
                "{at} [error] 7#7: *{n} {says}, client: 192.0.2.{}, server: s.example.com, request: \"GET /{n} \
                 HTTP/1.1\", upstream: \"http://10.0.0.{}:80/{n}\", host: \"{host}\"\n",
                n % 256,
                n % 7
            ));
        }
        log
    }

    #[test]
    fn it_is_the_same_however_the_log_is_read() {
        let path = std::env::temp_dir().join(format!("logscan-summary-{}.log", std::process::id()));
        std::fs::write(&path, log()).unwrap();
        let catalogue = Catalogue::builtin();
        let inputs = Inputs::collect([&path], false);
        let told = |threads, span, buffer| {
            let scan = Scan::new(catalogue).zone("UTC".parse().unwrap());
            let scan = scan.threads(threads).block_sizes(span, buffer);
            let (summary, outcome) = Summary::of(&scan, &inputs, &Filter::default());
            assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
            assert_eq!(summary.inputs.iter().map(|i| i.events).sum::<u64>(), 6_000);
            let mut json = Vec::new();
            render::summary_json(&mut json, &summary, catalogue, (None, None)).unwrap();
            String::from_utf8(json).unwrap()
        };
        let whole = told(1, 1 << 40, 256 << 10);
        assert!(whole.contains("\"partial\""), "some names are too many");
        assert!(whole.contains("\"plugin p16\""));
        for threads in [1, 2, 4] {
            for (span, buffer) in [(1_000, 4096), (50_000, 10_000), (333_333, 64), (1 << 40, 4096)] {
                assert!(told(threads, span, buffer) == whole, "{threads} threads, spans of {span}");
            }
        }
        std::fs::remove_file(&path).unwrap();
    }
}
